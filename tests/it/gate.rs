//! The gate's own promises: what it cannot prove it fails, and does not skip.

use std::process::{Command, Output};

use crate::support::{Folder, root};

/// A machine on which nothing can be installed: whoever tries the check there is told
/// that it was skipped, the gate is failed.
#[test]
fn what_cannot_be_proved_for_freebsd_fails_the_gate() {
    let folder = Folder::new();
    for tool in ["dirname", "mkdir", "id", "nm", "sed", "cut", "grep", "sort", "head"] {
        let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().expect("sh runs");
        let path = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        if path.starts_with('/') {
            std::os::unix::fs::symlink(path, folder.0.join(tool)).expect("linked");
        }
    }
    let bash = Command::new("sh").args(["-c", "command -v bash"]).output().expect("sh runs");
    let bash = String::from_utf8_lossy(&bash.stdout).trim().to_owned();
    if bash.is_empty() {
        crate::support::skipped!("the gate is a script for bash, which is not here");
        return;
    }
    for (ci, passes, said) in [("", true, "skipped: "), ("true", false, "failed: this is to be proved here")]
    {
        let output = Command::new(&bash)
            .arg(root().join("tests/freebsd/check"))
            .env_clear()
            .env("PATH", &folder.0)
            .env("CI", ci)
            .output()
            .expect("bash runs");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert!(text.contains(said), "CI={ci}: {text}");
        assert_eq!(output.status.success(), passes, "CI={ci}: {text}");
    }
}

/// What is built for FreeBSD imports nothing without a version of FreeBSD's, and of 14's what is known: each file that is
/// built is asked so, by the check's own function.
#[test]
fn what_is_built_for_freebsd_imports_what_freebsd_has() {
    let folder = Folder::new();
    crate::support::write_program(&folder.0.join("readelf"), "#!/bin/sh\necho \"$SYMBOL\"\n");
    let check = std::fs::read_to_string(root().join("tests/freebsd/check")).expect("ours");
    let (_, function) = check.split_once("\nimports() {").expect("the check has it");
    let (function, _) = function.split_once("\n}\n").expect("its end");
    for file in ["\n        imports \"$built\"\n", "\nimports \"$module\"\n"] {
        assert!(check.contains(file), "{file}");
    }
    let script = format!(
        "set -euo pipefail; fail() {{ echo \"$*\"; exit 1; }}\nimports() {{{function}\n}}\nimports a/b\n"
    );
    for (bind, symbol, said) in [
        ("GLOBAL", "open@FBSD_1.0 (2)", ""),
        ("GLOBAL", "memfd_create@FBSD_1.6 (2)", ""),
        ("GLOBAL", "__libc_start1@FBSD_1.7 (2)", ""),
        ("GLOBAL", "posix_spawn_file_actions_addclosefrom_np@FBSD_1.7 (2)", ""),
        ("WEAK", "__cxa_thread_atexit_impl", ""),
        ("GLOBAL", "getauxval", "b imports without a FreeBSD version: getauxval\n"),
        ("GLOBAL", "gettid@GLIBC_2.30 (2)", "b imports without a FreeBSD version: gettid@GLIBC_2.30\n"),
        ("LOCAL", "", "b imports nothing of FreeBSD's\n"),
        (
            "GLOBAL",
            "Newer_1@FBSD_1.7 (2)",
            "b imports what is newer than FreeBSD 13, and none of what 14 may bring: Newer_1\n",
        ),
        (
            "GLOBAL",
            "inotify_init@FBSD_1.10 (2)",
            "b imports what is newer than FreeBSD 13, and none of what 14 may bring: inotify_init\n",
        ),
    ] {
        let line =
            |bind: &str, symbol: &str| format!("  7: 0000000000000000  0 FUNC {bind} DEFAULT UND {symbol}");
        // As every program does, beside what is asked about.
        let usual = line("GLOBAL", "exit@FBSD_1.0 (2)");
        let lines = if symbol.is_empty() { String::new() } else { line(bind, symbol) + "\n" + &usual };
        let mut bash = Command::new("bash");
        bash.args(["-c", &script]).env("SYMBOL", lines);
        let path = format!("{}:/usr/bin:/bin", folder.0.display());
        let Ok(output) = bash.env("PATH", path).output() else {
            crate::support::skipped!("the gate is a script for bash, which is not here");
            return;
        };
        let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!((told.as_str(), output.status.success()), (said, said.is_empty()), "{symbol}");
    }
}

