//! A command that says what iocage, jexec and jls say, in any order on both streams and
//! with any exit status: the answer is that of a command that said anything else. Only
//! the two lines by which jexec tells that nothing was run, alone and to the letter, give
//! the command's own failure another name.

use serde_json::json;

use super::fake::{Fake, UUID, WAYS};
use crate::support::DOORS;

/// What each of them says, of this jail and this command.
const SENTENCES: [&str; 20] = [
    "jexec: jail 5 not found",
    "jexec: jail \"5\" not found",
    "jexec: jail \"ioc-test\" not found",
    "jexec: jail \"ioc-UUID\" not found",
    "jexec: jail_attach(5): Invalid argument",
    "jexec: root: no such user",
    "jexec: execvp: sh: No such file or directory",
    "jexec: execvp: /bin/sh: No such file or directory",
    "jls: jail \"ioc-test\" not found",
    "setfib: setfib: Invalid argument",
    "test is not running! Please supply --force (-f) or start the jail",
    "jail 'test' not found!",
    "test has a corrupt configuration, please destroy the jail.",
    "Command: /bin/sh -c exit failed!",
    "  ERROR: UUID not found!",
    "  INFO: UUID (test) is already down",
    "You have 2 poolsmarked active",
    "Traceback (most recent call last):",
    "exit-status-1-2-3:0",
    "jid=5 name=ioc-test path=/",
];

/// The lines that are believed where they are alone.
const BELIEVED: [(&str, &str); 2] = [
    ("jexec: root: no such user", "unknown-user"),
    ("jexec: execvp: sh: No such file or directory", "command-not-found"),
];

/// Always the same numbers for a seed (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }

    fn sentences(&mut self, most: usize) -> Vec<String> {
        let count = self.below(most + 1);
        (0..count).map(|_| SENTENCES[self.below(SENTENCES.len())].replace("UUID", UUID)).collect()
    }
}

fn lines(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| format!("{sentence}\n")).collect()
}

#[test]
fn what_a_command_says_is_its_output_and_nothing_else() {
    const ROUNDS: usize = 60;
    let machines: Vec<_> = WAYS.into_iter().map(|way| (way, Fake::new(way))).collect();
    let hosts: Vec<_> = machines.iter().map(|(way, fake)| (*way, fake.host(DOORS[0]))).collect();
    for seed in 1..=ROUNDS as u64 {
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // Often what jexec itself would do: nothing on the one stream, a line on the other.
        let (stdout, stderr) = match numbers.below(2) {
            0 => (Vec::new(), numbers.sentences(1)),
            _ => (numbers.sentences(2), numbers.sentences(3)),
        };
        let exit = [0, 1, 1, 1, 2, 3][numbers.below(6)];
        let script = r#"printf %s "$1"; printf %s "$2" >&2; exit "$3""#;
        let argv = ["sh", "-c", script, "sh", &lines(&stdout), &lines(&stderr), &exit.to_string()];
        let request =
            json!({"action": "execjail", "jail": "test", "user": "root", "argv": argv, "detail": true});
        for (way, host) in &hosts {
            let answer = host.ask(&request);
            let body = &answer["execjail"];
            let context =
                format!("{seed} ({} {}): {stdout:?} {stderr:?} {exit}: {answer}", way.dialect, way.direct);
            let detail = &answer["detail"];
            assert_eq!(
                (&detail["stdout"], &detail["exit"]),
                (&json!(lines(&stdout)), &json!(exit)),
                "{context}"
            );
            assert_eq!(detail["stderr"], lines(&stderr), "{context}");
            if exit == 0 {
                assert!(body["success"].is_object() && body.get("error").is_none(), "{context}");
                continue;
            }
            // By the Python iocage the exit status comes another way.
            let is_alone = exit == 1 && stdout.is_empty() && stderr.len() == 1;
            let is_jexecs = is_alone && (way.direct == "auto" || way.dialect == "shell");
            let believed = BELIEVED.iter().find(|(line, _)| is_jexecs && stderr[0] == *line);
            assert_eq!(body["code"], believed.map_or("command-failed", |(_, code)| *code), "{context}");
            assert_eq!(body["exit"], exit, "{context}");
        }
    }
}
