//! Rate limits: what a token, a person or an address may ask for in a while, told in `X-RateLimit-*` with each answer.
//!
//! A middleware, so that no handler has to think of it: the buckets follow from method and path (`buckets.rs`). Windows
//! are aligned to the epoch. Counts live in memory, because forgetting them is harmless, and never grow beyond a fixed
//! number of entries. `rate_limits = false` lifts all of it. Spec: https://docs.joinmastodon.org/api/rate-limits/

mod buckets;
mod counters;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use self::buckets::{Asker, charges};
use self::counters::{Counters, Level};
use super::auth;
use super::error::Failure;
use crate::actions::token::hash;
use crate::app::{App, ClientIp};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::tokens;

/// The limits of one server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Limits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    app: App,
    counters: Counters,
}

impl Limits {
    /// Nobody has asked for anything yet.
    pub fn new(app: &App) -> Self {
        Self(Arc::new(Inner { app: app.clone(), counters: Counters::default() }))
    }
}

/// Counts the request; answers 429 instead when there were too many.
pub async fn guard(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let inner = &*limits.0;
    let path = request.uri().path();
    if !inner.app.config.rate_limits || !(path.starts_with("/api/") || path.starts_with("/media/remote/")) {
        return next.run(request).await;
    }
    let net = request.extensions().get::<ClientIp>().map_or_else(|| [0, 0, 0, 0].into(), |ip| buckets::network(ip.0));
    let secret = auth::presented(request.headers(), request.uri());
    let asker = match asker(inner, net, secret).await {
        Ok(asker) => asker,
        Err(error) => return Failure(error).into_response(),
    };
    let now = inner.app.clock.now();
    let charges = charges(&request, &asker);
    let levels: Vec<Level> =
        charges.iter().map(|(bucket, who)| inner.counters.add(*bucket, who.clone(), now)).collect();
    let Some(tightest) = levels.into_iter().min_by_key(|level| i64::from(level.limit) - i64::from(level.used)) else {
        return next.run(request).await;
    };
    let mut response = if tightest.used > tightest.limit {
        Failure(Error::Limited { retry_after: tightest.reset.since(now) }).into_response()
    } else {
        next.run(request).await
    };
    // Only what was really done counts against the families.
    if response.status().is_client_error() || response.status().is_server_error() {
        for (bucket, who) in charges.into_iter().filter(|(bucket, _)| bucket.counts_only_deeds()) {
            inner.counters.take_back(bucket, &who, now);
        }
    }
    tell(response.headers_mut(), &tightest);
    response
}

/// Who asks. What the token is worth is judged later, by the handler.
async fn asker(inner: &Inner, net: IpAddr, secret: Option<String>) -> Result<Asker> {
    let Some(secret) = secret else {
        return Ok(Asker { net, token: None, account: None });
    };
    let hash = hash(&secret);
    let account: Option<Option<AccountId>> = match inner.counters.known(&hash) {
        Some(account) => Some(account),
        None => {
            let found = inner.app.store.read(move |db| tokens::by_hash(db, &hash)).await?;
            found.map(|token| {
                inner.counters.learn(hash, token.account_id);
                token.account_id
            })
        }
    };
    // A token that we never gave out makes nobody more than a stranger.
    Ok(Asker { net, token: account.is_some().then_some(hash), account: account.flatten() })
}

fn tell(headers: &mut HeaderMap, level: &Level) {
    let left = level.limit.saturating_sub(level.used);
    for (name, value) in [
        ("x-ratelimit-limit", level.limit.to_string()),
        ("x-ratelimit-remaining", left.to_string()),
        ("x-ratelimit-reset", microseconds(level.reset)),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::try_from(value).expect("is ASCII"));
    }
}

/// `2026-08-07T14:05:00.000000Z`.
fn microseconds(time: Time) -> String {
    time.rfc3339().replace('Z', "000Z")
}

#[cfg(test)]
mod tests;
