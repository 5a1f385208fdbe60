//! What a command prints, held back until it is complete, in the order in which it was said.
//!
//! A command runs under the lock of the state file, and a reader of the pipe may be slow or gone: nothing is written
//! while the lock is held. The order between the two streams is kept, for whoever reads both through one pipe. Who has
//! the machine in its own process is handed what was said, and nothing is written or read.

use std::io::{self, Write};

#[derive(Clone, Copy, PartialEq)]
enum Stream {
    Out,
    Err,
}

/// Two streams, not yet written.
#[derive(Default)]
pub(crate) struct Output {
    pieces: Vec<(Stream, Vec<u8>)>,
    is_kept: bool,
}

impl Output {
    /// One that is never written: it is taken when all is said.
    pub(crate) fn kept() -> Output {
        Output { is_kept: true, ..Output::default() }
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// What was said on stdout and on stderr.
    pub(crate) fn taken(self) -> (Vec<u8>, Vec<u8>) {
        let of = |wanted| {
            let pieces = self.pieces.iter().filter(|(stream, _)| *stream == wanted);
            pieces.flat_map(|(_, bytes)| bytes.iter().copied()).collect()
        };
        (of(Stream::Out), of(Stream::Err))
    }

    pub(crate) fn out(&mut self, text: &str) {
        self.push(Stream::Out, text.as_bytes());
    }

    pub(crate) fn err(&mut self, text: &str) {
        self.push(Stream::Err, text.as_bytes());
    }

    pub(crate) fn out_bytes(&mut self, bytes: &[u8]) {
        self.push(Stream::Out, bytes);
    }

    pub(crate) fn err_bytes(&mut self, bytes: &[u8]) {
        self.push(Stream::Err, bytes);
    }

    fn push(&mut self, stream: Stream, bytes: &[u8]) {
        match self.pieces.last_mut() {
            Some((last, held)) if *last == stream => held.extend_from_slice(bytes),
            _ => self.pieces.push((stream, bytes.to_vec())),
        }
    }

    /// Writes what was said so far.
    ///
    /// # Errors
    /// What the system said, when a stream could not be written, a closed pipe included.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.is_kept {
            return Ok(());
        }
        for (stream, bytes) in self.pieces.drain(..) {
            match stream {
                Stream::Out => {
                    let mut stdout = io::stdout().lock();
                    stdout.write_all(&bytes)?;
                    stdout.flush()?;
                }
                Stream::Err => io::stderr().lock().write_all(&bytes)?,
            }
        }
        Ok(())
    }
}
