//! What can be done with the shell iocage, and how it is known to be done.
//!
//! Its exit status lies in both directions, so every change here looks for the
//! words that tell of success, and where silence is all there is, asks again.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::made::{Before, or_gone};
use crate::iocage::names::{JailId, is_uuid};
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::{Lines, complaint, is_notice, status_lines, tell_lines, without_notices};
use crate::iocage::{Changes, Clean, Created, Creation, Done, Reads, State};
use crate::policy::{CommandLine, PoolName, Props, UserName};
use crate::process::Stdin;

use super::exec;
use super::program::{Shell, ask, denies, failure, own, run};
use super::properties::refuse_unknown;
use super::reads;

impl Changes for Shell {
    /// `iocage activate POOL`: silence. Whether it is the active one then, only
    /// the question tells: another that was active stays so.
    fn activate(&self, session: &Session<'_>, pool: &PoolName) -> Result<Done, Error> {
        let output = own(session, Kind::Start, &["activate", pool.as_str()])?;
        if denies(&output) || output.stderr.contains("no such pool") {
            return Err(failure(&output));
        }
        let active = reads::pool(ask(session, &["activate"])?)?;
        if active == pool.as_str() {
            return Ok(Done { warnings: warnings(&output), ..Done::default() });
        }
        Err(output.error(Code::NotDone, format!("iocage goes on using the pool \"{active}\"")))
    }

    /// `iocage deactivate POOL`: silence. It is not asked again, as the question
    /// would make it activate a pool by itself; so anything said is a failure.
    fn deactivate(&self, session: &Session<'_>, pool: &PoolName) -> Result<Done, Error> {
        let output = own(session, Kind::Start, &["deactivate", pool.as_str()])?;
        if denies(&output) || says_more_than_notices(&output.stderr) {
            return Err(failure(&output));
        }
        if says_more_than_notices(&output.stdout) {
            return Err(output.error(Code::UnexpectedOutput, "iocage deactivate is silent, and was not"));
        }
        if output.exit.is_none() {
            return Err(output.unknown());
        }
        Ok(Done::default())
    }

    fn start(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        let output = own(session, Kind::Start, &["start", jail.handle()])?;
        self.turned(session, &output, jail, State::Up)
    }

    fn stop(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        let output = own(session, Kind::Start, &["stop", jail.handle()])?;
        self.turned(session, &output, jail, State::Down)
    }

    /// `iocage cap UUID`: silence, or `+ Applying resource limits OK`, on a
    /// stopped jail as well; a refused limit is told on stdout with exit 0. For
    /// an unknown jail it prints its variables, so its output is never passed on,
    /// and is no success either.
    fn cap(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        if self.state(session, jail)? != State::Up {
            let message =
                format!("jail {} ({}) does not run; limits apply to running jails", jail.uuid(), jail.tag());
            return Err(Error::about("jail", Code::JailNotRunning, message));
        }
        let outcome = own(session, Kind::Start, &["cap", jail.handle()]);
        // Also where it was ended early: then there is an error with its words.
        if let Some(kept) = &mut *session.last.borrow_mut() {
            keep_limits(kept);
        }
        let mut output = outcome.map_err(|mut error| {
            if let Some(child) = &mut error.child {
                child.stderr = of_limits(&child.stderr);
            }
            error
        })?;
        let strange = !is_of_limits_alone(&output.stdout);
        keep_limits(&mut output);
        let refused = output.stdout.contains("ERROR") || output.stdout.contains("FAILED");
        if denies(&output) || refused {
            // A refused limit is told on both streams, a half on each.
            let said = format!("{}\n{}", output.stdout.trim_end(), output.stderr);
            return Err(failure(&Output { stdout: String::new(), stderr: said, ..output }));
        }
        if strange {
            let message = "iocage cap printed something else than of limits, which is not passed on";
            return Err(output.error(Code::UnexpectedOutput, message));
        }
        if output.exit.is_none() && output.stdout.is_empty() {
            return Err(output.unknown());
        }
        Ok(Done { lines: Lines::of_status(&output.stdout), warnings: warnings(&output), ..Done::default() })
    }

    /// Root's shell evaluates the values, and 1.7.x gives it the names as variables.
    fn accepts(&self, props: &Props) -> Result<(), Error> {
        refuse_unknown(props)?;
        props.refuse_shell_active()
    }

    /// `iocage clone UUID [prop=value ...]`: `Successfully created: UUID (tag)`.
    fn clone_jail(&self, session: &Session<'_>, jail: &JailId, props: &Props) -> Result<Done, Error> {
        let args = ["clone", jail.handle()].map(str::to_owned).into_iter().chain(props.words()).collect();
        self.make(session, props, args, |_, done| done)
    }

