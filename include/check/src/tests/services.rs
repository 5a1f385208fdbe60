//! What surrounds requests: cancellation, health, the state that is handed over,
//! the log, the extensions. Progress has a file of its own.

use std::collections::BTreeSet;

use serde_json::Value;
use sysadm_class::ffi::{self, Describe, OK, Str};
use sysadm_class::later;

use crate::ears::{Ears, Message};
use crate::handshake;
use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::{Answer, Subject, function};
use crate::tests::description;

pub(crate) fn cancel(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let instance = subject.create()?;
    for id in [0, 1, 4711, u64::MAX] {
        let code = instance.cancel(id);
        ensure!(code == OK, "cancel of a request that is not there answered the code {code}");
    }
    for args in &job.requests {
        // Its id was cancelled above, before it began: it is none of those.
        let answer = instance.send(args);
        if job.known {
            answer.expect("a request after the cancel of others", &[200])?;
        }
        answer.well_formed("a request after the cancel of others")?;
        let code = instance.cancel(1);
        ensure!(code == OK, "cancel of a request that has ended answered the code {code}");
    }
    instance.close()?;
    Ok(Pass::Passed)
}

pub(crate) fn health(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let instance = subject.create()?;
    for ms in [0, 1, 1000, u64::MAX] {
        instance.health(ms).expect(&format!("health in {ms} ms"), &[200, 503])?;
    }
    instance.close()?;
    Ok(Pass::Passed)
}

fn state_of(answer: &Answer) -> Result<Value, String> {
    answer.expect("export_state", &[200])?;
    let state: Value = serde_json::from_slice(answer.bytes()).unwrap_or_default();
    let has = |key| state.get(key).is_some();
    ensure!(has("id") && has("version"), "the state has no \"id\" or no \"version\": {}", answer.excerpt());
    Ok(state)
}

pub(crate) fn state(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let old = subject.create()?;
    old.log_level(2);
    for args in &job.requests {
        old.send(args).well_formed("dispatch")?;
    }
    let answer = old.export();
    let state = state_of(&answer)?;
    let new = subject.create()?;
    new.import(answer.bytes()).expect("import_state of what export_state said", &[200])?;
    let again = state_of(&new.export())?;
    ensure!(again == state, "the state was {state}; who took it over says {again}");
    old.close()?;
    new.send("{}").well_formed("dispatch after import_state")?;
    new.close()?;
    Ok(Pass::Passed)
}

pub(crate) fn state_garbage(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let huge = vec![b'x'; (1 << 20) + 1];
    let deep = "[".repeat(100_000).into_bytes();
    let all: [&[u8]; 11] = [
        b"",
        b"{",
        b"{}",
        b"[]",
        b"null",
        b"garbage",
        b"{\"id\":7,\"version\":\"x\"}",
        b"{\"id\":\"\xff\"}",
        b"{\"id\":\"nobody\",\"version\":4294967296}",
        &huge,
        &deep,
    ];
    let instance = subject.create()?;
    let before = state_of(&instance.export())?;
    for garbage in all {
        let shown = String::from_utf8_lossy(&garbage[..garbage.len().min(40)]).into_owned();
        let what = format!("import_state of {shown:?}");
        let answer = instance.import(garbage);
        answer.expect(&what, &[200, 400])?;
        if answer.raw.status == 400 {
            let after = state_of(&instance.export())?;
            ensure!(after == before, "{what} was refused, but the state was {before} and is {after}");
        }
    }
    instance.send("{}").well_formed("dispatch after import_state")?;
    instance.close()?;
    Ok(Pass::Passed)
}

/// That it is a line is looked at behind every test.
fn check(message: &Message, known: &[u64]) -> Result<(), String> {
    let shown = String::from_utf8_lossy(&message.text).into_owned();
    ensure!((1..=5).contains(&message.level), "a message has the level {}: {shown:?}", message.level);
    ensure!(known.contains(&message.id), "a message is of request {}, which is none: {shown:?}", message.id);
    Ok(())
}

