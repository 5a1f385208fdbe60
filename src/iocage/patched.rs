//! What `freebsd-update` says of its work, whichever generation of iocage runs it.
//!
//! The words are those of its source (`usr.sbin/freebsd-update/freebsd-update.sh`). Where nothing is
//! to be installed the second half of its work, which iocage starts by itself, ends with a status
//! that is no 0, so that iocage takes what is up to date for a failure.

use crate::iocage::output::Output;
use crate::iocage::text::status_lines;

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
        if is_current { Patched::Current } else { Patched::Untold }
    }
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
            ("No mirrors remaining, giving up.\n", Patched::Untold),
            ("", Patched::Untold),
        ] {
            let output = Output { exit: Some(0), stdout: text.into(), ..Output::default() };
            assert_eq!(Patched::of(&output), expected, "{text}");
        }
    }
}
