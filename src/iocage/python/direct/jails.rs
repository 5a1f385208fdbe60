//! The jails and templates: which there are, which of them a word means, and what is in
//! their configurations.
//!
//! A configuration is `config.json` in the dataset of the jail, beside its root and never
//! in it. One of another form than the version writes is rewritten by iocage, with what
//! it finds in the root, and so is one of the shell iocage: that is a doubt.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::iocage::direct::{File, Holder, Machine, Running};
use crate::iocage::python::running::known_as;

use super::active::{Active, Entry, Mount};
use super::config::{Config, Content};
use super::datum::Datum;
use super::defaults::Defaults;
use super::end::{End, Found};
use super::version::Known;

const UNMOUNTED: &str = "a jail's dataset is not mounted, and iocage would mount it";
const LEGACY: &str = "a jail is of another iocage, which iocage would convert";
const OTHER: &str = "a jail's configuration is of another version, and iocage would rewrite it";
const PLUGIN: &str = "a plugin's configuration does not say what it is, and iocage would fill it in";

const ELSEWHERE: &str = "a jail runs under a name that is not that of its root";

/// From where plugins came once.
const FORMER: &str = "https://github.com/freenas/iocage-ix-plugins.git";

/// What is asked about jails, of which machine, and by which iocage.
pub(super) struct Jails<'a> {
    pub(super) machine: &'a Machine<'a>,
    pub(super) known: Known,
    pub(super) active: &'a Active,
    pub(super) defaults: Defaults,
    /// The rules of the devices of those that run, once somebody has asked for them.
    pub(super) holders: OnceCell<Vec<Holder>>,
}

/// A jail's configuration.
pub(super) enum Loaded<'c> {
    /// As it is in the file.
    Config(Config<'c>),
    /// iocage cannot read it, and says this, or is at its end with an exception.
    Bad(Option<String>),
}

/// A configuration and what it does not say itself.
pub(super) struct Full<'a> {
    config: Config<'a>,
    defaults: &'a Defaults,
}

impl Full<'_> {
    /// What iocage has of a property.
    pub(super) fn get(&self, name: &str) -> Found<Option<Datum<'_>>> {
        Ok(match self.config.get(name) {
            Some(value) => Some(value.lent().normal(name)),
            None => self.defaults.get(name)?.map(Datum::lent),
        })
    }

    /// All of them, by name.
    pub(super) fn all(&self) -> Found<Vec<(&str, Datum<'_>)>> {
        let is_own = |name: &str| self.config.get(name).is_some();
        let defaults = self.defaults.all()?.entries().filter(|(name, _)| !is_own(name));
        let own = self.config.entries().map(|(name, value)| (name, value.lent().normal(name)));
        let mut all: Vec<_> = defaults.map(|(name, value)| (name, value.lent())).chain(own).collect();
        all.sort_unstable_by(|a, b| a.0.cmp(b.0));
        Ok(all)
    }
}

/// Has a jail that runs its root where its name says, if either is iocage's? A name of which
/// a letter was lost would be taken for another's. What runs within a jail is called after
/// it, and has its root below that of the jail.
pub(super) fn is_at_home(name: &str, path: &str) -> Found<()> {
    let mut parts = path.strip_suffix("/root").unwrap_or_default().rsplit('/');
    let (folder, sort) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_placed = ["jails", "templates"].contains(&sort) && !path.contains("/root/");
    let is_called = name.starts_with("ioc-") && !name.contains('.');
    match (is_placed || is_called) && known_as(folder) != name {
        true => End::doubt(ELSEWHERE, name),
        false => Ok(()),
    }
}

impl<'a> Jails<'a> {
    /// The jails that run.
    pub(super) fn running(&self) -> Found<Running> {
        let running = self.machine.running()?;
        running.0.iter().try_for_each(|prison| is_at_home(&prison.name, &prison.path))?;
        Ok(running)
    }

    /// Does the jail of this name run? As what number?
    pub(super) fn jid(&self, name: &str) -> Found<Option<u32>> {
        Ok(self.running()?.find(&known_as(name)).map(|prison| prison.jid))
    }

