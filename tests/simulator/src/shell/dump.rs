//! What `set` without arguments prints in the real program: every variable of its shell, the caller's environment among
//! them. It is invented where it does not matter, and true where it does: what the caller put into the environment
//! comes out again.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::properties::{self, Builtin, Dataset, GROUPS, Group};
use crate::clock;
use crate::state::{Pool, State};

/// Variables of the program that are neither properties nor the caller's.
const PROGRAM: [(&str, &str); 18] = [
    ("IFS", " \t\n"),
    ("OPTIND", "1"),
    ("PPID", "4711"),
    ("PS1", "# "),
    ("PS2", "> "),
    ("PS4", "+ "),
    ("PWD", "/"),
    ("_failed", "0"),
    ("_fs", "iocage/templates"),
    ("_fulluuid_dataset", ""),
    ("found", "1"),
    ("iocroot", "/iocage"),
    ("ipv6", "on"),
    ("mac_prefix", "02ff60"),
    ("mypool", "iocage"),
    ("sync_state", "none"),
    ("template", ""),
    ("LIB", "/usr/local/lib/iocage"),
];

/// Directories of a basejail that come from its release.
const BASE: [&str; 17] = [
    "bin",
    "boot",
    "lib",
    "libexec",
    "rescue",
    "sbin",
    "etcupdate",
    "usr/bin",
    "usr/include",
    "usr/lib",
    "usr/libexec",
    "usr/ports",
    "usr/sbin",
    "usr/share",
    "usr/src",
    "usr/libdata",
    "usr/lib32",
];

/// All variables, sorted, one `name=value` after another.
pub(super) fn variables(state: &State, pool: &Pool) -> String {
    let mut variables: BTreeMap<String, String> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    let mut put = |name: &str, value: String| variables.insert(name.to_owned(), value);
    for (name, value) in PROGRAM {
        put(name, value.to_owned());
    }
    let pools: Vec<&str> = state.pools.iter().map(|pool| pool.name.as_str()).collect();
    put("i", pools.last().copied().unwrap_or_default().to_owned());
    put("pools", pools.join("\n"));
    put("pool", pool.name.clone());
    put("basedirs", indented("basedirs", BASE.into_iter()));
    put("jail_datasets", datasets(pool).join("\n"));
    for (group, rows) in GROUPS {
        let name = format!("CONF_{}", format!("{group:?}").to_uppercase());
        put(&name, indented(&name, rows.iter().map(|(name, _)| *name)));
    }
    // The real program makes a UUID as it starts, whether or not it makes a jail.
    let uuid = state.uuids.front().cloned().unwrap_or_else(clock::uuid);
    for property in properties::all() {
        let value = match property.builtin {
            Builtin::Unset => continue,
            Builtin::Text(text) => text.to_owned(),
            Builtin::ReadOnly => "readonly".to_owned(),
            Builtin::Own => match property.name {
                "host_hostname" | "host_hostuuid" => uuid.clone(),
                "jail_zfs_dataset" => format!("iocage/jails/{uuid}/data"),
                "tag" => state.now().joined('@'),
                _ => properties::value(state, pool, Dataset::Defaults(&pool.defaults), property),
            },
        };
        // The program's shell calls it by another name.
        if property.group != Group::Sync || property.name != "sync_stat" {
            put(property.name, value);
        }
    }
    put("uuid", uuid);

    // The shell sorts the lines, not the names: `defaultrouter6=` stands before `defaultrouter=`.
    let mut lines: Vec<String> =
        variables.iter().map(|(name, value)| format!("{name}={}\n", quoted(value))).collect();
    lines.sort();
    lines.concat()
}

fn datasets(pool: &Pool) -> Vec<String> {
    let mut datasets = vec![format!("{}/iocage/.defaults", pool.name)];
    datasets.extend(pool.jails.iter().filter(|jail| !jail.is_template()).map(|jail| pool.dataset(jail)));
    datasets.extend(pool.releases.iter().map(|release| format!("{}/iocage/releases/{release}", pool.name)));
    datasets
}

/// A list as the program's source writes it: one word a line, below the first.
fn indented<'a>(name: &str, words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    words.join(&format!("\n{}", " ".repeat(name.len() + 2)))
}

/// A value as FreeBSD's sh shows it: bare where that is safe, else quoted, and with escapes where it holds a tab.
fn quoted(value: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+./:@%,".contains(&byte);
    if !value.is_empty() && value.bytes().all(is_bare) {
        return value.to_owned();
    }
    if !value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\n') {
        return format!("'{}'", value.replace('\'', "'\\''"));
    }
    let mut text = "$'".to_owned();
    for character in value.chars() {
        match character {
            '\n' => text.push('\n'),
            '\t' => text.push_str("\\t"),
            '\'' | '\\' => text.extend(['\\', character]),
            control if control.is_ascii_control() => {
                write!(text, "\\{:03o}", u32::from(control))
                    .expect("a string takes all that is written to it");
            }
            other => text.push(other),
        }
    }
    text + "'"
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn values_are_quoted_as_the_shell_does() {
        assert_eq!(quoted("8G:log"), "8G:log");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("-f root"), "'-f root'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(" \t\n"), "$' \\t\n'");
    }
}
