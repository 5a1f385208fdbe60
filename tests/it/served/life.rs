//! From start to end: what is read again, how it ends, what becomes of its front.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::stand::{Served, program, run, usual};
use crate::support::{Folder, Machine, artifacts, module_in_c, without_tools};

#[test]
fn a_configuration_that_is_none_is_named() {
    let folder = Folder::new();
    let check = |text: &str| {
        let file = folder.0.join("config.json");
        std::fs::write(&file, text).expect("written");
        let mut command = Command::new(program("sysadmd"));
        command.arg("--check").arg("--config").arg(&file);
        run(command, "")
    };
    let (_, err, status) = check(r#"{"sokcet":{}}"#);
    assert!(
        status == Some(1) && err.contains("unknown field `sokcet`") && err.contains("config.json"),
        "{err}"
    );
    // What it names is looked at, too: what would keep it from starting is a fault, and all else a hint.
    let at = |name: &str| folder.0.join(name).to_string_lossy().into_owned();
    std::fs::create_dir(at("lib")).expect("a folder");
    std::fs::write(at("accounts"), "{}").expect("written");
    let mut config = json!({"full_group": "", "limited_group": "", "modules": {"folders": [at("lib")]}, "accounts": at("accounts")});
    let (out, err, status) = check(&config.to_string());
    assert!(status == Some(0) && out.contains("is in order"), "{out}{err}");
    assert!(
        err.contains("hint: nobody could log in")
            && err.contains("hint: `modules.folders`: there is no module"),
        "{err}"
    );
    let whole = config.clone();
    config["modules"]["folders"] = json!(["/nonexistent"]);
    config["tls"] = json!({"user": "root", "key": at("lib"), "certificate": at("accounts")});
    let (out, err, status) = check(&config.to_string());
    assert!(status == Some(1) && out.is_empty(), "{out}{err}");
    for fault in ["fault: `modules.folders`: /nonexistent", "fault: cannot read"] {
        assert!(err.contains(fault), "{fault}: {err}");
    }
    // What a class is configured with is given to it: a slip would lift what was to be denied.
    std::fs::copy(&artifacts().module, at("lib") + "/sysadm_iocage.so").expect("copied");
    config = whole;
    let run_at = at("run");
    config["run"] = run_at.as_str().into();
    config["socket"] = json!({"path": at("sock")});
    let slip = json!({"sysadm/iocge": {"deny_actions": ["execjail"]}});
    config["modules"] = json!({"folders": [at("lib")], "prober": artifacts().check, "classes": slip});
    let (out, err, status) = check(&config.to_string());
    assert!(status == Some(1) && out.is_empty(), "{out}{err}");
    let fault = "no module is of the class \"sysadm/iocge\"";
    assert!(err.contains("fault: ") && err.contains(fault), "{err}");
    assert!(!std::path::Path::new(&run_at).exists(), "it leaves nothing");
    config["modules"]["classes"] = json!({"sysadm/iocage": {"iocge": "/x"}});
    let (out, err, status) = check(&config.to_string());
    assert!(status == Some(0) && err.contains("hint: passed over: ") && err.contains("iocge"), "{out}{err}");
    config["modules"]["classes"] =
        json!({"sysadm/iocage": without_tools(json!({"iocage": "/nonexistent/iocage"}))});
    let (out, err, status) = check(&config.to_string());
    assert!(status == Some(0) && err.contains("hint: sysadm/iocage is not well"), "{out}{err}");
    // A class that is well may have something to remark.
    let machine = Machine::new(&json!({"version": "1.13", "pools": [{"name": "tank", "active": true}]}));
    let class = machine.config_with(&json!({"mount_sources": ["/nonexistent"]}));
    let class: Value = serde_json::from_str(&class).expect("JSON");
    config["modules"]["classes"] = json!({"sysadm/iocage": class});
    let (out, err, status) = check(&config.to_string());
    let hint = "hint: sysadm/iocage: `mount_sources` holds /nonexistent";
    assert!(status == Some(0) && err.contains(hint), "{out}{err}");
    config["modules"]["classes"] = json!({"sysadm/iocge": {"deny_actions": ["execjail"]}});
    std::fs::write(folder.0.join("config.json"), config.to_string()).expect("written");
    let mut command = Command::new(program("sysadmd"));
    command.arg("--config").arg(folder.0.join("config.json"));
    let (_, err, status) = run(command, "");
    assert!(status == Some(1) && err.contains("no module is of the class"), "{err}");
    // Nor where something else is amiss.
    std::fs::write(at("lib") + "/junk.so", "junk").expect("written");
    let mut command = Command::new(program("sysadmd"));
    command.arg("--config").arg(folder.0.join("config.json"));
    let (_, err, status) = run(command, "");
    assert!(status == Some(1) && err.contains("no module is of the class"), "{err}");
    let mut command = Command::new(program("sysadmd"));
    command.args(["--config", "/nonexistent/sysadmd.json"]);
    let (_, err, status) = run(command, "");
    assert!(status == Some(1) && err.contains("/nonexistent/sysadmd.json"), "{err}");
}

/// The start cannot know it where a module could not be used; what is denied is not to be lifted by loading it later.
#[test]
fn a_class_that_may_be_configured_by_a_slip_is_not_loaded_later() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("junk.so"), "junk").expect("written");
    let classes = json!({"sysadm/iocage": null, "sysadm/iocge": {"deny_actions": ["execjail"]}});
    let more = json!({"tls": null, "modules": {"folders": [folder.0], "classes": classes}});
    let served = Served::new(&usual(), &more);
    std::fs::copy(&artifacts().module, folder.0.join("sysadm_iocage.so")).expect("copied");
    let (out, err, status) = served.ctl(&["modules", "load", "sysadm_iocage.so"], "");
    assert!(
        status != Some(0) && err.contains("\"sysadm/iocge\" is for a class of which no module has been here"),
        "{out}{err}"
    );
    assert_eq!(served.here().status("sysadm/iocage", json!({"action": "listjails"})), 404);
}

