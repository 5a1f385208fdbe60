//! `fstab -a` and `-r` of the Python iocage, in the file beside a jail's root.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::machine::Machine;

/// `web`, whose file holds this, and the file.
fn machine(text: &str) -> (Machine, PathBuf) {
    let jails = json!([{"name": "web"}, {"name": "up", "jid": 1}]);
    let machine = Machine::new(&json!({"version": "1.13", "mounted": true, "clock": "2026-11-23 12:13:11",
        "pools": [{"name": "tank", "active": true, "jails": jails}]}));
    let folder = machine.folder().join("mnt/tank/iocage/jails/web");
    fs::create_dir_all(folder.join("root/mnt/a b")).expect("ours");
    let text = text.replace("ROOT", folder.join("root").to_str().expect("our own name"));
    fs::write(folder.join("fstab"), text).expect("ours");
    (machine, folder)
}

fn words<'a>(how: &'a str, source: &'a str, target: &'a str) -> [&'a str; 9] {
    ["fstab", how, "web", source, target, "nullfs", "ro", "0", "0"]
}

#[test]
fn an_entry_is_added_and_removed_and_the_file_is_written_anew() {
    let (machine, folder) =
        machine("# by hand\nproc  ROOT/proc procfs rw\ntmpfs ROOT/x\n/a ROOT/y nullfs xx,ro 0 0\n");
    let (root, text) =
        (folder.join("root").display().to_string(), || fs::read_to_string(folder.join("fstab")));
    machine.expect(&words("-a", "/usr", "/mnt/a b"), 0, "Successfully added mount to web's fstab\n", "");
    let proc = format!("proc\t{root}/proc\tprocfs\trw\t0\t0\n");
    let added = format!("/usr\t{root}/mnt/a\\040b\tnullfs\tro\t0\t0");
    // What the base system passes over is lost, and so is the remark.
    assert_eq!(text().expect("a file"), format!("{proc}{added} # Added by iocage on 2026-11-23 12:13:11\n"));
    machine.expect(&words("-r", "/usr", "/mnt/a"), 1, "", "No matching fstab entry.\n");
    machine.expect(&words("-r", "/usr", "/mnt/a b"), 0, "Successfully removed mount from web's fstab\n", "");
    assert_eq!(text().expect("a file"), proc);
}

/// Each jail has one from its beginning, and what is in it and in the jail's root is nobody's who changes the machine.
#[test]
fn it_is_there_and_stays_and_goes_along() {
    let (machine, web) = machine("");
    let place = |name: &str| web.with_file_name(name);
    machine.run(&["create", "-e", "-n", "new"]);
    for name in ["up", "new"] {
        assert_eq!(fs::read_to_string(place(name).join("fstab")).expect("a file"), "", "{name}");
        assert!(place(name).join("root/mnt").is_dir(), "{name}");
    }
    let line = |name: &str| format!("/usr {}/root/mnt nullfs ro 0 0\n", place(name).display());
    fs::write(web.join("fstab"), line("web")).expect("ours");
    fs::create_dir(web.join("root/data")).expect("ours");
    machine.run(&["snapshot", "-n", "one", "web"]);
    machine.run(&["set", "notes=x", "web"]);
    assert_eq!(fs::read_to_string(web.join("fstab")).expect("a file"), line("web"));
    assert!(web.join("root/data").is_dir() && web.join("root/mnt/a b").is_dir());
    machine.run(&["clone", "web", "-n", "two"]);
    assert_eq!(fs::read_to_string(place("two").join("fstab")).expect("a file"), line("two"));
    let made = |name: &str| {
        machine
            .zfs(&[
                "list",
                "-H",
                "-p",
                "-t",
                "snapshot",
                "-o",
                "creation",
                &format!("tank/iocage/jails/{name}@one"),
            ])
            .stdout
    };
    let before = made("web");
    machine.run(&["rename", "web", "shop"]);
    assert_eq!(fs::read_to_string(place("shop").join("fstab")).expect("a file"), line("shop"));
    assert!(place("shop").join("root/data").is_dir() && !web.exists());
    assert!(before.trim_end().parse::<u64>().is_ok() && made("shop") == before, "{before}");
    machine.run(&["set", "template=yes", "shop"]);
    let templates = web.ancestors().nth(2).expect("iocage").join("templates");
    assert!(templates.join("shop/root/data").is_dir() && !place("shop").exists());
}

/// They are parts of words to the base system, so of these options none is known; a line ends at a NUL.
#[test]
fn other_white_space_is_no_blank() {
    for line in ["tmpfs ROOT/x tmpfs rw\r", "/usr ROOT/y nullfs ro\x0c 0 0", "tmp\0fs ROOT/z tmpfs rw 0 0"] {
        let (machine, folder) = machine(&format!("{line}\n/usr ROOT/y nullfs ro 0 0\r\n"));
        machine.expect(&words("-a", "/usr", "/mnt"), 0, "Successfully added mount to web's fstab\n", "");
        let text = fs::read_to_string(folder.join("fstab")).expect("a file");
        let kept = format!("/usr\t{}/root/y\tnullfs\tro\t0\t0\n", folder.display());
        assert!(text.starts_with(&kept) && text.lines().count() == 2, "{line:?}: {text}");
    }
}

#[test]
fn what_is_wrong_keeps_an_entry_out() {
    let (machine, folder) = machine("/usr ROOT/mnt nullfs ro 0 0\n");
    let root = folder.join("root").display().to_string();
    let there = format!("Destination: {root}/mnt already exists!\n");
    machine.expect(&words("-a", "/usr", "/mnt"), 1, "", &there);
    let none = format!("Destination: {root}/none does not exist or is not a directory.\n");
    machine.expect(&words("-a", "/usr", "/none"), 1, "", &none);
    machine.expect(&words("-a", "/nonexistent", "/mnt"), 1, "", "Source: /nonexistent does not exist!\n");
    let long = format!("/{}", "a".repeat(80));
    let stderr = machine.run(&words("-a", "/usr", &long)).stderr;
    assert!(stderr.starts_with("The destination's mountpoint exceeds 88 characters"), "{stderr}");
    // An entry that is there already can keep all others out.
    fs::write(folder.join("fstab"), "/nonexistent /elsewhere nullfs ro 0 0\n").expect("ours");
    let wrong = format!(
        "Destination: /elsewhere does not include jail's mountpoint! ({root})\nSource: /nonexistent does not exist!\n"
    );
    machine.expect(&words("-a", "/usr", "/mnt"), 1, "", &wrong);
    fs::remove_file(folder.join("fstab")).expect("ours");
    let file = folder.join("fstab").display().to_string();
    machine.expect(&words("-a", "/usr", "/mnt"), 1, "", &format!("Unable to open {file}\n"));
    for words in [
        &["fstab", "-l", "web"][..],
        &["fstab", "-r", "web", "0"],
        &["fstab", "-a", "up", "a", "/b", "c", "ro", "0", "0"],
    ] {
        assert_eq!(machine.run(words).exit, 70, "{words:?} is not simulated");
    }
}
