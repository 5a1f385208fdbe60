//! The port for FreeBSD, as far as it can be seen without a ports tree: what it stages, with each of its options, under
//! `bmake`, which is FreeBSD's make, and a framework in small (`port/bsd.port.mk`); what is made of Cargo.lock (`port/crates.rs`); the
//! licences; how the server is started; and what those who take ports look at (`port/rules.rs`).

mod crates;
mod licences;
mod rules;
mod service;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{Folder, lead_somewhere, needed, root};

fn port() -> PathBuf {
    root().join("include/package/freebsd")
}

fn read(name: &str) -> String {
    fs::read_to_string(port().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// FreeBSD's make, which elsewhere has a name of its own; and in the gate it has to be there.
fn make() -> Option<&'static str> {
    let is_it = |name: &&str| {
        let output = Command::new(name).args(["-r", "-f", "/dev/null", "-V", "MAKE_VERSION"]).output();
        output.is_ok_and(|output| output.status.success() && !output.stdout.starts_with(b"\n"))
    };
    needed(["bmake", "make"].into_iter().find(is_it), "bmake, so that the port's Makefile is not run")
}

/// A port in a folder of its own, which may be spoiled, and what comes of it.
struct Work {
    folder: Folder,
    make: &'static str,
}

impl Work {
    fn new(make: &'static str) -> Work {
        let folder = Folder::new();
        let port = folder.0.join("port");
        fs::create_dir_all(port.join("files")).expect("made");
        for (name, text) in rules::files(&self::port()) {
            fs::write(port.join(name), text).expect("written");
        }
        Work { folder, make }
    }

    fn port(&self) -> PathBuf {
        self.folder.0.join("port")
    }

    /// Put other words into a file, where those stand.
    fn spoil(&self, file: &str, from: &str, to: &str) {
        let path = self.port().join(file);
        let text = fs::read_to_string(&path).expect("there");
        assert!(text.contains(from), "{file} has no {from:?} to spoil");
        fs::write(path, text.replacen(from, to, 1)).expect("written");
    }

    fn run(&self, without: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.make);
        command.arg("-r").arg("-m").arg(root().join("tests/it/port")).args(arguments);
        command.arg(format!("WRKDIR={}", self.folder.0.join("work").display()));
        command.arg(format!("WRKSRC={}", root().display())).arg(format!("WITHOUT={without}"));
        // Where another make runs the tests.
        command.env_remove("MAKEFLAGS").env_remove("MAKELEVEL").current_dir(self.port());
        command.output().expect("make runs")
    }

    /// What is staged without these options, and what the list says; nothing if it could not be made.
    fn stage(&self, without: &str) -> Result<(BTreeSet<String>, BTreeSet<String>), String> {
        let work = self.folder.0.join("work");
        let _ = fs::remove_dir_all(&work);
        fs::create_dir(&work).expect("made");
        let output = self.run(without, &["stage"]);
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned());
        }
        let list = fs::read_to_string(work.join(".PLIST.mktmp")).expect("made");
        let list = list.lines().filter(|line| !line.starts_with("@comment "));
        let list = list.map(|line| line.trim_start_matches("@sample ").to_owned()).collect();
        let (mut found, mut folders) = (BTreeSet::new(), vec![self.staged("")]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.staged("")).expect("inside");
                    found.insert(name.to_str().expect("our own name").to_owned());
                }
            }
        }
        Ok((found, list))
    }

    fn staged(&self, name: &str) -> PathBuf {
        self.folder.0.join("work/stage/usr/local").join(name)
    }

    /// A variable with these options off.
    fn value(&self, without: &str, name: &str) -> String {
        let output = self.run(without, &["-V", &format!("${{{name}}}")]);
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    }
}

const RC: &str = "etc/rc.d/sysadmd";
const SAMPLE: &str = "etc/sysadmd.json.sample";

/// What comes with each option, by a file of it.
const OPTIONS: [(&str, &str); 4] = [
    ("DOCS", "share/doc/sysadm-iocage/server.md"),
    ("HEADERS", "include/sysadm/sysadm_class.h"),
    ("SERVER", "sbin/sysadmd"),
    ("IOCAGE", ""),
];

