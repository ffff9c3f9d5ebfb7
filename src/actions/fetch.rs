//! Reading documents of other servers: actors, keys, posts; each cause with its budget (rule F10).
//!
//! A document is believed only about its own origin: its `id` must be the address that answered (rule F7).

mod budget;
mod get;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::activitypub::{actor as wire, build, ids, read};
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::outbound::{Request, Response};
use crate::store::accounts::{self, Account};
use crate::store::keys::{self, PublicKey};
use crate::store::{absences, actor_judgements, domain_blocks, follows, peers, profile_shows};

pub use self::budget::Budget;
use self::get::get;
use super::absence::{self, Answer};
use super::moderation::effects;
use super::plugin::actors::{self, Profile, Verdict};
use super::{border, emoji, plugin, translate, verify, webfinger};

/// The largest document. Rule F9.
const LIMIT: usize = 1024 * 1024;
const DEADLINE: Duration = Duration::from_secs(30);
/// An actor is read again on activity when what we know is older. Rule F12.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// A key that was read more recently than this is not suspected to be an old one. Rule V11
pub const ROTATION: Duration = Duration::from_secs(300);
/// At most once in this time, even when asked to refresh.
pub const AGAIN: Duration = Duration::from_secs(600);

/// The ActivityStreams document at `url`, signed for by the instance actor, its id checked.
pub async fn document(app: &App, url: &str, budget: &mut Budget) -> Result<Value> {
    let mut url = ids::valid_remote_id(url, app.config.development)?;
    for second in [false, true] {
        url.set_fragment(None);
        if !budget.spend(&url) {
            return Err(Error::peer(
                url.host_str().unwrap_or_default(),
                Fault::Refused("the fetch budget is used up".into()),
            ));
        }
        let (document, answered) = get(app, &url).await?;
        let id = read::id(&document, "id").unwrap_or_default().to_owned();
        let mut named = ids::valid_remote_id(&id, app.config.development)?;
        named.set_fragment(None);
        if named == answered {
            return Ok(document);
        }
        // It says that it lives elsewhere: on its own origin we ask there, once; a foreign origin is not believed.
        if second || named.origin() != answered.origin() {
            break;
        }
        url = named;
    }
    Err(Error::peer(
        url.host_str().unwrap_or_default(),
        Fault::Nonsense("the document is not the one asked for".into()),
    ))
}

/// One unsigned GET of something that is no ActivityStreams document.
pub(super) async fn plain(app: &App, url: Url, accept: &'static str, limit: usize) -> Result<Response> {
    border::permit(app, &url).await?;
    let request = Request {
        method: "GET",
        url,
        accept,
        body: None,
        headers: Vec::new(),
        signed: None,
        redirects: 3,
        limit,
        deadline: DEADLINE,
    };
    app.outbound.send(request).await
}

/// The actor `uri`: known and fresh, or read from its server. Local actors come from the database.
pub async fn actor(app: &App, uri: &str, budget: &mut Budget) -> Result<Account> {
    if let Some(known) = known(app, uri).await? {
        let fresh = known.fetched_at.is_some_and(|at| app.clock.now().since(at) < STALE);
        if !known.is_local() {
            match actors::unsettled(app, &known).await {
                Ok(None) => {}
                Ok(Some(Some(document))) => {
                    let document = read::parse_document(document.as_bytes())?;
                    return Box::pin(store_actor(app, &document, budget)).await;
                }
                Ok(Some(None)) => return Box::pin(refreshed(app, uri, budget)).await,
                Err(error) if fresh || !app.fetches.may_refresh(uri, app.clock.now()) => return Err(error),
                Err(_) => return Box::pin(refreshed(app, uri, budget)).await,
            }
        }
        if known.is_local() || fresh || is_frozen(app, &known).await? {
            return Ok(known);
        }
        if !app.fetches.may_refresh(uri, app.clock.now()) {
            return Ok(known);
        }
        if plugin::pass(app, uri, "actor").await.is_err() {
            return Ok(known);
        }
        // Stale is better than nothing: their server may be down just now.
        return Ok(Box::pin(refreshed(app, uri, budget)).await.unwrap_or(known));
    }
    // Not asked for keys: no plugin runs before a signature was verified.
    plugin::pass(app, uri, "actor").await?;
    Box::pin(refreshed(app, uri, budget)).await
}

/// The actor as its server describes it now.
pub(super) async fn refreshed(app: &App, uri: &str, budget: &mut Budget) -> Result<Account> {
    let document = of_actor(app, uri, budget).await?;
    store_actor(app, &document, budget).await
}

