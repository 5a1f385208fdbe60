//! The actions of the class, as one `table`; of what its rows are, says `row`, of
//! what they answer, `shapes`.
//!
//! `jails`, `pools` and `reads` do them with what `context` holds; `claim` does
//! one under its locks, or has `plan` tell what it would do, and `answer` turns what came of it into response args, with `keyed`
//! and `lists` for rows, `object` for lines and properties, and `detail` for what was printed.

mod answer;
mod base64;
mod claim;
mod consoles;
mod context;
mod detail;
mod events;
mod images;
mod jails;
mod keyed;
mod lists;
mod mounts;
mod object;
mod plan;
mod pools;
mod reads;
mod releases;
mod row;
mod settings;
mod shapes;
mod snapshots;
mod stats;
mod status;
mod table;
mod templates;
mod updates;

pub use answer::{Answer, args};
pub use claim::perform;
pub use context::{Context, Run};
pub use events::NAME as EVENT;
pub use row::{Action, Does, Lock, needs, turn};
pub use shapes::answers;
pub use table::{ACTIONS, beside, find};
