//! Which jail the shell iocage finds by a word. The first of its datasets with that tag or UUID ends the search, what
//! ends with the word as a regular expression counts before, and all of these hit a jail that was not meant on the
//! real program.

use serde_json::{Value, json};

use crate::machine::Machine;

const A: &str = "a71c243e-e911-11f1-bc78-02fc00000001";
const B: &str = "a9bbb772-e911-11f1-bc78-02fc00000001";
const T: &str = "73d12498-e912-11f1-9cf2-02fc00000001";

fn tags(machine: &Machine) -> Vec<String> {
    machine.jails().iter().map(|jail| jail["tag"].as_str().expect("a tag").to_owned()).collect()
}

#[track_caller]
fn finds(machine: &Machine, word: &str, uuid: &str) {
    machine.expect(&["get", "host_hostuuid", word], 0, &format!("{uuid}\n"), "");
}

#[track_caller]
fn finds_several(machine: &Machine, word: &str) {
    let message = format!("  ERROR: multiple jails matching name: {word}!\n");
    machine.expect(&["get", "tag", word], 1, "", &message);
}

#[test]
fn a_template_is_found_by_its_uuid() {
    let machine = Machine::with_jails(json!([
        {"uuid": B, "tag": "t1", "type": "emptyjail"}, {"uuid": T, "tag": "t1", "type": "template"},
        {"uuid": "0c5f0398-e912-11f1-9cf2-02fc00000001", "tag": "other", "type": "template"},
    ]));
    machine.expect(&["get", "type", T], 0, "template\n", "");
    // Its end finds nothing, for its dataset bears the tag.
    machine.expect(&["get", "type", &T[3..]], 1, "", &format!("  ERROR: jail {} not found!\n", &T[3..]));
    machine.expect(&["get", "type", "OTHER"], 0, "template\n", "");
    // By the tag that a jail has too, it is the jail.
    machine.expect(&["get", "type", "t1"], 0, "emptyjail\n", "");
    let question = format!(
        " \n  WARNING: this will destroy jail {B}\n  Dataset: tank/iocage/jails/{B}\n \n  \
         Are you sure ? y[N]:   Destroying: {B}\n"
    );
    let ran = machine.run_with(&["destroy", "t1"], "y\n");
    assert_eq!((ran.exit, ran.stdout), (0, question));
}

#[test]
fn a_tag_that_is_another_jails_uuid_leads_to_the_wrong_jail() {
    let machine = Machine::with_jails(json!([{"uuid": A, "tag": B}, {"uuid": B, "tag": "WEB"}]));
    machine.expect(&["get", "tag", B], 0, &format!("{B}\n"), "");
    finds(&machine, "WEB", B);
    let ran = machine.run(&["destroy", "-f", B]);
    assert_eq!((ran.exit, ran.stdout), (0, format!("  Destroying: {A}\n")));
    assert_eq!(tags(&machine), ["WEB"]);
    // Not where the other comes first.
    let machine = Machine::with_jails(json!([{"uuid": A, "tag": "WEB"}, {"uuid": B, "tag": A}]));
    machine.expect(&["get", "tag", A], 0, "WEB\n", "");
}

#[test]
fn of_equal_tags_the_first_jail_has_it() {
    let machine = Machine::with_jails(json!([{"uuid": A, "tag": "same"}, {"uuid": B, "tag": "same"}]));
    finds(&machine, "same", A);
    assert_eq!(machine.run(&["destroy", "-f", "same"]).exit, 0);
    finds(&machine, "same", B);
}

