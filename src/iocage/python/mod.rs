//! The Python generation of iocage, 0.9.8 to 1.13: what today's ports install.
//!
//! Jails have one name, which here fills the place of the UUID and of the tag.
//! It addresses a jail also by a unique beginning of its name, takes a name that
//! holds `ALL` for every jail, and one with `.` for the same with `_`; so names
//! are resolved by equality before, and where an exact name is no safe one the
//! action is refused. Two of the document's commands it has not (`deactivate`,
//! `cap`): here is what does the same.
//!
//! Its exit status is mostly honest; where it is known to lie, the state is read
//! again. It writes errors on standard error, and lines of its own before the
//! data on standard output.

mod outcome;
mod output;
mod properties;
mod words;

use crate::config::Kind;
use crate::error::{Child, Code, Error};
use crate::iocage::names::{JailId, Name, Names};
use crate::iocage::rows::{Fields, Rows};
use crate::iocage::session::{Program, Session};
use crate::iocage::status::{self, Mark};
use crate::iocage::text::{Lines, Properties, status_lines};
use crate::iocage::{
    Changes, Clean, Created, Creation, Done, Jails, Reads, State, Usage, ValueOfEach, keyed,
};
use crate::policy::{CommandLine, PoolName, PropertyName, Props, UserName};
use crate::process::Stdin;

use outcome::{
    ask, failure, hollow, is_own_failure, is_usage, left_snapshots, listed, own, refuse_all,
    refuse_old_limit, refuse_twin, refuse_unfetched, run, turn, unknown_property, unmarked, with_dependents,
    without_wrapping, zfs,
};
use output::{body, is_property, joined, listing, noticed, pool, table, unannounced, value, warnings, whole};
use properties::{JAIL_ONLY, KNOWN, LIMITS};
use words::Words;

/// The dialect. It keeps nothing; what is known, iocage is asked.
#[derive(Clone, Copy, Debug)]
pub struct Python;

/// It does not start without the locale, and prints colours if it is told to.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    ("HOME", "/root"),
    ("LANG", "en_US.UTF-8"),
    ("LC_ALL", "en_US.UTF-8"),
    ("NO_COLOR", "1"),
    ("PATH", "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"),
    ("TERM", "dumb"),
];

/// What a complaint means: a part of the text, the code, the argument at fault.
const COMPLAINTS: &[(&str, Code, Option<&str>)] = &[
    ("is still running, please stop", Code::JailRunning, Some("jail")),
    ("has dependent jails", Code::HasDependents, Some("jail")),
    ("is not running! Please supply", Code::JailNotRunning, Some("jail")),
    ("has a corrupt configuration", Code::CorruptJail, Some("jail")),
    ("is missing its configuration", Code::CorruptJail, Some("jail")),
    ("is not a valid property!", Code::UnknownProperty, None),
    ("is not a valid value for", Code::IllegalValue, Some("props")),
    ("Please provide a valid ip", Code::IllegalValue, Some("props")),
    ("ZFS pool '", Code::UnknownPool, Some("pool")),
    ("Template: ", Code::UnknownTemplate, Some("props")),
    ("Please supply a valid RELEASE", Code::UnknownRelease, Some("props")),
    ("You cannot clone a template", Code::Unsupported, Some("jail")),
    ("convert back to a jail", Code::Unsupported, Some("jail")),
    ("already exists!", Code::TagInUse, Some("props")),
    ("poolsmarked active", Code::NoPool, None),
    ("No zpools found", Code::NoPool, None),
    ("not activating a pool", Code::NoPool, None),
    ("jail '", Code::UnknownJail, Some("jail")),
];

/// How lines begin that it prints by itself before the data.
const NOTICES: &[&str] = &[
    "Setting up zpool [",
    "If you wish to change please use \"iocage activate\"",
    "Default configuration missing, creating one",
    "Missing default rc.conf, creating it",
    BANNER[0],
    BANNER[1],
    BANNER[2],
];

/// How the lines begin that versions up to 1.8 print before everything else, where
/// /dev/fd is no fdescfs; an empty one ends them.
const BANNER: [&str; 5] =
    ["********", "mount -t fdescfs null /dev/fd", "fdescfs /dev/fd  fdescfs  rw  0  0", "********", ""];
/// And on standard error.
const OF_BANNER: [&str; 2] = ["fdescfs(5) is not mounted", "You can also permanently mount"];

