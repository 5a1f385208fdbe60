//! The jails that run, as the kernel knows them: `jls -n jid name`.
//!
//! A jail's name is its own only below itself (its children are `NAME.child`), but a
//! jail that may have children can give one of them a name with the end of a line in
//! it, and with what looks like the row of another jail behind that. So a jail that may
//! have jails of its own can make another look as if it ran; it can hide none. Where a
//! command is run, the kernel is asked for the one name (`exec`). Names are compared
//! whole.

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
            Some((jid.parse().ok()?, name.to_owned()))
        };
        text.lines().map(|line| row(line).ok_or(line)).collect::<Result<_, _>>().map(Running)
    }

    /// The number of the jail of this name.
    #[must_use]
    pub fn jid(&self, name: &str) -> Option<u32> {
        self.0.iter().find(|(_, known)| known == name).map(|(jid, _)| *jid)
    }

    /// The names of those that iocage has started, without its `ioc-`.
    pub fn of_iocage(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(_, name)| name.strip_prefix("ioc-"))
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
        for line in ["jid=x name=a", "jid=1", "name=a jid=1", "jid=-1 name=a", "jls: no such"] {
            assert_eq!(Running::parse(&format!("jid=1 name=a\n{line}\n")), Err(line));
        }
    }
}
