//! One instance of a module, for the commands that need no more than one.

use std::sync::Arc;

use sysadm_class::host::{Instance, Module};
use sysadm_host::{Dispatcher, ToStderr};

use crate::failure::Failure;
use crate::options::Options;

/// Make an instance that logs as the command line wants it.
pub(crate) fn create(module: &Module, options: &Options, config: &str) -> Result<Instance, Failure> {
    let instance = module.create(Arc::new(ToStderr(options.log)), config)?;
    instance.set_log_level(Some(options.log))?;
    Ok(instance)
}

/// A dispatcher over it alone.
pub(crate) fn dispatcher(module: &Module, options: &Options, config: &str) -> Result<Dispatcher, Failure> {
    let instance = create(module, options, config)?;
    let services = Arc::new(ToStderr(options.log));
    Ok(Dispatcher::new(module, instance, services, options.access).of_caller(&options.caller))
}
