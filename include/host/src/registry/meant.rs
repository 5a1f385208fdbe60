//! Is a class that nobody has configured the one that somebody has, under another name? A slip of the pen in a
//! configuration is found at the start where all modules can be used. One that could not be then is loaded later, and would
//! serve as the class has it by itself.

use std::collections::BTreeSet;
use std::sync::Mutex;

use sysadm_class::host::Module;

use crate::configs::{Configs, class_key};
use crate::place::lock;
use crate::refused::{Obstacle, Refused};

/// The keys of the classes of which a module has been here, whatever became of it: the history of generations forgets.
#[derive(Default)]
pub(super) struct Known(Mutex<BTreeSet<String>>);

impl Known {
    /// There is a module of this class.
    pub(super) fn add(&self, namespace: &str, name: &str) {
        lock(&self.0).insert(class_key(namespace, name));
    }

    /// The same of one that was refused where it was tried: here nobody has come to know it.
    pub(super) fn add_refused(&self, refused: Option<&Refused>) {
        if let Some((namespace, name)) = refused.and_then(|refused| refused.class.as_ref()) {
            self.add(namespace, name);
        }
    }

    /// Refuse a class without a configuration while there is one that is configured and of which no module has been here.
    pub(super) fn meant(&self, configs: &Configs, module: &Module) -> Result<(), Refused> {
        let own = class_key(module.namespace(), module.name());
        if configs.contains_key(&own) {
            return Ok(());
        }
        let known = lock(&self.0);
        let Some(other) = configs.keys().find(|class| !known.contains(*class)) else { return Ok(()) };
        let why = format!(
            "{own} is not configured, and the configuration of {other:?} is for a class of which no module has been here since the \
             start: correct the name there, or take it out, and start anew; else {own} would serve without what was meant for it"
        );
        Err(Refused::new(Obstacle::Identity, why))
    }
}