/// One whose configuration was refused was here, however many others were since: it is no slip that others are loaded beside it.
#[test]
fn a_class_that_was_refused_its_configuration_was_here() {
    let folder = Folder::new();
    let at = |name: &str| folder.0.join(name);
    std::fs::copy(&artifacts().module, at("sysadm_iocage.so")).expect("copied");
    let more = json!({"tls": null, "modules": {
        "folders": [folder.0], "prober": artifacts().check, "classes": {"sysadm/iocage": {"iocge": "/x"}},
    }});
    let served = Served::new(&usual(), &more);
    module_in_c(&folder, "include/template/c/echo.c", "echo.so", &[]);
    // A library, and no class.
    std::fs::write(at("none.c"), "int none;\n").expect("written");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([at("none.so"), at("none.c")]).status();
    assert!(built.expect("a compiler").success());
    for _ in 0..17 {
        let (out, err, status) = served.ctl(&["modules", "load", "none.so"], "");
        assert!(status != Some(0) && err.contains("none.so"), "{out}{err}");
    }
    let (out, err, status) = served.ctl(&["modules", "load", "echo.so"], "");
    assert_eq!(status, Some(0), "{out}{err}{}", served.log());
}

#[test]
fn what_can_change_while_it_serves_does() {
    let served = Served::new(&usual(), &json!({"limits": {"session_s": 900}}));
    let mut alice = served.of("alice");
    served.configure(&json!({"limits": {"session_s": 60, "reads": 3}, "log": "info"}));
    served.signal("HUP");
    served.until_it("has reloaded", || served.log().contains("info sysadmd [0]: reloaded"));
    assert!(
        served.log().contains("`limits` of work have changed; that takes effect at the next start"),
        "{}",
        served.log()
    );
    assert_eq!(alice.status("rpc/whoami", json!({})), 200, "the connection goes on");
    let told = alice.ask("rpc/auth", json!({"username": "bob", "password": "bob-secret"}));
    assert_eq!(told[1], 60);
    // Back to what it was started with there is nothing that would take effect later.
    let lines = || served.log().matches("takes effect at the next start").count();
    let before = lines();
    served.configure(&json!({"limits": {"reads": 16}}));
    served.signal("HUP");
    served.until_it("has reloaded", || served.log().matches("sysadmd [0]: reloaded").count() == 2);
    assert_eq!(lines(), before);
    // What cannot be used leaves all as it was.
    std::fs::write(served.folder.0.join("config.json"), "{").expect("written");
    served.signal("HUP");
    served.until_it("says so", || served.log().contains("not reloaded"));
    assert_eq!(alice.status("rpc/whoami", json!({})), 200);
}

