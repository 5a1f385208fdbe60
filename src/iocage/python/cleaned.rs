//! Cleaning with the Python iocage: what each of its switches takes along.
//!
//! It destroys everything with `-R`. With the jails go the snapshots of the releases,
//! and with these the roots of templates; with the releases the roots of all that was
//! made of them.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::session::Session;
use crate::iocage::swept::Sweep;
use crate::iocage::text::activated;
use crate::iocage::{Clean, Done};

use super::complaints::failure;
use super::leftovers::hollow;
use super::output::{pool, warnings};
use super::program::{ask, own};

/// `clean -fj` and so on: `All iocage jail datasets have been destroyed.` What it takes
/// away may be what other jails stand on, and those stay listed.
pub(super) fn clean(session: &Session<'_>, what: Clean, force: bool) -> Result<Done, Error> {
    const OF_RELEASES: &[(&str, &str)] = &[("releases", "")];
    let (switch, roots, snapshots): (_, &[&str], _) = match what {
        Clean::All => ("-fa", &[""], &[][..]),
        Clean::Jails => ("-fj", &["jails"], OF_RELEASES),
        Clean::Releases => ("-fr", &["download", "releases"], &[][..]),
        Clean::Templates => ("-ft", &["templates"], &[][..]),
    };
    // Asked before: afterwards the question would make datasets.
    let output = ask(session, &["get", "-p"])?;
    if let Some(pool) = activated(&output) {
        let message = format!("no pool was active, and iocage made it {pool} by itself; nothing was cleaned");
        return Err(output.error(Code::NoPool, message));
    }
    let pool = pool(output)?;
    let all_snapshots_of = (what == Clean::Jails).then_some("releases");
    let sweep = Sweep { pool: &pool, roots, snapshots, all_snapshots_of };
    let before = sweep.look(session, force)?;
    let output = own(session, Kind::Clean, &["clean", switch]);
    let outcome = output.as_ref().map_err(Clone::clone).and_then(|output| {
        let is_done = output.succeeded() && output.stdout.contains("been destroyed.");
        if is_done { Ok(output) } else { Err(failure(output)) }
    });
    let destroyed = sweep.destroyed(session, &before, outcome)?;
    let output = output?;
    let mut warnings = warnings(&output, &[]);
    if what != Clean::All {
        warnings.extend(hollow(session, &pool));
    }
    Ok(Done { warnings, destroyed, ..Done::default() })
}
