//! The system's tools of a small machine: what `zpool`, `zfs` and `jls` print, and the files
//! of iocage's, in the form of the recordings in `tests/it/golden`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use sysadm_iocage::config::Config;
use sysadm_iocage::process::Command;

/// The name of the program that a command runs.
pub(crate) fn program<'c>(command: &'c Command<'_>) -> &'c str {
    command.program.file_name().and_then(|name| name.to_str()).expect("a name")
}

/// A machine.
#[derive(Debug)]
pub(crate) struct Tools {
    data: Arc<Value>,
    /// Where its files are put.
    root: PathBuf,
}

/// What a tool prints, and its exit status.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    fn told(stdout: String) -> Said {
        Said { stdout, ..Said::default() }
    }

    fn failed(exit: i32, stderr: String) -> Said {
        Said { exit, stderr, ..Said::default() }
    }
}

impl Tools {
    /// One in the form of the recordings.
    pub(crate) fn new(data: Arc<Value>, root: PathBuf) -> Tools {
        Tools { data, root }
    }

    /// What iocage calls itself on it, as it says so.
    pub(crate) fn version(&self) -> String {
        let version = self.data["version"].as_str().expect("a text");
        if version.contains("iocage") { format!("{version}\n") } else { format!("Version\t{version}\n") }
    }

    /// The paths of its configurations, in order.
    pub(crate) fn files(&self) -> Vec<(&str, &str)> {
        let files = self.data["files"].as_object().into_iter().flatten();
        let texts = files.map(|(path, text)| (path.as_str(), text.as_str().expect("a text")));
        texts.filter(|(path, _)| path.ends_with(".json")).collect()
    }

    /// Where a path of the machine is here.
    pub(crate) fn below(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Put its files where they are read.
    pub(crate) fn lay(&self) {
        for (path, text) in self.files() {
            let path = self.below(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
    }

    /// Take them away.
    pub(crate) fn clear(root: &Path) {
        // It is there if something was put there.
        let _ = fs::remove_dir_all(root);
    }

    /// What a tool prints, if it is one of these and is asked in a form that is known.
    pub(crate) fn play(&self, program: &str, words: &[&str]) -> Option<Said> {
        Some(match (program, words) {
            ("zpool", ["list", "-H", "-o", "name,comment"]) => {
                Said::told(self.data["zpool"].as_str().expect("a text").to_owned())
            }
            ("zfs", ["get", "-H", "-o", "property,value", properties, dataset]) => {
                let datasets = self.datasets();
                let line = |property| format!("{property}\t{}\n", self.value(&datasets, dataset, property));
                Said::told(properties.split(',').map(line).collect())
            }
            ("zfs", ["list", "-H", "-t", "filesystem", "-d", depth, "-o", columns, only @ ..]) => {
                self.list(depth.parse().expect("a number"), columns, only)
            }
            ("jls", ["-j", name, "-n", "jid", "name", "path"]) => self.jls_of(name),
            ("jls", words) => Said::told(self.data["jls"][words.join(" ")].as_str()?.to_owned()),
            _ => return None,
        })
    }

    fn datasets(&self) -> BTreeMap<&str, &Value> {
        let rows = self.data["datasets"].as_array().expect("a list").iter();
        rows.map(|row| (row[0].as_str().expect("a name"), &row[1])).collect()
    }

    fn list(&self, depth: usize, columns: &str, only: &[&str]) -> Said {
        let columns: Vec<_> = columns.split(',').collect();
        if let Some(column) = columns.iter().find(|column| ["encryption", "keystatus"].contains(column)) {
            return Said::failed(2, format!("bad property list: invalid property '{column}'\n"));
        }
        let datasets = self.datasets();
        if let [top] = only
            && !datasets.contains_key(top)
        {
            return Said::failed(1, format!("cannot open '{top}': dataset does not exist\n"));
        }
        let is_shown = |name: &str| match only {
            [] => name.matches('/').count() <= depth,
            [top, ..] => {
                let below = name.strip_prefix(top).filter(|rest| rest.is_empty() || rest.starts_with('/'));
                below.is_some_and(|rest| rest.matches('/').count() <= depth)
            }
        };
        let mut stdout = String::new();
        for name in datasets.keys().filter(|name| is_shown(name)) {
            let cells: Vec<_> = columns.iter().map(|column| self.value(&datasets, name, column)).collect();
            stdout += &format!("{}\n", cells.join("\t"));
        }
        Said::told(stdout)
    }

    /// What zfs prints for a property; one of a user's own is had from above.
    fn value(&self, datasets: &BTreeMap<&str, &Value>, name: &str, property: &str) -> String {
        if property == "name" {
            return name.to_owned();
        }
        let mut holder = Some(name);
        while let Some(name) = holder {
            match datasets.get(name).and_then(|own| own[property].as_str()) {
                Some(path)
                    if property == "mountpoint" && !self.files().is_empty() && path.starts_with('/') =>
                {
                    return self.below(path).display().to_string();
                }
                Some(value) => return value.to_owned(),
                None if !property.contains(':') => break,
                None => holder = name.rfind('/').map(|at| &name[..at]),
            }
        }
        "-".to_owned()
    }

    fn jls_of(&self, name: &str) -> Said {
        let all = self.data["jls"]["--libxo json -v"].as_str().expect("a text");
        let all: Value = serde_json::from_str(all).expect("JSON");
        let jails = all["jail-information"]["jail"].as_array().expect("a list");
        match jails.iter().find(|jail| jail["name"] == name) {
            Some(jail) => {
                let path = jail["path"].as_str().expect("a text");
                Said::told(format!("jid={} name={name} path={path}\n", jail["jid"]))
            }
            None => Said::failed(1, format!("jls: jail \"{name}\" not found\n")),
        }
    }
}

/// A configuration for a runner that starts nothing. Whether a tool is there at all is asked of the system, where
/// the machine that this runs on may have one.
pub(crate) fn nowhere() -> Config {
    let tool = |name: &str| PathBuf::from("/nonexistent").join(name);
    Config {
        zfs: tool("zfs"),
        zpool: tool("zpool"),
        jls: tool("jls"),
        jexec: tool("jexec"),
        ..Config::default()
    }
}
