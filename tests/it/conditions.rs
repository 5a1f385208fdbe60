//! Hosts as they are: some ignore SIGCHLD or reap everything, some have closed
//! their standard descriptors, are large, are started in a hostile environment,
//! or call from many threads. Each is a process of its own, `tests/c/conditions.c`,
//! which uses the C table; `src/process/tests/host.rs` has the same of the runner
//! alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::support::{C11, Faulty, Folder, REQUESTS, action_of, artifacts, compile, request, wants_files};

/// The compiled host, as in `support::Faulty`.
fn program() -> &'static Path {
    static COMPILED: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let draft = folder.join(format!("conditions.{}", std::process::id()));
        compile(C11, "tests/c/conditions.c", &draft, &["-ldl", "-pthread"]);
        let program = folder.join("conditions");
        fs::rename(draft, &program).expect("renamed");
        program
    });
    &COMPILED
}

/// A host that meets this iocage in this condition.
fn host(faulty: &Faulty, condition: &str) -> Command {
    host_of("shell", faulty, condition)
}

fn host_of(dialect: &str, faulty: &Faulty, condition: &str) -> Command {
    let mut command = Command::new(program());
    command.arg(&artifacts().module).arg(faulty.config_of(dialect, 60, 1 << 20)).arg(condition);
    command
}

/// What it prints.
fn lines(command: &mut Command) -> Vec<String> {
    let output = command.output().expect("the host starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {text} {complaints}", output.status);
    text.lines().map(str::to_owned).collect()
}

/// All actions, so that each does well: what destroys comes last, and what gives another name behind it.
fn requests(dialect: &str) -> Vec<&'static str> {
    let mut requests: Vec<_> = (0..REQUESTS.len())
        .map(|action| request(dialect, action))
        .filter(|args| !wants_files(&action_of(args)))
        .collect();
    requests
        .sort_by_key(|args| ["destroyjail", "renamejail"].iter().position(|last| action_of(args) == *last));
    requests
}

/// The answers to all actions and what they are when nothing is wrong.
fn answers(condition: &str, plan: &str) -> Vec<(String, Value)> {
    answers_of("shell", condition, plan)
}

fn answers_of(dialect: &str, condition: &str, plan: &str) -> Vec<(String, Value)> {
    let lines = lines(host_of(dialect, &Faulty::new(plan), condition).args(requests(dialect)));
    assert_eq!(lines.len(), requests(dialect).len() + 2, "{condition}: {lines:#?}");
    let answer = |(args, line): (&str, &String)| {
        let text = line.strip_prefix("200 ").unwrap_or_else(|| panic!("{condition}: {line}"));
        let action = action_of(args);
        let body = serde_json::from_str::<Value>(text).expect("JSON")[&action].take();
        (action, body)
    };
    requests(dialect).into_iter().zip(&lines).map(answer).collect()
}

const SOUND: &str = "none after @0";

/// Where only an exit status tells of success, it is not known without one.
const TOLD_BY_STATUS: [&str; 3] = ["deactivatepool", "execjail", "rollbackjail"];

#[test]
fn a_host_that_ignores_sigchld_is_told_what_can_be_known() {
    let sound = answers("plain", SOUND);
    for ((action, body), (_, expected)) in answers("ignore", SOUND).into_iter().zip(sound) {
        if TOLD_BY_STATUS.contains(&&*action) {
            assert_eq!(body["code"], "outcome-unknown", "{action}: {body}");
            assert_eq!(body["stdout"].as_str(), (action == "execjail").then_some("one\ntwo: 2\n"));
        } else {
            assert_eq!(body, expected, "{action}");
        }
    }
}

/// Silence is no success either, where a success may be silent.
#[test]
fn a_host_that_ignores_sigchld_is_never_told_a_success_that_nobody_saw() {
    for (action, plan) in [
        ("capjail", "empty after cap"),
        ("execjail", "exit:1 after exec"),
        ("execjail", "empty after exec"),
        ("deactivatepool", "exit:1 after deactivate"),
    ] {
        let answers = answers("ignore", plan);
        let (_, body) = answers.iter().find(|(asked, _)| asked == action).expect("all were asked");
        assert_eq!(body["code"], "outcome-unknown", "{plan}: {body}");
    }
}

