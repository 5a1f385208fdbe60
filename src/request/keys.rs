//! Every key that some action takes, with the type that its value is made into, and how: the
//! grammars are [`crate::policy`]'s.

use std::time::Duration;

use sysadm_class::kit::{Args, Argument, Failure, Key, Param};

use super::words::split;
use crate::error::{Code, Error};
use crate::policy::{
    self, CommandLine, ImageName, JailName, MountOptions, MountSource, MountTarget, MountedSource,
    MountedTarget, NewName, PoolName, PropertyName, Props, Release, SnapshotName, UserName,
};

/// One jail.
pub const JAIL: Key<JailName> = Key::new("jail").says("the UUID or the tag of the jail");
/// A pool.
pub const POOL: Key<PoolName> = Key::new("pool").says("the pool");
/// A user of a jail.
pub const USER: Key<UserName> = Key::new("user").says("the user of the jail to run it as");
/// A property of a jail.
pub const PROP: Key<PropertyName> = Key::new("prop").says("a property, or all");
/// What new jails get, and not one jail?
pub const DEFAULTS: Key<bool> =
    Key::new("defaults").says("the properties that new jails get, in place of `jail`");
/// How much of a log.
pub const LINES: Key<Lines> =
    Key::new("lines").says("how many lines of the end of each file, 100 if it does not say");
/// Is a jail to be a template, or to be one no more?
pub const TEMPLATE: Key<bool> =
    Key::new("template").says("true makes a template of the jail, false a jail of the template");
/// A snapshot of a jail.
pub const SNAPSHOT: Key<SnapshotName> =
    Key::new("snapshot").says("the snapshot of the jail, what stands behind the `@`");
/// A folder of the host.
pub const SOURCE: Key<MountSource> =
    Key::new("source").says("the folder of the host, an absolute path without links");
/// A folder in a jail.
pub const TARGET: Key<MountTarget> = Key::new("target").says("the folder in the jail, as the jail calls it");
/// What an entry of a jail's fstab mounts.
pub const MOUNTED_SOURCE: Key<MountedSource> =
    Key::new("source").says("what is mounted, as `listmounts` tells it");
/// Where, in the jail.
pub const MOUNTED_TARGET: Key<MountedTarget> =
    Key::new("target").says("where in the jail, as `listmounts` tells it under `inside`");
/// How something is mounted.
pub const OPTIONS: Key<MountOptions> =
    Key::new("options").says("ro or rw, and noatime, noexec, nosuid, nosymfollow; ro if it does not say");
/// A release.
pub const RELEASE: Key<Release> = Key::new("release").says("the release, such as 14.3-RELEASE");
/// A jail in a file.
pub const IMAGE: Key<ImageName> =
    Key::new("image").says("the image, by the name of its file in iocage's own folder");
/// Is more wanted of each jail than the document has?
pub const MORE: Key<bool> =
    Key::new("more").says("also release, ip6, template, basejail, path and pool of each jail");
/// Are those wanted that are not here?
pub const REMOTE: Key<bool> =
    Key::new("remote").says("also those that could be fetched, for which FreeBSD's servers are asked");
/// Snapshots that may go.
pub const DESTROYS: Key<Destroys> =
    Key::new("destroys").says("the newer snapshots that this destroys, all of them by name");
/// What a new jail is to be like.
pub const PROPS: Key<Sent<Props>> = Key::new("props").says("name=value words; quotes group");
/// Words that the action has.
pub const SWITCHES: Key<Sent<Switches>> = Key::new("switches");
/// A command.
pub const COMMAND: Key<Command> = Key::new("command").says("the command; quotes group, no shell reads it");
/// The same in words.
pub const ARGV: Key<Argv> = Key::new("argv").says("the command in words, in place of `command`");
/// How long a command may run.
pub const TIMEOUT: Key<Seconds> =
    Key::new("timeout_s").says("how long it may run, if less than is configured");
/// May a release be downloaded?
pub const FETCH: Key<bool> = Key::new("fetch").says("download the release first if it is not there");
/// Is a jail to stay where it is while its services start anew?
pub const SOFT: Key<bool> =
    Key::new("soft").says("run only its services again: the jail stays, and its network with it");
/// What a jail is to be called.
pub const NAME: Key<NewName> = Key::new("name").says("the new name, or of the shell iocage the new tag");
/// May more go than what is named?
pub const FORCE: Key<bool> = Key::new("force")
    .says("also while jails run or clones of it lie elsewhere, which are then destroyed; tells what went");
/// Is the jail's root trusted with the host?
pub const TRUST: Key<bool> = Key::new("trust")
    .says("true: the jail's root may get at the host, whose root works with the jail's own files for this");
/// Is the program's text wanted?
pub const DETAIL: Key<bool> = Key::new("detail").says("also answer what iocage printed, as it was");

/// Is only wanted what would be done?
pub const DRYRUN: Key<bool> =
    Key::new("dryrun").says("change nothing: answer what would be run, on what, or why it would be refused");

