//! The jails that run, as `jls` tells them: in JSON (`jls --libxo json -v`), and where it is too
//! old for that in quoted parameters (`jls -q -n`). In neither a jail's name can make another
//! jail: what separates jails and parameters is quoted in it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::untold::Untold;
use crate::iocage::output::Output;

const JAILS: &str = "jls printed what is not understood";

/// A jail that runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prison {
    /// Its number.
    pub jid: u32,
    /// What the kernel calls it.
    pub name: String,
    /// Its root, as the host sees it.
    pub path: String,
    /// What it calls itself.
    pub hostname: String,
    /// Its addresses of version 4, with commas between.
    pub ip4: String,
}

/// One as `jls --libxo json -v` tells of it.
#[derive(Deserialize)]
struct Jail {
    jid: Value,
    name: String,
    path: String,
    hostname: String,
    state: Option<String>,
    ipv4_addrs: Vec<Value>,
}

/// A jail that runs and what it has of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// What the kernel calls it.
    pub name: String,
    /// Its root, as the host sees it.
    pub path: String,
    /// The parameter, if it has it.
    pub value: Option<String>,
}

impl Holder {
    /// Of all parameters of all jails in JSON.
    pub(super) fn all(text: &str, parameter: &str) -> Result<Vec<Holder>, Untold> {
        let holder = |jail: &Value| {
            let text = |key: &str| jail.get(key)?.as_str().map(str::to_owned);
            let value = jail.get(parameter);
            let value = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            Some(Holder { name: text("name")?, path: text("path")?, value })
        };
        let told = |jail: &Value| holder(jail).map_or_else(|| Untold::about(JAILS, jail.to_string()), Ok);
        jails_of(text)?.iter().map(told).collect()
    }
}

/// The jails that run, in the order of jls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Running(pub Vec<Prison>);

impl Running {
    /// Them by their names, which are each one's alone.
    #[must_use]
    pub fn by_name(&self) -> BTreeMap<&str, &Prison> {
        let mut prisons = BTreeMap::new();
        prisons.extend(self.0.iter().map(|prison| (&*prison.name, prison)));
        prisons
    }

    /// The jail with exactly this name, if it runs.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Prison> {
        self.0.iter().find(|prison| prison.name == name)
    }
}

/// Does jls not know JSON? It then takes the words for options that it has not.
pub(super) fn has_no_json(output: &Output) -> bool {
    !output.succeeded() && output.stdout.is_empty() && output.stderr.starts_with("jls: illegal option -- -")
}

/// An answer in JSON, with as much of each jail as is wanted.
#[derive(Deserialize)]
struct Told<J> {
    #[serde(rename = "jail-information")]
    information: Information<J>,
}

#[derive(Deserialize)]
struct Information<J> {
    jail: Vec<J>,
}

/// The jails of an answer in JSON.
fn jails_of<J: for<'t> Deserialize<'t>>(text: &str) -> Result<Vec<J>, Untold> {
    let found = serde_json::from_str(text).or_else(|_| serde_json::from_str(&escaped(text)));
    match found {
        Ok(Told { information }) => Ok(information.jail),
        Err(why) => Untold::about(JAILS, format!("{why}: {text}")),
    }
}

/// The same with control characters as JSON has them: a jail's root may put them into its
/// host's name, and some versions of jls print them as they are.
fn escaped(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | ' '.. => json.push(c),
            control => json.push_str(&format!("\\u{:04x}", u32::from(control))),
        }
    }
    json
}

impl Running {
    /// Of an answer in JSON; one that is coming to its end runs no more.
    pub(super) fn of_json(text: &str) -> Result<Running, Untold> {
        let mut running = Vec::new();
        for Jail { jid, name, path, hostname, state, ipv4_addrs } in jails_of(text)? {
            let Some(jid) = jid_of(&jid) else { return Untold::about(JAILS, format!("jid {jid} of {name}")) };
            match state.as_deref() {
                Some("ACTIVE") | None => {}
                Some("DYING") => continue,
                Some(other) => return Untold::about(JAILS, format!("state {other} of {name}")),
            }
            let ip4: Vec<_> = ipv4_addrs.iter().filter_map(Value::as_str).collect();
            running.push(Prison { jid, name, path, hostname, ip4: ip4.join(",") });
        }
        Running(running).distinct()
    }

