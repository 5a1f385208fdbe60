//! A module in C of which one thing is spoiled: `tests/c/broken/table.c`, after a statement of ours.

use std::path::PathBuf;

use super::compiler::module_in_c;
use super::folder::Folder;

/// The functions of its table, none of which may be null.
pub const FUNCTIONS: [&str; 10] = [
    "create",
    "dispatch",
    "cancel",
    "health",
    "export_state",
    "import_state",
    "set_log_level",
    "close",
    "release",
    "get_extension",
];

/// One after this statement, called so.
pub fn spoiled_table(folder: &Folder, name: &str, statement: &str) -> PathBuf {
    let spoil = format!("-DSPOIL={statement}");
    module_in_c(folder, "tests/c/broken/table.c", &format!("{name}.so"), &[&spoil])
}
