//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::catalogue;

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
usage: plugin-check [OPTION...] MODULE

Loads a class module and holds it to sysadm_class.h, each test in a process of its own.

  --config JSON|@FILE the class's configuration (default: none)
  --request JSON      args of a request that the class answers with 200, sent with full
                      access, many times and from many threads; may be repeated
                      (default: {}, which may be refused)
  --timeout SECONDS   how long a test may take (default: 10; some may take a multiple)
  --only TEST         run this test alone; may be repeated
  --skip TEST         do not run this test; may be repeated
  --json              print the outcome as one JSON object
  --list              say what each test looks at
  --probe             not for people: try the module that the standard input tells of,
                      once, before a server loads it, as sysadm_class_probe.h says
  --help, --version

Exit status: 0 if all tests passed, 1 if one failed, 2 if it was used wrongly.
The module's code runs with your rights: check nothing that you would not load.
";

/// What is to be checked, and how.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) module: PathBuf,
    pub(crate) config: String,
    pub(crate) requests: Vec<String>,
    pub(crate) timeout: Duration,
    pub(crate) only: Vec<String>,
    pub(crate) skip: Vec<String>,
    pub(crate) json: bool,
}

/// A command line that was understood.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Check a module.
    Run(Options),
    /// Print this and be done.
    Print(String),
    /// We are the process of one test, which this file describes.
    Child(PathBuf),
    /// A host wants a module tried.
    Probe,
    /// We are the process in which that is done, as this file says.
    Probed(PathBuf),
}

/// Not for people: the words with which the parent starts a test's process, and that
/// of a probe.
pub(crate) const CHILD: &str = "--child";
pub(crate) const PROBED: &str = "--probed";

const MOST_SECONDS: u64 = 3600;

/// Read the command line.
///
/// # Errors
/// What is wrong with it, a sentence.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Parsed, String> {
    let mut options = Options {
        module: PathBuf::new(),
        config: String::new(),
        requests: Vec::new(),
        timeout: Duration::from_secs(10),
        only: Vec::new(),
        skip: Vec::new(),
        json: false,
    };
    let mut modules = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let word = match word.to_str() {
            Some(text) if text.starts_with('-') => text.to_owned(),
            _ => {
                modules.push(PathBuf::from(word));
                continue;
            }
        };
        let mut value = || {
            let value = words.next().ok_or_else(|| format!("`{word}` takes a value"))?;
            value.into_string().map_err(|_| format!("the value of `{word}` is not UTF-8"))
        };
        match word.as_str() {
            "--config" => options.config = config(&value()?)?,
            "--request" => options.requests.push(value()?),
            "--timeout" => options.timeout = seconds(&value()?)?,
            "--only" => options.only.push(test(value()?)?),
            "--skip" => options.skip.push(test(value()?)?),
            "--json" => options.json = true,
            "--list" => return Ok(Parsed::Print(catalogue::list())),
            "--help" => return Ok(Parsed::Print(USAGE.to_owned())),
            "--version" => {
                return Ok(Parsed::Print(format!("plugin-check {}\n", env!("CARGO_PKG_VERSION"))));
            }
            CHILD => return Ok(Parsed::Child(value()?.into())),
            "--probe" => return Ok(Parsed::Probe),
            PROBED => return Ok(Parsed::Probed(value()?.into())),
            _ => return Err(format!("unknown option `{word}`")),
        }
    }
    let [module] = <[PathBuf; 1]>::try_from(modules)
        .map_err(|found| format!("one module is to be named, not {}", found.len()))?;
    options.module = std::path::absolute(module).map_err(|e| format!("the module's path: {e}"))?;
    Ok(Parsed::Run(options))
}

fn config(value: &str) -> Result<String, String> {
    match value.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).map_err(|e| format!("cannot read {path}: {e}")),
        None => Ok(value.to_owned()),
    }
}

fn seconds(value: &str) -> Result<Duration, String> {
    match value.parse() {
        Ok(seconds @ 1..=MOST_SECONDS) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("`--timeout` takes whole seconds from 1 to {MOST_SECONDS}, not {value:?}")),
    }
}

fn test(name: String) -> Result<String, String> {
    match catalogue::find(&name) {
        Some(_) => Ok(name),
        None => Err(format!("there is no test {name:?}; --list names them")),
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    fn read(words: &[&str]) -> Result<Parsed, String> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (words, part) in [
            (&[][..], "not 0"),
            (&["a.so", "b.so"], "not 2"),
            (&["--config"], "takes a value"),
            (&["--config", "@/nosuch", "a.so"], "/nosuch"),
            (&["--timeout", "0", "a.so"], "from 1 to 3600"),
            (&["--timeout", "soon", "a.so"], "\"soon\""),
            (&["--only", "everything", "a.so"], "no test \"everything\""),
            (&["--what", "a.so"], "unknown option `--what`"),
        ] {
            let why = read(words).expect_err(part);
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn what_may_be_repeated_adds_up() {
        let words = ["--request", "{}", "m.so", "--request", "[]", "--skip", "entry", "--timeout", "3"];
        let Ok(Parsed::Run(options)) = read(&words) else { panic!("valid") };
        assert_eq!((options.requests, options.skip), (vec!["{}".into(), "[]".into()], vec!["entry".into()]));
        assert!(options.module.is_absolute() && options.timeout.as_secs() == 3);
    }
}
