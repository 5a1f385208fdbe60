//! What the command line can say: what `--help` prints, and the words that are chosen from.

use std::time::Duration;

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
usage: host-example [OPTION...] COMMAND

Commands:
  demo       play the documented exchanges on the simulator
  call       answer requests, one JSON object a line, from standard input
  rest       answer one request in the REST form from standard input
  describe   tell what the module is and which actions it has
  health     ask the module whether it can do its work

Options:
  --module PATH       the class module (default: libsysadm_iocage.so beside this program);
                      call takes several, and what names no class is for the first
  --allow-unsafe-module  load modules as root that others can replace
  --door auto|rust|c  load it through abi_stable or through the C table (default: the one
                      that it has)
  --config JSON|@FILE the class's configuration; of several that of the first
  --config NAMESPACE/NAME=JSON|@FILE  that of another class
  --iocage PATH       the iocage program; the same as \"iocage\" in the configuration
  --sim[=DIR]         run on the simulator, in a temporary folder or in DIR, which is kept
  --sim-version 2016-02-10|1.13  which iocage is simulated (default: the first)
  --access full|limited  what the sender of the requests may do (default: full)
  --caller NAME       who the sender is, for the class's log; the forms of requests have no name
  --log LEVEL         error, warn, info, debug or trace, to standard error (default: warn)
  --drain SECONDS     after SIGTERM, how long what runs may go on (default: 10)

Options of call:
  --jobs N            answer N requests at once, each when it is ready (default: 1, in order)
  --stage DIR         where private copies of modules are kept, a folder for you alone
                      (default: host-example/modules in $XDG_STATE_HOME or ~/.local/state)
  --watch DIR         swap a class that was loaded from DIR when its file there is replaced
  --demand-digest     take a module FILE only if FILE.sha256 has its SHA-256
  --prober PATH|none  by which plugin-check a module is tried before it is loaded
                      (default: /usr/local/libexec/sysadm/plugin-check, if it is there)
  --probe-request JSON  args that a module has to answer there with 200 before it takes
                      another's place; sent with limited access; may be repeated

  --help, --version

How requests go on is shown on standard error: on a terminal as one line that is drawn again
and again, else, and with what has changed, as lines of the log at `info`, of which there are few,
and more at `debug`.

The end by a signal: nothing new is taken. SIGINT (Ctrl-C) cancels what runs, SIGTERM and SIGHUP
do so when the time of --drain is over. What was cancelled is answered so, with what it has left
behind; classes are closed, the temporary machine is removed, and the exit status is 128 and the
number of the signal. That takes 30 seconds after the cancelling at the most; then, and at
a second signal, the host ends hard: programs that run have been told to end (SIGTERM) and
may go on, and their jail is busy for the next host until they are gone.
";

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Requests as lines.
    Call,
    /// The document, played.
    Demo,
    /// What the module says of itself.
    Describe,
    /// Can it work?
    Health,
    /// One request in the REST form.
    Rest,
}

pub(super) const COMMANDS: [(&str, Command); 5] = [
    ("call", Command::Call),
    ("demo", Command::Demo),
    ("describe", Command::Describe),
    ("health", Command::Health),
    ("rest", Command::Rest),
];

/// What `--drain` is if it is not said.
pub(super) const DRAIN: Duration = Duration::from_secs(10);

/// The longest that it may be, in seconds: a day.
pub(super) const MOST_DRAIN: u64 = 86_400;

/// As many threads as a machine has without asking.
pub(super) const MOST_JOBS: usize = 256;

/// The versions of iocage that `iocage-sim` knows.
pub(super) const SIM_VERSIONS: [&str; 2] = ["2016-02-10", "1.13"];
