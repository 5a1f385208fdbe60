//! addmount: an entry is put into a jail's fstab by iocage, and what else is in it stays; what the jail's
//! root has planted on the way, and what the configuration does not allow, is refused before.

#![expect(clippy::disallowed_methods, reason = "the threads are the host's")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::thread;

use serde_json::{Value, json};

use super::stand::{Stand, sentence, with};
use crate::support::{DOORS, Host, Machine, fault};

#[test]
fn a_folder_is_added_and_what_else_is_there_stays() {
    for door in DOORS {
        let stand = Stand::new();
        let (host, root, source) = (stand.served(door), stand.root(), stand.at("data"));
        stand.holds(&format!("proc {root}/proc procfs rw 0 0\n"));
        let mut request = stand.add("data", "/mnt");
        let mut planned = request.clone();
        planned["dryrun"] = true.into();
        let plan = host.answer(&planned);
        assert_eq!(plan["runs"][0].as_array().map(Vec::len), Some(10), "{plan}");
        assert_eq!((stand.edits(), stand.fstab().lines().count()), (vec![], 1));

        let all = host.ask(&request);
        let expected =
            json!({"jail": "web", "options": "ro", "source": source, "target": "/mnt", "type": "nullfs"});
        assert_eq!((&all["addmount"], all.get("warnings")), (&expected, None), "{all}");
        assert_eq!(stand.edits(), [format!("[fstab][-a][web][{source}][/mnt][nullfs][ro][0][0]")]);
        request = stand.add("data/web 1", "/srv/in it");
        request["options"] = "rw,noexec".into();
        assert_eq!(host.ask(&request)["addmount"]["options"], "rw,noexec");
        let text = stand.fstab();
        assert!(text.contains("/data/web\\0401\t") && text.contains("/root/srv/in\\040it\t"), "{text}");

        let listed = host.answer(&json!({"action": "listmounts", "jail": "web"}));
        let row = |inside: &str, options: &str, source: &str, kind: &str| json!({"dump": "0", "inside": inside, "options": options, "pass": "0", "source": source, "type": kind});
        assert_eq!(listed[format!("{root}/proc")], row("/proc", "rw", "proc", "procfs"));
        assert_eq!(listed[format!("{root}/mnt")], row("/mnt", "ro", &source, "nullfs"));
        let added = row("/srv/in it", "rw,noexec", &stand.at("data/web 1"), "nullfs");
        assert_eq!(listed[format!("{root}/srv/in it")], added);
        let other = host.answer(&json!({"action": "listmounts", "jail": "web2"}));
        assert_eq!(other, json!({}), "no other jail");

        let before = stand.fstab();
        for again in [stand.add("data", "/mnt"), stand.add("data/web 1", "/mnt")] {
            let answer = host.answer(&again);
            assert_eq!(fault(&answer), ("illegal-value", "target"), "{answer}");
            assert!(sentence(&answer).contains("there is"), "{answer}");
        }
        for (source, target, part) in [
            ("data", "/srv", "/srv/in it\", below the new one"),
            ("data", "/mnt/in it", "/mnt\", above the new one"),
            ("data", "/dev", "the jail's `mount_devfs`"),
            ("data", "/dev/fd", "the jail's `mount_devfs`"),
            ("data", "/proc", "the jail's `mount_procfs`"),
            ("data", "/compat/linux/proc", "the jail's `mount_linprocfs`"),
        ] {
            let answer = host.answer(&stand.add(source, target));
            assert_eq!(fault(&answer), ("illegal-value", "target"), "{answer}");
            assert!(sentence(&answer).contains(part), "{answer}");
        }
        assert_eq!(stand.fstab(), before);
    }
}

