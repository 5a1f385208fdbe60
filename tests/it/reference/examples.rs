//! The requests that the reference shows, one or more for each action, and those that fail. What they are played on is in
//! `played`, what a shape is in `shape`.

/// A request that the reference shows with what came of it.
pub struct Example {
    /// Its args.
    pub args: &'static str,
    /// The form of what stands under the action's name in the answer: `<...>` is
    /// any text, a key that is `<...>` any number of keys, `?` at the end of a key
    /// one that need not be there.
    pub shape: &'static str,
    /// Are there jails on the machine?
    pub jails: bool,
}

const fn example(args: &'static str, shape: &'static str) -> Example {
    Example { args, shape, jails: true }
}

/// An example that works only where there are no jails.
const fn without_jails(args: &'static str, shape: &'static str) -> Example {
    Example { args, shape, jails: false }
}

const ROWS: &str = r#"{"<uuid>":{"boot":"<on|off>","ip4":"<address>","jid":"<jid>","state":"<up|down>","tag":"<tag>","type":"<type>"}}"#;
const MORE: &str = r#"{"<uuid>":{"basejail":"<yes|no>","boot":"<on|off>","ip4":"<address>","ip6":"<address>","jid":"<jid>","path":"<folder>","pool":"<pool>","release":"<release>","state":"<up|down>","tag":"<tag>","template":"<template>","type":"<type>"}}"#;
const USAGE: &str = r#"{"<uuid>":{"ava":"<size>","crt":"<ratio>","qta":"<size>","res":"<size>","tag":"<tag>","use":"<size>"}}"#;

const MOUNTS: &str = r#"{"<target>":{"dump":"<number>","inside":"<path>","options":"<options>","pass":"<number>","source":"<source>","type":"<type>"}}"#;
const STATS: &str = r#"{"<uuid>":{"cpu":"<percent>","cputime":"<seconds>","memory":"<bytes>","processes":"<number>","tag":"<tag>","use":"<size>"}}"#;
const STATUS: &str = r#"{"activated":"<true|false>","pool?":"<pool>","pools":{"<pool>":{"active":"<yes|no>","free":"<bytes>","health":"<health>","size":"<bytes>"}},"problem?":"<sentence>","ready":"<boolean>"}"#;
const FETCHED: &str = r#"{"fetched":"<now|before>","release":"<release>","success":"<sentence>"}"#;
const RELEASES: &str = r#"{"<release>":{"fetched":"<yes|in part|no>","used":"<bytes>"}}"#;

