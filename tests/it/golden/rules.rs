//! One rule of the Python iocage after the other: a machine that was recorded, one thing of
//! it changed, and what is told then, or why iocage has to be asked.

mod answers;
mod jails;
mod machine;
mod rule;

use std::path::Path;
use std::sync::Arc;

use sysadm_iocage::config::Direct;

use self::rule::Then::{Dies, Has, Not, Out, Says};
use super::replay::{Played, Recording, Said};

#[test]
fn each_rule_has_a_machine_that_shows_it() {
    let mut wrong = Vec::new();
    let rules = [machine::RULES, jails::RULES, answers::RULES].concat();
    for (what, change, words, then) in &rules {
        let recording = Recording::altered(Path::new("python/three.json"), change);
        let recording = Arc::new(recording);
        let root = recording.below("").display().to_string();
        let told = Played::new(&recording, Direct::Only, None).without_iocage(words).map(|said| {
            let text = |text: String| text.replace(root.trim_end_matches('/'), "");
            Said { exit: said.exit, stdout: text(said.stdout), stderr: text(said.stderr) }
        });
        let is_so = match (&told, then) {
            (Ok(said), Out(text)) => said.exit == 0 && said.stdout == *text && said.stderr.is_empty(),
            (Ok(said), Has(line)) => {
                said.exit == 0 && said.stdout.lines().any(|told| told == *line) && said.stderr.is_empty()
            }
            (Ok(said), Says(says, line)) => {
                said.exit == 0 && said.stderr == *says && said.stdout.lines().any(|told| told == *line)
            }
            (Ok(said), Dies(says)) => said.exit == 1 && said.stdout.is_empty() && said.stderr == *says,
            (Err(why), Not(words)) => why.contains(words),
            _ => false,
        };
        if !is_so {
            wrong.push(format!("{what}: {words:?}: {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rules.len(), wrong.join("\n"));
}
