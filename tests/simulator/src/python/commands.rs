//! The table of commands: what click knows of each, and what runs it.

use super::click::Flag;
use super::{Call, Outcome, clean, clone, create, destroy, df, exec, get, list, pool, set, start, stop};

pub(super) struct Command {
    pub(super) name: &'static str,
    /// What follows the name in the line `Usage:`.
    pub(super) usage: &'static str,
    pub(super) about: &'static str,
    pub(super) flags: &'static [Flag],
    /// Arguments that must be there.
    pub(super) required: &'static [&'static str],
    /// How many arguments there may be.
    pub(super) most: Option<usize>,
    /// Unknown options are arguments.
    pub(super) is_lenient: bool,
    pub(super) run: fn(&mut Call<'_>) -> Outcome,
}

const FORCE: Flag = ("f", "force", "force", false);
const COUNT: Flag = ("c", "count", "count", true);
const NAME: Flag = ("n", "name", "name", true);
const UUID: Flag = ("u", "uuid", "uuid", true);
const THICK: Flag = ("T", "thickjail", "thickjail", false);
const HEADER: Flag = ("hH", "header", "header", false);
const SORT: Flag = ("s", "sort", "sort", true);
const RC: Flag = ("", "rc", "rc", false);

pub(super) const COMMANDS: [Command; 12] = [
    Command {
        name: "activate",
        usage: "ZPOOL",
        about: "Set a zpool active for iocage usage.",
        flags: &[],
        required: &["ZPOOL"],
        most: Some(1),
        is_lenient: false,
        run: pool::activate,
    },
    Command {
        name: "clean",
        usage: "",
        about: "Destroy specified dataset types.",
        flags: &[
            FORCE,
            ("a", "all", "all", false),
            ("j", "jails", "jails", false),
            ("rb", "base", "release", false),
            ("t", "template", "template", false),
            ("i", "images", "images", false),
            ("d", "debug", "debug", false),
        ],
        required: &[],
        most: Some(0),
        is_lenient: false,
        run: clean::clean,
    },
    Command {
        name: "clone",
        usage: "SOURCE [PROPS]...",
        about: "Clone a jail.",
        flags: &[COUNT, NAME, ("N", "newmac", "newmac", false), UUID, THICK],
        required: &["SOURCE"],
        most: None,
        is_lenient: false,
        run: clone::clone,
    },
    Command {
        name: "create",
        usage: "[PROPS]...",
        about: "Create a jail.",
        flags: &[
            COUNT,
            ("r", "release", "release", true),
            ("t", "template", "template", true),
            ("p", "pkglist", "pkglist", true),
            NAME,
            UUID,
            ("b", "basejail", "basejail", false),
            ("B", "clone_basejail", "clone_basejail", false),
            THICK,
            ("e", "empty", "empty", false),
            ("s", "short", "short", false),
            ("C", "thickconfig", "thickconfig", false),
            FORCE,
        ],
        required: &[],
        most: None,
        is_lenient: false,
        run: create::create,
    },
    Command {
        name: "destroy",
        usage: "[JAILS]...",
        about: "Destroy specified jail(s).",
        flags: &[
            FORCE,
            ("r", "release", "release", false),
            ("R", "recursive", "recursive", false),
            ("d", "download", "download", false),
        ],
        required: &[],
        most: None,
        is_lenient: false,
        run: destroy::destroy,
    },
    Command {
        name: "df",
        usage: "",
        about: "Show resource usage of all jails.",
        flags: &[HEADER, ("l", "long", "long", false), SORT],
        required: &[],
        most: Some(0),
        is_lenient: false,
        run: df::df,
    },
    Command {
        name: "exec",
        usage: "JAIL [COMMAND]...",
        about: "Run a command inside a specified jail.",
        flags: &[
            ("u", "host_user", "host_user", true),
            ("U", "jail_user", "jail_user", true),
            FORCE,
            ("p", "keep_proxy", "keep_proxy", false),
        ],
        required: &["JAIL"],
        most: None,
        is_lenient: true,
        run: exec::exec,
    },
    Command {
        name: "get",
        usage: "PROP JAIL",
        about: "Gets the specified property.",
        flags: &[
            HEADER,
            ("r", "recursive", "recursive", false),
            ("P", "plugin", "plugin", false),
            ("a", "all", "all", false),
            ("p", "pool", "pool", false),
            ("s", "state", "state", false),
            ("j", "jid", "jid", false),
            FORCE,
        ],
        required: &[],
        most: Some(2),
        is_lenient: false,
        run: get::get,
    },
    Command {
        name: "list",
        usage: "",
        about: "List a specified dataset type, by default lists all jails.",
        flags: &[
            ("rb", "release", "base", false),
            ("t", "template", "template", false),
            HEADER,
            ("l", "long", "long", false),
            ("R", "remote", "remote", false),
            ("P", "plugins", "plugins", false),
            SORT,
            ("q", "quick", "quick", false),
            ("B", "basejail", "basejail", false),
        ],
        required: &[],
        most: Some(0),
        is_lenient: false,
        run: list::list,
    },
    Command {
        name: "set",
        usage: "PROPS... JAIL",
        about: "Sets the specified property.",
        flags: &[("P", "plugin", "plugin", false)],
        required: &[],
        most: None,
        is_lenient: false,
        run: set::set,
    },
    Command {
        name: "start",
        usage: "[JAILS]...",
        about: "Starts the specified jails or ALL.",
        flags: &[RC, ("i", "ignore", "ignore", false)],
        required: &[],
        most: None,
        is_lenient: false,
        run: start::start,
    },
    Command {
        name: "stop",
        usage: "[JAILS]...",
        about: "Stops the specified jails or ALL.",
        flags: &[RC, FORCE, ("i", "ignore", "ignore", false)],
        required: &[],
        most: None,
        is_lenient: false,
        run: stop::stop,
    },
];
