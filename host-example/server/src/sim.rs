//! The demonstration: a server over a simulated machine, with accounts of its own, in a folder of its own. It touches nothing of the
//! system, needs no root, and goes when the server ends.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sysadmd::accounts::{Editor, Name, Role};
use sysadmd::config::{Config, Modules, Socket, Tls};
use sysadmd::root;

/// The machines that the example host has, too.
const MACHINES: &str = include_str!("../../src/machines.json");
/// What lies beside this program: `cargo build --workspace` puts it there.
const MODULE: &str = "libsysadm_iocage.so";
/// The system's programs that a machine has, by the keys of the class's configuration.
const TOOLS: [&str; 7] = ["iocage", "jexec", "jls", "ps", "setfib", "zfs", "zpool"];
/// Where the server listens, in its folder.
const SOCKET: &str = "sysadmd.sock";
/// The iocage of a machine whose state names none.
const FIRST_VERSION: &str = "2016-02-10";
/// What can be downloaded there, and how many milliseconds that takes: one to have, one to look at and to end.
pub(crate) const MIRROR: [(&str, u64); 2] = [("10.3-RELEASE", 500), ("12.4-RELEASE", 20_000)];

/// A simulated machine and its server's configuration. Removed when this is dropped, if nobody wants to keep it.
pub(crate) struct Sim {
    folder: PathBuf,
    is_kept: bool,
    /// What may be mounted into its jails.
    pub(crate) share: PathBuf,
    pub(crate) config: Config,
    /// Name, role and password of each account.
    pub(crate) accounts: Vec<(&'static str, Role, String)>,
}

impl Sim {
    /// A machine with this iocage, in a folder that is kept or a temporary one, and what serves it at `listen`.
    pub(crate) fn new(
        folder: Option<&Path>,
        version: &str,
        listen: std::net::SocketAddr,
    ) -> Result<Sim, String> {
        let program = std::env::current_exe().map_err(|why| why.to_string())?;
        let beside = program.parent().ok_or("this program is in no folder")?.to_owned();
        for needed in [MODULE, "iocage-sim", "plugin-check"] {
            if !beside.join(needed).exists() {
                return Err(format!(
                    "{} is not there: --sim is for a checkout, where `cargo build --workspace` makes it",
                    beside.join(needed).display()
                ));
            }
        }
        let is_kept = folder.is_some();
        let folder = match folder {
            Some(folder) => std::path::absolute(folder).map_err(|why| why.to_string())?,
            None => std::env::temp_dir().join(format!("sysadmd-sim-{}", std::process::id())),
        };
        let made = fs::DirBuilder::new().mode(0o700).recursive(is_kept).create(&folder);
        made.map_err(|why| format!("cannot make {}: {why}", folder.display()))?;
        // The machine of a server that lives, its module and the passwords that it has told stay as they are.
        root::is_free(&folder.join(SOCKET))?;
        let mut sim = Sim {
            share: folder.join("share"),
            folder,
            is_kept,
            config: Config::default(),
            accounts: Vec::new(),
        };
        sim.machine(&beside, version)?;
        sim.configure(&beside, listen)?;
        sim.accounts().map_err(|why| why.to_string())?;
        Ok(sim)
    }

