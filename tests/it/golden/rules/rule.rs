//! A rule, and what is changed for it of a machine that was recorded.

use serde_json::{Value, json};

/// What comes of a question.
#[derive(Clone, Copy)]
pub(super) enum Then {
    /// This on standard output.
    Out(&'static str),
    /// This line is in it.
    Has(&'static str),
    /// It fails and says this.
    Dies(&'static str),
    /// It succeeds and says this beside the lines on standard output, of which one is that.
    Says(&'static str, &'static str),
    /// It is left to iocage, or an error: in words with these among them.
    Not(&'static str),
}

pub(super) type Change = fn(&mut Value, &str);
pub(super) type Rule = (&'static str, Change, &'static [&'static str], Then);

pub(super) const LIST: &[&str] = &["list", "-lh"];
pub(super) const DF: &[&str] = &["df", "-lh"];
pub(super) const POOL: &[&str] = &["get", "-p"];
pub(super) const DB: &str = "None\tdb\toff\tdown\tjail\t14.3-RELEASE-p5\t-\t-\t-\tno";

pub(super) fn dataset<'v>(data: &'v mut Value, name: &str) -> &'v mut Value {
    let rows = data["datasets"].as_array_mut().expect("a list");
    let row = rows.iter_mut().find(|row| row[0] == name).expect("it is there");
    &mut row[1]
}

pub(super) fn set(data: &mut Value, name: &str, property: &str, value: &str) {
    let name = format!("vault{name}");
    dataset(data, &name)[property] = value.into();
}

pub(super) fn remove(data: &mut Value, name: &str) {
    data["datasets"].as_array_mut().expect("a list").retain(|row| row[0] != name);
}

pub(super) fn add(data: &mut Value, name: &str, properties: &Value) {
    let rows = data["datasets"].as_array_mut().expect("a list");
    rows.push(json!([name, properties]));
    rows.sort_by_key(|row| row[0].as_str().map(str::to_owned));
}

/// Change the text of a configuration, or of the defaults where no jail is named.
pub(super) fn rewrite(data: &mut Value, jail: &str, change: impl FnOnce(&mut Value)) {
    let file = &mut data["files"][path(jail)];
    let mut config = serde_json::from_str(file.as_str().expect("a text")).expect("JSON");
    change(&mut config);
    *file = config.to_string().into();
}

pub(super) fn path(jail: &str) -> String {
    match jail {
        "" => "/vault/iocage/defaults.json".to_owned(),
        jail => format!("/vault/iocage/jails/{jail}/config.json"),
    }
}

pub(super) fn write(data: &mut Value, jail: &str, text: &str) {
    data["files"][path(jail)] = text.into();
}

pub(super) fn forget(data: &mut Value, file: &str) {
    data["files"].as_object_mut().expect("an object").remove(file);
}

/// Make `web` a jail that has its address from a server.
pub(super) fn lease(data: &mut Value, root: &str, printed: &str) {
    rewrite(data, "web", |config| config["dhcp"] = 1.into());
    let jls = data["jls"]["--libxo json -v"].as_str().expect("a text");
    let jls = jls.replace("/vault/iocage", &format!("{root}/vault/iocage"));
    data["jls"]["--libxo json -v"] = jls.into();
    data["jexec"] = json!({"1 ifconfig epair0b inet": printed});
}
