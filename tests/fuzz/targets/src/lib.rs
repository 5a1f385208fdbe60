//! What is fuzzed, as plain functions from bytes.
//!
//! A target takes any bytes at all and panics where the class breaks a promise.
//! So the same functions run under cargo-fuzz, which finds its way by coverage but
//! needs a nightly toolchain, and in `cargo test`, where [`generate`] makes the
//! bytes out of [`seeds`]: less clever, but it knows what tables and requests look
//! like, and it runs wherever the tests run.

mod direct;
mod dispatch;
pub mod generate;
mod judge;
mod oracle;
mod scenario;
pub mod seeds;
mod texts;
mod tools;

/// A target.
pub struct Target {
    /// Its name, that of its folder of seeds, too.
    pub name: &'static str,
    /// Panics where a promise is broken.
    pub run: fn(&[u8]),
    /// Where the generator begins.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "args", run: dispatch::args, seeds: seeds::args },
    Target { name: "shell", run: dispatch::shell, seeds: seeds::shell },
    Target { name: "python", run: dispatch::python, seeds: seeds::python },
    Target { name: "direct", run: direct::direct, seeds: direct::seeds },
    Target { name: "split", run: texts::split, seeds: seeds::split },
    Target { name: "columns", run: texts::columns, seeds: seeds::columns },
    Target { name: "fields", run: texts::fields, seeds: seeds::fields },
    Target { name: "keyed", run: texts::keyed, seeds: seeds::keyed },
    Target { name: "mark", run: texts::mark, seeds: seeds::mark },
    Target { name: "config", run: texts::config, seeds: seeds::config },
];

/// The target of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
