//! An args object as it was sent, with what is malformed refused: too large, the
//! same key twice.
//!
//! It is gone through twice. First only for the name of the action, so that who may
//! not do it, or names none, costs nothing more; then for the keys that the action
//! has. All else is skipped and never kept, whatever it is: a tree of values takes a
//! hundred times the memory of its text, and anybody may send one.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::outcome::Failure;
use super::param::Param;
use super::value::{Takes, Value};
use crate::codes;
use crate::quoted::Quoted;

/// The most bytes of args that are looked at.
pub const MAX_ARGS: usize = 1 << 20;
/// The most keys of an args object.
pub const MAX_KEYS: usize = 64;
/// How much of the name of an action is kept: no action is called by a longer one.
const NAMED: usize = 512;

/// The name of the action that args ask for, compared with case by the caller.
///
/// # Errors
/// `bad-request`, for anything but an object of sane size that names one.
pub(super) fn action(args: &[u8]) -> Result<String, Failure> {
    if args.len() > MAX_ARGS {
        return Err(bad(format!("the args are longer than {MAX_ARGS} bytes")));
    }
    let (mut keys, mut found) = (Keys::default(), None);
    let mut wanted = |key: &str| {
        keys.note(key)?;
        Ok((key == "action").then_some(Takes::Text(NAMED)))
    };
    read(ARGS, args, &mut wanted, &mut |value| found = Some(value))?;
    match found {
        Some(Value::Text(name) | Value::LongText(name)) => Ok(name),
        _ => Err(bad("the args hold no string `action`".to_owned())),
    }
}

pub(super) fn bad(message: String) -> Failure {
    Failure::of(codes::BAD_REQUEST, message)
}

