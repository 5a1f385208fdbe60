//! What iocage lets a property be, and what it says otherwise.

use super::failure::fail;
use super::get::invalid;
use super::properties::{self, Rule, is_true};
use crate::output::Output;
use crate::session::Stop;

const TRUTH: [&str; 8] = ["0", "1", "off", "on", "no", "yes", "false", "true"];

const ACTIONS: [&str; 4] = ["deny", "log", "devctl", "throttle"];

/// The value as it is kept.
pub(super) fn value(name: &str, value: &str, racct: bool, output: &mut Output) -> Result<String, Stop> {
    let not_one_of = |words: &[&str]| {
        format!("{value} is not a valid value for {name}.\nValue must be {}", words.join(" or "))
    };
    let kept = value.to_owned();
    match properties::rule(name) {
        None if matches!(name, "host_hostname" | "jail_zfs_dataset") => Ok(kept),
        None if matches!(name, "host_hostuuid" | "release" | "cloned_release" | "state") => {
            Err(fixed(name, output))
        }
        None => Err(invalid(name, output)),
        Some(Rule::Fixed | Rule::ReadOnly) => Err(fixed(name, output)),
        Some(Rule::Text) => Ok(kept),
        Some(Rule::Truth) if TRUTH.contains(&value.to_lowercase().as_str()) => {
            Ok(u8::from(is_true(value)).to_string())
        }
        Some(Rule::Truth) => Err(fail(output, &not_one_of(&TRUTH))),
        Some(Rule::OneOf(words)) if words.contains(&value) => Ok(kept),
        Some(Rule::OneOf(words)) => Err(fail(output, &not_one_of(words))),
        Some(Rule::Address) => address(name, value, output).map(|()| value.replace(' ', "")),
        Some(Rule::Limit) => limit(name, value, racct, output).map(|()| kept),
        Some(Rule::Size) => size(value, output).map(|()| kept),
    }
}

fn fixed(name: &str, output: &mut Output) -> Stop {
    fail(output, &format!("{name} cannot be changed by the user."))
}

/// `8G:log`, the form of the shell iocage, is among what is refused.
fn limit(name: &str, value: &str, racct: bool, output: &mut Output) -> Result<(), Stop> {
    if value == "off" {
        return Ok(());
    }
    if !racct {
        return Err(no_racct(output));
    }
    let is_right = value.to_lowercase().rsplit_once('=').is_some_and(|(action, amount)| {
        let digits = amount.strip_suffix(['b', 'k', 'm', 'g', 't', 'p']).unwrap_or(amount);
        (ACTIONS.iter().any(|known| action.ends_with(known)) || action.contains("sig"))
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if is_right {
        return match misplaced(name, &value.to_lowercase()) {
            Some(reason) => Err(fail(output, &reason)),
            None => Ok(()),
        };
    }
    Err(fail(
        output,
        &format!(
            "Please supply a valid value for rctl property {name} following format \"action=amount\" or \"off\" \
             where valid actions are \"deny|log|devctl|sig*|throttle\""
        ),
    ))
}

/// Counts and times have no unit, some rules cannot refuse, and only rates can be throttled.
const UNITLESS: [&str; 12] = [
    "cputime",
    "maxproc",
    "openfiles",
    "pseudoterminals",
    "nthr",
    "msgqqueued",
    "nmsgq",
    "nsem",
    "nsemop",
    "nshm",
    "wallclock",
    "pcpu",
];
const RATES: [&str; 4] = ["readbps", "writebps", "readiops", "writeiops"];

fn misplaced(name: &str, value: &str) -> Option<String> {
    let action = value.split('=').next().unwrap_or_default();
    let unit = value.chars().last().filter(char::is_ascii_alphabetic);
    let is_rate = RATES.contains(&name);
    match unit {
        Some(unit) if UNITLESS.contains(&name) => Some(format!("suffix {unit} is not allowed with {name}")),
        _ if action == "deny" && (is_rate || matches!(name, "cputime" | "wallclock")) => {
            Some(format!("Deny action is not supported with prop {name}"))
        }
        _ if action == "throttle" && !is_rate => {
            Some(format!("Throttle action is only supported with properties \"{}\"", RATES.join(", ")))
        }
        _ => None,
    }
}

pub(super) fn no_racct(output: &mut Output) -> Stop {
    fail(output, "Please set kern.racct.enable -> 1 to set rctl rules")
}

fn size(value: &str, output: &mut Output) -> Result<(), Stop> {
    if value == "none" || value.to_uppercase().ends_with(['M', 'G', 'T']) {
        return Ok(());
    }
    Err(fail(output, &format!("{value} should have a suffix ending in M, G, or T.")))
}

fn address(name: &str, value: &str, output: &mut Output) -> Result<(), Stop> {
    let is_special = value == "none"
        || value.to_uppercase().contains("DHCP")
        || value.to_lowercase().contains("accept_rtadv");
    // What Python's `ipaddress` says of version 6 is not recorded; every address of it passes.
    if is_special || name == "ip6_addr" {
        return Ok(());
    }
    for one in value.replace(' ', "").split(',') {
        let ip = match one.split_once('|') {
            Some(("", _)) => return Err(fail(output, "Please provide a valid interface")),
            Some((_, ip)) => ip,
            None => one,
        };
        let ip = ip.split('/').next().unwrap_or_default();
        if let Some(reason) = octets(ip) {
            return Err(fail(output, &format!("Please provide a valid ip: {reason}")));
        }
    }
    Ok(())
}

/// What Python says of an address that is none.
fn octets(ip: &str) -> Option<String> {
    let octets: Vec<&str> = ip.split('.').collect();
    if octets.len() != 4 {
        return Some(format!("Expected 4 octets in '{ip}'"));
    }
    octets.iter().find_map(|octet| {
        let is_number = !octet.is_empty() && octet.bytes().all(|byte| byte.is_ascii_digit());
        match octet.parse::<u32>() {
            _ if octet.is_empty() => Some(format!("Empty octet not permitted in '{ip}'")),
            _ if !is_number => Some(format!("Only decimal digits permitted in '{octet}' in '{ip}'")),
            _ if octet.len() > 3 => Some(format!("At most 3 characters permitted in '{octet}' in '{ip}'")),
            Ok(number) if number > 255 => Some(format!("Octet {number} (> 255) not permitted in '{ip}'")),
            _ => None,
        }
    })
}
