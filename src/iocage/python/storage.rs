//! Where the jails lie, as ZFS tells: the active pool, the datasets of jails and
//! templates, and the snapshots that they were made of. iocage keeps nothing else, so
//! what it would need seconds for is known here in milliseconds, also while it is busy.
//!
//! A jail is `POOL/iocage/jails/NAME`, and what is in it `.../NAME/root`. Without the
//! second it is hollow: half destroyed, or half made.

use super::direct::ACTIVE;
use super::output::whole;
use super::program::zfs;
use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::direct::Listing;
use crate::iocage::machine::datasets::{Dataset, Datasets, few};
use crate::iocage::names::{Name, Names};
use crate::iocage::output::Text;
use crate::iocage::session::Session;
use crate::iocage::sets::order_of;

/// What lies where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Storage {
    /// `tank/iocage`.
    pub(super) root: String,
    datasets: Datasets,
    /// The places of the datasets in the order of their names: of each of thousands of
    /// jails it is asked what it was made of.
    by_name: Vec<usize>,
}

/// Every dataset, and which pools are marked as iocage's.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    datasets: Vec<Dataset>,
    active: Vec<String>,
}

/// What iocage makes below its pool, if it is not there.
const MADE: [&str; 6] = ["download", "images", "jails", "log", "releases", "templates"];

/// How many marked pools are known by name: no machine has two for long.
const POOLS: usize = 64;

impl Marks {
    /// Ask ZFS.
    ///
    /// # Errors
    /// If that is not told.
    pub(super) fn ask(session: &Session<'_>) -> Result<Marks, Error> {
        let columns = format!("name,origin,{ACTIVE},name");
        let args = ["list", "-H", "-t", "filesystem", "-o", &columns];
        let output = few(whole(zfs(session, Kind::Read, false, &args)?)?)?;
        Marks::parse(output.stdout.clone()).ok_or_else(|| {
            output.error(Code::UnexpectedOutput, "zfs list printed a line that is not understood")
        })
    }

    /// Lines of a name, an origin, the mark and the name again: what a jail's root sets on a
    /// dataset of his own for a mark makes no line.
    fn parse(text: Text) -> Option<Marks> {
        let mut marks = Marks::default();
        let listing = Listing::parse(text, 2, false).ok()?;
        for row in listing.rows() {
            let (name, [origin, mark]) = (row.name, row.first());
            // What is below a pool has its mark by inheritance.
            if mark == "yes" && !name.contains('/') && marks.active.len() < POOLS {
                marks.active.push(name.to_owned());
            }
            let origin = (origin != "-").then(|| origin.to_owned());
            marks.datasets.push(Dataset { name: name.to_owned(), origin });
        }
        (!marks.datasets.is_empty()).then_some(marks)
    }

    /// The pools that are marked.
    pub(super) fn active(&self) -> impl Iterator<Item = &str> {
        self.active.iter().map(String::as_str)
    }

    /// What iocage would make before it answered anything.
    pub(super) fn would_change(&self) -> Option<String> {
        match &self.active[..] {
            [] => Some("no pool is active, and iocage would activate one by itself".to_owned()),
            [pool] => {
                let is_there = |name: &String| self.datasets.iter().any(|dataset| dataset.name == *name);
                let made = MADE.iter().map(|name| format!("{pool}/iocage/{name}"));
                let missing: Vec<_> = made.filter(|name| !is_there(name)).collect();
                let what = || format!("iocage would make by itself what it misses: {}", missing.join(", "));
                (!missing.is_empty()).then(what)
            }
            // It does nothing then.
            _ => None,
        }
    }
}

impl Storage {
    /// Ask ZFS.
    ///
    /// # Errors
    /// If that is not told, or not one pool is active.
    pub(super) fn ask(session: &Session<'_>) -> Result<Storage, Error> {
        Storage::of_marks(Marks::ask(session)?)
            .ok_or_else(|| Error::new(Code::UnexpectedOutput, "zfs list told of no one active pool"))
    }

