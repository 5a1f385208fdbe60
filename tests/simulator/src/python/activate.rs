//! `activate`: the pool that iocage works on.

use super::call::Call;
use super::failure::fail;
use super::pool;
use crate::session::{Outcome, Stop};

/// `activate POOL`: no other pool stays active, and nothing is made on it yet.
pub(super) fn activate(call: &mut Call<'_>) -> Outcome {
    let name = call.words.argument(0).to_owned();
    let output = &mut call.session.output;
    call.session
        .store
        .change(|state| {
            if state.pools.iter().all(|pool| pool.name != name) {
                return Err(fail(output, &format!("ZFS pool '{name}' not found!")));
            }
            for known in &mut state.pools {
                let is_meant = known.name == name;
                pool::mark(known, is_meant);
            }
            output.out(&format!("ZFS pool '{name}' successfully activated.\n"));
            Ok(0)
        })
        .map_err(Stop::Broken)?
}
