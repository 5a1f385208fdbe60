//! The machines on which the rows were recorded, and how they differ from one another.

use serde_json::{Value, json};

const R14: &str = "14.3-RELEASE-p5";
const R13: &str = "13.5-RELEASE-p2";

/// A machine: one pool `pyt` with both releases, and these jails.
pub(super) fn machine(jails: Vec<Value>) -> Value {
    json!({
        "version": "1.13",
        "host": {"hostid": "5d6f8c2e-7c1b-11ee-9a3d-589cfc0a1b2c", "hostname": "vm"},
        "pools": [{"name": "pyt", "active": true, "rc_conf": true, "releases": [R13, R14], "jails": jails}],
    })
}

pub(super) fn jail(name: &str, more: Value) -> Value {
    let mut jail = json!({"name": name, "release": R14});
    let map = jail.as_object_mut().expect("it is one");
    map.extend(more.as_object().expect("what is said of a jail is an object").clone());
    jail
}

pub(super) fn plain(name: &str) -> Value {
    jail(name, json!({}))
}

pub(super) fn with(name: &str, properties: Value) -> Value {
    jail(name, json!({ "properties": properties }))
}

/// A clone of `test`, which has handed on what was set there.
pub(super) fn clone_of_test(name: &str, properties: Value) -> Value {
    let mut clone = with(name, from_test("2026-11-23 12:22:08"));
    clone["origin"] = json!(format!("pyt/iocage/jails/test/root@{name}"));
    // An underscore becomes a dash in the name of a host only where a jail is created.
    clone["properties"]["host_hostname"] = json!(name);
    let map = clone["properties"].as_object_mut().expect("it is one");
    map.extend(properties.as_object().expect("properties are an object").clone());
    clone
}

pub(super) fn from_test(last_started: &str) -> Value {
    json!({"cpuset": "0,1", "memoryuse": "deny=1g", "securelevel": "1", "last_started": last_started})
}

/// No jails, no releases.
pub(super) fn empty() -> Value {
    let mut machine = machine(Vec::new());
    machine["pools"][0]["releases"] = json!([]);
    machine
}

pub(super) fn fresh() -> Value {
    let mut machine = empty();
    machine["pools"][0]["active"] = json!(false);
    machine["pools"][0]["datasets"] = json!(false);
    machine
}

pub(super) fn three() -> Vec<Value> {
    vec![
        jail("dh", json!({"release": R13, "properties": {"dhcp": "1", "vnet": "1", "bpf": "1"}})),
        plain("test"),
        with("web", json!({"ip4_addr": "vnet0|10.0.0.2/24", "vnet": "1"})),
    ]
}

pub(super) fn twelve() -> Vec<Value> {
    let mut jails = three();
    jails.extend([
        jail("basej", json!({"type": "basejail"})),
        plain("bcdefc6b-107d-4c06-9b36-3b20a18a906b"),
        with("boots.odd-name_1", json!({"boot": "on"})),
        jail("empt", json!({"release": "EMPTY"})),
        jail("fromt", json!({"template": "tmp12"})),
        plain("num_1"),
        plain("num_2"),
        jail("thick", json!({"release": R13, "origin": "-"})),
        jail("tmp12", json!({"type": "template"})),
        with(
            "v6",
            json!({"ip4_addr": "vtnet0|192.0.2.31/24,vtnet0|192.0.2.32/24", "ip6_addr": "vtnet0|2001:db8::5/64"}),
        ),
    ]);
    jails
}

