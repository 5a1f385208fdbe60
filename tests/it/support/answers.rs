//! What stands in an answer.

use serde_json::Value;

/// The code and the key at fault; empty where an answer has none.
pub fn fault(answer: &Value) -> (&str, &str) {
    let text = |key: &str| answer[key].as_str().unwrap_or_default();
    (text("code"), text("key"))
}
