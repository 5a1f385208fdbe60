//! Class modules that are replaced under load, for any host in Rust: it knows no
//! command line and no class.
//!
//! A [`Dispatcher`] finds the class that a request is for; the classes `rpc/modules` and, of a
//! [`Host`], `rpc/dispatcher` are its own. A [`Registry`] holds classes by namespace and name. Each is served by one
//! generation at a time: a loaded module with its instance. A swap makes a new
//! generation ready beside the old one and then puts it in its place:
//!
//! 1. `stage`: the file is copied, in a process of root's only if root alone can
//!    replace it, to a private path that no file had before.
//!    The system's loader gives back the old library for a path it knows, and a
//!    mapped file that somebody writes over is a crash; our copy is neither.
//! 2. `candidate`: load, handshake, identity, create, hand-over of state, health
//!    probe. Each step runs foreign code, so each has a time limit. Before that all of
//!    it is done once by an installed program (`probe`, `prober`), which a damaged
//!    module may take down.
//! 3. Publish: one pointer is exchanged under a lock that is otherwise held for
//!    taking a reference. Until here any failure leaves the old one untouched.
//! 4. `reaper`: requests hold the generation they began with. When the last one
//!    has been answered, the old one is closed, and then unmapped or kept.
//!
//! What takes longer than a client waits is a job, where a host is opened with
//! [`Setup::jobs`]: `jobs` keeps it, with what it tells and its answer, and `rpc/dispatcher`
//! shows and kills it. A generation that was replaced stays until its jobs have ended.
//!
//! [`Registry::list`] shows every generation with its state and its counts;
//! [`Watch`] swaps by itself when a file is replaced.
//!
//! A file descriptor passed to a new process, the other way to replace code,
//! was not chosen: requests in flight could not be carried over, and the server
//! holds connections that have nothing to do with the class.

mod answer;
mod bounded;
mod candidate;
mod configs;
mod described;
mod digest;
mod dispatcher;
mod dispatcher_class;
mod drain;
mod draining;
mod flying;
mod generation;
mod history;
mod host;
mod jobs;
mod mapped;
mod modules;
mod numbers;
mod object;
mod offered;
mod place;
mod policy;
mod probe;
mod prober;
mod reaper;
mod refused;
mod registry;
mod said;
mod seat;
mod services;
mod setup;
mod slot;
mod stage;
mod watch;

pub use answer::Answer;
pub use candidate::Handed;
pub use described::Told;
pub use dispatcher::Dispatcher;
pub use dispatcher_class::{job_codes, jobs_described};
pub use generation::{Generation, State};
pub use host::Host;
pub use jobs::limits::JobLimits;
pub use jobs::time::rfc3339;
pub use mapped::is_mapped;
pub use modules::{codes, modules_described};
pub use policy::{Policy, WhenGone};
pub use probe::{Probe, Work};
pub use prober::{INSTALLED, OF_CLASS, Prober, TAKEN, signal_name};
pub use refused::{Obstacle, Refused};
pub use registry::{Registry, Swapped};
pub use services::{Listener, ToStderr};
pub use setup::Setup;
pub use slot::Slot;
pub use stage::{Stage, Staged};
pub use watch::Watch;

pub use sysadm_class::host::{Door, Request, Services};
pub use sysadm_class::{Access, Level, Status};
