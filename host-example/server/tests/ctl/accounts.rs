//! `user` and `token`, on a file of their own.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use sysadmd::accounts::Accounts;

use crate::stand::{Folder, Ran};

fn run(folder: &Folder, input: &str, words: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmctl"));
    command.args(words).arg("--accounts").arg(folder.0.join("accounts"));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    // Who does not read it has ended before.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    Ran::of(&child.wait_with_output().expect("it ends"))
}

#[test]
fn accounts_and_tokens_from_the_command_line() {
    let folder = Folder::new("people");
    let ctl = |input: &str, words: &[&str]| run(&folder, input, words);
    let load = || Accounts::load(&folder.0.join("accounts")).expect("accounts");
    let add = ["user", "add", "alice", "--role", "full", "--password-stdin"];
    ctl("short\n", &add).said(2, "at least 8 characters");
    ctl("correct horse\n", &add).said(0, "alice is there, with full access");
    ctl("correct horse\n", &add).said(1, "there is an account alice already");
    ctl("", &["user", "add", "Bob"]).said(2, "\"Bob\" is no name");
    let actions = "sysadm/iocage/listjails,sysadm/iocage/df";
    ctl("", &["user", "add", "bob", "--no-password", "--actions", actions]).said(0, "limited access");
    ctl("", &["user", "list"]).printed(
        "NAME   ROLE     PASSWORD  ACTIONS\n\
         alice  full     yes       all\n\
         bob    limited  no        sysadm/iocage/listjails sysadm/iocage/df\n",
    );
    assert!(load().by_password("alice", "correct horse").is_some());
    let ran = ctl("", &["token", "add", "bob", "--note", "backup", "--expires", "1d"]);
    let token = ran.out.trim_end();
    assert!(ran.status == Some(0) && token.starts_with("sat_") && !ran.err.contains(token), "{ran:?}");
    assert!(load().by_token(token, SystemTime::now()).is_some());
    let listed = ctl("", &["token", "list"]);
    let id =
        listed.out.lines().nth(1).and_then(|line| line.split_whitespace().next()).expect("an id").to_owned();
    assert!(
        listed.out.contains("bob") && listed.out.contains("backup") && !listed.out.contains(token),
        "{listed:?}"
    );
    ctl("", &["token", "list"]).printed(&listed.out);
    ctl("", &["token", "revoke", token]).said(2, "the id of a token");
    ctl("", &["token", "revoke", &id]).said(0, "of bob is none any more");
    assert!(load().by_token(token, SystemTime::now()).is_none());
    assert_eq!(ctl("", &["token", "list"]).err, "sysadmctl: none\n");
    ctl("another horse\n", &["user", "passwd", "alice", "--password-stdin"]).said(0, "a new password");
    assert!(load().by_password("alice", "another horse").is_some());
    ctl("", &["user", "passwd", "carol", "--password-stdin"]).said(1, "no account carol in /");
    ctl("", &["user", "remove", "carol"]).said(1, "no account carol in /");
    ctl("", &["user", "role", "alice", "limited"]).said(0, "limited access");
    ctl("", &["user", "actions", "bob"]).said(2, "--all");
    ctl("", &["user", "actions", "bob", "iocage"]).said(2, "NAMESPACE/NAME/ACTION");
    ctl("", &["user", "actions", "bob", "--all"]).said(0, "all that its role gives");
    ctl("", &["user", "remove", "bob"]).said(0, "bob is gone");
    ctl("", &["user", "remove", "bob"]).said(1, "there is no account bob");
    ctl("", &["user", "passwd", "alice", "--password", "x"]).said(2, "--password");
}

/// Who looks makes nothing, and is told where nothing is.
#[test]
fn where_there_is_no_file_it_is_named() {
    let folder = Folder::new("no-file");
    let file = folder.0.join("accounts");
    let none = format!(
        "sysadmctl: there is no {} yet; `sysadmctl user add NAME` makes it, and `--accounts FILE` names another",
        file.display()
    );
    for words in [
        &["user", "list"][..],
        &["token", "list"],
        &["user", "passwd", "alice", "--no-password"],
        &["user", "remove", "alice"],
        &["token", "add", "alice"],
    ] {
        run(&folder, "", words).said(1, &none);
    }
    assert_eq!(std::fs::read_dir(&folder.0).expect("a folder").count(), 0, "not even a lock");
    let told = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmctl"));
        Ran::of(&command.args(words).env("SYSADMD_ACCOUNTS", &file).output().expect("it runs"))
    };
    told(&["user", "list"]).said(1, &none);
    told(&["user", "add", "alice", "--no-password"]).said(0, &format!("({})", file.display()));
    assert!(file.exists());
}

/// A program that is ended at any moment, so that nothing of it runs any more, leaves the old file or the new one.
#[test]
fn whenever_it_is_killed_the_file_is_whole() {
    let folder = Folder::new("killed");
    run(&folder, "", &["user", "add", "alice", "--no-password"]).said(0, "alice is there");
    let path = folder.0.join("accounts");
    for moment in 0..60_u64 {
        let role = ["full", "limited"][moment as usize % 2];
        let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmctl"));
        command.args(["user", "role", "alice", role, "--accounts"]).arg(&path).stderr(Stdio::null());
        let mut child = command.spawn().expect("it runs");
        std::thread::sleep(Duration::from_micros(moment * 150));
        child.kill().expect("killed");
        child.wait().expect("it ends");
        assert!(Accounts::load(&path).is_ok_and(|accounts| accounts.get("alice").is_some()), "at {moment}");
    }
    run(&folder, "", &["user", "role", "alice", "full"]).said(0, "full access");
}

/// Root can try what others are told.
#[test]
fn who_may_not_change_the_file_is_told_so() {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};
    if !nix::unistd::geteuid().is_root() {
        crate::skipped::tell("only root can be somebody else");
        return;
    }
    let folder = Folder::new("not-root");
    let program = folder.0.join("sysadmctl");
    // By another process: what is open for writing here, what other tests start has, too, and such a program is not started.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_sysadmctl")).arg(&program).status();
    assert!(copied.is_ok_and(|copied| copied.success()), "not copied");
    run(&folder, "", &["user", "add", "alice", "--no-password"]).said(0, "alice is there");
    std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    let mut command = Command::new(program);
    command.args(["user", "list", "--accounts"]).arg(folder.0.join("accounts")).uid(12_345).gid(12_345);
    Ran::of(&command.output().expect("it runs")).said(4, "is not to be read by this user");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmctl"));
    command
        .args(["user", "add", "bob", "--no-password", "--accounts"])
        .arg(folder.0.join("nowhere/accounts"));
    Ran::of(&command.output().expect("it runs")).said(4, "there is no folder");
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let folder = Folder::new("no-terminal");
    // A session of its own has none.
    let output = Command::new("setsid")
        .args(["--wait", env!("CARGO_BIN_EXE_sysadmctl"), "user", "add", "alice", "--accounts"])
        .arg(folder.0.join("accounts"))
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) => Ran::of(&output).said(2, "--password-stdin"),
        Err(why) => crate::skipped::tell(&format!("setsid(1): {why}")),
    }
    assert!(!folder.0.join("accounts").exists());
}
