//! What would keep a server from starting with a configuration, and what would make it start as nobody wants it: looked at without
//! starting one, for `sysadmd --check` and whoever starts it by that.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::geteuid;
use sysadm_host::{Host, INSTALLED, Listener, Prober, Status};
use tokio_rustls::rustls::pki_types::UnixTime;

use super::bind;
use super::certificate;
use super::folder;
use super::groups;
use super::listen;
use super::modules;
use super::server::hostname;
use crate::accounts::{Accounts, AccountsError};
use crate::config::Config;

/// How long modules have to end that were loaded for a look.
const ENDS: Duration = Duration::from_secs(10);

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding {
    /// It would not start.
    Fault(String),
    /// It would, but not all of it would work.
    Hint(String),
}

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that a start would use, but for the ports; modules are loaded for it, with what they are configured with, and asked how they
    /// are, which runs the programs that these ask.
    All,
    /// The same without the modules: nothing is loaded, run or made. It is for who wants the configuration read again, which leaves the
    /// modules as they are. What takes effect at the next start alone is a hint there: the server that serves goes on with what it has.
    Config,
}

/// Look at what a start would use.
#[must_use]
pub fn check(config: &Config, scope: Scope) -> Vec<Finding> {
    let mut found = Vec::new();
    // Of what a reload does not touch.
    let of_starts = |text: String| match scope {
        Scope::All => Finding::Fault(text),
        Scope::Config => Finding::Hint(format!("{text}; the next start would fail")),
    };
    for group in groups::missing(config) {
        found.push(if group.is_fatal { of_starts(group.text) } else { Finding::Hint(group.text) });
    }
    if scope == Scope::Config {
        found.extend(groups::other_in_force(config).map(Finding::Hint));
    }
    // With the groups, before modules are loaded: see `life`.
    if let Some(tls) = &config.tls
        && geteuid().is_root()
        && let Err(why) = listen::user(&tls.user)
    {
        found.push(of_starts(why));
    }
    let front = config.run.join("front/front.sock");
    let sockets =
        [("socket.path", &config.socket.path)].into_iter().chain(config.tls.iter().map(|_| ("run", &front)));
    for (key, socket) in sockets {
        if let Err(why) = bind::judge(socket).and_then(|()| bind::judge_folder(socket, &config.run)) {
            found.push(of_starts(format!("`{key}`: {why}")));
        }
    }
    let mut is_run_good = true;
    for folder in [config.run.clone(), config.run.join("front")] {
        if let Err(why) = folder::judge(&folder) {
            is_run_good = false;
            found.push(of_starts(format!("`run`: {why}")));
        }
    }
    for folder in &config.modules.folders {
        let shown = folder.display();
        match std::fs::read_dir(folder) {
            Err(why) => found.push(of_starts(format!("`modules.folders`: {shown}: {why}"))),
            Ok(mut files) => {
                let is_module =
                    |file: &std::fs::DirEntry| file.path().extension().is_some_and(|ending| ending == "so");
                if !files.any(|file| file.is_ok_and(|file| is_module(&file))) {
                    found.push(Finding::Hint(format!("`modules.folders`: there is no module in {shown}")));
                }
            }
        }
    }
    if let Some(why) = config.modules.prober.as_deref().and_then(no_program) {
        found.push(Finding::Hint(format!("`modules.prober`: {why}, so that no module is loaded")));
    }
    // In a folder that was refused nothing is made, and nothing removed.
    if scope == Scope::All && is_run_good {
        found.extend(of_modules(config));
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
        // Where neither is there they are made at a start, and never for a server that has a network already.
        let is_served = scope == Scope::Config && front.exists();
        if is_served || certificate::is_there(tls) {
            found.extend(certificate::read_pair(tls).err().map(Finding::Fault));
        } else if let Err(why) = certificate::judge(tls, &hostname(), &config.run) {
            found.push(of_starts(why));
        }
        found.extend(certificate::doubts(tls, UnixTime::now()).into_iter().map(Finding::Hint));
    }
    found
}

/// Why there is no program at this path.
fn no_program(path: &Path) -> Option<String> {
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => None,
        Ok(_) => Some(format!("{shown} is no file")),
        Err(why) => Some(format!("{shown}: {why}")),
    }
}

/// What a class that is well remarks of itself.
fn remark(told: &str) -> Option<String> {
    let told: serde_json::Value = serde_json::from_str(told).ok()?;
    told["remark"].as_str().map(str::to_owned)
}

/// The modules, as a start would load them, from where it would: what was left there by one that was killed the next one removes, be it
/// a check or a start.
fn of_modules(config: &Config) -> Vec<Finding> {
    folder::set_mask();
    let missing = folder::missing(&config.run);
    let found = folder::make(&config.run).and_then(|()| {
        let setup = modules::setup(config).services(Arc::new(Listener::new()));
        let host = Host::open(setup).map_err(|refused| refused.to_string())?;
        if let Some(why) = modules::kept_loader(&host) {
            host.leave();
            return Err(why);
        }
        let mut found: Vec<_> = host
            .passed_over()
            .iter()
            .map(|refused| Finding::Hint(format!("passed over: {refused}")))
            .collect();
        let finding = if modules::is_slip(config, &host) { Finding::Fault } else { Finding::Hint };
        found.extend(modules::unserved(config, &host).map(finding));
        for (class, status, told) in host.modules().healths() {
            if status != Status::Ok {
                found.push(Finding::Hint(format!("{class} is not well: {told}")));
            } else if let Some(remark) = remark(&told) {
                found.push(Finding::Hint(format!("{class}: {remark}")));
            }
        }
        if !host.shut_down(ENDS) {
            // Its end would wait for what does not come to one; the process is left.
            host.leave();
        }
        Ok(found)
    });
    // Where there was none none is left. In one that was refused after it was made somebody else may have put what he likes.
    if !missing.is_empty() && folder::judge(&config.run).is_ok() {
        folder::unmake(&modules::stage(config), &missing);
    }
    let mut found = found.unwrap_or_else(|why| vec![Finding::Fault(format!("`modules`: {why}"))]);
    if config.modules.prober.is_none() && Prober::Installed.program().is_none() {
        let why = format!("`modules.prober`: there is no {INSTALLED}, so that modules are loaded untried");
        found.push(Finding::Hint(why));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_is_not_there_is_told_once_by_the_key_that_says_it() {
        let told = |keys: &str| -> Vec<String> {
            let config = Config::parse(&format!("{{\"limited_group\":\"\",{keys}}}")).expect("one");
            let found = check(&config, Scope::Config).into_iter().map(|found| match found {
                Finding::Fault(text) | Finding::Hint(text) => text,
            });
            found.filter(|text| text.contains("there is no group")).collect()
        };
        let [one] = &told(r#""full_group":"no such group""#)[..] else { panic!("one is told") };
        assert!(one.starts_with("`full_group`, which the socket has too"), "{one}");
        let [one] = &told(r#""full_group":"","socket":{"path":"/run/x","group":"no such group"}"#)[..] else {
            panic!("one is told")
        };
        assert!(one.starts_with(r#"`socket.group`: there is no group "no such group""#), "{one}");
    }
}
