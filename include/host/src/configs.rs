//! What instances are created with: a text for one file, or one for each class, where it
//! is not known before a file is loaded which class it has.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Configurations by class, `namespace/name` in lower case.
pub(crate) type Configs = BTreeMap<String, String>;

/// The key of a class.
pub(crate) fn class_key(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}").to_lowercase()
}

/// What an instance is to be created with. Not to be shown: it may hold what is for
/// nobody else.
#[derive(Clone)]
pub(crate) enum Config {
    /// This, whichever class it is.
    This(Arc<str>),
    /// That of the class; its own defaults where there is none.
    ByClass(Arc<Configs>),
}

impl Config {
    /// The text for a class, if it is known which.
    pub(crate) fn of(&self, class: Option<(&str, &str)>) -> Arc<str> {
        match self {
            Config::This(text) => Arc::clone(text),
            Config::ByClass(configs) => {
                let known = class.and_then(|(namespace, name)| configs.get(&class_key(namespace, name)));
                known.map_or("", String::as_str).into()
            }
        }
    }

    /// What somebody else has to choose of, who will know the class.
    pub(crate) fn choice(&self) -> Configs {
        match self {
            Config::This(_) => Configs::new(),
            Config::ByClass(configs) => Configs::clone(configs),
        }
    }
}
