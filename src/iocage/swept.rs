//! What a clean takes along: known before, and told after.
//!
//! iocage cleans with `zfs destroy -R`, which destroys clones as well, wherever they
//! lie, and running jails with the rest. So both are asked about first, ZFS and the
//! kernel and nobody else; where one of them cannot be asked, nothing is cleaned.
//! Who says so is taken at his word, and told all that went.

use crate::error::{Code, Error, Quoted};
use crate::iocage::machine::datasets::{self, Datasets, is_within};
use crate::iocage::machine::if_told;
use crate::iocage::machine::running;
use crate::iocage::output::Output;
use crate::iocage::session::Session;

/// How many an error names.
const NAMED: usize = 32;

/// The datasets that iocage makes when they are not there.
const FOLDERS: [&str; 8] = ["", ".defaults", "download", "images", "jails", "log", "releases", "templates"];

/// What is destroyed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweep<'a> {
    /// The pool.
    pub(super) pool: &'a str,
    /// Datasets below `POOL/iocage`; the empty one is that itself.
    pub(super) roots: &'a [&'a str],
    /// Snapshots elsewhere below it, with their clones: of which dataset there, and a
    /// part of their names.
    pub(super) snapshots: &'a [(&'a str, &'a str)],
    /// A dataset there of which all snapshots go, those that bear no jail's name, too.
    pub(super) all_snapshots_of: Option<&'a str>,
}

/// What there was before it, if it could be asked for.
pub(super) struct Before {
    datasets: Option<Datasets>,
    /// Snapshots that somebody else made of what goes on without them.
    strays: Vec<String>,
}

