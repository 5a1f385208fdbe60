//! Signals, whenever they come.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::shows::children;
use crate::stand::{Client, Folder, Server, kill};

/// The front of this server.
fn front(server: &Server) -> u32 {
    let found = children(server.child.id());
    let [front] = found[..] else { panic!("a server without a module has its front: {found:?}") };
    front
}

#[test]
fn to_read_again_ends_neither_the_front_nor_a_server_that_starts() {
    let folder = Folder::new("hangup");
    folder.configure(&json!({"tls": {
        "listen": ["127.0.0.1:0"], "certificate": folder.at("crt"), "key": folder.at("key")
    }}));
    let mut starting = folder.command();
    let mut child = starting.stderr(std::process::Stdio::null()).spawn().expect("it runs");
    // From when it has a folder it hears; each moment until it serves is as good as another.
    let until = Instant::now() + Duration::from_secs(60);
    while !folder.at("run/front").exists() && Instant::now() < until {}
    while !folder.at("sock").exists() && Instant::now() < until {
        kill("HUP", child.id());
    }
    assert!(child.try_wait().expect("our child").is_none(), "it goes on");
    kill("TERM", child.id());
    let how = child.wait().expect("our child");
    // It may not have come to listen to that yet.
    assert!(how.success() || how.signal() == Some(15), "{how}");

    let command = folder.command();
    let server = Server::run(folder, command);
    for pid in [server.child.id(), front(&server)] {
        kill("HUP", pid);
    }
    server.until_logged("reloaded");
    std::thread::sleep(Duration::from_millis(300));
    assert!(!server.log().contains("the front has ended"), "{}", server.log());

    // A certificate that has gone is not replaced by another.
    for file in ["crt", "key"] {
        std::fs::remove_file(server.folder.at(file)).expect("it was made");
    }
    server.signal("HUP");
    server.until_logged("not reloaded: cannot read");
    assert!(!server.folder.at("crt").exists());
    // Which is told before it is tried; without such a server both would be made.
    let check = || server.folder.command().arg("--check=config").output().expect("it ends");
    let (told, is_fault) =
        (check(), |told: &[u8]| String::from_utf8_lossy(told).contains("fault: cannot read "));
    assert!(told.status.code() == Some(1) && is_fault(&told.stderr), "{told:?}");
    let mut server = server;
    server.signal("TERM");
    assert!(server.ended(Duration::from_secs(60)).success());
    let told = server.folder.command().arg("--check=config").output().expect("it ends");
    assert!(told.status.success(), "{told:?}");
}

/// Until the next start the network is there, with all that it had.
#[test]
fn a_network_that_was_taken_out_of_the_configuration_is_served_until_the_end() {
    let folder = Folder::new("tls-away");
    let tls = json!({"tls": {
        "listen": ["127.0.0.1:0"], "certificate": folder.at("crt"), "key": folder.at("key")
    }});
    let server = Server::start(folder, &tls);
    server.folder.configure(&json!({}));
    server.signal("HUP");
    server.until_logged("`tls` was taken away; that takes effect at the next start");
    server.until_logged("reloaded");
    // As the front: one of its connections for each client.
    let socket = server.folder.at("run/front/front.sock");
    let mut clients: Vec<_> = (0..6).map(|_| Client::new(&socket)).collect();
    for client in &mut clients {
        client.stream.write_all(b"{\"peer\":\"192.0.2.7:40112\",\"form\":\"rest\"}\n").expect("read");
        let answer = client.ask("rpc", "identify", &json!("x".repeat(100_000)));
        assert_eq!(answer["type"], "server", "{answer}: {}", server.log());
    }
}

/// The socket's group is `full_group`, where no other is named: whoever is in a new one has his rights, and cannot connect.
#[test]
fn a_group_that_the_socket_has_not_is_told_when_it_is_read_again() {
    let server = Server::start(Folder::new("group"), &json!({"full_group": ""}));
    let check = |more: &serde_json::Value| {
        server.folder.configure(more);
        let mut command = server.folder.command();
        let output = command.arg("--check=config").stderr(std::process::Stdio::piped()).output();
        let output = output.expect("it ends");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let in_force = |said: &str| said.contains("takes effect at the next start");
    let is_root = nix::unistd::geteuid().is_root();
    let said = check(&json!({}));
    assert!(!in_force(&said), "{said}");
    let other = nix::unistd::Group::from_gid(nix::unistd::Gid::from_raw(1)).expect("a list");
    let other = json!({"full_group": other.expect("daemon, everywhere").name});
    let said = check(&other);
    assert_eq!(in_force(&said) && said.contains("hint: `full_group`: "), is_root, "{said}");
    server.signal("HUP");
    server.until_logged(
        "the socket's group, which is `full_group` without a `socket.group`, has changed; that",
    );
    let said = check(&json!({"full_group": "no-such-group", "limited_group": "nor-this"}));
    assert!(said.contains("hint: `full_group`, which the socket has too"), "{said}");
    server.signal("HUP");
    server.until_logged("warn sysadmd [0]: `full_group`, which the socket has too");
    server.until_logged("warn sysadmd [0]: `limited_group`: there is no group \"nor-this\"");
    assert_eq!(server.log().contains("the next start would fail"), is_root, "{}", server.log());
}

#[test]
fn signals_that_were_held_back_are_heard() {
    let folder = Folder::new("blocked");
    folder.configure(&json!({}));
    // `env` of GNU alone can hold them back.
    let mut env = std::process::Command::new("env");
    env.args(["--block-signal=TERM", "--block-signal=HUP"]);
    if !env.arg("true").status().is_ok_and(|status| status.success()) {
        crate::skipped::tell("env(1) holds no signals back here");
        return;
    }
    let mut command = std::process::Command::new("env");
    command.args(["--block-signal=TERM", "--block-signal=HUP"]).arg(env!("CARGO_BIN_EXE_sysadmd"));
    command.arg("--config").arg(folder.at("config.json"));
    let mut server = Server::run(folder, command);
    server.signal("HUP");
    server.until_logged("reloaded");
    server.signal("TERM");
    assert!(server.ended(Duration::from_secs(60)).success());
}

#[test]
fn a_second_one_ends_it_at_once_whatever_the_front_waits_for() {
    let folder = Folder::new("second");
    let tls = json!({"tls": {
        "listen": ["127.0.0.1:0"], "certificate": folder.at("crt"), "key": folder.at("key")
    }});
    let mut server = Server::start(folder, &tls);
    kill("STOP", front(&server));
    server.signal("TERM");
    server.until_logged("ending;");
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    server.signal("TERM");
    server.ended(Duration::from_secs(60));
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?} {}", begun.elapsed(), server.log());
}
