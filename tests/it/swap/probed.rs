//! A version that would take the server down takes down the process in which it is
//! tried: it is refused, with the step in which it did, and nothing of it was mapped.

mod native;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sysadm_class::host::{Door, Services, Silent};
use sysadm_host::{INSTALLED, Obstacle, Policy, Probe, Prober, State, Work};

use super::stand::{CLASS, GOOD, LONG, Told, policy, registry, registry_with, small, two_versions, version};
use crate::support::{DOORS, Folder, Machine, artifacts, process, write_program};

/// Tried by the program of this build, for so long, with a request.
fn tried(door: Door) -> Policy {
    Policy {
        prober: Prober::At(artifacts().check.clone()),
        probe_requests: vec!["{}".to_owned()],
        rehearsal: Duration::from_secs(20),
        ..policy(door)
    }
}

fn by(program: PathBuf) -> Policy {
    Policy { prober: Prober::At(program), ..tried(Door::C) }
}

/// What is spoiled, the obstacle, and what the sentence says.
const SPOILED: &[(&str, Obstacle, &str)] = &[
    ("abort()", Obstacle::Probe, "was ended by SIGABRT when it was loaded"),
    ("*(volatile int *)8 = 1", Obstacle::Probe, "was ended by SIGSEGV when it was loaded"),
    ("exit(0)", Obstacle::Probe, "ended with exit status 0 when it was loaded"),
    ("fault = CREATE_ABORTS", Obstacle::Probe, "was ended by SIGABRT when it was created"),
    ("fault = IMPORT_ABORTS", Obstacle::Probe, "was ended by SIGABRT when it took over the state"),
    ("fault = HEALTH_ABORTS", Obstacle::Probe, "was ended by SIGABRT when it was asked for its health"),
    (
        "fault = DISPATCH_ABORTS",
        Obstacle::Probe,
        "was ended by SIGABRT when it answered request 1 of the probe",
    ),
    ("fault = CLOSE_ABORTS", Obstacle::Probe, "was ended by SIGABRT when it was closed"),
    ("atexit(abort)", Obstacle::Probe, "was ended by SIGABRT when "),
    ("table.close = NULL", Obstacle::Load, "null for the function `close`"),
    ("table.name.len -= 1", Obstacle::Identity, "it is the class test/swappe, expected test/swapped"),
    ("fault = CREATE_REFUSES", Obstacle::Create, "its create refused: no mood to start"),
    ("fault = IMPORT_REFUSES", Obstacle::Hand, "it does not take over the state: a strange handwriting"),
    ("fault = HEALTH_REFUSES", Obstacle::Health, "it says that it cannot work: a headache"),
    (
        "fault = DISPATCH_BREAKS_WORD",
        Obstacle::Request,
        "request 1 of the probe was refused: the class broke the contract: a call answered -1",
    ),
];

#[test]
fn what_would_end_the_server_ends_its_probe() {
    let folder = Folder::new();
    let registry = registry(&folder, tried(Door::C));
    registry.load(&small(&folder, CLASS, "1", GOOD), "").expect("a good one");
    for (spoil, obstacle, part) in SPOILED {
        let path = small(&folder, CLASS, "2", spoil);
        let before = registry.generations().len();
        let refused = registry.swap(None, &path).expect_err(spoil);
        assert_eq!(refused.obstacle, *obstacle, "{refused}");
        assert!(refused.why.starts_with(path.to_str().expect("our own name")), "{refused}");
        assert!(refused.why.contains(part) && !refused.why.contains("/stage/"), "{part:?}: {refused}");
        let generation = &registry.generations()[before];
        assert_eq!(generation.state(), State::Failed);
        // It was another process's; but for the class, which is told by the host.
        assert!(!generation.is_mapped(), "{refused}");
        assert_eq!(version(&registry), "1");
    }
    registry.swap(None, &small(&folder, CLASS, "3", GOOD)).expect("a good one");
    registry.roll_back(None).expect("tried, too");
    assert_eq!(version(&registry), "1");
}

