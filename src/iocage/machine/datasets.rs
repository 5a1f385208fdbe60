//! Datasets and snapshots, as ZFS tells them: tab-separated columns without a
//! header (`zfs list -H`), in which a name may hold blanks but never a tab.
//!
//! What hangs on what stands in `origin`: a clone names the snapshot it was made
//! of, wherever it lies. So what a destruction would take along, or leave without
//! its origin, is known before.

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::output::Output;
use crate::iocage::program::Program;
use crate::iocage::session::Session;
use crate::iocage::sets::set_of;
use crate::iocage::text::kept;

use super::{ask, run, whole};

/// A file system or volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Its whole name: `tank/iocage/jails/web`.
    pub name: String,
    /// The snapshot that it is a clone of: `tank/iocage/releases/14.3-RELEASE/root@web`.
    pub origin: Option<String>,
}

/// The datasets of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Datasets(pub Vec<Dataset>);

/// A listing, if it has no more lines than can be kept: of each line its name and its
/// origin, which take several times the memory where it is short.
///
/// # Errors
/// If it has more.
pub fn few(output: Output) -> Result<Output, Error> {
    /// How long the lines are at least, taken together.
    const LINE: usize = 40;
    /// How many there may be, however short.
    const MANY: usize = 8192;
    match output.stdout.bytes().filter(|b| *b == b'\n').count() > output.stdout.len() / LINE + MANY {
        false => Ok(output),
        true => Err(output.error(Code::UnexpectedOutput, "zfs listed more than can be kept")),
    }
}

/// The longest name that is read; ZFS has none that is.
const MAX_NAME: usize = 1024;

/// Can a dataset be called so?
#[must_use]
pub fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
}

/// Is `name` this dataset, one below it, or a snapshot of either?
#[must_use]
pub fn is_within(name: &str, dataset: &str) -> bool {
    name.strip_prefix(dataset).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '@']))
}

impl Datasets {
    /// All of every pool: clones may lie anywhere.
    ///
    /// # Errors
    /// If zfs cannot be run, fails, or prints what is not understood.
    pub fn ask(session: &Session<'_>) -> Result<Datasets, Error> {
        let args = ["list", "-H", "-t", "filesystem,volume", "-o", "name,origin"];
        let output = few(whole(ask(session, Program::Zfs, &args)?, "zfs list")?)?;
        Datasets::parse(&output.stdout).map_err(|line| {
            let message = format!("zfs list printed a line that is not understood: {}", kept(line));
            output.error(Code::UnexpectedOutput, message)
        })
    }

    /// Lines of a name, a tab and an origin or `-`; the first that is none is the error.
    fn parse(text: &str) -> Result<Datasets, &str> {
        let row = |line: &str| {
            let (name, origin) = line.split_once('\t').filter(|(_, rest)| !rest.contains('\t'))?;
            let origin = (origin != "-").then(|| origin.to_owned());
            is_name(name).then(|| Dataset { name: name.to_owned(), origin })
        };
        text.lines().map(|line| row(line).ok_or(line)).collect::<Result<_, _>>().map(Datasets)
    }

