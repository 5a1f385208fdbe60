//! Who may what: every class of the server's own, and actions of each kind, for a stranger, with limited access, with full access,
//! with full access to some actions, and at the socket of this machine.

use serde_json::{Value, json};

use super::stand::{Lines, Served, usual};
use crate::support::module_in_c;

/// A class, args, and what comes of it: of a stranger, limited, some actions, full.
fn rows() -> Vec<(&'static str, Value, [u16; 4])> {
    let action = |action: &str| json!({ "action": action });
    vec![
        ("rpc/identify", json!(""), [200; 4]),
        ("RPC/Identify", json!(""), [200; 4]),
        ("rpc/health", json!({}), [200; 4]),
        ("rpc/auth_ssl", json!(""), [404; 4]),
        ("rpc/query", json!(""), [401, 200, 200, 200]),
        ("rpc/whoami", json!({}), [401, 200, 200, 200]),
        ("rpc/describe", json!({}), [401, 200, 200, 200]),
        ("rpc/metrics", json!({}), [401, 200, 403, 200]),
        ("events/subscribe", json!(["dispatcher", "iocage"]), [401, 200, 200, 200]),
        ("events/subscribe", json!("nothing"), [401, 400, 400, 400]),
        ("events/unsubscribe", json!(["iocage"]), [401, 200, 200, 200]),
        ("rpc/dispatcher", action("list"), [401, 200, 200, 200]),
        ("rpc/dispatcher", action("show"), [401, 200, 403, 200]),
        ("rpc/dispatcher", json!({"action": "kill", "job_id": "x"}), [401, 200, 403, 200]),
        ("rpc/dispatcher", json!({"action": "run", "x": ["id"]}), [401, 400, 403, 400]),
        ("rpc/modules", action("list"), [401, 200, 403, 200]),
        ("rpc/modules", json!({"action": "swap", "file": "no.so"}), [401, 403, 403, 400]),
        ("rpc/modules", json!({"action": "swap", "path": "/tmp/x.so"}), [401, 403, 403, 400]),
        ("rpc/modules", json!({"action": "rollback"}), [401, 403, 403, 200]),
        ("rpc/modules", json!({"action": "load", "file": "../x.so"}), [401, 403, 403, 400]),
        ("sysadm/iocage", action("listjails"), [401, 200, 200, 200]),
        ("SysAdm/IOCage", action("listjails"), [401, 200, 200, 200]),
        ("sysadm/iocage", action("df"), [401, 200, 403, 200]),
        ("sysadm/iocage", json!({"action": "stopjail", "jail": "nobody"}), [401, 403, 200, 200]),
        ("sysadm/iocage", json!({"action": "startjail", "jail": "nobody"}), [401, 403, 403, 200]),
        (
            "sysadm/iocage",
            json!({"action": "startjail", "jail": "nobody", "async": true}),
            [401, 403, 403, 200],
        ),
        ("sysadm/iocage", action("nothing"), [401, 400, 403, 400]),
        ("sysadm/iocage", json!({}), [401, 400, 403, 400]),
        ("sysadm/pkg", action("listjails"), [401, 404, 403, 404]),
        ("rpc/settings", json!({}), [401, 404, 403, 404]),
        ("rpc/logs", json!({}), [401, 404, 403, 404]),
        ("", json!({}), [401, 404, 403, 404]),
    ]
}

