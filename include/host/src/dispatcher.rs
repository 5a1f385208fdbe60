//! Which class a request is for, as the dispatcher of a sysadm server finds it:
//! by namespace and name, without regard to case.
//!
//! A host that answers one request needs one instance; one that stays has a
//! registry, whose classes are replaced while it runs, and the class
//! `rpc/modules` of its own to say so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sysadm_class::host::{Instance, Misuse, Module, Request, Response, Services};
use sysadm_class::{Access, Level, Status};

use crate::{Registry, modules};

/// The classes this host has.
pub struct Dispatcher {
    classes: Classes,
    /// What a request without a namespace and a name is for.
    default: (String, String),
    access: Access,
    requests: AtomicU64,
}

enum Classes {
    /// The default one.
    One(Box<Instance>, Arc<dyn Services>),
    /// Those of a registry.
    Many(Arc<Registry>),
}

/// An answer: the status and the response args.
pub struct Answer {
    /// How the request fared.
    pub status: Status,
    args: Args,
}

enum Args {
    None,
    OfHost(String),
    OfInstance(Response),
    OfRegistry(crate::Answer),
}

impl Answer {
    /// An answer of the host's own, without args.
    pub const fn of_host(status: Status) -> Answer {
        Answer { status, args: Args::None }
    }

    /// An answer of the host's own.
    pub const fn with_args(status: Status, args: String) -> Answer {
        Answer { status, args: Args::OfHost(args) }
    }

    /// The response args, JSON.
    pub fn args(&self) -> &[u8] {
        let args = match &self.args {
            Args::None => b"",
            Args::OfHost(text) => text.as_bytes(),
            Args::OfInstance(response) => response.args(),
            Args::OfRegistry(answer) => answer.args(),
        };
        if args.is_empty() { b"{}" } else { args }
    }
}

impl Dispatcher {
    /// A dispatcher with one class.
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
    pub fn over(registry: Arc<Registry>, default: (&str, &str), access: Access) -> Dispatcher {
        Dispatcher::of(Classes::Many(registry), default, access)
    }

    fn of(classes: Classes, (namespace, name): (&str, &str), access: Access) -> Dispatcher {
        let default = (namespace.to_lowercase(), name.to_lowercase());
        Dispatcher { classes, default, access, requests: AtomicU64::new(1) }
    }

    /// The namespace and name that a bare args object is for.
    pub fn default_class(&self) -> (&str, &str) {
        (&self.default.0, &self.default.1)
    }

    /// Answer a request.
    pub fn dispatch(&self, namespace: &str, name: &str, args: &str) -> Answer {
        let id = self.requests.fetch_add(1, Ordering::Relaxed);
        let request = Request { namespace, name, args, id, access: self.access, timeout: None };
        match &self.classes {
            Classes::Many(registry) if modules::is_for_us(namespace, name) => {
                modules::answer(registry, self.access, args)
            }
            Classes::Many(registry) => {
                let answer = registry.dispatch(&request);
                Answer { status: answer.status, args: Args::OfRegistry(answer) }
            }
            Classes::One(instance, services) if self.is_default(namespace, name) => {
                match instance.dispatch(&request) {
                    Ok(response) => Answer { status: response.status(), args: Args::OfInstance(response) },
                    Err(Misuse(code)) => {
                        let text = format!("{namespace}/{name} broke the contract: dispatch answered {code}");
                        services.log(Level::Error, "dispatch", &text, id);
                        Answer::of_host(Status::Internal)
                    }
                }
            }
            Classes::One(..) => Answer::of_host(Status::NotFound),
        }
    }

    fn is_default(&self, namespace: &str, name: &str) -> bool {
        self.default == (namespace.to_lowercase(), name.to_lowercase())
    }
}
