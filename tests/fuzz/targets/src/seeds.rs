//! Where fuzzing begins: requests, and what each generation prints in good and in
//! strange cases.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use sysadm_iocage::config::Generation;

use crate::tools::Tools;

const UUIDS: [&str; 3] = [
    "0a1b2c3d-0001-11e6-9602-54ee75595566",
    "0a1b2c3d-0002-11e6-9602-54ee75595566",
    "0a1b2c3d-0003-11e6-9602-54ee75595566",
];

/// One request of each kind; `test` is a jail of the healthy machine.
pub(crate) const REQUESTS: &[&str] = &[
    r#"{"action":"activatepool"}"#,
    r#"{"action":"activatepool","pool":"tank"}"#,
    r#"{"action":"capjail","jail":"test"}"#,
    r#"{"action":"cleanall"}"#,
    r#"{"action":"cleanjails"}"#,
    r#"{"action":"cleanreleases"}"#,
    r#"{"action":"cleantemplates"}"#,
    r#"{"action":"clonejail","jail":"web","props":"tag=copy notes=\"a b\""}"#,
    r#"{"action":"createjail","props":"tag=fresh release=14.3-RELEASE","fetch":true}"#,
    r#"{"action":"createjail","props":"tag=fresh release=14.3-RELEASE","switches":"-b"}"#,
    r#"{"action":"createjail","props":"tag=fresh count=2","switches":"-e","detail":true}"#,
    r#"{"action":"createjail","props":"tag=fresh template=base"}"#,
    r#"{"action":"deactivatepool","pool":"tank"}"#,
    r#"{"action":"destroyjail","jail":"web"}"#,
    r#"{"action":"df","detail":true}"#,
    r#"{"action":"execjail","jail":"test","user":"root","command":"sh -c 'echo \"hi\"'","detail":true}"#,
    r#"{"action":"getdefaultsettings"}"#,
    r#"{"action":"getjailsettings","jail":"test"}"#,
    r#"{"action":"getjailsettings","jail":"test","prop":"all"}"#,
    r#"{"action":"getjailsettings","jail":"test","prop":"notes"}"#,
    r#"{"action":"getjailsettings","prop":"notes","switches":"-r"}"#,
    r#"{"action":"listjails"}"#,
    r#"{"action":"startjail","jail":"test"}"#,
    r#"{"action":"startjail","jail":"web"}"#,
    r#"{"action":"stopjail","jail":"test"}"#,
    r#"{"action":"startjail","jail":"0A1B2C3D-0001-11E6-9602-54EE75595566"}"#,
];

/// What jls prints where no jail runs.
const NONE_RUNS: &str = "{\"__version\": \"2\", \"jail-information\": {\"jail\": []}}\n";

