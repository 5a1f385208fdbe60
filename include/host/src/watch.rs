//! A folder that is looked at once a second: when the installed file of a class
//! was replaced, the class is swapped.
//!
//! A file is taken when two looks in a row saw the same file with the same
//! digest, so that one that is being written is left alone; whether it is whole
//! is then asked of its own headers. What cannot be read is taken, too: the
//! registry refuses it in words, and so the log has them. One that was refused is
//! not tried again until it changes. (kqueue and inotify would save the looking,
//! and would need the same two looks: they tell that a file was written to, not
//! that its writer has finished.)

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::digest::digest;
use crate::refused::Obstacle;
use crate::registry::Registry;
use crate::stage::{Look, open};

/// Watches until it is dropped.
///
/// Threads: it has one of its own, on which the digests are made and the swaps are done, one after the
/// other; what a swap calls of the host's (log, events) is called there. Dropped by any thread, it
/// waits for the swap that is under way, for as long as the policy gives that; not to be dropped by
/// what it calls itself, which would wait for itself.
pub struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Watch the classes of `registry` that were loaded from `folder`, also those that come later. Does
    /// not block.
    ///
    /// # Errors
    /// If there is none, or no thread can be started.
    pub fn start(registry: Arc<Registry>, folder: &Path, interval: Duration) -> io::Result<Watch> {
        let folder = fs::canonicalize(folder)?;
        if !registry.classes().iter().any(|(_, home, _)| is_in(home, &folder)) {
            let text = format!("no class of this host was loaded from {}", folder.display());
            return Err(io::Error::other(text));
        }
        let (stop, stopped) = channel();
        let mut seen = BTreeMap::new();
        let run = move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                for (class, home, serving) in registry.classes() {
                    if is_in(&home, &folder) {
                        let seen = seen.entry(home.clone()).or_default();
                        look(&registry, (&class.0, &class.1), &home, &serving, seen);
                    }
                }
            }
        };
        let thread = Builder::new().name("watch".to_owned()).spawn(run)?;
        Ok(Watch { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It has panicked; there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

fn is_in(file: &Path, folder: &Path) -> bool {
    file.parent().and_then(|parent| fs::canonicalize(parent).ok()).is_some_and(|parent| parent == folder)
}

/// What is known of a file.
#[derive(Default)]
struct Seen {
    /// It needs nothing until it looks different.
    settled: Option<Look>,
    /// What the look before saw of one that does: its digest, or why it has none.
    pending: Option<(Look, String)>,
}

fn look(registry: &Registry, class: (&str, &str), home: &PathBuf, serving: &str, seen: &mut Seen) {
    // Not there: it is between two versions.
    let Ok(now) = fs::metadata(home).map(|file| Look::of(&file)) else {
        seen.pending = None;
        return;
    };
    if seen.settled == Some(now) {
        return;
    }
    let found = open(home).and_then(|(_, mut file)| digest(&mut file, io::sink()));
    let found = found.unwrap_or_else(|e| e.to_string());
    if found == serving {
        (seen.settled, seen.pending) = (Some(now), None);
    } else if seen.pending.as_ref() == Some(&(now, found.clone())) {
        seen.pending = None;
        match registry.swap(Some(class), home) {
            // Its turn comes at the next look.
            Err(refused) if refused.obstacle == Obstacle::Busy => {}
            // The registry has told the log how it went.
            _ => seen.settled = Some(now),
        }
    } else {
        seen.pending = Some((now, found));
    }
}