impl Sweep<'_> {
    /// Look, and refuse what would take along more than it is called, unless that is
    /// said to be right.
    pub(super) fn look(&self, session: &Session<'_>, force: bool) -> Result<Before, Error> {
        // Also where it is to go in any case: iocage's word alone is no success.
        let datasets = Datasets::ask(session).map_err(|error| self.unasked("what hangs on it", error))?;
        let strays = self.strays(session, &datasets)?;
        if session.is_dry() {
            let roots: Vec<_> = self.roots.iter().map(|root| self.dataset(root)).collect();
            let is_in = |name: &str| roots.iter().any(|root| is_within(name, root));
            let own = datasets.0.iter().map(|dataset| dataset.name.as_str()).filter(|name| is_in(name));
            let clones = self.clones(&datasets);
            let names = own.chain(clones).chain(strays.iter().map(String::as_str));
            session.would_go.replace(names.map(str::to_owned).collect());
        }
        if force {
            return Ok(Before { datasets: Some(datasets), strays });
        }
        let running = running::of_iocage(session).map_err(|error| self.unasked("which jails run", error))?;
        if !running.is_empty() {
            let message = format!(
                "nothing is cleaned while jails run: {}; stop them first, or say `force`, which takes along \
                 those that stand on what is cleaned",
                quoted(&running)
            );
            return Err(Error::new(Code::JailRunning, message));
        }
        let clones = self.clones(&datasets);
        if !clones.is_empty() {
            let message = format!(
                "these are clones of what would be cleaned, and would be destroyed with it: {}; \
                 destroy them first, or say `force`",
                quoted(&clones)
            );
            return Err(Error::new(Code::HasDependents, message));
        }
        if !strays.is_empty() {
            let message = format!(
                "these snapshots bear no jail's name, and would be destroyed as well: {}; \
                 rename them out of the way, or say `force`",
                quoted(&strays)
            );
            return Err(Error::new(Code::HasDependents, message));
        }
        Ok(Before { datasets: Some(datasets), strays })
    }

    /// Snapshots that go although iocage has not made them: those without a jail's name.
    fn strays(&self, session: &Session<'_>, datasets: &Datasets) -> Result<Vec<String>, Error> {
        let Some(dataset) = self.all_snapshots_of.map(|below| self.dataset(below)) else {
            return Ok(Vec::new());
        };
        if !datasets.holds(&dataset) {
            return Ok(Vec::new());
        }
        let mut found = datasets::snapshots(session, &dataset)
            .map_err(|error| self.unasked("whose snapshots go", error))?;
        let is_jail = |name: &str| {
            ["jails", "templates"].iter().any(|sort| datasets.holds(&self.dataset(&format!("{sort}/{name}"))))
        };
        found.retain(|snapshot| snapshot.rsplit_once('@').is_none_or(|(_, name)| !is_jail(name)));
        Ok(found)
    }

    fn unasked(&self, what: &str, error: Error) -> Error {
        let message = format!(
            "the pool {} is not cleaned, because {what} cannot be found out: {}",
            Quoted(self.pool),
            error.message
        );
        Error { message, ..error }
    }

    /// A dataset of iocage's.
    fn dataset(&self, below: &str) -> String {
        let slash = if below.is_empty() { "" } else { "/" };
        format!("{}/iocage{slash}{below}", self.pool)
    }

    /// What lies outside of the roots, and has its origin in what goes.
    fn clones<'d>(&self, datasets: &'d Datasets) -> Vec<&'d str> {
        let roots: Vec<_> = self.roots.iter().map(|root| self.dataset(root)).collect();
        let roots: Vec<_> = roots.iter().map(String::as_str).collect();
        let others: Vec<_> =
            self.snapshots.iter().map(|(dataset, part)| (self.dataset(dataset), *part)).collect();
        let goes = |origin: &str| {
            others.iter().any(|(within, part)| is_within(origin, within) && origin.contains(part))
        };
        datasets.clones_outside(&roots, goes).map(|clone| &*clone.name).collect()
    }

    /// What has gone, if all has that was to and was there. `outcome` is what iocage says.
    pub(super) fn destroyed(
        &self,
        session: &Session<'_>,
        before: &Before,
        outcome: Result<&Output, Error>,
    ) -> Result<Vec<String>, Error> {
        let compared = before.compare(session);
        let gone = compared.as_ref().map_or(&[][..], |(_, gone)| gone);
        session.gone.replace(jails(gone));
        let with_gone = |error: Error| {
            let told = if gone.is_empty() { String::new() } else { format!("; gone are {}", quoted(gone)) };
            Error { message: error.message.clone() + &told, ..error }
        };
        let output = outcome.map_err(with_gone)?;
        let Some((after, gone)) = &compared else {
            let message =
                "iocage says that it cleaned, but that cannot be seen: zfs does not tell what is left";
            return Err(output.error(Code::OutcomeUnknown, message));
        };
        let was_there = |name: &&str| before.datasets.as_ref().is_none_or(|before| before.holds(name));
        match self.left(after).into_iter().find(was_there) {
            None => Ok(gone.clone()),
            Some(left) => {
                let message = format!("iocage said that it cleaned, but {left} is still there");
                Err(with_gone(output.error(Code::NotDone, message)))
            }
        }
    }

    /// What is left of the roots, but for the folders that any iocage, asked anything
    /// meanwhile, makes again.
    fn left<'d>(&self, after: &'d Datasets) -> Vec<&'d str> {
        let roots: Vec<_> = self.roots.iter().map(|root| self.dataset(root)).collect();
        let folders = FOLDERS.map(|folder| self.dataset(folder));
        let names = after.0.iter().map(|dataset| &*dataset.name);
        let is_left = |name: &&str| roots.iter().any(|root| is_within(name, root));
        names.filter(is_left).filter(|name| !folders.iter().any(|folder| folder == name)).collect()
    }
}

impl Before {
    /// The datasets now, and those that are gone since; `None` where they cannot be
    /// asked for, which is then remarked.
    fn compare(&self, session: &Session<'_>) -> Option<(Datasets, Vec<String>)> {
        let before = self.datasets.as_ref()?;
        let after = Datasets::ask(session)
            .inspect_err(|error| session.remark(format!("what went cannot be told: {}", error.message)))
            .ok()?;
        let mut gone = before.gone_in(&after);
        let of = |snapshot: &str| snapshot.split_once('@').map(|(of, _)| of.to_owned());
        let mut places: Vec<_> = self.strays.iter().filter_map(|snapshot| of(snapshot)).collect();
        places.dedup();
        let left: Vec<_> =
            places.iter().flat_map(|of| datasets::snapshots(session, of).unwrap_or_default()).collect();
        gone.extend(self.strays.iter().filter(|snapshot| !left.contains(snapshot)).cloned());
        Some((after, gone))
    }

