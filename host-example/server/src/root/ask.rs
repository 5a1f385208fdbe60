//! What becomes of a request: who asks, may he, on which threads is it done, and the answer's line.
//!
//! Nothing here waits: what takes time is given to a lane, and the answer finds its way from there.

use std::sync::Arc;
use std::time::Instant;

use serde_json::value::RawValue;
use sysadm_host::{Access, Level, Request, Status};

use super::caller::Caller;
use super::classes;
use super::link::{Link, Refusal};
use super::logins::Lost;
use super::metrics::Label;
use super::modules;
use super::outbox::Held;
use super::own;
use super::request::{Ask, Shallow, admitted, closed};
use super::server::Server;
use crate::wire::frame::Frame;

/// As much of one user's is under way as may be.
pub(super) const NO_ROOM: &str =
    "too many bytes of requests and answers of this user are under way; read your answers";

/// Take a line of a client.
pub(super) fn take(server: &Arc<Server>, link: &Arc<Link>, line: &[u8], place: Held) {
    let frame = match Frame::read(line) {
        Ok(frame) => frame,
        Err(why) => return unread(server, link, Refusal::new(Status::BadRequest, why), place),
    };
    let Frame { namespace, name, id, args, login, is_limited } = frame;
    let (server, link, args) = (Arc::clone(server), Arc::clone(link), args.to_owned());
    let ask = Ask { server, link, namespace, name, args, id, place: Some(place) };
    let lowered = move |mut caller: Caller| {
        caller.is_lowered = is_limited;
        caller
    };
    match login {
        None => match ask.link.who().map(|caller| ask.server.logins.still(&caller, true)) {
            None => of(ask, None),
            Some(Ok(caller)) => of(ask, Some(lowered(caller))),
            Some(Err(Lost::Over)) => {
                ask.link.set_who(None);
                ask.server.hub.leave(ask.link.number);
                of(ask, None);
            }
            // He is who he was when they can be asked again.
            Some(Err(Lost::Closed)) => match own::find(&ask.namespace, &ask.name) {
                Some(row) if !row.needs_login => of(ask, None),
                _ => ask.refuse(closed()),
            },
        },
        Some(login) => ask.with_login(login, move |mut ask, verdict| match admitted(verdict) {
            Ok(caller) if !ask.link.charge(&caller.name, ask.place.as_mut()) => {
                ask.refuse(Refusal::later(Status::Unavailable, NO_ROOM, 1));
            }
            Ok(caller) => of(ask, Some(lowered(caller))),
            Err(refusal) => ask.refuse(refusal),
        }),
    }
}

/// Refuse what was not read so far that it has an id.
pub(super) fn unread(server: &Server, link: &Link, refusal: Refusal, place: Held) {
    server.metrics.refused(refusal.code.0);
    link.refuse("\"\"", refusal, Some(place));
}

/// It is known who asks; nobody has logged in if it is none.
fn of(ask: Ask, caller: Option<Caller>) {
    if let Some(row) = own::find(&ask.namespace, &ask.name) {
        return of_own(ask, row, caller);
    }
    let Some(caller) = caller else { return own::nobody(ask) };
    let shallow = Shallow::read(&ask.args);
    if !caller.rights.may(&ask.namespace, &ask.name, shallow.action.as_deref()) {
        return refuse_action(ask, &shallow);
    }
    let (lane, label) = classes::place(&ask.server, &ask.namespace, &ask.name, &shallow);
    let whose = caller.clone();
    ask.on_for(lane, &whose, move |ask| match ask.server.logins.still(&caller, false) {
        // It has waited for its turn: what he may by now counts.
        Ok(caller) if caller.rights.may(&ask.namespace, &ask.name, shallow.action.as_deref()) => {
            work(ask, &caller, label);
        }
        Ok(_) => refuse_action(ask, &shallow),
        Err(Lost::Over) => ask.refuse(Refusal::new(
            Status::Unauthorized,
            "the login has ended while the request waited for its turn",
        )),
        Err(Lost::Closed) => ask.refuse(closed()),
    });
}

fn refuse_action(ask: Ask, shallow: &Shallow) {
    let what = shallow.action.as_deref().unwrap_or("this");
    let why = format!("{what} is not among the actions of this account");
    ask.refuse(Refusal::new(Status::Forbidden, why));
}

/// Have the host answer it.
fn work(mut ask: Ask, caller: &Caller, label: Label) {
    let server = Arc::clone(&ask.server);
    if classes::is_modules(&ask.namespace, &ask.name) && caller.access() >= Access::Full {
        match modules::named(&server.config().modules, &ask.args, ask.link.from.is_ours()) {
            Ok(args) => ask.args = args,
            Err((status, why)) => return ask.refuse(Refusal::new(status, why)),
        }
    }
    let number = server.number();
    if !ask.link.begin(number) {
        return;
    }
    let begun = Instant::now();
    let request = Request::new(&ask.namespace, &ask.name, &ask.args, caller.access());
    let answer = server.host.ask(&request.with_id(number).of_caller(&caller.name));
    ask.link.end(number);
    // What is no JSON would break the line of the answer, and what stands behind it.
    let is_broken =
        answer.status == Status::Ok && serde_json::from_slice::<&RawValue>(answer.args()).is_err();
    let status = if is_broken { Status::Internal } else { answer.status };
    server.metrics.answered(label, status, begun.elapsed());
    if is_broken {
        let (namespace, name) = (&ask.namespace, &ask.name);
        let text = format!("{namespace}/{name} has answered what is no JSON: a defect of the class");
        server.log.line_of(Level::Error, "sysadmd", &text, number);
        let why = "the class has done it, or not, and answered what is no JSON: a defect; do not send it again unseen";
        return ask.refuse(Refusal::new(Status::Internal, why));
    }
    if status == Status::Ok {
        return ask.answer(answer.args());
    }
    let mut why = answer.why().unwrap_or_default();
    if answer.status == Status::Forbidden && caller.access() < caller.rights.access {
        why += "; a GET has limited access, also of an account with full: use PUT";
    }
    let refusal = Refusal { code: answer.status.into(), why, retry_after: None };
    ask.link.refuse(&ask.id, refusal, ask.place.take());
}

fn of_own(ask: Ask, row: &'static own::Row, caller: Option<Caller>) {
    if row.needs_login {
        match &caller {
            None => return own::nobody(ask),
            Some(caller) if !caller.rights.may(&ask.namespace, &ask.name, None) && !row.is_for_all => {
                let why = format!("{}/{} is not for this account", ask.namespace, ask.name);
                return ask.refuse(Refusal::new(Status::Forbidden, why));
            }
            Some(_) => {}
        }
    }
    (row.run)(ask, caller);
}
