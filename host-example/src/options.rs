//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use serde_json::{Map, Value};
use sysadm_class::host::Door;
use sysadm_class::{Access, Level};
use sysadm_host::Prober;

use crate::failure::Failure;
use crate::folders::own_folder;
use crate::simulator::{Simulator, TOOLS};

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
usage: host-example [OPTION...] COMMAND

Commands:
  demo       play the documented exchanges on the simulator
  call       answer requests, one JSON object a line, from standard input
  rest       answer one request in the REST form from standard input
  describe   tell what the module is and which actions it has
  health     ask the module whether it can do its work

Options:
  --module PATH       the class module (default: libsysadm_iocage.so beside this program)
  --allow-unsafe-module  load modules as root that others can replace
  --door rust|c       load it through abi_stable or through the C table (default: rust)
  --config JSON|@FILE the class's configuration
  --iocage PATH       the iocage program; the same as \"iocage\" in the configuration
  --sim[=DIR]         run on the simulator, in a temporary folder or in DIR, which is kept
  --sim-version 2016-02-10|1.13  which iocage is simulated (default: the first)
  --access full|limited  what the sender of the requests may do (default: full)
  --caller NAME       who the sender is, for the class's log; the forms of requests have no name
  --log LEVEL         error, warn, info, debug or trace, to standard error (default: warn)

Options of call:
  --jobs N            answer N requests at once, each when it is ready (default: 1, in order)
  --stage DIR         where private copies of modules are kept, a folder for you alone
                      (default: host-example/modules in $XDG_STATE_HOME or ~/.local/state)
  --watch DIR         swap a class that was loaded from DIR when its file there is replaced
  --demand-digest     take a module FILE only if FILE.sha256 has its SHA-256
  --prober PATH|none  by which plugin-check a module is tried before it is loaded
                      (default: /usr/local/libexec/sysadm/plugin-check, if it is there)
  --probe-request JSON  args that a module has to answer there with 200 before it takes
                      another's place; sent with limited access; may be repeated

  --help, --version
";

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Requests as lines.
    Call,
    /// The document, played.
    Demo,
    /// What the module says of itself.
    Describe,
    /// Can it work?
    Health,
    /// One request in the REST form.
    Rest,
}

const COMMANDS: [(&str, Command); 5] = [
    ("call", Command::Call),
    ("demo", Command::Demo),
    ("describe", Command::Describe),
    ("health", Command::Health),
    ("rest", Command::Rest),
];

/// As many threads as a machine has without asking.
const MOST_JOBS: usize = 256;

/// The command line, read.
#[derive(Debug)]
pub(crate) struct Options {
    /// What to do.
    pub(crate) command: Command,
    /// Through which door.
    pub(crate) door: Door,
    /// What the requests' sender may do.
    pub(crate) access: Access,
    /// Who that is.
    pub(crate) caller: String,
    /// What is logged.
    pub(crate) log: Level,
    /// The iocage program.
    pub(crate) iocage: Option<PathBuf>,
    /// How many requests are answered at once.
    pub(crate) jobs: usize,
    /// The folder to watch.
    pub(crate) watch: Option<PathBuf>,
    stage: Option<PathBuf>,
    module: Option<PathBuf>,
    allow_unsafe_module: bool,
    /// Must a module's digest lie beside it?
    pub(crate) demand_digest: bool,
    /// By which program modules are tried.
    pub(crate) prober: Prober,
    /// What they are asked there.
    pub(crate) probe_requests: Vec<String>,
    config: Map<String, Value>,
    simulator: Simulate,
    /// Which iocage is simulated, if that was said.
    pub(crate) sim_version: Option<&'static str>,
}

/// The versions of iocage that `iocage-sim` knows.
const SIM_VERSIONS: [&str; 2] = ["2016-02-10", "1.13"];

#[derive(Debug, PartialEq, Eq)]
enum Simulate {
    No,
    Temporary,
    Kept(PathBuf),
}

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
        door: Door::Rust,
        access: Access::Full,
        caller: String::new(),
        log: Level::Warn,
        iocage: None,
        jobs: 1,
        watch: None,
        stage: None,
        module: None,
        allow_unsafe_module: false,
        demand_digest: false,
        prober: Prober::Installed,
        probe_requests: Vec::new(),
        config: Map::new(),
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
            "--module" => options.module = Some(value()?.into()),
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
            "--config" => options.config = config(&value()?)?,
            "--door" => options.door = one_of(name, &value()?, &[("rust", Door::Rust), ("c", Door::C)])?,
            "--access" => {
                options.access =
                    one_of(name, &value()?, &[Access::Full, Access::Limited].map(|a| (a.word(), a)))?;
            }
            "--caller" => options.caller = value()?,
            "--log" => options.log = one_of(name, &value()?, &Level::ALL.map(|l| (l.word(), l)))?,
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