#[test]
fn what_is_staged_is_the_list_whatever_is_chosen() {
    let Some(make) = make() else { return };
    let work = Work::new(make);
    let options = rules::value(&read("Makefile"), "OPTIONS_DEFINE");
    let listed: BTreeSet<_> = options.split_whitespace().collect();
    assert_eq!(listed, OPTIONS.iter().map(|(option, _)| *option).collect());
    let (all, list) = work.stage("").unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(all, list);
    for (option, file) in OPTIONS {
        let (staged, list) = work.stage(option).unwrap_or_else(|said| panic!("{option}: {said}"));
        assert_eq!(staged, list, "without {option}");
        assert!(file.is_empty() == (staged == all) && !staged.contains(file), "without {option}: {staged:?}");
        let server = option != "SERVER";
        assert_eq!((staged.contains(RC), staged.contains(SAMPLE)), (server, server), "without {option}");
        // iocage is wanted if it is not refused, in the way that ports of Python are named.
        let depends = work.value(option, "RUN_DEPENDS");
        let wanted = if option == "IOCAGE" { "" } else { "py311-iocage>0:sysutils/iocage@py311" };
        assert_eq!(depends, wanted, "without {option}");
        // Python is for the tests alone, in the version that ports are made for, whatever is chosen.
        let python = |stage: &str| work.value(option, &format!("{stage}_DEPENDS")).contains("lang/python");
        assert_eq!(["BUILD", "RUN", "TEST"].map(python), [false, false, true], "without {option}");
    }
    let (least, list) = work.stage("DOCS HEADERS SERVER IOCAGE").unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(least, list);
    let least: Vec<_> = least.iter().map(String::as_str).collect();
    let module = "lib/sysadm/modules/sysadm_iocage.so";
    assert_eq!(least, [module, "libexec/sysadm/plugin-check", "share/man/man7/sysadm-iocage.7.gz"]);
}

/// All documents are staged, and those alone.
#[test]
fn each_page_is_in_the_list() {
    let list = read("pkg-plist");
    let listed: BTreeSet<_> =
        list.lines().filter_map(|line| line.strip_prefix("%%PORTDOCS%%%%DOCSDIR%%/")).collect();
    let pages = fs::read_dir(root().join("include/doc")).expect("a folder");
    let pages: Vec<_> =
        pages.map(|page| page.expect("an entry").file_name().into_string().expect("ours")).collect();
    assert_eq!(listed, pages.iter().map(String::as_str).filter(|page| page.ends_with(".md")).collect());
}

/// What the server is started by is what `include/install` installs, with nothing left to be filled in.
#[test]
fn the_server_is_started_by_the_same_script() {
    let ours = fs::read_to_string(root().join("include/package/sysadmd/sysadmd.rc")).expect("ours");
    let made = ours.replace("@PREFIX@", "%%PREFIX%%");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(port().join("files/sysadmd.in"), &made).expect("written");
    }
    assert_eq!(read("files/sysadmd.in"), made, "not current; run: UPDATE=1 cargo test --test it port");
    let Some(make) = make() else { return };
    let work = Work::new(make);
    work.stage("").unwrap_or_else(|said| panic!("{said}"));
    let script = fs::read_to_string(work.staged(RC)).expect("staged");
    assert_eq!(script, ours.replace("@PREFIX@", "/usr/local"));
    let message = fs::read_to_string(work.folder.0.join("work/pkg-message")).expect("made");
    for text in [&script, &message] {
        assert!(!text.contains("%%") && text.contains("/usr/local/"), "{text}");
    }
    assert!(Command::new("sh").arg("-n").arg(work.staged(RC)).status().expect("sh runs").success());
    let mode = |name| fs::metadata(work.staged(name)).expect("staged").permissions().mode() & 0o7777;
    assert_eq!((mode(RC), mode("sbin/sysadmd"), mode(SAMPLE)), (0o555, 0o555, 0o644));
    let sample = fs::read_to_string(work.staged(SAMPLE)).expect("staged");
    assert!(!sample.contains("@PREFIX@"), "{sample}");
    serde_json::from_str::<serde_json::Value>(&sample).expect("a configuration");
}

