//! What one client may take.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use serde_json::json;

use crate::shows::resident;
use crate::stand::{Client, Folder, Server};

#[test]
fn lines_that_never_end_take_so_much_memory_and_no_more() {
    let server = Server::start(Folder::new("half-lines"), &json!({}));
    let piece = vec![b'x'; 1 << 20];
    let mut clients: Vec<Client> = (0..16).map(|_| server.here()).collect();
    let before = resident(server.child.id());
    for client in &mut clients {
        for _ in 0..15 {
            client.stream.write_all(&piece).expect("read");
        }
    }
    let more = resident(server.child.id()).saturating_sub(before) / 1024;
    assert!(more < 150, "{more} MiB for 240 MiB that came");
    // Whoever of them it is can still ask for something short, and what found no room is told so at its end.
    assert_eq!(server.here().ask("rpc", "whoami", &json!(""))["access"], "full");
    let last = clients.last_mut().expect("16");
    last.stream.write_all(b"\n").expect("read");
    let told = last.next();
    assert_eq!((&told["name"], &told["args"]["code"]), (&json!("error"), &json!("503")), "{told}");
    // It comes back.
    drop(clients);
    let text = json!("x".repeat(15 << 20));
    server.until("has room again", |server| server.here().ask("rpc", "whoami", &text)["access"] == "full");
}

#[test]
fn what_is_no_request_is_counted_among_the_refused() {
    let server = Server::start(Folder::new("counted"), &json!({}));
    let mut client = server.here();
    client.stream.write_all(b"nonsense\n").expect("read");
    assert_eq!(client.next()["args"]["code"], "400");
    client.stream.write_all(&vec![b'x'; (16 << 20) + 1]).expect("read");
    client.stream.write_all(b"\n").expect("read");
    assert_eq!(client.next()["args"]["code"], "400");
    let told = client.ask("rpc", "metrics", &json!({}));
    let text = told["text"].as_str().unwrap_or_default();
    assert!(text.contains("sysadmd_refused_total{code=\"400\"} 2"), "{text}");
}

#[test]
fn accounts_that_have_gone_are_an_error_and_those_that_nobody_has_made_are_none() {
    let server = Server::start(Folder::new("accounts-gone"), &json!({"log": "info"}));
    let log_in = || {
        let mut client = UnixStream::connect(server.folder.at("sock")).expect("it serves");
        let args = json!({"username": "alice", "password": "alice-secret"});
        let frame = json!({"namespace": "rpc", "name": "auth", "id": "1", "args": args});
        client.write_all(format!("{frame}\n").as_bytes()).expect("sent");
        let mut line = String::new();
        BufReader::new(client).read_line(&mut line).expect("an answer");
        line
    };
    assert!(log_in().contains("503"));
    server.until_logged("info login [0]: nobody can log in: there is no");
    add_alice(&server);
    assert!(!log_in().contains("\"error\""));
    std::fs::remove_file(server.folder.at("accounts")).expect("it was there");
    assert!(log_in().contains("503"));
    server.until_logged("error login [0]: nobody can log in: there is no");
}

/// Root has logged in as somebody, who was removed: he is in no group less for that.
#[test]
fn who_had_logged_in_at_the_socket_is_not_told_of_groups() {
    let server = Server::start(Folder::new("removed"), &json!({}));
    add_alice(&server);
    let mut client = server.here();
    let token = client.ask("rpc", "auth", &json!({"username": "alice", "password": "alice-secret"}));
    assert!(token[0].is_string(), "{token}");
    assert_eq!(client.ask("rpc", "whoami", &json!({}))["name"], "alice");
    std::fs::remove_file(server.folder.at("accounts")).expect("it was there");
    add_user(&server, "bob");
    let told = client.ask("rpc", "whoami", &json!({}));
    let why = told["error"].as_str().unwrap_or_default();
    assert!(told["code"] == "401" && why.contains("so no more") && !why.contains("group"), "{told}");
}

fn add_alice(server: &Server) {
    add_user(server, "alice");
}

fn add_user(server: &Server, name: &str) {
    let mut add = std::process::Command::new(env!("CARGO_BIN_EXE_sysadmctl"));
    add.args(["user", "add", name, "--role", "full", "--password-stdin", "--accounts"]);
    add.arg(server.folder.at("accounts"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    let mut add = add.spawn().expect("it runs");
    add.stdin.take().expect("piped").write_all(b"alice-secret\n").expect("taken");
    assert!(add.wait().expect("our child").success());
}
