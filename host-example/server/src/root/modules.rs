//! The modules: which are loaded, and `rpc/modules` as this server has it: files are named, and lie in the folders of its
//! configuration. A path from a request would let who may ask load any file of this machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use sysadm_class::once;
use sysadm_host::{Door, Host, Policy, Prober, Refused, Setup, Status};

use crate::config::{Config, DoorWord, Modules};

/// How long a thread may take to begin.
const BEGINS: Duration = Duration::from_secs(5);

/// The folder of the private copies, of which each process has one of its own there.
pub(super) fn stage(config: &Config) -> PathBuf {
    config.run.join("modules")
}

/// What is loaded, and how.
pub(super) fn setup(config: &Config) -> Setup {
    let modules = &config.modules;
    let policy = Policy {
        demand_digest: modules.demand_digest,
        prober: modules.prober.clone().map_or(Prober::Installed, Prober::At),
        drain: Duration::from_secs(config.limits.drain_s),
        ..Policy::new(match modules.door {
            DoorWord::Auto => Door::Auto,
            DoorWord::C => Door::C,
            DoorWord::Rust => Door::Rust,
        })
    };
    let mut setup = Setup::new(stage(config)).policy(policy);
    for (class, config) in &modules.classes {
        setup = setup.config(class, config.to_string());
    }
    for folder in &modules.folders {
        setup = setup.folder(folder);
    }
    setup
}

/// The classes that serve, each as NAMESPACE/NAME.
fn served(host: &Host) -> Vec<String> {
    host.modules()
        .classes()
        .into_iter()
        .map(|((namespace, name), ..)| format!("{namespace}/{name}"))
        .collect()
}

/// Of each class that is configured and that no module is of: a sentence.
pub(super) fn unserved<'a>(config: &'a Config, host: &'a Host) -> impl Iterator<Item = String> + 'a {
    let served = served(host);
    let all = served.join(", ");
    let is_served = move |class: &str| served.iter().any(|other| other.eq_ignore_ascii_case(class));
    let of =
        |refused: &Refused| refused.class.as_ref().map(|(namespace, name)| format!("{namespace}/{name}"));
    config.modules.classes.keys().filter(move |class| !is_served(class)).map(move |class| {
        let all = if all.is_empty() { "none" } else { all.as_str() };
        let mut refused = host.passed_over().iter();
        // Who reads of this alone takes a name that is right for a wrong one.
        match refused.find(|refused| of(refused).is_some_and(|of| of.eq_ignore_ascii_case(class))) {
            Some(refused) => format!("`modules.classes`: {class:?} does not serve, for its module was passed over ({}); there is {all}", refused.obstacle.word()),
            None => format!("`modules.classes`: no module is of the class {class:?}, so that nothing is as is said there; there is {all}"),
        }
    })
}

/// Is a class that is configured and that there is not a slip of the pen, as far as can be known? One whose module could not be used is
/// none, but where another serves as nobody has configured it, it may be that one.
pub(super) fn is_slip(config: &Config, host: &Host) -> bool {
    let is_configured = |class: &String| {
        config.modules.classes.keys().any(|configured| configured.eq_ignore_ascii_case(class))
    };
    host.passed_over().is_empty() || !served(host).iter().all(is_configured)
}

/// Does a thread that was asked for not begin? One that is refused is another matter.
pub(super) fn no_thread_begins() -> bool {
    let (tell, told) = std::sync::mpsc::channel();
    let begun = std::thread::Builder::new().spawn(move || tell.send(())).is_ok();
    begun && told.recv_timeout(BEGINS).is_err()
}

/// Has a module that could not be used kept the system's loader, as one does that never comes back from being loaded? Then no thread can
/// begin any more in this process, on many systems, and it is good for nothing but to [leave](crate::process::leave).
pub(super) fn kept_loader(host: &Host) -> Option<String> {
    if host.passed_over().is_empty() || !no_thread_begins() {
        return None;
    }
    let all: Vec<_> = host.passed_over().iter().map(|refused| refused.why.as_str()).collect();
    Some(format!(
        "a module keeps the system's loader, without which no thread can begin; take it out of its folder: {}",
        all.join("; ")
    ))
}