/// What is built is what is installed: the module alone and optimised as a whole, and a program for each option. The
/// tests are run where they find what they build.
#[test]
fn only_what_is_shipped_is_built() {
    let Some(make) = make() else { return };
    let work = Work::new(make);
    let log = work.folder.0.join("work/target.log");
    for (without, programs) in
        [("", "--package plugin-check --package sysadmd"), ("SERVER", "--package plugin-check")]
    {
        work.stage(without).unwrap_or_else(|said| panic!("{said}"));
        let called = fs::read_to_string(&log).expect("cargo was called");
        let manifest = format!("--manifest-path {}", root().join("Cargo.toml").display());
        let target = "x86_64-unknown-freebsd";
        let expected = [
            format!(
                "rustc {target} rustc {manifest} --package sysadm-iocage --lib --crate-type cdylib --release"
            ),
            format!("build {target} build {manifest} {programs} --release"),
        ];
        assert_eq!(called.lines().collect::<Vec<_>>(), expected, "without {without}");
        assert!(work.run(without, &["do-test"]).status.success());
        let python = fs::read_link(work.folder.0.join("work/.bin/python3")).expect("what tests call Python");
        assert_eq!(python, Path::new("/usr/local/bin/python3.11"));
        let called = fs::read_to_string(&log).expect("cargo was called");
        assert_eq!(called.lines().last(), Some(&*format!("test here test {manifest} --workspace")));
    }
}

/// The framework lets all ports that use cargo end where they panic, if they do not refuse it.
#[test]
fn it_does_not_build_for_abort() {
    let Some(make) = make() else { return };
    let work = Work::new(make);
    work.spoil("Makefile", "LTO_UNSAFE=\tyes\n", "");
    let said = work.stage("").expect_err("built for abort");
    assert!(said.contains("must be built with panic = \"unwind\""), "{said}");
}

/// It wants the Rust that the workspace wants, and says so before all crates are fetched.
#[test]
fn it_wants_the_rust_that_the_source_wants() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("ours");
    let wanted = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'));
    let depends = format!("${{RUST_DEFAULT}}>={}:lang/${{RUST_DEFAULT}}", wanted.expect("there"));
    assert_eq!(rules::value(&read("Makefile"), "BUILD_DEPENDS"), depends);
}

/// Each page leads to what is installed with it, and what completes `sysadmctl` is what that prints.
#[test]
fn what_is_staged_is_enough_for_who_has_no_source() {
    let Some(make) = make() else { return };
    let work = Work::new(make);
    work.stage("HEADERS SERVER IOCAGE").unwrap_or_else(|said| panic!("{said}"));
    lead_somewhere(&work.staged("share/doc/sysadm-iocage"));
    work.stage("").unwrap_or_else(|said| panic!("{said}"));
    for (file, shell) in [
        ("bash-completion/completions/sysadmctl", "bash"),
        ("fish/vendor_completions.d/sysadmctl.fish", "fish"),
        ("zsh/site-functions/_sysadmctl", "zsh"),
    ] {
        let text = fs::read_to_string(work.staged("share").join(file)).expect("staged");
        assert_eq!(text, format!("completion {shell}\n"));
    }
}

/// The recipe of freebsd.md is for a release that the ports tree takes: it refuses older ones than 14.4.
#[test]
fn the_recipe_is_for_a_release_that_ports_are_made_for() {
    let page = fs::read_to_string(root().join("include/doc/freebsd.md")).expect("ours");
    let (_, rest) = page.split_once("poudriere jail -c -j 14amd64 -v ").expect("a recipe");
    let (release, _) = rest.split_once("-RELEASE").expect("a release");
    let (major, minor) = release.split_once('.').expect("a version");
    let version = (major.parse::<u32>().expect("a number"), minor.parse::<u32>().expect("a number"));
    assert!(version >= (14, 4), "{release}");
}

