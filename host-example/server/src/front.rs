//! front

/// The network's process.
pub fn run() -> std::process::ExitCode {
    std::process::ExitCode::FAILURE
}
