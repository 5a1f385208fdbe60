//! The classes that are the server's own, in one table: which needs a login, and what answers it. Those of the host, `rpc/modules` and
//! `rpc/dispatcher`, are asked like any other class.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sysadm_class::once;
use sysadm_host::{Access, State, Status, jobs_described, modules_described};

use super::caller::Caller;
use super::figures;
use super::lanes::Lane;
use super::link::{From, Refusal};
use super::request::{Ask, admitted};
use crate::wire::frame::{EVENTS, Login};

/// A class of the server's own.
pub(super) struct Row {
    namespace: &'static str,
    name: &'static str,
    pub(super) needs_login: bool,
    /// Is it for every account, whatever list of actions it has?
    pub(super) is_for_all: bool,
    pub(super) run: fn(Ask, Option<Caller>),
}

const fn row(name: &'static str, run: fn(Ask, Option<Caller>)) -> Row {
    Row { namespace: "rpc", name, needs_login: true, is_for_all: true, run }
}

const fn open(name: &'static str, run: fn(Ask, Option<Caller>)) -> Row {
    Row { needs_login: false, ..row(name, run) }
}

static ROWS: [Row; 12] = [
    open("identify", identify),
    open("auth", auth),
    open("auth_token", auth_token),
    open("auth_ssl", auth_ssl),
    open("auth_clear", auth_clear),
    open("health", health),
    row("query", query),
    row("whoami", whoami),
    row("describe", describe),
    Row { is_for_all: false, ..row("metrics", metrics) },
    Row { namespace: "events", ..row("subscribe", subscribe) },
    Row { namespace: "events", ..row("unsubscribe", unsubscribe) },
];

/// The one that is meant, by namespace and name without regard to case.
pub(super) fn find(namespace: &str, name: &str) -> Option<&'static Row> {
    ROWS.iter()
        .find(|row| row.namespace.eq_ignore_ascii_case(namespace) && row.name.eq_ignore_ascii_case(name))
}

fn not_logged_in(ask: &Ask) -> Refusal {
    match ask.link.from {
        From::Here(_) if ask.link.has_logged_in() => {
            let why = "who this connection was logged in as is so no more; log in again, or connect anew to be who the kernel says";
            Refusal::new(Status::Unauthorized, why)
        }
        From::Here(_) => {
            let config = ask.server.config();
            let why = format!(
                "this user is neither in the group of those with full access ({:?}) nor in that of those with limited access ({:?})",
                config.full_group, config.limited_group
            );
            Refusal::new(Status::Unauthorized, why)
        }
        From::There(..) => Refusal::new(Status::Unauthorized, "nobody has logged in"),
    }
}

/// Nobody is known who asks.
pub(super) fn nobody(ask: Ask) {
    let refusal = not_logged_in(&ask);
    ask.refuse(refusal);
}

fn identify(ask: Ask, _: Option<Caller>) {
    let hostname = ask.server.hostname.clone();
    ask.reply(Ok(json!({"hostname": hostname, "type": "server"})));
}

fn auth(ask: Ask, _: Option<Caller>) {
    log_in(ask, |words| Some(Login::Password { username: words.username?, password: words.password? }));
}

fn auth_token(ask: Ask, _: Option<Caller>) {
    log_in(ask, |words| Some(Login::Token { token: words.token? }));
}

/// The most bytes of the args of a login. They are anybody's, and a tree of them takes a hundred times as much.
const MOST_OF_LOGIN: usize = 16 << 10;

/// What a login may have, none of it twice.
#[derive(Default, Deserialize)]
struct Words {
    username: Option<String>,
    password: Option<String>,
    token: Option<String>,
}

impl Words {
    /// Nothing where they are no object: what is derived would take an array, too.
    fn read(args: &str) -> Words {
        let args = (args.len() <= MOST_OF_LOGIN).then(|| once::read(args.as_bytes()).ok()).flatten();
        args.filter(Value::is_object).and_then(|args| serde_json::from_value(args).ok()).unwrap_or_default()
    }
}