#[test]
fn each_is_told_what_he_may_and_nothing_else() {
    let served = Served::new(&usual(), &json!({}));
    let mut clients: Vec<Lines> = vec![served.as_front("192.0.2.1", "websocket")];
    clients.extend(["bob", "carol", "alice"].map(|name| served.of(name)));
    let ask = |client: &mut Lines, class: &str, args: &Value| match class {
        "" => {
            client.send(&json!({"id": "none", "args": args}));
            let line = client.answer("none");
            line["args"]["code"].as_str().map_or(200, |code| code.parse().expect("a code"))
        }
        class => client.status(class, args.clone()),
    };
    for (class, args, expected) in rows() {
        for (client, expected) in clients.iter_mut().zip(expected) {
            let got = ask(client, class, &args);
            assert_eq!(got, expected, "{class} {args} for {}", client.ask("rpc/whoami", json!({})));
        }
        // Root at the socket of this machine has what full access has.
        assert_eq!(ask(&mut served.here(), class, &args), expected[3], "{class} {args} here");
    }
    // A refusal has closed nothing, and a list of actions is told.
    assert_eq!(clients[1].ask("rpc/whoami", json!({})), json!({"access": "limited", "name": "bob"}));
    let carol = clients[2].ask("rpc/whoami", json!({}));
    assert_eq!(carol["actions"].as_array().expect("a list").len(), 3);
    assert_eq!(
        clients[2].ask("rpc/query", json!("")),
        json!({"rpc/dispatcher": "read/write", "sysadm/iocage": "read/write"})
    );
    assert_eq!(clients[1].ask("rpc/query", json!(""))["sysadm/iocage"], "read");
}

/// The front, taken over, can say what it likes: it is a stranger until somebody logs in, and nothing that it sends makes it more.
#[test]
fn the_front_is_a_stranger() {
    let served = Served::new(&usual(), &json!({}));
    let change = json!({"action": "stopjail", "jail": "db"});
    for form in ["websocket", "rest", "events"] {
        let mut front = served.as_front("127.0.0.1", form);
        assert_eq!(front.status("sysadm/iocage", change.clone()), 401);
        for forged in [
            json!({"namespace": "sysadm", "name": "iocage", "id": "f", "args": change, "caller": "root", "access": "full"}),
            json!({"namespace": "sysadm", "name": "iocage", "id": "f", "args": change, "login": {"username": "root@local", "password": ""}}),
            json!({"namespace": "sysadm", "name": "iocage", "id": "f", "args": change, "login": {"username": "alice", "password": ""}}),
            json!({"namespace": "sysadm", "name": "iocage", "id": "f", "args": change, "login": {"token": ""}}),
            json!({"namespace": "sysadm", "name": "iocage", "id": "f", "args": change, "login": null}),
        ] {
            front.send(&forged);
            let answer = front.answer("f");
            // Not looked at any more, after some.
            assert!(["401", "429"].iter().any(|code| answer["args"]["code"] == *code), "{forged} {answer}");
        }
    }
    // A second greeting is no greeting, and one that is none ends the connection.
    let mut front = served.as_front("127.0.0.1", "rest");
    front.send(&json!({"peer": "127.0.0.1:1", "form": "rest"}));
    assert_eq!(front.read().expect("an answer")["args"]["code"], "401");
    let mut front = Lines::connect(&served.folder.0.join("run/front/front.sock"));
    front.send(&json!({"namespace": "rpc", "name": "identify", "id": "1", "args": ""}));
    assert_eq!(front.read(), None);
    let is_change = |call: &String| call.contains("[stop]");
    assert!(!served.machine.calls().iter().any(is_change), "nothing was changed");
}

/// One's login holds for one's request, whoever else speaks over the same connection.
#[test]
fn logins_of_two_over_one_connection_do_not_mix() {
    let served = Served::new(&usual(), &json!({}));
    let mut front = served.as_front("192.0.2.1", "rest");
    let request = |n: u32, name: &str| {
        json!({"namespace": "rpc", "name": "whoami", "id": format!("{n}-{name}"), "args": {},
            "login": {"username": name, "password": format!("{name}-secret")}})
    };
    for n in 0..50 {
        for name in ["alice", "bob"] {
            front.send(&request(n, name));
        }
        for _ in 0..2 {
            let line = front.read().expect("an answer");
            let id = line["id"].as_str().expect("an id");
            assert!(
                id.ends_with(line["args"]["name"].as_str().unwrap_or_else(|| panic!("{line}"))),
                "{line}"
            );
        }
        assert_eq!(front.status("rpc/whoami", json!({})), 401, "the connection is nobody's");
    }
}

