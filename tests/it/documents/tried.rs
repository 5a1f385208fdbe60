//! What pages give to be tried on a simulated machine, tried, on one of the test's own: the lines of the page on
//! long work, with a download that takes a second, and those of the page on the contract for the host in C.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{C11, Folder, artifacts, compile, root};

#[test]
fn the_download_of_the_page_on_long_work_is_slow_and_ends() {
    let page = fs::read_to_string(root().join("include/doc/long-work.md")).expect("a page");
    let blocks = super::blocks(page.split_once("## To try it").expect("a chapter").1);
    let folder = Folder::new();
    let machine = folder.0.join("slow").display().to_string();
    let program = artifacts().host.display().to_string();
    assert!(blocks[0].contains(": 30000/"), "{}", blocks[0]);
    let script = blocks[0]
        .replace("/tmp/slow", &machine)
        .replace("target/debug/host-example", &program)
        .replace(": 30000/", ": 1000/");
    let mut child = Command::new("sh")
        .args(["-euc", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    child.stdin.take().expect("piped").write_all(blocks[1].as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("Successfully created"), "{said}{log}");
    let state: Value =
        serde_json::from_slice(&fs::read(folder.0.join("slow/state.json")).expect("there")).expect("JSON");
    assert_eq!(state["mirror"], json!({"12.4-RELEASE": 1000}), "what it had is replaced");
}

#[test]
fn the_host_in_c_has_the_simulated_machine_of_the_page_on_the_contract() {
    let page = fs::read_to_string(root().join("include/doc/contract.md")).expect("a page");
    let block = super::blocks(&page).into_iter().find(|block| block.contains("iocage-sim init"));
    let block = block.expect("its lines");
    let folder = Folder::new();
    let host = folder.0.join("host");
    compile(C11, "host-example/c/host.c", &host, &["-pthread", "-ldl"]);
    let built = artifacts().host.parent().expect("a folder").display().to_string();
    let script = block
        .replace("/tmp/machine", &folder.0.join("machine").display().to_string())
        .replace("target/debug", &built)
        .replace("./host", &host.display().to_string());
    let output = Command::new("sh").args(["-euc", &script]).output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{log}");
    for part in ["\"ready\":true", "\"10.2-RELEASE\":{\"fetched\":\"yes\""] {
        assert!(said.contains(part), "{part}: {said}{log}");
    }
}