/// A session, which its connection has from now on, and others by its token.
fn log_in(ask: Ask, read: impl FnOnce(Words) -> Option<Login>) {
    let Some(login) = read(Words::read(&ask.args)) else {
        let why = "a login has `username` and `password`, or `token`, each a text, and none of them twice";
        return ask.refuse(Refusal::new(Status::BadRequest, why));
    };
    // It is free: lines are taken one after the other.
    let turn = Arc::clone(&ask.link.login).try_acquire_owned();
    ask.with_login(login, move |ask, verdict| {
        let _until_it_is_answered = turn;
        let shown = match admitted(verdict) {
            Ok(caller) => caller,
            Err(refusal) => return ask.refuse(refusal),
        };
        let Some((token, caller)) = ask.server.logins.begin(&shown) else {
            // Between the one and the other the account has gone, or has another password.
            return nobody(ask);
        };
        // The one before, if there was one, ends, as it does at sysadm's servers.
        if let Some(before) = ask.link.who() {
            ask.server.logins.end(&before);
        }
        ask.server.hub.leave(ask.link.number);
        let lasts = ask.server.logins.lasts();
        ask.server.log.line(
            sysadm_host::Level::Info,
            "login",
            &format!("{:?} has logged in, from {}", caller.name, ask.link.from),
        );
        ask.link.set_who(Some(caller));
        ask.reply(Ok(json!([token, lasts])));
    });
}

fn auth_ssl(ask: Ask, _: Option<Caller>) {
    let why = "logins by a key are not offered: they are a bare RSA operation; make a token by `sysadmctl token add`";
    ask.refuse(Refusal::new(Status::NotFound, why));
}

/// It is not answered, as at sysadm's servers.
fn auth_clear(ask: Ask, _: Option<Caller>) {
    if let Some(who) = ask.link.who() {
        ask.server.logins.end(&who);
    }
    ask.link.log_out();
    ask.server.hub.leave(ask.link.number);
}

/// That it serves, for everybody; for who has logged in the classes, too, each as it says that it is.
fn health(ask: Ask, caller: Option<Caller>) {
    let mut told = json!({"ok": !ask.server.is_ending()});
    let Some(caller) = caller else { return ask.reply(Ok(told)) };
    ask.on_for(Lane::Reads, &caller, move |ask| {
        let registry = ask.server.host.modules();
        let mut classes = Map::new();
        for (class, status, health) in registry.healths() {
            let health: Value = serde_json::from_str(&health).unwrap_or_default();
            classes.insert(class, json!({"health": health, "status": status.code()}));
        }
        for generation in
            registry.generations().iter().filter(|generation| generation.state() == State::Current)
        {
            let Some((namespace, name)) = generation.class() else { continue };
            let Some(class) = classes.get_mut(&format!("{namespace}/{name}")) else { continue };
            class["generation"] = generation.number().into();
            class["version"] = generation.version().into();
        }
        told["classes"] = classes.into();
        ask.reply(Ok(told));
    });
}

/// What there is for him, by which sysadm's clients make their menus.
fn query(ask: Ask, caller: Option<Caller>) {
    let Some(caller) = caller else { return nobody(ask) };
    let word = if caller.access() >= Access::Full { "read/write" } else { "read" };
    let classes = ask.server.host.modules().classes();
    let loaded = classes.iter().map(|((namespace, name), ..)| (namespace.as_str(), name.as_str()));
    let all = [("rpc", "dispatcher"), ("rpc", "modules")].into_iter().chain(loaded);
    let is_his = |(namespace, name): &(&str, &str)| caller.rights.names(namespace, name);
    let told: Map<_, _> =
        all.filter(is_his).map(|(namespace, name)| (format!("{namespace}/{name}"), word.into())).collect();
    ask.reply(Ok(told.into()));
}

fn whoami(ask: Ask, caller: Option<Caller>) {
    let Some(caller) = caller else { return nobody(ask) };
    // The account's, whatever this one request asks with.
    let mut told = json!({"access": caller.rights.access.word(), "name": caller.name});
    if let Some(actions) = &caller.rights.actions {
        told["actions"] = actions.texts().collect();
    }
    ask.reply(Ok(told));
}

/// It asks modules what they are, which runs no programs, but is not done where connections are served either.
fn describe(ask: Ask, caller: Option<Caller>) {
    let Some(caller) = caller else { return nobody(ask) };
    ask.on_for(Lane::Own, &caller, |ask| {
        let mut classes = ask.server.host.modules().descriptions();
        classes.extend([jobs_described(), described_here(modules_described())]);
        ask.reply(Ok(json!({ "classes": classes })));
    });
}

/// `rpc/modules` as it is here: see `modules`.
fn described_here(mut described: Value) -> Value {
    let keys = described["actions"].as_array_mut().into_iter().flatten();
    for key in keys.flat_map(|action| action["keys"].as_array_mut().into_iter().flatten()) {
        if key["key"] == "path" {
            key["key"] = "file".into();
            key["summary"] = "the name of a module in a folder of the server's".into();
        }
    }
    described
}

