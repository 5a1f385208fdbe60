//! What a terminal is asked: whether a destruction is meant, and a password. That comes from whoever sits there, or from a program on the
//! standard input; never from the command line, which everybody on the machine can read.
//!
//! The terminal gives each character as it is typed and shows none. That it makes no signal of Ctrl-C meanwhile is on purpose: this
//! program would be ended, and leave the terminal as it is.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, Read, Write};

use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr};

use super::failure::Failure;
use crate::accounts::{MOST_PASSWORD, is_acceptable};

/// A new password: typed twice, or the first line of the standard input.
pub(crate) fn new(from_stdin: bool) -> Result<String, Failure> {
    if from_stdin {
        return first_line(&mut io::stdin().lock());
    }
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let terminal = terminal.map_err(|why| {
        Failure::Usage(format!(
            "there is no terminal to ask for the password ({why}); --password-stdin reads it"
        ))
    })?;
    twice(&terminal)
}

/// What cannot be one is not asked for again.
fn twice(terminal: &File) -> Result<String, Failure> {
    let password = asked(terminal, "Password: ", LocalFlags::empty())?;
    is_acceptable(&password).map_err(Failure::Usage)?;
    if asked(terminal, "The same again: ", LocalFlags::empty())? != password {
        return Err(Failure::Usage("these were two different passwords; nothing was changed".to_owned()));
    }
    Ok(password)
}

fn first_line(input: &mut dyn BufRead) -> Result<String, Failure> {
    let mut line = Vec::new();
    // One byte more than may be: that it is too long is said where passwords are judged.
    input
        .take(MOST_PASSWORD as u64 + 2)
        .read_until(b'\n', &mut line)
        .map_err(|why| Failure::Usage(format!("the password cannot be read: {why}")))?;
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    text(line.strip_suffix(b"\r").unwrap_or(line))
}

fn text(bytes: &[u8]) -> Result<String, Failure> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Failure::Usage("a password is UTF-8".to_owned()))
}

/// The terminal as it was, when this is dropped.
struct Quiet<'a>(&'a File, Termios);

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.0, SetArg::TCSAFLUSH, &self.1);
    }
}

/// Does whoever sits at this terminal say yes? What he types is seen.
pub(crate) fn is_meant(terminal: &File, prompt: &str) -> Result<bool, Failure> {
    Ok(["y", "yes"].contains(&asked(terminal, prompt, LocalFlags::ECHO)?.trim()))
}

/// What is typed there, of which the terminal shows what it does with these flags.
fn asked(terminal: &File, prompt: &str, shown: LocalFlags) -> Result<String, Failure> {
    let not = |why: io::Error| Failure::Usage(format!("the terminal cannot be asked: {why}"));
    let before = tcgetattr(terminal).map_err(|why| not(why.into()))?;
    let mut quiet = before.clone();
    quiet.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHONL | LocalFlags::ICANON | LocalFlags::ISIG);
    quiet.local_flags.insert(shown);
    quiet.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
    quiet.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
    let mut terminal = terminal;
    terminal.write_all(prompt.as_bytes()).map_err(not)?;
    tcsetattr(terminal, SetArg::TCSAFLUSH, &quiet).map_err(|why| not(why.into()))?;
    let typed = {
        let _quiet = Quiet(terminal, before);
        typed(&mut terminal)
    };
    terminal.write_all(b"\n").map_err(not)?;
    text(&typed.map_err(not)?.ok_or_else(|| Failure::Interrupted("nothing was done".to_owned()))?)
}

