//! A class of the program itself, as a module: nothing is loaded and nothing unmapped, and all else is
//! as by a host that loads it. For tests of a class, and for hosts with a class built in.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::load::Module;
use super::mapped::{Keep, Loaded};
use crate::ffi;
use crate::module::{RawClass, in_process, table};

impl Module {
    /// The module that a class would be if it were one. Its [`path`](Module::path) is empty.
    ///
    /// A module replaces the panic hook of its library, and sets the logger of the crate `log` in it. In this
    /// program the hook stays, and the logger if there is one.
    ///
    /// ```
    /// # use sysadm_class::kit::{Action, Answer, Args, Call, Class, Failure, Row};
    /// use std::sync::Arc;
    /// use sysadm_class::host::{Module, Request, Silent};
    /// use sysadm_class::{Access, Identity};
    ///
    /// # struct Echo;
    /// # impl Echo {
    /// #     fn echo(&self, _: &Call<'_>, _: &Args) -> Result<Answer, Failure> {
    /// #         Ok(serde_json::json!("hello").into())
    /// #     }
    /// # }
    /// # impl Class for Echo {
    /// #     const IDENTITY: Identity = Identity::new("example", "echo", "1.0.0", "");
    /// #     const ACTIONS: &[Row<Echo>] = &[Action::new("echo", Echo::echo)];
    /// #     fn create(_: &Args) -> Result<Echo, Failure> {
    /// #         Ok(Echo)
    /// #     }
    /// # }
    /// let module = Module::of::<Echo>();
    /// let instance = module.create(Arc::new(Silent), "{}")?;
    /// let request = Request::new("example", "echo", r#"{"action":"echo"}"#, Access::Limited);
    /// let response = instance.dispatch(&request)?;
    /// assert_eq!(response.text(), r#"{"echo":"hello"}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of<C: RawClass>() -> Module {
        struct Table<C>(C);
        impl<C: RawClass> Table<C> {
            const CLASS: &'static ffi::Class = &table::<C>();
        }
        in_process();
        let (path, library, unmap) = (PathBuf::new(), Keep::Own, AtomicBool::new(false));
        Module { loaded: Arc::new(Loaded { class: Table::<C>::CLASS, path, library, unmap }) }
    }
}
