//! Finding someone or something by URL or handle, remote if need be.
//!
//! Handles go through `webfinger.rs`, documents through `fetch.rs`.

use crate::activitypub::actor as wire;
use crate::activitypub::ids;
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::store::accounts::{self, Account};
use crate::store::statuses::{self, Status};
use crate::text::mentions;

use super::fetch::{self, Budget};
use super::{border, receive, webfinger};

/// What a URL turned out to be.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Found {
    Account(Box<Account>),
    Status(Box<Status>),
}

/// What `url` (a page or an id) is, fetched if we do not know it; `None`: nothing we understand, or of a blocked server.
pub async fn by_url(app: &App, url: &str) -> Result<Option<Found>> {
    let asked = url.to_owned();
    if app.store.read(move |db| Ok(border::standing_of(db, &asked)?.barred)).await? {
        return Ok(None);
    }
    if let Some(known) = known(app, url).await? {
        return Ok(Some(known));
    }
    if ids::parse(&app.config.url(""), url).is_some() {
        return Ok(None);
    }
    let mut budget = Budget::default();
    let document = match fetch::gated(app, url, "post", &mut budget).await {
        Ok(document) => document,
        Err(Error::Peer { fault: Fault::Nonsense(_), .. }) => {
            // A page for people: it may link to its other face, one hop.
            let Some(alternate) = alternate(app, url).await? else { return Ok(None) };
            fetch::gated(app, &alternate, "post", &mut budget).await?
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
    let domain = domain.map(webfinger::normalised).transpose()?;
    let own = |domain: &str| domain == app.config.handle_domain || domain == app.config.domain;
    let domain = domain.filter(|domain| !own(domain));
    let handle = (username.to_owned(), domain.clone());
    let (known, barred) = app
        .store
        .read(move |db| {
            let barred = match handle.1.as_deref() {
                Some(domain) => border::standing(db, domain)?.barred,
                None => false,
            };
            Ok((accounts::by_handle(db, &handle.0, handle.1.as_deref())?, barred))
        })
        .await?;
    if barred {
        return Ok(None);
    }
    let (None, Some(domain)) = (&known, domain) else { return Ok(known) };
    let mut budget = Budget::default();
    let Some(actor) = webfinger::actor(app, username, &domain, &mut budget).await? else { return Ok(None) };
    if ids::same_origin(&actor, &app.config.url("/")) {
        return Ok(None);
    }
    Ok(Some(fetch::actor(app, &actor, &mut budget).await?))
}

/// The page on the server of `handle` where its owner can deal with `uri`, as that server says by WebFinger; `None`: it says
/// nothing of the kind.
pub async fn intent_page(app: &App, handle: &str, uri: &str) -> Result<Option<String>> {
    let parsed = mentions::parse(handle).and_then(|(name, domain)| Some((name, domain?)));
    let (name, domain) = parsed.ok_or_else(|| Error::invalid("handle", "is not of the form you@server"))?;
    let own = [&app.config.handle_domain, &app.config.domain];
    if own.contains(&&domain) {
        return Ok(Some(intent_address(&app.config.url("/authorize_interaction?uri={uri}"), uri)));
    }
    let found = webfinger::subscription(app, &name, &domain, &mut Budget::default()).await?;
    let template = found.filter(|template| ids::valid_remote_id(template, app.config.development).is_ok());
    Ok(template.map(|template| intent_address(&template, uri)))
}

fn intent_address(template: &str, uri: &str) -> String {
    let escaped: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
    let filled = template.replace("{uri}", &escaped).replace("{object}", &escaped);
    // Of the further places of FEP-3b86 we fill none.
    filled.replace("{on-success}", "").replace("{on-cancel}", "")
}

/// The ActivityStreams address that an HTML page announces in its `Link` header or a `<link rel="alternate">`.
async fn alternate(app: &App, url: &str) -> Result<Option<String>> {
    let url = ids::valid_remote_id(url, app.config.development)?;
    let response = fetch::plain(app, url.clone(), "text/html", 1024 * 1024).await?;
    let Some(found) = crate::text::links::alternate(&response.headers, &response.body) else { return Ok(None) };
    Ok(response.url.join(&found).ok().map(String::from))
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
