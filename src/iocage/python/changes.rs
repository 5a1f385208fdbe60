//! What can be done with the Python iocage, and how it is known to be done.

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::text::{Ends, status_lines};
use crate::iocage::{Changes, Clean, Created, Creation, Done, Reads, State};
use crate::policy::{CommandLine, PoolName, Props, UserName};

use super::cleaned;
use super::complaints::{failure, failure_of};
use super::exec;
use super::make::Making;
use super::outcome::{refuse_odd_limit, refuse_twin, refuse_unfetched};
use super::output::warnings;
use super::program::{Python, own, zfs};
use super::properties::LIMITS;
use super::storage::Marks;
use super::turn::{START, STOP};
use super::words::Words;

impl Changes for Python {
    /// `activate POOL`: `ZFS pool 'tank' successfully activated.`
    fn activate(&self, session: &Session<'_>, pool: &PoolName) -> Result<Done, Error> {
        let before = match Marks::ask(session) {
            // There is no time for more, and what follows is a change.
            Err(error) if matches!(error.code, Code::TimedOut | Code::Cancelled) => return Err(error),
            told => told.ok(),
        };
        let output = own(session, Kind::Start, &["activate", pool.as_str()])?;
        let said = format!("ZFS pool '{}' successfully activated.", pool.as_str());
        if !output.succeeded() || !status_lines(&output.stdout).any(|line| line == said) {
            return Err(failure(&output));
        }
        let mut warnings = warnings(&output, &[]);
        if session.looks_again()
            && let Ok(after) = Marks::ask(session)
        {
            let active: Vec<_> = after.active().collect();
            if active != [pool.as_str()] {
                let told = if active.is_empty() { "none".to_owned() } else { active.join(", ") };
                let message = format!("iocage says that it activated the pool, but by ZFS active is {told}");
                return Err(output.error(Code::NotDone, message));
            }
        }
        // It deactivates every other one, and their jails are not listed any more.
        let others = before.iter().flat_map(Marks::active).filter(|other| *other != pool.as_str());
        warnings
            .extend(others.map(|other| format!("the pool {other} was active, and is deactivated by that")));
        Ok(Done { warnings, ..Done::default() })
    }

    /// There is no command: what its library does, `zfs set`, and a look.
    fn deactivate(&self, session: &Session<'_>, pool: &PoolName) -> Result<Done, Error> {
        const PROPERTY: &str = "org.freebsd.ioc:active";
        let pool = pool.as_str();
        let set = zfs(session, Kind::Start, true, &["set", &format!("{PROPERTY}=no"), pool])?;
        if !set.succeeded() {
            let error = failure(&set);
            // Here it is the pool, and nothing that iocage had looked for.
            return Err(match set.stderr.contains("dataset does not exist") {
                true => Error { code: Code::UnknownPool, key: Some("pool"), ..error },
                false => error,
            });
        }
        let get = zfs(session, Kind::Read, false, &["get", "-H", "-o", "value", PROPERTY, pool])?;
        match get.stdout.trim() {
            "no" if get.succeeded() => {}
            "yes" => {
                return Err(set.error(Code::NotDone, format!("zfs did not set {PROPERTY} of {pool} to no")));
            }
            // Nobody has seen it: neither its exit status nor what it did.
            _ if set.exit.is_none() => return Err(set.unknown()),
            _ if !get.succeeded() => {
                let why = get.stderr.trim().replace('\n', "; ");
                let message =
                    format!("zfs set {PROPERTY} of {pool}, but does not tell what it is now: {why}");
                return Err(get.error(Code::IocageFailed, message));
            }
            told => {
                let told = if told.is_empty() { "nothing".to_owned() } else { Quoted(told).to_string() };
                let message = format!("zfs set {PROPERTY} of {pool}, but tells {told} of it now");
                return Err(get.error(Code::UnexpectedOutput, message));
            }
        }
        let warning = "this iocage goes on without an active pool only until its next command, \
                       which activates the first pool that it finds";
        let mut warnings = warnings(&set, &[]);
        warnings.push(warning);
        Ok(Done { warnings, ..Done::default() })
    }

    fn start(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        self.turn(session, jail, START)
    }

    fn stop(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        self.turn(session, jail, STOP)
    }

