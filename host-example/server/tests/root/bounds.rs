//! What one client may take.

use std::fs;
use std::io::Write;

use serde_json::json;

use crate::stand::{Client, Folder, Server};

/// The memory that a process has, in MiB; where nobody tells, nothing.
fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}

#[test]
fn lines_that_never_end_take_so_much_memory_and_no_more() {
    let server = Server::start(Folder::new("half-lines"), &json!({}));
    let piece = vec![b'x'; 1 << 20];
    let mut clients: Vec<Client> = (0..16).map(|_| server.here()).collect();
    let before = memory(server.child.id());
    for client in &mut clients {
        for _ in 0..15 {
            client.stream.write_all(&piece).expect("read");
        }
    }
    let more = memory(server.child.id()) - before;
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
