//! Logins over a file of accounts that changes.

use super::*;
use crate::accounts::{Editor, Name, Role};
use crate::config::LogLevel;

struct Stand(PathBuf, Logins);

impl Stand {
    fn new(name: &str) -> Stand {
        let folder = std::env::temp_dir().join(format!("sysadmd-logins-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let log = Log::new(LogLevel::Error).expect("a thread");
        let logins = Logins::new(folder.join("accounts"), Duration::from_secs(900), log);
        let stand = Stand(folder, logins.expect("random numbers"));
        stand.password("the first one");
        stand
    }

    fn password(&self, password: &str) {
        let mut editor = Editor::open(&self.0.join("accounts")).expect("a file");
        let name = Name::try_from("alice".to_owned()).expect("a name");
        let _ = editor.add(name.clone(), Role::Full);
        editor.set_password(&name, Some(password)).expect("taken");
        editor.save().expect("written");
    }

    fn check(&self, password: &str) -> Verdict {
        let login = Login::Password { username: "alice".to_owned(), password: password.to_owned() };
        self.1.check(&login, Origin::User(0))
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_session_stands_on_what_was_looked_at() {
    let stand = Stand::new("grounds");
    let Verdict::In(caller) = stand.check("the first one") else { panic!("it is hers") };
    let (token, _) = stand.1.begin(&caller).expect("it is still good");
    let Some(Verdict::In(goes_on)) = stand.1.glance(&Login::Token { token }, Origin::User(0)) else {
        panic!("a session")
    };
    assert!(stand.1.begin(&goes_on).is_some());
    // Between the look at the password and the session it becomes another.
    stand.password("the second one");
    assert!(stand.1.begin(&caller).is_none(), "the old password is no good");
    assert!(stand.1.begin(&goes_on).is_none());
    assert!(matches!(stand.check("the first one"), Verdict::Wrong));
    assert!(matches!(stand.check("the second one"), Verdict::In(_)));
}

#[test]
fn a_file_that_is_being_written_ends_no_session() {
    let stand = Stand::new("closed");
    let Verdict::In(caller) = stand.check("the first one") else { panic!("it is hers") };
    let (token, in_session) = stand.1.begin(&caller).expect("it is good");
    let login = Login::Token { token };
    let hub = super::super::hub::Hub::default();
    let outbox = Arc::default();
    hub.subscribe(1, &in_session, &outbox, ["iocage"], &[]);
    let file = stand.0.join("accounts");
    let whole = std::fs::read(&file).expect("there");
    let write = |bytes: &[u8]| {
        std::fs::write(&file, bytes).expect("written");
        stand.1.reload();
    };
    write(&whole[..whole.len() / 2]);
    assert!(matches!(stand.1.glance(&login, Origin::User(0)), Some(Verdict::Closed)));
    assert_eq!(stand.1.still(&in_session, true).map(drop), Err(Lost::Closed));
    assert_eq!(stand.1.still(&caller, true).map(drop), Err(Lost::Closed));
    hub.look_again(|caller| stand.1.still(caller, false));
    hub.tell("iocage", "{\"n\":1}");
    write(&whole);
    hub.look_again(|caller| stand.1.still(caller, false));
    hub.tell("iocage", "{\"n\":2}");
    assert!(stand.1.still(&in_session, true).is_ok(), "it goes on");
    assert!(matches!(stand.1.glance(&login, Origin::User(0)), Some(Verdict::In(_))));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let line = runtime.block_on(outbox.next()).expect("he still listens");
    let told: serde_json::Value = serde_json::from_slice(&line.bytes).expect("JSON");
    assert_eq!((&told["args"]["n"], &told["missed"]), (&2.into(), &1.into()), "{told}");
    // Who is taken out of it is nobody.
    write(b"{}");
    let now = stand.1.still(&in_session, true).map(drop);
    assert!(now.is_err(), "{now:?}");
}

#[test]
fn who_has_to_wait_has_one_guess_at_once() {
    let stand = Stand::new("guesses");
    let from = Origin::of([192, 0, 2, 1].into());
    let guess = |password: String| {
        let login = Login::Password { username: "alice".to_owned(), password };
        stand.1.check(&login, from)
    };
    for number in 0..FREE {
        assert!(matches!(guess(format!("wrong {number}")), Verdict::Wrong));
    }
    // He waits for a second, and has one more then.
    std::thread::sleep(Duration::from_millis(1100));
    let (guess, begun) = (&guess, Instant::now());
    #[expect(clippy::disallowed_methods, reason = "threads of a test")]
    let looked_at = std::thread::scope(|scope| {
        let begin = |number| scope.spawn(move || matches!(guess(format!("other {number}")), Verdict::Wrong));
        let all: Vec<_> = (0..4).map(begin).collect();
        all.into_iter().filter_map(|one| one.join().ok()).filter(|is_wrong| *is_wrong).count()
    });
    // Each that fails makes the others wait for two seconds more, which on a busy machine may be over before the last has begun.
    assert!(looked_at == 1 || (looked_at > 1 && begun.elapsed() >= Duration::from_secs(2)), "{looked_at}");
}
