//! The machine before a recorded command: what the rows before have left, corrected by what the row's precondition says,
//! by what rows that are missing must have done (`HIDDEN`), and by what the answer shows that nobody can know
//! beforehand.

use serde_json::{Value, json};

use super::answer::Answer;
use super::row::Row;

/// What commands that are not among the rows have set: the first row that shows it, the tag of the jail (or `default`),
/// and the property; `uuid` for a jail that was made by one of them.
const HIDDEN: [(&str, &str, &str, &str); 5] = [
    ("start-vnet-nokernel", "test", "vnet", "on"),
    ("destroy-clone", "newtest", "origin", PARENT_OF_NEWTEST),
    ("list-created", "boot", "uuid", "4a264028-e742-11f1-bec1-02fc00000001"),
    ("start-two-ips", "test7", "ip4_addr", "em0|192.168.1.12/24,em0|192.168.1.13/24"),
    ("defaults-after-set", "default", "vnet", "on"),
];

const PARENT_OF_NEWTEST: &str =
    "tank/iocage/jails/3ce15ea2-e742-11f1-bec1-02fc00000001@3dc032bc-e742-11f1-bec1-02fc00000001";

/// Which datasets a `clean` that is not among the rows, or the command after it, has left.
const HIDDEN_CLEAN: [(&str, &[&str]); 9] = [
    ("list-t-after-clean", &["", ".defaults", "download", "jails", "releases"]),
    ("list-t-after2", &ALL_DATASETS),
    ("list-after", &["", ".defaults", "download", "releases", "templates"]),
    ("list-t-after#2", &["", ".defaults", "download", "jails", "releases"]),
    ("list-r-after-fr", &["", ".defaults", "jails", "templates"]),
    ("list-after-clean-fj-running", &["", ".defaults", "download", "releases", "templates"]),
    ("list-after-clean-fa", &[]),
    ("clean-fa-twice", &ALL_DATASETS),
    ("list-after-clean", &["", ".defaults", "download", "releases", "templates"]),
];

const ALL_DATASETS: [&str; 6] = ["", ".defaults", "download", "jails", "releases", "templates"];

/// The rows for which something hidden is noted.
pub(super) fn hidden() -> impl Iterator<Item = &'static str> {
    HIDDEN.iter().map(|(id, ..)| *id).chain(HIDDEN_CLEAN.iter().map(|(id, _)| *id))
}

/// The state for `row`, made from the one that the rows before have left.
pub(super) fn set(carried: &Value, row: &Row) -> Value {
    let before = Precondition::parse(&row.precondition);
    let text = format!("{}{}", row.answer.stdout, row.answer.stderr);
    let answer = Answer(&text);
    let mut state = json!({
        "clock": answer.moment().unwrap_or("2016-02-09 23:47:04"),
        "next_jid": carried["next_jid"].as_u64().unwrap_or(1),
        "host": {"racct": before.note != "rctl disabled in kernel", "old_jexec": row.id.ends_with("-oldjexec")},
        "pools": before.pools(carried),
    });
    if before.note.contains("non-iocage jails") {
        state["foreign"] = json!([
            {"jid": 77, "path": "/usr/jails/foreign1", "ip4": "10.9.9.9", "hostname": "foreign1.example.org"},
            {"jid": 78, "path": "/usr/jails/with space", "ip4": "-", "hostname": "foreign2"},
        ]);
    }
    if let Some(tank) = state["pools"].as_array_mut().and_then(|pools| pools.first_mut()) {
        before.set_jails(tank);
        undo_exits(tank);
        let named = row.argv.get(1).map_or("", String::as_str);
        if let Some(status) = before.note.strip_prefix("/etc/rc in the jail exits ") {
            edit(tank, named)["rc_exit"] = json!(status.parse::<u64>().expect("the note ends with a status"));
        }
        if before.note == "/etc/rc.shutdown exits 1" {
            edit(tank, named)["shutdown_exit"] = json!(1);
        }
        for (_, jail, name, value) in HIDDEN.iter().filter(|(id, ..)| *id == row.id) {
            match *name {
                "uuid" => list(tank).push(json!({"uuid": value, "tag": jail, "properties": {"boot": "on"}})),
                name => edit(tank, jail)["properties"][name] = json!(value),
            }
        }
        if let Some((_, made)) = HIDDEN_CLEAN.iter().find(|(id, _)| *id == row.id) {
            tank["datasets"] = json!(made);
        }
        answer.measure(tank);
        state["uuids"] = json!(answer.new_uuids(tank));
    }
    state
}

/// The scripts of a jail exit as the row's note says, not as an earlier one did.
fn undo_exits(tank: &mut Value) {
    for jail in list(tank) {
        jail["rc_exit"] = json!(0);
        jail["shutdown_exit"] = json!(0);
    }
}

fn list(pool: &mut Value) -> &mut Vec<Value> {
    pool["jails"].as_array_mut().expect("`set_jails` made the list")
}

