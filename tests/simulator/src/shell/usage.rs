//! The usage text, which answers an empty command line and every unknown word.

const SYNOPSIS: &str = r#"  iocage [-v] activate ZPOOL
  iocage [-v] cap UUID|TAG
  iocage [-v] clean [-f] [-a|-r|-j|-t]
  iocage [-v] clone UUID|TAG [UUID|TAG@snapshot] [property=value]
  iocage [-v] console [-f] UUID|TAG
  iocage [-v] create [-e] [release=[RELEASE|NAME]] [pkglist=file] [property=value] [count=value]
  iocage [-v] deactivate ZPOOL
  iocage [-v] defaults
  iocage [-v] destroy [-f] UUID|TAG
  iocage [-v] df
  iocage [-v] exec [-u username | -U username] UUID|TAG|ALL command [arg ...]
  iocage [-v] export UUID|TAG
  iocage [-v] fetch [-P|-p|--ports] [release=RELEASE | ftphost=ftp.hostname.org |
                    ftpdir=/dir/ | ftpfiles="base.txz doc.txz lib32.txz src.txz"]
                    [ ftplocaldir=/dir/ ] [ compression=ALGO ]
  iocage [-v] get [-r] property|all UUID|TAG
  iocage [-v] help
  iocage [-v] import UUID [property=value]
  iocage [-v] init-host IP ZPOOL
  iocage [-v] inuse UUID|TAG
  iocage [-v] pkg TAG pkg_cmd
  iocage [-v] limits [UUID|TAG]
  iocage [-v] list [-t|-r|-s jid|uuid|boot|state|tag|type|ip4]
  iocage [-v] promote UUID|TAG
  iocage [-v] rcboot
  iocage [-v] reboot UUID|TAG
  iocage [-v] rcshutdown
  iocage [-v] reset UUID|TAG|ALL
  iocage [-v] restart UUID|TAG
  iocage [-v] rollback UUID|TAG@snapshotname
  iocage [-v] runtime UUID|TAG
  iocage [-v] send [-c|-i|-I|-h|-u|-m] POOL
  iocage [-v] set property=value [property=value] UUID|TAG
  iocage [-v] snaplist UUID|TAG
  iocage [-v] snapmount UUID|TAG@snapshotname DESTINATION
  iocage [-v] snapremove UUID|TAG@snapshotname|ALL
  iocage [-v] snapshot|snap [-f|-r] UUID|TAG [UUID|TAG@snapshotname]
  iocage [-v] snapumount UUID|TAG@snapshotname
  iocage [-v] start [-f] UUID|TAG
  iocage [-v] stop UUID|TAG|ALL
  iocage [-v] uncap UUID|TAG
  iocage [-v] update UUID|TAG
  iocage [-v] upgrade UUID|TAG [release=RELEASE]
  iocage [-v] version | --version
"#;

const HINT: &str = r"
  Hint:  you can use shortened UUIDs or TAGs interchangeably!

  e.g. for  adae47cb-01a8-11e4-aa78-3c970ea3222f
       use  adae47cb or just adae
";

pub(super) fn usage() -> String {
    format!("usage:\n{SYNOPSIS}{HINT}")
}

/// What `iocage help` begins with. The forty kilobytes of manual that follow are iocage's own text and no program
/// reads them, so they are not here.
pub(super) fn help() -> String {
    format!(
        "NAME\n  iocage - jail manager amalgamating ZFS, VNET and resource limits\n\nSYNOPSIS\n{SYNOPSIS}"
    )
}
