//! `user` and `token`: who may log in, straight in the file of accounts, so that there is somebody before there is a server. Whoever may write that
//! file may do all this, which is root.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::ArgMatches;

use super::failure::Failure;
use super::out;
use super::password;
use super::text::{table, visible};
use crate::accounts::{AccountsError, Allowed, EditError, Editor, Name, Role, TokenId};

impl From<EditError> for Failure {
    fn from(why: EditError) -> Failure {
        match why {
            EditError::Value(why) => Failure::Usage(why),
            EditError::File(AccountsError::Unreadable(why)) => Failure::Forbidden(why),
            why => Failure::Answered(why.to_string()),
        }
    }
}

/// What was typed, as far as these commands ask.
struct Typed<'a>(&'a ArgMatches);

impl Typed<'_> {
    fn text(&self, id: &str) -> Option<&str> {
        self.0.try_get_one::<String>(id).ok().flatten().map(String::as_str)
    }

    fn all(&self, id: &str) -> Vec<&str> {
        self.0.try_get_many::<String>(id).ok().flatten().into_iter().flatten().map(String::as_str).collect()
    }

    fn has(&self, id: &str) -> bool {
        self.0.try_get_one::<bool>(id).ok().flatten().copied().unwrap_or_default()
    }

    fn name(&self) -> Result<Name, Failure> {
        self.text("name").unwrap_or_default().parse().map_err(Failure::Usage)
    }

    fn role(&self) -> Role {
        let typed = self.text("role");
        Role::ALL.iter().find(|(_, word)| Some(*word) == typed).map_or(Role::Limited, |(role, _)| *role)
    }

    fn actions(&self) -> Result<Option<Allowed>, Failure> {
        let actions = self.all("actions");
        let read = || Allowed::read(actions.iter().copied()).map_err(Failure::Usage);
        (!actions.is_empty()).then(read).transpose()
    }

    /// Nobody waits at the lock while somebody types.
    fn password(&self) -> Result<Option<String>, Failure> {
        match self.has("no-password") {
            true => Ok(None),
            false => password::new(self.has("password-stdin")).map(Some),
        }
    }
}

fn file(typed: &ArgMatches) -> PathBuf {
    typed.get_one::<PathBuf>("accounts").cloned().unwrap_or_default()
}

/// Change the file, and say what was done.
fn change(path: &Path, change: impl FnOnce(&mut Editor) -> Result<String, EditError>) -> Result<(), Failure> {
    let mut editor = Editor::open(path)?;
    let done = change(&mut editor)?;
    editor.save()?;
    out::note(&done);
    Ok(())
}

/// `user ...`
pub(crate) fn user(command: &str, matches: &ArgMatches) -> Result<(), Failure> {
    let (typed, path) = (Typed(matches), file(matches));
    if command == "list" {
        return users(&Editor::open(&path)?);
    }
    let name = typed.name()?;
    match command {
        "add" => {
            let (role, actions) = (typed.role(), typed.actions()?);
            // Asked for a password in vain is nobody.
            if Editor::open(&path)?.accounts().any(|(other, ..)| *other == name) {
                return Err(Failure::Answered(format!("there is an account {name} already")));
            }
            let password = typed.password()?;
            change(&path, |editor| {
                editor.add(name.clone(), role)?;
                editor.set_actions(&name, actions)?;
                editor.set_password(&name, password.as_deref())?;
                Ok(format!("{name} is there, with {} access", role.word()))
            })
        }
        "remove" => change(&path, |editor| {
            let tokens = editor.remove(&name)?;
            Ok(format!("{name} is gone, and {tokens} tokens with it"))
        }),
        "role" => {
            let role = typed.role();
            change(&path, |editor| {
                editor.set_role(&name, role)?;
                Ok(format!("{name} has {} access", role.word()))
            })
        }
        "passwd" => {
            if !Editor::open(&path)?.accounts().any(|(other, ..)| *other == name) {
                return Err(Failure::Answered(format!("there is no account {name}")));
            }
            let password = typed.password()?;
            change(&path, |editor| {
                editor.set_password(&name, password.as_deref())?;
                let what = if password.is_some() { "has a new password" } else { "has no password any more" };
                Ok(format!("{name} {what}; its tokens are as they were"))
            })
        }
        _ => {
            let actions = typed.actions()?;
            if actions.is_none() && !typed.has("all") {
                return Err(Failure::Usage("name the actions that it may do, or --all".to_owned()));
            }
            change(&path, |editor| {
                let what = match &actions {
                    Some(actions) => {
                        format!("may do {} and nothing else", actions.texts().collect::<Vec<_>>().join(", "))
                    }
                    None => "may do all that its role gives".to_owned(),
                };
                editor.set_actions(&name, actions)?;
                Ok(format!("{name} {what}"))
            })
        }
    }
}

