//! A jail of the Python iocage that goes into an image and comes back.

use serde_json::json;

use crate::machine::{Machine, Ran};

fn machine() -> Machine {
    Machine::new(&json!({
        "version": "1.13",
        "mounted": true,
        "clock": "2026-11-27 10:00:00",
        "pools": [{"name": "tank", "active": true, "releases": ["14.3-RELEASE-p5"],
                   "jails": [{"name": "web", "properties": {"notes": "mine"}}, {"name": "we"}]}],
    }))
}

/// Where the images are.
fn folder(machine: &Machine) -> String {
    let Ran { stdout, .. } = machine.zfs(&["list", "-H", "-o", "mountpoint", "tank/iocage/images"]);
    stdout.trim_end().to_owned()
}

#[test]
fn what_was_exported_is_imported_by_the_name_of_its_file() {
    let machine = machine();
    let image = format!("{}/web_2026-11-27.zip", folder(&machine));
    let exported = format!(
        "Exporting dataset: tank/iocage/jails/web\nExporting dataset: tank/iocage/jails/web/root\n\n\
         Preparing compressed file: {image}.\n\nExported: {image}\n"
    );
    machine.expect(&["export", "web"], 0, &exported, "");
    machine.run(&["destroy", "-f", "web"]);
    assert!(!machine.run(&["list", "-lh"]).stdout.contains("web"));
    let imported = "Importing dataset: web\nImporting dataset: web/root\n\nImported: web\n";
    machine.expect(&["import", "-p", &image, "web"], 0, imported, "");
    machine.expect(&["get", "notes", "web"], 0, "mine\n", "");
    assert!(machine.run(&["list", "-lh"]).stdout.contains("\tweb\toff\tdown\tjail\t14.3-RELEASE-p5\t"));
}

/// By the end of its name alone it is taken for one of another jail, which its configuration is not.
#[test]
fn an_image_that_was_renamed_brings_the_jail_that_it_was_made_of() {
    let machine = machine();
    let place = folder(&machine);
    machine.run(&["export", "web"]);
    let at = |name: &str| format!("{place}/{name}_2026-11-27.zip");
    std::fs::copy(at("web"), at("b")).expect("ours");
    let imported = "Importing dataset: b\nImporting dataset: b/root\n\nImported: b\n";
    machine.expect(&["import", "-p", &at("b"), "b"], 0, imported, "");
    let config = std::fs::read_to_string(format!("{place}/../jails/b/config.json")).expect("there");
    assert!(config.contains("\"host_hostuuid\": \"web\""), "{config}");
    std::fs::rename(at("web"), at("other")).expect("ours");
    let Ran { stdout, exit, .. } = machine.run(&["import", "-p", &at("other"), "other"]);
    assert!(exit != 0 && stdout.is_empty(), "{exit} {stdout}");
}

#[test]
fn what_is_no_image_is_none() {
    let machine = machine();
    let place = folder(&machine);
    let missing = format!("{place}/web_2026-11-26.zip");
    machine.expect(&["import", "-p", &missing, "web"], 1, "", &format!("{missing} does not exist.\n"));
    let broken = format!("{place}/new_2026-11-27.zip");
    std::fs::write(&broken, "no archive").expect("ours");
    let Ran { stderr, exit, .. } = machine.run(&["import", "-p", &broken, "new"]);
    assert!(exit == 1 && stderr.ends_with("zipfile.BadZipFile: File is not a zip file\n"), "{stderr}");
}
