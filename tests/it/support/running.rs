//! An example host in C or C++ that runs: it is asked by lines, and replaces its module when it
//! gets a SIGHUP.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The host, with its pipes.
pub struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Running {
    /// Start it over `module`, without a configuration; what it says goes to a file in `folder`.
    pub fn new(program: &Path, flags: &[&str], module: &Path, folder: &Path) -> Running {
        let log = folder.join("log");
        let mut child = Command::new(program)
            .env("TMPDIR", folder)
            .args(flags)
            .args(["-f", "-"])
            .arg(module)
            .arg("")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).expect("ours"))
            .spawn()
            .expect("it runs");
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        Running { child, input, output, log }
    }

    /// The line that it answers to an empty object.
    pub fn ask(&mut self) -> String {
        writeln!(self.input, "{{}}").expect("it reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        line
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).expect("there")
    }

    /// Have its module replaced before the next request.
    pub fn replace(&self) {
        // SAFETY: takes numbers only; it is our child.
        unsafe { libc::kill(self.child.id().cast_signed(), libc::SIGHUP) };
    }

    /// Was its end, when nobody asks any more, one in order?
    pub fn ends_well(mut self) -> bool {
        drop(self.input);
        self.child.wait().expect("it ends").success()
    }
}
