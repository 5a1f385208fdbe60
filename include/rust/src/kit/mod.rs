//! What every class needs, so that a class is data and functions.
//!
//! A [`Class`] is a table of [`Action`]s, each a row with a name, a summary, the access
//! it needs, the [`Key`]s that it takes, and the function that does it. All else is made of
//! the table: args are read once into typed [`Args`], who may not is refused, what is
//! missing or wrong is answered in the documented shape, and the description with its
//! JSON Schema cannot disagree with what is taken.
//!
//! * `key`: a key and the type that it is made into; `param`: a key in an action's row.
//! * `value`, `object`, `args`: from args JSON to that type, in bounded memory.
//! * `action`, `request`: the table, and a request that was held to it.
//! * `outcome`: answers and failures; `shape`: what an answer is like; [`Quoted`]: somebody's text in a sentence.
//! * `describe`: the table, told, with `member` for objects; `wanted`: whether somebody still waits.
//! * `class`: the trait that puts it all together; [`Trial`] is a host to test one by.
//!
//! Nothing here is unsafe, and nothing knows of tables and pointers: those are
//! [`module`](crate::module)'s, whose [`RawClass`](crate::module::RawClass) each class
//! becomes. A class with a way of its own to answer implements that one and takes from
//! here what it can use, [`Request`] above all.
//!
//! ```
//! use serde_json::json;
//! use sysadm_class::kit::{Action, Answer, Args, Call, Class, Failure, Key, Row, Trial};
//! use sysadm_class::{Access, Identity};
//!
//! struct Greeter;
//!
//! const WHOM: Key<String> = Key::new("whom").says("who is greeted");
//!
//! impl Greeter {
//!     fn greet(&self, _: &Call<'_>, args: &Args) -> Result<Answer, Failure> {
//!         Ok(Answer::from(json!({"greeting": format!("hello {}", args.need(&WHOM)?)})))
//!     }
//! }
//!
//! impl Class for Greeter {
//!     const IDENTITY: Identity = Identity::new("example", "greeter", "1.0.0", "Greets").unload_safe();
//!     const ACTIONS: &'static [Row<Greeter>] =
//!         &[Action::new("greet", Greeter::greet).says("greets somebody").takes(&[WHOM.required()])];
//!     fn create(_: &Args) -> Result<Greeter, Failure> {
//!         Ok(Greeter)
//!     }
//! }
//!
//! let host = Trial::new();
//! let ask = |args: &str| host.ask(&Greeter, Access::Limited, args).1;
//! assert_eq!(ask(r#"{"action":"greet","whom":"you"}"#), json!({"greet": {"greeting": "hello you"}}));
//! assert_eq!(ask(r#"{"action":"greet"}"#)["greet"]["code"], "missing-key");
//! ```

mod action;
mod args;
mod class;
mod describe;
mod key;
mod member;
mod object;
mod outcome;
mod param;
mod request;
mod shape;
mod value;
mod wanted;

pub use crate::module::{Call, Reply, Trial};
pub use crate::quoted::Quoted;
pub use action::{Action, Function, Row, distinct};
pub use args::Args;
pub use class::{Asked, Class};
pub use describe::{Beside, describe, schema};
pub use key::{Argument, Json, Key};
pub use member::Member;
pub use object::{MAX_ARGS, MAX_KEYS};
pub use outcome::{Answer, Failure};
pub use param::Param;
pub use request::Request;
pub use shape::Shape;
