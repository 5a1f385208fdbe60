//! A simulated jail as it lies there: its files and users.

use std::collections::{BTreeMap, BTreeSet};

/// A jail as its processes see it.
pub(crate) struct Guest {
    pub(crate) hostname: String,
    /// What `uname -r` answers: the host's kernel.
    pub(crate) release: String,
    /// Where a command begins.
    pub(crate) folder: String,
    /// Contents by path, over and above the files that every simulated jail has.
    pub(crate) files: BTreeMap<String, String>,
    /// Programs that it has not got, by path.
    pub(crate) lacks: BTreeSet<String>,
    /// The variables that a process finds.
    pub(crate) environment: BTreeMap<String, String>,
    /// Its interfaces beside the loopback, and the address that each has, if any.
    pub(crate) interfaces: BTreeMap<String, Option<String>>,
}

/// Path, mode as `ls -l` shows it, contents.
pub(super) const FILES: [(&str, &str, &str); 5] = [
    ("/etc/hosts", "-rw-r--r--", "::1\t\t\tlocalhost\n127.0.0.1\t\tlocalhost\n"),
    ("/etc/motd", "-rw-r--r--", "FreeBSD, simulated.\n"),
    (
        "/etc/passwd",
        "-rw-r--r--",
        "root:*:0:0:Charlie &:/root:/bin/sh\n\
         nobody:*:65534:65534:Unprivileged user:/nonexistent:/usr/sbin/nologin\n\
         www:*:80:80:World Wide Web Owner:/nonexistent:/usr/sbin/nologin\n",
    ),
    ("/etc/rc", "-rwxr-xr-x", "#!/bin/sh\n# Nothing is started in a simulated jail.\nexit 0\n"),
    ("/etc/rc.conf", "-rw-r--r--", "sendmail_enable=\"NONE\"\nsyslogd_flags=\"-c -ss\"\n"),
];

/// Folders that are there even if nothing lies in them.
const FOLDERS: [&str; 14] = [
    "/",
    "/bin",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/mnt",
    "/root",
    "/sbin",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/local",
    "/var",
];

/// A line of passwd: name, password, uid, gid, gecos, home, shell.
pub(crate) struct User<'a> {
    pub(crate) name: &'a str,
    pub(crate) uid: &'a str,
    pub(crate) gid: &'a str,
    pub(crate) home: &'a str,
    pub(crate) shell: &'a str,
}

/// A user of the host, which has those that a jail has at first.
pub(crate) fn user_of_host(name: &str) -> Option<User<'static>> {
    let (.., contents) = FILES.iter().find(|(path, ..)| *path == "/etc/passwd")?;
    user(contents, name)
}

fn user<'a>(passwd: &'a str, wanted: &str) -> Option<User<'a>> {
    passwd.lines().find_map(|line| match line.split(':').collect::<Vec<_>>().as_slice() {
        [name, _, uid, gid, _, home, shell] if *name == wanted => Some(User { name, uid, gid, home, shell }),
        _ => None,
    })
}

impl Guest {
    /// Whether the jail's passwd knows `user`.
    pub(crate) fn has_user(&self, user: &str) -> bool {
        self.user(user).is_some()
    }

    /// Contents and mode of a file.
    pub(super) fn file(&self, path: &str) -> Option<(&str, &'static str)> {
        let own = FILES.iter().find(|(name, ..)| *name == path);
        let mode = own.map_or("-rw-r--r--", |(_, mode, _)| mode);
        let contents = self.files.get(path).map(String::as_str).or(own.map(|(.., contents)| *contents))?;
        Some((contents, mode))
    }

    pub(crate) fn is_folder(&self, path: &str) -> bool {
        if FOLDERS.contains(&path) {
            return true;
        }
        let inside = format!("{}/", path.trim_end_matches('/'));
        FILES
            .iter()
            .map(|(name, ..)| *name)
            .chain(self.files.keys().map(String::as_str))
            .any(|name| name.starts_with(&inside))
    }

    pub(crate) fn user(&self, name: &str) -> Option<User<'_>> {
        let (contents, _) = self.file("/etc/passwd")?;
        user(contents, name)
    }
}