/// `list -lh`: JID NAME BOOT STATE TYPE RELEASE IP4 IP6 TEMPLATE BASEJAIL.
const LIST: Fields<7> = Fields { count: 10, columns: [0, 1, 2, 3, 1, 4, 6], nothing: Some("None") };
/// `df -lh`: NAME CRT RES QTA USE AVA.
const DF: Fields<7> = Fields { count: 6, columns: [0, 1, 2, 3, 4, 5, 0], nothing: Some("None") };
/// `get -rh PROP`: NAME VALUE.
const EACH: Fields<3> = Fields { count: 2, columns: [0, 0, 1], nothing: None };
/// `list -rh`: one release a line.
const RELEASES: Fields<1> = Fields { count: 1, columns: [0], nothing: None };

impl Reads for Python {
    /// From `df -lh`, which has the templates, too. One broken jail makes it fail
    /// whole; then from `list -lh` and `list -tlh`, which cope.
    fn names(&self, session: &Session<'_>) -> Result<Names, Error> {
        let usage = ask(session, &["df", "-lh"]).and_then(|output| table(output, &DF, is_usage));
        let mut names: Vec<String> = match usage {
            Ok(usage) => usage.iter().map(|[name, ..]| name.to_owned()).collect(),
            Err(error) if error.child.is_some() && is_own_failure(error.code) => {
                let jails = listed(session, &["-lh", "-l"], false)?;
                let templates = listed(session, &["-tlh", "-tl"], false)?;
                jails.iter().chain(templates.iter()).map(|[_, name, ..]| name.to_owned()).collect()
            }
            Err(error) => return Err(error),
        };
        names.sort_unstable();
        names.dedup();
        let name = |name: String| Name { uuid: name.clone(), tag: name.clone(), handle: name };
        Ok(Names(names.into_iter().map(name).collect()))
    }

    /// From `list -lh`, and for templates, which do not run, from `list -tlh`. A
    /// jail that is in neither but in `df` has a row that was not understood:
    /// that it runs not, nobody has said.
    fn state(&self, session: &Session<'_>, jail: &JailId) -> Result<State, Error> {
        let jails = listed(session, &["-lh", "-l"], false)?;
        match jails.iter().find(|[_, name, ..]| *name == jail.uuid()) {
            Some([_, _, _, "up", ..]) => Ok(State::Up),
            Some(_) => Ok(State::Down),
            None if listed(session, &["-tlh", "-tl"], false)?
                .iter()
                .any(|[_, name, ..]| name == jail.uuid()) =>
            {
                Ok(State::Down)
            }
            None if self.names(session)?.holds(jail.uuid()) => Err(Error::new(
                Code::UnexpectedOutput,
                format!("iocage list has no row for the jail {} that can be read", jail.uuid()),
            )),
            None => Ok(State::Gone),
        }
    }

    /// `list -lh`. Without `-l` it takes a running jail with a UUID for stopped.
    fn jails(&self, session: &Session<'_>) -> Result<Jails, Error> {
        let mut jails = listed(session, &["-lh", "-l"], true)?;
        let corrupt: Vec<_> = jails
            .iter()
            .filter(|[_, _, _, state, ..]| *state == "CORRUPT")
            .map(|[_, name, ..]| name.to_owned())
            .collect();
        let mut told = jails.problems.clone();
        told.sort_unstable();
        for name in corrupt {
            let start = format!("{name} ");
            // What begins so would stand here.
            let at = told.partition_point(|problem| *problem < start);
            if !told.get(at).is_some_and(|problem| problem.starts_with(&start)) {
                jails.problems.push(format!("{name} is CORRUPT"));
            }
        }
        Ok(jails)
    }

    fn usage(&self, session: &Session<'_>) -> Result<Usage, Error> {
        table(own(session, Kind::Read, &["df", "-lh"])?, &DF, is_usage)
    }

