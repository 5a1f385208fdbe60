//! A server in this process, of one module, for `--module`: it speaks the same lines over a pair of sockets, so that nothing else has to
//! know of it. Who has started this process may do with the module what the process may, so there are no accounts; and it ends with the
//! command, and its jobs with it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use sysadm_host::{Access, Host, JobLimits, Level, Listener, Policy, Request, Setup, Status};
use sysadm_host::{jobs_described, modules_described};

use super::failure::Failure;
use super::out::note;
use crate::config::Config;
use crate::wire::frame::{self, Code, Frame};

/// How long its end may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server; it ends when this is dropped.
pub(crate) struct Own {
    host: Arc<Host>,
    folder: PathBuf,
}

/// What is written to the one client, and whether he wants events.
struct Client {
    stream: Mutex<(UnixStream, bool)>,
}

impl Client {
    /// Nobody reads any more when the command ends, and then nothing is lost.
    fn write(&self, line: &[u8]) {
        let _ = self.stream.lock().unwrap_or_else(PoisonError::into_inner).0.write_all(line);
    }

    fn event(&self, name: &str, args: &str) {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        if stream.1 {
            let _ = stream.0.write_all(&frame::event(name, args, 0));
        }
    }

    fn subscribe(&self, wants: bool) {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner).1 = wants;
    }
}

impl Own {
    /// Load the module at `path`, with the configuration in a file, and the end of the connection to it.
    pub(crate) fn open(path: &Path, config: Option<&Path>) -> Result<(Own, UnixStream), Failure> {
        let typed = path.display();
        let not = |why: String| Failure::Unreachable(format!("{typed}: {why}"));
        let path = &std::path::absolute(path).map_err(|why| not(why.to_string()))?;
        let config = match config {
            None => "{}".to_owned(),
            Some(file) => of_class(file)?,
        };
        let (ours, theirs) = UnixStream::pair().map_err(|why| not(why.to_string()))?;
        let reads = ours.try_clone().map_err(|why| not(why.to_string()))?;
        let folder = nix::unistd::mkdtemp(&std::env::temp_dir().join("sysadmctl-XXXXXX"))
            .map_err(|why| not(format!("there is no folder for a copy of it: {why}")))?;
        let client = Arc::new(Client { stream: Mutex::new((ours, false)) });
        let (told, log) = (Arc::clone(&client), |level: Level, _: &str, text: &str, _: u64| {
            if level <= Level::Warn {
                note(text);
            }
        });
        let listener = Listener::new().on_event(move |name, args| told.event(name, args)).on_log(log);
        let setup = Setup::new(folder.join("stage"))
            .policy(Policy { drain: Duration::ZERO, ..Policy::default() })
            .services(Arc::new(listener))
            .jobs(JobLimits::default())
            .file_with(path, config);
        let opened = Host::open(setup).map_err(|why| match why.to_string() {
            // The host may have named it.
            why if path.to_str().is_some_and(|path| why.contains(path)) => Failure::Unreachable(why),
            why => not(why),
        });
        let host = opened.inspect_err(|_| drop(std::fs::remove_dir_all(&folder)))?;
        let own = Own { host: Arc::new(host), folder };
        let host = Arc::clone(&own.host);
        let serve =
            std::thread::Builder::new().name("server".to_owned()).spawn(move || serve(&host, &client, reads));
        serve.map_err(|why| not(why.to_string()))?;
        Ok((own, theirs))
    }
}

/// The configuration of a class, in a file. That of a server looks much alike to who has just been handed both.
fn of_class(file: &Path) -> Result<String, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|why| Failure::Usage(format!("{shown} cannot be read: {why}")))?;
    // The class takes nothing at all for no configuration; a file of which nothing was written says less than was meant.
    if text.trim_ascii().is_empty() {
        return Err(Failure::Usage(format!("{shown} is empty; `{{}}` is a configuration that says nothing")));
    }
    let servers = serde_json::to_value(Config::default()).unwrap_or_default();
    let keys = serde_json::from_str::<Map<String, Value>>(&text).unwrap_or_default();
    if !keys.is_empty() && keys.keys().all(|key| servers.get(key).is_some()) {
        return Err(Failure::Usage(format!(
            "{shown} is the configuration of a server; --config wants that of the class, an object which there stands under `modules.classes`"
        )));
    }
    Ok(text)
}

impl Drop for Own {
    fn drop(&mut self) {
        if !self.host.shut_down(PATIENCE) {
            note("the module did not end in time");
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Each request on a thread of its own: one that waits for a job holds up nobody.
fn serve(host: &Arc<Host>, client: &Arc<Client>, reads: UnixStream) {
    for line in BufReader::new(reads).split(b'\n') {
        let Ok(line) = line else { return };
        let (its_host, its_client) = (Arc::clone(host), Arc::clone(client));
        let begun = std::thread::Builder::new()
            .spawn(move || its_client.write(&answer(&its_host, &its_client, &line)));
        if begun.is_err() {
            client.write(&frame::error("\"\"", Status::Unavailable.into(), Some("no thread for it"), None));
        }
    }
}

fn answer(host: &Host, client: &Client, line: &[u8]) -> Vec<u8> {
    let frame = match Frame::read(line) {
        Ok(frame) => frame,
        Err(why) => return frame::error("\"\"", Status::BadRequest.into(), Some(&why), None),
    };
    let respond = |args: &[u8]| frame::response(&frame.id, &frame.name, &frame.namespace, args);
    let of_server = match (&*frame.namespace, &*frame.name) {
        ("rpc", "describe") => {
            let mut classes = host.modules().descriptions();
            classes.extend([jobs_described(), modules_described()]);
            Some(json!({ "classes": classes }))
        }
        ("rpc", "whoami") => Some(json!({"access": Access::Full.word(), "name": caller()})),
        ("events", "subscribe") => {
            client.subscribe(true);
            Some(json!({"subscribe": "dispatcher"}))
        }
        _ => None,
    };
    if let Some(args) = of_server {
        return respond(args.to_string().as_bytes());
    }
    let who = caller();
    let request = Request::new(&frame.namespace, &frame.name, frame.args, Access::Full);
    let answer = host.ask(&request.of_caller(&who));
    match answer.status {
        Status::Ok => respond(answer.args()),
        status => frame::error(&frame.id, Code::from(status), answer.why().as_deref(), None),
    }
}

/// Under which name the log and the jobs have it.
fn caller() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid());
    user.ok().flatten().map_or_else(|| nix::unistd::geteuid().to_string(), |user| user.name)
}