/// Records for the shell iocage: which commands, how they end, both streams.
const SHELL: &[[&str; 3]] = &[
    [
        "list 0",
        "JID  UUID                                  BOOT  STATE  TAG   TYPE       IP4\n1    0a1b2c3d-0001-11e6-9602-54ee75595566  on    up     test  basejail   10.0.0.9\n--- non iocage jails currently active ---\nJID  PATH\n4    /x\n",
        "",
    ],
    [
        "list 0",
        "JID   UUID   BOOT   STATE   TAG   IP\n-     0a1b2c3d-0002-11e6-9602-54ee75595566 off down j\u{e4} il none\n",
        "",
    ],
    [
        "list 0",
        "Setting up zpool [tank] for iocage usage...\nIf you wish to change zpool, use 'iocage activate'\nJID  UUID  BOOT  STATE  TAG  TYPE  IP4\n",
        "  INFO: creating tank/iocage\n",
    ],
    ["list 1", "", "  ERROR: ZFS is required for iocage to work and I can't find any pools available.\n"],
    [
        "df 0",
        "UUID                                  CRT     RES    QTA    USE    AVA   TAG\n0a1b2c3d-0001-11e6-9602-54ee75595566  1.00x   none   none   540K   5.87G test\n0a1b2c3d-0002-11e6-9602-54ee75595566  1.00x   none   none   540K   5.87G my own jail\n0a1b2c3d-0001-11e6-9602-54ee75595566  1.00x   none   none   540K   5.87G twin\n",
        "",
    ],
    ["df 0+", "UUID  CRT  RES  QTA  USE  AVA  TAG\n", ""],
    [
        "start 0",
        "* Starting 0a1b2c3d-0001-11e6-9602-54ee75595566 (test)\n  + Started (shared IP mode) OK\n  + Starting services        FAILED\n",
        "mount: no such file\n",
    ],
    ["start 1", "", "  INFO: 0a1b2c3d-0001-11e6-9602-54ee75595566 (test) is already up\n"],
    [
        "start 0",
        "* Starting 0a1b2c3d-0001-11e6-9602-54ee75595566 (test)\n  ! Start                FAILED\n",
        "",
    ],
    [
        "stop 0",
        "* Stopping 0a1b2c3d-0001-11e6-9602-54ee75595566 (test)\n  + Removing jail process    OK\n",
        "",
    ],
    ["stop u", "", "  INFO: 0a1b2c3d-0001-11e6-9602-54ee75595566 (test) is already down\n"],
    ["cap 0", "  + Applying resource limits OK\n", ""],
    [
        "cap 0",
        "  + Applying resource limits",
        "rctl: memoryuse: Invalid argument\n  FAILED to apply memoryuse\n",
    ],
    ["cap 0", "CONF_CUSTOM='tag\n  notes'\nPATH=/bin\n", "[: ==: unexpected operator\n"],
    ["clone 0", "  Successfully created: 0a1b2c3d-0009-11e6-9602-54ee75595566 (copy)\n", ""],
    ["create 0", "0a1b2c3d-0009-11e6-9602-54ee75595566\n", ""],
    [
        "create 0",
        "  Successfully created: 0a1b2c3d-0009-11e6-9602-54ee75595566 (fresh_1)\n  Successfully created: 0a1b2c3d-000a-11e6-9602-54ee75595566 (fresh_2)\n",
        "warning: slow\n",
    ],
    ["create 1", "", "  ERROR: 14.3-RELEASE not found locally!\n"],
    ["create s9", "", ""],
    [
        "destroy 0",
        "\nWARNING: this will destroy jail 0a1b2c3d-0002-11e6-9602-54ee75595566\nAre you sure ? y[N]:   Destroying: 0a1b2c3d-0002-11e6-9602-54ee75595566\n",
        "",
    ],
    ["destroy 1", "", "  ERROR: jail is running!\n"],
    ["exec 3", "out\n", "err\n"],
    ["exec 1", "", "jexec: execvp: nosuch: No such file or directory\n"],
    ["exec t", "half a li", ""],
    ["clean 0", "  INFO: cleaning jails at tank/iocage/jails:  \u{8}/\u{8}-\u{8}done!\n", ""],
    ["clean 0", "", "cannot destroy 'tank/iocage/jails/x': dataset is busy\n"],
    [
        "get all 0",
        "notes:a:b\nip4_addr:em0|10.0.0.1/24\nlast_started:2016-02-10_20:31:58\nnotes:twice\nA line of its own\n",
        "",
    ],
    [
        "get -r 0",
        "UUID                                  TAG      notes\n0a1b2c3d-0001-11e6-9602-54ee75595566  test     a  b   c\n-                                     default  none\n",
        "",
    ],
    ["get -r 1", "  ERROR: jail notes not found!\n", ""],
    ["get notes 0", "none\n", ""],
    ["get notes 1", "", "  ERROR: unsupported property: notes!\n"],
    ["activate 0", "pool: tank\n", ""],
    ["zpool list 0", "tank\tiocage\nvault\t-\n", ""],
    ["zpool list 0", "tank\t-\n", ""],
    ["zfs list 1", "", "cannot open 'tank': pool I/O is currently suspended\n"],
    ["jls 0", NONE_RUNS, ""],
    ["activate 1", "", "cannot open 'tank': no such pool\n"],
    ["deactivate 0", "", "cannot open 'tank': no such pool\n"],
    ["defaults x", "", ""],
];

