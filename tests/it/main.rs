//! Integration tests over the really built things: the module as a host loads
//! it, the example host, the simulator. What they share is in `support`.

// A test crate has no outside: what is `pub` here is for its own modules.
#![allow(unreachable_pub)]

mod more;
mod support;

#[global_allocator]
static HEAP: bounds::heap::Counting = bounds::heap::Counting;

mod argv;
mod awkward;
mod believed;
mod both_ways;
mod bounds;
mod caller;
mod cases;
mod check;
mod codes;
mod conditions;
mod consoles;
mod contract;
mod cpp;
mod damaged;
mod denied;
mod detection;
mod direct;
mod documents;
mod dryrun;
mod ending;
mod errors;
mod exchanges;
mod exec;
mod faults;
mod former;
mod forms;
mod frozen;
mod gate;
mod golden;
mod hostile;
mod hosts;
mod images;
mod imports;
mod inside;
mod interrupted;
mod jobs;
mod licences;
mod linux_package;
mod lists;
mod loading;
mod locks;
mod logging;
mod long_work;
mod meant;
mod mounting;
mod mounts;
mod native;
mod one_door;
mod packaging;
mod panics;
mod places;
mod port;
mod progress;
mod python;
mod qt;
mod recordings;
mod reference;
mod refusals;
mod releases;
mod replaceable;
mod rest;
mod served;
mod settings;
mod shown;
mod snapshots;
mod soak;
mod stats;
mod status;
mod swap;
mod swept;
mod template;
mod templates;
mod three_verbs;
mod trust;
mod unload;
mod updates;
