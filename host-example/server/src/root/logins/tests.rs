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
        self.1.check(&login, None)
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
    let Some(Verdict::In(goes_on)) = stand.1.glance(&Login::Token { token }, None) else {
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
