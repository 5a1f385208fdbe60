//! The command line, read.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};
use sysadm_class::host::Door;
use sysadm_class::once::{self, Fault};
use sysadm_class::{Access, Level};
use sysadm_host::Prober;

use super::usage::{COMMANDS, Command, DRAIN, MOST_DRAIN, MOST_JOBS, SIM_VERSIONS, USAGE};
use super::values::{Options, Simulate};

/// A command line that was understood.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Do this.
    Run(Box<Options>),
    /// Print this and be done.
    Print(String),
}

/// Read the command line.
///
/// # Errors
/// What is wrong with it, a sentence.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Parsed, String> {
    let mut options = Options {
        command: Command::Call,
        door: Door::Auto,
        access: Access::Full,
        caller: String::new(),
        log: Level::Warn,
        drain: DRAIN,
        iocage: None,
        jobs: 1,
        watch: None,
        stage: None,
        modules: Vec::new(),
        allow_unsafe_module: false,
        demand_digest: false,
        prober: Prober::Installed,
        probe_requests: Vec::new(),
        config: Map::new(),
        configs: Vec::new(),
        simulator: Simulate::No,
        sim_version: None,
    };
    let mut command = None;
    let mut rest = arguments.into_iter().peekable();
    while let Some(word) = rest.next() {
        let word = word.into_string().map_err(|word| format!("{} is not UTF-8", word.display()))?;
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        let mut value = || {
            let next = attached.clone().map(OsString::from).or_else(|| rest.next());
            next.and_then(|v| v.into_string().ok()).ok_or_else(|| format!("{name} takes a value"))
        };
        match name {
            "--help" | "-h" => return Ok(Parsed::Print(USAGE.to_owned())),
            "--version" => {
                return Ok(Parsed::Print(
                    concat!("host-example ", env!("CARGO_PKG_VERSION"), "\n").to_owned(),
                ));
            }
            "--module" => options.modules.push(value()?.into()),
            "--allow-unsafe-module" if attached.is_none() => options.allow_unsafe_module = true,
            "--demand-digest" if attached.is_none() => options.demand_digest = true,
            "--prober" => options.prober = prober(value()?)?,
            "--probe-request" => options.probe_requests.push(value()?),
            "--iocage" => options.iocage = Some(value()?.into()),
            "--stage" => options.stage = Some(value()?.into()),
            "--watch" => options.watch = Some(value()?.into()),
            "--jobs" => {
                let jobs = value()?.parse().ok().filter(|jobs| (1..=MOST_JOBS).contains(jobs));
                options.jobs = jobs.ok_or_else(|| format!("--jobs takes a number from 1 to {MOST_JOBS}"))?;
            }
            "--config" => match of_a_class(&value()?) {
                (None, text) => options.config = config(text)?,
                (Some(class), text) => options.configs.push((class.to_owned(), config(text)?)),
            },
            "--door" => options.door = one_of(name, &value()?, &Door::ALL.map(|d| (d.word(), d)))?,
            "--access" => {
                options.access =
                    one_of(name, &value()?, &[Access::Full, Access::Limited].map(|a| (a.word(), a)))?;
            }
            "--caller" => options.caller = value()?,
            "--log" => options.log = one_of(name, &value()?, &Level::ALL.map(|l| (l.word(), l)))?,
            "--drain" => {
                let seconds = value()?.parse().ok().filter(|seconds| *seconds <= MOST_DRAIN);
                let seconds = seconds
                    .ok_or_else(|| format!("--drain takes whole seconds, {MOST_DRAIN} at the most"))?;
                options.drain = Duration::from_secs(seconds);
            }
            "--sim-version" => {
                options.sim_version = Some(one_of(name, &value()?, &SIM_VERSIONS.map(|v| (v, v)))?);
            }
            "--sim" => {
                let is_folder = |next: &OsString| {
                    !next.as_encoded_bytes().starts_with(b"-")
                        && !COMMANDS.iter().any(|(word, _)| next == word)
                };
                let folder = attached
                    .clone()
                    .map(PathBuf::from)
                    .or_else(|| rest.next_if(is_folder).map(PathBuf::from));
                options.simulator = folder.map_or(Simulate::Temporary, Simulate::Kept);
            }
            _ if name.starts_with('-') => return Err(format!("unknown option {name}")),
            _ if command.is_some() => return Err(format!("one command is enough; {word} is another")),
            _ => command = Some(one_of("the command", &word, &COMMANDS)?),
        }
    }
    options.command = command.ok_or("a command is missing")?;
    if options.modules.len() > 1 && options.command != Command::Call {
        return Err("several modules are for call".to_owned());
    }
    if !options.configs.is_empty() && options.command != Command::Call {
        return Err("--config NAMESPACE/NAME=JSON is for call".to_owned());
    }
    if options.iocage.is_some() && options.simulator != Simulate::No {
        return Err("--iocage and --sim are alternatives".to_owned());
    }
    if options.command == Command::Demo
        && (options.iocage.is_some() || matches!(options.simulator, Simulate::Kept(_)))
    {
        return Err("demo makes its own machines; --iocage and the DIR of --sim are not for it".to_owned());
    }
    let simulates = options.simulator != Simulate::No || options.command == Command::Demo;
    if options.sim_version.is_some() && !simulates {
        return Err("--sim-version is for --sim and demo".to_owned());
    }
    Ok(Parsed::Run(Box::new(options)))
}

