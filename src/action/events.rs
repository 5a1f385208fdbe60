//! What clients are told of a change, whoever made it: one event for each jail that is not what
//! it was, so that a page that shows it need not ask again and again.
//!
//! An event is told when something was run that changes something, whether it was done or not: a
//! change that failed, or was ended, may be half made. It is told before the answer, when the
//! locks are free again and others have their turn. None is told of what is only read, and none
//! of a command in a jail, which changes nothing that iocage keeps.

use serde_json::{Map, Value};
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::row::{Action, Lock};
use crate::error::{Code, Error};
use crate::iocage::{JailId, Session, State};
use crate::request::keys::{self, JAIL, POOL};

/// The name of the events.
pub const NAME: &str = "iocage";

/// So many jails are told of one by one; that there are more, one event says without naming them.
const MOST: usize = 256;

/// What became of an action.
pub struct Performed {
    /// Its answer, or why there is none.
    pub outcome: Result<Answer, Error>,
    /// The jail that it was about, if that was found.
    pub jail: Option<JailId>,
    /// Where that was seen to be after a change that was not done.
    pub state: Option<State>,
}

impl Performed {
    /// The events of it; none where nothing was run that changes something.
    pub fn events(&self, action: &Action, args: &Args, session: &Session<'_>) -> Vec<Value> {
        if !session.changed.get() || matches!(action.run().locks, Lock::None | Lock::Command) {
            return Vec::new();
        }
        let word = match &self.outcome {
            Ok(_) => "done",
            Err(error) => match error.code {
                Code::TimedOut | Code::Cancelled | Code::Killed => "ended",
                _ => "failed",
            },
        };
        let code = self.outcome.as_ref().err().map(|error| error.code.word());
        let about = |told: &[(&str, Option<&str>)]| {
            let mut event = Map::new();
            let always = [("action", Some(action.name())), ("code", code), ("outcome", Some(word))];
            for (key, text) in always.iter().chain(told) {
                if let Some(text) = text {
                    event.insert((*key).to_owned(), (*text).into());
                }
            }
            event.insert("request".to_owned(), session.request.into());
            Value::Object(event)
        };
        let asked = args.get(&JAIL).map(|jail| jail.as_str());
        let pool = args.get(&POOL).map(|pool| pool.as_str());
        let gone = session.gone.borrow();
        let gone =
            gone.iter().map(|uuid| about(&[("uuid", Some(uuid)), ("state", Some(State::Gone.word()))]));
        let Ok(answer) = &self.outcome else {
            // What it has done all the same; the jail that a clone is of is what it was.
            let left = session.left.borrow();
            let left = left
                .iter()
                .map(|jail| parts(jail))
                .map(|(uuid, tag)| about(&[("uuid", Some(uuid)), ("tag", tag)]));
            let mut events: Vec<_> = left.chain(gone).take(MOST).collect();
            let is_new = matches!(action.run().locks, Lock::NewJail | Lock::Import | Lock::Clone);
            let jail = self.jail.as_ref().filter(|_| !is_new);
            if events.is_empty() || action.run().locks == Lock::Clean {
                let (uuid, tag) = (jail.map(JailId::uuid), jail.and_then(JailId::own_tag));
                let (asked, state) =
                    (asked.filter(|_| !is_new), self.state.filter(|_| !is_new).map(State::word));
                events.push(about(&[
                    ("jail", asked),
                    ("uuid", uuid),
                    ("tag", tag),
                    ("state", state),
                    ("pool", pool),
                ]));
            }
            return events;
        };
        let leaves = action.run().leaves.map(State::word);
        // What is made does not run, if it is not asked to.
        let props = &keys::props(args).value;
        let is_started = ["boot", "start"].iter().any(|name| props.get(name).is_some());
        // What is called anew is as it was.
        let is_renamed = action.run().locks == Lock::Rename;
        let made_as = (!is_started && !is_renamed).then_some(State::Down.word());
        let made = answer.made.iter().map(|jail| {
            let (uuid, tag) = parts(jail);
            let was = asked.filter(|_| is_renamed);
            about(&[("jail", was), ("uuid", Some(uuid)), ("tag", tag), ("state", made_as)])
        });
        let is_made = !answer.made.is_empty();
        let own = self.jail.as_ref().filter(|_| !is_made).map(|jail| {
            about(&[("jail", asked), ("uuid", Some(jail.uuid())), ("tag", jail.own_tag()), ("state", leaves)])
        });
        let each = own.into_iter().chain(made).chain(gone);
        let mut events: Vec<_> = each.take(MOST).collect();
        let is_cut = events.len() == MOST || answer.made.left_out() > 0;
        if events.is_empty() || is_cut || action.run().locks == Lock::Clean {
            // It is about more than can be named: whoever shows jails looks again at all.
            events.push(about(&[("pool", pool)]));
        }
        events
    }
}

/// A jail that is told as `UUID (tag)`, or by the one name that it has.
fn parts(jail: &str) -> (&str, Option<&str>) {
    jail.split_once(" (").map_or((jail, None), |(uuid, tag)| (uuid, tag.strip_suffix(')')))
}
