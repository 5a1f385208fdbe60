//! A machine on which each program prints what it should, but for one, which prints
//! what somebody thought of. Nothing is started.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sysadm_class::Status;
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Config, Direct, Generation};
use sysadm_iocage::process::{Captured, Command, End, Outcome, Runner, StartError};

/// The one jail of the machine.
pub const UUID: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";

/// What one program prints in place of what it should.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub exit: i32,
}

/// What is run: the name of the program and its words.
pub fn command_line(command: &Command<'_>) -> String {
    let program = command.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let words = command.args.iter().take(4).map(|word| if word.len() > 40 { "..." } else { word.as_str() });
    std::iter::once(&*program).chain(words).collect::<Vec<_>>().join(" ")
}

/// What a program prints on a machine with one jail, `test`, and a pool, `tank`.
fn usual(generation: Generation, line: &str) -> Printed {
    const ZFS: &str = "tank\t-\tyes\ttank\ntank/iocage\t-\tyes\ttank/iocage\n\
                       tank/iocage/jails/test\t-\tyes\ttank/iocage/jails/test\n\
                       tank/iocage/jails/test/root\ttank/iocage/releases/R/root@test\tyes\ttank/iocage/jails/test/root\n";
    const LIST: &str = "JID   UUID                                  BOOT  STATE  TAG   TYPE      IP4\n";
    let text = match (generation, line) {
        (_, line) if line.starts_with("ps ") => "  0  1  0.0  0:00.01\n  1  2  1.5  0:12.34\n".to_owned(),
        (_, "jls -n jid name") => "jid=7 name=ioc-other\n".to_owned(),
        (Generation::Shell, line) if line.starts_with("jls -j") => {
            format!("jid=1 name=ioc-{UUID} path=/iocage/jails/{UUID}/root\n")
        }
        (Generation::Python, line) if line.starts_with("jls -j") => {
            "jid=1 name=ioc-test path=/iocage/jails/test/root\n".to_owned()
        }
        (Generation::Shell, line) if line.starts_with("zfs list") => "tank\t-\n".to_owned(),
        (Generation::Python, line) if line.starts_with("zfs list") => {
            if line.contains("snapshot") {
                "tank/iocage/releases/R/root@test\n".to_owned()
            } else {
                ZFS.to_owned()
            }
        }
        // Is the pool of the jail's root active?
        (Generation::Python, line) if line.starts_with("zfs get") => "yes\n".to_owned(),
        (_, line) if line.starts_with("zfs get") => "0\n".to_owned(),
        (_, line) if line.starts_with("zfs") => String::new(),
        (_, line) if line.starts_with("jexec") || line.starts_with("setfib") => "hi: there\n".to_owned(),
        (Generation::Shell, line) => match line.strip_prefix("iocage ").unwrap_or_default() {
            "df" => format!(
                "UUID                                  CRT    RES    QTA    USE    AVA    TAG\n\
                 {UUID}  1.15x  none   none   88.1M  83.4G  test\n"
            ),
            "list" => format!("{LIST}-     {UUID}  off   down   test  basejail  -\n"),
            "list -t" => LIST.to_owned(),
            "list -r" => "Downloaded releases:\n10.2-RELEASE\n".to_owned(),
            "activate" => "pool: tank\n".to_owned(),
            "defaults" => "boot=off\nnotes=none\n".to_owned(),
            "get all" => "boot:off\nnotes:none\n".to_owned(),
            line if line.starts_with("get all ") => "boot:off\nnotes:none\n".to_owned(),
            "get -r notes" => {
                format!("UUID                                  TAG   notes\n{UUID}  test  none\n")
            }
            line if line.starts_with("get exec_fib") => "0\n".to_owned(),
            line if line.starts_with("get ") => "none\n".to_owned(),
            line if line.starts_with("start ") => format!("* Starting {UUID} (test)\n  + Started OK\n"),
            line if line.starts_with("stop ") => format!("* Stopping {UUID} (test)\n"),
            line if line.starts_with("clone ") || line.starts_with("create ") => {
                "  Successfully created: 5e1fe97e-cfba-11e5-8209-d05099728dbf (new)\n".to_owned()
            }
            line if line.starts_with("destroy ") => format!("  Destroying: {UUID}\n"),
            line if line.starts_with("clean ") => "done!\n".to_owned(),
            line if line.starts_with("exec ") => "hi: there\n".to_owned(),
            _ => String::new(),
        },
        (Generation::Python, line) => match line.strip_prefix("iocage ").unwrap_or_default() {
            "df -lh" | "df -l" => "test\t1.02x\tnone\tnone\t624K\t5.86G\n".to_owned(),
            "list -lh" | "list -l" => "None\ttest\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno\n".to_owned(),
            "list -rh" => "14.3-RELEASE\n".to_owned(),
            "get -p" => "tank\n".to_owned(),
            "get -rh notes" | "get -r notes" => "test\tnone\n".to_owned(),
            line if line.starts_with("get all ") => {
                "boot:0\nip4_addr:none\nmemoryuse:8G\nnotes:none\nstate:down\ntype:jail\n".to_owned()
            }
            line if line.starts_with("get exec_fib") => "0\n".to_owned(),
            line if line.starts_with("get ") => "none\n".to_owned(),
            line if line.starts_with("start ") => "* Starting test\n  + Starting services OK\n".to_owned(),
            line if line.starts_with("stop ") => "* Stopping test\n  + Removing jail process OK\n".to_owned(),
            line if line.starts_with("set ") => "Successfully set RCTL rule for memoryuse\n".to_owned(),
            line if line.starts_with("activate ") => "ZFS pool 'tank' successfully activated.\n".to_owned(),
            line if line.starts_with("clone ") => "new successfully cloned!\n".to_owned(),
            line if line.starts_with("create ") => "new successfully created!\n".to_owned(),
            line if line.starts_with("destroy ") => "Destroying test\n".to_owned(),
            line if line.starts_with("clean ") => {
                "All iocage jail datasets have been destroyed.\n".to_owned()
            }
            line if line.starts_with("exec ") => "hi: there\n".to_owned(),
            _ => String::new(),
        },
    };
    Printed { stdout: text.into_bytes(), ..Printed::default() }
}

