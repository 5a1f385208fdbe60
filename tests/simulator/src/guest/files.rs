//! A simulated jail as it lies there: its files and users.

use std::collections::BTreeMap;

/// A jail as its processes see it.
pub(crate) struct Guest {
    pub(crate) hostname: String,
    /// What `uname -r` answers: the host's kernel.
    pub(crate) release: String,
    /// Contents by path, over and above the files that every simulated jail has.
    pub(crate) files: BTreeMap<String, String>,
    /// The variables that a process finds.
    pub(crate) environment: BTreeMap<String, String>,
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

impl Guest {
    /// Whether the jail's passwd knows `user`.
    pub(crate) fn has_user(&self, user: &str) -> bool {
        self.passwd(user).is_some()
    }

    /// Contents and mode of a file.
    pub(super) fn file(&self, path: &str) -> Option<(&str, &'static str)> {
        let own = FILES.iter().find(|(name, ..)| *name == path);
        let mode = own.map_or("-rw-r--r--", |(_, mode, _)| mode);
        let contents = self.files.get(path).map(String::as_str).or(own.map(|(.., contents)| *contents))?;
        Some((contents, mode))
    }

    /// Whether something lies below `path`.
    pub(super) fn is_folder(&self, path: &str) -> bool {
        let inside = format!("{}/", path.trim_end_matches('/'));
        FILES
            .iter()
            .map(|(name, ..)| *name)
            .chain(self.files.keys().map(String::as_str))
            .any(|name| name.starts_with(&inside))
    }

    /// The fields of a user's line: name, password, uid, gid, gecos, home, shell.
    pub(super) fn passwd(&self, user: &str) -> Option<Vec<&str>> {
        let (contents, _) = self.file("/etc/passwd")?;
        contents
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|line| line[0] == user && line.len() == 7)
    }
}
