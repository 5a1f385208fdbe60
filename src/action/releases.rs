//! The actions on releases: which are fetched or could be, and fetching one.

use serde_json::json;
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::lists::listed_by;
use crate::error::{Code, Error};
use crate::iocage::Rows;
use crate::iocage::machine::if_told;
use crate::iocage::machine::releases::{Fetched, fetched};
use crate::policy::Release;
use crate::request::keys::{RELEASE, REMOTE};

pub(super) fn list(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    listed_by(context, args, ("release", 0), &[("fetched", 1), ("used", 2)], &|| rows(context, args))
}

fn rows(context: &Context<'_>, args: &Args) -> Result<Rows<3>, Error> {
    let session = context.session;
    let pool = context.dialect.pool(session)?;
    let here = fetched(session, &pool, true)?;
    let (remote, problems) = match args.is_set(&REMOTE) {
        true => context.dialect.remote(session)?,
        false => Default::default(),
    };
    let is_here = |name: &str| here.iter().any(|release| release.name == name);
    let ours = here.iter().map(|release| {
        let state = if release.has_root { "yes" } else { "in part" };
        [&*release.name, state, &*release.used]
    });
    let others = remote.iter().map(Release::as_str).filter(|name| !is_here(name));
    let mut rows = Rows::of_cells(ours.chain(others.map(|name| [name, "no", "-"])));
    rows.problems = problems;
    Ok(rows)
}

pub(super) fn fetch(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let (session, release) = (context.session, args.need(&RELEASE)?);
    let name = release.as_str();
    let pool = context.dialect.pool(session)?;
    let before = fetched(session, &pool, false)?;
    let has = |all: &[Fetched]| all.iter().any(|release| release.name == name && release.has_root);
    let answer = |when: &str, success: String| {
        Answer::new(&json!({"fetched": when, "release": name, "success": success}))
    };
    if has(&before) {
        // A second time iocage would extract it again, under the jails that run on it.
        return Ok(answer("before", format!("release {name} is fetched already.")));
    }
    let others: Vec<_> = before.iter().map(|release| &*release.name).collect();
    let warnings = context.dialect.fetch(session, release, &others).and_then(|warnings| {
        if !has(&fetched(session, &pool, false)?) {
            let message = format!("iocage said that it fetched the release {name}, which is not there");
            return Err(Error::new(Code::NotDone, message));
        }
        Ok(warnings)
    });
    match warnings {
        Ok(warnings) => Ok(answer("now", format!("release {name} fetched.")).with_warnings(warnings)),
        Err(error) if session.changed.get() => Err(left(context, &pool, name, error)),
        Err(error) => Err(error),
    }
}

/// The error of a fetch with what it has left, which would be taken for the whole release.
fn left(context: &Context<'_>, pool: &str, name: &str, error: Error) -> Error {
    let found = if_told(fetched(context.session, pool, false)).unwrap_or_default();
    let message = match found.map(|all| all.iter().any(|release| release.name == name)) {
        None => format!("{}; what it has left is not known", error.message),
        Some(true) => format!(
            "{}; {pool}/iocage/releases/{name} is there now, and may not be whole: destroy it with zfs, and \
             {pool}/iocage/download/{name}, before it is fetched again",
            error.message
        ),
        Some(false) => return error,
    };
    Error { message, ..error }
}
