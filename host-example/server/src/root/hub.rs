//! Events, to those who have subscribed and may hear of them.
//!
//! It is called on the threads of classes and jobs, and waits for nobody: who reads slowly misses some (see `outbox`).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;
use serde_json::value::RawValue;

use super::caller::Caller;
use super::logins::Lost;
use super::outbox::Outbox;
use crate::wire::frame::{self, EVENTS};

/// Those who listen, by the numbers of their connections.
#[derive(Default)]
pub(crate) struct Hub {
    listeners: Mutex<HashMap<u64, Listener>>,
    /// May he see this job? Whose jobs there are is known only when the classes are there, who already speak.
    may_see: OnceLock<MaySee>,
}

/// What the server itself tells of.
const OWN: [&str; 2] = ["dispatcher", "system-state"];

type MaySee = Box<dyn Fn(&str, &Caller) -> bool + Send + Sync>;

struct Listener {
    caller: Caller,
    names: BTreeSet<String>,
    outbox: Arc<Outbox>,
    /// What he may cannot be asked now: what happens meanwhile he has missed.
    is_unknown: bool,
}

impl Hub {
    /// Who may see a job, for all that is told from now on.
    pub(crate) fn ask_for_jobs(&self, may_see: impl Fn(&str, &Caller) -> bool + Send + Sync + 'static) {
        let _ = self.may_see.set(Box::new(may_see));
    }

