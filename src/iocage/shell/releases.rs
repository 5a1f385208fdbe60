//! Releases of the shell iocage. Its exit status is that of what it does last, which tells
//! nothing of the release; what it says on the way does.

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::dialect::Releases;
use crate::iocage::meter::is_of_fetch;
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::{Ends, is_notice, status_lines, tell_lines};
use crate::iocage::told::Told;
use crate::policy::Release;

use super::pools;
use super::program::{Shell, ask, failure, own};

impl Releases for Shell {
    fn pool(&self, session: &Session<'_>) -> Result<String, Error> {
        pools::pool(ask(session, &["activate"])?)
    }

    /// It knows some by heart, and prints them with the question which to fetch: unanswered it
    /// fetches the host's.
    fn remote(&self, _: &Session<'_>) -> Result<(Vec<Release>, Told), Error> {
        let message = "this iocage does not tell which releases could be fetched; \
                       they are listed at https://download.freebsd.org/releases/";
        Err(Error::about("remote", Code::Unsupported, message))
    }

    /// `fetch release=RELEASE`: each file by fetch(1), then `Extracting: base.txz`, and when all
    /// are, `* Updating base jail`; what follows may fail without the release being worse than
    /// unpatched.
    fn fetch(&self, session: &Session<'_>, release: &Release, others: &[&str]) -> Result<Told, Error> {
        // It looks by `grep -w`, and would take one for the other.
        if let Some(longer) = others.iter().find(|other| other.starts_with(&format!("{}-", release.as_str())))
        {
            let message = format!(
                "this iocage takes {} for {}, which is there, and would not make a place for it",
                release.as_str(),
                Quoted(longer)
            );
            return Err(Error::about("release", Code::Unsupported, message));
        }
        let output = own(session, Kind::Fetch, &["fetch", &format!("release={}", release.as_str())])?;
        judge(&output)
    }
}

fn judge(output: &Output) -> Result<Told, Error> {
    let of = |text: &str, starts: &[&str]| {
        status_lines(text).any(|line| starts.iter().any(|start| line.starts_with(start)))
    };
    let is_refused = of(&output.stderr, &["Failed fetching", "ERROR", "tar: "]);
    let is_extracted = of(&output.stdout, &["* Updating base jail"]);
    if is_refused || !is_extracted {
        return Err(match failure(output) {
            error if is_refused || !output.succeeded() => error,
            error => Error { code: Code::NotDone, ..error },
        });
    }
    // By its width, which a status line has not any more.
    let lines: String =
        output.stderr.lines().filter(|line| !is_of_fetch(line)).flat_map(|l| [l, "\n"]).collect();
    let said: Ends = status_lines(&lines).filter(|line| !is_notice(line)).collect();
    let mut told = said.into_told();
    if let Some(exit) = output.exit.filter(|exit| *exit != 0) {
        told.push(format!("the release is extracted; what iocage did then ended with exit status {exit}"));
    }
    tell_lines("iocage has fetched a release and says", &told);
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(exit: i32, stdout: &str, stderr: &str) -> Output {
        Output { exit: Some(exit), stdout: stdout.into(), stderr: stderr.into(), ..Output::default() }
    }

    const WHOLE: &str = "Extracting: base.txz\n* Updating base jail template.\n";

    /// None of it is recorded: the words are those of the source, `lib/ioc-common`.
    #[test]
    fn what_it_says_tells_and_not_its_exit_status() {
        let line = format!("{:46}          66 MB 5432 kBps    13s\n", "base.txz");
        assert_eq!(judge(&output(0, WHOLE, &line)).map(|told| told.len()), Ok(0));
        let told = judge(&output(1, WHOLE, "umount: not mounted\n")).expect("extracted");
        assert_eq!((told.len(), &*told[0]), (2, "umount: not mounted"));
        let code =
            |exit, stdout: &str, stderr: &str| judge(&output(exit, stdout, stderr)).map_err(|e| e.code);
        assert_eq!(code(0, "", "Failed fetching remote base.txz..\n"), Err(Code::IocageFailed));
        assert_eq!(code(1, "Failed fetching base.txz..\n", ""), Err(Code::IocageFailed));
        assert_eq!(code(0, WHOLE, "tar: Truncated input file\n"), Err(Code::IocageFailed));
        assert_eq!(code(0, "Extracting: base.txz\n", ""), Err(Code::NotDone));
    }
}
