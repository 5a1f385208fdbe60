//! What is taken to the stage and what is not, and what is left there.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::AtomicBool;

use sysadm_class::host::Door;

use super::*;

/// To the stream itself: what the macros for printing write is shown of tests that fail.
fn skipped(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {sentence}");
}

struct Base(PathBuf);
impl Base {
    /// No two tests have one together, whatever they call it.
    fn new(name: &str) -> Base {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sysadm-host-{name}-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Base(path)
    }
    fn folders(&self) -> usize {
        fs::read_dir(&self.0).expect("there").filter(|e| e.as_ref().expect("read").path().is_dir()).count()
    }
}
impl Drop for Base {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn only_what_the_dead_left_is_removed() {
    let base = Base::new("clean");
    let living = Stage::open(&base.0).expect("opened");
    fs::create_dir(base.0.join("1-2")).expect("made");
    fs::write(base.0.join("1-2/7.so"), "x").expect("written");
    fs::create_dir(base.0.join("3-4")).expect("made");
    fs::write(base.0.join("3-4/lock"), "").expect("written");
    for other in ["x-4", "34", "3-", "-4"] {
        fs::create_dir(base.0.join(other)).expect("made");
    }
    let second = Stage::open(&base.0).expect("opened");
    assert!(living.own.is_dir() && second.own.is_dir() && living.own != second.own);
    assert!(!base.0.join("1-2").exists() && !base.0.join("3-4").exists());
    assert_eq!(base.folders(), 2 + 4);
    drop((living, second));
    assert_eq!(base.folders(), 4);
}

#[test]
fn one_who_keeps_the_folder_locked_is_not_waited_for_for_ever() {
    let base = Base::new("locked");
    drop(Stage::open(&base.0).expect("opened"));
    let holder = lock_file(&base.0).expect("there");
    holder.try_lock().expect("nobody has it");
    let why = open_stage(&base.0, Duration::from_millis(20)).expect_err("somebody has it");
    assert_eq!(why.to_string(), "another process has locked it");
    drop(holder);
    Stage::open(&base.0).expect("opened");
}

/// It has all descriptors until it is executed.
#[test]
#[expect(clippy::disallowed_methods, reason = "a host's test")]
fn a_program_that_is_started_meanwhile_keeps_nobody_out() {
    let base = Base::new("started");
    let over = AtomicBool::new(false);
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let _ = std::process::Command::new("true").status();
            }
        });
        let outcome = (0..300).try_for_each(|_| open_stage(&base.0, Duration::ZERO).map(drop));
        over.store(true, Ordering::Relaxed);
        outcome
    });
    outcome.expect("nobody is at it");
}

#[test]
fn a_folder_in_which_nobody_is_goes_with_its_lock() {
    let base = Base::new("gone");
    let living = Stage::open(&base.0).expect("opened");
    fs::create_dir(base.0.join("1-2")).expect("made");
    Stage::remove(&base.0);
    assert!(living.own.is_dir() && base.0.join(LOCK).exists(), "somebody has it");
    assert!(!base.0.join("1-2").exists(), "what the dead left is gone");
    drop(living);
    fs::write(base.0.join("somebody's"), "").expect("written");
    Stage::remove(&base.0);
    assert!(base.0.join(LOCK).exists(), "something else is there");
    fs::remove_file(base.0.join("somebody's")).expect("there");
    let door = lock_file(&base.0).expect("there");
    door.try_lock().expect("nobody has it");
    Stage::remove(&base.0);
    assert!(base.0.join(LOCK).exists(), "somebody opens it just now");
    leave(&door);
    Stage::remove(&base.0);
    assert!(!base.0.exists());
    Stage::remove(&base.0);
}

/// Whoever waits for a lock that is removed meanwhile has got one of nothing.
#[test]
#[expect(clippy::disallowed_methods, reason = "a host's test")]
fn a_folder_that_is_removed_while_somebody_comes_is_made_again() {
    let base = Base::new("again");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..300 {
                    let stage = Stage::open(&base.0).expect("opened");
                    let door = lock_file(&base.0).expect("it stays as long as somebody is there");
                    assert!(stage.own.join(LOCK).exists() && is_at(&door, &base.0));
                }
            });
            scope.spawn(|| {
                for _ in 0..1000 {
                    Stage::remove(&base.0);
                }
            });
        }
    });
    Stage::remove(&base.0);
    assert!(!base.0.exists());
}

/// A host that ends removes its folder just when the next one looks at it.
#[test]
#[expect(clippy::disallowed_methods, reason = "a host's test")]
fn hosts_that_start_and_end_at_once_do_not_disturb_each_other() {
    let base = Base::new("crowd");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..200).for_each(|_| drop(Stage::open(&base.0).expect("opened"))));
        }
    });
    assert_eq!(base.folders(), 0);
}

#[test]
fn links_are_not_followed() {
    let (base, other) = (Base::new("links"), Base::new("other"));
    drop(Stage::open(&base.0).expect("opened"));
    fs::create_dir(&other.0).expect("made");
    fs::write(other.0.join("precious"), "x").expect("written");
    std::os::unix::fs::symlink(&other.0, base.0.join("1-2")).expect("made");
    fs::create_dir(base.0.join("3-4")).expect("made");
    std::os::unix::fs::symlink(&other.0, base.0.join("3-4/inside")).expect("made");
    drop(Stage::open(&base.0).expect("opened"));
    assert!(other.0.join("precious").exists() && !base.0.join("3-4").exists());
}

