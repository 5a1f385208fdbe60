//! What commands do and how they end, each in every way that they are run: through
//! jexec and through either iocage, which must be told apart only where they differ
//! for a reason.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fake::{Fake, WAYS, Way};
use crate::support::{DOORS, fault};

/// How a command is answered.
#[derive(Clone, Debug)]
enum Is {
    /// A success with these lines.
    Lines(Value),
    /// A success with so many bytes in one line, and perhaps a warning that says that
    /// some are missing.
    Bytes(usize, bool),
    /// A failure of the command, with this exit status.
    Failed(i32),
    /// And by this signal.
    Signal(i32),
    /// Another code, the key, and what is in the sentence.
    Error(&'static str, &'static str, &'static str),
}
use Is::{Bytes, Error, Failed, Lines, Signal};

struct Case {
    name: &'static str,
    argv: Vec<&'static str>,
    user: &'static str,
    /// A file that says how the machine is.
    with: &'static str,
    /// Through jexec, and through the shell and the Python iocage.
    is: [Is; 3],
}

impl Case {
    fn new(name: &'static str, argv: &[&'static str], is: Is) -> Case {
        let is = [is.clone(), is.clone(), is];
        Case { name, argv: argv.to_vec(), user: "root", with: "", is }
    }

    /// One that a shell runs.
    fn script(name: &'static str, script: &'static str, is: Is) -> Case {
        Case::new(name, &["sh", "-c", script], is)
    }

    /// One that iocage itself answers otherwise.
    fn by_iocage(self, shell: Is, python: Is) -> Case {
        let [direct, ..] = self.is;
        Case { is: [direct, shell, python], ..self }
    }

    fn expected(&self, way: Way) -> &Is {
        &self.is[match (way.direct, way.dialect) {
            ("auto", _) => 0,
            (_, "shell") => 1,
            _ => 2,
        }]
    }
}

/// Less than what the children sleep that are left, and enough for a busy machine.
const PROMPT: Duration = Duration::from_secs(50);

/// Finds the mark of the shell that runs it, on this system.
const MARK: &str = "m=$(tr '\\0' '\\n' < /proc/$PPID/cmdline | grep '^exit-status-');";

fn cases() -> Vec<Case> {
    let not_running = || Error("jail-not-running", "jail", "does not run");
    let template = || Error("jail-not-running", "jail", "jail test is a template");
    let mut cases = vec![
        Case::script("exit 0", "exit 0", Lines(json!({}))),
        Case::script("exit 1", "exit 1", Failed(1)),
        Case::script("exit 3", "exit 3", Failed(3)),
        Case::script("exit 7, and both streams", "echo out; echo err >&2; exit 7", Failed(7)),
        Case::script("exit 127", "exit 127", Failed(127)),
        Case::script("exit 255", "exit 255", Failed(255)),
        Case::script("killed", "kill -9 $$", Signal(9)).by_iocage(Failed(137), Failed(137)),
        Case::script("ended", "kill -15 $$", Signal(15)).by_iocage(Failed(143), Failed(143)),
        Case::script("3 MB", "head -c 3000000 /dev/zero | tr '\\0' x", Bytes(3_000_000, false)),
        Case::script(
            "40 MB",
            "head -c 40000000 /dev/zero | tr '\\0' x",
            Bytes((16 << 20) + (64 << 10), true),
        ),
        Case::script(
            "40 MB on the other stream",
            "head -c 40000000 /dev/zero | tr '\\0' x >&2; exit 3",
            Failed(3),
        ),
        Case::new("reads what it is given", &["cat"], Lines(json!({}))),
        Case::script("reads a line", "read line || echo end", Lines(json!({"end": ""}))),
        Case::script("leaves a child", "sleep 60 & echo started", Lines(json!({"started": ""}))),
        Case::script("leaves one and fails", "sleep 60 & exit 3", Failed(3)),
        Case::script("NUL", "printf 'a\\0b\\n'", Lines(json!({"a\u{0}b": ""}))),
        Case::script("no UTF-8", "printf '\\377:\\n'", Lines(json!({"\u{fffd}": ""}))),
        Case::new("NUL in a word", &["echo", "a\0b"], Error("illegal-value", "argv", "NUL")),
        Case::new("empty words", &["printf", "%s|", "", "a", ""], Lines(json!({"|a||": ""}))),
        Case::new(
            "words like options",
            &["printf", "%s|", "-U", "-l", "--", "-n"],
            Lines(json!({"-U|-l|--|-n|": ""})),
        ),
        Case::new(
            "blanks, quotes and lines",
            &["printf", "%s|", "a  b", "'\"", "$HOME `id`", "c\nd"],
            Lines(json!({"a  b|'\"|$HOME `id`|c": "", "d|": ""})),
        ),
        Case::new("a program that is none", &["nosuch", "x"], Error("command-not-found", "argv", "nosuch")),
        Case::new("one word of many", &["echo hi"], Error("command-not-found", "argv", "echo hi")),
        Case { user: "www", ..Case::new("another user", &["echo", "hi"], Lines(json!({"hi": ""}))) },
        Case { user: "nobody2", ..Case::new("no user", &["true"], Error("unknown-user", "user", "nobody2")) },
        Case { with: "down", ..Case::new("a stopped jail", &["true"], not_running()) },
        Case { with: "template", ..Case::new("a template", &["true"], template()) },
        Case {
            with: "no-sh",
            ..Case::new("a jail without a shell", &["echo", "hi"], Lines(json!({"hi": ""})))
                .by_iocage(Lines(json!({"hi": ""})), Error("command-not-found", "argv", "no /bin/sh"))
        },
        // What iocage and jexec say is not theirs alone to say.
        Case::script("what jexec says of no jail", "echo 'jexec: jail 5 not found' >&2; exit 1", Failed(1)),
        Case::script("what it says of a name", "echo 'jexec: jail \"5\" not found' >&2; exit 1", Failed(1)),
        Case::script(
            "what it says of another user",
            "echo 'jexec: www: no such user' >&2; exit 1",
            Failed(1),
        ),
        Case::script(
            "what it says through iocage",
            "echo 'jexec: jail \"ioc-0bf985de-ca0f-11e5-8d45-d05099728dbf\" not found' >&2; exit 1",
            Failed(1),
        ),
        Case::script(
            "what iocage says",
            "echo 'test is not running! Please supply --force (-f) or start the jail' >&2; exit 1",
            Failed(1),
        ),
        Case::script(
            "what iocage says, with success",
            "echo 'test is not running! Please supply --force (-f) or start the jail'",
            Lines(json!({"test is not running! Please supply --force (-f) or start the jail": ""})),
        ),
        Case::script("a mark of another run", "echo exit-status-1-2-3:0 >&2; exit 3", Failed(3)),
    ];
    if cfg!(target_os = "linux") {
        let two = Error("outcome-unknown", "argv", "exit status is not known");
        let forges = "echo \"$m\"0 >&2; exit 3";
        let (second, alone) =
            (format!("{MARK} {forges}"), format!("{MARK} echo \"$m\"0 >&2; kill -9 $PPID; sleep 1"));
        cases.push(
            Case::script("a mark of its own", second.leak(), Failed(3)).by_iocage(Failed(3), two.clone()),
        );
        // Where there is no such shell above it, it would end somebody else.
        cases.push(Case { with: "python off", ..Case::script("the only mark", alone.leak(), two) });
    }
    cases
}

