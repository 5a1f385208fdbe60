//! An answer for people. Answers are objects of which nobody here knows what they mean, so they are shown by their shape: an object of
//! objects with the same keys is a table, any other is `key: value`, a line each, and what lies in it further in.

use serde_json::{Map, Value};

use super::failure::Failure;
use super::text::{lines, quoted, table, visible};

/// With more columns than these it is no table for people.
const MOST_COLUMNS: usize = 12;
/// And one row is none with less.
const LEAST_COLUMNS: usize = 3;
/// What is listed has a line each, if it would be longer in one.
const LONGEST_LIST: usize = 80;

/// What stands under the action's name, or that it is an error: a class answers these in the same place.
pub(crate) fn of_action<'a>(args: &'a Value, action: &str) -> Result<&'a Value, Failure> {
    let Some(answer) = args.get(action) else { return Ok(args) };
    let Some(error) = answer.get("error").and_then(Value::as_str) else { return Ok(answer) };
    let word = |key: &str| answer.get(key).and_then(Value::as_str);
    let beside = match (word("code"), word("key")) {
        (Some(code), Some(key)) => format!(" ({}, `{}`)", visible(code), visible(key)),
        (Some(code), None) => format!(" ({})", visible(code)),
        _ => String::new(),
    };
    let later = answer.get("retry_after").and_then(Value::as_u64);
    let later = later.map(|seconds| format!("; try again in {seconds} s")).unwrap_or_default();
    Err(Failure::Answered(format!("{}: {}{beside}{later}", visible(action), visible(error))))
}

/// An answer to this action; what stands beside it, such as warnings, comes after it.
pub(crate) fn answer(args: &Value, action: &str) -> Result<String, Failure> {
    let main = of_action(args, action)?;
    let mut text = String::new();
    value(main, 0, &mut text);
    if let Value::Object(args) = args
        && args.contains_key(action)
    {
        for (key, beside) in args.iter().filter(|(key, _)| *key != action) {
            entry(key, beside, 0, &mut text);
        }
    }
    Ok(text)
}

/// Any value.
pub(crate) fn value(told: &Value, indent: usize, text: &mut String) {
    match told {
        Value::Object(map) => match as_table(map) {
            Some(table) => push(&table, indent, text),
            // Lines that a program has printed are keys with nothing behind them, in the documented answers.
            None if map.values().all(|told| told == "") => {
                map.keys().for_each(|line| push(&visible(line), indent, text))
            }
            None => map.iter().for_each(|(key, told)| entry(key, told, indent, text)),
        },
        Value::Array(items) => items.iter().for_each(|told| item(told, indent, text)),
        scalar => lines(&word(scalar)).for_each(|line| push(&line, indent, text)),
    }
}

/// One of several: what has more lines than one begins where it can be told from the others. A list of words is a command.
fn item(told: &Value, indent: usize, text: &mut String) {
    match told {
        Value::Object(_) => {}
        Value::Array(words) if words.iter().any(|word| word.is_object() || word.is_array()) => {}
        Value::Array(words) => {
            let words: Vec<_> = words.iter().map(|told| quoted(&word(told))).collect();
            return push(&words.join(" "), indent, text);
        }
        _ => return value(told, indent, text),
    }
    let mut lines = String::new();
    value(told, 0, &mut lines);
    for (number, line) in lines.lines().enumerate() {
        push(&format!("{}{line}", if number == 0 { "- " } else { "  " }), indent, text);
    }
}

fn entry(key: &str, told: &Value, indent: usize, text: &mut String) {
    let key = visible(key);
    let is_one_line =
        |scalar: &Value| !scalar.is_object() && !scalar.is_array() && word(scalar).lines().count() < 2;
    match told {
        // A sentence among such is a line of the same kind, and what has a name is a value, though an empty one.
        Value::String(told) if told.is_empty() && key.contains(' ') => push(&key, indent, text),
        scalar if is_one_line(scalar) => {
            push(format!("{key}: {}", visible(word(scalar).trim())).trim_end(), indent, text)
        }
        Value::Array(items) if items.iter().all(is_one_line) => {
            let items: Vec<String> = items.iter().map(|item| visible(&word(item))).collect();
            let line = format!("{key}: {}", items.join(", "));
            if line.len() <= LONGEST_LIST {
                return push(line.trim_end(), indent, text);
            }
            push(&format!("{key}:"), indent, text);
            items.iter().for_each(|item| push(item, indent + 2, text));
        }
        told => {
            push(&format!("{key}:"), indent, text);
            value(told, indent + 2, text);
        }
    }
}

fn push(lines: &str, indent: usize, text: &mut String) {
    for line in lines.lines() {
        text.extend(std::iter::repeat_n(' ', indent));
        text.push_str(line);
        text.push('\n');
    }
}

