//! What a child prints, told while it runs.
//!
//! Nothing is kept for it: the listener is shown what `capture` holds anyway, from where it was told last,
//! and of what has come at once the end alone, counted. It is called on the thread that runs the command, by the
//! one loop, so whatever time it takes is its own request's: the child waits with a full pipe.
//!
//! How often is decided here, because only the loop can wake for it: at most every half second, and where nothing
//! is printed about once a second, so that who waits sees that something still runs.

use std::borrow::Cow;
use std::time::Duration;

use super::capture::Capture;
use super::news::{News, Printed};

/// The least time between two tellings.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest, as far as the listener lets it.
const BEAT: Duration = Duration::from_millis(950);
/// The most bytes of one stream that are told at once.
const MOST: usize = 8 << 10;

/// When a listener was told how much.
pub(super) struct Telling<'a> {
    listener: &'a dyn Fn(&News<'_>),
    told: Duration,
    /// How far whole lines were told, of each stream.
    marks: [u64; 2],
    /// How much had come.
    seen: [u64; 2],
}

impl<'a> Telling<'a> {
    pub(super) fn new(listener: &'a dyn Fn(&News<'_>)) -> Self {
        Self { listener, told: Duration::ZERO, marks: [0; 2], seen: [0; 2] }
    }

    /// When it is told next, if nothing is printed; and if something is, or was.
    pub(super) fn due(&self, streams: [&Capture; 2]) -> Duration {
        let is_news = streams.map(Capture::pushed) != self.seen;
        self.told.saturating_add(if is_news { PAUSE } else { BEAT })
    }

    /// Tell it, if it is time to; `clock` is the time since the start.
    pub(super) fn turn(&mut self, streams: [&Capture; 2], clock: &dyn Fn() -> Duration) {
        if clock() >= self.due(streams) {
            self.tell(streams, false);
            // A listener that takes long is not called all the time.
            self.told = clock();
        }
    }

    /// Tell it what is left, if anything is.
    pub(super) fn end(mut self, streams: [&Capture; 2]) {
        if streams.map(Capture::pushed) != self.marks {
            self.tell(streams, true);
        }
    }

    fn tell(&mut self, streams: [&Capture; 2], is_last: bool) {
        let [(stdout, out), (stderr, err)] = [0, 1].map(|at| printed(streams[at], self.marks[at]));
        (self.listener)(&News { stdout, stderr, is_last });
        self.marks = [out, err];
        self.seen = streams.map(Capture::pushed);
    }
}

/// What has come since `mark`, and the mark behind its last whole line.
fn printed(stream: &Capture, mark: u64) -> (Printed<'_>, u64) {
    let new = stream.pushed() - mark;
    let most = usize::try_from(new).map_or(MOST, |new| new.min(MOST));
    let bytes = stream.last(most);
    let mut left_out = new - bytes.len() as u64;
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    // The rest of a line whose beginning is not shown is none.
    let begin = match bytes[..end].iter().position(|byte| *byte == b'\n') {
        Some(at) if left_out > 0 => at + 1,
        _ => 0,
    };
    left_out += begin as u64;
    if end == 0 {
        // Of a line without end as much is told as there is room for, and again when it has one.
        return (Printed { unfinished: bytes, ..Printed::default() }, mark);
    }
    let mark = stream.pushed() - (bytes.len() - end) as u64;
    let (lines, unfinished) = match bytes {
        Cow::Borrowed(bytes) => (Cow::Borrowed(&bytes[begin..end]), Cow::Borrowed(&bytes[end..])),
        Cow::Owned(bytes) => (Cow::Owned(bytes[begin..end].to_vec()), Cow::Owned(bytes[end..].to_vec())),
    };
    (Printed { lines, left_out, unfinished }, mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Limits;

    fn capture(head: usize, tail: usize) -> Capture {
        Capture::new(Limits { head, tail })
    }

    #[test]
    fn lines_are_told_once_and_what_has_no_end_until_it_has_one() {
        let mut stream = capture(1000, 10);
        stream.push(b"one\ntw");
        let (news, mark) = printed(&stream, 0);
        assert_eq!((&*news.lines, &*news.unfinished, news.left_out), (&b"one\n"[..], &b"tw"[..], 0));
        let (news, again) = printed(&stream, mark);
        assert_eq!((&*news.lines, &*news.unfinished, again), (&b""[..], &b"tw"[..], mark));
        stream.push(b"o\nthree\n");
        let (news, mark) = printed(&stream, mark);
        assert_eq!((&*news.lines, &*news.unfinished), (&b"two\nthree\n"[..], &b""[..]));
        assert_eq!(printed(&stream, mark), (Printed::default(), stream.pushed()));
    }

    /// Whatever the limits cut out of what is kept, what is told is what came last, and adds up.
    #[test]
    fn of_much_at_once_the_end_is_told_and_the_rest_counted() {
        for (head, tail) in [(1 << 20, 0), (0, 64 << 10), (100, 20 << 10), (100, 300), (0, 0)] {
            let (mut stream, mut mark, mut all) = (capture(head, tail), 0, 0);
            for turn in 0..40_u64 {
                let text: String = (0..turn * 50).map(|line| format!("line {turn} {line}\n")).collect();
                stream.push(text.as_bytes());
                let (news, next) = printed(&stream, mark);
                assert!(news.lines.len() <= MOST && text.as_bytes().ends_with(&news.lines), "{head} {tail}");
                assert!(news.lines.is_empty() || news.lines.starts_with(b"line "));
                if news.lines.is_empty() && !text.is_empty() {
                    // Nothing of it was kept.
                    assert!(head + tail < text.len() + 400, "{head} {tail} {turn}");
                }
                all += news.lines.len() as u64 + news.left_out;
                mark = next;
            }
            assert!(all <= stream.pushed());
        }
    }

    #[test]
    fn a_listener_is_told_twice_a_second_and_once_where_nothing_comes() {
        let told = std::cell::RefCell::new(Vec::new());
        let listener = |news: &News<'_>| told.borrow_mut().push(news.stdout.lines.to_vec());
        let mut telling = Telling::new(&listener);
        let (mut stdout, stderr) = (capture(1000, 10), capture(10, 10));
        for ms in (0..3000).step_by(25) {
            if ms < 1200 && ms % 100 == 0 {
                stdout.push(b"x\n");
            }
            telling.turn([&stdout, &stderr], &|| Duration::from_millis(ms));
        }
        let lines: Vec<_> = told.borrow().iter().map(Vec::len).collect();
        assert_eq!(lines, [12, 10, 2, 0], "at 0.5, 1.0, 1.5 and 2.5 s");
        telling.end([&stdout, &stderr]);
        assert_eq!(told.borrow().len(), 4, "there was nothing more");
    }
}
