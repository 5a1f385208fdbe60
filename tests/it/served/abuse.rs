//! What an attacker does, and an unlucky administrator: each of these once took something from somebody else.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::stand::{Served, run, usual};

/// The process of this server's front.
fn front(served: &Served) -> String {
    let mut pgrep = Command::new("pgrep");
    pgrep.args(["-P", &served.pid().to_string(), "-f", "sysadmd front"]);
    run(pgrep, "").0.trim().to_owned()
}

fn kill(signal: &str, pid: &str) {
    let status = Command::new("kill").args([signal, pid]).status();
    assert!(status.expect("kill runs").success(), "{pid:?}");
}

/// A front that was stopped, or was taken over, does not read what it is told. The part that is root goes on all the same, hears its
/// signals, and starts another one.
#[test]
fn a_front_that_does_not_listen_holds_up_nobody() {
    let mut served = Served::new(&usual(), &json!({}));
    let before = front(&served);
    kill("-STOP", &before);
    // More than a pipe takes.
    let origins: Vec<String> = (0..5000).map(|n| format!("https://panel-{n}.example:8443")).collect();
    served.configure(&json!({"tls": {"origins": origins}}));
    served.signal("HUP");
    served.until_it("has reloaded", || served.log().contains("info sysadmd [0]: reloaded"));
    served.until_it("has another front", || !["", &before].contains(&&*front(&served)));
    assert_eq!(served.curl(&["--retry", "5", "--retry-all-errors"], "/healthz").0, 200);
    served.signal("TERM");
    served.wait();
}