/// A value that is no object as a text without quotes.
pub(crate) fn word(scalar: &Value) -> String {
    match scalar {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

fn as_table(map: &Map<String, Value>) -> Option<String> {
    let rows: Option<Vec<(&String, &Map<String, Value>)>> =
        map.iter().map(|(name, row)| Some((name, row.as_object()?))).collect();
    let rows = rows?;
    let (_, first) = rows.first()?;
    // What has blanks in it is a sentence, and no name of anything.
    let is_name = |key: &String| !key.is_empty() && !key.contains(char::is_whitespace);
    let least = if rows.len() == 1 { LEAST_COLUMNS } else { 1 };
    let is_table =
        (least..=MOST_COLUMNS).contains(&first.len()) && first.keys().all(is_name) && map.keys().all(is_name);
    let is_alike = |row: &Map<String, Value>| {
        row.keys().eq(first.keys()) && !row.values().any(|cell| cell.is_object() || cell.is_array())
    };
    // Lines that a program has printed may be words, too; they have nothing behind them.
    let is_empty = |row: &Map<String, Value>| row.values().all(|cell| cell == "");
    if !is_table || !rows.iter().all(|(_, row)| is_alike(row)) || rows.iter().all(|(_, row)| is_empty(row)) {
        return None;
    }
    let head: Vec<String> =
        std::iter::once("name".to_owned()).chain(first.keys().map(|key| visible(key))).collect();
    let cell = |cell: &Value| visible(word(cell).trim());
    let row = |(name, row): &(&String, &Map<String, Value>)| {
        std::iter::once(visible(name)).chain(row.values().map(cell)).collect()
    };
    Some(table(&head, &rows.iter().map(row).collect::<Vec<_>>()))
}

/// Rows of which each has these keys, where there is one; what is none is a `-`.
pub(crate) fn columns(keys: &[&str], rows: &[&Value]) -> String {
    let cell = |told: Option<&Value>| told.map_or_else(|| "-".to_owned(), |told| visible(word(told).trim()));
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| keys.iter().map(|key| cell(row.get(*key))).collect()).collect();
    table(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>(), &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_shown_by_its_shape() {
        for (action, args, shown) in [
            (
                "listjails",
                json!({"listjails": {"b": {"tag": "web", "jid": "-"}, "a": {"tag": "漢", "jid": "1"}}}),
                "NAME  JID  TAG\na     1    漢\nb     -    web\n",
            ),
            ("listjails", json!({"listjails": {}}), ""),
            ("df", json!({"df": {"a": {"x": "1", "y": "2", "z": ""}}}), "NAME  X  Y  Z\na     1  2\n"),
            (
                "destroyjail",
                json!({"destroyjail": {"success": {"destroying": "x1"}}}),
                "success:\n  destroying: x1\n",
            ),
            (
                "startjail",
                json!({"startjail": {"web": {"* Starting web": "", "+ Started OK": ""}}, "warnings": ["one", "two"]}),
                "web:\n  * Starting web\n  + Started OK\nwarnings: one, two\n",
            ),
            ("execjail", json!({"execjail": {"success": {"hi": ""}}}), "success:\n  hi\n"),
            (
                "execjail",
                json!({"execjail": {"success": "a"}, "detail": {"exit": 0, "stdout": "a\n\u{1b}[2Jb\n", "stderr": ""}}),
                "success: a\ndetail:\n  exit: 0\n  stderr:\n  stdout:\n    a\n    \\u{1b}[2Jb\n",
            ),
            (
                "activatepool",
                json!({"activatepool": {"currently active": {"pool": " tank"}}}),
                "currently active:\n  pool: tank\n",
            ),
            ("x", json!({"x": [1, null, {"a": true, "b": "2"}]}), "1\n-\n- a: true\n  b: 2\n"),
            (
                "x",
                json!({"x": {"k": ["y".repeat(50), "z".repeat(50)]}}),
                &format!("k:\n  {}\n  {}\n", "y".repeat(50), "z".repeat(50)),
            ),
            (
                "x",
                json!({"x": {"dryrun": true, "runs": [["/sbin/zfs", "list"], ["/i/iocage", "set", "notes=hello world", ""]]}}),
                "dryrun: true\nruns:\n  /sbin/zfs list\n  /i/iocage set 'notes=hello world' ''\n",
            ),
            ("x", json!({"x": [["a", ["b"]], ["c"]]}), "- a\n  b\nc\n"),
            ("x", json!("text"), "text\n"),
            ("x", json!({"x": {"ip4": "", "tag": "web", "and so on": ""}}), "and so on\nip4:\ntag: web\n"),
            ("x", json!({"x": {}}), ""),
        ] {
            assert_eq!(answer(&args, action).expect("an answer"), shown, "{args}");
        }
        let many: Map<String, Value> = (0..13).map(|n| (format!("k{n}"), json!("v"))).collect();
        let shown = answer(&json!({"x": {"web": many}}), "x").expect("an answer");
        assert!(shown.starts_with("web:\n  k0: v\n"), "{shown}");
    }

    #[test]
    fn an_error_is_one_wherever_it_comes_from() {
        let args = json!({"startjail": {"code": "unknown-jail", "error": "jail \"\u{1b}\" does not exist", "key": "jail"}});
        let why = answer(&args, "startjail").expect_err("an error");
        assert_eq!(why.status(), 1);
        assert_eq!(why.to_string(), "startjail: jail \"\\u{1b}\" does not exist (unknown-jail, `jail`)");
        let args = json!({"createjail": {"code": "queue-full", "error": "no room", "retry_after": 5}});
        let why = answer(&args, "createjail").expect_err("an error").to_string();
        assert_eq!(why, "createjail: no room (queue-full); try again in 5 s");
    }
}
