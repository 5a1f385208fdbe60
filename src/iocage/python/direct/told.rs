//! Which question is which.

use std::cell::OnceCell;

use crate::iocage::direct::{Machine, Printed, Untold};

use super::active::{Active, Need};
use super::defaults::Defaults;
use super::end::{End, Found};
use super::jails::Jails;
use super::page::Page;
use super::version::Known;
use super::{df, list};

const QUESTION: &str = "this question is not known without iocage";
const VERSION: &str = "of this version of iocage it is not known what it prints";
const BROKEN: &str = "iocage fails, and its defaults are broken";

/// What the Python iocage would print for these words.
pub(in crate::iocage) fn told(machine: &Machine<'_>, args: &[&str]) -> Result<Printed, Untold> {
    let need = match args {
        ["list", "-lh" | "-l" | "-tlh" | "-tl"] => list::NEED,
        ["df", "-lh" | "-l"] => df::NEED,
        ["list", "-rh"] | ["get", "-p"] | ["get", "-s" | "-rh" | "-r", _] => Need::default(),
        ["get", property, word] if !property.starts_with('-') && !word.starts_with('-') => Need::default(),
        _ => return Untold::about(QUESTION, args.join(" ")),
    };
    let wants_running = match args {
        ["list", form] => *form != "-rh",
        ["get", "-s" | "state" | "jid", _] | ["get", "-r" | "-rh", "state"] => true,
        ["get", "all", word] => *word != "default",
        _ => false,
    };
    if wants_running && machine.begin_pools() {
        machine.begin_running();
    }
    let is_without_header = matches!(args, [_, form, ..] if form.ends_with('h'));
    printed(machine, need, is_without_header, |jails, page| match args {
        ["list", "-lh" | "-l"] => jails.list("jails", page),
        ["list", "-rh"] => jails.releases(page),
        ["list", ..] => jails.list("templates", page),
        ["df", ..] => jails.df(page),
        ["get", "-p"] => {
            page.line(&jails.active.pool);
            Ok(())
        }
        ["get", "-s", word] => jails.property("state", word, page),
        ["get", "-rh" | "-r", property] => jails.each(property, page),
        ["get", "all", "default"] => jails.defaults(page),
        ["get", "all", word] => jails.properties(word, page),
        ["get", property, word] => jails.property(property, word, page),
        _ => End::doubt(QUESTION, &args.join(" ")),
    })
}

/// The names of all jails and templates; none where iocage would fail, and say why. It has
/// no such question and tells them with what it reads of every configuration, of which here
/// nothing is needed.
pub(in crate::iocage::python) fn names(machine: &Machine<'_>) -> Result<Option<Vec<String>>, Untold> {
    let mut names = Vec::new();
    let printed = printed(machine, Need::default(), true, |jails, _| {
        for sort in ["jails", "templates"] {
            jails.active.for_each(sort, |entry| names.push(entry.name.to_owned()))?;
        }
        Ok(())
    })?;
    Ok((printed.exit == 0).then_some(names))
}

fn printed(
    machine: &Machine<'_>,
    need: Need,
    is_without_header: bool,
    answer: impl FnOnce(&Jails<'_>, &mut Page) -> Found<()>,
) -> Result<Printed, Untold> {
    let Some(known) = Known::of(machine.version) else { return Untold::about(VERSION, machine.version) };
    let may_be_box = !(is_without_header && known.always_prints_tabs());
    let mut page = Page::new(may_be_box);
    let exit = match answered(machine, known, need, answer, &mut page) {
        Ok(()) => 0,
        Err(End::Dies(line)) => {
            page.complain(Some(&line));
            1
        }
        Err(End::Untold(untold)) => return Err(untold),
    };
    Ok(page.ended(exit))
}

fn answered(
    machine: &Machine<'_>,
    known: Known,
    need: Need,
    answer: impl FnOnce(&Jails<'_>, &mut Page) -> Found<()>,
    page: &mut Page,
) -> Found<()> {
    let active = Active::find(machine, need)?;
    let (stdout, stderr) = known.banner();
    page.print(stdout);
    page.complain_as(stderr);
    active.check(known)?;
    let defaults = Defaults::read(machine, known, &active)?;
    let complaint = defaults.complaint.clone();
    page.complain(complaint.as_deref());
    match answer(&Jails { machine, known, active: &active, defaults, holders: OnceCell::new() }, page) {
        // How often it complains of them before is not known.
        Err(End::Dies(line)) if complaint.is_some() => End::doubt(BROKEN, &line),
        answered => answered,
    }
}
