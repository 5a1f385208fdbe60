//! The JSON of jls, as libxo sets its blanks. Numbers of the tables are numbers; as parameters they are strings.

use super::parameters::Value;
use crate::prison::Prison;

pub(super) fn table(prisons: &[Prison], by_name: bool) -> String {
    envelope(prisons.iter().map(|prison| {
        let mut object = Object::default();
        if by_name {
            object.text("name", &prison.name);
        } else {
            object.bare("jid", &prison.jid.to_string());
        }
        object.text("ipv4", prison.ip4.first().map_or("", String::as_str));
        object.text("hostname", &prison.hostname);
        object.text("path", &prison.path);
        object
    }))
}

pub(super) fn verbose(prisons: &[Prison]) -> String {
    envelope(prisons.iter().map(|prison| {
        let mut object = Object::default();
        object.bare("jid", &prison.jid.to_string());
        object.text("hostname", &prison.hostname);
        object.text("path", &prison.path);
        object.text("name", &prison.name);
        object.text("state", "ACTIVE");
        object.bare("cpusetid", &(prison.jid + 1).to_string());
        object.list("ipv4_addrs", &prison.ip4);
        object.list("ipv6_addrs", &prison.ip6);
        object
    }))
}

/// Booleans are JSON's own only where names are asked for (`-n`).
pub(super) fn chosen(rows: &[Vec<(&str, Value)>], has_names: bool) -> String {
    envelope(rows.iter().map(|row| {
        let mut object = Object::default();
        for (name, value) in row {
            match value {
                Value::Truth(value) if has_names => object.bare(name, &value.to_string()),
                Value::Truth(value) => object.text(name, &value.to_string()),
                Value::Text(text) => object.text(name, text),
                Value::Addresses(addresses) => object.list(name, addresses),
            }
        }
        object
    }))
}

fn envelope(objects: impl Iterator<Item = Object>) -> String {
    let objects: Vec<String> = objects.map(|object| format!("{{{}}}", object.0)).collect();
    format!("{{\"__version\": \"2\", \"jail-information\": {{\"jail\": [{}]}}}}\n", objects.join(", "))
}

#[derive(Default)]
struct Object(String);

impl Object {
    fn bare(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(&format!("\"{name}\":{value}"));
    }

    fn text(&mut self, name: &str, value: &str) {
        self.bare(name, &string(value));
    }

    fn list(&mut self, name: &str, values: &[String]) {
        if !self.0.is_empty() {
            self.0.push_str(", ");
        }
        let values: Vec<String> = values.iter().map(|value| string(value)).collect();
        self.0.push_str(&format!("\"{name}\": [{}]", values.join(",")));
    }
}

fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
