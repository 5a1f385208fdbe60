//! How a front begins, changes and ends.

use std::io::Write;
use std::time::Instant;

use serde_json::json;
use tungstenite::Message;

use crate::stand::{ALICE, Stand, WAIT, all, certificate, closed, exchange, frame_of};

#[test]
fn a_new_certificate_drops_nobody_and_a_bad_one_changes_nothing() {
    let mut stand = Stand::new();
    let mut socket = stand.websocket();
    assert_eq!(exchange(&mut socket, r#"{"name":"echo","id":"1"}"#)["id"], "1");
    let (good, (new, key)) = ((stand.start.certificate.clone(), stand.start.key.clone()), certificate());
    stand.start.certificate.clone_from(&new);
    stand.tell();
    stand.log_has("nothing was changed: the key is not that of the certificate");
    stand.start.certificate.clone_from(&good.0);
    assert_eq!(stand.ask("GET /", "", "").status, 200, "by the old one");
    writeln!(stand.child.stdin.as_mut().unwrap(), "{{\"key\":\"hush\"").unwrap();
    stand.log_has("nothing was changed: this is no start line");

    (stand.start.certificate, stand.start.key) = (new, key);
    stand.start.origins = vec!["https://other.example".to_owned()];
    stand.start.limits.frame_bytes = 10;
    stand.tell();
    stand.log_has("are those of the new configuration");
    assert_eq!(exchange(&mut socket, r#"{"name":"echo","id":"2"}"#)["id"], "2", "an open one goes on");
    assert_eq!(stand.ask("GET /", "Origin: https://other.example\r\n", "").status, 200, "by the new one");
    assert_eq!(stand.ask("PUT /sysadm/echo", ALICE, "{\"action\":1}").status, 413);
    let log = stand.log.lock().unwrap();
    assert!(!log.contains("hush") && !log.contains("PRIVATE"), "{log}");
}

#[test]
fn it_ends_when_all_have_their_answers() {
    let mut stand = Stand::new();
    let (mut idle, mut busy) = (stand.websocket(), stand.websocket());
    assert_eq!(exchange(&mut idle, r#"{"name":"echo","id":"1"}"#)["id"], "1");
    busy.send(Message::text(r#"{"name":"held","id":"1"}"#)).unwrap();
    let mut rest = stand.tls();
    let body = "{}";
    write!(
        rest,
        "PUT /sysadm/held HTTP/1.1\r\nHost: localhost\r\n{ALICE}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let _silent = stand.tls();
    stand.until("they are in flight", || stand.root.lock().unwrap().lines.len() == 3);
    let begun = Instant::now();
    drop(stand.child.stdin.take());
    assert_eq!(closed(&mut idle), Some(1001), "while others wait");
    let told = exchange(&mut busy, r#"{"name":"echo","id":"2"}"#);
    assert_eq!((&told["id"], &told["args"]["code"]), (&json!("2"), &json!("503")));
    stand.root.lock().unwrap().is_let_go = true;
    assert_eq!(frame_of(&mut busy)["id"], "1");
    assert_eq!(closed(&mut busy), Some(1001));
    assert!(all(&mut rest).starts_with("HTTP/1.1 200"));
    assert!(stand.child.wait().unwrap().success());
    assert!(begun.elapsed() < WAIT);
}

#[test]
fn a_signal_ends_it_as_the_root_part_does() {
    let mut stand = Stand::new();
    let mut busy = stand.websocket();
    busy.send(Message::text(r#"{"name":"slow","id":"1","args":{"ms":500}}"#)).unwrap();
    stand.until("it is in flight", || stand.root.lock().unwrap().lines.len() == 1);
    let number = stand.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &number]).status().unwrap().success());
    assert_eq!(frame_of(&mut busy)["id"], "1");
    assert_eq!(closed(&mut busy), Some(1001));
    assert!(stand.child.wait().unwrap().success());
}

#[test]
fn the_root_part_may_come_back() {
    let mut stand = Stand::new();
    let socket = stand.start.socket.clone();
    stand.start.socket.push_str(".not");
    stand.tell();
    stand.log_has("new configuration");
    assert_eq!(stand.ask("PUT /sysadm/echo", ALICE, "{}").status, 503);
    let mut open = stand.websocket();
    assert_eq!(exchange(&mut open, r#"{"name":"echo","id":"1"}"#)["args"]["code"], "503");
    stand.start.socket = socket;
    stand.tell();
    stand.until("it is there", || stand.ask("PUT /sysadm/echo", ALICE, "{}").status == 200);
    assert_eq!(exchange(&mut open, r#"{"name":"echo","id":"2"}"#)["name"], "response");
}

/// Whose it is, every system tells; the rest each in its own way, or not.
#[test]
fn it_has_given_up_what_it_does_not_need() {
    let ids = nix::unistd::geteuid().is_root();
    let stand = Stand::with(|start| {
        if ids {
            start.become_ids = Some((65_534, 65_534));
            start.chroot =
                Some(std::path::Path::new(&start.socket).parent().unwrap().to_str().unwrap().to_owned());
            std::fs::set_permissions(&start.socket, std::os::unix::fs::PermissionsExt::from_mode(0o666))
                .unwrap();
        }
    });
    if ids {
        let columns = ["uid", "ruid", "svuid", "gid", "rgid", "svgid"];
        assert_eq!(crate::shows::numbers(stand.child.id(), columns), [65_534; 6]);
        assert_eq!(root_folder(stand.child.id()), stand.folder.canonicalize().unwrap());
    }
    if cfg!(target_os = "linux") {
        has_given_up(&stand, ids);
    } else {
        crate::skipped::tell("groups, new privileges and core dumps are told by Linux alone");
    }
    assert_eq!(stand.ask("PUT /sysadm/echo", ALICE, "{}").status, 200, "and serves");
}

/// What a process has for its root folder: FreeBSD's procstat(1) has a line of it, with the path at its end.
fn root_folder(pid: u32) -> std::path::PathBuf {
    if cfg!(target_os = "linux") {
        return std::fs::read_link(format!("/proc/{pid}/root")).unwrap();
    }
    let output = std::process::Command::new("procstat").args(["-f", &pid.to_string()]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let row = told.lines().find(|line| line.split_whitespace().nth(2) == Some("root"));
    row.and_then(|row| row.split_whitespace().last()).unwrap_or_else(|| panic!("{told}")).into()
}

/// What Linux tells in /proc.
fn has_given_up(stand: &Stand, ids: bool) {
    let told = |what: &str| std::fs::read_to_string(format!("/proc/{}/{what}", stand.child.id())).unwrap();
    let status = told("status");
    let row = |name: &str| {
        status
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_default()
            .split('\t')
            .skip(1)
            .collect::<Vec<_>>()
    };
    assert_eq!(row("NoNewPrivs"), ["1"]);
    let limits = told("limits");
    assert!(
        limits.lines().any(|line| line.starts_with("Max core file size        0                    0 ")),
        "{limits}"
    );
    if ids {
        assert_eq!(row("Uid"), ["65534"; 4]);
        assert_eq!(row("Gid"), ["65534"; 4]);
        assert_eq!(row("Groups").concat().trim(), "65534");
        assert_eq!(row("CapEff"), ["0000000000000000"]);
    }
}
