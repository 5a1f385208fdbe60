//! The kit, held to its word: what a description says is what is taken, each code of its own is
//! produced, and a class of it is one like any other to a host.
#![cfg(all(feature = "module", feature = "host"))]
#![allow(missing_docs)]

mod described;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sysadm_class::host::{Module, Request, Silent};
use sysadm_class::kit::{Action, Answer, Args, Argument, Call, Class, Failure, Key, Param, Row, Trial};
use sysadm_class::{Access, Identity, Status, codes};

/// Tells what it was asked with.
struct Teller {
    denied: Vec<String>,
}

/// A text in capitals.
#[derive(Debug)]
struct Loud(String);

impl Argument for Loud {
    type From = String;
    const MOST: u64 = 10;

    fn parse(key: &Param, text: String) -> Result<Loud, Failure> {
        if text.chars().any(char::is_lowercase) {
            return Err(key.wrong("not-loud", format!("`{}` is not in capitals", key.name())));
        }
        Ok(Loud(text))
    }
}

#[derive(Debug)]
struct Few(u64);

impl Argument for Few {
    type From = u64;
    const LEAST: u64 = 1;
    const MOST: u64 = 9;

    fn parse(_: &Param, number: u64) -> Result<Few, Failure> {
        Ok(Few(number))
    }
}

#[derive(Debug)]
struct Pair(Vec<String>);

impl Argument for Pair {
    type From = Vec<String>;
    const MOST: u64 = 2;
    const BYTES: usize = 100;

    fn parse(_: &Param, words: Vec<String>) -> Result<Pair, Failure> {
        Ok(Pair(words))
    }
}

const DENY: Key<Vec<String>> = Key::new("deny").says("what nobody may");
const TEXT: Key<String> = Key::new("text").says("a text");
const LOUD: Key<Loud> = Key::new("loud").says("a text in capitals");
const FEW: Key<Few> = Key::new("few").says("a number");
const PAIR: Key<Pair> = Key::new("pair").says("two words");
const FLAG: Key<bool> = Key::new("flag").says("yes or no");
const ANY: Key<u64> = Key::new("any").says("any number");

impl Teller {
    fn tell(&self, _: &Call<'_>, args: &Args) -> Result<Answer, Failure> {
        Ok(json!({
            "any": args.get(&ANY),
            "few": args.get(&FEW).map(|Few(few)| few),
            "flag": args.is_set(&FLAG),
            "loud": args.get(&LOUD).map(|Loud(loud)| loud),
            "pair": args.get(&PAIR).map(|Pair(pair)| pair),
            "text": args.get(&TEXT),
        })
        .into())
    }

