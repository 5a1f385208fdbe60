//! The settings of a jail with the Python iocage.
//!
//! `set NAME=VALUE... JAIL` sets one after the other and ends at the first that it refuses, those
//! before it set. So what it refuses is refused here before, as far as it can be known
//! (`json_check_prop` in ioc_json.py), and narrower: it looks for a right word anywhere in the value.

use std::collections::BTreeMap;

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::lines::Lines;
use crate::iocage::names::{JailId, Names};
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::{Properties, status_lines};
use crate::iocage::{Reads, Set, Settings, Settled, State, Works};
use crate::policy::{BOOLEANS, NewName, Props, is_in, refuse_unsettable};

use super::complaints::{failure, failure_of};
use super::outcome::{refuse_all, refuse_twin};
use super::output::{body, warnings};
use super::program::{Python, own};
use super::properties::LIMITS;
use super::words::{jail_name, refuse_gone};

/// What it answers with `cannot be changed by the user`.
const FIXED: &str = "CONFIG_TYPE CONFIG_VERSION available basejail cloned_release compression compressratio \
     host_hostuuid last_started mountpoint origin source_template state sync_state sync_target \
     sync_tgt_zpool type used";

/// What is yes or no.
const TRUTH: &str = "allow_chflags allow_mlock allow_mount allow_mount_devfs allow_mount_fdescfs \
     allow_mount_fusefs allow_mount_linprocfs allow_mount_linsysfs allow_mount_nullfs allow_mount_procfs \
     allow_mount_tmpfs allow_mount_zfs allow_nfsd allow_quotas allow_raw_sockets allow_set_hostname \
     allow_socket_af allow_sysvipc allow_tun allow_vmm assign_localhost boot bpf dhcp exec_clean host_time \
     hostid_strict_check ip4_saddrsel ip6_saddrsel ip_hostname jail_zfs mount_devfs mount_fdescfs \
     mount_linprocfs mount_procfs nat rtsold vnet";

/// What is one of some words.
const CHOICES: [(&str, &str); 4] = [
    ("enforce_statfs", "0 1 2"),
    ("ip4 ip6 sysvmsg sysvsem sysvshm", "new inherit disable"),
    ("nat_backend", "pf ipfw"),
    ("rlimits", "off on"),
];

/// What the defaults have and no jail has for itself.
const OF_DEFAULTS: &str = "nat_backend nat_interface nat_prefix";

/// What ZFS keeps for each jail: for the defaults iocage looks for their dataset, and breaks down.
const OF_DATASETS: &str = "dedup quota reservation";

/// What it refuses while the jail runs.
const STOPPED: &str = "dhcp jail_zfs jail_zfs_dataset jail_zfs_mountpoint";

/// What is for another moment, and what it changes in the kernel, beside the limits: parameters
/// whose names it finds with its `_` made `.`. `enforce_statfs` and `allow_mount` are not among these.
const AT_ONCE: &str = "allow_chflags allow_mlock allow_mount_devfs allow_mount_fdescfs allow_mount_fusefs \
     allow_mount_linprocfs allow_mount_linsysfs allow_mount_nullfs allow_mount_procfs allow_mount_tmpfs \
     allow_mount_zfs allow_nfsd allow_quotas allow_raw_sockets allow_set_hostname allow_socket_af \
     allow_sysvipc allow_vmm boot children_max comment dedup depends exec_poststop exec_prestop exec_stop \
     host_domainname host_hostname hostid_strict_check ip4_saddrsel ip6_saddrsel login_flags notes owner \
     plugin_name plugin_repository priority quota reservation securelevel stop_timeout";

impl Settings for Python {
    fn settable(&self, props: &Props, of_defaults: bool) -> Result<(), Error> {
        refuse_unsettable(props, FIXED)?;
        for (name, value) in props.iter() {
            refuse_gone(name)?;
            let illegal = |message| Err(Error::about("props", Code::IllegalValue, message));
            if of_defaults && is_in(OF_DATASETS, name) {
                return illegal(format!("`{name}` is ZFS's, for each jail; the defaults have none"));
            }
            if !of_defaults && is_in(OF_DEFAULTS, name) {
                return illegal(format!("`{name}` is of all jails: this iocage sets it with the defaults"));
            }
            if let Some(wanted) = wanted(name, value) {
                let message = format!("{} is not a value for `{name}`: {wanted}", Quoted(value));
                return illegal(message);
            }
        }
        Ok(())
    }

