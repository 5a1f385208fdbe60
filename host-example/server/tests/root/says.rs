//! What it says to who has forgotten something.

use std::process::Stdio;

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
    std::fs::copy(env!("CARGO_BIN_EXE_sysadmd"), &program).expect("copied");
    let output = std::process::Command::new(program).arg("--sim").output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("--sim is for a checkout"), "{said}");
}

#[test]
fn that_modules_come_in_untried_is_told_at_the_start() {
    if std::path::Path::new(sysadm_host::INSTALLED).exists() {
        eprintln!("skipped: {} is there", sysadm_host::INSTALLED);
        return;
    }
    let server = Server::start(Folder::new("untried"), &json!({}));
    server.until_logged("modules are not tried before they are loaded (`modules.prober` names another)");
    let prober = json!({"modules": {"prober": "/nowhere/plugin-check"}});
    let server = Server::start(Folder::new("tried"), &prober);
    assert!(!server.log().contains("are not tried"), "one that is named is another matter");
}
