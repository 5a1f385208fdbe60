//! Tables of the shell iocage, as the line of February 2016 prints them, and what is
//! asked of the machine.

use crate::support::stand::{Said, said};

pub const A: &str = "a71c243e-e911-11f1-9cf2-02fc00000001";
pub const B: &str = "a9bbb772-e911-11f1-9cf2-02fc00000001";

/// What ZFS is asked for.
pub const DATASETS: &str = "zfs list -H -t filesystem,volume -o name,origin";
/// What the kernel is asked for.
pub const RUNNING: &str = "jls -n jid name";

pub fn df(jails: &[(&str, &str)]) -> Said {
    let rows = jails.iter().map(|(uuid, tag)| format!("{uuid}  1.00x   none   none   528K   2.93G {tag}\n"));
    said(format!(
        "UUID                                  CRT     RES    QTA    USE    AVA   TAG\n{}",
        rows.collect::<String>()
    ))
}

pub fn templates(templates: &[(&str, &str)]) -> Said {
    let row = |(uuid, tag): &(&str, &str)| format!("-    {uuid}  off   down   {tag}  template  -\n");
    let rows = templates.iter().map(row).collect::<String>();
    said(format!("JID  UUID                                  BOOT  STATE  TAG  TYPE      IP4\n{rows}"))
}

/// Names and origins.
pub fn datasets(all: &[(&str, &str)]) -> Said {
    said(all.iter().map(|(name, origin)| format!("{name}\t{origin}\n")).collect::<String>())
}
