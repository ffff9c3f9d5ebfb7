//! Exit door: takes delivery rows, signs, sends, backs off, gives up.
//!
//! Rows lie in the table `deliveries`; in memory is only which lanes have some and which are under way. A lane is one
//! origin: its rows go in order, one at a time, so that a slow or dead server costs a socket and holds up nobody else.
//! A row leaves the table in the transaction that notes its success, so a crash at any moment loses nothing and repeats
//! at most what was under way. While a fan-out policy is enabled, rows first wait for its plan. Spec: delivery rules D1
//! to D8.

mod answer;
mod attempt;
mod dispatcher;
pub mod mail;
mod outcomes;
mod planner;
pub mod push;
mod schedule;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Result;
use dispatcher::Dispatcher;

/// Plans and delivers until `stop` is cancelled; then waits a moment for what is under way and ends.
pub fn start(app: App, stop: CancellationToken) -> JoinHandle<()> {
    let unplanned = Arc::new(Notify::new());
    let dispatcher = Dispatcher::new(app.clone()).telling(unplanned.clone()).run(stop.clone());
    tokio::spawn(async move {
        let outcomes = outcomes::run(app.clone(), stop.clone());
        tokio::join!(planner::run(app, unplanned, stop), outcomes, dispatcher);
    })
}

/// Sends Web Push messages until `stop` is cancelled.
pub fn start_pushes(app: App, stop: CancellationToken) -> JoinHandle<()> {
    push::start(app, stop)
}

/// Sends mail until `stop` is cancelled, if a mail server is configured.
pub fn start_mails(app: App, stop: CancellationToken) -> JoinHandle<()> {
    mail::start(app, stop)
}

/// Delivers everything that is due by the app's clock, and returns when nothing is; for tests and commands.
pub async fn run_until_idle(app: &App) -> Result<()> {
    planner::run_until_idle(app).await?;
    Dispatcher::new(app.clone()).run_until_idle().await
}
