//! Random machines of both generations, as states of the simulator: jails and templates whose
//! names, tags and UUIDs get in each other's way, values of every sort, what was killed
//! half-way and what is damaged, two pools, jails that run and jails of others.
//!
//! A `plain` one has nothing in it of which it is known that iocage has to be asked. What no
//! kernel and no ZFS can have is in none: two jails that run under one name, two datasets of one.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::support::dice::{Dice, near};

/// A machine, and what it can be asked about.
pub(super) struct Random {
    pub(super) state: Value,
    /// What requests call jails, and what nobody is called.
    pub(super) names: Vec<String>,
    pub(super) properties: Vec<String>,
}

/// Values of properties that both have, and of which some are odd.
const VALUES: [(&str, &[&str]); 9] = [
    ("boot", &["on", "off", "1", "0", "yes"]),
    ("vnet", &["on", "off", "1", "0"]),
    ("ip4_addr", &["none", "em0|10.0.0.2/24", "em0|10.0.0.1,em1|10.0.0.2/8", "10.1.1.1"]),
    ("notes", &["none", "a:b=c", "two  blanks ", "jäl-ü \"q\" \\", "-", "JID"]),
    ("priority", &["99", "1", "07"]),
    ("quota", &["none", "1G"]),
    ("used", &["1.69M", "540K"]),
    ("compressratio", &["1.00x", "2.30x"]),
    ("last_started", &["none", "2016-02-10_20:31:58"]),
];
/// Values that have no line, or two.
const ODD: [&str; 4] = ["a\tb", "one\ntwo", "", "a^b"];

fn one_in(dice: &mut Dice, n: usize) -> bool {
    dice.below(n) == 0
}

fn values(dice: &mut Dice, plain: bool) -> Map<String, Value> {
    let mut values = Map::new();
    for (name, of) in VALUES {
        if one_in(dice, 4) {
            values.insert(name.to_owned(), json!(dice.of(of)));
        }
    }
    if !plain && one_in(dice, 6) {
        values.insert("notes".to_owned(), json!(dice.of(&ODD)));
    }
    values
}

/// UUIDs that begin or end the same, or differ in case only.
fn uuids(dice: &mut Dice) -> Vec<String> {
    let parts = ["611c89ae", "0bf985de", "611C89AE", "5e1fe97e"];
    let ends = ["54ee75595566", "d05099728dbf", "54EE75595566"];
    let uuid = |dice: &mut Dice| format!("{}-c43c-11e5-9602-{}", dice.of(&parts), dice.of(&ends));
    (0..7).map(|_| uuid(dice)).collect()
}

/// Words that may be a tag, or what a request calls a jail.
fn tags(dice: &mut Dice, uuids: &[String], plain: bool) -> Vec<String> {
    let mut words = ["web", "we", "web2", "w.b", "tpl", "d", "12", "default"].map(str::to_owned).to_vec();
    if !plain {
        words.extend(["my jail", ".*", "ca^ret", "mydownload", "jäl-ü", "x-"].map(str::to_owned));
    }
    for _ in 0..4 {
        let uuid = dice.of(uuids).clone();
        words.push(near(uuid, dice.below(6)));
    }
    words
}

/// What a dataset can be called.
fn is_dataset(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.: ".contains(&byte))
}