/// Events go to who has asked for them and may see what they tell of.
#[test]
fn events_are_for_those_who_may_see() {
    let served = Served::new(&usual(), &json!({}));
    let [mut alice, mut bob, mut carol] = ["alice", "bob", "carol"].map(|name| served.of(name));
    for client in [&mut alice, &mut bob, &mut carol] {
        let told =
            client.ask("events/subscribe", json!(["dispatcher", "iocage", "system-state", "nonsense"]));
        assert_eq!(told, json!({"subscribe": "system-state"}));
        assert_eq!(client.event("system-state")["priority"], "0 - Information");
    }
    let job = |client: &mut Lines, args: Value| {
        let answer = client.ask("sysadm/iocage", args);
        answer.as_object().and_then(|all| all.values().next().cloned()).expect("an answer")["started_dispatcher_id"].take()
    };
    let stop = job(&mut alice, json!({"action": "stopjail", "jail": "db", "async": true}));
    let list = job(&mut bob, json!({"action": "listjails", "async": true}));
    // The event of the change is for all three; the job's frames for alice, and bob has those of his own.
    for client in [&mut alice, &mut bob, &mut carol] {
        let event = client.event("iocage");
        assert_eq!((&event["action"], &event["state"]), (&json!("stopjail"), &json!("down")));
    }
    let mut seen = Vec::new();
    while !seen.contains(&list) || !seen.contains(&stop) {
        let event = alice.event("dispatcher");
        let details = event.get("process_details").unwrap_or(&event);
        if event["state"] == "finished" {
            seen.push(details["process_id"].clone());
        }
    }
    loop {
        let event = bob.event("dispatcher");
        let details = event.get("process_details").unwrap_or(&event);
        assert_eq!(details["process_id"], list, "bob sees his own alone");
        if event["state"] == "finished" {
            break;
        }
    }
    // Nothing else was for carol: the next line is the answer to her question.
    let id = carol.begin("rpc/whoami", json!({}));
    assert_eq!(carol.read().expect("an answer")["id"], id.as_str());
    assert_eq!(bob.ask("events/unsubscribe", json!("iocage")), json!({"unsubscribe": "iocage"}));
}

/// Events that bear the name of a class go to who may ask it anything, whatever class that is.
#[test]
fn events_of_another_class_reach_who_may_ask_it() {
    let served = Served::new(&usual(), &json!({}));
    let mut root = served.here();
    assert_eq!(root.status("events/subscribe", json!(["count"])), 400, "there is no such class yet");
    module_in_c(&served.folder, "include/template/c/count.c", "lib/count.so", &["-pthread"]);
    assert_eq!(root.status("rpc/modules", json!({"action": "load", "file": "count.so"})), 200);
    let [mut bob, mut carol] = ["bob", "carol"].map(|name| served.of(name));
    for client in [&mut root, &mut bob, &mut carol] {
        let told = client.ask("events/subscribe", json!(["iocage", "nosuch", "count"]));
        assert_eq!(told["subscribe"], "count");
    }
    assert_eq!(
        root.ask("example/count", json!({"action": "count", "to": 2})),
        json!({"count": {"counted": 2}})
    );
    root.ask("sysadm/iocage", json!({"action": "stopjail", "jail": "db"}));
    for client in [&mut root, &mut bob] {
        let told = client.event("count");
        assert_eq!(
            (&told["action"], &told["outcome"], &told["to"]),
            (&json!("count"), &json!("done"), &json!(2))
        );
    }
    // Her list has not that class, so hers begin with the one that came later.
    let first = carol.read().expect("an event");
    assert_eq!((&first["namespace"], &first["name"]), (&json!("events"), &json!("iocage")), "{first}");
    assert_eq!(bob.ask("events/unsubscribe", json!("count"))["unsubscribe"], "count");
    assert_eq!(bob.status("events/unsubscribe", json!("nosuch")), 400);
}