/// What is linked for FreeBSD needs libraries of its base alone, and each kind of file so many of them: by the check's own
/// functions.
#[test]
fn what_is_linked_for_freebsd_needs_its_base_alone() {
    let folder = Folder::new();
    crate::support::write_program(
        &folder.0.join("readelf"),
        "#!/bin/sh\nprintf ' 0x1 (NEEDED) Shared library: [%s]\\n' $NEEDED\n[ \"$2\" != none ]\n",
    );
    let script = "set -euo pipefail; fail() { echo \"$*\" >&2; exit 1; }\n. tests/freebsd/base\n\
         needs_the_base_alone \"$1\" \"$2\" it; echo well";
    for (kind, file, needed, said) in [
        ("module", "file", "libc.so.7 libthr.so.3", "well"),
        ("module", "file", "libc.so.7 libsys.so.7 libgcc_s.so.1", "well"),
        ("module", "file", "libc.so.7 libm.so.5", "it needs libm.so.5"),
        ("module", "none", "libc.so.7", "it cannot be read"),
        ("server", "file", "libc.so.7 libm.so.5", "well"),
        ("server", "file", "libutil.so.9", "it needs libutil.so.9"),
        ("test", "file", "libm.so.5 libutil.so.9 libc.so.7", "well"),
        ("test", "file", "libdl.so.1", "it needs libdl.so.1"),
        ("host", "file", "libc++.so.1 libcxxrt.so.1 libm.so.5 libdl.so.1", "well"),
        ("host", "file", "libutil.so.9", "it needs libutil.so.9"),
        ("host", "file", "libc.so", "it needs libc.so"),
        ("host", "file", "c.so.1", "it needs c.so.1"),
        ("hots", "file", "libc.so.7", "no file is a hots"),
    ] {
        let path = format!("{}:/usr/bin:/bin", folder.0.display());
        let mut bash = Command::new("bash");
        bash.args(["-c", script, "bash", kind, file]).env("NEEDED", needed).env("PATH", path);
        let Ok(output) = bash.current_dir(root()).output() else {
            crate::support::skipped!("the gate is a script for bash, which is not here");
            return;
        };
        let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(
            told.trim_end() == said && output.status.success() == (said == "well"),
            "{kind}, {needed}: {told}"
        );
    }
}

/// Where it is written what a test has not tried. What is published is tested without what lies beside it.
const TELLERS: [&str; 4] = [
    "include/host/src/stage/tests.rs",
    "include/rust/src/trust/tests.rs",
    "src/process/tests/stand.rs",
    "tests/it/support/skipped.rs",
];

/// What a test says that it has not tried is written to the stream itself, for what the macros for printing write is
/// kept for tests that fail, and `tests/freebsd/run` would not have it in its report. Those who do that are few.
#[test]
fn what_is_not_tried_is_never_said_to_the_harness() {
    let mut folders: Vec<_> =
        ["src", "include", "host-example", "tests"].map(|name| root().join(name)).into();
    let (mut said, mut tellers, mut files) = (Vec::new(), Vec::new(), 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("ours").flatten() {
            let path = entry.path();
            if entry.file_type().expect("its type").is_dir() {
                folders.extend((entry.file_name() != "target").then_some(path));
            } else if path.extension().is_some_and(|end| end == "rs") {
                files += 1;
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                if text.contains(concat!("println!(", "\"skipped: ")) {
                    said.push(path.clone());
                }
                let words: String = text.split_whitespace().collect();
                if words.contains(concat!("stderr(),", "\"skipped:")) {
                    tellers.push(path.strip_prefix(root()).expect("ours").display().to_string());
                }
            }
        }
    }
    assert!(said.is_empty() && files > 100, "{files}: {said:?}");
    tellers.sort();
    assert_eq!(tellers, TELLERS);
}

