//! Exit door: takes delivery rows, signs, sends, backs off, gives up.
//!
//! Rows lie in the table `deliveries`; in memory is only which lanes have some and which are under way. A lane is one
//! origin: its rows go in order, one at a time, so that a slow or dead server costs a socket and holds up nobody else.
//! A row leaves the table in the transaction that notes its success, so a crash at any moment loses nothing and repeats
//! at most what was under way. Spec: delivery rules D1 to D8.

mod answer;
mod attempt;
mod dispatcher;
pub mod push;
mod schedule;
#[cfg(test)]
mod tests;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Result;
use dispatcher::Dispatcher;

/// Delivers until `stop` is cancelled; then waits a moment for what is under way and ends.
pub fn start(app: App, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(Dispatcher::new(app).run(stop))
}

/// Sends Web Push messages until `stop` is cancelled.
pub fn start_pushes(app: App, stop: CancellationToken) -> JoinHandle<()> {
    push::start(app, stop)
}

/// Delivers everything that is due by the app's clock, and returns when nothing is; for tests and commands.
pub async fn run_until_idle(app: &App) -> Result<()> {
    Dispatcher::new(app.clone()).run_until_idle().await
}
