//! A terminal of a test's own, and a host that has it for its standard error and is its session.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::process::{eventually, heeds_signals};

pub(super) struct Terminal {
    keyboard: File,
    screen: OwnedFd,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    #[expect(clippy::disallowed_methods, reason = "a test is no module")]
    pub(super) fn new(columns: u16) -> Terminal {
        let (mut keyboard, mut screen) = (-1, -1);
        let mut size = libc::winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: two numbers to be written, and a size.
        let opened = unsafe {
            libc::openpty(
                &raw mut keyboard,
                &raw mut screen,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                &raw mut size,
            )
        };
        assert_eq!(opened, 0, "a terminal");
        // SAFETY: just opened, and ours.
        let (keyboard, screen) = unsafe { (File::from_raw_fd(keyboard), OwnedFd::from_raw_fd(screen)) };
        let shown = Arc::<Mutex<Vec<u8>>>::default();
        let (mut seen, into) = (keyboard.try_clone().expect("ours"), Arc::clone(&shown));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = seen.read(&mut bytes) {
                into.lock().expect("no panic").extend_from_slice(&bytes[..count]);
            }
        });
        Terminal { keyboard, screen, shown }
    }

    /// Start a program in a session of its own, whose terminal this is.
    pub(super) fn run(&self, command: &mut Command) -> Running {
        let screen = self.screen.as_raw_fd();
        let begin = move || {
            // SAFETY: both are calls that may be made there.
            if unsafe { libc::setsid() } < 0 || unsafe { libc::ioctl(screen, libc::TIOCSCTTY, 0) } < 0 {
                return Err(std::io::Error::last_os_error());
            }
            Ok(())
        };
        // SAFETY: it allocates nothing.
        unsafe { command.pre_exec(begin) };
        let stderr = Stdio::from(self.screen.try_clone().expect("ours"));
        Running::of(&mut heeds_signals(command).stderr(stderr).spawn().expect("it runs"))
    }

    pub(super) fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("ours");
    }

    /// All that it shows, when nothing more comes.
    pub(super) fn text(&self) -> String {
        let mut before = None;
        loop {
            let now = self.shown();
            if before.as_ref() == Some(&now) {
                return now;
            }
            before = Some(now);
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("no panic")).into_owned()
    }

    pub(super) fn wait_for(&self, text: &str) {
        eventually(text, || self.shown().contains(text));
    }
}

/// A host that is asked by lines.
pub(super) struct Running {
    pid: libc::pid_t,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Running {
    pub(super) fn of(child: &mut Child) -> Running {
        Running {
            pid: libc::pid_t::try_from(child.id()).expect("a process id"),
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().expect("piped")),
        }
    }

    pub(super) fn send(&mut self, args: &Value) {
        writeln!(self.input.as_mut().expect("piped"), "{args}").expect("it reads");
    }

    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("UTF-8");
        line
    }

    /// Nobody asks any more: the rest of what it says, and its exit status.
    pub(super) fn finish(mut self) -> (String, Option<i32>) {
        drop(self.input.take());
        self.end()
    }

    /// It ends by itself.
    pub(super) fn end(mut self) -> (String, Option<i32>) {
        let (mut rest, mut status) = (String::new(), 0);
        self.output.read_to_string(&mut rest).expect("UTF-8");
        // SAFETY: our own child, which nobody else waits for.
        assert_eq!(unsafe { libc::waitpid(self.pid, &raw mut status, 0) }, self.pid);
        self.pid = 0;
        (rest, libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.input.take());
        if self.pid > 0 {
            let mut status = 0;
            // SAFETY: as above; it ends with its input.
            unsafe { libc::waitpid(self.pid, &raw mut status, 0) };
        }
    }
}