    /// Is there one of this name?
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        self.0.iter().any(|dataset| dataset.name == name)
    }

    /// The names that are not there `after`.
    #[must_use]
    pub fn gone_in(&self, after: &Datasets) -> Vec<String> {
        let is_left = set_of(after.0.iter().map(|dataset| &*dataset.name));
        let names = self.0.iter().map(|dataset| &dataset.name);
        names.filter(|name| !is_left.contains(&***name)).cloned().collect()
    }

    /// Of what has `gone`, that which went with one of `own` (names without their pool,
    /// `/iocage/jails/web`): clones of it, what lay in them, and clones of these. What
    /// else has gone meanwhile, others have destroyed.
    #[must_use]
    pub fn gone_with(&self, gone: Vec<String>, own: &[String]) -> Vec<String> {
        let ends_with = |name: &str, own: &str| {
            name.match_indices(own).any(|(at, _)| !name[..at].contains('/') && is_within(&name[at..], own))
        };
        let is_own = |name: &String| own.iter().any(|own| ends_with(name, own));
        let (mut went, mut gone): (Vec<_>, Vec<_>) = gone.into_iter().partition(is_own);
        let mut found = Vec::new();
        loop {
            let is_with = |name: &String| {
                let dataset = self.0.iter().find(|dataset| dataset.name == *name);
                let origin = dataset.and_then(|dataset| dataset.origin.as_deref());
                let is_in = |name: &str| went.iter().any(|went| is_within(name, went));
                is_in(name) || origin.is_some_and(is_in)
            };
            let (with, others): (Vec<_>, Vec<_>) = gone.into_iter().partition(is_with);
            if with.is_empty() {
                return found;
            }
            went.extend(with.iter().cloned());
            found.extend(with);
            gone = others;
        }
    }

    /// Those below `dataset`, not itself.
    pub fn below<'a>(&'a self, dataset: &'a str) -> impl Iterator<Item = &'a Dataset> {
        self.0.iter().filter(move |found| found.name != dataset && is_within(&found.name, dataset))
    }

    /// Clones that lie outside of all of `roots` and whose origin lies inside one, or is a
    /// snapshot that `goes` as well: what a destruction of these would take along.
    pub fn clones_outside<'d>(
        &'d self,
        roots: &[&str],
        goes: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = &'d Dataset> {
        let inside = move |name: &str| roots.iter().any(|root| is_within(name, root));
        let is_taken = move |origin: &str| inside(origin) || goes(origin);
        self.0
            .iter()
            .filter(move |found| !inside(&found.name) && found.origin.as_deref().is_some_and(&is_taken))
    }
}

/// The snapshots of `dataset` and of what is below it, by their whole names.
///
/// # Errors
/// As for [`Datasets::ask`]; also if there is no such dataset.
pub fn snapshots(session: &Session<'_>, dataset: &str) -> Result<Vec<String>, Error> {
    let args = ["list", "-H", "-t", "snapshot", "-o", "name", "-r", dataset];
    let output = few(whole(ask(session, Program::Zfs, &args)?, "zfs list")?)?;
    Ok(output.stdout.lines().map(str::to_owned).collect())
}

/// The value of one property of a dataset, as it is printed; `-` where it has none.
///
/// # Errors
/// As for [`Datasets::ask`]; also if there is no such dataset.
pub fn property(session: &Session<'_>, name: &str, dataset: &str) -> Result<String, Error> {
    let output = whole(ask(session, Program::Zfs, &["get", "-H", "-o", "value", name, dataset])?, "zfs get")?;
    Ok(output.stdout.strip_suffix('\n').unwrap_or(&output.stdout).to_owned())
}

/// Where a dataset is mounted by its own property, a path. `own`: is that the action itself?
///
/// # Errors
/// As for [`Datasets::ask`]; also if it is mounted nowhere, or not by that.
pub fn mountpoint(session: &Session<'_>, dataset: &str, own: bool) -> Result<String, Error> {
    let args = ["get", "-H", "-o", "value", "mountpoint", dataset];
    let output = whole(run(session, Program::Zfs, Kind::Read, own, &args)?, "zfs get")?;
    let place = output.stdout.strip_suffix('\n').unwrap_or(&output.stdout).to_owned();
    if place.starts_with('/') {
        return Ok(place);
    }
    let message = format!("{dataset} is mounted nowhere of its own: zfs calls it {}", Quoted(&place));
    Err(output.error(Code::UnexpectedOutput, message))
}

/// Run zfs to change something, as the action itself.
///
/// # Errors
/// If it cannot be run. A refusal is an [`Output`].
pub fn change(session: &Session<'_>, args: &[&str]) -> Result<Output, Error> {
    run(session, Program::Zfs, Kind::Create, true, args)
}

