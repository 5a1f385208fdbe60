//! A sandbox that forbids pidfds, as valgrind and some containers do: the way to learn of an exit at once is gone,
//! and nothing but time may be lost by it. FreeBSD has no such sandbox, and its notice no such failure.

use std::time::Instant;

use super::host::{handle, output_is_kept_and_the_exit_unknown};
use super::stand::{Holdings, SOON, alone, ms, run, sh};
use crate::process::platform::ExitNotice;
use crate::process::{Command, End, Stopped};

/// Makes `pidfd_open` fail with EPERM in this process, as a sandbox does.
fn forbid_pidfd() {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const EQUALS: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let number = u32::try_from(libc::SYS_pidfd_open).expect("system calls have small numbers");
    let mut filter = [
        step(LOAD, 0, 0, 0),
        step(EQUALS, 0, 1, number),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the program and its filter live through the call, which copies them; it is for this thread and
    // what it starts from now on.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program), 0);
    }
}

#[test]
fn without_a_notice_of_the_exit_everything_holds() {
    alone("sandbox::without_a_notice_of_the_exit_everything_holds", || {
        let before = Holdings::now();
        let own = i32::try_from(std::process::id()).expect("process ids are small");
        assert!(ExitNotice::new(own).is_some(), "this kernel has pidfds");
        forbid_pidfd();
        assert!(ExitNotice::new(own).is_none());
        for _ in 0..20 {
            assert_eq!(run(&sh("exit 3")).end, End::Exited(3));
        }
        let start = Instant::now();
        let outcome = run(&sh("exec >&- 2>&-; sleep 0.1; exit 6"));
        assert_eq!(outcome.end, End::Exited(6));
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
        let late = Command { deadline: ms(100), ..sh("sleep 30") };
        assert_eq!(run(&late).end, End::TimedOut(Stopped::Signaled(libc::SIGTERM)));
        let deaf = sh("trap '' TERM; while :; do sleep 0.05; done");
        let late = Command { deadline: ms(1500), grace: ms(100), ..deaf };
        assert_eq!(run(&late).end, End::TimedOut(Stopped::Signaled(libc::SIGKILL)));
        assert_eq!(run(&Command { linger: ms(50), ..sh("sleep 1 & exit 0") }).end, End::Exited(0));
        assert_eq!(Holdings::now(), before);
        handle(libc::SIGCHLD, libc::SIG_IGN, 0);
        output_is_kept_and_the_exit_unknown();
    });
}
