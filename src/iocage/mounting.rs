//! Changing what is mounted for a jail when it starts.
//!
//! iocage rewrites the jail's fstab as a whole, from what the base system reads of it: what that passes
//! over is lost, and some old paths become others. And it looks at the target by its path, through links
//! that the jail's root may have put there. So the file, the source and the way to the target are looked
//! at before, of a jail that runs nothing is changed, and the file is read again: what should be there
//! is there, and nothing else went.
//!
//! By the path that iocage is given it goes its own way. While the jail does not run nobody in it puts a
//! link there, and jail(8), which mounts it at the start, follows none.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::config::Config;
use crate::error::{Code, Error, Quoted};
use crate::iocage::dialect::{Dialect, State};
use crate::iocage::fstab::{self, Entry, Line};
use crate::iocage::mounts::{Home, home, inside};
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::text::{kept, some_of};
use crate::iocage::told::Told;
use crate::policy::{MountSource, MountTarget, MountedSource, MountedTarget};
use crate::process::Folder;

/// The type of a folder of the host. What others give a jail of the host is no question of folders.
pub const NULLFS: &str = "nullfs";

/// Where older jails lay: entries below are rewritten to where they are now.
const FORMER: [&str; 3] = ["/iocage", "/mnt/iocage", "/mnt/mnt"];

/// Have a folder of the host mounted on one of the jail; what should be looked at although it was done.
///
/// # Errors
/// Why not, and what the file holds now if that is another thing than before.
pub fn add(
    dialect: &dyn Dialect,
    session: &Session<'_>,
    jail: &JailId,
    (source, target, options): (&MountSource, &MountTarget, &str),
) -> Result<Told, Error> {
    dialect.mountable(jail)?;
    refuse_source(session.config, source.as_str())?;
    let home = stopped(dialect, session, jail)?;
    refuse_target(&home, target.as_str())?;
    let before = Held::read(&home)?;
    let [kind, none] = [NULLFS, "0"].map(str::to_owned);
    let entry = Entry {
        source: source.as_str().to_owned(),
        target: format!("{}{}", home.root(), target.as_str()),
        kind,
        options: options.to_owned(),
        dump: none.clone(),
        pass: none,
    };
    if let Some(there) = before.on(&entry.target).next() {
        let message = format!("on {} there is {} already", Quoted(target.as_str()), Quoted(&there.source));
        return Err(Error::about("target", Code::IllegalValue, message));
    }
    if !entry.fits() {
        let message = "source and target are longer together than a line of an fstab may be";
        return Err(Error::about("target", Code::TooLong, message));
    }
    let words = [source.as_str(), target.as_str(), NULLFS, options, "0", "0"];
    let done = dialect.mount(session, jail, words);
    let mut expected = before.entries.clone();
    expected.push(entry);
    judged(session, &home, &before, &expected, done)
}

/// Take an entry out of the fstab of a jail: what its type and options were, and what should be looked at
/// although it was done.
///
/// Its target may be gone, for of a jail that does not run iocage unmounts nothing.
///
/// # Errors
/// Why not, and what the file holds now if that is another thing than before.
pub fn remove(
    dialect: &dyn Dialect,
    session: &Session<'_>,
    jail: &JailId,
    (source, target): (&MountedSource, &MountedTarget),
) -> Result<([String; 2], Told), Error> {
    dialect.mountable(jail)?;
    let home = stopped(dialect, session, jail)?;
    let (before, root) = (Held::read(&home)?, home.root());
    let at = before.only(&root, source.as_str(), target.as_str())?;
    let mut expected = before.entries.clone();
    let Entry { kind, options, dump, pass, .. } = expected.remove(at);
    let rest = [&*kind, &*options, &*dump, &*pass];
    let is_word = |word: &str| {
        !word.starts_with('-') && word.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
    };
    if let Some(word) = rest.iter().find(|word| !is_word(word)) {
        let message = format!(
            "iocage cannot be told of the entry of its fstab for {}, which holds {}",
            Quoted(target.as_str()),
            Quoted(word)
        );
        return Err(Error::about("target", Code::Unsupported, message));
    }
    let words = [source.as_str(), target.as_str(), rest[0], rest[1], rest[2], rest[3]];
    let done = dialect.unmount(session, jail, words);
    let told = judged(session, &home, &before, &expected, done)?;
    Ok(([kind, options], told))
}

