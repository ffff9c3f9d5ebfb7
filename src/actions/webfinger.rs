//! Handles and actor ids: which belongs to which, as both sides say.
//!
//! Spec: RFC 7033, and the round trip that keeps handles honest (rules W2, A11).

use serde_json::Value;
use url::Url;

use crate::activitypub::actor::Actor;
use crate::activitypub::read;
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::outbound::Response;
use crate::text::links;

use super::fetch::{self, Budget};

/// What we ask for.
const JRD: &str = "application/jrd+json, application/json";
/// The largest answer. Rule W2.
const LIMIT: usize = 64 * 1024;

/// The actor id of `username@domain`, as the domain's server says; `None` when it does not know it.
pub(super) async fn actor(app: &App, username: &str, domain: &str, budget: &mut Budget) -> Result<Option<String>> {
    let jrd = ask(app, &format!("{username}@{domain}"), domain, budget).await?;
    Ok(jrd.as_ref().and_then(self_link))
}

/// The template of the page where `username@domain` can follow and deal with things of other servers, if there is one.
pub(super) async fn subscription(
    app: &App,
    username: &str,
    domain: &str,
    budget: &mut Budget,
) -> Result<Option<String>> {
    let Some(jrd) = ask(app, &format!("{username}@{domain}"), domain, budget).await? else { return Ok(None) };
    let links = read::objects(&jrd, "links");
    let of = |rel: &str, place: &str| {
        let link = links.iter().find(|link| read::string(link, "rel") == Some(rel))?;
        read::string(link, "template").filter(|template| template.contains(place)).map(str::to_owned)
    };
    Ok(of("http://ostatus.org/schema/1.0/subscribe", "{uri}")
        .or_else(|| of("https://w3id.org/fep/3b86/Object", "{object}")))
}

/// The domain of an actor's handle: what WebFinger on the actor's own host says, if that domain agrees.
pub(super) async fn domain_of(app: &App, actor: &Actor, budget: &mut Budget) -> Result<String> {
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
    let Ok(Some(jrd)) = ask(app, &handle, &asked, budget).await else { return Ok(own) };
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
    let confirmed = ask(app, &format!("{name}@{domain}"), &domain, budget).await.ok().flatten();
    let agrees = confirmed.and_then(|jrd| self_link(&jrd)).as_deref() == Some(actor.id.as_str());
    Ok(if agrees { domain } else { asked })
}

/// The JRD for `handle` from `domain`; `None` when the server does not know it.
async fn ask(app: &App, handle: &str, domain: &str, budget: &mut Budget) -> Result<Option<Value>> {
    let scheme = app.config.scheme();
    let mut url = Url::parse(&format!("{scheme}://{domain}/.well-known/webfinger"))
        .map_err(|_| Error::invalid("q", format!("{domain} is no domain")))?;
    url.query_pairs_mut().append_pair("resource", &format!("acct:{handle}"));
    let mut response = small(app, url, domain, JRD, budget).await?;
    // Some keep WebFinger at another address, which host-meta names.
    if response.status == 404
        && let Some(url) = template(app, handle, domain, budget).await
    {
        response = small(app, url, domain, JRD, budget).await?;
    }
    match response.status {
        200 => Ok(Some(read::parse_document(&response.body)?)),
        404 | 410 | 400 => Ok(None),
        code => Err(Error::peer(domain, Fault::Status { code, retry_after: response.retry_after(app.clock.now()) })),
    }
}

/// Where host-meta says that the handle is looked up; `None` when it says nothing usable. Spec: RFC 6415 §2, rule W2
async fn template(app: &App, handle: &str, domain: &str, budget: &mut Budget) -> Option<Url> {
    let url = Url::parse(&format!("{}://{domain}/.well-known/host-meta", app.config.scheme())).ok()?;
    let response = small(app, url, domain, "application/xrd+xml, application/json", budget).await.ok()?;
    if response.status != 200 {
        return None;
    }
    let template = match read::parse_document(&response.body) {
        Ok(document) => {
            let links = read::objects(&document, "links");
            let link = links.into_iter().find(|link| read::string(link, "rel") == Some("lrdd"))?;
            read::string(link, "template")?.to_owned()
        }
        Err(_) => links::lrdd_template(&String::from_utf8_lossy(&response.body))?,
    };
    let resource: String = url::form_urlencoded::byte_serialize(format!("acct:{handle}").as_bytes()).collect();
    template.contains("{uri}").then(|| template.replacen("{uri}", &resource, 1)).and_then(|url| Url::parse(&url).ok())
}

/// One small answer, out of the budget.
async fn small(app: &App, url: Url, domain: &str, accept: &'static str, budget: &mut Budget) -> Result<Response> {
    if !budget.spend(&url) {
        return Err(Error::peer(domain, Fault::Refused("the fetch budget is used up".into())));
    }
    fetch::plain(app, url, accept, LIMIT).await
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

/// Host and port of an id.
fn authority(id: &str) -> Result<String> {
    let url = Url::parse(id).map_err(|_| Error::Malformed(format!("{id} is no address")))?;
    let host = url.host_str().unwrap_or_default();
    Ok(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// A domain in its one spelling.
pub(super) fn normalised(domain: &str) -> Result<String> {
    authority(&format!("https://{domain}/"))
}
