//! The jails that run, as the shell iocage calls them.

use crate::iocage::direct::{Machine, Prison, Running, Untold};
use crate::iocage::names::is_uuid;

const ELSEWHERE: &str = "a jail runs under a name that is not that of its root";

/// The jails that run. Each has its root where its name says, so that one of whose name or
/// path a letter was lost is not taken for one that does not run.
pub(super) fn running(machine: &Machine<'_>) -> Result<Running, Untold> {
    let running = machine.running()?;
    match running.0.iter().find(|prison| !is_at_its_place(prison)) {
        None => Ok(running),
        Some(prison) => Untold::about(ELSEWHERE, &prison.name),
    }
}

fn is_at_its_place(prison: &Prison) -> bool {
    let by_name = prison.name.strip_prefix("ioc-").filter(|name| is_uuid(name));
    let by_path = prison.path.strip_suffix("/root").and_then(|path| path.rsplit('/').next());
    by_name == by_path.filter(|name| is_uuid(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_root_are_of_one_jail() {
        const UUID: &str = "04e16052-e917-11f1-bc78-02fc00000001";
        let own = format!("/iocage/jails/{UUID}/root");
        let place = |name: &str, path: &str| {
            is_at_its_place(&Prison { name: name.into(), path: path.into(), ..Prison::default() })
        };
        assert!(place(&format!("ioc-{UUID}"), &own));
        assert!(place("36", "/srv/a path") && place("web", "/jails/web/root"));
        for (name, path) in [
            (&*format!("ioc-{}", UUID.replace("04e", "14e")), &*own),
            (&format!("inc-{UUID}"), &own),
            (&format!("ioc-{UUID}"), &own.replace("04e", "14e")),
            (&format!("ioc-{UUID}"), "/srv"),
        ] {
            assert!(!place(name, path), "{name} {path}");
        }
    }
}
