//! Making instances.

use sysadm_class::ffi::{Host, Str};

use crate::ears::Ears;
use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::{Instance, Subject, borrow};

pub(crate) fn given(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    subject.create()?.close()?;
    // Once more, as nothing may be left of the first.
    subject.create()?.close()?;
    Ok(Pass::Passed)
}

/// What is no configuration, for any class.
const GARBAGE: [&[u8]; 12] = [
    b"[]",
    b"null",
    b"7",
    b"\"text\"",
    b"{",
    b"{\"a\":",
    b"{\"a\":1,}",
    b"garbage",
    b"\xff\xfe{}",
    b"{\"\xff\":1}",
    b"\0",
    b" ",
];

pub(crate) fn garbage(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let long = vec![b'['; 1 << 20];
    for config in GARBAGE.into_iter().chain([&long[..]]) {
        let shown = String::from_utf8_lossy(&config[..config.len().min(20)]).into_owned();
        let what = format!("create with the configuration {shown:?}");
        let (answer, pointer) = subject.create_raw(Ears::new().table(), borrow(config));
        answer.expect(&what, &[200, 400])?;
        // 200 is borne: a class without a configuration need not look at it.
        let made = answer.raw.status == 200;
        ensure!(
            made != pointer.is_null(),
            "{what} answered {} and set the instance to {pointer:?}",
            answer.raw.status
        );
        if made {
            let instance = Instance { subject: &subject, pointer };
            instance.send_garbage(b"{}").well_formed("dispatch")?;
            instance.close()?;
        }
    }
    Ok(Pass::Passed)
}

pub(crate) fn null_host(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let deaf: *const Host = &raw const DEAF_HOST.0;
    for host in [std::ptr::null(), deaf] {
        let instance = subject.create_with(host)?;
        for request in &job.requests {
            instance.send(request).well_formed("dispatch")?;
        }
        instance.send_garbage(b"[]").well_formed("dispatch")?;
        instance.health(0).expect("health", &[200, 503])?;
        instance.close()?;
    }
    // The empty text may be null.
    if job.config.is_empty() {
        let (answer, pointer) = subject.create_raw(std::ptr::null(), Str::EMPTY);
        answer.expect("create with a null text", &[200])?;
        Instance { subject: &subject, pointer }.close()?;
    }
    Ok(Pass::Passed)
}

static DEAF_HOST: Deaf = Deaf(Host::NONE);

/// A table that is only read.
#[repr(transparent)]
struct Deaf(Host);
// SAFETY: constant, and its `user` is null.
unsafe impl Sync for Deaf {}

pub(crate) fn instances(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let [first, second] = [subject.create()?, subject.create()?];
    first.send("{}").well_formed("dispatch")?;
    first.close()?;
    second.send("{}").well_formed("dispatch after another instance's close")?;
    second.health(0).expect("health after another instance's close", &[200, 503])?;
    let third = subject.create()?;
    second.close()?;
    third.send("{}").well_formed("dispatch after another instance's close")?;
    third.close()?;
    Ok(Pass::Passed)
}
