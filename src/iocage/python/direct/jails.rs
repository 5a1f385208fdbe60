//! The jails and templates: which there are, which of them a word means, and what is in
//! their configurations.
//!
//! A configuration is `config.json` in the dataset of the jail, beside its root and never
//! in it. One of another form than the version writes is rewritten by iocage, with what
//! it finds in the root, and so is one of the shell iocage: that is a doubt.

use std::path::PathBuf;

use serde_json::Value;

use crate::iocage::direct::{File, Machine, Prison, Running};
use crate::iocage::python::running::known_as;

use super::active::{Active, Entry, Mount};
use super::config::{Config, Content, normal};
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
}

/// A jail's configuration.
pub(super) enum Loaded {
    /// As it is in the file.
    Config(Config),
    /// iocage cannot read it, and says this, or is at its end with an exception.
    Bad(Option<String>),
}

/// A configuration and what it does not say itself.
pub(super) struct Full<'a> {
    config: Config,
    defaults: &'a Defaults,
}

impl Full<'_> {
    /// What iocage has of a property.
    pub(super) fn get(&self, name: &str) -> Found<Option<Value>> {
        Ok(match self.config.get(name) {
            Some(value) => Some(normal(name, value)),
            None => self.defaults.get(name)?.cloned(),
        })
    }

    /// All of them, by name.
    pub(super) fn all(&self) -> Found<Vec<(&str, Value)>> {
        let is_own = |name: &str| self.config.get(name).is_some();
        let defaults = self.defaults.all()?.entries().filter(|(name, _)| !is_own(name));
        let own = self.config.entries().map(|(name, value)| (name, normal(name, value)));
        let mut all: Vec<_> = defaults.map(|(name, value)| (name, value.clone())).chain(own).collect();
        all.sort_unstable_by(|a, b| a.0.cmp(b.0));
        Ok(all)
    }
}

impl<'a> Jails<'a> {
    /// The jails that run. Each has its root where its name says, so that a name of which a
    /// letter was lost is not taken for another's.
    pub(super) fn running(&self) -> Found<Running> {
        let running = self.machine.running()?;
        let is_other = |prison: &&Prison| {
            let is_own = prison.name.starts_with("ioc-") && !prison.name.contains('.');
            let folder = prison.path.strip_suffix("/root").and_then(|path| path.rsplit('/').next());
            is_own && folder.is_none_or(|name| known_as(name) != prison.name)
        };
        match running.0.iter().find(is_other) {
            Some(prison) => End::doubt(ELSEWHERE, &prison.name),
            None => Ok(running),
        }
    }

    /// Does the jail of this name run? As what number?
    pub(super) fn jid(&self, name: &str) -> Found<Option<u32>> {
        Ok(self.running()?.find(&known_as(name)).map(|prison| prison.jid))
    }

    /// Jails, then templates, of which one takes the place of a jail of its name.
    pub(super) fn all(&self) -> Found<Vec<Entry<'a>>> {
        let mut all = self.active.entries("jails")?;
        for template in self.active.entries("templates")? {
            match all.iter_mut().find(|jail| jail.name == template.name) {
                Some(jail) => *jail = template,
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

    /// Read the configuration of one.
    pub(super) fn load(&self, entry: Entry<'_>) -> Found<Loaded> {
        let name = entry.name;
        let folder = match entry.mount(self.active)? {
            Mount::No(_) => return Ok(Loaded::Bad(None)),
            Mount::Not(_) => return End::doubt(UNMOUNTED, name),
            Mount::There(folder) => folder,
        };
        let path = format!("{folder}/config.json");
        let content = match self.machine.file(&PathBuf::from(&path))? {
            File::Holds(content) => content,
            File::Missing if entry.is_of_shell() => return End::doubt(LEGACY, name),
            File::Missing => {
                // The file of the development line, which iocage would read.
                if self.machine.file(&PathBuf::from(format!("{folder}/config")))? != File::Missing {
                    return End::doubt(LEGACY, name);
                }
                let its = self.known.its();
                let line = format!(
                    "{name} is missing {its} configuration, please destroy this jail and recreate it."
                );
                return Ok(Loaded::Bad(Some(line)));
            }
        };
        match Config::parse(&content, &path)? {
            Content::Config(config) => {
                let is_thick = config.get("CONFIG_TYPE").is_some_and(|value| value == "THICK");
                match config.get("CONFIG_VERSION") {
                    Some(form) if form == self.known.form => Ok(Loaded::Config(config)),
                    None | Some(Value::Null) if !is_thick => Ok(Loaded::Config(config)),
                    _ => End::doubt(OTHER, name),
                }
            }
            Content::Corrupt => Ok(Loaded::Bad(Some(format!(
                "{name} has a corrupt configuration, please fix this jail or destroy and recreate it."
            )))),
            Content::Strange => Ok(Loaded::Bad(None)),
        }
    }

    /// Read the configuration of one that iocage fails without.
    pub(super) fn config(&self, entry: Entry<'_>) -> Found<Config> {
        match self.load(entry)? {
            Loaded::Config(config) => Ok(config),
            Loaded::Bad(Some(line)) => End::dies(line),
            Loaded::Bad(None) => End::thrown(entry.name),
        }
    }

    /// The same, and what it does not say itself.
    pub(super) fn full(&self, config: Config, entry: Entry<'_>, is_shown_whole: bool) -> Found<Full<'_>> {
        if matches!(config.text("type"), Some("plugin" | "pluginv2")) {
            let [name, repository] = ["plugin_name", "plugin_repository"].map(|key| match config.get(key) {
                None => Some("none"),
                Some(value) => value.as_str(),
            });
            let (Some(name), Some(repository)) = (name, repository) else {
                return End::doubt(PLUGIN, entry.name);
            };
            let is_unsaid = name == "none" || "none".contains(repository) || FORMER.contains(repository);
            let is_own = config.text("host_hostuuid") == Some(entry.name) && entry.sort == "jails";
            if is_unsaid && (is_shown_whole || name == "none" && !is_own) {
                return End::doubt(PLUGIN, entry.name);
            }
        }
        Ok(Full { config, defaults: &self.defaults })
    }
}
