//! What Linux shows in /proc.

use std::fs;

use super::shown::Shown;

pub fn now() -> u64 {
    let uptime = fs::read_to_string("/proc/uptime").expect("/proc is mounted");
    let seconds = uptime.split(' ').next().and_then(|seconds| seconds.parse::<f64>().ok()).expect("a number");
    (seconds * 100.0) as u64
}

fn pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").expect("/proc is mounted").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
}

pub fn processes() -> Vec<Shown> {
    pids()
        .filter_map(|pid| {
            // One may end while it is looked at.
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let (start, rest) = stat.rsplit_once(") ")?;
            let mut rest = rest.split(' ');
            let state = rest.next()?.chars().next()?;
            let mut number = || rest.next()?.parse().ok();
            let (parent, group) = (number()?, number()?);
            let name = start.split_once('(')?.1.to_owned();
            // The 22nd of the line.
            let start = rest.nth(16)?.parse().ok()?;
            Some(Shown { pid, parent, group, state, name, start })
        })
        .collect()
}

pub fn command_lines() -> Vec<(i32, String)> {
    pids().filter_map(|pid| Some((pid, words(pid, "cmdline")?))).collect()
}

pub fn environments() -> Vec<(i32, String)> {
    let both =
        |pid| Some(format!("{} {}", words(pid, "cmdline")?, words(pid, "environ").unwrap_or_default()));
    pids().filter_map(|pid| Some((pid, both(pid)?))).collect()
}

/// What one of its files says in words.
fn words(pid: i32, file: &str) -> Option<String> {
    let words = fs::read(format!("/proc/{pid}/{file}")).ok()?;
    Some(String::from_utf8_lossy(&words).trim_end_matches('\0').replace('\0', " "))
}

pub fn descriptors() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/fd").expect("/proc is mounted").flatten();
    let shown = entries.filter_map(|entry| {
        let target = fs::read_link(entry.path()).ok()?;
        Some(format!("{} {}", entry.file_name().display(), target.display()))
    });
    let mut shown: Vec<_> = shown.filter(|line| !line.contains("/proc/")).collect();
    shown.sort();
    shown
}

pub fn threads() -> usize {
    fs::read_dir("/proc/self/task").expect("the process's own threads").count()
}

pub fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it is there, and so is /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    line.and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number") * 1024
}

/// The files that are mapped, those that were removed since by the name that they had.
pub fn mapped() -> Vec<String> {
    let maps = fs::read_to_string("/proc/self/maps").expect("the process's own maps");
    let paths = maps.lines().filter_map(|line| Some(&line[line.find('/')?..]));
    paths.map(|path| path.trim_end_matches(" (deleted)").to_owned()).collect()
}
