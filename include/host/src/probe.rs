//! A module tried before it is let into a server: the steps that a swap will take,
//! in a process that is there for nothing else.
//!
//! One flipped bit in a file that is whole by its headers can end the process that
//! loads it, and nothing in that process can keep it from that. So the steps are taken
//! by another program first, of which [`Prober`](crate::Prober) says how it is started
//! and believed. They are here, and not there, because they have to be the swap's own,
//! with its words: that program is `plugin-check --probe`.
//!
//! A probe changes nothing of the machine: it creates, takes over the state, asks for
//! the health and sends the requests that the policy names, with limited access.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sysadm_class::Access;
use sysadm_class::host::{Door, Instance, Module, Request, Silent};

use crate::configs::class_key;
use crate::refused::{Obstacle, Refused};
use crate::said::{refusal, told};

/// What is to be tried, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The file: the private copy that will be mapped.
    pub module: PathBuf,
    /// What sentences call it: the original.
    pub shown: PathBuf,
    /// Through which door.
    pub door: Door,
    /// Load as root what others can replace?
    pub allow_unsafe: bool,
    /// What the instance is created with.
    pub config: String,
    /// And instead, if it is one of these classes, `namespace/name` in lower case: a host
    /// that loads a folder does not know before which class a file has.
    pub configs: BTreeMap<String, String>,
    /// What is asked of it besides; nothing where none serves that it could replace,
    /// for a class that cannot work yet is better than none.
    pub work: Option<Work>,
    /// How long all of it may take.
    pub limit: Duration,
}

/// What one that is to take another's place has to be able to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Namespace and name of the class that it has to be.
    pub class: (String, String),
    /// What the one that serves exported.
    pub state: String,
    /// Does it matter whether it takes that over?
    pub forgiving: bool,
    /// How long its health may take.
    pub health: Duration,
    /// The args of the requests that it has to answer.
    pub requests: Vec<String>,
}

impl Probe {
    /// The steps of a swap. `step` is told each before it is taken, as the end of a
    /// sentence: where the process ends in it, nobody else is.
    ///
    /// # Errors
    /// What the swap would have been refused with.
    pub fn perform(&self, step: &mut dyn FnMut(&str)) -> Result<(), Refused> {
        step("it was loaded");
        let load = if self.allow_unsafe { Module::load_untrusted } else { Module::load };
        let module = load(&self.module, self.door)
            .map_err(|e| Refused::new(Obstacle::Load, e.of_original(&self.shown).to_string()))?;
        step("it described itself");
        drop(module.describe());
        self.try_class(&module, step)
            .map_err(|refused| refused.of_class(module.namespace(), module.name()))?;
        step("it was unmapped");
        drop(module);
        step("its process ended");
        Ok(())
    }

    /// The steps of a module of which is known which class it is.
    fn try_class(&self, module: &Module, step: &mut dyn FnMut(&str)) -> Result<(), Refused> {
        let refused = |obstacle, why: String| {
            Refused::new(obstacle, format!("{} cannot be used: {why}", self.shown.display()))
        };
        if let Some(work) = &self.work
            && !work.is_of(module)
        {
            // The host says which class it is instead.
            return Ok(());
        }
        step("it was created");
        let mut instance = module
            .create(Arc::new(Silent), self.config_of(module))
            .map_err(|e| refused(Obstacle::Create, refusal(&e)))?;
        step("its instance described itself");
        drop(instance.describe());
        if let Some(work) = &self.work {
            work.perform(&mut instance, step).map_err(|(obstacle, why)| refused(obstacle, why))?;
        }
        step("it was closed");
        drop(instance.close(Duration::ZERO));
        Ok(())
    }

    fn config_of(&self, module: &Module) -> &str {
        let own = self.configs.get(&class_key(module.namespace(), module.name()));
        own.unwrap_or(&self.config)
    }