/// The args with the path in the place of the name. `may_configure`: is it root, at the socket of this machine? A configuration that
/// comes with a request says which programs are run as root, and lifts what the server's own denies.
///
/// # Errors
/// What it is refused with, and a sentence about the key.
pub(super) fn named(modules: &Modules, args: &str, may_configure: bool) -> Result<String, (Status, String)> {
    // What is no object, or has a key twice, the host refuses in its own words.
    let Ok(Value::Object(mut args_map)) = once::read(args.as_bytes()) else { return Ok(args.to_owned()) };
    let wrong = |why: &str| Err((Status::BadRequest, why.to_owned()));
    if args_map.contains_key("path") {
        return wrong("`path` is not taken; `file` takes the name of a module in a folder of this server's");
    }
    if args_map.contains_key("config") && !may_configure {
        let why = "`config` is taken from root at the socket of this machine alone; what a class is configured with \
                   stands in the server's configuration";
        return Err((Status::Forbidden, why.to_owned()));
    }
    let Some(file) = args_map.remove("file") else { return Ok(args.to_owned()) };
    let name = file.as_str().filter(|name| is_name(name));
    let Some(name) = name else {
        return wrong("`file` takes the name of a module, as sysadm_iocage.so, without a folder");
    };
    let found = modules.folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    let Some(found) = found else {
        let folders: Vec<_> = modules.folders.iter().map(|folder| folder.display().to_string()).collect();
        return wrong(&format!("there is no {name} in {}", folders.join(", ")));
    };
    let path = std::path::absolute(&found).map_err(|why| (Status::Internal, why.to_string()))?;
    args_map.insert("path".to_owned(), path.to_string_lossy().into());
    Ok(Value::from(args_map).to_string())
}

/// A file's name that is no path, not hidden, and that of a module.
fn is_name(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|file| file == name)
        && !name.starts_with('.')
        && name.ends_with(".so")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_and_lies_in_a_folder_of_the_server() {
        let folder = std::env::temp_dir().join(format!("sysadmd-modules-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("one.so"), "").expect("a file");
        let modules = Modules { folders: vec!["/nowhere".into(), folder.clone()], ..Modules::default() };
        let args = named(&modules, r#"{"action":"swap","file":"one.so"}"#, false).expect("it is there");
        let args: Value = serde_json::from_str(&args).expect("JSON");
        assert_eq!(args["path"], folder.join("one.so").to_string_lossy().as_ref());
        assert!(args.get("file").is_none());
        for args in [
            r#"{"action":"swap","path":"/tmp/x.so"}"#,
            r#"{"action":"swap","path":null,"file":"one.so"}"#,
            r#"{"action":"swap","file":"../one.so"}"#,
            r#"{"action":"swap","file":"/tmp/one.so"}"#,
            r#"{"action":"swap","file":"two.so"}"#,
            r#"{"action":"swap","file":"one.so/"}"#,
            r#"{"action":"swap","file":".so"}"#,
            r#"{"action":"swap","file":1}"#,
        ] {
            assert!(named(&modules, args, true).is_err(), "{args}");
        }
        assert_eq!(named(&modules, r#"{"action":"list"}"#, false).expect("no file"), r#"{"action":"list"}"#);
        for twice in [
            r#"{"action":"swap","file":"one.so","file":"two.so"}"#,
            r#"{"action":"swap","file":"one.so","config":{"deny_actions":["a"],"deny_actions":[]}}"#,
        ] {
            assert_eq!(named(&modules, twice, true).expect("the host's to refuse"), twice);
        }
        assert_eq!(named(&modules, "[", false).expect("the host's to refuse"), "[");
        let configured = r#"{"action":"swap","file":"one.so","config":{}}"#;
        let refused = named(&modules, configured, false).expect_err("whoever has full access");
        assert!(refused.0 == Status::Forbidden && refused.1.contains("`config`"), "{refused:?}");
        assert!(named(&modules, configured, true).is_ok(), "root");
        std::fs::remove_dir_all(folder).expect("gone");
    }
}
