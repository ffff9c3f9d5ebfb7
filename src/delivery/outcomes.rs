//! Tells the fan-out policy what became of deliveries: at most once a minute, and only when there is something to tell.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::actions::fan_out;
use crate::app::App;

/// How long outcomes are gathered.
pub(super) const EVERY: Duration = Duration::from_secs(60);

/// Tells until `stop` is cancelled.
pub(super) async fn run(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.plugins.delivered() => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        fan_out::learn(&app).await;
    }
}
