//! The command line: one file per command.

mod account;
mod control;
mod demo;
pub mod plugin;
mod serve;
mod token;

use std::path::{Path, PathBuf};

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::app::App;
use crate::config::{self, Config, Mistakes};
use crate::error::Error;
use crate::media::child;
use crate::plugins::compile;
use crate::server;

#[derive(Parser)]
#[command(
    name = "nagaya",
    version,
    about = "Nagaya (長屋): a tiny fediverse server.",
    after_help = "Examples:\n  nagaya demo                          two neighbouring servers to play with\n  \
                  nagaya config > nagaya.toml          a commented configuration file\n  \
                  nagaya account create alice --email alice@example.org --owner\n  nagaya serve"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server. / サーバーを起動します
    #[command(after_help = "Example:\n  nagaya serve --config /etc/nagaya.toml")]
    Serve(Place),
    /// Try it out: two servers in a temporary folder, with posts that really travel. / お試し用の二つのサーバー
    #[command(
        after_help = "Examples:\n  nagaya demo\n  nagaya demo --port 4000 --data ./playground\n  nagaya demo --json   (for scripts)"
    )]
    Demo(demo::Arguments),
    /// Manage people's accounts. / アカウントの管理
    #[command(subcommand)]
    Account(account::Command),
    /// Manage access tokens. / アクセストークンの管理
    #[command(subcommand)]
    Token(token::Command),
    /// Manage plugins. / プラグインの管理
    #[command(subcommand)]
    Plugin(plugin::Command),
    /// Print a commented sample configuration. / 設定ファイルの見本を表示します
    Config,
    #[command(hide = true)]
    PluginCompile { input: PathBuf, output: PathBuf },
    #[command(hide = true)]
    MediaChild,
}

/// Where the configuration lies.
#[derive(Args, Clone)]
pub struct Place {
    /// The configuration file.
    #[arg(long, default_value = "nagaya.toml", env = "NAGAYA_CONFIG")]
    config: PathBuf,
    /// The data folder, instead of the configured one.
    #[arg(long)]
    data: Option<PathBuf>,
}

impl Place {
    /// Reads and checks the configuration.
    fn read(&self) -> Result<Config, Mistakes> {
        let mut config = config::load(&self.config, std::env::vars())?;
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        Ok(config)
    }
}

impl Command {
    /// The configuration that a command on a server's data names; `None` for commands of another kind.
    fn place(&self) -> Option<&Place> {
        match self {
            Self::Account(command) => Some(command.place()),
            Self::Token(command) => Some(command.place()),
            Self::Plugin(command) => Some(command.place()),
            _ => None,
        }
    }

    /// Carries out a command on a server's data. Relative paths are relative to `folder`.
    async fn on(&self, app: &App, folder: &Path) -> Result<String> {
        match self {
            Self::Account(command) => command.on(app).await,
            Self::Token(command) => command.on(app).await,
            Self::Plugin(command) => command.on(app, folder).await,
            _ => anyhow::bail!("this command does not work on a server's data"),
        }
    }
}

/// Parses the arguments and runs the command. Exit code 2: the arguments or the configuration are wrong; 1: anything else.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // Children do one piece of work in a small process of their own, without a runtime.
    let command = match cli.command {
        Command::PluginCompile { input, output } => return compile::child(&input, &output),
        Command::MediaChild => return child(),
        command => command,
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nagaya: {error:#}");
            ExitCode::from(if error.is::<Mistakes>() { 2 } else { 1 })
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::PluginCompile { .. } | Command::MediaChild => Ok(()),
        Command::Config => say(&config::sample()),
        Command::Serve(place) => block_on(serve::run(place)),
        Command::Demo(arguments) => block_on(demo::run(arguments)),
        command => block_on(work(command)),
    }
}

/// Carries out a command on a server's data: by ourselves, or, when a server holds the folder, through it.
async fn work(command: Command) -> Result<()> {
    let Some(place) = command.place() else { return Ok(()) };
    let config = place.read()?;
    crate::observe::start("warn");
    let data = config.data.clone();
    let answer = match server::build(config, server::Substitutes::default()).await {
        Ok(app) => {
            let answer = command.on(&app, Path::new(".")).await;
            app.store.close().await;
            answer?
        }
        Err(Error::Conflict(_)) if control::is_held(&data) => control::ask(&data).await?,
        Err(error) => return Err(error.into()),
    };
    say(&answer)
}

fn block_on(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Prints an answer to stdout.
#[allow(clippy::print_stdout, reason = "the one place where commands answer")]
fn say(text: &str) -> Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}
