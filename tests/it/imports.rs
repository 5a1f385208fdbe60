//! Images that are imported: which file may be one, what is refused before, and what has come of one that failed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use serde_json::{Value, json};
use sysadm_class::Access::Limited;
use sysadm_class::Status;

use crate::support::process::eventually;
use crate::support::{DOORS, Host, Machine, fault, skipped, write_program};

mod renamed;

const IMAGE: &str = "shop_2026-11-27.zip";

/// Of a name that is too long for a new jail.
const LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_2026-11-27.zip";

/// What an image holds on the simulator.
fn held() -> String {
    json!({"release": "10.2-RELEASE", "properties": {"notes": "as it was"}}).to_string()
}

/// A machine with an image of the jail `shop`, which is not there, and jails that begin and end so.
fn machine() -> Machine {
    let jails = json!([
        {"name": "sho"}, {"name": "shop2"}, {"name": "web", "jid": 1}, {"name": "form", "type": "template"},
    ]);
    let image = |name: &str| (name.to_owned(), json!(held()));
    let images: serde_json::Map<_, _> = [
        IMAGE,
        "shop2_2026-11-26.zip",
        "web_2026-11-27.zip",
        "form_2026-11-27.zip",
        "sh.p_2026-11-27.zip",
        "sh_p_2026-11-27.zip",
    ]
    .map(image)
    .into_iter()
    .collect();
    Machine::new(&json!({"version": "1.13", "pools": [{
        "name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails, "images": images,
    }]}))
}

fn on(machine: &Machine) -> String {
    machine.config_with(&json!({"images": true}))
}

fn host(machine: &Machine) -> Host {
    Host::new(DOORS[0], &on(machine))
}

fn import(image: &str) -> Value {
    json!({"action": "importjail", "image": image})
}

fn folder(machine: &Machine) -> PathBuf {
    PathBuf::from(machine.folder_text()).join("tank/iocage/images")
}

fn imports(machine: &Machine) -> Vec<String> {
    machine.calls().into_iter().filter(|call| call.starts_with("[import]")).collect()
}

/// An iocage that does this where it is to import, and else what it always does.
fn with_import(machine: &Machine, script: &str) {
    let script = format!(
        "#!/bin/sh\nhere=${{0%/*}}\n[ \"$1\" = import ] || exec \"$here/sim/iocage\" \"$@\"\n{script}\n"
    );
    let draft = machine.iocage().with_extension("other");
    write_program(&draft, &script);
    fs::rename(draft, machine.iocage()).expect("renamed");
}

/// A zfs that tells of this dataset, too, where all are asked for.
pub(super) fn with_dataset(machine: &Machine, dataset: &str) {
    with_dataset_once(machine, dataset, "[ -d ${0%/*} ]");
}

/// The same, once this holds.
fn with_dataset_once(machine: &Machine, dataset: &str, holds: &str) {
    let script = format!(
        "#!/bin/sh\n\"${{0%/*}}/sim/zfs\" \"$@\" || exit\n{holds} || exit 0\n\
         [ \"$*\" != 'list -H -t filesystem,volume -o name,origin' ] || printf '{dataset}\\t-\\n'\n"
    );
    let zfs = machine.iocage().with_file_name("zfs");
    let draft = zfs.with_extension("other");
    write_program(&draft, &script);
    fs::rename(draft, zfs).expect("renamed");
}

