//! How a command reaches the server that holds the data folder: a Unix socket in that folder, one JSON line each way.
//!
//! Only who may write the folder can connect (mode 0600). The server carries out the same command as the program would
//! by itself, so that nobody has to stop it to make an account.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Cli;
use crate::app::App;

/// The longest command or answer, in bytes.
const LIMIT: u64 = 1024 * 1024;
/// Compiling a plugin may take a minute.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Serialize, Deserialize)]
struct Request {
    arguments: Vec<String>,
    /// What relative paths in the arguments are relative to.
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
enum Answer {
    Done(String),
    Failed(String),
}

/// Takes commands for `app` until `stop`. Without the socket the server runs all the same; commands then say why not.
pub(super) fn listen(app: App, stop: CancellationToken) -> Option<JoinHandle<()>> {
    let path = socket(&app.config.data);
    // We hold the folder's lock, so a socket that lies here is left over from a crash.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)
        .and_then(|listener| std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).map(|()| listener));
    let listener = match listener {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "commands cannot reach this server while it runs");
            return None;
        }
    };
    Some(tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop.cancelled() => break,
            };
            let Ok((stream, _)) = accepted else { continue };
            let app = app.clone();
            tokio::spawn(async move {
                if let Err(error) = serve(app, stream).await {
                    tracing::debug!(%error, "a command broke off");
                }
            });
        }
        let _ = std::fs::remove_file(path);
    }))
}

async fn serve(app: App, stream: UnixStream) -> Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    BufReader::new(reader.take(LIMIT)).read_line(&mut line).await?;
    let request: Request = serde_json::from_str(&line)?;
    let answer = match Cli::try_parse_from(request.arguments) {
        Ok(cli) => match cli.command.on(&app, &request.folder).await {
            Ok(text) => Answer::Done(text),
            Err(error) => Answer::Failed(format!("{error:#}")),
        },
        Err(error) => Answer::Failed(error.to_string()),
    };
    writer.write_all(serde_json::to_string(&answer)?.as_bytes()).await?;
    Ok(writer.shutdown().await?)
}

/// Has the server that holds the folder `data` carry out this program's own command line.
pub(super) async fn ask(data: &Path) -> Result<String> {
    ask_as(data, std::env::args().collect()).await
}

/// Has it carry out another command line.
pub(super) async fn ask_as(data: &Path, arguments: Vec<String>) -> Result<String> {
    let path = socket(data);
    let stream = UnixStream::connect(&path).await.context(
        "another nagaya is using the data folder and does not answer; stop it first, or choose another folder with --data",
    )?;
    let request = Request { arguments, folder: std::env::current_dir()? };
    let (reader, mut writer) = stream.into_split();
    writer.write_all(format!("{}\n", serde_json::to_string(&request)?).as_bytes()).await?;
    let mut text = String::new();
    tokio::time::timeout(PATIENCE, reader.take(LIMIT).read_to_string(&mut text))
        .await
        .context("the running server did not answer within two minutes")??;
    match serde_json::from_str(&text).context("the running server is of another version; restart it")? {
        Answer::Done(text) => Ok(text),
        Answer::Failed(why) => bail!("{why}"),
    }
}

/// Whether a server that takes commands seems to hold the folder.
pub(super) fn is_held(data: &Path) -> bool {
    socket(data).exists()
}

fn socket(data: &Path) -> PathBuf {
    data.join("control.sock")
}