fn config(text: &str) -> Result<Map<String, Value>, String> {
    let text = match text.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).map_err(|e| format!("cannot read {path}: {e}"))?,
        None => text.to_owned(),
    };
    serde_json::from_str(&text).map_err(|e| format!("--config is not a JSON object: {e}"))
}

impl Options {
    /// The module to load: as given, or the plugin where cargo puts it.
    pub(crate) fn module(&self) -> Result<PathBuf, Failure> {
        if let Some(module) = &self.module {
            return Ok(module.clone());
        }
        let folder = own_folder()?;
        let places = [folder.clone(), folder.join("deps"), folder.join("..")];
        let found =
            places.into_iter().map(|place| place.join("libsysadm_iocage.so")).find(|path| path.is_file());
        found.ok_or_else(|| {
            format!("no libsysadm_iocage.so beside {}; build it, or pass --module PATH", folder.display())
                .into()
        })
    }

    /// May modules be loaded as root that others can replace? So it is said, or a
    /// machine is simulated, which root may do in a checkout of somebody else's, or
    /// the module lies beside this program, which can be replaced as easily. But not
    /// that one alone where it could be swapped for any other.
    pub(crate) fn allows_unsafe_module(&self) -> bool {
        let simulates = self.simulator != Simulate::No || self.command == Command::Demo;
        self.allow_unsafe_module || simulates || self.module.is_none() && self.command != Command::Call
    }

    /// Was there a configuration on the command line?
    pub(crate) fn is_configured(&self) -> bool {
        !self.config.is_empty()
    }

    /// The class's configuration, with the programs of the simulated machine in it,
    /// or the iocage that was named. A simulated machine has its locks beside it, as
    /// whoever simulates need not be root; and who is may do it in a checkout of
    /// somebody else's, where the simulator lies.
    pub(crate) fn config(&self, simulator: Option<&Simulator>) -> Result<String, Failure> {
        let mut config = self.config.clone();
        let mut set = |key: &str, path: PathBuf| -> Result<(), Failure> {
            let path = std::path::absolute(path)?;
            let path = path.to_str().ok_or_else(|| format!("the path of {key} is not UTF-8"))?;
            config.insert(key.to_owned(), path.into());
            Ok(())
        };
        match simulator {
            Some(simulator) => {
                set("iocage", simulator.iocage())?;
                for tool in TOOLS {
                    simulator.tool(tool).map_or(Ok(()), |path| set(tool, path))?;
                }
                if !self.config.contains_key("lock_dir") {
                    set("lock_dir", simulator.iocage().with_file_name("locks"))?;
                }
                config.entry("allow_unsafe_program").or_insert(true.into());
            }
            None => self.iocage.clone().map_or(Ok(()), |iocage| set("iocage", iocage))?,
        }
        Ok(Value::Object(config).to_string())
    }

    /// Where private copies of modules are kept.
    pub(crate) fn stage(&self) -> Result<PathBuf, Failure> {
        if let Some(stage) = &self.stage {
            return Ok(stage.clone());
        }
        let folder =
            |variable| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = folder("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/state")));
        let state = state.ok_or("neither XDG_STATE_HOME nor HOME is set; pass --stage DIR")?;
        Ok(state.join("host-example/modules"))
    }

    /// The simulated machine, if one is wanted.
    pub(crate) fn simulator(&self) -> Result<Option<Simulator>, Failure> {
        let simulator = match &self.simulator {
            Simulate::No => return Ok(None),
            Simulate::Temporary => Simulator::temporary(None, self.sim_version)?,
            Simulate::Kept(folder) => Simulator::kept(folder, self.sim_version)?,
        };
        crate::services::tell(format_args!(
            "host-example: note: answering from a simulator of iocage {} in {}, not from iocage",
            simulator.version()?,
            simulator.folder().display()
        ));
        Ok(Some(simulator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
