//! Images that are not called what they were: iocage takes some, and makes a jail of their old name.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::{IMAGE, folder, host, import, imports, machine, with_dataset_once, with_import};
use crate::support::fault;

/// What an archive tells of its members: its list, and the end of that. No more of it is looked at.
fn zip(members: &[&str]) -> Vec<u8> {
    let entry = |name: &&str| {
        let mut entry = [0; 46];
        entry[..4].copy_from_slice(b"PK\x01\x02");
        entry[28] = u8::try_from(name.len()).expect("short");
        [&entry, name.as_bytes()].concat()
    };
    let list: Vec<u8> = members.iter().flat_map(entry).collect();
    let mut end = [0; 22];
    end[..4].copy_from_slice(b"PK\x05\x06");
    end[12..14].copy_from_slice(&u16::try_from(list.len()).expect("short").to_le_bytes());
    [&list[..], &end].concat()
}

/// iocage tells by the path of a member where it belongs, and takes one that ends as it should.
#[test]
fn an_archive_that_tells_of_another_jail_is_not_given_to_iocage() {
    let stem = "tank/iocage/images/web-shop_2026-11-27";
    for (members, code, said) in [
        (vec![stem.to_owned(), format!("{stem}_root")], "unknown-image", "it holds \"web-shop_2026-11-27\""),
        (vec![stem.replace("-27", "-26").replace("web-", "")], "unknown-image", "was renamed"),
        (
            ["", "_root", "_root_shop_log"].map(|end| format!("{}{end}", stem.replace("web-", ""))).to_vec(),
            "unsupported",
            "jails/shop/log",
        ),
        (
            ["", "_2026-11-27"].map(|end| format!("{}{end}", stem.replace("web-", ""))).to_vec(),
            "unsupported",
            "jails/shop,",
        ),
    ] {
        let machine = machine();
        let host = host(&machine);
        let members: Vec<_> = members.iter().map(String::as_str).collect();
        fs::write(folder(&machine).join(IMAGE), zip(&members)).expect("ours");
        for dry in [false, true] {
            let mut request = import(IMAGE);
            request["dryrun"] = dry.into();
            let answer = host.answer(&request);
            assert_eq!(fault(&answer), (code, "image"), "{members:?}: {answer}");
            assert!(answer["error"].as_str().is_some_and(|error| error.contains(said)), "{answer}");
        }
        assert_eq!(imports(&machine), [""; 0]);
    }
    // One that is what its name says is iocage's to read; this one is empty.
    let machine = machine();
    let stem = stem.replace("web-", "");
    fs::write(folder(&machine).join(IMAGE), zip(&[&stem, &format!("{stem}_root")])).expect("ours");
    assert_eq!(fault(&host(&machine).answer(&import(IMAGE))).0, "iocage-failed");
    assert_eq!(imports(&machine).len(), 1);
}

/// What an archive without a list has brought beside the usual two datasets is told to be looked at: it may have landed
/// elsewhere.
#[test]
fn what_was_not_seen_before_is_told_after() {
    for (image, said) in [
        (IMAGE.replace(".zip", ".tar.xz"), "shop/log"),
        // One of which no list is read.
        (IMAGE.to_owned(), "shop/log"),
        (IMAGE.replace(".zip", ".tar.xz"), ""),
    ] {
        let machine = machine();
        let lines: String = ["shop", "shop/root", said]
            .iter()
            .filter(|dataset| !dataset.is_empty())
            .map(|dataset| format!("echo 'Importing dataset: {dataset}'\n"))
            .collect();
        with_import(
            &machine,
            &format!(
                "\"$here/sim/iocage\" import -p \"${{3%/*}}/{IMAGE}\" shop >/dev/null || exit\n: > \"$here/come\"\n\
                 {lines}printf '\\nImported: shop\\n'"
            ),
        );
        with_dataset_once(&machine, "tank/iocage/jails/shop/log", "[ -e \"${0%/*}/come\" ]");
        fs::write(folder(&machine).join(&image), fs::read(folder(&machine).join(IMAGE)).expect("there"))
            .expect("ours");
        let answer = host(&machine).ask(&import(&image));
        assert_eq!(answer["importjail"]["jail"], "shop", "{answer}");
        let warnings = answer["warnings"].to_string();
        if said.is_empty() {
            assert!(answer.get("warnings").is_none(), "{answer}");
        } else {
            assert!(warnings.ends_with("look whether this is what was packed: shop/log\"]"), "{warnings}");
        }
    }
}

/// Where the archive has no list that is read, the configuration tells which jail has come.
#[test]
fn what_has_come_is_the_jail_that_its_file_is_called_after() {
    for (of, said) in
        [("web-shop_2026-11-27", "is the jail \"web-shop\""), ("web-shop_2026-11-26", "not simulated")]
    {
        let machine = machine();
        let host = host(&machine);
        let held = json!({"of": of, "release": "10.2-RELEASE"}).to_string();
        fs::write(folder(&machine).join(IMAGE), held).expect("ours");
        let answer = host.answer(&import(IMAGE));
        let error = answer["error"].as_str().expect("a sentence");
        assert!(error.contains(said), "{error}");
        if said.contains("jail") {
            assert_eq!(fault(&answer).0, "not-done", "{answer}");
            let parts =
                ["`zfs destroy -r tank/iocage/jails/shop`", "it has left tank/iocage/jails/shop, tank"];
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }
    let come = "\"$here/sim/iocage\" \"$@\" || exit\n";
    let config = "tank/iocage/jails/shop/config.json";
    for harm in ["rm -f AT", "echo '{}' > AT", "echo no > AT", "ln -sf /etc/passwd AT", "rm -f AT; mkfifo AT"]
    {
        let machine = machine();
        let at = PathBuf::from(machine.folder_text()).join(config);
        with_import(&machine, &format!("{come}{}", harm.replace("AT", &at.to_string_lossy())));
        let answer = host(&machine).answer(&import(IMAGE));
        assert_eq!(fault(&answer).0, "not-done", "{harm}: {answer}");
        assert!(
            answer["error"].as_str().is_some_and(|error| error.contains("does not tell which one")),
            "{answer}"
        );
    }
}
