//! What a host decides about its modules: through which door they come, how long
//! each step of a swap may take, and how much may stay mapped.

use std::time::Duration;

use sysadm_class::host::{Door, UNMAPS};

use crate::prober::Prober;

/// What a host decides about its modules.
///
/// Threads: it is a value, which each registry has a copy of and nobody changes afterwards. The limits
/// of time hold for each step by itself, which is done on a thread of its own and left behind there if
/// it takes longer; `drain` and `cancel` are waited for by a thread of the registry's, not by who swaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Through which door modules are loaded: with [`Door::Auto`] each through the one
    /// that it has.
    pub door: Door,
    /// Load modules as root that others can replace?
    pub allow_unsafe_module: bool,
    /// Take a file only if its SHA-256 stands in `FILE.sha256` beside it? It has to be
    /// there before the file is.
    pub demand_digest: bool,
    /// By which program a module is tried before it is loaded.
    pub prober: Prober,
    /// The args of requests that one has to answer there with status 200, before it
    /// takes another's place. They are sent with limited access, and should read only.
    pub probe_requests: Vec<String>,
    /// How long all that may take, health and requests included.
    pub rehearsal: Duration,
    /// May a module that declares itself fit for it be unmapped? If not, it
    /// stays mapped when it has been replaced. By default as [`UNMAPS`] has it. One that
    /// came through [`Door::Rust`] stays in any case.
    pub unload: bool,
    /// How long loading, and how long creating an instance may take.
    pub create: Duration,
    /// How long handing over the state may take, on either side.
    pub state: Duration,
    /// How long the health probe may take.
    pub probe: Duration,
    /// How long the requests of a replaced generation may run on before they are
    /// cancelled.
    pub drain: Duration,
    /// How long they then have to end.
    pub cancel: Duration,
    /// How long a job may run, see [`Setup::jobs`](crate::Setup::jobs): then its class answers that it took too long,
    /// or is cancelled. A replaced generation with jobs is waited for as long.
    pub job_limit: Duration,
    /// What becomes of a request whose client has gone, of which a server tells by
    /// [`Host::client_gone`](crate::Host::client_gone).
    pub when_gone: WhenGone,
    /// How many generations that serve no more may be mapped at once. At that
    /// number swaps are refused.
    pub most_retained: usize,
}

/// What becomes of a request whose client has gone. Which action reads and which changes
/// something is told by the access that it needs, as the class describes it: what needs full access is a change,
/// and so is what is not described.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenGone {
    /// What reads is cancelled, for nobody will see it; a change goes on to its end.
    #[default]
    EndReads,
    /// All is cancelled.
    EndAll,
    /// All goes on.
    GoOn,
}

impl Policy {
    /// The defaults for a door.
    #[must_use]
    pub const fn new(door: Door) -> Policy {
        Policy {
            door,
            allow_unsafe_module: false,
            demand_digest: false,
            prober: Prober::Installed,
            probe_requests: Vec::new(),
            rehearsal: Duration::from_secs(60),
            unload: UNMAPS,
            create: Duration::from_secs(10),
            state: Duration::from_secs(5),
            probe: Duration::from_secs(30),
            drain: Duration::from_secs(60),
            cancel: Duration::from_secs(15),
            job_limit: Duration::from_secs(4 * 3600),
            when_gone: WhenGone::EndReads,
            most_retained: 32,
        }
    }
}

/// Each module through the door that it has.
impl Default for Policy {
    fn default() -> Policy {
        Policy::new(Door::Auto)
    }
}
