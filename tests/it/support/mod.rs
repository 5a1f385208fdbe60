//! What the integration tests share: the built artefacts, a simulated machine
//! with a spy before it, an iocage that fails to order, a host that keeps its
//! log, the compilers, and what the system shows of processes.

mod alone;
mod answers;
mod artifacts;
mod compiler;
mod counting;
pub mod dice;
mod elsewhere;
mod faulty;
mod folder;
mod former;
mod host;
mod links;
mod machine;
pub mod process;
mod requests;
mod running;
mod shaped;
pub mod shows;
mod skipped;
pub mod stand;
mod table;
mod untried;

pub use alone::alone;
pub use answers::fault;
pub use artifacts::{artifacts, loadable, module_file, module_with_forced_panic, target};
pub use compiler::{
    C11, CXX17, Language, compile, compiler, compilers, is_installed, made_once, module_in_c, sanitizer,
};
pub use counting::Counting;
pub use elsewhere::{built_elsewhere, ours};
pub use faulty::Faulty;
pub use folder::{Folder, root, sweep, write_program};
pub use former::former;
pub use host::{DOORS, Host, run_host, run_host_with, spawn_host};
pub use links::{lead_somewhere, links};
pub use machine::{Machine, without_tools};
pub use requests::{REQUESTS, STORY, action_of, is_of_python, on_images, request, wants_files};
pub use running::Running;
pub(crate) use skipped::{needed, tell};
pub use table::{FUNCTIONS, spoiled_table};
pub(crate) use untried::skipped;

/// Are the long forms of the tests wanted?
pub fn is_long() -> bool {
    std::env::var_os("SYSADM_SOAK").is_some_and(|word| word == "long")
}
