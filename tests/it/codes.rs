//! Each code of an error, produced: one machine and one request that has it. A code
//! that is added without a row here fails, and so does one that the table of `actions.md`
//! forgets; the reference is made of the same table.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use sysadm_class::{Access, Status, codes};
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Generation, KEYS};
use sysadm_iocage::error::Code;

use crate::cases::tables::{A, DATASETS, RUNNING, df, templates};
use crate::support::stand::{Said, TAKEN_AWAY, answers, ask, said};
use crate::support::{DOORS, Folder, Host, Machine, root, without_tools, write_program};

/// A machine of the shell iocage with the jail `test`, which has this beside its name.
fn shell(more: Value) -> Machine {
    let mut jail = json!({"uuid": A, "tag": "test"});
    jail.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    with_jails(json!([jail]))
}

fn with_jails(jails: Value) -> Machine {
    let tank = json!({"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails});
    Machine::new(&json!({"pools": [tank, {"name": "zroot"}]}))
}

fn python(version: &str, jails: Value) -> Machine {
    let tank = json!({"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails});
    Machine::new(&json!({"version": version, "pools": [tank]}))
}

/// What is under the action's name.
fn on(machine: &Machine, args: Value) -> Value {
    Host::new(DOORS[0], &machine.config()).answer(&args)
}

fn configured(machine: &Machine, more: Value, args: Value) -> Value {
    Host::new(DOORS[0], &machine.config_with(&more)).answer(&args)
}

/// With a script in the place of iocage.
fn script(text: &str, more: Value, args: Value) -> Value {
    let folder = Folder::new();
    write_program(&folder.0.join("iocage"), &format!("#!/bin/sh\n{text}\n"));
    let config = json!({"direct": "off", "iocage": folder.0.join("iocage"), "lock_dir": folder.0.join("locks"), "grace_s": 1});
    let mut config = without_tools(config);
    config.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    Host::new(DOORS[1], &config.to_string()).answer(&args)
}

/// The whole of the args, with the status.
fn whole(access: Access, args: &str, status: Status) -> Value {
    let machine = shell(json!({}));
    let (told, text) = Host::new(DOORS[0], &machine.config()).send_as(access, "sysadm", "iocage", args);
    assert_eq!(told, status, "{text}");
    serde_json::from_str(&text).expect("JSON")
}

fn of(action: &str) -> Value {
    json!({"action": action, "jail": "test"})
}

fn create(props: &str) -> Value {
    json!({"action": "createjail", "props": props})
}

fn exec(command: &str, user: &str) -> Value {
    json!({"action": "execjail", "jail": "test", "user": user, "command": command})
}

/// One that is changed by somebody else meanwhile.
fn busy() -> Value {
    let machine = shell(json!({}));
    let config = machine.config_with(&json!({"lock_wait_s": 1}));
    let hold = machine.hold("start");
    let other = config.clone();
    #[expect(clippy::disallowed_methods, reason = "the host's own thread")]
    let starts = std::thread::spawn(move || Host::new(DOORS[0], &other).answer(&of("startjail")));
    machine.wait_for_command("start");
    let answer = Host::new(DOORS[1], &config).answer(&of("stopjail"));
    drop(hold);
    let started = starts.join().expect("no panic");
    assert!(started.get("error").is_none(), "{started}");
    answer
}

/// Everybody loses interest at once.
fn cancelled() -> Value {
    let machine = shell(json!({}));
    let instance = Instance::configured(machine.config().as_bytes()).expect("valid");
    let caller = Caller { cancelled: &|| true, ..Caller::ANYBODY };
    let (_, args) = instance.dispatch(&caller, br#"{"action":"listjails"}"#);
    serde_json::from_slice::<Value>(&args).expect("JSON")["listjails"].take()
}

/// An iocage that replaces itself when it is asked.
fn replaced() -> Value {
    let text =
        "case $1 in --version) echo 'iocage DEVELOP (2016-02-10)';;\n*) cp $0 $0.new; mv $0.new $0;; esac";
    script(text, json!({}), json!({"action": "df"}))
}

fn unsafe_program() -> Value {
    let folder = Folder::new();
    let path = folder.0.join("iocage");
    write_program(&path, "#!/bin/sh\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("ours");
    let host = Host::new(DOORS[0], &without_tools(json!({"iocage": path})).to_string());
    host.answer(&json!({"action": "listjails"}))
}

fn in_unsafe_folder() -> Value {
    let machine = shell(json!({}));
    fs::create_dir(machine.locks()).expect("made");
    fs::set_permissions(machine.locks(), fs::Permissions::from_mode(0o777)).expect("ours");
    on(&machine, of("startjail"))
}

/// With the outputs of commands said before.
fn told(commands: [(&str, Said); 5], args: Value) -> Value {
    let mut answered = ask(Generation::Shell, answers(commands), &args);
    answered.args[args["action"].as_str().expect("an action")].take()
}

fn of_one_jail(command: (&str, Said), args: Value) -> Value {
    let looks =
        [("df", df(&[(A, "test")])), ("list -t", templates(&[])), (DATASETS, said("")), (RUNNING, said(""))];
    let [a, b, c, d] = looks;
    told([command, a, b, c, d], args)
}

/// An error with this code. No arm for a code: no request is known that has it.
fn produced(code: Code) -> Value {
    let stopped = || shell(json!({}));
    let running = || shell(json!({"jid": 1}));
    let list = || json!({"action": "listjails"});
    match code {
        Code::BadRequest => whole(Access::Full, "[]", Status::BadRequest),
        Code::AccessDenied => whole(Access::Limited, r#"{"action":"cleanall"}"#, Status::Forbidden),
        Code::Denied => configured(&stopped(), json!({"deny_props": ["host"]}), create("exec_prestart=x")),
        Code::MissingKey => on(&stopped(), json!({"action": "startjail"})),
        Code::WrongType => on(&stopped(), json!({"action": "startjail", "jail": 5})),
        Code::ContradictoryKeys => on(
            &stopped(),
            json!({"action": "getjailsettings", "jail": "test", "prop": "tag", "switches": "-r"}),
        ),
        Code::TooLong => on(&stopped(), json!({"action": "startjail", "jail": "x".repeat(241)})),
        Code::IllegalName => on(&stopped(), json!({"action": "startjail", "jail": "ALL"})),
        Code::IllegalValue => on(&stopped(), create("notes=`x`")),
        Code::IllegalSwitch => on(&stopped(), json!({"action": "createjail", "switches": "-f"})),
        Code::UnknownJail => on(&stopped(), json!({"action": "startjail", "jail": "nosuch"})),
        Code::AmbiguousJail => on(&with_jails(json!([{"tag": "test"}, {"tag": "test"}])), of("startjail")),
        Code::TagInUse => on(&stopped(), create("tag=test release=10.2-RELEASE")),
        Code::Busy => busy(),
        Code::JailRunning => on(&running(), of("destroyjail")),
        Code::JailNotRunning => on(&stopped(), of("capjail")),
        Code::HasDependents => {
            let origin = format!("tank/iocage/jails/{A}@x");
            let clone = json!({"tag": "child", "type": "clonejail", "properties": {"origin": origin}});
            on(&with_jails(json!([{"uuid": A, "tag": "test"}, clone])), of("destroyjail"))
        }
        Code::CorruptJail => on(&python("1.13", json!([{"name": "test", "corrupt": true}])), of("startjail")),
        Code::UnknownPool => on(&stopped(), json!({"action": "activatepool", "pool": "nosuch"})),
        Code::NoPool => on(&Machine::new(&json!({"pools": []})), list()),
        Code::PoolActive => on(&stopped(), json!({"action": "activatepool", "pool": "zroot"})),
        Code::UnknownRelease => on(&stopped(), create("tag=x release=9.9-RELEASE")),
        Code::UnknownTemplate => on(&stopped(), create("tag=x template=nosuch")),
        Code::UnknownSnapshot => {
            on(&stopped(), json!({"action": "removesnapshot", "jail": "test", "snapshot": "x"}))
        }
        Code::UnknownMount => {
            let machine = python("1.13", json!([{"name": "test"}]));
            let folder = Path::new(&machine.folder_text()).join("tank/iocage/jails/test");
            fs::create_dir_all(&folder).expect("ours");
            fs::write(folder.join("fstab"), "").expect("ours");
            on(&machine, json!({"action": "removemount", "jail": "test", "source": "/a", "target": "/b"}))
        }
        Code::NewerSnapshots => {
            let all =
                ["", "/root"].map(|of| ["a", "b"].map(|name| format!("tank/iocage/jails/{A}{of}@{name}")));
            let machine = json!({"name": "tank", "active": true, "jails": [{"uuid": A, "tag": "test"}],
                "snapshots": all.concat()});
            let machine = Machine::new(&json!({"pools": [machine]}));
            on(&machine, json!({"action": "rollbackjail", "jail": "test", "snapshot": "a"}))
        }
        Code::SnapshotExists => on(
            &with_jails(json!([{"uuid": A, "tag": "test"}, {"tag": "child", "type": "clonejail",
                "properties": {"origin": format!("tank/iocage/jails/{A}@x")}}])),
            json!({"action": "snapshotjail", "jail": "test", "snapshot": "x"}),
        ),
        Code::ImageExists => {
            let machine = python("1.13", json!([{"name": "test"}]));
            configured(&machine, json!({"images": true}), of("exportjail"));
            configured(&machine, json!({"images": true}), of("exportjail"))
        }
        Code::UnknownImage => {
            let image = json!({"action": "importjail", "image": "x_2026-11-27.zip"});
            configured(&python("1.13", json!([])), json!({"images": true}), image)
        }
        Code::UnknownProperty => on(&stopped(), create("tag=x bogus=1")),
        Code::UnknownUser => on(&running(), exec("echo hi", "nosuchuser")),
        Code::CommandNotFound => on(&running(), exec("nosuchcmd", "root")),
        Code::CommandFailed => on(&running(), exec("sh -c 'exit 3'", "root")),
        Code::NotDone => of_one_jail((&format!("destroy {A}"), said("")), of("destroyjail")),
        Code::IocageFailed => on(&shell(json!({"rc_exit": 1})), of("startjail")),
        Code::UnexpectedOutput => of_one_jail((&format!("get all {A}"), said("")), of("getjailsettings")),
        Code::UnknownIocage => script("echo 'ezjail v3.4'", json!({}), list()),
        Code::IocageChanged => replaced(),
        Code::CannotLock => in_unsafe_folder(),
        Code::UnsafeProgram => unsafe_program(),
        Code::CannotStart => configured(&stopped(), json!({"iocage": "/nonexistent/iocage"}), list()),
        Code::TimedOut => script(
            "sleep 60",
            json!({"dialect": "shell", "timeouts_s": {"read": 1}}),
            json!({"action": "df"}),
        ),
        Code::Cancelled => cancelled(),
        Code::Killed => script("kill -9 $$", json!({"dialect": "shell"}), json!({"action": "df"})),
        Code::OutcomeUnknown => {
            let taken = Said { exit: TAKEN_AWAY, ..Said::default() };
            of_one_jail((&format!("exec -U root {A} true"), taken), exec("true", "root"))
        }
        Code::NotDirect => {
            configured(&stopped(), json!({"direct": "only", "zpool": "/nonexistent/zpool"}), list())
        }
        Code::Unsupported => {
            on(&python("1.10", json!([{"name": "test"}, {"name": "test-2"}])), of("destroyjail"))
        }
    }
}

#[test]
fn each_code_is_produced() {
    // SAFETY: asks for a number.
    let is_root = unsafe { libc::geteuid() } == 0;
    for (code, word, _) in Code::ALL {
        if *code == Code::UnsafeProgram && !is_root {
            crate::support::skipped!("{word} is answered to root alone");
            continue;
        }
        let answer = produced(*code);
        assert_eq!(answer["code"].as_str(), Some(*word), "{answer}");
        assert!(answer["error"].as_str().is_some_and(|text| text.len() > 10), "{answer}");
    }
}

/// The defaults of the page are those that hold, as JSON or as the text that it is.
#[test]
fn the_page_on_configuration_knows_each_key_and_no_other() {
    let page = fs::read_to_string(root().join("include/doc/configuration.md")).expect("the page");
    let (_, table) = page.split_once("| key | default | meaning |").expect("its table of keys");
    let mut told = Vec::new();
    for row in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let names: Vec<_> = cells[1].split(", ").map(|name| name.trim_matches('`')).collect();
        for (at, name) in names.iter().enumerate() {
            let defaults: Vec<_> = cells[2].split(", ").map(|text| text.trim_matches('`')).collect();
            let default = *defaults.get(at).unwrap_or(&defaults[0]);
            let (_, known, _) = KEYS.iter().find(|(key, ..)| key == name).expect(name);
            assert_eq!(default, known.trim_matches('"'), "{name}");
        }
        told.extend(names);
    }
    told.sort_unstable();
    assert_eq!(told, KEYS.map(|(key, ..)| key));
}

#[test]
fn the_page_on_actions_knows_each_code_and_no_other() {
    let readme = fs::read_to_string(root().join("include/doc/actions.md")).expect("the page");
    let (_, table) = readme.split_once("| code | meaning |").expect("its table of codes");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let first = rows.filter_map(|row| row.split('|').nth(1)).collect::<String>();
    let mut told: Vec<_> = first.split('`').skip(1).step_by(2).collect();
    told.sort_unstable();
    let mut known: Vec<_> = Code::ALL.iter().map(|(_, word, _)| *word).collect();
    known.sort_unstable();
    assert_eq!(told, known);
    // What the contract answers is no other thing by the same word.
    for (word, ..) in codes::ALL {
        assert!(word == "cancelled" || !known.contains(&word), "{word}");
    }
}
