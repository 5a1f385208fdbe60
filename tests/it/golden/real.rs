//! A real ZFS (zfs-fuse, where it is installed and this is root): a pool in a file, with
//! datasets and properties as both generations of iocage make them, read by the real `zfs`.
//!
//! Pools of that age have no comment, and this system has no jails of the kind: `zpool`
//! and `jls` are scripts, and of iocage there is no more than its version. So what is told is
//! told by the real `zfs` and by files alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_iocage::class::{Caller, Instance};

use crate::support::{Folder, skipped, write_program};

const UUID: &str = "04e16052-e917-11f1-bc78-02fc00000001";
const POOL: &str = "sysadmtest";

/// The daemon and its pool, gone when this is dropped.
struct Zfs {
    daemon: Child,
    folder: Folder,
}

fn run(program: &str, words: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(words).output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).expect("UTF-8")),
        false => Err(format!("{program} {words:?}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

fn zfs(words: &[&str]) -> String {
    run("zfs", words).expect("zfs does it")
}

impl Zfs {
    /// `None`, and why, where there is none to be had.
    fn start() -> Result<Zfs, String> {
        // SAFETY: asks for a number.
        if unsafe { libc::geteuid() } != 0 {
            return Err("a pool is made by root alone".to_owned());
        }
        run("zpool", &["list"])
            .err()
            .filter(|why| why.contains("zfs-fuse"))
            .ok_or("no zfs-fuse that does not run")?;
        let mut daemon = Command::new("zfs-fuse")
            .arg("--no-daemon")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("zfs-fuse: {error}"))?;
        let end = Instant::now() + Duration::from_secs(10);
        while run("zpool", &["list"]).is_err() {
            if Instant::now() > end {
                let _ = daemon.kill();
                let _ = daemon.wait();
                return Err("zfs-fuse does not come up".to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let zfs = Zfs { daemon, folder: Folder::new() };
        let image = zfs.at("pool.img");
        fs::File::create(&image).and_then(|file| file.set_len(128 << 20)).expect("a file");
        run("zpool", &["create", "-m", &zfs.path("mnt"), POOL, &image.to_string_lossy()])?;
        Ok(zfs)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    fn path(&self, name: &str) -> String {
        self.at(name).to_string_lossy().into_owned()
    }

    fn instance(&self, version: &str, comment: &str) -> Instance {
        let script = |name: &str, text: &str| write_program(&self.at(name), &format!("#!/bin/sh\n{text}\n"));
        script("iocage", &format!("[ \"$1\" = --version ] && echo '{version}' || exit 97"));
        script("zpool", &format!("printf '{POOL}\\t{comment}\\n'"));
        script("jls", r#"echo '{"__version": "2", "jail-information": {"jail": []}}'"#);
        let config = json!({
            "iocage": self.path("iocage"), "zpool": self.path("zpool"), "jls": self.path("jls"),
            "zfs": which("zfs"), "direct": "only", "allow_unsafe_program": true, "lock_dir": self.path("locks"),
        });
        Instance::configured(config.to_string().as_bytes()).expect("valid")
    }
}

impl Drop for Zfs {
    fn drop(&mut self) {
        let _ = run("zpool", &["destroy", "-f", POOL]);
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn which(program: &str) -> PathBuf {
    let folders = ["/sbin", "/usr/sbin", "/usr/local/sbin"];
    folders.iter().map(|folder| Path::new(folder).join(program)).find(|path| path.exists()).expect("it runs")
}

fn ask(instance: &Instance, request: &Value) -> Value {
    let caller = Caller::ANYBODY;
    let (_, args) = instance.dispatch(&caller, request.to_string().as_bytes());
    let mut args: Value = serde_json::from_slice(&args).expect("JSON");
    args[request["action"].as_str().expect("a name")].take()
}

#[test]
fn a_real_zfs_is_read() {
    for reads in [shell, python] {
        match Zfs::start() {
            Ok(machine) => reads(&machine),
            Err(why) => return skipped!("reads of a real ZFS: {why}"),
        }
    }
}

fn shell(machine: &Zfs) {
    let jail = format!("{POOL}/iocage/jails/{UUID}");
    for name in ["", "/.defaults", "/download", "/jails", "/releases", "/releases/10.2-RELEASE", "/templates"]
    {
        zfs(&["create", &format!("{POOL}/iocage{name}")]);
    }
    zfs(&["create", "-o", "quota=50M", &jail]);
    zfs(&["create", &format!("{jail}/root")]);
    for (name, value) in [
        ("host_hostuuid", UUID),
        ("tag", "web"),
        ("boot", "on"),
        ("type", "basejail"),
        ("notes", "two\nlines\tand a tab"),
        ("vnet", "off"),
    ] {
        zfs(&["set", &format!("org.freebsd.iocage:{name}={value}"), &jail]);
    }
    let instance = machine.instance("iocage DEVELOP (2016-02-10)", "iocage");
    assert_eq!(
        ask(&instance, &json!({"action": "listjails"})),
        json!({UUID: {"boot": "on", "ip4": "-", "jid": "-", "state": "down", "tag": "web", "type": "basejail"}})
    );
    let figures = zfs(&["list", "-H", "-o", "compressratio,reservation,quota,used,available", &jail]);
    let [crt, res, qta, used, ava] = figures.trim_end().split('\t').collect::<Vec<_>>()[..] else {
        panic!("{figures}")
    };
    assert_eq!(qta, "50M");
    assert_eq!(
        ask(&instance, &json!({"action": "df"})),
        json!({UUID: {"crt": crt, "res": res, "qta": qta, "use": used, "ava": ava, "tag": "web"}})
    );
    let all = ask(&instance, &json!({"action": "getjailsettings", "jail": "web"}));
    assert_eq!(all["web"]["tag"], "web", "{all}");
    assert_eq!((&all["web"]["quota"], &all["web"]["owner"]), (&json!("50M"), &json!("-")));
    let notes = json!({"action": "getjailsettings", "jail": "web", "prop": "notes"});
    assert_eq!(ask(&instance, &notes)["web"]["notes"], "two\nlines\tand a tab");
    let vnet = ask(&instance, &json!({"action": "getjailsettings", "switches": "-r", "prop": "vnet"}));
    assert_eq!(vnet[UUID], json!({"TAG": "web", "vnet": "off"}), "{vnet}");
    // A value that looks like another jail's row, set where a jail's root may set it.
    let other = UUID.replace("04e", "14e");
    let forged = format!("/x\n{POOL}/iocage/jails/{other}\t{other}\tevil\toff\tjail");
    zfs(&["create", "-o", "canmount=off", &format!("{jail}/data")]);
    zfs(&["set", &format!("org.freebsd.iocage:tag={forged}"), &format!("{jail}/data")]);
    let list = ask(&instance, &json!({"action": "listjails"}));
    assert_eq!(list["code"], "not-direct", "{list}");
}

fn python(machine: &Zfs) {
    for name in [
        "",
        "/download",
        "/images",
        "/jails",
        "/log",
        "/releases",
        "/templates",
        "/jails/web",
        "/jails/web/root",
    ] {
        zfs(&["create", &format!("{POOL}/iocage{name}")]);
    }
    zfs(&["set", "org.freebsd.ioc:active=yes", POOL]);
    let defaults = json!({"CONFIG_VERSION": "34", "boot": 0, "dhcp": 0, "ip4_addr": "none", "ip6_addr": "none", "notes": "none", "type": "jail"});
    let own =
        json!({"CONFIG_VERSION": "34", "host_hostuuid": "web", "release": "14.3-RELEASE", "boot": "on"});
    let root = machine.at("mnt/iocage");
    fs::write(root.join("defaults.json"), defaults.to_string()).expect("written");
    fs::write(root.join("jails/web/config.json"), own.to_string()).expect("written");
    let instance = machine.instance("Version\t1.13", "-");
    assert_eq!(
        ask(&instance, &json!({"action": "listjails"})),
        json!({"web": {"boot": "on", "ip4": "-", "jid": "-", "state": "down", "tag": "web", "type": "jail"}})
    );
    let notes = json!({"action": "getjailsettings", "jail": "web", "prop": "notes"});
    assert_eq!(ask(&instance, &notes)["web"]["notes"], "none");
    let used = zfs(&["list", "-H", "-o", "used", &format!("{POOL}/iocage/jails/web")]);
    assert_eq!(ask(&instance, &json!({"action": "df"}))["web"]["use"], used.trim_end());
}
