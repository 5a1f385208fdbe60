//! What iocage looks at first: the pool, its datasets, the version, the defaults.

use serde_json::json;

use super::rule::Then::{Dies, Has, Not, Out, Says};
use super::rule::{DB, LIST, POOL, Rule};
use super::rule::{add, dataset, forget, path, remove, rewrite, set, write};

pub(super) const RULES: &[Rule] = &[
    ("as it was", |_, _| (), LIST, Has(DB)),
    ("no pool", |data, _| set(data, "", "org.freebsd.ioc:active", "no"), LIST, Not("no pool is active")),
    (
        "no pool, but one marked as once",
        |data, _| {
            set(data, "", "org.freebsd.ioc:active", "no");
            data["zpool"] = "vault\tiocage\n".into();
        },
        LIST,
        Not("marked as it was once done"),
    ),
    ("active, and marked as once", |data, _| data["zpool"] = "vault\tiocage\n".into(), POOL, Out("vault\n")),
    (
        "a pool that is locked is none",
        |data, _| {
            for (name, state) in [("vault", "available"), ("zdata", "unavailable")] {
                if name == "zdata" {
                    add(data, name, &json!({"org.freebsd.ioc:active": "yes"}));
                }
                *dataset(data, name) = json!({"org.freebsd.ioc:active": "yes", "encryption": "aes-256-gcm",
                    "keystatus": state});
            }
            data["zpool"] = "vault\t-\nzdata\t-\n".into();
        },
        POOL,
        Out("vault\n"),
    ),
    (
        "zfs does not tell of a pool",
        |data, _| data["zpool"] = "vault\t-\nzdata\t-\n".into(),
        POOL,
        Not("not tell the same pools: zdata"),
    ),
    ("zpool does not", |data, _| data["zpool"] = "".into(), POOL, Not("not tell the same pools: vault")),
    (
        "not mounted",
        |data, _| set(data, "/iocage", "mounted", "no"),
        POOL,
        Dies("Please set a mountpoint on vault/iocage\n"),
    ),
    ("mounted nowhere", |data, _| set(data, "/iocage", "mountpoint", "legacy"), POOL, Not("mounted where")),
    (
        "exec",
        |data, _| set(data, "/iocage/log", "exec", "off"),
        POOL,
        Dies("Dataset \"iocage/log\" has exec=off (should be on)\n"),
    ),
    (
        "missing",
        |data, _| remove(data, "vault/iocage/images"),
        POOL,
        Not("would make it: vault/iocage/images"),
    ),
    (
        "what is missing comes before what is wrong behind it",
        |data, _| {
            remove(data, "vault/iocage/images");
            set(data, "/iocage/log", "exec", "off");
        },
        POOL,
        Not("would make it"),
    ),
    ("no defaults", |data, _| forget(data, &path("")), POOL, Not("has no defaults yet")),
    (
        "defaults of another version",
        |data, _| rewrite(data, "", |config| config["CONFIG_VERSION"] = "33".into()),
        POOL,
        Not("defaults are of another version"),
    ),
    (
        "defaults of a plugin",
        |data, _| rewrite(data, "", |config| config["type"] = "pluginv2".into()),
        POOL,
        Not("defaults are those of a plugin"),
    ),
    ("defaults that are a list", |data, _| write(data, "", "[]"), POOL, Not("not what they should be")),
    (
        "broken defaults",
        |data, _| write(data, "", "{"),
        LIST,
        Says("/vault/iocage/defaults.json corrupted (delete to recreate), using memory values.\n", DB),
    ),
    (
        "broken defaults, all",
        |data, _| write(data, "", "{"),
        &["get", "all", "db"],
        Not("built in is not known"),
    ),
    (
        "broken defaults, and none",
        |data, _| write(data, "", "{"),
        &["get", "vnet", "zz"],
        Not("defaults are broken"),
    ),
];
