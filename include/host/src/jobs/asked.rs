//! Is a request one for a job? Two keys beside `action` are the host's own, `async` and `async_key`:
//! they are taken out of the args, of which every other byte reaches the class as the client wrote it.
//!
//! Args in which `async` cannot be a key are not read at all, and what is not understood is passed
//! on as it is: to refuse it is the class's business, in its own words.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The most bytes of a client's own key.
const MOST_KEY: usize = 200;
/// The most bytes of the args of a job, as a class of the kit takes them.
const MOST_ARGS: usize = 1 << 20;

/// What a request is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked<'a> {
    /// One to be passed on, without a byte changed.
    Plain,
    /// One to be answered at once, which said so: its args without that.
    Now(String),
    /// A job.
    Job(Job<'a>),
    /// It cannot be either: the key at fault, and a sentence.
    Wrong(&'static str, String),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Job<'a> {
    pub(crate) args: String,
    pub(crate) action: Cow<'a, str>,
    /// By which a request is known when it is repeated.
    pub(crate) key: Option<String>,
}

/// Read it.
pub(crate) fn read(args: &str) -> Asked<'_> {
    // A key may be written with escapes, which all contain this.
    if !args.contains("async") && !args.contains("\\u") {
        return Asked::Plain;
    }
    let Some(found) = members(args) else { return Asked::Plain };
    let wrong = |key, what: &str| Asked::Wrong(key, what.to_owned());
    let [ours @ .., last] = &*found.asyncs else { return Asked::Plain };
    if !ours.is_empty() || found.keys.len() > 1 {
        return wrong("async", "`async` or `async_key` is there twice");
    }
    let is_job = match last.value {
        "true" => true,
        "false" => false,
        _ => return wrong("async", "`async` takes true or false"),
    };
    let key = match found.keys.first() {
        None => None,
        Some(key) => match serde_json::from_str::<String>(key.value) {
            Ok(word) if !word.is_empty() && word.len() <= MOST_KEY => Some(word),
            _ => {
                return Asked::Wrong(
                    "async_key",
                    format!("`async_key` takes a text of 1 to {MOST_KEY} bytes"),
                );
            }
        },
    };
    let without = without(args, found.start, [Some(last), found.keys.first()]);
    if !is_job {
        return Asked::Now(without);
    }
    if without.len() > MOST_ARGS {
        return Asked::Wrong("async", format!("the args of a job are at most {MOST_ARGS} bytes"));
    }
    match found.action {
        Some(action) => Asked::Job(Job { args: without, action, key }),
        None => wrong("action", "the args hold no string `action`"),
    }
}

/// The action that args ask for.
pub(crate) fn action(args: &str) -> Option<Cow<'_, str>> {
    members(args)?.action
}

/// A member of the object that is ours: where the one before it ends, where it ends itself, and is
/// it the first?
struct Member<'a> {
    place: Range<usize>,
    is_first: bool,
    value: &'a str,
}

/// What is looked for in args.
struct Found<'a> {
    /// Behind the brace.
    start: usize,
    asyncs: Vec<Member<'a>>,
    keys: Vec<Member<'a>>,
    action: Option<Cow<'a, str>>,
}

fn members(args: &str) -> Option<Found<'_>> {
    // Each value tells where it lies in the text, the keys do not.
    let start = args.find('{')? + 1;
    let mut deserializer = serde_json::Deserializer::from_str(args);
    let found = deserializer.deserialize_map(Reader { args, start }).ok()?;
    deserializer.end().ok()?;
    Some(found)
}

struct Reader<'a> {
    args: &'a str,
    start: usize,
}

impl<'a> Visitor<'a> for Reader<'a> {
    type Value = Found<'a>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Found<'a>, A::Error> {
        let mut found = Found { start: self.start, asyncs: Vec::new(), keys: Vec::new(), action: None };
        let (mut before, mut is_first) = (self.start, true);
        // A key without escapes is a part of the text; the others are few.
        while let Some(Key(key)) = map.next_key::<Key<'a>>()? {
            let value = map.next_value::<&'a RawValue>()?.get();
            let end = value.as_ptr() as usize - self.args.as_ptr() as usize + value.len();
            let member = || Member { place: before..end, is_first, value };
            match &*key {
                "async" => found.asyncs.push(member()),
                "async_key" => found.keys.push(member()),
                "action" => found.action = serde_json::from_str::<Key<'a>>(value).ok().map(|key| key.0),
                _ => {}
            }
            if found.asyncs.len() + found.keys.len() > 4 {
                return Err(A::Error::custom("too many"));
            }
            (before, is_first) = (end, false);
        }
        Ok(found)
    }
}

