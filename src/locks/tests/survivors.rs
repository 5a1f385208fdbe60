//! What was started under a lock outlives the lock: who let it go, or died with it,
//! has left a line that names it.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::process::{Child, Command as Std, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Folder, claim};
use crate::error::{Code, Error};
use crate::locks::Claim;
use crate::locks::file::of_jail;
use crate::locks::line::now_s;
use crate::process::tests::skipped;
use crate::process::{Command, Process, Runner, Step, System};

/// A program that is there until the test has done with it, in a group of its own.
struct Sleeper(Child);

impl Sleeper {
    fn new() -> Sleeper {
        use std::os::unix::process::CommandExt;
        let child = Std::new("/bin/sleep").arg("60").process_group(0).stdin(Stdio::null()).spawn();
        Sleeper(child.expect("it starts"))
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).expect("small")
    }

    /// It as a runner would tell of it.
    fn process(&self) -> Process {
        let seen = Cell::new(None);
        let pid = self.pid();
        // The system tells when it was started to whoever asks; the runner asks for its own children.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        seen.set(stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(19)?.parse().ok()));
        Process { pid, start: seen.get() }
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

type Take = fn(&mut Claim<'_>) -> Result<(), Error>;
const POOL: Take = |claim| claim.pool();
const DB: Take = |claim| claim.among_others().and_then(|()| claim.jail("db").map(|_| ()));
const WEB: Take = |claim| claim.among_others().and_then(|()| claim.jail("web").map(|_| ()));
const NEW: Take = |claim| claim.among_others().and_then(|()| claim.unnamed());
const COMMAND: Take = |claim| claim.command("db").map(|_| ());
const DESTROY: Take = |claim| claim.no_command("db", &|| Ok(())).map(|_| ());
const CLEAN: Take = |claim| claim.no_commands().and_then(|()| claim.pool());

/// The code, or nothing.
fn attempt(folder: &Path, take: Take) -> Option<Code> {
    take(&mut claim(folder, 0)).err().map(|error| error.code)
}

#[test]
fn what_survives_keeps_those_out_whom_its_lock_kept_out() {
    for (held, kept_out, let_in) in [
        (DB, &[DB, POOL, CLEAN][..], &[WEB, NEW, COMMAND][..]),
        (NEW, &[POOL, CLEAN], &[DB, NEW, COMMAND]),
        (POOL, &[DB, WEB, NEW, POOL, CLEAN], &[COMMAND]),
        (CLEAN, &[DB, POOL, CLEAN, COMMAND], &[]),
        (COMMAND, &[DESTROY, CLEAN], &[DB, POOL, COMMAND]),
    ] {
        let folder = Folder::new();
        let sleeper = Sleeper::new();
        let mut first = claim(&folder.0, 0);
        held(&mut first).expect("free");
        first.watch()(Step::Started(sleeper.process()));
        drop(first);
        for take in kept_out {
            let error = take(&mut claim(&folder.0, 60)).expect_err("it still runs");
            let end = format!(
                " and is over, but an iocage that it started still runs (process {}); nothing was done",
                sleeper.pid()
            );
            assert_eq!(error.code, Code::Busy);
            assert!(error.message.contains("startjail of \"db\" began "), "{}", error.message);
            assert!(error.message.ends_with(&end), "{}", error.message);
        }
        for take in let_in {
            assert_eq!(attempt(&folder.0, *take), None);
        }
        drop(sleeper);
        for take in kept_out.iter().chain(let_in) {
            assert_eq!(attempt(&folder.0, *take), None, "it is gone");
        }
        CLEAN(&mut claim(&folder.0, 0)).expect("free");
        assert_eq!(folder.files(), ["pool"], "and so is what told of it");
    }
}

/// One after the other is run under a lock; the line names that which still is there.
#[test]
fn the_line_names_what_runs_and_not_what_ran() {
    let folder = Folder::new();
    let (first, second) = (Sleeper::new(), Sleeper::new());
    let (ran, runs) = (first.process(), second.process());
    let mut held = claim(&folder.0, 0);
    DB(&mut held).expect("free");
    let watch = held.watch();
    watch(Step::Started(ran));
    // What is asked after it while it is still there changes nothing.
    watch(Step::Started(runs));
    let named = || DB(&mut claim(&folder.0, 0)).expect_err("it still runs").message;
    let line = || fs::read_to_string(folder.0.join(of_jail("db"))).expect("a line");
    assert!(line().contains(&format!("\"program\":{}", ran.pid)), "{}", line());
    drop(first);
    watch(Step::Started(runs));
    assert!(line().contains(&format!("\"program\":{}", runs.pid)), "{}", line());
    drop((watch, held));
    assert!(named().contains(&format!("still runs (process {})", runs.pid)), "{}", named());
}

#[test]
fn who_waits_is_let_in_when_it_is_gone() {
    let folder = Folder::new();
    let sleeper = Sleeper::new();
    let mut first = claim(&folder.0, 0);
    DB(&mut first).expect("free");
    first.watch()(Step::Started(sleeper.process()));
    drop(first);
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let mut waits = claim(&folder.0, 60_000);
            waits.among_others().and_then(|()| waits.jail("db"))
        });
        std::thread::sleep(Duration::from_millis(150));
        assert!(!waits.is_finished());
        drop(sleeper);
        assert_eq!(waits.join().expect("no panic"), Ok(true), "it was waited for");
    });
}

