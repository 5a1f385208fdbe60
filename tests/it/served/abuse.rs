//! What an attacker does, and an unlucky administrator: each of these once took something from somebody else.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

/// What cannot be used leaves all as it was, also for a front that has to be started again.
#[test]
fn a_pair_that_is_none_is_not_kept_for_the_next_front() {
    let served = Served::new(&usual(), &json!({}));
    let key = served.folder.0.join("key.pem");
    std::fs::write(&key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").expect("written");
    served.signal("HUP");
    served.until_it("says so", || served.log().contains("not reloaded"));
    kill("-KILL", &front(&served));
    assert_eq!(served.curl(&["--retry", "5", "--retry-all-errors"], "/healthz").0, 200);
    // Nor is a pipe in the place of a file waited for.
    std::fs::remove_file(&key).expect("gone");
    assert!(Command::new("mkfifo").arg("-m").arg("600").arg(&key).status().expect("mkfifo runs").success());
    served.signal("HUP");
    served.until_it("says so", || served.log().contains("it is no regular file"));
    assert_eq!(served.here().status("rpc/query", json!("")), 200);
}

/// What the administrator's shell has open, and the mask of its files, is its own.
#[test]
fn nothing_of_the_shell_that_starts_it_goes_on() {
    let served = Served::new(&usual(), &json!({"tls": null}));
    let config = served.folder.0.join("config.json");
    let at = |name: &str| served.folder.0.join(name);
    served.configure(&json!({
        "socket": {"path": at("other.sock")}, "run": at("other"),
        "tls": {"listen": ["127.0.0.1:0"], "certificate": at("cert.pem"), "key": at("key.pem")},
    }));
    let mut shell = Command::new("sh");
    let pipe = at("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    let mut read = std::fs::OpenOptions::new();
    let mut read = read.read(true).custom_flags(libc::O_NONBLOCK).open(&pipe).expect("opened");
    shell.args(["-c", "umask 077; exec 7>\"$2\" \"$0\" --config \"$1\""]);
    shell.arg(super::stand::program("sysadmd")).arg(&config).arg(&pipe).stderr(Stdio::null());
    let mut child = shell.spawn().expect("it starts");
    served.until_it("serves", || UnixStream::connect(at("other.sock")).is_ok());
    let mut pgrep = Command::new("pgrep");
    pgrep.args(["-P", &child.id().to_string(), "-f", "sysadmd front"]);
    let front = run(pgrep, "").0;
    let mode = std::fs::metadata(at("other/front")).expect("there").permissions().mode() & 0o777;
    let has_writer = |read: &mut std::fs::File| match read.read(&mut [0]) {
        Ok(many) => many > 0,
        Err(why) => why.kind() == ErrorKind::WouldBlock,
    };
    let is_inherited = has_writer(&mut read);
    // A pipe is at its end where nobody has the other one any more. The front is there, and does nothing meanwhile.
    kill("-STOP", front.trim());
    kill("-KILL", &child.id().to_string());
    child.wait().expect("it ends");
    let until = Instant::now() + Duration::from_secs(30);
    let mut is_leaked = true;
    while is_leaked && Instant::now() < until {
        is_leaked = has_writer(&mut read);
        std::thread::sleep(Duration::from_millis(10));
    }
    kill("-KILL", front.trim());
    assert!(is_inherited && !is_leaked, "what the shell has open, the front has, too");
    assert_eq!(mode, 0o755, "the front comes to its socket");
}

/// Who reads nothing is owed no more answers than he has places, also where there are no threads for what he asks.
#[test]
fn refusals_that_nobody_reads_are_bounded() {
    let served = Served::new(&usual(), &json!({"limits": {"waits": 1, "waiting": 1}}));
    let _hold = served.machine.hold("stop");
    let mut here = served.here();
    let job = here.ask("sysadm/iocage", json!({"action": "stopjail", "jail": "db", "async": true}));
    let job = job["stopjail"]["started_dispatcher_id"].clone();
    assert!(job.is_string(), "{job}");
    let wait = json!({"action": "wait", "job_id": job, "seconds": 600});
    for _ in 0..2 {
        here.begin("rpc/dispatcher", wait.clone());
    }
    let line = json!({"namespace": "rpc", "name": "dispatcher", "id": "x".repeat(1000), "args": wait});
    let line = format!("{line}\n").repeat(100);
    let mut flood = UnixStream::connect(served.socket()).expect("connected");
    flood.set_write_timeout(Some(Duration::from_secs(3))).expect("a limit");
    // As much as it takes in that time.
    let taken = (0..100).take_while(|_| flood.write_all(line.as_bytes()).is_ok()).count();
    assert!(taken < 50, "it takes requests of who reads no answer: {taken} hundred");
    drop(flood);
    let mut long = served.here();
    long.send(&json!({"namespace": "rpc", "name": "whoami", "id": "x".repeat(5000)}));
    let told = long.read().expect("an answer");
    assert!(told["id"] == "" && told["args"]["code"] == "400", "an id that long is not sent back: {told}");
    let told: Value = here.ask("rpc/whoami", json!({}));
    assert_eq!(told["access"], "full");
}
