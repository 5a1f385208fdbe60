//! The bench still runs and every line of it is there. It is not held to any time
//! here.

use std::process::Command;

#[test]
fn the_bench_runs() {
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).arg("--smoke").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for what in [
        "peak memory",
        "refused request, Rust door",
        "df, Python",
        "10000 jails, 64 threads: ratio",
        "16 MiB of the worst output",
        "worst args",
    ] {
        assert!(said.contains(what), "{what}: {said}");
    }
}
