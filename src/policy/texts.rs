//! A text that a grammar has passed: the type each of them is of, with its longest and its parser, so that what
//! differs from one to another is the grammar alone.

use crate::error::{Code, Error};

/// # Errors
/// It is longer than `most` bytes.
pub(super) fn bounded(key: &'static str, text: &str, most: usize) -> Result<(), Error> {
    match text.len() > most {
        true => Err(Error::about(key, Code::TooLong, format!("`{key}` is longer than {most} bytes"))),
        false => Ok(()),
    }
}

/// Types of the form `Name(key, most, grammar, words...)`; the grammar is a function that is called with the key, the
/// text, which is no longer than `most` bytes, and the words, and refuses what is not of it.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($key:literal, $most:expr, $grammar:expr $(, $word:expr)*);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The longest, in bytes.
            pub const MOST: usize = $most;

            /// Hold `text` to the grammar.
            ///
            /// # Errors
            /// What is wrong with it and what is allowed.
            pub fn parse(text: &str) -> Result<$name, Error> {
                $crate::policy::texts::bounded($key, text, Self::MOST)?;
                $grammar($key, text $(, $word)*).map(|()| $name(text.to_owned()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}
pub(super) use texts;
