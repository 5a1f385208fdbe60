//! A server of class modules that are replaced while it serves. Copy it: it needs the
//! crate `sysadm-host` and nothing else.
//!
//!     hot_swap STAGE MODULES
//!
//! answers lines of standard input, `NAMESPACE NAME ARGS`, with a status and args. Rename a
//! new file into the place of one in MODULES, and the class is swapped with nothing lost;
//! or ask for it: `rpc modules {"action":"swap","class":"...","path":"..."}`. STAGE is made if it is not
//! there, and else yours alone (mode 700); MODULES has at least one module at the start, and a further one
//! comes by `rpc modules {"action":"load","path":"..."}`.

use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use sysadm_host::{Access, Host, Listener, Request, Setup};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [stage, modules] = &words[..] else {
        eprintln!("usage: hot_swap STAGE MODULES");
        return Ok(ExitCode::from(2));
    };
    // Progress and events come the same way: `on_progress`, `on_event`.
    let services = Listener::new().on_log(|level, target, message, request| {
        let _ = writeln!(std::io::stderr(), "{} {target} [{request}]: {message}", level.word());
    });
    let host = Host::open(Setup::new(stage).folder(modules).services(Arc::new(services)))?;
    let watch = host.watch(Path::new(modules), Duration::from_millis(500))?;
    for line in stdin().lines() {
        let line = line?;
        let mut words = line.splitn(3, ' ');
        let mut word = || words.next().unwrap_or_default();
        let request = Request::new(word(), word(), word(), Access::Full);
        let answer = host.ask(&request.of_caller("console"));
        writeln!(stdout(), "{} {}", answer.status.code(), answer.text())?;
    }
    drop(watch);
    let is_whole = host.shut_down(Duration::from_secs(30));
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
