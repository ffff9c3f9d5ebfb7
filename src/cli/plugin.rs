//! `nagaya plugin …`: install, list, enable, disable, set. Every function returns what to print, in both languages.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::Place;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::plugins::Plugins;
use crate::plugins::manifest::Manifest;
use crate::store::plugins::{self, Plugin};
use crate::store::{Connection, Store};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Install or upgrade a plugin: a .wasm file, or the name of one that comes with Nagaya. / プラグインを入れます
    #[command(
        after_help = "Examples:\n  nagaya plugin install keyword-filter\n  nagaya plugin install ./my-filter.wasm"
    )]
    Install {
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// List the installed plugins. / 一覧
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Start a plugin. / 有効にします
    Enable {
        id: String,
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
    #[command(after_help = "Example:\n  nagaya plugin set keyword-filter words \"spam,宣伝\"")]
    Set {
        id: String,
        key: String,
        value: String,
        #[command(flatten)]
        place: Place,
    },
}

impl Command {
    pub(super) fn place(&self) -> &Place {
        let (Self::Install { place, .. }
        | Self::List { place }
        | Self::Enable { place, .. }
        | Self::Disable { place, .. }
        | Self::Set { place, .. }) = self;
        place
    }

    /// Carries it out; a running server goes on with what was changed at once.
    pub(super) async fn on(&self, app: &App, folder: &Path) -> anyhow::Result<String> {
        let answer = match self {
            Self::Install { file, .. } => {
                let built_in = file.to_str().is_some_and(|name| Plugins::built_in(name).is_some());
                let file = if built_in { file.clone() } else { folder.join(file) };
                install(&app.store, &app.plugins, app.clock.now(), &file).await?
            }
            Self::List { .. } => return Ok(list(&app.store).await?),
            Self::Enable { id, .. } => enable(&app.store, id).await?,
            Self::Disable { id, .. } => disable(&app.store, id).await?,
            Self::Set { id, key, value, .. } => set(&app.store, id, key, value).await?,
        };
        crate::actions::plugin::load(app).await?;
        Ok(answer)
    }
}

/// Installs, sets up and starts a plugin that comes with Nagaya, in a running server.
pub(super) async fn start_built_in(app: &App, name: &str, settings: &[(&str, &str)]) -> Result<()> {
    install(&app.store, &app.plugins, app.clock.now(), Path::new(name)).await?;
    for (key, value) in settings {
        set(&app.store, name, key, value).await?;
    }
    enable(&app.store, name).await?;
    crate::actions::plugin::load(app).await
}

/// Installs (or upgrades) a plugin: a `.wasm` file, or the name of one that comes with the server. It is not enabled.
pub async fn install(store: &Store, plugins: &Plugins, now: Time, file: &Path) -> Result<String> {
    let built_in = file.to_str().and_then(Plugins::built_in);
    let wasm = match built_in {
        Some(wasm) => wasm.to_vec(),
        None => tokio::fs::read(file).await.map_err(Error::io(format!("cannot read {}", file.display())))?,
    };
    let prepared = plugins.prepare(wasm).await?;
    let manifest = prepared.manifest;
    let row = Plugin {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        manifest: serde_json::to_string(&manifest).map_err(|error| Error::Bug(error.to_string()))?,
        wasm: prepared.wasm,
        sha256: prepared.sha256,
        enabled: false,
        sort_order: manifest.order,
        config: "{}".into(),
        installed_at: now,
    };
    let enabled = store
        .write(move |tx| {
            let before = plugins::by_id(tx, &row.id)?;
            if let Some(before) = &before {
                let fits = Manifest::parse(&row.manifest)?.settings(&before.config);
                fits.map_err(|error| Error::Conflict(format!("the settings of {} do not fit: {error}", row.id)))?;
            }
            plugins::install(tx, &row)?;
            Ok(before.is_some_and(|before| before.enabled))
        })
        .await?;
    let (id, version) = (&manifest.id, &manifest.version);
    Ok(if enabled {
        format!("Upgraded {id} to {version}.\n{id} を {version} に更新しました。")
    } else {
        format!(
            "Installed {} ({id} {version}). Start it with: nagaya plugin enable {id}\n\
             {}（{id} {version}）をインストールしました。有効にするには: nagaya plugin enable {id}",
            manifest.name.en,
            manifest.name.ja()
        )
    })
}

/// The installed plugins, one a line: state, id, version, name.
pub async fn list(store: &Store) -> Result<String> {
    let rows = store.read(plugins::all).await?;
    if rows.is_empty() {
        return Ok("No plugin is installed. Try: nagaya plugin install keyword-filter\n\
                   プラグインはありません。例: nagaya plugin install keyword-filter"
            .into());
    }
    let line = |row: &Plugin| {
        let state = if row.enabled { "on  有効" } else { "off 無効" };
        let name = Manifest::parse(&row.manifest).map(|manifest| {
            let (en, ja) = (&manifest.name.en, manifest.name.ja());
            if en == ja { en.clone() } else { format!("{en} / {ja}") }
        });
        let settings = if row.config == "{}" { String::new() } else { format!("  {}", row.config) };
        format!("{state}  {}  {}  {}{settings}", row.id, row.version, name.unwrap_or_default())
    };
    Ok(rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Switches a plugin on. `name` is its id, or the end of it behind a dot (`keyword-filter`).
pub async fn enable(store: &Store, name: &str) -> Result<String> {
    switch(store, name, true).await
}

/// Switches a plugin off; its settings stay.
pub async fn disable(store: &Store, name: &str) -> Result<String> {
    switch(store, name, false).await
}

async fn switch(store: &Store, name: &str, on: bool) -> Result<String> {
    let name = name.to_owned();
    let id = store
        .write(move |tx| {
            let id = find(tx, &name)?;
            plugins::set_enabled(tx, &id, on)?;
            Ok(id)
        })
        .await?;
    Ok(if on {
        format!("{id} is enabled; it runs from the next start on.\n{id} を有効にしました。次回の起動から動作します。")
    } else {
        format!("{id} is disabled from the next start on.\n{id} を無効にしました。次回の起動から止まります。")
    })
}

/// Changes one setting of a plugin. Lists are separated by commas.
pub async fn set(store: &Store, name: &str, key: &str, typed: &str) -> Result<String> {
    let (name, key, typed) = (name.to_owned(), key.to_owned(), typed.to_owned());
    store
        .write(move |tx| {
            let id = find(tx, &name)?;
            let row = plugins::by_id(tx, &id)?.ok_or(Error::NotFound("plugin"))?;
            let manifest = Manifest::parse(&row.manifest)?;
            let value = match manifest.config.get(&key) {
                Some(setting) => {
                    setting.read(&typed).map_err(|why| Error::invalid("plugin", format!("{key} {why}")))?
                }
                None => typed.as_str().into(),
            };
            let mut changes: serde_json::Map<_, _> = serde_json::from_str(&row.config).unwrap_or_default();
            changes.insert(key.clone(), value.clone());
            let changes = serde_json::Value::Object(changes).to_string();
            manifest.settings(&changes)?;
            plugins::set_config(tx, &id, &changes)?;
            Ok(format!("{id}: {key} = {value}"))
        })
        .await
}

fn find(db: &Connection, name: &str) -> Result<String> {
    let rows = plugins::all(db)?;
    let exact = rows.iter().find(|row| row.id == name);
    let mut short = rows.iter().filter(|row| row.id.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')));
    let found = exact.or_else(|| short.next().filter(|_| short.next().is_none()));
    found.map(|row| row.id.clone()).ok_or_else(|| {
        let known: Vec<_> = rows.iter().map(|row| row.id.as_str()).collect();
        Error::invalid(
            "plugin",
            format!(
                "there is no plugin {name:?}; installed: {0} / プラグイン {name:?} はありません。インストール済み: {0}",
                if known.is_empty() { "-".into() } else { known.join(", ") }
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::plugins::{Direction, Envelope, InstalledPlugin, Options, Ruling};
    use crate::random::Random;

    #[tokio::test]
    async fn a_plugin_is_installed_set_and_switched_by_name() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = Store::open(folder.path()).expect("opens");
        let running = Plugins::start(Options {
            data: folder.path().to_owned(),
            program: "/nonexistent".into(),
            enabled: true,
            host: "here.example".into(),
            clock: Clock::default(),
            random: Random::seeded(1),
            compile_in_process: true,
        });
        let said = install(&store, &running, Time(1), Path::new("keyword-filter")).await.expect("installs");
        assert!(said.contains("Keyword filter") && said.contains("キーワードフィルター"), "{said}");
        set(&store, "keyword-filter", "words", "casino, 宣伝").await.expect("fits");
        for (name, key, typed, why) in [
            ("keyword-filter", "action", "explode", "one of: reject, hold, sensitive"),
            ("keyword-filter", "word", "x", "no setting word"),
            ("other", "words", "x", "installed: org.nagaya.keyword-filter"),
        ] {
            let refused = set(&store, name, key, typed).await.expect_err(why).to_string();
            assert!(refused.contains(why), "{refused}");
        }
        let post = || Envelope {
            direction: Direction::Inbound,
            activity: "Create".into(),
            text: "無料宣伝".into(),
            ..Envelope::default()
        };
        enable(&store, "keyword-filter").await.expect("is there");
        load(&store, &running).await.expect("loads");
        assert!(matches!(running.filter(post()).await.ruling, Ruling::Reject { .. }));
        let listed = list(&store).await.expect("lists");
        assert!(listed.starts_with("on  有効  org.nagaya.keyword-filter  0.1.0"), "{listed}");
        let said = install(&store, &running, Time(2), Path::new("keyword-filter")).await.expect("installs again");
        assert!(said.starts_with("Upgraded"), "an upgrade keeps running and keeps its settings: {said}");
        disable(&store, "org.nagaya.keyword-filter").await.expect("is there");
        load(&store, &running).await.expect("loads");
        assert_eq!(running.filter(post()).await.ruling, Ruling::Accept);
    }

    async fn load(store: &Store, plugins: &Plugins) -> Result<()> {
        let rows = store.read(plugins::enabled).await?;
        assert!(plugins.load(rows.into_iter().map(InstalledPlugin::from).collect()).await.is_empty());
        Ok(())
    }
}