#[test]
fn what_does_not_end_is_killed() {
    let folder = Folder::new();
    // It comes to its step in that time, on a busy machine, too.
    let limit = Duration::from_secs(4);
    let registry = registry(&folder, Policy { rehearsal: limit, ..tried(Door::C) });
    registry.load(&small(&folder, CLASS, "1", GOOD), "").expect("a good one");
    for (spoil, step) in [
        ("fault = CREATE_HANGS", "it was created"),
        ("fault = HEALTH_HANGS", "it was asked for its health"),
        ("for (;;) {}", "it was loaded"),
    ] {
        let begin = Instant::now();
        let refused = registry.swap(None, &small(&folder, CLASS, "2", spoil)).expect_err(spoil);
        let part = format!("did not end within 4 s and was killed when {step}");
        assert!(refused.obstacle == Obstacle::Probe && refused.why.ends_with(&part), "{refused}");
        assert!(begin.elapsed() >= limit && begin.elapsed() < limit * 30);
    }
    assert_eq!(version(&registry), "1");
}

/// At the start of a server there is no other version; one that cannot work yet is
/// loaded all the same, and one that would take the server down is not.
#[test]
fn the_first_version_is_tried_as_far_as_it_is_used() {
    let folder = Folder::new();
    for (spoil, obstacle) in [
        ("fault = CREATE_ABORTS", Some(Obstacle::Probe)),
        ("fault = HEALTH_REFUSES", None),
        ("fault = DISPATCH_ABORTS", None),
    ] {
        let registry = registry(&folder, tried(Door::C));
        let loaded = registry.load(&small(&folder, CLASS, "1", spoil), "");
        assert_eq!(loaded.err().map(|refused| refused.obstacle), obstacle, "{spoil}");
    }
}

/// Which class it is instead, the host says: nothing of one that is not meant is created.
#[test]
fn of_another_class_no_instance_is_tried() {
    let folder = Folder::new();
    let module = small(&folder, CLASS, "1", GOOD);
    for (class, is_meant) in
        [(("TEST", "Swapped"), true), (("test", "other"), false), (("other", "swapped"), false)]
    {
        let work = Work {
            class: (class.0.to_owned(), class.1.to_owned()),
            state: String::new(),
            forgiving: true,
            health: LONG,
            requests: Vec::new(),
        };
        let probe = Probe {
            module: module.clone(),
            shown: module.clone(),
            door: Door::C,
            allow_unsafe: false,
            config: String::new(),
            configs: BTreeMap::new(),
            work: Some(work),
            limit: LONG,
        };
        let mut steps = Vec::new();
        probe.perform(&mut |step| steps.push(step.to_owned())).expect("nothing is wrong with it");
        assert_eq!(steps.iter().any(|step| step == "it was created"), is_meant, "{class:?}: {steps:?}");
    }
}

/// It is given what the new version gets, and nothing of that is to be seen elsewhere.
#[test]
fn a_probe_is_told_all_of_it_by_its_standard_input() {
    let folder = Folder::new();
    let at = |name: &str| folder.0.join(name);
    let script =
        |line: &str| format!("#!/bin/sh\necho \"$@\" >{}/words\ncat >{0}/job\n{line}\n", folder.0.display());
    write_program(&at("prober"), &script("echo taken"));
    let registry = registry(&folder, by(at("prober")));
    registry.load(&small(&folder, CLASS, "1", GOOD), "{\"old\":1}").expect("loads");
    let job: Value = serde_json::from_slice(&fs::read(at("job")).expect("written")).expect("JSON");
    assert_eq!((&job["config"], &job["work"]), (&"{\"old\":1}".into(), &Value::Null));
    let two = small(&folder, CLASS, "2", GOOD);
    registry.swap_with(None, &two, Some("{\"new\":2}")).expect("swaps");
    let job: Value = serde_json::from_slice(&fs::read(at("job")).expect("written")).expect("JSON");
    assert_eq!((&job["config"], &job["shown"]), (&"{\"new\":2}".into(), &two.to_str().expect("ours").into()));
    let work = &job["work"];
    assert_eq!(work["requests"], serde_json::json!(["{}"]));
    assert!(work["state"].as_str().is_some_and(|state| state.contains("test/swapped")), "{job}");
    // The copy that is mapped, in the folder that nobody else can enter.
    assert!(job["module"].as_str().is_some_and(|path| path.contains("/stage/")), "{job}");
    assert_eq!(fs::read_to_string(at("words")).expect("written"), "--probe\n");
    let left = fs::read_dir(Path::new(job["module"].as_str().expect("text")).parent().expect("a folder"));
    let is_draft = |path: PathBuf| path.extension().is_some_and(|end| end == "probe");
    assert!(!left.expect("there").flatten().any(|entry| is_draft(entry.path())));
}

