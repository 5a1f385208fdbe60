//! Which machine a row was recorded on. The rows are sorted by name, not by time, and their preconditions are prose, so
//! nothing is carried from row to row: each is given the machine that its precondition describes.

use serde_json::{Value, json};

use super::super::row::Row;
use super::machines::{
    DATASETS, clone_of_test, damaged, empty, find, fresh, hollow, jail, lacking, late, machine, many,
    odd_names, plain, pool, set, three, to_clean, twelve, two_pools, up, with, with_clones, with_templates,
};

/// The machine of a row.
pub(super) fn of(row: &Row) -> Value {
    let id = row.id.as_str();
    let before = row.precondition.as_str();
    let running = [("bootj", 1), ("test", 2), ("thick", 3)];
    let more = [("bootj", 1), ("test", 2), ("thick", 3), ("props1", 5)];
    match id {
        "activate-pyt-twice" => pool(empty(), "datasets", json!(false)),
        "clean-a-eof" | "clean-a-y" => empty(),
        "clean-fa-empty" | "clean-fjt" => lacking(empty(), &DATASETS),
        "clean-fj-running" => {
            let mut jails =
                vec![plain("onrel"), plain("tmpl2"), jail("thick", json!({"origin": "-", "jid": 72}))];
            jails.extend(hollow(vec![jail("fromtmpl", json!({"template": "tmpl1"}))]));
            machine(jails)
        }
        "clean-ft" | "clean-j-y" => machine(to_clean()),
        "clone-n" | "clone-noname" | "clone-props" | "clone-count" | "clone-thick" | "clone-badprop" => {
            machine(many())
        }
        "clone-tagprop" | "clone-badname" | "clone-badname-slash" => machine(many()),
        "clone-dup" => {
            let mut jails = many();
            jails.push(clone_of_test("newtest", json!({})));
            machine(jails)
        }
        "clone-template" | "exec-template" | "start-template" | "get-all-template" => {
            machine(vec![jail("tmpl1", json!({"type": "template"}))])
        }
        "create-for-template" | "create-template-prop" => machine(vec![plain("test")]),
        "create-t-T" => machine(vec![jail("tmpl1", json!({"type": "template"}))]),
        "create-n-r" => pool(machine(Vec::new()), "rc_conf", json!(false)),
        "create-duplicate" => machine(vec![plain("test")]),
        "create-duplicate-dot" => machine(vec![plain("te_st")]),
        "create-after-corrupt-destroy" => {
            pool(machine(Vec::new()), "snapshots", json!(["pyt/iocage/releases/14.3-RELEASE/root@leftj"]))
        }
        "deactivated-by-zfs-then-get-p" => pool(lacking(empty(), &[]), "active", json!(false)),
        "destroy-R-f-with-dependents" => {
            machine(vec![plain("src"), jail("dep", json!({"origin": "pyt/iocage/jails/src@dep"}))])
        }
        "destroy-f-running" | "destroy-nof-running-y" => up(many(), &[("dhcpj", 6)]),
        "destroy-f-unknown" => machine(vec![plain("test")]),
        "destroy-f-two"
        | "destroy-template-nof-y"
        | "destroy-template-with-dependents-nof"
        | "destroy-f-template-with-dependents"
        | "destroy-f-with-dependents" => machine(late()),
        "destroy-r-release-nof-eof" | "destroy-r-release-y" | "destroy-rf-release-with-jails" => {
            let release = "pyt/iocage/releases/14.3-RELEASE/root@";
            let left = ["corr1", "corr2", "default"].map(|name| format!("{release}{name}"));
            let jails = vec![plain("onrel"), plain("tmpl2"), jail("thick", json!({"origin": "-"}))];
            pool(machine(jails), "snapshots", json!(left))
        }
        "df-after-quota" => set(machine(many()), "thick", "quota", "1G"),
        "df-after-reservation" => {
            set(set(machine(many()), "thick", "quota", "1G"), "thick", "reservation", "100M")
        }
        "df-h-templates" | "list-lh-with-templates" | "get-rh-template" | "list-th" | "list-tlh" => {
            set(machine(with_templates()), "thick", "boot", "on")
        }
        "exec-basejail" => up(many(), &[("base1", 8)]),
        "exec-dots" => up(many(), &[("odd-name.with_dots-9", 10)]),
        "exec-u-daemon-id" => {
            let mut machine = up(many(), &[("test", 2)]);
            let passwd = "daemon:*:1:1:Owner of many system processes:/root:/usr/sbin/nologin\n";
            let jails = machine["pools"][0]["jails"].as_array_mut().expect("the machine has jails");
            find(jails, "test")["files"] = json!({"/etc/passwd": passwd});
            machine
        }
        "exec-stopped-f" | "exec-uuid-jail" => up(many(), &[("bootj", 1)]),
        "export-ok" => {
            let mut machine = machine(vec![plain("expj")]);
            machine["clock"] = json!("2026-11-23 12:30:09");
            machine
        }
        "export-running" => up(vec![plain("expj")], &[("expj", 1)]),
        "get-p-after-clean-fi" => lacking(empty(), &["images"]),
        "get-quota-after" => set(machine(many()), "thick", "quota", "1G"),
        "get-notes-newline" | "get-rh-notes" | "set-notes-none" => {
            set(machine(many()), "thick", "notes", "line1\nline2:x")
        }
        "get-notes-unicode" | "set-notes-newline" => {
            set(machine(many()), "thick", "notes", "snø ☃ \"q\" \\b\ttab")
        }
        "set-notes-unicode" => set(machine(many()), "thick", "notes", "x y z"),
        "set-memoryuse-off" => set(machine(many()), "thick", "memoryuse", "deny=1g"),
        "set-reservation-none" => set(machine(many()), "thick", "reservation", "100M"),
        "set-vnet-off" => set(machine(many()), "thick", "vnet", "1"),
        "set-rctl-off" => set(up(many(), &more), "test", "pcpu", "deny=50"),
        "set-rctl-same-value-again" => set(up(many(), &more), "test", "memoryuse", "deny=1g"),
        "set-vnet-running-back" => set(up(many(), &more), "test", "vnet", "1"),
        "snapshot" => {
            let mut machine = machine(vec![plain("test")]);
            machine["clock"] = json!("2026-11-23 12:30:09");
            machine
        }
        "snapshot-dup" => {
            let taken = ["pyt/iocage/jails/test@snap1", "pyt/iocage/jails/test/root@snap1"];
            pool(machine(vec![plain("test")]), "snapshots", json!(taken))
        }
        "set-template" => machine(vec![plain("tmpl1")]),
        "set-template-off" => machine(vec![jail("tmpl2", json!({"type": "template"}))]),
        "get-s-after-failed-stop" | "stop-f-after-failed" => {
            let running =
                [("bootj", 1), ("test", 2), ("thick", 3), ("props1", 4), ("shared", 5), ("lower", 9)];
            up(many(), &running)
        }
        "stop-exec_stop-fails" => set(up(many(), &[("lower", 9)]), "lower", "exec_stop", "/bin/false"),
        "list-after-myALL" => set(
            up(
                many(),
                &[
                    ("65c0039f", 34),
                    ("7d4a1261-2ff2-456c-9914-c32d59320150", 35),
                    ("base1", 37),
                    ("base2", 38),
                    ("bootj", 39),
                    ("dhcpi", 40),
                    ("dhcpj", 41),
                    ("lower", 43),
                    ("multi_1", 44),
                    ("multi_2", 45),
                    ("multi_3", 46),
                    ("myALLjail", 47),
                    ("odd-name.with_dots-9", 48),
                    ("props1", 49),
                    ("shared", 50),
                    ("te_st", 51),
                    ("test", 52),
                    ("thick", 53),
                    ("thickconf", 54),
                ],
            ),
            "thick",
            "boot",
            "1",
        ),
        "list-lh-after-startALL" | "stop-ALL" => set(
            up(
                many(),
                &[
                    ("bootj", 1),
                    ("test", 13),
                    ("thick", 3),
                    ("", 0),
                    ("", 0),
                    ("65c0039f", 16),
                    ("7d4a1261-2ff2-456c-9914-c32d59320150", 17),
                    ("base1", 19),
                    ("base2", 20),
                    ("dhcpi", 21),
                    ("dhcpj", 22),
                    ("lower", 24),
                    ("multi_1", 25),
                    ("multi_2", 26),
                    ("multi_3", 27),
                    ("myALLjail", 28),
                    ("odd-name.with_dots-9", 29),
                    ("props1", 30),
                    ("shared", 31),
                    ("te_st", 32),
                    ("thickconf", 33),
                ],
            ),
            "thick",
            "boot",
            "1",
        ),
        "start-ALL" => {
            let mut machine = up(many(), &[("bootj", 1), ("test", 13), ("thick", 3), ("", 0), ("", 0)]);
            machine["next_jid"] = json!(16);
            machine
        }
        "start-name-containing-ALL" => {
            let mut machine = machine(many());
            machine["host"]["rulesets"] = json!([1003, 1004]);
            machine["next_jid"] = json!(34);
            machine
        }
        "list-lh-after-clean-fa" => pool(empty(), "datasets", json!(false)),
        "list-lh-after-clean-fr" => lacking(machine(hollow(to_clean())), &["download", "releases"]),
        "list-rh-after-clean-fr" => empty(),
        "list-tlh-after-clean-fr" => machine(hollow(to_clean())),
        "list-lh-after-clean-ft" => {
            let jails = to_clean().into_iter().filter(|jail| jail["name"] == "a1" || jail["name"] == "c1");
            lacking(machine(hollow(jails.collect())), &["templates"])
        }
        "list-t-after-clean-j" => {
            let jails = to_clean().into_iter().filter(|jail| jail["name"] == "t1");
            lacking(machine(hollow(jails.collect())), &["jails"])
        }
        "list-lh-after-destroy-dependents" => {
            let names = ["fromtmpl", "thick", "tmpl1", "tmpl2"];
            let jails = late().into_iter().filter(|jail| names.iter().any(|name| jail["name"] == *name));
            up(jails.collect(), &[("thick", 72)])
        }
        "list-lh-after-stopALL" => set(machine(many()), "thick", "boot", "1"),
        "list-lh-clones" => {
            let mut jails = with_clones();
            jails.push(clone_of_test("newtest", json!({})));
            set(machine(jails), "thick", "boot", "1")
        }
        "list-lh-dots-up" => set(
            up(
                many(),
                &[
                    ("bootj", 1),
                    ("test", 2),
                    ("thick", 3),
                    ("props1", 5),
                    ("base1", 8),
                    ("odd-name.with_dots-9", 10),
                ],
            ),
            "thick",
            "boot",
            "1",
        ),
        "list-h-shared" => set(
            up(
                many(),
                &[
                    ("bootj", 1),
                    ("test", 2),
                    ("thick", 3),
                    ("props1", 5),
                    ("base1", 8),
                    ("odd-name.with_dots-9", 10),
                    ("shared", 11),
                ],
            ),
            "thick",
            "boot",
            "1",
        ),
        "list-lh-dhcp-up" => set(
            up(many(), &[("bootj", 1), ("test", 2), ("thick", 3), ("props1", 5), ("dhcpj", 6)]),
            "thick",
            "boot",
            "1",
        ),
        "list-h-dhcp-noaddr" => {
            let running = [("bootj", 1), ("test", 2), ("thick", 3), ("props1", 5), ("dhcpj", 6)];
            let mut machine = up(many(), &running);
            machine["host"]["dhcp"] = json!(false);
            machine
        }
        "list-h-vnet-up" => up(many(), &more),
        "list-lh-running" => set(up(many(), &[("bootj", 1), ("test", 2)]), "thick", "boot", "1"),
        "no-zpools-at-all-list" | "no-zpools-at-all-version" => json!({"version": "1.13"}),
        "get-s-renamed2" => machine(vec![plain("renamed2")]),
        "get-all-up" | "get-devfs_ruleset-up" | "get-jid-prop" | "get-state-prop" => {
            set(up(many(), &[("bootj", 1)]), "bootj", "last_started", "2026-11-23 12:13:11")
        }
        "get-rh-all" => set(up(many(), &[("bootj", 1)]), "bootj", "last_started", "2026-11-23 12:13:11"),
        "start-basejail" => up(many(), &[("bootj", 1), ("test", 2), ("thick", 3), ("props1", 5)]),
        "start-dhcp" => {
            let mut machine = up(many(), &more);
            machine["next_jid"] = json!(6);
            machine
        }
        "start-odd-name" => {
            up(many(), &[("bootj", 1), ("test", 2), ("thick", 3), ("props1", 5), ("base1", 8)])
        }
        "start-exec_start-fails" => set(up(many(), &more), "lower", "exec_start", "/bin/false"),
        "start-prestart-fails" => set(up(many(), &more), "lower", "exec_prestart", "/bin/false"),
        "start-two-i" | "start-two-up-down" => up(many(), &running),
        "start-vnet" => up(many(), &running),
        "rename-badname" => machine(vec![plain("renamed2")]),
        "rename-existing" => machine(vec![plain("renamed"), plain("test")]),
        "rename-running" => up(vec![plain("renamed")], &[("renamed", 1)]),
        "restart-dhcp-fail" => {
            let running = [("bootj", 1), ("test", 2), ("thick", 3), ("props1", 5), ("dhcpj", 6)];
            let mut machine = up(many(), &running);
            machine["host"]["dhcp"] = json!(false);
            machine
        }
        "restart-with-rctl" => set(up(many(), &[("test", 1)]), "test", "memoryuse", "deny=1g"),
        "restart-down" | "start-down" => up(many(), &[("bootj", 1)]),
        "start-rc" | "stop-rc" => set(machine(many()), "thick", "boot", "1"),
        "stop-base" => up(many(), &[("bootj", 1), ("test", 2), ("thick", 3), ("props1", 5), ("base1", 8)]),
        "stop-running" => up(many(), &[("bootj", 1), ("test", 2)]),
        "stop-up" => up(many(), &[("bootj", 1), ("test", 2), ("thick", 3), ("lower", 5)]),
        "twopools-both-active-get-p" => two_pools(true, true),
        "twopools-both-no-get-p" => two_pools(false, false),
        "twopools-activate-other" => two_pools(true, false),
        "twopools-activate-back" | "twopools-list-lh" => two_pools(false, true),
        "twopools-get-p" => {
            let mut machine = two_pools(false, true);
            machine["pools"][1]["datasets"] = json!(false);
            machine
        }
        "plugin-list-lh" => {
            let plugin = |name: &str, properties: Value| {
                jail(name, json!({"type": "pluginv2", "properties": properties}))
            };
            let mut jails = late();
            jails.push(plugin("plug_1", json!({"ip4_addr": "vtnet0|192.0.2.90/24"})));
            jails.push(plugin("plug2", json!({"dhcp": "1", "vnet": "1", "bpf": "1"})));
            machine(jails)
        }
        _ if id.starts_with("nomountpoint-") => {
            let mut jails = late();
            jails.push(with("nomp", json!({"mountpoint": "none"})));
            machine(jails)
        }
        "color-env-start" | "nonroot-start" => up(twelve(), &[("web", 74), ("test", 75)]),
        "uuidjail-up-list" | "uuidjail-up-list-h" | "uuidjail-up-list-lh" => {
            up(twelve(), &[("web", 74), ("test", 75), ("bcdefc6b-107d-4c06-9b36-3b20a18a906b", 76)])
        }
        "missingdefaults-list-lh" => lacking(machine(late()), &["defaults.json"]),
        "oddname-start" => machine(odd_names()),
        "oddname-stop" => up(odd_names(), &[("sp ace:col", 90)]),
        _ if before.starts_with("fresh pool") => fresh(),
        _ if before.contains("0 jails, 0 templates, 0 releases") => empty(),
        _ if before == "2 releases, 0 jails" => machine(Vec::new()),
        _ if before == "releases 14.3 and 13.5 fetched" => machine(Vec::new()),
        _ if before == "one stopped jail test" => machine(vec![plain("test")]),
        _ if before.starts_with("3 jails web") => machine(three()),
        _ if before.starts_with("3 jails; web") => up(three(), &[("web", 74), ("test", 75)]),
        _ if before.starts_with("12 jails") || id.ends_with("-flag-list") || id.starts_with("color-") => {
            up(twelve(), &[("web", 74), ("test", 75)])
        }
        _ if id.starts_with("nonroot-") => up(twelve(), &[("web", 74), ("test", 75)]),
        _ if id.starts_with("corrupt-") => {
            damaged(&["corr1", "corr2", "corr3", "corr4"], ("corr1", json!(true)))
        }
        _ if id.starts_with("missingconf-") => {
            damaged(&["corr2", "corr3", "corr4"], ("corr2", json!("missing")))
        }
        _ if id.starts_with("emptyconf-") => damaged(&["corr3", "corr4"], ("corr3", json!("empty"))),
        _ if id.starts_with("unmounted-") => {
            let mut jails = late();
            jails.push(plain("corr4"));
            machine(jails)
        }
        _ if id.starts_with("corruptdefaults-") => {
            pool(machine(late()), "defaults", json!({"corrupt": true}))
        }
        _ if id.starts_with("oddname-") => machine(odd_names()),
        _ if id.starts_with("many-") => set(up(many(), &[("bootj", 1)]), "bootj", "boot", "1"),
        _ if before.contains("test running") || before == "running" => {
            up(many(), &[("bootj", 1), ("test", 2), ("thick", 3)])
        }
        _ => machine(many()),
    }
}
