//! The lines of the pages on the contract and on jobs, compiled: what is printed there is what is here.

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

/// A server with jobs, likewise.
#[rustfmt::skip]
pub fn jobs(stage: &Path, modules: &Path, fan_out: fn(&str, &str), request: Request<'_>) -> Result<(), sysadm_host::Refused> {
    use sysadm_host::{Host, JobLimits, Listener, Setup};

    // "dispatcher", and what classes emit.
    let listener = Listener::new().on_event(fan_out);
    let setup = Setup::new(stage).folder(modules).services(Arc::new(listener)).jobs(JobLimits::default());
    let host = Host::open(setup)?;
    // Of a job: its id, at once.
    let answer = host.ask(&request.with_id(7));
    // The connection is lost on which this request came.
    host.client_gone(7);
    drop(answer);
    Ok(())
}
