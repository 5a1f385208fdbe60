//! What classes say of themselves, `sysadm.describe/1`, as far as a command line is made of it: actions, their keys, and what these
//! take. It is read leniently: a class of somebody else's may say more than is known here, or less.

use serde_json::Value;

use super::failure::Failure;
use super::text::{table, visible};

/// A class.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) actions: Vec<Action>,
}

/// An action of it.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) name: String,
    pub(crate) access: String,
    pub(crate) summary: String,
    pub(crate) is_long: bool,
    pub(crate) keys: Vec<Key>,
}

/// A key of that.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// In the words of the description; see `args`.
    pub(crate) takes: String,
    pub(crate) is_required: bool,
    /// The key that may be there in its place.
    pub(crate) instead: Option<String>,
    pub(crate) summary: String,
    /// Of what its value is made, where that is known.
    pub(crate) words: Vec<String>,
}

fn text(told: &Value, key: &str) -> String {
    told[key].as_str().unwrap_or_default().to_owned()
}

fn list<T>(told: &Value, read: impl FnMut(&Value) -> T) -> Vec<T> {
    told.as_array().map(|items| items.iter().map(read).collect()).unwrap_or_default()
}

/// The classes in an answer to `rpc/describe`.
pub(crate) fn classes(told: &Value) -> Vec<Class> {
    list(&told["classes"], |told| Class {
        namespace: text(told, "namespace"),
        name: text(told, "name"),
        actions: list(&told["actions"], action),
    })
}

fn action(told: &Value) -> Action {
    Action {
        name: text(told, "action"),
        access: text(told, "access"),
        summary: text(told, "summary"),
        is_long: told["long"] == true,
        keys: list(&told["keys"], |told| Key {
            name: text(told, "key"),
            takes: text(told, "type"),
            is_required: told["required"] == true,
            instead: told["instead"].as_str().map(str::to_owned),
            summary: text(told, "summary"),
            words: list(&told["words"], |word| word.as_str().unwrap_or_default().to_owned()),
        }),
    }
}

impl Class {
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    pub(crate) fn is(&self, path: &str) -> bool {
        self.path().eq_ignore_ascii_case(path)
    }
}

/// That there is such a class, if one is named.
pub(crate) fn known(classes: &[Class], class: Option<&str>) -> Result<(), Failure> {
    let Some(class) = class.filter(|class| !classes.iter().any(|other| other.is(class))) else {
        return Ok(());
    };
    let there: Vec<String> = classes.iter().map(Class::path).collect();
    let why = format!(
        "there is no class {class:?}; there is {} (`raw` asks what has no actions)",
        there.join(", ")
    );
    Err(nobody_serves(classes).unwrap_or(Failure::Usage(visible(&why))))
}

/// The action of that name, of this class or of the only one that has it.
pub(crate) fn find<'a>(
    classes: &'a [Class],
    class: Option<&str>,
    action: &str,
) -> Result<(&'a Class, &'a Action), Failure> {
    known(classes, class)?;
    let meant = classes.iter().filter(|other| class.is_none_or(|class| other.is(class)));
    let found: Vec<(&Class, &Action)> =
        meant.flat_map(|class| class.actions.iter().map(move |action| (class, action))).collect();
    let mut named = found.iter().filter(|(_, other)| other.name == action);
    match (named.next(), named.next()) {
        (Some(found), None) => Ok(*found),
        (Some(one), Some(other)) => {
            let (one, other) = (one.0.path(), other.0.path());
            Err(Failure::Usage(format!("{one} and {other} have an action {action}: `run {one} {action}`")))
        }
        (None, _) => {
            let mut there: Vec<&str> = Vec::new();
            for (_, action) in found {
                if !there.contains(&&*action.name) {
                    there.push(&action.name);
                }
            }
            Err(nobody_serves(classes).unwrap_or_else(|| no_action(classes, action, &there)))
        }
    }
}

/// That there are none but the server's own classes, in whose answers nobody looks for the actions of jails.
pub(crate) fn nobody_serves(classes: &[Class]) -> Option<Failure> {
    let is_own = |class: &Class| class.namespace.eq_ignore_ascii_case("rpc");
    let why = "no class module serves here; `sysadmctl modules` says why";
    classes.iter().all(is_own).then(|| Failure::Unreachable(why.to_owned()))
}

/// That there is no such action, with what was meant, where that can be told.
fn no_action(classes: &[Class], typed: &str, there: &[&str]) -> Failure {
    let class = classes.iter().find(|class| class.name.eq_ignore_ascii_case(typed)).map(Class::path);
    let near = there.iter().map(|name| (distance(typed, name), *name)).min();
    let near = near.filter(|(steps, name)| *steps <= 1 + name.len() / 5).map(|(_, name)| name);
    let meant = match (class, near) {
        (Some(class), _) => format!(", and the class is written {class}"),
        (None, Some(near)) => format!("; {near} is close"),
        (None, None) => String::new(),
    };
    Failure::Usage(visible(&format!("there is no action {typed:?}{meant}; `sysadmctl run` lists all")))
}