    fn machine(&self, beside: &Path, version: &str) -> Result<(), String> {
        let machine = self.folder.join("machine");
        if machine.join("iocage").exists() {
            let state = fs::read(machine.join("state.json")).unwrap_or_default();
            let state: Value = serde_json::from_slice(&state).unwrap_or_default();
            let there = state["version"].as_str().unwrap_or(FIRST_VERSION);
            if there != version {
                let machine = machine.display();
                return Err(format!(
                    "the machine in {machine} has iocage {there}; say `--sim-version {there}`"
                ));
            }
            return Ok(());
        }
        let mut machines: Value = serde_json::from_str(MACHINES).map_err(|why| why.to_string())?;
        let mut state = machines[version].take();
        if state.is_null() {
            return Err(format!("there is no simulated iocage {version}; there are 2016-02-10 and 1.13"));
        }
        state["mirror"] = MIRROR.iter().map(|(release, time)| ((*release).to_owned(), json!(time))).collect();
        let file = self.folder.join("state");
        fs::write(&file, state.to_string()).map_err(|why| why.to_string())?;
        let mut init = Command::new(beside.join("iocage-sim"));
        init.args(["init".as_ref(), "--state".as_ref(), file.as_os_str(), machine.as_os_str()]);
        let output = init.stdin(Stdio::null()).output().map_err(|why| why.to_string())?;
        if !output.status.success() {
            return Err(format!("iocage-sim: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        fs::remove_file(file).map_err(|why| why.to_string())
    }

    fn configure(&mut self, beside: &Path, listen: std::net::SocketAddr) -> Result<(), String> {
        let folder = self.folder.clone();
        let at = |name: &str| folder.join(name);
        let machine = at("machine");
        let mut class: Value = TOOLS
            .iter()
            .map(|tool| ((*tool).to_owned(), Value::from(machine.join(tool).to_string_lossy())))
            .collect::<serde_json::Map<_, _>>()
            .into();
        class["lock_dir"] = at("locks").to_string_lossy().into();
        // What is denied without a word is allowed here, so that it can be tried.
        class["images"] = true.into();
        self.share = shared(&self.share)?;
        class["mount_sources"] = json!([self.share]);
        // A folder with the module alone: beside this program lie others, which are for tests.
        let modules = at("lib");
        fs::create_dir_all(&modules).map_err(|why| why.to_string())?;
        let module = modules.join("sysadm_iocage.so");
        // A new file each time: a server that has the old one mapped, or waits for it to change, sees another.
        let new = modules.join(".new");
        fs::copy(beside.join(MODULE), &new)
            .and_then(|_| fs::rename(&new, &module))
            .map_err(|why| why.to_string())?;
        fs::set_permissions(&module, fs::Permissions::from_mode(0o755)).map_err(|why| why.to_string())?;
        self.config = Config {
            socket: Socket { path: at(SOCKET), group: None },
            // This user alone, whose machine it is.
            full_group: String::new(),
            limited_group: String::new(),
            accounts: at("accounts"),
            modules: Modules {
                folders: vec![modules],
                classes: [("sysadm/iocage".to_owned(), class)].into(),
                prober: Some(beside.join("plugin-check")),
                ..Modules::default()
            },
            tls: Some(Tls {
                listen: vec![listen],
                certificate: at("cert.pem"),
                key: at("key.pem"),
                ..Tls::default()
            }),
            run: at("run"),
            ..Config::default()
        };
        Ok(())
    }

    fn accounts(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        let mut editor = Editor::open(&self.config.accounts)?;
        for (name, role) in [("admin", Role::Full), ("guest", Role::Limited)] {
            let mut random = [0; 8];
            getrandom::fill(&mut random).map_err(|why| why.to_string())?;
            let password: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
            let account = Name::try_from(name.to_owned())?;
            if !editor.accounts().any(|(there, ..)| *there == account) {
                editor.add(account.clone(), role)?;
            }
            editor.set_password(&account, Some(&password))?;
            self.accounts.push((name, role, password));
        }
        editor.save()?;
        Ok(())
    }
}

/// A folder for what is mounted into jails, and something to be seen in it; by its real path, which a source is named by.
fn shared(folder: &Path) -> Result<PathBuf, String> {
    let file = folder.join("hello");
    let made = fs::create_dir_all(folder).and_then(|()| match file.exists() {
        true => Ok(()),
        false => fs::write(&file, "From the machine to its jails.\n"),
    });
    made.and_then(|()| fs::canonicalize(folder))
        .map_err(|why| format!("cannot make {}: {why}", folder.display()))
}

impl Drop for Sim {
    fn drop(&mut self) {
        if !self.is_kept {
            // There is nobody to tell.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
