//! Releases of the Python iocage. Every question that its `fetch` could ask is answered by an
//! option; without one it would ask which release, and take the host's.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::dialect::Releases;
use crate::iocage::session::Session;
use crate::iocage::told::Told;
use crate::policy::Release;

use super::complaints::{failure, reason};
use super::output::{pool, table, warnings};
use super::program::{Python, ask, own};
use super::tables::RELEASES;

impl Releases for Python {
    fn pool(&self, session: &Session<'_>) -> Result<String, Error> {
        pool(ask(session, &["get", "-p"])?)
    }

    /// `list -R`: one a line, from the server's own list. Before it asks the server it reads a
    /// page of `www.freebsd.org`, and fails where that is not to be had.
    fn remote(&self, session: &Session<'_>) -> Result<(Vec<Release>, Told), Error> {
        let output = own(session, Kind::Read, &["list", "-R"])?;
        let rows = table(output, &RELEASES, |[name]| Release::parse(name).is_ok())?;
        let releases = rows.iter().filter_map(|[name]| Release::parse(name).ok()).collect();
        Ok((releases, rows.problems))
    }

    /// `fetch -r RELEASE -NE`: the files that it takes without being told which, and then the
    /// latest patches, as `create` does it. `-NE`: it does not look which releases are out of
    /// support, which it would only show with its question.
    fn fetch(&self, session: &Session<'_>, release: &Release, _: &[&str]) -> Result<Told, Error> {
        let output = own(session, Kind::Fetch, &["fetch", "-r", release.as_str(), "-NE"])?;
        if output.succeeded() {
            return Ok(warnings(&output, &[]));
        }
        let missing = format!("{} was not found!", release.as_str());
        let reason = reason(&output);
        Err(match reason == missing {
            true => Error { key: Some("release"), ..output.error(Code::UnknownRelease, reason) },
            false => failure(&output),
        })
    }
}
