//! Awkward exchanges: what iocage really printed or how it ended, and what a
//! careful class makes of it. The cases of wrong shapes, types and names, where
//! nothing runs, are in `refusals`; here are those in which iocage has a say:
//! values (`values`), failures, ends and the words of commands (`failures`).

mod failures;
mod row;
mod values;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};
use sysadm_class::Status;
use sysadm_class::host::Door;

use crate::refusals::table::DOCUMENTED;
use crate::support::{DOORS, Folder, Host, without_tools, write_program};
use row::{Is, Row};

/// Without jails.
const DF: &str = "UUID                                  CRT    RES    QTA    USE    AVA    TAG\n";
const LIST: &str = "JID   UUID                                  BOOT  STATE  TAG    TYPE      IP4\n";

/// The jails `test` and `error`, both running.
const DF_ROWS: &str = "\
611c89ae-c43c-11e5-9602-54ee75595566  1.15x  none   none   88.1M  83.4G  test
89e78032-cfba-11e5-8209-d05099728dbf  1.15x  none   none   88.1M  83.4G  error
";
const LIST_ROWS: &str = "\
1     611c89ae-c43c-11e5-9602-54ee75595566  off   up     test   basejail  -
2     89e78032-cfba-11e5-8209-d05099728dbf  off   up     error  basejail  -
";

