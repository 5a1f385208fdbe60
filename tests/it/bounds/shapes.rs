//! Shapes that output can have, in any size, and the requests that make the class read
//! some. No request and no program is told which shape is bad for it: all are tried with
//! all.

use std::fmt::Write;

use sysadm_iocage::config::{Direct, Generation};

use super::machine::{Printed, Stand, UUID};

/// What is printed over and over; `#` is a number that counts, `@` the jail.
pub const UNITS: &[&str] = &[
    "\n",
    " \n",
    "a\n",
    "#\n",
    "a:\n",
    "#:\n",
    "a: b\n",
    "a#:b\n",
    "a#=b\n",
    "boot:0\n",
    "boot=0\n",
    "x",
    "x ",
    "x\t",
    "\u{1}",
    "\u{1}\n",
    "\"\n",
    "\r",
    "\r\n",
    "\u{1b}[",
    "\\",
    "\u{feff}",
    "a\t#\n",
    "#\t-\n",
    "#\t-\t-\t#\n",
    "t#\t-\tyes\tt#\n",
    "tank/iocage/jails/j#\ttank/iocage/jails/test@j#\tyes\ttank/iocage/jails/j#\n",
    "tank/iocage/releases/R/root@test\n",
    "tank/iocage/j#@test\n",
    "test\t#\n",
    "test\ta\tb\n",
    "#\ta\tb\n",
    "test\t1x\t-\t-\t-\t-\n",
    "#\t1x\t\t\t\t\n",
    "None\ttest\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno\n",
    "\t#\ton\tup\t\t\t\t\t\t\n",
    "-     0bf985de-ca0f-11e5-8d45-d05099728dbf  off   down   test  basejail  -\n",
    "-     0bf985de-ca0f-11e5-8d45-d05099728dbf  1x  - - - - test\n",
    "-     %  off   down   test  basejail  -\n",
    "-     %  off   down   \n",
    "% - - - - - t\n",
    "%  1.15x  none   none   88.1M  83.4G  test\n",
    "%  test  none\n",
    "%\n",
    "Successfully created: % (test)\n",
    "# successfully created!\n",
    "# successfully cloned!\n",
    "#\t#\t1.5\t0:00.01\n",
    "1 9 0.0 -\n",
    "#     %  off   up   test  basejail  -\n",
    "#\tj#\toff\tup\tjail\t14.3-RELEASE\t-\t-\t-\tno\n",
    "jid=1 name=a\n",
    "jid=# name=ioc-a#\n",
    "fdescfs(5) is not mounted\n",
    "Setting up zpool [tank] for iocage usage...\n",
    "Creating tank/iocage/#\n",
    "INFO: creating #\n",
    "********\nmount -t fdescfs null /dev/fd\nfdescfs /dev/fd  fdescfs  rw  0  0\n********\n\n",
    "********\n",
    "***\n",
    "Traceback (most recent call last):\n",
    "Traceback (most recent call last):\n  x\nKeyError: #\n",
    "--- Logging error ---\n",
    "--- Logging error ---\nOSError: #\nArguments: ()\n",
    "Exception ignored in: #\nTypeError: x\n",
    "/x.py:#: SyntaxWarning: #\n  x\n",
    "Command: /bin/sh -c \n",
    "exit-status-",
    "ERROR: #\n",
    "  ERROR: @ not found!\n",
    "FAILED #\n",
    "* Starting @ (test)\n",
    "* Starting #\n",
    "* Stopping test\n",
    "test is not running!\n",
    "test is already running!\n",
    "test has a corrupt configuration, please fix this jail or destroy and recreate it.\n",
    "test has dependent jails (who may also have dependents), use --recursive to destroy:\n  a\n",
    "  ##\n",
    "WARNING: You have more then one pool set for iocage use!\n",
    "# not a valid property!\n",
    "Successfully set RCTL rule for memoryuse\n",
    "+ Applying resource limits OK\n",
    "rctl: #\n",
    "Destroying: #\n",
    "Destroying test\n",
    "pool: #\n",
    "+-+\n",
    "+--+--+--+--+\n",
    "+==+==+==+==+\n",
    "+-",
    "| # | b |\n",
    "|  | b |\n",
    "|",
    "A ",
    "UUID TAG ",
    "{\"a\":",
    "cannot open 'x': no such pool\n",
    "Downloaded releases:\n#-RELEASE\n",
    "\u{e4}\u{fffd}",
];

/// Bytes that are not text, over and over.
pub const BYTES: &[&[u8]] = &[b"\xff", b"\xff\n", b"a\xc3", b"\xf0\x9f\x98", b"#\xff\n"];

/// How many shapes there are.
pub fn count() -> usize {
    UNITS.len() + BYTES.len()
}

