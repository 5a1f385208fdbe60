//! `jobs`: those that the server has, of whoever asks or, with full access, of all.

use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::job::{DISPATCHER, Interrupt, follow, listen};
use super::link::Link;
use super::out::{self, Progress};
use super::run::{print, tell};
use super::shown::{self, columns};
use super::text::visible;

/// How long one that is killed is waited for.
const KILL: u64 = 60;
const COLUMNS: [&str; 9] =
    ["job_id", "state", "outcome", "percent", "class", "action", "caller", "time_queued", "time_finished"];

/// All of them, in the order in which they came.
async fn all(link: &mut Link) -> Result<(String, Map<String, Value>), Failure> {
    let answer = link.ask(DISPATCHER, &json!({"action": "list"})).await?;
    let told = answer.value()?;
    shown::of_action(&told, "list")?;
    let jobs = told["jobs"]["no_queue"].as_object().cloned().unwrap_or_default();
    Ok((answer.text().to_owned(), jobs))
}

/// `jobs list`.
pub(crate) async fn list(link: &mut Link, json: bool) -> Result<(), Failure> {
    let (text, jobs) = all(link).await?;
    if json {
        return out::answer(&format!("{text}\n"));
    }
    let mut rows: Vec<Value> = jobs
        .into_iter()
        .map(|(id, mut job)| {
            job["job_id"] = id.into();
            job["outcome"] = outcome(&job).into();
            job
        })
        .collect();
    rows.sort_by_key(|job| job["request"].as_u64());
    if rows.is_empty() {
        out::note("there are no jobs");
        return Ok(());
    }
    out::answer(&columns(&COLUMNS, &rows.iter().collect::<Vec<_>>()))
}

/// What became of it, in a word: done, the code of its answer, or the status of one that the class did not give.
fn outcome(job: &Value) -> String {
    match (job["code"].as_str(), job["status"].as_u64()) {
        (Some(code), _) => code.to_owned(),
        (None, Some(200)) => "done".to_owned(),
        (None, Some(status)) => status.to_string(),
        (None, None) => "-".to_owned(),
    }
}

/// `jobs show`.
pub(crate) async fn show(link: &mut Link, id: &str, json: bool) -> Result<(), Failure> {
    let id = whole(link, id).await?;
    let answer = link.ask(DISPATCHER, &json!({"action": "show", "job_id": id})).await?;
    print("show", answer.text(), json)
}

/// `jobs wait`: Ctrl-C leaves it.
pub(crate) async fn wait(link: &mut Link, id: &str, json: bool) -> Result<(), Failure> {
    let id = whole(link, id).await?;
    let mut progress = Progress::new();
    listen(link, &progress).await?;
    let ended = follow(link, &id, &mut progress, Interrupt::Leaves).await?;
    drop(progress);
    tell(&ended, json)
}

/// `jobs kill`: what became of it is its answer, which is an error of the class, but not of this command.
pub(crate) async fn kill(link: &mut Link, id: &str, json: bool) -> Result<(), Failure> {
    let id = whole(link, id).await?;
    let answer = link.ask(DISPATCHER, &json!({"action": "kill", "job_id": id, "wait": KILL})).await?;
    let told = answer.value()?;
    let killed = shown::of_action(&told, "kill")?;
    if json {
        out::answer(&format!("{}\n", answer.text()))?;
    }
    if let Some(why) = killed["killed"]["not_killed"][&id].as_str() {
        let why = if why == "finished" { "it has finished already" } else { why };
        return Err(Failure::Answered(format!("{}: {}", visible(&id), visible(why))));
    }
    if json {
        return Ok(());
    }
    let job = &killed["killed"]["became"][&id];
    if job["state"] != "finished" {
        out::note(&format!("it was told to end, and has not after {KILL} s; `sysadmctl jobs wait` waits on"));
    }
    // An answer that it was cancelled is what was wanted.
    let became = shown::answer(&job["result"], job["action"].as_str().unwrap_or_default());
    out::answer(&became.unwrap_or_else(|why| format!("{why}\n")))
}

/// The id that is meant by a part of one: they are long, and have braces that a shell may take for its own.
async fn whole(link: &mut Link, part: &str) -> Result<String, Failure> {
    if part.ends_with('}') {
        return Ok(part.to_owned());
    }
    let (_, jobs) = all(link).await?;
    let mut found = jobs.keys().filter(|id| id.contains(part));
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id.clone()),
        (None, _) => {
            Err(Failure::Answered(format!("there is no job {part:?} of yours; `sysadmctl jobs` lists them")))
        }
        (Some(_), Some(_)) => {
            Err(Failure::Usage(format!("several jobs have {part:?} in their ids; type more of it")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_a_job_is_a_word() {
        for (job, word) in [
            (json!({"state": "running"}), "-"),
            (json!({"state": "finished", "status": 200}), "done"),
            (json!({"state": "finished", "status": 200, "code": "cancelled"}), "cancelled"),
            (json!({"state": "finished", "status": 500}), "500"),
            // Of a server that does not tell.
            (json!({"state": "finished"}), "-"),
        ] {
            assert_eq!(outcome(&job), word, "{job}");
        }
    }
}