/// A machine of the shell iocage.
pub(super) fn shell(dice: &mut Dice, plain: bool) -> Random {
    let uuids = uuids(dice);
    let tags = tags(dice, &uuids, plain);
    let mut next_jid = 1;
    let mut running = BTreeSet::new();
    let mut pools = Vec::new();
    for (at, name) in ["tank", "zroot"][..=dice.below(2)].iter().enumerate() {
        let mut jails: Vec<Value> = Vec::new();
        let mut places = BTreeSet::new();
        for _ in 0..dice.below(7) {
            let (uuid, tag) = (dice.of(&uuids).clone(), dice.of(&tags).clone());
            // Of a template that is called like another's UUID iocage is asked.
            let is_template = one_in(dice, 4) && is_dataset(&tag) && !(plain && tag.len() == 36);
            let place = if is_template { format!("templates/{tag}") } else { format!("jails/{uuid}") };
            if !places.insert(place) {
                continue;
            }
            let mut properties = values(dice, plain);
            let kind =
                if is_template { "template" } else { dice.of(&["basejail", "emptyjail", "clonejail"]) };
            let mut jail = json!({"uuid": uuid, "tag": tag, "type": kind});
            // A clone that was given another jail's UUID.
            let mut known_as = uuid;
            if !plain && !is_template && one_in(dice, 8) {
                known_as = dice.of(&uuids).clone();
                properties.insert("host_hostuuid".to_owned(), json!(known_as));
            }
            if let Some(source) = jails.last().filter(|_| kind == "clonejail")
                && source["type"] != "template"
            {
                let origin = format!(
                    "{name}/iocage/jails/{}@{}",
                    source["uuid"].as_str().unwrap_or_default(),
                    places.len()
                );
                properties.insert("origin".to_owned(), json!(origin));
            }
            jail["half_made"] = (!is_template && one_in(dice, if plain { 12 } else { 6 })).into();
            jail["hollow"] = one_in(dice, 9).into();
            if !is_template && jail["half_made"] == false && one_in(dice, 3) && running.insert(known_as) {
                jail["jid"] = next_jid.into();
                next_jid += 1;
            }
            jail["properties"] = properties.into();
            jails.push(jail);
        }
        let mut pool = json!({"name": name, "active": at == 0, "jails": jails, "releases": ["10.2-RELEASE"]});
        pool["defaults"] = json!({"properties": values(dice, plain), "uuid": format!("b67065a9-cfb9-11e5-8209-d0509972800{at}"),
            "tag": "2016-02-09@23:47:04"});
        if at == 1 {
            // It was iocage's once, and what was on it is still there.
            pool["datasets"] = true.into();
            pool["comment"] = json!(dice.of(&["", "inherit", "of Ann", "mirror"]));
        }
        if !plain {
            shake(dice, &mut pool, &["", ".defaults", "download", "jails", "releases", "templates"]);
            if at == 1 && one_in(dice, 12) {
                pool["comment"] = json!(dice.of(&["iocage", "an iocage", "iocage "]));
            }
        }
        pools.push(pool);
    }
    let mut state = json!({"clock": "2016-02-09 23:47:04", "pools": pools, "next_jid": next_jid});
    add_foreign(dice, &mut state, &["77", "www", "a.b"]);
    let mut names: Vec<String> = (0..3).map(|_| dice.of(&uuids).clone()).collect();
    names.extend((0..2).map(|_| dice.of(&tags).clone()));
    names.push(dice.of(&uuids).to_uppercase());
    let properties =
        ["vnet", "notes", "tag", "quota", "origin", "start", "state", "bogus", "host_hostuuid", "used"];
    Random { state, names, properties: properties.map(str::to_owned).to_vec() }
}

/// A pool on which something is not as it is left by iocage.
fn shake(dice: &mut Dice, pool: &mut Value, datasets: &[&str]) {
    if pool["active"] == true && one_in(dice, 12) {
        let without = dice.below(datasets.len());
        let left: Vec<_> =
            datasets.iter().enumerate().filter(|(at, _)| *at != without).map(|(_, name)| *name).collect();
        // What lies in one that is not there is not there either.
        pool["jails"] = json!([]);
        pool["datasets"] = json!(left);
    }
    if pool["active"] == true && one_in(dice, 20) {
        pool["active"] = false.into();
        pool["datasets"] = true.into();
    }
}

fn add_foreign(dice: &mut Dice, state: &mut Value, names: &[&str]) {
    if one_in(dice, 4) {
        state["foreign"] = json!([{"jid": 900, "name": dice.of(names), "ip4": dice.of(&["-", "10.9.9.9"])}]);
    }
}

const NAMES: [&str; 24] = [
    "a",
    "b",
    "b_1",
    "b_2",
    "b_10",
    "b_x",
    "b0",
    "b_01",
    "web",
    "web2",
    "we",
    "web.1",
    "web_2",
    "MyStable",
    "release",
    "x-1",
    "default2",
    "-",
    "A",
    "611c89ae-c43c-11e5-9602-54ee75595566",
    "611c89ae",
    "611c89ae-c43c-11e5-9602",
    "ALLb",
    "templates",
];

/// What only the Python iocage has.
const PYTHON_VALUES: [(&str, &[&str]); 7] = [
    ("dhcp", &["0", "1", "on"]),
    ("ip6_addr", &["none", "em0|fe80::1/64", "vnet0|accept_rtadv"]),
    ("ip4", &["new", "none", "disable"]),
    ("devfs_ruleset", &["4", "7"]),
    ("interfaces", &["vnet0:bridge0", "em0:bridge1,vnet1:x"]),
    ("host_hostname", &["h", "other"]),
    ("available", &["5.8G"]),
];

