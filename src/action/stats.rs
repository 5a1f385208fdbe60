//! What the running jails take: jailstats.
//!
//! Processes are ps's to tell, by the numbers of the jails, and disk is what `df` tells. rctl(8) is not
//! asked: it counts only where `kern.racct.enable` was set when the machine started, which it is not by
//! default, tells one jail at a time, and of memory and processor what ps tells of all at once.

use std::collections::BTreeMap;

use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::lists::listed;
use crate::error::Error;
use crate::iocage::Rows;
use crate::iocage::machine::if_told;
use crate::iocage::machine::processes::{self, Taken};
use crate::iocage::sets::order_of;
use crate::request::keys::JAIL;

/// What stands for what is not told.
const UNTOLD: &str = "-";

pub(super) fn stats(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let fields = [("cpu", 1), ("cputime", 2), ("memory", 3), ("processes", 4), ("tag", 5), ("use", 6)];
    listed(context, args, 0, &fields, &|| rows(context, args))
}

fn rows(context: &Context<'_>, args: &Args) -> Result<Rows<7>, Error> {
    let session = context.session;
    let one = args.get(&JAIL).map(|_| context.jail(args)).transpose()?;
    let jails = context.dialect.jails(session)?;
    let (mut taken, mut shared, mut rows) = (BTreeMap::new(), Vec::new(), Rows::default());
    rows.problems = jails.problems.clone();
    rows.left_out = jails.left_out;
    for [jid, uuid, _, state, ..] in jails.iter().filter(|[_, _, _, state, ..]| *state == "up") {
        match jid.parse::<u32>() {
            // Two that the kernel knows by one name are told as if both ran.
            Ok(jid) if taken.insert(jid, Taken::default()).is_some() => shared.push(jid),
            Ok(_) => {}
            Err(_) => rows.problems.push(format!("{uuid} is {state}, and its number is not told")),
        }
    }
    // Who runs is known before: a number that comes to be another jail's meanwhile was nobody's then.
    processes::add(session, &mut taken)?;
    let usage = match context.dialect.usage(session) {
        Ok(usage) => usage,
        Err(error) => {
            rows.problems.push(format!("what the jails use of the disk is not told: {}", error.message));
            if_told(Err(error))?.unwrap_or_default()
        }
    };
    let name = |at: usize| usage.cell(at, 0);
    let order = order_of(usage.len(), &|a, b| name(a).cmp(name(b)));
    let used = |uuid: &str| {
        let found = order.binary_search_by(|at| name(*at).cmp(uuid));
        found.map_or(UNTOLD, |at| usage.cell(order[at], 4))
    };
    for [jid, uuid, _, state, tag, ..] in jails.iter() {
        let jid = jid.parse().unwrap_or_default();
        let is_wanted = one.as_ref().is_none_or(|one| one.uuid() == uuid);
        let Some(taken) = taken.get(&jid).filter(|_| is_wanted && state == "up") else { continue };
        if shared.contains(&jid) {
            rows.problems.push(format!("{uuid} is told as the jail {jid}, and it is not the only one"));
            continue;
        }
        let cpu = format!("{}.{}", taken.cpu / 10, taken.cpu % 10);
        let time = format!("{}.{:02}", taken.time / 100, taken.time % 100);
        let [memory, processes] = [taken.memory, taken.processes].map(|number| number.to_string());
        rows.push([uuid, &cpu, &time, &memory, &processes, tag, used(uuid)]);
    }
    Ok(rows)
}
