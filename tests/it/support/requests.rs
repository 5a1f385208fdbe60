//! One request for each action, as the table of include/doc/actions.md has them: what is right
//! of one action is asked of all. What one generation alone can do has its own table.

use sysadm_class::Access;
use sysadm_class::Access::{Full, Limited};

/// What both generations can be asked for: the args, on a machine with a pool `tank` and a jail `test`, and the access
/// that they need.
pub const REQUESTS: [(&str, Access); 35] = [
    (r#"{"action":"activatepool","pool":"tank"}"#, Full),
    (r#"{"action":"activatestatus"}"#, Limited),
    (r#"{"action":"addmount","jail":"test","source":"/data","target":"/mnt"}"#, Full),
    (r#"{"action":"capjail","jail":"test"}"#, Full),
    (r#"{"action":"cleanall"}"#, Full),
    (r#"{"action":"cleanjails"}"#, Full),
    (r#"{"action":"cleanreleases"}"#, Full),
    (r#"{"action":"cleantemplates"}"#, Full),
    (r#"{"action":"clonejail","jail":"test","props":"tag=copy"}"#, Full),
    (r#"{"action":"createjail","props":"tag=new"}"#, Full),
    (r#"{"action":"deactivatepool","pool":"tank"}"#, Full),
    (r#"{"action":"destroyjail","jail":"test"}"#, Full),
    (r#"{"action":"df"}"#, Limited),
    (r#"{"action":"execjail","jail":"test","user":"root","command":"echo hi"}"#, Full),
    (r#"{"action":"fetchreleases","release":"10.3-RELEASE"}"#, Full),
    (r#"{"action":"getdefaultsettings"}"#, Limited),
    (r#"{"action":"getjailsettings","jail":"test"}"#, Limited),
    (r#"{"action":"jaillog","jail":"test"}"#, Full),
    (r#"{"action":"jailstats"}"#, Limited),
    (r#"{"action":"listjails"}"#, Limited),
    (r#"{"action":"listmounts","jail":"test"}"#, Full),
    (r#"{"action":"listreleases"}"#, Limited),
    (r#"{"action":"listsnapshots","jail":"test"}"#, Limited),
    (r#"{"action":"listtemplates"}"#, Limited),
    (r#"{"action":"removemount","jail":"test","source":"/data","target":"/mnt"}"#, Full),
    (r#"{"action":"removesnapshot","jail":"test","snapshot":"old"}"#, Full),
    (r#"{"action":"renamejail","jail":"test","name":"moved"}"#, Full),
    (r#"{"action":"restartjail","jail":"test"}"#, Full),
    (r#"{"action":"rollbackjail","jail":"test","snapshot":"base"}"#, Full),
    (r#"{"action":"setproperty","jail":"test","props":"boot=off notes=none"}"#, Full),
    (r#"{"action":"settemplate","jail":"test","template":true}"#, Full),
    (r#"{"action":"snapshotjail","jail":"test","snapshot":"snap"}"#, Full),
    (r#"{"action":"startjail","jail":"test"}"#, Full),
    (r#"{"action":"stopjail","jail":"test"}"#, Full),
    (r#"{"action":"updatejail","jail":"test","trust":true}"#, Full),
];

/// What an action of [`OF_PYTHON`] needs beside that.
enum Needs {
    /// A jail's files: its request is among [`REQUESTS`], has tests of its own, and elsewhere is refused.
    Files,
    /// `images` of the configuration: such a request.
    Images(&'static str),
}

/// The actions that the Python iocage alone has a way to do, all for full access; with the shell iocage they are
/// `unsupported`.
const OF_PYTHON: [(&str, Needs); 4] = [
    ("addmount", Needs::Files),
    ("exportjail", Needs::Images(r#"{"action":"exportjail","jail":"idle"}"#)),
    ("importjail", Needs::Images(r#"{"action":"importjail","image":"new_2026-11-27.zip"}"#)),
    ("removemount", Needs::Files),
];

/// Is it one of those?
pub fn is_of_python(action: &str) -> bool {
    OF_PYTHON.iter().any(|(name, _)| *name == action)
}

/// Is it one of those that are done only where a jail's files are?
pub fn wants_files(action: &str) -> bool {
    OF_PYTHON.iter().any(|(name, needs)| *name == action && matches!(needs, Needs::Files))
}

/// A request for each of those that the configuration has to turn on.
pub fn on_images() -> impl Iterator<Item = &'static str> {
    OF_PYTHON.iter().filter_map(|(_, needs)| match needs {
        Needs::Images(args) => Some(*args),
        Needs::Files => None,
    })
}

/// One request for each action but those of [`is_of_python`], such that all are answered well in this order on an
/// empty machine with a pool `tank` that has 10.2-RELEASE.
pub const STORY: [&str; 33] = [
    r#"{"action":"activatepool","pool":"tank"}"#,
    r#"{"action":"getdefaultsettings"}"#,
    r#"{"action":"createjail","props":"tag=test release=10.2-RELEASE"}"#,
    r#"{"action":"listjails"}"#,
    r#"{"action":"df"}"#,
    r#"{"action":"getjailsettings","jail":"test"}"#,
    r#"{"action":"setproperty","jail":"test","props":"notes=x"}"#,
    r#"{"action":"snapshotjail","jail":"test","snapshot":"snap"}"#,
    r#"{"action":"listsnapshots","jail":"test"}"#,
    r#"{"action":"listtemplates"}"#,
    r#"{"action":"jaillog","jail":"test"}"#,
    r#"{"action":"startjail","jail":"test"}"#,
    r#"{"action":"restartjail","jail":"test"}"#,
    r#"{"action":"capjail","jail":"test"}"#,
    r#"{"action":"jailstats"}"#,
    r#"{"action":"listmounts","jail":"test"}"#,
    r#"{"action":"execjail","jail":"test","user":"root","command":"echo hi"}"#,
    r#"{"action":"stopjail","jail":"test"}"#,
    r#"{"action":"rollbackjail","jail":"test","snapshot":"snap"}"#,
    r#"{"action":"removesnapshot","jail":"test","snapshot":"snap"}"#,
    r#"{"action":"clonejail","jail":"test","props":"tag=copy"}"#,
    r#"{"action":"renamejail","jail":"copy","name":"moved"}"#,
    r#"{"action":"updatejail","jail":"moved","trust":true}"#,
    r#"{"action":"destroyjail","jail":"moved"}"#,
    r#"{"action":"activatestatus"}"#,
    r#"{"action":"listreleases"}"#,
    r#"{"action":"fetchreleases","release":"10.2-RELEASE"}"#,
    r#"{"action":"settemplate","jail":"test","template":true}"#,
    r#"{"action":"cleantemplates"}"#,
    r#"{"action":"cleanjails"}"#,
    r#"{"action":"cleanreleases"}"#,
    r#"{"action":"cleanall"}"#,
    r#"{"action":"deactivatepool","pool":"tank"}"#,
];

/// The action that args name.
pub fn action_of(args: &str) -> String {
    let args: serde_json::Value = serde_json::from_str(args).expect("JSON");
    args["action"].as_str().expect("an action").to_owned()
}

/// The same for the Python iocage, which wants to know what a jail is made of and
/// clones stopped ones only, and with which only such are destroyed: on that machine
/// `idle` is one. Only stopped ones are rolled back or made templates of, too; on the other machine that is `stuck64`.
pub fn request(dialect: &str, action: usize) -> &'static str {
    match (dialect, REQUESTS[action].0) {
        ("python", args) if args.contains("clonejail") => {
            r#"{"action":"clonejail","jail":"idle","props":"tag=copy"}"#
        }
        ("python", args) if args.contains("renamejail") => {
            r#"{"action":"renamejail","jail":"idle","name":"moved"}"#
        }
        ("python", args) if args.contains("destroyjail") => r#"{"action":"destroyjail","jail":"idle"}"#,
        ("python", args) if args.contains("createjail") => {
            r#"{"action":"createjail","props":"tag=new release=10.2-RELEASE"}"#
        }
        ("python", args) if args.contains("settemplate") => {
            r#"{"action":"settemplate","jail":"idle","template":true}"#
        }
        (_, args) if args.contains("settemplate") => {
            r#"{"action":"settemplate","jail":"stuck64","template":true}"#
        }
        ("python", args) if args.contains("rollbackjail") => {
            r#"{"action":"rollbackjail","jail":"idle","snapshot":"base"}"#
        }
        (_, args) if args.contains("rollbackjail") => {
            r#"{"action":"rollbackjail","jail":"stuck64","snapshot":"base"}"#
        }
        (_, args) => args,
    }
}