    /// As the program reads it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        let mut shown = json!({
            "module": text(&self.module),
            "shown": text(&self.shown),
            "door": self.door.word(),
            "allow_unsafe": self.allow_unsafe,
            "config": self.config,
            "limit_ms": milliseconds(self.limit),
        });
        if !self.configs.is_empty() {
            shown["configs"] = json!(self.configs);
        }
        if let Some(work) = &self.work {
            shown["work"] = json!({
                "namespace": work.class.0,
                "name": work.class.1,
                "state": work.state,
                "forgiving": work.forgiving,
                "health_ms": milliseconds(work.health),
                "requests": work.requests,
            });
        }
        shown
    }

    /// What such a text says; nothing if it is none.
    #[must_use]
    pub fn from_json(text: &[u8]) -> Option<Probe> {
        let said: Value = serde_json::from_slice(text).ok()?;
        let word = |key: &str| said[key].as_str().map(str::to_owned);
        let work = match &said["work"] {
            Value::Null => None,
            work => Some(Work::from_json(work)?),
        };
        let configs = match &said["configs"] {
            Value::Null => BTreeMap::new(),
            configs => serde_json::from_value(configs.clone()).ok()?,
        };
        Some(Probe {
            module: word("module")?.into(),
            shown: word("shown")?.into(),
            door: Door::ALL.into_iter().find(|door| said["door"] == door.word())?,
            allow_unsafe: said["allow_unsafe"].as_bool()?,
            config: word("config")?,
            configs,
            limit: Duration::from_millis(said["limit_ms"].as_u64()?),
            work,
        })
    }
}

impl Work {
    fn from_json(said: &Value) -> Option<Work> {
        let word = |key: &str| said[key].as_str().map(str::to_owned);
        let requests = said["requests"].as_array()?.iter().map(|args| args.as_str().map(str::to_owned));
        Some(Work {
            class: (word("namespace")?, word("name")?),
            state: word("state")?,
            forgiving: said["forgiving"].as_bool()?,
            health: Duration::from_millis(said["health_ms"].as_u64()?),
            requests: requests.collect::<Option<_>>()?,
        })
    }

    fn is_of(&self, module: &Module) -> bool {
        let (namespace, name) = &self.class;
        module.namespace().eq_ignore_ascii_case(namespace) && module.name().eq_ignore_ascii_case(name)
    }

    fn perform(&self, instance: &mut Instance, step: &mut dyn FnMut(&str)) -> Result<(), (Obstacle, String)> {
        step("it took over the state");
        let imported = told(instance.import_state(&self.state));
        if let Err(why) = imported
            && !self.forgiving
        {
            return Err((Obstacle::Hand, format!("it does not take over the state: {why}")));
        }
        step("it was asked for its health");
        told(instance.health(Some(self.health)))
            .map_err(|why| (Obstacle::Health, format!("it says that it cannot work: {why}")))?;
        step("it exported its state");
        drop(instance.export_state());
        for (number, args) in (1..).zip(&self.requests) {
            step(&format!("it answered request {number} of the probe"));
            let (namespace, name) = &self.class;
            // Limited, so that the class itself sees to it that it only reads.
            let request = Request::new(namespace, name, args, Access::Limited).with_id(number);
            told(instance.dispatch(&request)).map_err(|why| {
                (Obstacle::Request, format!("request {number} of the probe was refused: {why}"))
            })?;
        }
        Ok(())
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let work = Work {
            class: ("a".to_owned(), "b".to_owned()),
            state: "{\"id\":\"\u{1}\"}".to_owned(),
            forgiving: true,
            health: Duration::from_millis(7),
            requests: vec!["{}".to_owned(), "\"".to_owned()],
        };
        let probe = Probe {
            module: "/a b/\"c\".so".into(),
            shown: "/x.so".into(),
            door: Door::C,
            allow_unsafe: true,
            config: "{\"x\":\n1}".to_owned(),
            configs: BTreeMap::from([("a/b".to_owned(), "{}".to_owned())]),
            work: Some(work),
            limit: Duration::from_secs(3),
        };
        let rust = Probe { door: Door::Rust, work: None, ..probe.clone() };
        for probe in [probe, rust] {
            assert_eq!(Probe::from_json(probe.to_json().to_string().as_bytes()), Some(probe));
        }
        for text in ["", "[]", "{}", r#"{"module":"/x","shown":"/x","door":"side"}"#] {
            assert_eq!(Probe::from_json(text.as_bytes()), None, "{text}");
        }
    }
}