#[test]
fn a_new_certificate_is_taken_without_dropping_a_connection() {
    let served = Served::new(&usual(), &json!({}));
    let fingerprint = || {
        let shell = format!(
            "echo | openssl s_client -connect {} 2>/dev/null | openssl x509 -noout -fingerprint -sha256",
            served.address()
        );
        let mut command = Command::new("sh");
        command.args(["-c", &shell]);
        run(command, "").0
    };
    let before = fingerprint();
    assert!(before.contains("Fingerprint="), "{before}");
    let mut alice = served.of("alice");
    let (cert, key) = (served.folder.0.join("cert.pem"), served.folder.0.join("key.pem"));
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=new",
    ]);
    openssl.arg("-keyout").arg(&key).arg("-out").arg(&cert);
    let (_, err, status) = run(openssl, "");
    assert_eq!(status, Some(0), "{err}");
    served.signal("HUP");
    served.until_it("has reloaded", || served.log().contains("sysadmd [0]: reloaded"));
    served.until_it("shows another certificate", || fingerprint() != before);
    assert_eq!(alice.status("rpc/whoami", json!({})), 200);
    let after = fingerprint();
    std::fs::write(&key, "no key").expect("written");
    served.signal("HUP");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(fingerprint(), after, "one that is none leaves the old one");
    // A key that others can read is told, and not taken.
    let status = Command::new("chmod").arg("644").arg(&key).status();
    assert!(status.expect("chmod runs").success());
    served.signal("HUP");
    served.until_it("says so", || served.log().contains("others can read it"));
}

#[test]
fn it_ends_when_what_is_in_flight_is_done() {
    let mut served = Served::new(&usual(), &json!({}));
    let hold = served.machine.hold("stop");
    let (mut here, mut alice) = (served.here(), served.of("alice"));
    let mine = here.begin("sysadm/iocage", json!({"action": "stopjail", "jail": "db"}));
    served.machine.wait_for_command("stop");
    served.signal("TERM");
    served.until_it("ends", || served.log().contains("ending; what is in flight has its time"));
    // Nothing new is begun, by those who are there, and nobody comes.
    served
        .until_it("refuses", || alice.ask("sysadm/iocage", json!({"action": "listjails"}))["code"] == "503");
    drop(hold);
    let answer = here.answer(&mine);
    assert!(answer["args"]["stopjail"]["db"].is_object(), "it has its answer: {answer}");
    let status = served.wait();
    assert!(status.success(), "{status} {}", served.log());
    assert!(served.log().contains("info sysadmd [0]: ended\n"), "{}", served.log());
    // Who is there and has asked for nothing holds nobody up.
    assert!(!served.log().contains("has not read his answers"), "{}", served.log());
    let mut left = Command::new("pgrep");
    left.args(["-f", &served.folder.0.join("run").to_string_lossy()]);
    assert_eq!(run(left, "").0, "", "nothing of it is left");
    for socket in [served.socket(), served.folder.0.join("run/front/front.sock")] {
        assert!(!socket.exists(), "{}", socket.display());
    }
}

/// A front that dies costs connections, and nothing else: another one is started, and the address goes on.
#[test]
fn a_front_that_dies_is_replaced() {
    let served = Served::new(&usual(), &json!({}));
    assert_eq!(served.curl(&[], "/healthz").0, 200);
    let mut here = served.here();
    let mut front = Command::new("pgrep");
    front.args(["-P", &served.pid().to_string(), "-f", "sysadmd front"]);
    let (pid, ..) = run(front, "");
    let status = Command::new("kill").args(["-KILL", pid.trim()]).status();
    assert!(status.expect("kill runs").success(), "{pid:?}");
    assert_eq!(here.status("rpc/query", json!("")), 200, "the root part goes on");
    // Whoever connects meanwhile waits for the new one.
    assert_eq!(served.curl(&["--retry", "5", "--retry-all-errors"], "/healthz").0, 200);
    assert!(served.log().contains("the front has ended"), "{}", served.log());
}

/// What was left by a server that was killed is no obstacle; one that serves is.
#[test]
fn a_socket_that_is_left_is_replaced_and_one_that_is_used_is_not() {
    let mut served = Served::new(&usual(), &json!({"tls": null}));
    let second = || {
        let mut command = Command::new(program("sysadmd"));
        command.arg("--config").arg(served.folder.0.join("config.json"));
        command
    };
    let (_, err, status) = run(second(), "");
    assert!(status == Some(1) && err.contains("a server listens at"), "{err}");
    assert_eq!(served.here().status("rpc/query", json!("")), 200, "the first one goes on");
    let again = second();
    served.signal("KILL");
    served.wait();
    let mut again = { again }.stderr(std::process::Stdio::null()).spawn().expect("it starts");
    served.until_it("serves again", || std::os::unix::net::UnixStream::connect(served.socket()).is_ok());
    let ended = Command::new("kill").arg(again.id().to_string()).status();
    assert!(ended.expect("kill runs").success());
    assert!(again.wait().expect("it ends").success());
}
