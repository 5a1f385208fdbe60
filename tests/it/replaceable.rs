//! A module that others than root can replace is not loaded into a process of
//! root's, by any host and at no time, unless its policy says so.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sysadm_class::Level;
use sysadm_class::host::{Door, Fault, Module, Services, Silent};
use sysadm_host::{Obstacle, Policy, Registry, Stage, Watch};

use crate::support::{C11, CXX17, Folder, Running, artifacts, compile, module_in_c, run_host_with};

const NOBODY: u32 = 65534;

/// A module, and a way to it that is spoiled in one place.
struct Row {
    path: PathBuf,
    said: String,
}

/// Each way in which others can replace a module. `None` where these tests are not
/// run by root, who alone is asked.
fn rows(folder: &Folder) -> Option<(PathBuf, Vec<Row>)> {
    let good = module_in_c(folder, "include/template/c/echo.c", "echo.so", &[]);
    if fs::metadata(&good).expect("ours").uid() != 0 {
        crate::support::skipped!("whoever is not root may load what it likes");
        return None;
    }
    let mut rows = Vec::new();
    let mut add = |name: &str, spoil: &dyn Fn(&Path, &Path) -> PathBuf, said: &str| {
        let home = folder.0.join(name);
        fs::create_dir(&home).expect("made");
        fs::copy(&good, home.join("module.so")).expect("copied");
        for path in [&home, &home.join("module.so")] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("ours");
        }
        let path = spoil(&home, &home.join("module.so"));
        rows.push(Row { path, said: said.replace("HOME", home.to_str().expect("our own name")) });
    };
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
    let give = |path: &Path| chown(path, Some(NOBODY), None).expect("root may");
    add(
        "group",
        &|_, file| {
            mode(file, 0o775);
            file.to_owned()
        },
        "others than its owner can write to HOME/module.so (mode 0775)",
    );
    add(
        "folder",
        &|home, file| {
            mode(home, 0o777);
            file.to_owned()
        },
        "others than its owner can write to HOME (mode 0777)",
    );
    add(
        "file",
        &|_, file| {
            give(file);
            file.to_owned()
        },
        "HOME/module.so belongs to user 65534 (mode 0755)",
    );
    add(
        "owner",
        &|home, file| {
            give(home);
            file.to_owned()
        },
        "HOME belongs to user 65534 (mode 0755)",
    );
    add(
        "link",
        &|home, file| {
            give(home);
            let link = home.with_extension("so");
            symlink(file, &link).expect("made");
            link
        },
        "HOME belongs to user 65534 (mode 0755)",
    );
    add(
        "sticky",
        &|home, file| {
            let link = home.join("link");
            symlink(file, &link).expect("made");
            std::os::unix::fs::lchown(&link, Some(NOBODY), None).expect("root may");
            mode(home, 0o1777);
            link
        },
        "HOME/link belongs to user 65534 (mode 0777)",
    );
    // Linux follows 40 links, so these lead somewhere.
    add(
        "many",
        &|home, file| {
            give(home);
            let link = |number: usize| home.with_extension(number.to_string());
            symlink(file, link(0)).expect("made");
            for number in 1..40 {
                symlink(link(number - 1), link(number)).expect("made");
            }
            link(39)
        },
        "HOME belongs to user 65534 (mode 0755)",
    );
    Some((good, rows))
}

/// The sentence of the Rust host, which holds this.
fn refusal(row: &Row, door: Door) -> String {
    let error = Module::load(&row.path, door).expect_err("others can replace it");
    assert!(matches!(error.fault(), Fault::Unsafe(_)), "{error:?}");
    let said = error.to_string();
    assert_eq!(said, format!("{} is not loaded as root: {}", row.path.display(), row.said));
    said
}

