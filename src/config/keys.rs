//! The keys of the configuration, each with its default as it would be written and a line on what it means:
//! what a module tells of its configuration is this table, and no key that is not in it is taken.

/// Every key with its default, as JSON, and what it means.
pub const KEYS: [(&str, &str, &str); 23] = [
    (
        "allow_props",
        "[]",
        "properties that may be set although a kind in `deny_props` holds them: names and kinds, as there",
    ),
    ("allow_unsafe_program", "false", "run a program as root that others can replace"),
    (
        "at_once",
        r#"{"read":4,"change":8,"long":2,"exec":16}"#,
        "requests of each kind that have programs running at once, 1 to 1024; `long` are cleanings, \
         downloads, updates and images; the others wait their turn, and lookups that are equal wait for one answer",
    ),
    ("at_once_wait_s", "60", "seconds that a request waits its turn, if its own time limit is not shorter"),
    (
        "deny_actions",
        "[]",
        "actions that nobody may ask for; with `startjail` also the properties of the kind `starts`",
    ),
    (
        "deny_props",
        "[]",
        "properties that nobody may set: names, and the kinds `host`, `network`, `limits`, `starts`, `jail` and `all`",
    ),
    (
        "dialect",
        r#""auto""#,
        "the generation of iocage, `shell` or `python`, where it is not to be found out",
    ),
    (
        "direct",
        r#""auto""#,
        "`auto`: what is looked up is asked of `zfs`, `zpool` and `jls`, in milliseconds, and of iocage where these leave a doubt, \
         and a command in a jail is run by `jexec` with the jail's number; `only`: the same, and where iocage would be asked it is \
         an error; `off`: all through iocage, also `iocage exec`, where the jail's root can forge what came of it",
    ),
    ("grace_s", "5", "seconds that a process group has between TERM and KILL, 1 to 60"),
    (
        "images",
        "false",
        "`exportjail` packs a jail into a file in iocage's own folder of images, and `importjail` takes one from there",
    ),
    (
        "iocage",
        r#""/usr/local/bin/iocage""#,
        "absolute path of the program; without it also `/usr/local/sbin/iocage`, if that alone is there",
    ),
    ("jexec", r#""/usr/sbin/jexec""#, "absolute path; runs commands in jails, where `direct` is not `off`"),
    ("jls", r#""/usr/sbin/jls""#, "absolute path; tells which jails run"),
    (
        "lock_dir",
        r#""/var/run/sysadm-iocage""#,
        "folder of the locks; made (0700) if its parent is there; must belong to the user who runs the host, \
         and others must not be able to write to it or to replace it",
    ),
    ("lock_wait_s", "10", "seconds that a change waits for others"),
    (
        "max_answer",
        "67108864",
        "bytes of an answer, as it is written, 1 MiB to 1 GiB; and so much that with it a request takes no more \
         than four times the memory of what was read, and 3 MiB; what there is no room for is left out, \
         counted in `left_out` and told in `problems`",
    ),
    ("max_output", "16777216", "bytes kept of each output stream; of what is longer, also the last 64 KiB"),
    (
        "mount_sources",
        "[]",
        "folders of the host, as absolute paths, of which `addmount` may mount something into jails; without any it mounts nothing",
    ),
    ("ps", r#""/bin/ps""#, "absolute path; tells what the processes of jails take"),
    ("setfib", r#""/usr/sbin/setfib""#, "absolute path; runs `jexec` for a jail whose `exec_fib` is not 0"),
    (
        "timeouts_s",
        r#"{"read":120,"start":300,"create":900,"clean":3600,"exec":600,"fetch":3600}"#,
        "seconds that a program may run, by kind of action; then its process group gets TERM",
    ),
    (
        "zfs",
        r#""/sbin/zfs""#,
        "absolute path; tells of jails and what hangs on what, and does what iocage has no command for",
    ),
    ("zpool", r#""/sbin/zpool""#, "absolute path; tells which pool is iocage's"),
];
