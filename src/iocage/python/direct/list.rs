//! `list -lh` and `list -tlh`: all jails, or all templates.
//!
//! A jail is called here what its configuration calls it, so that one whose making was
//! broken off is called what its source is. One that cannot be read is CORRUPT, and so a
//! word stands in most of its columns. Its address is what was configured, and of a
//! running jail that is given one by a server what a program in it prints (`lease`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::iocage::direct::Prison;
use crate::iocage::python::running::known_as;

use super::active::{Entry, Need};
use super::datum::Datum;
use super::end::{End, Found};
use super::jails::{Full, Jails, Loaded};
use super::lease;
use super::order::Key;
use super::page::{By, Page, Table};

const MISSING: &str = "a property that iocage lists is missing, or of another kind";

/// The jail's own root, and what that was made of.
pub(super) const NEED: Need = Need { columns: &["origin"], below: 1 };

impl Jails<'_> {
    /// The table of the jails, or of the `templates`: JID NAME BOOT STATE TYPE RELEASE IP4
    /// IP6 TEMPLATE BASEJAIL.
    pub(super) fn list(&self, sort: &'static str, page: &mut Page) -> Found<()> {
        let running = self.running()?;
        let running = running.by_name();
        let (mut table, mut content) = (page.table(), Vec::new());
        for entry in self.active.entries(sort)? {
            let root = self.active.root_of(entry);
            let template =
                root.map(|root| root.own(0)).filter(|origin| *origin != "-").map_or("-", template_of);
            match self.load(entry, &mut content)? {
                Loaded::Config(config) => {
                    let full = self.full(config, entry, false)?;
                    self.row(entry, &full, &running, template, page, &mut table)?;
                }
                Loaded::Bad(line) => {
                    page.complain(line.as_deref());
                    self.corrupt(entry.name, template, &mut table)?;
                }
            }
        }
        page.print_table(table, By::Key)
    }

    fn row(
        &self,
        entry: Entry<'_>,
        full: &Full<'_>,
        running: &BTreeMap<&str, &Prison>,
        template: &str,
        page: &mut Page,
        table: &mut Table,
    ) -> Found<()> {
        let present = |name: &str| match full.get(name)? {
            Some(value) => Ok(value),
            None => End::doubt(MISSING, entry.name),
        };
        let text = |name: &str| match present(name)? {
            Datum::Text(text) => Ok(text),
            Datum::Other(_) => End::doubt(MISSING, entry.name),
        };
        let is_on = |name: &str| Ok::<_, End>(full.get(name)?.is_some_and(|value| value.is_true()));
        if full.get("host_hostuuid")?.is_none() {
            return End::thrown(entry.name);
        }
        let name = text("host_hostuuid")?;
        let kernel = known_as(&name);
        let prison = running.get(&*kernel);
        let configured = text("ip4_addr")?;
        let ip4 = match (present("dhcp")?.is_true(), prison) {
            (false, _) => dash(configured),
            (true, None) => "DHCP (not running)".into(),
            (true, Some(prison)) => {
                let root = format!("{}/{}/{}/root", self.active.root, entry.sort, entry.name);
                lease::of(self.machine, prison, &root, &text("interfaces")?, page)?.into()
            }
        };
        let kind = present("type")?.shown()?;
        let jid = prison.map_or("None".into(), |prison| Cow::Owned(prison.jid.to_string()));
        let boot = if is_on("boot")? { "on" } else { "off" };
        let state = if prison.is_some() { "up" } else { "down" };
        let release = released(text("release")?);
        let ip6 = dash(present("ip6_addr")?.shown()?);
        let template = if kind == "template" { "-" } else { template };
        let is_base = if is_on("basejail")? { "yes" } else { "no" };
        Key::of(&name)?;
        table.row(&[&*jid], &name, &[boot, state, &*kind, &*release, &*ip4, &*ip6, template, is_base]);
        Ok(())
    }

    /// The row of one that iocage cannot read.
    fn corrupt(&self, jail: &str, template: &str, table: &mut Table) -> Found<()> {
        // Each column that is a property has its word from the defaults.
        for name in ["ip4_addr", "ip6_addr", "type", "dhcp"] {
            if self.defaults.get(name)?.is_none() {
                return End::doubt(MISSING, name);
            }
        }
        Key::of(jail)?;
        table.row(&["None"], jail, &["off", "CORRUPT", "N/A", "N/A", "N/A", "N/A", template, "no"]);
        Ok(())
    }
}

fn dash(address: Cow<'_, str>) -> Cow<'_, str> {
    if address == "none" { "-".into() } else { address }
}

/// What a jail was made of, in one word; nothing where that is a release.
fn template_of(origin: &str) -> &str {
    let above = origin.rsplit_once("/root@").map_or(origin, |(above, _)| above);
    let name = above.rsplit('/').next().unwrap_or(above);
    let lower = name.to_ascii_lowercase();
    if ["release", "stable"].iter().any(|word| lower.contains(word)) { "-" } else { name }
}

/// A release as it is listed: that of HardenedBSD with letters taken out.
fn released(release: Cow<'_, str>) -> Cow<'_, str> {
    if !release.contains("HBSD") {
        return release;
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
    found.replace("--SD", "-STABLE-HBSD").into()
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
        assert_eq!(released("14-STABLE-HBSD".into()), "14-ABLE-SD");
        assert_eq!(released("HBSD".into()), "HBSD");
        assert_eq!(released("14.3-RELEASE-p5".into()), "14.3-RELEASE-p5");
    }
}