#[test]
fn no_host_loads_it_as_root() {
    let folder = Folder::new();
    let Some((good, rows)) = rows(&folder) else { return };
    let programs = [
        (C11, "host-example/c/host.c"),
        (CXX17, "host-example/cpp/host.cpp"),
        (CXX17, "tests/cpp/refused.cpp"),
        (CXX17, "tests/cpp/swapped.cpp"),
    ]
    .map(|(language, source)| {
        let name = format!("{}-{}", language.0, Path::new(source).file_stem().expect("a name").display());
        let program = folder.0.join(name);
        compile(language, source, &program, &["-pthread", "-ldl"]);
        program
    });
    for row in &rows {
        let said = refusal(row, Door::C);
        assert_eq!(refusal(row, Door::Rust), said);
        assert_eq!(Module::load_untrusted(&row.path, Door::C).expect("that is allowed").name(), "echo");
        for program in &programs[..2] {
            let output = Command::new(program).arg(&row.path).args(["", "{}"]).output().expect("it runs");
            let log = String::from_utf8_lossy(&output.stderr);
            assert_eq!((log.trim_end(), output.status.code()), (said.as_str(), Some(1)));
            let output = Command::new(program).arg("-u").arg(&row.path).args(["", "{}"]).output();
            assert!(output.expect("it runs").status.success(), "-u allows it");
        }
        let output = Command::new(&programs[2]).arg(&row.path).output().expect("it runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), said);
        // A slot, whose copy would be as good as the file.
        let output =
            Command::new(&programs[3]).arg(&folder.0).args(["", "{}"]).arg(&good).arg(&row.path).output();
        assert_eq!(String::from_utf8_lossy(&output.expect("it runs").stdout).trim_end(), said);
    }
}

/// Root alone is asked: who else can become somebody by what they load?
#[test]
fn whoever_is_not_root_loads_what_it_likes() {
    let folder = Folder::new();
    let Some((_, rows)) = rows(&folder) else { return };
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755)).expect("ours");
    let host = folder.0.join("host");
    fs::copy(&artifacts().host, &host).expect("copied");
    let output = Command::new(&host)
        .env("XDG_STATE_HOME", "/nonexistent")
        .args(["--door", "c", "--module"])
        .arg(&rows[0].path)
        .arg("describe")
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .expect("it runs");
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!((log.as_ref(), output.status.code()), ("", Some(0)));
}

/// Nor is a copy of a good one mapped from a folder in which it could be exchanged.
#[test]
fn a_copy_is_not_safer_than_its_folder() {
    let folder = Folder::new();
    let Some((good, _)) = rows(&folder) else { return };
    let open = folder.0.join("open");
    fs::create_dir(&open).expect("made");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).expect("ours");
    let program = folder.0.join("host");
    compile(CXX17, "tests/cpp/refused.cpp", &program, &["-DCOPIES", "-ldl"]);
    let output = Command::new(&program).arg(&good).env("TMPDIR", &open).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let expected = format!("{} is not loaded as root: others than its owner can write to", good.display());
    assert!(said.starts_with(&expected) && said.contains("/open (mode 0777)"), "{said}");
    assert_eq!(fs::read_dir(&open).expect("there").count(), 0, "the copy is gone");

    let stage = Stage::open(&open.join("stage")).expect("a folder of our own");
    let registry = Registry::new(Policy::new(Door::C), stage, Arc::new(Silent));
    let refused = registry.load(&good, "").expect_err("its folder can be exchanged");
    assert_eq!(refused.obstacle, Obstacle::Load);
    assert!(refused.why.starts_with(&expected) && refused.why.contains("/open (mode 0777)"), "{refused}");
}

/// What takes over is copied first. The copy is root's own, so the file has to be looked
/// at before.
#[test]
fn nor_does_a_host_that_runs_replace_its_module_by_it() {
    let folder = Folder::new();
    let Some((good, _)) = rows(&folder) else { return };
    let home = folder.0.join("home");
    fs::create_dir(&home).expect("made");
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
    let file = home.join("module.so");
    for (language, source) in [(C11, "host-example/c/host.c"), (CXX17, "host-example/cpp/host.cpp")] {
        let program = folder.0.join(language.0);
        compile(language, source, &program, &["-pthread", "-ldl"]);
        for (flags, owner, folder_mode, said) in [
            (&[][..], 0, 0o755, "replaced by "),
            (&[], NOBODY, 0o755, "is not loaded as root: HOME/module.so belongs to user 65534 (mode 0755)"),
            (&[], 0, 0o777, "is not loaded as root: others than its owner can write to HOME (mode 0777)"),
            (&["-u"], NOBODY, 0o777, "replaced by "),
        ] {
            let put = |owner| {
                fs::copy(&good, home.join("fresh")).expect("copied");
                mode(&home.join("fresh"), 0o755);
                chown(home.join("fresh"), Some(owner), None).expect("root may");
                fs::rename(home.join("fresh"), &file).expect("renamed");
            };
            mode(&home, 0o755);
            put(0);
            let mut host = Running::new(&program, flags, &file, &folder.0);
            let ask = |host: &mut Running| {
                let line = host.ask();
                assert!(line.starts_with("200 "), "{source}: {line}");
            };
            ask(&mut host);
            put(owner);
            mode(&home, folder_mode);
            host.replace();
            let until = Instant::now() + Duration::from_secs(60);
            let mut told = String::new();
            while !told.ends_with('\n') {
                assert!(Instant::now() < until, "{source}: nothing is said");
                ask(&mut host);
                std::thread::sleep(Duration::from_millis(5));
                told = host.said();
            }
            let said = said.replace("HOME", home.to_str().expect("our own name"));
            assert!(told.contains(&said) && told.lines().count() == 1, "{source}: {said:?}: {told}");
            assert!(host.ends_well(), "{source}");
        }
    }
}

