//! The recorded rows whose answer is not the simulator's, and why.

const DIFFERENCES: [(&str, &str); 9] = [
    ("help", "the manual that follows the synopsis is iocage's own text"),
    ("exec-stderr-merged", "recorded with both streams in one pipe"),
    ("exec-dashdash-opts", "size and date of a file in the recorder's jail"),
    ("inject-create-tag", "nothing is ever evaluated; it is noted beside the state"),
    ("inject-set", "nothing is ever evaluated; it is noted beside the state"),
    ("start-after-releases-gone", "what mount and umount say of a release that was half destroyed"),
    ("df-during-destroy", "recorded in the middle of a destroy, and the simulator's changes have no middle"),
    ("list-warden", "not simulated: a form of list that one jail was seen in"),
    ("reset", "not simulated"),
];

/// Why the row is different, if it is known to be.
pub(super) fn reason(id: &str) -> Option<&'static str> {
    DIFFERENCES.iter().find(|(name, _)| *name == id).map(|(_, reason)| *reason)
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    DIFFERENCES.iter().map(|(name, _)| *name)
}
