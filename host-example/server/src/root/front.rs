//! The front as the part that is root sees it: a child that is told what it needs, and started again when it has gone.
//!
//! The listening sockets are made here and inherited, never accepted from: so the front can listen at any port without being root, and
//! when it has to be started again, whoever connects meanwhile waits for the new one.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use command_fds::{CommandFdExt, FdMapping};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use sysadm_host::Level;

use super::log::Log;
use crate::wire::start::Start;

/// The first descriptor of a listener in the child.
const FIRST: i32 = 3;
/// What it says when it accepts connections.
const READY: &[u8; 6] = b"ready\n";
/// The most bytes of a line of its log.
const MOST_LINE: u64 = 4096;
/// How long it has to begin.
const BEGIN: Duration = Duration::from_secs(10);
/// The pause before another start; twice as long each time that it did not last.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const LASTED: Duration = Duration::from_secs(60);
/// How long its last lines are waited for when it has ended.
const LAST_LINES: Duration = Duration::from_millis(500);
/// How long it may take to read what it is told.
const LISTENS: Duration = Duration::from_secs(2);

/// The front, and the thread that looks after it.
pub(crate) struct Front {
    shared: Arc<Shared>,
}

struct Shared {
    program: PathBuf,
    /// Closed when it is to end, so that who connects then is refused and does not wait.
    listeners: Mutex<Vec<TcpListener>>,
    log: Log,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    start: Start,
    input: Option<ChildStdin>,
    pid: Option<u32>,
    is_ready: bool,
    is_ending: bool,
    has_ended: bool,
}

