//! Asking the filters about what is no post: follows, reactions, boosts, deletions, blocks, reports, moves, and verbs that
//! this server does not know.
//!
//! Such a deed passes as it is, waits for a moderator, or is dropped; there is nothing in it to change. What people here
//! take back (their own Delete, Undo, Block) is never judged: nobody is kept from that.

use serde_json::Value;

use crate::actions::translate;
use crate::activitypub::audience::{self, Visibility};
use crate::activitypub::envelope::Activity;
use crate::activitypub::{note as wire, read};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::plugins::envelope::{Direction, Envelope};
use crate::plugins::options::Need;
use crate::plugins::{Ruling, facts};
use crate::store::accounts::{self, Account};
use crate::store::inbox::{self, NewReceived, Proof};
use crate::store::{Connection, held, statuses};

use super::log::note;

/// Judges what somebody elsewhere did, their signature being proven. `Some`: it goes no further, and why, for the trace.
///
/// Not for what brings a post or a profile: those are judged where they are taken in, with all their facts.
pub async fn judge_received(app: &App, activity: &Activity, actor: &Account) -> Result<Option<String>> {
    let verb = activity.kind.as_str();
    if matches!(verb, "Create" | "Update") || !app.plugins.wants(Direction::Inbound, verb) {
        return Ok(None);
    }
    if let Some(id) = activity.id.clone()
        && app.store.read(move |db| held::is_approved(db, &id)).await?
    {
        return Ok(None);
    }
    let now = app.clock.now();
    let (deed, asked, who) = (app.clone(), activity.clone(), actor.clone());
    let envelope = app.store.read(move |db| received(db, &deed, &asked, &who)).await?;
    let outcome = app.plugins.filter_whole(envelope.clone()).await;
    note(app, &envelope, &outcome, actor, now).await?;
    match outcome.ruling {
        Ruling::Accept => Ok(None),
        Ruling::Reject { plugin, reason } => Ok(Some(format!("rejected by the plugin {plugin}: {reason}"))),
        Ruling::Hold { plugin, reason } => {
            // What has no id cannot be found again.
            if activity.id.is_none() {
                return Ok(Some(format!("rejected by the plugin {plugin}, for it cannot be held: {reason}")));
            }
            let said = format!("held by the plugin {plugin}: {reason}");
            let row = held::Held {
                id: app.ids.next(now),
                state: "open".into(),
                direction: envelope.direction.as_str().into(),
                account_id: actor.id,
                object_uri: activity.id.clone(),
                is_edit: false,
                plugin_id: plugin,
                reason,
                score: outcome.score,
                text: if envelope.text.is_empty() { about(activity) } else { envelope.text },
                spoiler_text: String::new(),
                visibility: envelope.visibility.unwrap_or(Visibility::Direct),
                attachments: Vec::new(),
                payload: activity.raw.to_string(),
                activity: Some(activity.kind.clone()),
                created_at: now,
                decided_at: None,
                decided_by: None,
                status_id: None,
            };
            app.store.write(move |tx| held::insert(tx, &row, &[]).map(drop)).await?;
            Ok(Some(said))
        }
    }
}

/// Lets a held deed of another server pass: it goes back into the inbox, and its way from there without being judged again.
/// `false`: it was decided already.
pub(super) async fn approve(app: &App, row: &held::Held, author: &Account, by: AccountId) -> Result<bool> {
    let (id, now) = (row.id, app.clock.now());
    let new = NewReceived {
        dedupe: format!("approved {}", row.id),
        actor_uri: author.uri.clone(),
        proof: Proof::Signer(author.uri.clone()),
        recipient_id: None,
        body: row.payload.clone(),
        source_ip: String::new(),
        received_at: now,
        anew_after: None,
    };
    let write = app.store.write(move |tx| {
        let done = held::decide(tx, id, "approved", by, None, now)?;
        Ok(done && inbox::insert(tx, &new)?)
    });
    let done = write.await?;
    app.inbox_waiting.notify_one();
    Ok(done)
}

fn about(activity: &Activity) -> String {
    activity.object_id().map_or_else(|| activity.kind.clone(), |object| format!("{} {object}", activity.kind))
}