/// Destroy one dataset or one snapshot, and nothing else: without `-r` zfs refuses
/// one that has children, snapshots or clones, and that refusal is what makes it safe
/// to be asked. `own`: is it the action itself?
///
/// # Errors
/// If zfs cannot be run. A refusal is an [`Output`].
pub fn destroy(session: &Session<'_>, name: &str, own: bool) -> Result<Output, Error> {
    run(session, Program::Zfs, Kind::Create, own, &["destroy", name])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "tank\t-\n\
        tank/iocage/releases/14.3-RELEASE/root\t-\n\
        tank/iocage/jails/web\t-\n\
        tank/iocage/jails/web/root\ttank/iocage/releases/14.3-RELEASE/root@web\n\
        tank/iocage/jails/web2/root\ttank/iocage/jails/web/root@web2\n\
        tank/my data\ttank/iocage/jails/web/root@mine\n";

    #[test]
    fn what_lies_outside_and_hangs_on_what_is_inside_is_found() {
        let all = Datasets::parse(TEXT).expect("rows");
        let outside = |roots: &[&str]| -> Vec<String> {
            all.clones_outside(roots, |_| false).map(|dataset| dataset.name.clone()).collect()
        };
        assert_eq!(outside(&["tank/iocage/jails"]), ["tank/my data"]);
        assert_eq!(outside(&["tank/iocage/jails/web"]), ["tank/iocage/jails/web2/root", "tank/my data"]);
        assert_eq!(outside(&["tank/iocage/releases"]), ["tank/iocage/jails/web/root"]);
        assert_eq!(outside(&["tank"]), [""; 0]);
        assert!(all.holds("tank/my data") && !all.holds("tank/my"));
        assert_eq!(all.below("tank/iocage/jails/web").count(), 1);
    }

    #[test]
    fn a_longer_name_is_another_dataset() {
        assert!(
            is_within("tank/a", "tank/a")
                && is_within("tank/a/b", "tank/a")
                && is_within("tank/a@b", "tank/a")
        );
        assert!(!is_within("tank/ab", "tank/a") && !is_within("tank", "tank/a"));
    }

    #[test]
    fn a_listing_of_short_lines_alone_is_none() {
        let listing =
            |lines: usize| few(Output { stdout: "a\t-\n".repeat(lines).into(), ..Output::default() });
        assert!(listing(8192).is_ok() && listing(100_000).is_err());
    }

    #[test]
    fn what_is_not_understood_is_not_left_out() {
        for line in ["tank", "tank\t-\tx", "\t-"] {
            assert_eq!(Datasets::parse(&format!("a\t-\n{line}\n")), Err(line));
        }
    }

    #[test]
    fn what_went_with_a_jail_is_no_others() {
        let row = |(name, origin): (&str, &str)| Dataset {
            name: name.to_owned(),
            origin: (origin != "-").then(|| origin.to_owned()),
        };
        let rows = [
            ("t/iocage/jails/a", "-"),
            ("t/iocage/jails/a/root", "t/iocage/releases/r/root@a"),
            ("t/iocage/jails/b", "-"),
            ("t/iocage/jails/b/root", "t/iocage/jails/a/root@b"),
            ("u/own", "t/iocage/jails/b/root@own"),
            ("u/own/below", "-"),
            ("t/iocage/jails/ab", "-"),
            ("t/iocage/jails/c", "-"),
            ("t/iocage/jails/c/root", "t/iocage/releases/r/root@c"),
        ];
        let all = Datasets(rows.map(row).to_vec());
        let gone: Vec<_> = rows.iter().map(|(name, _)| (*name).to_owned()).collect();
        let with = all.gone_with(gone, &["/iocage/jails/a".to_owned()]);
        // `b` itself is no clone, and may have been destroyed by anybody; what was in it is.
        assert_eq!(with, ["t/iocage/jails/b/root", "u/own", "u/own/below"]);
    }
}
