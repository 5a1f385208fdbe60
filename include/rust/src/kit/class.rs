//! A class as data and functions, and the way of a request through it.

use std::fmt;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::action::{Row, distinct, once};
use super::args::Args;
use super::describe::describe;
use super::object::Object;
use super::outcome::{Answer, Failure, reply};
use super::param::Param;
use super::request::Request;
use crate::module::{Call, RawClass, Reply};
use crate::quoted::Quoted;
use crate::{Access, Identity, Status, codes};

/// A class. Its instances are used from many threads at once, each function on the thread of
/// the host that calls it, with 512 KiB of stack. A panic in one is told to the host's log and
/// answered with [`Status::Internal`], and the next call works.
///
/// Two actions of one name, and a key of the configuration that is there twice, do not compile:
/// ```compile_fail,E0080
/// # use sysadm_class::kit::{Action, Answer, Args, Call, Class, Failure, Row, Trial};
/// # use sysadm_class::{Access, Identity};
/// struct Twice;
/// fn look(_: &Twice, _: &Call<'_>, _: &Args) -> Result<Answer, Failure> {
///     Ok(Answer::from(serde_json::json!({})))
/// }
/// impl Class for Twice {
///     const IDENTITY: Identity = Identity::new("example", "twice", "1.0.0", "");
///     const ACTIONS: &'static [Row<Twice>] = &[Action::new("look", look), Action::new("look", look)];
///     fn create(_: &Args) -> Result<Twice, Failure> {
///         Ok(Twice)
///     }
/// }
/// Trial::new().ask(&Twice, Access::Limited, "{}");
/// ```
/// ```compile_fail,E0080
/// # use sysadm_class::kit::{Args, Class, Failure, Key, Param, Row, Trial};
/// # use sysadm_class::Identity;
/// const KEY: Key<String> = Key::new("key");
/// struct Twice;
/// impl Class for Twice {
///     const IDENTITY: Identity = Identity::new("example", "twice", "1.0.0", "");
///     const ACTIONS: &'static [Row<Twice>] = &[];
///     const CONFIG: &'static [Param] = &[KEY.optional(), KEY.required()];
///     fn create(_: &Args) -> Result<Twice, Failure> {
///         Ok(Twice)
///     }
/// }
/// Trial::new().create::<Twice>("{}");
/// ```
///
/// Nothing in it may start a thread, install a handler or leave a thread-local destructor behind,
/// if the identity says `unload_safe`. [`export_class!`](crate::export_class) makes a module of it.
pub trait Class: Sized + Send + Sync + 'static {
    /// Who it is. The exported table is made of it at compile time.
    const IDENTITY: Identity;

    /// What it does.
    const ACTIONS: &'static [Row<Self>];

    /// The keys of its configuration. Others are refused.
    const CONFIG: &'static [Param] = &[];

    /// Make an instance from its configuration. Starts no program and does not block.
    ///
    /// # Errors
    /// What is wrong with the configuration; answered with status 400.
    fn create(config: &Args) -> Result<Self, Failure>;

    /// Do an action. What is to be around each (a lock, a count, a refusal) goes around this.
    ///
    /// # Errors
    /// The action's own.
    fn perform(&self, action: &Row<Self>, call: &Call<'_>, args: &Args) -> Result<Answer, Failure> {
        (action.run())(self, call, args)
    }

    /// The actions that nobody may use here, whatever he may: by the configuration, as a rule. They
    /// are answered with `denied`, and the description of the instance tells them.
    fn denied(&self) -> &[String] {
        &[]
    }

    /// Tell whether it can do its work, as an object; a failure is one with
    /// [`Status::Unavailable`]. By default it can.
    ///
    /// # Errors
    /// Why it cannot.
    fn health(&self, call: &Call<'_>) -> Result<Value, Failure> {
        let _ = call;
        Ok(json!({}))
    }

    /// What another version should know when it takes over: an object, to which the
    /// id of the class and [`Class::STATE_VERSION`] are added. By default nothing.
    fn export_state(&self, call: &Call<'_>) -> Map<String, Value> {
        let _ = call;
        Map::new()
    }

    /// The version of what [`Class::export_state`] tells; one of another is not handed to
    /// [`Class::import_state`]. Raised when an older class would misread it.
    const STATE_VERSION: u64 = 1;

    /// Take over what another version told, before the first request; all of it, or with an error nothing.
    ///
    /// # Errors
    /// What was not understood; answered with status 400.
    fn import_state(&self, call: &Call<'_>, state: &Value) -> Result<(), Failure> {
        let _ = (call, state);
        Ok(())
    }
}

