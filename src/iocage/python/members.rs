//! What the members of an image are called, and what an import makes of each.
//!
//! An export writes each dataset to a file of its own, `NAME_DATE` or `NAME_DATE_CHILD`, `/` turned to `_`, and one
//! whose last part is the jail's name to `NAME_DATE` once more. A member of the archive is the whole path of such a
//! file, without the first `/`. An import knows nothing else: it cuts off what ends in the first `DATE_`, of what is
//! left what ends in the first `NAME_`, and takes the rest for a dataset, `_` turned to `/`, or for the jail's own
//! where it is the date (ioc_image.py, 1.2 to 1.13 alike). So where the path of the folder, a child or the name holds one
//! of these at another place, it lands elsewhere, and iocage says that it has come. What an export makes is imported here
//! in thought, therefore, and so is an archive that tells its members.

use std::collections::BTreeSet;

/// Of which jail and day an image is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<'a> {
    /// The jail's name.
    pub(super) name: &'a str,
    /// `2026-11-27`
    pub(super) date: &'a str,
}

impl Of<'_> {
    /// What an export calls the file of a dataset: of the jail's own where `child` is empty.
    pub(super) fn file(&self, child: &str) -> String {
        let Of { name, date } = self;
        match child.rsplit('/').next() {
            Some("") => format!("{name}_{date}"),
            Some(last) if last == *name => format!("{name}_{date}"),
            _ => format!("{name}_{date}_{}", child.replace('/', "_")),
        }
    }

    /// What an import makes of a member, below `jails`.
    fn lands(&self, member: &str) -> String {
        let Of { name, date } = self;
        let behind = |text: &str, mark: &str| {
            text.split_once(&format!("{mark}_")).map_or_else(|| text.to_owned(), |(_, rest)| rest.to_owned())
        };
        let rest = behind(&behind(member, date), name);
        if rest == *date {
            return (*name).to_owned();
        }
        format!("{name}/{}", rest.replace('_', "/")).trim_end_matches('/').to_owned()
    }

    /// The dataset below the jail's that would land elsewhere, and where, if one would: both without `jails/`.
    /// `folder` is where the files are.
    pub(super) fn astray(&self, folder: &str, below: &[String]) -> Option<(String, String)> {
        let own = [String::new()];
        own.iter().chain(below).find_map(|child| {
            let dataset =
                if child.is_empty() { self.name.to_owned() } else { format!("{}/{child}", self.name) };
            let landed = self.lands(&format!("{}/{}", folder.trim_start_matches('/'), self.file(child)));
            (landed != dataset).then_some((dataset, landed))
        })
    }

    /// The member that would not become what its name says, and what it would, if there is one. The first is the
    /// jail's own, and all begin as it does.
    pub(super) fn misled<'m>(&self, members: &'m [String]) -> Option<(&'m str, String)> {
        let first = members.first()?;
        let mut landed = BTreeSet::new();
        members.iter().find_map(|member| {
            let lands = self.lands(member);
            let rest = member.strip_prefix(&**first).map(|rest| rest.replace('_', "/"));
            let is_it = rest.is_some_and(|rest| lands == format!("{}{rest}", self.name));
            let is_new = landed.insert(lands.clone());
            (!is_it || !is_new).then_some((&**member, lands))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "2026-11-27";
    const FOLDER: &str = "/tank/iocage/images";

    fn of(name: &str) -> Of<'_> {
        Of { name, date: DATE }
    }

    /// As `import_jail` of 1.2 and of 1.13 was run on these names.
    #[test]
    fn a_member_lands_where_iocage_has_it_land() {
        for (name, member, lands) in [
            ("web", "tank/iocage/images/web_2026-11-27", "web"),
            ("web", "tank/iocage/images/web_2026-11-27_root_data", "web/root/data"),
            ("db", "tank/iocage/images/db_2026-11-27_root_db_log", "db/log"),
            ("t", "tank/iocage/images/t_2026-11-27_root_data", "t/data"),
            ("t", "tank/iocage/images/t_2026-11-27_2026-11-27", "t"),
            ("web", "web_pool/iocage/images/web_2026-11-27", "web/pool/iocage/images/web/2026-11-27"),
            ("b", "tank/iocage/images/web_2026-11-27_root", "b/root"),
            ("b", "tank/iocage/images/web_2026-11-27", "b"),
            ("x", "tank/iocage/images/web_2026-11-27_", "x"),
        ] {
            assert_eq!(of(name).lands(member), lands, "{name} {member}");
        }
    }

    #[test]
    fn what_would_not_be_the_same_again_is_told() {
        let astray = |name: &str, folder: &str, below: &[&str]| {
            let below: Vec<_> = below.iter().map(|child| (*child).to_owned()).collect();
            of(name).astray(folder, &below)
        };
        for (name, below) in [
            ("web", &["root", "root/data", "root/2026-11-27x"][..]),
            ("my_web", &["root"]),
            ("web-1.a", &["root"]),
        ] {
            assert_eq!(astray(name, FOLDER, below), None, "{name} {below:?}");
        }
        for (name, folder, below, dataset) in [
            ("web", FOLDER, &["root", "root/a_b"][..], "web/root/a_b"),
            ("web", FOLDER, &["root", "root/web"], "web/root/web"),
            ("db", FOLDER, &["root", "root/db/log"], "db/root/db/log"),
            ("t", FOLDER, &["root", "root/data"], "t/root/data"),
            ("t", FOLDER, &["2026-11-27", "root"], "t/2026-11-27"),
            ("t", FOLDER, &["root", "root/2026-11-27/x"], "t/root/2026-11-27/x"),
            ("web-2026-11-27", FOLDER, &["root"], "web-2026-11-27/root"),
            ("web_2026-11-27", FOLDER, &["root"], "web_2026-11-27/root"),
            ("web", "/web_pool/iocage/images", &["root"], "web"),
            ("web", "/tank/2026-11-27_old/iocage/images", &["root"], "web/root"),
        ] {
            let found = astray(name, folder, below).map(|(dataset, _)| dataset);
            assert_eq!(found.as_deref(), Some(dataset), "{name} {folder}");
        }
    }

    #[test]
    fn members_are_held_to_the_first() {
        let misled = |name: &str, members: &[&str]| {
            let members: Vec<_> = members.iter().map(|rest| format!("mnt/images/{rest}")).collect();
            of(name).misled(&members).map(|(member, lands)| (member.to_owned(), lands))
        };
        assert_eq!(misled("web", &["web_2026-11-27", "web_2026-11-27_root", "web_2026-11-27_root_x"]), None);
        assert_eq!(misled("web", &[]), None);
        for (name, members) in [
            ("db", &["db_2026-11-27", "db_2026-11-27_root", "db_2026-11-27_root_db_log"][..]),
            ("t", &["t_2026-11-27", "t_2026-11-27_2026-11-27"]),
            ("web", &["web_2026-11-27", "web_2026-11-27"]),
            ("web", &["web_2026-11-27", "other_2026-11-27_root"]),
        ] {
            let last = members.last().map(|rest| format!("mnt/images/{rest}"));
            let found = misled(name, members).map(|(member, _)| member);
            // Of two that are called alike both are one name; the second is refused.
            assert_eq!(found, last, "{name}");
        }
    }
}
