//! `rpc/modules` as this server has it: files are named, and lie in the folders of its configuration. A path from a request
//! would let who may ask load any file of this machine.

use std::path::Path;

use serde_json::{Map, Value};

use crate::config::Modules;

/// The args with the path in the place of the name.
///
/// # Errors
/// A sentence about the key.
pub(super) fn named(modules: &Modules, args: &str) -> Result<String, String> {
    // What is no object the host refuses in its own words.
    let Ok(mut args_map) = serde_json::from_str::<Map<String, Value>>(args) else {
        return Ok(args.to_owned());
    };
    if args_map.contains_key("path") {
        return Err(
            "`path` is not taken; `file` takes the name of a module in a folder of this server's".to_owned()
        );
    }
    let Some(file) = args_map.remove("file") else { return Ok(args.to_owned()) };
    let name = file.as_str().filter(|name| is_name(name));
    let name = name.ok_or("`file` takes the name of a module, as sysadm_iocage.so, without a folder")?;
    let found = modules.folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    let Some(found) = found else {
        let folders: Vec<_> = modules.folders.iter().map(|folder| folder.display().to_string()).collect();
        return Err(format!("there is no {name} in {}", folders.join(", ")));
    };
    let path = std::path::absolute(&found).map_err(|why| why.to_string())?;
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
        let args = named(&modules, r#"{"action":"swap","file":"one.so"}"#).expect("it is there");
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
            assert!(named(&modules, args).is_err(), "{args}");
        }
        assert_eq!(named(&modules, r#"{"action":"list"}"#).expect("no file"), r#"{"action":"list"}"#);
        assert_eq!(named(&modules, "[").expect("the host's to refuse"), "[");
        std::fs::remove_dir_all(folder).expect("gone");
    }
}