    /// `iocage create [-e] prop=value ...`; with `-e` the UUID alone.
    /// It fetches nothing by itself.
    fn create(&self, session: &Session<'_>, creation: &Creation<'_>) -> Result<Created, Error> {
        let Creation { props, switches, fetch } = *creation;
        if fetch {
            let message = "this iocage creates jails from fetched releases only; fetch the release first";
            return Err(Error::about("fetch", Code::Unsupported, message));
        }
        let args =
            ["create".to_owned()].into_iter().chain(switches.iter().cloned()).chain(props.words()).collect();
        self.make(session, props, args, |output, done| {
            match output.stdout.lines().map(str::trim).find(|line| is_uuid(line)) {
                Some(uuid) if switches.iter().any(|switch| switch == "-e") => {
                    Created::Empty { uuid: uuid.to_owned(), warnings: done.warnings }
                }
                _ => Created::Jail(done),
            }
        })
    }

    /// `iocage destroy UUID` with its one question answered: never `-f`, which
    /// stops a running jail first. `Destroying: UUID` follows the question on
    /// its line. Some versions print that and destroy nothing, so it is looked
    /// again.
    fn destroy(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        let args = ["destroy", jail.handle()].map(str::to_owned).to_vec();
        let output = run(session, Kind::Create, Stdin::Bytes(b"y\n"), true, args)?;
        let answered = output.stdout.rsplit_once("y[N]:").map_or(&*output.stdout, |(_, after)| after);
        if denies(&output) {
            let error = failure(&Output { stdout: answered.to_owned(), ..output.clone() });
            return Err(or_gone(self, session, jail, error));
        }
        let lines = Lines::of_status(answered);
        let destroyed = lines.0.get("Destroying").map(|uuid| uuid.trim());
        if destroyed != Some(jail.uuid()) {
            return Err(output.error(Code::NotDone, "iocage did not destroy the jail, and did not say why"));
        }
        if self.names(session)?.holds(jail.uuid()) {
            let error = failure(&output);
            let code = if error.code == Code::IocageFailed { Code::NotDone } else { error.code };
            let mut message = "iocage said that it destroyed the jail, which is still there".to_owned();
            if !output.stderr.is_empty() {
                message = format!("{message}: {}", error.message);
            }
            return Err(Error { code, message, ..error });
        }
        Ok(Done { lines, warnings: warnings(&output), ..Done::default() })
    }

    fn exec(
        &self,
        session: &Session<'_>,
        jail: &JailId,
        user: &UserName,
        command: &CommandLine,
    ) -> Result<Done, Error> {
        exec::exec(session, jail, user, command)
    }

    /// `iocage clean -fj` and so on: a spinner, then `done!`. A dataset that is
    /// busy is told on stderr with exit 0; 1.7.x does nothing and says nothing.
    fn clean(&self, session: &Session<'_>, what: Clean) -> Result<Done, Error> {
        let switch = match what {
            Clean::All => "-fa",
            Clean::Jails => "-fj",
            Clean::Releases => "-fr",
            Clean::Templates => "-ft",
        };
        let output = own(session, Kind::Clean, &["clean", switch])?;
        let busy = output.stderr.contains("cannot destroy") || output.stderr.contains("cannot unmount");
        if denies(&output) || busy {
            return Err(failure(&output));
        }
        if !output.stdout.contains("done!") {
            return Err(output.error(Code::NotDone, "iocage clean did nothing, and did not say why"));
        }
        Ok(Done { lines: Lines::default(), warnings: warnings(&output), ..Done::default() })
    }
}

impl Shell {
    /// What came of a start or stop. That there was nothing to do, the document
    /// counts as an answer; its form is made here, as 1.7.x has another.
    fn turned(
        self,
        session: &Session<'_>,
        output: &Output,
        jail: &JailId,
        wanted: State,
    ) -> Result<Done, Error> {
        let (already, begins) = match wanted {
            State::Up => ("is already up", "Starting"),
            _ => ("is already down", "Stopping"),
        };
        let said = || status_lines(&output.stdout);
        let is_idle = |line: String| line.contains(jail.uuid()) && line.ends_with(already);
        if status_lines(&output.stderr).chain(said()).any(is_idle) {
            let line = format!("INFO: {} ({}) {already}", jail.uuid(), jail.tag());
            return Ok(Done { lines: Lines::of_status(&line), ..Done::default() });
        }
        // 1.7.x exits with 0 after `! Start FAILED`, which is the jail itself; its
        // services, with a `+`, may fail in a jail that runs.
        let itself = said().any(|line| line.starts_with("! ") && line.ends_with("FAILED"));
        if denies(output) || itself {
            return Err(failure(output));
        }
        let begun = format!("* {begins} {}", jail.uuid());
        if !said().any(|line| line.starts_with(&begun)) {
            if says_more_than_notices(&output.stderr) {
                return Err(failure(output));
            }
            let message = format!("iocage did not print `{begun}`, and did not say why");
            return Err(output.error(Code::NotDone, message));
        }
        // It tells of a failure behind that, with an exit status that says so.
        if output.exit.is_none()
            && says_more_than_notices(&output.stderr)
            && self.state(session, jail)? != wanted
        {
            return Err(failure(output));
        }
        let mut warnings = warnings(output);
        warnings.extend(said().filter(|line| line.ends_with("FAILED")));
        Ok(Done { lines: Lines::of_status(&output.stdout), warnings, ..Done::default() })
    }

