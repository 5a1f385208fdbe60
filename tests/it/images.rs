//! Images of jails: what is told of one that is made, what is refused before, and what is left of one that was not.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use serde_json::{Value, json};
use sysadm_class::Access::Limited;
use sysadm_class::Status;

use crate::imports::with_dataset;
use crate::support::{DOORS, Host, Machine, fault, on_images, skipped, write_program};

/// A machine with the jails `web`, which does not run, `web2`, which does, and a template.
fn machine() -> Machine {
    let jails = json!([
        {"name": "web"}, {"name": "web2", "jid": 1}, {"name": "form", "type": "template"},
        {"name": "half", "hollow": true},
    ]);
    Machine::new(&json!({"version": "1.13", "pools": [
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails},
    ]}))
}

fn host(machine: &Machine) -> Host {
    Host::new(DOORS[0], &on(machine))
}

fn on(machine: &Machine) -> String {
    machine.config_with(&json!({"images": true}))
}

fn export(jail: &str) -> Value {
    json!({"action": "exportjail", "jail": jail})
}

fn folder(machine: &Machine) -> PathBuf {
    PathBuf::from(machine.folder_text()).join("tank/iocage/images")
}

/// What iocage was told to do, beside lookups.
fn exports(machine: &Machine) -> Vec<String> {
    machine.calls().into_iter().filter(|call| call.starts_with("[export]")).collect()
}

/// What an export of today is called. The day may end between this and that.
fn stem(answer: &Value) -> String {
    let image = answer["image"].as_str().unwrap_or_default();
    let stem = image.strip_suffix(".zip").unwrap_or_else(|| panic!("{answer}"));
    let date = stem.strip_prefix("web_").unwrap_or_else(|| panic!("{answer}"));
    assert!(date.len() == 10 && date.starts_with("20"), "{answer}");
    stem.to_owned()
}

#[test]
fn a_jail_is_packed_and_its_file_is_told() {
    for door in DOORS {
        let machine = machine();
        let host = Host::new(door, &on(&machine));
        let mut dry = export("web");
        dry["dryrun"] = true.into();
        let plan = host.answer(&dry);
        assert_eq!(exports(&machine), [""; 0], "{plan}");
        let all = host.ask(&export("web"));
        let answer = &all["exportjail"];
        let path = folder(&machine).join(format!("{}.zip", stem(answer)));
        assert_eq!(answer["path"], json!(path), "{answer}");
        assert_eq!(plan["makes"], json!([path]), "{plan}");
        let bytes = fs::metadata(&path).expect("it is there").len().to_string();
        let digest = fs::read_to_string(path.with_extension("sha256")).expect("it is there");
        assert_eq!((&answer["bytes"], &answer["sha256"]), (&json!(bytes), &json!(digest)), "{answer}");
        assert_eq!(answer["jail"], "web", "{all}");
        assert_eq!(exports(&machine), ["[export][web]"]);
        // A second one on that day would be written over the first.
        let again = host.answer(&export("web"));
        assert_eq!(fault(&again), ("image-exists", "jail"), "{again}");
        assert!(again["error"].as_str().is_some_and(|error| error.contains(&stem(answer))), "{again}");
        assert_eq!(exports(&machine), [""; 0]);
        fs::remove_file(&path).expect("there");
        assert_eq!(fault(&host.answer(&export("web"))).0, "image-exists", "the digest alone");
    }
}

#[test]
fn nothing_is_run_for_what_is_refused() {
    for door in DOORS {
        let machine = machine();
        let host = Host::new(door, &on(&machine));
        for (jail, expected) in [
            ("web2", ("jail-running", "jail")),
            ("form", ("unsupported", "jail")),
            ("half", ("corrupt-jail", "jail")),
            ("we", ("unknown-jail", "jail")),
            ("ALL", ("illegal-name", "jail")),
            ("../web", ("illegal-name", "jail")),
            ("-c", ("illegal-name", "jail")),
        ] {
            for dry in [false, true] {
                let mut request = export(jail);
                request["dryrun"] = dry.into();
                let answer = host.answer(&request);
                assert_eq!(fault(&answer), expected, "{jail}: {answer}");
            }
        }
        let (status, _) = host.send_as(Limited, "sysadm", "iocage", &export("web").to_string());
        assert_eq!(status, Status::Forbidden);
        // It is off until it is turned on.
        let off = Host::new(door, &machine.config());
        let answer = off.answer(&export("web"));
        assert_eq!(fault(&answer), ("denied", "action"), "{answer}");
        assert!(answer["error"].as_str().is_some_and(|error| error.contains("\"images\": true")), "{answer}");
        assert_eq!(exports(&machine), [""; 0]);
        assert!(fs::read_dir(folder(&machine)).expect("there").next().is_none());
    }
}