#[test]
fn of_the_host_only_what_is_configured_and_by_no_link() {
    let stand = Stand::new();
    let host = stand.served(DOORS[0]);
    for (source, code, part) in [
        ("data2", "denied", "/nonexistent (which is not to be had: No such file"),
        ("elsewhere", "denied", "mount_sources"),
        ("data/link", "illegal-value", "is a link"),
        ("data/file", "illegal-value", "is no folder"),
        ("data/none", "illegal-value", "cannot be mounted"),
    ] {
        let answer = host.answer(&stand.add(source, "/mnt"));
        assert_eq!(fault(&answer), (code, "source"), "{source}: {answer}");
        assert!(sentence(&answer).contains(part), "{source}: {answer}");
    }
    // A folder that is configured by a link stands for what it leads to, and not for the link.
    let config = stand.config(json!({"mount_sources": [stand.at("data/link")]}));
    let by_link = Host::new(DOORS[1], &config);
    let answer = by_link.answer(&stand.add("data/link", "/mnt"));
    assert_eq!(fault(&answer), ("denied", "source"));
    let real = format!("/data/link (which leads to {}: name the source by that)", stand.at("elsewhere"));
    assert!(sentence(&answer).contains(&real), "{answer}");
    let none = Host::new(DOORS[1], &stand.machine.config());
    let answer = none.answer(&stand.add("data", "/mnt"));
    assert_eq!(fault(&answer), ("denied", "source"));
    assert!(sentence(&answer).contains("`mount_sources`"), "{answer}");
    assert_eq!((stand.edits(), stand.fstab()), (vec![], String::new()));
    assert!(by_link.answer(&stand.add("elsewhere", "/mnt")).get("error").is_none());
    // Whoever has written it is told at once.
    let all = Host::new(DOORS[0], &stand.config(json!({"mount_sources": ["/nonexistent", "/", "/usr"]})));
    let health = all.instance().health(None).expect("the contract is kept").text().into_owned();
    let report: Value = serde_json::from_str(&health).expect("JSON");
    let remark = report["remark"].as_str().unwrap_or_default();
    assert!(remark.contains("holds /nonexistent") && remark.contains("all of the host"), "{health}");
    let log: Vec<_> = all.log().into_iter().filter(|line| line.contains("`mount_sources` holds")).collect();
    assert!(
        log.len() == 2 && log[0].contains("/nonexistent, which is not") && log[1].contains("all of the host"),
        "{log:?}"
    );
}

#[test]
fn what_the_jail_has_planted_on_the_way_is_not_followed() {
    let stand = Stand::new();
    let (host, root) = (stand.served(DOORS[0]), PathBuf::from(stand.root()));
    symlink(stand.at("elsewhere"), root.join("out")).expect("ours");
    symlink("mnt", root.join("beside")).expect("ours");
    symlink("/", root.join("mnt/top")).expect("ours");
    fs::create_dir_all(stand.host.0.join("elsewhere/below")).expect("ours");
    fs::write(root.join("file"), "").expect("ours");
    for (target, part) in [
        ("/out", "is no folder"),
        ("/out/below", "is no folder"),
        ("/beside", "is no folder"),
        ("/beside/in it", "is no folder"),
        ("/mnt/top", "is no folder"),
        ("/mnt/top/usr", "is no folder"),
        ("/file", "is no folder"),
        ("/file/x", "is no folder"),
        ("/none", "make it first"),
        ("/mnt/none/x", "make it first"),
    ] {
        let answer = host.answer(&stand.add("data", target));
        assert_eq!(fault(&answer), ("illegal-value", "target"), "{target}: {answer}");
        assert!(sentence(&answer).contains(part), "{target}: {answer}");
    }
    // And where the root itself is one.
    fs::rename(&root, root.with_file_name("moved")).expect("ours");
    symlink("moved", &root).expect("ours");
    let answer = host.answer(&stand.add("data", "/mnt"));
    assert_eq!(fault(&answer), ("corrupt-jail", "jail"), "{answer}");
    assert_eq!((stand.edits(), stand.fstab()), (vec![], String::new()));
}

#[test]
fn nothing_is_run_for_what_is_refused() {
    for door in DOORS {
        let stand = Stand::new();
        let host = stand.served(door);
        let with = |key: &str, value: Value| with(stand.add("data", "/mnt"), key, value);
        for (request, expected) in [
            (with("jail", "up".into()), ("jail-running", "jail")),
            (with("jail", "form".into()), ("unsupported", "jail")),
            (with("jail", "we".into()), ("unknown-jail", "jail")),
            (with("jail", "../web".into()), ("illegal-name", "jail")),
            (with("target", "/mnt/../..".into()), ("illegal-value", "target")),
            (with("target", "mnt".into()), ("illegal-value", "target")),
            (with("target", "/".into()), ("illegal-value", "target")),
            (with("target", "/mnt\n/x".into()), ("illegal-value", "target")),
            (with("target", "/a#b".into()), ("illegal-value", "target")),
            (with("target", 5.into()), ("wrong-type", "target")),
            (
                with("source", format!("{}/../elsewhere", stand.at("data")).into()),
                ("illegal-value", "source"),
            ),
            (with("source", "-e".into()), ("illegal-value", "source")),
            (with("options", "rw,suid".into()), ("illegal-value", "options")),
            (json!({"action": "addmount", "jail": "web", "target": "/mnt"}), ("missing-key", "source")),
            (json!({"action": "addmount", "jail": "web", "source": "/data"}), ("missing-key", "target")),
        ] {
            for is_dry in [false, true] {
                let mut request = request.clone();
                if is_dry {
                    request["dryrun"] = true.into();
                }
                let answer = host.answer(&request);
                assert_eq!(fault(&answer), expected, "{request}: {answer}");
            }
        }
        stand.denies(door, &stand.add("data", "/mnt"));
        assert_eq!((stand.edits(), stand.fstab()), (vec![], String::new()));
    }
}

