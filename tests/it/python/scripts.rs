//! What takes time, or another version, by a script in iocage's place.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{DOORS, Folder, Host, without_tools, write_program};

fn ask(script: &str, more: &Value, request: &Value) -> Value {
    let folder = Folder::new();
    let path = folder.0.join("iocage");
    write_program(&path, &format!("#!/bin/sh\ncase \"$*\" in\n{script}\n*) exit 2 ;;\nesac\n"));
    let mut config = without_tools(json!({"iocage": path, "lock_dir": folder.0.join("locks")}));
    config.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    Host::new(DOORS[0], &config.to_string()).ask(request)
}

/// One broken jail, and each of the others takes its time: an answer in about the time
/// that a lookup has, with what was found, and the rest named.
#[test]
fn asking_jail_by_jail_is_held_to_the_time_limit() {
    let rows =
        "i=0; while [ $i -lt 30 ]; do printf 'j%s\\t1.00x\\tnone\\tnone\\t9K\\t5G\\n' $i; i=$((i+1)); done";
    let broken = "j7 has a corrupt configuration, please fix this jail or destroy and recreate it.";
    let thrown = "printf 'Traceback (most recent call last):\\n  File \"x\"\\nKeyError: 1\\n' >&2; exit 1";
    let script = format!(
        "--version) printf 'Version\\t1.13\\n' ;;\n\
         'get -rh boot') echo '{broken}' >&2; exit 1 ;;\n\
         'list -lh') {thrown} ;;\n\
         'df -lh') {rows} ;;\n\
         'get boot '*) sleep 1; echo 0 ;;\n\
         'get all '*) sleep 1; printf 'boot:0\\nhost_hostuuid:%s\\nip4_addr:none\\nstate:down\\ntype:jail\\n' \"$3\" ;;"
    );
    for (request, action) in [
        (json!({"action": "getjailsettings", "prop": "boot", "switches": "-r"}), "getjailsettings"),
        (json!({"action": "listjails"}), "listjails"),
    ] {
        let begun = Instant::now();
        let args = ask(&script, &json!({"timeouts_s": {"read": 4}}), &request);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        let found = args[action].as_object().expect("an object").len();
        assert!(found > 0 && found < 30 && args[action].get("error").is_none(), "{args}");
        let problems = args["problems"].as_array().cloned().unwrap_or_default();
        let told =
            problems.iter().filter(|line| line.as_str().is_some_and(|line| line.contains("not asked")));
        assert_eq!(told.count() + found, 30, "{args}");
    }
}

/// Of a version that nobody has seen, a table is believed by its header alone.
#[test]
fn a_newer_version_is_read_by_its_headers() {
    let list = "+-----+------+------+-------+-------+------+\n| JID | NAME | TYPE | STATE |  IP4  | BOOT |\n\
                +=====+======+======+=======+=======+======+\n| 7   | web  | jail | up    | e|1.2 | on   |\n\
                +-----+------+------+-------+-------+------+";
    let df = "+------+-------+-----+-----+-----+-----+-----+\n| NAME |  CRT  | RES | QTA | USE | AVA | NEW |\n\
              +======+=======+=====+=====+=====+=====+=====+\n| web  | 1.00x | -   | -   | 9K  | 5G  | x   |\n\
              +------+-------+-----+-----+-----+-----+-----+";
    let script = format!(
        "--version) printf 'Version\\t1.14\\n' ;;\n'list -l') cat <<'E'\n{list}\nE\n;;\n'df -l') cat <<'E'\n{df}\nE\n;;"
    );
    let args = ask(&script, &json!({}), &json!({"action": "listjails"}));
    let web = json!({"boot": "on", "ip4": "e|1.2", "jid": "7", "state": "up", "tag": "web", "type": "jail"});
    assert_eq!(args, json!({"listjails": {"web": web}}));
    let args = ask(&script, &json!({}), &json!({"action": "df"}));
    let web = json!({"ava": "5G", "crt": "1.00x", "qta": "-", "res": "-", "tag": "web", "use": "9K"});
    assert_eq!(args, json!({"df": {"web": web}}));
}