    /// Of lines of quoted parameters.
    pub(super) fn of_text(text: &str) -> Result<Running, Untold> {
        let mut running = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let row = || {
                let mut behind = rest;
                let mut next = |name: &str, end: char| {
                    let (value, left) = quoted(behind.strip_prefix(name)?.strip_prefix('=')?, end)?;
                    behind = left;
                    Some(value)
                };
                let jid = next("jid", ' ')?.parse().ok()?;
                let (name, ip4) = (next("name", ' ')?, next("ip4.addr", ' ')?);
                let (path, hostname) = (next("path", ' ')?, next("host.hostname", '\n')?);
                Some((Prison { jid, name, path, hostname, ip4 }, behind))
            };
            let Some((prison, behind)) = row() else { return Untold::about(JAILS, rest) };
            running.push(prison);
            rest = behind;
        }
        Running(running).distinct()
    }

    /// The kernel gives a name to one jail.
    fn distinct(self) -> Result<Running, Untold> {
        match self.by_name().len() == self.0.len() {
            true => Ok(self),
            false => Untold::about(JAILS, "two jails of one name"),
        }
    }
}

/// A number, or in some forms of jls a text that is one.
fn jid_of(jid: &Value) -> Option<u32> {
    match jid {
        Value::String(text) => text.parse().ok(),
        number => number.as_u64().and_then(|jid| jid.try_into().ok()),
    }
}

/// A value, in quotes where it has blanks or quotes, with a backslash before what would end
/// it; and what stands behind its end.
fn quoted(text: &str, end: char) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| ['"', '\''].contains(c));
    let mut value = String::new();
    let mut rest = text[quote.map_or(0, char::len_utf8)..].char_indices();
    let start = text.len() - rest.as_str().len();
    while let Some((at, c)) = rest.next() {
        match (c, quote) {
            ('\\', _) => value.push(rest.next()?.1),
            (c, Some(quote)) if c == quote => {
                return Some((value, text[start + at + 1..].strip_prefix(end)?));
            }
            (c, None) if c == end => return Some((value, &text[start + at + c.len_utf8()..])),
            (' ' | '\n' | '"' | '\'', None) => return None,
            (c, _) => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<Vec<(u32, String)>> {
        let running = Running::of_text(text).ok()?;
        Some(running.0.into_iter().map(|prison| (prison.jid, prison.name)).collect())
    }

    fn json(text: &str) -> Option<Vec<(u32, String)>> {
        let running = Running::of_json(text).ok()?;
        Some(running.0.into_iter().map(|prison| (prison.jid, prison.name)).collect())
    }

    #[test]
    fn values_are_quoted_where_they_would_be_taken_apart() {
        let row = "jid=36 name=a ip4.addr=\"\" path=\"/srv/a path\" host.hostname=x\n";
        let found = Running::of_text(row).expect("a row").0.remove(0);
        let cells = [found.name, found.ip4, found.path, found.hostname];
        assert_eq!((found.jid, cells), (36, ["a", "", "/srv/a path", "x"].map(str::to_owned)));
        let forged = "jid=1 name=\"a\njid=2 name=ioc-web ip4.addr= path=/ host.hostname=\" ip4.addr=\"\" path=/ host.hostname=b\n";
        assert_eq!(text(forged).map(|found| found.len()), Some(1));
        assert_eq!(text("").map(|found| found.len()), Some(0));
        let it_is = "jid=1 name='it\"s' ip4.addr=\"\" path=\"it's a\\\"b\" host.hostname=b\n";
        assert_eq!(text(it_is), Some(vec![(1, "it\"s".to_owned())]));
        for wrong in [
            &row[..row.len() - 1],
            &row.replace("jid=36", "jid=x"),
            &row.replace(" name=a", ""),
            &row.replace("name=a", "name=a b"),
            &row.replace("name=a", "name=a\nb"),
            &row.repeat(2),
            "jls: no such\n",
        ] {
            assert_eq!(text(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_jail_is_a_doubt() {
        let of = |jail: &str| json(&format!("{{\"jail-information\": {{\"jail\": [{jail}]}}}}"));
        let jail =
            r#"{"jid":1,"hostname":"h","path":"/p","name":"a","state":"ACTIVE","ipv4_addrs":["10.0.0.1"]}"#;
        assert_eq!(of(jail), Some(vec![(1, "a".to_owned())]));
        assert_eq!(of(&jail.replace("1,\"hostname", "\"1\",\"hostname")), Some(vec![(1, "a".to_owned())]));
        assert_eq!(of(&jail.replace("ACTIVE", "DYING")), Some(vec![]));
        assert_eq!(of(""), Some(vec![]));
        assert_eq!(of(&jail.replace("\"h\"", "\"h\t\u{1}\"")), Some(vec![(1, "a".to_owned())]));
        for wrong in [
            jail.replace("\"jid\":1,", ""),
            jail.replace("\"jid\":1", "\"jid\":-1"),
            jail.replace("ACTIVE", "ACTING"),
            jail.replace("\"a\"", "null"),
            jail.replace("ipv4_addrs", "ipv4"),
            format!("{jail},{jail}"),
        ] {
            assert_eq!(of(&wrong), None, "{wrong}");
        }
        assert_eq!((json("{}"), json(""), json("[]")), (None, None, None));
    }
}