/// Write what a holder has left that is dead.
fn leave(folder: &Path, line: &Value) {
    let _ = fs::create_dir(folder);
    fs::write(folder.join(of_jail("db")), format!("{line}\n")).expect("written");
}

#[test]
fn a_line_of_what_is_gone_is_in_nobodys_way() {
    let folder = Folder::new();
    let sleeper = Sleeper::new();
    let Process { pid, start } = sleeper.process();
    let line = |more: Value| {
        let mut line = json!({"action": "stopjail", "on": "db", "pid": 1, "request": 1, "since": now_s()});
        line.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        line
    };
    let other = start.map(|start| start + 1);
    for (more, is_there) in [
        // As versions wrote it that did not know of programs.
        (json!({}), false),
        (json!({"program": pid, "start": start}), true),
        (json!({"program": pid, "start": null}), true),
        // The number was given away since.
        (json!({"program": pid, "start": other}), false),
        (json!({"program": pid, "start": other, "killed": true}), false),
        (json!({"program": null, "start": null}), false),
        (json!({"program": i64::from(i32::MAX) + 1, "start": start}), false),
        (json!({"program": -1, "start": start, "killed": true}), false),
        (json!({"program": 0, "killed": true}), false),
        (json!({"program": "4711", "start": "x", "killed": "yes"}), false),
    ] {
        leave(&folder.0, &line(more.clone()));
        assert_eq!(attempt(&folder.0, DB), is_there.then_some(Code::Busy), "{more}");
    }
    for text in ["", "{", "[]", "{\"program\":1}", "\0\0\0", "null"] {
        fs::write(folder.0.join(of_jail("db")), text).expect("written");
        assert_eq!(attempt(&folder.0, DB), None, "{text}");
    }
}