/// What the registry told.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Services for Told {
    fn log(&self, _: Level, _: &str, message: &str, _: u64) {
        self.0.lock().expect("no panic").push(message.to_owned());
    }
}

#[test]
fn a_registry_takes_it_neither_at_a_load_nor_at_a_swap() {
    let folder = Folder::new();
    let Some((good, rows)) = rows(&folder) else { return };
    let registry = |allow_unsafe_module| {
        let stage = Stage::open(&folder.0.join("stage")).expect("a folder of our own");
        let policy = Policy { allow_unsafe_module, ..Policy::new(Door::C) };
        Registry::new(policy, stage, Arc::new(Silent))
    };
    let serving = registry(false);
    serving.load(&good, "").expect("a good one");
    for row in &rows {
        let fresh = registry(false);
        for refused in [fresh.load(&row.path, ""), serving.swap(None, &row.path)] {
            let refused = refused.expect_err("others can replace it");
            assert_eq!(refused.obstacle, Obstacle::File);
            assert_eq!(refused.why, format!("cannot use {}: {}", row.path.display(), row.said));
        }
        let allowed = registry(true);
        allowed.load(&row.path, "").expect("that is allowed");
        allowed.swap(None, &row.path).expect("that is allowed");
        allowed.roll_back(None).expect("that is allowed");
    }
    assert_eq!(serving.generations().len(), 1);
}

#[test]
fn a_watched_folder_that_was_opened_gives_no_new_module() {
    let folder = Folder::new();
    let Some((good, _)) = rows(&folder) else { return };
    let home = folder.0.join("watched");
    fs::create_dir(&home).expect("made");
    fs::copy(&good, home.join("echo.so")).expect("copied");
    let told = Arc::new(Told::default());
    let stage = Stage::open(&folder.0.join("stage")).expect("a folder of our own");
    let services = Arc::clone(&told) as Arc<dyn Services>;
    let registry = Arc::new(Registry::new(Policy::new(Door::C), stage, services));
    registry.load(&home.join("echo.so"), "").expect("a good one");
    let _watch = Watch::start(Arc::clone(&registry), &home, Duration::from_millis(20)).expect("watches");
    fs::set_permissions(&home, fs::Permissions::from_mode(0o777)).expect("ours");
    let other = module_in_c(&folder, "include/template/c/echo.c", "other.so", &["-O1"]);
    fs::rename(other, home.join("echo.so")).expect("renamed");
    let until = Instant::now() + Duration::from_secs(60);
    let refused = || told.0.lock().expect("no panic").iter().any(|line| line.contains("watched (mode 0777)"));
    while !refused() {
        assert!(Instant::now() < until, "{}", registry.list());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(registry.generations().len(), 1);
}

#[test]
fn the_example_host_says_so_and_can_be_told_otherwise() {
    let folder = Folder::new();
    let Some((_, rows)) = rows(&folder) else { return };
    let row = &rows[0];
    for (command, said) in [
        ("describe", refusal(row, Door::C)),
        ("call", format!("cannot use {}: {}", row.path.display(), row.said)),
    ] {
        let (_, log, code) = run_host_with(&row.path, Door::C, &[command], "");
        assert_eq!((log, code), (format!("host-example: {said}\n"), Some(1)));
        let (_, log, code) = run_host_with(&row.path, Door::C, &["--allow-unsafe-module", command], "");
        assert_eq!((log.as_str(), code), ("", Some(0)));
    }
    // On a simulated machine nothing hangs on it.
    let theirs = folder.0.join("theirs");
    fs::create_dir(&theirs).expect("made");
    fs::copy(&artifacts().module, theirs.join("iocage.so")).expect("copied");
    chown(&theirs, Some(NOBODY), None).expect("root may");
    let (out, _, code) =
        run_host_with(&theirs.join("iocage.so"), Door::C, &["--sim", "call"], "{\"action\":\"df\"}\n");
    assert!(out.contains("\"df\"") && code == Some(0), "{out}");
}
