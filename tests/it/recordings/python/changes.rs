//! The recorded commands of the Python iocage that change something, as requests.

use serde_json::json;

use super::super::row::Row;
use super::super::scene::{Expect, Plan, Scene};
use super::super::text::{joined, output, quoted, said_lines, squeezed, status};
use super::scenes::{OTHER, df, honest, list, named, on_the_way, own, scene, warned};
use crate::support::stand::said;

pub(super) fn cleaned(row: &Row, options: &[&str]) -> Plan {
    let action = match options {
        ["-fa" | "-a", ..] => "cleanall",
        ["-fj" | "-j", ..] => "cleanjails",
        ["-fr" | "-r", ..] => "cleanreleases",
        ["-ft" | "-t", ..] => "cleantemplates",
        _ => return Err("another sort, or none"),
    };
    let answers = vec![
        on_the_way("get -p", "pyt\n"),
        // Those that run are asked about by a test of their own.
        on_the_way("jls -n jid name", ""),
        on_the_way("zfs list -H -t filesystem,volume -o name,origin", "pyt\t-\n"),
        on_the_way("zfs list -H -t filesystem -o name -r pyt/iocage", "pyt/iocage\npyt/iocage/jails\n"),
        own("clean *", row),
    ];
    // The warning before the question that the class is not asked.
    let warnings = if row.said.exit == 0 { warned(row) } else { Vec::new() };
    Ok(Scene { warnings, ..scene(json!({"action": action}), answers, honest(row, Expect::Done)) })
}

/// Options of create and clone as the document's properties, and the rest.
fn translated(arguments: &[&str]) -> (Vec<String>, Vec<&'static str>, Option<String>) {
    let (mut props, mut switches, mut source) = (Vec::new(), Vec::new(), None);
    let mut words = arguments.iter();
    while let Some(&word) = words.next() {
        match word {
            "-n" | "-c" | "-r" | "-t" | "-u" => {
                let name =
                    [("-n", "tag"), ("-c", "count"), ("-r", "release"), ("-t", "template"), ("-u", "tag")]
                        .into_iter()
                        .find_map(|(option, name)| (option == word).then_some(name))
                        .expect("one of these");
                props.push(format!("{name}={}", words.next().expect("a value")));
            }
            "-e" => switches.push("-e"),
            "-b" | "-B" => switches.push("-b"),
            _ if word.starts_with('-') => {}
            _ if word.contains('=') || source.is_some() || arguments.contains(&"-r") => {
                props.push(word.to_owned());
            }
            _ => source = Some(word.to_owned()),
        }
    }
    (props, switches, source)
}

/// What a create or clone that succeeded is answered with.
fn made(row: &Row) -> (Expect, Vec<String>) {
    let mut names = Vec::new();
    let mut lines = Vec::new();
    for line in said_lines(&row.said.stdout) {
        match line.split_once(" successfully ") {
            Some((name, _)) => {
                names.push(name.to_owned());
                lines.push(format!("Successfully created: {name} ({name})"));
            }
            None if line != "Missing default rc.conf, creating it" => lines.push(line),
            None => {}
        }
    }
    let mut warnings = warned(row);
    if names.len() > 1 {
        warnings.extend(names.iter().map(|name| format!("{name} ({name})")));
    }
    if row.argv.iter().any(|word| word == "-e") && row.said.exit == 0 {
        return (Expect::Success(json!({"uuid": names.last()})), warnings);
    }
    (Expect::Success(status(&lines.join("\n"))), warnings)
}

pub(super) fn cloned(row: &Row, arguments: &[&str]) -> Plan {
    let (props, _, Some(jail)) = translated(arguments) else { return Err("no source") };
    let words: Vec<_> = props.iter().map(String::as_str).collect();
    let request = json!({"action": "clonejail", "jail": jail, "props": joined(&words)});
    let answers = vec![
        on_the_way("df -lh", df(&[&jail, OTHER])),
        on_the_way("list -lh", list(&[(&jail, "down"), (OTHER, "up")])),
        own("clone *", row),
    ];
    let (expect, warnings) = made(row);
    Ok(Scene { warnings, ..scene(request, answers, honest(row, expect)) })
}