/// What a jail consists of stays in the group of the iocage that started it. Only
/// who should have died with it counts.
#[test]
fn daemons_count_only_after_a_kill() {
    let folder = Folder::new();
    for is_killed in [false, true] {
        let mut first = claim(&folder.0, 0);
        DB(&mut first).expect("free");
        let watch = first.watch();
        let script = "sleep 60 >/dev/null 2>&1 & echo $!; exit 0";
        let command = Command {
            env: &[("PATH", "/usr/bin:/bin")],
            linger: Duration::ZERO,
            watch: Some(&*watch),
            ..Command::new(Path::new("/bin/sh"), ["-c", script])
        };
        let outcome = System::new().run(&command).expect("it starts");
        let daemon: i32 = outcome.stdout.text().trim().parse().expect("its number");
        if is_killed {
            watch(Step::Killed);
        }
        drop(first);
        let error = DB(&mut claim(&folder.0, 0)).err().map(|error| error.message).unwrap_or_default();
        assert_eq!(error.contains(&format!("still runs (process {daemon})")), is_killed, "{error}");
        // SAFETY: kill takes two integers and touches no memory.
        unsafe { libc::kill(daemon, libc::SIGKILL) };
        let until = Instant::now() + Duration::from_secs(20);
        while attempt(&folder.0, DB).is_some() {
            assert!(Instant::now() < until, "it is gone");
        }
    }
}

/// One that could not be ended stays in the line, whatever is asked after it.
#[test]
fn a_later_question_does_not_take_its_place() {
    let folder = Folder::new();
    let (survivor, question) = (Sleeper::new(), Sleeper::new());
    let mut first = claim(&folder.0, 0);
    DB(&mut first).expect("free");
    first.watch()(Step::Started(survivor.process()));
    first.watch()(Step::Killed);
    first.watch()(Step::Started(question.process()));
    drop((first, question));
    let error = DB(&mut claim(&folder.0, 0)).expect_err("it is there").message;
    assert!(error.contains(&format!("(process {})", survivor.pid())), "{error}");
}

/// The line has its length before anything is started, whatever it tells later.
#[test]
fn there_is_room_for_what_is_told_later() {
    let folder = Folder::new();
    let mut first = claim(&folder.0, 0);
    DB(&mut first).expect("free");
    let file = folder.0.join(of_jail("db"));
    let read = || fs::read_to_string(&file).expect("there");
    let before = read();
    let widest = Process { pid: i32::MAX, start: Some(u64::MAX) };
    let mut lengths = vec![before.len()];
    for step in [Step::Started(widest), Step::Killed, Step::Started(Process { pid: 7, start: None })] {
        first.watch()(step);
        lengths.push(read().len());
        let line: Value = serde_json::from_str(&read()).expect("one line of JSON");
        assert!(line["pid"] == std::process::id() && line["action"] == "startjail", "{line}");
    }
    assert!(lengths.iter().all(|&length| length == before.len() && length < 512), "{lengths:?}");
}

/// A full disk takes no line, and the work goes on.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_takes_a_warning_and_no_lock() {
    let folder = Folder::new();
    fs::create_dir(&folder.0).expect("made");
    let mount =
        |args: &[&str]| Std::new("mount").args(args).arg(&folder.0).status().is_ok_and(|s| s.success());
    if !mount(&["-t", "tmpfs", "-o", "size=4k,mode=700", "tmpfs"]) {
        skipped("nothing can be mounted here");
        return;
    }
    fs::write(folder.0.join("full"), "x").expect("one page");
    let mut first = claim(&folder.0, 0);
    let outcome = DB(&mut first);
    let warnings = first.warnings();
    first.watch()(Step::Started(Process { pid: i32::MAX, start: None }));
    let again = first.warnings().len();
    let busy = attempt(&folder.0, DB);
    drop(first);
    let free = attempt(&folder.0, DB);
    let files = folder.files();
    // What another test just starts has what is open there until it is executed.
    let until = Instant::now() + Duration::from_secs(20);
    let mut unmounted = false;
    while !unmounted && Instant::now() < until {
        unmounted = Std::new("umount").arg(&folder.0).status().is_ok_and(|status| status.success());
    }
    assert_eq!((outcome, busy, free, again), (Ok(()), Some(Code::Busy), None, 1));
    assert!(warnings.len() == 1 && warnings[0].contains("No space left on device"), "{warnings:?}");
    assert_eq!(files, ["full", "pool"]);
    assert!(unmounted);
}
