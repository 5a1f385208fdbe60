//! An answer to a request, whoever gave it: a class of the registry, an instance
//! that stands alone, or the host itself.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};
use sysadm_class::Status;
use sysadm_class::host::{Misuse, Request, Response};

use crate::generation::{Generation, Lease};

/// An answer to a request. One of a registry's class counts as in flight until it
/// is dropped: the bytes of its response are the class's.
pub struct Answer {
    /// How the request fared.
    pub status: Status,
    // Dropped in this order: the response goes back before the hold on its maker.
    args: Args,
    lease: Option<Lease>,
}

enum Args {
    None,
    OfHost(Vec<u8>),
    OfClass(Response),
}

impl Answer {
    /// An answer of the host's own, without args.
    #[must_use]
    pub const fn of_host(status: Status) -> Answer {
        Answer { status, args: Args::None, lease: None }
    }

    /// An answer of the host's own. `args` is JSON.
    #[must_use]
    pub const fn with_args(status: Status, args: String) -> Answer {
        Answer { status, args: Args::OfHost(args.into_bytes()), lease: None }
    }

    /// A refusal of the host's own, with a sentence that says why.
    #[must_use]
    pub fn refused(status: Status, why: &str) -> Answer {
        Answer::with_args(status, json!({ "error": why }).to_string())
    }

    /// The same with a copy of the args, which holds nothing of the class.
    pub(crate) fn copied(self) -> Answer {
        Answer { status: self.status, args: Args::OfHost(self.args().to_vec()), lease: None }
    }

    /// What an instance answered.
    pub(crate) fn of_class(response: Response) -> Answer {
        Answer { status: response.status(), args: Args::OfClass(response), lease: None }
    }

    /// Have a request answered, and counted. What is not an answer is told
    /// beside one of our own.
    pub(crate) fn by(lease: Lease, request: &Request<'_>) -> (Answer, Option<Misuse>) {
        let (answer, misuse) = match lease.instance.dispatch(request) {
            Ok(response) => (Answer::of_class(response), None),
            Err(misuse) => (Answer::of_host(Status::Internal), Some(misuse)),
        };
        lease.generation.count(answer.status == Status::Internal);
        (Answer { lease: Some(lease), ..answer }, misuse)
    }

    /// The response args, JSON; `{}` where there are none.
    #[must_use]
    pub fn args(&self) -> &[u8] {
        let args: &[u8] = match &self.args {
            Args::None => b"",
            Args::OfHost(bytes) => bytes,
            Args::OfClass(response) => response.args(),
        };
        if args.is_empty() { b"{}" } else { args }
    }

    /// The args as text; what is not UTF-8, which a class may not answer, is mended.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.args())
    }

    /// The args as values.
    ///
    /// # Errors
    /// If they are not of that shape, or, by a defect of the class, no JSON.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> serde_json::Result<T> {
        serde_json::from_slice(self.args())
    }

    /// Where the status is not 200: the sentence that says why, if there is one.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        if self.status == Status::Ok {
            return None;
        }
        let args: Value = self.read().ok()?;
        Some(args.get("error")?.as_str()?.to_owned())
    }

    /// The generation that answered, if one did.
    #[must_use]
    pub fn generation(&self) -> Option<&Generation> {
        self.lease.as_ref().map(|lease| &*lease.generation)
    }
}