/// Of the paths of its files an import would make other datasets, and say that they have come.
#[test]
fn a_jail_that_would_not_come_back_is_not_packed() {
    for (dataset, lands) in [
        ("root/web/log", "web/log"),
        ("root/a_b", "web/root/a/b"),
        ("DATE", "jails/web of"),
        ("root/web", "jails/web of"),
        ("root/my data", "a blank"),
    ] {
        let machine = machine();
        let host = host(&machine);
        let mut dry = export("web");
        dry["dryrun"] = true.into();
        let path = host.answer(&dry)["makes"][0].as_str().expect("a file").to_owned();
        let date = path.rsplit_once('_').expect("a date").1.replace(".zip", "");
        with_dataset(&machine, &format!("tank/iocage/jails/web/{}", dataset.replace("DATE", &date)));
        for request in [&export("web"), &dry] {
            let answer = host.answer(request);
            assert_eq!(fault(&answer), ("unsupported", "jail"), "{dataset}: {answer}");
            assert!(answer["error"].as_str().is_some_and(|error| error.contains(lands)), "{answer}");
        }
        assert_eq!(exports(&machine), [""; 0]);
        // The day's date in the name is taken for the other one.
        let name = format!("web-{date}");
        let jails = json!([{"name": name}]);
        let machine = Machine::new(&json!({"version": "1.13", "pools": [
            {"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails},
        ]}));
        let answer = Host::new(DOORS[0], &on(&machine)).answer(&export(&name));
        assert_eq!(fault(&answer), ("unsupported", "jail"), "{answer}");
        assert_eq!(exports(&machine), [""; 0]);
    }
}

/// The shell iocage is not told to, whatever the configuration says.
#[test]
fn the_shell_iocage_packs_nothing() {
    let jail = json!({"uuid": "0a1b2c3d-0001-11e6-9602-54ee75595566", "tag": "idle"});
    let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true, "jails": [jail]}]}));
    for args in on_images() {
        let request: Value = serde_json::from_str(args).expect("JSON");
        for config in [on(&machine), machine.config()] {
            let answer = Host::new(DOORS[0], &config).answer(&request);
            let key = if args.contains("exportjail") { "jail" } else { "image" };
            assert_eq!(fault(&answer), ("unsupported", key), "{answer}");
            assert!(answer["error"].as_str().is_some_and(|error| error.contains("zfs send")), "{answer}");
            assert!(!machine.calls().iter().any(|call| call.contains("port]")));
        }
    }
}

/// An image is for everybody to read, as iocage writes it: nobody else may come to it.
#[test]
fn the_folder_is_closed_before_an_image_is_made() {
    for door in DOORS {
        let machine = machine();
        let (folder, host) = (folder(&machine), Host::new(door, &on(&machine)));
        let mode = || fs::metadata(&folder).expect("there").permissions().mode() & 0o7777;
        let warned = |answer: &Value, said: &str| {
            let all = answer["warnings"].to_string();
            assert!(all.contains(said) && all.contains("(mode 0755)"), "{said}: {answer}");
        };
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("ours");
        let mut dry = export("web");
        dry["dryrun"] = true.into();
        warned(&host.ask(&dry), "it would be closed to them (mode 0700)");
        assert_eq!(mode(), 0o755);
        let answer = host.ask(&export("web"));
        warned(&answer, "it has been closed to them (mode 0700)");
        assert_eq!(mode(), 0o700);
        // It is told where it was changed, and not again.
        for file in fs::read_dir(&folder).expect("there") {
            fs::remove_file(file.expect("an entry").path()).expect("ours");
        }
        let answer = host.ask(&export("web"));
        assert_eq!((answer.get("warnings"), mode()), (None, 0o700), "{answer}");
    }
}

