//! `nagaya plugin …`: install, permit, configure, watch. Every function returns what to print, in both languages.

mod author;
mod letters;
pub(super) mod logs;
mod simulate;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::Value;

use super::Place;
use crate::actions::plugin::index;
use crate::actions::plugin::manage::{self, Installed, Run};
use crate::actions::plugin::replay;
use crate::app::App;
use crate::error::{Error, Result};
use crate::plugins::envelope::Verdict;
use crate::plugins::index::{Index, Offer};
use crate::plugins::manifest::Manifest;
use crate::plugins::permissions::Ask;
use crate::plugins::{Plugins, conformance, sections};
use crate::random::Random;
use crate::store::plugins::{self, Plugin};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Install or upgrade a plugin: a .wasm file, an address, or the name of one that comes with Nagaya. / プラグインを入れます
    #[command(
        after_help = "Examples:\n  nagaya plugin install keywords --grant all\n  nagaya plugin install ./my-filter.wasm --unsigned\n  nagaya plugin install https://example.org/filter.wasm --sha256 0123…"
    )]
    Install {
        file: PathBuf,
        /// SHA-256 of the file behind an address. / アドレスから入れるファイルのSHA-256
        #[arg(long)]
        sha256: Option<String>,
        /// A signed list of plugins at this address that offers the one named. / 署名付きプラグイン一覧のアドレス
        #[arg(long, conflicts_with = "sha256")]
        index: Option<String>,
        /// Accept a file that nobody signed. / 署名のないファイルを許可します
        #[arg(long)]
        unsigned: bool,
        /// Grant these permissions (comma separated), or all. / 与える権限（カンマ区切り、またはall）
        #[arg(long)]
        grant: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List the installed plugins. / 一覧
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Show what a plugin asks for, or grant it (comma separated, `all` or `none`). / 権限を表示、または付与します
    Grant {
        id: String,
        permissions: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Start a plugin; with --shadow it only notes what it would do. / 有効にします（--shadowなら記録だけ）
    Enable {
        id: String,
        #[arg(long)]
        shadow: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Stop a plugin; its settings stay. / 無効にします
    Disable {
        id: String,
        #[command(flatten)]
        place: Place,
    },
    /// Change a setting of a plugin; lists are separated by commas. / 設定を変えます
    #[command(after_help = "Example:\n  nagaya plugin set keywords reject \"spam,宣伝\"")]
    Set {
        id: String,
        key: String,
        value: String,
        #[command(flatten)]
        place: Place,
    },
    /// Show what a plugin would say about stored posts; nothing is changed. / 保存済みの投稿に対する判定を試します
    Replay {
        id: String,
        /// How many posts, newest first. / 件数
        #[arg(long, default_value_t = 100)]
        last: u32,
        #[command(flatten)]
        place: Place,
    },
    /// Play a fan-out policy over many servers, beside the built-in plan; nothing is sent. / 配送計画を試算します
    #[command(
        after_help = "Examples:\n  nagaya plugin simulate polite --hosts 2000 --slow 30% --picture polite.svg\n  nagaya plugin simulate polite --author alice"
    )]
    Simulate {
        #[command(flatten)]
        simulation: simulate::Arguments,
        #[command(flatten)]
        place: Place,
    },
    /// Show what a bot could not deal with, or try it again. / ボットが処理できなかったものを表示します
    #[command(after_help = "Examples:\n  nagaya plugin letters reminder\n  nagaya plugin letters reminder --again all")]
    Letters {
        #[command(flatten)]
        letters: letters::Arguments,
        #[command(flatten)]
        place: Place,
    },
    /// Show the newest lines of a plugin's log. / ログを表示します
    Logs {
        id: String,
        /// Go on with what comes, until Ctrl-C. / 新しい行を表示し続けます
        #[arg(short, long)]
        follow: bool,
        /// Only lines after this one, whose number then stands first.
        #[arg(long, hide = true)]
        after: Option<u64>,
        #[command(flatten)]
        place: Place,
    },
    /// Switch to the version that waits for permissions. / 保留中の版に切り替えます
    Upgrade {
        id: String,
        /// What the new version may do (comma separated), or all. / 新しい版に与える権限
        #[arg(long)]
        grant: String,
        #[command(flatten)]
        place: Place,
    },
    /// Go back to the version before, with its data. / 前の版に戻します
    Rollback {
        id: String,
        #[command(flatten)]
        place: Place,
    },
    /// Uninstall a plugin. / 削除します
    Uninstall {
        id: String,
        /// Keep what it stored. / 保存データを残します
        #[arg(long)]
        keep_data: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Make a publisher's key, to sign plugins with. / 署名用の鍵を作ります
    Key {
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Sign a plugin; the signed file replaces it. / プラグインに署名します
    Sign {
        file: PathBuf,
        #[arg(long)]
        key: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Write a signed list of plugins, to be put on any web server beside them. / 署名付きのプラグイン一覧を作ります
    #[command(
        after_help = "Example:\n  nagaya plugin index --key key.pk8 --serial 1 --out index.json a.wasm b.wasm\n  nagaya plugin install a --index https://example.org/index.json"
    )]
    Index {
        /// Signed plugins; the list names them by their file names.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[arg(long)]
        key: PathBuf,
        /// Must rise with every change. / 更新のたびに増やします
        #[arg(long)]
        serial: u64,
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Forget by whom a list of plugins was signed, to trust whoever signs it next. / 一覧の署名者を忘れます
    ForgetIndex {
        url: String,
        #[command(flatten)]
        place: Place,
    },
    /// Run the golden cases of the plugins that come with Nagaya, and print the table. / 付属プラグインの適合テストを実行します
    Conformance,
    #[command(flatten)]
    Author(author::Command),
}

impl Command {
    /// The configuration that it names; `None` for the commands of authors, which need no server.
    pub(super) fn place(&self) -> Option<&Place> {
        let (Self::Install { place, .. }
        | Self::List { place }
        | Self::Grant { place, .. }
        | Self::Enable { place, .. }
        | Self::Disable { place, .. }
        | Self::Set { place, .. }
        | Self::Replay { place, .. }
        | Self::Simulate { place, .. }
        | Self::Letters { place, .. }
        | Self::Logs { place, .. }
        | Self::Upgrade { place, .. }
        | Self::Rollback { place, .. }
        | Self::Uninstall { place, .. }
        | Self::Key { place, .. }
        | Self::Index { place, .. }
        | Self::ForgetIndex { place, .. }
        | Self::Sign { place, .. }) = self
        else {
            return None;
        };
        Some(place)
    }

    /// The plugin whose log is to be followed, if that is what is asked for.
    pub(super) fn followed(&self) -> Option<&str> {
        match self {
            Self::Logs { id, follow: true, .. } => Some(id),
            _ => None,
        }
    }

    /// Carries out what needs no server; `None` for the others.
    pub(super) fn alone(&self) -> Option<anyhow::Result<String>> {
        if let Self::Conformance = self {
            return Some(super::block_on(conformance()));
        }
        let Self::Author(command) = self else { return None };
        Some(command.run())
    }

    /// Carries it out; a running server goes on with what was changed at once.
    pub(super) async fn on(&self, app: &App, folder: &Path) -> anyhow::Result<String> {
        Ok(match self {
            Self::Install { file, sha256, index, unsigned, grant, .. } => {
                let wasm = match index {
                    Some(list) => index::fetch(app, list, file.to_str().unwrap_or_default()).await?,
                    None => read(app, folder, file, sha256.as_deref()).await?,
                };
                let mut said = install(app, wasm, *unsigned).await?;
                if let Some(grant) = grant {
                    let id = said.id.clone();
                    said.text = format!("{}\n{}", said.text, permit(app, &id, grant).await?);
                }
                said.text
            }
            Self::List { .. } => list(app).await?,
            Self::Grant { id, permissions: Some(wanted), .. } => permit(app, id, wanted).await?,
            Self::Grant { id, permissions: None, .. } => prompts(&manage::asks(app, id).await?),
            Self::Enable { id, shadow, .. } => enable(app, id, *shadow).await?,
            Self::Disable { id, .. } => disable(app, id).await?,
            Self::Set { id, key, value, .. } => set(app, id, key, value).await?,
            Self::Replay { id, last, .. } => replayed(app, id, *last).await?,
            Self::Letters { letters, .. } => letters.run(app).await?,
            Self::Simulate { simulation, .. } => simulation.run(app, folder).await?,
            Self::Logs { id, after, .. } => logs::lines(app, id, *after).await?,
            Self::Upgrade { id, grant, .. } => {
                let wanted = wanted(grant, &waiting(app, id).await?);
                manage::upgrade(app, id, wanted).await?;
                format!("{id} runs its new version.\n{id} は新しい版で動いています。")
            }
            Self::Rollback { id, .. } => {
                manage::rollback(app, id).await?;
                format!("{id} runs its version before.\n{id} は前の版に戻りました。")
            }
            Self::Uninstall { id, keep_data, .. } => {
                let id = manage::uninstall(app, id, *keep_data).await?;
                format!("{id} is gone.\n{id} を削除しました。")
            }
            Self::Key { file, .. } => {
                let (key, public) = sections::new_key()?;
                let path = folder.join(file);
                if path.exists() {
                    anyhow::bail!("{} exists already", path.display());
                }
                tokio::fs::write(&path, key).await.map_err(Error::io(format!("cannot write {}", path.display())))?;
                format!("publisher-key = \"{public}\"")
            }
            Self::Sign { file, key, .. } => {
                let (path, key) = (folder.join(file), folder.join(key));
                let wasm =
                    tokio::fs::read(&path).await.map_err(Error::io(format!("cannot read {}", path.display())))?;
                let key = tokio::fs::read(&key).await.map_err(Error::io(format!("cannot read {}", key.display())))?;
                let signed = sections::sign(&wasm, &key)?;
                tokio::fs::write(&path, signed).await.map_err(Error::io(format!("cannot write {}", path.display())))?;
                format!("Signed {0}.\n{0} に署名しました。", path.display())
            }
            Self::Index { files, key, serial, out, .. } => {
                let mut list = Index { serial: *serial, plugins: Vec::new() };
                for file in files {
                    let path = folder.join(file);
                    let wasm =
                        tokio::fs::read(&path).await.map_err(Error::io(format!("cannot read {}", path.display())))?;
                    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                    list.plugins.push(Offer::of(&wasm, name)?);
                }
                let key = folder.join(key);
                let key = tokio::fs::read(&key).await.map_err(Error::io(format!("cannot read {}", key.display())))?;
                let (text, path) = (crate::plugins::index::write(&list, &key)?, folder.join(out));
                tokio::fs::write(&path, text).await.map_err(Error::io(format!("cannot write {}", path.display())))?;
                format!("{0} offers {1}.\n{0} に {1} 件を載せました。", path.display(), list.plugins.len())
            }
            Self::ForgetIndex { url, .. } => {
                if !index::forget(app, url).await? {
                    return Err(Error::NotFound("index").into());
                }
                format!("{url} is forgotten.\n{url} を忘れました。")
            }
            Self::Conformance => conformance().await?,
            Self::Author(command) => command.run()?,
        })
    }
}

/// Runs the golden cases in a folder of their own; fails with the table when one of them fails.
async fn conformance() -> anyhow::Result<String> {
    let folder = std::env::temp_dir().join(format!("nagaya-conformance-{}", &Random::System.secret()[..8]));
    tokio::fs::create_dir_all(&folder).await?;
    let report = conformance::run(&folder, Some(&std::env::current_exe()?)).await;
    let _ = tokio::fs::remove_dir_all(&folder).await;
    let report = report?;
    anyhow::ensure!(report.is_good(), "{}", report.table());
    Ok(report.table())
}

/// Installs, permits, sets up and starts a plugin that comes with Nagaya, in a running server.
pub async fn start_built_in(app: &App, name: &str, settings: &[(&str, &str)]) -> Result<()> {
    install(app, manage::built_in(name)?, false).await?;
    permit(app, name, "all").await?;
    for (key, value) in settings {
        set(app, name, key, value).await?;
    }
    enable(app, name, false).await.map(drop)
}

/// The bytes of what somebody named: a plugin that comes with the server, an address, or a file.
async fn read(app: &App, folder: &Path, file: &Path, sha256: Option<&str>) -> Result<Vec<u8>> {
    let name = file.to_str().unwrap_or_default();
    if Plugins::built_in(name).is_some() {
        return manage::built_in(name);
    }
    if name.starts_with("https://") || name.starts_with("http://") {
        let sha256 = sha256.ok_or_else(|| Error::invalid("sha256", "must be given with an address (--sha256)"))?;
        return manage::fetch(app, name, sha256).await;
    }
    let path = folder.join(file);
    tokio::fs::read(&path).await.map_err(Error::io(format!("cannot read {}", path.display())))
}

/// What an installation answers.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Said {
    pub id: String,
    pub text: String,
}

/// Installs (or upgrades) a plugin. It is not enabled.
pub async fn install(app: &App, wasm: Vec<u8>, unsigned: bool) -> Result<Said> {
    let (manifest, done) = manage::install(app, wasm, unsigned).await?;
    let (id, version) = (&manifest.id, &manifest.version);
    let text = match done {
        Installed::New => format!(
            "Installed {} ({id} {version}). It asks for:\n{}\nGrant that: nagaya plugin grant {id} all\nStart it: nagaya plugin enable {id}\n\
             {}（{id} {version}）をインストールしました。権限を付与してから有効にしてください。",
            manifest.name.en,
            prompts(&manage::asks(app, id).await?),
            manifest.name.ja()
        ),
        Installed::Upgraded => format!("Upgraded {id} to {version}.\n{id} を {version} に更新しました。"),
        Installed::Pending => format!(
            "{id} {version} asks for more than the version before, which runs on. Switch: nagaya plugin upgrade {id} --grant all\n{}\n\
             {id} {version} は追加の権限を求めています。承認されるまで前の版が動き続けます。",
            prompts(&waiting(app, id).await?)
        ),
        Installed::Same => format!("{id} {version} is installed already.\n{id} {version} はインストール済みです。"),
    };
    Ok(Said { id: id.clone(), text })
}

/// One line for each permission, those to look at twice with an exclamation mark.
fn prompts(asks: &[Ask]) -> String {
    let line = |ask: &Ask| {
        let mark = if ask.red { "!" } else { " " };
        let why = ask.why.as_ref().map(|why| format!(" ({} / {})", why.en, why.ja())).unwrap_or_default();
        format!("{mark} {}: {} / {}{why}", ask.name, ask.prompt.en, ask.prompt.ja())
    };
    asks.iter().map(line).collect::<Vec<_>>().join("\n")
}

async fn waiting(app: &App, name: &str) -> Result<Vec<Ask>> {
    let name = name.to_owned();
    let read = app.store.read(move |db| {
        let id = manage::find(db, &name)?.id;
        plugins::version(db, &id, "pending")?.ok_or(Error::NotFound("pending version"))
    });
    let manifest = Manifest::parse(&read.await?.manifest)?;
    crate::plugins::permissions::asked(&manifest).map_err(|why| Error::invalid("plugin", why))
}

fn wanted(typed: &str, asks: &[Ask]) -> Vec<String> {
    match typed {
        "all" => asks.iter().map(|ask| ask.name.clone()).collect(),
        "none" => Vec::new(),
        names => names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect(),
    }
}

/// Grants exactly these permissions.
pub async fn permit(app: &App, name: &str, typed: &str) -> Result<String> {
    let granted = wanted(typed, &manage::asks(app, name).await?);
    let text = if granted.is_empty() { "-".to_owned() } else { granted.join(", ") };
    manage::grant(app, name, granted).await?;
    Ok(format!("{name} may now: {text}\n{name} の権限: {text}"))
}

/// The installed plugins, one a line: state, id, version, name.
pub async fn list(app: &App) -> Result<String> {
    let rows = app.store.read(plugins::all).await?;
    if rows.is_empty() {
        return Ok("No plugin is installed. Try: nagaya plugin install keywords\n\
                   プラグインはありません。例: nagaya plugin install keywords"
            .into());
    }
    let line = |row: &Plugin| {
        let state = match (row.enabled, row.shadow) {
            (true, true) => "shadow 記録のみ",
            (true, false) => "on  有効",
            (false, _) => "off 無効",
        };
        let name = Manifest::parse(&row.manifest).map(|manifest| {
            let (en, ja) = (&manifest.name.en, manifest.name.ja());
            if en == ja { en.clone() } else { format!("{en} / {ja}") }
        });
        let settings = if row.config == "{}" { String::new() } else { format!("  {}", row.config) };
        let why = row.off_reason.as_ref().map(|why| format!("  ({why})")).unwrap_or_default();
        format!("{state}  {}  {}  {}{settings}{why}", row.id, row.version, name.unwrap_or_default())
    };
    Ok(rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Switches a plugin on. `name` is its id, or the end of it behind a dot (`keywords`).
pub async fn enable(app: &App, name: &str, shadow: bool) -> Result<String> {
    let id = manage::switch(app, name, if shadow { Run::Shadow } else { Run::On }).await?;
    Ok(format!("{id} is enabled.\n{id} を有効にしました。"))
}

/// Switches a plugin off; its settings stay.
pub async fn disable(app: &App, name: &str) -> Result<String> {
    let id = manage::switch(app, name, Run::Off).await?;
    Ok(format!("{id} is disabled.\n{id} を無効にしました。"))
}

/// Changes one setting of a plugin. Lists are separated by commas.
pub async fn set(app: &App, name: &str, key: &str, typed: &str) -> Result<String> {
    let wanted = name.to_owned();
    let manifest = app.store.read(move |db| Manifest::parse(&manage::find(db, &wanted)?.manifest)).await?;
    let value: Value = match manifest.config.get(key) {
        Some(setting) => setting.read(typed).map_err(|why| Error::invalid("plugin", format!("{key} {why}")))?,
        None => typed.into(),
    };
    let shown =
        if manifest.config.get(key).is_some_and(|setting| setting.secret) { "***".into() } else { value.to_string() };
    manage::configure(app, name, std::iter::once((key.to_owned(), value)).collect()).await?;
    Ok(format!("{}: {key} = {shown}", manifest.id))
}

/// What it would say about the newest stored posts: a line for each that it would not simply accept, and a sum.
async fn replayed(app: &App, name: &str, last: u32) -> Result<String> {
    let lines = replay::run(app, name, last).await?;
    let (mut accepted, mut held, mut rejected, mut changed, mut failed) = (0, 0, 0, 0, 0);
    let mut out = Vec::new();
    for line in &lines {
        let word = match &line.said {
            Err(failure) => {
                failed += 1;
                format!("! failed: {}", failure.why)
            }
            Ok(decision) => match &decision.verdict {
                Verdict::Reject(reason) => {
                    rejected += 1;
                    format!("- reject: {reason}")
                }
                Verdict::Hold(reason) => {
                    held += 1;
                    format!("? hold: {reason}")
                }
                Verdict::Accept if decision.effects.is_empty() && decision.score == 0 => {
                    accepted += 1;
                    continue;
                }
                Verdict::Accept => {
                    changed += 1;
                    let mut copy = line.envelope.clone();
                    let changes = decision.effects.iter().map(|effect| match effect.apply(&mut copy) {
                        Ok(change) => format!("{}: {:?} -> {:?}", change.field, change.before, change.after),
                        Err(why) => format!("refused: {why}"),
                    });
                    format!("~ score {} {}", decision.score, changes.collect::<Vec<_>>().join("; "))
                }
            },
        };
        out.push(format!("{}\n  {word}", line.envelope.id));
    }
    out.push(format!(
        "{} posts: {accepted} accepted, {changed} changed or scored, {held} held, {rejected} rejected, {failed} failed",
        lines.len()
    ));
    Ok(out.join("\n"))
}