/// A program that is no good: nothing is loaded.
#[test]
fn a_prober_that_cannot_be_believed_lets_nothing_pass() {
    let folder = Folder::new();
    let at = |name: &str| folder.0.join(name);
    write_program(&at("says_nothing"), "#!/bin/sh\n");
    write_program(&at("says_odd"), "#!/bin/sh\necho well\n");
    write_program(&at("fails"), "#!/bin/sh\necho no idea >&2\nexit 2\n");
    write_program(&at("lies"), "#!/bin/sh\necho taken\nexit 1\n");
    write_program(&at("dies"), "#!/bin/sh\necho taken\nkill -9 $$\n");
    write_program(&at("knows_other_words"), "#!/bin/sh\necho no-such-code because\nexit 1\n");
    write_program(&at("hangs"), "#!/bin/sh\nexec sleep 600\n");
    fs::write(at("text"), "no program").expect("written");
    let module = small(&folder, CLASS, "1", GOOD);
    let rows = [
        (at("nosuch"), "which is not there"),
        (PathBuf::from("plugin-check"), "which is no absolute path"),
        (at("text"), "which cannot be started: "),
        (at("says_nothing"), "which ended with exit status 0"),
        (at("says_odd"), "which ended with exit status 0: well"),
        (at("fails"), "which ended with exit status 2: no idea"),
        (at("lies"), "which ended with exit status 1: taken"),
        (at("dies"), "which was ended by SIGKILL: taken"),
        (at("knows_other_words"), "which ended with exit status 1: no-such-code because"),
        (at("hangs"), "which did not end within 2.2 s and was killed"),
    ];
    for (program, part) in rows {
        // What ends does so long before.
        let limit = if program == at("hangs") { Duration::from_millis(200) } else { LONG };
        let registry = registry(&folder, Policy { rehearsal: limit, ..by(program) });
        let refused = registry.load(&module, "").expect_err(part);
        assert!(refused.obstacle == Obstacle::Probe && refused.why.contains(part), "{part}: {refused}");
    }
    // SAFETY: asks for a number.
    if unsafe { libc::geteuid() } != 0 {
        crate::support::skipped!("whoever is not root may start what it likes");
        return;
    }
    write_program(&at("anybodys"), "#!/bin/sh\necho taken\n");
    fs::set_permissions(at("anybodys"), fs::Permissions::from_mode(0o777)).expect("ours");
    let refused =
        registry(&folder, by(at("no/such"))).load(&module, "").expect_err("its folder is not there");
    let part = format!("is not started as root: {} does not exist", at("no").display());
    assert!(refused.why.contains(&part), "{refused}");
    let refused = registry(&folder, by(at("anybodys"))).load(&module, "").expect_err("anybody can change it");
    assert!(refused.why.contains("is not started as root: others than its owner can write to"), "{refused}");
    let policy = Policy { allow_unsafe_module: true, ..by(at("anybodys")) };
    registry(&folder, policy).load(&module, "").expect("that is allowed");
}

/// Whatever it has started goes with it.
#[test]
fn a_prober_that_is_killed_leaves_nobody() {
    let folder = Folder::new();
    let at = |name: &str| folder.0.join(name);
    write_program(
        &at("prober"),
        &format!("#!/bin/sh\nsleep 600 &\necho $! >{}\nwait\n", at("pid").display()),
    );
    let registry = registry(&folder, Policy { rehearsal: Duration::from_secs(1), ..by(at("prober")) });
    registry.load(&small(&folder, CLASS, "1", GOOD), "").expect_err("it hangs");
    let pid: i32 = fs::read_to_string(at("pid")).expect("written").trim().parse().expect("a number");
    // Whoever reaps it now may be in no hurry.
    let is_alive = |process: &process::Shown| process.pid == pid && process.state != 'Z';
    process::eventually("it is killed", || !process::processes().iter().any(is_alive));
}

