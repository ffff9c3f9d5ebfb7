//! Bots in a whole server: real guests, and guests in WAT that do what no good bot does.

mod acts;
mod first_party;
mod guests;
mod limits;
mod mailbox;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::until_idle;
use crate::actions::plugin::manage::{self, Run};
use crate::actions::post::{self, Draft};
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::app::tests::local_account;
use crate::ids::{AccountId, StatusId};
use crate::outbound::Outbound;
use crate::store::accounts::{self, Account};
use crate::store::bot_events::Event;
use crate::store::statuses::Status;
use crate::store::{Connection, bots, statuses};
use crate::testing;

/// A server with plugins, and Alice who owns it.
async fn world() -> (TempDir, App, Account) {
    world_with(Outbound::unplugged()).await
}

async fn world_with(outbound: Outbound) -> (TempDir, App, Account) {
    let (folder, app) = testing::server_with("here.example", true, 8, 7, outbound, |config| config.plugins = true);
    let alice = local_account(&app, "alice", "owner").await;
    (folder, app, alice)
}

fn built(name: &str) -> Vec<u8> {
    let path = format!("{}/plugins/built/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("is built")
}

/// Installs and starts a plugin with all that it asks for; answers the bot's account.
async fn start(app: &App, wasm: Vec<u8>, settings: Value) -> Account {
    let (manifest, _) = manage::install(app, wasm, true).await.expect("installs");
    let asks = manage::asks(app, &manifest.id).await.expect("asks").into_iter().map(|ask| ask.name).collect();
    manage::grant(app, &manifest.id, asks).await.expect("grants");
    let settings: Map<String, Value> = settings.as_object().cloned().unwrap_or_default();
    manage::configure(app, &manifest.id, settings).await.expect("sets");
    manage::switch(app, &manifest.id, Run::On).await.expect("starts");
    account_of(app, &manifest.id).await
}

async fn account_of(app: &App, plugin: &str) -> Account {
    let plugin = plugin.to_owned();
    let found = app.store.read(move |db| {
        let bot = bots::of_plugin(db, &plugin)?.expect("is a bot");
        accounts::by_id(db, bot.account_id)
    });
    found.await.expect("reads").expect("has an account")
}

async fn say(app: &App, who: &Account, text: &str) -> Status {
    write(app, who, Draft { text: text.into(), ..Draft::default() }).await
}

async fn answer(app: &App, who: &Account, to: &Status, text: &str) -> Status {
    write(app, who, Draft { text: text.into(), in_reply_to: Some(to.id), ..Draft::default() }).await
}

async fn tell(app: &App, who: &Account, text: &str) -> Status {
    write(app, who, Draft { text: text.into(), visibility: Some(Visibility::Direct), ..Draft::default() }).await
}

async fn write(app: &App, who: &Account, draft: Draft) -> Status {
    post::create(app, who, draft).await.expect("posts")
}

/// What somebody posted, oldest first.
async fn posts(app: &App, who: AccountId) -> Vec<Status> {
    let read = app.store.read(move |db| {
        let mut ids = db.prepare("SELECT id FROM statuses WHERE account_id = ?1 ORDER BY id")?;
        let ids: Vec<StatusId> = ids.query_map([who], |row| row.get(0))?.collect::<Result<_, _>>()?;
        ids.into_iter().map(|id| Ok(statuses::by_id(db, id)?.expect("is there"))).collect()
    });
    read.await.expect("reads")
}

async fn texts(app: &App, who: AccountId) -> Vec<String> {
    posts(app, who).await.into_iter().map(|status| status.text).collect()
}

async fn count(app: &App, sql: &'static str) -> i64 {
    app.store.read(move |db| Ok(db.query_row(sql, [], |row| row.get(0))?)).await.expect("reads")
}

/// The mailbox, dead letters too.
async fn mailbox(app: &App) -> Vec<Event> {
    let read = app.store.read(|db: &Connection| {
        let mut found = Vec::new();
        for bot in bots::all_running(db)? {
            found.extend(crate::store::bot_events::due(db, &bot.plugin_id, crate::clock::Time(i64::MAX), 5_000)?);
            found.extend(crate::store::bot_events::dead(db, &bot.plugin_id, None, 1_000)?);
        }
        Ok(found)
    });
    read.await.expect("reads")
}

async fn settle(app: &App) {
    until_idle(app).await.expect("works");
}

fn none() -> Value {
    json!({})
}
