//! removemount: one entry of a jail's fstab is taken out by iocage, the one that is named by what it mounts and
//! where, and all others stay; none is taken out that is not named exactly.

#![expect(clippy::disallowed_methods, reason = "the threads are the host's")]

use std::fs;
use std::os::unix::fs::symlink;
use std::thread;

use serde_json::{Value, json};

use super::stand::{Stand, sentence, with};
use crate::support::{DOORS, Host, Machine, fault};

/// What two entries of the jail `web` are, of which the first is named by these tests.
fn two(stand: &Stand) -> String {
    let root = stand.root();
    format!("tmpfs\t{root}/mnt\ttmpfs\trw,size=1m\t0\t0\n/srv/a\t{root}/gone\tnullfs\tro\t1\t2\n")
}

#[test]
fn an_entry_is_taken_out_and_all_others_stay() {
    for door in DOORS {
        let stand = Stand::new();
        let (host, root) = (stand.served(door), stand.root());
        // What iocage would not put in it takes out: the folders are gone, or another pool's.
        let rest = format!(
            "/srv/a b\t{root}/mnt/in\\040it\tnullfs\tro\t1\t2\n/srv/a\t/elsewhere\tnullfs\trw\t0\t0\n"
        );
        stand.holds(&format!("tmpfs {root}/mnt tmpfs rw,size=1m\n{}", rest.replace("a b", "a\\040b")));
        let request = stand.remove("tmpfs", "/mnt");
        let mut planned = request.clone();
        planned["dryrun"] = true.into();
        let before = stand.fstab();
        let plan = host.answer(&planned);
        assert_eq!(plan["runs"][0].as_array().map(Vec::len), Some(10), "{plan}");
        assert_eq!((stand.edits(), stand.fstab()), (vec![], before));

        let all = host.ask(&request);
        let expected = json!({"jail": "web", "options": "rw,size=1m", "source": "tmpfs", "target": "/mnt", "type": "tmpfs"});
        assert_eq!((&all["removemount"], all.get("warnings")), (&expected, None), "{all}");
        assert_eq!(stand.edits(), ["[fstab][-r][web][tmpfs][/mnt][tmpfs][rw,size=1m][0][0]"]);
        assert_eq!(stand.fstab(), rest.replace("a b", "a\\040b"));
        let again = host.answer(&request);
        assert_eq!(fault(&again), ("unknown-mount", "target"), "{again}");

        let all = host.ask(&stand.remove("/srv/a b", "/mnt/in it"));
        assert_eq!(all["removemount"]["options"], "ro", "{all}");
        assert_eq!(stand.edits(), ["[fstab][-r][web][/srv/a b][/mnt/in it][nullfs][ro][1][2]"]);
        assert_eq!(stand.fstab().lines().count(), 1);
    }
}

/// What `addmount` put in comes out by what `listmounts` tells of it.
#[test]
fn what_was_added_is_removed_by_what_is_listed() {
    let stand = Stand::new();
    let host = stand.served(DOORS[1]);
    for (source, target) in [("data", "/mnt"), ("data/web 1", "/srv/in it")] {
        host.ask(&stand.add(source, target));
    }
    let listed = host.answer(&json!({"action": "listmounts", "jail": "web"}));
    let rows: Vec<Value> = listed.as_object().expect("rows").values().cloned().collect();
    assert_eq!(rows.len(), 2, "{listed}");
    for row in rows {
        let word = |key: &str| row[key].as_str().expect("text").to_owned();
        let all = host.ask(&stand.remove(&word("source"), &word("inside")));
        assert!(all["removemount"].get("error").is_none() && all.get("warnings").is_none(), "{all}");
    }
    assert_eq!(stand.fstab(), "");
}

