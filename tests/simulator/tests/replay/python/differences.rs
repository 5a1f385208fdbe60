//! The recorded rows whose answer is not the simulator's, and why.

/// Commands and options that are not simulated, by the first words of the command line.
const NOT_SIMULATED: [&[&str]; 7] = [
    &["export", "bad name"],
    &["snaplist"],
    &["snapremove"],
    &["-D"],
    &["list", "-P"],
    &["list", "-Ph"],
    &["list", "-Plh"],
];

const DIFFERENCES: [(&str, &str); 28] = [
    ("color-env-get-unknown", "the simulator takes nothing from the environment"),
    ("color-env-list", "the simulator takes nothing from the environment"),
    ("color-env-start", "the simulator takes nothing from the environment"),
    ("locale-missing", "the simulator takes nothing from the environment"),
    ("fetch-file-13.5", "a fetch from a folder is not simulated"),
    ("fetch-file-14.3-again", "a fetch from a folder is not simulated"),
    ("fetch-file-missing", "a fetch from a folder is not simulated"),
    ("fetch-http-404", "a fetch from another server is not simulated"),
    ("fetch-http-local-again", "a fetch from another server is not simulated"),
    ("fetch-noarg-offline", "a fetch of what is chosen from a list is not simulated"),
    ("nonroot-create", "the simulator takes everybody for root"),
    ("nonroot-exec", "the simulator takes everybody for root"),
    ("nonroot-start", "the simulator takes everybody for root"),
    (
        "oddname-get-a",
        "a clone's file keeps the quota of its source, and its dataset has none; here the two are one",
    ),
    ("start-ALL", "what Python shows of a jail without a shell depends on who is faster"),
    ("start-jail-cmd-fails", "the recorder told jail(8) to fail"),
    ("exec-arg-version-long", "the recorder's jail had another /bin: no busybox"),
    ("exec-background", "the guest's shell has no background"),
    ("exec-basejail", "files of the recorder's jail"),
    ("exec-dots", "the recorder's jails had the name of the host"),
    ("exec-doubledash-before-jail", "the recorder's jail had another ls"),
    ("exec-empty-command", "the recorder's jail had another shell, which greets"),
    ("exec-env", "the guest has no env"),
    ("exec-exitcode-0-with-stderr-long", "the guest's shell has no loops"),
    ("exec-nonutf8", "the recording has lost the bytes"),
    ("exec-option-after-jail-l", "size and date of a file in the recorder's jail"),
    ("exec-option-after-jail-p", "the guest has no mkdir"),
    ("exec-option-after-jail-u", "the recorder's jail had another id"),
];

/// Why the row is different, if it is known to be.
pub(super) fn reason(id: &str, argv: &[String]) -> Option<&'static str> {
    let is_meant =
        |words: &&&[&str]| words.iter().zip(argv).filter(|(one, other)| one == other).count() == words.len();
    if NOT_SIMULATED.iter().find(is_meant).is_some() {
        return Some("not simulated");
    }
    DIFFERENCES.iter().find(|(name, _)| *name == id).map(|(_, reason)| *reason)
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    DIFFERENCES.iter().map(|(name, _)| *name)
}
