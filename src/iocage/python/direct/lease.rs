//! The address of a running jail that is given one by a server: only the jail knows it,
//! and iocage asks `ifconfig` in it.
//!
//! That program is the jail's own, and prints what the jail's root wants. It fills one
//! cell of one row, as it does when iocage asks; it is asked of this very jail, by its
//! number and where its root is, and what is no plain word is not taken. It may also not end. Then iocage is
//! asked, which waits for it without a limit of its own: a jail can hold up the list of
//! all, but no more than it could before, for the time of the question is one and the
//! first jail that is too slow ends this way of answering. To make up a cell instead would
//! be an answer that iocage never gives, and wrong where the jail is only slow.

use std::time::{Duration, Instant};

use crate::error::{Code, Error};
use crate::iocage::direct::{Machine, Prison};
use crate::iocage::output::Output;

use super::end::{End, Found};
use super::page::Page;

const OTHER: &str = "another jail runs under the name of one that is given an address";
const SLOW: &str = "a jail does not tell its address in time";
const NO_JEXEC: &str = "jexec, which asks a jail for its address, cannot be run (`jexec`)";
const ODD: &str = "a jail tells an address that is not understood";
const INTERFACE: &str = "a jail's interface is called so that it is not asked about";

/// How long one may take.
const LIMIT: Duration = Duration::from_secs(2);

/// The column IP4 of a jail that runs, if it is the one whose root that is: another one can
/// run under the name. What its program complains of iocage does not keep to itself.
pub(super) fn of(
    machine: &Machine<'_>,
    prison: &Prison,
    root: &str,
    interfaces: &str,
    page: &mut Page,
) -> Found<String> {
    let Prison { jid, name: kernel, path, .. } = prison;
    if path != root {
        return End::doubt(OTHER, kernel);
    }
    let Some(interface) = interface_of(interfaces) else { return End::doubt(INTERFACE, kernel) };
    let output = match within(machine, |machine| machine.in_jail(*jid, &["ifconfig", &interface, "inet"])) {
        Ok(output) => output,
        Err(error) if error.code == Code::Killed => return End::doubt(ODD, kernel),
        Err(error) if matches!(error.code, Code::CannotStart | Code::UnsafeProgram) => {
            return End::doubt(NO_JEXEC, &error.message);
        }
        Err(error) => return Err(error.into()),
    };
    let Some(output) = output else { return End::doubt(SLOW, kernel) };
    let Some(cell) = cell(&output, kernel, &interface) else { return End::doubt(ODD, kernel) };
    page.complain_as(&output.stderr);
    Ok(cell)
}

/// Which interface is asked about: the first one, under the name that it has in the jail.
fn interface_of(interfaces: &str) -> Option<String> {
    let first = interfaces.split([',', ':']).next()?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let is_name = !first.is_empty() && first.bytes().all(is_plain) && !first.starts_with('-');
    is_name.then(|| if first == "vnet0" { "epair0b" } else { first }.to_owned())
}

/// Ask, for a while; nothing if that was too short.
fn within(
    machine: &Machine<'_>,
    ask: impl FnOnce(&Machine<'_>) -> Result<Output, Error>,
) -> Result<Option<Output>, Error> {
    let session = machine.session;
    let until = session.read_until.get();
    let own = Instant::now() + LIMIT;
    session.read_until.set(Some(until.map_or(own, |until| until.min(own))));
    let asked = ask(machine);
    session.read_until.set(until);
    match asked {
        Err(error) if error.code == Code::TimedOut => {
            session.still_wanted()?;
            if until.is_some_and(|until| Instant::now() >= until) { Err(error) } else { Ok(None) }
        }
        asked => asked.map(Some),
    }
}

/// What iocage makes of it: the second word of the third line.
fn cell(output: &Output, kernel: &str, interface: &str) -> Option<String> {
    if output.truncated || [&output.stdout, &output.stderr].iter().any(|text| text.contains('\u{fffd}')) {
        return None;
    }
    if let Some(exit) = output.exit.filter(|exit| *exit != 0) {
        let is_plain = kernel.bytes().all(|b| b.is_ascii_graphic() && !b"'\\".contains(&b));
        return is_plain.then(|| {
            format!(
                "DHCP - Network Issue: Command '['jexec', '{kernel}', 'ifconfig', '{interface}', 'inet']' \
                 returned non-zero exit status {exit}."
            )
        });
    }
    output.exit?;
    let text = output.stdout.replace("\r\n", "\n");
    let mut lines = text.split(['\n', '\r']);
    let third = lines.nth(2).filter(|line| !line.is_empty() || lines.next().is_some());
    let is_blank = |c: char| matches!(c, '\t'..='\r' | ' ');
    let word = third.and_then(|line| line.split(is_blank).filter(|word| !word.is_empty()).nth(1));
    match word {
        Some(word) if word.len() <= 64 && word.bytes().all(|b| b.is_ascii_graphic()) => {
            Some(format!("{interface}|{word}"))
        }
        Some(_) => None,
        None => Some("DHCP - Failed Parsing: list index out of range".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "epair0b: flags=8863<UP> metric 0 mtu 1500\n\toptions=8<VLAN_MTU>\n\
        \tinet 10.0.0.77 netmask 0xffffff00 broadcast 10.0.0.255\n";

    fn told(exit: i32, stdout: &str) -> Option<String> {
        let output = Output { exit: Some(exit), stdout: stdout.into(), ..Output::default() };
        cell(&output, "ioc-dh", "epair0b")
    }

    #[test]
    fn the_second_word_of_the_third_line_is_the_address() {
        assert_eq!(told(0, PRINTED).as_deref(), Some("epair0b|10.0.0.77"));
        for text in ["", "a\nb\n", "a\nb\n\n", "a\nb\ninet\n"] {
            assert_eq!(
                told(0, text).as_deref(),
                Some("DHCP - Failed Parsing: list index out of range"),
                "{text:?}"
            );
        }
        let failed = "DHCP - Network Issue: Command '['jexec', 'ioc-dh', 'ifconfig', 'epair0b', 'inet']' \
            returned non-zero exit status 1.";
        assert_eq!(told(1, PRINTED).as_deref(), Some(failed));
    }

    #[test]
    fn what_is_no_plain_word_is_a_doubt() {
        for text in ["a\nb\ninet \u{e4}\n", "a\nb\ninet \u{1b}[31m\n", "a\u{fffd}\nb\ninet 1\n"] {
            assert_eq!(told(0, text), None, "{text:?}");
        }
        assert_eq!(told(0, &format!("a\nb\ninet {}\n", "1".repeat(65))), None);
    }

    #[test]
    fn the_interface_is_the_first() {
        let names = ["vnet0:bridge0,vnet1:bridge1", "vnet1:bridge0", "em0", "", "-a:b", "a b:c"];
        assert_eq!(
            names.map(interface_of),
            [Some("epair0b"), Some("vnet1"), Some("em0"), None, None, None]
                .map(|name| name.map(str::to_owned))
        );
    }
}
