//! Values that a described key should take, chosen by what its schema says of them.
//!
//! A grammar of a class's own is in no schema. So texts come in several spellings, one a round, and
//! a class that refuses all of them is not at fault: of it can only be said less.

use serde_json::{Value, json};

/// A name that nobody has.
pub(crate) const NOBODY: &str = "plugin-check-nobody";

/// What texts are made of, the likeliest first.
pub(crate) const SPELLINGS: [&str; 5] = [NOBODY, "PLUGINCHECKNOBODY", "nobody", "1", "/nobody"];

/// A value for a key of this type, with this schema (null where there is none) and of these words.
pub(crate) fn value(kind: &str, schema: &Value, words: &Value, spelling: &str) -> Value {
    let first = |values: &Value| values.as_array().and_then(|all| all.first()).cloned();
    let said = schema.get("const").cloned().or_else(|| first(&schema["enum"])).or_else(|| first(words));
    match kind {
        "boolean" => said.unwrap_or(json!(true)),
        "number" | "integer" => said.unwrap_or_else(|| number(schema)),
        "string" => said.unwrap_or_else(|| json!(text(schema, spelling))),
        kind if kind.starts_with("array") => {
            let one = said.unwrap_or_else(|| value("string", &schema["items"], &Value::Null, spelling));
            let (least, most) = bounds(schema, "minItems", "maxItems");
            json!(vec![one; size(1.clamp(least.min(most), most))])
        }
        _ => json!({}),
    }
}

/// The least and the most of something; what is not said is none.
fn bounds(schema: &Value, least: &str, most: &str) -> (u64, u64) {
    (schema[least].as_u64().unwrap_or(0), schema[most].as_u64().unwrap_or(u64::MAX))
}

/// As long as may be sent at all.
fn size(of: u64) -> usize {
    usize::try_from(of).unwrap_or(usize::MAX).min(1 << 16)
}

fn number(schema: &Value) -> Value {
    // A bound, too, may be written `10.0`, or be between two whole numbers; what is beyond an `i64` is cut to its ends.
    let bound = |word: &str, within: fn(f64) -> f64, next: i64| {
        let whole = schema[word].as_i64().map(|bound| bound.saturating_add(next));
        whole.or_else(|| schema[word].as_f64().map(|bound| within(bound) as i64))
    };
    let least = [bound("minimum", f64::ceil, 0), bound("exclusiveMinimum", |bound| bound.floor() + 1.0, 1)];
    let most = [bound("maximum", f64::floor, 0), bound("exclusiveMaximum", |bound| bound.ceil() - 1.0, -1)];
    let (least, most) = (least.into_iter().flatten().max(), most.into_iter().flatten().min());
    let raised = least.map_or(1, |least| least.max(1));
    json!(most.map_or(raised, |most| raised.min(most)))
}

/// ASCII alone, so that characters and bytes are the same.
fn text(schema: &Value, spelling: &str) -> String {
    let (least, most) = bounds(schema, "minLength", "maxLength");
    let most = most.min(schema["x-maxBytes"].as_u64().unwrap_or(u64::MAX));
    let long = (spelling.len() as u64).max(least).min(most);
    spelling.chars().cycle().take(size(long)).collect()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_value_is_within_what_the_schema_says() {
        for (kind, schema, expected) in [
            ("string", json!({"maxLength": 10}), json!("plugin-che")),
            ("string", json!({"minLength": 21}), json!("plugin-check-nobodypl")),
            ("string", json!({"maxLength": 30, "x-maxBytes": 3}), json!("plu")),
            ("string", json!({"enum": ["on", "off"]}), json!("on")),
            ("string", Value::Null, json!(NOBODY)),
            ("integer", json!({"minimum": 5, "maximum": 7}), json!(5)),
            ("integer", json!({"minimum": 0, "maximum": 18_446_744_073_709_551_615_u64}), json!(1)),
            ("number", json!({"maximum": -3}), json!(-3)),
            ("number", json!({"minimum": 9.5, "maximum": 20}), json!(10)),
            ("integer", json!({"minimum": 1e1, "maximum": 10.0}), json!(10)),
            ("integer", json!({"exclusiveMinimum": 1, "exclusiveMaximum": 3}), json!(2)),
            ("integer", json!({"minimum": 0, "exclusiveMaximum": 0.5}), json!(0)),
            ("boolean", json!({"const": false}), json!(false)),
            ("array of strings", json!({"maxItems": 0}), json!([])),
            ("array of strings", json!({"minItems": 2, "items": {"maxLength": 1}}), json!(["p", "p"])),
            ("object", Value::Null, json!({})),
        ] {
            assert_eq!(value(kind, &schema, &Value::Null, NOBODY), expected, "{kind} {schema}");
        }
        assert_eq!(value("string", &Value::Null, &json!(["ab"]), NOBODY), json!("ab"));
    }
}
