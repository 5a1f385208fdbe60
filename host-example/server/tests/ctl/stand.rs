//! A stand-in for the server, and the program as somebody runs it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(crate) const DESCRIBED: &str = include_str!("described.json");
pub(crate) const JOB: &str = "sysadm_iocage_createjail-{3f2b4c1e-5d0a-4c8e-9a57-0f3d2b7c6e11}";

/// A folder that goes with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("sysadmctl-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).expect("a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a stand-in writes.
#[derive(Clone)]
pub(crate) struct Pen(Arc<Mutex<UnixStream>>);

impl Pen {
    /// A line as it is.
    pub(crate) fn line(&self, line: &str) {
        let _ = self.0.lock().expect("whole").write_all(format!("{line}\n").as_bytes());
    }

    /// The answer to a request.
    pub(crate) fn answer(&self, to: &Value, args: &Value) {
        let (id, namespace) = (&to["id"], &to["namespace"]);
        self.line(&format!(r#"{{"args":{args},"id":{id},"name":"response","namespace":{namespace}}}"#));
    }

    /// An error in its place.
    pub(crate) fn error(&self, to: &Value, args: &Value) {
        self.line(&format!(r#"{{"args":{args},"id":{},"name":"error","namespace":"error"}}"#, to["id"]));
    }

    pub(crate) fn event(&self, args: &Value) {
        self.line(&json!({"args": args, "id": "", "name": "dispatcher", "namespace": "events"}).to_string());
    }

    /// No more from here.
    pub(crate) fn close(&self) {
        let _ = self.0.lock().expect("whole").shutdown(std::net::Shutdown::Both);
    }
}

/// The stand-in; what it was asked is kept.
pub(crate) struct Stand {
    folder: Folder,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Stand {
    /// One that describes the recorded classes, and answers everything else by this function.
    pub(crate) fn new(name: &str, answer: impl Fn(&Value, &Pen) + Send + Sync + 'static) -> Stand {
        let folder = Folder::new(name);
        let listener = UnixListener::bind(folder.0.join("sock")).expect("a socket");
        let asked = Arc::<Mutex<Vec<Value>>>::default();
        let (seen, answer) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::Builder::new()
            .spawn(move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    serve(stream, &seen, &*answer);
                }
            })
            .expect("a thread");
        Stand { folder, asked }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.0.join("sock")
    }

    /// Run it, asking this one.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&ended(self.start(args)))
    }

    pub(crate) fn start(&self, args: &[&str]) -> Child {
        ctl(&self.socket(), args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
    }

    /// The args of what it was asked, but for the description, each with its class.
    pub(crate) fn asked(&self) -> Vec<(String, Value)> {
        let asked = self.asked.lock().expect("whole");
        let word = |request: &Value, key: &str| request[key].as_str().unwrap_or_default().to_owned();
        let all = asked.iter().map(|request| {
            (format!("{}/{}", word(request, "namespace"), word(request, "name")), request["args"].clone())
        });
        all.filter(|(class, _)| class != "rpc/describe").collect()
    }

    /// Wait until it was asked so.
    pub(crate) fn until_asked(&self, is_so: impl Fn(&Value) -> bool) {
        let begun = Instant::now();
        while !self.asked().iter().any(|(_, args)| is_so(args)) {
            assert!(begun.elapsed() < Duration::from_secs(60), "it was asked {:?}", self.asked());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn serve(stream: UnixStream, seen: &Mutex<Vec<Value>>, answer: &dyn Fn(&Value, &Pen)) {
    let pen = Pen(Arc::new(Mutex::new(stream.try_clone().expect("a descriptor"))));
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let request: Value = serde_json::from_str(&line).expect("a request is JSON");
        seen.lock().expect("whole").push(request.clone());
        if request["name"] == "describe" {
            pen.answer(&request, &serde_json::from_str(DESCRIBED).expect("JSON"));
        } else {
            answer(&request, &pen);
        }
    }
}

/// What lies beside the program, if it was built.
pub(crate) fn beside(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_BIN_EXE_sysadmctl")).with_file_name(name);
    if !path.exists() {
        crate::skipped::tell(&format!("{name} is not built"));
    }
    path.exists().then_some(path)
}

/// It has ended, by itself or because it takes longer than any of these may.
pub(crate) fn ended(child: Child) -> Output {
    let (done, is_done) = mpsc::channel::<()>();
    let id = child.id().to_string();
    let watch = std::thread::Builder::new().spawn(move || {
        if is_done.recv_timeout(Duration::from_secs(60)) == Err(mpsc::RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-KILL", &id]).status();
        }
    });
    let output = child.wait_with_output().expect("it ends");
    drop(done);
    watch.expect("a thread").join().expect("it watched");
    output
}

/// Send one a signal.
pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|sent| sent.success()), "no signal was sent");
}

/// The program, asking this server.
pub(crate) fn ctl(socket: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmctl"));
    command.env_remove("SYSADMD_SOCKET").stdin(Stdio::null()).arg("--socket").arg(socket).args(args);
    command
}

/// What became of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { status: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// It did it, and printed this and nothing else.
    pub(crate) fn printed(&self, out: &str) {
        assert_eq!((self.status, &*self.out, &*self.err), (Some(0), out, ""));
    }

    /// It ended so, printed nothing, and said this among other things.
    pub(crate) fn said(&self, status: i32, part: &str) {
        assert!(
            self.status == Some(status) && self.out.is_empty() && self.err.contains(part),
            "not {status} and {part:?}, but {self:?}"
        );
    }

    /// It did it, and printed what begins so.
    pub(crate) fn printed_part(&self, part: &str) {
        assert!(self.status == Some(0) && self.out.starts_with(part), "not {part:?}, but {self:?}");
    }

    /// It did it, and printed an answer under this key.
    pub(crate) fn printed_json(&self, key: &str) {
        let printed: Value = serde_json::from_str(&self.out).unwrap_or_default();
        assert!(self.status == Some(0) && printed.get(key).is_some(), "{self:?}");
    }
}
