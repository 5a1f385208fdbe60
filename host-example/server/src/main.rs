//! The program `sysadmd`: it only chooses. The part that is root is `root`; `sysadmd front`, which nobody types, is the
//! network's process.

mod sim;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, Command, value_parser};
use sysadmd::config::{Config, INSTALLED, LogLevel, Source};
use sysadmd::{front, root};

use sim::Sim;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|word| word == "front") {
        return front::run();
    }
    match run() {
        Ok(code) => code,
        Err(why) => {
            root::say_last(&format!("sysadmd: {why}\n"));
            // A module that never came back from being loaded would hold up the usual end.
            root::leave(1)
        }
    }
}

fn command() -> Command {
    Command::new("sysadmd")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A server for class modules: REST and WebSocket, jobs, events, rights, and a page")
        .after_help("SIGHUP reads configuration, accounts and certificate again; SIGTERM ends when what is in flight is done.")
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .default_value(INSTALLED)
                .conflicts_with("sim")
                .help("The configuration, JSON"),
        )
        .arg(
            Arg::new("check")
                .long("check")
                .value_name("WHAT")
                .num_args(0..=1)
                .require_equals(true)
                .value_parser(["all", "config"])
                .default_missing_value("all")
                .conflicts_with("sim")
                .help("Look at the configuration and what it names, say what is wrong, and end; with =config at no module, which is quick and runs nothing"),
        )
        .arg(
            Arg::new("sim")
                .long("sim")
                .value_name("FOLDER")
                .num_args(0..=1)
                .require_equals(true)
                .value_parser(value_parser!(PathBuf))
                .help("Serve a simulated machine, kept in a folder or gone at the end; no root and no iocage is needed"),
        )
        .arg(
            Arg::new("sim-version")
                .long("sim-version")
                .value_name("VERSION")
                .default_value("1.13")
                .requires("sim")
                .help("Which iocage it has: 2016-02-10 or 1.13"),
        )
        .arg(
            Arg::new("listen")
                .long("listen")
                .value_name("ADDRESS:PORT")
                .value_parser(value_parser!(SocketAddr))
                .default_value("127.0.0.1:12150")
                .requires("sim")
                .help("Where the simulated one listens; port 0 for any"),
        )
        .arg(
            Arg::new("log")
                .long("log")
                .value_name("LEVEL")
                .value_parser(["error", "warn", "info", "debug"])
                .help("In the place of the configuration's"),
        )
}

fn run() -> Result<ExitCode, String> {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(why) => {
            let code = if why.use_stderr() { 2 } else { 0 };
            // Not `exit`, which panics where nobody reads.
            let _ = why.print();
            return Ok(ExitCode::from(code));
        }
    };
    let program = std::env::current_exe().map_err(|why| format!("where am I? {why}"))?;
    let level = matches.get_one::<String>("log").map(String::as_str);
    let level = level.and_then(|word| serde_json::from_value::<LogLevel>(word.into()).ok());
    if matches.contains_id("sim") {
        let version = matches.get_one::<String>("sim-version").map_or("1.13", String::as_str);
        let listen = *matches.get_one::<SocketAddr>("listen").ok_or("no address")?;
        let mut sim = Sim::new(matches.get_one::<PathBuf>("sim").map(PathBuf::as_path), version, listen)?;
        sim.config.log = level.unwrap_or(LogLevel::Warn);
        let (server, begun) = root::start(sim.config.clone(), None, &program)?;
        welcome(&sim, &begun, version);
        let is_whole = server.run();
        // Its folder goes with it.
        drop(sim);
        root::leave(u8::from(!is_whole));
    }
    let file = matches.get_one::<PathBuf>("config").map_or(INSTALLED.into(), PathBuf::clone);
    let source = Source { file, log: level };
    let config = source.read().map_err(|why| without_one(&source.file, why.to_string()))?;
    if let Some(what) = matches.get_one::<String>("check") {
        let scope = if what == "config" { root::Scope::Config } else { root::Scope::All };
        root::leave(check(&config, scope, &source.file));
    }
    let (server, _) = root::start(config, Some(source), &program)?;
    root::leave(u8::from(!server.run()))
}

/// Where there is no configuration yet, from what one is made, and what needs none.
fn without_one(file: &Path, why: String) -> String {
    match file.try_exists() {
        Ok(false) => format!(
            "{why}; {INSTALLED}.sample can be copied to it, or written anew (`{{}}` will do). A simulated machine needs none: --sim, in a checkout"
        ),
        _ => why,
    }
}

/// Say what was found.
fn check(config: &Config, scope: root::Scope, path: &Path) -> u8 {
    let mut is_good = true;
    for finding in root::check(config, scope) {
        let (word, text) = match finding {
            root::Finding::Fault(text) => ("fault", text),
            root::Finding::Hint(text) => ("hint", text),
        };
        is_good &= word == "hint";
        let _ = writeln!(io::stderr(), "sysadmd: {}: {word}: {text}", path.display());
    }
    if !is_good {
        return 1;
    }
    let _ = writeln!(io::stdout(), "{} is in order", path.display());
    0
}

/// What one needs to know to look at it. To the standard output, for the log is elsewhere.
fn welcome(sim: &Sim, begun: &root::Begun, version: &str) {
    let mut text =
        format!("A simulated machine with iocage {version}; nothing of this system is touched.\n\n");
    for address in &begun.addresses {
        text += &format!("  page     https://{address}/\n");
    }
    for (name, role, password) in &sim.accounts {
        text += &format!("  account  {name}, password {password}, {} access\n", role.word());
    }
    text += &format!("  socket   {}\n", sim.config.socket.path.display());
    if let Some(fingerprint) = &begun.fingerprint {
        text +=
            &format!("  SHA-256 of the certificate, which was made for this:\n           {fingerprint}\n");
    }
    let [(quick, _), (long, time)] = sim::MIRROR;
    text += &format!("  share    {}, which may be mounted into jails\n", sim.share.display());
    text += &format!("  releases {quick} to download at once, {long} in {} s\n", time / 1000);
    text += "\nCtrl-C ends it.\n";
    let _ = io::stdout().write_all(text.as_bytes());
}
