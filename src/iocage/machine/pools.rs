//! The pools of the machine, as `zpool list` tells them.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::Rows;
use crate::iocage::program::Program;
use crate::iocage::session::Session;
use crate::iocage::text::kept;

use super::{run, whole};

/// The name, the health, the size and what is free, in bytes, of each.
///
/// # Errors
/// If zpool cannot be run, fails, or prints what is not understood.
pub fn pools(session: &Session<'_>) -> Result<Rows<4>, Error> {
    let args = ["list", "-H", "-p", "-o", "name,health,size,free"];
    let output = whole(run(session, Program::Zpool, Kind::Read, true, &args)?, "zpool list")?;
    let not_understood = |line: &str| {
        let message = format!("zpool list printed a line that is not understood: {}", kept(line));
        output.error(Code::UnexpectedOutput, message)
    };
    let rows = output.stdout.lines().map(|line| cells(line).ok_or_else(|| not_understood(line)));
    Ok(Rows::of_cells(rows.collect::<Result<Vec<_>, _>>()?))
}

fn cells(line: &str) -> Option<[&str; 4]> {
    let mut cells = line.split('\t');
    let row: [&str; 4] = std::array::from_fn(|_| cells.next().unwrap_or_default());
    (cells.next().is_none() && row.iter().all(|cell| !cell.is_empty())).then_some(row)
}