/// iocage would lose it, or make another of it.
#[test]
fn a_file_that_iocage_would_spoil_is_left_alone() {
    let stand = Stand::new();
    let host = stand.served(DOORS[0]);
    let root = stand.root();
    for (text, part) in [
        ("tmpfs /t/tmp\n".to_owned(), "is no entry"),
        (format!("proc {root}/proc procfs late 0 0\n"), "none of ro, rw, rq and sw"),
        (format!("proc {root}/proc procfs xx 0 0\n"), "none of ro, rw, rq and sw"),
        (format!("/iocage/gone {root}/x nullfs ro 0 0\n"), "would rewrite it"),
        ("proc /mnt/iocage/jails/web/root/proc procfs rw 0 0\n".to_owned(), "would rewrite it"),
        (format!("tmpfs {root}/x tmpfs rw\r\n"), "has \\u{d} in it"),
        (format!("tmpfs {root}/x tmpfs ro\x0c 0 0\n"), "has \\u{c} in it"),
        (format!("tmp\0fs {root}/x tmpfs rw 0 0\n"), "has \\u{0} in it"),
        (format!("/a\\015b {root}/x tmpfs rw 0 0\n"), "a control character in a path"),
        (format!("/nonexistent {root}/x nullfs ro 0 0\n"), "is no folder that is there"),
        (format!("usr {root}/x nullfs ro 0 0\n"), "is no folder that is there"),
        ("/usr /elsewhere nullfs ro 0 0\n".to_owned(), "is not in the jail's root"),
        (format!("tmpfs {root}/x tmpfs rw 0 10\n"), "more than a digit"),
        (format!("tmpfs {root}/x tmpfs rw -1 0\n"), "more than a digit"),
        (format!("/{} {root}/x tmpfs rw 0 0\n", "a".repeat(1024)), "longer than the base system reads"),
    ] {
        stand.holds(&text);
        for is_dry in [true, false] {
            let mut request = stand.add("data", "/mnt");
            request["dryrun"] = is_dry.into();
            let answer = host.answer(&request);
            assert_eq!(fault(&answer), ("corrupt-jail", "jail"), "{text}: {answer}");
            assert!(sentence(&answer).contains(part), "{text}: {answer}");
        }
        assert_eq!(stand.fstab(), text);
    }
    fs::remove_file(stand.web.join("fstab")).expect("ours");
    for is_link in [false, true] {
        if is_link {
            symlink(stand.at("data/file"), stand.web.join("fstab")).expect("ours");
        }
        let answer = host.answer(&stand.add("data", "/mnt"));
        assert_eq!(fault(&answer), ("corrupt-jail", "jail"), "{answer}");
        assert!(is_link || sentence(&answer).contains("make an empty one"), "{answer}");
    }
    assert_eq!(stand.edits(), [""; 0]);
}

/// iocage goes by whether it is there, and would write its fstab over the jail's.
#[test]
fn what_lies_in_the_place_of_a_template_of_the_name_keeps_it_out() {
    let stand = Stand::new();
    let (host, root) = (stand.served(DOORS[0]), stand.root());
    let text = format!("tmpfs {root}/tmp tmpfs rw 0 0\n");
    stand.holds(&text);
    let place = stand.web.join("../../templates/web");
    for is_folder in [true, false] {
        match is_folder {
            true => fs::create_dir(&place).expect("ours"),
            false => symlink("nowhere", &place).expect("ours"),
        }
        for mut request in [stand.add("data", "/mnt"), stand.remove("tmpfs", "/tmp")] {
            for is_dry in [true, false] {
                request["dryrun"] = is_dry.into();
                let answer = host.answer(&request);
                assert_eq!(fault(&answer), ("corrupt-jail", "jail"), "{request}: {answer}");
                assert!(sentence(&answer).contains("/templates/web is there"), "{answer}");
            }
        }
        let removed = if is_folder { fs::remove_dir(&place) } else { fs::remove_file(&place) };
        removed.expect("ours");
    }
    assert_eq!((stand.edits(), stand.fstab()), (vec![], text));
}

