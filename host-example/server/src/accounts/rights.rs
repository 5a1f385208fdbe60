//! What an account may do: the access that its role has, and, where there is a list, no other actions than those on it.
//! The list takes away and never gives: an action on it that needs full access is refused to a limited account all the same.

use serde::{Deserialize, Serialize};
use sysadm_host::Access;

/// The two roles, as sysadm has them.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads, changes and runs.
    Full,
    /// Reads.
    Limited,
}

impl Role {
    /// Each with its word.
    pub const ALL: [(Role, &'static str); 2] = [(Role::Full, "full"), (Role::Limited, "limited")];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.access().word()
    }

    /// What classes are told.
    #[must_use]
    pub fn access(self) -> Access {
        match self {
            Role::Full => Access::Full,
            Role::Limited => Access::Limited,
        }
    }
}

/// What somebody may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// What classes are told.
    pub access: Access,
    /// Where there is one, nothing else than what stands in it.
    pub actions: Option<Allowed>,
}

impl Rights {
    /// All that the access gives.
    #[must_use]
    pub const fn all(access: Access) -> Rights {
        Rights { access, actions: None }
    }

    /// May he ask this class for this action? A request without one is among `NAMESPACE/NAME/*` alone. Whether his access
    /// is enough for it the class says.
    #[must_use]
    pub fn may(&self, namespace: &str, name: &str, action: Option<&str>) -> bool {
        let Some(allowed) = &self.actions else { return true };
        allowed.0.iter().any(|pattern| pattern.covers(namespace, name, action))
    }

    /// May he ask this class for anything?
    #[must_use]
    pub fn names(&self, namespace: &str, name: &str) -> bool {
        let Some(allowed) = &self.actions else { return true };
        allowed.0.iter().any(|pattern| pattern.is_of(namespace, name))
    }
}

/// A list of actions, `NAMESPACE/NAME/ACTION` or `NAMESPACE/NAME/*`.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Allowed(Vec<Pattern>);

impl Allowed {
    /// The list that these texts are.
    ///
    /// # Errors
    /// Which of them is none, and why.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Allowed, String> {
        texts
            .into_iter()
            .map(|text| Pattern::try_from(text.to_owned()))
            .collect::<Result<_, _>>()
            .map(Allowed)
    }

    /// As they were written.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.0.iter().cloned().map(String::from)
    }
}

/// A line of it.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(try_from = "String", into = "String")]
struct Pattern {
    namespace: String,
    name: String,
    /// All of them, where there is none.
    action: Option<String>,
}

impl Pattern {
    /// Classes are found without regard to case.
    fn is_of(&self, namespace: &str, name: &str) -> bool {
        self.namespace.eq_ignore_ascii_case(namespace) && self.name.eq_ignore_ascii_case(name)
    }

    /// Actions are not.
    fn covers(&self, namespace: &str, name: &str, action: Option<&str>) -> bool {
        self.is_of(namespace, name) && self.action.as_deref().is_none_or(|mine| action == Some(mine))
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;
    fn try_from(text: String) -> Result<Pattern, String> {
        let is_word = |word: &&str| {
            !word.is_empty() && word.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-.".contains(&c))
        };
        let mut parts = text.split('/');
        match (parts.next().filter(is_word), parts.next().filter(is_word), parts.next(), parts.next()) {
            (Some(namespace), Some(name), Some(action), None) if action == "*" || is_word(&action) => {
                Ok(Pattern {
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                    action: (action != "*").then(|| action.to_owned()),
                })
            }
            _ => Err(format!(
                "{text:?} is no action: they are written NAMESPACE/NAME/ACTION or NAMESPACE/NAME/*, as sysadm/iocage/listjails"
            )),
        }
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> String {
        let action = pattern.action.as_deref().unwrap_or("*");
        format!("{}/{}/{action}", pattern.namespace, pattern.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_takes_away_what_is_not_on_it() {
        let allowed = Allowed::read(["sysadm/iocage/listjails", "Sysadm/Pkg/*", "rpc/dispatcher/list"]);
        let some = Rights { access: Access::Full, actions: Some(allowed.expect("a list")) };
        for (namespace, name, action, may) in [
            ("sysadm", "iocage", Some("listjails"), true),
            ("SysAdm", "IOCAGE", Some("listjails"), true),
            ("sysadm", "iocage", Some("ListJails"), false),
            ("sysadm", "iocage", Some("listjails "), false),
            ("sysadm", "iocage", Some("destroyjail"), false),
            ("sysadm", "iocage", Some("*"), false),
            ("sysadm", "iocage", None, false),
            ("sysadm", "pkg", Some("install"), true),
            ("sysadm", "pkg", None, true),
            ("rpc", "dispatcher", Some("kill"), false),
            ("", "", Some(""), false),
        ] {
            assert_eq!(some.may(namespace, name, action), may, "{namespace}/{name} {action:?}");
            assert!(Rights::all(Access::Limited).may(namespace, name, action));
        }
        assert!(
            some.names("SYSADM", "iocage") && some.names("sysadm", "pkg") && !some.names("rpc", "modules")
        );
        let none = Rights { access: Access::Full, actions: Some(Allowed::read([]).expect("an empty list")) };
        assert!(
            !none.may("sysadm", "iocage", Some("listjails")),
            "an empty list is no action, not every one"
        );
    }

    #[test]
    fn what_is_no_action_is_named() {
        for text in [
            "",
            "*",
            "sysadm/iocage",
            "sysadm/iocage/",
            "/iocage/x",
            "a/b/c/d",
            "sysadm/*/x",
            "a b/c/d",
            "a/b/c*",
        ] {
            let why = Allowed::read([text]).expect_err(text);
            assert!(why.contains(&format!("{text:?}")), "{why}");
        }
        let texts = ["sysadm/iocage/*", "rpc/modules/list"];
        assert!(Allowed::read(texts).expect("a list").texts().eq(texts));
    }
}
