//! What serde takes and nobody means: an array in the place of an object, and a class that is there twice, or a
//! key in what it is configured with. And what it refuses, with the key that it does not tell.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde_json::{Error, Value, error::Category};
use sysadm_class::once::Once;

/// What is an array where an object stands, which serde takes for one whose keys are left out.
pub(super) fn no_object(config: &Value) -> Option<&'static str> {
    [
        ("the configuration", ""),
        ("`socket`", "/socket"),
        ("`modules`", "/modules"),
        ("`tls`", "/tls"),
        ("`tls.limits`", "/tls/limits"),
        ("`limits`", "/limits"),
    ]
    .into_iter()
    .find_map(|(key, at)| config.pointer(at)?.is_array().then_some(key))
}

/// Classes and what they are configured with, each once, and no key of that twice: the class, which would refuse it, gets what was read
/// here and made a text again.
pub(super) fn classes<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Value>, D::Error> {
    struct Classes;

    impl<'de> Visitor<'de> for Classes {
        type Value = BTreeMap<String, Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object with a key for each class")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut classes = BTreeMap::new();
            while let Some((class, Once(config))) = map.next_entry::<String, Once>()? {
                // Classes are found without regard to case.
                if classes.keys().any(|there: &String| there.eq_ignore_ascii_case(&class)) {
                    return Err(A::Error::custom(format!("{class:?} is there twice")));
                }
                classes.insert(class, config);
            }
            Ok(classes)
        }
    }

    from.deserialize_map(Classes)
}

/// Why this is no configuration: of a value of the wrong type which key has it, and what that may be, as `usual` has it.
pub(super) fn named(text: &str, why: &Error, usual: &Value) -> String {
    let sentence = why.to_string();
    // That names its key itself.
    if why.classify() != Category::Data || sentence.starts_with("unknown field") {
        return sentence;
    }
    let mut keys = keys_at(text, why.line(), why.column());
    // What is there twice is right both times, for all that is known, and leaving it away is no mend.
    if let Some((key, place)) =
        sentence.strip_prefix("duplicate field `").and_then(|rest| rest.split_once('`'))
    {
        // Its second value was not come to yet, but to what stands before it.
        keys.pop();
        keys.push(key.to_owned());
        return format!("`{}` is there twice{place}", keys.join("."));
    }
    if keys.is_empty() {
        return sentence;
    }
    if sentence.contains(" is there twice") {
        return format!("`{}`: {sentence}", keys.join("."));
    }
    let usual = usual.pointer(&format!("/{}", keys.join("/"))).filter(|usual| !usual.is_null());
    let usual = usual.map(|usual| format!("; without it, it is {usual}")).unwrap_or_default();
    format!("`{}`: {sentence}{usual}", keys.join("."))
}

/// The keys that lead to what ends at this place of JSON.
fn keys_at(text: &str, line: usize, column: usize) -> Vec<String> {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let (end, bytes) = ((before + column).min(text.len()), text.as_bytes());
    // Of each object and array around it the key that was read last; of an array there is none.
    let mut around: Vec<Option<String>> = Vec::new();
    let (mut at, mut last) = (0, String::new());
    while at < end {
        match bytes[at] {
            b'{' | b'[' => around.push(None),
            b'}' | b']' => drop(around.pop()),
            b':' => around.last_mut().into_iter().for_each(|key| *key = Some(std::mem::take(&mut last))),
            b'"' => {
                let begun = at;
                at += 1;
                while at < end && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let quoted = text.get(begun..=at).unwrap_or_default();
                last = serde_json::from_str(quoted).unwrap_or_default();
            }
            _ => {}
        }
        at += 1;
    }
    around.into_iter().flatten().collect()
}