/// The document of the actor; that it has none is noted.
async fn of_actor(app: &App, uri: &str, budget: &mut Budget) -> Result<Value> {
    let mut document = document(app, uri, budget).await;
    if document.as_ref().is_ok_and(|document| read::kind(document, &["Tombstone"]).is_some()) {
        document = Err(Error::Gone("account"));
    }
    if let Some(known) = known(app, uri).await? {
        absence::noted(app, &known, Answer::of(&document)).await?;
    }
    document
}

/// Whether the actor's own server said that it is gone: then it is not asked again before its time (rule P7).
async fn is_frozen(app: &App, account: &Account) -> Result<bool> {
    let id = account.id;
    Ok(app.store.read(move |db| absences::of(db, id)).await?.is_some_and(|absence| absence.gone))
}

/// The ActivityStreams document at `url`, if the gates let it be fetched. `purpose` as in the contract of plugins.
pub async fn gated(app: &App, url: &str, purpose: &'static str, budget: &mut Budget) -> Result<Value> {
    plugin::pass(app, url, purpose).await?;
    document(app, url, budget).await
}

fn theirs(app: &App, document: &Value) -> Result<wire::Actor> {
    let actor = wire::read(document, app.config.development)?;
    if ids::parse(&app.config.url(""), &actor.id).is_some() {
        return Err(Error::Forbidden("an actor of ours does not come from outside".into()));
    }
    Ok(actor)
}

/// Takes in an actor document that is known to come from the actor's own server, if the actor filters agree. Of a known
/// actor whose new profile they reject, the old one stays.
pub async fn store_actor(app: &App, document: &Value, budget: &mut Budget) -> Result<Account> {
    let actor = theirs(app, document)?;
    let before = known(app, &actor.id).await?;
    match Box::pin(actors::judge(app, &document.to_string(), actor.clone(), before.as_ref())).await? {
        Profile::Pass(actor) => write_actor(app, document, *actor, Verdict::Passed, budget).await,
        Profile::Held(actor, plugin, reason) => {
            write_actor(app, document, *actor, Verdict::Held(plugin, reason), budget).await
        }
        Profile::Rejected(plugin, reason) => {
            let Some(before) = before else { return Err(actors::refused(&plugin, &reason)) };
            let (now, id) = (app.clock.now(), before.id);
            let waited = app.store.read(move |db| actor_judgements::of(db, id)).await?;
            let kept = waited.is_none_or(|row| row.state == "held");
            let (looked, why) = (before.clone(), actors::refused(&plugin, &reason));
            let write = app.store.write(move |tx| {
                accounts::upsert(tx, &Account { fetched_at: Some(now), ..looked.clone() })?;
                if kept { Ok(()) } else { actors::write(tx, &looked, &Verdict::Rejected(plugin, reason), now) }
            });
            write.await?;
            if kept { Ok(before) } else { Err(why) }
        }
    }
}

/// Takes in only what a signature is checked with: nothing of an actor is judged before that.
async fn store_keys(app: &App, document: &Value, budget: &mut Budget) -> Result<Account> {
    let actor = theirs(app, document)?;
    let Some(known) = known(app, &actor.id).await? else {
        let bare = actors::bare(&actor);
        let account = write_actor(app, document, bare, Verdict::Passed, budget).await?;
        let (id, text, now) = (account.id, document.to_string(), app.clock.now());
        app.store.write(move |tx| actors::write_waiting(tx, id, text, now)).await?;
        return Ok(account);
    };
    let public_keys: Vec<_> = actor.public_keys.iter().map(|key| (key.id.clone(), key.pem.clone())).collect();
    let (id, now) = (known.id, app.clock.now());
    app.store.write(move |tx| keys::replace_public(tx, id, &public_keys, now)).await?;
    Ok(known)
}

