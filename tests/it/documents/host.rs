//! The lines of the page on the contract, compiled: what is printed there is what is here.

use std::{path::Path, sync::Arc};
#[rustfmt::skip]
use sysadm_class::{Access, host::{Door, Module, Request, Silent}};

/// A host, as small as it can be. Nothing is there that it could load.
#[rustfmt::skip]
pub fn host() -> Result<(), Box<dyn std::error::Error>> {
    let module = Module::load(Path::new("libsysadm_iocage.so"), Door::Rust)?;
    let instance = module.create(Arc::new(Silent), r#"{"iocage":"/usr/local/bin/iocage"}"#)?;
    let request = Request::new("sysadm", "iocage", r#"{"action":"listjails"}"#, Access::Full);
    let response = instance.dispatch(&request.with_id(1).of_caller("alice"))?;
    println!("{} {}", response.status().code(), response.text());
    Ok(())
}

/// A server, likewise.
#[rustfmt::skip]
pub fn server(stage: &Path, modules: &Path, newer: &Path) -> Result<(), sysadm_host::Refused> {
    use std::time::Duration;
    use sysadm_host::{Host, Setup};

    let host = Host::open(Setup::new(stage).folder(modules))?;
    let answer = host.ask(&Request::new("sysadm", "iocage", r#"{"action":"listjails"}"#, Access::Full).of_caller("alice"));
    println!("{} {}", answer.status.code(), answer.text());
    host.modules().swap(Some(("sysadm", "iocage")), newer)?;
    host.shut_down(Duration::from_secs(30));
    Ok(())
}