/// Likewise for the Python iocage.
const PYTHON: &[[&str; 3]] = &[
    [
        "list -lh 0",
        "None\tweb\toff\tdown\tjail\t14.3-RELEASE-p5\tvnet0|10.0.0.2/24\t-\t-\tno\n3\ttest\ton\tup\tjail\t14.3-RELEASE\tDHCP (not running)\t-\tbase\tyes\n",
        "",
    ],
    [
        "list -lh 1",
        "",
        "Traceback (most recent call last):\n  File \"x\", line 3\nTypeError: sequence item 6: expected str instance, NoneType found\n",
    ],
    [
        "list -l 0",
        "+------+------+------+---------+------+---------+-----+-----+----------+----------+\n| JID  | NAME | BOOT |  STATE  | TYPE | RELEASE | IP4 | IP6 | TEMPLATE | BASEJAIL |\n+======+======+======+=========+======+=========+=====+=====+==========+==========+\n| None | web  | off  | CORRUPT | N/A  | N/A     | N/A | N/A | N/A      | N/A      |\n+------+------+------+---------+------+---------+-----+-----+----------+----------+\n",
        "web is missing its configuration!\n",
    ],
    ["list -rh 0", "13.5-RELEASE\n", ""],
    [
        "df -lh 0",
        "test\t1.02x\tnone\tnone\t624K\t5.86G\nte.st\t1.00x\tnone\tnone\t236K\t5.86G\nte_st\t1.00x\tnone\tnone\t236K\t5.86G\nmy jail\tN/A\t-\t-\t-\t-\n",
        "",
    ],
    ["df -lh 1", "", "web has a corrupt configuration, please fix this jail or destroy and recreate it.\n"],
    ["start 0", "* Starting test\n  + Started OK\n  + Starting services FAILED\n", "a word\na word\n"],
    ["start 0", "\u{1b}[37m* Starting test\u{1b}[0m\n", ""],
    ["start 1", "", "test is already running!\n"],
    ["stop 0", "* Stopping test\n  + Removing jail process OK\n", ""],
    ["stop 0", "", "test is not running!\n"],
    ["set 0", "memoryuse: off -> deny=1g\nSuccessfully set RCTL rule for memoryuse\n", ""],
    ["set 0", "Failed to set RCTL rule\n", ""],
    [
        "get all 0",
        "CONFIG_VERSION:31\nboot:on\nmemoryuse:deny=1g\nnotes:a:b\nboot:forged\nnsem:forged\nnsem:off\nowner:root\nunheard_of:x\n",
        "",
    ],
    ["get all default 0", "boot:off\nnotes:none\nnsem:off\nowner:root\nmemoryuse:off\n", ""],
    ["get -rh 0", "test\ta value\nwith a line\tand a tab\nweb\tnone\n", ""],
    ["get -rh 1", "", "web has a corrupt configuration, please fix this jail or destroy and recreate it.\n"],
    ["get -p 0", "Creating tank/iocage/log\ntank\n", ""],
    ["get notes 0", "a value\nof two lines\n", ""],
    ["get notes 1", "", "notes is not a valid property!\n"],
    ["clone 0", "copy successfully cloned!\n", ""],
    ["create 0", "fresh_1 successfully created!\nfresh_2 successfully created!\n", ""],
    [
        "create 0",
        "Fetching: 14.3-RELEASE\n\u{1b}[1mbase.txz [##   ]\nfresh successfully created!\n",
        "snap: exists\n",
    ],
    ["create 1", "", "Usage: iocage create [OPTIONS]\n\nError: Missing argument 'PROPS'.\n"],
    ["destroy 0", "\nAre you sure? [y/N]: Destroying web\n", "\nThis will destroy jail web\n"],
    [
        "destroy 1",
        "",
        "web has dependent jails (who may also have dependents), use --recursive to destroy:\n  copy\n  other\n",
    ],
    ["exec 0", "hi\n", "oops\n\u{1a}0\n"],
    ["exec 0", "", "\u{1a}127\nlate\n"],
    ["exec 0", "", "sh: nosuch: not found\n\u{1a}127\n"],
    ["exec 1", "", "jexec: execvp: /bin/sh: No such file or directory\nCommand: /bin/sh -c x failed\n"],
    ["clean 0", "Cleaning iocage/jails\nAll iocage jail datasets have been destroyed.\n", ""],
    ["activate 0", "ZFS pool 'tank' successfully activated.\n", ""],
    ["activate 1", "", "ZFS pool 'tank' not found!\n"],
    ["zpool list 0", "tank\tiocage\nvault\t-\n", ""],
    ["jls 0", NONE_RUNS, ""],
    ["zfs set 1", "", "cannot open 'tank': dataset does not exist\n"],
    ["zfs get 0", "yes\n", ""],
    [
        "zfs list 0",
        "tank/iocage/jails/web\ntank/iocage/jails/test\ntank/iocage/jails/test/root\ntank/iocage/releases/x@web\n",
        "",
    ],
];