/// The Python iocage tells of each success in words, or the state does, and the
/// command's own status comes through standard error. What it does not tell of is
/// not known, though it exits with 0 as far as anybody knows.
#[test]
fn nor_is_one_with_the_python_iocage() {
    let sound = answers_of("python", "plain", SOUND);
    for ((action, body), (_, expected)) in answers_of("python", "ignore", SOUND).into_iter().zip(sound) {
        match &*action {
            // It is zfs that is run, which is silent.
            "rollbackjail" => assert_eq!(body["code"], "outcome-unknown", "{body}"),
            _ => assert_eq!(body, expected, "{action}: {body}"),
        }
    }
    for (action, plan, code) in [
        ("capjail", "empty after set", "not-done"),
        ("execjail", "empty after exec", "not-done"),
        ("startjail", "exit:1 before start", "not-done"),
        // Nobody knows what became of it, and the question is not answered either.
        ("deactivatepool", "exit:1 before org.freebsd.ioc:active", "outcome-unknown"),
    ] {
        let answers = answers_of("python", "ignore", plan);
        let (_, body) = answers.iter().find(|(asked, _)| asked == action).expect("all were asked");
        assert_eq!(body["code"], code, "{plan}: {body}");
    }
}

/// Its handler may come before or after the class asks, so either is right.
#[test]
fn a_host_that_reaps_everything_is_told_what_can_be_known() {
    let sound = answers("plain", SOUND);
    for _ in 0..5 {
        for ((action, body), (_, expected)) in answers("reap", SOUND).into_iter().zip(&sound) {
            let unknown = TOLD_BY_STATUS.contains(&&*action) && body["code"] == "outcome-unknown";
            assert!(unknown || body == *expected, "{action}: {body}");
        }
    }
}

/// The host says itself if a descriptor is not as it was.
#[test]
fn a_host_without_standard_descriptors_is_answered_like_any_other() {
    assert_eq!(answers("closed", SOUND), answers("plain", SOUND));
}

#[test]
fn a_large_host_starts_iocage_as_fast_as_a_small_one() {
    let available = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = available
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:")?.trim().split(' ').next()?.parse().ok());
    if available.is_none_or(|kilobytes: u64| kilobytes < 2 << 20) {
        crate::support::skipped!("that takes half a GiB of memory, and two should be there");
        return;
    }
    let measured = |condition: &str| -> [u64; 2] {
        let request = r#"{"action":"getdefaultsettings"}"#;
        let lines = lines(host(&Faulty::new(SOUND), condition).args([request; 50]));
        ["took ", "fork "].map(|word| {
            let number = lines.iter().find_map(|line| line.strip_prefix(word)?.parse().ok());
            number.unwrap_or_else(|| panic!("{condition}: no {word}in {lines:?}"))
        })
    };
    let ([small, small_fork], [large, large_fork]) = (measured("plain"), measured("heap"));
    println!("a dispatch {small} and {large} us, a fork {small_fork} and {large_fork} us");
    assert!(large < 5 * small, "{small} and {large} us");
    // A class that forked would be seen.
    assert!(large_fork > 5 * small, "the heap costs a fork nothing: {small_fork} and {large_fork} us");
}

/// What iocage gets, documented in include/doc/configuration.md: these variables, no descriptor
/// but its own three, and a folder in which there is nothing to source.
const SURROUNDINGS: [(&str, &str); 2] = [
    (
        "shell",
        "\
env HOME=/root
env NO_COLOR=1
env PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
env TERM=dumb
cwd /
fd 0
fd 1
fd 2
end
",
    ),
    (
        "python",
        "\
env HOME=/root
env LANG=en_US.UTF-8
env LC_ALL=en_US.UTF-8
env NO_COLOR=1
env PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
env TERM=dumb
cwd /
fd 0
fd 1
fd 2
end
",
    ),
];