/// A machine of the Python iocage.
pub(super) fn python(dice: &mut Dice, plain: bool) -> Random {
    let version = dice.of(&["1.13", "1.13", "1.10"]);
    let mut next_jid = 1;
    let mut running = BTreeSet::new();
    let mut pools = Vec::new();
    for (at, pool_name) in ["tank", "zroot"][..=dice.below(2)].iter().enumerate() {
        let mut jails: Vec<Value> = Vec::new();
        let mut names = BTreeSet::new();
        for _ in 0..dice.below(7) {
            let name = *dice.of(&NAMES);
            // Of two that differ in a dot, jail(8) knows one.
            if !names.insert(name.replace('.', "_")) {
                continue;
            }
            let mut jail = python_jail(dice, plain, pool_name, name, &jails);
            let can_run = jail["type"] != "template" && jail["properties"]["host_hostuuid"].is_null();
            if can_run && one_in(dice, 3) && running.insert(name.replace('.', "_")) {
                jail["jid"] = next_jid.into();
                next_jid += 1;
            }
            jails.push(jail);
        }
        let releases = &["14.3-RELEASE-p5", "13.5-RELEASE"][..=dice.below(2)];
        let mut pool = json!({"name": pool_name, "active": at == 0, "jails": jails, "releases": releases});
        if one_in(dice, 2) {
            let mut properties = values(dice, plain);
            properties.retain(|name, _| {
                !["used", "compressratio", "last_started", "quota"].contains(&name.as_str())
            });
            pool["defaults"] = json!({"properties": properties, "corrupt": !plain && one_in(dice, 12)});
        }
        if at == 1 {
            pool["deactivated"] = one_in(dice, 2).into();
            pool["datasets"] = true.into();
        }
        if !plain {
            let datasets =
                ["", "download", "images", "jails", "log", "releases", "templates", "defaults.json"];
            shake(dice, &mut pool, &datasets);
            if at == 1 && one_in(dice, 12) {
                pool["active"] = true.into();
            }
        }
        pools.push(pool);
    }
    let mut state =
        json!({"version": version, "pools": pools, "next_jid": next_jid, "host": {"dhcp": !one_in(dice, 8)}});
    add_foreign(dice, &mut state, &["77", "www"]);
    let names = (0..6).map(|_| (*dice.of(&NAMES)).to_owned()).collect();
    let properties = [
        "vnet",
        "notes",
        "ip4",
        "quota",
        "origin",
        "boot",
        "state",
        "bogus",
        "host_hostuuid",
        "last_started",
        "devfs_ruleset",
        "jid",
        "pool",
        "release",
    ];
    Random { state, names, properties: properties.map(str::to_owned).to_vec() }
}

fn python_jail(dice: &mut Dice, plain: bool, pool: &str, name: &str, others: &[Value]) -> Value {
    let mut properties = values(dice, plain);
    for (name, of) in PYTHON_VALUES {
        if one_in(dice, 5) {
            properties.insert(name.to_owned(), json!(dice.of(of)));
        }
    }
    let kinds = ["jail", "jail", "jail", "template", "basejail", "pluginv2"];
    let kind = dice.of(&kinds[..if plain { 5 } else { 6 }]);
    let mut jail = json!({"name": name, "type": kind});
    // Not every file was written by iocage.
    if one_in(dice, 4) {
        let values = [json!(null), json!(true), json!(7), json!(-1), json!("TRUE"), json!("none")];
        let keys = ["notes", "priority", "boot", "vnet", "ip4", "comment", "nobody"];
        jail["raw"] = json!({(*dice.of(&keys)): dice.of(&values), (*dice.of(&keys)): dice.of(&values)});
    }
    if !plain && one_in(dice, 12) {
        properties.insert("CONFIG_VERSION".to_owned(), json!("26"));
    }
    if !plain && one_in(dice, 15) {
        jail["raw"] = json!({"notes": 1.5});
    }
    if one_in(dice, 5) {
        jail["release"] = json!(dice.of(&["EMPTY", "14-STABLE-HBSD", "13.5-RELEASE"]));
    }
    if let Some(source) = others.last().filter(|_| one_in(dice, 2)) {
        let (sort, of) = match source["type"].as_str() {
            Some("template") => ("templates", "template"),
            _ => ("jails", "jail"),
        };
        let source = source["name"].as_str().unwrap_or_default();
        match of {
            "template" if one_in(dice, 2) => jail["template"] = json!(source),
            _ => jail["origin"] = json!(format!("{pool}/iocage/{sort}/{source}/root@{name}")),
        }
        // Killed before it had a configuration of its own.
        if one_in(dice, 8) {
            properties.insert("host_hostuuid".to_owned(), json!(source));
        }
    }
    jail["hollow"] = one_in(dice, 9).into();
    if one_in(dice, 12) {
        jail["corrupt"] = dice.of(&[json!(true), json!("missing")]).clone();
    }
    // Of these iocage dies with an exception, whose text is its own.
    if !plain && one_in(dice, 15) {
        jail["corrupt"] = json!("empty");
    }
    if !plain && one_in(dice, 15) {
        properties.insert("mountpoint".to_owned(), json!("none"));
    }
    if !plain && one_in(dice, 15) {
        jail["mounted"] = false.into();
    }
    jail["properties"] = properties.into();
    jail
}
