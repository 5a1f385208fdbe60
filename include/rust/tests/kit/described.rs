//! What a description says, read as the standard of schemas has it, held to what is taken: in every combination of two keys
//! with values around every bound, and whole numbers in every notation.

use serde_json::{Map, Value, json};
use sysadm_class::kit::{Class, Param, Trial, schema};
use sysadm_class::{Access, Status};

use super::Teller;

/// Values of every type and around every bound.
fn values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(9),
        json!(10),
        json!(-1),
        json!(1.5),
        json!(1.0),
        json!(9.0),
        json!(10.0),
        json!(-0.0),
        json!(-1.0),
        json!(9_007_199_254_740_992.0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(18_446_744_073_709_549_568.0),
        json!(18_446_744_073_709_551_616.0),
        json!(1e19),
        json!(1e20),
        json!(1e300),
        json!(""),
        json!("X"),
        json!("X".repeat(10)),
        json!("X".repeat(11)),
        json!("X".repeat(4096)),
        json!("X".repeat(4097)),
        // Six characters, and twelve bytes.
        json!("ÄÖÜÄÖÜ"),
        json!("Ä".repeat(2048)),
        json!("Ä".repeat(2049)),
        json!([]),
        json!(["a"]),
        json!(["a", "b"]),
        json!(["a", "b", "c"]),
        json!(["a", 1]),
        json!({}),
    ]
}

/// A number without a fraction, however it is written: what the standard calls an integer.
fn whole(value: &Value) -> Option<i128> {
    let exact = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    exact.or_else(|| value.as_f64().filter(|of| of.fract() == 0.0).map(|of| of as i128))
}

/// Does a value fulfil a schema? As much of the standard as descriptions use; what is
/// beyond is no schema of ours.
fn fulfils(value: &Value, schema: &Value) -> bool {
    schema.as_object().expect("a schema").iter().all(|(word, rule)| {
        let all = |test: &dyn Fn(&Value) -> bool| rule.as_array().expect("a list").iter().all(test);
        let number = |of: Option<u64>| of.is_none_or(|of| of <= rule.as_u64().expect("a number"));
        let whole = || whole(value);
        match word.as_str() {
            "description" => true,
            "type" => match rule.as_str().expect("a word") {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => whole().is_some(),
                other => panic!("{other}"),
            },
            "const" => value == rule,
            "required" => {
                value.as_object().is_none_or(|has| all(&|key| has.contains_key(key.as_str().expect("a key"))))
            }
            "properties" => rule
                .as_object()
                .expect("schemas")
                .iter()
                .all(|(key, schema)| value.get(key).is_none_or(|value| fulfils(value, schema))),
            "allOf" => all(&|schema| fulfils(value, schema)),
            "oneOf" => {
                rule.as_array().expect("schemas").iter().filter(|schema| fulfils(value, schema)).count() == 1
            }
            "not" => !fulfils(value, rule),
            "items" => value.as_array().is_none_or(|items| items.iter().all(|item| fulfils(item, rule))),
            "maxItems" => number(value.as_array().map(|items| items.len() as u64)),
            "maxLength" => number(value.as_str().map(|text| text.chars().count() as u64)),
            "x-maxBytes" => number(match value {
                Value::Array(items) => {
                    Some(items.iter().filter_map(Value::as_str).map(str::len).sum::<usize>() as u64)
                }
                value => value.as_str().map(|text| text.len() as u64),
            }),
            "maximum" => whole().is_none_or(|of| of <= rule.as_u64().expect("a number").into()),
            "minimum" => whole().is_none_or(|of| of >= rule.as_u64().expect("a number").into()),
            other => panic!("{other} is not looked at"),
        }
    })
}

/// Every combination of two keys with every value, and the others as they are right or left out.
#[test]
fn a_description_says_what_is_taken() {
    let host = Trial::new();
    let teller: Teller = host.create("").expect("a configuration");
    let action = &Teller::ACTIONS[0];
    let schema = schema(action);
    let names: Vec<_> = action.params().iter().map(Param::name).collect();
    let (mut taken, mut refused) = (0, 0);
    let mut look = |args: &Map<String, Value>| {
        let args = Value::Object(args.clone());
        let (status, answer) = host.ask(&teller, Access::Limited, &args.to_string());
        assert_eq!(status, Status::Ok, "{args}");
        let is_taken = answer["tell"]["code"].is_null();
        assert_eq!(is_taken, fulfils(&args, &schema), "{args}: {answer}");
        *(if is_taken { &mut taken } else { &mut refused }) += 1;
    };
    for base in [json!({"action": "tell"}), json!({"action": "tell", "text": "x", "few": 1})] {
        let base = base.as_object().expect("an object").clone();
        look(&base);
        for (at, first) in names.iter().enumerate() {
            for one in values() {
                let mut args = base.clone();
                args.insert((*first).to_owned(), one);
                look(&args);
                for (second, two) in
                    names[at + 1..].iter().flat_map(|name| values().into_iter().map(move |v| (name, v)))
                {
                    let mut args = args.clone();
                    args.insert((*second).to_owned(), two);
                    look(&args);
                }
            }
        }
    }
    assert!(taken > 50 && refused > 1000, "{taken} and {refused}");
}

/// As it is written, which `json!` does not do.
#[test]
fn a_whole_number_is_one_however_it_is_written() {
    let host = Trial::new();
    let teller: Teller = host.create("").expect("a configuration");
    let ask = |number: &str| {
        let args = format!(r#"{{"action":"tell","text":"x","few":1,"any":{number}}}"#);
        let (_, told) = host.ask(&teller, Access::Limited, &args);
        let code = || told["tell"]["code"].as_str().or(told["code"].as_str()).map(str::to_owned);
        told["tell"]["any"].as_u64().ok_or_else(code)
    };
    for (number, is) in [
        ("1.0", 1),
        ("-0", 0),
        ("-0.00", 0),
        ("0e999", 0),
        ("1e3", 1000),
        ("1E+3", 1000),
        ("10e-1", 1),
        ("0.0015e4", 15),
        ("1.50e1", 15),
        ("100000000000000000000000e-22", 10),
        ("9007199254740992.0", 1 << 53),
        ("9007199254740993", (1 << 53) + 1),
        ("9007199254740993.0", (1 << 53) + 1),
        ("1e19", 10_000_000_000_000_000_000),
        ("18446744073709549568.0", 18_446_744_073_709_549_568),
        ("1844674407370955161.5e1", u64::MAX),
        ("18446744073709551615", u64::MAX),
    ] {
        assert_eq!(ask(number), Ok(is), "{number}");
    }
    // Some of it has a whole one beside it that is the nearest that the library has.
    for number in [
        "1.5",
        "-1",
        "-1.0",
        "-10e-1",
        "18446744073709551616",
        "18446744073709551616.0",
        "1844674407370955161.6e1",
        "1e20",
        "1e-400",
        "0.99999999999999999999",
        "1.00000000000000000001",
    ] {
        assert_eq!(ask(number), Err(Some("illegal-value".to_owned())), "{number}");
    }
    for (number, code) in [("1e999", "bad-request"), (r#""\ud800""#, "bad-request"), (r#""1""#, "wrong-type")]
    {
        assert_eq!(ask(number), Err(Some(code.to_owned())), "{number}");
    }
}
