//! What a module says of itself.

use std::io::Write;

use serde_json::Value;
use sysadm_class::host::{Door, Instance, Module};

use crate::failure::Failure;

/// Print the module's identity and its actions, and of an instance also what its
/// configuration denies.
pub(crate) fn print(
    module: &Module,
    instance: Option<&Instance>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (major, minor) = module.abi();
    let door = if module.door() == Door::Rust { "abi_stable" } else { "C" };
    writeln!(out, "{}/{} {}: {}", module.namespace(), module.name(), module.version(), module.description())?;
    writeln!(out, "loaded from {} through the {door} door", module.path().display())?;
    writeln!(
        out,
        "ABI {major}.{minor}, {}",
        if module.is_unload_safe() { "may be unloaded" } else { "stays loaded" }
    )?;
    let response = instance.map_or_else(|| module.describe(), Instance::describe);
    let Some(response) = response else {
        writeln!(out, "\nIt does not describe its actions.")?;
        return Ok(());
    };
    let description: Value = serde_json::from_slice(response.args())?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let denied = &description["denied"];
    for (key, what) in [
        ("actions", "denied here, actions"),
        ("props", "denied here, properties"),
        ("allowed_props", "but allowed"),
    ] {
        let words: Vec<_> = denied[key].as_array().into_iter().flatten().map(text).collect();
        if !words.is_empty() {
            writeln!(out, "{what}: {}", words.join(" "))?;
        }
    }
    for action in description["actions"].as_array().into_iter().flatten() {
        writeln!(
            out,
            "\n{} ({} access)\n    {}",
            text(&action["action"]),
            text(&action["access"]),
            text(&action["summary"])
        )?;
        for key in action["keys"].as_array().into_iter().flatten() {
            let needed = if key["required"] == true { ", required" } else { "" };
            writeln!(
                out,
                "      {:<9} {}{needed}: {}",
                text(&key["key"]),
                text(&key["type"]),
                text(&key["summary"])
            )?;
        }
    }
    Ok(())
}