#[test]
fn what_is_not_named_exactly_stays() {
    let stand = Stand::new();
    let (host, root) = (stand.served(DOORS[0]), stand.root());
    let text = format!(
        "{}/srv/a {root}/mnt2 nullfs ro\n/srv/b {root}/mnt2 nullfs ro\n/srv/c {root}/c nullfs ro 0 0\n\
         /srv/c {root}/c nullfs ro # by hand\n/srv/d {root}/d nullfs ro\n/srv/d {root}/d nullfs rw\n\
         /srv/e /elsewhere nullfs ro\n/srv/f {root}/../f nullfs ro\n/srv/g {root} nullfs ro\n/srv/h {root}/h/ nullfs ro\n\
         /srv/i {root}/i nullfs ro#x\n/srv/j {root}/j -x ro\n/srv/#k {root}/k nullfs ro\n",
        two(&stand)
    );
    // The line of `i` has no `ro`.
    let text = text.replace("ro#x", "ro,#x");
    stand.holds(&text);
    for (source, target, code, key, part) in [
        ("tmpfs", "/mn", "unknown-mount", "target", "has nothing on \"/mn\", but on /mnt, /gone"),
        ("tmpfs", "/mnt/", "unknown-mount", "target", "has nothing on"),
        ("tmpfs", "/MNT", "unknown-mount", "target", "has nothing on"),
        ("tmp", "/mnt", "unknown-mount", "source", "but tmpfs"),
        ("/srv/", "/gone", "unknown-mount", "source", "but /srv/a"),
        ("/srv/a/", "/gone", "unknown-mount", "source", "but /srv/a"),
        ("/srv/c", "/mnt2", "unknown-mount", "source", "but /srv/a, /srv/b"),
        ("/srv/c", "/c", "illegal-value", "target", "2 entries"),
        ("/srv/d", "/d", "illegal-value", "target", "2 entries"),
        ("/srv/e", "/elsewhere", "unknown-mount", "target", "has nothing on"),
        ("/srv/f", "/../f", "unknown-mount", "target", "has nothing on"),
        ("/srv/g", "/", "illegal-value", "target", "below `/`"),
        ("/srv/h", "/h", "unknown-mount", "target", "has nothing on"),
        ("/srv/i", "/i", "unsupported", "target", "which holds \"ro,#x\""),
        ("/srv/j", "/j", "unsupported", "target", "which holds \"-x\""),
        ("/srv/#k", "/k", "illegal-value", "source", "without any of"),
        ("-r", "/mnt", "illegal-value", "source", "does not begin with"),
        ("0", "/mnt", "unknown-mount", "source", "but tmpfs"),
    ] {
        for is_dry in [true, false] {
            let mut request = stand.remove(source, target);
            request["dryrun"] = is_dry.into();
            let answer = host.answer(&request);
            assert_eq!(fault(&answer), (code, key), "{request}: {answer}");
            assert!(sentence(&answer).contains(part), "{request}: {answer}");
        }
    }
    assert_eq!((stand.edits(), stand.fstab()), (vec![], text));
    // Of two on one target the one that is named goes, and a path with odd characters is one.
    stand.holds(&format!(
        "/srv/a {root}/mnt2 nullfs ro\n/srv/b(c) {root}/mnt2 nullfs ro\n/srv/h {root}/h/ nullfs ro\n"
    ));
    for (source, target) in [("/srv/b(c)", "/mnt2"), ("/srv/h", "/h/")] {
        let all = host.ask(&stand.remove(source, target));
        assert_eq!(all["removemount"]["source"], source, "{all}");
    }
    assert_eq!(stand.fstab(), format!("/srv/a\t{root}/mnt2\tnullfs\tro\t0\t0\n"));
}

