//! Why a module was not loaded, swapped or unloaded: a word for programs and a
//! sentence for people. Nothing was changed then.

use std::fmt;

/// Declares the obstacles once: the name in Rust, the word in an answer, and what it
/// means, of which the documentation is made.
macro_rules! obstacles {
    ($($name:ident = $word:literal: $meaning:literal),* $(,)?) => {
        /// What kept a module from being loaded, swapped or unloaded.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Obstacle { $(#[doc = $meaning] $name),* }

        impl Obstacle {
            /// Each of them with its word and what it means.
            pub const ALL: &'static [(Obstacle, &'static str, &'static str)] =
                &[$((Obstacle::$name, $word, $meaning)),*];

            /// The stable word for programs.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Obstacle::$name => $word),* }
            }
        }
    };
}

obstacles! {
    Unknown = "unknown-class": "there is no such class here, or there are several and none was named",
    First = "no-previous-version": "there is no version before the one that serves, to go back to",
    Busy = "swap-busy": "another change of the modules is under way",
    Full = "too-many-retained": "as many versions that serve no more are mapped as may be; the host has to be started anew",
    File = "file-refused": "the file may be somebody else's, changes while it is copied, or has not the digest that is demanded",
    Probe = "probe-failed": "it took down the process in which it was tried, did not come to an end there, or could not be tried",
    Load = "load-refused": "the file is no class module for this host",
    Identity = "other-class": "it is another class, or one that is loaded already",
    Create = "create-failed": "it made no instance of its configuration",
    Hand = "state-refused": "what the version that serves knows could not be handed over",
    Health = "health-failed": "it says that it cannot do its work",
    Request = "request-failed": "it did not answer one of the requests that the policy tries it with",
}

impl Obstacle {
    /// The one of this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Obstacle> {
        Obstacle::ALL.iter().find(|(_, known, _)| *known == word).map(|(obstacle, ..)| *obstacle)
    }
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// For programs.
    pub obstacle: Obstacle,
    /// For people: a sentence.
    pub why: String,
    /// Of a module that was refused, namespace and name of the class that it is, as far as that came to be known.
    pub class: Option<(String, String)>,
}

impl Refused {
    pub(crate) fn new(obstacle: Obstacle, why: impl Into<String>) -> Refused {
        Refused { obstacle, why: why.into(), class: None }
    }

    /// The same of a module of this class.
    pub(crate) fn of_class(self, namespace: &str, name: &str) -> Refused {
        Refused { class: Some((namespace.to_owned(), name.to_owned())), ..self }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Refused {}
