//! Plugins, for administrators. Ours alone; the shapes stand in docs/api.md.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use serde_json::Value;

use super::Done;
use crate::actions::plugin::index;
use crate::actions::plugin::manage::{self, Choices, Run};
use crate::actions::role::Permission;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{
    AdminPlugin, AdminPluginCosts, AdminPluginLog, AdminPluginOffer, AdminPluginPending, AdminPluginPermission,
    AdminPluginVerdict, Bilingual,
};
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::mastodon::path::Name;
use crate::plugins::book::Book;
use crate::plugins::manifest::{Manifest, Scope, Stage, Words};
use crate::plugins::permissions::{self, Grants};
use crate::plugins::{BUILT_IN, Off, Plugins};
use crate::store::plugins::{self as rows, Plugin};
use crate::store::{Connection, plugin_verdicts};

/// Verdicts in one answer.
const VERDICTS: u32 = 100;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/admin/plugins", get(all).post(install))
        .route("/api/nagaya/v1/admin/plugins/catalogue", get(catalogue))
        .route("/api/nagaya/v1/admin/plugins/{id}", get(one).put(choose).delete(uninstall))
        .route("/api/nagaya/v1/admin/plugins/{id}/grant", post(grant))
        .route("/api/nagaya/v1/admin/plugins/{id}/config", axum::routing::put(configure))
        .route("/api/nagaya/v1/admin/plugins/{id}/enable", post(enable))
        .route("/api/nagaya/v1/admin/plugins/{id}/disable", post(disable))
        .route("/api/nagaya/v1/admin/plugins/{id}/shadow", post(shadow))
        .route("/api/nagaya/v1/admin/plugins/{id}/upgrade", post(upgrade))
        .route("/api/nagaya/v1/admin/plugins/{id}/rollback", post(rollback))
        .route("/api/nagaya/v1/admin/plugins/{id}/logs", get(logs))
        .route("/api/nagaya/v1/admin/plugins/{id}/verdicts", get(verdicts))
}

fn reads(auth: &Auth) -> Result<()> {
    auth.staff("admin:read", Permission::Settings)
}

fn writes(auth: &Auth) -> Result<()> {
    auth.staff("admin:write", Permission::Settings)
}