/// `timeout -k SECONDS LIMIT COMMAND...` as FreeBSD's does it: it is the parent of all that have lost theirs, and ends after the last.
const TIMEOUT: &str = "#include <signal.h>\n#include <stdlib.h>\n#include <sys/wait.h>\n#include <unistd.h>\n\
    #ifdef __linux__\n#include <sys/prctl.h>\n#define ACQUIRE prctl(PR_SET_CHILD_SUBREAPER, 1)\n\
    #else\n#include <sys/procctl.h>\n#define ACQUIRE procctl(P_PID, getpid(), PROC_REAP_ACQUIRE, NULL)\n#endif\n\
    static pid_t child; static volatile sig_atomic_t over;\n\
    static void end(int n) { (void)n; over = 1; kill(-child, SIGKILL); }\n\
    int main(int argc, char **argv) {\n\
    int ended = 0, status; pid_t one;\n\
    if (argc < 5 || ACQUIRE != 0) return 1;\n\
    child = fork();\n\
    if (child == 0) { setpgid(0, 0); execvp(argv[4], argv + 4); _exit(127); }\n\
    setpgid(child, child); signal(SIGALRM, end); alarm(atoi(argv[3]));\n\
    while ((one = wait(&status)) > 0) if (one == child) ended = status;\n\
    return over ? 124 : WIFEXITED(ended) ? WEXITSTATUS(ended) : 1;\n}\n";

