//! What is a configuration, and what is not.

use super::*;

#[test]
fn what_is_not_known_is_named() {
    for (text, named) in [
        (r#"{"sokcet":{}}"#, "sokcet"),
        (r#"{"tls":{"listen":[]}}"#, "tls.listen"),
        (r#"{"tls":{"listen":["[::1]:1","127.0.0.1:1","[::1]:1"]}}"#, "`tls.listen` names [::1]:1 twice"),
        (r#"{"tls":{"limits":{"connections":0}}}"#, "tls.limits.connections"),
        (r#"{"tls":{"listen":["localhost"]}}"#, "`tls.listen`: invalid socket address"),
        (r#"{"tls":{"listen":["localhost"]}}"#, r#"without it, it is ["127.0.0.1:12150"]"#),
        ("{\n\"log\": \"info\",\n \"tls\": {\"listen\":\n\"[::]:1\"}}", "`tls.listen`: invalid type"),
        (r#"{"modules":{"folders":["}\"a"],"door":"left"}}"#, "`modules.door`: unknown variant"),
        (r#"{"limits":{"reads":3,"changes":-1}}"#, "`limits.changes`: invalid value"),
        (r#"{"tls":{"limits":{"idle_s":"1"}}}"#, "`tls.limits.idle_s`: invalid type"),
        (r#"{"log":"loud"}"#, "`log`: unknown variant"),
        (r#"{"limits":{"reads":0}}"#, "limits"),
        (r#"{"limits":{"drain_s":18446744073709551615}}"#, "limits.drain_s"),
        (r#"{"limits":{"idle_s":1000000001}}"#, "limits.idle_s"),
        (r#"{"tls":{"limits":{"frame_bytes":18446744073709551615}}}"#, "tls.limits.frame_bytes"),
        (r#"{"modules":{"classes":{"sysadm/iocage":1}}}"#, "modules.classes"),
        (r#"{"modules":{"classes":{"sysadm/iocage":{},"sysadm/Iocage":{}}}}"#, "twice"),
        (
            r#"{"modules":{"classes":{"a/b":{},"sysadm/iocage":{"deny_actions":["a"],"deny_actions":[]}}}}"#,
            "`modules.classes.sysadm/iocage.deny_actions`: the key \"deny_actions\" is there twice at line 1",
        ),
        (
            r#"{"modules":{"classes":{"a/b":{"x":{"y":[{"z":0,"z":1}]}}}}}"#,
            "`modules.classes.a/b.x.y.z`: the key \"x.y.z\" is there twice",
        ),
        (r#"{"log":"info","log":"warn"}"#, "`log` is there twice at line 1"),
        (r#"{"log":"info","tls":{"limits":{}},"run":"/x","log":"warn"}"#, "`log` is there twice at line 1"),
        (
            r#"{"tls":{"user":"x","limits":{"idle_s":1,"header_s":2,"idle_s":2}}}"#,
            "`tls.limits.idle_s` is there twice at line 1",
        ),
        ("[]", "the configuration"),
        (r#"{"limits":[]}"#, "`limits`"),
        (r#"{"socket":["/a"]}"#, "`socket`"),
        (r#"{"tls":{"limits":[]}}"#, "`tls.limits`"),
    ] {
        let why = Config::parse(text).expect_err(text).to_string();
        assert!(why.contains(named), "{text}: {why}");
        let is_twice = why.contains("is there twice");
        let is_once = why.matches("`modules.classes`").count() < 2 && !why.contains("without it");
        assert!(!is_twice || is_once, "{text}: {why}");
    }
    Config::parse(r#"{"tls":{"listen":["127.0.0.1:0","127.0.0.1:0"]}}"#).expect("two ports");
    assert_eq!(Config::parse("{}").expect("the defaults"), Config::default());
    let written = serde_json::to_string(&Config::default()).expect("JSON");
    assert_eq!(Config::parse(&written).expect("its own"), Config::default());
}

#[test]
fn a_pipe_is_no_configuration_and_nobody_waits_for_it() {
    let path = std::env::temp_dir().join(format!("sysadmd-pipe-{}", std::process::id()));
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let why = Config::read(&path).expect_err("a pipe").to_string();
    let _ = std::fs::remove_file(&path);
    assert!(why.contains("no regular file"), "{why}");
}

#[test]
fn what_wants_another_start_is_told() {
    let old = Config::default();
    let new =
        Config::parse(r#"{"log":"debug","limited_group":"staff","limits":{"idle_s":60}}"#).expect("one");
    assert_eq!(old.needs_restart(&new), [""; 0]);
    // Which group the socket has counts, and not which key says it.
    let of_socket = |keys: &str| Config::parse(&format!("{{{keys}}}")).expect("one");
    for (keys, told) in [
        (
            r#""full_group":"staff""#,
            &["the socket's group, which is `full_group` without a `socket.group`, has changed"][..],
        ),
        (r#""full_group":"staff","socket":{"group":"wheel"}"#, &[]),
        (r#""socket":{"group":"wheel"}"#, &[]),
        (r#""socket":{"group":"staff"}"#, &["`socket.group` has changed"]),
        (r#""socket":{"path":"/x"}"#, &["`socket.path` has changed"]),
    ] {
        assert_eq!(old.needs_restart(&of_socket(keys)), told, "{keys}");
    }
    let new = Config::parse(r#"{"tls":{},"accounts":"/a","limits":{"reads":3,"drain_s":1}}"#).expect("one");
    let told = [
        "`accounts` has changed",
        "`tls` was added",
        "`limits` of work have changed",
        "`limits.drain_s` has changed",
    ];
    assert_eq!(old.needs_restart(&new), told);
    let tls = |keys: &str| Config::parse(&format!(r#"{{"tls":{{{keys}}}}}"#)).expect("one");
    for (keys, told) in [
        (r#""names":["a"]"#, &[][..]),
        (r#""user":"www""#, &["`tls.user` has changed"]),
        (r#""listen":["[::1]:1"]"#, &["`tls.listen` has changed"]),
        (r#""listen":["[::1]:1"],"user":"www""#, &["`tls.listen` and `tls.user` have changed"]),
    ] {
        assert_eq!(tls("").needs_restart(&tls(keys)), told, "{keys}");
    }
    assert_eq!(tls("").needs_restart(&old), ["`tls` was taken away"]);
}

#[test]
fn what_was_said_at_the_start_goes_before_the_file_each_time() {
    let file = std::env::temp_dir().join(format!("sysadmd-level-{}", std::process::id()));
    std::fs::write(&file, r#"{"log":"warn"}"#).expect("written");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("its mode");
    let mut source = Source { file, log: Some(LogLevel::Debug) };
    assert_eq!(source.read().expect("one").log, LogLevel::Debug);
    source.log = None;
    assert_eq!(source.read().expect("one").log, LogLevel::Warn);
    let _ = std::fs::remove_file(source.file);
}