async fn all(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<AdminPlugin>>> {
    reads(&auth)?;
    let deed = app.clone();
    let read = app.store.read(move |db| rows::all(db)?.into_iter().map(|row| shown(db, &deed, row)).collect());
    Ok(Reply::own(read.await?))
}

async fn one(State(app): State<App>, auth: Auth, Name(id): Name) -> Answer<Reply<AdminPlugin>> {
    reads(&auth)?;
    show(&app, id).await
}

async fn catalogue(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<AdminPluginOffer>>> {
    reads(&auth)?;
    let installed: Vec<String> = app.store.read(rows::all).await?.into_iter().map(|row| row.id).collect();
    let offer = |name: &'static str| -> Result<AdminPluginOffer> {
        let manifest = Manifest::of_wasm(Plugins::built_in(name).unwrap_or_default())?;
        Ok(AdminPluginOffer {
            name,
            installed: installed.contains(&manifest.id),
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            title: words(&manifest.name),
            summary: words(&manifest.summary),
            kinds: manifest.kinds.iter().map(|kind| kind.as_str()).collect(),
            permissions: prompts(&manifest, &Grants::default()),
        })
    };
    Ok(Reply::own(Plugins::built_in_names().filter_map(|name| offer(name).ok()).collect()))
}

async fn install(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<AdminPlugin>> {
    writes(&auth)?;
    let wasm = match (params.file("file"), params.text("url"), params.text("name")) {
        (Some(file), None, None) => {
            let path = file.path.clone();
            tokio::fs::read(&path).await.map_err(Error::io("cannot read the upload"))?
        }
        (None, Some(url), None) => {
            let sha256 = params.text("sha256").ok_or_else(|| Error::invalid("sha256", "must be given with a url"))?;
            manage::fetch(&app, &url, &sha256).await?
        }
        (None, None, Some(name)) => match params.text("index") {
            Some(list) => index::fetch(&app, &list, &name).await?,
            None => manage::built_in(&name)?,
        },
        _ => return Err(Error::invalid("file", "or url or name must be given, and only one of them").into()),
    };
    let (manifest, _) = manage::install(&app, wasm, params.flag("unsigned").unwrap_or(false)).await?;
    show(&app, manifest.id).await
}

async fn grant(State(app): State<App>, auth: Auth, Name(id): Name, params: Params) -> Answer<Reply<AdminPlugin>> {
    writes(&auth)?;
    manage::grant(&app, &id, params.list("permissions").unwrap_or_default()).await?;
    show(&app, id).await
}

async fn configure(State(app): State<App>, auth: Auth, Name(id): Name, params: Params) -> Answer<Reply<AdminPlugin>> {
    writes(&auth)?;
    let config = match params.tree.get("config") {
        Some(Value::Object(config)) => config.clone(),
        // Forms carry it as text.
        Some(Value::String(text)) => {
            serde_json::from_str(text).map_err(|_| Error::invalid("config", "is no JSON object"))?
        }
        _ => return Err(Error::invalid("config", "is no JSON object").into()),
    };
    manage::configure(&app, &id, config).await?;
    show(&app, id).await
}

async fn choose(State(app): State<App>, auth: Auth, Name(id): Name, params: Params) -> Answer<Reply<AdminPlugin>> {
    writes(&auth)?;
    let order =
        params.number("order")?.map(i32::try_from).transpose().map_err(|_| Error::invalid("order", "is too large"))?;
    let on_failure = match params.tree.get("on_failure") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(word) => Some(Some(
            serde_json::from_value(word.clone())
                .map_err(|_| Error::invalid("on_failure", "is accept, hold, reject or null"))?,
        )),
    };
    let only_if = params.tree.get("only_if").map(|rules| serde_json::from_value(rules.clone())).transpose();
    let only_if = only_if.map_err(|why| Error::invalid("only_if", format!("cannot be read: {why}")))?;
    manage::choose(&app, &id, Choices { order, on_failure, only_if }).await?;
    show(&app, id).await
}

async fn enable(State(app): State<App>, auth: Auth, Name(id): Name) -> Answer<Reply<AdminPlugin>> {
    switch(&app, &auth, id, Run::On).await
}

async fn disable(State(app): State<App>, auth: Auth, Name(id): Name) -> Answer<Reply<AdminPlugin>> {
    switch(&app, &auth, id, Run::Off).await
}

async fn shadow(State(app): State<App>, auth: Auth, Name(id): Name) -> Answer<Reply<AdminPlugin>> {
    switch(&app, &auth, id, Run::Shadow).await
}

async fn switch(app: &App, auth: &Auth, id: String, run: Run) -> Answer<Reply<AdminPlugin>> {
    writes(auth)?;
    manage::switch(app, &id, run).await?;
    show(app, id).await
}

async fn upgrade(State(app): State<App>, auth: Auth, Name(id): Name, params: Params) -> Answer<Reply<AdminPlugin>> {
    writes(&auth)?;
    manage::upgrade(&app, &id, params.list("permissions").unwrap_or_default()).await?;
    show(&app, id).await
}

async fn rollback(State(app): State<App>, auth: Auth, Name(id): Name) -> Answer<Reply<AdminPlugin>> {
    writes(&auth)?;
    manage::rollback(&app, &id).await?;
    show(&app, id).await
}

async fn uninstall(State(app): State<App>, auth: Auth, Name(id): Name, params: Params) -> Answer<Reply<Done>> {
    writes(&auth)?;
    let keep = match params.text("data").as_deref() {
        None | Some("drop") => false,
        Some("keep") => true,
        Some(_) => return Err(Error::invalid("data", "is keep or drop").into()),
    };
    manage::uninstall(&app, &id, keep).await?;
    Ok(Reply::own(Done {}))
}

async fn logs(
    State(app): State<App>,
    auth: Auth,
    Name(id): Name,
    params: Params,
) -> Answer<Reply<Vec<AdminPluginLog>>> {
    reads(&auth)?;
    let wanted = id.clone();
    let id = app.store.read(move |db| Ok(manage::find(db, &wanted)?.id)).await?;
    let after = params.number("after")?.and_then(|after| u64::try_from(after).ok()).unwrap_or(0);
    let line = |line: crate::plugins::book::Line| AdminPluginLog {
        id: line.id.to_string(),
        at: line.at.rfc3339(),
        level: line.level,
        message: line.message,
    };
    Ok(Reply::own(app.plugins.book(&id).lines(after).into_iter().map(line).collect()))
}

async fn verdicts(
    State(app): State<App>,
    auth: Auth,
    Name(id): Name,
    params: Params,
) -> Answer<Reply<Vec<AdminPluginVerdict>>> {
    reads(&auth)?;
    let before = params.number("max_id")?;
    let read = app.store.read(move |db| {
        let id = manage::find(db, &id)?.id;
        plugin_verdicts::of(db, &id, before, VERDICTS)
    });
    let shown = |row: plugin_verdicts::Verdict| AdminPluginVerdict {
        id: row.id.to_string(),
        at: row.at.rfc3339(),
        shadow: row.shadow,
        action: row.action,
        direction: row.direction,
        actor: row.actor_uri,
        object: row.object_uri,
        reason: row.reason,
        score: row.score,
        changes: serde_json::from_str(&row.changes).unwrap_or_default(),
        excerpt: row.excerpt,
    };
    Ok(Reply::own(read.await?.into_iter().map(shown).collect()))
}

async fn show(app: &App, id: String) -> Answer<Reply<AdminPlugin>> {
    let deed = app.clone();
    let read = app.store.read(move |db| {
        let row = manage::find(db, &id)?;
        shown(db, &deed, row)
    });
    Ok(Reply::own(read.await?))
}

pub(super) fn words(words: &Words) -> Bilingual {
    Bilingual { en: words.en.clone(), ja: words.ja().to_owned() }
}

fn prompts(manifest: &Manifest, grants: &Grants) -> Vec<AdminPluginPermission> {
    let asks = permissions::asked(manifest).unwrap_or_default();
    let shown = |ask: permissions::Ask| AdminPluginPermission {
        granted: ask.default || grants.has(&ask.name),
        name: ask.name,
        red: ask.red,
        default: ask.default,
        why: ask.why.as_ref().map(words),
        prompt: words(&ask.prompt),
    };
    asks.into_iter().map(shown).collect()
}

fn shown(db: &Connection, app: &App, row: Plugin) -> Result<AdminPlugin> {
    let manifest = Manifest::parse(&row.manifest)?;
    let grants = Grants::of(&manifest, &rows::grants(db, &row.id, &row.publisher_key)?);
    let running = app.plugins.list().into_iter().find(|loaded| loaded.manifest.id == row.id);
    let off = running.as_ref().map(|loaded| loaded.off);
    let (mut state, off_until) = state(&row, off);
    let permissions = prompts(&manifest, &grants);
    if matches!(state, "running" | "shadow") && idle(&permissions) {
        state = "asks";
    }
    let why = running.filter(|loaded| loaded.off.is_some()).map(|loaded| loaded.why);
    let costs = app.plugins.book(&row.id).costs();
    let pending = rows::version(db, &row.id, "pending")?;
    let pending = pending.map(|waiting| -> Result<AdminPluginPending> {
        let manifest = Manifest::parse(&waiting.manifest)?;
        let grants = Grants::of(&manifest, &rows::grants(db, &row.id, &waiting.publisher_key)?);
        Ok(AdminPluginPending {
            permissions: prompts(&manifest, &grants),
            changes_publisher: waiting.publisher_key != row.publisher_key,
            version: waiting.version,
            sha256: waiting.sha256,
        })
    });
    Ok(AdminPlugin {
        name: words(&manifest.name),
        summary: words(&manifest.summary),
        kinds: manifest.kinds.iter().map(|kind| kind.as_str()).collect(),
        stage: if manifest.stage == Stage::Late { "late" } else { "early" },
        scope: if manifest.scope == Scope::User { "user" } else { "instance" },
        license: manifest.license.clone(),
        source: manifest.source.clone(),
        built_in: row.publisher_key == BUILT_IN,
        publisher_key: Some(row.publisher_key.clone()).filter(|key| !key.is_empty() && key != BUILT_IN),
        state,
        state_reason: row.off_reason.clone().or(why),
        off_until: off_until.map(Time::rfc3339),
        order: row.sort_order,
        on_failure: row.on_failure.clone(),
        only_if: serde_json::from_str(&row.only_if).unwrap_or_default(),
        permissions,
        config_schema: manifest.schema(),
        config: config(&manifest, &row.config)?,
        costs: AdminPluginCosts {
            calls: costs.calls,
            failures: costs.failures,
            p50_us: costs.p50_us,
            p99_us: costs.p99_us,
            cpu_ms: u64::try_from(costs.cpu.as_millis()).unwrap_or(u64::MAX),
            accepted: costs.accepted,
            held: costs.held,
            rejected: costs.rejected,
            metrics: metrics(&row.id, &app.plugins.book(&row.id)),
        },
        pending: pending.transpose()?,
        previous: rows::version(db, &row.id, "previous")?.map(|before| before.version),
        installed_at: row.installed_at.rfc3339(),
        id: row.id,
        version: row.version,
        sha256: row.sha256,
    })
}

/// The numbers of its own, by names that are good for any collector; of a distribution how many, the sum and the largest.
fn metrics(id: &str, book: &Book) -> Value {
    let prefix = format!("plugin_{}", id.replace(['.', '-'], "_"));
    let (counters, observed) = book.numbers();
    let mut found: serde_json::Map<String, Value> =
        counters.into_iter().map(|(name, count)| (format!("{prefix}_{name}"), count.into())).collect();
    for (name, seen) in observed {
        found.insert(format!("{prefix}_{name}_count"), seen.count.into());
        found.insert(format!("{prefix}_{name}_sum"), seen.sum.into());
        found.insert(format!("{prefix}_{name}_max"), seen.max.into());
    }
    Value::Object(found)
}

/// Whether it asks for something and was granted nothing of it.
fn idle(permissions: &[AdminPluginPermission]) -> bool {
    let mut asked = permissions.iter().filter(|ask| !ask.default).peekable();
    asked.peek().is_some() && asked.all(|ask| !ask.granted)
}

/// `running`: whether it is loaded, and then whether it is switched off.
fn state(row: &Plugin, running: Option<Option<Off>>) -> (&'static str, Option<Time>) {
    match running {
        _ if row.off_reason.is_some() => ("off", None),
        _ if !row.enabled => ("disabled", None),
        Some(Some(Off::Until(until))) => ("off", Some(until)),
        Some(Some(Off::ForGood)) => ("off", None),
        Some(None) if row.shadow => ("shadow", None),
        Some(None) => ("running", None),
        None => ("broken", None),
    }
}

/// The complete settings; of a secret only whether there is one.
fn config(manifest: &Manifest, changes: &str) -> Result<Value> {
    let mut settings = manifest.settings(changes)?;
    for (key, value) in &mut settings {
        if manifest.config.get(key).is_some_and(|setting| setting.secret) {
            let empty = value.as_str().is_some_and(str::is_empty);
            *value = (!empty).into();
        }
    }
    Ok(Value::Object(settings))
}
