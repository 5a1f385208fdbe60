//! The words of a command, once they are sorted into options and arguments.

/// An option: its letters, its long name, the key it is known by, and whether a value follows.
pub(super) type Flag = (&'static str, &'static str, &'static str, bool);

/// The words of a command, sorted.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Words {
    pub(super) options: Vec<(&'static str, String)>,
    pub(super) arguments: Vec<String>,
}

impl Words {
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// The last one counts.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.options.iter().rev().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }

    /// All of them, of an option that may be given more than once.
    pub(super) fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        self.options.iter().filter(move |(name, _)| *name == key).map(|(_, value)| value.as_str())
    }

    /// The last of these options, where they are several values of one.
    pub(super) fn last_of(&self, keys: &[&str]) -> Option<&'static str> {
        self.options.iter().rev().map(|(name, _)| *name).find(|name| keys.contains(name))
    }

    /// An argument by its place, or "".
    pub(super) fn argument(&self, at: usize) -> &str {
        self.arguments.get(at).map_or("", String::as_str)
    }
}