    /// Jails, then templates, of which one takes the place of a jail of its name.
    pub(super) fn all(&self) -> Found<Vec<Entry<'a>>> {
        let mut all = self.active.entries("jails")?;
        let templates = self.active.entries("templates")?;
        if templates.is_empty() {
            return Ok(all);
        }
        let mut places = BTreeMap::new();
        places.extend(all.iter().enumerate().map(|(at, jail)| (jail.name, at)));
        for template in templates {
            match places.get(template.name) {
                Some(at) => all[*at] = template,
                None => all.push(template),
            }
        }
        Ok(all)
    }

    /// The one that iocage takes a word for.
    pub(super) fn find(&self, word: &str) -> Found<Entry<'a>> {
        if word.contains('/') {
            return End::dies(format!("jail '{word}' not found ('/' not allowed in jail name)!"));
        }
        for sort in ["jails", "templates"] {
            let path = PathBuf::from(format!("{}/{sort}/{word}", self.active.root));
            if self.machine.is_folder(&path) {
                return match self.active.entry(sort, word) {
                    Some(entry) => Ok(entry),
                    None => End::thrown(word),
                };
            }
        }
        let mut found = self.all()?;
        found.retain(|entry| entry.name.starts_with(word));
        found.sort_unstable_by_key(|entry| entry.name);
        match &found[..] {
            [] => End::dies(format!("jail '{word}' not found!")),
            [entry] => Ok(*entry),
            several => {
                let mut line = format!("Multiple jails found for {word}:");
                for entry in several {
                    let place = match entry.mount(self.active)? {
                        Mount::No(place) | Mount::There(place) | Mount::Not(place) => place,
                    };
                    line += &format!("\n  {} ({place})", entry.name);
                }
                End::dies(line)
            }
        }
    }

    /// Read the configuration of one, whose text is kept in `content`.
    pub(super) fn load<'c>(&self, entry: Entry<'_>, content: &'c mut Vec<u8>) -> Found<Loaded<'c>> {
        let name = entry.name;
        let folder = match entry.mount(self.active)? {
            Mount::No(_) => return Ok(Loaded::Bad(None)),
            Mount::Not(_) => return End::changes(UNMOUNTED, name),
            Mount::There(folder) => folder,
        };
        let path = format!("{folder}/config.json");
        *content = match self.machine.file(Path::new(&path))? {
            File::Holds(text) => text,
            File::Missing if entry.is_of_shell() => return End::changes(LEGACY, name),
            File::Missing => {
                // The file of the development line, which iocage would read.
                if self.machine.file(&PathBuf::from(format!("{folder}/config")))? != File::Missing {
                    return End::changes(LEGACY, name);
                }
                let its = self.known.its();
                let line = format!(
                    "{name} is missing {its} configuration, please destroy this jail and recreate it."
                );
                return Ok(Loaded::Bad(Some(line)));
            }
        };
        match Config::parse(content, &path)? {
            Content::Config(config) => {
                let is_own = match config.get("CONFIG_VERSION") {
                    Some(form) if !form.is_null() => form.text() == Some(self.known.form),
                    _ => config.text("CONFIG_TYPE") != Some("THICK"),
                };
                if is_own { Ok(Loaded::Config(config)) } else { End::changes(OTHER, name) }
            }
            Content::Corrupt => Ok(Loaded::Bad(Some(format!(
                "{name} has a corrupt configuration, please fix this jail or destroy and recreate it."
            )))),
            Content::Strange => Ok(Loaded::Bad(None)),
        }
    }

    /// Read the configuration of one that iocage fails without.
    pub(super) fn config<'c>(&self, entry: Entry<'_>, content: &'c mut Vec<u8>) -> Found<Config<'c>> {
        match self.load(entry, content)? {
            Loaded::Config(config) => Ok(config),
            Loaded::Bad(Some(line)) => End::dies(line),
            Loaded::Bad(None) => End::thrown(entry.name),
        }
    }

    /// The same, and what it does not say itself.
    pub(super) fn full<'c>(
        &'c self,
        config: Config<'c>,
        entry: Entry<'_>,
        is_shown_whole: bool,
    ) -> Found<Full<'c>> {
        if matches!(config.text("type"), Some("plugin" | "pluginv2")) {
            let [name, repository] = ["plugin_name", "plugin_repository"].map(|key| match config.get(key) {
                None => Some("none"),
                Some(value) => value.text(),
            });
            let (Some(name), Some(repository)) = (name, repository) else {
                return End::changes(PLUGIN, entry.name);
            };
            let is_unsaid = name == "none" || "none".contains(repository) || FORMER.contains(repository);
            let is_own = config.text("host_hostuuid") == Some(entry.name) && entry.sort == "jails";
            if is_unsaid && (is_shown_whole || name == "none" && !is_own) {
                return End::changes(PLUGIN, entry.name);
            }
        }
        Ok(Full { config, defaults: &self.defaults })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jail_that_runs_is_called_after_its_root() {
        let is_known = |name, path| is_at_home(name, path).is_ok();
        assert!(is_known("ioc-we_b", "/tank/iocage/jails/we.b/root"));
        assert!(is_known("ioc-base", "/tank/iocage/templates/base/root"));
        assert!(
            is_known("www", "/usr/jails/www")
                && is_known("ioc-web.in", "/tank/iocage/jails/web/root/jails/x/root")
        );
        for (name, path) in [
            ("ioc-web", "/tank/iocage/jails/wfb/root"),
            ("iod-web", "/tank/iocage/jails/web/root"),
            ("ioc-w.b", "/tank/iocage/jails/web/root"),
            ("ioc-web", "/tank/iocage/jails/web/roo"),
            ("ioc-web", ""),
        ] {
            assert!(!is_known(name, path), "{name} {path}");
        }
    }
}
