//! Which class a request is for, as the dispatcher of a sysadm server finds it:
//! by namespace and name, without regard to case.
//!
//! A host that answers one request needs one instance; one that stays has a
//! registry, whose classes are replaced while it runs, and the class
//! `rpc/modules` of its own to say so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sysadm_class::host::{Instance, Misuse, Module, Request, Services};
use sysadm_class::{Access, Level, Status};

use crate::answer::Answer;
use crate::modules;
use crate::registry::Registry;
use crate::said;

/// The classes this host has, and who asks them.
///
/// Any thread may dispatch at any time; the work is done on the calling thread.
pub struct Dispatcher {
    classes: Classes,
    /// What a request without a namespace and a name is for.
    default: (String, String),
    access: Access,
    caller: String,
    requests: AtomicU64,
}

enum Classes {
    /// The default one.
    One(Box<Instance>, Arc<dyn Services>),
    /// Those of a registry.
    Many(Arc<Registry>),
}

impl Dispatcher {
    /// A dispatcher with one class, which is not replaced. `services` is told if
    /// the class breaks the contract.
    #[must_use]
    pub fn new(
        module: &Module,
        instance: Instance,
        services: Arc<dyn Services>,
        access: Access,
    ) -> Dispatcher {
        let default = (module.namespace(), module.name());
        Dispatcher::of(Classes::One(Box::new(instance), services), default, access)
    }

    /// A dispatcher over a registry; `default` is what a request that names no
    /// class is for.
    #[must_use]
    pub fn over(registry: Arc<Registry>, default: (&str, &str), access: Access) -> Dispatcher {
        Dispatcher::of(Classes::Many(registry), default, access)
    }

    fn of(classes: Classes, (namespace, name): (&str, &str), access: Access) -> Dispatcher {
        let default = (namespace.to_lowercase(), name.to_lowercase());
        Dispatcher { classes, default, access, caller: String::new(), requests: AtomicU64::new(1) }
    }

    /// The same, with a name of who asks, for the log of the classes.
    #[must_use]
    pub fn of_caller(self, caller: &str) -> Dispatcher {
        Dispatcher { caller: caller.to_owned(), ..self }
    }

    /// The namespace and name that a bare args object is for.
    #[must_use]
    pub fn default_class(&self) -> (&str, &str) {
        (&self.default.0, &self.default.1)
    }

    /// Answer a request. A defect of the class is an answer with status 500, a
    /// class that is not here one with 404.
    pub fn dispatch(&self, namespace: &str, name: &str, args: &str) -> Answer {
        let id = self.requests.fetch_add(1, Ordering::Relaxed);
        let request = Request::new(namespace, name, args, self.access).with_id(id).of_caller(&self.caller);
        match &self.classes {
            Classes::Many(registry) => route(registry, &request),
            Classes::One(instance, services) if self.is_default(namespace, name) => {
                let answer = instance.dispatch(&request).map_or_else(
                    |Misuse(code)| {
                        let text = format!("{namespace}/{name} broke the contract: dispatch answered {code}");
                        services.log(Level::Error, "dispatch", &text, id);
                        Answer::of_host(Status::Internal)
                    },
                    Answer::of_class,
                );
                if let Some(text) = misunderstood(&request, &answer) {
                    services.log(Level::Warn, "dispatch", &text, id);
                }
                answer
            }
            Classes::One(..) => {
                Answer::refused(Status::NotFound, &format!("this host has no class {namespace}/{name}"))
            }
        }
    }

    fn is_default(&self, namespace: &str, name: &str) -> bool {
        self.default == (namespace.to_lowercase(), name.to_lowercase())
    }
}

/// Have a request answered by the class that it is for, or by the host's own.
pub(crate) fn route(registry: &Registry, request: &Request<'_>) -> Answer {
    let answer = if modules::is_for_us(request.namespace, request.name) {
        modules::answer(registry, request)
    } else {
        registry.dispatch(request)
    };
    told(registry, request, answer)
}

/// An answer, of which the log is told, if it says that the request was none.
pub(crate) fn told(registry: &Registry, request: &Request<'_>, answer: Answer) -> Answer {
    if let Some(text) = misunderstood(request, &answer) {
        registry.log_of(Level::Warn, "dispatch", &text, request.id);
    }
    answer
}

/// A line for the log, if a request was none that its class understands: whoever has
/// written the client may not see what it is answered.
fn misunderstood(request: &Request<'_>, answer: &Answer) -> Option<String> {
    let why = (answer.status == Status::BadRequest).then(|| answer.why())?;
    let by = said::of(request.caller);
    let class = format!("{}/{}", request.namespace, request.name);
    // A class of somebody else's says as much as it likes.
    let why = said::cut(why.unwrap_or_default());
    Some(format!("a bad request{by} to {class:?}: {why:?}"))
}