pub(crate) fn log(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let ears = Ears::new();
    let instance = subject.create_with(ears.table())?;
    ears.messages().iter().try_for_each(|message| check(message, &[0]))?;
    // What is above TRACE counts as TRACE.
    for level in [5, 4, 3, 2, 1, 0, 7, u32::MAX] {
        let code = instance.log_level(level);
        ensure!(code == OK, "set_log_level({level}) answered the code {code}");
        for args in &job.requests {
            instance.send(args).well_formed("dispatch")?;
        }
        instance.send_garbage(b"{").well_formed("dispatch")?;
        for message in ears.messages() {
            check(&message, &[0, 1])?;
            ensure!(
                message.level <= level,
                "after set_log_level({level}) there was a message of level {}: {:?}",
                message.level,
                String::from_utf8_lossy(&message.text)
            );
        }
    }
    instance.close()?;
    Ok(Pass::Passed)
}

/// Of an instance the class tells of the same actions, and perhaps more of them; where it has no such
/// function, as before 1.1, nothing is asked.
fn describes_instances(
    subject: &Subject<'_>,
    table: *const Describe,
    size: usize,
    identity: &[&str; 3],
    actions: &BTreeSet<String>,
) -> Result<(), String> {
    if size < size_of::<later::Describe>() {
        return Ok(());
    }
    // SAFETY: a table of this extension that is as long as this.
    let Some(describe_here) = (unsafe { (*table.cast::<later::Describe>()).describe_here }) else {
        return Ok(());
    };
    // SAFETY: the response is valid for the call; of null the header says what is answered.
    let answer = subject.answer(|response| unsafe { describe_here(std::ptr::null_mut(), response) });
    ensure!(answer.code == ffi::E_NULL, "describe_here with a null instance answered {}", answer.code);
    let instance = subject.create()?;
    // SAFETY: the instance is open, the response valid for the call.
    let answer = subject.answer(|response| unsafe { describe_here(instance.pointer, response) });
    answer.expect("describe_here", &[200])?;
    let said: Value = serde_json::from_slice(answer.bytes()).unwrap_or_default();
    let here = description::sound("describe_here", &said, identity)?;
    ensure!(
        here == *actions,
        "describe_here has other actions than describe: {:?}",
        here.symmetric_difference(actions).collect::<Vec<_>>()
    );
    instance.close()
}

/// What the class says of itself; `None` if it says nothing.
///
/// # Errors
/// If it says that in a way that is none.
pub(crate) fn description(subject: &Subject<'_>) -> Result<Option<Value>, String> {
    // SAFETY: a text that is valid for the call; the extension of this id begins with its size.
    let table = unsafe { function!(subject.class, get_extension)(Str::new(ffi::EXT_DESCRIBE)) };
    let table = table.cast::<Describe>();
    if table.is_null() {
        return Ok(None);
    }
    // SAFETY: not null, and at least this field is there.
    let size = unsafe { table.cast::<u32>().read() } as usize;
    ensure!(size >= size_of::<Describe>(), "{} is too short: {size} bytes", ffi::EXT_DESCRIBE);
    // SAFETY: as above, and long enough.
    let Some(describe) = (unsafe { *table }).describe else {
        return Err(format!("the function of {} is null", ffi::EXT_DESCRIBE));
    };
    // SAFETY: the response is valid for the call.
    let answer = subject.answer(|response| unsafe { describe(response) });
    answer.expect("describe", &[200])?;
    Ok(Some(serde_json::from_slice(answer.bytes()).unwrap_or_default()))
}

pub(crate) fn extensions(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let get = function!(subject.class, get_extension);
    for id in [&b"nobody.has/1"[..], b"", b"\xff\xfe", b"sysadm.describe/", b"sysadm.describe/11"] {
        // SAFETY: a text that is valid for the call.
        let found = unsafe { get(crate::subject::borrow(id)) };
        ensure!(found.is_null(), "the extension {:?} is there", String::from_utf8_lossy(id));
    }
    // SAFETY: as above; the extension of this id begins with its size.
    let table = unsafe { get(Str::new(ffi::EXT_DESCRIBE)) }.cast::<Describe>();
    if table.is_null() {
        return Ok(Pass::Passed);
    }
    // SAFETY: not null, and at least this field is there.
    let size = unsafe { table.cast::<u32>().read() } as usize;
    let said = description(&subject)?.unwrap_or_default();
    let [space, name] = subject.address().map(|text| std::str::from_utf8(text).unwrap_or_default());
    let identity = [space, name, handshake::text(subject.class.version).unwrap_or_default()];
    let actions = description::sound("describe", &said, &identity)?;
    describes_instances(&subject, table, size, &identity, &actions)?;
    Ok(Pass::Passed)
}
