//! `fetch`, which `create` runs by itself for a release that is not there: the files of a release come from the mirror
//! of the state, as slowly as it says, and the bar is redrawn meanwhile.
//!
//! The first and the last lines are recorded (`fetch-http-local-again`); no bar is, for the recordings were made without
//! a way out. Its form is that of the program's source, 1.2 to 1.13: erased and drawn again on stdout whether or not that
//! is a terminal, ended by a `\r` alone, and the rate of a file's end on a line of its own. The program makes its stdout
//! line-buffered, which in Python a `\r` ends, too: so each bar comes when it is drawn. What freebsd-update would say
//! after `Updating` is not known and not said.

use super::call::Call;
use super::failure::traceback;
use super::pool::{active, active_mut};
use crate::download::{self, Files, STEP, Step};
use crate::output::Output;
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::python::without_patch;

/// What is fetched on amd64 where nothing else is asked for, with the sizes of a release of today.
const FILES: &Files = &[("MANIFEST", 1), ("base.txz", 200), ("lib32.txz", 60), ("src.txz", 210)];

pub(super) fn fetch(call: &mut Call<'_>) -> Outcome {
    // `-NE` looks for no end of support, which only a question would show.
    if let Some(unknown) = call.words.arguments.iter().find(|word| *word != "-NE") {
        return Err(not_simulated(&format!("fetch {unknown}")));
    }
    let Some(release) = call.words.value("release").map(str::to_uppercase) else {
        return Err(not_simulated("fetch without --release"));
    };
    let wanted: Vec<&str> = call.words.values("files").collect();
    if let Some(unknown) = wanted.iter().find(|wanted| FILES.iter().all(|(name, _)| name != *wanted)) {
        return Err(not_simulated(&format!("fetch --files {unknown}")));
    }
    let files: Vec<(&str, u64)> =
        FILES.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name)).copied().collect();
    let state = call.view()?;
    match state.mirror.get(&release) {
        Some(milliseconds) => from_mirror(call, &release, &files, *milliseconds)?,
        // A mirror with nothing on it is one that cannot be reached.
        None if state.mirror.is_empty() => {
            let asks_of_old = call.words.arguments.is_empty();
            return Err(unreachable(&mut call.session.output, if asks_of_old { OLD } else { MIRROR }));
        }
        None => return Err(call.fail(&format!("{release} was not found!"))),
    }
    Ok(0)
}

/// `list -R`: what the mirror has, by number.
pub(super) fn remote(call: &mut Call<'_>) -> Outcome {
    let state = call.view()?;
    if state.mirror.is_empty() {
        return Err(unreachable(&mut call.session.output, OLD));
    }
    let number = |release: &str| release.split('-').next().and_then(|text| text.parse::<f64>().ok());
    let mut releases: Vec<&String> = state.mirror.keys().collect();
    releases.sort_by(|one, other| number(one).unwrap_or(0.0).total_cmp(&number(other).unwrap_or(0.0)));
    let lines: String = releases.iter().map(|release| format!("{release}\n")).collect();
    call.out(&lines);
    Ok(0)
}

/// Fetches what `create` wants, where it is not there and there is a mirror that has it.
pub(super) fn if_missing(call: &mut Call<'_>, wanted: &str) -> Result<(), Stop> {
    let release = wanted.to_uppercase();
    let state = call.view()?;
    if active(&state).releases.iter().any(|there| without_patch(there) == release) {
        return Ok(());
    }
    match state.mirror.get(&release) {
        Some(milliseconds) => from_mirror(call, &release, FILES, *milliseconds),
        None => Ok(()),
    }
}

/// The page that is asked for first, which releases are out of support: scheme, host, port and path.
pub(super) const OLD: Place = ("HTTPS", "www.freebsd.org", 443, "/security/unsupported.html");
/// And without that.
const MIRROR: Place = ("HTTP", "download.freebsd.org", 80, "/ftp/releases/amd64");

type Place = (&'static str, &'static str, u16, &'static str);

/// What the program says where no name can be resolved; recorded of the first place (`fetch-offline`, `list-R-offline`).
pub(super) fn unreachable(output: &mut Output, (scheme, host, port, path): Place) -> Stop {
    let last = format!(
        "requests.exceptions.ConnectionError: {scheme}ConnectionPool(host='{host}', port={port}): Max retries exceeded \
         with url: {path} (Caused by NameResolutionError(\"{scheme}Connection(host='{host}', port={port}): Failed to \
         resolve '{host}' ([Errno -2] Name or service not known)\"))"
    );
    traceback(output, &last)
}

/// Nothing is locked while it takes its time; the release is there when all of it is.
fn from_mirror(call: &mut Call<'_>, release: &str, files: &Files, milliseconds: u64) -> Result<(), Stop> {
    let session = &mut *call.session;
    let state = session.store.read().map_err(Stop::Broken)?;
    let is_there = active(&state).releases.iter().any(|there| without_patch(there) == release);
    session.output.out(&format!("Fetching: {release}\n\n"));
    session.flush()?;
    // What was downloaded before is extracted again.
    if !is_there {
        download::run(files, milliseconds, |step| draw(session, step))?;
    }
    for (name, _) in files.iter().filter(|(name, _)| *name != "MANIFEST") {
        session.output.out(&format!("Extracting: {name}... \n"));
    }
    session.output.out(&format!("\n* Updating {release} to the latest patch level... \n"));
    session.flush()?;
    call.change(|state, _| {
        let releases = &mut active_mut(state).releases;
        if !is_there {
            releases.push(release.to_owned());
            releases.sort();
        }
        Ok(())
    })
}

/// One bar of twenty characters.
fn draw(session: &mut Session, step: Step) -> Result<(), Stop> {
    let percent = step.percent();
    if percent == 0 {
        return Ok(());
    }
    let filled = usize::try_from((percent + 2) / 5).unwrap_or(20);
    let bar = format!("{}{}", "#".repeat(filled), "-".repeat(20 - filled));
    // That of one chunk, which is a MiB, in the time since the last.
    let rate = 1.048_576 / STEP.as_secs_f64();
    let end = if percent == 100 { "\r\n" } else { "" };
    let text = format!("\x1b[2K \rDownloading: {} [{bar}] {percent}% {end} {rate:.1}MB/s\r", step.name);
    session.output.out(&text);
    session.flush()
}