fn check(case: &Case, way: Way) {
    let fake = Fake::new(way);
    if !case.with.is_empty() {
        fake.is(case.with);
    }
    let host = fake.host(DOORS[0]);
    let request = json!({"action": "execjail", "jail": "test", "user": case.user, "argv": case.argv});
    let before = Instant::now();
    let answer = host.ask(&request);
    let body = &answer["execjail"];
    let shown: String = body.to_string().chars().take(400).collect();
    let context = format!("{} ({} {}): {shown}", case.name, way.dialect, way.direct);
    assert!(before.elapsed() < PROMPT, "{context}");
    match case.expected(way) {
        Lines(lines) => assert_eq!(&body["success"], lines, "{context}"),
        Bytes(count, is_cut) => {
            let lines = body["success"].as_object().expect("an object");
            let is_output = |line: &&String| line.starts_with('x');
            assert_eq!(lines.keys().filter(is_output).map(String::len).sum::<usize>(), *count, "{context}");
            assert_eq!(answer.get("warnings").is_some(), *is_cut, "{context}");
        }
        Failed(status) => {
            assert_eq!(
                (&body["code"], &body["exit"]),
                (&json!("command-failed"), &json!(status)),
                "{context}"
            );
            assert_eq!(body["key"], "argv", "{context}");
        }
        Signal(signal) => {
            assert_eq!(
                (&body["code"], &body["signal"]),
                (&json!("command-failed"), &json!(signal)),
                "{context}"
            );
            assert!(
                body["error"].as_str().is_some_and(|error| error.contains("the command was ended by signal"))
            );
        }
        Error(code, key, part) => {
            assert_eq!(fault(body), (*code, *key), "{context}");
            assert!(body["error"].as_str().is_some_and(|error| error.contains(part)), "{context}");
        }
    }
    // No word of ours is left in what the command printed.
    let whole = answer.to_string();
    let is_ours =
        whole.contains("exit-status-") && !case.argv.iter().any(|word| word.contains("exit-status-"));
    assert!(!is_ours, "{context}");
}

#[test]
fn every_command_is_answered_alike_in_every_way() {
    let cases = cases();
    let mut asked = 0;
    for case in &cases {
        let only = WAYS
            .into_iter()
            .filter(|way| case.with != "python off" || (way.dialect, way.direct) == ("python", "off"));
        for way in only {
            check(case, way);
            asked += 1;
        }
    }
    println!("{} cases, {asked} requests", cases.len());
    assert!(cases.len() >= 26);
}