/// As root, who could enter it: nothing in there is touched.
#[test]
fn the_folder_of_another_user_is_refused() {
    let base = Base::new("owner");
    fs::create_dir(&base.0).expect("made");
    fs::set_permissions(&base.0, fs::Permissions::from_mode(0o700)).expect("set");
    fs::create_dir(base.0.join("1-2")).expect("made");
    if std::os::unix::fs::chown(&base.0, Some(12345), None).is_err() {
        skipped("only root can give a folder away");
        return;
    }
    let why = Stage::open(&base.0).expect_err("another user's").why;
    assert!(why.contains("belongs to user 12345, not to us"), "{why}");
    assert!(base.0.join("1-2").exists() && !base.0.join(LOCK).exists());
}

#[test]
fn a_folder_that_others_can_enter_is_refused() {
    let base = Base::new("open");
    fs::create_dir(&base.0).expect("made");
    fs::set_permissions(&base.0, fs::Permissions::from_mode(0o755)).expect("set");
    let why = Stage::open(&base.0).expect_err("not private").why;
    assert!(why.contains("mode 755"), "{why}");
    let link = base.0.join("link");
    std::os::unix::fs::symlink("/", &link).expect("made");
    Stage::open(&link).expect_err("a link");
}

#[test]
fn a_file_may_be_so_large_and_no_larger() {
    let base = Base::new("large");
    fs::create_dir(&base.0).expect("made");
    let path = base.0.join("module.so");
    let file = File::create(&path).expect("made");
    for (size, said) in [(MOST_BYTES, None), (MOST_BYTES + 1, Some("it has 268435457 bytes"))] {
        // A hole: it takes no room.
        file.set_len(size).expect("a large file");
        let why = open(&path).err().map(|e| e.to_string());
        assert_eq!(why.as_deref().map(|why| &why[..22]), said, "{why:?}");
    }
}

/// As it is asked for a user that is not root.
#[test]
fn a_users_module_is_the_users_own_or_roots() {
    let base = Base::new("users");
    let mut stage = Stage::open(&base.0).expect("opened");
    let file = base.0.join("module.so");
    fs::write(&file, "").expect("written");
    let said = |stage: &Stage| stage.check(&fs::metadata(&file).expect("there")).err().map(|e| e.to_string());
    assert_eq!(said(&stage), None);
    let give = |user| std::os::unix::fs::chown(&file, Some(user), None);
    if give(12345).is_err() {
        skipped("only root can give a file away");
        return;
    }
    let expected = "it belongs to user 12345, and not to root or to user 0";
    assert_eq!(said(&stage).as_deref(), Some(expected));
    stage.uid = 12345;
    assert_eq!(said(&stage), None);
    give(0).expect("root may");
    assert_eq!(said(&stage), None);
}

/// By whoever clears away what he takes for rubbish: the host goes on, and says what is gone.
#[test]
fn a_stage_that_is_gone_is_named_and_not_the_file() {
    let base = Base::new("gone");
    let stage = Stage::open(&base.0).expect("opened");
    let file = base.0.join("module.so");
    fs::copy(std::env::current_exe().expect("a path"), &file).expect("an ELF file of the same kind");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("set");
    let policy = Policy::new(Door::C);
    let kept = stage.take(&file, &policy).expect("taken");
    fs::remove_dir_all(&stage.own).expect("removed");
    let refused = stage.take(&file, &policy).expect_err("nowhere to go");
    let expected =
        format!("cannot use {}: it cannot be copied to {}/2.so: ", file.display(), stage.own.display());
    assert!(refused.why.starts_with(&expected), "{refused}");
    assert_eq!(refused.obstacle, Obstacle::File);
    let refused = stage.again(&kept, &policy).expect_err("it is gone");
    assert!(refused.why.contains(&format!("{}/1.so", stage.own.display())), "{refused}");
}

#[test]
fn a_file_that_everybody_may_write_to_is_refused() {
    let base = Base::new("trust");
    let stage = Stage::open(&base.0).expect("opened");
    let file = base.0.join("module.so");
    fs::copy(std::env::current_exe().expect("a path"), &file)
        .expect("a program is an ELF file of the same kind");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("set");
    let policy = Policy::new(Door::C);
    let staged = stage.take(&file, &policy).expect("taken");
    assert_eq!(fs::metadata(staged.path()).expect("there").mode() & 0o777, 0o500);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o757)).expect("set");
    let why = stage.take(&file, &policy).expect_err("open to all").why;
    let part = if stage.uid == 0 { "others than its owner can write" } else { "everybody may write" };
    assert!(why.contains(part) && why.contains("757"), "{why}");
    stage.take(&file, &Policy { allow_unsafe_module: true, ..policy }).expect("that was allowed");
    let path = staged.path().to_path_buf();
    drop(staged);
    assert!(!path.exists());
}

/// Whoever copies just then leaves nothing behind.
#[test]
#[expect(clippy::disallowed_methods, reason = "a host's test")]
fn what_is_cleared_while_somebody_copies_is_gone() {
    let base = Base::new("cleared");
    let source = std::env::temp_dir().join(format!("sysadm-host-source-{}", std::process::id()));
    fs::write(&source, "x").expect("written");
    for round in 0..100 {
        let stage = Stage::open(&base.0).expect("opened");
        std::thread::scope(|scope| {
            let copies: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        let copies = std::iter::from_fn(|| stage.copy(&source, true).ok());
                        copies.take(1000).collect::<Vec<_>>()
                    })
                })
                .collect();
            while stage.count.load(Ordering::Relaxed) < 10 {
                std::thread::yield_now();
            }
            stage.clear();
            assert_eq!(base.folders(), 0, "{round}");
            for copies in copies {
                drop(copies.join().expect("it does not panic"));
            }
        });
        assert_eq!(base.folders(), 0, "{round}");
    }
    fs::remove_file(&source).expect("there");
}