/// What an args object holds of the keys of one action.
#[derive(Debug, PartialEq)]
pub(super) struct Object(Vec<(&'static str, Value)>);

impl Object {
    /// Read the values of `params` out of args in which [`action`] found a name.
    ///
    /// # Errors
    /// `bad-request`, as there.
    pub(super) fn parse(params: &[Param], args: &[u8]) -> Result<Object, Failure> {
        let (mut names, mut values) = (Vec::new(), Vec::new());
        let mut wanted = |name: &str| {
            let param = params.iter().find(|param| param.name == name);
            names.extend(param.map(Param::name));
            Ok(param.map(|param| (param.kind.takes)()))
        };
        read(ARGS, args, &mut wanted, &mut |value| values.push(value))?;
        Ok(Object(names.into_iter().zip(values).collect()))
    }

    /// Read a configuration, which holds nothing but `params`; empty text is an empty one.
    ///
    /// # Errors
    /// `bad-request`: it is no object, has a key twice, or one that there is not.
    pub(super) fn strict(params: &[Param], config: &[u8]) -> Result<Object, Failure> {
        if config.is_empty() {
            return Ok(Object(Vec::new()));
        }
        let (mut keys, mut unknown) = (Keys::default(), None);
        let mut wanted = |name: &str| {
            keys.note(name)?;
            if !params.iter().any(|param| param.name == name) {
                unknown.get_or_insert_with(|| Quoted(name).to_string());
            }
            Ok(None)
        };
        read(CONFIGURATION, config, &mut wanted, &mut drop)?;
        if let Some(unknown) = unknown {
            let known: Vec<_> = params.iter().map(Param::name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(bad(format!("the configuration has the unknown key {unknown}; there is {known}")));
        }
        Object::parse(params, config)
    }

    /// The value of a key, if it is a string; of one that is too long its beginning.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.value(key) {
            Some(Value::Text(text) | Value::LongText(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// Move a value out, which is not to be in memory twice. That it was there is still known.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        let (_, value) = self.0.iter_mut().find(|(known, _)| *known == key)?;
        Some(std::mem::replace(value, Value::Null))
    }
}

/// The keys that were there, of which none may be there twice. Only what each hashes
/// to is kept: they are anybody's, and as long as he likes.
#[derive(Default)]
struct Keys(Vec<u64>);

impl Keys {
    fn note(&mut self, key: &str) -> Result<(), String> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let hash = hasher.finish();
        if self.0.contains(&hash) {
            return Err(format!("the key {} is there twice", Quoted(key)));
        }
        if self.0.len() == MAX_KEYS {
            return Err(format!("more than {MAX_KEYS} keys"));
        }
        self.0.push(hash);
        Ok(())
    }
}

/// Says of a key whether its value is wanted, and as what.
type Wanted<'f> = dyn FnMut(&str) -> Result<Option<Takes>, String> + 'f;

/// What is read, in errors.
const ARGS: &str = "args are";
const CONFIGURATION: &str = "configuration is";

/// Go through an object, and hand on the values that are wanted.
fn read(
    what: &str,
    object: &[u8],
    wanted: &mut Wanted<'_>,
    keep: &mut dyn FnMut(Value),
) -> Result<(), Failure> {
    // Before the library looks: it would quote what else it finds, whole and escaped.
    if object.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| *byte != b'{') {
        return Err(bad(format!("the {what} not a JSON object: it does not begin with a brace")));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(object);
    // A derived struct would also take an array; this takes an object only.
    let done = deserializer.deserialize_map(Entries { wanted, keep }).and_then(|()| deserializer.end());
    done.map_err(|e| bad(format!("the {what} not a JSON object: {e}")))
}

struct Entries<'f, 'w> {
    wanted: &'f mut Wanted<'w>,
    keep: &'f mut dyn FnMut(Value),
}

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(takes) = map.next_key_seed(Name(self.wanted))? {
            match takes {
                Some(takes) => (self.keep)(map.next_value_seed(takes)?),
                None => drop(map.next_value_seed(Takes::Plain)?),
            }
        }
        Ok(())
    }
}

/// Reads a key without keeping it.
struct Name<'f, 'w>(&'f mut Wanted<'w>);

impl<'de> DeserializeSeed<'de> for Name<'_, '_> {
    type Value = Option<Takes>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Takes>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_, '_> {
    type Value = Option<Takes>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Option<Takes>, E> {
        (self.0)(key).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::Key;

    const KEYS: &[Param] = &[
        Key::<String>::new("jail").optional(),
        Key::<Vec<String>>::new("argv").optional(),
        Key::<bool>::new("detail").optional(),
    ];

    #[test]
    fn only_an_object_without_repeated_keys_is_a_request() {
        for bad in [
            "",
            "[]",
            "5",
            "\"listjails\"",
            "null",
            "{\"a\":1,\"a\":2}",
            "{\"a\":[],\"\\u0061\":2,\"action\":\"df\"}",
            "{\"action\":\"df\"}x",
            "{\"action\":\"\\ud800\"}",
            "{\"action\":\"df\",\"x\":[1,]}",
            "{\"action\":\"df\",\"x\":{\"y\":\"\\ud800\"}}",
            "{\"action\":\"df\",\"x\":1e999}",
        ] {
            assert_eq!(action(bad.as_bytes()).expect_err(bad).code, "bad-request");
        }
        let many: Vec<_> = (0..=MAX_KEYS).map(|n| format!("\"k{n}\":0")).collect();
        assert!(action(format!("{{{}}}", many.join(",")).as_bytes()).is_err());
        assert!(action("[".repeat(100_000).as_bytes()).is_err(), "deep nesting is no stack overflow");
        let deep = format!("{{\"x\":{}{},\"action\":\"df\"}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(action(deep.as_bytes()).is_err(), "nor where nobody reads it");
    }

    /// Of which JSON has several kinds of breaks, and the keys of an action other readers than those that nobody takes.
    #[test]
    fn where_a_number_breaks_is_told() {
        const KEYS: &[Param] = &[Key::<u64>::new("a").optional(), Key::<Vec<String>>::new("b").optional()];
        for (number, at) in [
            ("1.", 3),
            ("01", 2),
            ("-", 2),
            ("-x", 2),
            ("1e", 3),
            ("1e+", 4),
            ("-01", 3),
            ("1.5e", 5),
            (".5", 1),
            ("[1,02]", 5),
            ("12345678901234567890123456789.", 31),
            ("{\"c\":1.}", 8),
        ] {
            for (before, line) in [(r#"{"action":"x","a":"#, 1), ("{\"action\":\"x\",\n\n \"b\" : ", 3)] {
                let text = format!("{before}{number}}}");
                let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1) + at;
                let place = format!(" at line {line} column {column}");
                let refused = [
                    action(text.as_bytes()).map(drop),
                    Object::parse(KEYS, text.as_bytes()).map(drop),
                    Object::strict(KEYS, text.as_bytes()).map(drop),
                ];
                for why in refused {
                    let why = why.expect_err(&text).message;
                    assert!(why.ends_with(&place), "{text}: {why}");
                }
            }
        }
    }

    #[test]
    fn the_action_is_a_string() {
        for bad in ["{}", "{\"action\":5}", "{\"action\":[\"listjails\"]}", "{\"action\":null}"] {
            assert_eq!(action(bad.as_bytes()).expect_err(bad).code, "bad-request");
        }
        assert_eq!(action(br#"{"\u0061ction":"d\u0066"}"#).as_deref(), Ok("df"));
    }

    #[test]
    fn of_the_rest_only_the_keys_of_the_action_are_kept() {
        let args =
            br#"{"x":{"jail":[1,{}]},"argv":["a","b",3,"c"],"action":"df","detail":[{"a":1}],"jail":"j"}"#;
        let object = Object::parse(KEYS, args).expect("an object");
        assert_eq!(object.text("jail"), Some("j"));
        assert_eq!(
            object.value("argv"),
            Some(&Value::Array {
                strings: vec!["a".into(), "b".into()],
                odd: Some("a number"),
                is_long: false
            })
        );
        let nothing = Value::Array { strings: vec![], odd: None, is_long: false };
        assert_eq!((object.value("detail"), object.value("x")), (Some(&nothing), None));
    }

    #[test]
    fn an_array_is_cut_while_it_is_read() {
        let args = format!("{{\"argv\":[{}\"x\"],\"action\":\"df\"}}", "\"x\",".repeat(100_000));
        match Object::parse(KEYS, args.as_bytes()).expect("an object").value("argv") {
            Some(Value::Array { strings, is_long: true, .. }) => assert!(strings.len() < 2000),
            other => panic!("{other:?}"),
        }
    }
}