/// What is no folder of that name, but leads to one, is not closed.
#[test]
fn a_folder_that_is_a_link_is_not_closed() {
    let machine = machine();
    let (folder, host) = (folder(&machine), host(&machine));
    let elsewhere = folder.with_file_name("elsewhere");
    fs::rename(&folder, &elsewhere).expect("ours");
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o755)).expect("ours");
    symlink(&elsewhere, &folder).expect("made");
    let answer = host.answer(&export("web"));
    assert_eq!(fault(&answer).0, "unsafe-program", "{answer}");
    assert!(answer["error"].as_str().is_some_and(|error| error.contains("`chmod 700 ")), "{answer}");
    assert_eq!(fs::metadata(&elsewhere).expect("there").permissions().mode() & 0o7777, 0o755);
    assert_eq!(exports(&machine), [""; 0]);
}

/// An iocage that fails in the middle, as on a full disk: snapshot and loose files stay, and are told.
#[test]
fn what_an_export_leaves_is_told_and_stays() {
    let machine = machine();
    let folder = folder(&machine);
    let script = format!(
        "#!/bin/sh\nhere=${{0%/*}}\n[ \"$1\" = export ] || exec \"$here/sim/iocage\" \"$@\"\nday=$(date -u +%F)\n\
         \"$here/sim/iocage\" snapshot -n ioc-export-$day \"$2\"\n: > {0}/$2_$day\n: > {0}/$2_${{day}}_root\n\
         echo 'OSError: [Errno 28] No space left on device' >&2\nexit 1\n",
        folder.display()
    );
    write_program(&machine.iocage(), &script);
    let host = host(&machine);
    let answer = host.answer(&export("web"));
    assert_eq!(fault(&answer).0, "iocage-failed", "{answer}");
    let error = answer["error"].as_str().expect("a sentence");
    for part in ["No space left", "it has left in", "_root", "tank/iocage/jails/web@ioc-export-"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let left = fs::read_dir(&folder).expect("there").count();
    assert_eq!(left, 2, "nothing is removed");
    // The next one is refused for the files, and without them for the snapshot.
    assert_eq!(fault(&host.answer(&export("web"))).0, "image-exists");
    for file in fs::read_dir(&folder).expect("there") {
        fs::remove_file(file.expect("an entry").path()).expect("ours");
    }
    let answer = host.answer(&export("web"));
    assert_eq!(fault(&answer), ("snapshot-exists", "jail"), "{answer}");
}

/// One that says that it has made what is not there.
#[test]
fn what_is_not_there_is_not_made() {
    for (said, code) in [
        ("", "not-done"),
        ("echo Exported: FOLDER/web_2026-01-01.zip", "not-done"),
        ("echo Exported: FOLDER/web2_2026-01-01.zip", "unexpected-output"),
        ("echo Exported: FOLDER/web_2026-01-01.tar", "unexpected-output"),
        ("echo Exported: /etc/passwd", "unexpected-output"),
    ] {
        let machine = machine();
        let said = said.replace("FOLDER", &folder(&machine).to_string_lossy());
        let script =
            format!("#!/bin/sh\n[ \"$1\" = export ] || exec \"${{0%/*}}/sim/iocage\" \"$@\"\n{said}\n");
        write_program(&machine.iocage(), &script);
        let answer = host(&machine).answer(&export("web"));
        assert_eq!(fault(&answer).0, code, "{said}: {answer}");
        assert!(
            answer["error"].as_str().is_some_and(|error| error.contains("it has left nothing")),
            "{answer}"
        );
    }
}

/// Where others could put a link, root writes nothing.
#[test]
fn a_folder_of_others_is_not_written_to() {
    // SAFETY: asks for a number.
    if unsafe { libc::geteuid() } != 0 {
        skipped!("whose a folder is matters to root alone");
        return;
    }
    let machine = machine();
    // What may be run by others' leave is no leave for them to be written over with.
    let config = machine.config_with(&json!({"images": true, "allow_unsafe_program": true}));
    let (folder, host) = (folder(&machine), Host::new(DOORS[0], &config));
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("ours");
    let answer = host.answer(&export("web"));
    assert_eq!(fault(&answer).0, "unsafe-program", "{answer}");
    assert!(answer["error"].as_str().is_some_and(|error| error.contains("`chmod go-w`")), "{answer}");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("ours");
    // A link in the place of what is to be made is there, wherever it leads.
    let answer = host.answer(&export("web"));
    let path = folder.join(format!("{}.zip", stem(&answer)));
    for file in [path.clone(), path.with_extension("sha256")] {
        fs::remove_file(file).expect("there");
    }
    symlink("/nonexistent/elsewhere", path.with_extension("")).expect("made");
    assert_eq!(fault(&host.answer(&export("web"))).0, "image-exists");
    assert_eq!(exports(&machine), ["[export][web]"]);
}
