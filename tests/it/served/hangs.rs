//! The end of a server whose programs hang and do not listen to SIGTERM: whatever they were started for, none outlives it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::stand::{Served, WAIT, program, run, usual};
use crate::support::process::{processes, started_with};
use crate::support::{Folder, artifacts, root, without_tools, write_program};

/// Notes its process, and stays.
const HANGS: &str = "#!/bin/sh\ntrap '' TERM INT HUP\necho $$ >> NOTED\nwhile :; do sleep 1; done\n";

/// A server whose iocage hangs, whatever it is asked.
fn hanging(drain_s: u64) -> (Served, Folder) {
    let folder = Folder::new();
    let stub = folder.0.join("hangs");
    write_program(&stub, &HANGS.replace("NOTED", &folder.0.join("noted").to_string_lossy()));
    let more = json!({
        "tls": null, "limits": {"drain_s": drain_s},
        "modules": {"classes": {"sysadm/iocage": without_tools(json!({"iocage": stub, "grace_s": 1}))}},
    });
    (Served::new(&usual(), &more), folder)
}

/// Of a program whose command line has this word: the loaders of Linux and of FreeBSD tell each constructor the
/// words of `main`.
const IS_MEANT: &str = "#include <dlfcn.h>\n#include <fcntl.h>\n#include <string.h>\n#include <unistd.h>\n\
    #include \"sysadm_class.h\"\n\
    static int is_meant;\n\
    __attribute__((constructor)) static void begin(int argc, char **argv) {\n\
    for (int at = 0; at < argc; at++) if (strstr(argv[at], WORD)) is_meant = 1;\n\
    if (HANGS_AT_ONCE && is_meant) for (;;) pause();\n}\n";

/// It never comes back from being loaded, and has nothing of its own beside that.
const LOADING: &str = "";

/// It never comes back from a step of its own, through the door of C, and leaves a file that tells that it was called.
const STEP: &str = "static sysadm_result_t hang() {\n\
    close(open(CALLED, O_CREAT | O_WRONLY, 0600)); for (;;) pause();\n}\n\
    SYSADM_CLASS_EXPORT const sysadm_class_t *sysadm_class_entry(void) {\n\
    static sysadm_class_t class;\n\
    memcpy(&class, ((sysadm_class_entry_fn)dlsym(dlopen(MODULE, RTLD_NOW), SYSADM_CLASS_ENTRY))(), sizeof class);\n\
    if (is_meant) class.STEP = (void *)hang;\n\
    return &class;\n}\n";

/// A module that is this one, and hangs as the source says in a program whose command line has this word.
fn hanging_module(hanging: &Path, module: &Path, word: &str, source: &str, defined: &[(&str, &str)]) {
    let folder = Folder::new();
    let file = folder.0.join("hangs.c");
    fs::write(&file, format!("{IS_MEANT}{source}")).expect("written");
    let mut cc = Command::new("cc");
    cc.args(["-w", "-shared", "-fPIC", "-Wl,--no-as-needed", "-I"]).arg(root().join("include"));
    cc.arg(format!("-DHANGS_AT_ONCE={}", u8::from(source == LOADING)));
    cc.arg(format!("-DWORD=\"{word}\"")).arg(format!("-DMODULE=\"{}\"", module.display()));
    cc.args(defined.iter().map(|(name, text)| format!("-D{name}={text}")));
    assert!(cc.arg("-o").arg(hanging).arg(&file).arg(module).status().expect("a compiler").success());
}

/// Somebody who swaps to this file.
fn swap(served: &Served, file: &str) -> Child {
    let mut swap = Command::new(program("sysadmctl"));
    swap.arg("--socket").arg(served.socket()).args(["modules", "swap", "sysadm/iocage", file]);
    swap.stdout(Stdio::piped()).stderr(Stdio::piped());
    swap.spawn().expect("it runs")
}

