//! What a child is given: its words, its environment, its directory, its group, its descriptors, its signals.

use std::path::Path;

use super::stand::{Dir, alone, open_in_a_program, printed, run, sh};
use crate::process::{Command, End, Limits, Stdin};

#[test]
fn arguments_arrive_one_word_each_and_no_shell_sees_them() {
    let dir = Dir::new();
    let show =
        dir.file("show", "#!/bin/sh\nfor word in \"$0\" \"$@\"; do printf '[%s]' \"$word\"; done\n", "755");
    let words = ["a b", "", "$(touch x)", "; exit 9", "*", "--", "-f", "new\nline", "ü", "\\"];
    let outcome = run(&Command::new(&show, words));
    assert_eq!(outcome.end, End::Exited(0));
    let mut expected = format!("[{}]", show.display());
    expected.extend(words.iter().map(|word| format!("[{word}]")));
    assert_eq!(outcome.stdout.text(), expected);
}

#[test]
fn the_first_word_is_the_path_of_the_program() {
    assert_eq!(printed("echo \"$0\""), "/bin/sh");
}

#[test]
fn the_environment_is_what_is_given_and_nothing_else() {
    let show = |env| run(&Command { env, ..Command::new(Path::new("/usr/bin/env"), [""; 0]) }).stdout;
    assert_eq!(show(&[]).text(), "");
    assert_eq!(show(&[("B", "2=3"), ("A", ""), ("C", "x y")]).text(), "B=2=3\nA=\nC=x y\n");
}

#[test]
fn the_working_directory_is_the_empty_one_or_the_root() {
    assert_ne!(std::env::current_dir().expect("tests have a directory"), Path::new("/"));
    let is_empty = Path::new("/var/empty").is_dir();
    assert_eq!(printed("pwd -P"), if is_empty { "/var/empty" } else { "/" });
}

#[test]
fn the_child_leads_a_process_group_of_its_own() {
    let outcome = run(&sh("ps -o pgid= -p $$"));
    assert_eq!(outcome.stdout.text().trim(), outcome.pid.to_string());
}

/// It cannot take the host's terminal, and is not hung up with it.
#[cfg(target_os = "linux")]
#[test]
fn the_child_leads_a_session_of_its_own() {
    let outcome = run(&sh("ps -o sid= -p $$"));
    assert_eq!(outcome.stdout.text().trim(), outcome.pid.to_string());
}

/// The host's duty, which the contract's header tells it: `posix_spawn` has no attribute for these.
#[test]
fn the_umask_the_limits_and_the_nice_value_are_the_hosts() {
    alone("start::the_umask_the_limits_and_the_nice_value_are_the_hosts", || {
        let limit = libc::rlimit { rlim_cur: 333, rlim_max: 333 };
        // SAFETY: the limit is a valid pointer, and the rest takes integers; this process has this one test to run.
        unsafe {
            libc::umask(0o027);
            assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
            assert_eq!(libc::setpriority(libc::PRIO_PROCESS, 0, 5), 0);
        }
        assert_eq!(printed("umask; ulimit -n; nice"), "0027\n333\n5");
    });
}

#[test]
fn stdin_is_dev_null_unless_an_answer_is_fed() {
    assert_eq!(printed("cat"), "");
    if cfg!(target_os = "linux") {
        assert_eq!(printed("readlink /proc/self/fd/0"), "/dev/null");
    }
}

#[test]
fn an_answer_is_fed_whole_and_ends() {
    let ask = "read -r a && read -r b && echo \"$a,$b\" && cat && echo end";
    let outcome = run(&Command { stdin: Stdin::Bytes(b"y\nn\nrest\n"), ..sh(ask) });
    assert_eq!(outcome.stdout.text(), "y,n\nrest\nend\n");
    assert_eq!(run(&Command { stdin: Stdin::Bytes(b""), ..sh("cat") }).stdout.text(), "");

    // More than any pipe holds, through a child that prints as it reads.
    let much: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let limits = Limits { head: usize::MAX, tail: 0 };
    let outcome = run(&Command { stdin: Stdin::Bytes(&much), limits, ..sh("cat") });
    assert!(outcome.stdout.bytes() == much, "{} of {} bytes", outcome.stdout.head.len(), much.len());
}

#[test]
fn no_descriptor_of_the_host_is_inherited() {
    alone("start::no_descriptor_of_the_host_is_inherited", || {
        // Not close-on-exec, as a C library would open them, low and high.
        for target in [10, 11, 12, 500, 1000] {
            // SAFETY: dup2 takes two integers; descriptor 1 is open in a test.
            assert_eq!(unsafe { libc::dup2(1, target) }, target);
        }
        assert_eq!(open_in_a_program(), [0, 1, 2]);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn no_signal_is_ignored_or_blocked() {
    alone("start::no_signal_is_ignored_or_blocked", || {
        for signal in
            [libc::SIGPIPE, libc::SIGHUP, libc::SIGINT, libc::SIGTERM, libc::SIGCHLD, libc::SIGRTMIN()]
        {
            // SAFETY: ignoring a signal installs no code; this process has this one test to run.
            assert_ne!(unsafe { libc::signal(signal, libc::SIG_IGN) }, libc::SIG_ERR);
        }
        // SAFETY: a zeroed set is a value, and sigfillset and pthread_sigmask get valid pointers.
        unsafe {
            let mut all: libc::sigset_t = std::mem::zeroed();
            libc::sigfillset(&raw mut all);
            assert_eq!(libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut()), 0);
        }
        let status = Command::new(Path::new("/bin/grep"), ["-E", "Sig(Blk|Ign)", "/proc/self/status"]);
        let status = run(&status).stdout;
        for line in status.text().lines() {
            let (name, mask) = line.split_once(":\t").expect("/proc shows name and mask");
            let mask = u64::from_str_radix(mask, 16).expect("the mask is hexadecimal");
            // Signals 32 and 33 belong to the C library, which sets them up anew in each program.
            assert_eq!(mask & !(0b11 << 31), 0, "{name} {mask:x}");
        }
        assert_eq!(status.text().lines().count(), 2);
    });
}