#[test]
fn nothing_is_run_for_what_is_refused() {
    for door in DOORS {
        let stand = Stand::new();
        let host = stand.served(door);
        let text = two(&stand);
        stand.holds(&text);
        let with = |key: &str, value: Value| with(stand.remove("tmpfs", "/mnt"), key, value);
        for (request, expected) in [
            (with("jail", "up".into()), ("jail-running", "jail")),
            (with("jail", "form".into()), ("unsupported", "jail")),
            (with("jail", "we".into()), ("unknown-jail", "jail")),
            (with("jail", "web2".into()), ("unknown-mount", "target")),
            (with("jail", "../web".into()), ("illegal-name", "jail")),
            (with("target", "mnt".into()), ("illegal-value", "target")),
            (with("target", "/mnt\n".into()), ("illegal-value", "target")),
            (with("target", "/mn\\164".into()), ("illegal-value", "target")),
            (with("target", 0.into()), ("wrong-type", "target")),
            (with("source", "tmpfs\t".into()), ("illegal-value", "source")),
            (with("source", "".into()), ("illegal-value", "source")),
            (with("source", "a".repeat(1001).into()), ("too-long", "source")),
            (json!({"action": "removemount", "jail": "web", "target": "/mnt"}), ("missing-key", "source")),
            (json!({"action": "removemount", "jail": "web", "source": "tmpfs"}), ("missing-key", "target")),
        ] {
            let answer = host.answer(&request);
            assert_eq!(fault(&answer), expected, "{request}: {answer}");
        }
        let answer = host.answer(&with("jail", "up".into()));
        assert!(sentence(&answer).contains("would unmount at once"), "{answer}");
        stand.denies(door, &stand.remove("tmpfs", "/mnt"));
        assert_eq!((stand.edits(), stand.fstab()), (vec![], text));
    }
}

/// iocage would lose another entry with it, or make another of it.
#[test]
fn a_file_that_iocage_would_spoil_is_left_alone() {
    let stand = Stand::new();
    let host = stand.served(DOORS[0]);
    let root = stand.root();
    for (line, part) in [
        ("tmpfs /t/tmp".to_owned(), "is no entry"),
        (format!("proc {root}/proc procfs xx,ro 0 0"), "none of ro, rw, rq and sw"),
        (format!("/a\\sb {root}/proc nullfs ro 0 0"), "a backslash or a control character in a path"),
        (format!("proc {root}/proc procfs rw 0 0\r"), "has \\u{d} in it"),
        (format!("/iocage/gone {root}/x nullfs ro 0 0"), "would rewrite it"),
    ] {
        let text = format!("{}{line}\n", two(&stand));
        stand.holds(&text);
        let answer = host.answer(&stand.remove("tmpfs", "/mnt"));
        assert_eq!(fault(&answer), ("corrupt-jail", "jail"), "{line}: {answer}");
        assert!(sentence(&answer).contains(part), "{line}: {answer}");
        assert_eq!(stand.fstab(), text);
    }
    fs::remove_file(stand.web.join("fstab")).expect("ours");
    let answer = host.answer(&stand.remove("tmpfs", "/mnt"));
    assert_eq!(fault(&answer), ("corrupt-jail", "jail"), "{answer}");
    symlink(stand.web.with_file_name("web2").join("fstab"), stand.web.join("fstab")).expect("ours");
    let answer = host.answer(&stand.remove("tmpfs", "/mnt"));
    assert_eq!(fault(&answer), ("corrupt-jail", "jail"), "{answer}");
    assert_eq!(stand.edits(), [""; 0]);
}

/// A remark behind an entry is read as numbers by the base system, and goes with the line.
#[test]
fn remarks_go_and_are_told() {
    let stand = Stand::new();
    let (host, root) = (stand.served(DOORS[0]), stand.root());
    stand.holds(&format!("# by hand\n{}proc {root}/proc procfs rw # as it was\n", two(&stand)));
    let all = host.ask(&stand.remove("tmpfs", "/mnt"));
    assert!(all["warnings"].to_string().contains("lost remarks in it: 2"), "{all}");
    let expected = format!("/srv/a\t{root}/gone\tnullfs\tro\t1\t2\nproc\t{root}/proc\tprocfs\trw\t0\t0\n");
    assert_eq!(stand.fstab(), expected);
}

