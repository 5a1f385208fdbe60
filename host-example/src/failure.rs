//! What ends this host, and which of it is nobody's fault.

use std::io;

/// Anything that ends the host, with a sentence.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Has whoever read our output gone?
pub(crate) fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}
