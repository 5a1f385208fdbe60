//! The file on a disk: what is taken, what is refused, what is left when somebody is ended in the middle.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use sysadm_host::Access;

use super::{Accounts, AccountsError, Allowed, EditError, Editor, Name, Role, Stamp, TokenId, file};
use crate::beside::beside;

/// A folder of this test's, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("sysadm-accounts-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).expect("a folder");
        Folder(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("accounts")
    }

    fn with(&self, text: &str) -> PathBuf {
        let path = self.file();
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn edit(path: &Path, change: impl FnOnce(&mut Editor)) {
    let mut editor = Editor::open(path).expect("opened");
    change(&mut editor);
    editor.save().expect("saved");
}

fn alice_and_bob(path: &Path) -> (TokenId, String) {
    let mut token = None;
    edit(path, |editor| {
        editor.add(name("alice"), Role::Full).expect("added");
        editor.set_password(&name("alice"), Some("correct horse")).expect("set");
        editor.add(name("bob"), Role::Limited).expect("added");
        let actions = Allowed::read(["sysadm/iocage/listjails"]).expect("a list");
        editor.set_actions(&name("bob"), Some(actions)).expect("set");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        token = Some(
            editor.add_token(&name("bob"), "backup", now, Some(Duration::from_secs(60))).expect("a token"),
        );
    });
    token.expect("made")
}

#[test]
fn who_is_written_is_known() {
    let folder = Folder::new("known");
    let path = folder.file();
    assert_eq!(Accounts::load(&path).err(), Some(AccountsError::Missing(path.clone())));
    let (id, token) = alice_and_bob(&path);
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o7777, 0o600);
    let accounts = Accounts::load(&path).expect("loaded");
    let alice = accounts.by_password("alice", "correct horse").expect("alice");
    assert_eq!((alice.name.as_str(), alice.rights.access), ("alice", Access::Full));
    for (name, password) in [
        ("alice", "correct hors"),
        ("alice", ""),
        ("Alice", "correct horse"),
        ("bob", ""),
        ("carol", "correct horse"),
        ("", ""),
    ] {
        assert_eq!(accounts.by_password(name, password), None, "{name} {password}");
    }
    assert_eq!(accounts.by_password("alice", &"x".repeat(1025)), None);
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let bob = accounts.by_token(&token, at(1_000_059)).expect("bob");
    assert_eq!((bob.name.as_str(), bob.rights.access), ("bob", Access::Limited));
    assert!(
        bob.rights.may("sysadm", "iocage", Some("listjails"))
            && !bob.rights.may("sysadm", "iocage", Some("getdefaultsettings"))
    );
    assert_eq!(accounts.by_token(&token, at(1_000_060)), None, "expired");
    let other = token.replace(id.as_str(), "000000000000");
    let last = if token.ends_with('A') { "B" } else { "A" };
    for wrong in [other.as_str(), "", "sat_", id.as_str(), &format!("{}{last}", &token[..token.len() - 1])] {
        assert_eq!(accounts.by_token(wrong, at(0)), None, "{wrong}");
    }
    assert!(!fs::read_to_string(&path).expect("text").contains(&token[17..]), "the token itself is not kept");
    let shown = format!("{accounts:?}");
    assert!(shown.contains("alice") && !shown.contains("argon2"), "{shown}");

    edit(&path, |editor| assert_eq!(editor.revoke(&id), Ok(name("bob"))));
    assert_ne!(accounts.stamp(), Stamp::now(&path), "it is seen that the file is another");
    let accounts = Accounts::load(&path).expect("loaded");
    assert_eq!(accounts.by_token(&token, at(0)), None, "revoked");
    assert_eq!(accounts.stamp(), Stamp::now(&path));
}

#[test]
fn tokens_go_with_their_account_and_changes_hold() {
    let folder = Folder::new("changes");
    let path = folder.file();
    let (_, token) = alice_and_bob(&path);
    edit(&path, |editor| {
        assert_eq!(editor.remove(&name("bob")), Ok(1));
        assert_eq!(editor.tokens().count(), 0);
        editor.set_role(&name("alice"), Role::Limited).expect("set");
        editor.set_password(&name("alice"), None).expect("set");
        for why in [
            editor.add(name("alice"), Role::Full).expect_err("is there"),
            editor.remove(&name("bob")).expect_err("is gone"),
            editor.set_role(&name("bob"), Role::Full).expect_err("is gone"),
            editor.revoke(&"000000000000".parse().expect("an id")).expect_err("never was"),
        ] {
            assert!(matches!(&why, EditError::Name(text) if text.contains("there is")), "{why}");
        }
        for password in ["", "seven77", "correct\nhorse", &"x".repeat(1025)] {
            let why = editor.set_password(&name("alice"), Some(password)).expect_err("no password");
            assert!(why.to_string().contains("a password has"), "{why}");
        }
        let why = editor.add_token(&name("alice"), "a\nb", SystemTime::now(), None).expect_err("no note");
        assert!(why.to_string().contains("one line"), "{why}");
    });
    let accounts = Accounts::load(&path).expect("loaded");
    assert_eq!(accounts.by_token(&token, SystemTime::UNIX_EPOCH), None);
    assert_eq!(accounts.get("alice").expect("alice").rights.access, Access::Limited);
    assert_eq!(accounts.by_password("alice", "correct horse"), None, "it has none any more");
    for text in ["", "Alice", "1st", "a b", "a:b", "-a", ".a", "\u{e9}", &"a".repeat(33)] {
        assert!(text.parse::<Name>().is_err_and(|why| why.contains("1 to 32")), "{text}");
    }
    assert!(["_www", "a", "a.b-c_1"].iter().all(|text| text.parse::<Name>().is_ok()));
}

