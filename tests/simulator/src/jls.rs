//! jls(8) of FreeBSD 13 to 15: the running jails as a table, as chosen parameters, and as JSON.
//!
//! Written after usr.sbin/jls/jls.c and libxo: what is said before a failure stays said, so an unknown jail leaves the
//! header on stdout, and in JSON an empty list.

use crate::getopt::{With, getopt};
use crate::kernel;
use crate::prison::{Prison, find};
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::State;

mod json;
mod parameters;
mod text;

use parameters::{PARAMETERS, value};

const USAGE: &str = "usage: jls [-dhNnqv] [-j jail] [param ...]";

/// How the answer is written.
#[derive(Default)]
struct Form {
    is_json: bool,
    jail: Option<String>,
    has_header: bool,
    by_name: bool,
    has_names: bool,
    is_quoted: bool,
    is_verbose: bool,
    parameters: Vec<String>,
}

pub(super) fn run(session: &mut Session, words: &[String]) -> Outcome {
    let form = parse(session, words)?;
    let state = session.store.read().map_err(Stop::Broken)?;
    for name in &form.parameters {
        if !PARAMETERS.contains(&name.as_str()) {
            return Err(die(session, &format!("unknown parameter: {name}")));
        }
    }
    let prisons = kernel::prisons(&state);
    let (prisons, failure) = match &form.jail {
        None => (prisons, None),
        Some(word) => match find(prisons, word) {
            Ok(prison) => (vec![prison], None),
            Err(message) => (Vec::new(), Some(message)),
        },
    };
    let text = print(&form, &state, &prisons);
    session.output.out(&text);
    match failure {
        None => Ok(0),
        Some(message) => Err(die(session, &message)),
    }
}

fn die(session: &mut Session, message: &str) -> Stop {
    session.output.err(&format!("jls: {message}\n"));
    Stop::Exit(1)
}

fn parse(session: &mut Session, words: &[String]) -> Result<Form, Stop> {
    let mut form = Form::default();
    // libxo takes its own words out first, wherever they are.
    let mut own = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let style = match word.strip_prefix("--libxo") {
            None => {
                own.push(word.as_str());
                continue;
            }
            Some("") => match rest.next() {
                Some(style) => style,
                None => return Err(die(session, "missing libxo option")),
            },
            Some(attached) => attached.trim_start_matches(['=', ':']),
        };
        match style {
            "json" | "J" => form.is_json = true,
            "text" | "T" => form.is_json = false,
            other => return Err(not_simulated(&format!("jls --libxo {other}"))),
        }
    }
    let names = getopt(&own, "j", |letter, with| {
        match (letter, with) {
            // There is no dying jail here.
            ('a' | 'd', _) => {}
            ('h', _) => (form.has_header, form.is_verbose) = (true, false),
            ('N', _) => form.by_name = true,
            ('n', _) => (form.has_names, form.is_verbose) = (true, false),
            ('q', _) => form.is_quoted = true,
            ('v', _) => (form.is_verbose, form.has_header, form.has_names) = (true, false, false),
            ('s', _) => return Err(not_simulated("jls -s")),
            ('j', With::Value(jail)) => form.jail = Some(jail.to_owned()),
            ('j', _) => {
                session.output.err("jls: option requires an argument -- j\n");
                return Err(die(session, USAGE));
            }
            (other, _) => {
                session.output.err(&format!("jls: illegal option -- {other}\n"));
                return Err(die(session, USAGE));
            }
        }
        Ok(())
    })?;
    for &name in names {
        // A parameter that is asked for twice is printed once.
        if name == "all" {
            form.parameters.extend(PARAMETERS.map(str::to_owned));
        } else if !form.parameters.iter().any(|known| known == name) {
            form.parameters.push(name.to_owned());
        }
    }
    if form.parameters.is_empty() && (form.has_header || form.has_names) {
        form.parameters = PARAMETERS.map(str::to_owned).into();
    }
    Ok(form)
}

fn print(form: &Form, state: &State, prisons: &[Prison]) -> String {
    let rows = prisons.iter();
    if !form.parameters.is_empty() {
        let names = form.parameters.iter().map(String::as_str);
        let rows: Vec<Vec<(&str, parameters::Value)>> = rows
            .map(|prison| names.clone().map(|name| (name, value(state, prison, name))).collect())
            .collect();
        return if form.is_json {
            json::chosen(&rows, form.has_names)
        } else {
            let header = form.has_header.then(|| form.parameters.join(" "));
            text::chosen(header, &rows, form.has_names, form.is_quoted)
        };
    }
    match (form.is_json, form.is_verbose) {
        (false, false) => text::table(prisons, form.by_name),
        (false, true) => text::verbose(prisons),
        (true, false) => json::table(prisons, form.by_name),
        (true, true) => json::verbose(prisons),
    }
}
