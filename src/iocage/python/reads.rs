//! What can be looked up with the Python iocage.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::direct::find as find_out;
use crate::iocage::names::{JailId, Name, Names};
use crate::iocage::program::Program;
use crate::iocage::rows::Rows;
use crate::iocage::session::Session;
use crate::iocage::sets::set_of;
use crate::iocage::text::{MOST_PROPERTIES, OneValue, Properties};
use crate::iocage::{Jails, Reads, State, Usage, ValueOfEach, keyed};
use crate::policy::PropertyName;
use crate::process::Stdin;

use super::direct;
use super::outcome::{is_own_failure, listed, unknown_property};
use super::output::{body, is_property, listing, pool, table, too_many, value, whole, whole_of};
use super::program::{Python, ask, own, run, zfs};
use super::properties::{JAIL_ONLY, KNOWN};
use super::running::started;
use super::storage::{Marks, Storage};
use super::tables::{DF, is_usage};

impl Reads for Python {
    /// From `df -lh`, which has the templates, too. One broken jail makes it fail
    /// whole; then from ZFS, and where that does not tell from `list -lh` and
    /// `list -tlh`, which cope with most. Without iocage no jail's configuration is read
    /// for it.
    fn names(&self, session: &Session<'_>) -> Result<Names, Error> {
        let words = ["df", self.df_form()];
        let found = find_out(session, &|| "for the names of the jails".to_owned(), direct::names)?;
        if let Some(names) = found.flatten() {
            return Ok(sorted(names));
        }
        let usage = ask(session, &words).and_then(|output| table(output, &DF, is_usage)?.all());
        let names: Vec<String> = match usage {
            Ok(usage) => usage.iter().map(|[name, ..]| name.to_owned()).collect(),
            Err(error) if error.child.is_some() && is_own_failure(error.code) => {
                if let Ok(storage) = Storage::ask(session) {
                    return Ok(storage.names());
                }
                // A clone that is half made stands there by the name of its source.
                let once = |jails: &Jails| set_of(jails.iter().map(|[_, name, ..]| name.to_owned()));
                let jails = once(&listed(session, self.forms(), false)?);
                let templates = once(&listed(session, self.template_forms(), false)?);
                jails.into_iter().chain(templates).collect()
            }
            Err(error) => return Err(error),
        };
        Ok(sorted(names))
    }

    /// From the kernel, and where that cannot be asked from `list -lh`.
    fn state(&self, session: &Session<'_>, jail: &JailId) -> Result<State, Error> {
        let is_up = running(session, jail);
        if is_up == Some(true) {
            return Ok(State::Up);
        }
        // Only a change can have made it so.
        let may_be_hollow = session.was_ended.get();
        if is_up.is_none() && !may_be_hollow {
            return self.listed_state(session, jail);
        }
        match Storage::ask(session) {
            Ok(storage) if may_be_hollow && storage.is_hollow(jail.uuid()) => Ok(State::Hollow),
            Ok(storage) if is_up == Some(false) => {
                Ok(if storage.names().holds(jail.uuid()) { State::Down } else { State::Gone })
            }
            Err(_) if is_up == Some(false) => {
                Ok(if self.names(session)?.holds(jail.uuid()) { State::Down } else { State::Gone })
            }
            _ => self.listed_state(session, jail),
        }
    }

    fn jails(&self, session: &Session<'_>) -> Result<Jails, Error> {
        self.all(session)
    }

    fn jails_and_more(&self, session: &Session<'_>) -> Result<Jails, Error> {
        self.all_and_more(session)
    }

    /// `df -lh`. One broken jail makes it fail whole; then zfs is asked, from which it
    /// has its figures.
    fn usage(&self, session: &Session<'_>) -> Result<Usage, Error> {
        table(own(session, Kind::Read, &["df", self.df_form()])?, &DF, is_usage).or_else(|error| {
            let is_of_a_jail = matches!(error.code, Code::CorruptJail | Code::IocageFailed);
            let mut usage =
                is_of_a_jail.then(|| usage_by_zfs(session)).flatten().ok_or_else(|| error.clone())?;
            usage.problems.push(error.message);
            Ok(usage)
        })
    }

    fn defaults(&self, session: &Session<'_>) -> Result<Properties, Error> {
        self.of_defaults(session, true)
    }

    /// `get PROP JAIL`: the value, then a newline.
    fn property(&self, session: &Session<'_>, jail: &JailId, name: &PropertyName) -> Result<OneValue, Error> {
        let output = own(session, Kind::Read, &["get", name.as_str(), jail.uuid()])?;
        value(output, jail.uuid(), name).map_err(unknown_property)
    }

    fn properties(&self, session: &Session<'_>, jail: &JailId) -> Result<Properties, Error> {
        self.of_jail(session, jail, true)
    }

    /// The beginning of a name is enough for it, if it is one jail's alone.
    fn may_answer_of_another(&self) -> bool {
        true
    }

    fn property_of_each(&self, session: &Session<'_>, name: &PropertyName) -> Result<ValueOfEach, Error> {
        self.each(session, name)
    }