pub(super) fn created(row: &Row, arguments: &[&str]) -> Plan {
    let (props, switches, source) = translated(arguments);
    let words: Vec<_> = props.iter().map(String::as_str).chain(source.as_deref()).collect();
    let fetch = row.id.contains("missing-release");
    let request = json!({"action": "createjail", "props": joined(&words), "switches": switches.join(" "), "fetch": fetch});
    let answers = vec![
        on_the_way("list -rh", "13.5-RELEASE\n14.3-RELEASE\n"),
        on_the_way("df -lh", df(&[OTHER])),
        own("create *", row),
    ];
    let (expect, warnings) = made(row);
    Ok(Scene { warnings, ..scene(request, answers, honest(row, expect)) })
}

pub(super) fn destroyed(row: &Row, arguments: &[&str]) -> Plan {
    let (options, jails): (Vec<&str>, Vec<&str>) =
        arguments.iter().copied().partition(|word| word.starts_with('-'));
    let [jail] = jails[..] else { return Err("several jails, or none") };
    if options.iter().any(|option| option.contains('r')) {
        return Err("a release");
    }
    let request = json!({"action": "destroyjail", "jail": jail});
    let after = if row.said.stdout.contains("Destroying ") { df(&[OTHER]) } else { df(&[jail, OTHER]) };
    let before = df(&[jail, OTHER]);
    let answers = vec![
        ("df -lh".to_owned(), vec![said(before.clone()), said(before), said(after)]),
        // Whether it runs is asked before; what iocage says of one that does is asked for.
        on_the_way("list -lh", list(&[(jail, "down"), (OTHER, "down")])),
        on_the_way("get -p", "pyt\n"),
        on_the_way("zfs list -H -t snapshot -o name -r pyt/iocage", "pyt/iocage/releases/a/root@neighbour\n"),
        own("destroy *", row),
    ];
    let warnings = warned(row).into_iter().filter(|line| !line.starts_with("This will destroy")).collect();
    named(jail, request, |request| {
        let done = Expect::Success(json!({"Destroying": format!(" {jail}")}));
        Scene { warnings, ..scene(request, answers, honest(row, done)) }
    })
}

pub(super) fn executed(row: &Row, arguments: &[&str]) -> Plan {
    let mut words: Vec<&str> = arguments.to_vec();
    let mut user = "root";
    while let [option, value, ..] = words[..]
        && option.starts_with('-')
    {
        match option {
            "-f" => return Err("-f starts the jail"),
            "--" => drop(words.drain(..1)),
            _ => {
                user = value;
                words.drain(..2);
            }
        }
    }
    let [jail, ref command @ ..] = words[..] else { return Err("no jail") };
    let command: Vec<_> = command.iter().copied().filter(|&word| word != "--").collect();
    if command.is_empty() {
        return Err("no command");
    }
    if row.said.exit == 0 && row.said.stdout.starts_with("Usage:") {
        return Err("an option that iocage takes for itself, but for the --");
    }
    let line = match command[..] {
        // One word goes to the jail's shell.
        [script] => format!("/bin/sh -c {}", quoted(script)),
        _ => joined(&command),
    };
    let request = json!({"action": "execjail", "jail": jail, "user": user, "command": line});
    let mut ran = row.said.clone();
    let own_end = row.said.stderr.rfind("Command: ").filter(|_| row.said.exit != 0);
    match own_end {
        _ if row.said.exit == 0 => ran.status = Some(0),
        // It repeats the words that it was given, which are those of our shell.
        Some(_) if row.said.stderr.contains("no such user") => {
            ran.stderr = ran.stderr.replace("Command: ", "Command: /bin/sh -c ");
        }
        // The shell in the jail looks for the command, and says so; its end is
        // not told by iocage any more, which sees the shell succeed.
        Some(end) => {
            ran.stderr.truncate(end);
            ran.stderr = ran.stderr.replace("jexec: execvp: ", "sh: ");
            if ran.stderr.starts_with("sh: ") {
                ran.stderr = format!("sh: {}: not found\n", command[0]);
            }
            let script = command.join(" ");
            let exits = script.rsplit_once("exit ").and_then(|(_, status)| status.parse().ok());
            let missing = ran.stderr.contains("not found");
            ran.status = exits.or(Some(if missing { 127 } else { 1 }));
            ran.exit = 0;
        }
        None => {}
    }
    let failed = ran.status != Some(0);
    named(jail, request, |request| {
        let done = Expect::Success(output(&row.said.stdout));
        let expect = if failed { Expect::Fails } else { done };
        let state = if row.said.stderr.contains("corrupt configuration") { "CORRUPT" } else { "down" };
        let answers = vec![
            on_the_way("df -lh", df(&[jail, OTHER])),
            on_the_way("list -lh", list(&[(jail, state), (OTHER, "up")])),
            on_the_way("list -tlh", ""),
            ("exec *".to_owned(), vec![ran]),
        ];
        scene(request, answers, expect)
    })
}

