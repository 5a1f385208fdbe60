//! A request on its way: who it is from, and how it is answered, refused, or given to others to work on.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sysadm_host::{Access, Status};

use super::caller::Caller;
use super::lanes::Lane;
use super::link::{Link, Refusal};
use super::logins::Verdict;
use super::outbox::Held;
use super::server::Server;
use crate::wire::frame::{self, Login, TOO_MANY};

/// A request with all that its answer needs.
pub(super) struct Ask {
    pub(super) server: Arc<Server>,
    pub(super) link: Arc<Link>,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) args: String,
    pub(super) id: String,
    /// Its place among those of its connection, which it has until its answer is written.
    pub(super) place: Option<Held>,
}

/// The accounts cannot be asked.
pub(super) fn closed() -> Refusal {
    Refusal::later(Status::Unavailable, "nobody can log in now; the server's log says why", 10)
}

/// Who a login has shown to be there, or why nobody.
pub(super) fn admitted(verdict: Verdict) -> Result<Caller, Refusal> {
    match verdict {
        Verdict::In(caller) => Ok(caller),
        Verdict::Closed => Err(closed()),
        Verdict::Wrong => {
            Err(Refusal::new(Status::Unauthorized, "the name, the password or the token is wrong"))
        }
        Verdict::Wait(time) => Err(Refusal::later(
            TOO_MANY,
            "too many logins have failed; this one was not looked at",
            time.as_secs_f64().ceil() as u64,
        )),
    }
}

impl Ask {
    pub(super) fn refuse(mut self, refusal: Refusal) {
        self.server.metrics.refused(refusal.code.0);
        self.link.refuse(&self.id, refusal, self.place.take());
    }

    pub(super) fn answer(mut self, args: &[u8]) {
        let line = frame::response(&self.id, &self.name, &self.namespace, args);
        self.link.answer(&self.id, line, self.place.take());
    }

    /// Go on when a login was looked at, on the threads for that if it takes any time.
    pub(super) fn with_login(self, login: Login, then: impl FnOnce(Ask, Verdict) + Send + 'static) {
        let from = self.link.from.origin();
        if let Some(verdict) = self.server.logins.glance(&login, from) {
            return then(self, verdict);
        }
        let Some(place) = self.server.logins.place(from) else {
            return self.refuse(Refusal::later(
                TOO_MANY,
                "too many logins from there are being looked at",
                1,
            ));
        };
        self.on(Lane::Logins, Access::Full, move |ask| {
            let verdict = ask.server.logins.check(&login, from);
            drop(place);
            then(ask, verdict);
        });
    }

    /// Have it done by a lane for somebody, if there are not as many of his in work as may be.
    pub(super) fn on_for(self, lane: Lane, caller: &Caller, work: impl FnOnce(Ask) + Send + 'static) {
        let Some(place) = self.server.place_of(&caller.name) else {
            let why = "as many requests of this caller are in work as may be";
            return self.refuse(Refusal::later(TOO_MANY, why, 1));
        };
        self.on(lane, caller.access(), move |ask| {
            work(ask);
            drop(place);
        });
    }

    /// Have it done by a lane.
    pub(super) fn on(self, lane: Lane, access: Access, work: impl FnOnce(Ask) + Send + 'static) {
        let (server, link, id) = (Arc::clone(&self.server), Arc::clone(&self.link), self.id.clone());
        // Its place goes along, and with a refusal, too: who reads none would else be owed any number of them. Without the work
        // there is no answer but this one.
        let place = self.place.clone();
        if server.lanes.submit(lane, access, move || work(self)).is_err() {
            let why = if server.is_ending() {
                "this server is ending".to_owned()
            } else {
                format!("too much to do ({})", lane.word())
            };
            server.metrics.refused(503);
            link.refuse(&id, Refusal::later(Status::Unavailable, why, 1), place);
        }
    }

    /// What a class of the server's own answers.
    pub(super) fn reply(self, reply: Result<Value, Refusal>) {
        match reply {
            Ok(args) => self.answer(args.to_string().as_bytes()),
            Err(refusal) => self.refuse(refusal),
        }
    }
}

/// As much of args as the server itself goes by.
#[derive(Default)]
pub(super) struct Shallow {
    pub(super) action: Option<String>,
    /// Is it answered with the id of a job?
    pub(super) is_job: bool,
    /// Does it wait for what it has asked for?
    pub(super) waits: bool,
}

#[derive(Deserialize)]
struct Keys<'a> {
    #[serde(borrow)]
    action: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "async")]
    asked: Option<&'a RawValue>,
    #[serde(borrow)]
    wait: Option<&'a RawValue>,
}

impl Shallow {
    /// Where a key is there twice, or of another type, nothing is known: the class refuses that.
    pub(super) fn read(args: &str) -> Shallow {
        let Ok(Keys { action, asked, wait }) = serde_json::from_str(args) else { return Shallow::default() };
        Shallow {
            action: action.map(Cow::into_owned),
            is_job: asked.is_some_and(|asked| asked.get() == "true"),
            waits: wait.is_some(),
        }
    }
}