    fn wait(&self, call: &Call<'_>, _: &Args) -> Result<Answer, Failure> {
        loop {
            call.still_wanted()?;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Class for Teller {
    const IDENTITY: Identity = Identity::new("test", "teller", "1.0.0", "tells").unload_safe();
    const CONFIG: &[Param] = &[DENY.optional()];
    const ACTIONS: &[Row<Teller>] = &[
        Action::new("tell", Teller::tell).says("tells").takes(&[
            TEXT.required().or(&LOUD),
            LOUD.optional(),
            FEW.required(),
            PAIR.optional().or(&FLAG),
            FLAG.optional(),
            ANY.optional(),
        ]),
        Action::new("wait", Teller::wait).needs(Access::Full).long(),
    ];

    fn create(config: &Args) -> Result<Teller, Failure> {
        Ok(Teller { denied: config.get(&DENY).cloned().unwrap_or_default() })
    }

    fn denied(&self) -> &[String] {
        &self.denied
    }
}

/// What an action's error has for code and key, or the status where there is none.
fn failure(action: &str, (status, answer): (Status, Value)) -> (Option<String>, Option<String>) {
    let told = if status == Status::Ok { &answer[action] } else { &answer };
    let text = |key: &str| told[key].as_str().map(str::to_owned);
    (text("code"), text("key"))
}

#[test]
fn each_code_of_the_kit_is_produced_with_its_status() {
    let host = Trial::new().within(Duration::from_millis(20));
    let teller: Teller = host.create("{}").expect("a configuration");
    let denying: Teller = host.create(r#"{"deny": ["tell"]}"#).expect("a configuration");
    let given_up = Trial::new();
    given_up.cancel();
    let mut seen = BTreeSet::new();
    let mut note = |host: &Trial, class: &Teller, access, args: Value| {
        let (status, answer) = host.ask(class, access, &args.to_string());
        let action = args["action"].as_str().unwrap_or_default();
        let (code, _) = failure(action, (status, answer.clone()));
        seen.insert((status.code(), code.unwrap_or_else(|| panic!("{args}: {answer}"))));
    };
    let limited = Access::Limited;
    note(&host, &teller, limited, json!({"action": "wait"}));
    note(&host, &teller, limited, json!({"action": "nosuch"}));
    note(&host, &teller, limited, json!({"action": "tell", "text": "x", "loud": "X", "few": 1}));
    note(&host, &denying, limited, json!({"action": "tell"}));
    note(&host, &teller, limited, json!({"action": "tell", "text": "x", "few": 10}));
    note(&host, &teller, limited, json!({"action": "tell"}));
    note(&given_up, &teller, Access::Full, json!({"action": "wait"}));
    note(&host, &teller, Access::Full, json!({"action": "wait"}));
    note(&host, &teller, limited, json!({"action": "tell", "loud": "X".repeat(11), "few": 1}));
    note(&host, &teller, limited, json!({"action": "tell", "text": 5, "few": 1}));
    let all = codes::OF_ACTIONS.map(|(code, status, _)| (status.code(), code.to_owned()));
    assert_eq!(seen, BTreeSet::from(all));
}

/// What a class wrote and is no JSON is a defect that its tests show, and no answer.
#[cfg(debug_assertions)]
#[test]
fn what_is_written_is_one_value_of_json() {
    struct Writer;
    const BYTES: Key<Vec<String>> = Key::new("bytes").says("the codes of what is written");
    impl Writer {
        fn write(&self, _: &Call<'_>, args: &Args) -> Result<Answer, Failure> {
            let bytes = args.need(&BYTES)?.iter().map(|byte| byte.parse().expect("a byte"));
            Ok(Answer::written(bytes.collect()))
        }
    }
    impl Class for Writer {
        const IDENTITY: Identity = Identity::new("test", "writer", "1.0.0", "").unload_safe();
        const ACTIONS: &[Row<Writer>] = &[Action::new("write", Writer::write).takes(&[BYTES.required()])];
        fn create(_: &Args) -> Result<Writer, Failure> {
            Ok(Writer)
        }
    }
    let module = Module::of::<Writer>();
    let instance = module.create(Arc::new(Silent), "").expect("an instance");
    for (written, status) in [
        (&b"{\"a\":[1]}"[..], Status::Ok),
        (b" 7\n", Status::Ok),
        (b"", Status::Internal),
        (b"1 2", Status::Internal),
        (b"1},{\"b\":2", Status::Internal),
        (b"{\"a\":", Status::Internal),
        (b"\"\xff\"", Status::Internal),
    ] {
        let bytes: Vec<_> = written.iter().map(u8::to_string).collect();
        let args = json!({"action": "write", "bytes": bytes}).to_string();
        let request = Request::new("test", "writer", &args, Access::Limited);
        let response = instance.dispatch(&request).expect("a call");
        assert_eq!(response.status(), status, "{}", written.escape_ascii());
    }
}

#[test]
fn what_a_grammar_of_the_class_refuses_is_told_in_its_words() {
    let host = Trial::new();
    let teller: Teller = host.create("").expect("a configuration");
    let told = host.ask(&teller, Access::Limited, r#"{"action":"tell","loud":"x","few":1}"#);
    assert_eq!(failure("tell", told), (Some("not-loud".to_owned()), Some("loud".to_owned())));
    let (_, told) = host.ask(
        &teller,
        Access::Limited,
        r#"{"action":"tell","loud":"HO","few":2,"pair":["a","b"],"x":[]}"#,
    );
    assert_eq!(
        told["tell"],
        json!({"any": null, "few": 2, "flag": false, "loud": "HO", "pair": ["a", "b"], "text": null})
    );
}

#[test]
fn a_configuration_has_the_keys_that_the_class_has() {
    let host = Trial::new();
    for (config, part) in [
        ("[]", "the configuration is not a JSON object"),
        (r#"{"dney":[]}"#, "unknown key \"dney\"; there is deny"),
        (r#"{"deny":[],"deny":[]}"#, "twice"),
        (r#"{"deny":"tell"}"#, "`deny` must be an array of strings, not a string"),
    ] {
        let (status, told) = host.create::<Teller>(config).err().expect(config);
        assert_eq!(status, Status::BadRequest, "{config}");
        assert!(told["error"].as_str().is_some_and(|error| error.contains(part)), "{told}");
    }
}

#[test]
fn who_asks_by_another_type_gets_nothing() {
    const OTHER: Key<u64> = Key::new("text");
    struct Odd;
    impl Odd {
        fn odd(&self, _: &Call<'_>, args: &Args) -> Result<Answer, Failure> {
            Ok(json!(args.need(&OTHER)?).into())
        }
    }
    impl Class for Odd {
        const IDENTITY: Identity = Identity::new("test", "odd", "1.0.0", "");
        const ACTIONS: &[Row<Odd>] = &[Action::new("odd", Odd::odd).takes(&[TEXT.required()])];
        fn create(_: &Args) -> Result<Odd, Failure> {
            Ok(Odd)
        }
    }
    let told = Trial::new().ask(&Odd, Access::Limited, r#"{"action":"odd","text":"x"}"#);
    assert_eq!(failure("odd", told).0.as_deref(), Some("missing-key"));
}

#[test]
fn to_a_host_it_is_a_module_like_any_other() {
    let module = Module::of::<Teller>();
    assert_eq!((module.namespace(), module.name(), module.version()), ("test", "teller", "1.0.0"));
    let instance = module.create(Arc::new(Silent), r#"{"deny":["wait"]}"#).expect("an instance");
    let ask = |args: &str| {
        let request = Request::new("test", "teller", args, Access::Full);
        instance.dispatch(&request).expect("a call").text().into_owned()
    };
    assert!(ask(r#"{"action":"wait"}"#).contains("wait is denied here"));
    let described: Value =
        serde_json::from_str(&instance.describe().expect("described").text()).expect("JSON");
    assert_eq!(described["denied"], json!({"actions": ["wait"]}));
    let actions = described["actions"].as_array().expect("actions");
    assert_eq!(actions.iter().map(|a| a["long"].clone()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(actions[0]["keys"][0]["instead"], "loud");
    let state = instance.export_state().expect("a call").text().into_owned();
    assert_eq!(state, r#"{"id":"test/teller","version":1}"#);
    let mut successor = module.create(Arc::new(Silent), "").expect("an instance");
    assert_eq!(successor.import_state(&state).expect("a call").status(), Status::Ok);
    for other in [r#"{"id":"test/teller","version":2}"#, r#"{"id":"test/other","version":1}"#, "[]", ""] {
        assert_eq!(successor.import_state(other).expect("a call").status(), Status::BadRequest, "{other}");
    }
}

/// Whichever of two keys stands first in the row, both are too many; and what is no object is not
/// repeated, however long it is.
#[test]
fn a_row_is_read_in_any_order_and_garbage_is_not_quoted() {
    struct Odd;
    impl Odd {
        fn odd(&self, _: &Call<'_>, _: &Args) -> Result<Answer, Failure> {
            Ok(json!({}).into())
        }
    }
    impl Class for Odd {
        const IDENTITY: Identity = Identity::new("test", "odd", "1.0.0", "");
        const ACTIONS: &[Row<Odd>] =
            &[Action::new("odd", Odd::odd).takes(&[FLAG.optional(), TEXT.required().or(&FLAG)])];
        fn create(_: &Args) -> Result<Odd, Failure> {
            Ok(Odd)
        }
    }
    let host = Trial::new();
    let told = host.ask(&Odd, Access::Limited, r#"{"action":"odd","flag":true,"text":"x"}"#);
    assert_eq!(failure("odd", told).0.as_deref(), Some("contradictory-keys"));
    let long = format!(" \"{}\"", "\u{200b}".repeat(100_000));
    let (status, told) = host.ask(&Odd, Access::Limited, &long);
    assert!(status == Status::BadRequest && told.to_string().len() < 200, "{}", told.to_string().len());
}