/// In how many steps the one becomes the other, a character added, taken away or replaced in each.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, a) in one.chars().enumerate() {
        let (mut corner, mut left) = (line, line + 1);
        row[0] = left;
        for (b, above) in other.chars().zip(row.iter_mut().skip(1)) {
            let here = (corner + usize::from(a != b)).min(left + 1).min(*above + 1);
            (corner, left, *above) = (*above, here, here);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// All actions of all classes, for people.
pub(crate) fn actions(classes: &[&Class]) -> String {
    let row = |class: &Class, action: &Action| {
        let words = [class.path(), action.name.clone(), action.access.clone(), action.summary.clone()];
        words.map(|word| visible(&word)).to_vec()
    };
    let rows: Vec<Vec<String>> =
        classes.iter().flat_map(|class| class.actions.iter().map(|action| row(class, action))).collect();
    table(&["class", "action", "access", "what it does"].map(str::to_owned), &rows)
}

/// One action and its keys, for people.
pub(crate) fn help(class: &Class, action: &Action) -> String {
    let mut usage = format!("sysadmctl run {} {}", class.path(), action.name);
    for key in &action.keys {
        let pair = match &key.instead {
            Some(other) if key.is_required => format!("{}=... | {other}=...", key.name),
            _ => format!("{}=...", key.name),
        };
        let is_other =
            action.keys.iter().any(|other| other.instead.as_ref() == Some(&key.name) && other.is_required);
        match key.is_required {
            true => usage.push_str(&format!(" {pair}")),
            false if is_other => {}
            false => usage.push_str(&format!(" [{pair}]")),
        }
    }
    let mut text = format!(
        "{}: {} ({} access)\n\n    {}\n",
        visible(&action.name),
        visible(&action.summary),
        visible(&action.access),
        visible(&usage)
    );
    let rows: Vec<Vec<String>> = action
        .keys
        .iter()
        .map(|key| {
            let words =
                if key.words.is_empty() { String::new() } else { format!(": {}", key.words.join(", ")) };
            [key.name.clone(), key.takes.clone(), format!("{}{words}", key.summary)]
                .map(|word| visible(&word))
                .to_vec()
        })
        .collect();
    if !rows.is_empty() {
        text.push('\n');
        text.push_str(&table(&["key", "takes", "what for"].map(str::to_owned), &rows));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn there(classes: &[(&str, &str, &[&str])]) -> Vec<Class> {
        let told = classes.iter().map(|(namespace, name, actions)| {
            let actions: Vec<Value> = actions.iter().map(|action| json!({ "action": action })).collect();
            json!({"namespace": namespace, "name": name, "actions": actions})
        });
        super::classes(&json!({"classes": told.collect::<Vec<_>>()}))
    }

    const OWN: [(&str, &str, &[&str]); 2] =
        [("rpc", "dispatcher", &["list", "show"]), ("rpc", "modules", &["list", "swap"])];

    #[test]
    fn where_no_class_serves_that_is_what_is_told() {
        let classes = there(&OWN);
        for (class, action) in [(None, "listjails"), (Some("sysadm/iocage"), "listjails")] {
            let why = find(&classes, class, action).expect_err("none");
            assert_eq!(why.to_string(), "no class module serves here; `sysadmctl modules` says why");
            assert_eq!(why.status(), 3);
        }
        assert!(find(&classes, None, "swap").is_ok(), "what there is serves");
    }

    #[test]
    fn what_was_meant_is_told_and_no_name_twice() {
        let classes = there(&[("sysadm", "iocage", &["df", "listjails"]), OWN[0], OWN[1]]);
        for (typed, meant) in [
            ("lsjails", "; listjails is close"),
            ("listjail", "; listjails is close"),
            ("Iocage", ", and the class is written sysadm/iocage"),
            ("frobnicate", ""),
        ] {
            let why = find(&classes, None, typed).expect_err(typed).to_string();
            let told = format!("there is no action {typed:?}{meant}; `sysadmctl run` lists all");
            assert_eq!(why, told);
        }
    }

    #[test]
    fn steps_from_one_word_to_another() {
        for (one, other, steps) in [
            ("", "", 0),
            ("", "ab", 2),
            ("ab", "", 2),
            ("kitten", "sitting", 3),
            ("a\u{e4}", "a", 1),
            ("df", "df", 0),
        ] {
            assert_eq!(distance(one, other), steps, "{one} {other}");
        }
    }
}