/// What the tools of the base system get.
const OF_TOOLS: &str = "\
env HOME=/root
env LC_ALL=C
env PATH=/sbin:/bin:/usr/sbin:/usr/bin
env TERM=dumb
cwd /
fd 0
fd 1
fd 2
end
";

#[test]
fn nothing_of_a_hostile_environment_reaches_iocage() {
    for (dialect, expected) in SURROUNDINGS {
        let faulty = Faulty::new("surroundings before @0+");
        let folder = Folder::new();
        fs::create_dir(folder.0.join("lib")).expect("ours");
        fs::write(folder.0.join("lib/ioc-globals"), "touch /tmp/evil\n").expect("written");
        let mut command = host_of(dialect, &faulty, "open");
        command.args(requests(dialect)).current_dir(&folder.0).envs([
            ("PATH", "/nonexistent:."),
            ("LD_PRELOAD", "/nonexistent/evil.so"),
            ("LD_LIBRARY_PATH", "/nonexistent"),
            ("IOCAGE_COLOR", "TRUE"),
            ("LANG", "de_DE.UTF-8"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("ENV", "/nonexistent/evil.sh"),
            ("BASH_ENV", "/nonexistent/evil.sh"),
            ("IFS", "/"),
            ("HOME", "/nonexistent"),
            ("TERM", "xterm"),
        ]);
        let lines = lines(&mut command);
        assert!(
            lines.iter().filter(|line| line.starts_with("200 ")).count() == requests(dialect).len(),
            "{lines:#?}"
        );
        let calls = faulty.calls().len();
        let got = fs::read_to_string(faulty.file("surroundings")).expect("it was told to write it");
        let got: Vec<_> = got.split_inclusive("end\n").collect();
        assert_eq!(got.len(), calls);
        assert!(calls > REQUESTS.len());
        // What may take long is not to keep what it prints to itself.
        let unbuffered = expected.replace("env TERM=dumb\n", "env TERM=dumb\nenv PYTHONUNBUFFERED=1\n");
        let mut known = BTreeSet::from([expected, OF_TOOLS]);
        if dialect == "python" {
            known.insert(&unbuffered);
        }
        assert_eq!(got.into_iter().collect::<BTreeSet<_>>(), known);
    }
}

#[test]
fn a_host_may_call_from_64_threads() {
    let reads = [
        r#"{"action":"df"}"#,
        r#"{"action":"listjails"}"#,
        r#"{"action":"getjailsettings","jail":"test"}"#,
        r#"{"action":"nosuch"}"#,
    ];
    let alone = lines(host(&Faulty::new(SOUND), "plain").args(reads));
    // Each thread starts a jail of its own.
    let faulty = Faulty::new(SOUND);
    let lines = lines(host(&faulty, "threads").args(reads).arg(r#"{"action":"startjail","jail":"stuck#"}"#));
    for (args, answer) in reads.iter().zip(&alone) {
        assert_eq!(lines.iter().filter(|line| *line == answer).count(), 64, "{args}: {answer}");
    }
    let started = |number: usize| {
        let jail = format!("dead0000-0000-4000-8000-0000000000{number:02}");
        let status = json!({format!("* Starting {jail} (test)"): "", "+ Good and well OK": ""});
        format!("200 {}", json!({"startjail": {format!("stuck{number}"): status}}))
    };
    let lines: BTreeSet<_> = lines.iter().map(String::as_str).collect();
    for number in 0..64 {
        assert!(lines.contains(&*started(number)), "{number}: {lines:#?}");
    }
    // Lookups that wait at the same time are asked once.
    let calls = faulty.calls();
    let of = |word: &str| calls.iter().filter(|(_, words)| words.starts_with(word)).count();
    assert_eq!(of("start "), 64);
    for (word, changes, lookups) in [("df", 1, 2), ("list", 1, 2), ("get", 0, 1)] {
        let count = of(word);
        assert!((64 * changes + 1..=64 * (changes + lookups)).contains(&count), "{word}: {count} {calls:?}");
    }
}