/// The jail of that tag, or the defaults.
fn edit<'a>(pool: &'a mut Value, tag: &str) -> &'a mut Value {
    if tag == "default" {
        return &mut pool["defaults"];
    }
    list(pool).iter_mut().find(|jail| jail["tag"] == tag).expect("a hidden change is of a jail that is there")
}

/// What the text of a precondition says: `NOTE | visible pools: tank; comment(tank)=iocage; releases=[...]; jails=...`.
struct Precondition<'a> {
    note: &'a str,
    pools: Vec<&'a str>,
    comment: &'a str,
    releases: Vec<&'a str>,
    jails: Vec<Jail<'a>>,
    /// The recorder has cut the list of jails short.
    is_cut: bool,
}

/// `UUID='TAG'/TYPE/STATE`.
struct Jail<'a> {
    uuid: &'a str,
    tag: &'a str,
    kind: &'a str,
    is_up: bool,
}

impl<'a> Precondition<'a> {
    fn parse(text: &'a str) -> Precondition<'a> {
        let (note, facts) = text.split_once(" | ").unwrap_or(("", text));
        let fact = |name: &str, end: &str| {
            let (_, after) = facts.split_once(name).expect("every precondition has all its facts");
            after.split_once(end).map_or(after, |(fact, _)| fact)
        };
        let pools = fact("visible pools: ", ";");
        let (_, jails) = fact("jails=", "\n").split_once(": ").expect("a count stands before the jails");
        Precondition {
            note,
            pools: if pools == "(none)" { Vec::new() } else { pools.split(' ').collect() },
            comment: fact("comment(tank)=", ";"),
            releases: fact("releases=[", "]").split('\'').skip(1).step_by(2).collect(),
            jails: jails.split(", ").filter_map(Jail::parse).collect(),
            is_cut: jails.contains("... "),
        }
    }

    fn pools(&self, carried: &Value) -> Vec<Value> {
        let carried = carried["pools"].as_array().map_or(&[][..], Vec::as_slice);
        self.pools
            .iter()
            .map(|name| {
                let known = carried.iter().find(|pool| pool["name"] == *name);
                let mut pool = known.cloned().unwrap_or_else(|| json!({"name": name, "datasets": true}));
                if *name == "tank" {
                    pool["active"] = json!(self.comment == "iocage");
                    pool["releases"] = json!(self.releases);
                } else if known.is_none() {
                    // The first command on two pools is missing; it has activated the last one.
                    pool["active"] = json!(true);
                }
                if pool["defaults"]["uuid"].is_null() {
                    pool["defaults"] =
                        json!({"uuid": "00000000-0000-1000-8000-000000000000", "tag": "defaults"});
                }
                // Absent means what `active` says, and that has just changed.
                let made = pool["datasets"].take();
                let has_none = ["absent", "never activated", "not yet made", "first command after activate"];
                pool["datasets"] = match made {
                    _ if has_none.iter().any(|words| self.note.contains(words)) => json!(false),
                    Value::Null => json!(true),
                    made => made,
                };
                pool
            })
            .collect()
    }

    fn set_jails(&self, tank: &mut Value) {
        let carried = tank["jails"].as_array().cloned().unwrap_or_default();
        let mut jails: Vec<Value> = if self.is_cut { carried.clone() } else { Vec::new() };
        jails.retain(|jail| self.jails.iter().all(|stated| jail["uuid"] != stated.uuid));
        for stated in &self.jails {
            let known = carried.iter().find(|jail| jail["uuid"] == stated.uuid);
            let mut jail = known.cloned().unwrap_or_else(|| json!({"uuid": stated.uuid}));
            jail["tag"] = json!(stated.tag);
            jail["type"] = json!(stated.kind);
            if !stated.is_up {
                jail["jid"].take();
            } else if jail["jid"].is_null() {
                let taken = jails.iter().filter_map(|jail| jail["jid"].as_u64()).max();
                jail["jid"] = json!(taken.unwrap_or(0) + 1);
            }
            jails.push(jail);
        }
        // Jails that no row has made were made by commands that are missing, and those have made all datasets, too.
        if self.jails.iter().any(|stated| carried.iter().all(|jail| jail["uuid"] != stated.uuid)) {
            tank["datasets"] = json!(true);
        }
        for jail in &mut jails {
            // The file knows no null.
            jail.as_object_mut().expect("a jail is an object").retain(|_, value| !value.is_null());
        }
        tank["jails"] = json!(jails);
    }
}

impl<'a> Jail<'a> {
    fn parse(text: &'a str) -> Option<Jail<'a>> {
        let (uuid, rest) = text.split_once("='")?;
        let (tag, rest) = rest.split_once("'/")?;
        let (kind, state) = rest.split_once('/')?;
        Some(Jail { uuid, tag, kind, is_up: state == "up" })
    }
}