#[test]
fn what_ends_with_the_word_counts_before_an_exact_hit() {
    let c = "b0000000-e911-11f1-bc78-02fc0000beef";
    let machine = Machine::with_jails(json!([
        {"uuid": A, "tag": "beef"}, {"uuid": B, "tag": "0001"}, {"uuid": c, "tag": "e.f"},
        {"uuid": T, "tag": "xtag", "type": "template"},
    ]));
    // The exact tag comes first, and ends the search.
    finds(&machine, "beef", A);
    // A comes first, and ends with it.
    finds_several(&machine, "0001");
    // As an expression it fits a jail after the one that has it as its tag.
    finds(&machine, "BEEF", c);
    finds(&machine, "e.f", c);
    finds(&machine, "b.*f", c);
    // The end of a template's tag, and of the name of the defaults.
    finds(&machine, "tag", T);
    machine.expect(&["get", "boot", "faults"], 0, "off\n", "");
    finds_several(&machine, "1$|beef");
}

#[test]
fn what_begins_with_a_dash_is_no_name() {
    let machine = Machine::with_jails(json!([{"uuid": A, "tag": "-x"}]));
    let message = "  ERROR: -x is not a valid command\n";
    for words in [["get", "tag", "-x"].as_slice(), &["stop", "-x"], &["destroy", "-f", "-x"]] {
        machine.expect(words, 1, "", message);
    }
}

#[test]
fn some_names_hide_a_template() {
    let machine = Machine::with_jails(json!([
        {"uuid": A, "tag": "mydownload", "type": "template"}, {"uuid": B, "tag": "rooted", "type": "template"},
        {"uuid": T, "tag": "shown", "type": "template"},
    ]));
    let listed = machine.run(&["list", "-t"]).stdout;
    assert!(listed.contains(T) && !listed.contains(A) && !listed.contains(B), "{listed}");
    machine.expect(&["get", "type", B], 1, "", &format!("  ERROR: jail {B} not found!\n"));
}

#[test]
fn a_command_in_a_template_is_not_run() {
    let machine = Machine::with_jails(json!([{"uuid": T, "tag": "tpl", "type": "template"}]));
    let stderr = format!(
        "cannot open 'tank/iocage/jails/{T}': dataset does not exist\n[: -ne: unexpected operator\n\
         jexec: jail \"ioc-{T}\" not found\n"
    );
    machine.expect(&["exec", "-U", "root", "tpl", "true"], 1, "", &stderr);
    let ignored = "  INFO: tpl is a template jail, ignoring start request.\n        \
                   (disable template flag with: iocage set template=no tpl)\n";
    machine.expect(&["start", "tpl"], 0, ignored, "");
}

/// A clone can be given another jail's UUID. Then iocage takes the two for one, in the eyes of the kernel.
#[test]
fn a_clone_with_anothers_uuid_runs_and_stops_with_it() {
    let new = "a631df44-e918-11f1-bc78-02fc00000001";
    let machine = Machine::new(&json!({
        "uuids": [new],
        "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"],
                   "jails": [{"uuid": A, "tag": "victim", "jid": 1}, {"uuid": B, "tag": "other"}]}],
    }));
    let words = ["clone", "other", "tag=evil", &format!("host_hostuuid={A}")];
    machine.expect(&words, 0, &format!("  Successfully created: {new} (evil)\n"), "");
    let rows = machine.run(&["df"]).stdout;
    assert_eq!(rows.lines().filter(|line| line.starts_with(A)).count(), 2, "{rows}");
    machine.expect(&["get", "state", "evil"], 0, "up\n", "");
    machine.expect(&["start", "evil"], 1, "", &format!("  INFO: {A} (evil) is already up\n"));
    let ran = machine.run_with(&["destroy", "evil"], "y\n");
    assert_eq!((ran.exit, ran.stderr.as_str()), (1, "  ERROR: cannot destroy evil - jail is running!\n"));
    assert_eq!(machine.tool("jls", &["jid", "name"]).stdout, format!("1 ioc-{A}\n"));
    // By force it is the victim that is stopped.
    let ran = machine.run(&["destroy", "-f", "evil"]);
    assert_eq!(ran.exit, 0);
    assert!(ran.stdout.starts_with(&format!("* Stopping {A} (evil)\n")), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("  Destroying: {A}\n")), "{}", ran.stdout);
    assert_eq!(tags(&machine), ["victim", "other"]);
    machine.expect(&["get", "state", "victim"], 0, "down\n", "");
    // A jail that is created keeps its own.
    let made = machine.run(&["create", "tag=own", &format!("host_hostuuid={A}")]).stdout;
    let uuid = made.split(' ').nth(4).expect("a UUID").to_owned();
    finds(&machine, "own", &uuid);
    assert_ne!(uuid, A);
}

