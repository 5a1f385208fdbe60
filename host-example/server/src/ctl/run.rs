//! `run`: an action as people type it, made from what the server says that there is. What may take long is made a job, so that it can be
//! followed, and ended by Ctrl-C; what is not, is asked and answered.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use serde_json::Value;
use serde_json::value::RawValue;

use super::args::args;
use super::described::{self, Action, Class, classes};
use super::failure::Failure;
use super::job::{Ended, Interrupt, follow, listen};
use super::link::{Link, raw};
use super::out::{self, Progress, note};
use super::password::is_meant;
use super::shown;
use super::text::visible;

/// What was typed.
pub(crate) struct Asked {
    /// `[CLASS] ACTION KEY=VALUE ...`
    pub(crate) words: Vec<String>,
    pub(crate) json: bool,
    pub(crate) no_wait: bool,
    pub(crate) help: bool,
    pub(crate) yes: bool,
}

/// The classes that the server has.
pub(crate) async fn described(link: &mut Link) -> Result<Vec<Class>, Failure> {
    Ok(classes(&link.ask(("rpc", "describe"), &serde_json::json!({})).await?.value()?))
}

/// Do it.
pub(crate) async fn run(link: &mut Link, asked: &Asked) -> Result<(), Failure> {
    let classes = described(link).await?;
    let (class, words) = match asked.words.split_first() {
        Some((first, rest)) if first.contains('/') && !first.contains('=') => (Some(first.as_str()), rest),
        _ => (None, asked.words.as_slice()),
    };
    let Some((action, words)) = words.split_first() else {
        described::known(&classes, class)?;
        let meant: Vec<&Class> =
            classes.iter().filter(|other| class.is_none_or(|class| other.is(class))).collect();
        out::answer(&described::actions(&meant))?;
        if let Some(why) = described::nobody_serves(&classes) {
            note(&why.to_string());
        }
        return Ok(());
    };
    let (class, action) = described::find(&classes, class, action)?;
    if asked.help {
        return out::answer(&described::help(class, action));
    }
    let mut args = args(action, words)?;
    if !asked.yes {
        confirmed(action)?;
    }
    let path = (class.namespace.as_str(), class.name.as_str());
    // The server's own classes make no jobs, and answer when it is done.
    let is_job = !class.namespace.eq_ignore_ascii_case("rpc") && (action.is_long || asked.no_wait);
    if !is_job {
        let answer = link.ask(path, &Value::Object(args)).await.map_err(left)?;
        return print(&action.name, answer.text(), asked.json);
    }
    args.insert("async".to_owned(), true.into());
    let mut progress = Progress::new();
    if !asked.no_wait {
        listen(link, &progress).await?;
    }
    let answer = link.ask_raw(path, &raw(&Value::Object(args))?).await.map_err(left)?;
    let started = answer.value()?;
    let Some(id) = shown::of_action(&started, &action.name)?["started_dispatcher_id"].as_str() else {
        // A server without jobs has done it.
        return print(&action.name, answer.text(), asked.json);
    };
    if asked.no_wait {
        let text = if asked.json { answer.text().to_owned() } else { super::text::visible(id) };
        return out::answer(&format!("{text}\n"));
    }
    let ended = follow(link, id, &mut progress, Interrupt::Kills).await?;
    tell(&ended, asked.json)
}

/// What destroys more than one that was named is not done by a slip of the fingers. A script has made none: it is not asked.
fn confirmed(action: &Action) -> Result<(), Failure> {
    let stdin = io::stdin();
    if !action.name.starts_with("clean") || !stdin.is_terminal() {
        return Ok(());
    }
    let all = action.summary.strip_prefix("destroy ").unwrap_or(&action.summary);
    let not = |why: io::Error| Failure::Usage(format!("nobody can be asked ({why}); --yes does without"));
    let terminal = File::from(stdin.as_fd().try_clone_to_owned().map_err(not)?);
    match is_meant(&terminal, &format!("this destroys {}: yes? ", visible(all)))? {
        true => Ok(()),
        false => Err(Failure::Answered("nothing was done".to_owned())),
    }
}

/// By Ctrl-C before there was an answer, or the id of a job.
fn left(why: Failure) -> Failure {
    match why {
        Failure::Interrupted(_) => {
            let why =
                "left without an answer: a server goes on with it, and a module loaded for this has ended it";
            Failure::Interrupted(why.to_owned())
        }
        why => why,
    }
}

/// What became of a job that was waited for.
pub(crate) fn tell(ended: &Ended, json: bool) -> Result<(), Failure> {
    let told = match ended.status {
        200 => print(&ended.action, ended.result.get(), json),
        status => Err(of_status(status, &ended.result)),
    };
    match told {
        Err(why @ Failure::Answered(_)) if ended.was_interrupted => {
            Err(Failure::Interrupted(why.to_string()))
        }
        Ok(()) if ended.was_interrupted => {
            note("it was done before it could be ended");
            Err(Failure::Interrupted(String::new()))
        }
        told => told,
    }
}

fn of_status(status: u64, result: &RawValue) -> Failure {
    let why: Value = serde_json::from_str(result.get()).unwrap_or_default();
    let why = why["error"].as_str().map_or_else(|| "the class has failed".to_owned(), super::text::visible);
    Failure::of_code(&status.to_string(), format!("{why} ({status})"))
}

/// Print an answer: for people, or as it is. An error is one in either form, and then stands there for programs, too.
pub(crate) fn print(action: &str, args: &str, json: bool) -> Result<(), Failure> {
    let value: Value = serde_json::from_str(args)
        .map_err(|why| Failure::Answered(format!("the answer cannot be read: {why}")))?;
    if json {
        out::answer(&format!("{args}\n"))?;
        return shown::of_action(&value, action).map(drop);
    }
    out::listed(&shown::answer(&value, action)?, 0)
}