fn noted(folder: &Folder) -> Vec<String> {
    fs::read_to_string(folder.0.join("noted")).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Those of them that are still there, and not only waited for by nobody.
fn left(folder: &Folder) -> Vec<String> {
    let all = processes();
    let lives = |pid: &String| all.iter().any(|one| one.pid.to_string() == *pid && one.state != 'Z');
    noted(folder).into_iter().filter(lives).collect()
}

#[test]
fn what_looks_at_the_health_does_not_outlive_the_server() {
    let (mut served, folder) = hanging(1);
    served.until_it("looks at the start", || noted(&folder).len() == 1);
    served.signal("TERM");
    let status = served.wait();
    assert!(status.success(), "{status} {}", served.log());
    assert_eq!(left(&folder), [""; 0], "{}", served.log());
}

#[test]
fn a_second_signal_ends_what_does_not_listen_too() {
    let (mut served, folder) = hanging(600);
    let mut here = served.here();
    let mine = here.begin("sysadm/iocage", json!({"action": "listjails"}));
    served.until_it("asks", || noted(&folder).len() == 2);
    served.signal("TERM");
    served.until_it("ends", || served.log().contains("ending; what is in flight has its time"));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(left(&folder).len(), 2, "it has its time");
    let begun = Instant::now();
    served.signal("TERM");
    let answer = here.answer(&mine);
    assert_eq!(answer["args"]["listjails"]["code"], "cancelled", "{answer}");
    served.wait();
    assert!(begun.elapsed() < WAIT, "{:?} {}", begun.elapsed(), served.log());
    assert_eq!(left(&folder), [""; 0], "{}", served.log());
}

#[test]
fn a_swap_whose_trial_hangs_is_given_up_with_the_server() {
    let (mut served, folder) = hanging(60);
    served.until_it("looks at the start", || noted(&folder).len() == 1);
    let swap = swap(&served, "sysadm_iocage.so");
    served.until_it("is tried", || noted(&folder).len() == 2);
    let begun = Instant::now();
    served.signal("TERM");
    let told = swap.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("this host is ending") && !told.contains("503"), "{told}");
    // Nobody waits for a new module any more; what looks at the health of the old one has its time.
    assert!(begun.elapsed() < WAIT, "{:?}", begun.elapsed());
    assert_eq!(left(&folder).len(), 1, "{told}");
    served.signal("TERM");
    served.wait();
    assert_eq!(left(&folder), [""; 0], "{}", served.log());
}

/// What a module does in this process cannot be broken off. Requests have their time all the same, or none, and so have the programs
/// that were started for them.
#[test]
fn a_swap_that_hangs_in_a_step_of_the_module_keeps_nobody_from_ending() {
    for (step, drain_s, signals) in [("create", 600, 2), ("health", 1, 1)] {
        let more = json!({"tls": null, "limits": {"drain_s": drain_s}, "modules": {"door": "c"}});
        let mut served = Served::new(&usual(), &more);
        let (lib, called) = (served.folder.0.join("lib"), served.folder.0.join("called"));
        let defined = [("STEP", step), ("CALLED", &format!("\"{}\"", called.display()))];
        hanging_module(&lib.join("hangs.so"), &lib.join("sysadm_iocage.so"), "sysadmd", STEP, &defined);
        let _hold = served.machine.hold("stop");
        let mut here = served.here();
        let mine = here.begin("sysadm/iocage", json!({"action": "stopjail", "jail": "db"}));
        served.machine.wait_for_command("stop");
        let mut swap = swap(&served, "hangs.so");
        served.until_it("is called", || called.exists());
        let begun = Instant::now();
        for word in ["ending;", "what is in flight is cancelled"].iter().take(signals) {
            served.signal("TERM");
            served.until_it("hears", || served.log().contains(word));
        }
        let answer = here.answer(&mine);
        assert_eq!(answer["args"]["stopjail"]["code"], "cancelled", "{step}: {answer}");
        let status = served.wait();
        assert!(begun.elapsed() < WAIT, "{step}: {:?} {}", begun.elapsed(), served.log());
        // It says so, in the log and to who has started it.
        assert_eq!(status.code(), Some(1), "{step}: {}", served.log());
        assert!(served.log().contains("ended; something was not done in time"), "{step}: {}", served.log());
        // With the slash, for the folders of others may begin with that name.
        let folder = format!("{}/", served.machine.iocage().parent().expect("a folder").display());
        assert_eq!(started_with(&folder), [0; 0], "{step}");
        assert_eq!(copies(&served.folder.0.join("run")), 0, "{step}: no copy of a module is left");
        let _ = swap.wait();
    }
}

