//! The recorded commands of the Python iocage as requests, and what they mean.

mod changes;
mod scenes;

use serde_json::{Map, Value, json};

use super::row::Row;
use super::scene::{Expect, Plan, Scene};
use super::text::cells;

use crate::support::stand::{failed, said};
use changes::{capped, cleaned, cloned, created, destroyed, executed, turned};
use scenes::{OTHER, by_itself, df, honest, list, named, on_the_way, own, scene, warned};

pub fn plan(row: &Row, rows: &[Row]) -> Plan {
    let words = row.words();
    if row.id.starts_with("color-env") {
        return Err("the class clears the environment, and with it the colours");
    }
    match words[..] {
        ["list", ref options @ ..] => listed(row, options, rows),
        ["df", ..] => Ok(Scene {
            problems: problems(row),
            warnings: by_itself(row),
            ..scene(
                json!({"action": "df"}),
                // zfs, which is asked where it fails, knows nothing here.
                vec![
                    on_the_way("get -p", "pyt\n"),
                    ("zfs list*".to_owned(), vec![failed("")]),
                    own("df -lh", row),
                ],
                honest(row, usage(row)),
            )
        }),
        ["get", ref arguments @ ..] => got(row, arguments),
        ["activate", pool, ..] => Ok(scene(
            json!({"action": "activatepool", "pool": pool}),
            vec![own("activate *", row)],
            honest(row, Expect::Done),
        )),
        ["clean", ref options @ ..] => cleaned(row, options),
        ["clone", ref arguments @ ..] => cloned(row, arguments),
        ["create", ref arguments @ ..] => created(row, arguments),
        ["destroy", ref arguments @ ..] => destroyed(row, arguments),
        ["exec", ref arguments @ ..] => executed(row, arguments),
        [verb @ ("start" | "stop"), jail] => turned(row, verb, jail),
        ["set", limit, jail] => capped(row, limit, jail),
        ["start" | "stop", ..] => Err("several jails, or none, or a switch"),
        ["set", ..] => Err("no limit"),
        _ => Err("no action"),
    }
}

fn problems(row: &Row) -> Vec<String> {
    if row.said.exit == 0 { warned(row) } else { Vec::new() }
}

fn listed(row: &Row, options: &[&str], rows: &[Row]) -> Plan {
    let has = |letter: char| options.iter().any(|word| word.starts_with('-') && word.contains(letter));
    if let ["-r" | "-rh"] = options {
        return releases(row);
    }
    if row.said.exit == 0 && (!has('l') || has('P')) {
        return Err("another form of list");
    }
    // Where it fails of an exception, the jails are asked for one by one.
    let names = (row.said.exit != 0).then(|| own("df -lh", row));
    let mut answers: Vec<_> = names.into_iter().chain([own("list -lh", row)]).collect();
    let mut shown = row;
    if row.said.stderr.contains("TypeError") {
        let same = |other: &&Row| other.argv == ["list", "-l"] && other.precondition == row.precondition;
        shown = rows.iter().find(same).ok_or("its neighbour was not recorded")?;
        answers.push(own("list -l", shown));
    }
    let mut jails = Map::new();
    let mut problems = problems(shown);
    for cells in cells(&shown.said.stdout, 10) {
        let [jid, name, boot, state, kind, _, ip4, ..] = &cells[..] else { unreachable!("ten cells") };
        let jid = if jid == "None" { "-" } else { jid };
        jails.insert(
            name.clone(),
            json!({"boot": boot, "ip4": ip4, "jid": jid, "state": state, "tag": name, "type": kind}),
        );
        if state == "CORRUPT" && !problems.iter().any(|told| told.starts_with(name.as_str())) {
            problems.push(format!("{name} is CORRUPT"));
        }
    }
    let expect = honest(shown, Expect::Answer(Value::Object(jails)));
    let warnings = by_itself(shown);
    Ok(Scene { problems, warnings, ..scene(json!({"action": "listjails"}), answers, expect) })
}

/// The releases are looked at on the way to a create.
fn releases(row: &Row) -> Plan {
    let request = json!({"action": "createjail", "props": "tag=new release=14.3-RELEASE"});
    let is_there = row.said.stdout.contains("14.3-RELEASE");
    let answers = vec![
        own("list -rh", row),
        on_the_way("df -lh", df(&[OTHER])),
        on_the_way("create *", "new successfully created!\n"),
    ];
    let expect = if is_there {
        Expect::Success(json!({"Successfully created": " new (new)"}))
    } else {
        Expect::Refused("unknown-release")
    };
    Ok(scene(request, answers, expect))
}

fn usage(row: &Row) -> Expect {
    let mut jails = Map::new();
    for cells in cells(&row.said.stdout, 6) {
        let [name, crt, res, qta, used, ava] = &cells[..] else { unreachable!("six cells") };
        jails.insert(
            name.clone(),
            json!({"ava": ava, "crt": crt, "qta": qta, "res": res, "tag": name, "use": used}),
        );
    }
    Expect::Answer(Value::Object(jails))
}

