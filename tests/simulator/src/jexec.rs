//! jexec(8): a command in a running jail, which the caller names by its jid or by the kernel's name for it.
//!
//! No iocage is in between: the words are the command's own, so is its exit status, and a signal that ends the command
//! ends this process. A user is looked up on the host (`-u`) before the jail is looked for, and in the jail (`-U`)
//! after it.

use std::collections::BTreeMap;

use crate::getopt::{With, getopt};
use crate::guest::{Ended, Guest, Missing, User, user_of_host};
use crate::kernel;
use crate::prison;
use crate::session::{Outcome, Session, Stop};

const USAGE: &str =
    "usage: jexec [-l] [-d working-directory] [-u username | -U username] jail [command ...]\n";

/// What a login class gives to everybody.
const PATH: &str = "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin";

#[derive(Default)]
struct Call {
    is_login: bool,
    folder: Option<String>,
    host_user: Option<String>,
    jail_user: Option<String>,
    jail: String,
    command: Vec<String>,
}

/// Runs one command line; answers the exit status, and notes the signal that has ended the command.
pub(super) fn run(session: &mut Session, words: &[String]) -> Outcome {
    let ended = dispatch(session, words)?;
    if let Ended::Killed(signal) = ended {
        session.killed_by = Some(signal);
    }
    Ok(ended.status())
}

fn die(session: &mut Session, message: &str) -> Stop {
    session.output.err(&format!("jexec: {message}\n"));
    Stop::Exit(1)
}

fn usage(session: &mut Session) -> Stop {
    session.output.err(USAGE);
    Stop::Exit(1)
}

fn dispatch(session: &mut Session, words: &[String]) -> Result<Ended, Stop> {
    let call = parse(session, words)?;
    let state = session.store.read().map_err(Stop::Broken)?;
    // Who calls is root.
    let on_host = call.host_user.as_deref().or((call.is_login && call.jail_user.is_none()).then_some("root"));
    let host_user =
        on_host.map(|name| user_of_host(name).ok_or_else(|| die(session, &unknown(name)))).transpose()?;
    let prison = prison::find(kernel::prisons(&state), &call.jail).map_err(|message| {
        // That is the host, and nobody can be put there.
        let is_host = call.jail == "0";
        die(session, if is_host { "jail_attach(0): Invalid argument" } else { &message })
    })?;
    let mut guest = Guest {
        hostname: prison.hostname,
        release: state.host.release.clone(),
        folder: "/".to_owned(),
        files: prison.files,
        lacks: prison.lacks,
        environment: BTreeMap::new(),
        interfaces: prison.interfaces,
    };
    let user = match (&call.jail_user, host_user) {
        (Some(name), _) => Some(guest.user(name).ok_or_else(|| die(session, &unknown(name)))?),
        (None, user) => user,
    };
    let home = user.as_ref().map(|user| user.home.to_owned()).filter(|_| call.is_login);
    let name = user.as_ref().map_or("root", |user| user.name).to_owned();
    let environment = environment(call.is_login, user.as_ref());
    guest.environment = environment;
    for (function, folder) in [("chdir()", call.folder), ("chdir", home)] {
        let Some(folder) = folder else { continue };
        if !guest.is_folder(&folder) {
            return Err(die(session, &format!("{function}: {folder}: No such file or directory")));
        }
        guest.folder = folder;
    }
    match guest.run(&name, &call.command, &mut session.output) {
        Ok(ended) => Ok(ended),
        Err(Missing::Command(command, reason)) => {
            let function = match (call.command.is_empty(), state.host.old_jexec) {
                (true, _) => "execlp",
                (false, true) => "execvp()",
                (false, false) => "execvp",
            };
            Err(die(session, &format!("{function}: {command}: {reason}")))
        }
        Err(Missing::Stream(error)) => {
            Err(Stop::Broken(format!("cannot read or write for the jail: {error}")))
        }
    }
}

fn unknown(user: &str) -> String {
    format!("{user}: no such user")
}

fn environment(is_login: bool, user: Option<&User<'_>>) -> BTreeMap<String, String> {
    let of_caller = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
    // A login keeps the terminal of the caller's, and nothing else.
    let mut environment: BTreeMap<String, String> =
        of_caller.filter(|(name, _)| !is_login || name == "TERM").collect();
    if let Some(user) = user {
        for (name, value) in [("USER", user.name), ("HOME", user.home), ("SHELL", user.shell), ("PATH", PATH)]
        {
            environment.insert(name.to_owned(), value.to_owned());
        }
    }
    environment
}

fn parse(session: &mut Session, words: &[String]) -> Result<Call, Stop> {
    let mut call = Call::default();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let rest = getopt(&words, "duU", |letter, with| {
        let place = match letter {
            'l' => {
                call.is_login = true;
                return Ok(());
            }
            // It was for names once, and is taken for nothing now.
            'n' => return Ok(()),
            'd' => &mut call.folder,
            'u' => &mut call.host_user,
            'U' => &mut call.jail_user,
            other => {
                session.output.err(&format!("jexec: illegal option -- {other}\n"));
                return Err(usage(session));
            }
        };
        let With::Value(value) = with else {
            session.output.err(&format!("jexec: option requires an argument -- {letter}\n"));
            return Err(usage(session));
        };
        *place = Some(value.to_owned());
        Ok(())
    })?;
    let Some((jail, command)) = rest.split_first() else { return Err(usage(session)) };
    if call.host_user.is_some() && call.jail_user.is_some() {
        return Err(usage(session));
    }
    (*jail).clone_into(&mut call.jail);
    call.command = command.iter().map(|&word| word.to_owned()).collect();
    Ok(call)
}
