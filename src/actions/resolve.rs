//! Finding someone or something by URL or handle, remote if need be.
//!
//! Spec: RFC 7033 (WebFinger), and the round trip that keeps handles honest (rules W1, W2, A11).

use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::activitypub::actor::{self as wire, Actor};
use crate::activitypub::{ids, read};
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::outbound::{Request, Response};
use crate::store::accounts::{self, Account};
use crate::store::statuses::{self, Status};

use super::fetch::{self, Budget};
use super::receive;

/// What a URL turned out to be.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Found {
    Account(Box<Account>),
    Status(Box<Status>),
}

/// What `url` (a page or an id) is, fetched if we do not know it; `None`: nothing we understand.
pub async fn by_url(app: &App, url: &str) -> Result<Option<Found>> {
    if let Some(known) = known(app, url).await? {
        return Ok(Some(known));
    }
    if ids::parse(&app.config.url(""), url).is_some() {
        return Ok(None);
    }
    let mut budget = Budget::default();
    let document = match fetch::document(app, url, &mut budget).await {
        Ok(document) => document,
        Err(Error::Peer { fault: Fault::Nonsense(_), .. }) => {
            // A page for people: it may link to its other face, one hop.
            let Some(alternate) = alternate(app, url).await? else { return Ok(None) };
            fetch::document(app, &alternate, &mut budget).await?
        }
        Err(Error::Peer { fault: Fault::Status { code: 404 | 410, .. }, .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    if wire::is_actor(&document) {
        let account = fetch::store_actor(app, &document, &mut budget).await?;
        return Ok(Some(Found::Account(Box::new(account))));
    }
    let status = receive::fetched(app, &document, &mut budget).await?;
    Ok(status.map(|status| Found::Status(Box::new(status))))
}

/// The account `username@domain` (`None`: local), by WebFinger if we do not know it.
pub async fn by_handle(app: &App, username: &str, domain: Option<&str>) -> Result<Option<Account>> {
    let domain = domain.map(normalised).transpose()?;
    let own = |domain: &str| domain == app.config.handle_domain || domain == app.config.domain;
    let domain = domain.filter(|domain| !own(domain));
    let handle = (username.to_owned(), domain.clone());
    let known = app.store.read(move |db| accounts::by_handle(db, &handle.0, handle.1.as_deref())).await?;
    let (None, Some(domain)) = (&known, domain) else { return Ok(known) };
    let mut budget = Budget::default();
    let Some(jrd) = webfinger(app, &format!("{username}@{domain}"), &domain, &mut budget).await? else {
        return Ok(None);
    };
    let Some(actor) = self_link(&jrd) else { return Ok(None) };
    if ids::parse(&app.config.url(""), &actor).is_some() {
        return Ok(None);
    }
    Ok(Some(fetch::actor(app, &actor, &mut budget).await?))
}

/// The domain of an actor's handle: what WebFinger on the actor's own host says, if that domain agrees.
pub(super) async fn handle_domain(app: &App, actor: &Actor, budget: &mut Budget) -> Result<String> {
    let own = authority(&actor.id)?;
    let claimed = actor.webfinger.as_deref().and_then(|handle| handle.trim_start_matches('@').rsplit_once('@'));
    let asked = match claimed {
        Some((name, domain)) if name.eq_ignore_ascii_case(&actor.username) => {
            normalised(domain).unwrap_or_else(|_| own.clone())
        }
        _ => own.clone(),
    };
    let handle = format!("{}@{asked}", actor.username);
    // The actor's own server may name its people without asking anybody; only a foreign domain needs proof.
    let Ok(Some(jrd)) = webfinger(app, &handle, &asked, budget).await else { return Ok(own) };
    if self_link(&jrd).as_deref() != Some(actor.id.as_str()) {
        return Ok(own);
    }
    let subject = read::string(&jrd, "subject").unwrap_or_default();
    let Some((name, domain)) = subject.trim_start_matches("acct:").rsplit_once('@') else { return Ok(asked) };
    let domain = normalised(domain)?;
    if !name.eq_ignore_ascii_case(&actor.username) || domain == asked {
        return Ok(asked);
    }
    // Redirected to another domain (split domain): it must confirm.
    let confirmed = webfinger(app, &format!("{name}@{domain}"), &domain, budget).await.ok().flatten();
    let agrees = confirmed.and_then(|jrd| self_link(&jrd)).as_deref() == Some(actor.id.as_str());
    Ok(if agrees { domain } else { asked })
}

/// The JRD for `handle` from `domain`; `None` when the server does not know it.
async fn webfinger(app: &App, handle: &str, domain: &str, budget: &mut Budget) -> Result<Option<Value>> {
    let scheme = app.config.scheme();
    let mut url = Url::parse(&format!("{scheme}://{domain}/.well-known/webfinger"))
        .map_err(|_| Error::invalid("q", format!("{domain} is no domain")))?;
    url.query_pairs_mut().append_pair("resource", &format!("acct:{handle}"));
    if !budget.spend(&url) {
        return Err(Error::peer(domain, Fault::Refused("the fetch budget is used up".into())));
    }
    let response = plain_get(app, url, "application/jrd+json, application/json", 64 * 1024).await?;
    match response.status {
        200 => Ok(Some(read::parse_document(&response.body)?)),
        404 | 410 | 400 => Ok(None),
        code => Err(Error::peer(domain, Fault::Status { code, retry_after: response.retry_after(app.clock.now()) })),
    }
}

/// The actor id that a JRD names.
fn self_link(jrd: &Value) -> Option<String> {
    let link = read::objects(jrd, "links").into_iter().find(|link| {
        let kind = read::string(link, "type").unwrap_or_default();
        read::string(link, "rel") == Some("self")
            && (kind.starts_with("application/activity+json") || kind.starts_with("application/ld+json"))
    })?;
    read::string(link, "href").map(str::to_owned)
}

/// The ActivityStreams address that an HTML page announces in its `Link` header or a `<link rel="alternate">`.
async fn alternate(app: &App, url: &str) -> Result<Option<String>> {
    let url = ids::valid_remote_id(url, app.config.development)?;
    let response = plain_get(app, url.clone(), "text/html", 1024 * 1024).await?;
    let Some(found) = crate::text::links::alternate(&response.headers, &response.body) else { return Ok(None) };
    Ok(response.url.join(&found).ok().map(String::from))
}

async fn plain_get(app: &App, url: Url, accept: &'static str, limit: usize) -> Result<Response> {
    let request = Request {
        method: "GET",
        url,
        accept,
        body: None,
        headers: Vec::new(),
        signed: None,
        redirects: 3,
        limit,
        deadline: Duration::from_secs(30),
    };
    app.outbound.send(request).await
}

async fn known(app: &App, url: &str) -> Result<Option<Found>> {
    let url = url.to_owned();
    app.store
        .read(move |db| {
            if let Some(status) = statuses::by_uri_or_url(db, &url)? {
                return Ok(Some(Found::Status(Box::new(status))));
            }
            Ok(accounts::by_uri_or_url(db, &url)?.map(|account| Found::Account(Box::new(account))))
        })
        .await
}

/// Host and port of an id.
fn authority(id: &str) -> Result<String> {
    let url = Url::parse(id).map_err(|_| Error::Malformed(format!("{id} is no address")))?;
    let host = url.host_str().unwrap_or_default();
    Ok(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// A domain in its one spelling.
fn normalised(domain: &str) -> Result<String> {
    authority(&format!("https://{domain}/"))
}
