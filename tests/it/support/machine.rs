//! A simulated machine with a spy before its iocage, zfs, zpool, jls, jexec, ps and setfib: a
//! shell script that notes each argv and hands it on. It is not ours to trust the simulator
//! with that. A test may hold a command up, to look at what goes on meanwhile.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::artifacts::artifacts;
use super::folder::{Folder, write_program};

/// A machine of a test's own.
pub struct Machine {
    folder: Folder,
}

/// One line a call, the words in brackets: a blank in a word is seen. A call of
/// another than iocage begins with its name.
const SPY: &str = r#"#!/bin/sh
here=${0%/*}
name=${0##*/}
line=
[ "$name" = iocage ] || line="$name"
for word; do line="$line[$word]"; done
printf '%s\n' "$line" >> "$here/calls"
while [ -e "$here/hold-$1" ] || [ -e "$here/hold-$name" ]; do sleep 0.02; done
exec "$here/sim/$name" "$@"
"#;

/// What has a spy before it beside iocage.
pub const TOOLS: [&str; 6] = ["jexec", "jls", "ps", "setfib", "zfs", "zpool"];

/// A configuration in which each tool that it does not name is none: the tools of the machine that the tests
/// run on, which may have a ZFS, tell of another machine than the one that is played.
pub fn without_tools(mut config: Value) -> Value {
    let object = config.as_object_mut().expect("an object");
    for tool in TOOLS {
        object.entry(tool).or_insert_with(|| format!("/nonexistent/{tool}").into());
    }
    config
}

impl Machine {
    /// A machine in this state.
    pub fn new(state: &Value) -> Machine {
        let machine = Machine { folder: Folder::in_memory() };
        machine.become_like(state);
        for tool in TOOLS {
            write_program(&machine.folder.0.join(tool), SPY);
        }
        machine
    }

    /// Put another machine in its place, and another file in that of its iocage,
    /// as an upgrade does.
    pub fn become_like(&self, state: &Value) {
        self.tell_like(state);
        let fresh = self.folder.0.join("iocage.new");
        write_program(&fresh, SPY);
        fs::rename(fresh, self.iocage()).expect("renamed");
    }

