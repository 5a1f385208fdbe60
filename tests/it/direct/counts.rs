//! How many programs each action runs, by which way: the table of include/doc/costs.md, made
//! by whoever runs them in the class's stead. The machine has 22 jails, and the numbers are
//! the same with more.
//!
//! `UPDATE=1` makes the table again.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use sysadm_iocage::config::Direct;

use super::simulated::Asked;
use crate::support::{Folder, root};

const PAGE: &str = "include/doc/costs.md";
const BEGIN: &str = "<!-- programs: made by tests/it/direct/counts.rs -->\n";
const END: &str = "<!-- end of programs -->\n";

/// What is asked, and whether the jail `test` runs then.
const REQUESTS: [(&str, &str, bool); 29] = [
    ("listjails", r#"{"action":"listjails"}"#, true),
    ("listjails, more", r#"{"action":"listjails","more":true}"#, true),
    ("df", r#"{"action":"df"}"#, true),
    ("getdefaultsettings", r#"{"action":"getdefaultsettings"}"#, true),
    ("getjailsettings, all of one", r#"{"action":"getjailsettings","jail":"test"}"#, true),
    ("getjailsettings, one of one", r#"{"action":"getjailsettings","jail":"test","prop":"vnet"}"#, true),
    ("getjailsettings, one of each", r#"{"action":"getjailsettings","switches":"-r","prop":"vnet"}"#, true),
    ("jailstats", r#"{"action":"jailstats"}"#, true),
    ("listsnapshots", r#"{"action":"listsnapshots","jail":"test"}"#, true),
    ("listtemplates", r#"{"action":"listtemplates"}"#, true),
    ("jaillog", r#"{"action":"jaillog","jail":"test"}"#, true),
    ("activatepool, which one is", r#"{"action":"activatepool"}"#, true),
    ("activatepool", r#"{"action":"activatepool","pool":"tank"}"#, true),
    ("deactivatepool", r#"{"action":"deactivatepool","pool":"tank"}"#, true),
    ("startjail", r#"{"action":"startjail","jail":"test"}"#, false),
    ("startjail, which runs", r#"{"action":"startjail","jail":"test"}"#, true),
    ("stopjail", r#"{"action":"stopjail","jail":"test"}"#, true),
    ("stopjail, which does not run", r#"{"action":"stopjail","jail":"test"}"#, false),
    ("capjail, two limits", r#"{"action":"capjail","jail":"test"}"#, true),
    ("execjail", r#"{"action":"execjail","jail":"test","user":"root","command":"echo hi"}"#, true),
    ("clonejail", r#"{"action":"clonejail","jail":"test","props":"tag=copy"}"#, false),
    ("createjail", r#"{"action":"createjail","props":"tag=new release=10.2-RELEASE"}"#, true),
    ("snapshotjail", r#"{"action":"snapshotjail","jail":"test","snapshot":"snap"}"#, true),
    ("settemplate", r#"{"action":"settemplate","jail":"test","template":true}"#, false),
    ("destroyjail", r#"{"action":"destroyjail","jail":"test"}"#, false),
    ("cleanjails", r#"{"action":"cleanjails"}"#, false),
    ("cleantemplates", r#"{"action":"cleantemplates"}"#, false),
    ("cleanreleases", r#"{"action":"cleanreleases","force":true}"#, false),
    ("cleanall", r#"{"action":"cleanall"}"#, false),
];

fn machine(version: &str, is_up: bool) -> Value {
    let is_python = version.contains('.');
    let limits = if is_python { ["deny=1g", "deny=2g"] } else { ["1G:deny", "2G:deny"] };
    let properties = json!({"memoryuse": limits[0], "vmemoryuse": limits[1]});
    let names = (0..21).map(|at| (format!("jail{at}"), json!({})));
    let all = names.chain([("test".to_owned(), properties)]).enumerate();
    let jails: Vec<Value> = all
        .map(|(at, (name, properties))| {
            let mut jail = if is_python {
                json!({"name": name, "properties": properties})
            } else {
                let uuid = format!("{at:08x}-c43c-11e5-9602-54ee75595566");
                json!({"uuid": uuid, "tag": name, "properties": properties})
            };
            if name == "test" && is_up {
                jail["jid"] = 3.into();
            }
            jail
        })
        .collect();
    json!({"version": version, "clock": "2016-02-09 23:47:04",
        "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails}]})
}

/// What one request runs: the programs by their names, and how often.
fn programs(version: &str, direct: Direct, request: &str, is_up: bool) -> BTreeMap<String, usize> {
    let folder = Folder::in_memory();
    let asked = Asked::new(&machine(version, is_up), direct, &folder);
    let request: Value = serde_json::from_str(request).expect("JSON");
    let answer = asked.ask(&request);
    let refused = ["deactivatepool", "capjail"].iter().any(|action| request["action"] == *action);
    assert!(!answer.contains("\"code\"") || refused, "{version} {direct:?} {request}: {answer}");
    let mut programs = BTreeMap::new();
    for line in asked.ran() {
        let name = line.split(' ').next().unwrap_or_default().to_owned();
        *programs.entry(name).or_default() += 1;
    }
    programs
}

fn cell(programs: &BTreeMap<String, usize>) -> String {
    let words: Vec<String> = programs.iter().map(|(name, times)| format!("{times} {name}")).collect();
    words.join(", ")
}

#[test]
fn the_programs_of_each_action_are_as_they_are_documented() {
    let mut table =
        "| action | shell iocage, `off` | `auto` | Python iocage, `off` | `auto` |\n|---|---|---|---|---|\n"
            .to_owned();
    for (name, request, is_up) in REQUESTS {
        let of = |version, direct| programs(version, direct, request, is_up);
        let all = ["2016-02-10", "1.13"]
            .map(|version| [Direct::Off, Direct::Auto].map(|direct| of(version, direct)));
        let cells: Vec<String> = all.as_flattened().iter().map(cell).collect();
        table += &format!("| {name} | {} |\n", cells.join(" | "));
    }
    println!("{table}");
    let page = fs::read_to_string(root().join(PAGE)).expect("a page");
    let (before, rest) = page.split_once(BEGIN).expect("the table's place");
    let (found, after) = rest.split_once(END).expect("its end");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(root().join(PAGE), format!("{before}{BEGIN}{table}{END}{after}")).expect("written");
        return;
    }
    assert!(found == table, "{PAGE} is not current; run: UPDATE=1 cargo test --test it counts\n{table}");
}
