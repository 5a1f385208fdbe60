//! The actions that look something up: listjails, df, getdefaultsettings,
//! getjailsettings.

use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::lists::listed;
use super::object::{Entries, Object};
use crate::error::{Code, Error, Quoted};
use crate::iocage::JailId;
use crate::request::keys::{self, JAIL, MORE, PROP};
use crate::request::query;

/// The document's word for a jail's name in rows of one property.
const TAG: &str = "TAG";
/// How often a jail is read that is another one afterwards.
const READ: usize = 2;

/// The values are copies, and the text that they were in is still there where it is told.
fn of_values(context: &Context<'_>, name: &str, entries: Entries<'_>) -> Result<Answer, Error> {
    let wanted = || context.session.still_wanted();
    Answer::of_object(&Object { name, entries }, context.room(), ("values", 0), &wanted)
}

/// The fields of a list of jails, and their columns.
pub(super) const JAILS: [(&str, usize); 6] =
    [("boot", 2), ("ip4", 6), ("jid", 0), ("state", 3), ("tag", 4), ("type", 5)];

/// The same where more is asked for, whose columns stand behind those.
const JAILS_AND_MORE: [(&str, usize); 12] = [
    ("basejail", 11),
    ("boot", 2),
    ("ip4", 6),
    ("ip6", 9),
    ("jid", 0),
    ("path", 12),
    ("pool", 13),
    ("release", 8),
    ("state", 3),
    ("tag", 4),
    ("template", 10),
    ("type", 5),
];

pub(super) fn list(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    if args.is_set(&MORE) {
        return listed(context, args, 1, &JAILS_AND_MORE, &|| {
            context.dialect.jails_and_more(context.session)
        });
    }
    listed(context, args, 1, &JAILS, &|| context.dialect.jails(context.session))
}

pub(super) fn df(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let fields = [("ava", 5), ("crt", 1), ("qta", 3), ("res", 2), ("tag", 6), ("use", 4)];
    listed(context, args, 0, &fields, &|| context.dialect.usage(context.session))
}

pub(super) fn defaults(context: &Context<'_>, _: &Args) -> Result<Answer, Error> {
    let properties = context.dialect.defaults(context.session)?;
    Ok(of_values(context, "defaults", Entries::Values(&properties.values))?
        .with_problems(properties.problems))
}

/// Read something of the one jail that the request names, and of no other.
///
/// A read takes no lock, so the jail can be destroyed between the look for its name
/// and the question, and iocage then answer of another. Where that can be, it is
/// looked whether the jail is still the one that it was: who is there before and
/// after was there in between.
fn of_this_jail<T>(
    context: &Context<'_>,
    args: &Args,
    read: impl Fn(&JailId) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut jail = context.jail(args)?;
    for _ in 0..READ {
        let found = read(&jail);
        // What was ended early has told of nobody, and there may be no time for more.
        let is_told = found.is_ok() || !context.session.was_ended.get();
        if !context.dialect.may_answer_of_another() || !is_told {
            return found;
        }
        let now = context.jail(args)?;
        if now == jail {
            return found;
        }
        jail = now;
    }
    let name = Quoted(args.need(&JAIL)?.as_str()).to_string();
    let message =
        format!("jail {name} was another one each time it was read; ask again when nobody changes it");
    Err(Error::about("jail", Code::Busy, message))
}

/// Four modes, told apart by the keys that are there: a property of a jail, all
/// of a jail (`all`, or no property), a property of every jail (`-r`).
pub(super) fn settings(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let every = !keys::switches(args).value.0.is_empty();
    if let Some(key) = query::asked(args).filter(|_| !every) {
        let message =
            format!("`{key}` asks of a list, and the settings of one jail are none; see the switch -r");
        return Err(Error::about(key, Code::ContradictoryKeys, message));
    }
    match (args.get(&JAIL), args.get(&PROP), every) {
        (Some(_), _, true) => Err(Error::about(
            "switches",
            Code::ContradictoryKeys,
            "`jail` asks for one jail and the switch -r for every one; leave one out",
        )),
        (None, _, false) => Err(Error::missing(&["jail"])),
        (None, None, true) => Err(Error::missing(&["prop"])),
        (None, Some(prop), true) if prop.as_str() == "all" => Err(Error::about(
            "prop",
            Code::IllegalValue,
            "`all` and the switch -r cannot be answered in rows; ask jail by jail",
        )),
        (None, Some(prop), true) if prop.as_str() == TAG => Err(Error::about(
            "prop",
            Code::UnknownProperty,
            "`TAG` is no property; it is in the answer beside each one",
        )),
        (None, Some(prop), true) => {
            let (tag, value) = ((TAG, 1), (prop.as_str(), 2));
            let fields = if tag < value { [tag, value] } else { [value, tag] };
            listed(context, args, 0, &fields, &|| context.dialect.property_of_each(context.session, prop))
        }
        (Some(name), Some(prop), false) if prop.as_str() != "all" => {
            let read = |jail: &JailId| context.dialect.property(context.session, jail, prop);
            let told = of_this_jail(context, args, read)?;
            let value = Entries::One(prop.as_str(), &told.value);
            Ok(of_values(context, name.as_str(), value)?.with_problems(told.problems))
        }
        (Some(name), _, false) => {
            let read = |jail: &JailId| context.dialect.properties(context.session, jail);
            let properties = of_this_jail(context, args, read)?;
            let values = Entries::Values(&properties.values);
            Ok(of_values(context, name.as_str(), values)?.with_problems(properties.problems))
        }
    }
}
