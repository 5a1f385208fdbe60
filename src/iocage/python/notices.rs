//! What the Python iocage prints by itself, before the data and beside errors: lines
//! that are nobody's answer.

/// How lines begin that it prints by itself before the data.
const NOTICES: &[&str] = &[
    "Setting up zpool [",
    "If you wish to change please use \"iocage activate\"",
    "Default configuration missing, creating one",
    "Missing default rc.conf, creating it",
    "Stopping jail to migrate UUIDs.",
    BANNER[0],
    BANNER[1],
    BANNER[2],
];

/// How the lines begin that versions up to 1.8 print before everything else, where
/// /dev/fd is no fdescfs; an empty one ends them.
const BANNER: [&str; 5] =
    ["********", "mount -t fdescfs null /dev/fd", "fdescfs /dev/fd  fdescfs  rw  0  0", "********", ""];
/// And on standard error.
const OF_BANNER: [&str; 2] = ["fdescfs(5) is not mounted", "You can also permanently mount"];

pub(super) fn is_of_banner(line: &str) -> bool {
    OF_BANNER.iter().any(|start| line.starts_with(start))
}

/// Does it tell that iocage has begun to use a pool, or made datasets in it?
pub(super) fn is_activation(line: &str) -> bool {
    let makes = line.starts_with("Creating ") && line.contains("/iocage");
    makes || NOTICES[..2].iter().any(|start| line.starts_with(start))
}

pub(super) fn is_notice(line: &str) -> bool {
    let makes = line.starts_with("Creating ") && line.contains("/iocage");
    makes || NOTICES.iter().any(|start| line.starts_with(start))
}

/// The lines that stand before the data.
pub(super) fn announced(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| line.is_empty() || is_notice(line) || line.starts_with(BANNER[0]))
}

/// Does a line of standard error tell of something that is odd, but no reason for a
/// table to be empty?
pub(super) fn is_odd_but_known(line: &str) -> bool {
    [
        " mountpoint is misconfigured. Please correct this.",
        " corrupted (delete to recreate), using memory values.",
        " has a corrupt configuration, please fix this jail or destroy and recreate it.",
        " is missing its configuration, please destroy this jail and recreate it.",
        " is missing it's configuration, please destroy this jail and recreate it.",
    ]
    .iter()
    .any(|end| line.ends_with(end))
        || line.starts_with("No default gateway found for ")
}

/// Text without the whole banner before it. The empty line at its end is its own:
/// a value can be an empty line, too.
pub(super) fn without_banner(text: &str) -> &str {
    let mut rest = text;
    for start in BANNER {
        match rest.split_once('\n') {
            Some((line, after)) if line == start || (!start.is_empty() && line.starts_with(start)) => {
                rest = after;
            }
            _ => return text,
        }
    }
    rest
}
