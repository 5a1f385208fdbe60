//! Properties and values as the Python iocage prints them.

use serde_json::{Value, json};

use sysadm_iocage::config::Generation;

use super::asked::{error, python, sent};
use crate::support::stand::{Said, failed, said};

const JAILS: &str = "db\t1.00x\tnone\tnone\t96K\t5.1G\na.b\t1.00x\tnone\tnone\t96K\t5.1G\n";
const BANNER: &str = "****************\nmount -t fdescfs null /dev/fd\nfdescfs /dev/fd  fdescfs  rw  0  0\n****************\n\n";

fn property(prop: &str) -> Value {
    json!({"action": "getjailsettings", "jail": "db", "prop": prop})
}

#[test]
fn all_properties_and_what_a_value_forges() {
    let text = "Creating tank/iocage/log\nCONFIG_VERSION:34\nallow_chflags:0\nboot:0\nhost_domainname:\n\
        ip6_addr:em0|2001:db8::1/64\nnotes:first\nboot:1\nsecond: line\n\nowner:root\nvnet:1\nwallclock:off\n";
    let args = python(
        property("all"),
        [
            ("df -lh", said(JAILS)),
            ("get all db", said(text)),
            (
                "get all default",
                said(
                    "allow_chflags:0\nboot:0\nhost_domainname:\nip6_addr:none\nnotes:none\nowner:root\nvnet:0\nwallclock:off\nCONFIG_VERSION:34\n",
                ),
            ),
        ],
    );
    let expected = json!({
        "CONFIG_VERSION": "34",
        "allow_chflags": "0",
        "boot": "0",
        "host_domainname": "",
        "ip6_addr": "em0|2001:db8::1/64",
        "notes": "first\nboot:1\nsecond: line\n",
        "owner": "root",
        "vnet": "1",
        "wallclock": "off",
    });
    assert_eq!(args["getjailsettings"], json!({"db": expected}));
}

#[test]
fn the_defaults_in_any_order() {
    let warned = Said {
        stderr: "/iocage/defaults.json corrupted, using memory values.\n".repeat(2),
        ..said("vnet:0\ninterfaces:vnet0:bridge0\nCONFIG_VERSION:34\nboot:0\n")
    };
    let args = python(json!({"action": "getdefaultsettings"}), [("get all default", warned)]);
    let values = json!({"CONFIG_VERSION": "34", "boot": "0", "interfaces": "vnet0:bridge0", "vnet": "0"});
    assert_eq!(args["getdefaultsettings"], json!({"defaults": values}));
    assert_eq!(args["problems"], json!(["/iocage/defaults.json corrupted, using memory values."]));
    let args = python(json!({"action": "getdefaultsettings"}), [("get all default", said(""))]);
    assert_eq!(error(&args, "getdefaultsettings").0, "unexpected-output");
}

#[test]
fn one_value() {
    for (text, value) in [
        ("0\n".to_owned(), "0"),
        ("\n".to_owned(), ""),
        ("a\nb:c\n".to_owned(), "a\nb:c"),
        (format!("{BANNER}0\n"), "0"),
        (format!("{BANNER}\n"), ""),
        (format!("Creating tank/iocage/images\n{BANNER}x\n"), "x"),
    ] {
        let args = python(property("notes"), [("df -lh", said(JAILS)), ("get notes db", said(&*text))]);
        assert_eq!(args["getjailsettings"]["db"]["notes"], json!(value), "{text:?}");
    }
    for (stderr, code, key) in [
        ("notes is not a valid property!\n", "unknown-property", Some("prop")),
        ("jail 'db' not found!\n", "unknown-jail", Some("jail")),
        (
            "db has a corrupt configuration, please fix this jail or destroy and recreate it.\n",
            "corrupt-jail",
            Some("jail"),
        ),
    ] {
        let args = python(property("notes"), [("df -lh", said(JAILS)), ("get notes db", failed(stderr))]);
        assert_eq!(error(&args, "getjailsettings"), (code, key, stderr.trim()));
    }
    let args = python(property("notes"), [("df -lh", said(JAILS)), ("get notes db", said(""))]);
    assert_eq!(error(&args, "getjailsettings").0, "unexpected-output");
}

