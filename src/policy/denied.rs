//! What an administrator has taken away from everybody: actions by name, properties
//! by name or by kind, and what is allowed all the same.
//!
//! Of properties a name weighs more than a kind: one that is denied by its name is
//! denied, one that is denied by its kind is denied unless `allow_props` says
//! otherwise. What makes jails start without a request to start them is denied with
//! `startjail`, or else `createjail` would be the way around it.

use serde_json::{Value, json};

use super::kinds::{Kind, is_known, reach};
use super::props::Props;
use crate::error::{Code, Error, Quoted};

/// The word for every property.
const ALL: &str = "all";
/// With which action properties that start jails are denied.
const START: &str = "startjail";

/// What is taken away. By default nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denied {
    actions: Vec<String>,
    props: Vec<Rule>,
    allowed: Vec<Rule>,
}

/// Which properties a word of a configuration stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    All,
    Kind(Kind),
    Name(String),
}

impl Rule {
    /// Read a word. Misspelt, it would deny or allow nothing, and nobody would see it.
    fn parse(key: &'static str, word: &str) -> Result<Rule, Error> {
        if word == ALL {
            return Ok(Rule::All);
        }
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.word() == word) {
            return Ok(Rule::Kind(kind));
        }
        if is_known(word) {
            return Ok(Rule::Name(word.to_owned()));
        }
        let kinds = Kind::ALL.map(Kind::word).join(", ");
        let message = format!(
            "`{key}` holds {}, which is no property that this class knows, nor one of the kinds {kinds} and {ALL}",
            Quoted(word)
        );
        Err(Error::about(key, Code::IllegalValue, message))
    }

    fn word(&self) -> &str {
        match self {
            Rule::All => ALL,
            Rule::Kind(kind) => kind.word(),
            Rule::Name(name) => name,
        }
    }

    fn is_about(&self, name: &str, kind: Kind) -> bool {
        match self {
            Rule::All => true,
            Rule::Kind(rule) => *rule == kind,
            Rule::Name(rule) => rule.eq_ignore_ascii_case(name),
        }
    }
}

impl Denied {
    /// Read the words of a configuration. Whether there are such actions, whoever has
    /// the table of actions asks [`Denied::unknown_action`].
    ///
    /// # Errors
    /// Which word of which key stands for nothing.
    pub fn parse(actions: Vec<String>, deny: &[String], allow: &[String]) -> Result<Denied, Error> {
        let rules = |key, words: &[String]| -> Result<Vec<_>, Error> {
            words.iter().map(|word| Rule::parse(key, word)).collect()
        };
        let (props, allowed) = (rules("deny_props", deny)?, rules("allow_props", allow)?);
        if props.is_empty() && !allowed.is_empty() {
            let message = "`allow_props` says what is allowed of that which `deny_props` denies, and that is \
                           nothing; to allow these alone, deny \"all\"";
            return Err(Error::about("allow_props", Code::IllegalValue, message));
        }
        Ok(Denied { actions, props, allowed })
    }

    /// An action that is denied and that `is_action` does not know.
    pub fn unknown_action(&self, is_action: impl Fn(&str) -> bool) -> Option<&str> {
        self.actions.iter().map(String::as_str).find(|name| !is_action(name))
    }

    /// Refuse an action that is denied.
    ///
    /// # Errors
    /// [`Code::Denied`].
    pub fn refuse_action(&self, action: &str) -> Result<(), Error> {
        if !self.denies_action(action) {
            return Ok(());
        }
        let message = format!("`{action}` is denied here: `deny_actions` of the configuration holds it");
        Err(Error::about("action", Code::Denied, message))
    }

    /// Refuse properties that are denied.
    ///
    /// # Errors
    /// [`Code::Denied`], for the first of them.
    pub fn refuse_props(&self, props: &Props) -> Result<(), Error> {
        for (name, value) in props.iter() {
            let names = std::iter::once(name).chain(Props::same_as(name, value));
            for judged in names {
                if let Some(why) = self.why_denied(judged) {
                    return Err(Error::about(
                        "props",
                        Code::Denied,
                        format!("`{name}` is denied here: {why}"),
                    ));
                }
            }
        }
        Ok(())
    }

    fn denies_action(&self, action: &str) -> bool {
        self.actions.iter().any(|denied| denied == action)
    }

    fn why_denied(&self, name: &str) -> Option<String> {
        let (kind, does) = reach(name);
        let holding = |rules: &[Rule], by_name: bool| {
            let mut of_sort = rules.iter().filter(|rule| matches!(rule, Rule::Name(_)) == by_name);
            of_sort.find(|rule| rule.is_about(name, kind)).map(|rule| rule.word().to_owned())
        };
        let said =
            |word: &str| format!("`deny_props` of the configuration holds {}; it {does}", Quoted(word));
        if let Some(word) = holding(&self.props, true) {
            return Some(said(&word));
        }
        if self.allowed.iter().any(|rule| rule.is_about(name, kind)) {
            return None;
        }
        if kind == Kind::Starts && self.denies_action(START) {
            return Some(format!("`deny_actions` of the configuration holds {}; it {does}", Quoted(START)));
        }
        holding(&self.props, false).map(|word| said(&word))
    }

