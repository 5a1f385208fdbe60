//! The trait that a class is to the contract. All of it is safe Rust and none of it
//! knows of tables and pointers, which are `export`'s.

use super::call::Call;
use super::reply::Reply;
use crate::Identity;

/// A class that answers by itself. Most are better off as a [`Class`](crate::kit::Class), of which
/// this is made. Its instances are used from many threads at once; each function
/// runs on the thread of the host that calls it. A panic in one of them is told
/// to the host's log and answered with [`Status::Internal`](crate::Status::Internal), and the next call
/// works.
///
/// Nothing here may start a thread, install a handler or leave a thread-local
/// destructor behind, if the identity says `unload_safe`.
pub trait RawClass: Sized + Send + Sync + 'static {
    /// Who it is. The exported table is made of it at compile time.
    const IDENTITY: Identity;

    /// The extension `sysadm.describe/1`: a JSON object, see the header.
    fn describe() -> Vec<u8>;

    /// The same of this instance: with what its configuration makes of it. By default
    /// as of every other.
    fn describe_here(&self) -> Vec<u8> {
        Self::describe()
    }

    /// Make an instance from its configuration, a JSON object or nothing.
    ///
    /// # Errors
    /// A reply that says what is wrong with the configuration.
    fn create(config: &[u8]) -> Result<Self, Reply>;

    /// Answer a request for this class: namespace and name have been compared,
    /// the args are any bytes. Blocks until it is done, ends early when
    /// [`Call::is_cancelled`], and starts nothing that outlasts [`Call::deadline`]. A host
    /// promises 512 KiB of stack.
    fn dispatch(&self, call: &Call<'_>, args: &[u8]) -> Reply;

    /// Tell whether the class can do its work: [`Status::Ok`](crate::Status::Ok) or
    /// [`Status::Unavailable`](crate::Status::Unavailable).
    fn health(&self, call: &Call<'_>) -> Reply;

    /// What another version should know when it takes over, a JSON object with
    /// `id` and `version`.
    fn export_state(&self, call: &Call<'_>) -> Reply;

    /// Take over what another version exported, before the first dispatch; all
    /// of it, or with [`Status::BadRequest`](crate::Status::BadRequest) nothing.
    fn import_state(&self, call: &Call<'_>, state: &[u8]) -> Reply;
}
