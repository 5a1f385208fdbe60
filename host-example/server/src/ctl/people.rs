//! `user` and `token`: who may log in, straight in the file of accounts, so that there is somebody before there is a server. Whoever may write that
//! file may do all this, which is root.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::ArgMatches;

use super::cli::variable;
use super::failure::Failure;
use super::out;
use super::password;
use super::text::{table, visible};
use crate::accounts::{AccountsError, Allowed, EditError, Editor, Listed, Name, Role, TokenId};
use crate::config::{Config, INSTALLED};

impl From<AccountsError> for Failure {
    fn from(why: AccountsError) -> Failure {
        EditError::File(why).into()
    }
}

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

fn file(typed: &ArgMatches) -> Result<PathBuf, Failure> {
    let told = typed.get_one::<PathBuf>("accounts").cloned();
    let told = told.or_else(|| variable("SYSADMD_ACCOUNTS"));
    told.map_or_else(|| of_server(Path::new(INSTALLED)), Ok)
}

/// The file that a server of this configuration has; of none, or one that this user may not read, the usual one. Of one that the
/// server itself does not take nobody knows which file is meant.
fn of_server(config: &Path) -> Result<PathBuf, Failure> {
    if std::fs::File::open(config).is_err() {
        return Ok(Config::default().accounts);
    }
    let unknown = |why| Failure::Answered(format!("{why}; --accounts says which file of accounts is meant"));
    Ok(Config::read(config).map_err(unknown)?.accounts)
}

/// Change the file, and say what was done.
fn change(path: &Path, change: impl FnOnce(&mut Editor) -> Result<String, EditError>) -> Result<(), Failure> {
    let mut editor = Editor::open(path)?;
    let done = change(&mut editor)?;
    editor.save()?;
    out::note(&format!("{done} ({})", path.display()));
    Ok(())
}

/// `user ...`
pub(crate) fn user(command: &str, matches: &ArgMatches) -> Result<(), Failure> {
    let (typed, path) = (Typed(matches), file(matches)?);
    if command == "list" {
        return users(&Listed::read(&path)?);
    }
    let name = typed.name()?;
    if command != "add" {
        // Where there is none nothing is made, not even its lock.
        Listed::read(&path)?.has(&name).map_err(Failure::Answered)?;
    }
    match command {
        "add" => {
            let (role, actions) = (typed.role(), typed.actions()?);
            // Asked for a password in vain is nobody.
            Editor::open(&path)?.lacks(&name).map_err(Failure::Answered)?;
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

fn users(listed: &Listed) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = listed
        .accounts()
        .map(|(name, role, has_password, actions)| {
            let actions = actions
                .map_or_else(|| "all".to_owned(), |actions| actions.texts().collect::<Vec<_>>().join(" "));
            let password = if has_password { "yes" } else { "no" };
            vec![name.to_string(), role.word().to_owned(), password.to_owned(), actions]
        })
        .collect();
    out::listed(&table(&["name", "role", "password", "actions"].map(str::to_owned), &rows), 1)
}

/// `token ...`
pub(crate) fn token(command: &str, matches: &ArgMatches) -> Result<(), Failure> {
    let (typed, path) = (Typed(matches), file(matches)?);
    let listed = Listed::read(&path)?;
    match command {
        "list" => tokens(&listed),
        "add" => {
            let (name, note) = (typed.name()?, typed.text("note").unwrap_or_default());
            let life = life(typed.text("expires").unwrap_or_default())?;
            let mut editor = Editor::open(&path)?;
            let (id, text) = editor.add_token(&name, note, SystemTime::now(), life)?;
            editor.save()?;
            out::note(&format!(
                "token {id} of {name}; it is shown here and never again ({})",
                path.display()
            ));
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

fn tokens(listed: &Listed) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = listed
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
    out::listed(&table(&["id", "account", "created", "expires", "note"].map(str::to_owned), &rows), 1)
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
    fn the_file_is_the_server_s() {
        let folder = std::env::temp_dir().join(format!("sysadmctl-config-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let config = folder.join("sysadmd.json");
        assert_eq!(of_server(&config).expect("the usual one"), Config::default().accounts);
        std::fs::write(&config, r#"{"accounts":"/etc/mine"}"#).expect("written");
        assert_eq!(of_server(&config).expect("its own"), Path::new("/etc/mine"));
        std::fs::write(&config, r#"{"account":"/etc/mine"}"#).expect("written");
        let why = of_server(&config).expect_err("no configuration");
        assert!(why.status() == 1 && why.to_string().contains("`account`"), "{why}");
        std::fs::remove_dir_all(&folder).expect("removed");
    }

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
