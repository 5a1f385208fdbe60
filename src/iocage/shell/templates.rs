//! Templates of the shell iocage. The line of development of 2016 moves the datasets of one below
//! `templates`, where they are called by its tag, and knows templates of basejails alone; 1.7.x
//! marks the jail and moves nothing.
//!
//! Both were read in lib/ioc-common (`__set_jail_prop`). The former says `done!` whatever came of the
//! rename, and has written the type down before; so what would go wrong with that is refused here.

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::Jails;
use crate::iocage::dialect::Templates;
use crate::iocage::machine::datasets::{Datasets, is_within};
use crate::iocage::machine::if_told;
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::told::Told;

use super::direct::{self, is_walked};
use super::pools;
use super::program::{Shell, ask, ask_quietly, denies, failure, own, own_table, warnings};
use super::snapshots::is_of_2016;
use super::tables;

/// The longest name of a dataset, with what can lie below it.
const MAX_TAG: usize = 128;
/// By this many bytes `list` tells a jail's dataset from a template's.
const OF_A_UUID: usize = 36;

impl Templates for Shell {
    /// `list -t`.
    fn templates(&self, session: &Session<'_>, is_own: bool) -> Result<Jails, Error> {
        let args = ["list", "-t"];
        match is_own {
            true => tables::list(own_table(session, &args, direct::list)?),
            false => tables::list(ask(session, &args)?),
        }
    }

    /// `set istemplate=yes UUID`, of 1.7.x `set template=yes UUID`, which says nothing.
    fn set_template(&self, session: &Session<'_>, jail: &JailId, is_wanted: bool) -> Result<Told, Error> {
        let is_moved = is_of_2016(session)?;
        if is_moved {
            let pool = pools::pool(ask_quietly(session, &["activate"])?)?;
            match is_wanted {
                true => refuse_unmovable(session, jail, &pool)?,
                false => refuse_with_clones(session, jail, &pool)?,
            }
        }
        let name = if is_moved { "istemplate" } else { "template" };
        let word = format!("{name}={}", if is_wanted { "yes" } else { "no" });
        let output = own(session, Kind::Create, &["set", &word, jail.uuid()])?;
        if denies(&output) { Err(failure(&output)) } else { Ok(warnings(&output)) }
    }
}

/// Refuse what it makes no template of, or would not find again.
fn refuse_unmovable(session: &Session<'_>, jail: &JailId, pool: &str) -> Result<(), Error> {
    let jails = tables::list(ask(session, &["list"])?)?;
    let is_it = |uuid: &str| uuid.eq_ignore_ascii_case(jail.uuid());
    let kind = jails.iter().find(|[_, uuid, ..]| is_it(uuid)).map(|[.., kind, _]| kind);
    if let Some(kind) = kind.filter(|kind| *kind != "basejail") {
        let message = format!("this iocage makes templates of basejails alone, and this is a {kind}");
        return Err(Error::about("jail", Code::Unsupported, message));
    }
    let tag = jail.tag();
    let root = format!("{pool}/iocage");
    let is_plain = tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    let is_name = is_plain && (1..=MAX_TAG).contains(&tag.len()) && tag != "-" && tag.len() != OF_A_UUID;
    if !is_name || !is_walked(&format!("{root}/templates/{tag}"), &root) {
        let message = format!(
            "this iocage calls a template's dataset by its tag, and {} cannot be, or not be found again; \
             rename the jail first",
            Quoted(tag)
        );
        return Err(Error::about("jail", Code::Unsupported, message));
    }
    let place = format!("{root}/templates/{tag}");
    if if_told(Datasets::ask(session))?.is_some_and(|datasets| datasets.holds(&place)) {
        let message = format!("there is a dataset {place} already; rename the jail first");
        return Err(Error::about("jail", Code::TagInUse, message));
    }
    Ok(())
}

/// It makes no jail of a template of which others were cloned, nor of one that does not lie where its tag says, of which it would write
/// down that it is a jail before it finds that out.
fn refuse_with_clones(session: &Session<'_>, jail: &JailId, pool: &str) -> Result<(), Error> {
    let Some(datasets) = if_told(Datasets::ask(session))? else { return Ok(()) };
    let place = format!("{pool}/iocage/templates/{}", jail.tag());
    if !datasets.holds(&place) || datasets.holds(&format!("{pool}/iocage/jails/{}", jail.uuid())) {
        let message =
            format!("the dataset of template {} is not {place}, where iocage would look for it", jail.uuid());
        return Err(Error::about("jail", Code::Unsupported, message));
    }
    let is_own = |name: &str| is_within(name, &format!("{pool}/iocage"));
    let Some(clone) = datasets.clones_outside(&[&place], |_| false).find(|clone| is_own(&clone.name)) else {
        return Ok(());
    };
    let message = format!("template {} has clones, such as {}", jail.uuid(), clone.name);
    Err(Error::about("jail", Code::HasDependents, message))
}