#[test]
fn a_jail_is_made_of_the_image_that_is_named() {
    for door in DOORS {
        let machine = machine();
        let host = Host::new(door, &on(&machine));
        let mut dry = import(IMAGE);
        dry["dryrun"] = true.into();
        let plan = host.answer(&dry);
        assert_eq!((&plan["makes"], &plan["dryrun"]), (&json!(["shop"]), &json!(true)), "{plan}");
        assert_eq!(imports(&machine), [""; 0], "{plan}");
        let all = host.ask(&import(IMAGE));
        assert_eq!(all, json!({"importjail": {"image": IMAGE, "jail": "shop"}}));
        let path = folder(&machine).join(IMAGE);
        let call = format!("[import][-p][{}][shop]", path.display());
        assert_eq!(imports(&machine), [&*call]);
        assert_eq!(plan["runs"][0].as_array().map(|run| run[1..].to_vec()), {
            Some(vec![json!("import"), json!("-p"), json!(path), json!("shop")])
        });
        let jails = host.answer(&json!({"action": "listjails"}));
        assert_eq!(jails["shop"]["state"], "down", "{jails}");
        let notes = host.answer(&json!({"action": "getjailsettings", "jail": "shop", "prop": "notes"}));
        assert_eq!(notes["shop"]["notes"], "as it was", "{notes}");
        // What is there now is not written over.
        let again = host.answer(&import(IMAGE));
        assert_eq!(fault(&again), ("tag-in-use", "image"), "{again}");
        assert_eq!(imports(&machine), [""; 0]);
    }
}

/// What was exported is imported again.
#[test]
fn an_export_comes_back() {
    let machine = machine();
    let host = host(&machine);
    let ask = |request: &Value| {
        let answer = host.answer(request);
        assert!(answer["error"].is_null(), "{request}: {answer}");
        answer
    };
    ask(&json!({"action": "setproperty", "jail": "sho", "props": "notes=kept"}));
    let image = ask(&json!({"action": "exportjail", "jail": "sho"}))["image"].clone();
    ask(&json!({"action": "destroyjail", "jail": "sho"}));
    ask(&json!({"action": "importjail", "image": image}));
    let notes = ask(&json!({"action": "getjailsettings", "jail": "sho", "prop": "notes"}));
    assert_eq!(notes["sho"]["notes"], "kept", "{notes}");
}

#[test]
fn nothing_is_run_for_what_is_refused() {
    for door in DOORS {
        let machine = machine();
        let host = Host::new(door, &on(&machine));
        for (image, expected) in [
            ("shop_2026-11-26.zip", ("unknown-image", "image")),
            ("sho_2026-11-27.tar.xz", ("tag-in-use", "image")),
            ("shop2_2026-11-26.zip", ("tag-in-use", "image")),
            ("web_2026-11-27.zip", ("tag-in-use", "image")),
            ("form_2026-11-27.zip", ("tag-in-use", "image")),
            ("shop", ("illegal-name", "image")),
            ("shop_2026-11-27", ("illegal-name", "image")),
            ("../images/shop_2026-11-27.zip", ("illegal-name", "image")),
            ("/etc/passwd", ("illegal-name", "image")),
            ("web@x_2026-11-27.zip", ("illegal-name", "image")),
            ("-p_2026-11-27.zip", ("illegal-name", "image")),
            ("ALL_2026-11-27.zip", ("illegal-name", "image")),
            // As a new jail cannot be called.
            ("fooALL_2026-11-27.zip", ("illegal-value", "image")),
            ("a:b_2026-11-27.zip", ("illegal-value", "image")),
            (LONG, ("too-long", "image")),
        ] {
            for dry in [false, true] {
                let mut request = import(image);
                request["dryrun"] = dry.into();
                let answer = host.answer(&request);
                assert_eq!(fault(&answer), expected, "{image}: {answer}");
            }
        }
        let answer = host.answer(&import("shop_2026-11-26.zip"));
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(IMAGE)), "{answer}");
        let (status, _) = host.send_as(Limited, "sysadm", "iocage", &import(IMAGE).to_string());
        assert_eq!(status, Status::Forbidden);
        // It is off until it is turned on.
        let off = Host::new(door, &machine.config());
        let answer = off.answer(&import(IMAGE));
        assert_eq!(fault(&answer), ("denied", "action"), "{answer}");
        assert_eq!(imports(&machine), [""; 0]);
        // To the kernel these two are one name.
        assert!(host.answer(&import("sh.p_2026-11-27.zip"))["error"].is_null());
        let twin = host.answer(&import("sh_p_2026-11-27.zip"));
        assert_eq!(fault(&twin), ("tag-in-use", "image"), "{twin}");
        assert_eq!(imports(&machine).len(), 1);
    }
}

