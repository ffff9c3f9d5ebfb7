//! When a plugin was switched off: back to the version before if a new one fails at once, and word to the admins.

use std::time::Duration;

use crate::actions::post::{self, Draft};
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::error::Result;
use crate::plugins::{Alarm, Off};
use crate::store::{accounts, moderation, plugins, users};

/// Characters of the reason that a message carries.
const WORDS: usize = 300;
/// How long after an upgrade failing at once means that the upgrade was bad.
const YOUNG: Duration = Duration::from_hours(24);

/// The last process died while this plugin ran: it stays off until an admin enables it.
pub(super) async fn suspect(app: &App, id: &str) -> Result<()> {
    let why = "The server died while it ran. / 実行中にサーバーが異常終了しました。";
    tracing::error!(plugin.id = id, "the server died while the plugin {id} ran; it is off until somebody enables it");
    tell(app, id, why);
    let (id, now) = (id.to_owned(), app.clock.now());
    app.store
        .write(move |tx| {
            plugins::switch_off(tx, &id, why)?;
            moderation::insert(tx, &entry(&id, why, now))
        })
        .await
}

/// Deals with a plugin that was switched off just now.
pub(in crate::actions) async fn raise(app: &App, alarm: &Alarm) -> Result<()> {
    let (id, now) = (alarm.plugin.clone(), app.clock.now());
    if alarm.young {
        let wanted = id.clone();
        let before = app.store.read(move |db| plugins::version(db, &wanted, "previous")).await?;
        // One that has been there for days is not bad because it is new.
        if let Some(before) = before.filter(|before| now.since(before.saved_at) < YOUNG) {
            tracing::error!(plugin.id = id, "the new version of {id} fails; going back to {}", before.version);
            let why = format!("Its new version fails, so {} runs again: {}", before.version, alarm.why);
            tell(app, &id, &why);
            let noted = entry(&id, &why, now);
            app.store.write(move |tx| moderation::insert(tx, &noted)).await?;
            // Later, not now: we are in the middle of a deed that this plugin judged.
            let deed = app.clone();
            tokio::spawn(async move {
                if let Err(error) = super::manage::rollback(&deed, &id).await {
                    tracing::error!(%error, "going back failed");
                }
            });
            return Ok(());
        }
    }
    let for_good = alarm.off == Off::ForGood;
    let why = match alarm.off {
        Off::Until(until) => format!("It keeps failing and is off until {}: {}", until.rfc3339(), alarm.why),
        Off::ForGood => format!("It keeps failing and stays off: {}", alarm.why),
    };
    tell(app, &id, &why);
    let write = app.store.write(move |tx| {
        if for_good {
            plugins::switch_off(tx, &id, &why)?;
        }
        moderation::insert(tx, &entry(&id, &why, now))
    });
    write.await
}

/// Writes to the owners and admins, from the server's own account and without asking filters. Later, not now: a plugin
/// fails in the middle of somebody's deed.
fn tell(app: &App, id: &str, why: &str) {
    let (app, id) = (app.clone(), id.to_owned());
    let why: String = why.chars().take(WORDS).collect();
    tokio::spawn(async move {
        if let Err(error) = write_to_admins(&app, &id, &why).await {
            tracing::error!(%error, plugin.id = id, "the admins could not be told of the plugin {id}");
        }
    });
}

async fn write_to_admins(app: &App, id: &str, why: &str) -> Result<()> {
    let read = app.store.read(|db| {
        let admins = users::with_roles(db, &["owner", "admin"])?;
        Ok((accounts::by_id(db, accounts::INSTANCE)?, accounts::by_ids(db, &admins)?))
    });
    let (Some(server), admins) = read.await? else { return Ok(()) };
    if admins.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = admins.iter().map(|admin| format!("@{}", admin.username)).collect();
    let text =
        format!("{}\nThe plugin {id} has a problem. / プラグイン {id} に問題があります。\n\n{why}", names.join(" "));
    let draft = Draft {
        text,
        visibility: Some(Visibility::Direct),
        local_only: true,
        // A plugin chose some of these words: they call nobody else.
        allowed_mentions: Some(admins.iter().map(|admin| admin.id).collect()),
        // Filters are not asked: this is about one of them.
        held: Some(app.ids.next(app.clock.now())),
        ..Draft::default()
    };
    post::create(app, &server, draft).await.map(drop)
}

fn entry(id: &str, why: &str, now: crate::clock::Time) -> moderation::Entry {
    moderation::Entry {
        at: now,
        source: format!("plugin:{id}"),
        action: "fail".into(),
        direction: "local".into(),
        actor_uri: String::new(),
        object_uri: None,
        reason: why.to_owned(),
        excerpt: String::new(),
    }
}