    /// What has gone with one of `own`; see [`Datasets::gone_with`].
    pub(super) fn gone_with(&self, session: &Session<'_>, own: &[String]) -> Vec<String> {
        let (Some(before), Some((_, gone))) = (&self.datasets, self.compare(session)) else {
            return Vec::new();
        };
        before.gone_with(gone, own)
    }

    /// The datasets that are there now and were not then; none where they cannot be
    /// asked for.
    pub(super) fn new_since(&self, session: &Session<'_>) -> Vec<String> {
        let Some(before) = &self.datasets else { return Vec::new() };
        Datasets::ask(session).map_or_else(|_| Vec::new(), |after| after.gone_in(before))
    }

    /// The same before the destruction of one jail, which goes on where they cannot be
    /// asked for.
    pub(super) fn one(session: &Session<'_>) -> Result<Before, Error> {
        if_told(Datasets::ask(session)).map(|datasets| Before { datasets, strays: Vec::new() })
    }
}

/// The jails among datasets that are gone.
pub(super) fn jails(gone: &[String]) -> Vec<String> {
    let below = |name: &String| Some(name.split_once("/iocage/jails/")?.1.to_owned());
    gone.iter().filter_map(below).filter(|jail| !jail.contains(['/', '@'])).collect()
}

fn quoted(names: &[impl AsRef<str>]) -> String {
    named(&names.iter().map(|name| Quoted(name.as_ref()).to_string()).collect::<Vec<_>>())
}

fn named(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let told = names[..names.len() - more].join(", ");
    if more == 0 { told } else { format!("{told} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iocage::machine::datasets::Dataset;

    fn datasets(rows: &[(&str, &str)]) -> Datasets {
        let row = |(name, origin): &(&str, &str)| Dataset {
            name: (*name).to_owned(),
            origin: (*origin != "-").then(|| (*origin).to_owned()),
        };
        Datasets(rows.iter().map(row).collect())
    }

    #[test]
    fn what_would_go_along_is_found_wherever_it_lies() {
        let all = datasets(&[
            ("my tank", "-"),
            ("my tank/iocage/jails/a/root", "my tank/iocage/templates/t/root@a"),
            ("my tank/iocage/jails/b", "my tank/iocage/jails/a@b"),
            ("my tank/iocage/templates/t/root", "my tank/iocage/releases/r/root@t"),
            ("my tank/iocage/releases2/x", "my tank/iocage/releases/r/root@ioc-x"),
            ("my tank/own", "my tank/iocage/jails/a/root@own"),
            ("other/iocage/jails/c", "other/iocage/templates/t@c"),
        ]);
        let found = |roots: &[&str], snapshots: &[(&str, &str)]| -> Vec<String> {
            let sweep = Sweep { pool: "my tank", roots, snapshots, all_snapshots_of: None };
            let cut = |name: &str| name.strip_prefix("my tank/").expect("of this pool").to_owned();
            sweep.clones(&all).into_iter().map(cut).collect()
        };
        assert_eq!(found(&["templates"], &[]), ["iocage/jails/a/root"]);
        assert_eq!(found(&["jails"], &[]), ["own"]);
        assert_eq!(found(&["jails"], &[("", "ioc-")]), ["iocage/releases2/x", "own"]);
        assert_eq!(
            found(&["jails"], &[("releases", "")]),
            ["iocage/templates/t/root", "iocage/releases2/x", "own"]
        );
        assert_eq!(found(&["download", "releases"], &[]), ["iocage/templates/t/root", "iocage/releases2/x"]);
        assert_eq!(found(&[""], &[]), ["own"]);
        assert_eq!(all.gone_in(&datasets(&[("my tank", "-")])).len(), 6);
    }

    #[test]
    fn many_are_not_all_named() {
        let names: Vec<_> = (0..40).map(|n| n.to_string()).collect();
        assert!(named(&names).ends_with("30, 31 and 8 more"), "{}", named(&names));
        assert_eq!(named(&names[..2]), "0, 1");
    }
}