/// A dataset of that name that is no jail: iocage lists none, and would write over it.
#[test]
fn a_dataset_in_the_place_is_not_written_over() {
    let machine = machine();
    with_dataset(&machine, "tank/iocage/jails/shop/root");
    let answer = host(&machine).answer(&import(IMAGE));
    assert_eq!(fault(&answer), ("tag-in-use", "image"), "{answer}");
    let error = answer["error"].as_str().expect("a sentence");
    assert!(error.contains("tank/iocage/jails/shop/root, which iocage would write over"), "{error}");
    assert_eq!(imports(&machine), [""; 0]);
}

/// A file is an image where it is one of root's own, and no other name of something else.
#[test]
fn only_a_file_of_roots_own_is_an_image() {
    let machine = machine();
    // What lifts the look at programs does not lift this one.
    let config = machine.config_with(&json!({"images": true, "allow_unsafe_program": true}));
    let (host, path) = (Host::new(DOORS[0], &config), folder(&machine).join(IMAGE));
    let elsewhere = folder(&machine).join("elsewhere");
    let refused = |code: &str| {
        let answer = host.answer(&import(IMAGE));
        assert_eq!(fault(&answer), (code, "image"), "{answer}");
        assert_eq!(imports(&machine), [""; 0]);
    };
    fs::rename(&path, &elsewhere).expect("ours");
    symlink(&elsewhere, &path).expect("made");
    refused("unknown-image");
    fs::remove_file(&path).expect("ours");
    fs::hard_link(&elsewhere, &path).expect("made");
    refused("unknown-image");
    fs::remove_file(&path).expect("ours");
    fs::create_dir(&path).expect("made");
    refused("unknown-image");
    fs::remove_dir(&path).expect("ours");
    fs::rename(&elsewhere, &path).expect("ours");
    // SAFETY: asks for a number.
    if unsafe { libc::geteuid() } != 0 {
        skipped!("whose a file is matters to root alone");
        return;
    }
    let mode = |mode: u32| fs::Permissions::from_mode(mode);
    fs::set_permissions(&path, mode(0o666)).expect("ours");
    refused("unsafe-program");
    fs::set_permissions(&path, mode(0o644)).expect("ours");
    std::os::unix::fs::chown(&path, Some(65_534), None).expect("ours");
    refused("unsafe-program");
    std::os::unix::fs::chown(&path, Some(0), None).expect("ours");
    fs::set_permissions(folder(&machine), mode(0o777)).expect("ours");
    let answer = host.answer(&import(IMAGE));
    assert_eq!(fault(&answer).0, "unsafe-program", "{answer}");
    fs::set_permissions(folder(&machine), mode(0o755)).expect("ours");
    assert_eq!(imports(&machine), [""; 0]);
    assert!(host.answer(&import(IMAGE))["error"].is_null());
}