/// A host has its children reaped unseen, which goes by exec: the probe sees its own all the same.
#[test]
fn a_host_that_ignores_sigchld_has_modules_tried() {
    let folder = Folder::new();
    let prober = folder.0.join("prober");
    let check = artifacts().check.display();
    write_program(&prober, &format!("#!/bin/sh\ntrap '' CHLD\nexec {check} \"$@\"\n"));
    let limit = Duration::from_secs(60);
    let registry = registry(&folder, Policy { rehearsal: limit, ..by(prober) });
    let begin = Instant::now();
    registry.load(&small(&folder, CLASS, "1", GOOD), "").expect("a good one");
    registry.swap(None, &small(&folder, CLASS, "2", GOOD)).expect("a good one");
    assert!(begin.elapsed() < limit, "{:?}", begin.elapsed());
}

/// Who else has what it writes to is not waited for, and it is started where no relative
/// interpreter can be somebody else's.
#[test]
fn a_prober_that_has_ended_has_said_all() {
    let folder = Folder::new();
    let at = |name: &str| folder.0.join(name);
    let shown = folder.0.display();
    write_program(&at("prober"), &format!("#!/bin/sh\npwd >{shown}/where\nsleep 40 &\necho taken\n"));
    // As long as there are numbers for it.
    let registry = registry(&folder, Policy { rehearsal: Duration::MAX, ..by(at("prober")) });
    let begin = Instant::now();
    registry.load(&small(&folder, CLASS, "1", GOOD), "").expect("a good one");
    assert!(begin.elapsed() < Duration::from_secs(35), "{:?}", begin.elapsed());
    assert_eq!(fs::read_to_string(at("where")).expect("written"), "/\n");
}

#[test]
fn a_host_without_a_prober_goes_on_and_says_so() {
    assert_eq!(Policy::new(Door::C).prober, Prober::Installed);
    if Path::new(INSTALLED).exists() {
        crate::support::skipped!("{INSTALLED} is there");
        return;
    }
    let (folder, told) = (Folder::new(), Arc::new(Told::default()));
    let services = Arc::clone(&told) as Arc<dyn Services>;
    let registry = registry_with(&folder, Policy { prober: Prober::Installed, ..policy(Door::C) }, services);
    registry.load(&small(&folder, CLASS, "1", GOOD), "").expect("loads");
    let two = small(&folder, CLASS, "2", GOOD);
    registry.swap(None, &two).expect("swaps");
    let expected = format!("warn {} is loaded untried: there is no {INSTALLED}", two.display());
    assert_eq!(*told.0.lock().expect("no panic").first().expect("a line"), expected);
}

/// The plugin itself, through both doors.
#[test]
fn the_plugin_is_tried_and_taken() {
    let folder = Folder::new();
    let machine = Machine::new(&serde_json::json!({"pools": [{"name": "tank", "active": true}]}));
    let requests = [r#"{"action":"listjails"}"#, r#"{"action":"df"}"#].map(str::to_owned);
    for door in DOORS {
        let policy = Policy { probe_requests: requests.to_vec(), ..tried(door) };
        let registry = registry_with(&folder, policy.clone(), Arc::new(Silent));
        let [one, two] = two_versions(&folder);
        registry.load(&one, &machine.config()).expect("loads");
        let begin = Instant::now();
        registry.swap(None, &two).expect("swaps");
        println!("{door:?}: a swap with its probe took {:?}", begin.elapsed());
        // What needs more than reading is refused to a probe by the class itself.
        let policy = Policy { probe_requests: vec![r#"{"action":"cleanall"}"#.to_owned()], ..policy };
        let registry = registry_with(&folder, policy, Arc::new(Silent));
        registry.load(&one, &machine.config()).expect("loads");
        let refused = registry.swap(None, &two).expect_err("it changes");
        assert_eq!(refused.obstacle, Obstacle::Request, "{refused}");
        assert!(refused.why.contains("needs full access"), "{refused}");
    }
}