    /// What is denied, for a description; `None` where nothing is.
    #[must_use]
    pub fn to_json(&self) -> Option<Value> {
        if self.actions.is_empty() && self.props.is_empty() {
            return None;
        }
        let words = |rules: &[Rule]| rules.iter().map(|rule| rule.word().to_owned()).collect::<Vec<_>>();
        Some(json!({
            "actions": self.actions,
            "allowed_props": words(&self.allowed),
            "props": words(&self.props),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::kinds::{Group, PROPERTIES};

    fn denied(actions: &[&str], deny: &[&str], allow: &[&str]) -> Result<Denied, Error> {
        let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        Denied::parse(owned(actions), &owned(deny), &owned(allow))
    }

    fn refuses(denied: &Denied, prop: &str) -> bool {
        let props = Props::parse(&[prop.to_owned()]).expect("a property");
        match denied.refuse_props(&props) {
            Ok(()) => false,
            Err(error) => {
                assert_eq!((error.code, error.key), (Code::Denied, Some("props")), "{prop}");
                true
            }
        }
    }

    #[test]
    fn what_is_denied_is_told_by_its_words() {
        let denied = denied(&["startjail"], &["host", "notes"], &["exec_fib"]).expect("valid");
        let told =
            json!({"actions": ["startjail"], "allowed_props": ["exec_fib"], "props": ["host", "notes"]});
        assert_eq!(denied.to_json(), Some(told));
        assert_eq!(
            self::denied(&[], &["all"], &[]).expect("all").to_json().expect("some")["props"][0],
            "all"
        );
        assert_eq!(Denied::default().to_json(), None);
        let props = Props::parse(&["notes=x".to_owned()]).expect("a property");
        let why = denied.refuse_props(&props).expect_err("denied").message;
        assert!(why.contains("`deny_props` of the configuration holds \"notes\";"), "{why}");
    }

    /// Each kind takes away all of its properties and no other, and `all` each one.
    #[test]
    fn a_kind_is_all_of_its_properties_and_no_other() {
        for kind in Kind::ALL {
            let denied = denied(&[], &[kind.word()], &[]).expect("a kind");
            for group in &PROPERTIES {
                for name in group.names() {
                    // What is of a kind is of no other; `count` and `tag` have a grammar of their own.
                    let prop = format!("{name}=1");
                    assert_eq!(refuses(&denied, &prop), group.kind == kind, "{name} by {}", kind.word());
                }
            }
            assert_eq!(refuses(&denied, "of_a_later_iocage=1"), kind == Kind::Host);
        }
        let all = denied(&[], &["all"], &[]).expect("all");
        assert!(PROPERTIES.iter().flat_map(Group::names).all(|name| refuses(&all, &format!("{name}=1"))));
    }

    #[test]
    fn a_name_weighs_more_than_a_kind() {
        let denied =
            denied(&[], &["host", "notes", "exec_fib"], &["mount_devfs", "exec_fib"]).expect("valid");
        for (prop, is_denied) in [
            ("mount_devfs=1", false),
            ("mount_procfs=1", true),
            ("notes=x", true),
            ("NOTES=x", true),
            // Denied by its name: that it is allowed does not count.
            ("exec_fib=1", true),
            ("tag=x", false),
        ] {
            assert_eq!(refuses(&denied, prop), is_denied, "{prop}");
        }
        let alone = self::denied(&[], &["all"], &["tag", "release"]).expect("valid");
        assert!(!refuses(&alone, "tag=x") && !refuses(&alone, "release=x") && refuses(&alone, "notes=x"));
    }

    #[test]
    fn one_property_by_two_names_is_denied_by_either() {
        for name in ["template", "istemplate"] {
            let denied = denied(&[], &[name], &[]).expect("a property");
            assert!(refuses(&denied, "istemplate=yes") && refuses(&denied, "template=yes"), "{name}");
            // A source is no flag.
            assert_eq!(refuses(&denied, "template=base"), name == "template");
        }
    }

    #[test]
    fn what_starts_jails_goes_with_startjail() {
        let denied = denied(&["startjail"], &[], &[]).expect("valid");
        assert!(["boot=on", "start=yes", "depends=x"].iter().all(|prop| refuses(&denied, prop)));
        assert!(!refuses(&denied, "tag=x"));
        let but = self::denied(&["startjail"], &["host"], &["boot"]).expect("valid");
        assert!(!refuses(&but, "boot=on") && refuses(&but, "start=yes"));
        assert_eq!(denied.refuse_action("startjail").expect_err("denied").key, Some("action"));
        denied.refuse_action("stopjail").expect("allowed");
    }

    #[test]
    fn a_word_that_stands_for_nothing_is_refused() {
        for (deny, allow, key, part) in [
            (&["exec_prestrat"][..], &[][..], "deny_props", "host, jail, limits, network, starts and all"),
            (&["Host"], &[], "deny_props", "\"Host\""),
            (&[""], &[], "deny_props", "\"\""),
            (&["host"], &["a b"], "allow_props", "\"a b\""),
            (&["host"], &["mount_devsf"], "allow_props", "host, jail, limits, network, starts and all"),
            (&["host"], &["Host"], "allow_props", "\"Host\""),
            // Of a later iocage: what it does, nobody here knows.
            (&["host"], &["of_a_later_iocage"], "allow_props", "no property that this class knows"),
            (&[], &["tag"], "allow_props", "deny \"all\""),
        ] {
            let error = denied(&[], deny, allow).expect_err(part);
            assert_eq!((error.code, error.key), (Code::IllegalValue, Some(key)), "{part}");
            assert!(error.message.contains(part), "{}", error.message);
        }
        let denied = denied(&[], &["host"], &["mount_devfs"]).expect("valid");
        assert!(refuses(&denied, "of_a_later_iocage=1"));
        assert_eq!(denied.unknown_action(|_| false), None);
    }
}
