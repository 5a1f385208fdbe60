//! The forms of answers, as examples have them: of what differs by the machine only where it stands.

use serde_json::Value;

/// What stands for true or false in a shape.
const BOOLEAN: &str = "<boolean>";

/// Does a value have this shape?
pub fn has_shape(value: &Value, shape: &Value) -> bool {
    match (value, shape) {
        (Value::Object(value), Value::Object(shape)) => {
            let known = shape.iter().filter(|(key, _)| !key.starts_with('<'));
            let any = shape.iter().find(|(key, _)| key.starts_with('<')).map(|(_, shape)| shape);
            let mut named = Vec::new();
            for (key, shape) in known {
                let name = key.strip_suffix('?');
                match value.get(name.unwrap_or(key)) {
                    Some(value) if has_shape(value, shape) => named.push(name.unwrap_or(key)),
                    None if name.is_some() => {}
                    _ => return false,
                }
            }
            let mut rest = value.iter().filter(|(key, _)| !named.contains(&key.as_str()));
            match any {
                Some(shape) => !value.is_empty() && rest.all(|(_, value)| has_shape(value, shape)),
                None => rest.next().is_none(),
            }
        }
        (Value::Array(values), Value::Array(shape)) => values.iter().all(|value| has_shape(value, &shape[0])),
        (value, Value::String(shape)) if shape == BOOLEAN => value.is_boolean(),
        (Value::String(value), Value::String(shape)) => is_like(value, shape),
        _ => value == shape,
    }
}

/// Is it this text, with anything in the place of each `<...>`?
fn is_like(value: &str, shape: &str) -> bool {
    let Some((before, rest)) = shape.split_once('<') else { return value == shape };
    let Some(mut value) = value.strip_prefix(before) else { return false };
    let after = rest.split_once('>').expect("a closed bracket").1;
    loop {
        if is_like(value, after) {
            return true;
        }
        let Some(next) = value.chars().next() else { return false };
        value = &value[next.len_utf8()..];
    }
}