/// Refuse a folder of the host that is not to be mounted into jails, or not to be found out about.
fn refuse_source(config: &Config, source: &str) -> Result<(), Error> {
    let refused = |code, message| Err(Error::about("source", code, message));
    if config.mount_sources.is_empty() {
        let message = "nothing of the host is mounted into jails here: `mount_sources` of the configuration says \
                       of which folders that may be, and names none";
        return refused(Code::Denied, message.to_owned());
    }
    // A folder that is not there allows nothing.
    let allowed = config.mount_sources.iter().filter_map(|folder| fs::canonicalize(folder).ok());
    if !allowed.into_iter().any(|folder| Path::new(source).starts_with(folder)) {
        let folders = some_of(config.mount_sources.iter().filter_map(|folder| folder.to_str()));
        let message = format!(
            "{} lies in none of the folders that `mount_sources` of the configuration holds: {folders}",
            Quoted(source)
        );
        return refused(Code::Denied, message);
    }
    match fs::canonicalize(source) {
        Ok(real) if real.as_os_str() != source => {
            refused(Code::IllegalValue, format!("{} is a link, or behind one", Quoted(source)))
        }
        Ok(real) if !real.is_dir() => refused(Code::IllegalValue, format!("{} is no folder", Quoted(source))),
        Ok(_) => Ok(()),
        Err(error) => refused(Code::IllegalValue, format!("{} cannot be mounted: {error}", Quoted(source))),
    }
}

/// Where a jail that does not run lies.
fn stopped(dialect: &dyn Dialect, session: &Session<'_>, jail: &JailId) -> Result<Home, Error> {
    let about = |code, message: String| Error::about("jail", code, format!("jail {} {message}", jail.uuid()));
    match dialect.state(session, jail)? {
        State::Down => {}
        State::Up => {
            let why = "is running: iocage would mount at once, on what the jail's root makes of the path; stop it first";
            return Err(about(Code::JailRunning, why.to_owned()));
        }
        state => return Err(about(Code::UnknownJail, format!("is {}", state.word()))),
    }
    let home = home(dialect, session, jail)?;
    if home.is_template {
        let why = "is a template: iocage reads the fstab of that, and writes it where a jail of the name would have it";
        return Err(about(Code::Unsupported, why.to_owned()));
    }
    Ok(home)
}

/// Refuse a target that is not there, or to which something leads that is no folder.
fn refuse_target(home: &Home, target: &str) -> Result<(), Error> {
    let refused = |message: String| Error::about("target", Code::IllegalValue, message);
    let mut place = String::new();
    let mut folder =
        Folder::open(Path::new(&home.folder)).and_then(|folder| folder.below("root")).map_err(|error| {
            Error::about("jail", Code::CorruptJail, format!("{} cannot be looked at: {error}", home.root()))
        })?;
    for name in target.split('/').skip(1) {
        place.push('/');
        place.push_str(name);
        folder = folder.below(name).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                let place = Quoted(&place);
                refused(format!(
                    "{place} is not there in the jail, and iocage mounts only on what is; make it first"
                ))
            }
            _ => refused(format!(
                "{} is no folder in the jail, but a link or something else: {error}",
                Quoted(&place)
            )),
        })?;
    }
    Ok(())
}

/// What an fstab holds.
struct Held {
    entries: Vec<Entry>,
    /// How many remarks that are not iocage's.
    remarks: usize,
}

