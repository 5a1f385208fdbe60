//! Is a number the same to the class however it is written?
//!
//! To JSON Schema `1` and `1.0` are one number, and `1e19` is as whole as its twenty digits: no schema can let
//! one of them pass and not the other. Programs write them as they like, so a class that takes one and refuses the other
//! disagrees with what it says of itself. Which numbers it takes beyond what its schema says is its own affair, and not
//! asked: each is compared with itself alone, in other notations.
//!
//! What a class makes of a request may depend on those before: one that differs is asked again as it was first, and only
//! where it then is what it was, it is the notation that makes the difference.
//!
//! Asked is only where limited access will do, and by a host that has lost interest: a large number may be much work.

use std::fmt;

use serde_json::{Value, json};
use sysadm_class::ffi;

use crate::job::{Job, Outcome};
use crate::subject::{Answer, Instance};
use crate::tests::described::{Described, Key, beside, each_as};
use crate::tests::values::{NOBODY, SPELLINGS, value};

/// Beyond what an `f64` counts in ones, and yet exactly one.
const LARGE: (&str, &str, f64) = ("10000000000000000000", "1e19", 1e19);
/// Up to here each whole number is one.
const EXACT: u64 = 1 << 53;

pub(crate) fn alike(job: &Job) -> Outcome {
    each_as(
        job,
        |_| true,
        |instance, action| {
            let is_number = |key: &&Key| matches!(key.schema["type"].as_str(), Some("integer" | "number"));
            for key in action.keys.iter().filter(|key| is_number(key) && !action.full) {
                for (number, written) in pairs(key) {
                    compare(instance, action, key, [&number, &written])?;
                }
            }
            Ok(())
        },
    )
}

/// Numbers that the schema lets pass, each in digits alone and otherwise, as they are written.
fn pairs(key: &Key) -> Vec<(String, String)> {
    let usual = value(&key.kind, &key.schema, &key.words, NOBODY);
    let (least, most) = (key.schema["minimum"].as_f64(), key.schema["maximum"].as_f64());
    let (number, written, large) = LARGE;
    let is_within = least.is_none_or(|least| least <= large) && most.is_none_or(|most| most >= large);
    let is_within =
        is_within && key.schema.as_object().is_some_and(|of| of.keys().all(|word| bounds_no_more(word)));
    let large = is_within.then(|| (number.to_owned(), written.to_owned()));
    let usual = usual.as_i64().filter(|number| number.unsigned_abs() <= EXACT);
    let others = usual
        .into_iter()
        .flat_map(|number| [".0", "e0"].map(|written| (number.to_string(), format!("{number}{written}"))));
    others.chain(large).collect()
}

/// Is it a word of a schema that says nothing of how large a number may be, but for `minimum` and `maximum`, which were looked at?
fn bounds_no_more(word: &str) -> bool {
    const KNOWN: [&str; 9] = [
        "type",
        "minimum",
        "maximum",
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "$comment",
    ];
    KNOWN.contains(&word)
}

/// What becomes of a request, as far as the key that is tried has to do with it.
#[derive(PartialEq, Eq)]
enum Fate {
    Taken,
    /// Refused as this, for the key that is tried, or without naming any.
    Refused(String),
    /// Refused for another key.
    Passed,
}

impl Fate {
    fn of(answer: &Answer, action: &str, key: &str) -> Fate {
        let said: Value = serde_json::from_slice(answer.bytes()).unwrap_or_default();
        let error = if answer.raw.status == 200 { &said[action] } else { &said };
        let code = error["code"].as_str();
        match (code.or_else(|| error["error"].as_str()), error["key"].as_str()) {
            (None, _) => Fate::Taken,
            (Some(_), Some(about)) if about != key => Fate::Passed,
            // A sentence may quote the number as it is written.
            (Some(_), _) => Fate::Refused(code.unwrap_or("an error without a code").to_owned()),
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fate::Taken => f.write_str("taken"),
            Fate::Refused(code) => write!(f, "refused as {code}"),
            Fate::Passed => f.write_str("refused for another key"),
        }
    }
}

/// Ask with a number as it is written in two ways, until another key is not what it is refused for.
fn compare(
    instance: &Instance<'_>,
    action: &Described,
    key: &Key,
    [number, written]: [&str; 2],
) -> Result<(), String> {
    for spelling in SPELLINGS {
        let ask = |written: &str| -> Result<(String, Fate), String> {
            // A number that is built would be written as the library has it.
            let mut args = json!(beside(action, key, spelling)).to_string();
            args.truncate(args.len() - "}".len());
            let args = format!("{args},{}:{written}}}", json!(key.name));
            let answer = instance.dispatch(&instance.ask(args.as_bytes(), ffi::ACCESS_LIMITED));
            answer.well_formed(&args)?;
            let fate = Fate::of(&answer, &action.name, &key.name);
            Ok((args, fate))
        };
        let ((args, fate), (others, other)) = (ask(number)?, ask(written)?);
        if fate != other && ask(number)?.1 == fate {
            return Err(format!("{args} was {fate}, but {others}, with the same number, was {other}"));
        }
        if fate != Fate::Passed {
            break;
        }
    }
    Ok(())
}
