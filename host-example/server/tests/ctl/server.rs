//! Against the server itself, `sysadmd --sim`: what one has of the other is no more than the lines between them.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::stand::{Folder, Ran, beside, ctl, ended, signal};

/// A server, which ends with the test.
struct Server {
    child: Child,
    socket: PathBuf,
    _folder: Folder,
}

impl Server {
    /// `None` where what it needs is not built.
    fn start(name: &str) -> Option<Server> {
        for needed in ["libsysadm_iocage.so", "iocage-sim", "plugin-check"] {
            beside(needed)?;
        }
        let folder = Folder::new(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmd"));
        command.arg(format!("--sim={}", folder.0.display())).args(["--listen", "127.0.0.1:0"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let socket = lines
            .take_while(|line| !line.contains("Ctrl-C"))
            .find_map(|line| line.trim().strip_prefix("socket").map(|path| PathBuf::from(path.trim())));
        let server = Server { child, socket: socket.unwrap_or_default(), _folder: folder };
        assert!(server.socket.exists(), "no socket is told");
        Some(server)
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&ctl(&self.socket, args).output().expect("it runs"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        signal(&self.child, "TERM");
        let _ = self.child.wait();
    }
}

#[test]
fn the_server_does_what_is_typed() {
    let Some(server) = Server::start("server") else { return };
    let who = server.run(&["whoami"]);
    assert!(who.status == Some(0) && who.out.starts_with("access: full\nname: "), "{who:?}");
    server.run(&["run", "listjails"]).printed(
        "NAME  BOOT  IP4  JID  STATE  TAG   TYPE\n\
         base  off   -    -    down   base  jail\n\
         db    on    -    1    up     db    jail\n\
         web   off   -    -    down   web   jail\n",
    );
    server.run(&["run", "startjail", "jail=nope"]).said(1, "(unknown-jail, `jail`)");
    server.run(&["raw", "sysadm/nothing", "{}"]).said(1, "404");
    server
        .run(&["run", "createjail", "props=tag=new release=10.2-RELEASE", "--json"])
        .printed_json("createjail");
    // What the machine's mirror has for whoever wants to see a download come to its end.
    server
        .run(&["run", "createjail", "props=tag=newer release=10.3-RELEASE", "fetch=true", "--json"])
        .printed_json("createjail");
    server.run(&["run", "rpc/health"]).said(2, "`raw` asks what has no actions");
    server.run(&["raw", "rpc/health", "{}"]).printed_json("classes");

    // Another version of the module takes over, by the name that it has there and no other.
    let swapped = server.run(&["modules", "swap", "sysadm/iocage", "sysadm_iocage.so"]);
    assert_eq!(swapped.out, concat!("generation 2 serves (", env!("CARGO_PKG_VERSION"), "), before it 1\n"));
    server.run(&["modules", "swap", "sysadm/iocage", "../sysadm_iocage.so"]).said(1, "not taken");
    server.run(&["modules", "rollback", "sysadm/iocage"]).printed_part("generation 3 serves (");
    let listed = server.run(&["modules"]);
    assert!(listed.out.contains("sysadm/iocage  3           current"), "{listed:?}");
    server.run(&["run", "rpc/modules", "list", "--json"]).printed_json("list");
}

/// What a configuration allows and nobody is allowed without one: of a simulated machine there is none to be written.
#[test]
fn images_and_mounts_can_be_tried() {
    let Some(server) = Server::start("allowed") else { return };
    server.run(&["run", "exportjail", "jail=web", "--json"]).printed_json("exportjail");
    let share = std::fs::canonicalize(server.socket.with_file_name("share")).expect("it was made");
    assert!(std::fs::read_dir(&share).expect("a folder").count() > 0, "there is something to be seen");
    let source = format!("source={}", share.display());
    // The source is taken; what is looked at next is where it would go.
    let refused = server.run(&["run", "addmount", "jail=web", &source, "target=/not/there"]);
    refused.said(1, "(illegal-value, `target`)");
    server
        .run(&["run", "addmount", "jail=web", "source=/etc", "target=/not/there"])
        .said(1, "(denied, `source`)");
}

/// The one that lives keeps its accounts, whose passwords it has told.
#[test]
fn a_second_one_of_a_folder_changes_nothing_there() {
    let Some(server) = Server::start("second") else { return };
    let accounts = std::fs::read(server.socket.with_file_name("accounts")).expect("accounts");
    let mut second = Command::new(env!("CARGO_BIN_EXE_sysadmd"));
    let folder = server.socket.parent().expect("a folder").display();
    second.arg(format!("--sim={folder}")).args(["--listen", "127.0.0.1:0"]);
    let ran = Ran::of(&second.stdin(Stdio::null()).output().expect("it ends"));
    ran.said(1, &format!("a server listens at {} already", server.socket.display()));
    assert_eq!(std::fs::read(server.socket.with_file_name("accounts")).expect("accounts"), accounts);
}

#[test]
fn a_download_is_followed_killed_and_begun_for_others() {
    let Some(server) = Server::start("download") else { return };
    let create = ["run", "createjail", "props=tag=new release=12.4-RELEASE", "fetch=true"];
    let mut events = ctl(&server.socket, &["events", "--json", "dispatcher"]);
    let mut events = events.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let mut heard = BufReader::new(events.stdout.take().expect("piped")).lines().map_while(Result::ok);
    // It has subscribed when another's job is heard, so it is asked for one until then.
    let begun = server.run(&[&create[..], &["--no-wait"]].concat());
    let id = begun.out.trim().to_owned();
    assert!(id.starts_with("sysadm_iocage_createjail-{"), "{begun:?}");
    let downloads = |line: &String| {
        serde_json::from_str::<Value>(line).is_ok_and(|event| event["args"]["percent_done"].is_u64())
    };
    assert!(heard.any(|line| downloads(&line)), "no event tells how far it is");
    signal(&events, "INT");
    assert_eq!(events.wait().expect("it ends").code(), Some(130));
    let jobs = server.run(&["jobs"]);
    assert!(
        jobs.out.lines().nth(1).is_some_and(|line| line.starts_with(&id) && line.contains("running")),
        "{jobs:?}"
    );
    let killed = server.run(&["jobs", "kill", &id[id.len() - 10..id.len() - 1]]);
    killed.printed_part("createjail: the request was cancelled");
    server.run(&["jobs", "kill", &id]).said(1, "has finished already");
    let jobs = server.run(&["jobs"]);
    assert!(jobs.out.lines().any(|line| line.contains(" finished  cancelled ")), "{jobs:?}");
    server.run(&["jobs", "wait", &id]).said(1, "(cancelled)");

    // The same with somebody who waits for it, and Ctrl-C.
    let mut command = ctl(&server.socket, &create);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let running = || server.run(&["jobs"]).out.lines().any(|line| line.contains(" running "));
    while !running() {}
    signal(&child, "INT");
    Ran::of(&ended(child)).said(130, "(cancelled)");
    assert!(!running());
}
