//! What the tools of the system are asked for one question, and what they tell: pools by
//! `zpool list`, datasets by `zfs list`, the jails that run by `jls` in JSON.
//!
//! Where nothing but this is done in a request, a tool is asked once for the same: so what
//! is looked up and what is then told are of one moment. From when iocage is run, or where
//! a request changes something, it is asked again.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use super::files::{self, File};
use super::jails::{self, Holder, Running};
use super::listing::Listing;
use super::untold::Untold;
use crate::error::{Code, Error};
use crate::iocage::bytes::parted;
use crate::iocage::machine::{ask, begin, whole};
use crate::iocage::output::Output;
use crate::iocage::program::Program;
use crate::iocage::session::Session;
use crate::iocage::text::one_line;
use crate::process::effective_user;

const POOLS: &str = "zpool list printed a line that is not understood";

/// A cause: see [`Untold`].
pub const MISSING: &str = "a dataset that iocage needs is missing, and it would make it";
const FAILED: &str = "a tool of the system failed when something had been changed";
const UNKNOWN: &str = "it is not known how a tool of the system ended, nor that it did not fail";
const UNSAFE: &str = "a tool of the system could be replaced by others than root";

/// The cause where a tool cannot be started.
fn missing(program: Program) -> &'static str {
    match program {
        Program::Zpool => "there is no zpool where the configuration has it (`zpool`)",
        Program::Zfs => "there is no zfs where the configuration has it (`zfs`)",
        Program::Jls => "there is no jls where the configuration has it (`jls`)",
        _ => "there is no jexec where the configuration has it (`jexec`)",
    }
}

/// The pools of the machine, for who asks nothing else.
///
/// # Errors
/// As for [`Machine::pools`].
pub fn pools(session: &Session<'_>) -> Result<Vec<Pool>, Untold> {
    Machine::new(session, "").pools()
}

/// A file of iocage's, for who asks nothing else.
///
/// # Errors
/// If it is there and is not read: see [`File`].
pub fn file(path: &Path) -> Result<File, Untold> {
    files::read(path, effective_user())
}

/// The machine, as it is asked about by one question.
pub struct Machine<'a> {
    /// For whom.
    pub session: &'a Session<'a>,
    /// Which iocage would be asked, by its own words: `1.13`, `DEVELOP (2016-02-10)`.
    pub version: &'a str,
    /// How much was read.
    pub(super) read: Cell<usize>,
    /// As whom.
    user: u32,
}

/// A pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// What is noted on it; `-` for nothing.
    pub comment: String,
}