#[test]
fn what_others_can_read_or_write_or_is_no_file_is_refused() {
    let folder = Folder::new("refused");
    let path = folder.with("{}");
    for mode in [0o640, 0o604, 0o660, 0o606, 0o666, 0o644, 0o610, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
        let why = Accounts::load(&path).expect_err("open to others").to_string();
        assert!(why.contains(&format!("{mode:04o}")) && why.contains("chmod 600"), "{why}");
        assert!(matches!(Editor::open(&path), Err(EditError::File(AccountsError::Unsafe(_)))));
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
        assert!(Accounts::load(&path).expect("taken").is_empty());
    }
    let link = folder.0.join("link");
    symlink(&path, &link).expect("a link");
    let why = Accounts::load(&link).expect_err("a link").to_string();
    assert!(why.contains("is a link"), "{why}");
    // Nor is the lock taken by one, whatever the system calls that.
    let _ = fs::remove_file(beside(&path, ".lock"));
    symlink(folder.0.join("elsewhere"), beside(&path, ".lock")).expect("a link");
    let why = Editor::open(&path).err().expect("a link").to_string();
    assert!(why.contains("a link is in its place") && !folder.0.join("elsewhere").exists(), "{why}");
    let pipe = folder.0.join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::from_bits_truncate(0o600)).expect("a pipe");
    for other in [&folder.0, &pipe] {
        let why = Accounts::load(other).expect_err("no file").to_string();
        assert!(why.contains("no regular file"), "{why}");
    }
    let big = folder.with(&" ".repeat((4 << 20) + 1));
    assert!(Accounts::load(&big).expect_err("too big").to_string().contains("4194304"));
}

/// Root can try what only root is asked.
#[test]
fn root_takes_no_file_of_somebody_else_and_none_in_his_folder() {
    if !nix::unistd::geteuid().is_root() {
        crate::skipped::tell("this user cannot give files away");
        return;
    }
    let give = |path: &Path| std::os::unix::fs::chown(path, Some(12_345), None).expect("given away");
    let folder = Folder::new("owner");
    let path = folder.with("{}");
    give(&path);
    let why = Accounts::load(&path).expect_err("another's").to_string();
    // By what was opened; by its name it would be refused, too, but without what to do.
    assert!(why.contains("belongs to user 12345") && why.contains("chown 0"), "{why}");
    fs::remove_file(&path).expect("removed");
    let path = folder.with("{}");
    give(&folder.0);
    let why = Accounts::load(&path).expect_err("in another's folder").to_string();
    assert!(why.contains("12345") && why.contains("could be replaced"), "{why}");
    assert!(matches!(Editor::open(&path), Err(EditError::File(AccountsError::Unsafe(_)))));
}