/// A server, with more in its configuration, whose loader a module has for good, and who swaps to that.
fn without_loader(more: &Value) -> (Served, Child) {
    let served = Served::new(&usual(), more);
    let lib = served.folder.0.join("lib");
    hanging_module(&lib.join("hangs.so"), &lib.join("sysadm_iocage.so"), "sysadmd", LOADING, &[]);
    let swap = swap(&served, "hangs.so");
    served.until_it("gives it up", || served.log().contains("loading it did not return"));
    (served, swap)
}

/// What has the system's loader keeps even the usual end of a process waiting.
#[test]
fn a_module_that_never_comes_back_from_being_loaded_keeps_nobody_from_ending() {
    let (mut served, mut swap) = without_loader(&json!({"tls": null}));
    let begun = Instant::now();
    for word in ["ending;", "what is in flight is cancelled", ""] {
        served.signal("TERM");
        served.until_it("hears", || served.log().contains(word));
    }
    served.wait();
    assert!(begun.elapsed() < WAIT, "{:?} {}", begun.elapsed(), served.log());
    let _ = swap.wait();
}

/// One signal is enough, too; it has the time that it would have.
#[test]
fn who_asks_it_once_to_end_does_not_wait_for_a_module_that_keeps_the_loader() {
    let (mut served, mut swap) = without_loader(&json!({"tls": null, "limits": {"drain_s": 1}}));
    served.signal("TERM");
    let status = served.wait();
    assert_eq!(status.code(), Some(1), "{}", served.log());
    assert!(served.log().contains("ended; something was not done in time"), "{}", served.log());
    assert_eq!(copies(&served.folder.0.join("run")), 0);
    let _ = swap.wait();
}

/// Nor is there one that serves nobody and says nothing: it ends, so that who has started it can start it again.
#[test]
fn a_server_in_which_no_thread_begins_any_more_ends_and_says_why() {
    let (mut served, mut swap) = without_loader(&json!({"tls": null}));
    served.until_it("ends", || served.log().contains("no thread begins any more"));
    assert_eq!(served.wait().code(), Some(1), "{}", served.log());
    assert!(!served.socket().exists(), "nobody finds it any more");
    assert_eq!(copies(&served.folder.0.join("run")), 0);
    let _ = swap.wait();
}

/// Where a module has the system's loader for good no thread begins any more: a server in which that is so would serve nobody.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test is no module")]
fn a_start_and_a_look_end_where_a_module_never_comes_back_from_being_loaded() {
    let folder = Folder::new();
    let at = |name: &str| folder.0.join(name);
    fs::create_dir(at("lib")).expect("a folder");
    fs::copy(&artifacts().module, at("lib/a.so")).expect("copied");
    hanging_module(&at("lib/hangs.so"), &at("lib/a.so"), "sysadmd", LOADING, &[]);
    // And where there is something else to end for, which would wait for the classes: one of those that are configured is none of
    // these, or there is a folder more that is none.
    for why in ["the loader", "no class", "no folder"] {
        // Each waits, for what does not come: a look and a start at once.
        std::thread::scope(|scope| {
            for words in [&["--check"][..], &[]] {
                let folder = &folder;
                scope.spawn(move || ends_without_loader(folder, why, words));
            }
        });
    }
}

