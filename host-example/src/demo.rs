//! The document, played: every exchange on a machine in the state in which the
//! document was written, the answer compared with the documented one.
//!
//! A machine with the Python iocage has other facts (one name, other properties,
//! other lines), so there the shapes are compared, and what stands beside the
//! documented object is not.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};
use sysadm_class::host::Module;

use crate::document::{Exchange, exchanges, is_shaped_like};
use crate::failure::Failure;
use crate::instance::dispatcher;
use crate::options::Options;
use crate::services::Ears;
use crate::simulator::Simulator;

/// Play all exchanges through `module`.
pub(crate) fn play(
    module: &Module,
    options: &Options,
    ears: &Arc<Ears>,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let is_python = options.sim_version == Some("1.13");
    let version = if is_python { "1.13" } else { "2016-02-10" };
    writeln!(
        out,
        "Playing the documented exchanges on iocage-sim, a simulator of iocage {version}. No iocage is run."
    )?;
    let exchanges = exchanges();
    let (mut section, mut differing) = (String::new(), 0);
    for exchange in &exchanges {
        if ears.ending().has_begun() {
            return Ok(ExitCode::FAILURE);
        }
        if exchange.section != section {
            section.clone_from(&exchange.section);
            writeln!(out, "\n{section}\n{}", "=".repeat(section.len()))?;
        }
        // Each in the state it was written in, not in what the ones before left.
        let state = if is_python { &exchange.state_of_python() } else { &exchange.state };
        let machine = Simulator::temporary(Some(state), None)?;
        let dispatcher = dispatcher(module, options, &options.config(Some(&machine))?, ears)?;
        let (namespace, name) = (module.namespace(), module.name());
        let request = json!({"args": exchange.request, "id": "fooid", "name": name, "namespace": namespace});
        let answer = dispatcher.dispatch(namespace, name, &exchange.request.to_string());
        // Each dispatcher has one request.
        ears.done(1);
        let args: Value = serde_json::from_slice(answer.args())?;
        writeln!(out, "\n-> {request}")?;
        writeln!(out, "<- {} {}", answer.status.code(), serde_json::to_string_pretty(&args)?)?;
        if !is_as_documented(exchange, &args, is_python) {
            differing += 1;
            writeln!(out, "!! the document has {}", exchange.answer)?;
        }
    }
    writeln!(
        out,
        "\n{} exchanges played, {} as documented, {differing} not",
        exchanges.len(),
        exchanges.len() - differing
    )?;
    Ok(if differing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Is this the documented answer, or one of its shape?
fn is_as_documented(exchange: &Exchange, args: &Value, is_python: bool) -> bool {
    let documented = exchange.answer.as_object().into_iter().flatten();
    if !is_python {
        // What an administrator should know beside it changes nothing of it.
        let beside = |key: &str| exchange.answer.get(key).is_some() || key == "warnings";
        let is_all = args.as_object().is_some_and(|args| args.keys().all(|key| beside(key)));
        return is_all && documented.into_iter().all(|(action, documented)| args[action] == *documented);
    }
    documented.into_iter().all(|(action, documented)| is_shaped_like(&args[action], documented))
}
