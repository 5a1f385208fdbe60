//! Using a class from a Rust host, safely.
//!
//! [`Module::load`] opens a library through either door, checks what it finds
//! and says in a sentence what is wrong with it; [`Module::create`] makes an
//! [`Instance`], which answers requests from many threads at once.
//!
//! Everything that needs the library mapped keeps it mapped: modules, instances
//! and responses share it, and the last of them lets it go. Through the C door
//! it is then unmapped, if the class declares itself fit for that and the system is
//! one where that was tried, see [`UNMAPS`]. Through the `abi_stable` door it stays for ever: that crate keeps references into a
//! library once its layouts were compared.

mod check;
mod elf;
mod error;
mod instance;
mod load;
mod mapped;
#[cfg(feature = "module")]
mod own;
mod response;
#[cfg(feature = "abi_stable")]
mod second;
mod services;

pub use error::{CreateError, Fault, LoadError};
pub use instance::{Instance, Request};
pub use load::{Door, Module, inspect};
pub use mapped::UNMAPS;
pub use response::{Misuse, Response};
pub use services::{Services, Silent};
