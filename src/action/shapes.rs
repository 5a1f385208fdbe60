//! What actions answer, as their descriptions tell it.
//!
//! Under the action's name stands one of these, or an error, or for `dryrun` a plan; beside it what
//! every action can tell. A test holds every answer that any test gets against them.

use serde_json::Value;
use sysadm_class::kit::Shape::{Boolean, Either, List, Map, Maybe, Number, Object, Text};
use sysadm_class::kit::{Member, Shape};

/// Lines of output, or properties, by their keys.
pub(super) const TEXTS: Shape = Map(&Text);
/// The same by somebody's names.
pub(super) const TEXTS_OF_EACH: Shape = Map(&TEXTS);
const SOME_TEXT: Shape = Maybe(&Text);
const SOME_TEXTS: Shape = Maybe(&List(&Text));

pub(super) const ACTIVATED: Shape =
    Either(&[Object(&[("currently active", Object(&[("pool", Text)]))]), Object(&[("success", Text)])]);
pub(super) const CAPPED: Shape = Object(&[("applied", SOME_TEXTS), ("success", Text)]);
pub(super) const CLEANED: Shape = Object(&[("destroyed", SOME_TEXTS), ("success", Text)]);
pub(super) const CLONED: Shape = Object(&[("jail", Text), ("props", Text), ("success", TEXTS)]);
pub(super) const CREATED: Shape = Object(&[("props", Text), ("success", TEXTS), ("switches", Text)]);
pub(super) const DEFAULTS: Shape = Object(&[("defaults", TEXTS)]);
pub(super) const SAID: Shape = Object(&[("success", Text)]);
pub(super) const PRINTED: Shape = Object(&[("success", TEXTS)]);
pub(super) const RENAMED: Shape = Object(&[("jail", Text), ("name", Text)]);
pub(super) const TURNED: Shape = Object(&[("jail", Text), ("new", Text), ("old", Text)]);
pub(super) const SET: Shape = Object(&[
    ("defaults", Maybe(&Boolean)),
    ("jail", SOME_TEXT),
    ("properties", Map(&Object(&[("new", Text), ("old", Text)]))),
    ("restart", List(&Text)),
]);
/// Fields that are not selected are not there.
pub(super) const USAGE: Shape = Map(&Object(&[
    ("ava", SOME_TEXT),
    ("crt", SOME_TEXT),
    ("qta", SOME_TEXT),
    ("res", SOME_TEXT),
    ("tag", SOME_TEXT),
    ("use", SOME_TEXT),
]));
pub(super) const JAILS: Shape = Map(&Object(&[
    ("boot", SOME_TEXT),
    ("ip4", SOME_TEXT),
    ("jid", SOME_TEXT),
    ("state", SOME_TEXT),
    ("tag", SOME_TEXT),
    ("type", SOME_TEXT),
]));

/// The rest is there where `more` is asked for.
pub(super) const JAILS_AND_MORE: Shape = Map(&Object(&[
    ("basejail", SOME_TEXT),
    ("boot", SOME_TEXT),
    ("ip4", SOME_TEXT),
    ("ip6", SOME_TEXT),
    ("jid", SOME_TEXT),
    ("path", SOME_TEXT),
    ("pool", SOME_TEXT),
    ("release", SOME_TEXT),
    ("state", SOME_TEXT),
    ("tag", SOME_TEXT),
    ("template", SOME_TEXT),
    ("type", SOME_TEXT),
]));

pub(super) const MOUNTS: Shape = Map(&Object(&[
    ("dump", SOME_TEXT),
    ("inside", SOME_TEXT),
    ("options", SOME_TEXT),
    ("pass", SOME_TEXT),
    ("source", SOME_TEXT),
    ("type", SOME_TEXT),
]));

pub(super) const MOUNT: Shape =
    Object(&[("jail", Text), ("options", Text), ("source", Text), ("target", Text), ("type", Text)]);

