//! REST, and what people expect beside it.

use std::io::{Read, Write};
use std::process::Command;

use serde_json::json;

use crate::stand::{ALICE, Reply, Stand, all};

#[test]
fn a_class_as_it_is_documented() {
    let stand = Stand::new();
    let reply = stand.ask("PUT /sysadm/echo", ALICE, "{\"action\" : \"x\",\r\n \"b\":  1.0}");
    assert_eq!((reply.status, reply.body.as_str()), (200, r#"{"args":{"echo":{"action":"x","b":1.0}}}"#));
    assert!(reply.head.contains("content-type: application/json\r\n"), "{}", reply.head);
    for header in [
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'none'",
    ] {
        assert!(reply.head.contains(header), "{}", reply.head);
    }
    assert!(!reply.head.contains("set-cookie"));
    {
        let seen = stand.root.lock().unwrap();
        let login = r#""login":{"password":"secret","username":"alice"}"#;
        let args = "{\"action\" : \"x\",   \"b\":  1.0}";
        assert_eq!(
            seen.lines,
            [format!(r#"{{"namespace":"sysadm","name":"echo","id":"http","args":{args},{login}}}"#)]
        );
        assert_eq!(seen.hellos[0]["form"], "rest");
    }
    for method in ["POST", "GET"] {
        assert_eq!(
            stand.ask(&format!("{method} /sysadm/echo"), ALICE, "{\"a\":1}").args(),
            json!({"echo": {"a": 1}})
        );
    }
    assert_eq!(
        stand.ask("GET /sysadm/echo?action=listjails&a=b+%26", ALICE, "").args(),
        json!({"echo": {"action": "listjails", "a": "b &"}})
    );
    assert_eq!(
        stand.ask("GET /rpc/identify", "Authorization: Bearer token\r\n", "").args(),
        json!({"identify": {}})
    );
    let refused = [
        ("PUT /sysadm/echo?a=1", "{}", 400),
        ("GET /sysadm/echo?a=1", "{}", 400),
        ("PUT /sysadm/echo", "{", 400),
        ("PUT /rpc/auth_clear", "{}", 400),
        ("DELETE /sysadm/echo", "", 405),
    ];
    for (line, body, status) in refused {
        assert_eq!(stand.ask(line, ALICE, body).status, status, "{line} {body}");
    }
    // Of the body as it was sent, with the blanks in front of it.
    for (body, place) in [
        ("{\"a\":1.}", "line 1, column 8"),
        ("\r\n\n {\"a\":01}", "line 3, column 8"),
        ("{\"b\":{\n\"a\":-}}", "line 2, column 6"),
    ] {
        let told = stand.ask("PUT /sysadm/echo", ALICE, body);
        assert!(told.body.contains(&format!("the body is no JSON ({place})")), "{body:?}: {}", told.body);
    }
}

#[test]
fn an_error_is_a_status() {
    let stand = Stand::new();
    let reply = stand.ask("PUT /sysadm/refused", ALICE, r#"{"code":"403"}"#);
    assert_eq!((reply.status, reply.args()["message"].clone()), (403, json!("why")));
    let reply = stand.ask("PUT /sysadm/refused", ALICE, r#"{"code":"429","retry_after":7}"#);
    assert_eq!(reply.status, 429);
    assert!(reply.head.contains("retry-after: 7"), "{}", reply.head);
    for login in [
        "",
        "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n",
        "Authorization: Basic !\r\n",
        "Authorization: Bearer \r\n",
    ] {
        let reply = stand.ask("PUT /sysadm/echo", login, "{}");
        assert_eq!(reply.status, 401, "{login}");
        assert!(
            reply.head.contains("www-authenticate: basic realm=\"sysadm\", charset=\"utf-8\", bearer"),
            "{}",
            reply.head
        );
    }
    assert_eq!(stand.ask("PUT /sysadm/close", ALICE, "{}").status, 503);
    let log = stand.log.lock().unwrap();
    for secret in ["secret", "YWxpY2U6", "wrong"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[test]
fn a_job_has_a_place() {
    let stand = Stand::new();
    let prefer = format!("{ALICE}Prefer: wait=1, respond-async\r\nIdempotency-Key: \"web-1\"\r\n");
    let reply = stand.ask("PUT /sysadm/iocage", &prefer, r#"{"action":"createjail", "fetch":true}"#);
    assert_eq!(reply.status, 202);
    assert!(reply.head.contains("location: /jobs/sysadm_iocage_x-%7b1%7d"), "{}", reply.head);
    assert!(reply.head.contains("preference-applied: respond-async"), "{}", reply.head);
    let sent = stand.root.lock().unwrap().lines[0].clone();
    assert!(
        sent.contains(r#""args":{"async":true,"async_key":"web-1","action":"createjail", "fetch":true},"#),
        "{sent}"
    );
    for wrong in ["", "\"\"", &"k".repeat(201)] {
        let reply = stand.ask("PUT /sysadm/iocage", &format!("{ALICE}Idempotency-Key: {wrong}\r\n"), "{}");
        assert_eq!(reply.status, 400, "{wrong:?}");
    }
    assert_eq!(stand.root.lock().unwrap().lines.len(), 1);
    let id = "/jobs/sysadm_iocage_x-%7B1%7D";
    let job = "sysadm_iocage_x-{1}";
    assert_eq!(stand.ask("GET /jobs", ALICE, "").args(), json!({"dispatcher": {"action": "list"}}));
    let show = stand.ask(&format!("GET {id}"), ALICE, "");
    assert_eq!((show.status, show.args()), (200, json!({"dispatcher": {"action": "show", "job_id": job}})));
    let wait = stand.ask(&format!("GET {id}?wait=30"), ALICE, "");
    assert_eq!(wait.args(), json!({"dispatcher": {"action": "wait", "job_id": job, "seconds": 30}}));
    let kill = stand.ask(&format!("DELETE {id}"), ALICE, "");
    assert_eq!((kill.status, kill.args()), (202, json!({"dispatcher": {"action": "kill", "job_id": job}})));
    let other = [
        ("GET /jobs/none", 404),
        ("GET /jobs/x?wait=soon", 400),
        ("GET /jobs/x?wait=900", 400),
        ("GET /jobs/x?y=1", 400),
        ("PUT /jobs/x", 405),
        ("GET /jobs/", 404),
        ("GET /jobs/a/b", 404),
        ("GET /jobs/%zz", 400),
    ];
    for (line, status) in other {
        assert_eq!(stand.ask(line, ALICE, "").status, status, "{line}");
    }
    assert_eq!(stand.ask("GET /jobs", "", "").status, 401);
    for wait in ["soon", "601", "-1"] {
        let why = stand.ask(&format!("GET /jobs/x?wait={wait}"), ALICE, "").body;
        assert!(why.contains("`wait` is a number of seconds, 0 to 600"), "{wait}: {why}");
    }
    // A key that is that of another job.
    let taken = format!("{ALICE}Prefer: respond-async\r\nIdempotency-Key: taken\r\n");
    let reply = stand.ask("PUT /sysadm/iocage", &taken, r#"{"action":"createjail"}"#);
    assert_eq!((reply.status, &reply.args()["createjail"]["code"]), (409, &json!("key-taken")));
    let told = reply.args()["createjail"].clone();
    assert_eq!(told["key"], "Idempotency-Key", "by the name that its client has for it");
    assert_eq!(told["error"], "this `Idempotency-Key` is that of a job with other args");
}

#[test]
fn the_page_runs_what_it_brings_and_nothing_else() {
    let stand = Stand::new();
    let page = stand.ask("GET /", "", "");
    assert_eq!(page.status, 200);
    for wanted in [
        "text/html",
        "default-src 'none'",
        "script-src 'sha256-",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "referrer-policy: no-referrer",
    ] {
        assert!(page.head.contains(wanted), "{wanted}: {}", page.head);
    }
    assert!(!page.head.contains("unsafe") && page.body.contains("<!DOCTYPE html>"));
    assert_eq!(stand.ask("HEAD /", "", "").body, "");
    assert_eq!(stand.ask("POST /", "", "").status, 405);
}

#[test]
fn who_has_gone_is_noticed_and_who_only_sends_no_more_is_answered() {
    let stand = Stand::new();
    let request = |ms: u32| {
        let body = format!("{{\"ms\":{ms}}}");
        format!(
            "PUT /sysadm/slow HTTP/1.1\r\nHost: localhost\r\n{ALICE}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let mut stream = stand.tls();
    stream.write_all(request(300).as_bytes()).unwrap();
    stream.conn.send_close_notify();
    stream.conn.complete_io(&mut stream.sock).unwrap();
    stream.sock.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(Reply::read(&all(&mut stream)).status, 200, "half-closed");

    let mut stream = stand.tls();
    stream.write_all(request(60_000).as_bytes()).unwrap();
    stand.until("it is asked", || stand.root.lock().unwrap().lines.len() == 2);
    let ended = stand.root.lock().unwrap().ended;
    drop(stream);
    stand.until("the root part knows", || stand.root.lock().unwrap().ended > ended);

    // Ended properly, and then gone, which his system says.
    let mut stream = stand.tls();
    stream.write_all(request(60_000).as_bytes()).unwrap();
    stand.until("it is asked", || stand.root.lock().unwrap().lines.len() == 3);
    let ended = stand.root.lock().unwrap().ended;
    stream.conn.send_close_notify();
    stream.conn.complete_io(&mut stream.sock).unwrap();
    let at_once = nix::libc::linger { l_onoff: 1, l_linger: 0 };
    nix::sys::socket::setsockopt(&stream.sock, nix::sys::socket::sockopt::Linger, &at_once).unwrap();
    drop(stream);
    stand.until("the root part knows", || stand.root.lock().unwrap().ended > ended);
}

#[test]
fn a_connection_serves_many_requests() {
    let stand = Stand::new();
    let mut stream = stand.tls();
    let request =
        format!("PUT /sysadm/echo HTTP/1.1\r\nHost: localhost\r\n{ALICE}Content-Length: 2\r\n\r\n{{}}");
    // Two at once, the second of which comes while the first is worked on.
    stream.write_all(request.repeat(2).as_bytes()).unwrap();
    for _ in 0..3 {
        let mut found = String::new();
        while !found.ends_with("{\"args\":{\"echo\":{}}}") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            found.push(char::from(byte[0]));
        }
        assert!(found.starts_with("HTTP/1.1 200 OK\r\n"), "{found}");
        stream.write_all(request.as_bytes()).unwrap();
    }
}

#[test]
fn curl_is_served() {
    let stand = Stand::new();
    let file = stand.folder.join("certificate.pem");
    std::fs::write(&file, &stand.start.certificate).unwrap();
    let url = |path: &str| format!("https://localhost:{}{path}", stand.port);
    let curl = |rest: &[&str]| {
        let mut command = Command::new("curl");
        let output = command.args(["-sS", "--max-time", "20", "--cacert"]).arg(&file).args(rest).output();
        String::from_utf8_lossy(&output.expect("curl is installed").stdout).into_owned()
    };
    let echo = url("/sysadm/echo");
    assert_eq!(
        curl(&["-u", "alice:secret", "-X", "PUT", "-d", r#"{"action":"listjails"}"#, &echo]),
        r#"{"args":{"echo":{"action":"listjails"}}}"#
    );
    // In chunks, with `Expect`, over TLS 1.2.
    let chunked = [
        "-u",
        "alice:secret",
        "-H",
        "Transfer-Encoding: chunked",
        "-H",
        "Expect: 100-continue",
        "--tls-max",
        "1.2",
        "-X",
        "PUT",
        "-d",
        "{}",
        &echo,
    ];
    assert_eq!(curl(&chunked), r#"{"args":{"echo":{}}}"#);
    assert_eq!(curl(&["-o", "/dev/null", "-w", "%{http_code} %{http_version}", &url("/")]), "200 1.1");
    assert_eq!(
        curl(&["-o", "/dev/null", "-w", "%{http_code}", "-H", "Origin: https://evil.example", &url("/")]),
        "403"
    );
}

#[test]
fn events_come_as_they_happen() {
    let stand = Stand::new();
    let mut stream = stand.tls();
    write!(stream, "GET /events?names=dispatcher HTTP/1.1\r\nHost: localhost\r\n{ALICE}\r\n").unwrap();
    let wanted = "event: dispatcher\ndata: {\"state\":\"running\"}\n\n";
    let missed = "event: missed\ndata: 3\n\nevent: iocage\ndata: {\"n\":2}\n\n";
    let mut found = String::new();
    while !(found.contains(wanted) && found.contains(missed)) {
        let mut bytes = [0; 1024];
        let length = stream.read(&mut bytes).unwrap();
        found.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
    }
    assert!(found.to_ascii_lowercase().contains("content-type: text/event-stream\r\n"), "{found}");
    {
        let seen = stand.root.lock().unwrap();
        assert_eq!(seen.hellos[0]["form"], "events");
        assert!(seen.lines[0].contains(r#""args":["dispatcher"],"login""#), "{:?}", seen.lines);
    }
    drop(stream);
    stand.until("the root part knows", || stand.root.lock().unwrap().ended == 1);
    assert_eq!(stand.ask("GET /events", "", "").status, 401);
    assert_eq!(stand.ask("GET /events", "Authorization: Bearer wrong\r\n", "").status, 401);
    assert_eq!(stand.ask("GET /events?names=x,", ALICE, "").status, 400);
}

#[test]
fn machines_are_told() {
    let mut stand = Stand::new();
    let health = stand.ask("GET /healthz", "", "");
    assert_eq!((health.status, health.body.as_str()), (200, r#"{"ok":true}"#));
    assert_eq!(stand.ask("GET /metrics", "", "").status, 401);
    let metrics = stand.ask("GET /metrics", ALICE, "");
    let wanted = [
        "sysadmd_up 1\n",
        "sysadmd_front_connections 1\n",
        "sysadmd_front_http_responses_total{status=\"200\"} 1\n",
        "{status=\"401\"} 1\n",
    ];
    for row in wanted {
        assert!(metrics.body.contains(row), "{row}: {}", metrics.body);
    }
    let api: serde_json::Value =
        serde_json::from_str(&stand.ask("GET /openapi.json", ALICE, "").body).unwrap();
    assert_eq!(api["openapi"], "3.1.0");
    assert!(
        api["paths"]["/sysadm/iocage"]["put"].is_object()
            && api["components"]["schemas"]["sysadm.iocage.startjail"].is_object()
    );
    assert_eq!(stand.ask("GET /openapi.json", "", "").status, 401);
    stand.start.socket.push_str(".not");
    stand.tell();
    stand.log_has("new configuration");
    assert_eq!(stand.ask("GET /healthz", "", "").status, 503);
}
