//! The simulator under its own name: making a machine and looking at it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::output::Output;
use crate::state::{State, Version};
use crate::tools::{TOOLS, store};

const HELP: &str = "\
usage:
  iocage-sim init [--version 2016-02-10|1.13|1.10] [--state FILE] [--force] DIR
                            make a simulated machine in DIR, print the path of its iocage; one that is there
                            gets the tools that it lacks
  iocage-sim show DIR       print the state of the machine in DIR
  iocage-sim help           print this
";

/// Runs one command; answers the exit status: 0, 1 for a failure, 2 for a wrong command line.
pub(crate) fn run(words: &[String]) -> u8 {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.split_first() {
        Some((&"init", rest)) => match Init::parse(rest) {
            Ok(init) => init.run(),
            Err(error) => return misuse(&error),
        },
        Some((&"show", [folder])) => store(*folder).read().map(|state| state.to_json()),
        Some((&"help" | &"--help" | &"-h", [])) => Ok(HELP.to_owned()),
        Some((&("show" | "help" | "--help" | "-h"), _)) => return misuse("wrong number of arguments"),
        Some((command, _)) => return misuse(&format!("unknown command `{command}`")),
        None => return misuse("no command"),
    };
    // Through `Output`, for `print!` panics where nobody reads.
    let written = outcome.and_then(|text| {
        let mut output = Output::default();
        output.out(&text);
        output.flush().map_err(|error| format!("cannot write the answer: {error}"))
    });
    match written {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("iocage-sim: {error}");
            1
        }
    }
}

fn misuse(error: &str) -> u8 {
    eprintln!("iocage-sim: {error}\n`iocage-sim help` tells what there is");
    2
}

/// The arguments of `init`.
struct Init {
    folder: PathBuf,
    version: Option<Version>,
    state: Option<PathBuf>,
    force: bool,
}

impl Init {
    fn parse(words: &[&str]) -> Result<Init, String> {
        let (mut folder, mut version, mut state, mut force) = (None, None, None, false);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--force" => force = true,
                "--version" => {
                    version = Some(Version::named(words.next().ok_or("`--version` needs a version")?)?);
                }
                "--state" => state = Some(words.next().ok_or("`--state` needs a file")?.into()),
                flag if flag.starts_with('-') => return Err(format!("unknown flag `{flag}`")),
                path if folder.is_none() => folder = Some(path.into()),
                extra => return Err(format!("unexpected argument `{extra}`")),
            }
        }
        Ok(Init { folder: folder.ok_or("`init` needs a folder")?, version, state, force })
    }

    /// Makes the machine; answers the line that tells where its iocage is.
    fn run(&self) -> Result<String, String> {
        let mut state = match &self.state {
            None => State::fresh(self.version.unwrap_or_default()),
            Some(file) => fs::read(file)
                .map_err(|error| error.to_string())
                .and_then(|text| State::from_json_as(&text, self.version))
                .map_err(|error| format!("cannot use the state `{}`: {error}", file.display()))?,
        };
        state.complete();

        let about = |path: &Path, error: std::io::Error| format!("cannot make `{}`: {error}", path.display());
        fs::create_dir_all(&self.folder).map_err(|error| about(&self.folder, error))?;
        let folder = fs::canonicalize(&self.folder).map_err(|error| about(&self.folder, error))?;
        let own = std::env::current_exe()
            .map_err(|error| format!("cannot find this program's own file: {error}"))?;
        let store = store(folder.as_path());
        let links = TOOLS.map(|(tool, _)| folder.join(tool));
        let there: Vec<&PathBuf> = links.iter().filter(|link| link.symlink_metadata().is_ok()).collect();
        // Also with `--force`: in a folder like /sbin that would be the machine's own program.
        if let Some(other) = there.iter().find(|link| !leads_to(link, &own)) {
            return Err(format!(
                "`{}` is something else than a simulator, and is left alone; take another folder",
                other.display()
            ));
        }
        // One that was made when there were fewer tools gets those that it lacks, and keeps its state.
        let is_plain = self.state.is_none() && self.version.is_none() && !self.force;
        if is_plain && store.state_file().exists() && there.len() < links.len() {
            for new in links.iter().filter(|link| !there.contains(link)) {
                symlink(&own, new).map_err(|error| about(new, error))?;
            }
            store.refresh()?;
            return Ok(format!("{}\n", links[0].display()));
        }
        if store.root().exists() && !store.state_file().exists() {
            return Err(format!(
                "`{}` is something else than a simulator's, and is left alone",
                store.root().display()
            ));
        }
        if (store.state_file().exists() || !there.is_empty()) && !self.force {
            return Err(format!(
                "`{}` already holds a simulated machine; `--force` replaces it",
                folder.display()
            ));
        }
        for old in there {
            fs::remove_file(old).map_err(|error| about(old, error))?;
        }
        // The state first: a link without a state would be an iocage that is broken.
        store.create(state)?;
        for new in &links {
            symlink(&own, new).map_err(|error| about(new, error))?;
        }
        Ok(format!("{}\n", links[0].display()))
    }
}

/// Is this a link to a program of our name? It may be another build of it, or one that is gone.
fn leads_to(link: &Path, own: &Path) -> bool {
    fs::read_link(link).is_ok_and(|target| target.file_name() == own.file_name())
}
