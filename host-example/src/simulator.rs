//! A simulated machine for the class to work on: a folder made by `iocage-sim`,
//! which is beside this program. Which iocage it has is said by the machine
//! itself, for a folder may have been made long ago.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::failure::Failure;
use crate::folders::{self, own_folder, private_folder};

/// A simulated machine; a temporary one goes when this is dropped.
pub(crate) struct Simulator {
    folder: PathBuf,
    machine: PathBuf,
    temporary: bool,
}

/// The system's programs that a machine has beside its iocage.
pub(crate) const TOOLS: [&str; 6] = ["jexec", "jls", "ps", "setfib", "zfs", "zpool"];

/// What a new machine has, for each version of iocage: the jails of the reference, so that the first
/// question is answered with something.
const MACHINES: &str = include_str!("machines.json");

/// The iocage of a machine whose state names none.
const FIRST_VERSION: &str = "2016-02-10";

impl Simulator {
    /// A machine that is said to be in `folder`.
    #[cfg(test)]
    pub(crate) fn at(folder: &str) -> Simulator {
        Simulator { folder: folder.into(), machine: folder.into(), temporary: false }
    }

    /// A machine in a temporary folder that only we can enter, in this state or
    /// the usual one of that version, with the jails of the reference.
    pub(crate) fn temporary(state: Option<&Value>, version: Option<&str>) -> Result<Simulator, Failure> {
        let folder = private_folder()?;
        // From here on dropping it removes the folder, also on an error.
        let simulator = Simulator { machine: folder.join("machine"), folder, temporary: true };
        let state = state.map_or_else(|| usual(version), |state| Ok(state.clone()))?;
        simulator.begin(&state)?;
        Ok(simulator)
    }

    /// The machine in `folder`, made if there is none.
    pub(crate) fn kept(folder: &Path, version: Option<&str>) -> Result<Simulator, Failure> {
        let folder = std::path::absolute(folder)?;
        let simulator = Simulator { machine: folder.clone(), folder, temporary: false };
        let iocage = simulator.iocage();
        if !iocage.exists() {
            // The state behind a broken link is one that was kept.
            if let Ok(gone) = fs::read_link(&iocage) {
                let (link, gone) = (iocage.display(), gone.display());
                return Err(format!("{link} leads to {gone}, which is gone; link it to an iocage-sim").into());
            }
            simulator.begin(&usual(version)?)?;
        } else if let Some(wanted) = version {
            let found = simulator.version()?;
            if found != wanted {
                return Err(format!(
                    "the machine in {} is of version {found}, not {wanted}",
                    simulator.folder.display()
                )
                .into());
            }
        }
        if TOOLS.iter().any(|tool| simulator.tool(tool).is_none()) {
            // Made by an older simulator, if it is a machine; its state stays as it is.
            simulator.version()?;
            init(&[], &simulator.machine)?;
        }
        Ok(simulator)
    }

    /// Make the machine, in this state.
    fn begin(&self, state: &Value) -> Result<(), Failure> {
        let file = private_folder()?;
        let written = fs::write(file.join("state"), state.to_string()).map_err(Failure::from);
        let begun = written.and_then(|()| init(&["--state".into(), file.join("state")], &self.machine));
        folders::remove(&file)?;
        begun
    }

    /// The program to configure.
    pub(crate) fn iocage(&self) -> PathBuf {
        self.machine.join("iocage")
    }

    /// A program of the system's to configure, if the machine has it.
    pub(crate) fn tool(&self, name: &str) -> Option<PathBuf> {
        Some(self.machine.join(name)).filter(|tool| tool.exists())
    }

    /// Which iocage the machine has.
    pub(crate) fn version(&self) -> Result<String, Failure> {
        let file = self.machine.join("state.json");
        let read = || -> Result<Value, Failure> { Ok(serde_json::from_slice(&fs::read(&file)?)?) };
        let state =
            read().map_err(|e| format!("no simulated machine: cannot read {}: {e}", file.display()))?;
        Ok(state["version"].as_str().unwrap_or(FIRST_VERSION).to_owned())
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if self.temporary
            && let Err(e) = folders::remove(&self.folder)
        {
            crate::services::tell(format_args!(
                "host-example: {} is left behind: {e}",
                self.folder.display()
            ));
        }
    }
}

/// The state that a new machine of this version has.
fn usual(version: Option<&str>) -> Result<Value, Failure> {
    let mut machines: Value = serde_json::from_str(MACHINES)?;
    Ok(machines[version.unwrap_or(FIRST_VERSION)].take())
}

/// Run `iocage-sim init`.
fn init(arguments: &[PathBuf], folder: &Path) -> Result<(), Failure> {
    let program = own_folder()?.join("iocage-sim");
    let output = Command::new(&program)
        .arg("init")
        .args(arguments)
        .arg(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("cannot run {}: {e}", program.display()))?;
    if !output.status.success() {
        return Err(
            format!("{}: {}", program.display(), String::from_utf8_lossy(&output.stderr).trim()).into()
        );
    }
    Ok(())
}
