//! A Python iocage whose jails are files: of 1.13, what is needed here. What it does with a jail stands in the test.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Folder, without_tools, write_program};

/// Runs in the folder of the jails, where `find` takes a name that is no jail's for the beginning of one. `@` is for what changes or enters one.
const PYTHON: &str = r#"#!/bin/sh
cd "${0%/*}/jails"
find() {
    if [ -e "$1" ]; then jail=$1; else jail=$(ls | grep "^$1" | head -n 1); fi
    [ -n "$jail" ] || { echo "jail '$1' not found!" >&2; exit 1; }
}
case "$1" in
--version) printf 'Version\t1.13\n' ;;
df) for jail in *; do printf '%s\t1.00x\tnone\tnone\t1M\t1G\n' "$jail"; done ;;
list) [ "$2" = -tlh ] || for jail in *; do
    printf 'None\t%s\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno\n' "$jail"; done ;;
@
esac
"#;

/// One, with the jails that it has.
pub(super) struct Files(Folder);

impl Files {
    /// `commands`: branches of the shell's `case` over iocage's first word.
    pub(super) fn new(jails: &[&str], commands: &str) -> Files {
        let folder = Folder::new();
        fs::create_dir(folder.0.join("jails")).expect("made");
        for jail in jails {
            fs::write(folder.0.join("jails").join(jail), "").expect("written");
        }
        write_program(&folder.0.join("iocage"), &PYTHON.replace('@', commands));
        Files(folder)
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.0.0.join(name)
    }

    /// What an instance on it is created with, and this besides.
    pub(super) fn config(&self, more: &Value) -> String {
        let [iocage, zfs, locks] = ["iocage", "zfs", "locks"].map(|name| self.at(name));
        let mut config = without_tools(json!({"iocage": iocage, "lock_dir": locks, "zfs": zfs}));
        config.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        config.to_string()
    }
}