/// The jails of the first half of the recording.
pub(super) fn many() -> Vec<Value> {
    vec![
        plain("65c0039f"),
        plain("7d4a1261-2ff2-456c-9914-c32d59320150"),
        jail("818a7777-6c18-4031-8101-5f4e45a2da56", json!({"release": "EMPTY"})),
        jail("base1", json!({"type": "basejail"})),
        jail(
            "base2",
            json!({"origin": "pyt/iocage/releases/14.3-RELEASE/root@base2", "properties": {"basejail": "1"}}),
        ),
        with("bootj", json!({"boot": "1"})),
        with("dhcpi", json!({"ip4_addr": "vnet0|DHCP", "vnet": "1", "bpf": "1"})),
        with("dhcpj", json!({"dhcp": "1", "vnet": "1", "bpf": "1"})),
        jail("emptytest", json!({"release": "EMPTY"})),
        plain("lower"),
        jail("multi_1", json!({"release": R13})),
        jail("multi_2", json!({"release": R13})),
        jail("multi_3", json!({"release": R13})),
        plain("myALLjail"),
        plain("odd-name.with_dots-9"),
        with(
            "props1",
            json!({"ip4_addr": "vnet0|10.0.0.2/24", "vnet": "1", "defaultrouter": "10.0.0.1", "notes": "hello world"}),
        ),
        jail(
            "shared",
            json!({"release": R13, "properties": {"ip4_addr": "vtnet0|192.0.2.50/24,vtnet0|192.0.2.51/24"}}),
        ),
        plain("te_st"),
        plain("test"),
        jail("thick", json!({"origin": "-"})),
        with("thickconf", json!({"CONFIG_TYPE": "THICK"})),
    ]
}

/// After many were destroyed and others cloned: the jails of the second half.
pub(super) fn late() -> Vec<Value> {
    let keep = ["base1", "dhcpj", "emptytest", "odd-name.with_dots-9", "props1", "shared"];
    let mut jails: Vec<Value> =
        many().into_iter().filter(|jail| keep.iter().any(|name| jail["name"] == *name)).collect();
    let started = [
        ("base1", "12:21:23"),
        ("dhcpj", "12:21:29"),
        ("odd-name.with_dots-9", "12:21:38"),
        ("props1", "12:21:40"),
        ("shared", "12:21:41"),
    ];
    for (name, time) in started {
        find(&mut jails, name)["properties"]["last_started"] = json!(format!("2026-11-23 {time}"));
    }
    find(&mut jails, "dhcpj")["properties"]["vnet0_mac"] = json!("5a9cfc73b627 5a9cfc73b628");
    find(&mut jails, "props1")["properties"]["vnet0_mac"] = json!("5a9cfc5a4215 5a9cfc5a4216");
    let mut renamed = clone_of_test("bad name", json!({"last_started": "2026-11-23 12:29:18"}));
    renamed["origin"] = json!("pyt/iocage/jails/test/root@newtest");
    jails.extend([
        renamed,
        clone_of_test("clc_1", json!({})),
        clone_of_test("clc_2", json!({})),
        clone_of_test("clprops", json!({"ip4_addr": "vtnet0|192.0.2.60/24", "notes": "a b"})),
        clone_of_test("dc6f1bac-463d-45a0-88ab-9d481d152b82", json!({})),
        jail("fromtmpl", json!({"template": "tmpl1"})),
        with("test", from_test("2026-11-23 12:29:04")),
        jail(
            "thick",
            json!({"origin": "-", "properties": {"boot": "1", "last_started": "2026-11-23 12:21:57"}}),
        ),
        jail("tmpl1", json!({"type": "template", "properties": {"notes": "foo"}})),
        plain("tmpl2"),
    ]);
    jails
}

/// `late` with some more that something is wrong with.
pub(super) fn damaged(names: &[&str], corrupt: (&str, Value)) -> Value {
    let mut jails = late();
    jails.extend(names.iter().map(|name| plain(name)));
    find(&mut jails, corrupt.0)["corrupt"] = corrupt.1;
    machine(jails)
}

pub(super) fn with_clones() -> Vec<Value> {
    let mut jails = many();
    jails.extend([
        clone_of_test("clc_1", json!({})),
        clone_of_test("clc_2", json!({})),
        clone_of_test("clprops", json!({"ip4_addr": "vtnet0|192.0.2.60/24"})),
        jail("clthick", json!({"origin": "-"})),
        clone_of_test("dc6f1bac-463d-45a0-88ab-9d481d152b82", json!({})),
    ]);
    jails
}

