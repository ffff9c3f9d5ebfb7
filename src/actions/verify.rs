//! Checking whether the pages that a profile links to link back: then they belong to the same person.
//!
//! Only whole https addresses count, fetched through the guarded client. A page that cannot be had changes nothing; one
//! that does not lead back (any more) is no proof. Spec: https://docs.joinmastodon.org/entities/Account/#Field,
//! https://microformats.org/wiki/rel-me

use std::time::Duration;

use url::Url;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::outbound::Request;
use crate::store::accounts::{self, Account, Field};
use crate::store::{Tx, link_checks};
use crate::text::{links, page};

const PAGE: usize = 1024 * 1024;
const DEADLINE: Duration = Duration::from_secs(10);
/// How long to wait after each failure that may pass.
const WAITS: [Duration; 3] = [Duration::from_secs(600), Duration::from_secs(3_600), Duration::from_secs(86_400)];

/// A profile changed: whatever it links to is to be checked. `before`: its lines until now, whose proof still holds.
pub(super) fn changed(tx: &Tx, account: &Account, now: Time) -> Result<()> {
    if account.fields.iter().any(|field| link(account, field).is_some() && field.verified_at.is_none()) {
        link_checks::ask(tx, account.id, now)?;
    }
    Ok(())
}

/// New lines of a profile; those that say what they said before keep their proof.
pub(super) fn kept(fields: Vec<Field>, before: &[Field]) -> Vec<Field> {
    let proof = |value: &str| before.iter().find(|old| old.value == value).and_then(|old| old.verified_at);
    fields.into_iter().map(|field| Field { verified_at: proof(&field.value), ..field }).collect()
}

/// Checks every link of the profile. `attempts`: how often that failed before.
pub async fn links_of(app: &App, id: AccountId, attempts: i64) -> Result<()> {
    let account = app.store.read(move |db| accounts::by_id(db, id)).await?;
    let Some(account) = account.filter(|account| account.suspended_at.is_none()) else {
        return app.store.write(move |tx| link_checks::done(tx, id, None)).await;
    };
    let mut verdicts: Vec<(String, bool)> = Vec::new();
    let mut failed = false;
    for field in &account.fields {
        let Some(url) = link(&account, field) else { continue };
        match leads_back(app, url, &account).await {
            Ok(verdict) => verdicts.push((field.value.clone(), verdict)),
            Err(error) => {
                tracing::debug!(%error, "the page that a profile links to cannot be read");
                failed |= error.is_retryable();
            }
        }
    }
    let now = app.clock.now();
    let wait = usize::try_from(attempts).ok().and_then(|attempts| WAITS.get(attempts)).filter(|_| failed);
    let again = wait.map(|wait| now.plus(*wait));
    app.store.write(move |tx| write(tx, id, &verdicts, again, now)).await
}

fn write(tx: &Tx, id: AccountId, verdicts: &[(String, bool)], again: Option<Time>, now: Time) -> Result<()> {
    link_checks::done(tx, id, again)?;
    // Read again: the profile may have been edited meanwhile.
    let Some(account) = accounts::by_id(tx, id)? else { return Ok(()) };
    let mut fields = account.fields.clone();
    for field in &mut fields {
        match verdicts.iter().find(|(value, _)| *value == field.value) {
            Some((_, true)) => field.verified_at = field.verified_at.or(Some(now)),
            Some((_, false)) => field.verified_at = None,
            None => {}
        }
    }
    if fields == account.fields { Ok(()) } else { link_checks::set_fields(tx, id, &fields) }
}

/// The address that a line consists of.
fn link(account: &Account, field: &Field) -> Option<Url> {
    let address = if account.is_local() { field.value.trim().to_owned() } else { links::first(&field.value)? };
    let url = Url::parse(&address).ok()?;
    (url.scheme() == "https" && url.has_host() && !address.contains(char::is_whitespace)).then_some(url)
}

async fn leads_back(app: &App, url: Url, account: &Account) -> Result<bool> {
    let request = Request {
        method: "GET",
        url,
        accept: "text/html, application/xhtml+xml",
        body: None,
        headers: Vec::new(),
        signed: None,
        redirects: 3,
        limit: PAGE,
        deadline: DEADLINE,
    };
    let response = app.outbound.beginning(request).await?.success(app.clock.now())?;
    let content_type = response.header("content-type").unwrap_or_default().to_owned();
    let faces = [account.url.clone(), account.uri.clone()];
    let read = tokio::task::spawn_blocking(move || {
        let html = page::decode(&response.body, &content_type);
        page::links_back(&html, &response.url, &[&faces[0], &faces[1]])
    });
    read.await.map_err(|panic| Error::Bug(format!("reading a page: {panic}")))
}