/// What it prints by itself before the data.
fn without_notices(text: &str) -> &str {
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\n')
        && ["Setting up zpool", "If you wish to change", "Creating pyt", "Default configuration missing"]
            .iter()
            .any(|start| line.starts_with(start))
    {
        rest = after;
    }
    rest
}

/// `name:value` lines.
fn properties(text: &str) -> Value {
    let entries = without_notices(text).lines().map(|line| line.split_once(':').expect("a property a line"));
    entries.map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>().into()
}

fn got(row: &Row, arguments: &[&str]) -> Plan {
    let words: Vec<_> = arguments.iter().copied().filter(|&word| word != "-h").collect();
    match words[..] {
        ["-p"] => {
            let pool = format!(" {}", without_notices(&row.said.stdout).trim());
            let expect = honest(row, Expect::Answer(json!({"currently active": {"pool": pool}})));
            let scene = scene(json!({"action": "activatepool"}), vec![own("get -p", row)], expect);
            Ok(Scene { warnings: by_itself(row), ..scene })
        }
        ["-r" | "-rh", "all"] => Err("every property of every jail"),
        ["-r" | "-rh", prop] => got_of_each(row, prop),
        ["all" | "-a", "default"] => {
            let request = json!({"action": "getdefaultsettings"});
            let expect = honest(row, Expect::Answer(json!({"defaults": properties(&row.said.stdout)})));
            let problems = problems(row);
            Ok(Scene { problems, ..scene(request, vec![own("get all default", row)], expect) })
        }
        ["all" | "-a", jail] => {
            let request = json!({"action": "getjailsettings", "jail": jail, "prop": "all"});
            named(jail, request, |request| {
                let expect = honest(row, Expect::Answer(json!({jail: properties(&row.said.stdout)})));
                let answers = vec![on_the_way("df -lh", df(&[jail, OTHER])), own("get all *", row)];
                Scene { problems: problems(row), ..scene(request, answers, expect) }
            })
        }
        [option, ..] if option.starts_with('-') => Err("another question"),
        [prop, jail, ..] => {
            let request = json!({"action": "getjailsettings", "jail": jail, "prop": prop});
            named(jail, request, |request| {
                let value = without_notices(&row.said.stdout);
                let value = value.strip_suffix('\n').unwrap_or(value);
                let expect = honest(row, Expect::Answer(json!({jail: {prop: value}})));
                scene(request, vec![on_the_way("df -lh", df(&[jail, OTHER])), own("get *", row)], expect)
            })
        }
        _ => Err("no jail"),
    }
}

fn got_of_each(row: &Row, prop: &str) -> Plan {
    let request = json!({"action": "getjailsettings", "prop": prop, "switches": "-r"});
    let command = format!("get -rh {prop}");
    let each = |name: &str, value: &str| (name.to_owned(), json!({"TAG": name, prop: value}));
    if row.said.exit == 0 {
        let mut found: Vec<(String, String)> = Vec::new();
        let is_box = row.said.stdout.starts_with('+');
        for line in if is_box { Vec::new() } else { row.said.stdout.lines().collect() } {
            match (line.split_once('\t'), found.last_mut()) {
                (Some((name, value)), _) => found.push((name.to_owned(), value.to_owned())),
                (None, Some((_, value))) => *value += &format!("\n{line}"),
                (None, None) => unreachable!("a value before the first jail"),
            }
        }
        let of_box = cells(&row.said.stdout, 2).into_iter().filter(|_| is_box);
        found.extend(of_box.map(|cells| (cells[0].clone(), cells[1].clone())));
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        let rows = found.iter().map(|(name, value)| each(name, value)).collect::<Map<_, _>>();
        let answers = vec![on_the_way("df -lh", df(&names)), own(&command, row)];
        return Ok(Scene { problems: problems(row), ..scene(request, answers, Expect::Answer(rows.into())) });
    }
    // One jail is broken, and everything about all of them fails; or there is no
    // such property at all.
    let is_bogus = ["nosuch", "tag"].contains(&prop);
    let broken = failed(row.said.stderr.clone());
    let answers = vec![
        ("df -lh".to_owned(), vec![if is_bogus { said(df(&["sound", "broken"])) } else { broken.clone() }]),
        on_the_way("list -lh", list(&[("sound", "down"), ("broken", "CORRUPT")])),
        on_the_way("list -tlh", ""),
        (format!("get {prop} sound"), vec![if is_bogus { broken.clone() } else { said("0\n") }]),
        (format!("get {prop} broken"), vec![broken]),
        own(&command, row),
    ];
    if is_bogus {
        return Ok(scene(request, answers, Expect::Fails));
    }
    let rows = [each("sound", "0")].into_iter().collect::<Map<_, _>>();
    Ok(Scene {
        problems: vec!["broken: ".to_owned()],
        ..scene(request, answers, Expect::Answer(rows.into()))
    })
}
