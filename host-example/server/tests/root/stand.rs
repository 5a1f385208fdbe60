//! The program with a configuration of its own and no class, as somebody starts it, and clients of its socket.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(crate) const WAIT: Duration = Duration::from_secs(60);

/// A folder that goes with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("sysadmd-root-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("lib")).expect("a folder");
        Folder(path)
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Write its configuration, with more in it.
    pub(crate) fn configure(&self, more: &Value) {
        let mut config = json!({
            "socket": {"path": self.at("sock")}, "full_group": "", "limited_group": "", "run": self.at("run"),
            "accounts": self.at("accounts"), "modules": {"folders": [self.at("lib")]}, "limits": {"drain_s": 1},
        });
        merge(&mut config, more);
        self.write("config.json", &config.to_string());
    }

    /// A file that others cannot write.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).expect("written");
        fs::set_permissions(self.at(name), fs::Permissions::from_mode(0o600)).expect("its mode");
    }

    /// A program with this text. Another process puts it to its place: what is open for writing here, what other tests start has, too,
    /// and a program that is open so is not started.
    pub(crate) fn program(&self, name: &str, text: &str) {
        self.write("draft", text);
        let install =
            Command::new("install").args(["-m", "700"]).arg(self.at("draft")).arg(self.at(name)).status();
        assert!(install.is_ok_and(|status| status.success()), "not installed");
    }

    /// Copy the server's program, likewise.
    pub(crate) fn copy_program(&self, to: &Path) {
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_sysadmd")).arg(to).status();
        assert!(copied.is_ok_and(|status| status.success()), "not copied");
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmd"));
        command.arg("--config").arg(self.at("config.json")).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn merge(into: &mut Value, more: &Value) {
    match (into.as_object_mut(), more.as_object()) {
        (Some(there), Some(more)) => {
            for (key, value) in more {
                merge(there.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        _ => *into = more.clone(),
    }
}

/// A server; killed when it is dropped, if it has not ended.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) folder: Folder,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// One that serves.
    pub(crate) fn start(folder: Folder, more: &Value) -> Server {
        folder.configure(more);
        let command = folder.command();
        Server::run(folder, command)
    }

    /// The same, by this command.
    pub(crate) fn run(folder: Folder, mut command: Command) -> Server {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it runs");
        let (log, lines) = (Arc::<Mutex<String>>::default(), child.stderr.take().expect("piped"));
        let read = Arc::clone(&log);
        std::thread::Builder::new()
            .spawn(move || {
                for line in BufReader::new(lines).lines().map_while(Result::ok) {
                    *read.lock().expect("no panic") += &format!("{line}\n");
                }
            })
            .expect("a thread");
        let server = Server { child, folder, log };
        server.until("serves", |server| UnixStream::connect(server.folder.at("sock")).is_ok());
        server
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("no panic").clone()
    }

    /// Wait until this is so.
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&Server) -> bool) {
        let until = Instant::now() + WAIT;
        while !is_so(self) {
            assert!(Instant::now() < until, "it never {what}: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn until_logged(&self, part: &str) {
        self.until(&format!("says {part:?}"), |server| server.log().contains(part));
    }

    pub(crate) fn signal(&self, name: &str) {
        kill(name, self.child.id());
    }

    /// Wait for its end.
    pub(crate) fn ended(&mut self, within: Duration) -> ExitStatus {
        let until = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().expect("our child") {
                return status;
            }
            assert!(Instant::now() < until, "it did not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn here(&self) -> Client {
        Client::new(&self.folder.at("sock"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn kill(name: &str, pid: u32) {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(status.expect("kill runs").success());
}

/// Somebody at a socket.
pub(crate) struct Client {
    pub(crate) stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Client {
    pub(crate) fn new(path: &Path) -> Client {
        let stream = UnixStream::connect(path).expect("it listens");
        stream.set_read_timeout(Some(WAIT)).expect("set");
        let lines = BufReader::new(stream.try_clone().expect("a descriptor"));
        Client { stream, lines }
    }

    pub(crate) fn send(&mut self, namespace: &str, name: &str, args: &Value) {
        let line = json!({"namespace": namespace, "name": name, "id": "1", "args": args});
        self.stream.write_all(format!("{line}\n").as_bytes()).expect("sent");
    }

    /// The next line; `null` if the connection has ended.
    pub(crate) fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("in time");
        serde_json::from_str(&line).unwrap_or_default()
    }

    /// The args of the answer.
    pub(crate) fn ask(&mut self, namespace: &str, name: &str, args: &Value) -> Value {
        self.send(namespace, name, args);
        self.next()["args"].take()
    }
}
