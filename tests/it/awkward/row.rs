//! A row: a request, what iocage prints and how it ends, and what is answered.

use std::time::Duration;

/// The UUID of the jail `test`.
pub(super) const TEST: &str = "611c89ae-c43c-11e5-9602-54ee75595566";

/// What becomes of a request.
pub(super) enum Is {
    /// Status 400.
    BadRequest,
    /// Status 200 and an error: its code, the key at fault or nothing, a part of
    /// the sentence.
    Error(&'static str, &'static str, &'static str),
    /// Status 200 and these args, to the letter.
    Answer(String),
}

/// A request, the iocage that it meets, and what becomes of it.
pub(super) struct Row {
    /// In our words.
    pub(super) name: &'static str,
    pub(super) args: String,
    /// Every argv in order, the words in brackets; the one in whose place iocage
    /// prints what the row says has a `!` before it. `@` is the jail `test`.
    pub(super) runs: &'static str,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: &'static str,
    /// How the script that stands for iocage ends.
    pub(super) end: &'static str,
    /// Are the jails stopped?
    pub(super) is_down: bool,
    /// The jails that `df` shows once it has run, where there are none before.
    pub(super) after: Option<&'static str>,
    /// How long the answer takes, at least and at most.
    pub(super) takes: (Duration, Duration),
    pub(super) is: Is,
}

impl Row {
    pub(super) fn new(name: &'static str, args: &str, runs: &'static str, is: Is) -> Row {
        let takes = (Duration::ZERO, Duration::from_secs(30));
        let (stdout, stderr, end, is_down, after) = (Vec::new(), "", "exit 0", false, None);
        Row { name, args: args.to_owned(), runs, stdout, stderr, end, is_down, after, takes, is }
    }

    pub(super) fn prints(self, stdout: impl AsRef<[u8]>) -> Row {
        Row { stdout: stdout.as_ref().to_owned(), ..self }
    }

    pub(super) fn complains(self, stderr: &'static str) -> Row {
        Row { stderr, ..self }
    }

    pub(super) fn ends(self, end: &'static str) -> Row {
        Row { end, ..self }
    }

    /// Its jails are stopped.
    pub(super) fn stopped(self) -> Row {
        Row { is_down: true, ..self }
    }

    /// There are no jails before it has run, and then these.
    pub(super) fn then(self, after: &'static str) -> Row {
        Row { after: Some(after), ..self }
    }

    pub(super) fn takes(self, least: Duration, most: Duration) -> Row {
        Row { takes: (least, most), ..self }
    }

    pub(super) fn calls(&self) -> Vec<String> {
        let calls = self.runs.split(" | ").filter(|call| !call.is_empty());
        calls.map(|call| call.trim_start_matches('!').replace('@', TEST)).collect()
    }

    /// The argv in whose place iocage prints what the row says.
    pub(super) fn own(&self) -> Option<String> {
        self.runs.split(" | ").find_map(|call| call.strip_prefix('!')).map(|call| call.replace('@', TEST))
    }
}
