//! A server over a simulated machine, and clients for its sockets.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Folder, Machine, artifacts, target};

pub const WAIT: Duration = Duration::from_secs(30);

/// A server. Killed when it is dropped, if it has not ended.
pub struct Served {
    pub machine: Machine,
    pub folder: Folder,
    child: Child,
    log: Arc<Mutex<String>>,
}

/// A program of the server's crate.
pub fn program(name: &str) -> PathBuf {
    artifacts();
    target().join("debug").join(name)
}

impl Served {
    /// One over this machine, with more in its configuration.
    pub fn new(state: &Value, more: &Value) -> Served {
        Served::over(Machine::new(state), more)
    }

    pub fn over(machine: Machine, more: &Value) -> Served {
        let folder = Folder::new();
        let at = |name: &str| folder.0.join(name);
        std::fs::create_dir(at("lib")).expect("a folder");
        std::fs::copy(&artifacts().module, at("lib/sysadm_iocage.so")).expect("copied");
        let class: Value = serde_json::from_str(&machine.config()).expect("JSON");
        let mut config = json!({
            "socket": {"path": at("sysadmd.sock")}, "full_group": "", "limited_group": "", "accounts": at("accounts"),
            "run": at("run"), "log": "debug",
            "modules": {
                "folders": [at("lib")], "prober": artifacts().check, "classes": {"sysadm/iocage": class}
            },
            "tls": {"listen": ["127.0.0.1:0"], "certificate": at("cert.pem"), "key": at("key.pem")},
        });
        merge(&mut config, more);
        let log = Arc::default();
        write_config(&at("config.json"), &config);
        accounts(&at("accounts"));
        let child = start(&at("config.json"), &log);
        let served = Served { machine, folder, child, log };
        served.until_it("serves", || UnixStream::connect(served.socket()).is_ok());
        served
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.0.join("sysadmd.sock")
    }

    pub fn accounts(&self) -> PathBuf {
        self.folder.0.join("accounts")
    }

    /// Give it another configuration, which it does not read by itself.
    pub fn configure(&self, more: &Value) {
        let file = self.folder.0.join("config.json");
        let mut config = serde_json::from_slice(&std::fs::read(&file).expect("there")).expect("JSON");
        merge(&mut config, more);
        write_config(&file, &config);
    }

    pub fn log(&self) -> String {
        self.log.lock().expect("no panic").clone()
    }

