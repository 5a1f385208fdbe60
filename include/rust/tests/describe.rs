//! A host may ask a module for its description before it has made anything. A
//! panic there is an answer like any other, and not even then does std's own hook
//! run, which leaves things behind that outlive the library.
#![cfg(feature = "module")]
#![allow(missing_docs)]

#[macro_use]
mod plain;

use std::sync::atomic::{AtomicBool, Ordering};

use sysadm_class::ffi;
use sysadm_class::module::{Call, RawClass, Reply, table};
use sysadm_class::{Identity, Status};

struct Mute;

impl RawClass for Mute {
    const IDENTITY: Identity = Identity::new("test", "mute", "0.0.1", "").unload_safe();

    fn describe() -> Vec<u8> {
        panic!("lost for words")
    }
    fn create(_: &[u8]) -> Result<Mute, Reply> {
        Ok(Mute)
    }
    fn dispatch(&self, _: &Call<'_>, _: &[u8]) -> Reply {
        Reply::bare(Status::Ok)
    }
    leaves_nothing!();
}

#[test]
fn a_panic_before_any_instance_is_a_500_and_stays_in_the_library() {
    static FORMER_HOOK_RAN: AtomicBool = AtomicBool::new(false);
    std::panic::set_hook(Box::new(|_| FORMER_HOOK_RAN.store(true, Ordering::Relaxed)));
    let class = table::<Mute>();
    let mut response = ffi::Response::empty();
    // SAFETY: the table's own functions, and a text and a response that live.
    let code = unsafe {
        let extension = class.get_extension.expect("there")(ffi::Str::new(ffi::EXT_DESCRIBE));
        (*extension.cast::<ffi::Describe>()).describe.expect("there")(&mut response)
    };
    // So that what fails from here on is told.
    drop(std::panic::take_hook());
    assert_eq!((code, response.status), (ffi::OK, Status::Internal.code()));
    assert!(!FORMER_HOOK_RAN.load(Ordering::Relaxed));
    // SAFETY: filled by this class, and given back.
    unsafe { class.release.expect("there")(&mut response) };
    assert_eq!((response.status, response.args.len, response.owner.is_null()), (0, 0, true));
}
