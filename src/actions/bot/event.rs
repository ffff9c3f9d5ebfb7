//! What happened to a bot, put into its mailbox by the deed itself, in the deed's transaction.
//!
//! A bot does not hear of its own deeds, and not of what bots say to each other when they have answered each other
//! [`CHAIN`] times. Whoever writes to it is noted: only they are written to directly.

use serde_json::json;

use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::plugins::facts::Ground;
use crate::store::accounts::{self, Account};
use crate::store::bot_events::{self, New};
use crate::store::bots::{self, Bot};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx, follows};
use crate::streams::Announcements;

/// How many bots may have answered each other before a bot of ours no longer listens.
pub const CHAIN: i64 = 3;

/// Whether this account is a bot's: then it is told ([`notified`]), not notified.
pub fn is_bot(db: &Connection, account: AccountId) -> Result<bool> {
    bots::is_bot(db, account)
}

/// Tells the bot that acts through `to`; `kind` is that of the notification which somebody else would get.
pub fn notified(
    tx: &Tx,
    kind: &str,
    to: AccountId,
    from: AccountId,
    status: Option<StatusId>,
    now: Time,
    told: &mut Announcements,
) -> Result<()> {
    let Some(bot) = bots::running(tx, to)? else { return Ok(()) };
    let post = status.map_or(Ok(None), |id| statuses::by_id(tx, id))?;
    let name = post.as_ref().map(|post| post.uri.clone()).unwrap_or_default();
    let by = New { account_id: Some(from), ..New::default() };
    let new = match (kind, post) {
        ("mention" | "quote", Some(post)) => {
            bots::wrote(tx, &bot.plugin_id, from)?;
            let depth = depth(tx, &post, from)?;
            if depth > CHAIN {
                tracing::debug!(plugin.id = bot.plugin_id, "bots answered each other {depth} times; that is enough");
                return Ok(());
            }
            let kind = match kind {
                _ if post.visibility == Visibility::Direct => "direct",
                "quote" => "quote",
                _ if post.in_reply_to_account_id == Some(bot.account_id) => "reply",
                _ => "mention",
            };
            New { kind: kind.into(), status_id: Some(post.id), depth, ..by }
        }
        ("follow" | "follow_request", _) => {
            let follow = follows::between(tx, from, to)?.map(|follow| follow.uri).unwrap_or_default();
            New { kind: "followed".into(), name: follow, ..by }
        }
        ("favourite" | crate::actions::react::KIND, Some(_)) => New { kind: "reacted".into(), name, ..by },
        ("reblog", Some(_)) => New { kind: "boosted".into(), name, ..by },
        _ => return Ok(()),
    };
    put(tx, &bot, &new, now, told)
}

/// A post entered these homes.
pub fn arrived(tx: &Tx, status: &Status, homes: &[AccountId], now: Time, told: &mut Announcements) -> Result<()> {
    // One question for all homes: most servers have few bots, or none.
    for bot in bots::all_running(tx)? {
        if bot.account_id == status.account_id || !homes.contains(&bot.account_id) {
            continue;
        }
        let original = status.reblog_of_id.map_or(Ok(None), |id| statuses::by_id(tx, id))?;
        let post = original.as_ref().unwrap_or(status);
        let depth = depth(tx, post, post.account_id)?;
        if post.account_id != bot.account_id && depth <= CHAIN {
            let new = New {
                kind: "timeline".into(),
                account_id: Some(post.account_id),
                status_id: Some(post.id),
                depth,
                ..New::default()
            };
            put(tx, &bot, &new, now, told)?;
        }
    }
    Ok(())
}

/// Somebody no longer follows `target`.
pub fn unfollowed(tx: &Tx, who: &Account, target: &Account, now: Time, told: &mut Announcements) -> Result<()> {
    about(tx, target.id, "unfollowed", who.id, String::new(), now, told)
}

/// Somebody voted in the poll of a post of `author`.
pub fn voted(
    tx: &Tx,
    who: AccountId,
    author: AccountId,
    post: &str,
    now: Time,
    told: &mut Announcements,
) -> Result<()> {
    about(tx, author, "voted", who, post.to_owned(), now, told)
}

fn about(
    tx: &Tx,
    to: AccountId,
    kind: &str,
    from: AccountId,
    name: String,
    now: Time,
    told: &mut Announcements,
) -> Result<()> {
    if !bots::is_bot(tx, to)? {
        return Ok(());
    }
    let Some(bot) = bots::running(tx, to)? else { return Ok(()) };
    put(tx, &bot, &New { kind: kind.into(), account_id: Some(from), name, ..New::default() }, now, told)
}

/// A post is about to go; bots that were told of it hear so. Call it while the row is there.
pub fn deleted(tx: &Tx, status: &Status, now: Time, told: &mut Announcements) -> Result<()> {
    for bot in bots::told_of(tx, status.id)? {
        if bot.account_id != status.account_id {
            put(tx, &bot, &New { kind: "deleted".into(), name: status.uri.clone(), ..New::default() }, now, told)?;
        }
    }
    Ok(())
}

/// `who` blocked somebody who lives here, or no longer does.
pub fn blocked(
    tx: &Tx,
    ground: &Ground,
    who: &Account,
    whom: &Account,
    on: bool,
    now: Time,
    told: &mut Announcements,
) -> Result<()> {
    if !whom.is_local() {
        return Ok(());
    }
    let new = New {
        kind: "extra".into(),
        account_id: Some(who.id),
        name: if on { "blocked" } else { "unblocked" }.into(),
        payload: json!({"by": ground.handle(who), "whom": ground.handle(whom)}).to_string().into_bytes(),
        ..New::default()
    };
    for bot in bots::all_running(tx)? {
        // Only those that ask for extras by name: others would not know what to do with them.
        if bot.events.iter().any(|kind| kind == "extra") && bot.account_id != whom.id {
            put(tx, &bot, &new, now, told)?;
        }
    }
    Ok(())
}

fn put(tx: &Tx, bot: &Bot, new: &New, now: Time, told: &mut Announcements) -> Result<()> {
    if new.account_id == Some(bot.account_id) || !bot.wants(&new.kind) {
        return Ok(());
    }
    if !bot_events::put(tx, &bot.plugin_id, new, now)? {
        tracing::warn!(plugin.id = bot.plugin_id, "the mailbox of the bot {} is full; an event is lost", bot.plugin_id);
    }
    told.bots = true;
    Ok(())
}

/// How many bots answered each other up to this post of `author`; 0: its author is no bot.
fn depth(db: &Connection, post: &Status, author: AccountId) -> Result<i64> {
    let is_bot = |id: AccountId| Ok::<_, crate::error::Error>(accounts::by_id(db, id)?.is_some_and(|who| who.is_bot()));
    if !is_bot(author)? {
        return Ok(0);
    }
    let mut answers = 1;
    let mut above = post.in_reply_to_id;
    while let Some(id) = above.filter(|_| answers <= CHAIN) {
        let Some(parent) = statuses::by_id(db, id)? else { break };
        if !is_bot(parent.account_id)? {
            break;
        }
        answers += 1;
        above = parent.in_reply_to_id;
    }
    // Of our own bots it is known also when they do not answer by the thread.
    Ok(answers.max(bots::depth(db, post.id)?))
}