    /// There is no command, but setting a limit of a running jail applies it,
    /// also if the value is the same: `Successfully set RCTL rule for memoryuse`.
    /// A failure is told on stdout with exit 0.
    fn cap(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        refuse_twin(jail)?;
        if self.state(session, jail)? != State::Up {
            let message = format!("jail {} does not run; limits apply to running jails", jail.uuid());
            return Err(Error::about("jail", Code::JailNotRunning, message));
        }
        let mut properties = self.properties(session, jail)?.values;
        let limits: Vec<_> = LIMITS
            .iter()
            .filter_map(|&name| properties.remove(name).map(|value| (name, value)))
            .filter(|(_, value)| value != "off")
            .collect();
        // All of them are looked at before the first is applied.
        for (name, value) in &limits {
            refuse_odd_limit(name, value)?;
        }
        let mut done = Done::default();
        for (name, value) in limits {
            let limit = format!("{name}={value}");
            // What was applied before stays so, whatever becomes of this one.
            let with_before = |error: Error| {
                let before =
                    if done.applied.is_empty() { "none".to_owned() } else { done.applied.join(", ") };
                Error { message: format!("{}; applied before it: {before}", error.message), ..error }
            };
            let about = |error: Error| Error { message: format!("{limit}: {}", error.message), ..error };
            let set = own(session, Kind::Start, &["set", &limit, jail.uuid()]);
            if session.is_dry() {
                // The others are planned as well.
                continue;
            }
            let output = set.map_err(about).map_err(with_before)?;
            if !output.succeeded() {
                return Err(with_before(about(failure_of(&output, jail.uuid()))));
            }
            if !output.stdout.contains(&format!("Successfully set RCTL rule for {name}")) {
                let said: Ends = status_lines(&output.stderr).chain(status_lines(&output.stdout)).collect();
                let message = format!("{limit} was not applied: {}", said.sentence());
                return Err(with_before(output.error(Code::NotDone, message)));
            }
            done.warnings.append(warnings(&output, &[]));
            done.applied.push(limit);
        }
        Ok(done)
    }

    /// Up to 1.10 by the beginnings of their names.
    fn takes_others_along(&self) -> bool {
        self.version.destroys_longer_names()
    }

    fn accepts(&self, props: &Props) -> Result<(), Error> {
        Words::of(props, &[]).map(|_| ())
    }

    /// `clone JAIL [-n NAME] [-c COUNT] prop=value ...`: `NAME successfully cloned!`
    fn clone_jail(&self, session: &Session<'_>, jail: &JailId, props: &Props) -> Result<Done, Error> {
        let words = Words::of(props, &[])?;
        if let Some((name, _)) = words.source {
            let message = format!("`{name}` is the source's, when a jail is cloned; leave it out");
            return Err(Error::about("props", Code::IllegalValue, message));
        }
        if self.state(session, jail)? == State::Up {
            return Err(Error::running(jail.uuid(), ", and this iocage clones stopped jails only"));
        }
        let args = ["clone", jail.uuid()].map(str::to_owned).into_iter().chain(words.args);
        let source = Some(format!("jails/{}", jail.uuid()));
        let making = Making { tags: &props.tags(), source, args: args.collect() };
        self.make(session, Kind::Create, &making).map(|(_, done)| done)
    }

    /// `create -r RELEASE | -t TEMPLATE | -e [-n NAME] [-b] [-c COUNT] prop=value
    /// ...`: `NAME successfully created!`
    fn create(&self, session: &Session<'_>, creation: &Creation<'_>) -> Result<Created, Error> {
        let words = Words::of(creation.props, creation.switches)?;
        let is_empty = creation.switches.iter().any(|switch| switch == "-e");
        let source = match (words.source, is_empty) {
            (Some(("release", release)), false) => {
                if !creation.fetch {
                    refuse_unfetched(session, release)?;
                }
                vec!["-r".to_owned(), release.to_owned()]
            }
            (Some((_, template)), false) => vec!["-t".to_owned(), template.to_owned()],
            (None, true) => vec!["-e".to_owned()],
            (Some((name, _)), true) => {
                let message = format!("an empty jail (-e) is made of no `{name}`; leave one out");
                return Err(Error::about("props", Code::ContradictoryKeys, message));
            }
            (None, false) => {
                let message = "this iocage wants `release=...` or `template=...` in `props`, \
                               or the switch -e for an empty jail";
                return Err(Error::about("props", Code::IllegalValue, message));
            }
        };
        let kind = if creation.fetch { Kind::Fetch } else { Kind::Create };
        let args = ["create".to_owned()].into_iter().chain(source).chain(words.args).collect();
        let source = words.source.map(|(sort, name)| format!("{sort}s/{name}"));
        let making = Making { tags: &creation.props.tags(), source, args };
        let (names, done) = self.make(session, kind, &making)?;
        match &names[..] {
            [uuid] if is_empty => Ok(Created::Empty { uuid: uuid.clone(), warnings: done.warnings }),
            _ => Ok(Created::Jail(done)),
        }
    }

    fn destroy(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        self.destroy_jail(session, jail)
    }

    fn exec(
        &self,
        session: &Session<'_>,
        jail: &JailId,
        user: &UserName,
        command: &CommandLine,
    ) -> Result<Done, Error> {
        exec::exec(*self, session, jail, user, command)
    }

    fn clean(&self, session: &Session<'_>, what: Clean, force: bool) -> Result<Done, Error> {
        cleaned::clean(session, what, force)
    }
}