    /// The address at which it listens.
    pub fn address(&self) -> String {
        self.until_it("listens", || self.log().contains("listens at https://"));
        let log = self.log();
        let (_, rest) = log.split_once("listens at https://").expect("just seen");
        rest.split('/').next().expect("an address").to_owned()
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Wait for its end; how it ended.
    pub fn wait(&mut self) -> std::process::ExitStatus {
        let until = Instant::now() + WAIT;
        loop {
            if let Some(status) = self.child.try_wait().expect("our child") {
                return status;
            }
            assert!(Instant::now() < until, "it did not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn until_it(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let until = Instant::now() + WAIT;
        while !is_so() {
            assert!(Instant::now() < until, "it never {what}: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// A client at the socket of this machine.
    pub fn here(&self) -> Lines {
        Lines::connect(&self.socket())
    }

    /// A client that speaks as the front does for somebody at this address.
    pub fn as_front(&self, address: &str, form: &str) -> Lines {
        let mut lines = Lines::connect(&self.folder.0.join("run/front/front.sock"));
        lines.send(&json!({"peer": format!("{address}:1"), "form": form}));
        lines
    }

    /// The same, with an account's login.
    pub fn of(&self, name: &str) -> Lines {
        let mut lines = self.as_front("192.0.2.1", "websocket");
        lines.log_in(name);
        lines
    }

    /// `sysadmctl` with these words and this on its standard input: what it printed, in both streams, and its status.
    pub fn ctl(&self, words: &[&str], input: &str) -> (String, String, Option<i32>) {
        let mut command = Command::new(program("sysadmctl"));
        command.arg("--socket").arg(self.socket()).args(words);
        run(command, input)
    }

    /// curl, for a path of the server: the status and the body.
    pub fn curl(&self, words: &[&str], path: &str) -> (u16, String) {
        let mut command = Command::new("curl");
        command.args(["-sk", "--max-time", "60", "-w", "\n%{http_code}"]).args(words);
        command.arg(format!("https://{}{path}", self.address()));
        let (out, err, _) = run(command, "");
        let (body, status) = out.rsplit_once('\n').unwrap_or_else(|| panic!("{out:?} {err}"));
        (status.parse().expect("a status"), body.to_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Python with clients that nobody here has written.
pub static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = target().join("python");
    let python = folder.join("bin/python3");
    let has_them = |python: &PathBuf| {
        let mut look = Command::new(python);
        look.args(["-c", "import websockets, ansible"]).stderr(Stdio::null());
        look.status().is_ok_and(|status| status.success())
    };
    if !has_them(&python) {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(&folder);
        let (_, err, status) = run(venv, "");
        assert_eq!(status, Some(0), "python3 -m venv: {err}");
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.args(["websockets==15.0.1", "ansible-core==2.17.7"]);
        let (_, err, status) = run(pip, "");
        assert_eq!(status, Some(0), "{err}");
    }
    python
});

/// Run a command to its end.
pub fn run(mut command: Command, input: &str) -> (String, String, Option<i32>) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|why| panic!("{command:?}: {why}"));
    // Whoever does not read it has said what he had to.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// alice has full access, bob limited, carol full and three actions. The password of each is the name and `-secret`.
/// Each server has a file of its own, as sysadmctl leaves it; made once, for a digest of a password is meant to take its time.
pub fn accounts(file: &Path) {
    static MADE: LazyLock<(Vec<u8>, Permissions)> = LazyLock::new(|| {
        let folder = Folder::new();
        let made = folder.0.join("accounts");
        make_accounts(&made);
        let permissions = std::fs::metadata(&made).expect("there").permissions();
        (std::fs::read(&made).expect("there"), permissions)
    });
    std::fs::write(file, &MADE.0).expect("written");
    std::fs::set_permissions(file, MADE.1.clone()).expect("ours");
}

fn make_accounts(file: &Path) {
    let ctl = |words: &[&str], input: &str| {
        let mut command = Command::new(program("sysadmctl"));
        command.args(words).arg("--accounts").arg(file);
        let (out, err, status) = run(command, input);
        assert_eq!(status, Some(0), "{words:?}: {out}{err}");
    };
    for (name, role) in [("alice", "full"), ("bob", "limited"), ("carol", "full")] {
        ctl(&["user", "add", name, "--role", role, "--password-stdin"], &format!("{name}-secret\n"));
    }
    let actions = ["sysadm/iocage/listjails", "sysadm/iocage/stopjail", "rpc/dispatcher/list"];
    ctl(&[&["user", "actions", "carol"], &actions[..]].concat(), "");
}

fn merge(config: &mut Value, more: &Value) {
    for (key, value) in more.as_object().expect("an object") {
        match config.get_mut(key).filter(|old| old.is_object() && value.is_object()) {
            Some(old) => merge(old, value),
            None if value.is_null() => drop(config.as_object_mut().expect("an object").remove(key)),
            None => config[key] = value.clone(),
        }
    }
}

fn write_config(file: &Path, config: &Value) {
    std::fs::write(file, config.to_string()).expect("written");
}

fn start(config: &Path, log: &Arc<Mutex<String>>) -> Child {
    let mut child = Command::new(program("sysadmd"))
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let (mut stderr, log) = (child.stderr.take().expect("piped"), Arc::clone(log));
    #[expect(clippy::disallowed_methods, reason = "a test is no module")]
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = stderr.read(&mut piece) {
            log.lock().expect("no panic").push_str(&String::from_utf8_lossy(&piece[..count]));
        }
    });
    child
}

/// A client of lines.
pub struct Lines {
    stream: UnixStream,
    reader: BufReader<UnixStream>,
    number: u32,
    /// What came and nobody has asked for yet.
    kept: Vec<Value>,
}

impl Lines {
    pub fn connect(path: &Path) -> Lines {
        let stream = UnixStream::connect(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        stream.set_read_timeout(Some(WAIT)).expect("a limit");
        let reader = BufReader::new(stream.try_clone().expect("a second one"));
        Lines { stream, reader, number: 0, kept: Vec::new() }
    }

    pub fn send(&mut self, line: &Value) {
        self.send_text(&line.to_string());
    }

    pub fn send_text(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\n").as_bytes()).expect("sent");
    }

    /// What it reads from.
    pub fn raw(&mut self) -> &mut BufReader<UnixStream> {
        &mut self.reader
    }

    /// Nothing more is sent.
    pub fn finish(&self) {
        self.stream.shutdown(Shutdown::Write).expect("half closed");
    }

    /// The next line; none at the end.
    pub fn read(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => None,
            Err(why) if why.kind() == std::io::ErrorKind::ConnectionReset => None,
            read => {
                read.expect("a line in time");
                Some(serde_json::from_str(&line).unwrap_or_else(|why| panic!("{why}: {line}")))
            }
        }
    }

    /// Send a request without waiting; its id.
    pub fn begin(&mut self, class: &str, args: Value) -> String {
        self.number += 1;
        let id = format!("id-{}", self.number);
        let (namespace, name) = class.split_once('/').expect("NAMESPACE/NAME");
        self.send(&json!({"namespace": namespace, "name": name, "id": id, "args": args}));
        id
    }

    /// The answer of this id; what comes before is kept.
    pub fn answer(&mut self, id: &str) -> Value {
        if let Some(at) = self.kept.iter().position(|line| line["id"] == id) {
            return self.kept.remove(at);
        }
        loop {
            let line = self.read().expect("the connection goes on");
            if line["id"] == id {
                return line;
            }
            self.kept.push(line);
        }
    }

    /// The answer's line.
    pub fn ask_line(&mut self, class: &str, args: Value) -> Value {
        let id = self.begin(class, args);
        self.answer(&id)
    }

    /// The answer's args.
    pub fn ask(&mut self, class: &str, args: Value) -> Value {
        self.ask_line(class, args)["args"].take()
    }

    /// The status: 200, or the code of an error.
    pub fn status(&mut self, class: &str, args: Value) -> u16 {
        let line = self.ask_line(class, args);
        if line["name"] != "error" {
            return 200;
        }
        line["args"]["code"].as_str().and_then(|code| code.parse().ok()).expect("a code")
    }

    pub fn log_in(&mut self, name: &str) -> String {
        let args = self.ask("rpc/auth", json!({"username": name, "password": format!("{name}-secret")}));
        args[0].as_str().unwrap_or_else(|| panic!("{name}: {args}")).to_owned()
    }

    /// The next event of this name.
    pub fn event(&mut self, name: &str) -> Value {
        let is_it = |line: &Value| line["namespace"] == "events" && line["name"] == name && line["id"] == "";
        if let Some(at) = self.kept.iter().position(is_it) {
            return self.kept.remove(at)["args"].take();
        }
        loop {
            let mut line = self.read().expect("the connection goes on");
            if is_it(&line) {
                return line["args"].take();
            }
            self.kept.push(line);
        }
    }
}

/// A machine with one jail that runs and one that does not.
pub fn usual() -> Value {
    json!({"version": "1.13", "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"],
        "jails": [{"name": "db", "jid": 1}, {"name": "web"}]}]})
}
