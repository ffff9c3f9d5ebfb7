//! Asking the actor filters about a profile of another server, when it is first seen and when it changes.
//!
//! A key is read before anything is verified, and no plugin runs before that: an actor met that way is stored without its
//! profile, which waits to be judged until the actor is needed.

use crate::actions::translate;
use crate::activitypub::actor as wire;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::plugins::envelope::{Direction, Effect, Envelope};
use crate::plugins::{Ruling, facts};
use crate::store::accounts::Account;
use crate::store::actor_judgements::{self as judgements, Judgement};
use crate::store::{Tx, suspensions};

use super::log::note;

/// What became of a profile.
pub enum Profile {
    /// It may be stored, with the filters' changes.
    Pass(Box<wire::Actor>),
    /// It may be stored; the account is limited until a moderator looks. Which plugin, and its reason.
    Held(Box<wire::Actor>, String, String),
    /// The document is forgotten. Which plugin, and its reason.
    Rejected(String, String),
}

/// Judges a profile; one that did not change passes.
pub async fn judge(app: &App, raw: &str, mut actor: wire::Actor, known: Option<&Account>) -> Result<Profile> {
    if !app.plugins.judges_actors() {
        return Ok(Profile::Pass(Box::new(actor)));
    }
    let now = app.clock.now();
    let host = facts::host(&actor.id);
    let domain = known.and_then(|known| known.domain.clone()).unwrap_or_else(|| host.clone());
    let id = known.map_or(AccountId(0), |known| known.id);
    let draft = translate::account(&actor, id, domain, known, now);
    let open = match known {
        Some(known) => {
            let id = known.id;
            app.store.read(move |db| judgements::of(db, id)).await?.is_none_or(|row| row.state == "held")
        }
        None => false,
    };
    if open && known.is_some_and(|known| looks(known) == looks(&draft)) {
        return Ok(Profile::Pass(Box::new(actor)));
    }
    let (ground, shown) = (translate::ground(app), draft.clone());
    let told = app.store.read(move |db| facts::actor(db, &ground, &shown, true)).await?;
    let mut outcome = app.plugins.filter_actor(&told, raw).await;
    let envelope = Envelope {
        direction: Direction::Fetched,
        activity: "Update".into(),
        object: Some(told.kind.clone()),
        id: told.id.clone(),
        text: told.bio.clone(),
        actor: told,
        ..Envelope::default()
    };
    if known.is_none() {
        // There is no row yet that a report could point at; what was said stands in the audit.
        outcome.effects.retain(|change| !matches!(change.effect, Effect::Report(_)));
    }
    note(app, &envelope, &outcome, known.unwrap_or(&draft), now).await?;
    for change in &outcome.effects {
        if let Effect::Strip(parts) = &change.effect {
            strip(&mut actor, parts);
        }
    }
    Ok(match outcome.ruling {
        Ruling::Accept => Profile::Pass(Box::new(actor)),
        Ruling::Hold { plugin, reason } => Profile::Held(Box::new(actor), plugin, reason),
        Ruling::Reject { plugin, reason } => Profile::Rejected(plugin, reason),
    })
}

/// What a profile shows of itself.
fn looks(account: &Account) -> impl PartialEq + use<> {
    let fields: Vec<(String, String)> =
        account.fields.iter().map(|field| (field.name.clone(), field.value.clone())).collect();
    let pictures = (account.avatar_remote_url.clone(), account.header_remote_url.clone());
    let words = (account.username.clone(), account.display_name.clone(), account.note.clone());
    (account.kind.clone(), words, pictures, fields)
}

fn strip(actor: &mut wire::Actor, parts: &[String]) {
    for part in parts {
        match part.as_str() {
            "avatar" => actor.icon = None,
            "header" => actor.image = None,
            "bio" => actor.summary_html.clear(),
            "fields" => actor.fields.clear(),
            "emoji" => actor.emojis.clear(),
            _ => {}
        }
    }
}

/// The actor without what filters judge.
pub fn bare(actor: &wire::Actor) -> wire::Actor {
    let mut bare = wire::Actor { name: String::new(), ..actor.clone() };
    strip(&mut bare, &["avatar", "header", "bio", "fields", "emoji"].map(str::to_owned));
    bare
}

/// Keeps the document of an actor whose profile was not stored yet.
pub fn write_waiting(tx: &Tx, account: AccountId, document: String, now: Time) -> Result<()> {
    judgements::put(
        tx,
        &Judgement {
            account_id: account,
            state: "waiting".into(),
            document: Some(document),
            plugin_id: None,
            reason: None,
            at: now,
        },
    )
}

/// Keeps what filters said about a stored profile. One that they hold is limited.
pub fn write(tx: &Tx, account: &Account, verdict: &Verdict, now: Time) -> Result<()> {
    let put = |state: &str, plugin: &str, reason: &str| {
        judgements::put(
            tx,
            &Judgement {
                account_id: account.id,
                state: state.into(),
                document: None,
                plugin_id: Some(plugin.into()),
                reason: Some(reason.into()),
                at: now,
            },
        )
    };
    match verdict {
        Verdict::Passed => judgements::clear(tx, account.id),
        Verdict::Held(plugin, reason) => {
            suspensions::set_silenced(tx, account.id, Some(account.silenced_at.unwrap_or(now)))?;
            put("held", plugin, reason)
        }
        Verdict::Rejected(plugin, reason) => put("rejected", plugin, reason),
    }
}

/// The word about a profile, with plugin and reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing stands against it.
    Passed,
    /// A moderator looks.
    Held(String, String),
    /// It is not to be had.
    Rejected(String, String),
}

/// What has to be done about a known actor before it may act: nothing, or read it (its document, if it waits here).
pub async fn unsettled(app: &App, account: &Account) -> Result<Option<Option<String>>> {
    let id = account.id;
    let Some(row) = app.store.read(move |db| judgements::of(db, id)).await? else { return Ok(None) };
    match row.state.as_str() {
        "waiting" => Ok(Some(row.document)),
        "rejected" if !app.plugins.judges_actors() => Ok(Some(None)),
        "rejected" => Err(refused(&row.plugin_id.unwrap_or_default(), &row.reason.unwrap_or_default())),
        _ => Ok(None),
    }
}

/// The error for whoever needs an actor that is not to be had.
pub fn refused(plugin: &str, reason: &str) -> Error {
    Error::Forbidden(format!(
        "the plugin {plugin} rejects this profile: {reason} / プラグイン{plugin}がこのプロフィールを拒否しました"
    ))
}