fn one_of<T: Copy>(what: &str, word: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(choice, _)| *choice == word).map(|(_, value)| *value);
    let words = || choices.iter().map(|(choice, _)| *choice).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| format!("{what} is one of {}, not {word}", words()))
}

fn prober(word: String) -> Result<Prober, String> {
    match word.as_str() {
        "none" => Ok(Prober::None),
        path if path.starts_with('/') => Ok(Prober::At(word.into())),
        _ => Err(format!("--prober takes an absolute path, or none, not {word}")),
    }
}

/// Whose configuration, if it says so, and the text. (JSON does not begin with a word
/// and a slash, nor does `@FILE`.)
fn of_a_class(value: &str) -> (Option<&str>, &str) {
    let is_class = |class: &str| class.contains('/') && !class.starts_with(['@', '{', '/']);
    match value.split_once('=') {
        Some((class, text)) if is_class(class.trim_start()) => (Some(class), text),
        _ => (None, value),
    }
}

fn config(text: &str) -> Result<Map<String, Value>, String> {
    let text = match text.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).map_err(|e| format!("cannot read {path}: {e}"))?,
        None => text.to_owned(),
    };
    // What is read here the classes get as a text again, which would not show them that a key was there twice.
    match once::read(text.as_bytes()) {
        Ok(Value::Object(config)) => Ok(config),
        Ok(_) => Err("--config is not a JSON object".to_owned()),
        Err(Fault::Json(why)) => Err(format!("--config is not a JSON object: {why}")),
        Err(twice @ Fault::Twice(_)) => Err(format!("--config: {twice}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Simulator;

    fn options(words: &[&str]) -> Result<Box<Options>, String> {
        match parse(words.iter().map(OsString::from))? {
            Parsed::Run(options) => Ok(options),
            Parsed::Print(text) => Err(text),
        }
    }

    #[test]
    fn a_folder_after_sim_is_optional() {
        assert_eq!(options(&["--sim", "call"]).expect("valid").simulator, Simulate::Temporary);
        assert_eq!(options(&["--sim", "/x", "call"]).expect("valid").simulator, Simulate::Kept("/x".into()));
        assert_eq!(options(&["--sim=call", "call"]).expect("valid").simulator, Simulate::Kept("call".into()));
        assert_eq!(options(&["--sim", "--door", "c", "call"]).expect("valid").door, Door::C);
    }

    #[test]
    fn iocage_goes_into_the_configuration() {
        let words = ["--iocage", "/x/iocage", "--config", r#"{"max_output":5000}"#, "call"];
        let config = options(&words).expect("valid").config(None).expect("valid");
        assert_eq!(config, r#"{"iocage":"/x/iocage","max_output":5000}"#);
    }

    #[test]
    fn a_simulated_machine_needs_no_root() {
        let config = |words: &[&str]| {
            options(words).expect("valid").config(Some(&Simulator::at("/x"))).expect("valid")
        };
        let beside = r#"{"allow_unsafe_program":true,"iocage":"/x/iocage","lock_dir":"/x/locks"}"#;
        assert_eq!([config(&["--sim", "call"]), config(&["demo"])], [beside, beside]);
        let own = r#"{"lock_dir":"/y"}"#;
        assert!(config(&["--sim", "--config", own, "call"]).contains(r#""lock_dir":"/y""#));
    }

    #[test]
    fn who_can_replace_a_module_is_asked_unless_nothing_hangs_on_it() {
        for (words, allows) in [
            (&["call"][..], false),
            (&["--iocage", "/x", "call"], false),
            (&["--module", "/x", "describe"], false),
            (&["--module", "/x", "health"], false),
            (&["describe"], true),
            (&["demo"], true),
            (&["--sim", "call"], true),
            (&["--module", "/x", "--allow-unsafe-module", "call"], true),
        ] {
            assert_eq!(options(words).expect("valid").allows_unsafe_module(), allows, "{words:?}");
        }
        options(&["--allow-unsafe-module=no", "call"]).expect_err("it takes no value");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (words, part) in [
            (&[][..], "command is missing"),
            (&["jump"], "call, demo"),
            (&["--door", "back", "call"], "rust, c"),
            (&["--module"], "takes a value"),
            (&["--what", "call"], "unknown option"),
            (&["--config", "[]", "call"], "not a JSON object"),
            (&["--config", r#"{"a":{"b":1,"b":2}}"#, "call"], "--config: the key \"a.b\" is there twice"),
            (&["call", "rest"], "one command"),
            (&["--jobs", "0", "call"], "from 1 to"),
            (&["--jobs", "many", "call"], "from 1 to"),
            (&["--sim", "--iocage", "/x", "call"], "alternatives"),
            (&["--sim-version", "1.13", "call"], "for --sim"),
            (&["--prober", "plugin-check", "call"], "absolute path"),
            (&["--iocage", "/x", "demo"], "its own machines"),
            (&["--sim=/x", "demo"], "its own machines"),
            (&["--sim", "--sim-version", "1.12", "call"], "2016-02-10, 1.13"),
        ] {
            let why = options(words).expect_err(part);
            assert!(why.contains(part), "{why}");
        }
    }
}
