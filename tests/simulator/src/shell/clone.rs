//! `clone`: a jail from a snapshot of another jail or template.

use super::create::{Request, add, new_jail};
use super::failure::die;
use super::names::{self, Found};
use super::{pool, tags};
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::complete::snapshots_of_origin;

pub(super) fn clone(session: &mut Session, words: &[String]) -> Outcome {
    session.view()?;
    let request = Request::parse(session, words)?;
    let program = session.program.clone();
    session.change(|state, output| {
        let Some(source) = request.others.first().filter(|name| !name.is_empty()) else {
            return Err(die(output, "missing UUID or TAG!"));
        };
        let (name, snapshot) =
            source.split_once('@').map_or((source.as_str(), None), |(name, at)| (name, Some(at)));
        let parent = match names::find(pool::active(state), name) {
            Found::Jail(parent) => pool::active(state).jails[parent].clone(),
            Found::Refused(message) => return Err(die(output, &message)),
            Found::Nothing => return Err(die(output, &format!("jail {name} not found!"))),
            Found::Defaults => return Err(not_simulated("clone of the defaults")),
        };
        let tag = match request.properties.get("tag") {
            Some(wanted) => tags::admitted(state, wanted, output),
            None => state.now().joined('@'),
        };
        let mut jail = new_jail(state, "clonejail", tag, &request);
        let (uuid, tag) = (jail.uuid.clone(), jail.tag.clone());
        let dataset = pool::active(state).dataset(&parent);
        if snapshot.is_some() {
            // No snapshot can be made here, so none exists. The real program goes on and leaves a jail without files.
            jail.kind = "basejail".to_owned();
            add(state, jail, output);
            output.err(&format!("cannot open '{dataset}/root@{uuid}': dataset does not exist\n"));
            for _ in 0..2 {
                let file = format!("/iocage/jails/{uuid}/root/etc/rc.conf");
                output.err(&format!("{program}: cannot create {file}: No such file or directory\n"));
            }
            return Err(Stop::Exit(2));
        }
        jail.properties.insert("origin".to_owned(), format!("{dataset}@{uuid}"));
        if let Some(release) = parent.properties.get("release") {
            jail.properties.entry("release".to_owned()).or_insert_with(|| release.clone());
        }
        let snapshots = snapshots_of_origin(&jail);
        pool::active_mut(state).snapshots.extend(snapshots);
        add(state, jail, output);
        output.out(&format!("  Successfully created: {uuid} ({tag})\n"));
        Ok(0)
    })
}
