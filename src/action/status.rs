//! Whether iocage can work, and on which pool: activatestatus.
//!
//! It is asked to be told, and so nothing is changed by it, whoever asks: where no pool is active
//! iocage would activate one by itself, and is not run.

use serde_json::{Map, json};
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use crate::error::{Code, Error};
use crate::iocage::machine::if_told;
use crate::iocage::machine::pools::pools;
use crate::iocage::session::Session;
use crate::iocage::told::Told;

pub(super) fn status(context: &Context<'_>, _: &Args) -> Result<Answer, Error> {
    let session = context.session;
    let refuse = |_: &Session<'_>, what: Option<&str>| {
        what.map_or(Ok(()), |what| Err(Error::new(Code::NoPool, what.to_owned())))
    };
    // Where the caller has limited access there is one already.
    let _ = session.guard.set(Box::new(refuse));
    let active = match context.dialect.would_change(session) {
        Some(why) => Err(why),
        None => match context.dialect.pool(session) {
            Ok(pool) => Ok(pool),
            Err(error) if is_of_iocage(error.code) => Err(error.message),
            Err(error) => return Err(error),
        },
    };
    let (mut told, mut problems) = (Map::new(), Told::default());
    match if_told(pools(session))? {
        Some(found) => {
            for [name, health, size, free] in found.iter() {
                let is_active = active.as_ref().is_ok_and(|pool| pool == name);
                let active = if is_active { "yes" } else { "no" };
                told.insert(
                    name.to_owned(),
                    json!({"active": active, "free": free, "health": health, "size": size}),
                );
            }
        }
        None => problems.push("which pools there are is not told: zpool cannot be asked"),
    }
    let mut body = json!({"activated": active.is_ok().to_string(), "pools": told, "ready": active.is_ok()});
    match active {
        Ok(pool) => body["pool"] = pool.into(),
        Err(why) => body["problem"] = why.into(),
    }
    Ok(Answer::new(&body).with_problems(problems))
}

/// Has iocage, or a pool, made it so? Then that is what is asked for.
fn is_of_iocage(code: Code) -> bool {
    matches!(
        code,
        Code::NoPool | Code::PoolActive | Code::UnknownPool | Code::IocageFailed | Code::UnexpectedOutput
    )
}
