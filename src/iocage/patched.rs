//! What `freebsd-update` says of its work, whichever generation of iocage runs it.
//!
//! The words are those of its source (`usr.sbin/freebsd-update/freebsd-update.sh`). Where nothing is
//! to be installed the second half of its work, which iocage starts by itself, ends with a status
//! that is no 0, so that iocage takes what is up to date for a failure.

use crate::iocage::output::Output;
use crate::iocage::text::{some_of, status_lines};
use crate::iocage::told::Told;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patched {
    /// Something was installed.
    Installed,
    /// There was nothing to be installed.
    Current,
    /// It says neither.
    Untold,
}

const CURRENT: &str = "No updates needed to update system to ";
const INSTALLS: &str = "Installing updates...";
const DONE: &str = "done.";
/// Of files that it left alone. The sentence goes on over two or three lines, until a colon, and
/// how is a matter of the version. Their names follow, one on a line.
const MODIFIED: &str = "The following files are affected by updates";
/// How many lines that sentence may take.
const SENTENCE: usize = 4;
/// How many of the names are told.
const NAMED: usize = 20;
/// Of a release that gets no more patches, or soon gets none.
const OLD: [&str; 2] = [" HAS PASSED ITS END-OF-LIFE DATE", " is approaching its End-of-Life date"];

impl Patched {
    /// As it printed on either stream.
    pub(super) fn of(output: &Output) -> Patched {
        let (mut is_current, mut installs) = (false, false);
        for line in [&output.stdout, &output.stderr].into_iter().flat_map(|text| status_lines(text)) {
            installs |= line.starts_with(INSTALLS);
            // Between the two it may have more to say, of what it starts anew.
            if installs && line.trim_end().ends_with(DONE) {
                return Patched::Installed;
            }
            is_current |= line.starts_with(CURRENT);
        }
        // What was begun and did not end may have changed some of it.
        if is_current && !installs { Patched::Current } else { Patched::Untold }
    }
}

/// What else it says that somebody should know although it worked, behind what is told already.
pub(super) fn reservations(output: &Output, mut told: Told) -> Told {
    for text in [&output.stdout, &output.stderr] {
        let mut lines = status_lines(text).peekable();
        while let Some(line) = lines.next() {
            let mut said = line.into_owned();
            if said.starts_with(MODIFIED) {
                for _ in 1..SENTENCE {
                    if said.ends_with(':') {
                        break;
                    }
                    let Some(more) = lines.next_if(|line| !line.starts_with('/')) else { break };
                    said = format!("{said} {more}");
                }
                let mut files = Vec::new();
                let mut count = 0;
                while let Some(file) = lines.next_if(|line| line.starts_with('/')) {
                    count += 1;
                    if count <= NAMED {
                        files.push(file);
                    }
                }
                said = format!("{said} {}", some_of(files.iter().map(AsRef::as_ref)));
                if count > NAMED {
                    said += &format!(" and {} more", count - NAMED);
                }
            } else if !OLD.iter().any(|old| said.contains(old)) {
                continue;
            }
            // What is on standard error may be told as such, and it says the same at each fetch.
            if !told.contains(&said) {
                told.push(said);
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_begun_is_not_yet_installed() {
        for (text, expected) in [
            ("Installing updates... done.\n", Patched::Installed),
            ("Installing updates...\nRestarting sshd after upgrade\n done.\n", Patched::Installed),
            ("Fetching 3 files... done.\nInstalling updates...\n", Patched::Untold),
            ("\nNo updates needed to update system to 13.2-RELEASE-p4.\n", Patched::Current),
            (
                "No updates needed to update system to 13.2-RELEASE-p4.\nInstalling updates...",
                Patched::Untold,
            ),
            (
                "Installing updates...\nNo updates needed to update system to 13.2-RELEASE-p4.\n",
                Patched::Untold,
            ),
            ("No mirrors remaining, giving up.\n", Patched::Untold),
            ("", Patched::Untold),
        ] {
            let output = Output { exit: Some(0), stdout: text.into(), ..Output::default() };
            assert_eq!(Patched::of(&output), expected, "{text}");
        }
    }

    #[test]
    fn what_is_left_alone_and_what_is_old_is_told() {
        let told = |stdout: &str| {
            let output = Output { stdout: stdout.into(), ..Output::default() };
            reservations(&output, Told::default())
        };
        // As older ones write it, and as newer ones do.
        let old = "The following files are affected by updates, but no changes have\nbeen downloaded because \
                   the files have been modified locally:\n";
        let new = "The following files are affected by updates. No changes have\nbeen downloaded, however, \
                   because the files have been modified\nlocally:\n";
        for sentence in [old, new] {
            let line = sentence.trim_end().replace('\n', " ");
            let rest =
                "\nThe following files will be updated as part of updating to 13.2-RELEASE-p4:\n/bin/sh\n";
            let text = format!("x\n{sentence}/etc/motd\n/etc/ssl/cert.pem\n{rest}");
            assert_eq!(told(&text), [&*format!("{line} /etc/motd, /etc/ssl/cert.pem")]);
            let many: String = (0..25).map(|n| format!("/etc/{n}\n")).collect();
            let told = told(&format!("{sentence}{many}{rest}"));
            assert!(told.len() == 1 && told[0].ends_with("/etc/18, /etc/19 and 5 more"), "{told:?}");
        }
        let old = "WARNING: FreeBSD 13.1-RELEASE-p9 HAS PASSED ITS END-OF-LIFE DATE.";
        let soon = "WARNING: FreeBSD 13.2-RELEASE is approaching its End-of-Life date.";
        assert_eq!(told(&format!("\n{old}\nAny security issues discovered after\n{old}\n")), [old]);
        assert_eq!(told(&format!("a\n{soon}\nIt is strongly recommended that you upgrade\n")), [soon]);
        let said = Output { stderr: soon.into(), ..Output::default() };
        assert_eq!(reservations(&said, vec![soon].into()), [soon], "once");
        assert_eq!(told("No updates needed to update system to 13.2-RELEASE-p4.\n"), [""; 0]);
    }
}
