//! ps(1) of FreeBSD: the processes of the host and of its running jails, in numbers.
//!
//! Written after bin/ps (keyword.c, print.c): a column is as wide as what is widest in it, to the right, and where no
//! column has a header there is no line of them; memory is in kilobytes, time in minutes, seconds and hundredths.
//! Each jail has what its rc starts, with figures that go by its number.

use crate::kernel;
use crate::session::{Outcome, Session, Stop, not_simulated};

/// A process: jail, resident kilobytes, tenths of a percent, hundredths of a second.
type Process = [u64; 4];

/// What runs on the host: the kernel, init, and ps.
const HOST: [Process; 3] = [[0, 928, 0, 301_742], [0, 1180, 0, 6], [0, 2648, 0, 0]];

pub(super) fn run(session: &mut Session, words: &[String]) -> Outcome {
    let refused = || not_simulated(&format!("ps {}", words.join(" ")));
    let Some((first, rest)) = words.split_first() else { return Err(refused()) };
    let mut columns = Vec::new();
    for pair in rest.chunks(2) {
        match pair {
            [option, keyword] if option == "-o" => columns.push(keyword.as_str()),
            _ => return Err(refused()),
        }
    }
    if first != "-ax" || columns.is_empty() {
        return Err(refused());
    }
    let state = session.store.read().map_err(Stop::Broken)?;
    let of_jails = kernel::prisons(&state).into_iter().flat_map(|prison| {
        // syslogd and cron.
        [[prison.jid, 2840, 0, 17 + prison.jid], [prison.jid, 2616 + prison.jid, prison.jid % 10, 6_123]]
    });
    let processes: Vec<Process> = HOST.into_iter().chain(of_jails).collect();
    let cell = |process: &Process, column: &str| {
        let [jid, kilobytes, percent, time] = *process;
        let (seconds, hundredths) = (time / 100, time % 100);
        match column {
            "jid=" => Some(jid.to_string()),
            "rss=" => Some(kilobytes.to_string()),
            "%cpu=" => Some(format!("{}.{}", percent / 10, percent % 10)),
            "time=" => Some(format!("{}:{:02}.{hundredths:02}", seconds / 60, seconds % 60)),
            _ => None,
        }
    };
    let mut table = Vec::new();
    for column in columns {
        let cells: Option<Vec<String>> = processes.iter().map(|process| cell(process, column)).collect();
        table.push(cells.ok_or_else(refused)?);
    }
    let widths: Vec<usize> =
        table.iter().map(|cells| cells.iter().map(String::len).max().unwrap_or_default()).collect();
    for at in 0..processes.len() {
        let line: Vec<_> =
            table.iter().zip(&widths).map(|(cells, width)| format!("{:>width$}", cells[at])).collect();
        session.output.out(&format!("{}\n", line.join(" ")));
    }
    Ok(0)
}