/// What iocage is known to have left where a start or stop failed.
const LEFT_UP: [&str; 1] = ["stop-exec_stop-fails"];

pub(super) fn turned(row: &Row, verb: &str, jail: &str) -> Plan {
    let request = json!({"action": format!("{verb}jail"), "jail": jail});
    let (end, is_told) = match verb {
        "start" => ("up", row.said.stderr.contains("is already running!")),
        _ => ("down", row.said.stderr.contains("is not running!")),
    };
    let is_left_up = LEFT_UP.contains(&row.id.as_str());
    let state = if row.said.exit == 0 || is_told { end } else { ["down", "up"][usize::from(is_left_up)] };
    let is_gone = row.said.stderr.ends_with("not found!\n");
    named(jail, request, |request| {
        let idle = json!({jail: {"INFO": format!(" {jail} ({jail}) is already {end}")}});
        let done = json!({jail: status(&row.said.stdout)});
        let expect = if is_told { Expect::Answer(idle) } else { honest(row, Expect::Answer(done)) };
        let warnings = if is_told { Vec::new() } else { warned(row) };
        let answers = vec![
            on_the_way("df -lh", df(&[jail, OTHER])),
            on_the_way(
                "list -lh",
                if is_gone { list(&[(OTHER, "up")]) } else { list(&[(jail, state), (OTHER, "up")]) },
            ),
            on_the_way("list -tlh", ""),
            own(&format!("{verb} *"), row),
        ];
        Scene { warnings, ..scene(request, answers, expect) }
    })
}

pub(super) fn capped(row: &Row, limit: &str, jail: &str) -> Plan {
    const LIMITS: [&str; 4] = ["memoryuse", "maxproc", "pcpu", "cputime"];
    let (name, value) = limit.split_once('=').unwrap_or((limit, ""));
    if !LIMITS.contains(&name) || value == "off" {
        return Err("no limit");
    }
    let request = json!({"action": "capjail", "jail": jail});
    let answers = vec![
        on_the_way("df -lh", df(&[jail, OTHER])),
        on_the_way("list -lh", list(&[(jail, "up"), (OTHER, "down")])),
        on_the_way(&format!("get all {jail}"), format!("boot:0\ncputime:off\n{name}:{value}\nvnet:0\n")),
        own("set *", row),
    ];
    let done = json!({"applied": [squeezed(limit)], "success": format!("jail {jail} capped.")});
    Ok(scene(request, answers, honest(row, Expect::Answer(done))))
}
