//! `sysadmctl`: what the server does, for hands and scripts. `cli` is the table of commands, and there is a file for each
//! of them; `link` is the connection that they ask over, to a server or to one of this process's own (`own`).
//!
//! It knows no action: `described` reads what the classes say of themselves, `args` makes a request of what was typed, and `shown` shows an answer by its
//! shape. Work that takes long is a job, followed by `job`.
//!
//! One thread and one connection: a command is a person, who does one thing at a time.

mod args;
mod cli;
mod completion;
mod described;
mod events;
mod failure;
mod job;
mod jobs;
mod link;
mod modules;
mod out;
mod own;
mod password;
mod people;
mod run;
mod shown;
mod text;

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::value::RawValue;

use failure::Failure;
use link::Link;
use own::Own;

use crate::process;

/// The program: its command line is the process's, and so are its standard streams.
#[must_use]
pub fn main() -> ExitCode {
    let matches = match cli::cli().try_get_matches() {
        Ok(matches) => matches,
        Err(why) => {
            // Where nobody reads it there is nobody to tell.
            let _ = why.print();
            return ExitCode::from(if why.use_stderr() { 2 } else { 0 });
        }
    };
    match command(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        // In the middle of a line that somebody types nothing is said.
        Err(_) if matches.subcommand_name() == Some("complete") => ExitCode::FAILURE,
        Err(why) => {
            let sentence = why.to_string();
            if !sentence.is_empty() {
                out::note(&sentence);
            }
            ExitCode::from(why.status())
        }
    }
}

fn command(matches: &ArgMatches) -> Result<(), Failure> {
    let Some((name, of)) = matches.subcommand() else { return Ok(()) };
    match (name, of.subcommand()) {
        ("user" | "token", Some((command, of))) => {
            process::no_core_dumps();
            return if name == "user" { people::user(command, of) } else { people::token(command, of) };
        }
        ("completion", _) => return completion::script(&text(of, "shell").unwrap_or_default()),
        ("run", _) if flag(of, "help") && all(of, "words").is_empty() => return help_of_run(),
        ("run", _) if flag(of, "no-wait") && of.contains_id("module") => {
            let why = "without a server there is nobody to go on with a job: --no-wait and --module exclude each other";
            return Err(Failure::Usage(why.to_owned()));
        }
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::Unreachable(format!("nothing can be waited for: {why}")))?;
    // It ends after the connection to it: its jobs are ended then.
    let (_own, stream) = match of.get_one::<PathBuf>("module") {
        None => (None, None),
        Some(module) => {
            let (own, stream) = Own::open(module, of.get_one::<PathBuf>("config").map(PathBuf::as_path))?;
            (Some(own), Some(stream))
        }
    };
    runtime.block_on(async {
        let mut link = match stream {
            None => Link::connect(&socket(of)).await?,
            Some(stream) => connected(stream)?,
        };
        asked(&mut link, name, of).await
    })
}

fn connected(stream: std::os::unix::net::UnixStream) -> Result<Link, Failure> {
    let stream = stream.set_nonblocking(true).and_then(|()| tokio::net::UnixStream::from_std(stream));
    Link::over(stream.map_err(|why| Failure::Unreachable(why.to_string()))?)
}

/// The commands that ask.
async fn asked(link: &mut Link, name: &str, of: &ArgMatches) -> Result<(), Failure> {
    let (sub, of) = of.subcommand().unwrap_or(("list", of));
    let json = flag(of, "json");
    let id = || text(of, "id").unwrap_or_default();
    match (name, sub) {
        ("run", _) => {
            let asked = run::Asked {
                words: all(of, "words"),
                json,
                no_wait: flag(of, "no-wait"),
                help: flag(of, "help"),
                yes: flag(of, "yes"),
            };
            run::run(link, &asked).await
        }
        ("jobs", "show") => jobs::show(link, &id(), json).await,
        ("jobs", "wait") => jobs::wait(link, &id(), json).await,
        ("jobs", "kill") => jobs::kill(link, &id(), json).await,
        ("jobs", _) => jobs::list(link, json).await,
        ("events", _) => events::events(link, &all(of, "names"), json).await,
        ("modules", "list") => modules::list(link, json).await,
        ("modules", action) => {
            let (class, file) = (text(of, "class"), text(of, "file"));
            modules::change(link, action, class.as_deref(), file.as_deref(), json).await
        }
        ("whoami", _) => modules::whoami(link, json).await,
        ("complete", _) => completion::complete(link, &all(of, "words")).await,
        _ => raw(link, &text(of, "class").unwrap_or_default(), &text(of, "args").unwrap_or_default()).await,
    }
}

/// `raw`
async fn raw(link: &mut Link, class: &str, args: &str) -> Result<(), Failure> {
    let Some((namespace, name)) = class.split_once('/') else {
        return Err(Failure::Usage(format!("{class:?} is no class: they are written NAMESPACE/NAME")));
    };
    let mut typed = args.to_owned();
    if args == "-" {
        typed.clear();
        let read = std::io::stdin().lock().read_to_string(&mut typed);
        read.map_err(|why| Failure::Usage(format!("the args cannot be read: {why}")))?;
    }
    let args: &RawValue = serde_json::from_str(&typed)
        .map_err(|why| Failure::Usage(format!("these args are no JSON: {why}")))?;
    out::answer(&format!("{}\n", link.ask_raw((namespace, name), args).await?.text()))
}

fn socket(of: &ArgMatches) -> PathBuf {
    let told = of.get_one::<PathBuf>("socket").cloned();
    told.or_else(|| cli::variable("SYSADMD_SOCKET")).unwrap_or_else(|| PathBuf::from(cli::SOCKET))
}

fn help_of_run() -> Result<(), Failure> {
    let mut cli = cli::cli();
    cli.build();
    let help = cli.find_subcommand_mut("run").map(|run| run.render_long_help().to_string());
    out::answer(&help.unwrap_or_default())
}

fn text(of: &ArgMatches, id: &str) -> Option<String> {
    of.try_get_one::<String>(id).ok().flatten().cloned()
}

fn all(of: &ArgMatches, id: &str) -> Vec<String> {
    of.try_get_many::<String>(id).ok().flatten().into_iter().flatten().cloned().collect()
}

fn flag(of: &ArgMatches, id: &str) -> bool {
    of.try_get_one::<bool>(id).ok().flatten().copied().unwrap_or_default()
}