impl<'a> Machine<'a> {
    pub(super) fn new(session: &'a Session<'a>, version: &'a str) -> Machine<'a> {
        Machine { session, version, read: Cell::new(0), user: effective_user() }
    }

    /// Told once more, of what was read already, which then counts once.
    pub fn again<T>(&self, told: impl FnOnce() -> T) -> T {
        self.read.set(0);
        told()
    }

    fn ask(&self, program: Program, args: &[&str]) -> Result<Output, Untold> {
        let output = match self.session.seen(program, args) {
            Some(output) => output,
            None => {
                // After a change this is asked before, for there a failure to start is one to look.
                if self.session.changed.get() && !self.session.has(program) {
                    return Untold::cause(missing(program));
                }
                let output = ask(self.session, program, args).map_err(|error| match error.code {
                    Code::CannotStart if !self.session.has(program) => {
                        Untold::NotKnown(missing(program), error.message)
                    }
                    Code::UnsafeProgram => Untold::NotKnown(UNSAFE, error.message),
                    _ => Untold::from(error),
                })?;
                if output.truncated {
                    // Somebody may have made it so long, and iocage asks for less at a time.
                    return Untold::cause("a tool of the system prints more than `max_output`");
                }
                if output.exit.is_none() && (output.stdout.is_empty() || !output.stderr.is_empty()) {
                    // The host has taken its exit status away, and nothing else tells that it did not fail.
                    return Untold::about(UNKNOWN, one_line(&output.stderr));
                }
                self.session.see(program, args, &output);
                output
            }
        };
        self.read.set(self.read.get() + output.stdout.len());
        Ok(output)
    }

    /// The output of a tool that has answered, and whole. One that failed is a doubt when something has been changed:
    /// what came of that has to be known, whoever tells it.
    fn whole(&self, output: Output, what: &str) -> Result<Output, Untold> {
        whole(output, what).map_err(|error| match error.code {
            Code::IocageFailed if self.session.changed.get() => Untold::NotKnown(FAILED, error.message),
            _ => Untold::from(error),
        })
    }

    /// The pools, in the order of zpool.
    ///
    /// # Errors
    /// If zpool is not there, fails, or is not understood.
    pub fn pools(&self) -> Result<Vec<Pool>, Untold> {
        let output = self.whole(self.ask(Program::Zpool, POOLS_ASKED)?, "zpool list")?;
        let pool = |line: &str| match line.split_once('\t') {
            Some((name, comment)) if !name.is_empty() && !comment.contains('\t') => {
                Ok(Pool { name: name.to_owned(), comment: comment.to_owned() })
            }
            _ => Untold::about(POOLS, line),
        };
        if let Some(cut) = output.stdout.rsplit('\n').next().filter(|cut| !cut.is_empty()) {
            return Untold::about(POOLS, cut);
        }
        let pools: Vec<_> = output.stdout.lines().map(pool).collect::<Result<_, _>>()?;
        // A line's end in a comment would begin one more.
        let is_twice = |at: usize| pools[..at].iter().any(|other| other.name == pools[at].name);
        match (0..pools.len()).find(|at| is_twice(*at)) {
            Some(at) => Untold::about(POOLS, &pools[at].name),
            None => Ok(pools),
        }
    }

    /// The file systems of all pools, down to `depth` below the root of each, with these
    /// columns.
    ///
    /// # Errors
    /// As for [`Machine::pools`].
    pub fn datasets(&self, columns: &[&str], depth: u8) -> Result<Rc<Listing>, Untold> {
        self.listing(columns, depth, false, None)
    }

    /// Those of one dataset of iocage's alone, itself included: what is wrong with another
    /// pool is nothing to it.
    ///
    /// # Errors
    /// As for [`Machine::pools`]; iocage would make the dataset where it is not there.
    pub fn datasets_of(&self, top: &str, columns: &[&str], depth: u8) -> Result<Rc<Listing>, Untold> {
        self.listing(columns, depth, false, Some(top))
    }

    /// The same, where the last of the columns may hold tabs.
    ///
    /// # Errors
    /// Likewise.
    pub fn datasets_with_text(&self, top: &str, columns: &[&str], depth: u8) -> Result<Rc<Listing>, Untold> {
        self.listing(columns, depth, true, Some(top))
    }

    fn listing(
        &self,
        columns: &[&str],
        depth: u8,
        is_free: bool,
        top: Option<&str>,
    ) -> Result<Rc<Listing>, Untold> {
        let args = listed(columns, depth, top);
        let output = self.ask(Program::Zfs, &words(&args))?;
        if let Some(top) = top
            && output.exit == Some(1)
            && output.stderr.contains("dataset does not exist")
        {
            return Err(Untold::Changes(MISSING, top.to_owned()));
        }
        let text = self.whole(output, "zfs list")?.stdout;
        let is_it = |known: &Listing| known.is_of(&text, columns.len(), is_free);
        self.session.listed(is_it, || Listing::parse(text.clone(), columns.len(), is_free))
    }

    /// These properties of one dataset, in their order.
    ///
    /// # Errors
    /// As for [`Machine::pools`]; and where a value may be misread, which holds a line's end
    /// and then the name of the next property.
    pub fn values(&self, properties: &[&str], dataset: &str) -> Result<Vec<String>, Untold> {
        let output = self.whole(self.ask(Program::Zfs, &words(&got(properties, dataset)))?, "zfs get")?;
        match values(&output.stdout, properties) {
            // A script that takes a value from a command has it without the line ends behind it.
            Some(values) => Ok(values.iter().map(|value| value.trim_end_matches('\n').to_owned()).collect()),
            None => Untold::about("zfs get printed what is not understood", dataset),
        }
    }

    /// The jails that run; one that is coming to its end does not.
    ///
    /// # Errors
    /// As for [`Machine::pools`].
    pub fn running(&self) -> Result<Running, Untold> {
        let output = self.ask(Program::Jls, RUNNING)?;
        if !jails::has_no_json(&output) {
            return Running::of_json(&self.whole(output, "jls")?.stdout);
        }
        let args = ["-q", "-n", "jid", "name", "ip4.addr", "path", "host.hostname"];
        Running::of_text(&self.whole(self.ask(Program::Jls, &args)?, "jls")?.stdout)
    }

    /// [`Machine::pools`] will be asked first of all; says whether zpool is started. Where it cannot be,
    /// nothing else needs to.
    #[must_use]
    pub fn begin_pools(&self) -> bool {
        begin(self.session, Program::Zpool, POOLS_ASKED)
    }

    /// [`Machine::running`] will be asked, whatever comes of what is asked before.
    pub fn begin_running(&self) {
        begin(self.session, Program::Jls, RUNNING);
    }

    /// So will the datasets with these columns: of one dataset, or of all pools.
    pub fn begin_datasets(&self, top: Option<&str>, columns: &[&str], depth: u8) {
        begin(self.session, Program::Zfs, &words(&listed(columns, depth, top)));
    }

    /// So will [`Machine::values`].
    pub fn begin_values(&self, properties: &[&str], dataset: &str) {
        begin(self.session, Program::Zfs, &words(&got(properties, dataset)));
    }

    /// One parameter of each jail that runs, as jls tells it.
    ///
    /// # Errors
    /// As for [`Machine::pools`].
    pub fn parameter(&self, parameter: &str) -> Result<Vec<Holder>, Untold> {
        let output = self.whole(self.ask(Program::Jls, &["-n", "--libxo", "json"])?, "jls")?;
        Holder::all(&output.stdout, parameter)
    }

    /// Read a file of iocage's.
    ///
    /// # Errors
    /// If it is there and is not read: see [`File`].
    pub fn file(&self, path: &Path) -> Result<File, Untold> {
        self.session.still_wanted()?;
        let file = files::read(path, self.user)?;
        if let File::Holds(text) = &file {
            self.read.set(self.read.get() + text.len());
        }
        Ok(file)
    }

    /// Is it a folder?
    #[must_use]
    pub fn is_folder(&self, path: &Path) -> bool {
        files::is_folder(path)
    }

    /// What a program in the jail of this number prints, as iocage asks it for its address.
    ///
    /// # Errors
    /// If jexec cannot be run, or takes too long.
    pub fn in_jail(&self, jid: u32, words: &[&str]) -> Result<Output, Error> {
        let jid = jid.to_string();
        let args: Vec<_> = [&*jid].into_iter().chain(words.iter().copied()).collect();
        ask(self.session, Program::Jexec, &args)
    }
}

/// The words by which the pools are asked for.
const POOLS_ASKED: &[&str] = &["list", "-H", "-o", "name,comment"];
/// Those for the jails that run.
const RUNNING: &[&str] = &["--libxo", "json", "-v"];

/// Those for datasets.
fn listed(columns: &[&str], depth: u8, top: Option<&str>) -> Vec<String> {
    let columns = format!("name,{},name", columns.join(","));
    let depth = depth.to_string();
    let words = ["list", "-H", "-t", "filesystem", "-d", &depth, "-o", &columns];
    words.into_iter().chain(top).map(str::to_owned).collect()
}

/// Those for properties of one.
fn got(properties: &[&str], dataset: &str) -> [String; 6] {
    ["get", "-H", "-o", "property,value", &properties.join(","), dataset].map(str::to_owned)
}

fn words(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

/// The values in lines of a property and its value, which may have lines of its own: it ends
/// where the next property's line begins, and only one may look like that.
fn values(text: &str, properties: &[&str]) -> Option<Vec<String>> {
    let text = text.strip_suffix('\n')?;
    let mut values: Vec<String> = Vec::with_capacity(properties.len());
    for line in text.split('\n') {
        match parted(line, b'\t') {
            Some((name, value)) if properties.get(values.len()) == Some(&name) => {
                values.push(value.to_owned());
            }
            // What is there twice could as well be a line of another value.
            Some((name, _)) if properties.contains(&name) => return None,
            _ => {
                let last = values.last_mut()?;
                last.push('\n');
                last.push_str(line);
            }
        }
    }
    (values.len() == properties.len()).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_have_lines_but_none_of_the_next_property() {
        let of = |text: &str| values(text, &["a", "b:c", "d"]);
        let found = |values: [&str; 3]| Some(values.map(str::to_owned).to_vec());
        assert_eq!(of("a\t1\nb:c\t\nd\tx\ty\n"), found(["1", "", "x\ty"]));
        assert_eq!(of("a\t1\n2\nb:c\t3\nd\t4\n5\n"), found(["1\n2", "3", "4\n5"]));
        for text in [
            "",
            "a\t1\nb:c\t2\nd\t3",
            "a\t1\nd\t3\nb:c\t2\n",
            "a\t1\nb:c\t2\nb:c\t2\nd\t3\n",
            "a\t1\nb:c\t2\nd\t3\na\t4\n",
            "a\t1\na\t4\nb:c\t2\nd\t3\n",
            "a\t1\nb:c\t2\n",
        ] {
            assert_eq!(of(text), None, "{text:?}");
        }
    }
}
