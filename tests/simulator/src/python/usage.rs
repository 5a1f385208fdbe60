//! What click prints by itself: help texts and the three lines of a misuse.

use super::command::Command;
use crate::session::{Session, Stop};

/// Commands of the real program that are not simulated.
pub(super) const NOT_SIMULATED: [&str; 10] = [
    "chroot",
    "console",
    "debug",
    "migrate",
    "pkg",
    "rollback",
    "snaplist",
    "snapremove",
    "snapshot",
    "upgrade",
];

pub(super) const MAIN: &str = "\
Usage: iocage [OPTIONS] COMMAND [ARGS]...

  A jail manager.

Options:
  -v, --version  Display iocage's version and exit.
  -f, --force    Allow iocage to rename datasets.
  -D, --debug    Log debug output to the console.
  --help         Show this message and exit.

Commands:
  activate    Set a zpool active for iocage usage.
  chroot      Chroot to a jail.
  clean       Destroy specified dataset types.
  clone       Clone a jail.
  console     Login to a jail.
  create      Create a jail.
  debug       Create a directory with all the debug for iocage jails.
  destroy     Destroy specified jail(s).
  df          Show resource usage of all jails.
  exec        Run a command inside a specified jail.
  export      Exports a specified jail.
  fetch       Fetch a version of FreeBSD for jail usage or a...
  fstab       Manipulate the specified jails fstab.
  get         Gets the specified property.
  import      Import a specified jail.
  list        List a specified dataset type, by default lists all jails.
  migrate     Migrate all iocage_legacy develop basejails to new clonejails.
  pkg         Use pkg inside a specified jail.
  rename      Rename a jail.
  restart     Restarts the specified jails or ALL.
  rollback    Rollbacks the specified jail.
  set         Sets the specified property.
  snaplist    Show snapshots of a specified jail.
  snapremove  Remove specified snapshot of a jail.
  snapshot    Snapshots the specified jail.
  start       Starts the specified jails or ALL.
  stop        Stops the specified jails or ALL.
  update      Run freebsd-update to update a specified jail to the latest...
  upgrade     Run freebsd-update to upgrade a specified jail to the...
";

/// The options of `exec`, the one command whose help was recorded whole.
const OF_EXEC: &str = "\
Options:
  -u, --host_user TEXT  The host user to use.
  -U, --jail_user TEXT  The jail user to use.
  -f, --force           Start the jail if it's not running.
  -p, --keep_proxy      Keep the host's proxy environment variables
                        (http_proxy, HTTPS_PROXY, HTTP_PROXY_AUTH, NO_PROXY)
  --help                Show this message and exit.
";

/// The help of a command; `program` is how it is called. Of the options there are the names alone: what iocage writes
/// about them is its own text, and no program reads it.
pub(super) fn of_command(command: &Command, program: &str) -> String {
    let words = if command.usage.is_empty() { String::new() } else { format!(" {}", command.usage) };
    let mut text = format!("Usage: {program} [OPTIONS]{words}\n\n  {}\n\n", command.about);
    if command.name == "exec" {
        text.push_str(OF_EXEC);
        return text;
    }
    text.push_str("Options:\n");
    for (letters, name, ..) in command.flags {
        let short: String = letters.chars().map(|letter| format!("-{letter}, ")).collect();
        text.push_str(&format!("  {short}--{name}\n"));
    }
    text + "  --help  Show this message and exit.\n"
}

/// A command line that click refuses; `command` is "" for the program itself.
pub(super) fn misuse(session: &mut Session, command: &str, words: &str, error: &str) -> Stop {
    let program = format!("iocage {command}");
    let program = program.trim_end();
    let usage = format!("Usage: {program} [OPTIONS] {words}");
    session
        .output
        .err(&format!("{}\nTry '{program} --help' for help.\n\nError: {error}\n", usage.trim_end()));
    Stop::Exit(2)
}
