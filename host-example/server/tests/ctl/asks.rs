//! What is asked and answered at once.

use std::io::Write;

use serde_json::{Value, json};

use crate::stand::{Folder, Pen, Ran, Stand};

fn nothing(request: &Value, _: &Pen) {
    panic!("not to be asked: {request}");
}

/// One that answers each request with these args.
fn with(name: &str, args: Value) -> Stand {
    Stand::new(name, move |request, pen| pen.answer(request, &args))
}

#[test]
fn what_is_typed_is_what_is_sent() {
    let stand = with(
        "sent",
        json!({"getjailsettings": {"db": {"TAG": "db", "ip4_addr": "none"}, "x": {"TAG": "\u{1b}[2J", "ip4_addr": "1"}}}),
    );
    let words = ["run", "getjailsettings", "prop=ip4_addr", "switches=-r", "detail=true"];
    stand.run(&words).printed("NAME  TAG        IP4 ADDR\ndb    db         none\nx     \\u{1b}[2J  1\n");
    let args = json!({"action": "getjailsettings", "prop": "ip4_addr", "switches": "-r", "detail": true});
    assert_eq!(stand.asked(), [("sysadm/iocage".to_owned(), args)]);
    let ran = stand.run(&["run", "--json", "SYSADM/Iocage", "getjailsettings"]);
    assert_eq!(ran.status, Some(0));
    assert!(ran.out.starts_with(r#"{"getjailsettings":{"db":"#) && ran.out.ends_with("}\n"), "{ran:?}");
}

#[test]
fn what_there_is_not_is_told_before_anything_is_sent() {
    let stand = Stand::new("refused", nothing);
    for (words, part) in [
        (
            &["run", "exejail"][..],
            "there is no action \"exejail\"; execjail is close; `sysadmctl run` lists all",
        ),
        (
            &["run", "sysadm/pkg", "list"],
            "there is no class \"sysadm/pkg\"; there is sysadm/iocage, rpc/dispatcher",
        ),
        (&["run", "list"], "rpc/dispatcher and rpc/modules have an action list"),
        (&["run", "startjail"], "startjail needs jail=...: the UUID or the tag of the jail"),
        (
            &["run", "startjail", "jial=web"],
            "it takes jail (string, required), dryrun (boolean), detail (boolean)",
        ),
        (&["run", "startjail", "jail=web", "detail=yes"], "true or false"),
        (&["run", "execjail", "jail=a", "user=b"], "needs command=... or argv=..."),
        (&["raw", "iocage", "{}"], "NAMESPACE/NAME"),
        (&["raw", "sysadm/iocage", "{"], "no JSON"),
        (&["jobs", "stop"], "stop"),
    ] {
        stand.run(words).said(2, part);
    }
    assert_eq!(stand.asked(), []);
}

#[test]
fn the_actions_and_their_keys_are_told() {
    let stand = Stand::new("told", nothing);
    let ran = stand.run(&["run"]);
    assert!(
        ran.status == Some(0)
            && ran.out.contains("sysadm/iocage   startjail           full     start a jail\n"),
        "{ran:?}"
    );
    let ran = stand.run(&["run", "execjail", "--help"]);
    for part in [
        "execjail: run a command in a jail (full access)",
        "run sysadm/iocage execjail jail=... user=... command=... | argv=... [timeout_s=...]",
        "timeout_s  number            how long it may run",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    assert!(stand.run(&["run", "--help"]).out.contains("KEY=VALUE"));
}

#[test]
fn who_destroys_all_at_a_terminal_is_asked_first() {
    use std::io::Read;
    let stand = with("meant", json!({"cleanjails": {"success": "done"}}));
    let typed = |words: &[&str], keys: &str| {
        let pty = nix::pty::openpty(None, None).expect("a terminal");
        let (mut person, terminal) = (std::fs::File::from(pty.master), pty.slave);
        let mut command = crate::stand::ctl(&stand.socket(), words);
        command.stdin(terminal).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let child = command.spawn().expect("it runs");
        drop(command);
        if !keys.is_empty() {
            let mut shown = vec![0; "this destroys all jails: yes? ".len()];
            person.read_exact(&mut shown).expect("a question");
            assert_eq!(String::from_utf8_lossy(&shown), "this destroys all jails: yes? ");
            // What is typed before the terminal is told to take it so is thrown away.
            let is_ready = |person: &std::fs::File| {
                let flags = nix::sys::termios::tcgetattr(person).expect("its settings").local_flags;
                !flags.contains(nix::sys::termios::LocalFlags::ICANON)
            };
            while !is_ready(&person) {}
            person.write_all(keys.as_bytes()).expect("typed");
        }
        Ran::of(&crate::stand::ended(child))
    };
    typed(&["run", "cleanjails"], "no\r").said(1, "nothing was done");
    typed(&["run", "cleanjails"], "\u{3}").said(130, "nothing was done");
    assert_eq!(stand.asked(), []);
    typed(&["run", "cleanjails"], "yes\r").printed("success: done\n");
    typed(&["run", "cleanjails", "--yes"], "").printed("success: done\n");
    stand.run(&["run", "cleanjails"]).printed("success: done\n");
    assert_eq!(stand.asked().len(), 3);
}

#[test]
fn that_a_list_is_empty_is_said_beside_it() {
    let stand = Stand::new("empty", |request, pen| match request["name"].as_str() {
        Some("modules") => pen.answer(request, &json!({"list": {"generations": []}})),
        _ => pen.answer(request, &json!({"listjails": {}})),
    });
    stand.run(&["run", "listjails"]).said(0, "sysadmctl: none\n");
    stand.run(&["run", "listjails", "--json"]).printed("{\"listjails\":{}}\n");
    let ran = stand.run(&["modules"]);
    assert!(ran.out.starts_with("CLASS ") && ran.err == "sysadmctl: none\n", "{ran:?}");
}

#[test]
fn errors_are_told_by_number_and_sentence() {
    let class_error =
        json!({"startjail": {"code": "unknown-jail", "error": "jail \"x\" does not exist", "key": "jail"}});
    let stand = with("class-error", class_error.clone());
    let words = ["run", "stopjail", "jail=x"];
    // It is one of another action here, so none.
    assert_eq!(stand.run(&words).status, Some(0));
    let stand = Stand::new("error", move |request, pen| {
        let args = &request["args"];
        pen.answer(request, &json!({args["action"].as_str().expect("an action"): class_error["startjail"]}));
    });
    stand.run(&words).said(1, "sysadmctl: stopjail: jail \"x\" does not exist (unknown-jail, `jail`)\n");
    let ran = stand.run(&["run", "--json", "stopjail", "jail=x"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.out.contains("\"code\":\"unknown-jail\""), "a program reads it there: {ran:?}");
    for (code, message, error, status, part) in [
        (
            "403",
            "Forbidden",
            json!("stopjail needs full access"),
            4,
            "stopjail needs full access (403 Forbidden)",
        ),
        ("401", "Unauthorized", Value::Null, 4, "the server answers 401 Unauthorized"),
        (
            "429",
            "Too Many Requests",
            json!("slow down"),
            3,
            "slow down (429 Too Many Requests); try again in 7 s",
        ),
        (
            "503",
            "Service Unavailable",
            json!("ending"),
            3,
            "ending (503 Service Unavailable); try again in 7 s",
        ),
        ("404", "Not Found", json!("no class"), 1, "no class (404 Not Found)"),
        ("500", "Internal Server Error", json!("a\u{1b}[2Jb"), 1, "a\\u{1b}[2Jb (500"),
    ] {
        let mut args = json!({"code": code, "message": message, "error": error});
        if status == 3 {
            args["retry_after"] = 7.into();
        }
        let stand = Stand::new("code", move |request, pen| pen.error(request, &args));
        stand.run(&words).said(status, part);
    }
}

#[test]
fn where_no_server_is_it_is_said_what_to_do() {
    let folder = Folder::new("none");
    let run = |socket: &std::path::Path, words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sysadmctl"));
        let output = command.env("SYSADMD_SOCKET", socket).args(words).output().expect("it runs");
        Ran::of(&output)
    };
    run(&folder.0.join("sock"), &["whoami"]).said(3, "there is no server at");
    let path = folder.0.join("left");
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
    run(&path, &["whoami"]).said(3, "nobody listens at");
    let stand = Stand::new("closes", |_, pen| pen.close());
    stand.run(&["whoami"]).said(3, "has closed the connection");
    let stand = Stand::new("refuses", |_, pen| {
        pen.line(r#"{"args":{"code":"403","error":"user 7 has no rights here","message":"Forbidden"},"id":"","name":"error","namespace":"error"}"#);
    });
    stand.run(&["whoami"]).said(4, "user 7 has no rights here");
    let stand = Stand::new("other", |_, pen| pen.line("220 mail.example.org ESMTP"));
    stand.run(&["whoami"]).said(3, "no server of ours");
}

/// Root can try what others are told.
#[test]
fn who_may_not_connect_is_told_who_may() {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};
    if !nix::unistd::geteuid().is_root() {
        crate::skipped::tell("only root can be somebody else");
        return;
    }
    let stand = Stand::new("closed", nothing);
    std::fs::set_permissions(stand.socket(), std::fs::Permissions::from_mode(0o660)).expect("its mode");
    // Where this checkout lies others may not come.
    let program = stand.socket().with_file_name("sysadmctl");
    std::fs::copy(env!("CARGO_BIN_EXE_sysadmctl"), &program).expect("copied");
    let mut command = std::process::Command::new(program);
    let output = command.arg("--socket").arg(stand.socket()).arg("whoami").uid(12_345).gid(12_345).output();
    Ran::of(&output.expect("it runs")).said(4, "this user may not connect to");
}

#[test]
fn raw_is_as_it_is_in_both_directions() {
    let stand = with("raw", json!({"b": 1, "a": [1.50, "\u{1b}"]}));
    let ran = stand.run(&["raw", "a/b", "{\"z\": 1,\n \"z\": 2}"]);
    ran.printed("{\"a\":[1.5,\"\\u001b\"],\"b\":1}\n");
    assert_eq!(stand.asked().len(), 1);
    let stand = with("whoami", json!({"access": "limited", "actions": ["a/b/*"], "name": "alice"}));
    stand.run(&["whoami"]).printed("access: limited\nactions: a/b/*\nname: alice\n");
}

#[test]
fn modules_and_jobs_are_listed_and_changed() {
    let stand = Stand::new("modules", |request, pen| {
        let generation = json!({"answered": 3, "class": "sysadm/iocage", "generation": 1, "in_flight": 0, "path": "/m/a.so",
            "state": "failed", "version": "0.1.0", "why": "too\nbad"});
        let job = |number: u64| {
            json!({"state": "running", "percent": 45, "class": "sysadm/iocage", "action": "createjail",
            "caller": "alice", "request": number, "time_queued": "2026-11-25T21:06:33Z"})
        };
        let action = request["args"]["action"].as_str().unwrap_or_default();
        pen.answer(
            request,
            &match (request["name"].as_str().unwrap_or_default(), action) {
                ("modules", "list") => json!({"list": {"generations": [generation]}}),
                ("modules", "unload") => json!({"unload": {"generation": 2, "version": "0.2.0"}}),
                ("modules", action) => {
                    json!({action: {"generation": 2, "version": "0.2.0", "publish_us": 2.49,
                    "replaced": 1, "state": {"id": "a", "version": 1, "refused": "too\nold"}}})
                }
                ("dispatcher", "list") => json!({"jobs": {"no_queue": {"a-{2}": job(2), "b-{1}": job(1)}}}),
                ("dispatcher", "show") => {
                    json!({"show": {"job_id": request["args"]["job_id"], "output": "a\nb\n"}})
                }
                _ => json!({"kill": {"killed": 1}}),
            },
        );
    });
    stand.run(&["modules"]).printed(
        "CLASS          GENERATION  STATE   VERSION  IN FLIGHT  ANSWERED  PATH     WHY\n\
         sysadm/iocage  1           failed  0.1.0    0          3         /m/a.so  too\\nbad\n",
    );
    let told = "generation 2 serves (0.2.0), before it 1; the state of that it has not taken: too\\nold\n";
    stand.run(&["modules", "swap", "sysadm/iocage", "iocage.so"]).printed(told);
    stand.run(&["modules", "rollback", "sysadm/iocage"]).printed(told);
    let ran = stand.run(&["modules", "rollback", "sysadm/iocage", "--json"]);
    assert!(ran.out.contains("\"publish_us\":2.49"), "{ran:?}");
    stand.run(&["modules", "unload", "sysadm/iocage"]).printed("generation 2 (0.2.0) serves no more\n");
    let ran = stand.run(&["jobs"]);
    assert!(
        ran.out.lines().nth(1).is_some_and(|line| line.starts_with("b-{1}   running  -        45")),
        "in their order: {ran:?}"
    );
    stand.run(&["jobs", "show", "a-"]).printed("job_id: a-{2}\noutput:\n  a\n  b\n");
    stand.run(&["jobs", "show", "{"]).said(2, "several jobs have");
    stand.run(&["jobs", "show", "nothing"]).said(1, "there is no job");
    let asked = stand.asked();
    let args =
        |action: &str| asked.iter().find(|(_, args)| args["action"] == action).map(|(_, args)| args.clone());
    assert_eq!(args("swap"), Some(json!({"action": "swap", "class": "sysadm/iocage", "file": "iocage.so"})));
    assert_eq!(args("rollback"), Some(json!({"action": "rollback", "class": "sysadm/iocage"})));
}

#[test]
fn completion_asks_the_server_and_is_silent_without_one() {
    let stand = Stand::new("complete", nothing);
    stand.run(&["complete", "--", "start"]).printed("startjail\tstart a jail\n");
    stand.run(&["complete", "--", "startjail", ""]).printed(
        "jail=\tthe UUID or the tag of the jail\n\
         dryrun=\tchange nothing: answer what would be run, on what, or why it would be refused\n\
         detail=\talso answer what iocage printed, as it was\n",
    );
    stand
        .run(&[
            "complete",
            "--",
            "--socket",
            "x",
            "sysadm/iocage",
            "startjail",
            "jail=web",
            "--json",
            "detail=t",
        ])
        .printed("detail=true\talso answer what iocage printed, as it was\n");
    stand.run(&["complete", "--", "rpc/d"]).printed("rpc/dispatcher\ta class\n");
    for shell in ["bash", "zsh", "fish"] {
        let ran = stand.run(&["completion", shell]);
        assert!(ran.status == Some(0) && ran.out.contains("rollback"), "{shell}");
        assert_eq!(ran.out.contains(" complete -- "), shell != "bash", "{shell} asks");
        is_understood(shell, &ran.out);
    }
    assert!(stand.run(&["completion", "sh"]).out.starts_with("# sh of FreeBSD"));
    let folder = Folder::new("complete-none");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sysadmctl"))
        .env("SYSADMD_SOCKET", folder.0.join("sock"))
        .args(["complete", "--", "start"])
        .output()
        .expect("it runs");
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}

/// Does the shell itself take its script?
fn is_understood(shell: &str, script: &str) {
    let folder = Folder::new("script");
    let file = folder.0.join(shell);
    std::fs::write(&file, script).expect("written");
    match std::process::Command::new(shell).arg("-n").arg(&file).output() {
        Ok(output) => assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}"),
        Err(why) => crate::skipped::tell(&format!("{shell}: {why}")),
    }
}
