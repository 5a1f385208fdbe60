//! How JSON and sentences stand in the reference, whatever its form.

use serde_json::Value;

/// JSON as a person reads it, with the middle left out where it is long.
pub(super) fn abridged(value: &Value) -> Vec<String> {
    const SHOWN: usize = 20;
    const END: usize = 4;
    let text = serde_json::to_string_pretty(value).expect("JSON");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.len() > SHOWN + END + 1 {
        let left_out = lines.len() - SHOWN - END;
        lines.splice(SHOWN..lines.len() - END, [format!("... {left_out} more lines ...")]);
    }
    lines
}

/// A sentence with its first letter large, if that is not iocage's.
pub(super) fn capital(text: &str) -> String {
    if text.starts_with("iocage") {
        return text.to_owned();
    }
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
