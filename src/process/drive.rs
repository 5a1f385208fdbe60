//! The one loop of a run: drain both streams, watch the child, the clock and the caller's wish, and stop.
//!
//! The end of a child is its exit, not the end of its output: a daemon that it started keeps the pipes open
//! for years. So after the exit what is there is read, then for the length of the linger what still comes,
//! and no more. Closing our end then may meet such a daemon with SIGPIPE at its next line; to keep
//! the pipe for it would be a descriptor for ever, and no runner that answers can spare it that.
//!
//! No decision hangs on a polling interval. Each turn asks for the state as it is and acts on it; how long `poll`
//! sleeps in between changes only how soon.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::thread;
use std::time::{Duration, Instant};

use libc::{POLLIN, c_int, nfds_t, pollfd};

use super::capture::Capture;
use super::child::{Child, KILL_WAIT, Status};
use super::platform::ExitNotice;
use super::telling::Telling;
use super::{Captured, Command, End, Limits, Outcome, Process, Step, Stopped};

/// How often the caller is asked whether it still wants the answer.
const ASK: Duration = Duration::from_millis(25);
/// How long a turn sleeps when nothing will wake it at the child's end.
const TICK: Duration = Duration::from_millis(2);
/// What one turn reads from one stream, so that a child that prints without end starves neither the clock nor
/// the other stream.
const TURN: usize = 128 << 10;
/// What is read at once, and what where it is not read to where it is kept.
const CHUNK: usize = 64 << 10;
const SMALL: usize = 16 << 10;
/// What is read last of all, whatever the clock says: as much as a pipe can hold, which is a mebibyte on Linux
/// for those without privileges, and less on FreeBSD.
const PIPE: usize = 1 << 20;

/// Where a run stands. Times are counted from its start, so that no deadline, however far, overflows.
#[derive(Clone, Copy)]
enum Phase {
    /// The child may run; it is looked at again at `until` at the latest.
    Running { until: Duration },
    /// TERM is sent, and the group has until `until`. `ended` says when its leader did, if it has.
    Terminating { end: fn(Stopped) -> End, ended: Option<Duration>, until: Duration },
    /// KILL is sent, and the group has until `until`; who is left of it is looked for at `look`.
    Killed { end: fn(Stopped) -> End, look: Duration, until: Duration },
    /// The child ended at `ended`; what others still print is read until `until`.
    Lingering { end: End, ended: Duration, until: Duration },
}

/// Sees a started child to its end. `known` is what it can be known by after the host has reaped it, for who watches.
pub(super) fn drive(
    mut child: Child,
    known: Option<Process>,
    stdout: File,
    stderr: File,
    command: &Command<'_>,
    start: Instant,
) -> Outcome {
    let mut notice = ExitNotice::new(child.pid());
    let mut streams = [stdout, stderr].map(|pipe| Stream::new(pipe, command.limits));
    let mut phase = Phase::Running { until: command.deadline.min(ASK) };
    let mut group = Group { known, left: None };
    let mut telling = command.listener.map(Telling::new);
    let (end, duration) = loop {
        let now = start.elapsed();
        let quiet = streams.iter().all(|stream| stream.pipe.is_none());
        phase = phase.step(&mut child, command, now, quiet, &mut group);
        match phase {
            Phase::Lingering { end, ended, until } if quiet || now >= until => break (end, ended),
            _ => {
                let due = telling.as_ref().map(|telling| telling.due(captures(&streams)));
                sleep(&mut streams, &mut notice, phase, due, now);
                if let Some(telling) = &mut telling {
                    telling.turn(captures(&streams), &|| start.elapsed());
                }
            }
        }
    };
    let pid = child.pid();
    child.give_up();
    streams.iter_mut().for_each(|stream| stream.read(PIPE));
    if let Some(telling) = telling {
        telling.end(captures(&streams));
    }
    let [stdout, stderr] = streams.map(Stream::finish);
    Outcome { end, stdout, stderr, duration, left: group.left, pid }
}

/// Who was started together with the child.
struct Group {
    known: Option<Process>,
    /// Who goes on without a child that somebody else has ended.
    left: Option<i32>,
}

