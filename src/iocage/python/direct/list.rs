//! `list -lh` and `list -tlh`: all jails, or all templates.
//!
//! A jail is called here what its configuration calls it, so that one whose making was
//! broken off is called what its source is. One that cannot be read is CORRUPT, and so a
//! word stands in most of its columns. Its address is what was configured, and of a
//! running jail that is given one by a server what a program in it prints (`lease`).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::iocage::direct::Prison;
use crate::iocage::python::running::known_as;
use crate::iocage::sets::order_of;

use super::active::{Entry, Need};
use super::config::{is_true, shown};
use super::end::{End, Found};
use super::jails::{Full, Jails, Loaded};
use super::lease;
use super::order::Key;
use super::page::Page;

const MISSING: &str = "a property that iocage lists is missing, or of another kind";

/// The jail's own root, and what that was made of.
pub(super) const NEED: Need = Need { columns: &["origin"], below: 1 };

/// JID NAME BOOT STATE TYPE RELEASE IP4 IP6 TEMPLATE BASEJAIL.
type Row = [String; 10];

impl Jails<'_> {
    /// The table of the jails, or of the `templates`.
    pub(super) fn list(&self, sort: &'static str, page: &mut Page) -> Found<()> {
        let running = self.running()?;
        let running = running.by_name();
        let origins: BTreeMap<_, _> = self
            .active
            .below(sort, "root")
            .map(|(jail, root)| (jail, root.own(0)))
            .filter(|(_, origin)| *origin != "-")
            .collect();
        let mut rows = Vec::new();
        for entry in self.active.entries(sort)? {
            let template = origins.get(entry.name).map_or("-", |origin| template_of(origin));
            let row = match self.load(entry)? {
                Loaded::Config(config) => {
                    let full = self.full(config, entry, false)?;
                    self.row(entry, &full, &running, template, page)?
                }
                Loaded::Bad(line) => {
                    page.complain(line.as_deref());
                    self.corrupt(entry.name, template)?
                }
            };
            rows.push((Key::of(&row[1])?, row));
        }
        let order = order_of(rows.len(), &|one, other| rows[one].0.cmp(&rows[other].0));
        order.into_iter().try_for_each(|at| page.row(&rows[at].1))
    }

    fn row(
        &self,
        entry: Entry<'_>,
        full: &Full<'_>,
        running: &BTreeMap<&str, &Prison>,
        template: &str,
        page: &mut Page,
    ) -> Found<Row> {
        let present = |name: &str| match full.get(name)? {
            Some(value) => Ok(value),
            None => End::doubt(MISSING, entry.name),
        };
        let text = |name: &str| match present(name)? {
            Value::String(text) => Ok(text),
            _ => End::doubt(MISSING, entry.name),
        };
        let is_on = |name: &str| Ok::<_, End>(full.get(name)?.is_some_and(|value| is_true(&value)));
        if full.get("host_hostuuid")?.is_none() {
            return End::thrown(entry.name);
        }
        let name = text("host_hostuuid")?;
        let kernel = known_as(&name);
        let prison = running.get(&*kernel);
        let configured = dash(text("ip4_addr")?);
        let ip4 = match (is_true(&present("dhcp")?), prison) {
            (false, _) => configured,
            (true, None) => "DHCP (not running)".to_owned(),
            (true, Some(prison)) => {
                let root = format!("{}/{}/{}/root", self.active.root, entry.sort, entry.name);
                lease::of(self.machine, prison, &root, &text("interfaces")?, page)?
            }
        };
        let kind = shown(&present("type")?)?;
        Ok([
            prison.map_or_else(|| "None".to_owned(), |prison| prison.jid.to_string()),
            name,
            if is_on("boot")? { "on" } else { "off" }.to_owned(),
            if prison.is_some() { "up" } else { "down" }.to_owned(),
            kind.clone(),
            released(&text("release")?),
            ip4,
            dash(shown(&present("ip6_addr")?)?),
            if kind == "template" { "-" } else { template }.to_owned(),
            if is_on("basejail")? { "yes" } else { "no" }.to_owned(),
        ])
    }

    /// The row of one that iocage cannot read.
    fn corrupt(&self, jail: &str, template: &str) -> Found<Row> {
        // Each column that is a property has its word from the defaults.
        for name in ["ip4_addr", "ip6_addr", "type", "dhcp"] {
            if self.defaults.get(name)?.is_none() {
                return End::doubt(MISSING, name);
            }
        }
        Ok(["None", jail, "off", "CORRUPT", "N/A", "N/A", "N/A", "N/A", template, "no"].map(str::to_owned))
    }
}

fn dash(address: String) -> String {
    if address == "none" { "-".to_owned() } else { address }
}

/// What a jail was made of, in one word; nothing where that is a release.
fn template_of(origin: &str) -> &str {
    let above = origin.rsplit_once("/root@").map_or(origin, |(above, _)| above);
    let name = above.rsplit('/').next().unwrap_or(above);
    let lower = name.to_ascii_lowercase();
    if ["release", "stable"].iter().any(|word| lower.contains(word)) { "-" } else { name }
}

/// A release as it is listed: that of HardenedBSD with letters taken out.
fn released(release: &str) -> String {
    if !release.contains("HBSD") {
        return release.to_owned();
    }
    let letters: Vec<char> = release.chars().collect();
    let (mut found, mut at) = (String::new(), 0);
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    while at < letters.len() {
        match &letters[at..] {
            // Each that is no letter, with a letter and anything behind it, is a dash.
            [first, second, third, ..] if !is_word(first) && is_word(second) && *third != '\n' => {
                found.push('-');
                at += 3;
            }
            [first, ..] => {
                found.push(*first);
                at += 1;
            }
            [] => break,
        }
    }
    found.replace("--SD", "-STABLE-HBSD")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_jail_was_made_of() {
        for (origin, name) in [
            ("t/iocage/templates/base/root@web", "base"),
            ("t/iocage/jails/src/root@a@b", "src"),
            ("t/iocage/releases/14.3-RELEASE/root@web", "-"),
            ("t/iocage/templates/MyStable/root@web", "-"),
            ("t/other@snap", "other@snap"),
        ] {
            assert_eq!(template_of(origin), name, "{origin}");
        }
    }

    #[test]
    fn a_hardened_release_is_mangled() {
        assert_eq!(released("14-STABLE-HBSD"), "14-ABLE-SD");
        assert_eq!(released("HBSD"), "HBSD");
        assert_eq!(released("14.3-RELEASE-p5"), "14.3-RELEASE-p5");
    }
}