impl<C: Class> RawClass for C {
    const IDENTITY: Identity = C::IDENTITY;

    fn describe() -> Vec<u8> {
        describe(&C::IDENTITY, C::ACTIONS, &|_, _| {}).to_string().into_bytes()
    }

    fn describe_here(&self) -> Vec<u8> {
        let mut description = describe(&C::IDENTITY, C::ACTIONS, &|_, _| {});
        if !self.denied().is_empty() {
            description["denied"] = json!({"actions": self.denied()});
        }
        description.to_string().into_bytes()
    }

    fn create(config: &[u8]) -> Result<C, Reply> {
        const { once(C::CONFIG) };
        Object::strict(C::CONFIG, config)
            .and_then(|mut object| Args::read(C::CONFIG, &mut object))
            .and_then(|config| C::create(&config))
            .map_err(|failure| (&failure).into())
    }

    fn dispatch(&self, call: &Call<'_>, args: &[u8]) -> Reply {
        const { distinct(C::ACTIONS) };
        let started = Instant::now();
        let mut request = match Request::of(C::ACTIONS, args, call.access) {
            Ok(request) => request,
            Err(failure) => {
                // What was no request, the host has a line of.
                if failure.status == Status::Forbidden {
                    log::warn!("refused: {}{}", failure.message, Asked(call.caller));
                }
                return (&failure).into();
            }
        };
        let action = request.action();
        let outcome = match self.denied().iter().any(|name| name == action.name()) {
            true => Err(Failure::of(codes::DENIED, format!("{} is denied here", action.name()))),
            false => request.read().and_then(|args| self.perform(action, call, &args)),
        };
        audit(action, call, started, outcome.as_ref().err());
        reply(action.name(), &outcome)
    }

    fn health(&self, call: &Call<'_>) -> Reply {
        match Class::health(self, call) {
            Ok(told) => Reply { status: Status::Ok, args: told.to_string().into_bytes() },
            Err(failure) => Reply { status: Status::Unavailable, ..(&failure).into() },
        }
    }

    fn export_state(&self, call: &Call<'_>) -> Reply {
        let mut state = Class::export_state(self, call);
        state.insert("id".to_owned(), json!(id::<C>()));
        state.insert("version".to_owned(), json!(C::STATE_VERSION));
        Reply { status: Status::Ok, args: Value::Object(state).to_string().into_bytes() }
    }

    fn import_state(&self, call: &Call<'_>, state: &[u8]) -> Reply {
        let taken = match serde_json::from_slice::<Value>(state) {
            Ok(state) if state["id"] == id::<C>() && state["version"] == C::STATE_VERSION => {
                Class::import_state(self, call, &state)
            }
            _ => {
                let wanted = format!("{} of version {}", Quoted(&id::<C>()), C::STATE_VERSION);
                Err(Failure::of(codes::BAD_REQUEST, format!("the state is not that of {wanted}")))
            }
        };
        taken.map_or_else(|failure| (&failure).into(), |()| Reply::bare(Status::Ok))
    }
}

/// Whose state it is.
fn id<C: Class>() -> String {
    format!("{}/{}", C::IDENTITY.namespace, C::IDENTITY.name)
}

/// One line for each action that needs full access, whether it was done or not; the host adds
/// the request's number. No values: they may hold secrets.
fn audit<C>(action: &Row<C>, call: &Call<'_>, started: Instant, failure: Option<&Failure>) {
    let (name, asked) = (action.name(), Asked(call.caller));
    if let Some(failure) = failure.filter(|failure| failure.code == codes::DENIED.0) {
        log::warn!("refused: {}{asked}", failure.message);
    } else if action.access() == Access::Full {
        let word = failure.map_or("done", |failure| failure.code);
        log::info!("{name} {word}{asked}, after {} ms", started.elapsed().as_millis());
    }
}

/// Who asked, in a line of the log: nothing where the host does not say, and whatever
/// is in a name, no line of its own and no second sentence.
pub struct Asked<'a>(pub &'a str);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " of {}", Quoted(self.0)) }
    }
}