/// What is typed up to the end of the line, as a terminal edits it; nothing, if it is Ctrl-C.
fn typed(terminal: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
    let mut typed: Vec<u8> = Vec::new();
    let mut byte = [0];
    loop {
        let end = terminal.read(&mut byte)? == 0;
        match byte[0] {
            _ if end => return Ok(Some(typed)),
            b'\n' | b'\r' | 4 => return Ok(Some(typed)),
            3 => return Ok(None),
            21 => typed.clear(),
            8 | 127 => {
                // A character of UTF-8 is gone with its first byte.
                while typed.pop().is_some_and(|gone| gone & 0b1100_0000 == 0b1000_0000) {}
            }
            // One more than there may be is too many already.
            _ if typed.len() > MOST_PASSWORD => {}
            byte => typed.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};

    use super::*;

    #[test]
    fn a_line_is_edited_as_a_terminal_does() {
        for (keys, line) in [
            (&b"secret\rmore"[..], Some(&b"secret"[..])),
            (b"sek\x7fcret\n", Some(b"secret")),
            ("aä\x7fb\x08\x7f\x7fc\n".as_bytes(), Some(b"c")),
            (b"wrong\x15right\n", Some(b"right")),
            (b"open", Some(b"open")),
            (b"no\x03", None),
        ] {
            let typed = typed(&mut &keys[..]).expect("read");
            assert_eq!(typed.as_deref(), line, "{keys:?}");
        }
    }

    /// A person who types this when he is asked, what became of it, and what he has seen.
    fn typing<T>(keys: &'static str, ask: impl FnOnce(&File) -> T) -> (T, String) {
        let pty = nix::pty::openpty(None, None).expect("a terminal");
        let (mut person, terminal) = (File::from(pty.master), File::from(pty.slave));
        // What another test starts would have it, for as long as that lives.
        for end in [&person, &terminal] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("set");
        }
        let before = tcgetattr(&terminal).expect("its settings");
        let mut shown = vec![0];
        // What is typed before it is asked for is thrown away, so somebody waits for the question.
        let typing = std::thread::Builder::new().spawn(move || {
            person.read_exact(&mut shown).expect("a question");
            while tcgetattr(&person).expect("its settings").local_flags.contains(LocalFlags::ICANON) {}
            person.write_all(keys.as_bytes()).expect("typed");
            (person, shown)
        });
        let became = ask(&terminal);
        let (mut person, mut shown) = typing.expect("a thread").join().expect("it typed");
        assert_eq!(tcgetattr(&terminal).expect("its settings").local_flags, before.local_flags);
        drop(terminal);
        let _ = person.read_to_end(&mut shown);
        (became, String::from_utf8_lossy(&shown).into_owned())
    }

    #[test]
    fn a_terminal_shows_nothing_of_it_and_is_as_it_was_afterwards() {
        let (password, shown) =
            typing("secret99\r", |terminal| asked(terminal, "Password: ", LocalFlags::empty()));
        assert_eq!((password.expect("typed").as_str(), shown.as_str()), ("secret99", "Password: \r\n"));
    }

    #[test]
    fn what_is_too_short_is_not_asked_for_again() {
        let (password, shown) = typing("short\r", twice);
        assert_eq!(password.expect_err("short").to_string(), "a password has at least 8 characters");
        assert_eq!(shown, "Password: \r\n");
    }

    #[test]
    fn who_is_asked_whether_he_means_it_sees_what_he_types() {
        for (keys, is_yes) in
            [("yes\r", true), ("y\r", true), ("\r", false), ("yess\r", false), ("no\r", false)]
        {
            let (said, shown) = typing(keys, |terminal| is_meant(terminal, "yes? "));
            assert_eq!(said.expect("typed"), is_yes, "{keys:?}");
            assert!(shown.starts_with(&format!("yes? {}", keys.trim_end())), "{shown:?}");
        }
        assert_eq!(
            typing("\u{3}", |terminal| is_meant(terminal, "yes? ")).0.expect_err("Ctrl-C").status(),
            130
        );
    }

    #[test]
    fn a_program_gives_one_line() {
        for (input, line) in
            [("one\ntwo\n", "one"), ("one\r\n", "one"), ("one", "one"), ("", ""), (" a ", " a ")]
        {
            assert_eq!(first_line(&mut input.as_bytes()).expect("a line"), line);
        }
        assert_eq!(first_line(&mut "x".repeat(5000).as_bytes()).expect("a line").len(), MOST_PASSWORD + 2);
        assert!(first_line(&mut &b"\xff\n"[..]).is_err());
    }
}
