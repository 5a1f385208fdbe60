//! The table of tests, in the order in which they run.

use crate::job::{Job, Outcome};
use crate::tests::{
    answers, args, closing, create, described, handshake, leaks, long, misuse, numbers, progress, services,
    traces, unloading,
};

/// When a test can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Always; if it fails, the module cannot be used.
    Load,
    /// With a module that can be used.
    Use,
}

/// One test.
pub(crate) struct Test {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) stage: Stage,
    /// How often it may take the usual time.
    pub(crate) patience: u32,
    pub(crate) run: fn(&Job) -> Outcome,
}

const fn load(name: &'static str, about: &'static str, run: fn(&Job) -> Outcome) -> Test {
    Test { name, about, stage: Stage::Load, patience: 1, run }
}

const fn usual(name: &'static str, about: &'static str, run: fn(&Job) -> Outcome) -> Test {
    Test { name, about, stage: Stage::Use, patience: 1, run }
}

const fn slow(name: &'static str, about: &'static str, run: fn(&Job) -> Outcome) -> Test {
    Test { name, about, stage: Stage::Use, patience: 6, run }
}

/// All tests. A name says what fails, and is never given to another test.
#[rustfmt::skip]
pub(crate) const CATALOGUE: [Test; 55] = [
    load("file", "the file is a whole shared library for this machine, and the loader takes it", handshake::file),
    load("entry", "the entry symbol is there and returns the same table on every call and thread", handshake::entry),
    load("version", "the table's major is this contract's", handshake::version),
    load("size", "the table is as long as 1.0's, and no flag is set that its minor does not know", handshake::size),
    load("functions", "no function of the table is null", handshake::functions),
    load("identity", "namespace, name and version are UTF-8 and not empty; the description is UTF-8", handshake::identity),
    usual("rust-door", "where abi_stable's symbol is exported, layouts agree and it leads to the same class", handshake::rust_door),
    usual("create", "create makes an instance of the given configuration, and close ends it", create::given),
    usual("config-garbage", "a configuration that is garbage is refused with 400 and no instance, or borne", create::garbage),
    usual("null-host", "the class works without a host, and with a host that has no functions", create::null_host),
    usual("instances", "instances are independent: one works on after another was closed", create::instances),
    usual("null-arguments", "a null pointer is answered with SYSADM_E_NULL, and a null response is released in peace", misuse::nulls),
    usual("short-structures", "a structure that is too short is answered with SYSADM_E_SIZE and not touched", misuse::short),
    usual("long-structures", "structures of a later minor are served, and not written beyond the fields of 1.0", misuse::long),
    usual("text-bounds", "texts are not read beyond their length, and not after the call", misuse::bounds),
    usual("requests", "the given requests are answered with 200, whatever the case of the class's name", answers::requests),
    usual("other-class", "requests for another namespace or name are answered with 404", answers::other_class),
    usual("unknown-access", "an access code that is none counts as limited", answers::unknown_access),
    usual("release", "releasing an answer clears it, twice does nothing, nor does an empty one", answers::release),
    usual("answers-last", "answers stay as they are until released, beyond later calls and close, on any thread", answers::last),
    usual("args-empty", "empty args are refused with 400", args::empty),
    usual("args-huge", "args of 1 MiB and a byte get an answer, or a refusal", args::huge),
    usual("args-garbage", "random bytes and broken JSON get an answer, or a refusal", args::garbage),
    usual("args-not-utf8", "args that are not UTF-8 get an answer in UTF-8, or a refusal", args::not_utf8),
    usual("args-deep", "deeply nested args get an answer, or a refusal", args::deep),
    usual("concurrent", "8 threads send at once and each gets its answer", answers::concurrent),
    usual("close-waits", "close waits for the requests in flight, which are answered", closing::waits),
    usual("close-inside", "close by who is inside a call is answered with SYSADM_E_INSIDE, and nothing is done", closing::inside),
    usual("close-refused", "a close that is no call leaves the instance working", closing::refused),
    usual("cancel", "an unknown request is cancelled in peace, and others are not touched", services::cancel),
    slow("long-cancelled", "a given request that is described as long ends when it is cancelled", long::cancelled),
    slow("long-timed-out", "such a request ends when its time limit is over", long::timed_out),
    slow("long-drained", "such a request is ended by close, once that has waited as long as it may", long::drained),
    usual("health", "health is answered with 200 or 503, also in little time", services::health),
    usual("state", "what export_state says, another instance takes over and says again", services::state),
    usual("state-garbage", "a state that is garbage is refused and changes nothing, or borne", services::state_garbage),
    usual("log", "messages to the host have a known level and are of a known request; the level is kept to", services::log),
    usual("progress", "progress and events are told as JSON objects, and under a name that is UTF-8", progress::objects),
    usual("progress-shape", "progress, and an event of the class's name, has the members of the convention, as they are meant", progress::shape),
    usual("progress-place", "progress is told of its own request, on its thread, and not after the answer", progress::place),
    usual("extensions", "unknown extensions are null; a description is of this class and has all that belongs into it", services::extensions),
    usual("described-actions", "each action of the description is known", described::actions),
    usual("described-access", "an action whose described access is full is answered with 403 for limited, and no other", described::access),
    usual("described-keys", "without a key that is described as required the request is refused as missing-key", described::keys),
    usual("described-types", "a key whose value is not of the described type is refused as wrong-type", described::types),
    usual("described-once", "a key that is there twice is refused", described::once),
    usual("described-numbers", "a number that has a schema is taken or refused whichever way it is written", numbers::alike),
    usual("described-others", "an action that is not described is answered with 400; those of the given requests are", described::others),
    usual("quiet", "nothing is written to the standard output and error", traces::tour_only),
    usual("processes", "no process is left behind", traces::processes),
    usual("threads", "no thread is left behind", traces::threads),
    usual("leftovers", "no descriptor and no timer is left behind", traces::leftovers),
    usual("surroundings", "signal handlers and mask, folder, environment, umask, locale and limits stay the host's", traces::surroundings),
    usual("unload", "a class that says so is really unmapped, and threads that were in it end well after that", unloading::unload),
    slow("cycles", "200 times loaded, used and unloaded, and with the given requests, the process does not grow", leaks::cycles),
];

/// The test of this name.
pub(crate) fn find(name: &str) -> Option<&'static Test> {
    static TESTS: [Test; CATALOGUE.len()] = CATALOGUE;
    TESTS.iter().find(|test| test.name == name)
}

/// What `--list` prints.
pub(crate) fn list() -> String {
    CATALOGUE.iter().map(|test| format!("{:<16} {}\n", test.name, test.about)).collect()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn names_are_found_and_found_once() {
        for (at, test) in CATALOGUE.iter().enumerate() {
            assert!(find(test.name).is_some() && !test.about.is_empty());
            assert!(CATALOGUE[..at].iter().all(|other| other.name != test.name), "{}", test.name);
        }
    }
}