/// iocage does not ask how a `zfs recv` has ended: what it tells of is looked for.
#[test]
fn what_has_not_come_is_not_imported() {
    let made = "\"$here/sim/iocage\" create -e -n shop >/dev/null\n";
    let says = "printf 'Importing dataset: shop\\nImporting dataset: shop/root\\n'\n";
    let data = "echo 'Importing dataset: shop/data'\n";
    let receives = "echo 'cannot receive new filesystem stream: out of space' >&2\n";
    let end = "printf '\\nImported: shop\\n'";
    for (script, code, parts) in [
        // Nothing has come.
        (format!("{says}{receives}{end}"), "not-done", ["jails/shop, tank", "it has left nothing"]),
        // One dataset has not.
        (
            format!("{made}{says}{data}{receives}{end}"),
            "not-done",
            ["is not there: tank/iocage/jails/shop/data", "it has left tank/iocage/jails/shop, tank"],
        ),
        // Two have come in one place.
        (
            format!("{made}{says}echo 'Importing dataset: shop'\n{end}"),
            "not-done",
            ["\"shop\" twice", "it has left tank/iocage/jails/shop, tank"],
        ),
        // It says of another one that it has come.
        (format!("{made}{says}printf 'Imported: web\\n'"), "not-done", ["", "it has left tank/"]),
        (format!("{made}{says}exit 1"), "iocage-failed", ["", "it has left tank/iocage/jails/shop"]),
        ("exit 1".to_owned(), "iocage-failed", ["", "it has left nothing"]),
    ] {
        let machine = machine();
        with_import(&machine, &script);
        let host = host(&machine);
        let answer = host.answer(&import(IMAGE));
        assert_eq!(fault(&answer).0, code, "{script}: {answer}");
        let error = answer["error"].as_str().expect("a sentence");
        assert!(parts.iter().all(|part| error.contains(part)), "{script}: {error}");
        // What is left is in the way of the next one, and not written over.
        let is_left = error.contains("it has left tank/");
        assert_eq!(is_left, script.contains("create"), "{error}");
        let again = host.answer(&import(IMAGE));
        assert_eq!(fault(&again).0 == "tag-in-use", is_left, "{again}");
    }
}

/// What is no archive, as iocage says it.
#[test]
fn what_iocage_cannot_read_is_its_own_error() {
    let machine = machine();
    let host = host(&machine);
    fs::write(folder(&machine).join(IMAGE), "no archive").expect("ours");
    let answer = host.answer(&import(IMAGE));
    assert_eq!(fault(&answer).0, "iocage-failed", "{answer}");
    let error = answer["error"].as_str().expect("a sentence");
    assert!(error.contains("not a zip file") && error.ends_with("it has left nothing"), "{error}");
}

/// An import that does its work and does not come back, cancelled then.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn an_import_that_is_ended_tells_what_has_come() {
    for door in DOORS {
        let machine = machine();
        with_import(&machine, "\"$here/sim/iocage\" \"$@\"\n: > \"$here/come\"\nsleep 60");
        let host = Host::new(door, &machine.config_with(&json!({"images": true, "grace_s": 1})));
        let come = machine.iocage().with_file_name("come");
        let answer = std::thread::scope(|scope| {
            let answer = scope.spawn(|| host.answer(&import(IMAGE)));
            eventually("it has come", || come.exists());
            host.instance().cancel(7).expect("the contract is kept");
            answer.join().expect("no panic")
        });
        assert_eq!(fault(&answer).0, "cancelled", "{answer}");
        let left = "it has left tank/iocage/jails/shop, tank/iocage/jails/shop/root";
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(left)), "{answer}");
        // Its lock is free again.
        let answer = host.answer(&json!({"action": "destroyjail", "jail": "shop"}));
        assert!(answer["error"].is_null(), "{answer}");
    }
}

/// The name that is to be is locked as that of any new jail.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn two_that_make_one_jail_exclude_each_other() {
    let machine = machine();
    let host = Host::new(DOORS[0], &machine.config_with(&json!({"images": true, "lock_wait_s": 1})));
    let held = machine.hold("import");
    std::thread::scope(|scope| {
        let first = scope.spawn(|| host.answer(&import(IMAGE)));
        machine.wait_for_command("import");
        for other in [
            import(IMAGE),
            json!({"action": "createjail", "props": "tag=shop release=10.2-RELEASE"}),
            json!({"action": "clonejail", "jail": "sho", "props": "tag=shop"}),
            json!({"action": "cleanjails"}),
        ] {
            let answer = host.answer(&other);
            assert_eq!(fault(&answer).0, "busy", "{other}: {answer}");
        }
        assert!(host.answer(&json!({"action": "startjail", "jail": "shop2"}))["error"].is_null());
        drop(held);
        let answer = first.join().expect("no panic");
        assert_eq!(answer, json!({"image": IMAGE, "jail": "shop"}));
    });
}
