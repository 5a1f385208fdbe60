//! What a recorded outcome means, and whether the class has seen it so.

use std::collections::BTreeSet;

use serde_json::Value;
use sysadm_iocage::config::Generation;

use super::named::{self, Verdict};
use super::row::Row;
use super::scene::{Expect, Scene};
use super::text::{said_lines, squeezed};

use crate::support::stand::ask;

#[derive(Clone, Copy, Default)]
pub struct Judged {
    pub is_error: bool,
    pub is_named: bool,
    pub is_refused: bool,
}

/// Replay a row and compare.
pub fn judge(
    file: &str,
    generation: Generation,
    row: &Row,
    scene: Scene,
    met: &mut BTreeSet<String>,
) -> Result<Judged, String> {
    let action = scene.request["action"].as_str().expect("an action").to_owned();
    let answered = ask(generation, scene.answers.clone(), &scene.request);
    let answer = &answered.args[&action];
    let show = |why: &str| {
        let all = answered.args.to_string();
        let cut = all.floor_char_boundary(700);
        format!("{why}\n  sent {}\n  ran {:?}\n  answered {}", scene.request, answered.calls, &all[..cut])
    };
    if answered.calls.iter().any(|call| call.starts_with("UNEXPECTED")) {
        return Err(show("a command that nobody thought of"));
    }
    let mut judged = Judged::default();
    let mut expect = scene.expect.clone();
    if let Some((verdict, _)) = named::verdict(file, &row.id) {
        met.insert(row.id.clone());
        judged.is_named = true;
        match verdict {
            Verdict::Fails(code) => expect = Expect::Told(code),
            Verdict::Refused(code) => expect = Expect::Refused(code),
            Verdict::Answer(text) => expect = Expect::Answer(serde_json::from_str(text).expect("JSON")),
        }
    }
    let is_error = answer.get("error").is_some() && answer.get("code").is_some();
    let told_code = answer["code"].as_str().unwrap_or_default();
    judged.is_error = is_error;
    let ran_own = answered.calls.iter().any(|call| call.starts_with(&scene.own));
    match expect {
        Expect::Told(code) => {
            judged.is_named = true;
            return if is_error && told_code == code {
                Ok(judged)
            } else {
                Err(show(&format!("not {code}")))
            };
        }
        Expect::Refused(code) => {
            judged.is_refused = true;
            return match (is_error && told_code == code, ran_own) {
                (true, false) => Ok(judged),
                (true, true) => Err(show("refused after it was run")),
                (false, _) => Err(show(&format!("not refused as {code}"))),
            };
        }
        Expect::Fails => {
            if !is_error {
                return Err(show("iocage failed and the answer is no error"));
            }
            let (code, key) = named::code(&row.id);
            if (told_code, answer["key"].as_str()) != (code, key) {
                return Err(show(&format!("not {code} about {key:?}")));
            }
            let exit = answer["exit"].as_i64();
            if exit != Some(i64::from(row.said.exit)) && row.argv[0] != "exec" {
                return Err(show("another exit status"));
            }
            let error = squeezed(answer["error"].as_str().unwrap_or_default());
            // That there are dependents is said in the class's own words, before their names.
            let own_words = |line: &String| line.contains("has dependent jails (");
            let unsaid =
                reason(row).into_iter().find(|line| !own_words(line) && !error.contains(line.as_str()));
            return match unsaid.filter(|_| row.argv[0] != "exec") {
                Some(line) => Err(show(&format!("{line:?} is not in the error"))),
                None => Ok(judged),
            };
        }
        _ if is_error => return Err(show("iocage succeeded and the answer is an error")),
        Expect::Answer(expected) if expected != *answer => {
            return Err(show(&format!("not {}", cut(&expected.to_string()))));
        }
        Expect::Success(expected) if expected != answer["success"] => {
            return Err(show(&format!("success is not {}", cut(&expected.to_string()))));
        }
        Expect::Done if answer.get("success").is_none() => return Err(show("no success")),
        Expect::Answer(_) | Expect::Success(_) | Expect::Done => {}
    }
    for (name, wanted) in [("problems", &scene.problems), ("warnings", &scene.warnings)] {
        let told: Vec<_> =
            answered.args[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let untold = wanted.iter().find(|part| !told.iter().any(|line| line.contains(part.as_str())));
        if told.len() != wanted.len() || untold.is_some() {
            return Err(show(&format!("{name} are not {wanted:?}")));
        }
    }
    Ok(judged)
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(700)]
}

/// What iocage gives as the reason of a failure: what it says on standard error,
/// or failing that on standard output. Of a traceback the last line, of wrong
/// usage the one that says what is wrong.
fn reason(row: &Row) -> Vec<String> {
    let is_own_notice = |line: &String| {
        ["INFO: creating ", "INFO: Creating ", "This will destroy "]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let mut lines: Vec<_> =
        said_lines(&row.said.stderr).into_iter().filter(|line| !is_own_notice(line)).collect();
    if lines.is_empty() {
        // What comes before is the question and its warning.
        let stdout = row.said.stdout.rsplit_once("y[N]:").map_or(&*row.said.stdout, |(_, after)| after);
        lines = said_lines(stdout).into_iter().filter(|line| line.contains("ERR")).collect();
    }
    if lines.iter().any(|line| line.starts_with("Traceback")) {
        lines.drain(..lines.len() - 1);
    }
    if let Some(usage) = lines.iter().position(|line| line.starts_with("Error: ")) {
        lines = vec![lines.swap_remove(usage)];
    }
    lines.into_iter().map(|line| line.trim_start_matches("ERROR: ").to_owned()).collect()
}
