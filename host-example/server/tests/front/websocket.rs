//! WebSocket: a message is a line.

use serde_json::json;
use tungstenite::Message;

use crate::stand::{Stand, WAIT, closed, exchange, frame_of};

#[test]
fn a_message_is_a_line_and_comes_back_by_its_id() {
    let stand = Stand::new();
    let mut socket = stand.websocket();
    let request = "{\"namespace\":\"sysadm\",\r\n\"name\":\"echo\",\"id\":\"x\",\"args\":{\"a\":\n 1}}";
    let wanted = json!({"args": {"echo": {"a": 1}}, "id": "x", "name": "response", "namespace": "sysadm"});
    assert_eq!(exchange(&mut socket, request), wanted);
    socket.send(Message::binary(request.as_bytes().to_vec())).unwrap();
    assert_eq!(frame_of(&mut socket), wanted);
    let seen = stand.root.lock().unwrap();
    assert_eq!(seen.hellos.len(), 1, "one connection for all of it");
    assert_eq!(seen.hellos[0]["form"], "websocket");
    assert!(seen.hellos[0]["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(seen.lines[0], request.replace("\r\n", "  ").replace('\n', " "));
}

#[test]
fn what_is_no_line_is_answered_here() {
    let stand = Stand::new();
    let mut socket = stand.websocket();
    for (frame, why) in [
        (Message::binary(vec![b'{', 0xff, b'}']), "UTF-8"),
        (Message::text("{\"a\n\":1}"), "no JSON"),
        (Message::text(" \n"), "no JSON"),
        (Message::text(""), "no JSON"),
    ] {
        socket.send(frame).unwrap();
        let told = frame_of(&mut socket);
        assert_eq!((&told["args"]["code"], &told["namespace"]), (&json!("400"), &json!("error")));
        assert!(told["args"]["error"].as_str().unwrap().contains(why), "{told}");
    }
    assert!(stand.root.lock().unwrap().lines.is_empty());
    // JSON that is wrong is for the root part to say.
    assert_eq!(exchange(&mut socket, "{")["args"]["code"], "400");
    assert_eq!(stand.root.lock().unwrap().lines, ["{"]);
}

#[test]
fn no_more_than_so_many_are_in_flight() {
    let stand = Stand::limited(|limits| limits.in_flight = 2);
    let mut socket = stand.websocket();
    // Not answered, and so not in flight.
    for _ in 0..5 {
        socket.send(Message::text(r#"{"namespace":"rpc","name":"auth_clear","id":"c","args":""}"#)).unwrap();
    }
    for id in ["1", "2"] {
        socket.send(Message::text(format!(r#"{{"name":"held","id":"{id}"}}"#))).unwrap();
    }
    for _ in 0..3 {
        let told = exchange(&mut socket, r#"{"name":"echo","id":"3"}"#);
        assert_eq!(
            (&told["id"], &told["args"]["code"], &told["args"]["retry_after"]),
            (&json!("3"), &json!("429"), &json!(1))
        );
    }
    stand.root.lock().unwrap().is_let_go = true;
    assert_eq!(
        (&frame_of(&mut socket)["name"], &frame_of(&mut socket)["name"]),
        (&json!("response"), &json!("response"))
    );
    assert_eq!(exchange(&mut socket, r#"{"name":"echo","id":"4"}"#)["id"], "4");
}

#[test]
fn a_ping_is_answered() {
    let stand = Stand::new();
    let mut socket = stand.websocket();
    socket.send(Message::Ping("x".into())).unwrap();
    assert_eq!(socket.read().unwrap(), Message::Pong("x".into()));
}

/// Events are no answers.
#[test]
fn events_come_between() {
    let stand = Stand::limited(|limits| limits.in_flight = 1);
    let mut socket = stand.websocket();
    for _ in 0..3 {
        let first =
            exchange(&mut socket, r#"{"namespace":"events","name":"subscribe","id":"s","args":"iocage"}"#);
        assert_eq!(first["name"], "dispatcher");
        assert_eq!(frame_of(&mut socket)["id"], "s");
        assert_eq!(frame_of(&mut socket)["missed"], 3);
    }
}

#[test]
fn each_end_tells_the_other() {
    let stand = Stand::new();
    let mut socket = stand.websocket();
    socket.send(Message::text(r#"{"name":"close","id":"1"}"#)).unwrap();
    assert_eq!(closed(&mut socket), Some(1008), "one was in flight");
    let mut socket = stand.websocket();
    assert_eq!(exchange(&mut socket, r#"{"name":"echo","id":"1"}"#)["id"], "1");
    socket.send(Message::text(r#"{"name":"silent","id":"2"}"#)).unwrap();
    socket.close(None).unwrap();
    assert_eq!(closed(&mut socket), None);
    stand.until("the root part knows", || stand.root.lock().unwrap().ended == 2);
    // Without a word.
    let mut socket = stand.websocket();
    assert_eq!(exchange(&mut socket, r#"{"name":"echo","id":"1"}"#)["id"], "1");
    drop(socket);
    stand.until("the root part knows", || stand.root.lock().unwrap().ended == 3);
}

#[test]
fn a_long_frame_and_an_idle_one_are_closed() {
    let stand = Stand::limited(|limits| limits.frame_bytes = 1000);
    let mut socket = stand.websocket();
    socket.send(Message::text("x".repeat(1001))).unwrap();
    assert_eq!(closed(&mut socket), Some(1009));
    // Who is told hears it, although more of his is on its way.
    let mut socket = stand.websocket();
    socket.send(Message::text("x".repeat(4 << 20))).unwrap();
    assert_eq!(closed(&mut socket), Some(1009));
    // Time to send something, on a busy machine, too.
    let stand = Stand::limited(|limits| limits.idle_s = 4);
    let mut socket = stand.websocket();
    // What is in flight is not idle.
    assert_eq!(exchange(&mut socket, r#"{"name":"slow","id":"1","args":{"ms":6000}}"#)["id"], "1");
    assert_eq!(closed(&mut socket), Some(1000));
}

#[test]
fn a_frame_that_drips_is_closed() {
    use std::io::Write;
    let stand = Stand::limited(|limits| limits.transfer_s = 1);
    let mut socket = stand.websocket();
    // A masked text of 120 bytes, of which one comes every 150 ms: it is not waited for until the last.
    let mut bytes = vec![0x81, 0x80 | 120, 0, 0, 0, 0];
    bytes.extend([b'x'; 120]);
    let is_ended = bytes.into_iter().any(|byte| {
        let tls = socket.get_mut();
        let is_gone = tls.write_all(&[byte]).and_then(|()| tls.flush()).is_err();
        std::thread::sleep(std::time::Duration::from_millis(150));
        is_gone || stand.log.lock().unwrap().contains("took too long")
    });
    assert!(is_ended, "it came to its end");
    assert_eq!(closed(&mut socket), Some(1008));
}

#[test]
fn the_longest_frame_and_many_short_ones() {
    let stand = Stand::new();
    let mut socket = stand.websocket();
    let head = r#"{"name":"echo","id":"1","args":""#;
    let frame = format!("{head}{}\"}}", "x".repeat((1 << 20) - head.len() - 2));
    assert_eq!(frame.len(), 1 << 20);
    assert_eq!(
        exchange(&mut socket, &frame)["args"]["echo"].as_str().unwrap().len(),
        frame.len() - head.len() - 2
    );
    let told = exchange(&mut socket, r#"{"name":"big","id":"2","args":{"bytes":9000000}}"#);
    assert_eq!(told["args"]["big"].as_str().unwrap().len(), 9_000_000);
    for _ in 0..1000 {
        socket.send(Message::text("1")).unwrap();
        assert_eq!(frame_of(&mut socket)["id"], "");
    }
}

#[test]
fn pings_and_nonsense_are_no_login() {
    let stand = Stand::with(|start| start.login_s = 5);
    let begun = std::time::Instant::now();
    let mut socket = stand.websocket();
    socket.send(Message::text("")).unwrap();
    assert_eq!(frame_of(&mut socket)["args"]["code"], "400");
    socket.send(Message::Ping(Vec::new().into())).unwrap();
    assert_eq!(closed(&mut socket), Some(1000));
    assert!(begun.elapsed() < WAIT, "{:?}", begun.elapsed());
    // How long one was here is told with the first that is for the root part, which goes on from there.
    let begun = std::time::Instant::now();
    let mut socket = stand.websocket();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(exchange(&mut socket, r#"{"name":"echo","id":"1"}"#)["id"], "1");
    let waited = stand.root.lock().unwrap().hellos[0]["waited_s"].as_u64();
    assert!(waited.is_some_and(|waited| (1..=begun.elapsed().as_secs()).contains(&waited)), "{waited:?}");
    socket.send(Message::Ping(Vec::new().into())).unwrap();
    assert!(socket.read().unwrap().is_pong());
    std::thread::sleep(std::time::Duration::from_millis(4500));
    assert_eq!(exchange(&mut socket, r#"{"name":"echo","id":"2"}"#)["id"], "2");
}