/// Prints what is usual, and what somebody thought of for one line.
struct Machine {
    generation: Generation,
    /// What is printed where this is run.
    instead: Mutex<Option<(String, Printed)>>,
    /// What was run since it was asked, each once.
    asked: Mutex<Vec<String>>,
    /// How much was printed since then.
    read: Mutex<usize>,
}

/// The runner of an instance; the machine is held beside it, too.
struct Runs(std::sync::Arc<Machine>);

impl Runner for Runs {
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError> {
        let machine = &*self.0;
        if (command.cancel)() {
            return Err(StartError::Cancelled);
        }
        let line = command_line(command);
        let mut asked = machine.asked.lock().expect("nobody panics");
        if !asked.contains(&line) {
            asked.push(line.clone());
        }
        let instead = machine.instead.lock().expect("nobody panics");
        let printed = match &*instead {
            Some((of, printed)) if *of == line => printed.clone(),
            _ => usual(machine.generation, &line),
        };
        *machine.read.lock().expect("nobody panics") += printed.stdout.len() + printed.stderr.len();
        Ok(Outcome {
            left: None,
            end: End::Exited(printed.exit),
            stdout: Captured::whole(printed.stdout),
            stderr: Captured::whole(printed.stderr),
            duration: Duration::from_secs(3),
            pid: 1,
        })
    }
}

/// The machine, and an instance of the class on it.
pub struct Stand {
    folder: PathBuf,
    machine: std::sync::Arc<Machine>,
    instance: Instance,
}

impl Stand {
    pub fn new(generation: Generation, direct: Direct, adjust: impl FnOnce(&mut Config)) -> Stand {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("sysadm-iocage-bounds-{}-{number}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&folder).expect("a folder of our own");
        let program = |name: &str| {
            let path = folder.join(name);
            // The Python dialect looks whether there is a jls.
            fs::write(&path, "").expect("written");
            path
        };
        let mut config = Config {
            iocage: program("iocage"),
            zfs: program("zfs"),
            // One that this machine has would be there.
            zpool: "/nonexistent/zpool".into(),
            jls: program("jls"),
            jexec: program("jexec"),
            ps: program("ps"),
            setfib: program("setfib"),
            dialect: Some(generation),
            direct,
            allow_unsafe_program: true,
            lock_dir: folder.join("locks"),
            ..Config::default()
        };
        adjust(&mut config);
        let machine = std::sync::Arc::new(Machine {
            generation,
            instead: Mutex::default(),
            asked: Mutex::default(),
            read: Mutex::default(),
        });
        let instance = Instance::with_runner(config, Box::new(Runs(std::sync::Arc::clone(&machine))));
        Stand { folder, machine, instance }
    }

    /// Have `line` print that.
    pub fn print(&self, line: &str, printed: Printed) {
        *self.machine.instead.lock().expect("nobody panics") = Some((line.to_owned(), printed));
    }

    /// What is usual for `line`.
    pub fn usual(&self, line: &str) -> Printed {
        usual(self.machine.generation, line)
    }

    /// Send args.
    pub fn send(&self, args: &[u8]) -> (Status, Vec<u8>) {
        self.send_while(args, None, &|| true)
    }

    /// Send args that are wanted until then, and as long as the caller says so.
    pub fn send_while(
        &self,
        args: &[u8],
        deadline: Option<Instant>,
        wanted: &dyn Fn() -> bool,
    ) -> (Status, Vec<u8>) {
        self.machine.asked.lock().expect("nobody panics").clear();
        *self.machine.read.lock().expect("nobody panics") = 0;
        let cancelled = || !wanted();
        let caller = Caller { deadline, cancelled: &cancelled, ..Caller::ANYBODY };
        self.instance.dispatch(&caller, args)
    }

    /// What was run for the last request.
    pub fn asked(&self) -> Vec<String> {
        self.machine.asked.lock().expect("nobody panics").clone()
    }

    /// How much was printed for it.
    pub fn read(&self) -> usize {
        *self.machine.read.lock().expect("nobody panics")
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
