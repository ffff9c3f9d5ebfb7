//! Reading from other servers what we did not get: whole conversations, and the last posts of whom somebody here follows.
//!
//! A conversation is read when somebody here opens it, and after a boost; at the earliest five minutes after its first
//! post, at most once in fifteen minutes. What nobody here asked for waits behind the rest, is bounded in number and has
//! only the budget of one activity, so that nobody elsewhere makes us crawl. What is brought keeps its time, enters no
//! home and notifies nobody. Settings `backfill_threads` and `backfill_accounts`: `false` turns it off.
//! Spec: rules R8, R13 to R15, FEP-7888, FEP-f228.

mod account;
pub(super) mod collection;
mod thread;

use std::time::Duration;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::store::accounts::Account;
use crate::store::backfills::{self, Backfill, Kind};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx, settings, threads};
use crate::streams::Announcements;

use super::post;

/// Setting: `false` when conversations are not read.
pub const THREADS: &str = "backfill_threads";
/// Setting: `false` when the last posts of newly followed accounts are not read.
pub const ACCOUNTS: &str = "backfill_accounts";

/// Before this age nothing is there to be read.
const YOUNG: Duration = Duration::from_secs(300);
/// The same conversation is not read again within this time, …
const AGAIN: Duration = Duration::from_secs(900);
/// … and the same account not within this.
const AGAIN_ACCOUNT: Duration = Duration::from_secs(24 * 3600);
/// What nobody here asked for waits in this number at most.
const UNASKED: i64 = 100;
/// For one piece of work.
const DEADLINE: Duration = Duration::from_secs(300);

/// What is to be done about a conversation.
enum Decision {
    Nothing,
    /// It is under way, or was done a moment ago.
    Known(Backfill),
    /// It begins with this post.
    New(StatusId),
}

/// Asks for the whole conversation of a post that `viewer` may see. `Invalid` when the operator turned that off, or when
/// there is nothing to read: the post is private, or stays here.
pub async fn ask(app: &App, id: StatusId, viewer: Option<AccountId>) -> Result<Backfill> {
    let status = app.store.read(move |db| post::readable(db, id, viewer)).await?;
    let nothing = || Error::invalid("", "there is nothing more to load of this conversation");
    opened(app, &status).await?.ok_or_else(nothing)
}

/// Somebody here opened the conversation of `status`: what becomes of it, if anything.
pub async fn opened(app: &App, status: &Status) -> Result<Option<Backfill>> {
    let (row, now) = (status.clone(), app.clock.now());
    // A look first: most views need no write.
    if let Decision::Known(known) = app.store.read(move |db| decide(db, &row, now)).await?
        && known.asked
    {
        return Ok(Some(known));
    }
    let (status, deed) = (status.clone(), app.clone());
    let found = app.store.write(move |tx| queue_thread(tx, &deed, &status, true, now)).await?;
    if found.is_some() {
        app.backfills_waiting.notify_one();
    }
    Ok(found)
}

/// A post was boosted: its conversation is read, when there is time.
pub fn boosted(tx: &Tx, app: &App, original: &Status, now: Time, told: &mut Announcements) -> Result<()> {
    if !original.local && backfills::unasked(tx)? < UNASKED {
        told.backfills |= queue_thread(tx, app, original, false, now)?.is_some();
    }
    Ok(())
}

/// Somebody here follows `account` now: its last posts are read.
pub fn followed(tx: &Tx, app: &App, account: &Account, now: Time, told: &mut Announcements) -> Result<()> {
    if account.is_local() || is_off(tx, ACCOUNTS)? {
        return Ok(());
    }
    let known = backfills::of(tx, Kind::Account, account.id.0)?;
    if known.is_some_and(|known| known.done_at.is_none_or(|at| now.since(at) < AGAIN_ACCOUNT)) {
        return Ok(());
    }
    let (id, due_at) = (app.ids.next(now), Some(now));
    let kind = Kind::Account;
    let new = Backfill { id, kind, subject_id: account.id.0, asked: true, due_at, done_at: None, found: 0 };
    backfills::put(tx, &new)?;
    told.backfills = true;
    Ok(())
}

/// Does one piece of work that is due; `false`: none is.
pub async fn work(app: &App) -> Result<bool> {
    let now = app.clock.now();
    let Some(job) = app.store.read(move |db| backfills::next(db, now)).await? else { return Ok(false) };
    let (id, subject) = (job.id, job.subject_id);
    let done = tokio::time::timeout(DEADLINE, async {
        match job.kind {
            Kind::Thread => thread::read(app, &job, StatusId(subject)).await,
            Kind::Account => account::read(app, &job, AccountId(subject)).await,
        }
    });
    match done.await {
        Ok(Ok(found)) => tracing::debug!(found, subject, "read from other servers: {}", job.kind.as_str()),
        Ok(Err(Error::Store(error))) => return Err(error.into()),
        Ok(Err(error)) => tracing::debug!(subject, "could not be read from other servers: {error}"),
        Err(_) => tracing::debug!(subject, "reading from other servers took too long"),
    }
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            let found = backfills::by_id(tx, id)?.map_or(0, |job| job.found);
            backfills::finish(tx, id, found, now)
        })
        .await?;
    Ok(true)
}