/// What a machine in good health prints for a command, as far as commands on the
/// way to others need it.
pub(crate) fn healthy(generation: Generation, line: &str) -> String {
    let [test, web, base] = UUIDS;
    match (generation, line) {
        (Generation::Shell, "df") => format!(
            "UUID                                  CRT     RES    QTA    USE    AVA   TAG\n\
             {test}  1.00x   none   none   540K   5.87G test\n{web}  1.00x   none   none   540K   5.87G web\n"
        ),
        (Generation::Shell, "list -t") => format!(
            "JID  UUID                                  BOOT  STATE  TAG   TYPE      IP4\n\
             -    {base}  off   down   base  template  -\n"
        ),
        (Generation::Shell, "list") => format!(
            "JID  UUID                                  BOOT  STATE  TAG   TYPE      IP4\n\
             1    {test}  on    up     test  basejail  -\n-    {web}  off   down   web   basejail  -\n"
        ),
        (Generation::Shell, "activate") => "pool: tank\n".to_owned(),
        (Generation::Python, "df -lh") => {
            "base\t1.00x\tnone\tnone\t1M\t5G\ntest\t1.00x\tnone\tnone\t1M\t5G\nweb\t1.00x\tnone\tnone\t1M\t5G\n"
                .to_owned()
        }
        (Generation::Python, "list -lh") => "1\ttest\ton\tup\tjail\t14.3-RELEASE\t-\t-\t-\tno\n\
                                             None\tweb\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno\n"
            .to_owned(),
        (Generation::Python, "list -rh") => "14.3-RELEASE\n".to_owned(),
        (Generation::Python, "get -p") => "tank\n".to_owned(),
        _ => String::new(),
    }
}

/// The same machine as the system's tools tell of it, with its files below `root`.
pub(crate) fn tools(generation: Generation, root: PathBuf) -> Tools {
    let [test, web, base] = UUIDS;
    let shell = generation == Generation::Shell;
    let names = if shell { [test, web, base] } else { ["test", "web", "base"] };
    let (mut datasets, mut files) = (Vec::new(), Map::new());
    let mut add = |name: &str, own: Value| {
        let mut all = json!({
            "mounted": "yes", "mountpoint": format!("/{name}"), "exec": "on", "compressratio": "1.00x",
            "reservation": "none", "quota": "none", "used": "1M", "available": "5G"
        });
        all.as_object_mut().expect("a map").extend(own.as_object().expect("a map").clone());
        datasets.push(json!([name, all]));
    };
    add("tank", if shell { json!({}) } else { json!({"org.freebsd.ioc:active": "yes"}) });
    for part in ["", "/.defaults", "/download", "/images", "/jails", "/log", "/releases", "/templates"] {
        add(&format!("tank/iocage{part}"), json!({}));
    }
    add("tank/iocage/releases/14.3-RELEASE", json!({}));
    for (name, tag) in names.into_iter().zip(["test", "web", "base"]) {
        let kind = if tag == "base" { "template" } else { if shell { "basejail" } else { "jail" } };
        let dataset = format!("tank/iocage/{}/{name}", if tag == "base" { "templates" } else { "jails" });
        let boot = if tag == "test" { "on" } else { "off" };
        let own = json!({
            "org.freebsd.iocage:host_hostuuid": name, "org.freebsd.iocage:tag": tag,
            "org.freebsd.iocage:boot": boot, "org.freebsd.iocage:type": kind,
        });
        add(&dataset, if shell { own } else { json!({}) });
        add(&format!("{dataset}/root"), json!({}));
        let config = json!({
            "CONFIG_VERSION": "34", "boot": boot, "host_hostuuid": name, "release": "14.3-RELEASE", "type": kind,
        });
        files.insert(format!("/{dataset}/config.json"), config.to_string().into());
    }
    let defaults = json!({
        "CONFIG_VERSION": "34", "basejail": 0, "boot": 0, "dhcp": 0, "ip4_addr": "none", "ip6_addr": "none",
        "notes": "none", "type": "jail",
    });
    files.insert("/tank/iocage/defaults.json".to_owned(), defaults.to_string().into());
    let name = names[0];
    let prison = json!({
        "jid": 1, "hostname": name, "path": format!("/tank/iocage/jails/{name}/root"),
        "name": format!("ioc-{name}"), "state": "ACTIVE", "ipv4_addrs": [], "ipv6_addrs": [],
    });
    let jls = json!({"__version": "2", "jail-information": {"jail": [prison]}}).to_string();
    let data = json!({
        "version": if shell { "iocage DEVELOP (2016-02-10)" } else { "1.13" },
        "zpool": if shell { "tank\tiocage\n" } else { "tank\t-\n" },
        "datasets": datasets,
        "jls": {"--libxo json -v": jls, "-n --libxo json": jls, "-n jid name": format!("jid=1 name=ioc-{name}\n")},
        "files": if shell { json!({}) } else { files.into() },
    });
    let tools = Tools::new(Arc::new(data), root);
    tools.lay();
    tools
}

