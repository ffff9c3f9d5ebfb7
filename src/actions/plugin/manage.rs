//! What admins do with plugins: install, grant, configure, switch, upgrade, go back, uninstall. Each change takes effect at once.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::plugins::manifest::{Manifest, OnFailure};
use crate::plugins::permissions::{self, Ask};
use crate::plugins::{Plugins, Prepared, rules};
use crate::store::plugins::{self, Plugin, Version};
use crate::store::{Connection, Tx, bots, plans, plugin_choices, plugin_kv, plugin_verdicts};

use super::download::download;

/// Bytes of a plugin.
const LIMIT: usize = 4 * 1024 * 1024;

/// What became of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// It is new; it is not granted anything and does not run.
    New,
    /// It replaced the version before, which is kept for the way back.
    Upgraded,
    /// It asks for more than the version before, or is another publisher's: it waits, and the version before runs on.
    Pending,
    /// These very bytes were there already.
    Same,
}

/// Installs or upgrades a plugin from its bytes. One that nobody signed is refused unless `unsigned`.
pub async fn install(app: &App, wasm: Vec<u8>, unsigned: bool) -> Result<(Manifest, Installed)> {
    let prepared = app.plugins.prepare(wasm).await?;
    if prepared.publisher_key.is_empty() && !unsigned {
        return Err(refused("it is not signed; allow that for this file only if you know where it comes from"));
    }
    let (now, manifest) = (app.clock.now(), prepared.manifest.clone());
    let row = row(&prepared, now)?;
    let done = app.store.write(move |tx| write(tx, row, &prepared.asks, now)).await?;
    super::load(app).await?;
    Ok((manifest, done))
}

/// A plugin that comes with the server, by its short name.
pub fn built_in(name: &str) -> Result<Vec<u8>> {
    Plugins::built_in(name).map(<[u8]>::to_vec).ok_or(Error::NotFound("plugin"))
}

/// Fetches a plugin and compares its SHA-256 (hex).
pub async fn fetch(app: &App, url: &str, sha256: &str) -> Result<Vec<u8>> {
    let body = download(app, ("url", url), "application/wasm, */*", LIMIT, Duration::from_secs(60)).await?;
    let found = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &body));
    if !found.eq_ignore_ascii_case(sha256.trim()) {
        return Err(Error::invalid("sha256", format!("does not fit: the file has {found}")));
    }
    Ok(body.to_vec())
}

/// Grants exactly these permissions from now on.
pub async fn grant(app: &App, name: &str, wanted: Vec<String>) -> Result<()> {
    let (name, now) = (name.to_owned(), app.clock.now());
    let write = app.store.write(move |tx| {
        let row = find(tx, &name)?;
        check(&Manifest::parse(&row.manifest)?, &wanted)?;
        plugins::set_grants(tx, &row.id, &row.publisher_key, &wanted, now)
    });
    write.await?;
    super::load(app).await
}

/// All that the plugin asks for.
pub async fn asks(app: &App, name: &str) -> Result<Vec<Ask>> {
    let name = name.to_owned();
    app.store.read(move |db| permissions::asked(&Manifest::parse(&find(db, &name)?.manifest)?).map_err(refused)).await
}

/// Changes settings: a missing key stays, null returns to the default.
pub async fn configure(app: &App, name: &str, changes: Map<String, Value>) -> Result<()> {
    let name = name.to_owned();
    let write = app.store.write(move |tx| {
        let row = find(tx, &name)?;
        let mut config: Map<String, Value> = serde_json::from_str(&row.config).unwrap_or_default();
        for (key, value) in changes {
            if value.is_null() {
                config.remove(&key);
            } else {
                config.insert(key, value);
            }
        }
        let config = Value::Object(config).to_string();
        Manifest::parse(&row.manifest)?.settings(&config)?;
        plugins::set_config(tx, &row.id, &config).map(drop)
    });
    write.await?;
    super::load(app).await
}

/// An admin's choices about a plugin; `None` leaves one as it is.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Choices {
    pub order: Option<i32>,
    /// `Some(None)`: the plugin's own.
    pub on_failure: Option<Option<OnFailure>>,
    pub only_if: Option<Vec<rules::Rule>>,
}

