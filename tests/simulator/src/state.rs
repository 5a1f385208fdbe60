//! What a simulated machine is: host, pools and the jails on them, and which iocage it has.
//!
//! The state file is one JSON object, meant to be written by hand. Everything has a default; a key that is not
//! known is an error, for it is a slip of the pen. All keys, each shown with its default or an example:
//!
//! ```text
//! {
//!   "version": "2016-02-10",                 // the iocage of the machine; or "1.13" or "1.10", see below
//!   "clock": "2016-02-09 23:48:15",          // pinned time; without it, the time of day in UTC
//!   "uuids": ["611c89ae-..."],               // handed out to the next jails, in order; then fresh ones are made
//!   "next_jid": 1,
//!   "host": {
//!     "release": "10.2-RELEASE",             // uname -r
//!     "hostname": "sim.example.org",
//!     "hostid": "4145fbb8-c5b6-11e5-9f2f-fcaa14deb15d",
//!     "racct": true,                         // kern.racct.enable: limits can be applied
//!     "vimage": false,                       // the kernel has VNET
//!     "old_jexec": false                     // jexec of before FreeBSD 10.3, which writes `execvp():`
//!   },
//!   "pools": [{                              // in the order in which `zpool list` shows them
//!     "name": "tank",
//!     "active": true,                        // its comment is `iocage`; default false
//!     "comment": "mirror of b",              // another comment; default none
//!     "datasets": true,                      // all made; false: none; or a list, as ["", ".defaults", "jails"]
//!                                            // where "" is POOL/iocage itself; default: the value of "active"
//!     "available": "83.4G",
//!     "releases": ["10.2-RELEASE"],
//!     "snapshots": ["tank/iocage/jails/UUID@x"],   // over and above those that jails come from
//!     "made": {"tank/iocage/jails/UUID@x": 1455137613},   // when, in seconds since 1970; default 2016-02-09
//!     "defaults": {
//!       "uuid": "b67065a9-...", "tag": "2016-02-09@23:47:04",
//!       "properties": {"vnet": "on", "available": "426G"}
//!     },
//!     "jails": [{
//!       "uuid": "9b8e1033-...",              // made by `init` where absent, as is the tag
//!       "tag": "test",
//!       "type": "basejail",                  // or emptyjail, clonejail, template
//!       "jid": 1,                            // up, with this jail id; absent: down
//!       "properties": {"boot": "on", "used": "1.69M", "compressratio": "2.30x",
//!                      "origin": "tank/iocage/jails/UUID@SNAPSHOT"},   // what differs from iocage's own defaults
//!       "rc_exit": 0,                        // what /etc/rc in it exits with
//!       "shutdown_exit": 0,                  // the same of /etc/rc.shutdown
//!       "rc_stderr": "",                     // what /etc/rc says on stderr: the shell iocage writes it to a log, the
//!                                            // Python one shows it where the exit status is not 0
//!       "shutdown_stderr": "",               // the same of /etc/rc.shutdown
//!       "hostname": "",                      // what its root has called it since it was started
//!       "files": {"/etc/motd": "hello\n"},   // laid over the files that every simulated jail has
//!       "lacks": ["/bin/sh"],                // programs that are not in it
//!       "half_made": false,                  // only its dataset exists: what a killed create leaves behind
//!       "hollow": false                      // its root dataset is gone
//!     }]
//!   }],
//!   "mounted": false,                        // see below
//!   "mirror": {"10.1-RELEASE": 3000},        // what `fetch` finds, and how many milliseconds it takes; default nothing
//!   "patches": {"10.1-RELEASE": 3},          // what `update` finds, 0: nobody answers; default nothing to be done
//!   "foreign": [{"jid": 77, "name": "77", "path": "/usr/jails/www", "ip4": "10.9.9.9", "hostname": "www.example.org"}]
//! }
//! ```
//!
//! Values of ZFS (`used`, `available`, `compressratio`, `quota`, `origin`) are properties like all others.
//!
//! A machine of the Python iocage, 1.13, has no UUIDs and tags beside names, and a few things that can go wrong with a
//! jail. What differs, or is there in addition:
//!
//! ```text
//! {
//!   "version": "1.13",                       // or "1.10", which destroys `foo-bar` along with `foo`
//!   "uuids": [...],                          // for jails that are made without a name
//!   "host": {
//!     "rulesets": [1003],                    // of devfs, taken by others
//!     "dhcp": true,                          // who asks for a lease gets 192.0.2.(100 + JID); false: nobody does
//!   },
//!   "pools": [{
//!     "deactivated": true,                   // it was active once, and says so; default false
//!     "datasets": true,                      // a list is of "", "download", "images", "jails", "log", "releases",
//!                                            // "templates", and "defaults.json", the file
//!     "releases": ["14.3-RELEASE-p5"],       // the dataset's name is without the patch level
//!     "rc_conf": true,                       // iocage has made its rc.conf; default: whether there are jails
//!     "images": {"web_2026-11-27.zip": "..."}, // what is in the folder of that name
//!     "defaults": {"corrupt": true, "properties": {...}},
//!     "jails": [{
//!       "name": "test",                      // made by `init` where absent; `uuid` and `tag` are not known
//!       "type": "jail",                      // or template, pluginv2; basejail and emptyjail are jails with
//!                                            // basejail=1 and with the release EMPTY
//!       "release": "14.3-RELEASE-p5",        // default: the first of the pool
//!       "template": "base",                  // the template it was made from
//!       "origin": "tank/iocage/jails/a/root@test",   // default: what `template` or `release` says; "-" for thick jails
//!       "ruleset": 1000,                     // of devfs, where it is up; default: the lowest that is free
//!       "corrupt": true,                     // config.json is cut off; or "missing", or "empty" (`{}`)
//!       "mounted": false,                    // its dataset is not mounted; default true
//!       "raw": {"priority": 7, "notes": null},   // what is in its config.json and no string, or none that it should be
//!       "hollow": false                      // its root is gone: what `clean -fr` leaves
//!     }]
//!   }]
//! }
//! ```
//!
//! `properties` of such a jail are what is in its config.json, and `used`, `available`, `compressratio` and `mountpoint`;
//! `host_hostuuid` among them makes it a clone that was killed half-way: it has its source's configuration.
//!
//! What the Python iocage keeps in files lies in real ones, below the folder `mnt` beside the state file, and the
//! mountpoints name them (`files`). With `"mounted": false`, which is the default with the shell iocage, which has none,
//! there are no files, and everything is mounted at `/iocage`, where nothing is.

pub(crate) mod complete;
mod fields;
mod json;
mod machine;
pub(crate) mod python;
mod version;

pub(crate) use machine::{BEFORE, COMMENT, Damage, Defaults, Foreign, Jail, Pool, Properties, State};
pub(crate) use version::{PYTHON_DATASETS, Release, Version};
