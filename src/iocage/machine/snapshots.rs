//! The snapshots of a jail, as ZFS tells them: of each of its datasets those that it has, in the
//! order in which they were made.
//!
//! iocage makes one of all of a jail's datasets at once, which are its own, its root and whatever
//! lies below: such a snapshot is whole, and what bears its name on some of them only is not. Who
//! may make datasets in the jail (`jail_zfs`) can make snapshots of these alone.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::moment::rfc3339;
use crate::iocage::program::Program;
use crate::iocage::rows::Rows;
use crate::iocage::session::Session;
use crate::iocage::sets::order_of;
use crate::iocage::text::kept;

use super::datasets::{few, is_name};
use super::{run, whole};

/// The columns that are asked for. What a jail's root can set is not among them.
const COLUMNS: &str = "name,creation,used,referenced,clones";

/// The word for all datasets of a jail.
const ALL: &str = "all";

/// A table of a jail's snapshots: name, clones, created, datasets, refer and used.
pub type Table = Rows<6>;

/// The datasets of a jail, and their snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshots {
    /// By their whole names; the first is the jail's own.
    pub datasets: Vec<String>,
    /// In the order of zfs: by dataset, then by when they were made.
    pub all: Vec<Snapshot>,
}

/// One snapshot of one dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What stands behind the `@`.
    pub name: String,
    /// The place of its dataset.
    pub of: usize,
    /// What was cloned from it, as zfs lists that: whole names with commas between.
    pub clones: String,
    created: u64,
    refer: u64,
    used: u64,
}

impl Snapshots {
    /// Ask ZFS for those of a jail's dataset and of what is below it; nothing where there is no
    /// such dataset. `own`: is it the action itself?
    ///
    /// # Errors
    /// If zfs cannot be run, fails, or prints what is not understood.
    pub fn ask(session: &Session<'_>, dataset: &str, own: bool) -> Result<Option<Snapshots>, Error> {
        let args = ["list", "-H", "-p", "-t", "filesystem,volume,snapshot", "-o", COLUMNS, "-r", dataset];
        let output = run(session, Program::Zfs, Kind::Read, own, &args)?;
        // By its words: a host that reaps all children takes the status away.
        let is_missing = format!("cannot open '{dataset}': dataset does not exist");
        if output.exit != Some(0) && output.stdout.is_empty() && output.stderr.trim() == is_missing {
            return Ok(None);
        }
        let output = few(whole(output, "zfs list")?)?;
        let not_understood =
            |what: &str| output.error(Code::UnexpectedOutput, format!("zfs list printed {what}"));
        let found = Snapshots::parse(&output.stdout)
            .map_err(|line| not_understood(&format!("a line that is not understood: {}", kept(line))))?;
        match found.datasets.first() {
            Some(first) if first == dataset => Ok(Some(found)),
            _ => Err(not_understood(&format!("nothing of {dataset}"))),
        }
    }

    /// The jail's own dataset.
    pub fn own(&self) -> &str {
        self.datasets.first().map_or("", String::as_str)
    }

    /// Lines of five cells; the first that is none is the error.
    fn parse(text: &str) -> Result<Snapshots, &str> {
        let mut found = Snapshots::default();
        for line in text.lines() {
            found.take(line).ok_or(line)?;
        }
        Ok(found)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let mut cells = line.split('\t');
        let mut cell = || cells.next();
        let name = cell().filter(|name| is_name(name))?;
        let mut number = || cell()?.parse().ok();
        let (created, used, refer) = (number()?, number()?, number()?);
        let clones = cell()?;
        if cells.next().is_some() {
            return None;
        }
        match name.split_once('@') {
            None => self.datasets.push(name.to_owned()),
            Some((dataset, name)) => {
                // Each stands behind its dataset.
                let of = self.datasets.iter().rposition(|known| known == dataset)?;
                let clones = if clones == "-" { "" } else { clones }.to_owned();
                self.all.push(Snapshot { name: name.to_owned(), of, clones, created, refer, used });
            }
        }
        Some(())
    }

    /// Those of this name, one of each dataset that has it.
    pub fn called<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Snapshot> {
        self.all.iter().filter(move |snapshot| snapshot.name == name)
    }

    /// The datasets that have one of this name.
    pub fn having(&self, name: &str) -> Vec<&str> {
        self.called(name).map(|snapshot| &*self.datasets[snapshot.of]).collect()
    }

