//! The args of the host's own classes: an object in which no key is twice, at any depth: a configuration that stands in them is made a
//! text again for the class, which could not see any more that one was. Classes refuse that, and so do these.

use serde_json::{Map, Value};
use sysadm_class::once::{self, Fault};

/// Read args.
///
/// # Errors
/// They are no object, or a key is there twice: a sentence.
pub(crate) fn object(args: &str) -> Result<Map<String, Value>, String> {
    match once::read(args.as_bytes()) {
        Ok(Value::Object(map)) => Ok(map),
        Err(twice @ Fault::Twice(_)) => Err(twice.to_string()),
        _ => Err("the args are not a JSON object".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_there_twice_however_it_is_written() {
        assert_eq!(object(r#"{"action":"list","more":[1]}"#).expect("an object").len(), 2);
        for args in [r#"{"job_id":"a","job_id":"b"}"#, r#"{"job_id":1,"x":2,"job\u005fid":1} "#] {
            assert_eq!(object(args), Err("the key \"job_id\" is there twice".to_owned()));
        }
        let args = r#"{"action":"load","config":{"deny_actions":["a"],"deny_actions":[]}}"#;
        assert_eq!(object(args), Err("the key \"config.deny_actions\" is there twice".to_owned()));
        for args in ["", "[]", "[{}]", "{} {}", "{", "null", r#"{"a":}"#] {
            assert_eq!(object(args), Err("the args are not a JSON object".to_owned()), "{args}");
        }
    }
}
