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
use crate::iocage::fstab::Entry;
pub use crate::iocage::fstab::NULLFS;
use crate::iocage::held::{Held, difference, without};
use crate::iocage::mounts::{Home, home};
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::text::some_of;
use crate::iocage::told::Told;
use crate::policy::{MountSource, MountTarget, MountedSource, MountedTarget};
use crate::process::Folder;

/// What jail(8) and iocage mount in a jail of themselves, as its properties say.
const OWN: [(&str, &str); 3] = [
    ("/dev", "`mount_devfs` and `mount_fdescfs`"),
    ("/proc", "`mount_procfs`"),
    ("/compat/linux/proc", "`mount_linprocfs`"),
];

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
    refuse_own(target.as_str())?;
    refuse_source(session.config, source.as_str())?;
    let home = stopped(dialect, session, jail, "mount at once, on what the jail's root makes of the path")?;
    refuse_target(&home, target.as_str())?;
    let before = Held::read(&home)?;
    before.refuse_others(&home.root())?;
    let [kind, none] = [NULLFS, "0"].map(str::to_owned);
    let entry = Entry {
        source: source.as_str().to_owned(),
        target: format!("{}{}", home.root(), target.as_str()),
        kind,
        options: options.to_owned(),
        dump: none.clone(),
        pass: none,
    };
    before.refuse_about(&home.root(), &entry.target)?;
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
    let home = stopped(dialect, session, jail, "unmount at once and by force")?;
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

/// What is odd about the folders of the configuration, for whoever has written it.
pub fn doubts(config: &Config) -> impl Iterator<Item = String> {
    config.mount_sources.iter().filter_map(|folder| {
        let shown = folder.display();
        if folder.parent().is_none() {
            return Some(format!(
                "`mount_sources` holds {shown}, so that all of the host may be mounted into jails, and each jail into others"
            ));
        }
        let error = fs::canonicalize(folder).err()?;
        Some(format!("`mount_sources` holds {shown}, which is not to be had and allows nothing: {error}"))
    })
}

/// Refuse a target on which something else is mounted by itself.
fn refuse_own(target: &str) -> Result<(), Error> {
    let Some((own, props)) = OWN.iter().find(|(own, _)| Path::new(target).starts_with(own)) else {
        return Ok(());
    };
    let message =
        format!("`target` is {}, and what is mounted on {own} the jail's {props} say", Quoted(target));
    Err(Error::about("target", Code::IllegalValue, message))
}

/// Refuse a folder of the host that is not to be mounted into jails, or not to be found out about.
fn refuse_source(config: &Config, source: &str) -> Result<(), Error> {
    let refused = |code, message| Err(Error::about("source", code, message));
    if config.mount_sources.is_empty() {
        let message = "nothing of the host is mounted into jails here: `mount_sources` of the configuration says \
                       of which folders that may be, and names none";
        return refused(Code::Denied, message.to_owned());
    }
    // A folder that is not there allows nothing, and a link stands for what it leads to.
    let folders = || config.mount_sources.iter().map(|folder| (folder, fs::canonicalize(folder)));
    if !folders().any(|(_, real)| real.is_ok_and(|real| Path::new(source).starts_with(real))) {
        let told: Vec<String> = folders()
            .map(|(folder, real)| match real {
                Ok(real) if real == *folder => folder.display().to_string(),
                Ok(real) => {
                    let (link, real) = (folder.display(), real.display());
                    format!("{link} (which leads to {real}: name the source by that)")
                }
                Err(error) => format!("{} (which is not to be had: {error})", folder.display()),
            })
            .collect();
        let message = format!(
            "{} lies in none of the folders that `mount_sources` of the configuration holds: {}",
            Quoted(source),
            some_of(told.iter().map(String::as_str))
        );
        return refused(Code::Denied, message);
    }
    match fs::canonicalize(source) {
        Ok(real) if real.as_os_str() != source => {
            let real = real.to_string_lossy();
            let message = format!("{} is a link, or behind one, to {}", Quoted(source), Quoted(&real));
            refused(Code::IllegalValue, message)
        }
        Ok(real) if !real.is_dir() => refused(Code::IllegalValue, format!("{} is no folder", Quoted(source))),
        Ok(_) => Ok(()),
        Err(error) => refused(Code::IllegalValue, format!("{} cannot be mounted: {error}", Quoted(source))),
    }
}

/// Where a jail that does not run lies. `what` iocage would do to one that does.
fn stopped(dialect: &dyn Dialect, session: &Session<'_>, jail: &JailId, what: &str) -> Result<Home, Error> {
    let about = |code, message: String| Error::about("jail", code, format!("jail {} {message}", jail.uuid()));
    match dialect.state(session, jail)? {
        State::Down => {}
        State::Up => return Err(Error::running(jail.uuid(), &format!(": iocage would {what}"))),
        state => return Err(about(Code::UnknownJail, format!("is {}", state.word()))),
    }
    let home = home(dialect, session, jail)?;
    if home.is_template {
        let why = "is a template: iocage reads the fstab of that, and writes it where a jail of the name would have it";
        return Err(about(Code::Unsupported, why.to_owned()));
    }
    refuse_leftover(&home.folder, jail)?;
    Ok(home)
}

/// Where anything lies in the place of a template of the jail's name, a dataset or not, iocage reads the fstab of that
/// and writes it over the jail's.
fn refuse_leftover(folder: &str, jail: &JailId) -> Result<(), Error> {
    let corrupt = |message: String| Err(Error::about("jail", Code::CorruptJail, message));
    let Some(top) = folder.strip_suffix(jail.uuid()).and_then(|jails| jails.strip_suffix("/jails/")) else {
        return corrupt(format!("it is mounted on {folder}, where iocage does not look for its fstab"));
    };
    let place = format!("{top}/templates/{}", jail.uuid());
    match fs::symlink_metadata(&place) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        _ => corrupt(format!(
            "{place} is there, and by that iocage takes the jail for a template: it would write the fstab of that over \
             the jail's. If nobody needs it, move it away"
        )),
    }
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
