//! Makes waiting uploads, one after the other, from the start of the server on.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::actions::upload;
use crate::app::App;

/// How long the worker rests when something of our own is broken.
const MISHAP: Duration = Duration::from_secs(60);

/// Works until `stop` is cancelled; what is under way then begins anew with the next start.
pub fn start(app: App, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        let work = async {
            loop {
                match upload::work(&app).await {
                    Ok(true) => {}
                    Ok(false) => app.media.something_waits().await,
                    Err(error) => {
                        tracing::error!(%error, "an upload could not be processed; trying again in a minute");
                        tokio::time::sleep(MISHAP).await;
                    }
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => {}
        }
    })
}
