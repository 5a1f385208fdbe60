//! Events, to those who have subscribed and may hear of them.
//!
//! It is called on the threads of classes and jobs, and waits for nobody: who reads slowly misses some (see `outbox`).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;

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

type MaySee = Box<dyn Fn(&str, &Caller) -> bool + Send + Sync>;

struct Listener {
    caller: Caller,
    /// Each with the namespaces of the classes that are called so.
    names: BTreeMap<String, Vec<String>>,
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
        let known: Vec<_> = names.into_iter().filter_map(|name| known(name, classes)).collect();
        let last = known.last()?.0.clone();
        let mut listeners = self.listeners();
        let listener = listeners.entry(connection).or_insert_with(|| Listener {
            caller: caller.clone(),
            names: BTreeMap::new(),
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
            let was = listeners.get_mut(&connection).and_then(|listener| listener.names.remove(name));
            if was.is_some() || EVENTS.contains(&name) {
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

    /// Something has happened.
    pub(crate) fn tell(&self, name: &str, args: &str) {
        let listeners = self.listeners();
        let wanted = |listener: &&Listener| listener.names.contains_key(name);
        if !listeners.values().any(|listener| wanted(&listener)) {
            return;
        }
        let job = if name == "dispatcher" { job(args) } else { None };
        let line: Arc<[u8]> = frame::event(name, args, 0).into();
        for listener in listeners.values().filter(wanted) {
            match self.is_for(name, job.as_deref(), listener) {
                true if listener.is_unknown => listener.outbox.miss(),
                true => listener.outbox.event(name, args, &line),
                false => {}
            }
        }
    }

    fn is_for(&self, name: &str, job: Option<&str>, listener: &Listener) -> bool {
        let caller = &listener.caller;
        match name {
            // Whoever may not ask for a job is not told of one.
            "dispatcher" => {
                let may_see = self.may_see.get();
                caller.rights.may("rpc", "dispatcher", Some("show"))
                    && job.zip(may_see).is_some_and(|(job, may_see)| may_see(job, caller))
            }
            "system-state" => true,
            // A class tells of what its lists show anyway.
            "iocage" => caller.rights.may("sysadm", "iocage", Some("listjails")),
            // Whoever may ask it anything. An event does not say which of two of one name it is of.
            class => {
                let mut spaces = listener.names.get(class).into_iter().flatten();
                spaces.all(|space| caller.rights.names(space, class))
            }
        }
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<u64, Listener>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is told under this name, with the namespaces of the classes that are called so.
fn known(name: &str, classes: &[(String, String)]) -> Option<(String, Vec<String>)> {
    let spaces = classes.iter().filter(|(_, class)| class == name).map(|(space, _)| space.clone());
    let spaces: Vec<_> = spaces.collect();
    (EVENTS.contains(&name) || !spaces.is_empty()).then(|| (name.to_owned(), spaces))
}

/// The job that an event of `dispatcher` is about.
fn job(args: &str) -> Option<String> {
    let args: Value = serde_json::from_str(args).ok()?;
    let id = args.get("process_id").or_else(|| args.get("process_details")?.get("process_id"))?;
    id.as_str().map(str::to_owned)
}