/// Each example works on both machines; what the Python iocage alone can do, on that of it.
pub const EXAMPLES: [Example; 47] = [
    example(r#"{"action":"activatepool","pool":"tank"}"#, r#"{"success":"pool <pool> activated."}"#),
    example(r#"{"action":"activatepool"}"#, r#"{"currently active":{"pool":" <pool>"}}"#),
    example(r#"{"action":"activatestatus"}"#, STATUS),
    example(
        r#"{"action":"addmount","jail":"web","source":"/usr/share","target":"/mnt"}"#,
        r#"{"jail":"<jail>","options":"<options>","source":"<folder>","target":"<folder>","type":"nullfs"}"#,
    ),
    example(
        r#"{"action":"capjail","jail":"db"}"#,
        r#"{"applied?":["<limit>"],"success":"jail <jail> capped."}"#,
    ),
    without_jails(r#"{"action":"cleanall"}"#, r#"{"success":"All iocage datasets have been cleaned."}"#),
    without_jails(r#"{"action":"cleanjails"}"#, r#"{"success":"All jails have been cleaned."}"#),
    example(
        r#"{"action":"cleanjails","force":true}"#,
        r#"{"destroyed":["<dataset>"],"success":"All jails have been cleaned."}"#,
    ),
    without_jails(r#"{"action":"cleanreleases"}"#, r#"{"success":"All RELEASEs have been cleaned."}"#),
    without_jails(r#"{"action":"cleantemplates"}"#, r#"{"success":"All templates have been cleaned."}"#),
    example(
        r#"{"action":"clonejail","jail":"web","props":"tag=web2"}"#,
        r#"{"jail":"<jail>","props":"<props>","success":{"Successfully created":" <uuid> (<tag>)"}}"#,
    ),
    example(
        r#"{"action":"createjail","props":"tag=mail release=10.2-RELEASE"}"#,
        r#"{"props":"<props>","success":{"Successfully created":" <uuid> (<tag>)"},"switches":""}"#,
    ),
    example(
        r#"{"action":"createjail","props":"tag=bare","switches":"-e"}"#,
        r#"{"props":"<props>","success":{"uuid":"<uuid>"},"switches":"<switches>"}"#,
    ),
    example(r#"{"action":"deactivatepool","pool":"tank"}"#, r#"{"success":"pool <pool> deactivated."}"#),
    example(
        r#"{"action":"destroyjail","jail":"web"}"#,
        r#"{"success":{"<line up to its colon>":"<rest of the line>"}}"#,
    ),
    example(r#"{"action":"df"}"#, USAGE),
    example(
        r#"{"action":"execjail","command":"echo 'a b'","jail":"db","user":"root"}"#,
        r#"{"success":{"<line up to its colon>":"<rest of the line>"}}"#,
    ),
    example(
        r#"{"action":"exportjail","jail":"web"}"#,
        r#"{"bytes":"<bytes>","image":"<image>","jail":"<jail>","path":"<path>","sha256?":"<digest>"}"#,
    ),
    example(r#"{"action":"fetchreleases","release":"10.3-RELEASE"}"#, FETCHED),
    example(r#"{"action":"fetchreleases","release":"10.2-RELEASE"}"#, FETCHED),
    example(r#"{"action":"getdefaultsettings"}"#, r#"{"defaults":{"<property>":"<value>"}}"#),
    example(r#"{"action":"getjailsettings","jail":"db"}"#, r#"{"<jail>":{"<property>":"<value>"}}"#),
    example(
        r#"{"action":"getjailsettings","jail":"db","prop":"boot"}"#,
        r#"{"<jail>":{"<property>":"<value>"}}"#,
    ),
    example(
        r#"{"action":"getjailsettings","prop":"boot","switches":"-r"}"#,
        r#"{"<uuid>":{"TAG":"<tag>","<property>":"<value>"}}"#,
    ),
    example(
        r#"{"action":"importjail","image":"shop_2016-02-09.zip"}"#,
        r#"{"image":"<image>","jail":"<jail>"}"#,
    ),
    example(r#"{"action":"jailstats"}"#, STATS),
    example(r#"{"action":"listjails"}"#, ROWS),
    example(r#"{"action":"listjails","detail":true}"#, ROWS),
    example(r#"{"action":"listjails","more":true}"#, MORE),
    example(r#"{"action":"listmounts","jail":"db"}"#, MOUNTS),
    example(r#"{"action":"listreleases"}"#, RELEASES),
    // The machines of the tests keep no logs.
    example(r#"{"action":"jaillog","jail":"db","lines":20}"#, r#"{"files":{},"jail":"<jail>"}"#),
    example(r#"{"action":"listtemplates"}"#, ROWS),
    example(
        r#"{"action":"settemplate","jail":"base","template":true}"#,
        r#"{"jail":"<jail>","new":"<template|jail>","old":"<template|jail>"}"#,
    ),
    example(r#"{"action":"renamejail","jail":"web","name":"shop"}"#, r#"{"jail":"<jail>","name":"<name>"}"#),
    example(
        r#"{"action":"restartjail","jail":"db"}"#,
        r#"{"<jail>":{"<line up to its colon>":"<rest of the line>"}}"#,
    ),
    example(
        r#"{"action":"restartjail","jail":"web"}"#,
        r#"{"<jail>":{"<line up to its colon>":"<rest of the line>"}}"#,
    ),
    example(
        r#"{"action":"setproperty","jail":"db","props":"notes='the shop' vnet=on"}"#,
        r#"{"jail":"<jail>","properties":{"<property>":{"new":"<value>","old":"<value>"}},"restart":["<property>"]}"#,
    ),
    example(
        r#"{"action":"setproperty","defaults":true,"props":"boot=on"}"#,
        r#"{"defaults":true,"properties":{"<property>":{"new":"<value>","old":"<value>"}},"restart":[]}"#,
    ),
    example(
        r#"{"action":"listsnapshots","jail":"base"}"#,
        r#"{"<snapshot>":{"clones":"<dataset,...>","created":"<time>","datasets":"<all, or dataset,...>","refer":"<bytes>","used":"<bytes>"}}"#,
    ),
    example(
        r#"{"action":"removemount","jail":"web","source":"/usr/share","target":"/data"}"#,
        r#"{"jail":"<jail>","options":"<options>","source":"<source>","target":"<path>","type":"<type>"}"#,
    ),
    example(
        r#"{"action":"removesnapshot","jail":"base","snapshot":"after-update"}"#,
        r#"{"jail":"<jail>","snapshot":"<snapshot>"}"#,
    ),
    example(
        r#"{"action":"rollbackjail","destroys":["after-update"],"jail":"base","snapshot":"before-update"}"#,
        r#"{"destroyed":["<dataset@snapshot>"],"jail":"<jail>","snapshot":"<snapshot>"}"#,
    ),
    example(
        r#"{"action":"snapshotjail","jail":"web","snapshot":"before-upgrade"}"#,
        r#"{"jail":"<jail>","snapshot":"<snapshot>"}"#,
    ),
    example(
        r#"{"action":"startjail","jail":"web"}"#,
        r#"{"<jail>":{"<line up to its colon>":"<rest of the line>"}}"#,
    ),
    example(
        r#"{"action":"stopjail","jail":"db"}"#,
        r#"{"<jail>":{"<line up to its colon>":"<rest of the line>"}}"#,
    ),
    example(
        r#"{"action":"updatejail","jail":"web","trust":true}"#,
        r#"{"jail":"<jail>","release":{"new":"<release>","old":"<release>"},"snapshot":"<snapshot>","state":"<up|down>"}"#,
    ),
];

/// Requests that fail, for what each says.
pub const MISUSES: [&str; 71] = [
    r#"{"action":"activatepool","pool":"nopool"}"#,
    r#"{"action":"addmount","jail":"db","source":"/usr/share","target":"/mnt"}"#,
    r#"{"action":"addmount","jail":"web","source":"/etc","target":"/mnt"}"#,
    r#"{"action":"addmount","jail":"web","source":"/usr/share","target":"/mnt/../.."}"#,
    r#"{"action":"addmount","jail":"web","source":"/usr/share","target":"/data"}"#,
    r#"{"action":"addmount","jail":"web","source":"/usr/share","target":"/none"}"#,
    r#"{"action":"addmount","jail":"web","options":"rw,suid","source":"/usr/share","target":"/mnt"}"#,
    r#"{"action":"capjail","jail":"web"}"#,
    r#"{"action":"cleanall"}"#,
    r#"{"action":"cleanjails"}"#,
    r#"{"action":"cleanreleases"}"#,
    r#"{"action":"cleantemplates"}"#,
    r#"{"action":"clonejail","jail":"web","props":"tag=db"}"#,
    r#"{"action":"clonejail","jail":"web","props":"colour=red"}"#,
    r#"{"action":"clonejail","jail":"web","props":"notes=$(reboot)"}"#,
    r#"{"action":"clonejail","jail":"web","props":"notes='open"}"#,
    r#"{"action":"createjail","props":"tag=db release=10.2-RELEASE"}"#,
    r#"{"action":"createjail","props":"tag=new release=9.9-RELEASE"}"#,
    r#"{"action":"createjail","props":"tag=new colour=red release=10.2-RELEASE"}"#,
    r#"{"action":"createjail","props":"tag=new","switches":"-x"}"#,
    r#"{"action":"createjail","props":"nameonly"}"#,
    r#"{"action":"deactivatepool","pool":"nopool"}"#,
    r#"{"action":"destroyjail","jail":"db"}"#,
    r#"{"action":"destroyjail","jail":"base"}"#,
    r#"{"action":"execjail","command":"ls","jail":"web","user":"root"}"#,
    r#"{"action":"execjail","command":"ls","jail":"db","user":"nobodyhere"}"#,
    r#"{"action":"execjail","command":"nosuchprogram","jail":"db","user":"root"}"#,
    r#"{"action":"execjail","command":"false","jail":"db","user":"root"}"#,
    r#"{"action":"exportjail","jail":"db"}"#,
    r#"{"action":"exportjail","jail":"packed"}"#,
    r#"{"action":"exportjail","jail":"ended"}"#,
    r#"{"action":"fetchreleases","release":"9.9-RELEASE"}"#,
    r#"{"action":"fetchreleases","release":"10.2-RELEASE-p3"}"#,
    r#"{"action":"getjailsettings"}"#,
    r#"{"action":"getjailsettings","switches":"-r"}"#,
    r#"{"action":"getjailsettings","jail":"db","switches":"-r"}"#,
    r#"{"action":"getjailsettings","jail":"db","prop":"colour"}"#,
    r#"{"action":"getjailsettings","prop":"all","switches":"-r"}"#,
    r#"{"action":"importjail","image":"shop_2016-02-10.zip"}"#,
    r#"{"action":"importjail","image":"db_2016-02-09.zip"}"#,
    r#"{"action":"importjail","image":"../shop_2016-02-09.zip"}"#,
    r#"{"action":"importjail","image":"shopALL_2016-02-09.zip"}"#,
    r#"{"action":"jaillog","jail":"db","lines":0}"#,
    r#"{"action":"listjails","detail":"yes"}"#,
    r#"{"action":"listmounts","jail":"d"}"#,
    r#"{"action":"listreleases","remote":true}"#,
    r#"{"action":"renamejail","jail":"web","name":"db"}"#,
    r#"{"action":"renamejail","jail":"web","name":"ALL"}"#,
    r#"{"action":"renamejail","jail":"db","name":"shop"}"#,
    r#"{"action":"restartjail","jail":"db","soft":true}"#,
    r#"{"action":"setproperty","jail":"db","props":"notes=x colour=red"}"#,
    r#"{"action":"setproperty","jail":"db","props":"tag=new"}"#,
    r#"{"action":"setproperty","jail":"db","props":"notes=$(reboot)"}"#,
    r#"{"action":"setproperty","jail":"web","props":"notes=x ip4_addr=banana"}"#,
    r#"{"action":"setproperty","jail":"db","defaults":true,"props":"boot=on"}"#,
    r#"{"action":"settemplate","jail":"db","template":true}"#,
    r#"{"action":"settemplate","jail":"web","template":true}"#,
    r#"{"action":"settemplate","jail":"web"}"#,
    r#"{"action":"removemount","jail":"db","source":"/srv/data","target":"/data"}"#,
    r#"{"action":"removemount","jail":"web","source":"/usr","target":"/data"}"#,
    r#"{"action":"removemount","jail":"web","source":"/usr/share","target":"/mnt"}"#,
    r#"{"action":"removemount","jail":"web","source":"/usr/share","target":"data"}"#,
    r#"{"action":"removesnapshot","jail":"base","snapshot":"web"}"#,
    r#"{"action":"rollbackjail","jail":"base","snapshot":"before-update"}"#,
    r#"{"action":"rollbackjail","jail":"base","snapshot":"never"}"#,
    r#"{"action":"snapshotjail","jail":"base","snapshot":"after-update"}"#,
    r#"{"action":"snapshotjail","jail":"web","snapshot":"-r"}"#,
    r#"{"action":"snapshotjail","jail":"web","snapshot":"ALL"}"#,
    r#"{"action":"startjail","jail":"d"}"#,
    r#"{"action":"stopjail","jail":"ALL"}"#,
    r#"{"action":"updatejail","jail":"db"}"#,
];
