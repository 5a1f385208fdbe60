//! What can be done with the shell iocage, and how it is known to be done.
//!
//! Its exit status lies in both directions, so every change here looks for the
//! words that tell of success, and where silence is all there is, asks again.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::lines::Lines;
use crate::iocage::made::or_gone;
use crate::iocage::names::JailId;
use crate::iocage::output::{Output, Text};
use crate::iocage::session::Session;
use crate::iocage::swept::{self, Sweep};
use crate::iocage::text::activated;
use crate::iocage::{Changes, Clean, Created, Creation, Done, Reads, State};
use crate::policy::{CommandLine, PoolName, Props, UserName};
use crate::process::Stdin;

use super::exec;
use super::limits::{is_of_limits_alone, keep_limits, of_limits};
use super::program::{Shell, ask_quietly, denies, failure, own, run, warnings};
use super::properties::{refuse_for_clone, refuse_unfit};
use super::{made, pools, remains, turned};

impl Changes for Shell {
    fn activate(&self, session: &Session<'_>, pool: &PoolName) -> Result<Done, Error> {
        pools::activate(session, pool)
    }

    fn deactivate(&self, session: &Session<'_>, pool: &PoolName) -> Result<Done, Error> {
        pools::deactivate(session, pool)
    }

    fn start(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        turned::turn(session, jail, State::Up)
    }

    fn stop(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        turned::turn(session, jail, State::Down)
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
        session.is_unheard.set(true);
        let outcome = own(session, Kind::Start, &["cap", jail.uuid()]);
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
            let said = format!("{}\n{}", output.stdout.trim_end(), &*output.stderr);
            return Err(failure(&Output { stdout: Text::default(), stderr: said.into(), ..output }));
        }
        if strange {
            let message = "iocage cap printed something else than of limits, which is not passed on";
            return Err(output.error(Code::UnexpectedOutput, message));
        }
        if output.exit.is_none() && output.stdout.is_empty() {
            return Err(output.unknown());
        }
        Ok(Done { warnings: warnings(&output), ..Done::default() })
    }

    /// Root's shell evaluates the values, and 1.7.x gives it the names as variables.
    fn accepts(&self, props: &Props) -> Result<(), Error> {
        refuse_unfit(props)?;
        props.refuse_shell_active()
    }

    fn calls_jails_by_the_time(&self) -> bool {
        true
    }

    /// `iocage clone UUID [prop=value ...]`: `Successfully created: UUID (tag)`.
    fn clone_jail(&self, session: &Session<'_>, jail: &JailId, props: &Props) -> Result<Done, Error> {
        refuse_for_clone(props)?;
        let args = ["clone", jail.uuid()].map(str::to_owned).into_iter().chain(props.words()).collect();
        made::make(session, props, args, |_, done| done)
    }

    fn create(&self, session: &Session<'_>, creation: &Creation<'_>) -> Result<Created, Error> {
        made::create(session, creation)
    }

    /// `iocage destroy UUID` with its one question answered: never `-f`, which
    /// stops a running jail first. `Destroying: UUID` follows the question on
    /// its line. Some versions print that and destroy nothing, so it is looked
    /// again.
    fn destroy(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        if jail.is_half_made() {
            return remains::destroy(session, jail);
        }
        let datasets = swept::Before::one(session)?;
        let args = ["destroy", jail.uuid()].map(str::to_owned).to_vec();
        let output = run(session, Kind::Create, Stdin::Bytes(b"y\n"), true, args)?;
        let answered = output.stdout.rsplit_once("y[N]:").map_or(&*output.stdout, |(_, after)| after);
        if denies(&output) {
            let error = failure(&Output { stdout: answered.into(), ..output.clone() });
            return Err(or_gone(self, session, jail, error));
        }
        let lines = Lines::of_status(answered);
        match lines.get("Destroying").map(str::trim) {
            Some(destroyed) if destroyed == jail.uuid() => {}
            Some(other) => {
                let message =
                    format!("iocage was to destroy the jail {}, and destroyed {other}", jail.uuid());
                return Err(output.error(Code::NotDone, message));
            }
            None => {
                let message = "iocage did not destroy the jail, and did not say why";
                return Err(output.error(Code::NotDone, message));
            }
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
        let mut warnings = warnings(&output);
        let own = [format!("/iocage/jails/{}", jail.uuid()), format!("/iocage/templates/{}", jail.tag())];
        let gone = datasets.gone_with(session, &own);
        warnings.extend(gone.iter().map(|name| format!("the dataset {name} is gone, too")));
        session.gone.replace(swept::jails(&gone));
        Ok(Done { lines, warnings, ..Done::default() })
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
    fn clean(&self, session: &Session<'_>, what: Clean, force: bool) -> Result<Done, Error> {
        // With its jails go all snapshots that have this in their name.
        const OF_JAILS: &[(&str, &str)] = &[("", "ioc-")];
        let (switch, roots, snapshots): (_, &[&str], _) = match what {
            Clean::All => ("-fa", &[""], &[][..]),
            Clean::Jails => ("-fj", &["jails"], OF_JAILS),
            Clean::Releases => ("-fr", &["download", "releases"], &[][..]),
            Clean::Templates => ("-ft", &["templates"], &[][..]),
        };
        let output = ask_quietly(session, &["activate"])?;
        if let Some(pool) = activated(&output) {
            let message =
                format!("no pool was active, and iocage made it {pool} by itself; nothing was cleaned");
            return Err(output.error(Code::NoPool, message));
        }
        let pool = pools::pool(output)?;
        let sweep = Sweep { pool: &pool, roots, snapshots, all_snapshots_of: None };
        let before = sweep.look(session, force)?;
        let output = own(session, Kind::Clean, &["clean", switch]);
        let outcome = output.as_ref().map_err(Clone::clone).and_then(|output| {
            let busy = output.stderr.contains("cannot destroy") || output.stderr.contains("cannot unmount");
            if denies(output) || busy {
                return Err(failure(output));
            }
            if !output.stdout.contains("done!") {
                return Err(output.error(Code::NotDone, "iocage clean did nothing, and did not say why"));
            }
            Ok(output)
        });
        let destroyed = sweep.destroyed(session, &before, outcome)?;
        let output = output?;
        Ok(Done { warnings: warnings(&output), destroyed, ..Done::default() })
    }
}
