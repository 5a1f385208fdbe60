//! A file that is replaced is noticed; one that is being written is let be.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sysadm_class::Level;
use sysadm_class::host::{Door, Services};
use sysadm_host::{Registry, State, Watch};

use super::stand::{CLASS, GOOD, policy, registry_with, small, version};
use crate::support::Folder;

const OFTEN: Duration = Duration::from_millis(50);

/// How often a swap was refused.
#[derive(Default)]
struct Refusals(AtomicUsize);

impl Services for Refusals {
    fn log(&self, _: Level, _: &str, message: &str, _: u64) {
        self.0.fetch_add(message.starts_with("refused: ").into(), Ordering::Relaxed);
    }
}

struct Watched {
    folder: Folder,
    refusals: Arc<Refusals>,
    registry: Arc<Registry>,
    _watch: Watch,
}

impl Watched {
    fn new() -> Watched {
        let folder = Folder::new();
        fs::create_dir(folder.0.join("modules")).expect("made");
        let refusals = Arc::new(Refusals::default());
        let services = Arc::clone(&refusals) as Arc<dyn Services>;
        let registry = Arc::new(registry_with(&folder, policy(Door::C), services));
        let home = folder.0.join("modules/class.so");
        fs::copy(small(&folder, CLASS, "1", GOOD), &home).expect("copied");
        registry.load(&home, "").expect("loads");
        let watch = Watch::start(Arc::clone(&registry), &folder.0.join("modules"), OFTEN).expect("watches");
        Watched { folder, refusals, registry, _watch: watch }
    }

    /// As an administrator does it: a copy beside, then a rename.
    fn install(&self, file: &Path) {
        let draft = self.folder.0.join("modules/.draft");
        fs::copy(file, &draft).expect("copied");
        fs::rename(draft, self.folder.0.join("modules/class.so")).expect("renamed");
    }

    fn wait_for(&self, is_there: impl Fn(&Registry) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_there(&self.registry) {
            assert!(Instant::now() < deadline, "{}", self.registry.list());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn a_file_that_is_renamed_into_place_serves() {
    let watched = Watched::new();
    for number in ["2", "3"] {
        watched.install(&small(&watched.folder, CLASS, number, GOOD));
        watched.wait_for(|registry| version(registry) == number);
    }
    // A bad one is tried once, and the next good one again.
    watched.install(&small(&watched.folder, CLASS, "4", "fault = HEALTH_REFUSES"));
    let failed = |registry: &Registry| {
        registry.generations().iter().filter(|generation| generation.state() == State::Failed).count()
    };
    watched.wait_for(|registry| failed(registry) == 1);
    std::thread::sleep(OFTEN * 6);
    assert_eq!((failed(&watched.registry), version(&watched.registry).as_str()), (1, "3"));
    watched.install(&small(&watched.folder, CLASS, "5", GOOD));
    watched.wait_for(|registry| version(registry) == "5");
    // The same bytes again are no new version, and neither is no file.
    let count = watched.registry.generations().len();
    watched.install(&small(&watched.folder, CLASS, "5", GOOD));
    std::thread::sleep(OFTEN * 6);
    fs::remove_file(watched.folder.0.join("modules/class.so")).expect("removed");
    std::thread::sleep(OFTEN * 6);
    assert_eq!(watched.registry.generations().len(), count);
    assert_eq!(version(&watched.registry), "5");
}

/// What `cp` over the file does: it is never mapped half-written, and the
/// running version, whose file it was, does not notice.
#[test]
fn a_file_that_is_written_in_place_is_taken_when_it_is_whole() {
    let watched = Watched::new();
    let bytes = fs::read(small(&watched.folder, CLASS, "2", GOOD)).expect("there");
    let mut file = fs::File::create(watched.folder.0.join("modules/class.so")).expect("opened");
    let (mut late, mut before) = (0, Instant::now());
    for part in bytes.chunks(bytes.len() / 60) {
        file.write_all(part).expect("written");
        late += usize::from(before.elapsed() >= OFTEN);
        before = Instant::now();
        assert_eq!(version(&watched.registry), "1");
        std::thread::sleep(OFTEN / 5);
    }
    drop(file);
    watched.wait_for(|registry| version(registry) == "2");
    // That took a dozen looks. On a machine that stops for a while two of them
    // may see the same half, which its headers give away.
    let refused = watched.refusals.0.load(Ordering::Relaxed);
    assert!(refused <= 2 + late, "{refused} refused, and the writer was late {late} times");
    let states: Vec<_> = watched.registry.generations().iter().map(|g| g.state()).collect();
    assert!(!states.contains(&State::Failed), "{}", watched.registry.list());
}

/// Whatever is put there in a module's place, the watch neither waits for it nor
/// loads it: it is refused once, in words, and the next good one is taken.
#[test]
fn what_is_no_file_is_refused_once_and_the_watch_goes_on() {
    let watched = Watched::new();
    let place = watched.folder.0.join("modules/class.so");
    let put: [(&str, &dyn Fn()); 4] = [
        ("a pipe", &|| assert!(Command::new("mkfifo").arg(&place).status().expect("mkfifo").success())),
        ("a folder", &|| fs::create_dir(&place).expect("made")),
        ("a device without an end", &|| symlink("/dev/zero", &place).expect("made")),
        ("a link that leads to itself", &|| symlink(&place, &place).expect("made")),
    ];
    let refusals = || watched.refusals.0.load(Ordering::Relaxed);
    for (number, (what, put)) in put.into_iter().enumerate() {
        let before = refusals();
        fs::remove_file(&place).expect("removed");
        put();
        // The last one is as good as nothing.
        let expected = before + usize::from(number < 3);
        watched.wait_for(|_| refusals() == expected);
        std::thread::sleep(OFTEN * 6);
        assert_eq!(refusals(), expected, "{what}");
        if place.is_dir() {
            fs::remove_dir(&place).expect("removed");
        }
        let next = format!("{}", number + 2);
        watched.install(&small(&watched.folder, CLASS, &next, GOOD));
        watched.wait_for(|registry| version(registry) == next);
    }
}

#[test]
fn a_folder_without_a_class_of_ours_is_an_error() {
    let watched = Watched::new();
    let refused =
        Watch::start(Arc::clone(&watched.registry), &watched.folder.0, OFTEN).err().expect("no class");
    assert!(refused.to_string().contains("no class of this host was loaded from"), "{refused}");
}
