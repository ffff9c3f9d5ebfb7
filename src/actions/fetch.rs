//! Reading documents of other servers: actors, keys, posts; each cause with its budget (rule F10).
//!
//! A document is believed only about its own origin: its `id` must be the address that answered (rule F7).

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::activitypub::signature::Scheme;
use crate::activitypub::{actor as wire, ids, read};
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::outbound::Request;
use crate::store::accounts::{self, Account};
use crate::store::keys::{self, PublicKey};
use crate::store::peers;

use super::{resolve, translate};

/// What we ask for. Rule F4.
const ACCEPT: &str =
    r#"application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams""#;
/// The largest document. Rule F9.
const LIMIT: usize = 1024 * 1024;
const DEADLINE: Duration = Duration::from_secs(30);
/// An actor is read again on activity when what we know is older. Rule F12.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// At most once in this time, even when asked to refresh.
pub const AGAIN: Duration = Duration::from_secs(600);

/// How much one cause (an activity, a click) may fetch.
#[derive(Debug)]
pub struct Budget {
    left: u32,
    by_domain: HashMap<String, u32>,
    /// How far up a reply chain it may still go.
    pub depth: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: 256, by_domain: HashMap::new(), depth: 50 }
    }
}

impl Budget {
    /// Takes one fetch from `url` out of the budget; `false` when it is used up.
    pub(super) fn spend(&mut self, url: &Url) -> bool {
        let domain = registrable(url.host_str().unwrap_or_default());
        let used = self.by_domain.entry(domain).or_default();
        if self.left == 0 || *used >= 30 {
            return false;
        }
        *used += 1;
        self.left -= 1;
        true
    }
}

/// The last two labels (three under the usual second-level suffixes): wildcard DNS must not multiply a budget.
fn registrable(host: &str) -> String {
    let labels: Vec<&str> = host.rsplit('.').collect();
    let count = if labels.get(1).is_some_and(|second| second.len() <= 3) { 3 } else { 2 };
    labels.into_iter().take(count).rev().collect::<Vec<_>>().join(".")
}

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

/// One signed GET with a second knock; answers the document and the address that answered.
async fn get(app: &App, url: &Url) -> Result<(Value, Url)> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let signer = app.instance_signer().await?;
    for scheme in [Scheme::Cavage, Scheme::Rfc9421] {
        let request = Request {
            method: "GET",
            url: url.clone(),
            accept: ACCEPT,
            body: None,
            headers: Vec::new(),
            signed: Some((signer.clone(), scheme)),
            redirects: 3,
            limit: LIMIT,
            deadline: DEADLINE,
        };
        let response = app.outbound.send(request).await?;
        match response.status {
            200 if response.is_activity_json() => {
                let mut answered = response.url.clone();
                answered.set_fragment(None);
                let document = read::parse_document(&response.body)?;
                if !read::has_context(&document) {
                    return Err(Error::peer(host, Fault::Nonsense("not an ActivityStreams document".into())));
                }
                return Ok((document, answered));
            }
            200 => return Err(Error::peer(host, Fault::Nonsense("not an ActivityStreams document".into()))),
            400 | 401 | 403 if scheme == Scheme::Cavage => {}
            code => {
                let retry_after = response.retry_after(app.clock.now());
                return Err(Error::peer(host, Fault::Status { code, retry_after }));
            }
        }
    }
    Err(Error::Bug("two knocks always answer".into()))
}

/// The actor `uri`: known and fresh, or read from its server. Local actors come from the database.
pub async fn actor(app: &App, uri: &str, budget: &mut Budget) -> Result<Account> {
    if let Some(known) = known(app, uri).await? {
        let fresh = known.fetched_at.is_some_and(|at| app.clock.now().since(at) < STALE);
        if known.is_local() || fresh {
            return Ok(known);
        }
        // Stale is better than nothing: their server may be down just now.
        return Ok(refreshed(app, uri, budget).await.unwrap_or(known));
    }
    refreshed(app, uri, budget).await
}

/// The actor as its server describes it now.
async fn refreshed(app: &App, uri: &str, budget: &mut Budget) -> Result<Account> {
    let document = document(app, uri, budget).await?;
    store_actor(app, &document, budget).await
}

/// Takes in an actor document that is known to come from the actor's own server.
pub async fn store_actor(app: &App, document: &Value, budget: &mut Budget) -> Result<Account> {
    let actor = wire::read(document, app.config.development)?;
    if ids::parse(&app.config.url(""), &actor.id).is_some() {
        return Err(Error::Forbidden("an actor of ours does not come from outside".into()));
    }
    let now = app.clock.now();
    let known = known(app, &actor.id).await?;
    let same_name = known.as_ref().is_some_and(|known| known.username.eq_ignore_ascii_case(&actor.username));
    let domain = match known.as_ref().and_then(|known| known.domain.clone()).filter(|_| same_name) {
        Some(domain) => domain,
        None => resolve::handle_domain(app, &actor, budget).await?,
    };
    let id = known.as_ref().map_or_else(|| app.ids.next(now), |known| known.id);
    let account = translate::account(&actor, id, domain, known.as_ref(), now);
    let public_keys: Vec<_> = actor.public_keys.iter().map(|key| (key.id.clone(), key.pem.clone())).collect();
    let origin = Url::parse(&account.inbox).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let (account, revived) = app
        .store
        .write(move |tx| {
            accounts::release_handle(tx, &account.username, account.domain.as_deref(), &account.uri)?;
            let id = accounts::upsert(tx, &account)?;
            keys::replace_public(tx, id, &public_keys, now)?;
            // A server that answers is alive.
            let revived = peers::revive(tx, &origin, now)?;
            Ok((accounts::by_id(tx, id)?.ok_or(Error::NotFound("account"))?, revived))
        })
        .await?;
    if revived {
        app.deliveries_waiting.notify_one();
    }
    Ok(account)
}

/// The key that `key_id` names, with its owner proven: cached, or read from the owner's server (rules V9, V11).
/// `refresh` reads it again even when cached, at most once in ten minutes.
pub async fn key(app: &App, key_id: &str, refresh: bool) -> Result<PublicKey> {
    let wanted = key_id.to_owned();
    let cached = app.store.read(move |db| keys::public_by_id(db, &wanted)).await?;
    if let Some(cached) = cached {
        let recent = app.clock.now().since(cached.fetched_at) < AGAIN;
        if !refresh || recent {
            return Ok(cached);
        }
    }
    let mut budget = Budget::default();
    let owner = owner_of(app, key_id, &mut budget).await?;
    let account = refreshed(app, &owner, &mut budget).await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_counts_by_registrable_domain() {
        let mut budget = Budget::default();
        for n in 0..30 {
            let url = Url::parse(&format!("https://h{n}.evil.example/")).expect("valid");
            assert!(budget.spend(&url));
        }
        assert!(!budget.spend(&Url::parse("https://another.evil.example/").expect("valid")));
        assert!(budget.spend(&Url::parse("https://good.example/").expect("valid")));
        assert_eq!(registrable("a.b.co.jp"), "b.co.jp");
    }
}
