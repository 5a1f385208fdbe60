//! The settings of a jail with the shell iocage.
//!
//! `set NAME=VALUE UUID` is silent, whether ZFS has taken the value or not, and exits 0 in
//! both cases; it was read in lib/ioc-common (`__set_jail_prop`) of all lines. One is set with
//! each run: 1.7.x takes the second for the jail.

use std::collections::BTreeMap;

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::names::{JailId, is_uuid};
use crate::iocage::session::Session;
use crate::iocage::text::{Properties, without_notices};
use crate::iocage::{Reads, Set, Settings, Settled, Works};
use crate::policy::{NewName, Props, is_in, refuse_unsettable};

use super::program::{Shell, ask, denies, failure, own, warnings, whole};
use super::properties::refuse_unknown;
use super::reads::is_template;

/// What nobody sets: ZFS counts it, iocage writes it down, or finds the jail by it.
const FIXED: &str = "available compressratio host_hostuuid last_started mountpoint origin start type used";

/// What a running jail has at once, or what is not for it.
const AT_ONCE: &str = "boot branch compression dedup exec_poststop exec_prestop exec_stop ftpdir ftpfiles ftphost \
     ftplocaldir gitlocation hostid login_flags notes owner pkglist priority quota reservation stop_timeout \
     sync_stat sync_target sync_tgt_zpool";

/// What some line refuses while the jail runs.
const STOPPED: &str = "hack88 jail_zfs_dataset jail_zfs_mountpoint";

/// What `cap` applies.
const LIMITS: &str = "coredumpsize cputime datasize maxproc memorylocked memoryuse msgqqueued msgqsize nmsgq nsemop \
     nshm nthr openfiles pcpu pseudoterminals rlimits shmsize stacksize swapuse vmemoryuse wallclock";

/// What ZFS spells its own way; where it does not take it, it says so.
const SIZES: &str = "compression dedup quota reservation";

impl Settings for Shell {
    fn settable(&self, props: &Props, _: bool) -> Result<(), Error> {
        refuse_unsettable(props, FIXED)?;
        refuse_unknown(props)?;
        props.refuse_shell_active()?;
        for (name, value) in props.iter() {
            let is_cut = name != "notes" && value.contains('=');
            let why = match value {
                "" => "sets no empty value",
                _ if is_cut => "cuts it at the `=`",
                _ => continue,
            };
            let message = format!("the value of `{name}` is {}: this iocage {why}", Quoted(value));
            return Err(Error::about("props", Code::IllegalValue, message));
        }
        Ok(())
    }

    fn works(&self, name: &str, _: &BTreeMap<String, String>) -> Works {
        match () {
            () if is_in(AT_ONCE, name) => Works::AtOnce,
            () if is_in(LIMITS, name) => Works::Capped,
            () if is_in(STOPPED, name) => Works::Stopped,
            () => Works::AtStart,
        }
    }

    /// `get all UUID` or `defaults`, and what is not listed there, as what is ZFS's in 1.7.x, by
    /// itself.
    fn settings(
        &self,
        session: &Session<'_>,
        jail: Option<&JailId>,
        props: &Props,
    ) -> Result<Properties, Error> {
        let word = jail.map_or("default", JailId::uuid);
        let mut found = match jail {
            Some(_) => Properties::parse(&whole(ask(session, &["get", "all", word])?)?, ':')?,
            None => Properties::parse(&whole(ask(session, &["defaults"])?)?, '=')?,
        };
        for (name, _) in props.iter() {
            if found.values.contains_key(name) {
                continue;
            }
            let output = ask(session, &["get", name, word])?;
            // Whoever asks sees that it is not there.
            if !denies(&output) {
                let value = without_notices(&output.stdout).trim_end_matches(['\n', '\r']);
                found.values.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(found)
    }

    fn set(&self, session: &Session<'_>, jail: Option<&JailId>, props: &Props) -> Result<Set, Error> {
        let word = jail.map_or("default", JailId::uuid);
        let mut done = Set::default();
        for (prop, (name, _)) in props.words().zip(props.iter()) {
            let output = own(session, Kind::Start, &["set", &prop, word]);
            if session.is_dry() {
                // The others are planned as well.
                continue;
            }
            let output = output?;
            if denies(&output) {
                return Err(failure(&output));
            }
            let said = warnings(&output);
            if !(is_in(SIZES, name) && said.is_empty()) {
                done.untold.push(name.to_owned());
            }
            done.warnings.append(said);
        }
        Ok(done)
    }

    fn restart_softly(&self, _: &Session<'_>, _: &JailId) -> Result<Settled, Error> {
        let message = "some versions of this iocage restart so, others stop the jail and start it, and none says \
                       how it went; ask without `soft`";
        Err(Error::about("soft", Code::Unsupported, message))
    }

    /// `set tag=NEW UUID`, also while it runs. A tag that another has it would take away from that one,
    /// and the dataset of a template, by which jails are made of it, keeps its name.
    fn rename(&self, session: &Session<'_>, jail: &JailId, name: &NewName) -> Result<Settled, Error> {
        let (uuid, new) = (jail.uuid(), name.as_str());
        if is_uuid(new) {
            let message = format!("{} is a UUID, by which this iocage finds another jail", Quoted(new));
            return Err(Error::about("name", Code::IllegalName, message));
        }
        self.names(session)?.refuse_called(new, jail)?;
        if is_template(session, jail)? {
            let message = "this iocage finds a template by the name of its dataset, which keeps the old tag";
            return Err(Error::about("jail", Code::Unsupported, message));
        }
        let output = own(session, Kind::Start, &["set", &format!("tag={new}"), uuid])?;
        if denies(&output) {
            return Err(failure(&output));
        }
        let names = self.names(session)?;
        let now = names.0.iter().find(|known| known.uuid == uuid).map(|known| known.tag.as_str());
        if now != Some(new) {
            let now = now.map_or("gone".to_owned(), |tag| format!("called {} now", Quoted(tag)));
            return Err(
                output.error(Code::NotDone, format!("iocage did not say why: the jail {uuid} is {now}"))
            );
        }
        let now = vec![format!("{uuid} ({new})")].into();
        Ok(Settled { warnings: warnings(&output), now, ..Settled::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_property() {
        for names in [FIXED, AT_ONCE, STOPPED, LIMITS, SIZES] {
            for name in names.split(' ') {
                assert!(crate::policy::is_known(name) || name == "start", "{name:?}");
            }
        }
    }

    #[test]
    fn what_it_would_cut_or_not_set_is_refused() {
        let code = |word: &str| {
            let props = Props::parse(&[word.to_owned()]).expect("a property");
            Shell.settable(&props, false).err().map(|error| (error.code, error.key))
        };
        for good in ["notes=a=b", "boot=on", "ip4_addr=em0|10.0.0.2/24", "quota=1G", "memoryuse=8G:log"] {
            assert_eq!(code(good), None, "{good}");
        }
        for (bad, expected) in [
            ("exec_start=/bin/env A=b", Code::IllegalValue),
            ("notes=", Code::IllegalValue),
            ("notes=$(id)", Code::IllegalValue),
            ("used=1G", Code::IllegalValue),
            ("tag=x", Code::IllegalValue),
            ("istemplate=yes", Code::IllegalValue),
            ("PATH=/x", Code::UnknownProperty),
        ] {
            assert_eq!(code(bad), Some((expected, Some("props"))), "{bad}");
        }
    }
}
