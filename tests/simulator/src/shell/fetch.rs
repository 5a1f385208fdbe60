//! `fetch`: the files of a release come from the mirror of the state, as slowly as it says.
//!
//! None of it is recorded: it is what the program's source runs, `fetch(1)` for each file, and what fetch(1) says on a
//! stderr that is no terminal (FreeBSD 10 and later): the name when a file begins, with no end of line, and size, rate
//! and time when it is there; no bar, and nothing in between. What `freebsd-update` would say is not known and not said.
//! The dataset of the release is made before the first file, so one that was killed leaves a release that is listed;
//! where a file is not to be had it is destroyed again.

use super::pool;
use crate::download::{self, Files, Step};
use crate::session::{Outcome, Session, Stop, not_simulated};

/// What is fetched where nothing else is asked for, with the sizes of a release of that time.
const FILES: &Files = &[("base.txz", 64), ("doc.txz", 2), ("lib32.txz", 16), ("src.txz", 108)];

pub(super) fn fetch(session: &mut Session, words: &[String]) -> Outcome {
    session.view()?;
    let [word] = words else { return Err(not_simulated("fetch without release=, or with more")) };
    let Some(release) = word.strip_prefix("release=").map(str::to_owned) else {
        return Err(not_simulated(&format!("fetch {word}")));
    };
    let milliseconds = session.change(|state, _| {
        let Some(milliseconds) = state.mirror.get(&release).copied() else { return Ok(None) };
        let releases = &mut pool::active_mut(state).releases;
        if !releases.contains(&release) {
            releases.push(release.clone());
        }
        Ok(Some(milliseconds))
    })?;
    let Some(milliseconds) = milliseconds else {
        let url = format!("http://ftp.freebsd.org/pub/FreeBSD/releases/amd64/{release}/base.txz");
        session.output.err(&format!("fetch: {url}: Not Found\nFailed fetching remote base.txz..\n"));
        return Ok(1);
    };
    download::run(FILES, milliseconds, |step| draw(session, step))?;
    for (name, _) in FILES {
        session.output.out(&format!("Extracting: {name}\n"));
    }
    session.output.out("* Updating base jail template.\n");
    Ok(0)
}

fn draw(session: &mut Session, step: Step) -> Result<(), Stop> {
    let text = match step.part {
        0 => format!("{:<46}", step.name),
        part if part == step.of => {
            let seconds = step.took.as_secs_f64().max(0.001);
            let rate = figure((step.size as f64 * 1_048_576.0 / seconds) as u64);
            let (minutes, seconds) = (step.took.as_secs() / 60, step.took.as_secs() % 60);
            let size = figure(step.size * 1_048_576);
            format!("        {size} {rate}ps {minutes:02}m{seconds:02}s\n")
        }
        _ => return Ok(()),
    };
    session.output.err(&text);
    session.flush()
}

/// Four digits and a unit.
fn figure(mut bytes: u64) -> String {
    let mut units = " kMGTP".chars();
    let mut unit = units.next().unwrap_or(' ');
    while bytes > 9999
        && let Some(next) = units.next()
    {
        (bytes, unit) = (bytes / 1024, next);
    }
    format!("{bytes:>4} {unit}B")
}
