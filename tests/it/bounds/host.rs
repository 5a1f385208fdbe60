//! A host in C, on a machine whose iocage prints what stands in a file: what it gives a
//! request is bounded, its stack to the byte and its time to what it says in closing.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use super::machine::UUID;
use crate::support::{Folder, artifacts, compile, write_program};

/// Prints what is usual on a machine with one jail, and what is in the file for a command
/// in it; then says so.
const IOCAGE: &str = r#"#!/bin/sh
here=${0%/*}
case "$1" in
df) printf '%s\n' 'UUID CRT RES QTA USE AVA TAG' '@  1.15x  none   none   88.1M  83.4G  test' ;;
list) printf '%s\n' 'JID UUID BOOT STATE TAG TYPE IP4' ;;
exec) cat "$here/printed"; : > "$here/done" ;;
get | defaults) cat "$here/printed" ;;
esac
"#;

/// The host, and the machine.
pub struct CHost {
    folder: Folder,
    host: PathBuf,
    config: String,
}

/// What the host tells.
#[derive(Debug)]
pub struct Told(String);

impl Told {
    pub fn number(&self, what: &str) -> u64 {
        let line = self.0.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(' '));
        line.and_then(|line| line.parse().ok()).unwrap_or_else(|| panic!("no {what} in {self:?}"))
    }
}

impl CHost {
    pub fn new() -> CHost {
        let folder = Folder::new();
        let host = folder.0.join("bounded");
        compile(("cc", "-std=gnu11"), "tests/c/bounded.c", &host, &["-ldl", "-pthread"]);
        write_program(&folder.0.join("iocage"), &IOCAGE.replace('@', UUID));
        for tool in ["zfs", "jls", "jexec", "ps", "setfib"] {
            write_program(&folder.0.join(tool), "#!/bin/sh\n");
        }
        let file = |name: &str| folder.0.join(name);
        let config = json!({
            "allow_unsafe_program": true, "dialect": "shell", "direct": "off", "iocage": file("iocage"),
            "zfs": file("zfs"), "jls": file("jls"), "jexec": file("jexec"), "ps": file("ps"), "setfib": file("setfib"),
            "lock_dir": file("locks"), "zpool": "/nonexistent/zpool",
        });
        CHost { config: config.to_string(), folder, host }
    }

    /// Have a program print that.
    pub fn print(&self, text: &str) {
        fs::write(self.folder.0.join("printed"), text).expect("written");
    }

    /// Send a request on a thread with so much stack, and perhaps close in its midst.
    pub fn send(&self, stack: usize, args: &str, drain_ms: Option<u64>) -> Told {
        let done = self.folder.0.join("done");
        let _ = fs::remove_file(&done);
        let closes = drain_ms.map(|drain| [done.into_os_string(), drain.to_string().into()]);
        self.run(&self.config, stack, args, closes.iter().flatten())
    }

    /// The same with another configuration, which may be refused.
    pub fn send_with(&self, config: &str, stack: usize, args: &str) -> Told {
        self.run(config, stack, args, [].iter())
    }

    fn run<'a>(
        &self,
        config: &str,
        stack: usize,
        args: &str,
        more: impl Iterator<Item = &'a OsString>,
    ) -> Told {
        let mut command = Command::new(&self.host);
        command.arg(&artifacts().module).arg(config).arg(stack.to_string()).arg(args).args(more);
        let output = command.output().expect("the host runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?} {said} {stack} {args:.200}", output.status);
        Told(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
