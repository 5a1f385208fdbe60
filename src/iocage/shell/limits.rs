//! What `cap` prints of limits, apart from what else it prints: for an unknown jail
//! its variables, which are nobody's to see.

use crate::iocage::output::{Output, Text};
use crate::iocage::text::{is_notice, status_lines};

/// How the lines of `cap` begin that speak of limits. They must begin so, as
/// a variable that is printed may hold any word.
const OF_LIMITS: [&str; 5] =
    ["+ Applying resource limits", "ERROR:", "FAILED to apply", "HINT : check man page", "rctl:"];

fn speaks_of_limits(line: &str) -> bool {
    OF_LIMITS.iter().any(|start| line.trim_start().starts_with(start))
}

pub(super) fn is_of_limits_alone(stdout: &str) -> bool {
    status_lines(stdout).all(|line| speaks_of_limits(&line) || is_notice(&line) || line == "OK")
}

pub(super) fn of_limits(text: &str) -> String {
    text.lines().filter(|line| speaks_of_limits(line)).map(|line| format!("{line}\n")).collect()
}

/// Keep what speaks of limits. Where standard output holds something else it is
/// the program's variables, and what looks like more is a line of a value.
pub(super) fn keep_limits(output: &mut Output) {
    let alone = is_of_limits_alone(&output.stdout);
    output.stdout = if alone { of_limits(&output.stdout).into() } else { Text::default() };
    output.stderr = of_limits(&output.stderr).into();
}
