//! `nagaya serve`: runs the server until it is told to stop.

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use super::{Place, control};
use crate::{observe, server};

pub(super) async fn run(place: Place) -> Result<()> {
    let config = place.read()?;
    observe::start(&config.log);
    let listener = server::bind(&config).await?;
    let started = std::time::Instant::now();
    let app = server::build(config, server::Substitutes::default()).await?;
    let running = server::start(app, listener)?;
    tracing::info!(
        url = running.app.config.url("/"),
        listen = %running.address,
        ms = started.elapsed().as_millis(),
        "Nagaya {} is up",
        env!("CARGO_PKG_VERSION")
    );
    let done = CancellationToken::new();
    let commands = control::listen(running.app.clone(), done.clone());
    stop_asked().await?;
    done.cancel();
    if let Some(commands) = commands {
        let _ = commands.await;
    }
    tracing::info!("stopping: finishing what is under way");
    running.stop().await;
    Ok(())
}

/// Waits for Ctrl-C or, on Unix, SIGTERM.
pub(super) async fn stop_asked() -> Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            asked = tokio::signal::ctrl_c() => asked?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}