/// Each rule, by a line that breaks it: a file, words of it, and what stands in their place then.
const SPOILED: &[(&str, &str, &str, &str)] = &[
    (
        "Makefile",
        "DISTVERSION=\t0.1.0\nCATEGORIES=\tsysutils",
        "CATEGORIES=\tsysutils\nDISTVERSION=\t0.1.0",
        "comes after",
    ),
    ("Makefile", "\n\nMAINTAINER", "\nMAINTAINER", "is in block 1"),
    ("Makefile", "WWW=", "WW=", "no WWW"),
    ("Makefile", "SERVER_DESC=", "SERVER_DES=", "SERVER is not described"),
    ("Makefile", "PORTNAME=\t", "PORTNAME= ", "behind a tab"),
    ("Makefile", "\t\tcurl:ftp", "    curl:ftp", "begins with a tab"),
    ("Makefile", "\ndo-install:\n", "\ninstall:\n", "do- is ours"),
    ("Makefile", "${STAGEDIR}${PREFIX}/lib/", "${STAGEDIR}/usr/local/lib/", "a path that"),
    ("Makefile", "\t${INSTALL_LIB}", "\tinstall -m 644", "a program that"),
    ("Makefile", ".include <bsd.port.mk>", ".include <bsd.port.post.mk>", "the last line"),
    ("Makefile", "COMMENT=\tServer", "COMMENT=\tThe server", "article"),
    ("Makefile", "through iocage\n", "through iocage.\n", "a period"),
    (
        "Makefile",
        "COMMENT=\tServer",
        "COMMENT=\tServer and all that one can think of with it",
        "70 characters",
    ),
    ("Makefile", "COMMENT=\tServer", "COMMENT=\tserver", "a capital"),
    ("Makefile", "OPTIONS_SUB=\tyes", "OPTIONS_SUB=\tyes ", "blanks at the end"),
    ("Makefile", "USES=\t\tcargo", "USES=\t\tcargo\n# \u{e9}", "beside ASCII"),
    ("Makefile", "${GH_ACCOUNT}", "_ACCOUNT_", "more than one place"),
    ("Makefile", "curl:ftp/curl", "python3:lang/python3", "nothing depends on lang/python3"),
    ("Makefile", "IOCAGE_RUN_DEPENDS=", "IOCAGE_USES=\tpython:run\nIOCAGE_RUN_DEPENDS=", "is used already"),
    ("Makefile", "USE_RC_SUBR+=sysadmd", "USE_RC_SUBR+=other", "no files/other.in"),
    (
        "pkg-descr",
        "FreeBSD jails for",
        "FreeBSD jails, which are what containers were called before, for",
        "80 characters",
    ),
    ("pkg-plist", "%%SERVER%%sbin", "%%SERVE%%sbin", "an option that there is not"),
    ("pkg-plist", "%%PORTDOCS%%%%DOCSDIR%%/swap.md", "%%HEADERS%%%%DOCSDIR%%/swap.md", "in DOCSDIR"),
    ("pkg-plist", "lib/sysadm/modules", "/lib/sysadm/modules", "not for a plist"),
    ("pkg-plist", "libdata/pkgconfig", "lib/pkgconfig", "not for a plist"),
    ("pkg-plist", "iocage.7.gz", "iocage.7", "compressed"),
    ("pkg-plist", "@sample ", "", "is a sample"),
    ("pkg-plist", "sbin/sysadmctl", "sbin/sysadmd", "twice"),
    ("distinfo", "TIMESTAMP = ", "TIME = ", "TIMESTAMP"),
    ("distinfo", "SIZE (", "SIZ (", "the SIZE of"),
    ("distinfo", "SHA256 (", "MD5 (", "the SHA256 of"),
    ("Makefile.crates", "abi_stable-0.11.3 \\\n\t\t", "", "the SHA256 of"),
    ("files/pkg-message.in", "message: <<EOM", "message: <<END", "UCL"),
    ("files/pkg-message.in", "\n]\n", "\n", "UCL"),
    (
        "files/pkg-message.in",
        "\tsysadmd --check\n",
        "\tcp %%PREFIX%%/etc/a.sample %%PREFIX%%/etc/a\n",
        "writes over what",
    ),
];

#[test]
fn those_who_take_ports_find_nothing() {
    assert_eq!(rules::faults(&port()), Vec::<String>::new());
    for (file, from, to, said) in SPOILED {
        let work = Work::new("");
        work.spoil(file, from, to);
        let faults = rules::faults(&work.port());
        assert!(faults.iter().any(|fault| fault.contains(said)), "{file}: {to:?} was not found: {faults:?}");
    }
}

/// What is staged and is not in the list, or the other way round, is seen, too.
#[test]
fn what_is_missing_on_either_side_is_seen() {
    let Some(make) = make() else { return };
    for (file, from, to) in [
        ("pkg-plist", "%%SERVER%%sbin/sysadmctl\n", ""),
        ("pkg-plist", "%%HEADERS%%share/man", "%%SERVER%%share/man"),
        ("Makefile", "${INSTALL_DATA} ${WRKDIR}/sysadmd.json.sample ${STAGEDIR}${PREFIX}/etc", "true"),
        ("Makefile", "--package sysadm-iocage --lib", "--package sysadmd --lib"),
        ("Makefile", "PROGRAMS+=sysadmd ", ""),
    ] {
        let work = Work::new(make);
        work.spoil(file, from, to);
        let alike =
            ["", "HEADERS"].iter().all(|off| work.stage(off).is_ok_and(|(staged, list)| staged == list));
        assert!(!alike, "{file} with {to:?} for {from:?}");
    }
}
