//! What iocage printed, as it was, for who has asked for it.

use std::io::{self, Write};

use super::base64;
use crate::iocage::{Output, Spent};
use crate::written;

/// The text of a run, as much of it as there is room for.
pub(super) struct Detail<'a> {
    output: &'a Output,
    /// Looked at once: what is written twice, to be counted before, must not change between.
    spent_ms: [u64; 4],
    /// How many bytes of each stream are in it: standard error, standard output.
    shown: [usize; 2],
    /// Are the bytes of each in it, where it is no text?
    is_whole: [bool; 2],
}

/// What stands around the texts, and says how much is missing.
const AROUND: usize = 256;

impl<'a> Detail<'a> {
    /// That of a run. Standard error, which is short where it is of use, gets a fourth of
    /// what there is, and the rest goes to standard output.
    pub(super) fn of(output: &'a Output, spent: &Spent, room: usize) -> Detail<'a> {
        let mut room = room.saturating_sub(AROUND);
        let [stderr, stdout] = [&output.stderr, &output.stdout];
        // No more of either is looked at than there is room for.
        let begun = written::beginning(stderr, room);
        let is_all = begun.len() == stderr.len() && {
            let room = room - written::length(begun);
            written::beginning(stdout, room).len() == stdout.len()
        };
        let for_stderr = if is_all { room } else { room / 4 };
        let shown_stderr = written::beginning(stderr, for_stderr);
        room -= written::length(shown_stderr);
        let shown_stdout = written::beginning(stdout, room);
        room -= written::length(shown_stdout);
        let is_whole = [&output.stderr_bytes, &output.stdout_bytes].map(|bytes| {
            let length = bytes.as_ref().map_or(0, |bytes| base64::length(bytes.len()));
            let is_fit = length <= room;
            room -= if is_fit { length } else { 0 };
            is_fit
        });
        Detail {
            output,
            spent_ms: spent.milliseconds(),
            shown: [shown_stderr.len(), shown_stdout.len()],
            is_whole,
        }
    }

    /// How long it would be, were there room for all.
    pub(super) fn length(output: &Output) -> usize {
        let bytes = [&output.stderr_bytes, &output.stdout_bytes].into_iter().flatten();
        let bytes = bytes.map(|bytes| base64::length(bytes.len())).sum::<usize>();
        AROUND + written::length(&output.stderr) + written::length(&output.stdout) + bytes
    }

    fn streams(&self) -> [(&'static str, &'a str, usize); 2] {
        let [stderr, stdout] = self.shown;
        [("stderr", &*self.output.stderr, stderr), ("stdout", &*self.output.stdout, stdout)]
    }

    /// How many bytes of which stream are not in it.
    pub(super) fn left_out(&self) -> impl Iterator<Item = (&'static str, usize)> + use<> {
        let missing = self.streams().map(|(name, text, shown)| (name, text.len() - shown));
        let bytes = [&self.output.stderr_bytes, &self.output.stdout_bytes];
        let bytes = bytes.map(|bytes| bytes.as_ref().map_or(0, |bytes| bytes.len()));
        let names = ["stderr_base64", "stdout_base64"];
        let odd: [_; 2] =
            std::array::from_fn(|at| (names[at], if self.is_whole[at] { 0 } else { bytes[at] }));
        missing.into_iter().chain(odd).filter(|(_, count)| *count > 0)
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let output = self.output;
        let milliseconds = u64::try_from(output.duration.as_millis()).unwrap_or(u64::MAX);
        let exit = output.exit.map_or("null".to_owned(), |exit| exit.to_string());
        write!(out, "{{\"duration_ms\":{milliseconds},\"exit\":{exit}")?;
        let [lock, ours, place, programs] = self.spent_ms;
        write!(
            out,
            ",\"spent_ms\":{{\"lock\":{lock},\"ours\":{ours},\"place\":{place},\"programs\":{programs}}}"
        )?;
        let bytes = [&output.stderr_bytes, &output.stdout_bytes];
        for (at, (name, text, shown)) in self.streams().into_iter().enumerate() {
            write!(out, ",\"{name}\":\"")?;
            written::write(out, &text[..shown])?;
            if shown < text.len() {
                write!(out, "\\n[{} bytes left out]\\n", text.len() - shown)?;
            }
            out.write_all(b"\"")?;
            if let Some(bytes) = bytes[at].as_ref().filter(|_| self.is_whole[at]) {
                write!(out, ",\"{name}_base64\":\"")?;
                base64::encode(out, bytes)?;
                out.write_all(b"\"")?;
            }
        }
        let is_cut = output.truncated || self.left_out().next().is_some();
        write!(out, ",\"truncated\":{is_cut}}}")
    }
}
