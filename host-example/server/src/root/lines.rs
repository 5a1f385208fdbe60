//! Lines as they come by a connection, of bounded length and in bounded memory. Whoever waits for one may stop at any time and go on
//! later: what has come of it, be it taken or passed over, is kept here.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// A buffer beyond this is not kept for the next line.
const KEPT: usize = 64 << 10;

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, without its end.
    Whole,
    /// It had more bytes than one may have.
    TooLong,
    /// There was no room for it.
    NoRoom,
    /// There are no more.
    End,
}

/// What there is of a line.
#[derive(Default)]
pub(super) struct Begun {
    bytes: Vec<u8>,
    /// Why the rest of it is passed over.
    fault: Option<Line>,
}

impl Begun {
    /// The line that was read.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Make room for the next.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
    }

    /// Read a line. `has_room` is asked before it takes so many bytes. What stands before the end of the input without a line feed is one.
    pub(super) async fn read<R>(
        &mut self,
        reader: &mut R,
        most: u64,
        mut has_room: impl FnMut(usize) -> bool,
    ) -> io::Result<Line>
    where
        R: AsyncBufRead + Unpin,
    {
        loop {
            let piece = reader.fill_buf().await?;
            let end = piece.iter().position(|byte| *byte == b'\n');
            let (taken, used) = (end.unwrap_or(piece.len()), end.map_or(piece.len(), |at| at + 1));
            let is_over = end.is_some() || used == 0;
            if used == 0 && self.bytes.is_empty() && self.fault.is_none() {
                return Ok(Line::End);
            }
            if self.fault.is_none() {
                let all = self.bytes.len() + taken;
                self.fault = match () {
                    () if all as u64 > most => Some(Line::TooLong),
                    () if !has_room(all) => Some(Line::NoRoom),
                    () => None,
                };
                match self.fault {
                    None => self.bytes.extend_from_slice(&piece[..taken]),
                    Some(_) => self.bytes = Vec::new(),
                }
            }
            reader.consume(used);
            if is_over {
                return Ok(self.fault.take().unwrap_or(Line::Whole));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncWriteExt, BufReader, duplex};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn lines_are_bounded_and_nothing_of_one_becomes_another() {
        let (mut to, from) = duplex(1 << 20);
        let mut from = BufReader::with_capacity(8, from);
        let mut begun = Begun::default();
        to.write_all(b"whole\n\n0123456789").await.expect("read");
        assert_eq!(begun.read(&mut from, 8, |_| true).await.expect("open"), Line::Whole);
        assert_eq!(begun.bytes(), b"whole");
        begun.clear();
        assert_eq!(begun.read(&mut from, 8, |_| true).await.expect("open"), Line::Whole);
        begun.clear();
        // It is too long, and somebody has something else to do before its end.
        let waited = timeout(Duration::from_millis(20), begun.read(&mut from, 8, |_| true)).await;
        assert!(waited.is_err() && begun.bytes().is_empty());
        to.write_all(b"{}\nno room\nlast").await.expect("read");
        assert_eq!(begun.read(&mut from, 8, |_| true).await.expect("open"), Line::TooLong);
        assert_eq!(begun.read(&mut from, 8, |bytes| bytes < 7).await.expect("open"), Line::NoRoom);
        drop(to);
        assert_eq!(begun.read(&mut from, 8, |_| true).await.expect("open"), Line::Whole);
        assert_eq!(begun.bytes(), b"last");
        begun.clear();
        assert_eq!(begun.read(&mut from, 8, |_| true).await.expect("open"), Line::End);
    }
}