/// A text, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key<'de>, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// The args without these members. Each goes with the comma before it, and if the first goes, so does the comma
/// behind it.
fn without(args: &str, start: usize, members: [Option<&Member<'_>>; 2]) -> String {
    let mut gone: Vec<_> = members.into_iter().flatten().collect();
    gone.sort_by_key(|member| member.place.start);
    let mut kept = String::with_capacity(args.len());
    let mut at = 0;
    for member in &gone {
        kept.push_str(&args[at..member.place.start]);
        at = member.place.end;
    }
    kept.push_str(&args[at..]);
    if gone.first().is_some_and(|member| member.is_first) {
        let rest = kept[start..].trim_ascii_start();
        if let Some(rest) = rest.strip_prefix(',') {
            kept = format!("{}{rest}", &kept[..start]);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(args: &str, key: Option<&str>) -> Asked<'static> {
        let key = key.map(str::to_owned);
        Asked::Job(Job { args: args.to_owned(), action: Cow::Borrowed("a"), key })
    }

    #[test]
    fn the_rest_is_as_the_client_wrote_it() {
        for (args, kept) in [
            (r#"{"action":"a","async":true}"#, r#"{"action":"a"}"#),
            (r#"{"async":true,"action":"a"}"#, r#"{"action":"a"}"#),
            (r#" { "async" : true , "action":"a" } "#, r#" { "action":"a" } "#),
            (
                r#"{"b":[1, {"async":9}],"async":true, "action":"a"}"#,
                r#"{"b":[1, {"async":9}], "action":"a"}"#,
            ),
            (
                r#"{"action":"\u0061","x":1e9,"x":"}","\u0061sync":true}"#,
                r#"{"action":"\u0061","x":1e9,"x":"}"}"#,
            ),
        ] {
            let read = read(args);
            let Asked::Job(got) = &read else { panic!("{args}: {read:?}") };
            assert_eq!((&*got.args, &*got.action), (kept, "a"), "{args}");
        }
    }

    #[test]
    fn a_key_of_the_clients_is_taken_out_too() {
        let one = read(r#"{"async":true,"async_key":"k","action":"a","x":1}"#);
        assert_eq!(one, job(r#"{"action":"a","x":1}"#, Some("k")));
        let two = read(r#"{"async_key":"\u006b","action":"a","x":1,"async":true}"#);
        assert_eq!(two, job(r#"{"action":"a","x":1}"#, Some("k")));
        let three = read(r#"{"action":"a","async":true,"x":1,"async_key":"k"}"#);
        assert_eq!(three, job(r#"{"action":"a","x":1}"#, Some("k")));
        assert_eq!(read(r#"{"async_key":"k","async":false}"#), Asked::Now("{}".to_owned()));
        // Without `async` it is not ours.
        assert_eq!(read(r#"{"action":"a","async_key":"k"}"#), Asked::Plain);
    }

    #[test]
    fn what_has_not_the_key_is_passed_on() {
        for args in [
            r#"{"action":"a"}"#,
            r#"{"action":"async"}"#,
            r#"{"x":{"async":true}}"#,
            r#"{"action":"\u0061"}"#,
            r#"{"async":true"#,
            r#"[{"async":true}]"#,
            r#"{"async":true}{}"#,
            "async",
            "",
        ] {
            assert_eq!(read(args), Asked::Plain, "{args}");
        }
        let deep = format!(r#"{{"async":false,"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(read(&deep), Asked::Now(_)), "deep nesting is the class's to refuse");
    }

    #[test]
    fn what_has_it_wrong_is_refused() {
        for (args, key) in [
            (r#"{"action":"a","async":1}"#, "async"),
            (r#"{"action":"a","async":"true"}"#, "async"),
            (r#"{"action":"a","async":null}"#, "async"),
            (r#"{"action":"a","async":true,"async":true}"#, "async"),
            (r#"{"action":"a","async":true,"async_key":""}"#, "async_key"),
            (r#"{"action":"a","async":true,"async_key":7}"#, "async_key"),
            (r#"{"async":true}"#, "action"),
            (r#"{"async":true,"action":7}"#, "action"),
        ] {
            let read = read(args);
            assert!(matches!(&read, Asked::Wrong(at, _) if *at == key), "{args}: {read:?}");
        }
        let long = format!(r#"{{"action":"a","async":true,"x":"{}"}}"#, "x".repeat(MOST_ARGS));
        assert!(matches!(read(&long), Asked::Wrong("async", _)));
    }

    /// Wherever they stand and however it is written: what is left is the same object without them, and every
    /// part that is left is there to the byte.
    #[test]
    fn of_any_object_only_what_is_ours_goes() {
        let blanks = ["", " ", "\n\t"];
        let others =
            [r#""x":[1,{"async":true}]"#, r#""s":"a,\"}\u0061""#, r#""n":-1.5e3"#, r#""action":"a""#];
        let ours = [r#""async":true"#, r#""\u0061sync" : true"#];
        let keys = [None, Some(r#""async_key":"k""#)];
        let mut seen = 0;
        for blank in blanks {
            for (ours, key) in ours.iter().flat_map(|ours| keys.iter().map(move |key| (ours, key))) {
                for at in 0..=others.len() {
                    for key_at in 0..=others.len() {
                        let mut parts: Vec<&str> = others.to_vec();
                        parts.insert(at, ours);
                        if let Some(key) = key {
                            parts.insert(key_at, key);
                        }
                        let args = format!("{{{blank}{}{blank}}}", parts.join(&format!("{blank},{blank}")));
                        let read = read(&args);
                        let Asked::Job(job) = read else { panic!("{args}: {read:?}") };
                        let mut whole: serde_json::Value = serde_json::from_str(&args).expect("JSON");
                        let members = whole.as_object_mut().expect("an object");
                        members.remove("async");
                        assert_eq!(members.remove("async_key").is_some(), job.key.is_some());
                        let left: serde_json::Value = serde_json::from_str(&job.args)
                            .unwrap_or_else(|e| panic!("{args} {}: {e}", job.args));
                        assert_eq!(left, whole, "{args}");
                        assert!(others.iter().all(|part| job.args.contains(part)), "{args}: {}", job.args);
                        seen += 1;
                    }
                }
            }
        }
        assert_eq!(seen, 3 * 4 * 25);
    }
}