fn metrics(ask: Ask, caller: Option<Caller>) {
    let Some(caller) = caller else { return nobody(ask) };
    ask.on_for(Lane::Own, &caller, |ask| {
        let text = figures::text(&ask.server);
        ask.reply(Ok(json!({ "text": text })));
    });
}

fn subscribe(ask: Ask, caller: Option<Caller>) {
    let Some(caller) = caller else { return nobody(ask) };
    let names = names(&ask.args);
    let names = names.iter().map(String::as_str);
    let classes = ask.server.host.modules().classes();
    let classes: Vec<_> = classes.into_iter().map(|(class, ..)| class).collect();
    let last = ask.server.hub.subscribe(ask.link.number, &caller, &ask.link.outbox, names, &classes);
    if ask.link.is_gone() {
        // It was looked at who he is for so long that he has left; nobody else would take him off the list.
        ask.server.hub.leave(ask.link.number);
    }
    let is_state = last.as_deref() == Some("system-state");
    let (link, server) = (std::sync::Arc::clone(&ask.link), std::sync::Arc::clone(&ask.server));
    ask.reply(last.map(|last| json!({ "subscribe": last })).ok_or_else(none_known));
    if is_state {
        // At once, as sysadm's servers tell the last that is known.
        let args = system_state(&server.hostname);
        link.outbox.event("system-state", &args, &crate::wire::frame::event("system-state", &args, 0).into());
    }
}

fn unsubscribe(ask: Ask, _: Option<Caller>) {
    let names = names(&ask.args);
    let last = ask.server.hub.unsubscribe(ask.link.number, names.iter().map(String::as_str));
    ask.reply(last.map(|last| json!({ "unsubscribe": last })).ok_or_else(none_known));
}

fn none_known() -> Refusal {
    let names = EVENTS.join(", ");
    let why =
        format!("one subscribes to {names} or the name of a loaded class: a text, or an array of texts");
    Refusal::new(Status::BadRequest, why)
}

/// What this server is like: it serves, else nobody would be told.
pub(super) fn system_state(hostname: &str) -> String {
    json!({"hostname": hostname, "priority": "0 - Information"}).to_string()
}

fn names(args: &str) -> Vec<String> {
    match serde_json::from_str(args) {
        Ok(Value::String(name)) => vec![name],
        Ok(Value::Array(names)) => {
            names.into_iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::caller::Proof;
    use super::super::link::Link;
    use super::super::server::stand::Stand;
    use super::*;
    use crate::accounts::Rights;

    #[test]
    fn a_login_that_says_two_things_says_nothing() {
        assert_eq!(Words::read(r#" {"token":"a","more":1}"#).token.as_deref(), Some("a"));
        let long = format!(r#"{{"token":"a","more":"{}"}}"#, "x".repeat(MOST_OF_LOGIN));
        for args in [
            r#"{"token":"a","token":"b"}"#,
            r#"{"token":"a","more":[{"x":1,"x":2}]}"#,
            r#"{"token":1}"#,
            r#"["a","b","c"]"#,
            "",
            &long,
        ] {
            assert_eq!(Words::read(args).token, None, "{args}");
        }
    }

    #[tokio::test]
    async fn one_caller_has_so_many_whatever_they_are_for() {
        let Stand(server, _) = &Stand::new("per-caller");
        let rights = Rights::all(Access::Full);
        let caller = Caller { name: "alice".to_owned(), rights, proof: Proof::Kernel, is_lowered: false };
        let link = Arc::new(Link::new(1, From::Here(0), None, 64, &server.purse));
        let places: Vec<_> = std::iter::from_fn(|| server.place_of("alice")).collect();
        for name in ["describe", "metrics", "health"] {
            let ask = Ask {
                server: Arc::clone(server),
                link: Arc::clone(&link),
                namespace: "rpc".to_owned(),
                name: name.to_owned(),
                args: "{}".to_owned(),
                id: "1".to_owned(),
                place: None,
            };
            let row = find("rpc", name).expect("it is there");
            (row.run)(ask, Some(caller.clone()));
            let line = link.outbox.next().await.expect("an answer");
            let told: Value = serde_json::from_slice(&line.bytes).expect("JSON");
            assert_eq!(told["args"]["code"], "429", "{name}: {told}");
        }
        drop(places);
        assert!(server.place_of("alice").is_some());
    }
}
