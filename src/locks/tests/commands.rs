//! Who shares a lock and who wants it alone, while its file comes and goes.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{Folder, claim};
use crate::error::{Code, Error};
use crate::locks::dir::LockDir;
use crate::locks::file::{Mode, of_commands, try_lock};

/// Why a sharer never removes a file: with one that does, who holds it alone and
/// who shares it are in at once, each with a file of its own.
#[test]
fn a_file_that_is_shared_is_removed_by_nobody_who_shares_it() {
    let folder = Folder::new();
    let mut first = claim(&folder.0, 0);
    first.command("db").expect("free");
    let (name, dir) = (of_commands("db"), LockDir::open(&folder.0, &mut || Ok(())).expect("ours"));
    let shared = dir.file(&name).expect("there");
    drop(first);
    assert!(dir.has(&name, &shared).expect("readable"), "it is still there");
    // Who was about to share it when it went alone, begins anew.
    let mut alone = claim(&folder.0, 0);
    alone.no_command("db", &|| Ok(())).expect("free");
    drop(alone);
    assert!(
        try_lock(&shared, Mode::Shared).expect("lockable") && !dir.has(&name, &shared).expect("readable")
    );
    claim(&folder.0, 0).no_command("db", &|| Ok(())).expect("an old file is in nobody's way");
}

/// It is asked once, before the first wait, and only then.
#[test]
fn before_a_command_is_waited_for_it_is_asked_whether_there_is_any_use_in_it() {
    let folder = Folder::new();
    let asked = AtomicU32::new(0);
    let refuse = || {
        asked.fetch_add(1, Ordering::Relaxed);
        Err(Error::new(Code::JailRunning, "it runs"))
    };
    fs::create_dir(&folder.0).expect("made");
    claim(&folder.0, 60_000).no_command("db", &refuse).expect("free");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let mut command = claim(&folder.0, 0);
    command.command("db").expect("free");
    let refused = claim(&folder.0, 60_000).no_command("db", &refuse).expect_err("asked");
    assert_eq!((refused.code, asked.load(Ordering::Relaxed)), (Code::JailRunning, 1));
    let agree = || {
        asked.fetch_add(1, Ordering::Relaxed);
        Ok(())
    };
    let busy = claim(&folder.0, 200).no_command("db", &agree).expect_err("held");
    assert_eq!((busy.code, asked.load(Ordering::Relaxed)), (Code::Busy, 2));
    let by = "jail \"db\" is busy: startjail of \"db\" has been at it for ";
    assert!(busy.message.starts_with(by), "who shares it is told: {}", busy.message);
}

/// Commands beside each other, destructions and cleanings alone, each of which
/// removes the file that the others wait for.
#[test]
fn nobody_is_alone_while_others_share() {
    const ROUNDS: u32 = 120;
    const ALONE: u32 = 1 << 16;
    let folder = Folder::new();
    let (inside, most) = (AtomicU32::new(0), AtomicU32::new(0));
    let stay = |weight: u32| {
        let before = inside.fetch_add(weight, Ordering::SeqCst);
        assert!(before < ALONE && (weight == 1 || before == 0), "{weight} beside {before}");
        most.fetch_max((before + weight) % ALONE, Ordering::SeqCst);
        std::thread::sleep(Duration::from_micros(200));
        inside.fetch_sub(weight, Ordering::SeqCst);
    };
    std::thread::scope(|scope| {
        for at in 0..9 {
            let (folder, stay) = (&folder, &stay);
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    let mut claim = claim(&folder.0, 60_000);
                    match at {
                        0 | 1 => {
                            claim.among_others().expect("shared");
                            claim.jail("db").expect("free in time");
                            claim.no_command("db", &|| Ok(())).expect("free in time");
                            stay(ALONE);
                        }
                        2 => {
                            claim.no_commands().and_then(|()| claim.pool()).expect("free in time");
                            stay(ALONE);
                        }
                        _ => {
                            claim.command("db").expect("free in time");
                            stay(1);
                        }
                    }
                    drop(claim);
                    std::thread::sleep(Duration::from_micros(at * 100));
                }
            });
        }
    });
    let most = most.into_inner();
    assert!(most > 1, "commands were beside each other: {most}");
    claim(&folder.0, 0).no_commands().expect("free");
    assert_eq!(folder.files(), ["pool"]);
}

/// Who had to wait looks again, for what was found before may be gone; who had not need not.
#[test]
fn whether_a_command_had_to_wait_is_told() {
    let folder = Folder::new();
    fs::create_dir(&folder.0).expect("made");
    let mut free = claim(&folder.0, 0);
    assert!(!free.command("db").expect("free"), "nobody was there");
    assert!(!free.command("db").expect("its own"), "it has it");
    drop(free);
    for of_all in [false, true] {
        let mut alone = claim(&folder.0, 0);
        let excluded = match of_all {
            false => alone.no_command("db", &|| Ok(())).map(drop),
            true => alone.no_commands(),
        };
        excluded.expect("free");
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| claim(&folder.0, 60_000).command("db"));
            std::thread::sleep(Duration::from_millis(200));
            assert!(!waiter.is_finished(), "it waits");
            drop(alone);
            assert!(waiter.join().expect("no panic").expect("free in time"), "it has waited");
        });
    }
}
