//! What is to be written to one client, in bounded memory however slowly he reads.
//!
//! Answers are never left out: there are no more of them than requests of his may be in flight, for each keeps its place until
//! it is written, and for how many bytes there is room is his purse's question, which whoever answers asks before. Events are, beyond so many bytes, and he is told how many.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::purse::Share;
use crate::wire::frame;

/// The most bytes of events that wait for him.
const MOST: usize = 1 << 20;

/// Lines for a client.
#[derive(Default)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    more: Notify,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Line>,
    /// Bytes of events among them.
    bytes: usize,
    /// Events that were left out since the last.
    missed: u64,
    /// Nobody reads any more.
    is_closed: bool,
    /// It ends when all is written.
    is_over: bool,
}

/// What a request holds until its answer is written: a place among those of its connection, its bytes, and a share in what is open
/// at the server, by which that knows at its end when all is answered.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) _place: Arc<OwnedSemaphorePermit>,
    pub(crate) bytes: Arc<Share>,
    pub(crate) _open: Arc<()>,
}

/// A line, and what it holds until it is written.
pub(crate) struct Line {
    pub(crate) bytes: Arc<[u8]>,
    is_event: bool,
    place: Option<Held>,
    share: Share,
}

impl Outbox {
    /// An answer, what it takes of its reader's purse, and the place of its request.
    pub(crate) fn answer(&self, line: Vec<u8>, share: Share, place: Option<Held>) {
        self.add(Line { bytes: line.into(), is_event: false, place, share });
    }

    /// An event, which was made into a line for all who get it.
    pub(crate) fn event(&self, name: &str, args: &str, line: &Arc<[u8]>) {
        let mut state = self.state();
        if state.bytes + line.len() > MOST {
            state.missed += 1;
            return;
        }
        let missed = std::mem::take(&mut state.missed);
        let bytes = if missed == 0 { Arc::clone(line) } else { frame::event(name, args, missed).into() };
        state.bytes += bytes.len();
        drop(state);
        self.add(Line { bytes, is_event: true, place: None, share: Share::default() });
    }

    /// An event that he does not get; he is told how many with the next.
    pub(crate) fn miss(&self) {
        self.state().missed += 1;
    }

    fn add(&self, line: Line) {
        let mut state = self.state();
        if !state.is_closed {
            state.lines.push_back(line);
        }
        drop(state);
        self.more.notify_one();
    }

    /// The next line, when there is one; none when it is over. It is his who awaits it, one at a time.
    pub(crate) async fn next(&self) -> Option<Line> {
        loop {
            {
                let mut state = self.state();
                if let Some(line) = state.lines.pop_front() {
                    return Some(line);
                }
                if state.is_over {
                    return None;
                }
            }
            self.more.notified().await;
        }
    }

    /// The connection is to end when what there is has been written.
    pub(crate) fn end(&self) {
        self.state().is_over = true;
        self.more.notify_one();
    }

    /// It is written, or nobody reads it: what it held is free.
    pub(crate) fn done(&self, line: Line) {
        if line.is_event {
            self.state().bytes -= line.bytes.len();
        }
        drop((line.place, line.share));
    }

    /// Nothing more is kept.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        let dropped = std::mem::take(&mut state.lines);
        drop(state);
        drop(dropped);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_reads_slowly_misses_events_and_is_told_how_many() {
        let outbox = Outbox::default();
        let args = format!("{{\"a\":\"{}\"}}", "x".repeat(1000));
        let line: Arc<[u8]> = frame::event("iocage", &args, 0).into();
        for _ in 0..2000 {
            outbox.event("iocage", &args, &line);
        }
        outbox.answer(b"answer\n".to_vec(), Share::default(), None);
        let held = MOST / line.len();
        for _ in 0..held {
            let line = outbox.next().await.expect("it goes on");
            outbox.done(line);
        }
        assert_eq!(&*outbox.next().await.expect("it goes on").bytes, b"answer\n");
        outbox.event("iocage", &args, &line);
        let told = outbox.next().await.expect("it goes on");
        let told: serde_json::Value = serde_json::from_slice(&told.bytes).expect("JSON");
        assert_eq!(told["missed"], 2000 - held);
        outbox.answer(b"last\n".to_vec(), Share::default(), None);
        outbox.end();
        assert_eq!(&*outbox.next().await.expect("the last").bytes, b"last\n");
        assert!(outbox.next().await.is_none());
    }
}
