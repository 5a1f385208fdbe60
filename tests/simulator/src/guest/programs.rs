//! The programs of a simulated jail. Each does the little that callers ask of the real one.

use std::io;
use std::time::Duration;

use super::process::{Process, Program};
use super::script;

/// All there is, by the path where FreeBSD has it.
const PROGRAMS: [Program; 18] = [
    ("/bin/[", |process, words| test(process, words.split_last().map_or(&[], |(_, rest)| rest))),
    ("/bin/cat", cat),
    ("/bin/echo", echo),
    ("/usr/bin/false", |_, _| Ok(1)),
    ("/bin/hostname", hostname),
    ("/usr/bin/id", id),
    ("/sbin/ifconfig", ifconfig),
    ("/bin/ls", ls),
    ("/usr/bin/printf", printf),
    ("/bin/pwd", |process, _| say(process, &format!("{}\n", process.guest.folder))),
    ("/usr/bin/seq", seq),
    ("/bin/sh", shell),
    ("/bin/sleep", sleep),
    ("/bin/test", test),
    ("/usr/bin/true", |_, _| Ok(0)),
    ("/usr/bin/uname", uname),
    ("/usr/bin/whoami", whoami),
    ("/usr/bin/yes", yes),
];

/// The program of that name or full path.
pub(super) fn find(name: &str) -> Option<&'static Program> {
    PROGRAMS
        .iter()
        .find(|(path, _)| *path == name || path.rsplit_once('/').is_some_and(|(_, last)| last == name))
}

fn say(process: &mut Process<'_>, text: &str) -> io::Result<u8> {
    process.out(text.as_bytes());
    Ok(0)
}

fn complain(process: &mut Process<'_>, text: &str, status: u8) -> io::Result<u8> {
    process.err(text);
    Ok(status)
}

fn read_stdin(process: &mut Process<'_>) -> io::Result<Vec<u8>> {
    process.flush()?;
    process.stdin()
}

fn cat(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    let mut status = 0;
    let stdin = ["-".to_owned()];
    for path in if arguments.is_empty() { &stdin } else { arguments } {
        if path == "-" {
            let bytes = read_stdin(process)?;
            process.out(&bytes);
        } else if let Some((contents, _)) = process.guest.file(path) {
            process.out(contents.as_bytes());
        } else {
            let reason =
                if process.guest.is_folder(path) { "Is a directory" } else { "No such file or directory" };
            status = complain(process, &format!("cat: {path}: {reason}\n"), 1)?;
        }
    }
    Ok(status)
}

fn echo(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    match arguments.split_first() {
        Some((first, rest)) if first == "-n" => say(process, &rest.join(" ")),
        _ => say(process, &format!("{}\n", arguments.join(" "))),
    }
}

fn hostname(process: &mut Process<'_>, _arguments: &[String]) -> io::Result<u8> {
    let hostname = format!("{}\n", process.guest.hostname);
    say(process, &hostname)
}

fn id(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    let user = process.user;
    let Some(line) = process.guest.user(user) else {
        return complain(process, &format!("id: {user}: no such user\n"), 1);
    };
    let (uid, gid) = (line.uid, line.gid);
    // The group of a user bears its name, but for root's.
    let group = if gid == "0" { "wheel" } else { user };
    match arguments.first().map(String::as_str) {
        Some("-u") => say(process, &format!("{uid}\n")),
        Some("-g") => say(process, &format!("{gid}\n")),
        Some("-un") => say(process, &format!("{user}\n")),
        _ => say(process, &format!("uid={uid}({user}) gid={gid}({group}) groups={gid}({group})\n")),
    }
}

/// Of one interface, whatever else is asked: the flags, the options, and on the third line the address, if it has one.
fn ifconfig(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    let Some(name) = arguments.first() else {
        return complain(process, "usage: ifconfig interface [inet]\n", 1);
    };
    let Some(address) = process.guest.interfaces.get(name) else {
        return complain(process, &format!("ifconfig: interface {name} does not exist\n"), 1);
    };
    let flags =
        "flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> metric 0 mtu 1500\n\toptions=8<VLAN_MTU>\n";
    let inet = address.as_ref().map_or(String::new(), |address| {
        let network = address.rsplit_once('.').map_or("", |(network, _)| network);
        format!("\tinet {address} netmask 0xffffff00 broadcast {network}.255\n")
    });
    let text = format!("{name}: {flags}{inet}");
    say(process, &text)
}

fn whoami(process: &mut Process<'_>, _arguments: &[String]) -> io::Result<u8> {
    let user = format!("{}\n", process.user);
    say(process, &user)
}

fn ls(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    let (flags, paths): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|word| word.starts_with('-'));
    let is_long = flags.iter().any(|flags| flags.contains('l'));
    let mut status = 0;
    for path in paths {
        match process.guest.file(path) {
            Some((contents, mode)) if is_long => {
                let line =
                    format!("{mode}    1 root     wheel    {:>9} Feb 10 20:31 {path}\n", contents.len());
                say(process, &line)?;
            }
            Some(_) => drop(say(process, &format!("{path}\n"))?),
            None => status = complain(process, &format!("ls: {path}: No such file or directory\n"), 1)?,
        }
    }
    Ok(status)
}

