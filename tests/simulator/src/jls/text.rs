//! The text forms of jls.

use super::parameters::Value;
use crate::prison::Prison;

/// Cells have their width and no more: what is longer is cut, but for the path, which may have 74 bytes.
pub(super) fn table(prisons: &[Prison], by_name: bool) -> String {
    let mut text = if by_name {
        " JID             IP Address      Hostname                      Path\n"
    } else {
        "   JID  IP Address      Hostname                      Path\n"
    }
    .to_owned();
    for prison in prisons {
        let first = if by_name { format!(" {:<15}", prison.name) } else { format!("{:>6} ", prison.jid) };
        let ip4 = prison.ip4.first().map_or("", String::as_str);
        text.push_str(&format!("{first} {ip4:<15.15} {:<29.29} {:.74}\n", prison.hostname, prison.path));
    }
    text
}

pub(super) fn verbose(prisons: &[Prison]) -> String {
    let mut text =
        "   JID  Hostname                      Path\n        Name                          State\n        \
                    CPUSetID\n        IP Address(es)\n"
            .to_owned();
    for prison in prisons {
        text.push_str(&format!("{:>6}  {:<29.29} {:.74}\n", prison.jid, prison.hostname, prison.path));
        text.push_str(&format!("        {:<29.29} ACTIVE\n        {}\n", prison.name, prison.jid + 1));
        for address in prison.ip4.iter().chain(&prison.ip6) {
            text.push_str(&format!("        {address}\n"));
        }
    }
    text
}

pub(super) fn chosen(
    header: Option<String>,
    rows: &[Vec<(&str, Value)>],
    has_names: bool,
    is_quoted: bool,
) -> String {
    let mut text = header.map_or(String::new(), |header| header + "\n");
    for row in rows {
        let cells: Vec<String> =
            row.iter().map(|(name, value)| cell(name, value, has_names, is_quoted)).collect();
        text.push_str(&cells.join(" "));
        text.push('\n');
    }
    text
}

fn cell(name: &str, value: &Value, has_names: bool, is_quoted: bool) -> String {
    let shown = match value {
        Value::Truth(true) if has_names => return name.to_owned(),
        Value::Truth(false) if has_names => return without(name),
        Value::Truth(value) => value.to_string(),
        Value::Text(text) if text.is_empty() => "\"\"".to_owned(),
        Value::Text(text) if is_quoted => quoted(text),
        Value::Text(text) => text.clone(),
        Value::Addresses(none) if none.is_empty() => match (is_quoted, has_names) {
            (true, _) => "\"\"",
            (false, true) => "",
            (false, false) => "-",
        }
        .to_owned(),
        Value::Addresses(addresses) => addresses.join(","),
    };
    if has_names { format!("{name}={shown}") } else { shown }
}

/// `allow.nochflags` of `allow.chflags`.
fn without(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((parent, last)) => format!("{parent}.no{last}"),
        None => format!("no{name}"),
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') || !text.contains('"') && text.contains([' ', '\t']) {
        "\""
    } else if text.contains('"') {
        "'"
    } else {
        ""
    };
    format!("{quote}{text}{quote}")
}
