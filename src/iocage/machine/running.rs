//! The jails that run, as the kernel knows them: `jls -n jid name`.
//!
//! A jail's name is its own only below itself (its children are `NAME.child`), but a
//! jail that may have children can give one of them any name, with the end of a line
//! and what looks like the row of another jail in it. jls puts quotes around a value
//! that holds blanks, which such a row does; so a line on which quotes are open is no
//! row, and then none is believed. Names are compared whole.

use crate::error::{Code, Error};
use crate::iocage::session::{Program, Session};

use super::{ask, whole};

/// The jails that run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Running(Vec<(u32, String)>);

impl Running {
    /// Ask the kernel.
    ///
    /// # Errors
    /// If jls cannot be run, fails, or prints what is not understood: an answer that
    /// is half understood would tell of a running jail that it does not run.
    pub fn ask(session: &Session<'_>) -> Result<Running, Error> {
        let output = whole(ask(session, Program::Jls, &["-n", "jid", "name"])?, "jls")?;
        Running::parse(&output.stdout).map_err(|line| {
            output.error(Code::UnexpectedOutput, format!("jls printed a line that is not understood: {line}"))
        })
    }

    /// Lines of `jid=N name=NAME`; the first that is none is the error.
    fn parse(text: &str) -> Result<Running, &str> {
        let row = |line| {
            let (jid, name) = str::strip_prefix(line, "jid=")?.split_once(" name=")?;
            is_whole(name).then_some(())?;
            Some((jid.parse().ok()?, name.to_owned()))
        };
        text.lines().map(|line| row(line).ok_or(line)).collect::<Result<_, _>>().map(Running)
    }

    /// The number of the jail of this name. iocage makes none that jls would quote.
    #[must_use]
    pub fn jid(&self, name: &str) -> Option<u32> {
        self.0.iter().find(|(_, known)| known == name).map(|(jid, _)| *jid)
    }

    /// The names of those that iocage has started, without its `ioc-`.
    pub fn of_iocage(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(_, name)| name.strip_prefix("ioc-"))
    }
}

/// Is it a word without quotes, or one pair of quotes with none and no backslash between?
fn is_whole(name: &str) -> bool {
    let special = ['"', '\'', '\\'];
    let within = |quote| name.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match within('"').or_else(|| within('\'')) {
        Some(quoted) => !quoted.contains(special),
        None => !name.is_empty() && !name.contains(special) && !name.contains(' '),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jail_is_found_by_its_whole_name() {
        let running = Running::parse("jid=3 name=ioc-web2\njid=17 name=ioc-web\njid=18 name=ioc-web.x\n");
        let running = running.expect("rows");
        assert_eq!((running.jid("ioc-web"), running.jid("ioc-web2")), (Some(17), Some(3)));
        assert_eq!((running.jid("ioc-we"), running.jid("web")), (None, None));
        assert_eq!(running.of_iocage().collect::<Vec<_>>(), ["web2", "web", "web.x"]);
        assert_eq!(Running::parse(""), Ok(Running::default()));
    }

    #[test]
    fn what_is_not_understood_is_not_left_out() {
        for line in ["jid=x name=a", "jid=1", "name=a jid=1", "jid=-1 name=a", "jls: no such", "jid=1 name="]
        {
            assert_eq!(Running::parse(&format!("jid=1 name=a\n{line}\n")), Err(line));
        }
    }

    /// As jls prints a child whose name has a row of another jail in it.
    #[test]
    fn no_jail_can_write_the_row_of_another() {
        for name in [
            "\"ioc-web.x\njid=9 name=ioc-db\"",
            "\"ioc-web.x\njid=9 name=ioc-db\njid=10 name=y\"",
            "'ioc-web.x\"\njid=9 name=ioc-db\njid=10 name=\"y'",
            "\"ioc-web.x'\\\"\njid=9 name=ioc-db\njid=10 name='y\"",
            "ioc-web.x\ny",
        ] {
            assert!(Running::parse(&format!("jid=8 name={name}\n")).is_err(), "{name}");
        }
        let foreign = Running::parse("jid=1 name=\"my jail\"\njid=2 name=ioc-db\n").expect("rows");
        assert_eq!(foreign.jid("ioc-db"), Some(2));
    }
}
