//! Why a command has not done what it was to do, and with which exit status it says so: a script goes by the number, a person
//! by the sentence.

use std::fmt;
use std::io;

/// Such a reason, with its sentence.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The class, or the server, has answered with an error.
    Answered(String),
    /// What was typed is none of what there is.
    Usage(String),
    /// There is no server, or it takes nothing now.
    Unreachable(String),
    /// It is not for whoever asks.
    Forbidden(String),
    /// By Ctrl-C; the sentence says what became of it, where there is something to say.
    Interrupted(String),
    /// Whoever read the output has gone, and need not be told.
    NobodyReads,
}

impl Failure {
    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Failure::NobodyReads => 0,
            Failure::Answered(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Unreachable(_) => 3,
            Failure::Forbidden(_) => 4,
            // As a shell tells of a program that SIGINT has ended.
            Failure::Interrupted(_) => 130,
        }
    }

    /// That of an error in the server's own envelope, whose code is one of HTTP's.
    pub(crate) fn of_code(code: &str, sentence: String) -> Failure {
        match code {
            "401" | "403" => Failure::Forbidden(sentence),
            "429" | "503" => Failure::Unreachable(sentence),
            _ => Failure::Answered(sentence),
        }
    }

    /// Of what is written.
    pub(crate) fn of_output(why: &io::Error) -> Failure {
        match why.kind() {
            io::ErrorKind::BrokenPipe => Failure::NobodyReads,
            _ => Failure::Answered(format!("the output cannot be written: {why}")),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Answered(why)
            | Failure::Usage(why)
            | Failure::Unreachable(why)
            | Failure::Forbidden(why)
            | Failure::Interrupted(why) => f.write_str(why),
            Failure::NobodyReads => Ok(()),
        }
    }
}
