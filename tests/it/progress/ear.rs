//! A host that keeps what it is told while requests go on, and on which thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use serde_json::Value;
use sysadm_class::host::{Door, Instance, Module, Request, Services, Silent};
use sysadm_class::{Access, Level};

use crate::support::{Machine, artifacts};

/// What it was told.
#[derive(Clone)]
pub struct Ear(Arc<Kept>);

struct Kept {
    told: Mutex<Vec<Value>>,
    events: Mutex<Vec<Value>>,
    /// The thread that asks, while it does.
    asks: Mutex<Option<ThreadId>>,
    is_deaf: bool,
    was_late: AtomicBool,
    does: Box<dyn Fn() + Send + Sync>,
}

/// An instance whose host this is.
pub struct Asked(Arc<Instance>, Option<Ear>);

impl Ear {
    pub fn new() -> Ear {
        Ear::doing(|| ())
    }

    /// One that does this when it is told something.
    pub fn doing(does: impl Fn() + Send + Sync + 'static) -> Ear {
        Ear::of(false, Box::new(does))
    }

    /// One that wants to hear nothing.
    pub fn silent() -> Ear {
        Ear::of(true, Box::new(|| ()))
    }

    fn of(is_deaf: bool, does: Box<dyn Fn() + Send + Sync>) -> Ear {
        let (told, events, asks, was_late) = Default::default();
        Ear(Arc::new(Kept { told, events, asks, is_deaf, was_late, does }))
    }

    pub fn instance(&self, door: Door, machine: &Machine) -> Asked {
        self.instance_with(door, &machine.config())
    }

    pub fn instance_with(&self, door: Door, config: &str) -> Asked {
        let module = Module::load(&artifacts().module, door).expect("our module");
        let made = module.create(Arc::new(self.clone()), config).expect("good");
        Asked(Arc::new(made), Some(self.clone()))
    }

    /// An instance without a host.
    pub fn deaf(door: Door, machine: &Machine) -> Asked {
        let module = Module::load(&artifacts().module, door).expect("our module");
        Asked(Arc::new(module.create(Arc::new(Silent), &machine.config()).expect("good")), None)
    }

    pub fn told(&self) -> Vec<Value> {
        self.0.told.lock().expect("nobody panics in here").clone()
    }

    pub fn events(&self) -> Vec<Value> {
        self.0.events.lock().expect("nobody panics in here").clone()
    }

    pub fn forget(&self) {
        self.0.told.lock().expect("nobody panics in here").clear();
        self.0.events.lock().expect("nobody panics in here").clear();
    }

    fn hear(&self, list: &Mutex<Vec<Value>>, json: &str) {
        let told: Value = serde_json::from_str(json).expect("JSON");
        assert!(told.is_object(), "{told}");
        if *self.0.asks.lock().expect("nobody panics in here") != Some(thread::current().id()) {
            self.0.was_late.store(true, Ordering::Relaxed);
        }
        list.lock().expect("nobody panics in here").push(told);
        (self.0.does)();
    }
}

impl Services for Ear {
    fn log(&self, _: Level, _: &str, _: &str, _: u64) {}

    fn wants_progress(&self) -> bool {
        !self.0.is_deaf
    }

    fn wants_events(&self) -> bool {
        !self.0.is_deaf
    }

    fn progress(&self, _: u64, json: &str) {
        self.hear(&self.0.told, json);
    }

    fn emit_event(&self, name: &str, json: &str) {
        assert_eq!(name, "iocage");
        self.hear(&self.0.events, json);
    }
}

impl Asked {
    pub fn ask(&self, access: Access, args: &Value) -> Value {
        self.ask_as(1, access, args)
    }

    /// Ask, on this thread, as the request of this number; the response args.
    pub fn ask_as(&self, id: u64, access: Access, args: &Value) -> Value {
        let text = args.to_string();
        let request = Request::new("sysadm", "iocage", &text, access).with_id(id);
        let asks = |thread| {
            if let Some(ear) = &self.1 {
                *ear.0.asks.lock().expect("nobody panics in here") = thread;
            }
        };
        asks(Some(thread::current().id()));
        let response = self.0.dispatch(&request).expect("the contract is kept");
        asks(None);
        if let Some(ear) = &self.1 {
            assert!(!ear.0.was_late.load(Ordering::Relaxed), "told on another thread, or after the answer");
        }
        serde_json::from_slice(response.args()).expect("JSON")
    }

    /// Ask with full access as somebody who waits for so long, from several threads.
    pub fn ask_within(&self, timeout: Duration, args: &Value) -> Value {
        let text = args.to_string();
        let request = Request::new("sysadm", "iocage", &text, Access::Full).within(Some(timeout));
        let response = self.0.dispatch(&request).expect("the contract is kept");
        serde_json::from_slice(response.args()).expect("JSON")
    }

    /// End the request of this number.
    pub fn cancel(&self, id: u64) {
        self.0.cancel(id).expect("the contract is kept");
    }
}
