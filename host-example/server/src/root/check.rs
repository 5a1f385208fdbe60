//! What would keep a server from starting with a configuration, and what would make it start as nobody wants it: looked at without
//! starting one, for `sysadmd --check` and whoever starts it by that.

use nix::unistd::{Group, geteuid};

use super::bind;
use super::certificate;
use super::folder;
use super::listen;
use crate::accounts::{Accounts, AccountsError};
use crate::config::{Config, Tls};

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding {
    /// It would not start.
    Fault(String),
    /// It would, but not all of it would work.
    Hint(String),
}

/// Look at all that a start would use, but for the ports and the modules themselves, which are loaded then.
#[must_use]
pub fn check(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    let group_of_socket = config.socket.group.as_deref().unwrap_or(&config.full_group);
    for (key, name) in [
        ("full_group", config.full_group.as_str()),
        ("limited_group", config.limited_group.as_str()),
        ("socket.group", group_of_socket),
    ] {
        let is_there = name.is_empty() || Group::from_name(name).is_ok_and(|group| group.is_some());
        if is_there {
            continue;
        }
        let text = format!("`{key}`: there is no group {name:?}");
        let is_fatal = key == "socket.group" && geteuid().is_root();
        found.push(if is_fatal { Finding::Fault(text) } else { Finding::Hint(text) });
    }
    if let Err(why) = bind::old(&config.socket.path) {
        found.push(Finding::Fault(format!("`socket.path`: {why}")));
    }
    for folder in [config.run.clone(), config.run.join("front")] {
        if let Err(why) = folder::judge(&folder) {
            found.push(Finding::Fault(format!("`run`: {why}")));
        }
    }
    for folder in &config.modules.folders {
        let shown = folder.display();
        match std::fs::read_dir(folder) {
            Err(why) => found.push(Finding::Fault(format!("`modules.folders`: {shown}: {why}"))),
            Ok(mut files) => {
                let is_module =
                    |file: &std::fs::DirEntry| file.path().extension().is_some_and(|ending| ending == "so");
                if !files.any(|file| file.is_ok_and(|file| is_module(&file))) {
                    found.push(Finding::Hint(format!("`modules.folders`: there is no module in {shown}")));
                }
            }
        }
    }
    for class in config.modules.classes.keys().filter(|class| !class.contains('/')) {
        found.push(Finding::Hint(format!(
            "`modules.classes`: {class:?} is no class; they are written sysadm/iocage"
        )));
    }
    match Accounts::load(&config.accounts) {
        Err(AccountsError::Missing(path)) if config.tls.is_some() => {
            let text = format!(
                "there is no {}, so nobody can log in; `sysadmctl user add NAME` makes it",
                path.display()
            );
            found.push(Finding::Hint(text));
        }
        Err(AccountsError::Missing(_)) | Ok(_) => {}
        Err(why) => found.push(Finding::Hint(format!("nobody could log in: {why}"))),
    }
    if let Some(tls) = &config.tls {
        found.extend(of_network(tls).into_iter().map(Finding::Fault));
    }
    found
}

fn of_network(tls: &Tls) -> Vec<String> {
    let mut faults = Vec::new();
    if geteuid().is_root() {
        match listen::user(&tls.user) {
            Err(why) => faults.push(format!("`tls.user`: {why}")),
            Ok((uid, _)) if uid.is_root() => faults.push("`tls.user` is root".to_owned()),
            Ok(_) => {}
        }
    }
    // Where neither is there they are made at the start.
    if (tls.certificate.exists() || tls.key.exists())
        && let Err(why) = certificate::read_pair(tls)
    {
        faults.push(why);
    }
    faults
}