pub(super) fn with_templates() -> Vec<Value> {
    let mut jails = with_clones();
    let mut renamed = clone_of_test("bad name", json!({}));
    renamed["origin"] = json!("pyt/iocage/jails/test/root@newtest");
    jails.extend([
        renamed,
        jail("fromtmpl", json!({"template": "tmpl1"})),
        jail("fromtmplthick", json!({"origin": "-", "template": "tmpl1"})),
        jail("tmpl1", json!({"type": "template"})),
        jail("tmpl2", json!({"type": "template"})),
    ]);
    jails
}

pub(super) fn odd_names() -> Vec<Value> {
    let clone = |name: &str, snapshot: &str| {
        jail(name, json!({"origin": format!("pyt/iocage/jails/test/root@{snapshot}")}))
    };
    vec![
        clone("a:b c", "a:b c"),
        jail("fromtt", json!({"template": "tt"})),
        clone("sp ace:col", "sp ace:col"),
        with("test", json!({"quota": "1G"})),
        jail("tt", json!({"type": "template"})),
    ]
}

/// A jail, its clone, a template and a jail made from it.
pub(super) fn to_clean() -> Vec<Value> {
    vec![
        plain("a1"),
        jail("c1", json!({"origin": "pyt/iocage/jails/a1@c1"})),
        jail("ft1", json!({"template": "t1"})),
        jail("t1", json!({"type": "template"})),
    ]
}

pub(super) fn find<'a>(jails: &'a mut [Value], name: &str) -> &'a mut Value {
    jails.iter_mut().find(|jail| jail["name"] == name).expect("the scene has that jail")
}

/// Marks jails as running, with their ids; the rulesets are given out in that order, the lowest first. "" is somebody
/// else, who has a ruleset.
pub(super) fn up(mut jails: Vec<Value>, running: &[(&str, u64)]) -> Value {
    let mut others = Vec::new();
    for (number, (name, jid)) in running.iter().enumerate() {
        if name.is_empty() {
            others.push(1000 + number);
            continue;
        }
        let jail = find(&mut jails, name);
        jail["jid"] = json!(jid);
        jail["ruleset"] = json!(1000 + number);
    }
    let mut machine = machine(jails);
    machine["host"]["rulesets"] = json!(others);
    machine
}

/// Sets a property.
pub(super) fn set(mut machine: Value, name: &str, property: &str, value: &str) -> Value {
    let jails = machine["pools"][0]["jails"].as_array_mut().expect("the machine has jails");
    find(jails, name)["properties"][property] = json!(value);
    machine
}

/// Sets something of the pool.
pub(super) fn pool(mut machine: Value, key: &str, value: Value) -> Value {
    machine["pools"][0][key] = value;
    machine
}

pub(super) const DATASETS: [&str; 8] =
    ["", "download", "images", "jails", "log", "releases", "templates", "defaults.json"];

pub(super) fn lacking(machine: Value, absent: &[&str]) -> Value {
    let made: Vec<&str> = DATASETS.into_iter().filter(|made| !absent.contains(made)).collect();
    pool(machine, "datasets", json!(made))
}

pub(super) fn hollow(mut jails: Vec<Value>) -> Vec<Value> {
    for jail in &mut jails {
        jail["hollow"] = json!(true);
        jail.as_object_mut().expect("it is one").remove("origin");
    }
    jails
}

pub(super) fn two_pools(first: bool, second: bool) -> Value {
    let mut machine = empty();
    machine["pools"][0]["active"] = json!(first);
    machine["pools"][0]["datasets"] = json!(true);
    machine["pools"]
        .as_array_mut()
        .expect("the machine has a pool")
        .push(json!({"name": "pyt2", "active": second, "datasets": true}));
    machine
}
