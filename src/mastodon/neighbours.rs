//! The servers that this one knows or keeps away, and how lively it is itself.
//!
//! Settings: `show_domain_blocks` and `show_domain_blocks_rationale` (`disabled`, `users` or `all`; disabled by default),
//! `peers_api` and `activity_api` (`false` hides them).
//! Spec: https://docs.joinmastodon.org/methods/instance/

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, VARY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::auth::Viewer;
use super::entities;
use super::error::Answer;
use super::instance::Public;
use super::params::Params;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::domain_blocks::{self, Severity};
use crate::store::{Connection, accounts, settings, visits};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many weeks of activity are told.
const WEEKS: u32 = 12;
/// How many domains a search among those that we know answers.
const DOMAINS: usize = 10;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/instance/peers", get(peers))
        .route("/api/v1/instance/activity", get(activity))
        .route("/api/v1/instance/domain_blocks", get(domain_blocks))
        .route("/api/v1/peers/search", get(search_peers))
}

async fn peers(State(app): State<App>) -> Answer<Public<Vec<String>>> {
    let domains = app.store.read(|db| {
        shown(db, "peers_api")?;
        known_domains(db)
    });
    Ok(Public(domains.await?))
}

async fn search_peers(State(app): State<App>, params: Params) -> Answer<Public<Vec<String>>> {
    let wanted = params.text("q").unwrap_or_default().trim().to_lowercase();
    if wanted.is_empty() {
        return Ok(Public(Vec::new()));
    }
    let domains = app.store.read(|db| {
        shown(db, "peers_api")?;
        known_domains(db)
    });
    let found = domains.await?.into_iter().filter(|domain| domain.starts_with(&wanted)).take(DOMAINS);
    Ok(Public(found.collect()))
}

/// The domains that we know and speak with.
pub(super) fn known_domains(db: &Connection) -> Result<Vec<String>> {
    let mut domains = accounts::domains(db)?;
    let barred: Vec<String> = domain_blocks::limiting(db)?
        .into_iter()
        .filter(|block| block.severity == Severity::Suspend)
        .map(|block| block.domain)
        .collect();
    domains.retain(|domain| !domain_blocks::above(domain).any(|name| barred.iter().any(|barred| barred == name)));
    Ok(domains)
}

/// Refuses (404) when the operator set `key` to `false`.
fn shown(db: &Connection, key: &str) -> Result<()> {
    match settings::get(db, key)?.as_deref() {
        Some("false") => Err(Error::NotFound("list")),
        _ => Ok(()),
    }
}

async fn activity(State(app): State<App>) -> Answer<Public<Vec<entities::ActivityWeek>>> {
    let now = app.clock.now();
    let weeks = app.store.read(move |db| {
        shown(db, "activity_api")?;
        let monday = monday_of(now);
        let week = |back: u32| {
            let from = monday.minus(7 * DAY * back);
            let until = from.plus(7 * DAY);
            Ok(entities::ActivityWeek {
                week: from.seconds().to_string(),
                statuses: visits::posts(db, from, until)?.to_string(),
                logins: visits::people(db, from, until)?.to_string(),
                registrations: visits::newcomers(db, from, until)?.to_string(),
            })
        };
        (0..WEEKS).map(week).collect::<Result<Vec<_>>>()
    });
    Ok(Public(weeks.await?))
}

/// Midnight UTC of the Monday of this week; 1 January 1970 was a Thursday.
fn monday_of(now: Time) -> Time {
    let midnight = now.midnight();
    let days = midnight.0.div_euclid(86_400_000);
    let since_monday = (days + 3).rem_euclid(7);
    Time(midnight.0 - since_monday * 86_400_000)
}

async fn domain_blocks(State(app): State<App>, viewer: Viewer) -> Answer<Response> {
    let known = viewer.id().is_some();
    let (blocks, open, reasons) = app
        .store
        .read(move |db| {
            let list = settings::get(db, "show_domain_blocks")?;
            if !may_see(list.as_deref(), known) {
                return Err(Error::NotFound("list"));
            }
            let reasons = may_see(settings::get(db, "show_domain_blocks_rationale")?.as_deref(), known);
            Ok((domain_blocks::limiting(db)?, list.as_deref() == Some("all"), reasons))
        })
        .await?;
    let render = |block: domain_blocks::DomainBlock| entities::DomainBlock {
        domain: block.public_domain(),
        digest: hex::encode(digest(&SHA256, block.domain.as_bytes())),
        severity: block.severity.as_str(),
        comment: block.public_comment.filter(|_| reasons),
    };
    let mut answer = Public(blocks.into_iter().map(render).collect::<Vec<_>>()).into_response();
    if !open || known {
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    answer.headers_mut().insert(VARY, HeaderValue::from_static("Authorization"));
    Ok(answer)
}

/// Whether a setting (`disabled`, `users`, `all`) lets somebody see it.
fn may_see(setting: Option<&str>, known: bool) -> bool {
    match setting {
        Some("all") => true,
        Some("users") => known,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_mondays() {
        for (now, monday) in [
            ("2026-08-07T14:02:35Z", "2026-08-03"),
            ("2026-08-03T00:00:00Z", "2026-08-03"),
            ("2026-08-02T23:59:59Z", "2026-07-27"),
            ("1970-01-01T00:00:00Z", "1969-12-29"),
        ] {
            assert_eq!(monday_of(Time::parse(now).expect("a time")).date(), monday, "{now}");
        }
    }
}
