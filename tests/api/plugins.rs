//! Plugins, held posts and word lists of the little world.

use nagaya::actions::plugin::manage;
use nagaya::ids::{AccountId, HeldId};
use nagaya::store::bot_events;
use nagaya::store::held::{self, Held};
use nagaya::store::plugins::{self, Version};
use serde_json::json;

use super::walk::LEAST;
use super::world::{Made, World};
use crate::harness::guest;

/// Makes a new thing of this kind; `None`: it is none of these.
pub async fn make(world: &World, kind: &str, number: u32) -> Option<Made<String>> {
    Some(match kind {
        "plugin" => plugin(world, number).await,
        "personal_plugin" => personal(world, number).await,
        "doubled_plugin" => doubled(world, number).await,
        "policy" => policy(world).await,
        "bot" => bot(world).await,
        "letter" => letter(world).await,
        "held" => hold(world, number).await,
        "word_list" => {
            let name = format!("list-{number}");
            let path = format!("/api/nagaya/v1/admin/word_lists/{name}");
            world.does("alice", "PUT", &path, json!({"entries": ["a"]})).await.map(|_| name)
        }
        _ => return None,
    })
}

/// Enough held posts to walk through.
pub async fn fill(world: &World) {
    for number in 0..LEAST {
        world.keep("held", hold(world, 1_000 + number as u32).await);
    }
    world.keep("plugin", plugin(world, 1_000).await);
    world.keep("personal_plugin", personal(world, 1_000).await);
    world.keep("word_list", make(world, "word_list", 1_000).await.expect("a kind"));
}

async fn plugin(world: &World, number: u32) -> Made<String> {
    let manifest = format!(
        r#"{{"id":"org.example.p{number}","version":"1","api":"1.0","kinds":["filter"],"permissions":["reject"],
        "name":{{"en":"P"}},"summary":{{"en":"P"}},"config":{{"words":{{"type":"list","default":[],"label":{{"en":"W"}}}}}}}}"#
    );
    let installed = manage::install(&world.here.app, guest::dollars(&manifest, 2), true).await;
    installed.map(|(manifest, _)| manifest.id).map_err(|why| why.to_string())
}

/// A bot that runs.
async fn bot(world: &World) -> Made<String> {
    let wasm = include_bytes!("../../plugins/built/welcome.wasm").to_vec();
    let made = async {
        let (manifest, _) = manage::install(&world.here.app, wasm, true).await?;
        manage::switch(&world.here.app, &manifest.id, manage::Run::On).await
    };
    made.await.map_err(|why| why.to_string())
}

/// Something that the bot could not deal with.
async fn letter(world: &World) -> Made<String> {
    let (id, now) = (bot(world).await?, world.here.app.clock.now());
    let written = world.here.app.store.write(move |tx| {
        bot_events::put(tx, &id, &bot_events::New { kind: "deleted".into(), ..Default::default() }, now)?;
        let letter = bot_events::due(tx, &id, now, 100)?.last().expect("was put").id;
        bot_events::failed(tx, letter, "because", None)?;
        Ok(letter)
    });
    written.await.map(|letter| letter.to_string()).map_err(|why| why.to_string())
}

/// A fan-out policy.
async fn policy(world: &World) -> Made<String> {
    let wasm = include_bytes!("../../plugins/built/polite.wasm").to_vec();
    let installed = manage::install(&world.here.app, wasm, true).await;
    installed.map(|(manifest, _)| manifest.id).map_err(|why| why.to_string())
}

/// A running one that people choose for themselves.
async fn personal(world: &World, number: u32) -> Made<String> {
    let manifest = format!(
        r#"{{"id":"org.example.own{number}","version":"1","api":"1.0","kinds":["filter"],"permissions":["reject"],
        "scope":"user","name":{{"en":"P"}},"summary":{{"en":"P"}}}}"#
    );
    let made = async {
        let (manifest, _) = manage::install(&world.here.app, guest::dollars(&manifest, 2), true).await?;
        manage::switch(&world.here.app, &manifest.id, manage::Run::On).await
    };
    made.await.map_err(|why| why.to_string())
}

/// One with a version before it and one that waits.
async fn doubled(world: &World, number: u32) -> Made<String> {
    let id = plugin(world, number).await?;
    let wanted = id.clone();
    let written = world.here.app.store.write(move |tx| {
        let row = plugins::by_id(tx, &wanted)?.expect("was installed");
        for role in ["previous", "pending"] {
            let version = Version {
                plugin_id: row.id.clone(),
                role: role.into(),
                version: row.version.clone(),
                manifest: row.manifest.clone(),
                wasm: row.wasm.clone(),
                sha256: row.sha256.clone(),
                publisher_key: row.publisher_key.clone(),
                config: "{}".into(),
                saved_at: row.installed_at,
            };
            plugins::keep_version(tx, &version)?;
        }
        Ok(())
    });
    written.await.map(|()| id).map_err(|why| why.to_string())
}

async fn hold(world: &World, number: u32) -> Made<String> {
    let app = &world.here.app;
    let alice: i64 = world.thing("alice").await?.parse().map_err(|_| "alice has no id".to_owned())?;
    let (now, text) = (app.clock.now(), format!("Held {number}"));
    let id: HeldId = app.ids.next(now);
    let payload = json!({
        "text": text, "spoiler_text": "", "sensitive": null, "visibility": "public", "language": "en",
        "in_reply_to_id": null, "media_ids": [], "poll": null, "application_id": null,
    });
    let row = Held {
        id,
        state: "open".into(),
        direction: "outbound".into(),
        account_id: AccountId(alice),
        object_uri: None,
        is_edit: false,
        plugin_id: "org.example.gone".into(),
        reason: "because".into(),
        score: 50,
        text,
        spoiler_text: String::new(),
        visibility: nagaya::activitypub::audience::Visibility::Public,
        attachments: Vec::new(),
        payload: payload.to_string(),
        created_at: now,
        decided_at: None,
        decided_by: None,
        status_id: None,
        activity: None,
    };
    let written = app.store.write(move |tx| held::insert(tx, &row, &[]));
    written.await.map(|_| id.to_string()).map_err(|why| why.to_string())
}