/// The number of the shape that repeats this.
pub fn of(unit: &[u8]) -> usize {
    let mut all = UNITS.iter().map(|unit| unit.as_bytes()).chain(BYTES.iter().copied());
    all.position(|known| known == unit).expect("a shape")
}

/// The shape of this number, of about this size.
pub fn shape(at: usize, size: usize) -> Vec<u8> {
    let unit = match UNITS.get(at) {
        Some(unit) => unit.as_bytes(),
        None => BYTES[at - UNITS.len()],
    };
    let mut text = Vec::with_capacity(size + 128);
    let mut number = 0_u64;
    while text.len() < size {
        number += 1;
        for &byte in unit {
            match byte {
                b'#' => text.extend_from_slice(number.to_string().as_bytes()),
                b'@' => text.extend_from_slice(UUID.as_bytes()),
                b'%' => {
                    let mut uuid = String::new();
                    let _ = write!(uuid, "{number:08x}-ca0f-11e5-8d45-d05099728dbf");
                    text.extend_from_slice(uuid.as_bytes());
                }
                byte => text.push(byte),
            }
        }
    }
    text
}

/// What is done with a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is all of standard output.
    Alone,
    /// Behind what is usual.
    Behind,
    /// Before what is usual.
    Before,
    /// On standard error, beside what is usual.
    Beside,
    /// On standard error of a program that fails.
    Reason,
    /// On both of one that fails.
    Both,
}

impl Place {
    pub const ALL: [Place; 6] =
        [Place::Alone, Place::Behind, Place::Before, Place::Beside, Place::Reason, Place::Both];

    /// What is printed then.
    pub fn printed(self, usual: Printed, shape: Vec<u8>) -> Printed {
        match self {
            Place::Alone => Printed { stdout: shape, ..Printed::default() },
            Place::Behind => Printed { stdout: [usual.stdout, shape].concat(), ..Printed::default() },
            Place::Before => Printed { stdout: [shape, usual.stdout].concat(), ..Printed::default() },
            Place::Beside => Printed { stderr: shape, ..usual },
            Place::Reason => Printed { stderr: shape, exit: 1, ..Printed::default() },
            Place::Both => Printed { stdout: shape.clone(), stderr: shape, exit: 1 },
        }
    }
}

/// Requests that between them run all there is to run.
pub fn requests(generation: Generation) -> Vec<String> {
    let release = match generation {
        Generation::Shell => "10.2-RELEASE",
        Generation::Python => "14.3-RELEASE",
    };
    let mut requests: Vec<String> = [
        r#"{"action":"activatepool","pool":"tank"}"#,
        r#"{"action":"activatepool"}"#,
        r#"{"action":"capjail","jail":"test"}"#,
        r#"{"action":"cleanjails"}"#,
        r#"{"action":"cleanall","force":true}"#,
        r#"{"action":"clonejail","jail":"test","props":"tag=new"}"#,
        r#"{"action":"deactivatepool","pool":"tank"}"#,
        r#"{"action":"destroyjail","jail":"test"}"#,
        r#"{"action":"df"}"#,
        r#"{"action":"execjail","jail":"test","user":"root","command":"true"}"#,
        r#"{"action":"getdefaultsettings"}"#,
        r#"{"action":"getjailsettings","jail":"test"}"#,
        r#"{"action":"getjailsettings","jail":"test","prop":"notes"}"#,
        r#"{"action":"getjailsettings","prop":"notes","switches":"-r"}"#,
        r#"{"action":"jailstats"}"#,
        r#"{"action":"listjails"}"#,
        r#"{"action":"startjail","jail":"test"}"#,
        r#"{"action":"stopjail","jail":"test"}"#,
    ]
    .map(str::to_owned)
    .into();
    requests.push(format!(r#"{{"action":"createjail","props":"tag=new release={release}"}}"#));
    requests.push(r#"{"action":"createjail","props":"tag=new","switches":"-e"}"#.to_owned());
    // Twice as much may be kept.
    let detailed: Vec<_> = requests.iter().map(|args| args.replace("}", r#","detail":true}"#)).collect();
    requests.into_iter().chain(detailed).collect()
}

/// One request on one machine, and where a shape comes in.
#[derive(Clone, Debug)]
pub struct Way {
    pub generation: Generation,
    pub direct: Direct,
    pub args: String,
    pub line: String,
    pub place: Place,
}

/// Every way that a shape can come in.
pub fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for generation in Generation::ALL {
        for direct in [Direct::Auto, Direct::Off] {
            let stand = Stand::new(generation, direct, |_| ());
            for args in requests(generation) {
                if direct == Direct::Off && !args.contains("execjail") {
                    continue;
                }
                let _ = stand.send(args.as_bytes());
                for line in stand.asked() {
                    for place in Place::ALL {
                        ways.push(Way { generation, direct, args: args.clone(), line: line.clone(), place });
                    }
                }
            }
        }
    }
    ways
}