impl Group {
    /// One who lives, although the host has reaped the child: its number is that of the group until nobody is left.
    fn living(&self) -> Option<i32> {
        self.known.and_then(Process::living_member)
    }
}

impl Phase {
    /// Where the run stands `now`. `quiet` says that both streams have ended; `group` is who was started together with the child.
    fn step(
        self,
        child: &mut Child,
        command: &Command<'_>,
        now: Duration,
        quiet: bool,
        group: &mut Group,
    ) -> Self {
        match self {
            // The child is looked at before the clock: one that ended in time is never called late.
            Self::Running { until } => match child.peek() {
                Some(status) => {
                    // Somebody has ended the child alone, as the system does when memory is short; its group, which
                    // nobody has told, may do the rest. It is looked at while the number is still its own.
                    group.left =
                        matches!(status, Status::Signaled(_)).then(|| child.living_member()).flatten();
                    if let (Some(_), Some(watch)) = (group.left, command.watch) {
                        watch(Step::Killed);
                    }
                    child.reap();
                    Self::linger(status.into(), now, command)
                }
                None if now >= command.deadline => Self::terminate(child, End::TimedOut, now, command),
                None if now < until => self,
                None if (command.cancel)() => Self::terminate(child, End::Cancelled, now, command),
                None => Self::Running { until: command.deadline.min(now + ASK) },
            },
            Self::Terminating { end, ended, until } => match child.peek() {
                Some(Status::Unknown) if group.living().is_none() => {
                    Self::linger(end(Stopped::Unknown), now, command)
                }
                status => {
                    let ended = ended.or(status.map(|_| now));
                    // When the leader is gone its group may not be. Who still holds the output has all of the
                    // grace; who does not cannot be told from nobody, and has the length of the linger.
                    let until = match ended {
                        Some(ended) if quiet => until.min(ended.saturating_add(command.linger)),
                        _ => until,
                    };
                    if now < until {
                        return Self::Terminating { end, ended, until };
                    }
                    if let Some(watch) = command.watch {
                        watch(Step::Killed);
                    }
                    match (status, group.known) {
                        (Some(Status::Unknown), Some(known)) => known.kill_group(),
                        _ => child.kill(),
                    }
                    Self::Killed { end, look: now, until: now + KILL_WAIT }
                }
            },
            Self::Killed { end, look, until } => match child.peek() {
                // It is reaped only after its group was looked at, whose number is its own until then.
                Some(_) if now < look && now < until => self,
                Some(Status::Unknown) => match group.living() {
                    Some(_) if now < until => Self::Killed { end, look: now + ASK, until },
                    left => {
                        let stopped = left.map_or(Stopped::Unknown, Stopped::Survived);
                        Self::linger(end(stopped), now, command)
                    }
                },
                Some(status) => match child.living_member() {
                    Some(_) if now < until => Self::Killed { end, look: now + ASK, until },
                    left => {
                        child.reap();
                        let stopped = left.map_or(status.into(), Stopped::Survived);
                        Self::linger(end(stopped), now, command)
                    }
                },
                None if now >= until => {
                    Self::Lingering { end: end(Stopped::Survived(child.pid())), ended: now, until: now }
                }
                None => self,
            },
            Self::Lingering { .. } => self,
        }
    }

    fn terminate(child: &mut Child, end: fn(Stopped) -> End, now: Duration, command: &Command<'_>) -> Self {
        if child.terminate() {
            Self::Terminating { end, ended: None, until: now.saturating_add(command.grace) }
        } else {
            // It has ended by itself since it was looked at; the next turn reaps it.
            Self::Running { until: now }
        }
    }

    fn linger(end: End, now: Duration, command: &Command<'_>) -> Self {
        Self::Lingering { end, ended: now, until: now.saturating_add(command.linger) }
    }

    fn until(self) -> Duration {
        match self {
            Self::Running { until }
            | Self::Terminating { until, .. }
            | Self::Killed { until, .. }
            | Self::Lingering { until, .. } => until,
        }
    }