#[test]
fn a_property_of_each_with_values_of_several_lines() {
    let request = json!({"action": "getjailsettings", "prop": "notes", "switches": "-r"});
    let tabs = "a.b\tone\ntwo\tnot a jail\ndb\tnone\n";
    let args = python(request.clone(), [("get -rh notes", said(tabs)), ("df -lh", said(JAILS))]);
    let rows = |value: &str| {
        json!({
            "a.b": {"TAG": "a.b", "notes": value},
            "db": {"TAG": "db", "notes": "none"},
        })
    };
    assert_eq!(args, json!({"getjailsettings": rows("one\ntwo\tnot a jail")}));
    let boxed = "+------+--------------+\n| NAME | PROP - notes |\n+======+==============+\n\
                 | a.b  | one          |\n|      | two          |\n+------+--------------+\n\
                 | db   | none         |\n+------+--------------+\n";
    let warned = Said { stderr: "defaults corrupted\n".into(), ..said(boxed) };
    let args = python(request.clone(), [("get -rh notes", warned)]);
    assert_eq!(args["getjailsettings"], rows("one\ntwo"));
    assert_eq!(args["problems"], json!(["defaults corrupted"]));
    let none = || failed("notes is not a valid property!\n");
    let args = python(
        request,
        [
            ("get -rh notes", none()),
            ("df -lh", said(JAILS)),
            ("get notes db", none()),
            ("get notes a.b", none()),
        ],
    );
    assert_eq!(error(&args, "getjailsettings").0, "unknown-property");
}

/// Old versions tell of the templates behind the jails, each sort in its order.
#[test]
fn a_property_of_each_in_another_order() {
    let request = json!({"action": "getjailsettings", "prop": "vnet", "switches": "-r"});
    let tabs = "db\t0\na.b\t1\n";
    let args = python(request, [("get -rh vnet", said(tabs)), ("df -lh", said(JAILS))]);
    let rows = json!({"a.b": {"TAG": "a.b", "vnet": "1"}, "db": {"TAG": "db", "vnet": "0"}});
    assert_eq!(args, json!({"getjailsettings": rows}));
}

/// A jail that is destroyed between the rows and the names is no line of another's
/// value, or that is told.
#[test]
fn a_row_of_a_jail_that_is_gone_since() {
    let request = json!({"action": "getjailsettings", "prop": "vnet", "switches": "-r"});
    let answers = vec![
        ("get -rh vnet".to_owned(), vec![said("a.b\t0\nbad\t1\ndb\t0\n"), said("a.b\t0\ndb\t0\n")]),
        ("df -lh".to_owned(), vec![said(JAILS)]),
    ];
    let args = sent(Generation::Python, &request, answers);
    assert_eq!(args["getjailsettings"]["db"]["vnet"], "0");
    assert!(args["problems"][0].as_str().is_some_and(|text| text.starts_with("a.b: ")), "{args}");
}

/// No name of a jail is an option of iocage.
#[test]
fn a_jail_that_is_called_like_an_option() {
    let request = json!({"action": "getjailsettings", "prop": "vnet", "switches": "-r"});
    let jails = said("-a\t1.00x\tnone\tnone\t9K\t5G\ndb\t1.00x\tnone\tnone\t9K\t5G\n");
    let commands = [
        (
            "get -rh vnet",
            failed("x has a corrupt configuration, please fix this jail or destroy and recreate it.\n"),
        ),
        ("df -lh", jails),
        ("get vnet db", said("0\n")),
    ];
    let args = python(request, commands);
    assert_eq!(args["getjailsettings"], json!({"db": {"TAG": "db", "vnet": "0"}}));
    assert!(args["problems"][0].as_str().is_some_and(|text| text.starts_with("-a: ")), "{args}");
}

#[test]
fn the_active_pool() {
    let request = json!({"action": "activatepool"});
    let text = "Setting up zpool [tank] for iocage usage\nIf you wish to change please use \"iocage activate\"\ntank\n";
    let args = python(request.clone(), [("get -p", said(text))]);
    assert_eq!(args["activatepool"], json!({"currently active": {"pool": " tank"}}));
    // It was only asked, and has changed something.
    let told = args["warnings"][0].as_str().unwrap_or_default();
    assert!(told.starts_with("iocage has by itself: Setting up zpool [tank]"), "{args}");
    let args = python(request.clone(), [("get -p", said("my tank\n"))]);
    assert_eq!(args, json!({"activatepool": {"currently active": {"pool": " my tank"}}}));
    let both = failed("Pools:\na\nb\nYou have 2 poolsmarked active for iocage usage.\n");
    for (output, code) in
        [(said("a\nb\n"), "unexpected-output"), (said(""), "unexpected-output"), (both, "pool-active")]
    {
        let args = python(request.clone(), [("get -p", output)]);
        assert_eq!(error(&args, "activatepool").0, code);
    }
}
