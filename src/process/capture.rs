//! What a child printed, within limits: the head as it came, the tail in a ring, what lay between counted.
//! A reader wants the beginning for parsing and the end for the reason of a failure; a child that prints without
//! end must cost neither memory nor more than linear time.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::mem::MaybeUninit;

use super::Limits;

/// What was kept of one stream.
///
/// If nothing was dropped, the whole of it is in `head` and `tail` is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// The first bytes.
    pub head: Vec<u8>,
    /// The last bytes, if any were dropped before them.
    pub tail: Vec<u8>,
    /// How many bytes between head and tail were dropped.
    pub dropped: u64,
    /// Whether reading ended while another process still held the stream open: a daemon that the child started,
    /// as a rule.
    pub held_open: bool,
    /// The error that ended reading, by its number. The system gives none for a pipe that is ours; it means that
    /// somebody else in the process closed our descriptor.
    pub failed: Option<i32>,
}

impl Captured {
    /// A stream that was kept whole, for runners that start nothing.
    pub fn whole(bytes: impl Into<Vec<u8>>) -> Self {
        Self { head: bytes.into(), ..Self::default() }
    }

    /// Whether something is missing that was printed. Who parses must ask.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.dropped > 0 || self.failed.is_some()
    }

    /// What was kept. Where bytes were dropped a line of its own says how many, so that two halves of different
    /// lines never make a third one.
    #[must_use]
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        if self.dropped == 0 && self.tail.is_empty() {
            return Cow::Borrowed(&self.head);
        }
        let mark = format!("\n[{} bytes left out]\n", self.dropped);
        Cow::Owned([&self.head, mark.as_bytes(), &self.tail].concat())
    }

    /// How many bytes were kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// [`bytes`](Self::bytes), without a copy where nothing was dropped.
    #[must_use]
    pub fn into_bytes(mut self) -> Vec<u8> {
        if self.dropped > 0 || !self.tail.is_empty() {
            let mark = format!("\n[{} bytes left out]\n", self.dropped);
            self.head.reserve_exact(mark.len() + self.tail.len());
            self.head.extend_from_slice(mark.as_bytes());
            self.head.append(&mut self.tail);
        }
        // It has grown by doubling, and may be kept for long.
        self.head.shrink_to_fit();
        self.head
    }

    /// [`bytes`](Self::bytes) as text; what is not UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self.bytes() {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(
                String::from_utf8(bytes)
                    .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
            ),
        }
    }
}

/// A stream while it is being read.
#[derive(Debug)]
pub(super) struct Capture {
    limits: Limits,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: u64,
}

impl Capture {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, head: Vec::new(), tail: VecDeque::new(), dropped: 0 }
    }

    /// Room behind what is kept, `most` bytes or as many as there is memory for already, and as are still kept of the beginning.
    pub(super) fn room(&mut self, most: usize) -> &mut [MaybeUninit<u8>] {
        let most = most.min(self.limits.head - self.head.len());
        let spare = self.head.spare_capacity_mut();
        let most = most.min(spare.len());
        &mut spare[..most]
    }

    /// So many bytes were written into the room.
    ///
    /// # Safety
    /// They were, and it was given for as many.
    pub(super) unsafe fn filled(&mut self, count: usize) {
        // SAFETY: the caller has written them, and they lie within the memory that there is.
        unsafe { self.head.set_len(self.head.len() + count) };
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let room = self.limits.head - self.head.len();
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(first);

        // Each byte enters the ring at most once and leaves it at most once: linear, however it is cut up.
        let kept = &rest[rest.len().saturating_sub(self.limits.tail)..];
        let overflow = (self.tail.len() + kept.len()).saturating_sub(self.limits.tail);
        self.tail.drain(..overflow);
        self.tail.extend(kept);
        self.dropped += (rest.len() - kept.len() + overflow) as u64;
    }

    /// How many bytes have come.
    pub(super) fn pushed(&self) -> u64 {
        (self.head.len() + self.tail.len()) as u64 + self.dropped
    }

    /// The last bytes that have come, `most` of them, or fewer where fewer are kept.
    pub(super) fn last(&self, most: usize) -> Cow<'_, [u8]> {
        let of_head = match most.checked_sub(self.tail.len()) {
            // What lies between is gone.
            Some(_) if self.dropped > 0 => 0,
            Some(more) => more.min(self.head.len()),
            None => 0,
        };
        let head = &self.head[self.head.len() - of_head..];
        if self.tail.is_empty() {
            return Cow::Borrowed(head);
        }
        let of_tail = most.min(self.tail.len());
        let tail = self.tail.range(self.tail.len() - of_tail..);
        Cow::Owned(head.iter().chain(tail).copied().collect())
    }

    pub(super) fn finish(self, held_open: bool, failed: Option<i32>) -> Captured {
        let (mut head, mut tail) = (self.head, Vec::from(self.tail));
        if self.dropped == 0 {
            head.append(&mut tail);
        }
        Captured { head, tail, dropped: self.dropped, held_open, failed }
    }
}
