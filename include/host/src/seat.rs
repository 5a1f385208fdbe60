//! A class's seat in the registry: what serves it, in the place at which requests and
//! swaps meet, and what did before.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::generation::{Generation, Lease, Live};
use crate::place::{Held, Place, lock};
use crate::stage::Staged;

/// A class's namespace and name, in lower case.
pub(crate) type Key = (String, String);

pub(crate) fn key(namespace: &str, name: &str) -> Key {
    (namespace.to_lowercase(), name.to_lowercase())
}

/// A class's seat.
pub(crate) struct Seat {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Where it was first loaded from: the installed file.
    pub(crate) home: PathBuf,
    current: Place<Live>,
    previous: Mutex<Option<Previous>>,
}

/// The file of the generation that served before, for going back, and what it was
/// created with.
struct Previous {
    staged: Arc<Staged>,
    config: Arc<str>,
    version: String,
}

impl Seat {
    pub(crate) fn new(namespace: &str, name: &str, home: PathBuf) -> Seat {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        Seat { namespace, name, home, current: Place::default(), previous: Mutex::default() }
    }

    /// A hold on what serves, for a request; `None` if nothing does.
    pub(crate) fn lease(&self, request: u64) -> Option<Lease> {
        self.current.hold(request)
    }

    /// Exchange what serves. Tells how long requests could be held up by it, and what
    /// served before.
    pub(crate) fn publish(&self, next: Option<Live>) -> (Duration, Option<Held<Live>>) {
        self.current.exchange(next.map(Live::held))
    }

    /// What serves.
    pub(crate) fn current(&self) -> Option<Arc<Generation>> {
        self.current.look(|live| Arc::clone(&live.generation))
    }

    /// Keep the file and the configuration of a generation, for going back to it.
    pub(crate) fn remember(&self, generation: &Generation) {
        let (staged, config) = (Arc::clone(generation.staged()), generation.config());
        let version = generation.version().unwrap_or_default();
        *lock(&self.previous) = Some(Previous { staged, config, version });
    }

    /// The file to go back to, and what to create its instance with.
    pub(crate) fn previous(&self) -> Option<(Arc<Staged>, Arc<str>)> {
        let previous = lock(&self.previous);
        previous.as_ref().map(|previous| (Arc::clone(&previous.staged), Arc::clone(&previous.config)))
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut shown = json!({
            "class": format!("{}/{}", self.namespace, self.name),
            "current": self.current().map(|generation| generation.number()),
            "path": self.home.to_string_lossy(),
        });
        if let Some(previous) = &*lock(&self.previous) {
            shown["previous"] = json!({
                "digest": format!("sha256:{}", previous.staged.digest()),
                "path": previous.staged.source().to_string_lossy(),
                "version": previous.version,
            });
        }
        shown
    }
}