impl Front {
    /// Start it. `start` lacks its listeners, which are told here. Comes back when it accepts connections.
    ///
    /// # Errors
    /// It did not begin; its log says why.
    pub(crate) fn start(
        program: &Path,
        listeners: Vec<TcpListener>,
        start: Start,
        log: Log,
    ) -> Result<Front, String> {
        let state =
            State { start, input: None, pid: None, is_ready: false, is_ending: false, has_ended: false };
        let shared = Arc::new(Shared {
            program: program.to_owned(),
            listeners: Mutex::new(listeners),
            log,
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let watched = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("sysadmd front".to_owned());
        thread.spawn(move || watched.watch()).map_err(|why| format!("no thread for the front: {why}"))?;
        let front = Front { shared };
        let (state, _) = front
            .shared
            .changed
            .wait_timeout_while(front.shared.state(), BEGIN, |state| !state.is_ready)
            .unwrap_or_else(PoisonError::into_inner);
        let is_ready = state.is_ready;
        drop(state);
        if is_ready {
            return Ok(front);
        }
        front.end(Duration::from_secs(1));
        Err("the process for the network did not begin; it has said why".to_owned())
    }

    /// Something of what it goes by has changed.
    pub(crate) fn tell(&self, start: Start) {
        let mut state = self.shared.state();
        let Start { listeners, become_ids, chroot, socket, .. } = state.start.clone();
        state.start = Start { listeners, become_ids, chroot, socket, ..start };
        let told = state.start.clone();
        if let Some(input) = &mut state.input
            && let Err(why) = write(input, &told)
        {
            // The next one is told when it begins.
            let text = format!("the front does not hear what has changed, and is killed: {why}");
            self.shared.log.line(Level::Warn, "front", &text);
            state.kill();
        }
    }

    /// It takes nothing new, and ends when what is in flight is answered. Does not wait for that.
    pub(crate) fn drain(&self) {
        let mut state = self.shared.state();
        state.is_ending = true;
        state.input = None;
        drop(state);
        self.shared.listeners().clear();
        self.shared.changed.notify_all();
    }

    /// Wait for its end; after `limit` it is ended.
    pub(crate) fn end(&self, limit: Duration) {
        self.drain();
        let ended = |limit| {
            let (state, _) = self
                .shared
                .changed
                .wait_timeout_while(self.shared.state(), limit, |state| !state.has_ended)
                .unwrap_or_else(PoisonError::into_inner);
            state.has_ended
        };
        if !ended(limit) && self.shared.state().pid.is_some() {
            self.shared.log.line(Level::Warn, "front", "the front did not end in time, and is killed");
            self.shared.state().kill();
            let _ = ended(Duration::from_secs(5));
        }
    }
}

impl State {
    fn kill(&self) {
        if let Some(pid) = self.pid.and_then(|pid| i32::try_from(pid).ok()) {
            // It may just have gone; its number is still ours, for it is forgotten when it has been waited for.
            let pid = nix::unistd::Pid::from_raw(pid);
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<TcpListener>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Start it, and again whenever it has ended before it should.
    fn watch(self: &Arc<Shared>) {
        let mut pause = PAUSE;
        while !self.state().is_ending {
            let begun = Instant::now();
            let ended = self.begin().and_then(|mut child| {
                // A process that it has left may have its pipes for as long as it likes: nobody waits for the ends of these.
                let (whole, is_whole) = mpsc::channel::<()>();
                if let Some(lines) = child.stderr.take() {
                    self.aside(move |shared| {
                        shared.log_lines(lines);
                        drop(whole);
                    })?;
                }
                if let Some(output) = child.stdout.take() {
                    self.aside(move |shared| shared.listen(output))?;
                }
                let ended = child.wait();
                self.state().pid = None;
                let _ = is_whole.recv_timeout(LAST_LINES);
                ended
            });
            let mut state = self.state();
            state.input = None;
            state.pid = None;
            if state.is_ending {
                break;
            }
            let how = ended.map_or_else(|why| why.to_string(), |status| status.to_string());
            pause = if begun.elapsed() >= LASTED { PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
            let text =
                format!("the front has ended ({how}), and is started again in {} ms", pause.as_millis());
            self.log.line(Level::Error, "front", &text);
            drop(self.changed.wait_timeout_while(state, pause, |state| !state.is_ending));
        }
        self.state().has_ended = true;
        self.changed.notify_all();
    }

    fn aside(self: &Arc<Shared>, work: impl FnOnce(&Shared) + Send + 'static) -> io::Result<()> {
        let shared = Arc::clone(self);
        let thread = std::thread::Builder::new().name("sysadmd front".to_owned());
        thread.spawn(move || work(&shared)).map(drop)
    }

    fn begin(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .arg("front")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .current_dir("/");
        let mut mappings = Vec::new();
        for (listener, child_fd) in self.listeners().iter().zip(FIRST..) {
            let parent_fd: OwnedFd = listener.as_fd().try_clone_to_owned()?;
            mappings.push(FdMapping { parent_fd, child_fd });
        }
        let numbers: Vec<i32> = mappings.iter().map(|mapping| mapping.child_fd).collect();
        command.fd_mappings(mappings).map_err(io::Error::other)?;
        let mut child = command.spawn()?;
        let mut input = child.stdin.take().ok_or_else(|| io::Error::other("no pipe"))?;
        let mut state = self.state();
        state.pid = Some(child.id());
        state.start.listeners = numbers;
        let start = state.start.clone();
        if let Err(why) = write(&mut input, &start) {
            self.log.line(Level::Warn, "front", &format!("cannot tell the front: {why}"));
            state.kill();
        }
        if !state.is_ending {
            state.input = Some(input);
        }
        Ok(child)
    }

    /// Wait until it says that it is ready. What it writes beside is for nobody, and read all the same: it is not to be held up.
    fn listen(&self, mut output: impl io::Read) {
        let mut word = [0; READY.len()];
        if output.read_exact(&mut word).is_ok() && word == *READY {
            self.state().is_ready = true;
            self.changed.notify_all();
        }
        let _ = io::copy(&mut output, &mut io::sink());
    }

    /// Its log, as lines of the front's, whatever it says that they are: it may be somebody else by now.
    fn log_lines(&self, lines: impl io::Read) {
        let mut lines = BufReader::new(lines);
        let mut line = Vec::new();
        while (&mut lines).take(MOST_LINE).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(line.trim_ascii_end());
            let (level, text) = match text.split_once(" front [0]: ") {
                Some((word, text)) => (Level::ALL.into_iter().find(|level| level.word() == word), text),
                None => (None, &*text),
            };
            self.log.line(level.unwrap_or(Level::Info), "front", text);
            line.clear();
        }
    }
}

/// In bounded time: one that was stopped or taken over may never read, and whoever waited for it would hear no signal.
fn write(input: &mut ChildStdin, start: &Start) -> io::Result<()> {
    let mut line = serde_json::to_vec(start)?;
    line.push(b'\n');
    fcntl(&*input, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    let (mut rest, until) = (&*line, Instant::now() + LISTENS);
    while !rest.is_empty() {
        match input.write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) if why.kind() != io::ErrorKind::WouldBlock || Instant::now() >= until => {
                return Err(why);
            }
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::LogLevel;
    use crate::wire::start::Limits;

    #[test]
    fn one_that_has_left_a_process_behind_is_started_again() {
        let folder = std::env::temp_dir().join(format!("sysadmd-left-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder");
        let (program, starts) = (folder.join("front"), folder.join("starts"));
        let text = format!("#!/bin/sh\necho one >> {}\necho ready\n/bin/sleep 20 &\n", starts.display());
        std::fs::write(&program, text).expect("written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("its mode");
        let log = Log::new(LogLevel::Error).expect("a thread");
        let start = Start {
            socket: String::new(),
            listeners: Vec::new(),
            become_ids: None,
            chroot: None,
            certificate: String::new(),
            key: String::new(),
            origins: Vec::new(),
            login_s: 30,
            limits: Limits::default(),
            log: "info".to_owned(),
        };
        let front = Front::start(&program, Vec::new(), start, log).expect("it is ready");
        let until = Instant::now() + Duration::from_secs(60);
        let count = || std::fs::read_to_string(&starts).unwrap_or_default().lines().count();
        while count() < 2 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(count() >= 2, "it was not started again");
        front.end(Duration::from_secs(10));
        let _ = std::fs::remove_dir_all(&folder);
    }
}