    fn of_marks(marks: Marks) -> Option<Storage> {
        let [pool] = &marks.active[..] else { return None };
        let root = format!("{pool}/iocage");
        let name = |at: usize| &marks.datasets[at].name;
        let by_name = order_of(marks.datasets.len(), &|a, b| name(a).cmp(name(b)));
        Some(Storage { root, datasets: Datasets(marks.datasets), by_name })
    }

    /// The datasets of this name: one, or none.
    fn called(&self, name: &str) -> impl Iterator<Item = &Dataset> {
        let name_of = |at: &usize| &*self.datasets.0[*at].name;
        let start = self.by_name.partition_point(|at| name_of(at) < name);
        let end = start + self.by_name[start..].partition_point(|at| name_of(at) == name);
        self.by_name[start..end].iter().map(|at| &self.datasets.0[*at])
    }

    fn holds(&self, name: &str) -> bool {
        self.called(name).next().is_some()
    }

    /// The pool.
    pub(super) fn pool(&self) -> &str {
        self.root.trim_end_matches("/iocage")
    }

    /// The dataset of a jail or template.
    pub(super) fn of(&self, name: &str) -> Option<String> {
        let places = ["jails", "templates"].map(|sort| format!("{}/{sort}/{name}", self.root));
        places.into_iter().find(|dataset| self.holds(dataset))
    }

    /// Is it there, but what was in it is gone?
    pub(super) fn is_hollow(&self, name: &str) -> bool {
        self.of(name).is_some_and(|dataset| !self.holds(&format!("{dataset}/root")))
    }

    /// The jails, without the templates.
    pub(super) fn jails(&self) -> impl Iterator<Item = &str> {
        let folder = format!("{}/jails/", self.root);
        let name = move |dataset: &'_ Dataset| dataset.name.starts_with(&folder).then_some(folder.len());
        self.datasets
            .0
            .iter()
            .filter_map(move |dataset| Some(&dataset.name[name(dataset)?..]))
            .filter(|name| !name.contains('/'))
    }

    /// Is it a template?
    pub(super) fn is_template(&self, name: &str) -> bool {
        self.datasets.holds(&format!("{}/templates/{name}", self.root))
    }

    /// Refuse what is a jail and a template at once: which of them iocage takes, nothing tells.
    pub(super) fn refuse_both(&self, name: &str) -> Result<(), Error> {
        let places = ["jails", "templates"].map(|sort| format!("{}/{sort}/{name}", self.root));
        if !places.iter().all(|dataset| self.datasets.holds(dataset)) {
            return Ok(());
        }
        let [jail, template] = places;
        let message = format!(
            "{} is a jail and a template, {jail} and {template}; rename one of them with zfs",
            Quoted(name)
        );
        Err(Error::about("jail", Code::AmbiguousJail, message))
    }

    /// The jails and templates; what is both is there twice.
    pub(super) fn names(&self) -> Names {
        let name = |dataset: &Dataset| {
            let rest = dataset.name.strip_prefix(&self.root)?;
            let name = rest.strip_prefix("/jails/").or_else(|| rest.strip_prefix("/templates/"))?;
            (!name.contains('/')).then(|| name.to_owned())
        };
        let mut names: Vec<_> = self.datasets.0.iter().filter_map(name).collect();
        names.sort_unstable();
        let name = |name: String| Name { uuid: name.clone(), tag: name };
        Names(names.into_iter().map(name).collect())
    }

    /// The snapshots that a jail and what is in it were made of.
    pub(super) fn origins(&self, name: &str) -> Vec<String> {
        let Some(dataset) = self.of(name) else { return Vec::new() };
        let root = format!("{dataset}/root");
        self.called(&dataset).chain(self.called(&root)).filter_map(|found| found.origin.clone()).collect()
    }

    /// The jails or templates that this one was made of.
    pub(super) fn made_of(&self, name: &str) -> impl Iterator<Item = String> {
        self.origins(name).into_iter().filter_map(|origin| {
            let rest = origin.strip_prefix(&self.root)?;
            let rest = rest.strip_prefix("/jails/").or_else(|| rest.strip_prefix("/templates/"))?;
            let source = rest.split(['/', '@']).next()?.to_owned();
            self.is_clone_of(name, &source).then_some(source)
        })
    }

