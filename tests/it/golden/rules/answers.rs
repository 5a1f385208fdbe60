//! What is told of jails that can be read.

use serde_json::json;

use super::rule::Then::{Dies, Has, Not, Out};
use super::rule::{LIST, POOL, Rule};
use super::rule::{add, lease, rewrite, set, write};

const LEASE: &str =
    "epair0b: flags=8843<UP> metric 0 mtu 1500\n\tether 02:ff\n\tinet 10.9.8.7 netmask 0xff000000\n";

pub(super) const RULES: &[Rule] = &[
    (
        "the order of the file",
        |data, _| {
            write(
                data,
                "",
                r#"{"b": "x\ny", "a": null, "CONFIG_VERSION": "34", "ip4": "none", "boot": "Yes"}"#,
            )
        },
        &["get", "all", "default"],
        Out("b:x\ny\na:None\nCONFIG_VERSION:34\nip4:disable\nboot:1\n"),
    ),
    (
        "a default is told as iocage has it",
        |data, _| rewrite(data, "", |config| config["vnet"] = "on".into()),
        &["get", "vnet", "db"],
        Out("1\n"),
    ),
    (
        "a jail's own value as it stands there",
        |data, _| rewrite(data, "db", |config| config["vnet"] = "on".into()),
        &["get", "vnet", "db"],
        Out("on\n"),
    ),
    (
        "and all of them as iocage has them",
        |data, _| rewrite(data, "db", |config| config["vnet"] = "on".into()),
        &["get", "all", "db"],
        Has("vnet:1"),
    ),
    (
        "a fraction",
        |data, _| rewrite(data, "db", |config| config["notes"] = 1.5.into()),
        &["get", "notes", "db"],
        Not("neither text nor a plain number"),
    ),
    (
        "a value with a line's end and a tab",
        |data, _| rewrite(data, "db", |config| config["notes"] = "a\n\tb".into()),
        &["get", "-rh", "notes"],
        Out("db\ta\n\tb\nold\thello world\nweb\tnone\n"),
    ),
    (
        "half a clone is called what its source is",
        |data, _| rewrite(data, "db", |config| config["host_hostuuid"] = "web".into()),
        LIST,
        Has("1\tweb\toff\tup\tjail\t14.3-RELEASE-p5\t-\t-\t-\tno"),
    ),
    (
        "and has its own name elsewhere",
        |data, _| rewrite(data, "db", |config| config["host_hostuuid"] = "web".into()),
        &["get", "-rh", "host_hostuuid"],
        Out("db\tweb\nold\told\nweb\tweb\n"),
    ),
    (
        "made of a template",
        |data, _| set(data, "/iocage/jails/db/root", "origin", "vault/iocage/templates/base/root@db"),
        LIST,
        Has("None\tdb\toff\tdown\tjail\t14.3-RELEASE-p5\t-\t-\tbase\tno"),
    ),
    (
        "a template stands in its own list",
        |data, _| {
            add(
                data,
                "vault/iocage/templates/t",
                &json!({"mounted": "yes",
        "mountpoint": "none"}),
            )
        },
        &["list", "-tlh"],
        Out("None\tt\toff\tCORRUPT\tN/A\tN/A\tN/A\tN/A\t-\tno\n"),
    ),
    ("a beginning", |_, _| (), &["get", "vnet", "ol"], Out("0\n")),
    ("none", |_, _| (), &["get", "vnet", "zz"], Dies("jail 'zz' not found!\n")),
    (
        "a path",
        |_, _| (),
        &["get", "vnet", "a/b"],
        Dies("jail 'a/b' not found ('/' not allowed in jail name)!\n"),
    ),
    (
        "several",
        |data, _| {
            add(
                data,
                "vault/iocage/jails/db2x",
                &json!({"mounted": "yes", "mountpoint": "/vault/iocage/jails/db2x"}),
            );
            add(
                data,
                "vault/iocage/jails/db2y",
                &json!({"mounted": "yes", "mountpoint": "/vault/iocage/jails/db2y"}),
            );
        },
        &["get", "vnet", "db2"],
        Dies(
            "Multiple jails found for db2:\n  db2x (/vault/iocage/jails/db2x)\n  db2y (/vault/iocage/jails/db2y)\n",
        ),
    ),
    ("no such property", |_, _| (), &["get", "bogus", "db"], Dies("bogus is not a valid property!\n")),
    (
        "never started",
        |_, _| (),
        &["get", "last_started", "db"],
        Dies("last_started is not a valid property!\n"),
    ),
    (
        "never started, by its configuration",
        |data, _| rewrite(data, "db", |config| config["last_started"] = "none".into()),
        &["get", "last_started", "db"],
        Out("never\n"),
    ),
    ("the rules of one that runs", |_, _| (), &["get", "devfs_ruleset", "web"], Out("1000\n")),
    ("the rules of one that does not", |_, _| (), &["get", "devfs_ruleset", "db"], Out("4\n")),
    ("what is no property: jid", |_, _| (), &["get", "jid", "web"], Out("1\n")),
    ("what is no property: jid of nobody", |_, _| (), &["get", "jid", "zz"], Out("-\n")),
    (
        "what is no property: state",
        |_, _| (),
        &["get", "-rh", "state"],
        Out("db\tdown\nold\tdown\nweb\tup\n"),
    ),
    ("what is no property: pool", |_, _| (), &["get", "pool", "db"], Out("vault\n")),
    ("all of each", |_, _| (), &["get", "-rh", "all"], Not("no table")),
    (
        "a release that is called oddly",
        |data, _| {
            add(
                data,
                "vault/iocage/releases/14.10-RELEASE",
                &json!({"mounted": "yes",
            "mountpoint": "/vault/iocage/releases/14.10-RELEASE"}),
            )
        },
        &["list", "-rh"],
        Not("not called as releases are"),
    ),
    ("another version", |data, _| data["version"] = "1.14".into(), LIST, Not("of this version of iocage")),
    (
        "other datasets that up to 1.10 count as jails",
        |data, _| {
            data["version"] = "1.10".into();
            rewrite(data, "", |config| config["CONFIG_VERSION"] = "33".into());
            add(data, "vault/iocage/jails-old", &json!({}));
        },
        POOL,
        Not("takes other datasets for jails"),
    ),
    ("other datasets since", |data, _| add(data, "vault/iocage/jails-old", &json!({})), POOL, Out("vault\n")),
    (
        "a lease",
        |data, root| lease(data, root, LEASE),
        LIST,
        Has("1\tweb\toff\tup\tjail\t14.3-RELEASE-p5\tepair0b|10.9.8.7\t-\t-\tno"),
    ),
    (
        "a lease of one that is down",
        |data, _| rewrite(data, "db", |config| config["dhcp"] = "on".into()),
        LIST,
        Has("None\tdb\toff\tdown\tjail\t14.3-RELEASE-p5\tDHCP (not running)\t-\t-\tno"),
    ),
    (
        "a lease that has no third line",
        |data, root| lease(data, root, "x\n"),
        LIST,
        Has(
            "1\tweb\toff\tup\tjail\t14.3-RELEASE-p5\tDHCP - Failed Parsing: list index out of range\t-\t-\tno",
        ),
    ),
    (
        "a lease that is told as anything",
        |data, root| lease(data, root, "\n\ninet \u{1b}[2J\n"),
        LIST,
        Not("not understood"),
    ),
    (
        "a lease that takes its time",
        |data, root| {
            lease(data, root, LEASE);
            data["slow"] = "jexec".into();
        },
        LIST,
        Not("does not tell its address in time"),
    ),
    (
        "a lease of another that runs under its name",
        |data, root| {
            lease(data, root, LEASE);
            let jls = data["jls"]["--libxo json -v"].as_str().expect("a text").replace(root, "/elsewhere");
            data["jls"]["--libxo json -v"] = jls.into();
        },
        LIST,
        Not("another jail runs under the name"),
    ),
];
