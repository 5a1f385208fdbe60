//! `skipped!`, and that what it says is seen.

/// This is not tried, and why; as for `println`.
macro_rules! skipped {
    ($($sentence:tt)+) => { $crate::support::tell(&format!($($sentence)+)) };
}
pub(crate) use skipped;

const ASKED: &str = "SYSADM_SKIPPED";

#[test]
fn one_that_says_so_if_it_is_asked_to() {
    if std::env::var_os(ASKED).is_some() {
        skipped!("this is {}", "to be seen");
    }
}

#[test]
fn it_is_seen_though_the_test_passes() {
    let test = "support::untried::one_that_says_so_if_it_is_asked_to";
    let mut command = std::process::Command::new(std::env::current_exe().expect("this program"));
    let output = command.args(["--exact", test]).env(ASKED, "1").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("skipped: this is to be seen\n"), "{said}");
}