/// One of these, told by these words, with its own files beside the modules in this folder.
fn ends_without_loader(folder: &Folder, why: &str, words: &[&str]) {
    let own = folder.0.join(format!("{}-{}", why.replace(' ', "-"), words.len()));
    let at = |name: &str| own.join(name);
    fs::create_dir(&own).expect("a folder");
    let lib = folder.0.join("lib");
    let mut config = json!({
        "socket": {"path": at("sock")}, "full_group": "", "limited_group": "", "accounts": at("accounts"), "run": at("run"),
        "modules": {"folders": [lib], "prober": artifacts().check},
        "tls": {"listen": ["127.0.0.1:0"], "certificate": at("cert.pem"), "key": at("key.pem")},
    });
    match why {
        "no class" => config["modules"]["classes"] = json!({"no/such": {}}),
        "no folder" => config["modules"]["folders"] = json!([lib, at("none")]),
        _ => {}
    }
    fs::write(at("config.json"), config.to_string()).expect("written");
    let mut server = Command::new("timeout");
    server.arg("60").arg(program("sysadmd")).args(words).arg("--config").arg(at("config.json"));
    let (out, err, status) = run(server, "");
    assert!(status == Some(1) && out.is_empty(), "{why} {words:?} {status:?}: {out}{err}");
    let keeps = err.lines().find(|line| line.contains("keeps the system's loader"));
    match why {
        "no class" => {
            assert!(keeps.is_some() && !err.contains("no module is of the class"), "{words:?}: {err}")
        }
        "no folder" => assert!(keeps.is_none() && err.contains("cannot read the folder"), "{words:?}: {err}"),
        _ => {
            let told = keeps.expect("told");
            assert!(told.contains("hangs.so") && told.contains("loading it did not return"), "{told}");
            assert!(!at("sock").exists() && !at("cert.pem").exists(), "it came no further");
        }
    }
    // Who only looks leaves nothing, and a start no copy of a module.
    assert!(why == "the loader" || words.is_empty() || !at("run").exists(), "{why}: it leaves nothing");
    assert_eq!(copies(&at("run")), 0, "{why} {words:?}");
}

/// The folders of copies that processes have there, or have left.
fn copies(run: &Path) -> usize {
    let all = fs::read_dir(run.join("modules")).into_iter().flatten().flatten();
    all.filter(|entry| entry.path().is_dir()).count()
}

/// Who starts the server may change his mind while a module is tried, which can take long.
#[test]
fn a_trial_at_the_start_ends_in_order_with_the_server() {
    let folder = Folder::new();
    let at = |name: &str| folder.0.join(name);
    for name in ["lib", "tmp"] {
        fs::create_dir(at(name)).expect("a folder");
    }
    hanging_module(&at("lib/hangs.so"), &artifacts().module, "--probed", LOADING, &[]);
    let config = json!({
        "socket": {"path": at("sock")}, "full_group": "", "limited_group": "", "accounts": at("accounts"),
        "run": at("run"), "modules": {"folders": [at("lib")], "prober": artifacts().check},
    });
    fs::write(at("config.json"), config.to_string()).expect("written");
    let mut server = Command::new(program("sysadmd"));
    server.arg("--config").arg(at("config.json")).env("TMPDIR", at("tmp")).stderr(Stdio::null());
    let mut server = server.spawn().expect("it runs");
    let tried = || fs::read_dir(at("tmp")).expect("a folder").count();
    let wait = |what: &str, is_so: &dyn Fn() -> bool| {
        let until = Instant::now() + WAIT;
        while !is_so() {
            assert!(Instant::now() < until, "it never {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    wait("is tried", &|| tried() == 1 && of(&at("tmp")).len() > 2);
    std::thread::sleep(Duration::from_millis(300));
    let ended = Command::new("kill").arg(server.id().to_string()).status();
    assert!(ended.expect("kill runs").success());
    server.wait().expect("our child");
    wait("ends", &|| tried() == 0 && of(&at("tmp")).is_empty());
}

/// The processes that were started with this path among their words or in their environment.
fn of(path: &Path) -> Vec<i32> {
    started_with(&path.to_string_lossy())
}
