//! What iocage is: jails, their names and properties, and what can be asked of
//! and done to them, which is `dialect`. `shell` and `python` say how each
//! generation of the program spells it and how it is known to be done; `detect`
//! tells which one it is; the rest is what they share.

mod ahead;
mod bytes;
pub mod detect;
mod dialect;
pub mod direct;
mod ended;
mod fstab;
mod held;
pub mod keyed;
mod lines;
pub mod machine;
mod made;
mod meter;
mod moment;
pub mod mounting;
pub mod mounts;
pub mod names;
mod output;
mod patched;
pub mod program;
pub mod progress;
pub mod python;
mod ran;
pub mod rows;
mod seen;
pub mod session;
pub mod sets;
pub mod shell;
pub mod snapshots;
mod spent;
mod stamp;
pub mod status;
mod swept;
pub mod text;
pub mod told;
mod trusted;
mod turns;
pub mod updates;
mod work;

pub use dialect::{
    Changes, Clean, Created, Creation, Dialect, Done, Exported, Images, Jails, Mounts, Reads, Releases, Said,
    Set, Settings, Settled, Snapshots, State, Templates, Updates, Usage, ValueOfEach, Works,
};
pub use lines::Lines;
pub use names::{JailId, Names};
pub use output::Output;
pub use progress::Progress;
pub use rows::Rows;
pub use session::Session;
pub use spent::{On, Spent};
pub use stamp::Stamp;
pub use text::{OneValue, Properties};
pub use work::Work;