    /// Was `other` made of this jail?
    pub(super) fn is_clone_of(&self, other: &str, name: &str) -> bool {
        let Some(dataset) = self.of(name) else { return false };
        let is_of = |origin: &String| crate::iocage::machine::datasets::is_within(origin, &dataset);
        self.origins(other).iter().any(is_of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "tank\t-\tyes\ntank/iocage\t-\tyes\n\
        tank/iocage/jails/web\t-\tyes\ntank/iocage/jails/web/root\ttank/iocage/releases/R/root@web\tyes\n\
        tank/iocage/jails/web2\ttank/iocage/jails/web@web2\tyes\n\
        tank/iocage/templates/base\t-\tyes\ntank/iocage/templates/base/root\t-\tyes\n\
        old\t-\tno\nold/iocage/jails/ghost\t-\t-\n";

    /// Lines without the second name.
    fn parse(text: &str) -> Option<Marks> {
        let line = |line: &str| format!("{line}\t{}\n", line.split('\t').next().unwrap_or_default());
        Marks::parse(text.lines().map(line).collect::<String>().into())
    }

    #[test]
    fn a_mark_makes_no_line() {
        let forged = "no\ntank/iocage/jails/db/root\ttank/iocage/jails/web/root@db\tno";
        let text = format!("tank\t-\tyes\ttank\ntank/data\t-\t{forged}\ttank/data\n");
        assert_eq!(Marks::parse(text.into()), None);
    }

    #[test]
    fn the_jails_of_the_active_pool() {
        let storage = parse(TEXT).and_then(Storage::of_marks).expect("one pool");
        let names: Vec<_> = storage.names().0.into_iter().map(|name| name.uuid).collect();
        assert_eq!((storage.pool(), &names[..]), ("tank", &["base", "web", "web2"].map(str::to_owned)[..]));
        assert!(storage.is_hollow("web2") && !storage.is_hollow("web") && !storage.is_hollow("ghost"));
        assert_eq!(storage.origins("web"), ["tank/iocage/releases/R/root@web"]);
        assert!(storage.is_clone_of("web2", "web") && !storage.is_clone_of("web", "web2"));
    }

    #[test]
    fn a_jail_that_is_a_template_too_is_two() {
        let both = format!("{TEXT}tank/iocage/jails/base\t-\tyes\n");
        let storage = parse(&both).and_then(Storage::of_marks).expect("one pool");
        assert_eq!(storage.refuse_both("base").map_err(|error| error.code), Err(Code::AmbiguousJail));
        assert_eq!(storage.refuse_both("web"), Ok(()));
        let name = crate::policy::JailName::parse("base").expect("a name");
        let error = storage.names().resolve(&name).expect_err("two");
        assert!(
            error.code == Code::AmbiguousJail && error.message.contains("rename one"),
            "{}",
            error.message
        );
    }

    #[test]
    fn no_pool_or_two_are_not_one() {
        for text in ["", "tank\t-\tno\n", "tank\t-\tyes\nold\t-\tyes\n", "tank\t-\n", "tank\t-\tyes\tx\n"] {
            assert_eq!(parse(text).and_then(Storage::of_marks), None, "{text}");
        }
    }

    #[test]
    fn what_iocage_would_make_is_known_before() {
        let would = |text: &str| parse(text).expect("rows").would_change();
        assert!(would("tank\t-\t-\n").is_some_and(|why| why.contains("no pool is active")));
        assert!(would(TEXT).is_some_and(|why| why.contains("tank/iocage/download")));
        let made: String = MADE.iter().map(|name| format!("tank/iocage/{name}\t-\tyes\n")).collect();
        assert_eq!(would(&format!("tank\t-\tyes\n{made}")), None);
        assert_eq!(would("tank\t-\tyes\nold\t-\tyes\n"), None);
    }
}
