//! Head, tail and count of one stream, by themselves.

use std::time::{Duration, Instant};

use crate::process::capture::Capture;
use crate::process::{Captured, Limits};

fn captured(pieces: &[&[u8]], head: usize, tail: usize) -> Captured {
    let mut capture = Capture::new(Limits { head, tail });
    pieces.iter().for_each(|piece| capture.push(piece));
    capture.finish(false, None)
}

/// There is room where memory is already, up to the end of what is kept of the beginning; nobody takes more for what may be the end.
#[test]
fn what_is_read_to_its_place_is_as_what_is_pushed() {
    let mut capture = Capture::new(Limits { head: 100, tail: 10 });
    assert!(capture.room(1000).is_empty());
    capture.push(&[b'a'; 60]);
    let length = capture.room(1000).len();
    assert!(length <= 40, "{length}");
    capture.push(&[b'b'; 20]);
    for most in [3, 1000] {
        let room = capture.room(most);
        let count = room.len().min(3);
        room[..count].iter_mut().for_each(|byte| {
            byte.write(b'c');
        });
        // SAFETY: they were written just before.
        unsafe { capture.filled(count) };
    }
    let before = capture.pushed();
    capture.push(&[b'd'; 50]);
    assert_eq!(capture.pushed(), before + 50);
    assert!(capture.room(1000).is_empty(), "the beginning is whole");
    let kept = capture.finish(false, None);
    assert_eq!((kept.head.len(), kept.tail.len()), (100, 10));
    assert!(kept.head.starts_with(&[[b'a'; 60].as_slice(), &[b'b'; 20]].concat()));
}

#[test]
fn any_cutting_of_a_stream_gives_the_same() {
    let stream: Vec<u8> = (0..60).collect();
    for (head, tail) in [(0, 0), (0, 7), (7, 0), (5, 5), (30, 30), (29, 30), (60, 0), (0, 60), (100, 100)] {
        let kept = (head + tail).min(stream.len());
        let expected = if kept == stream.len() {
            Captured::whole(stream.clone())
        } else {
            let (tail, dropped) = (stream[60 - tail..].to_vec(), (60 - kept) as u64);
            Captured { head: stream[..head].to_vec(), tail, dropped, ..Captured::default() }
        };
        for size in 1..=60 {
            let pieces: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(captured(&pieces, head, tail), expected, "{head}, {tail}, pieces of {size}");
        }
    }
}

#[test]
fn two_halves_of_lines_never_make_a_third() {
    let cut = captured(&[b"jail one\njail t", b"wo\njail three\n"], 6, 4);
    assert_eq!(cut.text(), "jail o\n[19 bytes left out]\nree\n");
    assert_eq!(cut.bytes(), cut.text().as_bytes());
    assert!(cut.is_truncated());
    assert_eq!(captured(&[b"ab"], 1, 1).text(), "ab");
    assert_eq!(captured(&[b"ab"], 0, 0).text(), "\n[2 bytes left out]\n");
}

#[test]
fn text_that_is_not_utf_8_is_still_text() {
    assert_eq!(captured(&[b"a\xffb"], 9, 9).text(), "a\u{fffd}b");
    // A cut through a character.
    assert_eq!(captured(&["üxyü".as_bytes()], 1, 1).text(), "\u{fffd}\n[4 bytes left out]\n\u{fffd}");
}

#[test]
fn a_stream_that_could_not_be_read_is_not_called_whole() {
    let failed = Capture::new(Limits::default()).finish(false, Some(libc::EBADF));
    assert!(failed.is_truncated());
}

#[test]
fn keeping_takes_linear_time() {
    // 16 million bytes in pieces of 7 through a ring of a mebibyte: moving the ring for each piece would
    // copy two terabytes.
    let start = Instant::now();
    let mut capture = Capture::new(Limits { head: 10, tail: 1 << 20 });
    for _ in 0..(16 << 20) / 7 {
        capture.push(b"1234567");
    }
    let captured = capture.finish(false, None);
    assert_eq!(captured.tail.len(), 1 << 20);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}
