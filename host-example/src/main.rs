//! A small host for class modules, as a sysadm server is a large one.
//!
//! It loads a module at run time, through either of its doors, and hands it
//! requests: `options` reads the command line, `envelope` and `rest` are the two
//! forms in which requests come, `demo` plays the documented exchanges on the
//! simulator, `describe` tells what a module says of itself, `ending` is how all this ends when
//! a signal comes. Which class a request
//! is for, and how classes are replaced, is the library's: `sysadm-host`, of which the
//! command `call` is an example.

mod client;
mod demo;
mod describe;
mod document;
mod ending;
mod envelope;
mod failure;
mod folders;
mod instance;
mod options;
mod rest;
mod screen;
mod services;
mod simulator;

use std::io::{self, BufReader, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use sysadm_class::Status;
use sysadm_class::host::{Module, Services, Silent, inspect};
use sysadm_host::{Host, JobLimits, Policy, Setup};

use client::Client;
use ending::{Ending, Input};
use failure::{Failure, is_broken_pipe};
use options::{Command, Options, Parsed};
use services::{Ears, tell};

fn main() -> ExitCode {
    let outcome = match options::parse(std::env::args_os().skip(1)) {
        Ok(Parsed::Run(options)) => run(&options),
        // Not `print!`, which panics where nobody reads.
        Ok(Parsed::Print(text)) => {
            io::stdout().write_all(text.as_bytes()).map(|()| ExitCode::SUCCESS).map_err(Into::into)
        }
        Err(why) => {
            tell(format_args!("host-example: {why}\n`host-example --help` tells what there is"));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(code) => code,
        // Whoever read our output has gone; there is nobody to tell.
        Err(why) if is_broken_pipe(&*why) => ExitCode::SUCCESS,
        Err(why) => {
            tell(format_args!("host-example: {why}"));
            ExitCode::FAILURE
        }
    }
}

/// How often a watched folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

fn run(options: &Options) -> Result<ExitCode, Failure> {
    if options.command == Command::Describe {
        return describe(options);
    }
    // Before there is another thread.
    let ending = Ending::watch(options.drain)?;
    let ears = Ears::new(options.log, Arc::clone(&ending));
    let outcome = match options.command {
        Command::Call => call(options, &ears),
        _ => once(options, &ears),
    };
    match outcome {
        // Whoever has ended us need not read our output.
        Err(why) if !ending.has_begun() || !is_broken_pipe(&*why) => Err(why),
        outcome => Ok(ending.exit(outcome.unwrap_or(ExitCode::SUCCESS))),
    }
}

fn load(options: &Options) -> Result<Module, Failure> {
    let load = if options.allows_unsafe_module() { Module::load_untrusted } else { Module::load };
    Ok(load(&options.module()?, options.door)?)
}

fn describe(options: &Options) -> Result<ExitCode, Failure> {
    let module = load(options)?;
    let instance = match options.is_configured() {
        true => Some(instance::create(&module, options, &options.config(None)?, Arc::new(Silent))?),
        false => None,
    };
    describe::print(&module, instance.as_ref(), &mut io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}

/// The commands that need no more than one instance, for as long as they last.
fn once(options: &Options, ears: &Arc<Ears>) -> Result<ExitCode, Failure> {
    let module = load(options)?;
    let mut out = io::stdout().lock();
    if options.command == Command::Demo {
        return demo::play(&module, options, ears, &mut out);
    }
    // Kept to the end: the simulated machine goes when it is dropped.
    let simulator = options.simulator()?;
    let config = options.config(simulator.as_ref())?;
    if options.command == Command::Health {
        let instance = instance::create(&module, options, &config, Arc::clone(ears) as Arc<dyn Services>)?;
        let response = instance.health(None)?;
        writeln!(out, "{}", response.text())?;
        return Ok(if response.status() == Status::Ok { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let dispatcher = instance::dispatcher(&module, options, &config, ears)?;
    let input = BufReader::new(Input::new(ears.ending())?);
    rest::serve(&dispatcher, ears, input, &mut out).map_err(Into::into)
}

/// The host that stays: its classes can be replaced.
fn call(options: &Options, ears: &Arc<Ears>) -> Result<ExitCode, Failure> {
    let path = options.module()?;
    // Before a machine is simulated for it.
    inspect(&path)?;
    let simulator = options.simulator()?;
    let policy = Policy {
        allow_unsafe_module: options.allows_unsafe_module(),
        demand_digest: options.demand_digest,
        prober: options.prober.clone(),
        probe_requests: options.probe_requests.clone(),
        ..Policy::new(options.door)
    };
    let patience = policy.drain + policy.cancel;
    let mut setup = Setup::new(options.stage()?)
        .policy(policy)
        .services(Arc::clone(ears) as Arc<dyn Services>)
        .jobs(JobLimits::default())
        .file_with(&path, options.config(simulator.as_ref())?);
    for module in options.further_modules() {
        setup = setup.file(module);
    }
    for (class, config) in options.configs() {
        setup = setup.config(class, config);
    }
    let host = Host::open(setup)?;
    let watch = match &options.watch {
        Some(folder) => Some(host.watch(folder, LOOK_EVERY)?),
        None => None,
    };
    // The first that was loaded.
    let default = host.modules().generations().first().and_then(|first| first.class()).unwrap_or_default();
    let client = Client::new(&host, default, options.access, &options.caller, ears);
    let mut out = io::stdout();
    let input = BufReader::new(Input::new(ears.ending())?);
    let served = match options.jobs {
        1 => envelope::serve(&client, input, &mut out),
        jobs => envelope::serve_at_once(&client, jobs, input, &mut out),
    };
    drop(watch);
    if !host.shut_down(patience) {
        tell(format_args!("host-example: a class did not end in time"));
    }
    served?;
    Ok(ExitCode::SUCCESS)
}
