//! `fstab -a` and `-r`, in six words: what is mounted for a jail when it starts, in the file beside its root.
//!
//! None of it is recorded: it is what the program's source does and says (`ioc_fstab.py` and `cli/fstab.py` of 1.13).
//! The file is on a real disk, where a machine has its files there; it is no part of the state. It is read as the base
//! system's libc reads one, with ' ' and tab alone for blanks, which passes over what it does not understand, and
//! written anew, so remarks are lost. Of a jail that runs the real program mounts at once, which is nothing that this
//! machine knows.

use std::fs;
use std::path::Path;

use super::call::Call;
use super::failure::fail;
use super::names;
use super::pool::active;
use crate::output::Output;
use crate::session::{Outcome, Stop, not_simulated};

/// Where older jails lay.
const FORMER: [&str; 3] = ["/mnt/mnt", "/mnt/iocage", "/iocage"];

pub(super) fn fstab(call: &mut Call<'_>) -> Outcome {
    let words = call.words.arguments.clone();
    let action = call.words.last_of(&["add", "remove", "edit", "list", "replace"]);
    let is_add = match action {
        Some("add") => true,
        Some("remove") => false,
        _ => return Err(not_simulated("fstab but for -a and -r")),
    };
    let [jail, entry @ ..] = &words[..] else { return Err(not_simulated("fstab without a jail")) };
    if entry.is_empty() {
        return Err(call.fail("Please supply an fstab entry or jail!"));
    }
    if entry.len() == 1 {
        return Err(not_simulated("fstab with an index, or an entry of one word"));
    }
    let [source, target, kind, options, dump, pass] = entry else {
        let message = "Please specify a valid fstab entry!\n\nExample:\n  /the/source /dest FSTYPE FSOPTIONS FSDUMP FSPASS";
        return Err(call.fail(message));
    };
    let state = call.view()?;
    let pool = active(&state);
    let at = names::find(&state, pool, jail, &mut call.session.output)?;
    let jail = &pool.jails[at];
    if jail.is_template() || jail.is_up() {
        return Err(not_simulated("fstab of a template, or of a jail that runs"));
    }
    let folder = format!("{}/jails/{}", names::root(&state, pool), jail.uuid);
    let target = format!("{folder}/root{target}");
    // Where the machine's disk lies here is nothing to it.
    if target.len() - state.root.len() > 88 {
        call.err("The destination's mountpoint exceeds 88 characters, this may cause failure!\n");
    }
    let entry =
        [&encoded(source), &encoded(&target), kind, options, dump, pass].map(String::as_str).join("\t");
    let file = Path::new(&folder).join("fstab");
    let Ok(text) = fs::read_to_string(&file) else {
        return Err(call.fail(&format!("Unable to open {}", file.display())));
    };
    let lines: Vec<String> = text.split_terminator('\n').filter_map(read).collect();
    if lines.iter().any(|line| is_moved(line, &folder)) {
        return Err(not_simulated("an fstab of where jails once lay"));
    }
    let name = jail.uuid.clone();
    let output = &mut call.session.output;
    let lines = if is_add {
        refuse(&lines, &entry, &folder, output)?;
        let time = state.now().joined(' ');
        lines.into_iter().chain([format!("{entry} # Added by iocage on {time}")]).collect()
    } else {
        let left: Vec<String> = lines.iter().filter(|line| **line != entry).cloned().collect();
        if left.len() == lines.len() {
            return Err(fail(output, "No matching fstab entry."));
        }
        left
    };
    // Beside, then renamed, as it does.
    let beside = file.with_file_name("fstab.new");
    let all: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(&beside, all)
        .and_then(|()| fs::rename(&beside, &file))
        .map_err(|error| Stop::Broken(format!("cannot write `{}`: {error}", file.display())))?;
    let done = if is_add { "added mount to" } else { "removed mount from" };
    output.out(&format!("Successfully {done} {name}'s fstab\n"));
    Ok(0)
}

/// A line as the base system reads it and the program writes it again; nothing, where it is none.
fn read(line: &str) -> Option<String> {
    // To C the line ends there.
    let line = line.split('\0').next().unwrap_or_default();
    if line.len() >= 1023 || line.starts_with('#') {
        return None;
    }
    let mut fields = line.split([' ', '\t']).filter(|field| !field.is_empty());
    let [source, target, kind, options] = [(); 4].map(|()| fields.next().unwrap_or_default());
    let first = options.split(',').find(|word| ["ro", "rw", "rq", "sw", "xx"].contains(word))?;
    if first == "xx" {
        return None;
    }
    let number = |field: Option<&str>| {
        let digits: String = field.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().unwrap_or(0)
    };
    let (dump, pass) = (number(fields.next()), number(fields.next()));
    let [source, target] = [source, target].map(|field| encoded(&decoded(field)));
    Some(format!("{source}\t{target}\t{kind}\t{options}\t{dump}\t{pass}"))
}

/// What keeps an entry out, the new one or another, as the program says it.
fn refuse(lines: &[String], entry: &str, folder: &str, output: &mut Output) -> Result<(), Stop> {
    let root = format!("{folder}/root");
    let fields = |line: &str| -> [String; 3] {
        let mut fields = line.split('\t').map(decoded);
        [(); 3].map(|()| fields.next().unwrap_or_default())
    };
    let mut wrong = Vec::new();
    for line in lines {
        let [source, target, kind] = fields(line);
        if !target.starts_with(&root) {
            wrong.push(format!("Destination: {target} does not include jail's mountpoint! ({root})"));
        }
        if kind == "nullfs" && !Path::new(&source).is_dir() {
            wrong.push(format!("Source: {source} does not exist!"));
        }
    }
    if !wrong.is_empty() {
        return Err(fail(output, &wrong.join("\n")));
    }
    let [source, target, kind] = fields(entry);
    let is_there = |line: &String| fields(line)[1] == target;
    if lines.iter().any(is_there) && lines.iter().any(|line| fields(line)[0] == source) {
        return Err(fail(output, &format!("Destination: {} already exists!", encoded(&target))));
    }
    if !Path::new(&target).is_dir() {
        wrong.push(format!("Destination: {} does not exist or is not a directory.", encoded(&target)));
    }
    if kind == "nullfs" && !Path::new(&source).is_dir() {
        wrong.push(format!("Source: {source} does not exist!"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(fail(output, &wrong.join("\n"))) }
}

/// Is it one of those whose paths the program makes others of?
fn is_moved(line: &str, folder: &str) -> bool {
    let mut fields = line.split('\t').map(decoded);
    let [source, target] = [(); 2].map(|()| fields.next().unwrap_or_default());
    let is_below = |path: &str| FORMER.iter().any(|old| path != *old && Path::new(path).starts_with(old));
    let is_lost = is_below(&source) && !Path::new(&source).is_dir();
    (!target.starts_with(&format!("{folder}/root")) && is_below(&target)) || is_lost
}

/// As `strvis` writes a path: blanks, and what a shell would read, in octal.
fn encoded(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_graphic() && !"'`\";&<>()|{}]\\$!^~*?[#".contains(c);
    let code = |c: char| match is_plain(c) {
        true => c.to_string(),
        false if c.is_ascii_control() && !"\t\n".contains(c) => format!("\\^{}", char::from(c as u8 ^ 0x40)),
        false => c.to_string().bytes().map(|byte| format!("\\{byte:03o}")).collect(),
    };
    path.chars().map(code).collect()
}

fn decoded(field: &str) -> String {
    let mut rest = field.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| byte == b'\\').and_then(|digits| str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(code) => {
                bytes.push(code);
                rest = &after[3..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
