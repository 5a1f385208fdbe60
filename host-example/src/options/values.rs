//! What a command line has said, and what follows from it.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};
use sysadm_class::host::Door;
use sysadm_class::{Access, Level};
use sysadm_host::Prober;

use super::usage::Command;
use crate::failure::Failure;
use crate::folders::own_folder;
use crate::simulator::{Simulator, TOOLS};

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
    /// How long what runs may go on when this host is to end.
    pub(crate) drain: Duration,
    /// The iocage program.
    pub(crate) iocage: Option<PathBuf>,
    /// How many requests are answered at once.
    pub(crate) jobs: usize,
    /// The folder to watch.
    pub(crate) watch: Option<PathBuf>,
    pub(super) stage: Option<PathBuf>,
    pub(super) modules: Vec<PathBuf>,
    pub(super) allow_unsafe_module: bool,
    /// Must a module's digest lie beside it?
    pub(crate) demand_digest: bool,
    /// By which program modules are tried.
    pub(crate) prober: Prober,
    /// What they are asked there.
    pub(crate) probe_requests: Vec<String>,
    pub(super) config: Map<String, Value>,
    /// Those of further classes.
    pub(super) configs: Vec<(String, Map<String, Value>)>,
    pub(super) simulator: Simulate,
    /// Which iocage is simulated, if that was said.
    pub(crate) sim_version: Option<&'static str>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Simulate {
    No,
    Temporary,
    Kept(PathBuf),
}

impl Options {
    /// The module to load: as given, or the plugin where cargo puts it.
    pub(crate) fn module(&self) -> Result<PathBuf, Failure> {
        if let Some(module) = self.modules.first() {
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

    /// Those besides.
    pub(crate) fn further_modules(&self) -> &[PathBuf] {
        self.modules.get(1..).unwrap_or_default()
    }

    /// The configurations of classes that are named.
    pub(crate) fn configs(&self) -> impl Iterator<Item = (&str, String)> {
        self.configs.iter().map(|(class, config)| (&**class, Value::Object(config.clone()).to_string()))
    }

    /// May modules be loaded as root that others can replace? So it is said, or a
    /// machine is simulated, which root may do in a checkout of somebody else's, or
    /// the module lies beside this program, which can be replaced as easily. But not
    /// that one alone where it could be swapped for any other.
    pub(crate) fn allows_unsafe_module(&self) -> bool {
        let simulates = self.simulator != Simulate::No || self.command == Command::Demo;
        self.allow_unsafe_module || simulates || self.modules.is_empty() && self.command != Command::Call
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
