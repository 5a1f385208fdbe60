//! Is a class that nobody has configured the one that somebody has, under another name? A slip of the pen in a
//! configuration is found at the start where all modules can be used. One that could not be then is loaded later, and would
//! serve as the class has it by itself.

use std::sync::Arc;

use sysadm_class::host::Module;

use crate::configs::{Configs, class_key};
use crate::generation::Generation;
use crate::refused::{Obstacle, Refused};

/// Refuse a class without a configuration while there is one that is configured and that no module here has had.
pub(super) fn meant(
    configs: &Configs,
    module: &Module,
    generations: &[Arc<Generation>],
) -> Result<(), Refused> {
    let own = class_key(module.namespace(), module.name());
    let is_known = |class: &String| {
        generations.iter().any(|generation| {
            generation.class().is_some_and(|(namespace, name)| class_key(&namespace, &name) == *class)
        })
    };
    if configs.contains_key(&own) {
        return Ok(());
    }
    let Some(other) = configs.keys().find(|class| !is_known(class)) else { return Ok(()) };
    let why = format!(
        "{own} is not configured, and the configuration of {other:?} is for no class that was ever here: correct the name \
         there, or take it out, and start anew; else {own} would serve without what was meant for it"
    );
    Err(Refused::new(Obstacle::Identity, why))
}