    /// Whether the child's end is still to come.
    fn awaits_end(self) -> bool {
        matches!(self, Self::Running { .. } | Self::Terminating { ended: None, .. } | Self::Killed { .. })
    }
}

fn captures(streams: &[Stream; 2]) -> [&Capture; 2] {
    [&streams[0].capture, &streams[1].capture]
}

/// Sleeps until something is to be read, the child has ended, the phase is over, or somebody is `due` to be told,
/// and reads what is there.
fn sleep(
    streams: &mut [Stream; 2],
    notice: &mut Option<ExitNotice>,
    phase: Phase,
    due: Option<Duration>,
    now: Duration,
) {
    let until = phase.until();
    let mut timeout = due.map_or(until, |due| until.min(due)).saturating_sub(now);
    let mut notice_fd = -1;
    if phase.awaits_end() {
        match notice {
            Some(notice) => notice_fd = notice.fd(),
            None => timeout = timeout.min(TICK),
        }
    }
    let [stdout, stderr] = [&streams[0], &streams[1]].map(Stream::fd);
    let mut fds = [stdout, stderr, notice_fd].map(|fd| pollfd { fd, events: POLLIN, revents: 0 });
    // Rounded up, or the last part of a millisecond would be spent turning.
    let milliseconds = c_int::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX);
    // SAFETY: the pointer and the length are of one array, which lives through the call. A negative descriptor
    // is skipped.
    let ready = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as nfds_t, milliseconds) };
    if ready == -1 {
        if io::Error::last_os_error().kind() != ErrorKind::Interrupted {
            // No memory, or a limit of descriptors below three: reading does not depend on being told when.
            thread::sleep(timeout.min(TICK));
            streams.iter_mut().for_each(|stream| stream.read(TURN));
        }
        return;
    }
    for (stream, poll) in streams.iter_mut().zip(&fds) {
        if poll.revents != 0 {
            stream.read(TURN);
        }
    }
    if fds[2].revents != 0 {
        // It has served. Where it came a moment before the child can be reaped, short turns take over.
        *notice = None;
    }
}

/// One of the child's streams, while it is read.
struct Stream {
    /// Our end; none once the stream has ended.
    pipe: Option<File>,
    capture: Capture,
    failed: Option<i32>,
}

impl Stream {
    fn new(pipe: File, limits: Limits) -> Self {
        Self { pipe: Some(pipe), capture: Capture::new(limits), failed: None }
    }

    /// The descriptor to poll, negative when there is none.
    fn fd(&self) -> RawFd {
        self.pipe.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// Reads what is there, `limit` bytes or a little more.
    fn read(&mut self, limit: usize) {
        let mut read = 0;
        while read < limit
            && let Some(pipe) = &mut self.pipe
        {
            match read_some(pipe, &mut self.capture) {
                Ok(0) => self.pipe = None,
                Ok(count) => read += count,
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return,
                    ErrorKind::Interrupted => {}
                    _ => {
                        self.failed = error.raw_os_error();
                        self.pipe = None;
                    }
                },
            }
        }
    }

    fn finish(self) -> Captured {
        self.capture.finish(self.pipe.is_some(), self.failed)
    }
}

/// As much at once as a pipe holds, as a rule: each time that it is no longer full, who writes is woken. It is read
/// to where it is kept, where there is memory for it; more is taken only when something has come.
fn read_some(pipe: &mut File, capture: &mut Capture) -> io::Result<usize> {
    let room = capture.room(CHUNK);
    if room.len() < SMALL {
        let mut buffer = [0; SMALL];
        let count = pipe.read(&mut buffer)?;
        capture.push(&buffer[..count]);
        return Ok(count);
    }
    // SAFETY: the pointer and the length are of memory that is lent to us alone until the call is over; what is in it
    // is not read.
    let count = unsafe { libc::read(pipe.as_raw_fd(), room.as_mut_ptr().cast(), room.len()) };
    let Ok(count) = usize::try_from(count) else { return Err(io::Error::last_os_error()) };
    // SAFETY: the system has written so many bytes into the room, which was no smaller.
    unsafe { capture.filled(count) };
    Ok(count)
}