    /// Has every dataset one of this name?
    pub fn is_whole(&self, name: &str) -> bool {
        self.called(name).count() == self.datasets.len()
    }

    /// Those that were made after the one of this name, of the same dataset each.
    pub fn newer_than<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Snapshot> {
        // Those of one dataset stand together, in the order in which they were made.
        let mut behind = None;
        self.all.iter().filter(move |snapshot| {
            let is_newer = behind == Some(snapshot.of);
            behind = if is_newer || snapshot.name == name { Some(snapshot.of) } else { None };
            is_newer
        })
    }

    /// A snapshot by its whole name.
    pub fn whole_name(&self, snapshot: &Snapshot) -> String {
        format!("{}@{}", self.datasets[snapshot.of], snapshot.name)
    }

    /// A row for each name: what the snapshots of this name hold and use together, and since when
    /// the first of them is there.
    pub fn table(&self) -> Table {
        let name = |at: usize| &*self.all[at].name;
        let order = order_of(self.all.len(), &|a, b| name(a).cmp(name(b)));
        let rows: Vec<[String; 6]> =
            order.chunk_by(|a, b| name(*a) == name(*b)).map(|alike| self.row(alike)).collect();
        Rows::of_cells(rows.iter().map(|row| std::array::from_fn(|at| &*row[at])))
    }

    fn row(&self, alike: &[usize]) -> [String; 6] {
        let (mut clones, mut datasets) = (String::new(), String::new());
        let (mut created, mut refer, mut used) = (u64::MAX, 0_u64, 0_u64);
        let add = |list: &mut String, more: &str| {
            if !list.is_empty() && !more.is_empty() {
                list.push(',');
            }
            list.push_str(more);
        };
        for snapshot in alike.iter().map(|at| &self.all[*at]) {
            add(&mut clones, &snapshot.clones);
            created = created.min(snapshot.created);
            refer = refer.saturating_add(snapshot.refer);
            used = used.saturating_add(snapshot.used);
            if alike.len() < self.datasets.len() {
                add(&mut datasets, &self.datasets[snapshot.of]);
            }
        }
        if clones.is_empty() {
            clones.push('-');
        }
        if datasets.is_empty() {
            datasets.push_str(ALL);
        }
        let name = self.all[alike[0]].name.clone();
        [name, clones, rfc3339(created), datasets, refer.to_string(), used.to_string()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "p/j/web\t0\t1\t2\t-\n\
        p/j/web@b\t60\t10\t100\t\n\
        p/j/web@a\t120\t1\t100\t-\n\
        p/j/web/root\t0\t1\t2\t-\n\
        p/j/web/root@b\t60\t20\t200\tp/j/x/root,p/j/y/root\n\
        p/j/web/root@own snap\t130\t5\t300\t\n";

    #[test]
    fn whole_ones_are_told_apart() {
        let found = Snapshots::parse(TEXT).expect("lines");
        let rows: Vec<[String; 6]> = found.table().iter().map(|row| row.map(str::to_owned)).collect();
        let row = |cells: [&str; 6]| cells.map(str::to_owned);
        assert_eq!(
            rows,
            [
                row(["a", "-", "1970-01-01T00:02:00Z", "p/j/web", "100", "1"]),
                row(["b", "p/j/x/root,p/j/y/root", "1970-01-01T00:01:00Z", "all", "300", "30"]),
                row(["own snap", "-", "1970-01-01T00:02:10Z", "p/j/web/root", "300", "5"]),
            ]
        );
        assert!(found.is_whole("b") && !found.is_whole("a") && !found.is_whole("c"));
        assert_eq!((found.having("a"), found.own()), (vec!["p/j/web"], "p/j/web"));
        let newer: Vec<_> = found.newer_than("b").map(|snapshot| found.whole_name(snapshot)).collect();
        assert_eq!(newer, ["p/j/web@a", "p/j/web/root@own snap"]);
        assert_eq!(found.newer_than("a").count() + found.newer_than("c").count(), 0);
    }

    #[test]
    fn what_is_not_understood_is_not_left_out() {
        for line in
            ["p", "p\t1\t2\t3", "p\tx\t2\t3\t-", "p\t1\t2\t3\t-\tx", "q@a\t1\t2\t3\t-", "\t1\t2\t3\t-"]
        {
            assert_eq!(Snapshots::parse(&format!("p\t1\t2\t3\t-\n{line}\n")), Err(line));
        }
    }
}