    fn works(&self, name: &str, values: &BTreeMap<String, String>) -> Works {
        let value = |name: &str| values.get(name).map_or("", String::as_str);
        let is_address = matches!(name, "ip4_addr" | "ip6_addr");
        let is_changed = is_address && value(name) != "none" && matches!(value("vnet"), "0" | "off" | "no");
        match () {
            () if is_changed || is_in(AT_ONCE, name) || LIMITS.contains(&name) => Works::AtOnce,
            () if is_in(STOPPED, name) => Works::Stopped,
            () => Works::AtStart,
        }
    }

    fn settings(&self, session: &Session<'_>, jail: Option<&JailId>, _: &Props) -> Result<Properties, Error> {
        match jail {
            Some(jail) => self.of_jail(session, jail, false),
            None => self.of_defaults(session, false),
        }
    }

    /// `notes: none -> x` for each, or of the defaults `Default Property: vnet has been updated to 1`.
    fn set(&self, session: &Session<'_>, jail: Option<&JailId>, props: &Props) -> Result<Set, Error> {
        if let Some(jail) = jail {
            // What runs is changed at once, and which of the two that is, it does not know.
            refuse_twin(jail)?;
        }
        let words: Vec<_> = props.words().collect();
        let args = std::iter::once("set").chain(words.iter().map(String::as_str));
        let args: Vec<_> = args.chain([jail.map_or("default", JailId::uuid)]).collect();
        let output = own(session, Kind::Start, &args)?;
        if !output.succeeded() {
            return Err(jail.map_or_else(|| failure(&output), |jail| failure_of(&output, jail.uuid())));
        }
        let mut said = warnings(&output, &[]);
        said.extend(status_lines(&output.stdout).filter(|line| line.starts_with("Failed to ")));
        let untold = props.iter().map(|(name, _)| name).filter(|name| !tells(&output, name, jail));
        Ok(Set { warnings: said, untold: untold.map(str::to_owned).collect() })
    }

    /// `restart -s JAIL`: `Soft restarting test (test)`, and nothing of how its services end and start.
    fn restart_softly(&self, session: &Session<'_>, jail: &JailId) -> Result<Settled, Error> {
        refuse_all(jail)?;
        refuse_twin(jail)?;
        let name = jail.uuid();
        let output = own(session, Kind::Start, &["restart", "-s", name])?;
        let said = format!("Soft restarting {name} ({name})");
        let is_begun = status_lines(&output.stdout).any(|line| line == said);
        if !output.succeeded() || !is_begun {
            return Err(failure_of(&output, name));
        }
        let state = self.state(session, jail)?;
        if state != State::Up {
            let message = format!("the jail {name} is {} after it was restarted", state.word());
            return Err(output.error(Code::NotDone, message));
        }
        let lines = Lines::of_status(body(&output.stdout));
        Ok(Settled { lines, warnings: warnings(&output, &[]), ..Settled::default() })
    }

    /// `rename OLD NEW`: `Jail: OLD renamed to NEW`. One that runs it stops first, without a word, and
    /// does not start again.
    fn rename(&self, session: &Session<'_>, jail: &JailId, name: &NewName) -> Result<Settled, Error> {
        refuse_all(jail)?;
        refuse_twin(jail)?;
        let (old, new) = (jail.uuid(), name.as_str());
        jail_name(new).map_err(|error| Error { key: Some("name"), ..error })?;
        self.names(session)?.refuse_called(new, jail)?;
        if self.state(session, jail)? == State::Up {
            return Err(Error::running(old, ", and iocage would stop it"));
        }
        let output = match own(session, Kind::Create, &["rename", old, new]) {
            // It was ended half-way, or behind that.
            Err(error) if session.changed.get() => {
                let message = format!("{}; {}", error.message, called(&self.names(session), old, new));
                return Err(Error { message, ..error }.saying_where());
            }
            output => output?,
        };
        let names = self.names(session);
        let said = format!("Jail: {old} renamed to {new}");
        let is_said = status_lines(&output.stdout).any(|line| line == said);
        if let (Err(why), true) = (&names, output.succeeded() && is_said) {
            return Err(why.clone());
        }
        let is_done = names.as_ref().is_ok_and(|names| names.holds(new) && !names.holds(old));
        if !output.succeeded() || !is_said || !is_done {
            let error = failure_of(&output, old);
            let key = if error.code == Code::TagInUse { Some("name") } else { error.key };
            let message = format!("{}; {}", error.message, called(&names, old, new));
            return Err(Error { key, message, ..error });
        }
        session.gone.replace(vec![old.to_owned()]);
        let now = vec![format!("{new} ({new})")].into();
        Ok(Settled { warnings: warnings(&output, &[]), now, ..Settled::default() })
    }
}

