//! The REST form with a client that is not ours: curl, over a connection on the
//! loopback that is handed to `host-example rest` as its input and output, as
//! inetd does it. A client holds its connection open until it is answered, which
//! no test with a pipe that ends would show.

use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::process::eventually;
use crate::support::{DOORS, Machine, artifacts, is_installed, root};

/// What curl showed of an answer.
struct Shown {
    status: String,
    headers: Vec<String>,
    body: String,
}

/// Hand a connection to a host.
fn serve(connection: TcpStream, arguments: &[&str]) -> Child {
    let input = connection.try_clone().expect("a second descriptor");
    Command::new(&artifacts().host)
        .arg("--module")
        .arg(&artifacts().module)
        .args(arguments)
        .arg("rest")
        .stdin(OwnedFd::from(input))
        .stdout(OwnedFd::from(connection))
        .stderr(Stdio::null())
        .spawn()
        .expect("the host runs")
}

/// Ask a host for `/PATH` with curl; its arguments say how.
fn curl(host: &[&str], path: &str, arguments: &[&str]) -> Shown {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of our own");
    listener.set_nonblocking(true).expect("waiting is ours");
    let url = format!("http://{}/{path}", listener.local_addr().expect("it is bound"));
    let client = Command::new("curl")
        // First of all: whatever the user's own configuration says.
        .args(["-q", "--silent", "--show-error", "--include", "--max-time", "60", "--noproxy", "*"])
        .args(arguments)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("curl runs");
    let mut connection = None;
    eventually("curl connects", || {
        connection = listener.accept().ok();
        connection.is_some()
    });
    let (connection, _) = connection.expect("just seen");
    connection.set_nonblocking(false).expect("the host waits for its input");
    let mut host = serve(connection, host);
    let started = Instant::now();
    while host.try_wait().expect("our child").is_none() {
        if started.elapsed() > Duration::from_secs(50) {
            host.kill().expect("our child");
            host.wait().expect("our child");
            panic!("the host waits for more than curl sends: {path} {arguments:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = client.wait_with_output().expect("curl ends");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && log.is_empty(), "{}: {log}{text}", output.status);
    // What precedes the answer is how curl was told to go on.
    let text = text.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&text);
    let (head, body) = text.split_once("\r\n\r\n").expect("an empty line");
    let mut headers = head.split("\r\n").map(str::to_owned);
    Shown { status: headers.next().expect("a line"), headers: headers.collect(), body: body.to_owned() }
}

fn is_there() -> bool {
    let is_there = is_installed("curl");
    if !is_there {
        crate::support::skipped!("curl is not installed");
    }
    is_there
}

#[test]
fn curl_gets_the_documented_answers() {
    if !is_there() {
        return;
    }
    let text = std::fs::read_to_string(root().join("host-example/src/document.json")).expect("our own file");
    let exchanges: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    for (number, exchange) in exchanges.iter().enumerate() {
        let machine = Machine::new(&exchange["state"]);
        let iocage = machine.iocage_text();
        let config = machine.config();
        let host = ["--door", DOORS[number % 2].word(), "--config", &config, "--iocage", &iocage];
        let request = exchange["request"].to_string();
        let shown = curl(&host, "sysadm/iocage", &["--request", "PUT", "--data-binary", &request]);
        assert_eq!(shown.status, "HTTP/1.1 200 OK");
        assert!(shown.headers.contains(&format!("Content-Length: {}", shown.body.len())));
        let mut answer: Value = serde_json::from_str(&shown.body).expect("JSON");
        // What an administrator should know stands beside what is documented.
        answer["args"].as_object_mut().expect("an object").remove("warnings");
        assert_eq!(answer, json!({"args": exchange["answer"]}), "{request}");
    }
}

#[test]
fn curl_is_told_what_is_wrong() {
    if !is_there() {
        return;
    }
    let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true}]}));
    let iocage = machine.iocage_text();
    let config = machine.config();
    let host = ["--config", &config, "--access", "limited", "--iocage", &iocage];
    let put = |body| ["--request", "PUT", "--data-binary", body];
    let long = format!("{{\"action\":\"df\",\"x\":\"{}\"}}", "x".repeat(100_000));
    let rows: &[(&str, &[&str], u16, &str)] = &[
        ("sysadm/iocage", &["--request", "GET"], 400, "Bad Request"),
        ("sysadm/iocage", &["--head"], 400, "Bad Request"),
        ("sysadm/iocage", &["--request", "PUT"], 400, "Bad Request"),
        ("sysadm/iocage", &["--data-binary", r#"{"action":"df"}"#], 400, "Bad Request"),
        ("sysadm/iocage", &put("[]"), 400, "Bad Request"),
        ("sysadm/iocage", &put(r#"{"action":"jump"}"#), 400, "Bad Request"),
        ("sysadm/iocage", &put(r#"{"action":"cleanall"}"#), 403, "Forbidden"),
        ("sysadm/zfs", &put(r#"{"action":"df"}"#), 404, "Not Found"),
        ("sysadm", &put(r#"{"action":"df"}"#), 404, "Not Found"),
        ("", &put(r#"{"action":"df"}"#), 404, "Not Found"),
        ("SysAdm/IOCAGE", &put(r#"{"action":"df"}"#), 200, "OK"),
        // In several pieces, and with the question whether to send it at all.
        ("sysadm/iocage", &put(&long), 200, "OK"),
        (
            "sysadm/iocage",
            &["--header", "Expect: 100-continue", "--request", "PUT", "--data-binary", &long],
            200,
            "OK",
        ),
    ];
    for (path, arguments, code, phrase) in rows {
        let shown = curl(&host, path, arguments);
        assert_eq!(shown.status, format!("HTTP/1.1 {code} {phrase}"), "{path} {arguments:?}");
        // Or curl would wait for another answer on this connection.
        assert!(shown.headers.iter().any(|header| header == "Connection: close"), "{:?}", shown.headers);
        let expected = match code {
            200 => json!({"args": {"df": {}}}),
            _ => json!({"args": {"code": code.to_string(), "message": phrase}}),
        };
        // Of HEAD no body is shown.
        if !arguments.contains(&"--head") {
            let mut body: Value = serde_json::from_str(&shown.body).expect("JSON");
            // Why stands beside what is documented.
            let why = body["args"].as_object_mut().expect("an object").remove("error");
            assert_eq!(why.is_some_and(|why| why.is_string()), *code != 200, "{}", shown.body);
            assert_eq!(body, expected);
        }
    }
}