    /// `get all default`: `name:value` lines, in no order.
    fn defaults(&self, session: &Session<'_>) -> Result<Properties, Error> {
        let output = whole(own(session, Kind::Read, &["get", "all", "default"])?)?;
        let values = body(&output.stdout).lines().filter_map(|line| line.split_once(':'));
        let values = values.filter(|(name, _)| is_property(name));
        listing(&output, values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// `get PROP JAIL`: the value, then a newline.
    fn property(&self, session: &Session<'_>, jail: &JailId, name: &PropertyName) -> Result<String, Error> {
        value(own(session, Kind::Read, &["get", name.as_str(), jail.uuid()])?).map_err(unknown_property)
    }

    /// `get all JAIL`: `name:value` lines in order. Where a value may have forged
    /// one, the names that there are tell.
    fn properties(&self, session: &Session<'_>, jail: &JailId) -> Result<Properties, Error> {
        let output = whole(own(session, Kind::Read, &["get", "all", jail.uuid()])?)?;
        let text = body(&output.stdout);
        let (mut found, is_plain) = keyed::entries(text, ':', is_property);
        let defaults;
        if !is_plain || found.iter().any(|(name, _)| !KNOWN.contains(name)) {
            defaults = self.defaults(session)?;
            let is_known = |name: &str| JAIL_ONLY.contains(&name) || defaults.values.contains_key(name);
            found = keyed::entries(text, ':', is_known).0;
        }
        listing(&output, found.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// `get -rh PROP`. One broken jail makes it fail whole; then jail by jail.
    fn property_of_each(&self, session: &Session<'_>, name: &PropertyName) -> Result<ValueOfEach, Error> {
        let output = own(session, Kind::Read, &["get", "-rh", name.as_str()])?;
        if output.succeeded() {
            let output = whole(output)?;
            let rows = Rows::of_fields(output.stdout.clone(), &EACH, |_| true);
            if rows.is_box {
                return Ok(noticed(joined(rows), &output));
            }
            let names = self.names(session)?;
            let (found, _) = keyed::entries(body(&output.stdout), '\t', names.index());
            let rows = Rows::of_cells(found.into_iter().map(|(jail, value)| [jail, jail, value]));
            return Ok(noticed(rows, &output));
        }
        let error = unknown_property(failure(&output));
        // A jail without any configuration is told so, too, but of one that there is.
        if error.code == Code::UnknownProperty && !KNOWN.contains(&name.as_str()) {
            return Err(error);
        }
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for Name { handle: jail, .. } in self.names(session)?.0 {
            match value(ask(session, &["get", name.as_str(), &jail])?) {
                Ok(value) => found.push((jail, value)),
                Err(error) => problems.push(format!("{jail}: {}", error.message)),
            }
        }
        // If no jail has it, it is not the jails that are broken.
        if found.is_empty() {
            return Err(error);
        }
        let mut rows = Rows::of_cells(found.iter().map(|(jail, value)| [&**jail, &**jail, &**value]));
        rows.problems = problems;
        Ok(rows)
    }

    /// `get -p`: the name alone.
    fn active_pool(&self, session: &Session<'_>) -> Result<String, Error> {
        pool(own(session, Kind::Read, &["get", "-p"])?)
    }
}

impl Changes for Python {
    /// `activate POOL`: `ZFS pool 'tank' successfully activated.`
    fn activate(&self, session: &Session<'_>, pool: &PoolName) -> Result<(), Error> {
        let output = own(session, Kind::Start, &["activate", pool.as_str()])?;
        let done = output.succeeded() && output.stdout.contains("successfully activated");
        if done { Ok(()) } else { Err(failure(&output)) }
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
        if get.stdout.trim() == "yes" {
            return Err(set.error(Code::NotDone, format!("zfs did not set {PROPERTY} of {pool} to no")));
        }
        let warning = "this iocage goes on without an active pool only until its next command, \
                       which activates the first pool that it finds";
        Ok(Done { warnings: vec![warning.to_owned()], ..Done::default() })
    }

    fn start(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        turn(session, jail, "start", "is already running!", State::Up)
    }

    fn stop(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        turn(session, jail, "stop", "is not running!", State::Down)
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
            refuse_old_limit(name, value)?;
        }
        let mut done = Done::default();
        for (name, value) in limits {
            let limit = format!("{name}={value}");
            let output = own(session, Kind::Start, &["set", &limit, jail.uuid()])?;
            if !output.stdout.contains(&format!("Successfully set RCTL rule for {name}")) {
                let said: Vec<_> = status_lines(&output.stderr).chain(status_lines(&output.stdout)).collect();
                let said = said.join("; ");
                let before =
                    if done.applied.is_empty() { "none".to_owned() } else { done.applied.join(", ") };
                let message = format!("{limit} was not applied: {said}; applied before it: {before}");
                return Err(output.error(Code::NotDone, message));
            }
            done.applied.push(limit);
        }
        Ok(done)
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
            let message = format!("jail {} is running; this iocage clones stopped jails only", jail.uuid());
            return Err(Error::about("jail", Code::JailRunning, message));
        }
        let args = ["clone", jail.uuid()].map(str::to_owned).into_iter().chain(words.args);
        self.make(session, Kind::Create, &props.tags(), args.collect()).map(|(_, done)| done)
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
        let (mut names, done) = self.make(session, kind, &creation.props.tags(), args)?;
        match names.pop() {
            Some(uuid) if is_empty && names.is_empty() => {
                Ok(Created::Empty { uuid, warnings: done.warnings })
            }
            _ => Ok(Created::Jail(done)),
        }
    }

    /// `destroy JAIL` with its one question answered: never `-f`, which stops a
    /// running jail and takes its clones along. Should the jail be gone by then
    /// and its name be the beginning of another's, it asks a second time, which is
    /// not answered. `Destroying NAME`.
    fn destroy(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        let before = self.names(session)?;
        let output = run(
            session,
            Program::Iocage,
            Kind::Create,
            Stdin::Bytes(b"y\n"),
            true,
            &["destroy", jail.uuid()],
        )?;
        let said = format!("Destroying {}", jail.uuid());
        if !output.succeeded() || !status_lines(&output.stdout).any(|line| line.ends_with(&said)) {
            return Err(with_dependents(failure(&output), jail, &output));
        }
        let after = self.names(session)?;
        if after.holds(jail.uuid()) {
            return Err(
                output.error(Code::NotDone, "iocage said that it destroyed the jail, which is still there")
            );
        }
        let mut warnings = warnings(&output, &["This will destroy jail "]);
        let is_left = after.index();
        let others = before.0.iter().filter(|name| name.uuid != jail.uuid() && !is_left(&name.uuid));
        warnings.extend(others.map(|name| format!("the jail {} is gone, too", name.uuid)));
        warnings.extend(left_snapshots(session, jail));
        let line = format!("Destroying: {}", jail.uuid());
        Ok(Done { lines: Lines::of_status(&line), warnings, ..Done::default() })
    }

    /// `exec -U USER JAIL -- CMD ARG...`: `--`, because iocage would take options
    /// for itself. The status is kept by `Mark`.
    fn exec(
        &self,
        session: &Session<'_>,
        jail: &JailId,
        user: &UserName,
        command: &CommandLine,
    ) -> Result<Done, Error> {
        refuse_all(jail)?;
        refuse_twin(jail)?;
        let mark = Mark::new();
        let start = ["exec", "-U", user.as_str(), jail.uuid(), "--"].map(str::to_owned);
        let args: Vec<_> = start.into_iter().chain(mark.wrap(command)).collect();
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let mut output = run(session, Program::Iocage, Kind::Exec, Stdin::Null, true, &args)?;
        let status = mark.take(&mut output.stderr);
        match status {
            Some(status) => output.exit = Some(status),
            None => output.stderr = without_wrapping(&output.stderr).to_owned(),
        }
        if let Some(bytes) = &mut output.stderr_bytes {
            mark.cut(bytes);
        }
        unannounced(&mut output);
        if session.keep {
            session.last.replace(Some(output.clone()));
        }
        let Some(status) = status else { return Err(unmarked(&output)) };
        if status == 0 {
            let cut = "the command printed more than `max_output` allows; the middle is left out";
            let warnings = output.truncated.then(|| cut.to_owned()).into_iter().collect();
            return Ok(Done { lines: Lines::of_output(&output.stdout), warnings, ..Done::default() });
        }
        let is_missing = status == status::NOT_FOUND && output.stderr.trim_end().ends_with("not found");
        let (code, message) = if is_missing {
            (Code::CommandNotFound, output.stderr.trim().to_owned())
        } else {
            (Code::CommandFailed, format!("the command failed with exit status {status}"))
        };
        let child = Child { stdout: Some(output.stdout.clone()), ..output.child() };
        Err(Error::about("command", code, message).with_child(child))
    }

    /// `clean -fj` and so on: `All iocage jail datasets have been destroyed.` What
    /// it takes away may be what other jails stand on, and those stay listed.
    fn clean(&self, session: &Session<'_>, what: Clean) -> Result<Done, Error> {
        let switch = match what {
            Clean::All => "-fa",
            Clean::Jails => "-fj",
            Clean::Releases => "-fr",
            Clean::Templates => "-ft",
        };
        // Asked before: afterwards the question would make datasets.
        let pool = if what == Clean::All { None } else { Some(pool(ask(session, &["get", "-p"])?)?) };
        let output = own(session, Kind::Clean, &["clean", switch])?;
        if !output.succeeded() || !output.stdout.contains("been destroyed.") {
            return Err(failure(&output));
        }
        let mut warnings = warnings(&output, &[]);
        if let Some(pool) = pool {
            warnings.extend(hollow(session, &pool));
        }
        Ok(Done { warnings, ..Done::default() })
    }
}
