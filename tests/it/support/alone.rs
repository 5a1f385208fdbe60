//! A test in a process of its own: one that looks at the process's memory,
//! descriptors and maps would see what the tests beside it do.

use std::process::Command;

const MARK: &str = "SYSADM_IT_ALONE";

/// Run `body` in a process that runs nothing but this test, whose full name is
/// `test`.
pub fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var_os(MARK).is_some_and(|name| name == test) {
        return body();
    }
    let program = std::env::current_exe().expect("the test's own path");
    let output = Command::new(program)
        .args(["--exact", test, "--nocapture"])
        .env(MARK, test)
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    let said = String::from_utf8_lossy(&output.stderr);
    // A name that is none runs nothing, successfully.
    assert!(output.status.success() && text.contains("1 passed"), "{said}");
    // What it has not tried is to be seen here, as of a test beside others.
    for (_, why) in said.lines().filter_map(|line| line.split_once("skipped: ")) {
        super::tell(why);
    }
}