pub(super) const STATS: Shape = Map(&Object(&[
    ("cpu", SOME_TEXT),
    ("cputime", SOME_TEXT),
    ("memory", SOME_TEXT),
    ("processes", SOME_TEXT),
    ("tag", SOME_TEXT),
    ("use", SOME_TEXT),
]));
pub(super) const SNAPSHOTS: Shape = Map(&Object(&[
    ("clones", SOME_TEXT),
    ("created", SOME_TEXT),
    ("datasets", SOME_TEXT),
    ("refer", SOME_TEXT),
    ("used", SOME_TEXT),
]));
pub(super) const OF_SNAPSHOT: Shape = Object(&[("jail", Text), ("snapshot", Text)]);
pub(super) const ROLLED_BACK: Shape =
    Object(&[("destroyed", List(&Text)), ("jail", Text), ("snapshot", Text)]);

pub(super) const RELEASES: Shape = Map(&Object(&[("fetched", SOME_TEXT), ("used", SOME_TEXT)]));
pub(super) const FETCHED: Shape = Object(&[("fetched", Text), ("release", Text), ("success", Text)]);

pub(super) const UPDATED: Shape = Object(&[
    ("jail", Text),
    ("release", Object(&[("new", Text), ("old", Text)])),
    ("snapshot", SOME_TEXT),
    ("state", Text),
]);

pub(super) const EXPORTED: Shape =
    Object(&[("bytes", Text), ("image", Text), ("jail", Text), ("path", Text), ("sha256", SOME_TEXT)]);

pub(super) const IMPORTED: Shape = Object(&[("image", Text), ("jail", Text)]);

pub(super) const STATUS: Shape = Object(&[
    ("activated", Text),
    ("pool", SOME_TEXT),
    ("pools", Map(&Object(&[("active", Text), ("free", Text), ("health", Text), ("size", Text)]))),
    ("problem", SOME_TEXT),
    ("ready", Boolean),
]);

pub(super) const CONSOLES: Shape = Object(&[
    (
        "files",
        Map(&Object(&[
            ("modified", Text),
            ("size", Number),
            ("text", Text),
            ("text_base64", SOME_TEXT),
            ("truncated", Boolean),
        ])),
    ),
    ("jail", Text),
]);

/// What stands in place of these where it was not done.
const ERROR: Shape = Object(&[
    ("code", Text),
    ("error", Text),
    ("exit", Maybe(&Number)),
    ("key", SOME_TEXT),
    ("signal", Maybe(&Number)),
    ("stderr", SOME_TEXT),
    ("stdout", SOME_TEXT),
]);

/// And where it was only planned.
const PLAN: Shape = Object(&[
    ("datasets", SOME_TEXTS),
    ("dryrun", Boolean),
    ("jail", Maybe(&Object(&[("state", SOME_TEXT), ("tag", Text), ("uuid", Text)]))),
    ("makes", SOME_TEXTS),
    ("pool", SOME_TEXT),
    ("runs", List(&List(&Text))),
]);

/// What can stand beside it, whatever it is.
const BESIDE: Shape = Object(&[
    ("count", Maybe(&Number)),
    (
        "detail",
        Maybe(&Object(&[
            ("duration_ms", Number),
            ("exit", Maybe(&Shape::Any)),
            ("spent_ms", Map(&Number)),
            ("stderr", Text),
            ("stderr_base64", SOME_TEXT),
            ("stdout", Text),
            ("stdout_base64", SOME_TEXT),
            ("truncated", Boolean),
        ])),
    ),
    ("left_out", Maybe(&Map(&Number))),
    ("order", SOME_TEXTS),
    ("problems", SOME_TEXTS),
    ("warnings", SOME_TEXTS),
]);

/// What a description tells of all answers.
#[must_use]
pub fn answers() -> Member {
    let told = [("beside", BESIDE), ("error", ERROR), ("plan", PLAN)];
    (
        "answers",
        Value::Object(told.into_iter().map(|(name, shape)| (name.to_owned(), shape.schema())).collect()),
    )
}