/// What filters are told about a deed of another server.
fn received(db: &Connection, app: &App, activity: &Activity, actor: &Account) -> Result<Envelope> {
    let (raw, ground) = (&activity.raw, translate::ground(app));
    let embedded = activity.object.as_object().and_then(|_| read::types(&activity.object).first().copied());
    let id = embedded.and(activity.object_id()).map(str::to_owned).or_else(|| activity.id.clone());
    let said = ["content", "summary", "_misskey_reaction"].iter().filter_map(|key| read::string(raw, key));
    let said = said.map(str::trim).find(|text| !text.is_empty()).unwrap_or_default();
    let text = match activity.kind.as_str() {
        "Like" | "EmojiReact" => said.to_owned(),
        "Flag" => crate::text::clean::plain(said),
        _ => String::new(),
    };
    let addressed: Vec<&String> =
        activity.to.iter().chain(&activity.cc).filter(|id| !audience::is_public(id)).collect();
    let object = activity.object_id().map_or(Ok(None), |id| accounts::by_uri(db, id))?;
    let mut people = Vec::new();
    let named = if activity.kind == "Flag" {
        activity.object_ids()
    } else {
        addressed.iter().map(|id| (*id).clone()).collect()
    };
    for id in &named {
        people.extend(accounts::by_uri(db, id)?);
    }
    let mut envelope = Envelope {
        direction: Direction::Inbound,
        activity: activity.kind.clone(),
        object: embedded.map(str::to_owned),
        id: id.unwrap_or_default(),
        actor: facts::actor(db, &ground, actor, false)?,
        visibility: (activity.kind == "Announce")
            .then(|| Visibility::infer(&activity.to, &activity.cc, actor.followers_uri.as_deref())),
        published: activity.published,
        text,
        local_mentions: u16::try_from(people.iter().filter(|person| person.is_local()).count()).unwrap_or(u16::MAX),
        mentions: people.iter().map(|person| person.uri.clone()).collect(),
        recipients: u32::try_from(addressed.len()).unwrap_or(u32::MAX),
        emoji: wire::emojis_of(raw),
        ..Envelope::default()
    };
    if activity.kind == "Follow" {
        envelope.follow_target = object.as_ref().map(|who| facts::actor(db, &ground, who, false)).transpose()?;
        people.extend(object);
    } else if let Some(answered) = activity.object_id().map_or(Ok(None), |id| statuses::by_uri(db, id))? {
        people.extend(accounts::by_id(db, answered.account_id)?);
    }
    with_needs(db, app, &mut envelope, actor, &people, Some(raw))?;
    Ok(envelope)
}

/// Adds what filters ask for and what costs a query.
fn with_needs(
    db: &Connection,
    app: &App,
    envelope: &mut Envelope,
    actor: &Account,
    people: &[Account],
    raw: Option<&Value>,
) -> Result<()> {
    let (needs, ground) = (app.plugins.needs(envelope), translate::ground(app));
    if needs.contains(&Need::Counts) {
        envelope.actor = facts::actor(db, &ground, actor, true)?;
        if let Some(target) = &envelope.follow_target
            && let Some(account) = accounts::by_uri(db, &target.id)?
        {
            envelope.follow_target = Some(facts::actor(db, &ground, &account, true)?);
        }
    }
    if needs.contains(&Need::Relation) {
        envelope.relation = facts::relations(db, actor.id, people, app.clock.now())?;
    }
    if needs.contains(&Need::Raw) {
        envelope.raw = raw.map(Value::to_string);
    }
    Ok(())
}

/// What somebody here is about to do to somebody or to a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::actions) enum Own<'a> {
    /// Follows.
    Follow(AccountId),
    /// Favourites.
    Like(StatusId),
    /// Reacts with this emoji.
    React(StatusId, &'a str),
    /// Boosts, to these people.
    Announce(StatusId, Visibility),
    /// Reports to other servers, with this comment.
    Flag(AccountId, &'a str),
}

/// Judges what somebody here is about to do; `Rejected` with the reason when filters say no, or would rather have it looked
/// at: such a deed can be done again, so that it is not worth a queue.
pub(in crate::actions) async fn judge_own(app: &App, me: &Account, own: Own<'_>) -> Result<()> {
    let verb = match own {
        Own::Follow(_) => "Follow",
        Own::Like(_) => "Like",
        // As we send it.
        Own::React(..) => "Like",
        Own::Announce(..) => "Announce",
        Own::Flag(..) => "Flag",
    };
    if ![Direction::Outbound, Direction::Local].iter().any(|direction| app.plugins.wants(*direction, verb)) {
        return Ok(());
    }
    let (now, deed, who) = (app.clock.now(), app.clone(), me.clone());
    let text = match own {
        Own::React(_, text) | Own::Flag(_, text) => text.to_owned(),
        _ => String::new(),
    };
    let (account, status, visibility) = match own {
        Own::Follow(account) | Own::Flag(account, _) => (Some(account), None, None),
        Own::Like(status) | Own::React(status, _) => (None, Some(status), None),
        Own::Announce(status, visibility) => (None, Some(status), Some(visibility)),
    };
    let read = app.store.read(move |db| {
        let ground = translate::ground(&deed);
        let status = status.map_or(Ok(None), |id| statuses::by_id(db, id))?;
        let about = account.or(status.as_ref().map(|status| status.account_id));
        let Some(target) = about.map_or(Ok(None), |id| accounts::by_id(db, id))? else { return Ok(None) };
        // A boost goes to followers everywhere.
        let leaves = !target.is_local() || (verb == "Announce" && status.is_some_and(|status| !status.local_only));
        let mut envelope = Envelope {
            direction: if leaves { Direction::Outbound } else { Direction::Local },
            activity: verb.into(),
            actor: facts::actor(db, &ground, &who, false)?,
            visibility,
            text,
            mentions: vec![target.uri.clone()],
            local_mentions: u16::from(target.is_local()),
            recipients: 1,
            ..Envelope::default()
        };
        if verb == "Follow" {
            envelope.follow_target = Some(facts::actor(db, &ground, &target, false)?);
        }
        with_needs(db, &deed, &mut envelope, &who, std::slice::from_ref(&target), None)?;
        Ok(Some(envelope))
    });
    // What is not there is refused by the deed itself.
    let Some(envelope) = read.await? else { return Ok(()) };
    let outcome = app.plugins.filter_whole(envelope.clone()).await;
    note(app, &envelope, &outcome, me, now).await?;
    match outcome.ruling {
        Ruling::Accept => Ok(()),
        Ruling::Reject { plugin, reason } | Ruling::Hold { plugin, reason } => Err(Error::Rejected { plugin, reason }),
    }
}
