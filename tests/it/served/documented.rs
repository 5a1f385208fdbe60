//! The examples of `include/doc/server.md`, as they are printed: curl, Python, Ansible.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::stand::{PYTHON, Served, run, usual};
use crate::support::root;

const EXAMPLES: &str = "<!-- examples -->";
const AFTER: &str = "<!-- end of the examples -->";

/// The first block of a language behind a mark of the page.
fn example(mark: &str, language: &str) -> String {
    let page = std::fs::read_to_string(root().join("include/doc/server.md")).expect("the page");
    let (_, examples) = page.split_once(mark).expect("they are marked");
    let (_, begun) = examples.split_once(&format!("```{language}\n")).expect("one of that language");
    begun.split("```").next().expect("its end").to_owned()
}

#[test]
fn the_examples_do_what_the_page_says() {
    let served = Served::new(&usual(), &json!({}));
    let address = served.address();
    let accounts = served.accounts();
    let words =
        ["token", "add", "alice", "--note", "examples", "--accounts", accounts.to_str().expect("ours")];
    let (out, err, status) = served.ctl(&words, "");
    assert_eq!(status, Some(0), "{err}");
    let token = out.split_whitespace().find(|word| word.starts_with("sat_")).expect("the token").to_owned();
    let certificate = served.folder.0.join("cert.pem");
    let folder = served.folder.0.join("client");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::copy(certificate, folder.join("sysadmd.crt")).expect("copied");
    let try_it = |program: &Path, file: &str, text: &str| {
        std::fs::write(folder.join(file), text).expect("written");
        let mut command = Command::new(program);
        command.arg(file).current_dir(&folder).env("TOKEN", &token).env("HOST", &address);
        command.env("HOME", &folder).env("LC_ALL", "C.UTF-8");
        run(command, "")
    };
    let play = |program: &Path, file: &str, language: &str| {
        let (out, err, status) = try_it(program, file, &example(EXAMPLES, language));
        assert_eq!(status, Some(0), "{file}: {out}{err}");
        out
    };
    let out = play(Path::new("sh"), "example.sh", "sh");
    assert!(out.contains("\"db\":") && out.contains("\"state\":\"finished\""), "{out}");
    let out = play(Path::new("python3"), "example.py", "python");
    assert!(out.contains("'db'") && out.contains("createjail"), "{out}");
    let ansible = PYTHON.with_file_name("ansible-playbook");
    let out = play(&ansible, "example.yaml", "yaml");
    assert!(out.contains("failed=0") && out.contains("changed=1"), "{out}");
    // A second time there are such jails, and no example ends as if all were well.
    for (program, file, language) in [("sh", "example.sh", "sh"), ("python3", "example.py", "python")] {
        let (out, err, status) = try_it(Path::new(program), file, &example(EXAMPLES, language));
        assert_eq!(status, Some(1), "{file}: {out}{err}");
    }
    let (out, err, status) = try_it(&PYTHON, "listen.py", &example(AFTER, "python"));
    assert!(status == Some(0) && out.contains("sysadm/iocage"), "{out}{err}");
    let list = served.here().ask("sysadm/iocage", json!({"action": "listjails"}));
    let jails: Vec<_> = list["listjails"].as_object().expect("jails").keys().collect();
    assert_eq!(jails, ["db", "web", "web1", "web2", "web3"]);
}
