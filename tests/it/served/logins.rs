//! Logins: how they begin, last and end, and what somebody gets who guesses.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::stand::{Lines, Served, usual};

fn auth(client: &mut Lines, name: &str, password: &str) -> Value {
    client.ask("rpc/auth", json!({"username": name, "password": password}))
}

fn by_token(client: &mut Lines, token: &str) -> Value {
    client.ask("rpc/auth_token", json!({ "token": token }))
}

#[test]
fn a_session_is_good_on_other_connections_until_it_ends() {
    let served = Served::new(&usual(), &json!({"limits": {"session_s": 5}}));
    let mut first = served.as_front("192.0.2.1", "websocket");
    let told = auth(&mut first, "alice", "alice-secret");
    assert_eq!(told[1], 5, "seconds are told");
    let token = told[0].as_str().expect("a token").to_owned();
    assert!(token.len() >= 43, "256 bits");
    let mut second = served.as_front("192.0.2.2", "websocket");
    let told = by_token(&mut second, &token);
    assert_ne!(told[0], token.as_str(), "each has its own");
    assert_eq!(second.ask("rpc/whoami", json!({}))["name"], "alice");
    // By the token that owns the connection, too, where sysadm's servers answer 401.
    assert!(by_token(&mut first, &token).is_array());
    assert_eq!(first.status("rpc/whoami", json!({})), 200);
    // In use it lasts, without it ends.
    for _ in 0..6 {
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(second.status("rpc/query", json!("")), 200);
    }
    std::thread::sleep(Duration::from_millis(5500));
    assert_eq!(second.status("rpc/query", json!("")), 401);
    // Logging in again is possible, and logging out is not answered, as ever.
    second.log_in("bob");
    second.send(&json!({"namespace": "rpc", "name": "auth_clear", "id": "clear", "args": ""}));
    assert_eq!(second.status("rpc/query", json!("")), 401);
}

/// The client of Node that sysadm's server ships sends the login and the request without waiting between them.
#[test]
fn what_is_sent_behind_a_login_is_done_as_who_it_is_about() {
    let served = Served::new(&usual(), &json!({}));
    let mut client = served.as_front("192.0.2.1", "websocket");
    for (name, password, who) in
        [("alice", "alice-secret", "alice"), ("bob", "bob-secret", "bob"), ("alice", "wrong", "bob")]
    {
        let auth = client.begin("rpc/auth", json!({"username": name, "password": password}));
        let whoami = client.begin("rpc/whoami", json!({}));
        let answers = [client.read().expect("the login's"), client.read().expect("the request's")];
        assert_eq!([&answers[0]["id"], &answers[1]["id"]], [auth.as_str(), whoami.as_str()], "{answers:?}");
        assert_eq!(answers[1]["args"]["name"], who, "{answers:?}");
    }
}

/// What made sysadm's servers let strangers in: an empty token, the rights of another session, a refused login that answered `["",0]`.
#[test]
fn an_empty_or_strange_token_is_nobody() {
    let served = Served::new(&usual(), &json!({}));
    let _alice = served.of("alice");
    let mut stranger = served.as_front("192.0.2.9", "websocket");
    for args in
        [json!({"token": ""}), json!({"token": "x"}), json!({"token": "sat__"}), json!({"token": "\u{0}"})]
    {
        let line = stranger.ask_line("rpc/auth_token", args.clone());
        assert_eq!((&line["name"], &line["args"]["code"]), (&json!("error"), &json!("401")), "{args}");
    }
    for args in [json!({}), json!(""), json!({"token": null}), json!(["a"]), json!({"token": ["x"]})] {
        assert_eq!(stranger.ask("rpc/auth_token", args.clone())["code"], "400", "{args}");
    }
    for (name, password) in
        [("alice", ""), ("", ""), ("root", ""), ("nobody", "x"), ("ALICE", "alice-secret")]
    {
        let mut stranger =
            served.as_front(&format!("198.51.100.{}", name.len() + password.len()), "websocket");
        assert_eq!(auth(&mut stranger, name, password)["code"], "401", "{name} {password}");
    }
    assert_eq!(stranger.status("rpc/whoami", json!({})), 401);
}

