//! A jail's dataset and its configuration.

use super::rule::Then::{Dies, Has, Not, Out, Says};
use super::rule::{DF, LIST, Rule};
use super::rule::{dataset, forget, path, rewrite, set, write};

pub(super) const RULES: &[Rule] = &[
    (
        "a jail that is not mounted",
        |data, _| set(data, "/iocage/jails/db", "mounted", "no"),
        LIST,
        Not("would mount it: db"),
    ),
    (
        "a jail that is mounted nowhere",
        |data, _| set(data, "/iocage/jails/db", "mountpoint", "none"),
        LIST,
        Has("None\tdb\toff\tCORRUPT\tN/A\tN/A\tN/A\tN/A\t-\tno"),
    ),
    (
        "a jail that is mounted in another's root",
        |data, _| set(data, "/iocage/jails/db", "mountpoint", "/vault/iocage/jails/web/root/jails/db"),
        LIST,
        Not("not mounted where its name says"),
    ),
    (
        "a jail that is mounted where another is",
        |data, _| set(data, "/iocage/jails/db", "mountpoint", "/vault/iocage/jails/web"),
        LIST,
        Not("not mounted where its name says"),
    ),
    (
        "a jail that is locked is not there",
        |data, _| {
            let names: Vec<String> = data["datasets"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|row| row[0].as_str().expect("a name").to_owned())
                .collect();
            for name in names {
                dataset(data, &name)["encryption"] = "off".into();
            }
            let own = dataset(data, "vault/iocage/jails/db");
            own["encryption"] = "aes-256-gcm".into();
            own["keystatus"] = "unavailable".into();
            own["mounted"] = "no".into();
        },
        &["get", "-rh", "notes"],
        Out("old\thello world\nweb\tnone\n"),
    ),
    (
        "no configuration",
        |data, _| forget(data, &path("db")),
        LIST,
        Says(
            "db is missing its configuration, please destroy this jail and recreate it.\n",
            "None\tdb\toff\tCORRUPT\tN/A\tN/A\tN/A\tN/A\t-\tno",
        ),
    ),
    (
        "no configuration, and it is needed",
        |data, _| forget(data, &path("db")),
        DF,
        Dies("db is missing its configuration, please destroy this jail and recreate it.\n"),
    ),
    (
        "of the shell iocage",
        |data, _| {
            forget(data, &path("db"));
            set(data, "/iocage/jails/db", "org.freebsd.iocage:host_hostuuid", "x");
        },
        LIST,
        Not("of another iocage"),
    ),
    (
        "of the development line",
        |data, _| {
            forget(data, &path("db"));
            data["files"]["/vault/iocage/jails/db/config"] = "x".into();
        },
        LIST,
        Not("of another iocage"),
    ),
    (
        "corrupt",
        |data, _| write(data, "db", "{"),
        &["get", "vnet", "db"],
        Dies("db has a corrupt configuration, please fix this jail or destroy and recreate it.\n"),
    ),
    (
        "no object",
        |data, _| write(data, "db", "[]"),
        LIST,
        Has("None\tdb\toff\tCORRUPT\tN/A\tN/A\tN/A\tN/A\t-\tno"),
    ),
    ("no object, and it is needed", |data, _| write(data, "db", "[]"), DF, Not("exception")),
    (
        "JSON for Python alone",
        |data, _| write(data, "db", r#"{"a": NaN}"#),
        LIST,
        Not("JSON for Python alone"),
    ),
    (
        "a configuration of another version",
        |data, _| rewrite(data, "db", |config| config["CONFIG_VERSION"] = "33".into()),
        LIST,
        Not("configuration is of another version"),
    ),
    (
        "thick, and without a version",
        |data, _| rewrite(data, "db", |config| config["CONFIG_TYPE"] = "THICK".into()),
        LIST,
        Not("configuration is of another version"),
    ),
    (
        "a plugin without a name, in a list",
        |data, _| rewrite(data, "db", |config| config["type"] = "pluginv2".into()),
        LIST,
        Has("None\tdb\toff\tdown\tpluginv2\t14.3-RELEASE-p5\t-\t-\t-\tno"),
    ),
    (
        "a plugin without a name",
        |data, _| rewrite(data, "db", |config| config["type"] = "plugin".into()),
        &["get", "all", "db"],
        Not("plugin's configuration"),
    ),
];
