//! Requests that ask for trouble, each with what becomes of it. The first part
//! covers one by one the awkward cases that were written down for this class;
//! the second holds what else iocage or a shell would act on.

use Is::{BadRequest, Error, Served};

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub enum Is {
    /// Status 400.
    BadRequest,
    /// Status 200 and an error with this code about this key.
    Error(&'static str, &'static str),
    /// Status 200 and no error, after these commands.
    Served(&'static [&'static str]),
}

/// A name, the args as they are sent, and what becomes of them.
pub type Row = (&'static str, &'static str, Is);

const MISSING: &str = "missing-key";
const TYPE: &str = "wrong-type";
const NAME: &str = "illegal-name";
const VALUE: &str = "illegal-value";
const TWO_WAYS: &str = "contradictory-keys";

/// The documented awkward cases.
pub const DOCUMENTED: [Row; 37] = [
    ("args are an array", "[]", BadRequest),
    ("args are a string", r#""listjails""#, BadRequest),
    ("args are a number", "5", BadRequest),
    ("no action", r#"{"jail": "test"}"#, BadRequest),
    ("an action in another case", r#"{"action": "ListJails"}"#, BadRequest),
    ("an action in an array", r#"{"action":["listjails"]}"#, BadRequest),
    ("an empty action", r#"{"action":""}"#, BadRequest),
    ("a key too many", r#"{"action": "listjails", "foo": 1}"#, Served(&["[list]"])),
    ("no user", r#"{"action": "execjail", "jail": "test", "command": "id"}"#, Error(MISSING, "user")),
    ("no jail to destroy", r#"{"action": "destroyjail"}"#, Error(MISSING, "jail")),
    ("no jail to stop", r#"{"action": "stopjail"}"#, Error(MISSING, "jail")),
    ("no jail to cap", r#"{"action": "capjail"}"#, Error(MISSING, "jail")),
    ("no pool to deactivate", r#"{"action": "deactivatepool"}"#, Error(MISSING, "pool")),
    ("no jail to tell of", r#"{"action": "getjailsettings"}"#, Error(MISSING, "jail")),
    ("a jail as a number", r#"{"action": "destroyjail", "jail": 5}"#, Error(TYPE, "jail")),
    ("a jail as null", r#"{"action": "destroyjail", "jail": null}"#, Error(TYPE, "jail")),
    ("jails in an array", r#"{"action": "stopjail", "jail": ["a", "b"]}"#, Error(TYPE, "jail")),
    ("a jail as an object", r#"{"action": "capjail", "jail": {}}"#, Error(TYPE, "jail")),
    (
        "switches as a flag",
        r#"{"action": "createjail", "props": "tag=x", "switches": true}"#,
        Error(TYPE, "switches"),
    ),
    (
        "a command in an array",
        r#"{"action": "execjail", "jail": "test", "user": "root", "command": ["echo", "hi"]}"#,
        Error(TYPE, "command"),
    ),
    (
        "one jail and every jail",
        r#"{"action": "getjailsettings", "jail": "test", "switches": "-r"}"#,
        Error(TWO_WAYS, "switches"),
    ),
    (
        "a property of one jail and of every jail",
        r#"{"action": "getjailsettings", "jail": "test", "prop": "vnet", "switches": "-r"}"#,
        Error(TWO_WAYS, "switches"),
    ),
    ("a property of no jail", r#"{"action": "getjailsettings", "prop": "vnet"}"#, Error(MISSING, "jail")),
    ("two jails in one name", r#"{"action": "destroyjail", "jail": "a b"}"#, Error(NAME, "jail")),
    (
        "a command behind a name",
        r#"{"action": "destroyjail", "jail": "test; rm -rf /"}"#,
        Error(NAME, "jail"),
    ),
    ("a switch for a jail", r#"{"action": "destroyjail", "jail": "-R"}"#, Error(NAME, "jail")),
    ("every jail", r#"{"action": "stopjail", "jail": "ALL"}"#, Error(NAME, "jail")),
    (
        "a user and every jail",
        r#"{"action": "execjail", "jail": "test", "user": "root ALL", "command": "id"}"#,
        Error(NAME, "user"),
    ),
    (
        "a user and a switch",
        r#"{"action": "execjail", "jail": "test", "user": "root -u toor", "command": "id"}"#,
        Error(NAME, "user"),
    ),
    (
        "properties behind a name",
        r#"{"action": "clonejail", "jail": "test tag=evil exec_prestart=/bin/evil", "props": ""}"#,
        Error(NAME, "jail"),
    ),
    ("a switch among properties", r#"{"action": "createjail", "props": "-e tag=x"}"#, Error(VALUE, "props")),
    (
        "a value with a command",
        r#"{"action": "createjail", "props": "tag=x notes=$(touch${IFS}/var/tmp/pwned)"}"#,
        Error(VALUE, "props"),
    ),
    (
        "a quoted value is one word",
        r#"{"action": "createjail", "props": "tag=\"my jail\" release=10.2-RELEASE"}"#,
        // It is, and of a tag iocage makes a path.
        Error(VALUE, "props"),
    ),
    (
        "properties among switches",
        r#"{"action": "createjail", "props": "", "switches": "-e tag=zz count=500"}"#,
        Error("illegal-switch", "switches"),
    ),
    (
        "a jail behind a property",
        r#"{"action": "getjailsettings", "jail": "test", "prop": "all othertest"}"#,
        Error(NAME, "prop"),
    ),
    ("two pools in one name", r#"{"action": "activatepool", "pool": "tank zroot"}"#, Error(NAME, "pool")),
    ("a switch for a pool", r#"{"action": "activatepool", "pool": "-a"}"#, Error(NAME, "pool")),
];

/// What else is refused before anything runs.
pub const MORE: &[Row] = &[
    ("nothing", "", BadRequest),
    ("args are null", "null", BadRequest),
    ("half an object", r#"{"action":"listjails""#, BadRequest),
    ("something behind the object", r#"{"action":"listjails"} {}"#, BadRequest),
    ("half a character", r#"{"action":"listjails","x":"\ud800"}"#, BadRequest),
    ("a key twice", r#"{"action":"df","action":"cleanall"}"#, BadRequest),
    ("a jail twice", r#"{"action":"stopjail","jail":"test","jail":"a"}"#, BadRequest),
    ("two keys are missing", r#"{"action":"execjail","jail":"test"}"#, Error(MISSING, "user")),
    ("a pool as null", r#"{"action":"activatepool","pool":null}"#, Error(TYPE, "pool")),
    ("detail as text", r#"{"action":"listjails","detail":"yes"}"#, Error(TYPE, "detail")),
    ("every jail, no property", r#"{"action":"getjailsettings","switches":"-r"}"#, Error(MISSING, "prop")),
    (
        "a variable of root's shell",
        r#"{"action":"createjail","props":"tag=x PATH=/tmp/x"}"#,
        Error("unknown-property", "props"),
    ),
    (
        "a variable of root's shell, in a clone",
        r#"{"action":"clonejail","jail":"test","props":"IFS=x"}"#,
        Error("unknown-property", "props"),
    ),
    ("no name", r#"{"action":"destroyjail","jail":""}"#, Error(NAME, "jail")),
    ("any name", r#"{"action":"destroyjail","jail":".*"}"#, Error(NAME, "jail")),
    ("a pattern", r#"{"action":"destroyjail","jail":"t*"}"#, Error(NAME, "jail")),
    ("another folder", r#"{"action":"destroyjail","jail":"../test"}"#, Error(NAME, "jail")),
    ("a second line", r#"{"action":"destroyjail","jail":"test\na"}"#, Error(NAME, "jail")),
    ("a hidden end", r#"{"action":"destroyjail","jail":"test\u0000a"}"#, Error(NAME, "jail")),
    ("another script's letter", r#"{"action":"destroyjail","jail":"tеst"}"#, Error(NAME, "jail")),
    ("the defaults", r#"{"action":"destroyjail","jail":"default"}"#, Error(NAME, "jail")),
    ("the defaults by their other name", r#"{"action":"stopjail","jail":"Defaults"}"#, Error(NAME, "jail")),
    ("help for a jail", r#"{"action":"clonejail","jail":"help"}"#, Error(NAME, "jail")),
    ("a name without end", LONG_NAME, Error("too-long", "jail")),
    ("help for a pool", r#"{"action":"activatepool","pool":"help"}"#, Error(NAME, "pool")),
    ("a dataset for a pool", r#"{"action":"deactivatepool","pool":"tank/iocage"}"#, Error(NAME, "pool")),
    ("no pool's name", r#"{"action":"deactivatepool","pool":""}"#, Error(NAME, "pool")),
    (
        "a switch for a property",
        r#"{"action":"getjailsettings","jail":"test","prop":"-r"}"#,
        Error(NAME, "prop"),
    ),
    (
        "a command in a property",
        r#"{"action":"getjailsettings","prop":"`id`","switches":"-r"}"#,
        Error(NAME, "prop"),
    ),
    (
        "another switch",
        r#"{"action":"getjailsettings","prop":"vnet","switches":"-f"}"#,
        Error("illegal-switch", "switches"),
    ),
    (
        "a switch for a user",
        r#"{"action":"execjail","jail":"test","user":"-u","command":"id"}"#,
        Error(NAME, "user"),
    ),
    (
        "no command",
        r#"{"action":"execjail","jail":"test","user":"root","command":" "}"#,
        Error(VALUE, "command"),
    ),
    (
        "an open quote in a command",
        r#"{"action":"execjail","jail":"test","user":"root","command":"echo 'hi"}"#,
        Error(VALUE, "command"),
    ),
    ("an open quote", r#"{"action":"createjail","props":"tag=\"my jail"}"#, Error(VALUE, "props")),
    ("a backslash before nothing", r#"{"action":"createjail","props":"tag=x\\"}"#, Error(VALUE, "props")),
    ("no value", r#"{"action":"createjail","props":"tag"}"#, Error(VALUE, "props")),
    ("no property", r#"{"action":"createjail","props":"=x"}"#, Error(VALUE, "props")),
    ("a property that is code", r#"{"action":"createjail","props":"x;id=1"}"#, Error(VALUE, "props")),
    ("a property twice", r#"{"action":"createjail","props":"tag=x tag=y"}"#, Error(VALUE, "props")),
    ("a reserved tag", r#"{"action":"createjail","props":"tag=ALL"}"#, Error(VALUE, "props")),
    ("ten thousand jails", r#"{"action":"createjail","props":"count=10000"}"#, Error(VALUE, "props")),
    (
        "a clone with a switch",
        r#"{"action":"clonejail","jail":"test","props":"-r x"}"#,
        Error(VALUE, "props"),
    ),
];

const LONG_NAME: &str = concat!(
    r#"{"action":"destroyjail","jail":""#,
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdefX",
    r#""}"#
);

/// Values that root's shell evaluates where iocage puts them between double
/// quotes.
pub const EVALUATED: [&str; 8] = [
    "$(id)",
    "a$(touch${IFS}/var/tmp/pwned)b",
    "`id`",
    "$HOME",
    "${IFS}",
    "$((1+1))",
    "a\"; id; \"b",
    "a\\b",
];

/// What a shell acts on beside that, and what breaks iocage's own lines.
pub const ACTIVE: [&str; 18] = [
    "a;b",
    "a&b",
    "a|b",
    "a<b",
    "a>b",
    "(a)",
    "{a}",
    "a'b",
    "a*",
    "a?",
    "[a]",
    "~a",
    "#a",
    "!a",
    "a^b",
    "a\nb",
    "a\u{0}b",
    "a\u{1b}[2Jb",
];
