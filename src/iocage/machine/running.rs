//! The jails that run, as the kernel knows them.
//!
//! Of one jail the kernel is asked by its name, which it compares whole: `jls -j NAME`.
//! In the list of all (`jls -n jid name`) each jail is a line, and one that may have
//! jails of its own can call one of these by a name with a line's end and the rest of
//! such a line in it. So that list can show a jail too many, never one too few, and is
//! asked only where one more does no harm: where nothing is done while any jail runs.

use std::path::PathBuf;

use crate::error::{Code, Error};
use crate::iocage::program::Program;
use crate::iocage::session::Session;
use crate::iocage::text::kept;

use super::{ask, whole};

/// A jail that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its number.
    pub jid: u32,
    /// Its root, as the host sees it.
    pub path: Option<PathBuf>,
}

/// The jail that has exactly this name, if it runs. One that is coming to its end (the
/// kernel keeps it while a connection of it is closed) runs no more.
///
/// # Errors
/// If jls cannot be run, fails, or prints what is not understood.
pub fn find(session: &Session<'_>, name: &str) -> Result<Option<Started>, Error> {
    let output = ask(session, Program::Jls, &["-j", name, "-n", "jid", "name", "path"])?;
    if runs_not(output.exit, &output.stdout, &output.stderr, name) {
        return Ok(None);
    }
    let output = whole(output, "jls")?;
    parse(&output.stdout, name).map(Some).ok_or_else(|| {
        let message =
            format!("jls printed a line that is not understood: {}", kept(output.stdout.trim_end()));
        output.error(Code::UnexpectedOutput, message)
    })
}

/// Did jls say that no jail of this name runs? What it did not say is no such answer:
/// whoever takes a failure for it destroys a running jail.
fn runs_not(exit: Option<i32>, stdout: &str, stderr: &str, name: &str) -> bool {
    let said = stderr.trim();
    let is_said = match exit {
        // Of no jail it has nothing to tell.
        Some(0) => said.is_empty(),
        Some(1) | None => {
            ["not found", "is dying"].iter().any(|why| said == format!("jls: jail \"{name}\" {why}"))
        }
        Some(_) => false,
    };
    is_said && stdout.trim().is_empty()
}

/// `jid=N name=NAME path=PATH`, of the jail that was asked for. The path is the rest.
fn parse(text: &str, name: &str) -> Option<Started> {
    let (jid, rest) = text.strip_suffix('\n')?.strip_prefix("jid=")?.split_once(" name=")?;
    let path = rest.strip_prefix(name)?.strip_prefix(" path=")?;
    let is_path = path.starts_with('/') && !path.contains('\n');
    Some(Started { jid: jid.parse().ok()?, path: is_path.then(|| PathBuf::from(path)) })
}

/// The jails that iocage has started and that run, without their `ioc-`; it may be
/// told of more than there are.
///
/// # Errors
/// If jls cannot be run, fails, or prints what is not understood: an answer that
/// is half understood would tell of a running jail that it does not run.
pub fn of_iocage(session: &Session<'_>) -> Result<Vec<String>, Error> {
    let output = whole(ask(session, Program::Jls, &["-n", "jid", "name"])?, "jls")?;
    let found = names(&output.stdout).map_err(|line| {
        output.error(
            Code::UnexpectedOutput,
            format!("jls printed a line that is not understood: {}", kept(line)),
        )
    })?;
    Ok(found.into_iter().filter_map(|name| name.strip_prefix("ioc-")).map(str::to_owned).collect())
}

/// The names in lines of `jid=N name=NAME`; the first line that is none is the error.
fn names(text: &str) -> Result<Vec<&str>, &str> {
    let name = |line| {
        let (jid, name) = str::strip_prefix(line, "jid=")?.split_once(" name=")?;
        jid.parse::<u32>().ok().map(|_| name)
    };
    text.lines().map(|line| name(line).ok_or(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_that_of_the_name() {
        let started = |jid, path: Option<&str>| Some(Started { jid, path: path.map(PathBuf::from) });
        let root = "/iocage/jails/web/root";
        assert_eq!(
            parse("jid=17 name=ioc-web path=/iocage/jails/web/root\n", "ioc-web"),
            started(17, Some(root))
        );
        assert_eq!(parse("jid=17 name=ioc-web path=/a b\n", "ioc-web"), started(17, Some("/a b")));
        assert_eq!(parse("jid=17 name=ioc-web path=/a\nb\n", "ioc-web"), started(17, None));
        for text in [
            "jid=17 name=ioc-web2 path=/x\n",
            "jid=17 name=ioc-we path=/x\n",
            "jid=17 name=ioc-a.b\njid=18 name=ioc-web path=/x\n",
            "jid=-1 name=ioc-web path=/x\n",
            "jid= name=ioc-web path=/x\n",
            "name=ioc-web path=/x\n",
            "jid=17 name=ioc-web path=/x",
            "jls: no such\n",
        ] {
            assert_eq!(parse(text, "ioc-web"), None, "{text}");
        }
    }

    #[test]
    fn a_failure_is_no_word_on_whether_it_runs() {
        let not_found = "jls: jail \"ioc-web\" not found\n";
        for (exit, stdout, stderr, runs_not_is) in [
            (Some(0), "", "", true),
            (Some(1), "", not_found, true),
            (Some(1), "", "jls: jail \"ioc-web\" is dying\n", true),
            // A host that reaps all children takes the status away, not the sentence.
            (None, "", not_found, true),
            (None, "", "", false),
            (Some(1), "", "", false),
            (Some(2), "", not_found, false),
            (Some(0), "", not_found, false),
            (Some(0), "jid=1 name=ioc-web path=/\n", "", false),
            (Some(1), "jid=1 name=ioc-web path=/\n", not_found, false),
            (Some(1), "", "jls: jail \"ioc-web2\" not found\n", false),
            (Some(1), "", "jls: jail_get: Operation not permitted\n", false),
            (
                Some(1),
                "",
                "ld-elf.so.1: Shared object \"libjail.so.1\" not found, required by \"jls\"\n",
                false,
            ),
        ] {
            assert_eq!(runs_not(exit, stdout, stderr, "ioc-web"), runs_not_is, "{exit:?} {stdout} {stderr}");
        }
    }

    #[test]
    fn a_list_is_whole_or_none() {
        let text = "jid=3 name=ioc-web2\njid=17 name=ioc-web\njid=18 name=own\n";
        assert_eq!(names(text), Ok(vec!["ioc-web2", "ioc-web", "own"]));
        assert_eq!(names(""), Ok(Vec::new()));
        for line in ["jid=x name=a", "jid=1", "name=a jid=1", "jid=-1 name=a", "jls: no such"] {
            assert_eq!(names(&format!("jid=1 name=a\n{line}\n")), Err(line));
        }
    }
}