impl Held {
    /// Read it for a change; refuse one of which iocage would not write all again.
    fn read(home: &Home) -> Result<Held, Error> {
        let corrupt = |message: String| Err(Error::about("jail", Code::CorruptJail, message));
        let Some(text) = home.read()? else {
            return corrupt(format!("there is no {}/fstab, which iocage wants", home.folder));
        };
        if fstab::has_long_line(&text) {
            return corrupt(
                "a line of its fstab is longer than the base system reads; iocage would spoil it".to_owned(),
            );
        }
        let held = Held::of(&text);
        for line in fstab::parse(&text) {
            match line {
                Line::Damaged(line) => {
                    let line = kept(&line);
                    return corrupt(format!(
                        "a line of its fstab is no entry, and iocage would lose it: {line}"
                    ));
                }
                Line::Entry(entry) if !entry.is_read() => {
                    let target = Quoted(&entry.target);
                    return corrupt(format!(
                        "the entry of its fstab for {target} has none of ro, rw, rq and sw, or a backslash \
                         in a path, and iocage would lose it"
                    ));
                }
                Line::Entry(entry) if is_rewritten(&entry, &home.root()) => {
                    let (source, target) = (Quoted(&entry.source), Quoted(&entry.target));
                    return corrupt(format!(
                        "the entry of its fstab for {source} on {target} is of where jails once lay, and iocage \
                         would rewrite it"
                    ));
                }
                Line::Entry(_) | Line::Remark => {}
            }
        }
        Ok(held)
    }

    fn of(text: &str) -> Held {
        let entry = |line| if let Line::Entry(entry) = line { Some(entry) } else { None };
        let entries = fstab::parse(text).filter_map(entry).collect();
        Held { entries, remarks: fstab::remarks(text) }
    }

    /// Where the one entry is that mounts this there.
    fn only(&self, root: &str, source: &str, target: &str) -> Result<usize, Error> {
        let refused = |key, code, message| Err(Error::about(key, code, message));
        let is_there = |entry: &Entry| inside(&entry.target, root) == target;
        let of = |at: &usize| is_there(&self.entries[*at]) && self.entries[*at].source == source;
        let found: Vec<usize> = (0..self.entries.len()).filter(of).collect();
        if let [at] = found[..] {
            return Ok(at);
        }
        if !found.is_empty() {
            let message = format!(
                "its fstab has {} entries for {} on {}; which is meant is not known, and of equal ones iocage would \
                 take out all",
                found.len(),
                Quoted(source),
                Quoted(target)
            );
            return refused("target", Code::IllegalValue, message);
        }
        if self.entries.iter().any(is_there) {
            let there = self.entries.iter().filter(|entry| is_there(entry)).map(|entry| &*entry.source);
            let message =
                format!("its fstab has no {} on {}, but {}", Quoted(source), Quoted(target), some_of(there));
            return refused("source", Code::UnknownMount, message);
        }
        let all = self.entries.iter().map(|entry| inside(&entry.target, root));
        let message = match some_of(all.filter(|target| !target.is_empty())) {
            none if none.is_empty() => format!("its fstab has nothing on {}", Quoted(target)),
            all => format!("its fstab has nothing on {}, but on {all}", Quoted(target)),
        };
        refused("target", Code::UnknownMount, message)
    }

    /// The entries of a target.
    fn on(&self, target: &str) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.target.trim_end_matches('/') == target)
    }
}

/// Would iocage make another path of one of its own?
fn is_rewritten(entry: &Entry, root: &str) -> bool {
    let is_below = |path: &str| FORMER.iter().any(|old| path != *old && Path::new(path).starts_with(old));
    let is_moved = !entry.target.starts_with(root) && is_below(&entry.target);
    let is_missing = || !Path::new(&entry.source).is_dir();
    is_moved || (entry.kind == NULLFS && is_below(&entry.source) && is_missing())
}

