//! Keeping lists of followers the same on both sides. Spec: FEP-8fcf, rule R11.
//!
//! A sender tells by a digest which of its followers it believes to live here. When ours is another, its list is read,
//! and believed only if it has that digest: follows that it does not know end here, and what it wrongly counts is undone.

use std::collections::{HashMap, HashSet};

use crate::activitypub::synchronization::{self, Synchronization};
use crate::activitypub::{build, ids, read};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts::{self, Account};
use crate::store::follow_syncs::{self, Sync};
use crate::store::{Connection, Tx, follows};
use crate::streams::Announcements;

use super::backfill::collection::Reader;
use super::fetch::Budget;
use super::follow::{self, Told};
use super::outbox::{self, Recipients};

/// The most pages of a list. Rule R11.
const PAGES: usize = 10;
/// The most people on it.
const PEOPLE: usize = 10_000;

/// What is told about the followers of an account, by the origin that it is told to.
#[derive(Debug)]
pub struct Digests {
    collection: String,
    url: String,
    by_origin: HashMap<String, String>,
}

impl Digests {
    /// The header for a delivery to an inbox of `origin`; `None` where nobody follows.
    pub fn header(&self, origin: &str) -> Option<String> {
        let digest = self.by_origin.get(origin)?.clone();
        let (collection, url) = (self.collection.clone(), self.url.clone());
        Some(synchronization::print(&Synchronization { collection, url, digest }))
    }
}

/// What deliveries of this activity of the local account tell; `None` unless it is addressed to the followers.
pub fn digests(db: &Connection, account: AccountId, activity: &str) -> Result<Option<Digests>> {
    let Some(account) = accounts::by_id(db, account)?.filter(Account::is_local) else { return Ok(None) };
    let collection = ids::followers(&account.uri);
    let addressed = || {
        let activity: serde_json::Value = serde_json::from_str(activity).unwrap_or_default();
        let mine = read::id(&activity, "actor") == Some(&account.uri);
        mine && ["to", "cc"].iter().any(|key| read::ids(&activity, key).contains(&collection))
    };
    // Reading every activity whole would be a waste.
    if !activity.contains(&collection) || !addressed() {
        return Ok(None);
    }
    let url = ids::followers_synchronization(&account.uri);
    Ok(Some(Digests { collection, url, by_origin: follow_syncs::digests(db, account.id)? }))
}

/// Another server told which followers of its `actor` live here. Answers whether its list is to be read.
pub fn announced(tx: &Tx, actor: &Account, said: &Synchronization, now: Time) -> Result<bool> {
    if actor.followers_uri.as_ref() != Some(&said.collection) || !ids::same_origin(&said.url, &actor.uri) {
        return Ok(false);
    }
    let ours = follow_syncs::local_followers(tx, actor.id)?;
    if follow_syncs::digest_of(ours.iter().map(String::as_str)) == said.digest {
        return Ok(false);
    }
    let sync = Sync { account_id: actor.id, url: said.url.clone(), digest: said.digest.clone() };
    follow_syncs::ask(tx, &sync, now)
}

/// Compares one list that waits; `false`: none does.
pub async fn work(app: &App) -> Result<bool> {
    let Some(sync) = app.store.read(follow_syncs::next).await? else { return Ok(false) };
    let mut reader = Reader { app, budget: Budget::default(), pages: PAGES };
    let items = reader.items(&sync.url, PEOPLE).await;
    let listed: HashSet<String> = items.iter().filter_map(read::id_of).map(str::to_owned).collect();
    let (now, deed) = (app.clock.now(), app.clone());
    let told = app
        .store
        .write(move |tx| {
            follow_syncs::done(tx, sync.account_id, now)?;
            // Only a list that is what was announced says anything.
            if follow_syncs::digest_of(listed.iter().map(String::as_str)) != sync.digest {
                return Ok(Announcements::default());
            }
            let actor = accounts::by_id(tx, sync.account_id)?.ok_or(Error::NotFound("account"))?;
            settle(tx, &deed, &actor, &listed, now)
        })
        .await?;
    told.announce(app);
    Ok(true)
}

fn settle(tx: &Tx, app: &App, actor: &Account, listed: &HashSet<String>, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    for uri in follow_syncs::local_followers(tx, actor.id)? {
        if listed.contains(&uri) {
            continue;
        }
        let Some(follower) = accounts::by_uri(tx, &uri)? else { continue };
        if let Some(follow) = follows::between(tx, follower.id, actor.id)? {
            tracing::info!(account.id = follower.id.0, "a follow of {} ends: its server does not know it", actor.uri);
            told.extend(follow::write_end(tx, app, &follow, Told::Nobody, now)?);
        }
    }
    for uri in listed {
        let Some(follower) = accounts::by_uri(tx, uri)?.filter(Account::is_local) else { continue };
        match follows::between(tx, follower.id, actor.id)? {
            Some(follow) if follow.accepted => {}
            Some(follow) => told.extend(follow::write_accept(tx, app, &follow, &follower, actor, now)?),
            None => {
                let id = ids::follow(&follower.uri, app.ids.next::<i64>(now));
                let never = build::Follow { id, actor: follower.uri.clone(), object: actor.uri.clone() };
                let mut undo = build::undo(&build::follow(&never));
                // Nobody knows a Follow of this id: it is to be found by who follows whom.
                if let Some(follow) = undo.get_mut("object").and_then(serde_json::Value::as_object_mut) {
                    follow.remove("id");
                }
                told.deliveries |= outbox::send(tx, app, &follower, &undo, &Recipients::one(actor.id), now)?;
            }
        }
    }
    Ok(told)
}
