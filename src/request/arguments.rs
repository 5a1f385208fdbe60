//! Typed arguments, read out of an args object once: each value is held to its
//! type's grammar in [`crate::policy`]. Keys that the action does not have are
//! ignored, as they always were.

use std::time::Duration;

use super::key::{Key, KeyType};
use super::object::Object;
use super::value::Value;
use super::words::split;
use crate::error::{Code, Error};
use crate::policy::{self, CommandLine, JailName, PoolName, PropertyName, Props, UserName};

/// What an action was asked with. Which fields are set, the action's row in the
/// table decides; a required one is always set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments {
    jail: Option<JailName>,
    pool: Option<PoolName>,
    user: Option<UserName>,
    prop: Option<PropertyName>,
    command: Option<CommandLine>,
    /// `props`, split and checked, and as it was sent: the documented response
    /// repeats it.
    pub props: (Props, String),
    /// `switches`, likewise.
    pub switches: (Vec<String>, String),
    /// Is the text of the child wanted beside the documented object?
    pub detail: bool,
    /// May a release be downloaded first?
    pub fetch: bool,
    /// May running jails and clones elsewhere go along with what is cleaned?
    pub force: bool,
    /// `timeout_s`, at least one second.
    pub timeout: Option<Duration>,
}

/// Accessors of the keys that some action requires.
macro_rules! accessors {
    ($($field:ident / $required:ident: $type:ty),*) => {
        impl Arguments {$(
            #[doc = concat!("`", stringify!($field), "`, if it was sent.")]
            #[must_use]
            pub fn $field(&self) -> Option<&$type> {
                self.$field.as_ref()
            }

            #[doc = concat!("`", stringify!($field), "`.")]
            ///
            /// # Errors
            /// [`Code::MissingKey`], if it was not sent.
            pub fn $required(&self) -> Result<&$type, Error> {
                self.$field.as_ref().ok_or_else(|| Error::missing(&[stringify!($field)]))
            }
        )*}
    };
}

accessors! {
    jail / required_jail: JailName,
    pool / required_pool: PoolName,
    user / required_user: UserName,
    prop / required_prop: PropertyName,
    command / required_command: CommandLine
}

impl Arguments {
    /// Read `keys` out of `object`, and `switches` as what such a key may hold.
    ///
    /// # Errors
    /// The first key that is missing or wrong, in the order of the table.
    pub fn read(keys: &[Key], switches: &[&str], object: &mut Object) -> Result<Arguments, Error> {
        let missing: Vec<_> = keys
            .iter()
            .filter(|key| key.required && object.value(key.name).is_none())
            .filter(|key| key.instead.is_none_or(|instead| object.value(instead).is_none()))
            .map(|key| key.name)
            .collect();
        if !missing.is_empty() {
            return Err(Error::missing(&missing));
        }
        let mut arguments = Arguments::default();
        for key in keys {
            if let Some(instead) = key.instead
                && object.value(key.name).and(object.value(instead)).is_some()
            {
                let message = format!("`{instead}` stands in the place of `{}`; leave one out", key.name);
                return Err(Error::about(instead, Code::ContradictoryKeys, message));
            }
            if matches!(key.kind, KeyType::Props | KeyType::Switches | KeyType::Command)
                && let Some(text) = object.take_text(key.name)
            {
                arguments.set_words(switches, key.name, key.kind, text)?;
            } else if let Some(value) = object.value(key.name) {
                arguments.set(key.name, key.kind, value)?;
            }
        }
        Ok(arguments)
    }

    fn set(&mut self, key: &'static str, kind: KeyType, value: &Value) -> Result<(), Error> {
        let flag = match kind {
            KeyType::Detail => Some(&mut self.detail),
            KeyType::Fetch => Some(&mut self.fetch),
            KeyType::Force => Some(&mut self.force),
            _ => None,
        };
        if let Some(flag) = flag {
            let Value::Bool(value) = value else {
                return Err(wrong_type(key, "true or false", value.kind()));
            };
            *flag = *value;
            return Ok(());
        }
        match kind {
            KeyType::Argv => {
                self.command = Some(CommandLine::parse(key, strings(key, value)?)?);
                return Ok(());
            }
            KeyType::Seconds => {
                self.timeout = Some(seconds(key, value)?);
                return Ok(());
            }
            _ => {}
        }
        let (Value::Text(text) | Value::LongText(text)) = value else {
            return Err(wrong_type(key, "a string", value.kind()));
        };
        match kind {
            KeyType::Jail => self.jail = Some(JailName::parse(text)?),
            KeyType::Pool => self.pool = Some(PoolName::parse(text)?),
            KeyType::User => self.user = Some(UserName::parse(text)?),
            KeyType::Property => self.prop = Some(PropertyName::parse(text)?),
            // A short one of words does not come here.
            _ => {
                let message = format!("`{key}` is longer than {} bytes", KeyType::MAX_WORDS);
                return Err(Error::about(key, Code::TooLong, message));
            }
        }
        Ok(())
    }

    /// Set what is a text of several words.
    fn set_words(
        &mut self,
        switches: &[&str],
        key: &'static str,
        kind: KeyType,
        text: String,
    ) -> Result<(), Error> {
        match kind {
            KeyType::Props => self.props = (Props::parse(&words(key, &text, Props::MAX)?)?, text),
            KeyType::Switches => {
                self.switches = (policy::switches(words(key, &text, policy::MAX_SWITCHES)?, switches)?, text);
            }
            _ => {
                self.command = Some(CommandLine::parse(key, words(key, &text, CommandLine::MAX_WORDS)?)?);
            }
        }
        Ok(())
    }
}

/// The words of a text, or one more than `most`, which whoever takes them refuses.
fn words(key: &'static str, text: &str, most: usize) -> Result<Vec<String>, Error> {
    split(text, most + 1).map_err(|e| {
        Error::about(key, Code::IllegalValue, format!("`{key}` cannot be split into words: {e}"))
    })
}

fn strings(key: &'static str, value: &Value) -> Result<Vec<String>, Error> {
    const EXPECTED: &str = "an array of strings";
    match value {
        Value::Array { odd: Some(odd), .. } => Err(wrong_type(key, EXPECTED, odd)),
        Value::Array { is_long: true, .. } => Err(CommandLine::too_long(key)),
        Value::Array { strings, .. } => Ok(strings.clone()),
        other => Err(wrong_type(key, EXPECTED, other.kind())),
    }
}

/// The action, which knows the configuration, says how many are too many.
fn seconds(key: &'static str, value: &Value) -> Result<Duration, Error> {
    let Value::Number(number) = value else { return Err(wrong_type(key, "a number", value.kind())) };
    let wrong = || Error::about(key, Code::IllegalValue, format!("`{key}` takes whole seconds from 1 on"));
    number.filter(|n| *n > 0).map(Duration::from_secs).ok_or_else(wrong)
}

fn wrong_type(key: &'static str, expected: &str, found: &str) -> Error {
    Error::about(key, Code::WrongType, format!("`{key}` must be {expected}, not {found}"))
}