    /// He listens to this, too: the server's own events and those of these classes, each a namespace and a name. What
    /// nobody tells of is passed over; answers the last that is something.
    pub(crate) fn subscribe<'a>(
        &self,
        connection: u64,
        caller: &Caller,
        outbox: &Arc<Outbox>,
        names: impl IntoIterator<Item = &'a str>,
        classes: &[(String, String)],
    ) -> Option<String> {
        let is_class = |name: &str| classes.iter().any(|(_, class)| class == name);
        let is_known = |name: &&str| EVENTS.contains(name) || is_class(name);
        let known: Vec<_> = names.into_iter().filter(is_known).map(str::to_owned).collect();
        let last = known.last()?.clone();
        let mut listeners = self.listeners();
        let listener = listeners.entry(connection).or_insert_with(|| Listener {
            caller: caller.clone(),
            names: BTreeSet::new(),
            outbox: Arc::clone(outbox),
            is_unknown: false,
        });
        listener.caller = caller.clone();
        listener.names.extend(known);
        Some(last)
    }

    /// He listens to this no more.
    pub(crate) fn unsubscribe<'a>(
        &self,
        connection: u64,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<String> {
        let mut last = None;
        let mut listeners = self.listeners();
        for name in names {
            let was = listeners.get_mut(&connection).is_some_and(|listener| listener.names.remove(name));
            if was || EVENTS.contains(&name) {
                last = Some(name.to_owned());
            }
        }
        last
    }

    /// He has gone, or is nobody any more.
    pub(crate) fn leave(&self, connection: u64) {
        self.listeners().remove(&connection);
    }

    /// Who listens is asked for again, for what he may can change. The connection ends of who is nobody any more: he would
    /// wait for events that do not come. Where it cannot be asked he hears nothing until it can.
    pub(crate) fn look_again(&self, still: impl Fn(&Caller) -> Result<Caller, Lost>) {
        self.listeners().retain(|_, listener| {
            let now = still(&listener.caller);
            listener.is_unknown = matches!(now, Err(Lost::Closed));
            match now {
                Ok(caller) => listener.caller = caller,
                Err(Lost::Closed) => {}
                Err(Lost::Over) => {
                    listener.outbox.end();
                    return false;
                }
            }
            true
        });
    }

    /// Nobody hears anything more.
    pub(crate) fn end(&self) {
        for (_, listener) in self.listeners().drain() {
            listener.outbox.end();
        }
    }

    /// Something of the server's own has happened.
    pub(crate) fn tell(&self, name: &str, args: &str) {
        let job = if name == "dispatcher" { job(args) } else { None };
        let may_see = self.may_see.get();
        self.to_those(name, args, |caller| {
            // Whoever may not ask for a job is not told of one.
            name != "dispatcher"
                || caller.rights.may("rpc", "dispatcher", Some("show"))
                    && job.as_deref().zip(may_see).is_some_and(|(job, may_see)| may_see(job, caller))
        });
    }

    /// A class tells of something. What it calls otherwise than itself, or as the server's own, reaches nobody, nor does what is no
    /// JSON, which would break the lines of all who listen. Is it told?
    pub(crate) fn tell_of(&self, (namespace, class): (&str, &str), name: &str, args: &str) -> bool {
        if !name.eq_ignore_ascii_case(class)
            || OWN.iter().any(|own| own.eq_ignore_ascii_case(name))
            || serde_json::from_str::<&RawValue>(args).is_err()
        {
            return false;
        }
        let is_iocage = (namespace, class) == ("sysadm", "iocage");
        self.to_those(class, args, |caller| match is_iocage {
            // It tells of what its lists show anyway.
            true => caller.rights.may(namespace, class, Some("listjails")),
            false => caller.rights.names(namespace, class),
        });
        true
    }

    fn to_those(&self, name: &str, args: &str, may: impl Fn(&Caller) -> bool) {
        let listeners = self.listeners();
        let wanted = |listener: &&Listener| listener.names.contains(name);
        if !listeners.values().any(|listener| wanted(&listener)) {
            return;
        }
        let line: Arc<[u8]> = frame::event(name, args, 0).into();
        for listener in listeners.values().filter(wanted).filter(|listener| may(&listener.caller)) {
            match listener.is_unknown {
                true => listener.outbox.miss(),
                false => listener.outbox.event(name, args, &line),
            }
        }
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<u64, Listener>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The job that an event of `dispatcher` is about.
fn job(args: &str) -> Option<String> {
    let args: Value = serde_json::from_str(args).ok()?;
    let id = args.get("process_id").or_else(|| args.get("process_details")?.get("process_id"))?;
    id.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use sysadm_host::Access;

    use super::*;
    use crate::accounts::{Allowed, Rights};
    use crate::root::caller::Proof;

    fn caller(allowed: Option<&str>) -> Caller {
        let actions = allowed.map(|allowed| Allowed::read([allowed]).expect("a pattern"));
        let rights = Rights { access: Access::Limited, actions };
        Caller { name: "anybody".to_owned(), rights, proof: Proof::Kernel, is_lowered: false }
    }

    async fn heard(outbox: &Outbox) -> Vec<String> {
        outbox.end();
        let mut all = Vec::new();
        while let Some(line) = outbox.next().await {
            let told: Value = serde_json::from_slice(&line.bytes).expect("JSON");
            all.push(format!(
                "{} {}",
                told["name"].as_str().expect("a name"),
                told["args"]["by"].as_str().expect("a text")
            ));
        }
        all
    }

    /// Whose event it is counts when it happens, and not what there was when somebody subscribed.
    #[tokio::test]
    async fn an_event_reaches_who_may_ask_the_class_that_has_emitted_it() {
        let hub = Hub::default();
        let both =
            [("test", "foo"), ("other", "foo")].map(|(space, name)| (space.to_owned(), name.to_owned()));
        let outboxes: Vec<_> = [
            (None, &both[..1]),
            (Some("test/foo/*"), &both[..1]),
            (Some("test/foo/*"), &both[..]),
            (Some("other/foo/a"), &both[..]),
            (Some("sysadm/iocage/listjails"), &both[..]),
        ]
        .into_iter()
        .zip(0..)
        .map(|((allowed, classes), number)| {
            let outbox = Arc::new(Outbox::default());
            let names = ["foo", "system-state", "iocage"];
            hub.subscribe(number, &caller(allowed), &outbox, names, classes).expect("known");
            outbox
        })
        .collect();
        for (class, name, args, is_told) in [
            (("test", "foo"), "foo", r#"{"by":"test"}"#, true),
            (("other", "foo"), "FOO", r#"{"by":"other"}"#, true),
            (("sysadm", "iocage"), "iocage", r#"{"by":"jails"}"#, true),
            // Called as somebody else's, or what would break the line of all.
            (("other", "foo"), "iocage", r#"{"by":"a liar"}"#, false),
            (("other", "foo"), "system-state", r#"{"by":"a liar"}"#, false),
            (("other", "system-state"), "system-state", r#"{"by":"a liar"}"#, false),
            (("other", "dispatcher"), "dispatcher", r#"{"by":"a liar"}"#, false),
            (("test", "foo"), "foo", "{\"by\":\"no JSON\"", false),
            (("test", "foo"), "foo", "{\"by\":\"a\"},\"id\":\"\",\"args\":{\"by\":\"b\"}", false),
        ] {
            assert_eq!(hub.tell_of(class, name, args), is_told, "{class:?} {name} {args}");
        }
        let all = ["foo test", "foo other", "iocage jails"];
        for (outbox, expected) in outboxes.iter().zip([&all[..], &all[..1], &all[..1], &all[1..2], &all[2..]])
        {
            assert_eq!(heard(outbox).await, expected);
        }
    }
}
