//! The walk over a path, each rule with what it refuses and what it lets pass.

use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

/// A folder of the test's own with `bin/iocage` in it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let folder = std::env::temp_dir().join(format!("sysadm-class-trust-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("bin")).expect("made");
        fs::write(folder.join("bin/iocage"), "").expect("written");
        let place = Place(folder);
        for path in ["", "bin", "bin/iocage"] {
            place.set(path, 0o755);
        }
        place
    }

    fn set(&self, path: &str, mode: u32) {
        fs::set_permissions(self.0.join(path), fs::Permissions::from_mode(mode)).expect("ours");
    }

    /// What is wrong with a path, and that it names this part.
    fn told(&self, path: &str) -> Option<String> {
        file(&self.0.join(path), effective_user()).err().map(|why| why.to_string())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_others_can_write_to_is_not_trusted() {
    let place = Place::new("modes");
    assert_eq!(place.told("bin/iocage"), None);
    assert_eq!(file(Path::new("/"), 65534), Ok(()), "what is root's is everybody's to trust");
    for (path, mode, good) in [
        ("bin/iocage", 0o775, false),
        ("bin/iocage", 0o757, false),
        ("bin/iocage", 0o1757, false),
        ("bin", 0o775, false),
        ("bin", 0o757, false),
        ("", 0o777, false),
        ("", 0o1777, true),
        ("bin", 0o1775, true),
        ("bin/iocage", 0o4711, true),
    ] {
        place.set(path, mode);
        let told = place.told("bin/iocage");
        let at = place.0.join(path);
        let is_named = |why: &String| {
            why.contains(&format!("{} (mode {mode:04o})", at.components().collect::<PathBuf>().display()))
        };
        assert!(
            if good { told.is_none() } else { told.as_ref().is_some_and(is_named) },
            "{path} {mode:o}: {told:?}"
        );
        place.set(path, 0o755);
    }
}

#[test]
fn a_link_is_followed_and_both_its_ends_are_looked_at() {
    let place = Place::new("links");
    for folder in ["links", "open"] {
        fs::create_dir(place.0.join(folder)).expect("made");
        place.set(folder, 0o755);
    }
    let link = |target: &Path, path: &str| symlink(target, place.0.join(path)).expect("made");
    link(&place.0.join("bin"), "links/absolute");
    link(Path::new("../bin/./iocage"), "links/relative");
    link(Path::new("../links/relative"), "open/iocage");
    for path in ["links/absolute/iocage", "links/relative", "open/iocage"] {
        assert_eq!(place.told(path), None, "{path}");
    }
    place.set("open", 0o777);
    assert!(place.told("open/iocage").is_some_and(|why| why.contains("open (mode 0777)")));
    assert_eq!(place.told("links/relative"), None, "it leads elsewhere");
    place.set("bin", 0o777);
    for path in ["links/absolute/iocage", "links/relative"] {
        assert!(place.told(path).is_some_and(|why| why.contains("bin (mode 0777)")), "{path}");
    }
}

/// By the names of both systems, whichever this is.
#[test]
fn a_link_that_was_not_followed_is_one_on_either_system() {
    let place = Place::new("not-followed");
    symlink("bin/iocage", place.0.join("link")).expect("made");
    let open = |name: &str| {
        let mut options = fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options.read(true), libc::O_NOFOLLOW);
        options.open(place.0.join(name))
    };
    assert!(is_link(&open("link").expect_err("a link")) && !is_link(&open("nothing").expect_err("nothing")));
    let told = [libc::ELOOP, libc::EMLINK, libc::ENOENT, libc::EMFILE].map(io::Error::from_raw_os_error);
    assert_eq!(told.map(|error| is_link(&error)), [true, true, false, false]);
}

