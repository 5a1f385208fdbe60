//! `get`: all properties of the defaults or of a jail, one of them, and one of every jail.
//!
//! One property is told as it stands in the jail's own configuration, all of them as
//! iocage makes them: `boot` can be `on` there and 1 here. Some are no properties and
//! known without a configuration.

use crate::iocage::direct::{Holder, Running};
use crate::iocage::python::running::known_as;

use super::active::Entry;
use super::config::Config;
use super::datum::Datum;
use super::end::{End, Found};
use super::jails::{Jails, is_at_home};
use super::page::{By, Page};

const ALL: &str = "all properties of every jail are no table";
const NAME: &str = "a jail's name is no text";
const RULES: &str = "jls does not tell the rules of a running jail";

fn invalid<T>(property: &str) -> Found<T> {
    End::dies(format!("{property} is not a valid property!"))
}

fn word_of(is_up: bool) -> &'static str {
    if is_up { "up" } else { "down" }
}

impl Jails<'_> {
    /// `get all default`.
    pub(super) fn defaults(&self, page: &mut Page) -> Found<()> {
        for (name, value) in self.defaults.all()?.entries() {
            page.property(name, &value.lent().shown()?);
        }
        Ok(())
    }

    /// `get PROP default`.
    pub(super) fn of_defaults(&self, property: &str, page: &mut Page) -> Found<()> {
        match self.defaults.get(property)? {
            Some(value) => page.line(&value.lent().shown()?),
            None => return invalid(property),
        }
        Ok(())
    }

    /// `get all JAIL`.
    pub(super) fn properties(&self, word: &str, page: &mut Page) -> Found<()> {
        let entry = self.find(word)?;
        let mut content = Vec::new();
        let full = self.full(self.config(entry, &mut content)?, entry, true)?;
        let state = Datum::Text(self.state(entry.name)?.into());
        let mut all = full.all()?;
        let at = all.partition_point(|(name, _)| *name < "state");
        match all.get_mut(at) {
            Some((name, value)) if *name == "state" => *value = state,
            _ => all.insert(at, ("state", state)),
        }
        for (name, value) in all {
            page.property(name, &value.shown()?);
        }
        Ok(())
    }

    /// `get PROP JAIL`.
    pub(super) fn property(&self, property: &str, word: &str, page: &mut Page) -> Found<()> {
        if property == "jid" {
            let jid = self.jid(word)?;
            page.line(&jid.map_or_else(|| "-".to_owned(), |jid| jid.to_string()));
            return Ok(());
        }
        if word == "default" {
            return self.of_defaults(property, page);
        }
        let entry = self.find(word)?;
        let value = match self.without_config(property) {
            Some(value) => value.to_owned(),
            None if property == "state" => self.state(entry.name)?.to_owned(),
            None => self.value(property, entry)?,
        };
        page.line(&value);
        Ok(())
    }

    /// `get -rh PROP`.
    pub(super) fn each(&self, property: &str, page: &mut Page) -> Found<()> {
        if property == "all" {
            return End::doubt(ALL, property);
        }
        let running = if property == "state" { Some(self.running()?) } else { None };
        let running = running.as_ref().map(Running::by_name);
        let mut table = page.table();
        for entry in self.all()? {
            let value = match (self.without_config(property), &running) {
                (Some(value), _) => value.to_owned(),
                (None, Some(running)) => word_of(running.contains_key(&*known_as(entry.name))).to_owned(),
                (None, None) => self.value(property, entry)?,
            };
            table.value(entry.name, &value);
        }
        page.print_table(table, By::Name)
    }

    fn without_config(&self, property: &str) -> Option<&str> {
        match property {
            "pool" => Some(&self.active.pool),
            "iocroot" => Some(&self.active.root),
            _ => None,
        }
    }

    fn state(&self, name: &str) -> Found<&'static str> {
        Ok(word_of(self.jid(name)?.is_some()))
    }

    /// What a jail's own configuration says, or else the defaults.
    fn value(&self, property: &str, entry: Entry<'_>) -> Found<String> {
        let mut content = Vec::new();
        let config = self.config(entry, &mut content)?;
        let name = match config.get("host_hostuuid") {
            Some(Datum::Text(name)) => name,
            // Without it iocage does not come to look for the property.
            None => return invalid(property),
            Some(_) => return End::doubt(NAME, entry.name),
        };
        match (property, config.get(property)) {
            ("last_started", None) => invalid(property),
            ("last_started", Some(Datum::Text(never))) if never == "none" => Ok("never".to_owned()),
            ("devfs_ruleset", _) => match self.rules(name)? {
                Some(rules) => Ok(rules),
                None => self.own(property, &config),
            },
            _ => self.own(property, &config),
        }
    }

    fn own(&self, property: &str, config: &Config<'_>) -> Found<String> {
        let value = match config.get(property) {
            Some(value) => Some(value.lent()),
            None => self.defaults.get(property)?.map(Datum::lent),
        };
        value.map_or_else(|| invalid(property), |value| Ok(value.shown()?.into_owned()))
    }

    /// The rules of the devices of a jail that runs, of which jls tells.
    fn rules(&self, name: &str) -> Found<Option<String>> {
        let kernel = known_as(name);
        let holders = self.holders()?;
        let Some(holder) = holders.iter().find(|holder| holder.name == kernel) else { return Ok(None) };
        if self.known.stumbles_at_dots() && name.contains('.') {
            return End::thrown(name);
        }
        match &holder.value {
            Some(rules) => Ok(Some(rules.clone())),
            None => End::doubt(RULES, name),
        }
    }

    /// What jls tells of them: asked once, however many jails are asked about.
    fn holders(&self) -> Found<&[Holder]> {
        if let Some(holders) = self.holders.get() {
            return Ok(holders);
        }
        let holders = self.machine.parameter("devfs_ruleset")?;
        holders.iter().try_for_each(|holder| is_at_home(&holder.name, &holder.path))?;
        Ok(self.holders.get_or_init(|| holders))
    }
}