fn printf(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    let Some((format, values)) = arguments.split_first() else {
        return complain(process, "usage: printf format [arguments ...]\n", 1);
    };
    let mut rest = values.iter();
    loop {
        let before = rest.len();
        process.out(&formatted(format.as_bytes(), &mut rest));
        // Again for the words that are left, unless none is taken.
        if rest.len() == 0 || rest.len() == before {
            return Ok(0);
        }
    }
}

/// `%s`, `%d` and `%%`, and the escapes that make bytes.
fn formatted<'a>(format: &[u8], values: &mut impl Iterator<Item = &'a String>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = format.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match (byte, rest.peek().copied()) {
            (b'\\', Some(b'0'..=b'7')) => {
                let mut value = 0_u32;
                for _ in 0..3 {
                    let Some(digit) = rest.next_if(|byte| matches!(byte, b'0'..=b'7')) else { break };
                    value = value * 8 + u32::from(digit - b'0');
                }
                bytes.push(value as u8);
            }
            (b'\\', Some(letter)) => {
                rest.next();
                match letter {
                    b'n' => bytes.push(b'\n'),
                    b't' => bytes.push(b'\t'),
                    b'r' => bytes.push(b'\r'),
                    b'\\' => bytes.push(b'\\'),
                    other => bytes.extend([b'\\', other]),
                }
            }
            (b'%', Some(letter @ (b's' | b'd' | b'%'))) => {
                rest.next();
                match letter {
                    b'%' => bytes.push(b'%'),
                    _ => bytes.extend(values.next().map_or(&b""[..], |value| value.as_bytes())),
                }
            }
            (other, _) => bytes.push(other),
        }
    }
    bytes
}

fn seq(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    let numbers: Result<Vec<u64>, _> = arguments.iter().map(|word| word.parse()).collect();
    let (first, last) = match numbers.as_deref() {
        Ok([last]) => (1, *last),
        Ok([first, last]) => (*first, *last),
        _ => return complain(process, "usage: seq [first] last\n", 1),
    };
    for number in first..=last {
        process.out(format!("{number}\n").as_bytes());
    }
    Ok(0)
}

fn sleep(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    let seconds = arguments.first().and_then(|word| word.parse::<f64>().ok());
    let Some(wait) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) else {
        return complain(process, "usage: sleep seconds\n", 1);
    };
    process.flush()?;
    std::thread::sleep(wait);
    Ok(0)
}

fn uname(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    let (release, hostname) = (&process.guest.release, &process.guest.hostname);
    let answer = match arguments.first().map(String::as_str) {
        None | Some("-s") => "FreeBSD\n".to_owned(),
        Some("-r") => format!("{release}\n"),
        Some("-n") => format!("{hostname}\n"),
        Some("-m" | "-p") => "amd64\n".to_owned(),
        Some("-a") => format!("FreeBSD {hostname} {release} FreeBSD {release} #0: GENERIC  amd64\n"),
        Some(_) => return complain(process, "usage: uname [-amnprs]\n", 1),
    };
    say(process, &answer)
}

/// As many lines as its argument says: the real one has no end, and a simulator that fills a disk helps nobody.
fn yes(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    let lines = arguments.first().and_then(|word| word.parse::<usize>().ok()).unwrap_or(1000);
    process.out("y\n".repeat(lines).as_bytes());
    Ok(0)
}

/// Comparisons of two words, and whether a word is empty.
fn test(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let holds = match words.as_slice() {
        [] => false,
        [word] | ["-n", word] => !word.is_empty(),
        ["-z", word] => word.is_empty(),
        [one, "=", other] => one == other,
        [one, "!=", other] => one != other,
        [one, "-eq", other] => one.parse::<i64>().ok() == other.parse::<i64>().ok(),
        [one, "-ne", other] => one.parse::<i64>().ok() != other.parse::<i64>().ok(),
        _ => return complain(process, "test: this expression is not simulated\n", 2),
    };
    Ok(u8::from(!holds))
}

/// `sh -c SCRIPT [NAME WORD...]`, or a script from stdin.
pub(super) fn shell(process: &mut Process<'_>, arguments: &[String]) -> io::Result<u8> {
    let own = process.name.clone();
    match arguments {
        [flag, text, rest @ ..] if flag == "-c" => {
            let (name, words) = rest.split_first().map_or((own, rest), |(name, words)| (name.clone(), words));
            script::run(process, text, &name, words)
        }
        [flag] if flag == "-c" => complain(process, "sh: -c requires an argument\n", 2),
        [] => {
            let text = read_stdin(process)?;
            script::run(process, &String::from_utf8_lossy(&text), &own, &[])
        }
        [other, ..] => {
            complain(process, &format!("sh: cannot open {other}: No such file or directory\n"), 127)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::formatted;

    #[test]
    fn printf_makes_bytes() {
        let values = ["x".to_owned(), "7".to_owned()];
        assert_eq!(formatted(br"a\001b\377c\n", &mut values.iter()), b"a\x01b\xffc\n");
        assert_eq!(formatted(br"%s=%d%%\t%s|", &mut values.iter()), b"x=7%\t|");
        assert_eq!(formatted(br"\q%q\", &mut values.iter()), br"\q%q\");
    }
}