#[test]
fn what_belongs_to_somebody_else_is_not_trusted() {
    if effective_user() != 0 {
        let _ = writeln!(std::io::stderr(), "skipped: only root can give files away");
        return;
    }
    let place = Place::new("owners");
    symlink("bin/iocage", place.0.join("link")).expect("made");
    let give =
        |path: &str, user| std::os::unix::fs::lchown(place.0.join(path), Some(user), None).expect("root may");
    for path in ["bin/iocage", "bin"] {
        give(path, 65534);
        let told = place.told("bin/iocage").expect("not trusted");
        assert!(told.contains("belongs to user 65534") && told.contains(path), "{told}");
        give(path, 0);
    }
    give("link", 65534);
    assert_eq!(place.told("link"), None, "its folder is root's alone");
    place.set("", 0o1777);
    assert!(place.told("link").is_some_and(|why| why.contains("link belongs to user 65534")));
}

/// What is refused although nobody else can be named: it fails closed.
#[test]
fn what_cannot_be_followed_to_its_end_is_not_trusted() {
    let place = Place::new("closed");
    let link = |target: &str, path: &str| symlink(target, place.0.join(path)).expect("made");
    link("loop", "loop");
    link("nowhere", "dangling");
    link("bin/iocage", "0");
    for number in 1..=MAX_LINKS {
        link(&(number - 1).to_string(), &number.to_string());
    }
    assert_eq!(place.told(&(MAX_LINKS - 1).to_string()), None, "as many links as are followed");
    for path in [MAX_LINKS.to_string(), "loop".to_owned()] {
        let told = place.told(&path).expect("too many links");
        assert!(told.contains("more than 40 links") && told.contains(&format!("closed/{path}")), "{told}");
    }
    for (path, missing) in [
        ("nosuch", "nosuch"),
        ("nosuch/iocage", "nosuch"),
        ("dangling", "nowhere"),
        ("bin/iocage/inside", "bin/iocage/inside"),
        ("bin/iocage/../iocage", "bin/iocage/.."),
    ] {
        let found = file(&place.0.join(path), effective_user());
        assert_eq!(found, Err(Distrust::Missing(place.0.join(missing))), "{path}");
    }
    let long = place.told(&"x".repeat(300)).expect("no name is so long");
    assert!(long.contains("cannot be looked at"), "{long}");
}

#[test]
fn the_interpreter_of_a_script_is_looked_at_too() {
    let place = Place::new("interpreters");
    let told = |text: &str| {
        fs::write(place.0.join("bin/iocage"), text).expect("ours");
        program(&place.0.join("bin/iocage"), effective_user()).err()
    };
    let own = place.0.join("sh");
    fs::write(&own, "no script").expect("written");
    for (mode, good) in [(0o755, true), (0o757, false)] {
        place.set("sh", mode);
        let own = own.display();
        for text in [
            format!("#!{own}\n"),
            format!("#! \t{own}\n"),
            format!("#!{own} -e\nmore\n"),
            format!("#!{own}\t-e"),
            format!("#!{own}"),
            format!("#!{own}\0rest\n"),
            // What stands after more than Linux looks at.
            format!("#!{}{own}\n", " ".repeat(300)),
        ] {
            let why = told(&text).map(|why| why.to_string());
            let is_named = |why: &String| why.contains("sh (mode 0757)");
            assert!(if good { why.is_none() } else { why.as_ref().is_some_and(is_named) }, "{text}: {why:?}");
        }
        // These have none.
        for text in ["", "#", "# !/x", "#!", "#! \n", "\x7fELF"] {
            assert_eq!(told(text), None, "{text:?}");
        }
    }
    assert_eq!(told("#!/no/such -x\n"), Some(Distrust::NoInterpreter("/no/such".into())));
    // A relative one is looked for where the program is started, in the root folder.
    assert_eq!(told("#!no/such\n"), Some(Distrust::NoInterpreter("/no/such".into())));
    let endless = told(&format!("#!/{}", "x".repeat(5000))).expect("not to be followed");
    assert!(endless.to_string().contains("whose name does not end"), "{endless}");
    // An interpreter may be a script itself, and be interpreted by itself.
    let script = format!("#!{}\n", place.0.join("bin/iocage").display());
    let circle = told(&script).expect("not to be followed");
    assert!(circle.to_string().contains("too many interpreters"), "{circle}");
    place.set("sh", 0o755);
    fs::write(&own, "#!/no/such\n").expect("ours");
    assert_eq!(told(&format!("#!{}\n", own.display())), Some(Distrust::NoInterpreter("/no/such".into())));
}
