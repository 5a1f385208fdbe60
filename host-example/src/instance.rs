//! One instance of a module, for the commands that need no more than one.

use std::sync::Arc;

use sysadm_class::host::{Instance, Module, Services};
use sysadm_host::Dispatcher;

use crate::failure::Failure;
use crate::options::Options;
use crate::services::Ears;

/// Make an instance that logs as the command line wants it.
pub(crate) fn create(
    module: &Module,
    options: &Options,
    config: &str,
    services: Arc<dyn Services>,
) -> Result<Instance, Failure> {
    let instance = module.create(services, config)?;
    instance.set_log_level(Some(options.log))?;
    Ok(instance)
}

/// A dispatcher over it alone.
pub(crate) fn dispatcher(
    module: &Module,
    options: &Options,
    config: &str,
    ears: &Arc<Ears>,
) -> Result<Dispatcher, Failure> {
    let services = Arc::clone(ears) as Arc<dyn Services>;
    let instance = create(module, options, config, Arc::clone(&services))?;
    Ok(Dispatcher::new(module, instance, services, options.access).of_caller(&options.caller))
}
