//! `nagaya serve`: runs the server until it is told to stop.

use anyhow::Result;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{Place, control};
use crate::{observe, server, web};

#[derive(Args)]
pub(super) struct Arguments {
    /// Run no plugin, whatever is installed and enabled. / プラグインを一切動かしません
    #[arg(long)]
    no_plugins: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(arguments: Arguments) -> Result<()> {
    let mut config = arguments.place.read()?;
    config.plugins &= !arguments.no_plugins;
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
    if !web::is_embedded() && running.app.config.web_app.is_none() {
        tracing::warn!(
            "the web app is not part of this program; pages and apps for Mastodon work. \
             Build with Node.js and npm installed to have it"
        );
    }
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