#[test]
fn what_iocage_does_not_do_is_told_with_what_the_file_holds() {
    let last = "sed -i -e '$d' \"$jail/fstab\"";
    let first = "sed -i -e '1d' \"$jail/fstab\"";
    for (line, code, part) in [
        ("exit 0", "not-done", "its fstab is as it was"),
        ("exit 1", "iocage-failed", "its fstab is as it was"),
        (&*format!("{last}; exit 0"), "not-done", "its fstab has lost entries, on "),
        (&*format!("{first}; {last}; exit 0"), "not-done", "its fstab has lost entries, on "),
        (&*format!("{first}; exit 1"), "iocage-failed", "its fstab has lost entries, on "),
        // Somebody else took it out before.
        (first, "iocage-failed", "No matching fstab entry"),
        ("rm \"$jail/fstab\"; exit 0", "not-done", "its fstab has lost entries, on "),
        ("kill -9 $$", "killed", "its fstab is as it was"),
        ("sleep 60", "timed-out", "its fstab is as it was"),
    ] {
        let stand = Stand::new();
        stand.holds(&two(&stand));
        stand.instead(line);
        let config = stand.config(json!({"timeouts_s": {"create": 1}, "grace_s": 1}));
        let answer = Host::new(DOORS[1], &config).answer(&stand.remove("tmpfs", "/mnt"));
        assert_eq!(fault(&answer).0, code, "{line}: {answer}");
        assert!(sentence(&answer).contains(part), "{line}: {answer}");
    }
}

#[test]
fn what_another_adds_meanwhile_is_told() {
    let stand = Stand::new();
    stand.holds(&two(&stand));
    stand.instead("printf 'proc %s/root/proc procfs rw 0 0\\n' \"$jail\" >> \"$jail/fstab\"");
    let all = stand.served(DOORS[0]).ask(&stand.remove("tmpfs", "/mnt"));
    assert_eq!(all["removemount"]["target"], "/mnt", "{all}");
    assert!(all["warnings"].to_string().contains("meanwhile somebody else"), "{all}");
    assert_eq!(stand.fstab().lines().count(), 2);
}

/// While it is done nobody else changes the jail, and a cancelled one says what it has left.
#[test]
fn it_excludes_changes_of_its_jail() {
    let stand = Stand::new();
    stand.holds(&two(&stand));
    let host = Host::new(DOORS[1], &stand.config(json!({"lock_wait_s": 1, "grace_s": 1})));
    thread::scope(|scope| {
        let hold = stand.machine.hold("fstab");
        let removing = scope.spawn(|| host.answer(&stand.remove("tmpfs", "/mnt")));
        stand.machine.wait_for_command("fstab");
        let answer = host.answer(&stand.add("data", "/mnt/in it"));
        assert_eq!(fault(&answer).0, "busy", "{answer}");
        assert!(sentence(&answer).contains("removemount of \"web\""), "{answer}");
        host.instance().cancel(7).expect("the contract is kept");
        let answer = removing.join().expect("no panic");
        assert_eq!(fault(&answer).0, "cancelled", "{answer}");
        assert!(sentence(&answer).contains("its fstab is as it was"), "{answer}");
        drop(hold);
    });
    let all = host.ask(&stand.remove("tmpfs", "/mnt"));
    assert_eq!(all["removemount"]["type"], "tmpfs", "its lock is free: {all}");
}

/// The shell iocage has no command for it.
#[test]
fn the_shell_iocage_is_not_asked() {
    let jails = json!([{"uuid": "611c89ae-c43c-11e5-9602-54ee75595566", "tag": "web"}]);
    let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true, "jails": jails}]}));
    let host = Host::new(DOORS[0], &machine.config());
    let request = json!({"action": "removemount", "jail": "web", "source": "/usr", "target": "/mnt"});
    let answer = host.answer(&request);
    assert_eq!(fault(&answer).0, "unsupported", "{answer}");
    assert!(sentence(&answer).contains("edit the file `fstab`"), "{answer}");
}
