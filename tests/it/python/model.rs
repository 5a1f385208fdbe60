//! How the Python iocage finds the jail that a word means: in a few lines after its
//! source, with what it gets wrong. An exact name is a jail's or a template's; else a
//! unique beginning of one will do; a word that holds `ALL` is every jail; a jail runs
//! under a name in which each `.` is a `_`; and before 1.11 `destroy` takes along what
//! lies beside the jail under a longer name.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sysadm_iocage::process::{Captured, Command, End, Outcome, Runner, StartError};

/// A jail or template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Jail {
    pub(super) name: String,
    pub(super) is_template: bool,
}

/// The machine.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) minor: u32,
    pub(super) jails: Vec<Jail>,
    /// By the names under which the kernel knows them.
    pub(super) running: Vec<String>,
    /// What was done, and to whom.
    pub(super) hits: Vec<(String, String)>,
}

/// Runs commands on it.
pub(super) struct Model(pub(super) Arc<Mutex<State>>);

pub(super) fn kernel_name(name: &str) -> String {
    name.replace('.', "_")
}

impl State {
    fn find(&self, word: &str) -> Result<Jail, String> {
        if let Some(jail) = self.jails.iter().find(|jail| jail.name == word) {
            return Ok(jail.clone());
        }
        let found: Vec<_> = self.jails.iter().filter(|jail| jail.name.starts_with(word)).collect();
        match found[..] {
            [jail] => Ok(jail.clone()),
            [] => Err(format!("jail '{word}' not found!")),
            _ => Err(format!("Multiple jails found for {word}:")),
        }
    }

    fn is_up(&self, name: &str) -> bool {
        self.running.contains(&kernel_name(name))
    }

    fn hit(&mut self, verb: &str, name: &str) {
        self.hits.push((verb.to_owned(), name.to_owned()));
    }

    /// What is meant by a word of `start`, `stop` and `exec`.
    fn meant(&self, word: &str) -> Result<Vec<String>, String> {
        if word.contains("ALL") {
            let jails = self.jails.iter().filter(|jail| !jail.is_template);
            return Ok(jails.map(|jail| jail.name.clone()).collect());
        }
        self.find(word).map(|jail| vec![jail.name])
    }

    fn start(&mut self, word: &str) -> Result<String, String> {
        let mut said = String::new();
        for name in self.meant(word)? {
            if self.is_up(&name) {
                return Err(format!("{} is already running!", kernel_name(&name)));
            }
            self.hit("start", &name);
            self.running.push(kernel_name(&name));
            said += &format!("* Starting {}\n  + Started OK\n  + Starting services OK\n", kernel_name(&name));
        }
        Ok(said)
    }

    fn stop(&mut self, word: &str) -> Result<String, String> {
        let mut said = String::new();
        for name in self.meant(word)? {
            if !self.is_up(&name) {
                return Err(format!("{} is not running!", kernel_name(&name)));
            }
            // Whoever runs under that name.
            let known_as = kernel_name(&name);
            let all: Vec<_> = self.jails.iter().map(|jail| jail.name.clone()).collect();
            for other in all.iter().filter(|other| kernel_name(other) == known_as) {
                self.hit("stop", other);
            }
            self.running.retain(|running| *running != known_as);
            said += &format!("* Stopping {known_as}\n  + Removing jail process OK\n");
        }
        Ok(said)
    }

    fn destroy(&mut self, word: &str) -> Result<String, String> {
        let jail = self.find(word)?;
        if self.is_up(&jail.name) {
            let name = &jail.name;
            return Err(format!(
                "Jail {name} is still running, please stop the jail first or destroy it with -f"
            ));
        }
        let takes_longer = self.minor < 11;
        let is_taken = |other: &Jail| {
            let is_longer = takes_longer && other.is_template == jail.is_template;
            other.name == jail.name || (is_longer && other.name.starts_with(&jail.name))
        };
        let taken: Vec<_> = self.jails.iter().filter(|other| is_taken(other)).cloned().collect();
        self.jails.retain(|other| !taken.contains(other));
        for other in taken {
            self.hit("destroy", &other.name);
        }
        Ok(format!("\nAre you sure? [y/N]: Destroying {}\n", jail.name))
    }

    fn answer(&mut self, words: &[&str]) -> Result<String, String> {
        let row = |jail: &Jail| {
            let state = if self.is_up(&jail.name) { "up" } else { "down" };
            let kind = if jail.is_template { "template" } else { "jail" };
            format!("None\t{}\toff\t{state}\t{kind}\t14.3-RELEASE\t-\t-\t-\tno\n", jail.name)
        };
        let rows = |of_templates: bool| -> String {
            self.jails.iter().filter(|jail| jail.is_template == of_templates).map(row).collect()
        };
        match words {
            ["--version"] => Ok(format!("Version\t1.{}\n", self.minor)),
            ["df", "-lh"] => {
                let row = |jail: &Jail| format!("{}\t1.00x\tnone\tnone\t9K\t5G\n", jail.name);
                Ok(self.jails.iter().map(row).collect())
            }
            ["list", "-lh"] => Ok(rows(false)),
            ["list", "-tlh"] => Ok(rows(true)),
            ["get", "-p"] => Ok("tank\n".to_owned()),
            ["get", "all", word] => {
                let name = self.find(word)?.name;
                self.hit("get", &name);
                Ok("boot:0\nmemoryuse:deny=1g\n".to_owned())
            }
            ["get", _, word] => {
                let name = self.find(word)?.name;
                self.hit("get", &name);
                Ok("0\n".to_owned())
            }
            ["set", limit, word] => {
                let name = self.find(word)?.name;
                self.hit("set", &name);
                Ok(format!(
                    "Successfully set RCTL rule for {}\n",
                    limit.split('=').next().unwrap_or_default()
                ))
            }
            ["start", word] => self.start(word),
            ["stop", word] => self.stop(word),
            ["destroy", word] => self.destroy(word),
            // A property that is not accepted: what was begun is destroyed again.
            ["clone", word, "-n", new, _] => {
                self.find(word)?;
                self.jails.push(Jail { name: (*new).to_owned(), is_template: false });
                self.destroy(new)?;
                self.hits.retain(|(_, name)| name != new);
                Err("banana is not a valid value for boot.".to_owned())
            }
            ["clone", word, "-n", new] => {
                let name = self.find(word)?.name;
                self.hit("clone", &name);
                self.jails.push(Jail { name: (*new).to_owned(), is_template: false });
                Ok(format!("{new} successfully cloned!\n"))
            }
            _ => Err(format!("Error: No such command '{}'.", words.join(" "))),
        }
    }
}

impl Runner for Model {
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError> {
        let words: Vec<_> = command.args.iter().map(String::as_str).collect();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = if command.program.ends_with("iocage") {
            state.answer(&words)
        } else {
            Err("not on this machine".to_owned())
        };
        // A stop of what is stopped is none that failed.
        let exit = match &answer {
            Err(text) if !text.ends_with("is not running!") => 1,
            _ => 0,
        };
        let (stdout, stderr) = match answer {
            Ok(text) => (text, String::new()),
            Err(text) => (String::new(), text + "\n"),
        };
        Ok(Outcome {
            end: End::Exited(exit),
            stdout: Captured::whole(stdout.as_bytes()),
            stderr: Captured::whole(stderr.as_bytes()),
            duration: Duration::ZERO,
            left: None,
            pid: 1,
        })
    }
}
