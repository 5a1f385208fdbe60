//! What a command prints, held back until it is complete, in the order in which it was said.
//!
//! A command runs under the lock of the state file, and a reader of the pipe may be slow or gone: nothing is written
//! while the lock is held. The order between the two streams is kept, for whoever reads both through one pipe. Who has
//! the machine in its own process is handed what was said, and has given what is to be read.

use std::io::{self, BufRead, Cursor, Read, Write};

#[derive(Clone, Copy, PartialEq)]
enum Stream {
    Out,
    Err,
}

/// Two streams, not yet written.
#[derive(Default)]
pub(crate) struct Output {
    pieces: Vec<(Stream, Vec<u8>)>,
    /// What there is to read, where nothing is written.
    given: Option<Cursor<Vec<u8>>>,
}

impl Output {
    /// One that is never written: it is taken when all is said. In stdin's place is what is given.
    pub(crate) fn kept(given: &[u8]) -> Output {
        Output { given: Some(Cursor::new(given.to_owned())), ..Output::default() }
    }

    /// One line of stdin, or nothing at its end.
    ///
    /// # Errors
    /// What the system said.
    pub(crate) fn read_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match &mut self.given {
            Some(given) => given.read_line(&mut line)?,
            None => io::stdin().read_line(&mut line)?,
        };
        Ok(line)
    }

    /// The rest of stdin.
    ///
    /// # Errors
    /// What the system said.
    pub(crate) fn read_all(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match &mut self.given {
            Some(given) => given.read_to_end(&mut bytes)?,
            None => io::stdin().read_to_end(&mut bytes)?,
        };
        Ok(bytes)
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
        if self.given.is_some() {
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
