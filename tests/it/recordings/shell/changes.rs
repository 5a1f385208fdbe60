//! The recorded commands of the shell iocage that change something, as requests.

use serde_json::json;

use super::super::row::Row;
use super::super::scene::{Expect, Plan, Scene};
use super::super::text::{joined, output, said_lines, status};
use super::jails::{Jail, NEW, answers, honest, jails, releases, scene, warned, with_jail};
use crate::support::stand::{Answers, said};

pub(super) fn cleaned(row: &Row, options: &[&str]) -> Plan {
    let action = match options {
        ["-fa" | "-a"] => "cleanall",
        ["-fj" | "-j" | "-jf"] | ["-f", "-j"] => "cleanjails",
        ["-fr" | "-r"] => "cleanreleases",
        ["-ft" | "-t"] => "cleantemplates",
        _ => return Err("another sort, or none"),
    };
    let datasets = |all: &str| said(format!("tank\t-\n{all}"));
    let answers = vec![
        ("clean *".to_owned(), vec![row.said.clone()]),
        ("activate".to_owned(), vec![said("pool: tank\n")]),
        // Those that run are asked about by a test of their own.
        ("jls -n jid name".to_owned(), vec![said("")]),
        ("zfs list*".to_owned(), vec![datasets("tank/iocage\t-\n"), datasets("")]),
    ];
    if row.said.exit == 0 && row.said.stdout.is_empty() {
        // What 1.7.6 does on every `clean -f`: nothing.
        return Ok(scene(json!({"action": action}), answers, Expect::Told("not-done")));
    }
    let warnings = if row.said.exit == 0 { warned(row) } else { Vec::new() };
    Ok(Scene { warnings, ..scene(json!({"action": action}), answers, honest(row, Expect::Done)) })
}

pub(super) fn turned(row: &Row, verb: &str, end: &str, jail: &str) -> Plan {
    let request = json!({"action": format!("{verb}jail"), "jail": jail});
    with_jail(row, jail, request, |request, jails, found| {
        let idle = format!("is already {end}");
        let is_idle = format!("{}{}", row.said.stdout, row.said.stderr).contains(&idle);
        let (expect, mut warnings) = if is_idle {
            let line = format!(" {} ({}) {idle}", found.uuid, found.tag);
            (Expect::Answer(json!({jail: {"INFO": line}})), Vec::new())
        } else {
            (honest(row, Expect::Answer(json!({jail: status(&row.said.stdout)}))), warned(row))
        };
        let failed = said_lines(&row.said.stdout).into_iter().filter(|line| line.ends_with("FAILED"));
        let before = warnings.len();
        warnings.extend(failed);
        if warnings.len() > before {
            warnings.push("all the same".to_owned());
        }
        let mut after = jails.clone();
        let is_there = is_idle || (row.said.exit == 0 && !row.said.stdout.contains("! Start"));
        for jail in after.iter_mut().filter(|jail| is_there && jail.uuid == found.uuid) {
            end.clone_into(&mut jail.state);
        }
        let mut answers = answers(&jails, &after, &format!("{verb} *"), row);
        answers.retain(|(command, _)| command != "list");
        Scene { warnings, ..scene(request, answers, expect) }
    })
}

pub(super) fn capped(row: &Row, jail: &str) -> Plan {
    let request = json!({"action": "capjail", "jail": jail});
    with_jail(row, jail, request, |request, jails, found| {
        let done = Expect::Answer(json!({"success": format!("jail {jail} capped.")}));
        let is_up = found.state == "up";
        let expect = if is_up { honest(row, done) } else { Expect::Refused("jail-not-running") };
        scene(request, answers(&jails, &jails, "cap *", row), expect)
    })
}

