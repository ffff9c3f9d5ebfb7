//! Plans one activity after the other while a fan-out policy is enabled; see [`crate::actions::fan_out`].

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::actions::fan_out;
use crate::app::App;
use crate::error::Result;

/// How long planning rests after a mishap of our own.
const OWN_MISHAP: Duration = Duration::from_secs(60);

/// Plans whatever waits, now and whenever `waiting` is rung, until `stop` is cancelled.
pub(super) async fn run(app: App, waiting: Arc<Notify>, stop: CancellationToken) {
    loop {
        let planned = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            planned = fan_out::plan_next(&app) => planned,
        };
        let pause = match planned {
            Ok(true) => continue,
            Ok(false) => None,
            Err(error) => {
                tracing::error!(%error, "deliveries cannot be planned; trying again in a minute");
                Some(OWN_MISHAP)
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = waiting.notified() => {}
            () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => {}
        }
    }
}

/// Plans everything that waits.
pub(super) async fn run_until_idle(app: &App) -> Result<()> {
    while fan_out::plan_next(app).await? {}
    Ok(())
}