/// Notes its argv, and prints what is in the files beside it.
const SCRIPT: &str = r#"#!/bin/sh
here=${0%/*}
line=
for word; do line="$line[$word]"; done
printf '%s\n' "$line" >> "$here/calls"
if [ "$line" = "$(cat "$here/own")" ]; then
    cat "$here/out"
    cat "$here/err" >&2
    [ ! -f "$here/after" ] || mv "$here/after" "$here/df"
    END
fi
case "$line" in
"[df]") exec cat "$here/df" ;;
"[list]") exec cat "$here/list" ;;
"[list][-t]") exec head -n 1 "$here/list" ;;
"[activate]") exec echo "pool: tank" ;;
esac
echo "not expected: $line" >&2
exit 99
"#;

const ACTIVATED: &str =
    "no pool was active; iocage made it \"tank\" by itself, and the datasets on it that it needs";

/// Does the jail run? Both do, unless they were stopped or there are none. In the list
/// of all is none.
const JLS: &str = r#"#!/bin/sh
here=${0%/*}
case "$(tail -n 1 "$here/calls")" in "[stop]"* | "[activate]") exit 0 ;; esac
[ "$1" = -j ] || exit 0
grep -q '  test$' "$here/df" || exit 0
echo "jid=1 name=$2 path=/iocage/jails/${2#ioc-}/root"
"#;
const ZFS: &str = "#!/bin/sh\nprintf 'tank\\t-\\n'\n";

/// The iocage of a row.
fn iocage(row: &Row, own: &str) -> Folder {
    let folder = Folder::new();
    let listed = if row.is_down { LIST_ROWS.replace(" up ", "down") } else { LIST_ROWS.to_owned() };
    let jails = if row.after.is_some() { ["", ""] } else { [DF_ROWS, &listed] };
    for (name, text) in [
        ("own", own.as_bytes()),
        ("out", &row.stdout),
        ("err", row.stderr.as_bytes()),
        ("df", [DF, jails[0]].concat().as_bytes()),
        ("list", [LIST, jails[1]].concat().as_bytes()),
    ] {
        fs::write(folder.0.join(name), text).expect("written");
    }
    if let Some(rows) = row.after {
        fs::write(folder.0.join("after"), [DF, rows].concat()).expect("written");
    }
    let down = "case \"$(tail -n 1 \"$here/calls\")\" in \"[start]\"*) ;; *) exit 0 ;; esac\n";
    let jls = if row.is_down { JLS.replace("grep -q", &format!("{down}grep -q")) } else { JLS.to_owned() };
    write_program(&folder.0.join("jls"), &jls);
    write_program(&folder.0.join("zfs"), ZFS);
    write_program(&folder.0.join("iocage"), &SCRIPT.replace("END", row.end));
    if row.end == "never starts" {
        fs::rename(folder.0.join("own"), folder.0.join("iocage")).expect("renamed");
    }
    folder
}

/// What the class answers, and every argv.
fn ask(row: &Row, args: &str, door: Door) -> (Status, Value, Vec<String>) {
    let folder = iocage(row, &row.own().unwrap_or_else(|| "none".to_owned()));
    let [iocage, jls, locks, zfs] = ["iocage", "jls", "locks", "zfs"].map(|name| folder.0.join(name));
    let config = json!({"dialect": "shell", "direct": "off", "iocage": iocage, "jls": jls, "lock_dir": locks,
        "timeouts_s": {"read": 3}, "zfs": zfs});
    let host = Host::new(door, &without_tools(config).to_string());
    let started = Instant::now();
    let (status, text) = host.send(args);
    let took = started.elapsed();
    assert!(took >= row.takes.0 && took <= row.takes.1, "{}: answered after {took:?}", row.name);
    let calls = fs::read_to_string(folder.0.join("calls")).unwrap_or_default();
    (status, serde_json::from_str(&text).expect("JSON"), calls.lines().map(str::to_owned).collect())
}

fn check(row: &Row, door: Door) {
    let (status, answer, calls) = ask(row, &row.args, door);
    let context = format!("{}: {:.200} is answered with {answer}", row.name, row.args);
    assert_eq!(calls, row.calls(), "{context}");
    let expected = if matches!(row.is, Is::BadRequest) { Status::BadRequest } else { Status::Ok };
    assert_eq!(status, expected, "{context}");
    // That a pool was activated is told beside whatever came of it.
    let is_told = String::from_utf8_lossy(&row.stdout).contains("Setting up zpool [tank]");
    match &row.is {
        Is::BadRequest => assert_eq!(answer["code"], "bad-request", "{context}"),
        Is::Answer(text) => {
            let mut expected: Value = serde_json::from_str(text).expect("JSON");
            if is_told {
                expected["warnings"] = json!([ACTIVATED]);
            }
            assert_eq!(answer, expected, "{context}");
        }
        Is::Error(code, key, part) => {
            let args: Value = serde_json::from_str(&row.args).expect("JSON");
            let body = &answer[args["action"].as_str().expect("an action")];
            let keys = 1 + usize::from(is_told);
            assert_eq!(answer.as_object().map(serde_json::Map::len), Some(keys), "{context}");
            assert_eq!(
                (body["code"].as_str(), body["key"].as_str().unwrap_or_default()),
                (Some(*code), *key),
                "{context}"
            );
            assert!(body["error"].as_str().is_some_and(|error| error.contains(part)), "{context}");
            assert!(body.get("success").is_none(), "{context}");
        }
    }
}

/// Where iocage has run and ended by itself, `detail` has what it printed as it
/// was: what the documented form loses, such as order and repeats.
fn check_detail(row: &Row) -> bool {
    if row.own().is_none() || !row.end.starts_with("exit ") {
        return false;
    }
    let args = row.args.replacen('{', r#"{"detail": true, "#, 1);
    let (_, answer, _) = ask(row, &args, DOORS[0]);
    let exit: i32 = row.end["exit ".len()..].parse().expect("a status");
    let mut expected = json!({"exit": exit, "stderr": row.stderr, "stdout": String::from_utf8_lossy(&row.stdout), "truncated": false});
    for key in ["duration_ms", "spent_ms"] {
        expected[key] = answer["detail"][key].clone();
    }
    // The bytes themselves are there where the text is not the whole truth.
    if str::from_utf8(&row.stdout).is_err() && row.args.contains("execjail") {
        assert!(answer["detail"]["stdout_base64"].is_string(), "{}: {answer}", row.name);
        expected["stdout_base64"] = answer["detail"]["stdout_base64"].clone();
    }
    assert_eq!(answer["detail"], expected, "{}", row.name);
    true
}

fn rows() -> Vec<Row> {
    values::rows().into_iter().chain(failures::rows()).collect()
}

#[test]
fn every_row_is_answered_as_it_says() {
    let rows: Vec<_> = rows().into_iter().chain(values::more()).chain(failures::more()).collect();
    for row in &rows {
        for door in DOORS {
            check(row, door);
        }
    }
    let detailed = rows.iter().filter(|row| check_detail(row)).count();
    println!("{} rows, each through both doors, and {detailed} in detail", rows.len());
}

/// Every case that was written down has a row of ours, with the same args; those
/// whose args are cut there, one that begins so.
#[test]
fn no_case_is_forgotten() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases/awkward.json");
    let Ok(text) = fs::read_to_string(&path) else {
        crate::support::skipped!("the cases are not at {}", path.display());
        return;
    };
    let mut ours: BTreeMap<String, usize> = BTreeMap::new();
    let rows = rows();
    let args = rows.iter().map(|row| row.args.as_str()).chain(DOCUMENTED.iter().map(|(_, args, _)| *args));
    args.for_each(|args| *ours.entry(args.to_owned()).or_default() += 1);
    let cases: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    for case in &cases {
        let args = case["args_text"].as_str().expect("text");
        let found = match args.strip_suffix("...") {
            Some(start) => ours.iter_mut().find(|(args, _)| args.starts_with(start)).map(|(_, left)| left),
            None => ours.get_mut(args),
        };
        match found {
            Some(left) if *left > 0 => *left -= 1,
            _ => panic!("{} has no row: {args}", case["id"]),
        }
    }
    ours.retain(|_, left| *left > 0);
    assert!(ours.is_empty(), "rows of no case: {ours:?}");
    assert_eq!(cases.len(), 100);
    println!("{} cases, {} of them here", cases.len(), rows.len());
}
