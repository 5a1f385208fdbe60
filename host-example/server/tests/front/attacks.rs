//! What strangers try. Each of these costs the one who does it his connection, and nobody else anything.

use std::io::Write;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use tungstenite::client::IntoClientRequest;

use crate::stand::{ALICE, Reply, Stand, Tls, WAIT, all, exchange};

/// What a connection tells until its end, and how long it took.
fn told(stand: &Stand, bytes: &[u8]) -> (String, Duration) {
    let begun = Instant::now();
    let mut stream = stand.tls();
    let _ = stream.write_all(bytes);
    (all(&mut stream), begun.elapsed())
}

#[test]
fn slow_ones_are_ended() {
    // Time for the handshake of TLS, on a busy machine, too.
    let stand = Stand::limited(|limits| (limits.header_s, limits.transfer_s) = (3, 3));
    let within = |took: Duration| took >= Duration::from_millis(2900) && took < WAIT;
    // Silent before TLS, half a head, and a kept connection without a second request.
    let begun = Instant::now();
    let _ = std::io::Read::read(&mut stand.tcp(), &mut [0; 1]);
    assert!(within(begun.elapsed()));
    let (_, took) = told(&stand, b"GET / HTTP/1.1\r\nHost: lo");
    assert!(within(took), "{took:?}");
    let (text, took) = told(&stand, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(text.starts_with("HTTP/1.1 200") && within(took), "{took:?}");
    // Half a body.
    let (text, took) = told(
        &stand,
        format!("PUT /sysadm/echo HTTP/1.1\r\nHost: localhost\r\n{ALICE}Content-Length: 9\r\n\r\n{{")
            .as_bytes(),
    );
    assert_eq!(Reply::read(&text).status, 408);
    assert!(within(took), "{took:?}");
    // A head that drips.
    let (begun, mut stream) = (Instant::now(), stand.tls());
    while stream.write_all(b"a").and_then(|()| stream.flush()).is_ok() && begun.elapsed() < WAIT {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(within(begun.elapsed()), "{:?}", begun.elapsed());
    assert!(stand.root.lock().unwrap().lines.is_empty());
}

/// It is answered with more than any buffer on the way holds, and takes none of it.
#[test]
fn one_who_never_reads_is_ended() {
    let stand = Stand::limited(|limits| limits.transfer_s = 3);
    let body = r#"{"bytes":16000000}"#;
    let mut stream = stand.tls();
    write!(
        stream,
        "PUT /sysadm/big HTTP/1.1\r\nHost: localhost\r\n{ALICE}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    stand.log_has("the connection ended");
    let mut socket = stand.websocket();
    socket.send(tungstenite::Message::text(r#"{"name":"big","id":"1","args":{"bytes":16000000}}"#)).unwrap();
    stand.until("the root part knows", || stand.root.lock().unwrap().ended == 2);
}

#[test]
fn bombs_of_headers() {
    let stand = Stand::new();
    let status = |text: String| Reply::read(&told(&stand, text.as_bytes()).0).status;
    let head = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    assert_eq!(status(format!("{head}{}\r\n", "A: b\r\n".repeat(200))), 431);
    assert_eq!(status(format!("{head}A: {}\r\n\r\n", "b".repeat(100_000))), 431);
    assert!(
        [414, 431]
            .contains(&status(format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "b".repeat(100_000))))
    );
    assert_eq!(
        status(format!(
            "PUT /sysadm/echo HTTP/1.1\r\nHost: localhost\r\n{ALICE}Content-Length: 1048577\r\n\r\n"
        )),
        413
    );
    let chunks = format!("100001\r\n{}\r\n0\r\n\r\n", "x".repeat((1 << 20) + 1));
    let chunked = format!(
        "PUT /sysadm/echo HTTP/1.1\r\nHost: localhost\r\n{ALICE}Transfer-Encoding: chunked\r\n\r\n{chunks}"
    );
    assert_eq!(status(chunked), 413);
    // Who is told hears it, although more of his is on its way.
    assert_eq!(stand.ask("PUT /sysadm/echo", ALICE, &"x".repeat(4 << 20)).status, 413);
    assert_eq!(stand.ask("GET /", "", "").status, 200);
}

/// What nests deeper than any stack is long.
#[test]
fn bombs_of_json() {
    let stand = Stand::new();
    let (open, close) = ("[".repeat(500_000), "]".repeat(500_000));
    assert_eq!(stand.ask("PUT /sysadm/echo", ALICE, &open).status, 400);
    let prefer = format!("{ALICE}Prefer: respond-async\r\n");
    // The stand-in cannot read it; the front can.
    assert_eq!(stand.ask("PUT /sysadm/echo", &prefer, &format!("{{\"a\":{open}{close}}}")).status, 400);
    assert_eq!(stand.root.lock().unwrap().lines.len(), 1);
    let mut socket = stand.websocket();
    let login = format!("{{\"name\":\"auth_clear\",\"login\":{}1{}}}", "[".repeat(1000), "]".repeat(1000));
    assert_eq!(exchange(&mut socket, &login)["args"]["code"], "400");
    assert_eq!(stand.ask("GET /", "", "").status, 200);
}

#[test]
fn what_can_be_read_in_two_ways_is_not_read() {
    let stand = Stand::new();
    let status = |text: &str| Reply::read(&told(&stand, text.as_bytes()).0).status;
    assert_eq!(status("GET / HTTP/1.1\r\n\r\n"), 400);
    assert_eq!(status("GET / HTTP/1.0\r\n\r\n"), 400);
    assert_eq!(status("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n"), 400);
    assert_eq!(status("GET https://evil/ HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400);
    assert_eq!(status("CONNECT evil:443 HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400);
    assert_eq!(
        status(
            "PUT /sysadm/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"
        ),
        400
    );
    assert_eq!(
        status("PUT /sysadm/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n{}"),
        400
    );
    // Behind one with two lengths nothing is read: the second request has no answer.
    let smuggled = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for lengths in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    ] {
        let (text, _) = told(
            &stand,
            format!(
                "PUT /sysadm/echo HTTP/1.1\r\nHost: localhost\r\n{ALICE}{lengths}\r\n0\r\n\r\n{smuggled}"
            )
            .as_bytes(),
        );
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
        assert!(!text.contains("<html"), "{text}");
    }
    let clean = "GET /x/y HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(status(clean), 401);
}

#[test]
fn paths_lead_nowhere_else() {
    let stand = Stand::new();
    let paths = [
        "/../etc/passwd",
        "/sysadm/../rpc",
        "//sysadm/echo",
        "/sysadm//echo",
        "/sysadm/echo/",
        "/%2e%2e/echo",
        "/sysadm/%65cho",
        "/sysadm/echo%00",
        "/sysadm/..",
        "/./echo",
        "/sysadm/echo;a",
        "/index.html",
        "/favicon.ico",
        "/a/b/c",
        "/jobs/../x",
    ];
    for path in paths {
        assert_eq!(stand.ask(&format!("GET {path}"), ALICE, "").status, 404, "{path}");
    }
    assert!(stand.root.lock().unwrap().lines.is_empty());
}

#[test]
fn pages_of_others_are_refused_before_the_upgrade() {
    let stand = Stand::new();
    let upgrade = |origin: &str| {
        let mut request = format!("wss://localhost:{}/any/path?x", stand.port).into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        match tungstenite::client(request, stand.tls()) {
            Ok(_) => 101,
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(reply))) => {
                reply.status().as_u16()
            }
            Err(why) => panic!("{why}"),
        }
    };
    assert_eq!(upgrade(&format!("https://localhost:{}", stand.port)), 101);
    assert_eq!(upgrade("https://panel.example:8443"), 101);
    // No page, but sysadm's Qt client.
    assert_eq!(upgrade("sysadm-client"), 101);
    for forged in ["https://evil.example", "null", "https://localhost", "http://panel.example:8443"] {
        assert_eq!(upgrade(forged), 403, "{forged}");
    }
    let cross = stand.ask("PUT /sysadm/echo", &format!("{ALICE}Origin: https://evil.example\r\n"), "{}");
    assert_eq!((cross.status, stand.root.lock().unwrap().lines.len()), (403, 0));
    assert!(!cross.head.contains("access-control"));
    let named =
        stand.ask("PUT /sysadm/echo", &format!("{ALICE}Origin: https://panel.example:8443\r\n"), "{}");
    assert!(
        named.status == 200 && named.head.contains("access-control-allow-origin: https://panel.example:8443")
    );
    let before = stand.ask("OPTIONS /sysadm/echo", "Origin: https://panel.example:8443\r\n", "");
    assert!(
        before.status == 204 && before.head.contains("access-control-allow-headers: authorization"),
        "{before:?}"
    );
    // A picture in somebody's page, with the login that the browser keeps.
    assert_eq!(
        stand.ask("GET /sysadm/echo?action=x", &format!("{ALICE}Sec-Fetch-Site: cross-site\r\n"), "").status,
        403
    );
}

#[test]
fn so_many_have_a_place() {
    let stand = Stand::limited(|limits| limits.per_address = 3);
    let refused = |stand: &Stand| {
        let mut stream = stand.tcp();
        matches!(std::io::Read::read(&mut stream, &mut [0; 1]), Ok(0) | Err(_))
    };
    // A WebSocket keeps its place.
    let mut sockets = [stand.websocket(), stand.websocket()];
    let third = stand.tls();
    assert!(refused(&stand));
    stand.log_has("no place for it");
    drop(third);
    stand.until("a place is free", || {
        let reply = std::panic::catch_unwind(|| stand.ask("GET /", "", "").status);
        reply.is_ok_and(|status| status == 200)
    });
    for socket in &mut sockets {
        assert_eq!(exchange(socket, r#"{"name":"echo","id":"1"}"#)["id"], "1");
    }
}

#[test]
fn what_is_no_tls_is_ended_and_said() {
    let stand = Stand::new();
    let mut stream = stand.tcp();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
    stand.log_has("it does not speak TLS");
    stream.shutdown(Shutdown::Both).unwrap_or(());
    assert!(stand.log.lock().unwrap().lines().all(|line| line.contains(" front [0]: ")));
}

/// Connections that do nothing: 500 in the short form.
#[test]
fn many_idle_ones_leave_room() {
    let count = if std::env::var("SYSADM_SOAK").is_ok_and(|form| form == "long") { 10_000 } else { 500 };
    let stand = Stand::limited(|limits| {
        (limits.connections, limits.per_address, limits.header_s) = (count + 10, count + 10, 120);
    });
    let (_, hard) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).unwrap();
    nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    let begun = Instant::now();
    let idle: Vec<Tls> = (0..count).map(|_| stand.tls()).collect();
    let reply = stand.ask("PUT /sysadm/echo", ALICE, "{}");
    assert_eq!(reply.status, 200);
    let resident = crate::shows::resident(stand.child.id());
    println!("{} idle, open after {:?}: {resident} KiB", idle.len(), begun.elapsed());
}

/// Requests and frames with bytes changed, left out and put in; whatever comes of one, the next is served.
#[test]
fn what_is_broken_breaks_nothing() {
    let rounds = if std::env::var("SYSADM_SOAK").is_ok_and(|form| form == "long") { 20_000 } else { 300 };
    let stand =
        Stand::limited(|limits| (limits.header_s, limits.transfer_s, limits.per_address) = (10, 10, 1000));
    let body = r#"{"action":"x"}"#;
    let upgrade = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let frame = [
        &[0x81, 0x80 | 14, 0, 0, 0, 0][..],
        body.as_bytes(),
        &[0x89, 0x80, 0, 0, 0, 0],
        &[0x88, 0x80, 0, 0, 0, 0],
    ]
    .concat();
    let seeds = [
        format!("PUT /sysadm/echo HTTP/1.1\r\nHost: localhost\r\n{ALICE}Prefer: respond-async\r\nContent-Length: 14\r\n\r\n{body}").into_bytes(),
        format!("PUT /sysadm/echo?a=%20 HTTP/1.1\r\nHost: localhost\r\n{ALICE}Transfer-Encoding: chunked\r\n\r\ne\r\n{body}\r\n0\r\n\r\n").into_bytes(),
        format!("GET /jobs/a%7B?wait=1 HTTP/1.1\r\nHost: [::1]:1\r\nOrigin: https://localhost\r\n{ALICE}\r\n").into_bytes(),
        [upgrade.as_bytes(), &frame, &frame].concat(),
    ];
    let mut number = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        (number % below as u64) as usize
    };
    let mut open = std::collections::VecDeque::new();
    for round in 0..rounds {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            match next(3) {
                0 => bytes[at] = next(256) as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"\r\n\0{\"%/:"[next(8)]),
            }
        }
        let mut stream = stand.tls();
        let _ = stream.write_all(&bytes);
        // Some are left open for a while, the others leave at once.
        open.push_back(stream);
        if open.len() > 100 {
            open.pop_front();
        }
    }
    drop(open);
    assert_eq!(stand.ask("PUT /sysadm/echo", ALICE, body).status, 200);
    let log = stand.log.lock().unwrap();
    assert!(!log.contains("a defect") && log.lines().all(|line| line.contains(" front [0]: ")), "{log}");
}
