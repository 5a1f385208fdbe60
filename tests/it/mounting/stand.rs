//! A machine of the Python iocage with jails whose files are there, and with folders of the host.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use serde_json::{Value, json};
use sysadm_class::Access::Limited;
use sysadm_class::Status;
use sysadm_class::host::Door;

use crate::support::{Folder, Host, Machine, fault};

/// All of it.
pub(super) struct Stand {
    pub machine: Machine,
    pub host: Folder,
    /// Where the jail `web` lies.
    pub web: PathBuf,
}

impl Stand {
    pub(super) fn new() -> Stand {
        let jails = json!([
            {"name": "web"}, {"name": "web2"}, {"name": "up", "jid": 1}, {"name": "form", "type": "template"},
        ]);
        let pools = json!([{"name": "tank", "active": true, "jails": jails}]);
        let machine = Machine::new(&json!({"version": "1.13", "mounted": true, "pools": pools}));
        let all = PathBuf::from(machine.folder_text()).join("tank/iocage");
        for jail in ["jails/web", "jails/web2", "jails/up", "templates/form"] {
            for folder in ["mnt/in it", "srv/in it", "dev/fd", "proc", "compat/linux/proc"] {
                fs::create_dir_all(all.join(jail).join("root").join(folder)).expect("ours");
            }
            fs::write(all.join(jail).join("fstab"), "").expect("ours");
        }
        let host = Folder::new();
        for folder in ["data/web 1", "data2", "elsewhere"] {
            fs::create_dir_all(host.0.join(folder)).expect("ours");
        }
        fs::write(host.0.join("data/file"), "").expect("ours");
        symlink(host.0.join("elsewhere"), host.0.join("data/link")).expect("ours");
        Stand { machine, host, web: all.join("jails/web") }
    }

    pub(super) fn config(&self, more: Value) -> String {
        let mut all = json!({"mount_sources": [self.at("data"), "/nonexistent"]});
        all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        self.machine.config_with(&all)
    }

    pub(super) fn served(&self, door: Door) -> Host {
        Host::new(door, &self.config(json!({})))
    }

    /// A folder of the host.
    pub(super) fn at(&self, name: &str) -> String {
        let top = fs::canonicalize(&self.host.0).expect("ours");
        top.join(name).to_str().expect("our own name").to_owned()
    }

    pub(super) fn add(&self, source: &str, target: &str) -> Value {
        json!({"action": "addmount", "jail": "web", "source": self.at(source), "target": target})
    }

    pub(super) fn remove(&self, source: &str, target: &str) -> Value {
        json!({"action": "removemount", "jail": "web", "source": source, "target": target})
    }

    pub(super) fn fstab(&self) -> String {
        fs::read_to_string(self.web.join("fstab")).expect("it is there")
    }

    pub(super) fn holds(&self, text: &str) {
        fs::write(self.web.join("fstab"), text).expect("ours");
    }

    pub(super) fn root(&self) -> String {
        self.web.join("root").to_str().expect("our own name").to_owned()
    }

    /// The calls that change an fstab.
    pub(super) fn edits(&self) -> Vec<String> {
        self.machine.calls().into_iter().filter(|call| call.starts_with("[fstab]")).collect()
    }

    /// Neither who may not change anything is served, nor anybody where the action is denied.
    pub(super) fn denies(&self, door: Door, request: &Value) {
        let (status, _) = self.served(door).send_as(Limited, "sysadm", "iocage", &request.to_string());
        assert_eq!(status, Status::Forbidden);
        let denied = Host::new(door, &self.config(json!({"deny_actions": [request["action"]]})));
        assert_eq!(fault(&denied.answer(request)), ("denied", "action"));
    }

    /// Has iocage do something in the place of an edit, or before it: `$jail` is the jail's folder.
    pub(super) fn instead(&self, line: &str) {
        let iocage = self.machine.iocage();
        let text = fs::read_to_string(&iocage).expect("a script");
        let jail = self.web.to_str().expect("our own name");
        let line = format!("[ \"$1\" != fstab ] || {{ jail='{jail}'; {line}; }}\nexec ");
        fs::write(&iocage, text.replace("exec ", &line)).expect("written");
    }
}

/// The request with something else under a key.
pub(super) fn with(mut request: Value, key: &str, value: Value) -> Value {
    request[key] = value;
    request
}

pub(super) fn sentence(answer: &Value) -> &str {
    answer["error"].as_str().unwrap_or_default()
}
