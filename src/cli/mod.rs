//! The command line: one file per command.

mod account;
mod announce;
mod blocklist;
mod control;
mod demo;
mod emoji;
mod invite;
mod mail;
pub mod plugin;
mod registrations;
mod relay;
mod serve;
mod setting;
mod token;
mod trace;

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
    Serve(serve::Arguments),
    /// Try it out: two servers in a temporary folder, with posts that really travel. / お試し用の二つのサーバー
    #[command(
        after_help = "Examples:\n  nagaya demo\n  nagaya demo --port 4000 --data ./playground\n  nagaya demo --json   (for scripts)"
    )]
    Demo(demo::Arguments),
    /// Manage people's accounts. / アカウントの管理
    #[command(subcommand)]
    Account(account::Command),
    /// Say who may sign up, or change it. / 新規登録の受付を確認・変更します
    #[command(after_help = "Example:\n  nagaya registrations approval")]
    Registrations(registrations::Arguments),
    /// Manage invites. / 招待の管理
    #[command(subcommand)]
    Invite(invite::Command),
    /// Check mail. / メールの確認
    #[command(subcommand)]
    Mail(mail::Command),
    /// Manage access tokens. / アクセストークンの管理
    #[command(subcommand)]
    Token(token::Command),
    /// Change what can be changed while the server runs. / 動作中に変更できる設定
    #[command(subcommand)]
    Setting(setting::Command),
    /// Manage plugins. / プラグインの管理
    #[command(subcommand)]
    Plugin(plugin::Command),
    /// Tell people something. / お知らせの管理
    #[command(subcommand)]
    Announce(announce::Command),
    /// Manage custom emoji. / カスタム絵文字の管理
    #[command(subcommand)]
    Emoji(emoji::Command),
    /// Take part in relays. / リレーの管理
    #[command(subcommand)]
    Relay(relay::Command),
    /// Follow lists of servers to block. / ブロックリストの購読
    #[command(subcommand)]
    Blocklist(blocklist::Command),
    /// Find out why something did not arrive. / 届かなかった理由を調べます
    #[command(
        after_help = "Examples:\n  nagaya trace https://here.example/@alice/123\n  nagaya trace @bob@there.example --lang ja"
    )]
    Trace(trace::Arguments),
    /// Print a commented sample configuration. / 設定ファイルの見本を表示します
    Config,
    #[command(hide = true)]
    PluginCompile { input: PathBuf, output: PathBuf },
    #[command(hide = true)]
    MediaChild {
        /// A program to become, and its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        tool: Vec<std::ffi::OsString>,
    },
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
    /// As it is written on a command line.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--config".to_owned(), self.config.display().to_string()];
        if let Some(data) = &self.data {
            arguments.extend(["--data".to_owned(), data.display().to_string()]);
        }
        arguments
    }

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
            Self::Registrations(arguments) => Some(arguments.place()),
            Self::Invite(command) => Some(command.place()),
            Self::Mail(command) => Some(command.place()),
            Self::Token(command) => Some(command.place()),
            Self::Setting(command) => Some(command.place()),
            Self::Plugin(command) => command.place(),
            Self::Announce(command) => Some(command.place()),
            Self::Emoji(command) => Some(command.place()),
            Self::Relay(command) => Some(command.place()),
            Self::Blocklist(command) => Some(command.place()),
            Self::Trace(arguments) => Some(arguments.place()),
            _ => None,
        }
    }

    /// Carries out a command on a server's data. Relative paths are relative to `folder`.
    async fn on(&self, app: &App, folder: &Path) -> Result<String> {
        match self {
            Self::Account(command) => command.on(app).await,
            Self::Registrations(arguments) => arguments.on(app).await,
            Self::Invite(command) => command.on(app).await,
            Self::Mail(command) => command.on(app).await,
            Self::Token(command) => command.on(app).await,
            Self::Setting(command) => command.on(app).await,
            Self::Plugin(command) => command.on(app, folder).await,
            Self::Announce(command) => command.on(app).await,
            Self::Emoji(command) => command.on(app, folder).await,
            Self::Relay(command) => command.on(app).await,
            Self::Blocklist(command) => command.on(app).await,
            Self::Trace(arguments) => arguments.on(app).await,
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
        Command::MediaChild { tool } => return child(tool),
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
        Command::PluginCompile { .. } | Command::MediaChild { .. } => Ok(()),
        Command::Config => say(&config::sample()),
        Command::Serve(arguments) => block_on(serve::run(arguments)),
        Command::Demo(arguments) => block_on(demo::run(arguments)),
        Command::Plugin(command) if command.place().is_none() => command.alone().map_or(Ok(()), |said| say(&said?)),
        command => block_on(work(command)),
    }
}

/// Carries out a command on a server's data: by ourselves, or, when a server holds the folder, through it.
async fn work(command: Command) -> Result<()> {
    let Some(place) = command.place() else { return Ok(()) };
    let config = match (place.read(), &place.data) {
        (Ok(config), _) => config,
        // Whoever names the folder of a running server (the demo's) needs no configuration: the server has one.
        (Err(_), Some(data)) if control::is_held(data) => return say(&control::ask(data).await?),
        (Err(mistakes), _) => return Err(mistakes.into()),
    };
    crate::observe::start("warn");
    let data = config.data.clone();
    if let Command::Plugin(command) = &command
        && let Some(id) = command.followed()
    {
        return plugin::logs::follow(&data, id, &place.arguments()).await;
    }
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

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if cfg!(debug_assertions) {
        // Where nothing is optimised, the longest chain of deeds (an edit comes in, is judged, kept and announced) needs 3 MiB of
        // stack; in a release build not half of one.
        runtime.thread_stack_size(8 * 1024 * 1024);
    }
    runtime.enable_all().build()?.block_on(work)
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
