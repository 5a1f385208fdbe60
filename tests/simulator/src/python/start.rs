//! `start`: jails by name, those with boot=on, or all of them.
//!
//! Of several names the first that fails ends the command; of all jails, which any name with `ALL` in it means, none
//! does, and the exit status is 0 whatever happens.

use std::collections::BTreeMap;

use super::call::Call;
use super::failure::fail;
use super::pool::{active, active_mut};
use super::properties::{self, is_true};
use super::running::{has_limits, in_order, silently, unless_broken};
use super::{names, network, validate};
use crate::guest::Guest;
use crate::output::Output;
use crate::session::{Outcome, Stop};
use crate::state::State;

pub(super) fn start(call: &mut Call<'_>) -> Outcome {
    let words = call.words.arguments.clone();
    let (is_rc, is_lenient) = (call.words.has("rc"), call.words.has("ignore"));
    if words.is_empty() && !is_rc {
        return Err(call.fail("Usage: iocage start [OPTIONS] JAILS...\n\nError: Missing argument \"jails\"."));
    }
    call.change(|state, output| {
        if is_rc {
            for name in in_order(state, true, true, output)? {
                // Nothing of this is said.
                start_one(state, &name, &mut Output::default()).or_else(unless_broken)?;
            }
            return Ok(0);
        }
        for word in &words {
            if names::means_all(word) {
                all(state, output)?;
            } else {
                let started = named(state, word, output);
                if is_lenient { started.or_else(unless_broken)? } else { started? }
            }
        }
        Ok(0)
    })
}

fn all(state: &mut State, output: &mut Output) -> Result<(), Stop> {
    for name in in_order(state, false, true, output)? {
        let is_up = names::exact(active(state), &name).is_some_and(|at| active(state).jails[at].is_up());
        if is_up {
            output.err(&format!("{name} ({name}) is already running!\n"));
        } else {
            start_one(state, &name, output).or_else(unless_broken)?;
        }
    }
    Ok(())
}

fn named(state: &mut State, word: &str, output: &mut Output) -> Result<(), Stop> {
    let pool = active(state);
    let jail = &pool.jails[names::find(state, pool, word, output)?];
    let name = jail.uuid.clone();
    if jail.is_up() {
        return Err(fail(output, &format!("{name} is already running!")));
    }
    start_one(state, &name, output)
}