/// What came of a change, by what the file holds now.
fn judged(
    session: &Session<'_>,
    home: &Home,
    before: &Held,
    expected: &[Entry],
    done: Result<Told, Error>,
) -> Result<Told, Error> {
    if !session.changed.get() {
        return done;
    }
    let now = home.read().map(|text| Held::of(&text.unwrap_or_default()));
    let (mut warnings, now) = match (done, now) {
        (Ok(warnings), Ok(now)) => (warnings, now),
        (Ok(_), Err(why)) => {
            let message =
                format!("iocage was run, but what its fstab holds now is not known: {}", why.message);
            return Err(Error { message, ..why });
        }
        (Err(error), Ok(now)) => {
            let message =
                format!("{}; its fstab {}", error.message, difference(&before.entries, &now.entries));
            return Err(Error { message, ..error });
        }
        (Err(error), Err(why)) => {
            let message =
                format!("{}; what its fstab holds now is not known: {}", error.message, why.message);
            return Err(Error { message, ..error });
        }
    };
    let is_kept = without(expected, &now.entries).is_empty();
    let gone = without(&before.entries, expected);
    if !is_kept || gone.iter().any(|entry| now.entries.contains(entry)) {
        let message = format!(
            "iocage did not say why it is not done: its fstab {}",
            difference(&before.entries, &now.entries)
        );
        return Err(Error::about("jail", Code::NotDone, message));
    }
    let others = without(&now.entries, expected);
    if !others.is_empty() {
        let others = some_of(others.iter().map(|entry| &*entry.target));
        warnings.push(format!("meanwhile somebody else has put entries in its fstab, on {others}"));
    }
    if now.remarks < before.remarks {
        let lost = before.remarks - now.remarks;
        warnings.push(format!("iocage has written its fstab anew, and lost remarks in it: {lost}"));
    }
    Ok(warnings)
}

/// The entries of one that another has not, as often as that.
fn without<'e>(one: &'e [Entry], other: &[Entry]) -> Vec<&'e Entry> {
    let mut left: Vec<&Entry> = other.iter().collect();
    let is_missing = |entry: &&'e Entry| match left.iter().position(|there| there == entry) {
        Some(at) => {
            left.swap_remove(at);
            false
        }
        None => true,
    };
    one.iter().filter(is_missing).collect()
}

/// What became of a file, said of it.
fn difference(before: &[Entry], now: &[Entry]) -> String {
    let list = |entries: Vec<&Entry>| some_of(entries.iter().map(|entry| &*entry.target));
    let (gone, new) = (without(before, now), without(now, before));
    match (gone.is_empty(), new.is_empty()) {
        (true, true) => "is as it was".to_owned(),
        (true, false) => format!("has new entries now, on {}", list(new)),
        (false, true) => format!("has lost entries, on {}", list(gone)),
        (false, false) => format!("has lost entries, on {}, and has new ones, on {}", list(gone), list(new)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_counted_where_they_are_compared() {
        let held = |text: &str| Held::of(text).entries;
        let (one, two) = (held("/a /t nullfs ro\n"), held("/a /t nullfs ro 0 0\n/a /t nullfs ro\n"));
        assert_eq!((without(&two, &one).len(), without(&one, &two).len()), (1, 0));
        assert_eq!(difference(&one, &two), "has new entries now, on /t");
        assert_eq!(difference(&two, &one), "has lost entries, on /t");
        assert_eq!(difference(&one, &one), "is as it was");
        let other = held("/a /x nullfs rw\n");
        assert_eq!(difference(&one, &other), "has lost entries, on /t, and has new ones, on /x");
    }

    #[test]
    fn what_iocage_rewrites_is_known() {
        for (line, is) in [
            ("/nonexistent /j/root/a nullfs ro", false),
            ("/iocage/x /j/root/a nullfs ro", true),
            ("/iocage/x /j/root/a tmpfs ro", false),
            ("/iocage /j/root/a nullfs ro", false),
            ("/iocage2/x /j/root/a nullfs ro", false),
            ("tmpfs /mnt/iocage/jails/a tmpfs rw", true),
            ("tmpfs /elsewhere tmpfs rw", false),
        ] {
            assert_eq!(is_rewritten(&Held::of(line).entries[0], "/j/root"), is, "{line}");
        }
    }
}
