//! iocage's defaults, `defaults.json` in its root: what a configuration does not say.
//!
//! Where that is no JSON iocage says so and goes on with what is built in, of which some
//! depends on the machine. Of that here only is what the lists need.

use std::path::PathBuf;

use crate::iocage::direct::{File, Machine};

use super::active::Active;
use super::config::{Config, Content};
use super::datum::Datum;
use super::end::{End, Found};
use super::version::Known;

const NONE: &str = "iocage has no defaults yet, and would make them";
const OTHER: &str = "iocage's defaults are of another version, and it would rewrite them";
const PLUGIN: &str = "iocage's defaults are those of a plugin";
const STRANGE: &str = "iocage's defaults are not what they should be";
const BUILT_IN: &str = "iocage's defaults are broken, and what is built in is not known";

/// Them.
#[derive(Debug)]
pub(super) struct Defaults {
    config: Config<'static>,
    /// What iocage complains of where they are no JSON.
    pub(super) complaint: Option<String>,
}

/// What is built in, of what the lists show.
const LISTED: &str =
    r#"{"basejail": 0, "boot": 0, "dhcp": 0, "ip4_addr": "none", "ip6_addr": "none", "type": "jail"}"#;

impl Defaults {
    /// Read them.
    pub(super) fn read(machine: &Machine<'_>, known: Known, active: &Active) -> Found<Defaults> {
        let path = format!("{}/defaults.json", active.root);
        let File::Holds(content) = machine.file(&PathBuf::from(&path))? else {
            return End::changes(NONE, &path);
        };
        match Config::parse(&content, &path)? {
            Content::Config(mut config) => {
                if config.text("CONFIG_VERSION") != Some(known.form) {
                    return End::changes(OTHER, &path);
                }
                if matches!(config.text("type"), Some("plugin" | "pluginv2")) {
                    return End::doubt(PLUGIN, &path);
                }
                config.normalise();
                Ok(Defaults { config: config.into_owned(), complaint: None })
            }
            Content::Corrupt => match Config::parse(LISTED.as_bytes(), &path)? {
                Content::Config(config) => {
                    let complaint = format!("{path} corrupted (delete to recreate), using memory values.");
                    Ok(Defaults { config, complaint: Some(complaint) })
                }
                _ => End::doubt(STRANGE, &path),
            },
            Content::Strange => End::doubt(STRANGE, &path),
        }
    }

    /// The default of a property, if it has one.
    pub(super) fn get(&self, name: &str) -> Found<Option<&Datum<'static>>> {
        match self.config.get(name) {
            None if self.complaint.is_some() => End::doubt(BUILT_IN, name),
            value => Ok(value),
        }
    }

    /// All of them, in the order of the file.
    pub(super) fn all(&self) -> Found<&Config<'static>> {
        match &self.complaint {
            None => Ok(&self.config),
            Some(complaint) => End::doubt(BUILT_IN, complaint),
        }
    }
}