    /// Put another machine behind the same programs.
    pub fn tell_like(&self, state: &Value) {
        let folder = &self.folder.0;
        let file = folder.join("state");
        fs::write(&file, state.to_string()).expect("written");
        let output = Command::new(&artifacts().simulator)
            .args(["init", "--force", "--state"])
            .arg(&file)
            .arg(folder.join("sim"))
            .output()
            .expect("the simulator runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The program to configure.
    pub fn iocage(&self) -> PathBuf {
        self.folder.0.join("iocage")
    }

    /// Likewise, for a command line.
    pub fn iocage_text(&self) -> String {
        self.iocage().to_str().expect("our own name").to_owned()
    }

    /// The configuration that names it, with a place for locks of its own.
    pub fn config(&self) -> String {
        self.config_with(&serde_json::json!({}))
    }

    /// The same for a class that asks iocage whatever there is to be known: without zpool it
    /// is not known which pool is iocage's.
    pub fn by_iocage(&self) -> String {
        self.config_with(&serde_json::json!({"zpool": "/nonexistent/zpool"}))
    }

    /// The same with more in it.
    pub fn config_with(&self, more: &Value) -> String {
        let mut config = serde_json::json!({"iocage": self.iocage(), "lock_dir": self.locks()});
        for tool in TOOLS {
            config[tool] = self.folder.0.join(tool).to_str().into();
        }
        config.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        config.to_string()
    }

    /// What the mountpoints of its datasets begin with.
    pub fn folder_text(&self) -> String {
        self.folder.0.join("sim/mnt").to_string_lossy().into_owned()
    }

    /// The folder of the locks.
    pub fn locks(&self) -> PathBuf {
        self.folder.0.join("locks")
    }

    /// Hold a command of iocage up, or another program, before it does anything,
    /// until this is dropped.
    pub fn hold(&self, command: &str) -> Hold {
        let path = self.folder.0.join(format!("hold-{command}"));
        fs::write(&path, "").expect("written");
        Hold(path)
    }

    /// Wait until a command has been called with this line.
    pub fn wait_for_call(&self, call: &str) {
        self.wait_for(call, |line| line == call);
    }

    /// Wait until a command has been called, whatever with. The calls stay: to take them
    /// away meanwhile may lose one that is just being noted.
    pub fn wait_for_command(&self, command: &str) {
        let start = format!("[{command}]");
        self.wait_for(command, |line| line.starts_with(&start));
    }

    /// Wait until there was such a call.
    pub fn wait_for(&self, what: &str, is_wanted: impl Fn(&str) -> bool) {
        let until = Instant::now() + Duration::from_secs(60);
        let path = self.folder.0.join("calls");
        while !fs::read_to_string(&path).unwrap_or_default().lines().any(&is_wanted) {
            assert!(Instant::now() < until, "{what} was not called");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The configuration that names the simulator itself: nothing is noted. It lies
    /// where it was built, which may be a folder of somebody else's.
    pub fn quick_config(&self) -> String {
        self.quick_config_with(&serde_json::json!({}))
    }

    /// The same with more in it.
    pub fn quick_config_with(&self, more: &Value) -> String {
        let mut config = serde_json::json!({"allow_unsafe_program": true, "lock_dir": self.locks()});
        for program in TOOLS.into_iter().chain(["iocage"]) {
            config[program] = self.folder.0.join("sim").join(program).to_str().into();
        }
        config.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        config.to_string()
    }

    /// Every argv since the last time, in order, but the question for iocage's
    /// version, which an instance asks once. Of tools that are started at the same time
    /// nobody knows which notes itself first: zpool is told before zfs, and zfs before jls.
    pub fn calls(&self) -> Vec<String> {
        let mut calls = self.all_calls();
        calls.retain(|call| call != "[--version]");
        let is = |call: &String, tool: &str| call.starts_with(tool);
        let is_datasets = |call: &String| is(call, "zfs[list][-H][-t][filesystem][-d]");
        let is_running = |call: &String| is(call, "jls[--libxo]");
        let ahead = calls.iter().take_while(|call| is_datasets(call) || is_running(call)).count();
        if calls.get(ahead).is_some_and(|call| is(call, "zpool[")) {
            calls[..=ahead].rotate_right(1);
        }
        for at in 2..calls.len() {
            if is(&calls[at - 2], "zpool[") && is_running(&calls[at - 1]) && is_datasets(&calls[at]) {
                calls.swap(at - 1, at);
            }
        }
        calls
    }

    /// Every argv since the last time, which they stay.
    pub fn noted(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.folder.0.join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// Every argv since the last time, in order.
    pub fn all_calls(&self) -> Vec<String> {
        let path = self.folder.0.join("calls");
        let calls = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        calls.lines().map(str::to_owned).collect()
    }

    /// The machine's state, as the simulator shows it.
    pub fn shown(&self) -> String {
        let output = Command::new(&artifacts().simulator)
            .arg("show")
            .arg(self.folder.0.join("sim"))
            .output()
            .expect("the simulator runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Run iocage as a driver without our care would: the words as they are,
    /// and `y` to whatever it asks.
    pub fn run_naively(&self, words: &[&str]) {
        let mut child = Command::new(self.iocage())
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("iocage runs");
        // One that asks nothing may have ended already.
        let _ = child.stdin.take().expect("piped").write_all(b"y\n");
        child.wait().expect("it ends");
    }

    /// Values that the machine's root shell would have evaluated.
    pub fn evaluated(&self) -> bool {
        self.folder.0.join("sim/evaluated").exists()
    }
}

/// A command that is held up.
pub struct Hold(PathBuf);

impl Drop for Hold {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
