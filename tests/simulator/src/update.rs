//! What `freebsd-update` prints, which both generations leave an update to.
//!
//! The words are those of its source. How long its download takes is what the mirror says of the release, and what
//! there is to be installed what the state calls its latest patch level: none, and there is nothing; 0, and its servers
//! are not to be reached.

use std::thread;
use std::time::Duration;

use crate::session::{Session, Stop};
use crate::state::State;

/// Does its two halves; the release as it is then, or nothing where it failed.
pub(crate) fn run(session: &mut Session, state: &State, release: &str) -> Result<Result<String, bool>, Stop> {
    let plain = crate::state::python::without_patch(release);
    session.output.out("src component not installed, skipped\nLooking up update.FreeBSD.org mirrors... ");
    session.flush()?;
    thread::sleep(Duration::from_millis(state.mirror.get(plain).copied().unwrap_or(0)));
    let now = match state.patches.get(plain) {
        Some(0) => {
            session.output.out(
                "none found.\nFetching public key from update.FreeBSD.org... failed.\nNo mirrors remaining, giving up.\n",
            );
            return Ok(Err(false));
        }
        Some(level) => format!("{plain}-p{level}"),
        None => release.to_owned(),
    };
    session.output.out("3 mirrors found.\nFetching metadata signature from update1.freebsd.org... done.\n");
    if now == release {
        session.output.out(&format!(
            "\nNo updates needed to update system to {now}.\nNo updates are available to install.\nRun 'freebsd-update fetch' first.\n"
        ));
        return Ok(Err(true));
    }
    session.output.out("Installing updates... done.\n");
    Ok(Ok(now))
}
