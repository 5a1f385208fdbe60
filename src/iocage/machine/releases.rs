//! The releases that are fetched, as ZFS tells: `POOL/iocage/releases/RELEASE`, and what is in
//! one below that in `root`. Both generations keep them so, and take whatever lies there for one.

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::program::Program;
use crate::iocage::session::Session;
use crate::iocage::text::kept;

use super::{run, whole};

/// A release.
#[derive(Debug, PartialEq, Eq)]
pub struct Fetched {
    /// What it is called.
    pub name: String,
    /// How many bytes it takes, with its snapshots.
    pub used: String,
    /// Is there something in it?
    pub has_root: bool,
}

/// All of them. `own`: is it the action itself?
///
/// # Errors
/// If zfs cannot be run, fails, or prints what is not understood.
pub fn fetched(session: &Session<'_>, pool: &str, own: bool) -> Result<Vec<Fetched>, Error> {
    refuse_no_pool(pool)?;
    let folder = format!("{pool}/iocage/releases");
    let args = ["list", "-H", "-p", "-d", "2", "-t", "filesystem", "-o", "name,used", &folder];
    let output = run(session, Program::Zfs, Kind::Read, own, &args)?;
    if !output.succeeded() && output.stderr.contains("dataset does not exist") {
        // It is made with the first one, and destroyed with all.
        return Ok(Vec::new());
    }
    let output = whole(output, "zfs list")?;
    parse(&output.stdout, &folder).map_err(|line| {
        let message = format!("zfs list of {folder} printed what is not understood: {}", kept(line));
        output.error(Code::UnexpectedOutput, message)
    })
}

/// The active pool is iocage's word, and may be no name.
pub(super) fn refuse_no_pool(pool: &str) -> Result<(), Error> {
    if pool.starts_with('-') || pool.contains(|c: char| c.is_control() || "/@".contains(c)) {
        let message = format!("iocage calls the active pool {}", Quoted(pool));
        return Err(Error::new(Code::UnexpectedOutput, message));
    }
    Ok(())
}

/// The datasets below `folder`, each followed by what is below it; the first line that is none
/// is the error.
fn parse<'t>(text: &'t str, folder: &str) -> Result<Vec<Fetched>, &'t str> {
    let (mut releases, mut is_told) = (Vec::<Fetched>::new(), false);
    for line in text.lines() {
        let (dataset, used) = line.split_once('\t').ok_or(line)?;
        let rest = dataset.strip_prefix(folder).ok_or(line)?;
        let is_number = !used.is_empty() && used.bytes().all(|b| b.is_ascii_digit());
        match rest.strip_prefix('/').map(|name| name.split_once('/').unwrap_or((name, ""))) {
            _ if !is_number => return Err(line),
            None if rest.is_empty() => is_told = true,
            None => return Err(line),
            Some((name, "")) => {
                releases.push(Fetched { name: name.to_owned(), used: used.to_owned(), has_root: false });
            }
            Some((name, below)) => {
                let found = releases.iter_mut().rfind(|release| release.name == name).ok_or(line)?;
                found.has_root |= below == "root";
            }
        }
    }
    // Of a folder that is there, that much is told.
    if is_told { Ok(releases) } else { Err("nothing of itself") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_the_releases_is_one() {
        let text = "t/iocage/releases\t9\nt/iocage/releases/10.2-RELEASE\t7\nt/iocage/releases/10.2-RELEASE/root\t6\n\
                    t/iocage/releases/half\t5\nt/iocage/releases/half/x\t1\n";
        let release = |name: &str, used: &str, has_root| Fetched {
            name: name.to_owned(),
            used: used.to_owned(),
            has_root,
        };
        let expected = vec![release("10.2-RELEASE", "7", true), release("half", "5", false)];
        assert_eq!(parse(text, "t/iocage/releases"), Ok(expected));
        for line in
            ["t", "t\t1", "t/iocage/releasesx\t1", "t/iocage/releases/a\t1K", "t/iocage/releases/a/root\t1"]
        {
            assert_eq!(parse(line, "t/iocage/releases"), Err(line));
        }
        assert_eq!(parse("t/iocage/releases\t9\n", "t/iocage/releases"), Ok(Vec::new()));
        assert!(parse("", "t/iocage/releases").is_err());
    }
}