fn users(editor: &Editor) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = editor
        .accounts()
        .map(|(name, role, has_password, actions)| {
            let actions = actions
                .map_or_else(|| "all".to_owned(), |actions| actions.texts().collect::<Vec<_>>().join(" "));
            let password = if has_password { "yes" } else { "no" };
            vec![name.to_string(), role.word().to_owned(), password.to_owned(), actions]
        })
        .collect();
    out::answer(&table(&["name", "role", "password", "actions"].map(str::to_owned), &rows))
}

/// `token ...`
pub(crate) fn token(command: &str, matches: &ArgMatches) -> Result<(), Failure> {
    let (typed, path) = (Typed(matches), file(matches));
    match command {
        "list" => tokens(&Editor::open(&path)?),
        "add" => {
            let (name, note) = (typed.name()?, typed.text("note").unwrap_or_default());
            let life = life(typed.text("expires").unwrap_or_default())?;
            let mut editor = Editor::open(&path)?;
            let (id, text) = editor.add_token(&name, note, SystemTime::now(), life)?;
            editor.save()?;
            out::note(&format!("token {id} of {name}; it is shown here and never again"));
            out::answer(&format!("{text}\n"))
        }
        _ => {
            let id: TokenId = typed.text("id").unwrap_or_default().parse().map_err(Failure::Usage)?;
            change(&path, |editor| {
                let name = editor.revoke(&id)?;
                Ok(format!("token {id} of {name} is none any more"))
            })
        }
    }
}

fn tokens(editor: &Editor) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = editor
        .tokens()
        .map(|(id, token)| {
            let expires = token.expires.map_or_else(|| "never".to_owned(), |expires| expires.to_string());
            vec![
                id.to_string(),
                token.account.to_string(),
                token.created.to_string(),
                expires,
                visible(&token.note),
            ]
        })
        .collect();
    out::answer(&table(&["id", "account", "created", "expires", "note"].map(str::to_owned), &rows))
}

/// How long a token lives, as it is typed: `90d`, `12h`, `30m`; none for `never`.
fn life(typed: &str) -> Result<Option<Duration>, Failure> {
    if typed == "never" {
        return Ok(None);
    }
    let units = [('d', 86_400_u64), ('h', 3_600), ('m', 60)];
    let read = units.iter().find_map(|(unit, seconds)| {
        let number: u64 = typed.strip_suffix(*unit)?.parse().ok()?;
        number.checked_mul(*seconds).filter(|seconds| (60..=100 * 366 * 86_400).contains(seconds))
    });
    let why = || format!("{typed:?} is no span of time: 90d, 12h or 30m, up to 100 years, or never");
    read.map(Duration::from_secs).map(Some).ok_or_else(|| Failure::Usage(why()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_are_read() {
        let seconds = |typed: &str| life(typed).map(|life| life.map(|life| life.as_secs())).ok();
        assert_eq!(seconds("90d"), Some(Some(90 * 86_400)));
        assert_eq!(
            (seconds("12h"), seconds("1m"), seconds("never")),
            (Some(Some(43_200)), Some(Some(60)), Some(None))
        );
        for typed in [
            "",
            "d",
            "90",
            "-1d",
            "0d",
            "1.5h",
            "90D",
            "99999999999999999999d",
            "18446744073709551615d",
            "40000d",
        ] {
            assert_eq!(seconds(typed), None, "{typed}");
        }
    }
}