/// What was made of a text, and the text as it was sent: documented responses repeat it.
#[derive(Debug)]
pub struct Sent<T> {
    /// What was made of it.
    pub value: T,
    /// As it was sent.
    pub text: String,
}

/// The words of `switches`.
#[derive(Debug)]
pub struct Switches(pub Vec<String>);

/// A command that came as a text.
#[derive(Debug)]
pub struct Command(CommandLine);

/// A command that came in words.
#[derive(Debug)]
pub struct Argv(CommandLine);

/// Names, each compared with those that there are.
#[derive(Debug)]
pub struct Destroys(pub Vec<String>);

/// A time, at least one second.
#[derive(Debug)]
pub struct Seconds(pub Duration);

/// A number of lines, at least one.
#[derive(Debug)]
pub struct Lines(pub usize);

impl Lines {
    /// How many it is where nobody says.
    pub const USUAL: usize = 100;
}

/// The longest text of several words, in bytes. The words that are taken are much shorter, all
/// together.
const MAX_TEXT: u64 = 640 << 10;

static NO_PROPS: Sent<Props> = Sent { value: Props::NONE, text: String::new() };
static NO_SWITCHES: Sent<Switches> = Sent { value: Switches(Vec::new()), text: String::new() };

/// The properties; none, if there are none.
#[must_use]
pub fn props(args: &Args) -> &Sent<Props> {
    args.get(&PROPS).unwrap_or(&NO_PROPS)
}

/// The switches; none, if there are none.
#[must_use]
pub fn switches(args: &Args) -> &Sent<Switches> {
    args.get(&SWITCHES).unwrap_or(&NO_SWITCHES)
}

/// The command, in whichever form it came.
///
/// # Errors
/// [`Code::MissingKey`], if it came in none.
pub fn command(args: &Args) -> Result<&CommandLine, Error> {
    match args.get(&ARGV) {
        Some(Argv(command)) => Ok(command),
        None => Ok(&args.need(&COMMAND)?.0),
    }
}

/// Types that a grammar of a name makes of a text.
macro_rules! names {
    ($($name:ident),*) => {$(
        impl Argument for $name {
            type From = String;
            const MOST: u64 = $name::MOST as u64;

            fn parse(_: &Param, text: String) -> Result<$name, Failure> {
                Ok($name::parse(&text)?)
            }
        }
    )*};
}

names!(
    ImageName,
    JailName,
    NewName,
    PoolName,
    UserName,
    PropertyName,
    Release,
    SnapshotName,
    MountSource,
    MountTarget,
    MountedSource,
    MountedTarget,
    MountOptions
);

/// The words of a text, or one more than `most`, which whoever takes them refuses.
fn words(key: &Param, text: &str, most: usize) -> Result<Vec<String>, Failure> {
    split(text, most + 1).map_err(|e| {
        key.wrong(Code::IllegalValue.word(), format!("`{}` cannot be split into words: {e}", key.name()))
    })
}

impl Argument for Sent<Props> {
    type From = String;
    const MOST: u64 = MAX_TEXT;

    fn parse(key: &Param, text: String) -> Result<Sent<Props>, Failure> {
        Ok(Sent { value: Props::parse(&words(key, &text, Props::MAX)?)?, text })
    }
}

impl Argument for Sent<Switches> {
    type From = String;
    const MOST: u64 = MAX_TEXT;

    fn parse(key: &Param, text: String) -> Result<Sent<Switches>, Failure> {
        let words = words(key, &text, policy::MAX_SWITCHES)?;
        Ok(Sent { value: Switches(policy::switches(words, key.words())?), text })
    }
}

impl Argument for Command {
    type From = String;
    const MOST: u64 = MAX_TEXT;

    fn parse(key: &Param, text: String) -> Result<Command, Failure> {
        Ok(Command(CommandLine::parse(key.name(), words(key, &text, CommandLine::MAX_WORDS)?)?))
    }
}

impl Argument for Argv {
    type From = Vec<String>;
    const MOST: u64 = CommandLine::MAX_WORDS as u64;
    const BYTES: usize = CommandLine::MAX_BYTES;

    fn parse(key: &Param, words: Vec<String>) -> Result<Argv, Failure> {
        Ok(Argv(CommandLine::parse(key.name(), words)?))
    }
}

impl Argument for Destroys {
    type From = Vec<String>;
    const MOST: u64 = 4096;

    fn parse(_: &Param, names: Vec<String>) -> Result<Destroys, Failure> {
        Ok(Destroys(names))
    }
}

impl Argument for Lines {
    type From = u64;
    const LEAST: u64 = 1;
    const MOST: u64 = 10_000;

    fn parse(_: &Param, lines: u64) -> Result<Lines, Failure> {
        Ok(Lines(usize::try_from(lines).unwrap_or(usize::MAX)))
    }
}

impl Argument for Seconds {
    type From = u64;
    const LEAST: u64 = 1;

    fn parse(_: &Param, seconds: u64) -> Result<Seconds, Failure> {
        Ok(Seconds(Duration::from_secs(seconds)))
    }
}