/// Starts a jail that is down, by its whole name.
pub(super) fn start_one(state: &mut State, name: &str, output: &mut Output) -> Result<(), Stop> {
    let pool = active(state);
    let at = names::exact(pool, name).expect("the caller has just found it there");
    let jail = &pool.jails[at];
    properties::check(state, jail, output)?;
    if jail.is_template() {
        return Err(fail(output, &format!("Please convert back to a jail before trying to start {name}")));
    }
    let all = properties::of_jail(state, pool, jail);
    output.out(&format!("* Starting {}\n", names::of_process(jail)));
    if all["exec_prestart"].ends_with("/false") {
        let message = format!(
            "  + Executing exec_prestart FAILED\nERROR:\nScript returned non-zero status: [b'']\n\n\
             Refusing to start {name}: exec_prestart failed"
        );
        return Err(fail(output, &message));
    }
    if jail.is_hollow {
        let message = format!(
            "  + Start FAILED\njail: ioc-{}: mount.devfs: {}/root/dev: No such file or directory\n",
            names::of_process(jail),
            names::root(state, pool)
        );
        return Err(fail(output, &message));
    }
    output.out("  + Started OK\n");
    let has_vnet = is_true(&all["vnet"]);
    let ruleset = state.free_ruleset();
    if all["devfs_ruleset"] == "4" {
        output.out(&format!("  + Using devfs_ruleset: {ruleset} (iocage generated default)\n"));
    } else {
        output.out(&format!("  + Using devfs_ruleset: {}\n", all["devfs_ruleset"]));
    }
    if has_vnet {
        output.out("  + Configuring VNET OK\n");
        output.err("No default gateway found for ipv6.\n");
    }
    output.out(&format!("  + Using IP options: {}\n", ip_options(&all, has_vnet)));
    let services = services(state, at, &all);
    // A jail id is used up also by a jail that does not stay.
    let jid = state.next_jid();
    if let Err(reason) = services {
        let message = format!(
            "  + Starting services FAILED\nERROR:\n[{reason}]\n\nRefusing to start {name}: exec_start failed"
        );
        return Err(fail(output, &message));
    }
    output.out("  + Starting services OK\n  + Executing poststart OK\n");
    let started = state.now().joined(' ');
    let pool = active_mut(state);
    // Whatever has this name in jail(8) runs now, in the eyes of iocage.
    let process = names::of_process(&pool.jails[at]);
    for jail in pool.jails.iter_mut().filter(|jail| names::of_process(jail) == process) {
        jail.jid = Some(jid);
        jail.ruleset = Some(ruleset);
    }
    let jail = &mut pool.jails[at];
    if has_vnet && all["vnet0_mac"] == "none" {
        let mac = (jid * 2) & 0x00ff_fffe;
        let prefix = &all["mac_prefix"];
        let pair = format!("{prefix}{mac:06x} {prefix}{:06x}", mac + 1);
        jail.properties.insert("vnet0_mac".to_owned(), pair);
    }
    if network::asks_for_lease(&all) {
        match network::lease(state, active(state).jails[at].jid) {
            Some(lease) => output.out(&format!("  + DHCP Address: {lease}/24\n")),
            None => {
                output.err("  + Acquiring DHCP address: FAILED, address received: ERROR, check jail logs\n");
                silently(state, name);
                return Err(fail(output, &format!("\nStopped {name} due to DHCP failure")));
            }
        }
    }
    active_mut(state).jails[at].properties.insert("last_started".to_owned(), started);
    if has_limits(&all) {
        if !state.host.racct {
            return Err(validate::no_racct(output));
        }
        output.out("  + Setting RCTL props\n");
    }
    if all["cpuset"] != "off" {
        output.out(&format!("  + Setting cpuset to: {}\n", all["cpuset"]));
    }
    Ok(())
}

/// Runs `exec_start`; what Python shows of its stderr where it fails.
fn services(state: &State, at: usize, all: &BTreeMap<String, String>) -> Result<(), String> {
    let jail = &active(state).jails[at];
    let program = all["exec_start"].split_whitespace().next().unwrap_or_default();
    if jail.release == "EMPTY" {
        return Err(format!("b'jexec: execvp: {program}: No such file or directory\\n', b''"));
    }
    if !Guest::has_program(program, &jail.lacks) {
        return Err(format!("b'jexec: execvp: {program}: No such file or directory\\n'"));
    }
    match (jail.rc_exit, jail.rc_stderr.as_str()) {
        (0, _) => Ok(()),
        (_, "") => Err("b''".to_owned()),
        // In pieces as they were read, the last one of them empty.
        (_, said) => Err(format!("{}, b''", as_bytes(said))),
    }
}

/// Text as Python shows bytes.
fn as_bytes(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = format!("b{quote}");
    for byte in text.bytes() {
        match byte {
            b'\n' => shown.push_str("\\n"),
            b'\t' => shown.push_str("\\t"),
            b'\r' => shown.push_str("\\r"),
            b'\\' => shown.push_str("\\\\"),
            byte if char::from(byte) == quote => shown.extend(['\\', quote]),
            b' '..=b'~' => shown.push(char::from(byte)),
            byte => shown.push_str(&format!("\\x{byte:02x}")),
        }
    }
    shown.push(quote);
    shown
}

fn ip_options(all: &BTreeMap<String, String>, has_vnet: bool) -> String {
    if has_vnet {
        return "vnet".to_owned();
    }
    let mut options = Vec::new();
    for version in ["ip4", "ip6"] {
        let addresses = &all[&format!("{version}_addr")];
        if addresses != "none" {
            options.push(format!("{version}.addr={addresses}"));
        }
        options.push(format!("{version}.saddrsel={}", all[&format!("{version}_saddrsel")]));
        options.push(format!("{version}={}", all[version]));
    }
    options.join(" ")
}
