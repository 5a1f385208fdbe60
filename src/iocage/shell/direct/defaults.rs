//! `defaults` of the shell iocage: what stands at the dataset of the defaults, and where
//! nothing does, the script's own.

use std::fmt::Write;

use super::get::echoed;
use super::line::Line;
use super::properties::{self, Of, Own};
use super::walk::{Walk, defaults_of};
use crate::iocage::direct::{Machine, Printed, Untold};

/// Start what will be asked, below this root.
pub(super) fn begin(machine: &Machine<'_>, line: Line, root: &str) {
    let columns: Vec<_> = known(line).map(|(name, of, _)| of.column(name)).collect();
    machine.begin_values(&columns.iter().map(|column| &**column).collect::<Vec<_>>(), &defaults_of(root));
}

/// The properties of which there are defaults.
fn known(line: Line) -> impl Iterator<Item = (&'static str, Of, Own)> {
    properties::with_defaults(line).filter(|(.., own)| *own != Own::None)
}

pub(super) fn print(machine: &Machine<'_>, line: Line, walk: &Walk<'_>) -> Result<Printed, Untold> {
    let name = walk.find("default")?.name;
    let known: Vec<_> = known(line).collect();
    let columns: Vec<_> = known.iter().map(|(name, of, _)| of.column(name)).collect();
    let columns: Vec<_> = columns.iter().map(|column| &**column).collect();
    let mut text = String::new();
    for ((name, of, own), value) in known.iter().zip(machine.values(&columns, name)?) {
        let value = echoed(&value)?;
        let is_unset = value == "none" || (value == "-" && *of == Of::Iocage);
        let value = match (is_unset, own) {
            (false, _) => value,
            (true, Own::Is(own)) => own,
            (true, _) => return Untold::about("a default is what iocage makes up each time", *name),
        };
        // Writing to memory does not fail.
        let _ = writeln!(text, "{name}={value}");
    }
    Ok(Printed::out(text))
}
