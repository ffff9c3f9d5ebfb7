//! Logs that a person can read. (Metrics come with a later issue.)

use tracing_subscriber::EnvFilter;

/// Starts logging to stderr; `filter` as in the configuration key `log`. A second call changes nothing.
pub fn start(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_target(false)
        .try_init();
}