/// Which of two names there is.
fn called(names: &Result<Names, Error>, old: &str, new: &str) -> String {
    match names {
        Ok(names) => {
            let word = |name: &str| if names.holds(name) { "there" } else { "not there" };
            format!("{old} is {}, {new} is {}", word(old), word(new))
        }
        Err(why) => format!("what the jail is called now is not known: {}", why.message),
    }
}

/// Does it say that it has set the property?
fn tells(output: &Output, name: &str, jail: Option<&JailId>) -> bool {
    let start = match jail {
        Some(_) => format!("{name}: "),
        None => format!("Default Property: {name} has been updated to"),
    };
    output.stdout.lines().any(|line| line.starts_with(&start))
}

/// What a value has to be, if this is none that iocage takes.
fn wanted(name: &str, value: &str) -> Option<String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let one_of = |words: &str| Some(format!("it is one of {}", words.replace(' ', ", ")));
    if is_in(TRUTH, name) {
        let is_truth = BOOLEANS.contains(&&*value.to_ascii_lowercase());
        return if is_truth { None } else { one_of(&BOOLEANS.join(" ")) };
    }
    if let Some((_, words)) = CHOICES.iter().find(|(names, _)| is_in(names, name)) {
        return if is_in(words, value) { None } else { one_of(words) };
    }
    let (is_right, what) = match name {
        "priority" => (is_number(value), "it is a number"),
        "quota" => (
            value == "none" || value.ends_with(['M', 'G', 'T', 'm', 'g', 't']),
            "it is none, or a size that ends in M, G or T",
        ),
        _ if LIMITS.contains(&name) => {
            let is_action =
                |action: &str| action.starts_with("sig") || is_in("deny log devctl throttle", action);
            let limit = value.split_once('=').is_some_and(|(action, amount)| {
                let plain = amount.strip_suffix(|c: char| "bkmgtpBKMGTP".contains(c)).unwrap_or(amount);
                is_action(action) && is_number(plain)
            });
            (limit || value == "off", "it is off, or ACTION=AMOUNT as deny=1g")
        }
        _ => (true, ""),
    };
    (!is_right).then(|| what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iocage::python::properties::KNOWN;

    #[test]
    fn every_name_is_a_property() {
        let choices: String = CHOICES.iter().map(|(names, _)| format!("{names} ")).collect();
        for names in [TRUTH, choices.trim(), OF_DEFAULTS, OF_DATASETS, STOPPED, AT_ONCE] {
            for name in names.split(' ') {
                assert!(KNOWN.contains(&name), "{name:?}");
                assert!(!is_in(FIXED, name), "{name}");
            }
        }
    }

    #[test]
    fn a_value_that_iocage_refuses_is_refused_before() {
        for (name, good, bad) in [
            ("vnet", "on", "maybe"),
            ("boot", "YES", "2"),
            ("ip4", "inherit", "banana"),
            ("quota", "10g", "12"),
            ("priority", "99", "first"),
            ("memoryuse", "deny=1g", "8G:log"),
            ("pcpu", "off", "deny="),
            ("nshm", "sigterm=5", "kill=5"),
        ] {
            assert_eq!(wanted(name, good), None, "{name}={good}");
            assert!(wanted(name, bad).is_some(), "{name}={bad}");
        }
        assert_eq!(wanted("notes", ""), None);
    }
}
