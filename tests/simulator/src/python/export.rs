//! `export`: a snapshot of all of a jail, a file for each dataset, and an archive of these with its digest beside.
//!
//! The loose files and the snapshot are gone at the end, and so are never there here. What is in the archive is the
//! simulator's own: no streams of ZFS, but what a jail can be made of again, and what its file was called; and the digest
//! is of the right form alone.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::json;

use super::call::Call;
use super::failure::fail;
use super::names::{self, root};
use super::pool::{active, active_mut};
use crate::session::{Outcome, not_simulated};

pub(super) fn export(call: &mut Call<'_>) -> Outcome {
    let word = call.words.arguments[0].clone();
    if call.words.value("compression").is_some_and(|kind| kind != "zip") {
        return Err(not_simulated("export to another archive than zip"));
    }
    call.change(|state, output| {
        let pool = active(state);
        let jail = &pool.jails[names::find(state, pool, &word, output)?];
        let name = jail.uuid.clone();
        if jail.is_up() {
            return Err(fail(output, &format!("{name} is running, stop the jail before exporting!")));
        }
        if jail.is_template() || jail.is_hollow || name.contains(' ') {
            return Err(not_simulated("export of a template, of half a jail, or of a name with a blank"));
        }
        let date = state.now().joined(' ')[..10].to_owned();
        let dataset = pool.dataset(jail);
        let snapshot = format!("{dataset}@ioc-export-{date}");
        if pool.snapshots.contains(&snapshot) {
            let message = format!("cannot create snapshot '{snapshot}': dataset already exists");
            return Err(fail(output, &format!("{message}\nno snapshots were created")));
        }
        let path = format!("{}/images/{name}_{date}.zip", root(state, pool));
        let text =
            json!({"of": format!("{name}_{date}"), "release": jail.release, "properties": jail.properties});
        let text = text.to_string();
        for dataset in [dataset.clone(), format!("{dataset}/root")] {
            output.out(&format!("Exporting dataset: {dataset}\n"));
        }
        output.out(&format!("\nPreparing compressed file: {path}.\n\nExported: {path}\n"));
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let digest = format!("{:016x}", hasher.finish()).repeat(4);
        let images = &mut active_mut(state).images;
        images.insert(format!("{name}_{date}.zip"), text);
        images.insert(format!("{name}_{date}.sha256"), digest);
        Ok(0)
    })
}
