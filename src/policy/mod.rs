//! What may be handed to iocage.
//!
//! iocage runs as root, reads names as patterns and, in its shell generation,
//! properties as code. So everything of a request that reaches an argv is of one
//! of the types here, each made only by a parser that holds it to a grammar: `names`,
//! `props` of a jail, what is mounted for it (`mounts`), and the `words` of switches and commands. The grammars are
//! narrower than what iocage takes; each refusal names the key and says what is
//! allowed.
//!
//! `kinds` says of every property what setting it reaches, and `denied` what an
//! administrator has taken away.

mod denied;
mod images;
mod kinds;
mod mounts;
mod names;
mod props;
mod release;
mod settable;
mod texts;
mod words;

pub use denied::Denied;
pub use images::ImageName;
pub use kinds::{Group, Kind, PROPERTIES, is_known, reach};
pub use mounts::{MountOptions, MountSource, MountTarget, MountedSource, MountedTarget};
pub use names::{JailName, NewName, PoolName, PropertyName, SnapshotName, UserName};
pub use props::{BOOLEANS, Prop, Props};
pub use release::Release;
pub use settable::{is_in, refuse_unsettable};
pub use words::{CommandLine, MAX_SWITCHES, switches};