/// Changes its place in the chain, what its failures mean, and when it runs.
pub async fn choose(app: &App, name: &str, choices: Choices) -> Result<()> {
    let name = name.to_owned();
    let write = app.store.write(move |tx| {
        let row = find(tx, &name)?;
        let on_failure = match choices.on_failure {
            Some(choice) => choice.and_then(|choice| Some(serde_json::to_value(choice).ok()?.as_str()?.to_owned())),
            None => row.on_failure.clone(),
        };
        let only_if = match choices.only_if {
            Some(rules) => serde_json::to_string(&rules).map_err(|error| Error::Bug(error.to_string()))?,
            None => row.only_if.clone(),
        };
        rules::check(&only_if)?;
        let order = choices.order.unwrap_or(row.sort_order);
        plugins::set_choices(tx, &row.id, order, on_failure.as_deref(), &only_if)
    });
    write.await?;
    super::load(app).await
}

/// In which way a plugin runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// It does.
    On,
    /// What it says is only noted.
    Shadow,
    /// It does not.
    Off,
}

/// Starts or stops it; a breaker that had tripped is forgotten. Answers its id.
pub async fn switch(app: &App, name: &str, run: Run) -> Result<String> {
    let name = name.to_owned();
    let write = app.store.write(move |tx| {
        let row = find(tx, &name)?;
        plugins::set_enabled(tx, &row.id, run != Run::Off)?;
        plugins::set_shadow(tx, &row.id, run == Run::Shadow)?;
        Ok(row.id)
    });
    let id = write.await?;
    app.plugins.forgive(&id);
    super::load(app).await?;
    let_go(app).await?;
    Ok(id)
}

/// Without a policy nothing is held back: not what waits for a plan (the planner sees to it), nor what a plan delays.
async fn let_go(app: &App) -> Result<()> {
    if app.plugins.plans("Update") {
        return Ok(());
    }
    let now = app.clock.now();
    app.store.write(move |tx| plans::release_all(tx, now)).await?;
    app.deliveries_waiting.notify_one();
    Ok(())
}

/// Switches to the version that waits, with exactly these permissions.
pub async fn upgrade(app: &App, name: &str, wanted: Vec<String>) -> Result<()> {
    let (name, now) = (name.to_owned(), app.clock.now());
    let write = app.store.write(move |tx| {
        let before = find(tx, &name)?;
        let waiting = plugins::version(tx, &before.id, "pending")?.ok_or(Error::NotFound("pending version"))?;
        check(&Manifest::parse(&waiting.manifest)?, &wanted)?;
        plugins::set_grants(tx, &before.id, &waiting.publisher_key, &wanted, now)?;
        let row = Plugin {
            version: waiting.version,
            manifest: waiting.manifest,
            wasm: waiting.wasm,
            sha256: waiting.sha256,
            publisher_key: waiting.publisher_key,
            installed_at: now,
            ..before.clone()
        };
        replace(tx, &before, &row, now)
    });
    write.await?;
    super::load(app).await
}

/// Goes back to the version before, with what it kept then.
pub async fn rollback(app: &App, name: &str) -> Result<()> {
    let (name, now) = (name.to_owned(), app.clock.now());
    let write = app.store.write(move |tx| {
        let bad = find(tx, &name)?;
        let before = plugins::version(tx, &bad.id, "previous")?.ok_or(Error::NotFound("previous version"))?;
        if before.publisher_key != bad.publisher_key {
            // What was granted to the other publisher is not this one's.
            plugins::drop_grants(tx, &bad.id)?;
        }
        let row = Plugin {
            version: before.version,
            manifest: before.manifest,
            wasm: before.wasm,
            sha256: before.sha256,
            publisher_key: before.publisher_key,
            installed_at: now,
            ..bad
        };
        plugins::install(tx, &row)?;
        plugins::set_config(tx, &row.id, &before.config)?;
        plugins::drop_version(tx, &row.id, "previous")?;
        plugin_kv::restore(tx, &row.id)
    });
    write.await?;
    super::load(app).await
}

/// Uninstalls it. What it kept goes too, unless `keep_data`; its grants always do.
pub async fn uninstall(app: &App, name: &str, keep_data: bool) -> Result<String> {
    let name = name.to_owned();
    let write = app.store.write(move |tx| {
        let row = find(tx, &name)?;
        let id = row.id;
        plugins::delete(tx, &id)?;
        plugins::drop_grants(tx, &id)?;
        plugin_choices::clear(tx, &id)?;
        if keep_data {
            plugin_kv::entrust(tx, &id, &row.publisher_key)?;
        } else {
            plugin_kv::clear(tx, &id)?;
            plugin_verdicts::clear(tx, &id)?;
            bots::clear(tx, &id)?;
        }
        Ok(id)
    });
    let id = write.await?;
    super::load(app).await?;
    let_go(app).await?;
    Ok(id)
}

