//! The two doors: the class as the contract has it.
//!
//! `sysadm_class` exports the trait below through the C symbol and the
//! `abi_stable` root module, over one table. All that touches raw pointers
//! stands in that crate; here is only what this class is.

use serde_json::{Value, json};
use sysadm_class::kit::describe;
use sysadm_class::module::{Call, RawClass, Reply};
use sysadm_class::{Identity, Status};

use crate::action::{self, ACTIONS};
use crate::class::{Caller, Instance};
use crate::state::State;

/// A build that panics on request says so in its version: it is for tests, and
/// for trying out how one version takes another's place.
const VERSION: &str = if cfg!(feature = "forced-panic") {
    concat!(env!("CARGO_PKG_VERSION"), "+forced-panic")
} else {
    env!("CARGO_PKG_VERSION")
};

/// What the contract calls an instance of this class.
struct Iocage(Instance);

fn reply((status, args): (Status, Vec<u8>)) -> Reply {
    Reply { status, args }
}

/// Run `f` with what the class knows of a call.
fn called<R>(call: &Call<'_>, f: impl FnOnce(&Caller<'_>) -> R) -> R {
    let progress = |told: &Value| call.progress(told);
    let event = |told: &Value| call.emit_event(action::EVENT, told);
    f(&Caller {
        progress: call.wants_progress().then_some(&progress),
        event: call.wants_events().then_some(&event),
        access: call.access,
        request: call.request_id,
        name: call.caller,
        deadline: call.deadline,
        cancelled: &|| call.is_cancelled(),
    })
}

fn description() -> Value {
    let mut description = describe(&Iocage::IDENTITY, &ACTIONS, &action::beside);
    let (name, answers) = action::answers();
    description[name] = answers;
    description
}

impl RawClass for Iocage {
    const IDENTITY: Identity =
        Identity::new("sysadm", "iocage", VERSION, env!("CARGO_PKG_DESCRIPTION")).unload_safe();

    fn describe() -> Vec<u8> {
        description().to_string().into_bytes()
    }

    fn describe_here(&self) -> Vec<u8> {
        let mut description = description();
        description["direct"] = self.0.direct();
        if let Some(denied) = self.0.denied() {
            description["denied"] = denied;
        }
        description.to_string().into_bytes()
    }

    fn create(config: &[u8]) -> Result<Iocage, Reply> {
        Instance::configured(config).map(Iocage).map_err(|error| Reply {
            status: Status::BadRequest,
            args: json!(error).to_string().into_bytes(),
        })
    }

    fn dispatch(&self, call: &Call<'_>, args: &[u8]) -> Reply {
        #[cfg(feature = "forced-panic")]
        assert!(!args.windows(12).any(|part| part == b"forced-panic"), "a forced panic");
        reply(called(call, |caller| self.0.dispatch(caller, args)))
    }

    fn health(&self, call: &Call<'_>) -> Reply {
        reply(called(call, |caller| self.0.health(caller)))
    }

    fn export_state(&self, call: &Call<'_>) -> Reply {
        let state = State { log_level: call.log_level(), known: self.0.known() };
        Reply { status: Status::Ok, args: state.to_json().to_string().into_bytes() }
    }

    fn import_state(&self, call: &Call<'_>, state: &[u8]) -> Reply {
        match State::parse(state) {
            Ok(state) => {
                call.set_log_level(state.log_level);
                self.0.adopt(state.known);
                Reply::bare(Status::Ok)
            }
            Err(error) => Reply { status: Status::BadRequest, args: json!(error).to_string().into_bytes() },
        }
    }
}

sysadm_class::export_class!(Iocage);
