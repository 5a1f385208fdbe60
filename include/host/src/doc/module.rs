/// A folder of our own with a module in it: `example/echo` of `include/template/rust`, as
/// this checkout builds it. Where there is no checkout, there is nothing to be shown.
fn module() -> (std::path::PathBuf, std::path::PathBuf) {
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let checkout = own.join("../..");
    if !checkout.join("include/template/rust").exists() {
        std::process::exit(0);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = checkout.join("target/examples-of-the-documentation");
    let mut build = std::process::Command::new(cargo);
    build.args(["build", "--quiet", "--offline", "-p", "echo-class", "--target-dir"]).arg(&target);
    let built = build.current_dir(&checkout).env("CARGO_PROFILE_DEV_DEBUG", "0").status();
    assert!(built.is_ok_and(|status| status.success()), "the example class is not built");
    let started = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
    let folder = std::env::temp_dir().join(format!("sysadm-host-doc-{}-{started}", std::process::id()));
    std::fs::DirBuilder::new().create(&folder).expect("a folder");
    let module = folder.join("echo.so");
    std::fs::copy(target.join("debug/libecho_class.so"), &module).expect("copied");
    (folder, module)
}