#[test]
fn a_figure_that_zfs_refuses_leaves_a_row_of_dashes_and_success() {
    let machine = Machine::new(&json!({
        "uuids": [A],
        "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"]}],
    }));
    let stderr = format!("cannot create 'tank/iocage/jails/{A}': bad numeric value 'zzz'\n");
    let stdout = format!("  Successfully created: {A} (x13)\n");
    machine.expect(&["create", "tag=x13", "release=10.2-RELEASE", "quota=zzz"], 0, &stdout, &stderr);
    let rows = "JID  UUID  BOOT  STATE  TAG  TYPE  IP4\n-    -     -     down   -    -     -\n";
    machine.expect(&["list"], 0, rows, "");
    machine.expect(&["get", "tag", "x13"], 1, "", "  ERROR: jail x13 not found!\n");
    assert_eq!(machine.run(&["create", "tag=good", "quota=2G"]).stderr, "");
}

#[test]
fn a_part_of_a_releases_name_is_enough_and_makes_an_empty_jail() {
    let machine = Machine::with_jails(json!([]));
    let ran = machine.run(&["create", "tag=x2", "release=10.2-RELEAS"]);
    let stderr = "cd: /iocage/releases/10.2-RELEAS/root/etc: No such file or directory\n\
                  cd: /iocage/releases/10.2-RELEAS/root/root: No such file or directory\n";
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, stderr));
    assert!(ran.stdout.starts_with("  Successfully created: "), "{}", ran.stdout);
    assert_eq!(machine.run(&["create", "tag=x3", "release=9.9-RELEASE"]).exit, 1);
}

#[test]
fn cleaned_templates_take_their_clones_along() {
    let origin = format!("tank/iocage/templates/tpl@{B}");
    let machine = Machine::with_jails(json!([
        {"uuid": A, "tag": "ft", "type": "clonejail", "jid": 1, "properties": {"origin": origin}},
        {"uuid": B, "tag": "again", "type": "clonejail",
         "properties": {"origin": format!("tank/iocage/jails/{A}@{B}")}},
        {"tag": "kept"},
        {"uuid": T, "tag": "tpl", "type": "template"},
    ]));
    let done = "  INFO: cleaning templatess at tank/iocage/templates:  \u{8}/\u{8}-\u{8}done!\n";
    machine.expect(&["clean", "-ft"], 0, done, "");
    assert_eq!(tags(&machine), ["kept"]);
    assert_eq!(machine.state()["pools"][0]["snapshots"], Value::Null);
}

#[test]
fn a_second_pool_makes_all_fail_until_one_is_given_up() {
    let machine = Machine::new(&json!({
        "pools": [{"name": "tank", "active": true}, {"name": "tank2"}],
    }));
    machine.expect(&["activate", "tank2"], 0, "", "");
    let both = "\n  WARNING: You have more then one pool set for iocage use!\n\n**** POOLS ****\ntank\tiocage\n\
                tank2\tiocage\n***************\n\n  Please run 'iocage deactivate' on one of them\n\n";
    for words in [&["list"][..], &["df"], &["create", "tag=x"], &["activate"], &["clean", "-fj"]] {
        machine.expect(words, 1, "", both);
    }
    machine.expect(&["deactivate", "tank2"], 0, "", "");
    machine.expect(&["activate"], 0, "pool: tank\n", "");
}