    /// The first is what iocage writes of a jail's start and stop, and the second jail(8), of the
    /// commands around them.
    fn consoles(&self, uuid: &str) -> Vec<String> {
        vec![format!("{uuid}-console.log"), format!("ioc-{uuid}-console.log")]
    }

    /// It activates a pool if none is, and makes what it misses below that.
    fn would_change(&self, session: &Session<'_>) -> Option<String> {
        match Marks::ask(session) {
            Ok(marks) => marks.would_change(),
            // Somebody may have made it so; a zfs that is not there tells nothing.
            Err(error) if error.code == Code::UnexpectedOutput => {
                Some("whether iocage would change something is not known".to_owned())
            }
            Err(_) => None,
        }
    }

    /// `get -p`: the name alone.
    fn active_pool(&self, session: &Session<'_>) -> Result<String, Error> {
        pool(own(session, Kind::Read, &["get", "-p"])?)
    }
}

impl Python {
    /// `get all default`: `name:value` lines, in no order.
    pub(super) fn of_defaults(self, session: &Session<'_>, is_own: bool) -> Result<Properties, Error> {
        let args = ["get", "all", "default"];
        let output = whole(run(session, Program::Iocage, Kind::Read, Stdin::Null, is_own, &args)?)?;
        let values = body(&output.stdout).lines().filter_map(|line| line.split_once(':'));
        let values = values.filter(|(name, _)| is_property(name));
        if values.clone().nth(MOST_PROPERTIES).is_some() {
            return Err(too_many(&output));
        }
        listing(&output, values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// `get all JAIL`: `name:value` lines in order. Where a value may have forged
    /// one, the names that there are tell.
    pub(super) fn of_jail(
        self,
        session: &Session<'_>,
        jail: &JailId,
        is_own: bool,
    ) -> Result<Properties, Error> {
        let args = ["get", "all", jail.uuid()];
        let output = run(session, Program::Iocage, Kind::Read, Stdin::Null, is_own, &args)?;
        let output = whole_of(output, jail.uuid())?;
        let text = body(&output.stdout);
        let (mut found, is_plain) =
            keyed::entries(text, ':', is_property).ok_or_else(|| too_many(&output))?;
        let defaults;
        if !is_plain || found.iter().any(|(name, _)| !KNOWN.contains(name)) {
            defaults = self.of_defaults(session, is_own)?;
            let is_known = |name: &str| JAIL_ONLY.contains(&name) || defaults.values.contains_key(name);
            (found, _) = keyed::entries(text, ':', is_known).ok_or_else(|| too_many(&output))?;
        }
        listing(&output, found.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn df_form(self) -> &'static str {
        if self.version.has_known_tables() { "-lh" } else { "-l" }
    }

    /// Does it run?
    pub(super) fn is_up(self, session: &Session<'_>, jail: &JailId) -> Result<bool, Error> {
        match running(session, jail) {
            Some(is_up) => Ok(is_up),
            None => Ok(self.listed_state(session, jail)? == State::Up),
        }
    }

    /// From `list -lh`, and for templates, which do not run, from `list -tlh`. A
    /// jail that is in neither but in `df` has a row that was not understood:
    /// that it runs not, nobody has said.
    fn listed_state(self, session: &Session<'_>, jail: &JailId) -> Result<State, Error> {
        let jails = listed(session, self.forms(), false)?;
        match jails.iter().find(|[_, name, ..]| *name == jail.uuid()) {
            Some([_, _, _, "up", ..]) => Ok(State::Up),
            Some(_) => Ok(State::Down),
            None if listed(session, self.template_forms(), false)?
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
}

/// What is a jail and a template is there twice.
fn sorted(mut names: Vec<String>) -> Names {
    names.sort_unstable();
    let name = |name: String| Name { uuid: name.clone(), tag: name };
    Names(names.into_iter().map(name).collect())
}

/// Does the kernel have a jail of this name? `None` if it cannot be asked.
fn running(session: &Session<'_>, jail: &JailId) -> Option<bool> {
    if !session.config.jls.exists() {
        return None;
    }
    match started(session, jail.uuid()) {
        Ok(found) => Some(found.is_some()),
        Err(error) => {
            log::warn!("iocage is asked which jails run, as jls does not tell: {}", error.message);
            None
        }
    }
}

/// What the datasets of the jails and templates use; `None` if that is not told.
fn usage_by_zfs(session: &Session<'_>) -> Option<Usage> {
    let pool = pool(ask(session, &["get", "-p"]).ok()?).ok()?;
    let root = format!("{pool}/iocage");
    let columns = "name,compressratio,reservation,quota,used,available";
    let args = ["list", "-H", "-t", "filesystem", "-o", columns, "-d", "2", &root];
    let output = whole(zfs(session, Kind::Read, false, &args).ok()?).ok()?;
    let row = |line: &str| {
        let dataset = line.strip_prefix(&root)?;
        ["/jails/", "/templates/"].iter().find_map(|sort| dataset.strip_prefix(sort)).map(str::to_owned)
    };
    let rows = output.stdout.lines().filter_map(row).map(|row| row + "\n").collect::<String>();
    let usage = Rows::of_fields(rows.into(), &DF, is_usage);
    usage.notices.is_empty().then_some(usage)
}