/// When the next one is due.
pub async fn next_due(app: &App) -> Result<Option<Time>> {
    app.store.read(backfills::next_due).await
}

fn queue_thread(tx: &Tx, app: &App, status: &Status, asked: bool, now: Time) -> Result<Option<Backfill>> {
    let root = match decide(tx, status, now)? {
        Decision::Nothing => return Ok(None),
        Decision::Known(mut known) => {
            if asked && !known.asked && known.due_at.is_some() {
                known.asked = true;
                backfills::put(tx, &known)?;
            }
            return Ok(Some(known));
        }
        Decision::New(root) => root,
    };
    let first = post::known(tx, root)?;
    let due_at = Some(now.max(first.created_at.plus(YOUNG)));
    let (id, kind) = (app.ids.next(now), Kind::Thread);
    let new = Backfill { id, kind, subject_id: root.0, asked, due_at, done_at: None, found: 0 };
    backfills::put(tx, &new)?;
    Ok(Some(new))
}

fn decide(db: &Connection, status: &Status, now: Time) -> Result<Decision> {
    if !status.is_open() || status.reblog_of_id.is_some() || is_off(db, THREADS)? {
        return Ok(Decision::Nothing);
    }
    let root = threads::first_held(db, status.id)?;
    if let Some(known) = backfills::of(db, Kind::Thread, root.0)?
        && known.done_at.is_none_or(|at| now.since(at) < AGAIN)
    {
        return Ok(Decision::Known(known));
    }
    let first = statuses::by_id(db, root)?.ok_or(Error::NotFound("status"))?;
    // The answers to a post of ours come to us; only what hangs below them may be missing.
    if first.local && !threads::has_remote(db, root)? {
        return Ok(Decision::Nothing);
    }
    Ok(Decision::New(root))
}

fn is_off(db: &Connection, key: &str) -> Result<bool> {
    Ok(settings::get(db, key)?.as_deref() == Some("false"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;
    use crate::testing::{self, NOW};

    #[test]
    fn r14_what_nobody_here_asked_for_is_bounded_and_can_be_turned_off() {
        let (_folder, app) = testing::app();
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let tx = world.tx();
        let boost = |id: StatusId| {
            let status = statuses::by_id(&tx, id).expect("reads").expect("is there");
            let mut told = Announcements::default();
            boosted(&tx, &app, &status, NOW, &mut told).expect("queues");
            told.backfills
        };
        assert!(!boost(world.post(alice, "ours")), "the answers to our own posts come to us");
        let root = world.post(bob, "root");
        let reply = world.post_with(bob, "reply", |status| status.in_reply_to_id = Some(root));
        assert!(boost(reply) && boost(root), "one conversation, known by its first post");
        assert_eq!(backfills::unasked(&tx).expect("counts"), 1);
        for number in 0..2 * UNASKED {
            boost(world.post(bob, &format!("post {number}")));
        }
        assert_eq!(backfills::unasked(&tx).expect("counts"), UNASKED);
        // What somebody asks for comes all the same, and before the rest.
        let wanted = world.post(bob, "wanted");
        let status = statuses::by_id(&tx, wanted).expect("reads").expect("is there");
        let queued = queue_thread(&tx, &app, &status, true, NOW).expect("queues").expect("is queued");
        let first = backfills::next(&tx, NOW).expect("reads").expect("is due");
        assert_eq!((first.id, first.subject_id), (queued.id, wanted.0));
        settings::set(&tx, THREADS, "false").expect("sets");
        let late = world.post(bob, "late");
        let status = statuses::by_id(&tx, late).expect("reads").expect("is there");
        assert!(queue_thread(&tx, &app, &status, true, NOW).expect("decides").is_none());
    }

    #[test]
    fn r15_a_newly_followed_account_is_read_once_a_day() {
        let (_folder, app) = testing::app();
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let tx = world.tx();
        let follow = |id: AccountId, now: Time| {
            let account = crate::store::accounts::by_id(&tx, id).expect("reads").expect("is there");
            let mut told = Announcements::default();
            followed(&tx, &app, &account, now, &mut told).expect("queues");
            told.backfills
        };
        assert!(!follow(alice, NOW), "who lives here has all their posts here");
        assert!(follow(bob, NOW) && !follow(bob, NOW), "it waits already");
        let job = backfills::next(&tx, NOW).expect("reads").expect("is due");
        backfills::finish(&tx, job.id, 3, NOW).expect("writes");
        let day = Duration::from_secs(24 * 3600);
        assert!(!follow(bob, NOW.plus(day / 2)) && follow(bob, NOW.plus(day)));
    }
}