/// What a create or clone is answered with, and the jails that are there after it.
/// 1.7.6 tells no UUID: then the class compares the jails before and after.
fn made(row: &Row, jails: &[Jail], tag: Option<&str>) -> (Expect, Vec<String>, Vec<Jail>) {
    let lines = said_lines(&row.said.stdout);
    let told: Vec<_> = lines.iter().filter(|line| line.starts_with("Successfully created: ")).collect();
    let mut after = jails.to_vec();
    // Each line that tells of a jail begins with its UUID, or names it so.
    let uuid = |line: &str| line.split(' ').next().filter(|word| word.len() == 36).map(str::to_owned);
    let said = |line: &String| {
        let named = ["Successfully created: ", "** host_hostname="];
        uuid(named.iter().find_map(|start| line.strip_prefix(start)).unwrap_or(line))
    };
    let mut uuids: Vec<_> = lines.iter().filter_map(said).collect();
    if uuids.is_empty() {
        uuids.push(NEW.to_owned());
    }
    let tag = tag.unwrap_or("2026-11-23@13:30:52");
    let line = format!("Successfully created: {} ({tag})", uuids[0]);
    for uuid in uuids {
        let [tag, kind, state] = [tag, "jail", "down"].map(str::to_owned);
        after.push(Jail { uuid, tag, kind, state });
    }
    let mut warnings = warned(row);
    if row.argv.iter().any(|word| word == "-e") {
        let uuid = lines.iter().find(|line| line.len() == 36);
        return (Expect::Success(json!({"uuid": uuid})), warnings, after);
    }
    if told.is_empty() {
        return (Expect::Success(status(&line)), warnings, after);
    }
    if told.len() > 1 {
        warnings.extend(told.into_iter().cloned());
    }
    (Expect::Success(status(&row.said.stdout)), warnings, after)
}

fn tag_of<'w>(words: &[&'w str]) -> Option<&'w str> {
    words.iter().find_map(|word| word.strip_prefix("tag="))
}

pub(super) fn cloned(row: &Row, jail: &str, props: &[&str]) -> Plan {
    let request = json!({"action": "clonejail", "jail": jail, "props": joined(props)});
    with_jail(row, jail, request, |request, jails, _| {
        let (expect, warnings, after) = made(row, &jails, tag_of(props));
        let after = if row.said.exit == 0 { after } else { jails.clone() };
        let mut answers = answers(&jails, &after, "clone *", row);
        // The source is looked up first, then the tags.
        for (key, texts) in &mut answers {
            if key == "df" || key == "list -t" {
                texts.insert(0, texts[0].clone());
            }
        }
        Scene { warnings, ..scene(request, answers, honest(row, expect)) }
    })
}

pub(super) fn created(row: &Row, words: &[&str]) -> Plan {
    let (switches, props): (Vec<&str>, Vec<&str>) =
        words.iter().copied().partition(|word| word.starts_with('-'));
    let jails = jails(&row.precondition);
    let request = json!({"action": "createjail", "props": joined(&props), "switches": switches.join(" ")});
    let (expect, warnings, after) = made(row, &jails, tag_of(&props));
    let after = if row.said.exit == 0 { after } else { jails.clone() };
    let is_taken = jails.iter().any(|jail| Some(jail.tag.as_str()) == tag_of(&props));
    let release = props.iter().find_map(|word| word.strip_prefix("release="));
    let fetched = releases(&row.precondition).stdout;
    let is_fetched = |release: &str| fetched.lines().any(|line| line.trim() == release);
    let expect = match release.filter(|_| !switches.contains(&"-e")) {
        Some(release) if !is_fetched(release) => Expect::Refused("unknown-release"),
        _ if is_taken => Expect::Refused("tag-in-use"),
        _ => honest(row, expect),
    };
    let answers = answers(&jails, &after, "create*", row);
    Ok(Scene { warnings, ..scene(request, answers, expect) })
}

pub(super) fn destroyed(row: &Row, jail: &str) -> Plan {
    let request = json!({"action": "destroyjail", "jail": jail});
    with_jail(row, jail, request, |request, jails, found| {
        // 1.7.6 says that it destroys a jail that has clones, and does not.
        let has_clones = row.said.stderr.contains("has dependent clones");
        let is_told = row.said.stdout.contains("Destroying: ") && !has_clones;
        let after: Vec<_> =
            jails.iter().filter(|jail| !is_told || jail.uuid != found.uuid).cloned().collect();
        let answered = row.said.stdout.rsplit_once("y[N]:").map_or(&*row.said.stdout, |(_, after)| after);
        let answers = answers(&jails, &after, "destroy *", row);
        let warnings = warned(row);
        let done = Expect::Success(status(answered));
        let expect = if has_clones { Expect::Told("has-dependents") } else { honest(row, done) };
        Scene { warnings, ..scene(request, answers, expect) }
    })
}

pub(super) fn executed(row: &Row, user: &str, jail: &str, command: &[&str]) -> Plan {
    if command.is_empty() {
        return Err("no command");
    }
    let request = json!({"action": "execjail", "jail": jail, "user": user, "command": joined(command)});
    with_jail(row, jail, request, |request, jails, _| {
        let expect =
            if row.said.exit == 0 { Expect::Success(output(&row.said.stdout)) } else { Expect::Fails };
        let answers: Answers = answers(&jails, &jails, "exec *", row);
        scene(request, answers, expect)
    })
}