/// The plugin with this id, or with the end of it behind a dot (`keywords`).
pub fn find(db: &Connection, name: &str) -> Result<Plugin> {
    let rows = plugins::all(db)?;
    let exact = rows.iter().find(|row| row.id == name);
    let mut short = rows.iter().filter(|row| row.id.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')));
    let found = exact.or_else(|| short.next().filter(|_| short.next().is_none()));
    let id = found.map(|row| row.id.clone()).ok_or(Error::NotFound("plugin"))?;
    plugins::by_id(db, &id)?.ok_or(Error::NotFound("plugin"))
}

/// Only what a plugin asks for can be granted.
fn check(manifest: &Manifest, wanted: &[String]) -> Result<()> {
    let asks = permissions::asked(manifest).map_err(refused)?;
    match wanted.iter().find(|name| asks.iter().all(|ask| ask.name != **name)) {
        Some(name) => Err(Error::invalid("permissions", format!("{name} is not among what the plugin asks for"))),
        None => Ok(()),
    }
}

fn row(prepared: &Prepared, now: Time) -> Result<Plugin> {
    let manifest = &prepared.manifest;
    Ok(Plugin {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        manifest: manifest.canonical(),
        wasm: prepared.wasm.clone(),
        sha256: prepared.sha256.clone(),
        enabled: false,
        sort_order: manifest.order,
        config: "{}".into(),
        installed_at: now,
        publisher_key: prepared.publisher_key.clone(),
        shadow: false,
        on_failure: None,
        only_if: "[]".into(),
        off_reason: None,
    })
}

fn write(tx: &Tx, row: Plugin, asks: &[Ask], now: Time) -> Result<Installed> {
    let Some(before) = plugins::by_id(tx, &row.id)? else {
        // What was kept under this name belongs to whoever published it then.
        plugin_kv::inherit(tx, &row.id, &row.publisher_key)?;
        plugins::install(tx, &row)?;
        return Ok(Installed::New);
    };
    if before.sha256 == row.sha256 && before.publisher_key == row.publisher_key {
        return Ok(Installed::Same);
    }
    if !before.publisher_key.is_empty() && row.publisher_key.is_empty() {
        return Err(refused("the installed version is signed and this one is not; uninstall that one first"));
    }
    let fits = Manifest::parse(&row.manifest)?.settings(&before.config);
    fits.map_err(|error| Error::Conflict(format!("the settings of {} do not fit: {error}", row.id)))?;
    let old = permissions::asked(&Manifest::parse(&before.manifest)?).map_err(refused)?;
    let more = asks.iter().any(|ask| old.iter().all(|known| known.name != ask.name));
    if more || before.publisher_key != row.publisher_key {
        let waiting = version(&row, "pending", &before.config, now);
        plugins::keep_version(tx, &waiting)?;
        return Ok(Installed::Pending);
    }
    replace(tx, &before, &row, now)?;
    Ok(Installed::Upgraded)
}

/// The new version takes the place of the one before, which is kept with what it had stored.
fn replace(tx: &Tx, before: &Plugin, row: &Plugin, now: Time) -> Result<()> {
    plugins::keep_version(tx, &version(before, "previous", &before.config, now))?;
    plugin_kv::remember(tx, &before.id)?;
    if before.publisher_key != row.publisher_key {
        // What one publisher's plugin kept is not the other's to read. The way back restores it.
        plugin_kv::empty(tx, &before.id)?;
    }
    plugins::drop_version(tx, &before.id, "pending")?;
    plugins::install(tx, row)
}

fn version(row: &Plugin, role: &str, config: &str, now: Time) -> Version {
    Version {
        plugin_id: row.id.clone(),
        role: role.into(),
        version: row.version.clone(),
        manifest: row.manifest.clone(),
        wasm: row.wasm.clone(),
        sha256: row.sha256.clone(),
        publisher_key: row.publisher_key.clone(),
        config: config.to_owned(),
        saved_at: now,
    }
}

fn refused(why: impl Into<String>) -> Error {
    Error::Invalid { field: "plugin", why: why.into() }
}
