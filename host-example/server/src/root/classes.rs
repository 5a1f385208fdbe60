//! On which threads a request for a class is done, and what it is called in the metrics.

use sysadm_host::{Access, Told};

use super::lanes::Lane;
use super::metrics::Label;
use super::request::Shallow;
use super::server::Server;

pub(super) fn is_modules(namespace: &str, name: &str) -> bool {
    is(namespace, name, "modules")
}

fn is(namespace: &str, name: &str, own: &str) -> bool {
    namespace.eq_ignore_ascii_case("rpc") && name.eq_ignore_ascii_case(own)
}

/// The threads for it, and its label.
pub(super) fn place(server: &Server, namespace: &str, name: &str, shallow: &Shallow) -> (Lane, Label) {
    let action = shallow.action.as_deref().unwrap_or_default();
    let label = |class: &str, action: &str| Label { class: class.to_owned(), action: action.to_owned() };
    if is(namespace, name, "dispatcher") {
        let lane = match action {
            "wait" => Lane::Waits,
            "kill" if shallow.waits => Lane::Waits,
            _ => Lane::Own,
        };
        let known = ["kill", "list", "show", "wait"].into_iter().find(|known| *known == action);
        return (lane, label("rpc/dispatcher", known.unwrap_or("other")));
    }
    if is_modules(namespace, name) {
        let lane = if action == "list" { Lane::Own } else { Lane::Changes };
        let known = ["list", "load", "rollback", "swap", "unload"].into_iter().find(|known| *known == action);
        return (lane, label("rpc/modules", known.unwrap_or("other")));
    }
    let told = server.host.modules().described(namespace, name, action);
    let class = format!("{namespace}/{name}").to_lowercase();
    let label = match told {
        Some(_) => label(&class, action),
        None => label("other", "other"),
    };
    (lane(told, shallow.is_job), label)
}

fn lane(told: Option<Told>, is_job: bool) -> Lane {
    match told {
        // It is answered when it is queued.
        _ if is_job => Lane::Own,
        Some(told) if told.is_long => Lane::Long,
        Some(told) if told.access < Access::Full => Lane::Reads,
        _ => Lane::Changes,
    }
}

#[cfg(test)]
mod tests {
    use super::super::server::stand::Stand;
    use super::*;

    #[test]
    fn what_hangs_in_a_class_keeps_nobody_from_its_jobs() {
        let Stand(server, _) = &Stand::new("class-hangs");
        let of = |name: &str, args: &str| place(server, "rpc", name, &Shallow::read(args)).0;
        for action in ["list", "show", "kill"] {
            assert_eq!(of("dispatcher", &format!("{{\"action\":{action:?}}}")), Lane::Own);
        }
        assert_eq!(of("modules", "{\"action\":\"list\"}"), Lane::Own);
        assert_eq!(of("dispatcher", "{\"action\":\"wait\"}"), Lane::Waits);
        assert_eq!((lane(None, false), lane(None, true)), (Lane::Changes, Lane::Own), "it is queued");
    }
}