#[test]
fn remarks_that_are_lost_are_told() {
    let stand = Stand::new();
    let host = stand.served(DOORS[0]);
    stand.holds("# by hand\n\n# and more\n");
    let all = host.ask(&stand.add("data", "/mnt"));
    assert!(all["warnings"].to_string().contains("lost remarks in it: 2"), "{all}");
    // Its own is no remark of anybody's.
    let all = host.ask(&stand.add("data", "/srv/in it"));
    assert!(all.get("warnings").is_none(), "{all}");
}

#[test]
fn what_iocage_does_not_do_is_told_with_what_the_file_holds() {
    let lost = format!("printf '{}' > \"$jail/fstab\"", "");
    let gone = "rm -r \"$jail/root/mnt\"".to_owned();
    for (line, code, part) in [
        // As the real one refuses it.
        (&*gone, "iocage-failed", "is not a directory.; its fstab is as it was"),
        // It says so, and has not.
        ("exit 0", "not-done", "its fstab is as it was"),
        (&*format!("{lost}; exit 0"), "not-done", "its fstab has lost entries, on "),
        (&*format!("{lost}; exit 1"), "iocage-failed", "its fstab has lost entries, on "),
        ("rm \"$jail/fstab\"; exit 0", "not-done", "its fstab has lost entries, on "),
        ("kill -9 $$", "killed", "its fstab is as it was"),
        ("sleep 60", "timed-out", "its fstab is as it was"),
    ] {
        let stand = Stand::new();
        stand.holds(&format!("tmpfs {}/x tmpfs rw 0 0\n", stand.root()));
        stand.instead(line);
        let config = stand.config(json!({"timeouts_s": {"create": 1}, "grace_s": 1}));
        let answer = Host::new(DOORS[1], &config).answer(&stand.add("data", "/mnt"));
        assert_eq!(fault(&answer).0, code, "{line}: {answer}");
        assert!(sentence(&answer).contains(part), "{line}: {answer}");
    }
}

#[test]
fn what_another_adds_meanwhile_is_told() {
    let stand = Stand::new();
    stand.instead("printf 'proc %s/root/proc procfs rw 0 0\\n' \"$jail\" > \"$jail/fstab\"");
    let all = stand.served(DOORS[0]).ask(&stand.add("data", "/mnt"));
    assert_eq!(all["addmount"]["target"], "/mnt", "{all}");
    assert!(all["warnings"].to_string().contains("meanwhile somebody else"), "{all}");
    assert_eq!(stand.fstab().lines().count(), 2);
}

/// While it is done nobody else changes the jail, and a cancelled one says what it has left.
#[test]
fn it_excludes_changes_of_its_jail() {
    let stand = Stand::new();
    let host = Host::new(DOORS[1], &stand.config(json!({"lock_wait_s": 1, "grace_s": 1})));
    thread::scope(|scope| {
        let hold = stand.machine.hold("fstab");
        let adding = scope.spawn(|| host.answer(&stand.add("data", "/mnt")));
        stand.machine.wait_for_command("fstab");
        let answer = host.answer(&json!({"action": "startjail", "jail": "web"}));
        assert_eq!(fault(&answer).0, "busy", "{answer}");
        assert!(sentence(&answer).contains("addmount of \"web\""), "{answer}");
        host.instance().cancel(7).expect("the contract is kept");
        let answer = adding.join().expect("no panic");
        assert_eq!(fault(&answer).0, "cancelled", "{answer}");
        assert!(sentence(&answer).contains("its fstab is as it was"), "{answer}");
        drop(hold);
    });
}

/// The shell iocage has no command for it.
#[test]
fn the_shell_iocage_is_not_asked() {
    let jails = json!([{"uuid": "611c89ae-c43c-11e5-9602-54ee75595566", "tag": "web"}]);
    let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true, "jails": jails}]}));
    let host = Host::new(DOORS[0], &machine.config_with(&json!({"mount_sources": ["/usr"]})));
    let request = json!({"action": "addmount", "jail": "web", "source": "/usr", "target": "/mnt"});
    let answer = host.answer(&request);
    assert_eq!(fault(&answer).0, "unsupported", "{answer}");
    assert!(sentence(&answer).contains("edit the file `fstab`"), "{answer}");
}