#[test]
fn what_is_no_file_of_accounts_is_named_and_no_secret_with_it() {
    let folder = Folder::new("malformed");
    let hash = "0".repeat(64);
    let token = |extra: &str| {
        format!(r#"{{"account":"a","hash":"{hash}","created":"2026-11-26T18:30:00Z","expires":null{extra}}}"#)
    };
    let whole =
        format!(r#"{{"accounts":{{"a":{{"role":"full"}}}},"tokens":{{"5f0c22a31b9e":{}}}}}"#, token(""));
    assert!(!Accounts::load(&folder.with(&whole)).expect("taken").is_empty());
    for (text, named) in [
        (String::new(), "line 1"),
        ("[]".to_owned(), "line 1"),
        (r#"{"acounts":{}}"#.to_owned(), "`acounts`"),
        (r#"{"accounts":{"a":["full"]}}"#.to_owned(), "an object"),
        (r#"{"accounts":{"a":{"role":"full","action":[]}}}"#.to_owned(), "`action`"),
        (r#"{"accounts":{"a":{"role":"ful"}}}"#.to_owned(), "`ful`"),
        (r#"{"accounts":{"a":{}}}"#.to_owned(), "`role`"),
        (r#"{"accounts":{"A":{"role":"full"}}}"#.to_owned(), "\"A\""),
        (r#"{"accounts":{"a":{"role":"full"},"a":{"role":"limited"}}}"#.to_owned(), "a is there twice"),
        (r#"{"accounts":{"a":{"role":"full","role":"limited"}}}"#.to_owned(), "`role`"),
        (r#"{"accounts":{"a":{"role":"full","password":"secret99"}}}"#.to_owned(), "`password`"),
        (r#"{"accounts":{"a":{"role":"full","password":["secret99"]}}}"#.to_owned(), "a string"),
        (r#"{"accounts":{"a":"secret99"}}"#.to_owned(), "an object"),
        (r#"{"accounts":{"a":{"role":"full","actions":["iocage"]}}}"#.to_owned(), "\"iocage\""),
        (r#"{"accounts":{"a":{"role":"full"}},"tokens":{"secret99":{}}}"#.to_owned(), "the id of a token"),
        (whole.replace(r#""account":"a""#, r#""account":"b""#), "is one of b"),
        (whole.replace(&hash, "secret99"), "`hash`"),
        (whole.replace("T18", " 18"), "2026-11-26T18:30:00Z"),
        (whole.replace(&token(""), &token(r#","scope":"x""#)), "`scope`"),
        (format!("{whole}x"), "line 1"),
    ] {
        let why = Accounts::load(&folder.with(&text)).expect_err(&text).to_string();
        assert!(why.contains("is no file of accounts") && why.contains(named), "{text}: {why}");
        assert!(!why.contains("secret99"), "{why}");
    }
}

#[test]
fn who_is_ended_half_way_leaves_the_old_file() {
    let folder = Folder::new("half");
    let path = folder.file();
    alice_and_bob(&path);
    let before = fs::read(&path).expect("text");
    // Ended while he wrote, and when he had written but not renamed.
    fs::write(beside(&path, ".new"), "{\"accounts\":{\"ma").expect("half");
    assert!(Accounts::load(&path).is_ok() && fs::read(&path).expect("text") == before);
    std::mem::forget(file::write(&path, b"{}").expect("written"));
    assert!(Accounts::load(&path).is_ok() && fs::read(&path).expect("text") == before);
    edit(&path, |editor| editor.add(name("carol"), Role::Limited).expect("added"));
    assert!(Accounts::load(&path).expect("loaded").get("carol").is_some());
    assert!(!beside(&path, ".new").exists());

    // Where there is no room for a new one, here because a folder has its name.
    fs::create_dir(beside(&path, ".new")).expect("in the way");
    let before = fs::read(&path).expect("text");
    let mut editor = Editor::open(&path).expect("opened");
    editor.remove(&name("alice")).expect("removed");
    let why = editor.save().expect_err("in the way").to_string();
    assert!(why.contains("was not changed"), "{why}");
    assert_eq!(fs::read(&path).expect("text"), before);
}

#[test]
fn two_editors_come_one_after_the_other() {
    let folder = Folder::new("two");
    let path = folder.file();
    let until = Instant::now() + Duration::from_secs(120);
    let open = || loop {
        match Editor::open(&path) {
            // Where the disk is slow, one of them may not have had his turn in the time that each waits.
            Err(EditError::NotWritten(why)) if why.contains("try again") && Instant::now() < until => {}
            opened => return opened.expect("opened"),
        }
    };
    let one = |n: usize| {
        for m in 0..5 {
            let mut editor = open();
            editor.add(name(&format!("a{n}-{m}")), Role::Limited).expect("added");
            editor.save().expect("saved");
        }
    };
    #[expect(clippy::disallowed_methods, reason = "a test of two at once")]
    std::thread::scope(|scope| {
        for n in 0..4 {
            let one = &one;
            scope.spawn(move || one(n));
        }
    });
    let editor = Editor::open(&path).expect("opened");
    assert_eq!(editor.accounts().count(), 20, "none was lost");
}

/// What this thread has had of a processor, whatever others do beside.
fn worked() -> Duration {
    let used = getrusage(UsageWho::RUSAGE_THREAD).expect("the system tells");
    let microseconds = |time: TimeVal| u64::try_from(time.num_microseconds()).expect("no debt");
    Duration::from_micros(microseconds(used.user_time()) + microseconds(used.system_time()))
}

/// Not that it takes the same to the microsecond, but that it is the same work: without the hash for nobody it would be a thousandth.
#[test]
fn a_name_that_there_is_not_takes_as_long_as_one_with_a_wrong_password() {
    let folder = Folder::new("time");
    let path = folder.file();
    alice_and_bob(&path);
    let accounts = Accounts::load(&path).expect("loaded");
    let took = |accounts: &Accounts, name: &str| {
        let least = (0..5).map(|_| {
            let begun = worked();
            assert_eq!(accounts.by_password(name, "wrong password"), None);
            worked() - begun
        });
        least.min().unwrap_or_default()
    };
    let known = took(&accounts, "alice");
    for (accounts, name) in
        [(&accounts, "bob"), (&accounts, "nobody"), (&accounts, ""), (&Accounts::none(), "alice")]
    {
        let other = took(accounts, name);
        assert!(other * 5 > known && known * 5 > other, "{name:?}: {other:?}, alice {known:?}");
    }
}