    /// Run a create or clone: refuse tags that are taken before, and tell what
    /// came of it. 1.7.x says nothing of what it made, and a failure may leave
    /// half a jail behind: in both cases the jails before and after are compared.
    fn make<R>(
        self,
        session: &Session<'_>,
        props: &Props,
        args: Vec<String>,
        tell: impl FnOnce(&Output, Done) -> R,
    ) -> Result<R, Error> {
        let before = Before::look(&self, session, &props.tags())?;
        let output = run(session, Kind::Create, Stdin::Null, true, args)
            .and_then(|output| if denies(&output) { Err(failure(&output)) } else { Ok(output) })
            .map_err(|error| before.left_behind(error))?;
        let made = |line: &String| line.starts_with("Successfully created:") || is_uuid(line);
        let mut told: Vec<_> = status_lines(without_notices(&output.stdout)).collect();
        if !told.iter().any(made) {
            let new = before.new_jails().map_err(|error| before.left_behind(error))?;
            told = new.iter().map(|jail| format!("Successfully created: {jail}")).collect();
        } else if output.exit.is_none() || says_more_than_notices(&output.stderr) {
            // It can fail half-way, go on, and tell of a jail that is not there.
            let new = before.new_jails().map_err(|error| before.left_behind(error))?;
            let is_there = |line: &&String| {
                let jail = line.strip_prefix("Successfully created:").unwrap_or(line).trim();
                new.iter().any(|new| new.split(' ').next() == jail.split(' ').next())
            };
            if !told.iter().filter(|line| made(line)).all(|line| is_there(&line)) {
                let there = if new.is_empty() { "none".to_owned() } else { new.join(", ") };
                let message =
                    format!("iocage told of more jails than there are, {there}: {}", complaint(&output));
                return Err(output.error(Code::NotDone, message));
            }
        }
        if told.is_empty() {
            return Err(output.error(Code::NotDone, "iocage made no jail, and did not say why"));
        }
        let mut warnings = warnings(&output);
        if told.iter().filter(|line| made(line)).count() > 1 {
            // The document's form has one place for them all.
            warnings.extend(told.iter().filter(|line| made(line)).cloned());
        }
        Ok(tell(&output, Done { lines: Lines::of_status(&told.join("\n")), warnings, ..Done::default() }))
    }
}

fn says_more_than_notices(text: &str) -> bool {
    status_lines(text).any(|line| !is_notice(&line))
}

/// What a successful iocage says on standard error.
fn warnings(output: &Output) -> Vec<String> {
    let warnings: Vec<_> = status_lines(&output.stderr).filter(|line| !is_notice(line)).collect();
    tell_lines("iocage succeeded and says", &warnings);
    warnings
}

/// How the lines of `cap` begin that speak of limits. They must begin so, as
/// a variable that is printed may hold any word.
const OF_LIMITS: [&str; 5] =
    ["+ Applying resource limits", "ERROR:", "FAILED to apply", "HINT : check man page", "rctl:"];

fn speaks_of_limits(line: &str) -> bool {
    OF_LIMITS.iter().any(|start| line.trim_start().starts_with(start))
}

fn is_of_limits_alone(stdout: &str) -> bool {
    status_lines(stdout).all(|line| speaks_of_limits(&line) || is_notice(&line) || line == "OK")
}

fn of_limits(text: &str) -> String {
    text.lines().filter(|line| speaks_of_limits(line)).map(|line| format!("{line}\n")).collect()
}

/// Keep what speaks of limits. Where standard output holds something else it is
/// the program's variables, and what looks like more is a line of a value.
fn keep_limits(output: &mut Output) {
    let alone = is_of_limits_alone(&output.stdout);
    output.stdout = if alone { of_limits(&output.stdout) } else { String::new() };
    output.stderr = of_limits(&output.stderr);
}
