//! The keys of the configuration that take something away: arrays of words, which
//! [`Denied`] gives their meaning.

use serde_json::{Map, Value};

use crate::error::{Code, Error};
use crate::policy::Denied;

/// Read them.
pub(super) fn read(object: &Map<String, Value>) -> Result<Denied, Error> {
    let [actions, deny, allow] =
        ["deny_actions", "deny_props", "allow_props"].map(|key| words(key, object.get(key)));
    Denied::parse(actions?, &deny?, &allow?)
}

fn words(key: &'static str, value: Option<&Value>) -> Result<Vec<String>, Error> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let words = value.as_array().and_then(|words| words.iter().map(word).collect());
    words.ok_or_else(|| Error::about(key, Code::IllegalValue, format!("`{key}` takes an array of strings")))
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn what_is_denied_is_an_array_of_words() {
        for key in ["deny_actions", "deny_props", "allow_props"] {
            for value in ["true", "\"host\"", "[1]", "{}"] {
                let text = format!("{{\"{key}\":{value}}}");
                let error = Config::parse(text.as_bytes()).expect_err(&text);
                assert_eq!(error.key, Some(key), "{text}");
                assert!(error.message.contains("an array of strings"), "{}", error.message);
            }
        }
        let config = Config::parse(br#"{"deny_props":["host"],"deny_actions":["df"]}"#).expect("valid");
        assert!(config.denied.refuse_action("df").is_err() && config.denied.to_json().is_some());
        assert_eq!(Config::default().denied.to_json(), None);
    }
}
