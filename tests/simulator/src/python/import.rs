//! `import`: the jail that an image holds, by the name that its file has before the last `_`.
//!
//! What is in an image is the simulator's own, as `export` writes it. The real program runs a `zfs recv -F` for each
//! dataset and does not ask how it ends, so that it writes over a jail that is there; that is not simulated, nor is an
//! image that was renamed so that nothing of it arrives. Renamed to an end of its name it is taken, and the jail's
//! configuration says what it was called: as what the real program lists it then is not simulated either.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::call::Call;
use super::failure::{fail, traceback};
use super::pool::active;
use super::{make, names};
use crate::session::{Outcome, not_simulated};
use crate::state::Jail;

pub(super) fn import(call: &mut Call<'_>) -> Outcome {
    let Some(path) = call.words.value("path").map(str::to_owned) else {
        return Err(not_simulated("import without the path of a file"));
    };
    if call.words.has("compression") {
        return Err(not_simulated("import --compression"));
    }
    call.change(|state, output| {
        if !Path::new(&path).exists() {
            return Err(fail(output, &format!("{path} does not exist.")));
        }
        let file = path.rsplit('/').next().unwrap_or_default();
        let Some(stem) = file.strip_suffix(".zip").filter(|_| Path::new(&path).is_file()) else {
            return Err(not_simulated("import of what is no zip"));
        };
        let Some((name, date)) = stem.rsplit_once('_') else {
            return Err(traceback(output, "ValueError: not enough values to unpack (expected 2, got 1)"));
        };
        let text = fs::read_to_string(&path).unwrap_or_default();
        let Ok(Value::Object(held)) = serde_json::from_str(&text) else {
            return Err(traceback(output, "zipfile.BadZipFile: File is not a zip file"));
        };
        if names::exact(active(state), name).is_some() {
            return Err(not_simulated("import over a jail that is there"));
        }
        let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut jail =
            Jail { uuid: name.to_owned(), tag: name.to_owned(), kind: "jail".to_owned(), ..Jail::default() };
        jail.release = held.get("release").map(text_of).unwrap_or_default();
        let properties = held.get("properties").and_then(Value::as_object).into_iter().flatten();
        jail.properties = properties.map(|(name, value)| (name.clone(), text_of(value))).collect();
        // It is a whole copy.
        jail.properties.insert("origin".to_owned(), "-".to_owned());
        if let Some(of) = held.get("of").map(text_of).filter(|of| of != stem) {
            // The path of a member ends so; what is behind the name in it tells the dataset.
            let Some((was, _)) = of.rsplit_once('_').filter(|_| of.ends_with(&format!("{name}_{date}")))
            else {
                return Err(not_simulated("import of an image that was renamed"));
            };
            jail.raw.insert("host_hostuuid".to_owned(), was.into());
        }
        for dataset in [name.to_owned(), format!("{name}/root")] {
            output.out(&format!("Importing dataset: {dataset}\n"));
        }
        make::add(state, jail, []);
        output.out(&format!("\nImported: {name}\n"));
        Ok(0)
    })
}