/// On a FreeBSD machine, for which programs stand in here, a step that fails ends nothing, and the report tells of each:
/// how it ended, what tests did not try, and what failed among them.
#[test]
fn what_is_run_on_freebsd_is_told_step_by_step() {
    let folder = Folder::new();
    let script = root().join("tests/freebsd/run");
    if !cfg!(target_os = "freebsd") {
        let output = Command::new(&script).current_dir(&folder.0).output().expect("sh runs");
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let own = folder.0.join("tests/freebsd/run");
    std::fs::create_dir_all(folder.0.join("bin")).expect("made");
    std::fs::create_dir_all(own.parent().expect("a folder")).expect("made");
    std::fs::copy(&script, &own).expect("copied");
    let cargo = "#!/bin/sh\n[ -z \"${CARGO_TARGET_DIR-}\" ] || exit 9\ncase \"$*\" in\n\
                 *iocage-sim*) echo 'test one ... FAILED'; exit 101 ;;\n\
                 *sysadm-host*) echo 'skipped: this and that'; echo 'test two ... skipped: one at a time' ;;\n\
                 *echo-class*) printf 'test three ... said\\nFAILED\\n\\nfailures:\\n    said\\n\\nfailures:\\n    three\\n\\n'\n\
                 echo 'test result: FAILED. 0 passed'; exit 101 ;;\n\
                 *plugin-check*) case \"$*\" in *test*) sleep 61 & sleep 1 ;; esac ;;\n\
                 *sysadmd*) case \"$*\" in *test*) sleep 60 ;; esac ;;\nesac\n";
    for (name, text) in [("cargo", cargo), ("uname", "#!/bin/sh\necho FreeBSD\n"), ("pkg", "#!/bin/sh\n")] {
        crate::support::write_program(&folder.0.join("bin").join(name), text);
    }
    let source = folder.0.join("timeout.c");
    std::fs::write(&source, TIMEOUT).expect("written");
    let mut cc = Command::new("cc");
    cc.arg("-o").arg(folder.0.join("bin/timeout")).arg(&source);
    assert!(cc.status().expect("a compiler").success());
    let path = format!("{}:/usr/bin:/bin", folder.0.join("bin").display());
    // SAFETY: it takes nothing and touches no memory.
    if unsafe { libc::geteuid() } == 0 {
        // In half of the steps a host would load nothing from there.
        std::os::unix::fs::chown(&folder.0, Some(65534), None).expect("root may");
        let output = Command::new(&own).env("PATH", &path).output().expect("sh runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && told.contains("root's alone"), "{told}");
        std::os::unix::fs::chown(&folder.0, Some(0), None).expect("root may");
    }
    // From where one stands, and not from the checkout.
    let report = folder.0.join("elsewhere/told/report.txt");
    std::fs::create_dir(folder.0.join("elsewhere")).expect("made");
    let mut run = Command::new(&own);
    run.current_dir(folder.0.join("elsewhere")).arg("told/report.txt").env("CARGO_TARGET_DIR", "/nowhere");
    let output = run.env("PATH", path).env("LIMIT", "5").env("GRACE", "0").output().expect("sh runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let report = std::fs::read_to_string(report).unwrap_or_else(|e| panic!("{e}: {said}"));
    let table: Vec<_> = report.lines().skip(3).take_while(|line| !line.is_empty()).collect();
    let how = |name: &str| {
        let row = table.iter().find(|row| row.split('\t').nth(1) == Some(name));
        row.unwrap_or_else(|| panic!("{name}: {report}")).rsplit('\t').next().expect("the last column")
    };
    assert_eq!(how("the workspace"), "passed");
    assert_eq!(how("tests of iocage-sim"), "FAILED: status 101");
    assert_eq!(how("tests of sysadmd"), "FAILED: it took too long");
    // Which FreeBSD's timeout(1) would have waited for.
    assert_eq!(how("tests of plugin-check"), "FAILED: it left processes behind (passed)");
    assert!(report.contains("left behind:\n") && report.contains(" sleep 61\n"), "{report}");
    assert_eq!(how("tests of the class, as it is loaded"), "passed", "what follows is done, too");
    assert!(how("a host in C").starts_with("FAILED"), "there is no source");
    assert_eq!(how("the port, read"), "not done: there is no ports tree in /usr/ports");
    let failed = table.iter().filter(|row| row.contains("\tFAILED")).count();
    assert!(report.contains(&format!("\n{failed} of {} steps failed\n", table.len())), "{report}");
    for words in [
        "== what tests did not try\nskipped: one at a time\nskipped: this and that\n",
        "== tests that failed\ntest one ... FAILED\ntest three ... FAILED\n",
    ] {
        assert!(report.contains(words), "{words}: {report}");
    }
    let told = |row: &&str| report.contains(&format!("== {} ", row.split('\t').next().expect("a number")));
    assert!(table.iter().all(told), "{report}");
}

/// What the tests leave in the folder for temporary files fails them, by its name.
#[test]
fn what_is_left_in_the_temporary_folder_is_named() {
    let run = |script: &str| {
        let wrapped = root().join("tests/leaves-nothing");
        Command::new(wrapped).args(["sh", "-c", script]).output().expect("bash runs")
    };
    for (script, code, said) in [
        ("mktemp -d >&2", 1, "\n    tmp."),
        ("touch $TMPDIR/sysadm-iocage-test-7-1", 1, "\n    sysadm-iocage-test-7-1\n"),
        ("mkdir $TMPDIR/.one; exit 7", 7, ""),
        ("mkdir $TMPDIR/sysadm-iocage-it-work; rmdir $(mktemp -d)", 0, ""),
    ] {
        let output = run(script);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{script}: {told}");
        assert!(told.contains(said) && told.contains("left in") == (code == 1), "{script}: {told}");
    }
    let own = run("echo $TMPDIR").stdout;
    assert!(!std::path::Path::new(String::from_utf8_lossy(&own).trim()).exists());
}

/// What cargo runs in rustc's place, with these words for rustc, in a package's build.
fn in_rustcs_place(words: &[&str]) -> Output {
    Command::new(root().join(".cargo/rustc"))
        .args(["printf", "[%s]"])
        .args(words)
        .env("CARGO_MANIFEST_DIR", "/home/me/one two")
        .env("CARGO_PKG_NAME", "one")
        .env("CARGO_PKG_VERSION", "1.2.3")
        .env("OUT_DIR", "/home/me/target/out")
        .output()
        .expect("sh runs")
}

/// `tests/shipped` builds with it, which takes its time.
#[test]
fn what_is_stripped_goes_by_its_packages_name() {
    let config = std::fs::read_to_string(root().join(".cargo/config.toml")).expect("ours");
    assert!(config.contains("\nrustc-wrapper = \".cargo/rustc\"\n"), "{config}");
    let said = |words: &[&str]| String::from_utf8(in_rustcs_place(words).stdout).expect("UTF-8");
    let debug = ["--crate-name", "a b", "-C", "debuginfo=2"];
    assert_eq!(said(&debug), "[--crate-name][a b][-C][debuginfo=2]");
    assert_eq!(
        said(&["--crate-name", "a b", "-C", "strip=symbols"]),
        "[--crate-name][a b][-C][strip=symbols]\
         [--remap-path-prefix][/home/me/one two=one-1.2.3]\
         [--remap-path-prefix][/home/me/target/out=one-1.2.3/out]"
    );
    // What cargo asks rustc before it builds, and what rustc answers by its end.
    let asked = Command::new(root().join(".cargo/rustc"))
        .args(["sh", "-c", "echo $#; exit 7", "", "-C", "strip=symbols"])
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("OUT_DIR")
        .output()
        .expect("sh runs");
    assert_eq!((asked.stdout.as_slice(), asked.status.code()), (&b"2\n"[..], Some(7)));
}