#[test]
fn who_guesses_is_slowed_and_others_are_not() {
    let served = Served::new(&usual(), &json!({}));
    let mut bad = served.as_front("203.0.113.5", "websocket");
    let codes: Vec<Value> =
        (0..8).map(|n| auth(&mut bad, "alice", &format!("guess-{n}"))["code"].clone()).collect();
    assert_eq!(codes[..5], vec![json!("401"); 5]);
    assert_eq!(codes[7], "429", "{codes:?}");
    // With each the time grows, until it is as long as what follows here may take.
    served.until_it("makes him wait", || {
        let told = auth(&mut bad, "alice", "another guess");
        told["retry_after"].as_u64().is_some_and(|seconds| seconds >= 7)
    });
    let told = auth(&mut bad, "alice", "alice-secret");
    assert_eq!(told["code"], "429", "the right one is not looked at either");
    assert!(told["retry_after"].as_u64().is_some_and(|seconds| seconds >= 1), "{told}");
    // It costs no time of a processor, and a token is not looked at either.
    let begun = Instant::now();
    for _ in 0..100 {
        assert_eq!(bad.status("rpc/identify", json!("")), 200);
    }
    let usual = begun.elapsed();
    let begun = Instant::now();
    for _ in 0..100 {
        auth(&mut bad, "alice", "x");
    }
    assert!(begun.elapsed() < usual * 3 + Duration::from_millis(1500), "{:?}, {usual:?}", begun.elapsed());
    assert_eq!(by_token(&mut bad, "x")["code"], "429");
    let mut good = served.as_front("203.0.113.6", "websocket");
    good.log_in("alice");
    let log = served.log();
    assert!(log.contains("a password of \"alice\" was wrong, from 203.0.113.5"), "{log}");
    assert!(log.contains("(5 from there; logins from there have to wait now"), "{log}");
    assert!(!log.contains("guess-") && !log.contains("alice-secret"), "no password is in the log");
}

/// A name that is none may be a password, and whatever it is, it is no line of the log.
#[test]
fn nothing_of_a_login_gets_into_the_log() {
    let served = Served::new(&usual(), &json!({}));
    let mut client = served.as_front("203.0.113.7", "websocket");
    auth(&mut client, "hunter2-typed-into-the-wrong-field", "x");
    auth(&mut client, "x\nerror sysadmd [0]: forged\u{1b}[2J", "hunter3");
    client.send_text("{\"namespace\":\"rpc\",\"name\":\"auth\",\"args\":{\"username\":\"alice\",\"password\":\"hunter4\"},");
    assert_eq!(client.read().expect("an answer")["args"]["code"], "400");
    let token = client.log_in("alice");
    by_token(&mut client, &token);
    served.until_it("tells", || served.log().matches("of no account was wrong").count() == 2);
    let log = served.log();
    for secret in ["hunter", "forged", "alice-secret", token.as_str(), "\u{1b}"] {
        assert!(!log.contains(secret), "{secret:?} in {log}");
    }
}

/// The file is asked as it is now.
#[test]
fn a_login_ends_with_its_account_its_password_or_its_token() {
    let served = Served::new(&usual(), &json!({}));
    let ctl = |words: &[&str], input: &str| {
        let file = served.accounts().to_string_lossy().into_owned();
        let (out, err, status) = served.ctl(&[words, &["--accounts", &file]].concat(), input);
        assert_eq!(status, Some(0), "{words:?}: {out}{err}");
        out
    };
    let ends = |mut client: Lines, what: &str| {
        served.until_it(what, || true);
        let until = Instant::now() + Duration::from_secs(30);
        while client.status("rpc/whoami", json!({})) != 401 {
            assert!(Instant::now() < until, "{what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let bob = served.of("bob");
    ctl(&["user", "passwd", "bob", "--password-stdin"], "another-secret\n");
    ends(bob, "another password");
    let out = ctl(&["token", "add", "bob", "--note", "a script"], "");
    let token =
        out.split_whitespace().find(|word| word.starts_with("sat_")).expect("the token, once").to_owned();
    let mut bob = served.as_front("192.0.2.3", "websocket");
    assert!(by_token(&mut bob, &token).is_array());
    assert_eq!(bob.ask("rpc/whoami", json!({}))["access"], "limited");
    ctl(&["user", "role", "bob", "full"], "");
    served.until_it("sees the role", || true);
    let until = Instant::now() + Duration::from_secs(30);
    while bob.ask("rpc/whoami", json!({}))["access"] != "full" {
        assert!(Instant::now() < until, "the role is another one");
        std::thread::sleep(Duration::from_millis(100));
    }
    let id = token.split('_').nth(1).expect("its id").to_owned();
    ctl(&["token", "revoke", &id], "");
    ends(bob, "a revoked token");
    let alice = served.of("alice");
    ctl(&["user", "remove", "alice"], "");
    ends(alice, "an account that is gone");
    // A file that others can read is no file of accounts: nobody can do anything until it is one again.
    let mut before = served.of("carol");
    let mode = |mode| std::fs::set_permissions(served.accounts(), std::fs::Permissions::from_mode(mode));
    mode(0o640).expect("changed");
    let until = Instant::now() + Duration::from_secs(30);
    while before.status("rpc/whoami", json!({})) != 503 {
        assert!(Instant::now() < until, "a file that others can read");
        std::thread::sleep(Duration::from_millis(100));
    }
    // That is nobody's failure: it is said, not counted, and over when it is mended.
    let mut carol = served.as_front("192.0.2.77", "websocket");
    for _ in 0..20 {
        assert_eq!(auth(&mut carol, "carol", "carol-secret")["code"], "503");
    }
    mode(0o600).expect("changed");
    carol.log_in("carol");
    assert_eq!(before.status("rpc/whoami", json!({})), 200, "and goes on");
    mode(0o640).expect("changed");
    assert!(served.log().contains("nobody can log in"), "{}", served.log());
    assert_eq!(served.here().ask("rpc/whoami", json!({}))["access"], "full", "root is root all the same");
}