async fn write_actor(
    app: &App,
    document: &Value,
    actor: wire::Actor,
    verdict: Verdict,
    budget: &mut Budget,
) -> Result<Account> {
    let now = app.clock.now();
    let known = known(app, &actor.id).await?;
    let same_name = known.as_ref().is_some_and(|known| known.username.eq_ignore_ascii_case(&actor.username));
    let domain = match known.as_ref().and_then(|known| known.domain.clone()).filter(|_| same_name) {
        Some(domain) => domain,
        None => webfinger::domain_of(app, &actor, budget).await?,
    };
    let id = known.as_ref().map_or_else(|| app.ids.next(now), |known| known.id);
    let account = translate::account(&actor, id, domain, known.as_ref(), now);
    let fields_changed = known.as_ref().is_none_or(|known| known.fields != account.fields);
    let public_keys: Vec<_> = actor.public_keys.iter().map(|key| (key.id.clone(), key.pem.clone())).collect();
    let shows = translate::shows(&actor);
    let origin = Url::parse(&account.inbox).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let rfc9421 = wire::implements(document, build::RFC_9421);
    let (deed, suspended, new) = (app.clone(), actor.suspended, known.is_none());
    let (account, revived, told) = app
        .store
        .write(move |tx| {
            accounts::release_handle(tx, &account.username, account.domain.as_deref(), &account.uri)?;
            let id = accounts::upsert(tx, &account)?;
            // Of strangers nobody here looks at the profile again and again.
            if fields_changed && !follows::local_followers(tx, id)?.is_empty() {
                verify::changed(tx, &Account { id, ..account.clone() }, now)?;
            }
            keys::replace_public(tx, id, &public_keys, now)?;
            profile_shows::set(tx, id, &shows)?;
            emoji::learn(tx, &deed, &account, &actor.emojis, now)?;
            if let Some(domain) = account.domain.as_deref().filter(|_| new) {
                domain_blocks::mark_newcomer(tx, id, domain)?;
            }
            peers::says(tx, &origin, rfc9421, now)?;
            // A server that answers is alive.
            let revived = peers::revive(tx, &origin, now)?;
            let known = || accounts::by_id(tx, id)?.ok_or(Error::NotFound("account"));
            actors::write(tx, &Account { id, ..account.clone() }, &verdict, now)?;
            let told = effects::follow_origin(tx, &deed, &known()?, suspended, now)?;
            Ok((known()?, revived, told))
        })
        .await?;
    told.announce(app);
    if revived {
        app.deliveries_waiting.notify_one();
    }
    Ok(account)
}

/// The key that `key_id` names, with its owner proven: cached, or read from the owner's server (rules V9, V11).
/// `refresh` reads it again even when cached, unless that was a moment ago.
pub async fn key(app: &App, key_id: &str, refresh: bool) -> Result<PublicKey> {
    let wanted = key_id.to_owned();
    let cached = app.store.read(move |db| keys::public_by_id(db, &wanted)).await?;
    if let Some(cached) = cached {
        let recent = app.clock.now().since(cached.fetched_at) < ROTATION;
        if !refresh || recent {
            return Ok(cached);
        }
    }
    let mut budget = Budget::default();
    let owner = owner_of(app, key_id, &mut budget).await?;
    let account = if app.plugins.judges_actors() {
        let document = of_actor(app, &owner, &mut budget).await?;
        store_keys(app, &document, &mut budget).await?
    } else {
        refreshed(app, &owner, &mut budget).await?
    };
    let (wanted, id) = (key_id.to_owned(), account.id);
    let found = app
        .store
        .read(move |db| match keys::public_by_id(db, &wanted)? {
            Some(key) => Ok(Some(key)),
            // Some name the actor instead of the key (PeerTube): fine when there is just one key.
            None if wanted == account.uri => keys::only_public_of(db, id),
            None => Ok(None),
        })
        .await?;
    found.filter(|key| key.account_id == id).ok_or(Error::NotFound("key in its owner's document"))
}

/// The actor that a key document or a fragment id belongs to.
async fn owner_of(app: &App, key_id: &str, budget: &mut Budget) -> Result<String> {
    let url = ids::valid_remote_id(key_id, app.config.development)?;
    if url.fragment().is_some() {
        let mut actor = url;
        actor.set_fragment(None);
        return Ok(actor.to_string());
    }
    // A document of its own (GoToSocial: …/main-key), or the actor itself. Its word about the owner is only a hint:
    // the owner's document must list the key.
    if !budget.spend(&url) {
        return Err(Error::peer(
            url.host_str().unwrap_or_default(),
            Fault::Refused("the fetch budget is used up".into()),
        ));
    }
    let (document, _) = get(app, &url).await?;
    let inner = document.get("publicKey").unwrap_or(&Value::Null);
    let owner = read::id(&document, "owner")
        .or_else(|| read::id(&document, "controller"))
        .or_else(|| read::id(inner, "owner"))
        .or_else(|| read::id(&document, "id"))
        .ok_or(Error::NotFound("owner of the key"))?;
    if !ids::same_origin(owner, key_id) {
        return Err(Error::Forbidden("a key and its owner live on the same server".into()));
    }
    Ok(owner.to_owned())
}

async fn known(app: &App, uri: &str) -> Result<Option<Account>> {
    let uri = uri.to_owned();
    app.store.read(move |db| accounts::by_uri(db, &uri)).await
}