fn all(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub(crate) fn args() -> Vec<Vec<u8>> {
    let strange = [
        "",
        "[]",
        r#"{"action":"nosuch"}"#,
        r#"{"action":"listjails","action":"df"}"#,
        r#"{"action":"createjail","props":"tag='open"}"#,
        r#"{"action":"createjail","props":"tag=$(id) notes=\u0000","switches":"-f"}"#,
        r#"{"action":"destroyjail","jail":"ALL"}"#,
        r#"{"action":"destroyjail","jail":["web"]}"#,
        r#"{"action":"execjail","jail":"-x","user":"","command":""}"#,
        r#"{"action":"getjailsettings","prop":"CONFIG_VERSION","switches":"-r -r"}"#,
    ];
    [all(REQUESTS), all(&strange)].concat()
}

/// Each record with each request whose command it may answer.
fn scenarios(records: &[[&str; 3]]) -> Vec<Vec<u8>> {
    let mut scenarios = all(REQUESTS);
    for [head, stdout, stderr] in records {
        let verb = head.split(' ').next().unwrap_or_default();
        let is_about = |request: &&&str| {
            let verb = if verb == "set" { "cap" } else { verb };
            ["df", "list", "zfs", "zpool", "jls", "get", "defaults"].contains(&verb)
                || request.contains(&format!("\"{verb}"))
        };
        let requests = REQUESTS.iter().filter(is_about);
        scenarios.extend(
            requests.map(|request| format!("{request}\u{1e}{head}\n{stdout}\u{1f}{stderr}").into_bytes()),
        );
    }
    scenarios
}

pub(crate) fn shell() -> Vec<Vec<u8>> {
    scenarios(SHELL)
}

pub(crate) fn python() -> Vec<Vec<u8>> {
    scenarios(PYTHON)
}

pub(crate) fn split() -> Vec<Vec<u8>> {
    all(&["tag=test release=10.2-RELEASE", "sh -c 'a \"b\"' \"c \\\" d\" e\\ f ''", "'", "a\\"])
}

pub(crate) fn columns() -> Vec<Vec<u8>> {
    let tables =
        SHELL.iter().filter(|[head, ..]| ["list", "df", "get -r"].iter().any(|t| head.starts_with(t)));
    tables.map(|[_, stdout, _]| stdout.as_bytes().to_vec()).collect()
}

pub(crate) fn fields() -> Vec<Vec<u8>> {
    all(&[
        "Creating tank/iocage/jails\nNone\ta b\tup\tvnet0|10.0.0.2/24\nodd\n3\tc\tup\t-\n",
        "+------+------+----+-----+\n| JID  | NAME | UP | IP4 |\n+======+======+====+=====+\n\
         | None | j\u{e4}l  | no | a|b |\n+------+------+----+-----+\nlate\n",
    ])
}

pub(crate) fn keyed() -> Vec<Vec<u8>> {
    all(&["a:1:2\nb:\nc:x\ny\n\nd:4", "boot:1\nnotes:x\nboot:0\nvnet:1\nowner:root\n", "x\tone\ny\ttwo\ny\n"])
}

pub(crate) fn mark() -> Vec<Vec<u8>> {
    all(&["no newline\u{1a}0\n", "a\n\u{1a}127\nlate\n", "\u{1a}x\u{1a}-1"])
}

pub(crate) fn config() -> Vec<Vec<u8>> {
    all(&[
        "{}",
        r#"{"iocage":"/usr/local/bin/iocage","zfs":"/sbin/zfs","dialect":"auto","max_output":16777216,"timeouts_s":{"read":120,"start":300,"create":900,"clean":3600,"exec":600,"fetch":3600}}"#,
    ])
}
