//! What every system shows of other processes: by ps(1), with the words that FreeBSD's and Linux' have both. /proc is Linux'
//! alone, and a test that looks into it proves nothing where there is none.

#![allow(dead_code, reason = "each program of which this is a part asks for some of it")]

use std::process::Command;

fn ps(words: &[&str], columns: &[&str]) -> String {
    let mut command = Command::new("ps");
    // In one with several all behind the first `=` would be that column's head.
    command.args(words).args(columns.iter().flat_map(|column| ["-o".to_owned(), format!("{column}=")]));
    let output = command.output().expect("every system has ps");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Numbers of a process that is there.
pub(crate) fn numbers<const N: usize>(pid: u32, columns: [&str; N]) -> [u64; N] {
    let text = ps(&["-p", &pid.to_string()], &columns);
    let found: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    found.try_into().unwrap_or_else(|_| panic!("ps tells {columns:?} of {pid}: {text:?}"))
}

/// What a process has in memory, in KiB.
pub(crate) fn resident(pid: u32) -> u64 {
    let [resident] = numbers(pid, ["rss"]);
    assert!(resident > 0, "{pid} has ended");
    resident
}

/// The processes whose parent this is, whichever of its threads has started them.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let text = ps(&["-ax"], &["pid", "ppid"]);
    let rows = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace().map(str::parse::<u32>);
        Some((words.next()?.ok()?, words.next()?.ok()?))
    });
    rows.filter(|(_, parent)| *parent == pid).map(|(child, _)| child).collect()
}
