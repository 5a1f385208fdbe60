//! What it says to who has forgotten something.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::stand::{Folder, Server};

#[test]
fn without_a_configuration_it_is_said_from_what_one_is_made() {
    let folder = Folder::new("no-config");
    let output = folder.command().stderr(Stdio::piped()).output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    for part in ["config.json", "sysadmd.json.sample", "--sim"] {
        assert!(said.contains(part), "{said}");
    }
    // Of one that is there and cannot be read it is no help.
    folder.write("config.json", "{");
    let output = folder.command().stderr(Stdio::piped()).output().expect("it ends");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("sample"));
}

/// Away from a checkout there is no stand-in for iocage beside the program.
#[test]
fn a_simulation_says_that_it_is_for_a_checkout() {
    let folder = Folder::new("installed");
    let program = folder.at("sysadmd");
    folder.copy_program(&program);
    let output = std::process::Command::new(program).arg("--sim").output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("--sim is for a checkout"), "{said}");
}

#[test]
fn that_modules_come_in_untried_is_told_at_the_start() {
    if std::path::Path::new(sysadm_host::INSTALLED).exists() {
        crate::skipped::tell(&format!("{} is there", sysadm_host::INSTALLED));
        return;
    }
    let server = Server::start(Folder::new("untried"), &json!({}));
    server.until_logged("modules are not tried before they are loaded (`modules.prober` names another)");
    let prober = json!({"modules": {"prober": "/nowhere/plugin-check"}});
    let server = Server::start(Folder::new("tried"), &prober);
    assert!(!server.log().contains("are not tried"), "one that is named is another matter");
}

/// Who does not read the log holds up nothing, an end among it.
#[test]
fn a_start_that_fails_ends_where_nobody_reads_why() {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let (_reader, writer) = nix::unistd::pipe().expect("a pipe");
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("set");
    while nix::unistd::write(&writer, b"x").is_ok() {}
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::empty())).expect("set");
    let folder = Folder::new("full-pipe");
    for (config, why) in [("", "there is none"), ("{\"run\":\"/dev/null/run\"}", "it has a log already")] {
        if !config.is_empty() {
            folder.write("config.json", config);
        }
        let out = writer.try_clone().expect("a descriptor");
        let mut child = folder.command().stderr(Stdio::from(out)).spawn().expect("it runs");
        let until = Instant::now() + Duration::from_secs(30);
        let ended = loop {
            match child.try_wait().expect("our child") {
                None if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
                ended => break ended,
            }
        };
        let _ = child.kill();
        let _ = child.wait();
        assert_eq!(ended.expect("it waits for who does not read").code(), Some(1), "{why}");
    }
}
