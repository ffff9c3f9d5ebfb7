//! One delivery: sign, send, perhaps knock a second time, and commit what came of it.

use std::time::Duration;

use bytes::Bytes;
use url::Url;

use super::answer::{Answer, Verdict};
use super::schedule;
use crate::activitypub::signature::Scheme;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::outbound::Request;
use crate::store::deliveries::{self, Delivery, LaneHead};
use crate::store::peers::{self, Remembered};

/// For the whole exchange. Spec: fetching rule F9.
const DEADLINE: Duration = Duration::from_secs(30);
/// Error pages are read, though not used, to keep the connection; beyond this it is closed.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// For how long we trust that a peer understands what it understood. Rule S8.
const SCHEME_MEMORY: Duration = Duration::from_secs(30 * 86_400);
/// How long a lane rests after a mishap of our own.
pub(super) const OWN_MISHAP: Duration = Duration::from_secs(60);

/// Delivers one row and commits the result; answers the next head of the lane.
pub(super) async fn carry_out(app: &App, delivery: Delivery, body: Bytes) -> Result<Option<LaneHead>> {
    let started = app.clock.now();
    if schedule::is_too_old(&delivery.kind, delivery.created_at, started) {
        return app.store.write(move |tx| deliveries::drop_one(tx, &delivery, "too old", started)).await;
    }
    let (verdict, scheme) = send(app, &delivery, body).await;
    let now = app.clock.now();
    tell(&delivery, &verdict, now.since(started));
    let fraction = app.random.fraction();
    app.store
        .write(move |tx| match verdict {
            Verdict::Done => {
                let latency = i64::try_from(now.since(started).as_millis()).unwrap_or(i64::MAX);
                peers::success(tx, &delivery.origin, scheme, latency, now)?;
                deliveries::complete(tx, &delivery)
            }
            Verdict::Final { why, by_peer } => {
                if by_peer {
                    peers::refused(tx, &delivery.origin, &why)?;
                }
                deliveries::drop_one(tx, &delivery, &why, now)
            }
            Verdict::Retry { why, retry_after } => {
                let before = peers::health(tx, &delivery.origin)?;
                let after = schedule::after_failure(&before, now, retry_after, fraction);
                peers::failure(tx, &delivery.origin, &after, &why)?;
                deliveries::postpone(tx, &delivery, &why)
            }
            Verdict::Ours(why) => {
                let mut head = deliveries::postpone(tx, &delivery, &why)?;
                if let Some(head) = &mut head {
                    head.not_before = head.not_before.max(now.plus(OWN_MISHAP));
                }
                Ok(head)
            }
        })
        .await
}

/// Sends with the scheme that the peer is known to understand, or with the old one and, on a no, with the new one.
/// Answers with the scheme that was used last.
async fn send(app: &App, delivery: &Delivery, body: Bytes) -> (Verdict, Scheme) {
    let known = known_scheme(delivery.remembered, app.clock.now());
    let scheme = known.unwrap_or(Scheme::Cavage);
    let first = knock(app, delivery, body.clone(), scheme).await;
    if known.is_some() || !first.invites_second_knock() {
        return (first.verdict(), scheme);
    }
    let other = match scheme {
        Scheme::Cavage => Scheme::Rfc9421,
        Scheme::Rfc9421 => Scheme::Cavage,
    };
    let second = knock(app, delivery, body, other).await;
    (first.verdict_with(second), other)
}

async fn knock(app: &App, delivery: &Delivery, body: Bytes, scheme: Scheme) -> Answer {
    let response = post(app, delivery, body, scheme).await;
    Answer::of(response, app.clock.now())
}

async fn post(app: &App, delivery: &Delivery, body: Bytes, scheme: Scheme) -> Result<crate::outbound::Response> {
    let unusable = |_| Error::NotFound("a usable inbox address");
    let url = Url::parse(&delivery.inbox).map_err(unusable)?;
    let own = Url::parse(&app.config.url("/")).map_err(unusable)?;
    if url.origin() == own.origin() {
        return Err(Error::NotFound("an inbox outside our own server"));
    }
    let signer = app.signer(delivery.account_id).await?;
    let request = Request {
        method: "POST",
        url,
        accept: "application/activity+json",
        body: Some(("application/activity+json", body)),
        headers: Vec::new(),
        signed: Some((signer, scheme)),
        redirects: 0,
        limit: ANSWER_LIMIT,
        deadline: DEADLINE,
    };
    app.outbound.send(request).await
}

fn known_scheme(remembered: Option<Remembered>, now: Time) -> Option<Scheme> {
    remembered.filter(|remembered| now.since(remembered.at) < SCHEME_MEMORY).map(|remembered| remembered.scheme)
}

fn tell(delivery: &Delivery, verdict: &Verdict, took: Duration) {
    let (peer, activity, duration) = (&delivery.origin, delivery.activity_id, took.as_millis());
    let (kind, inbox) = (&delivery.kind, &delivery.inbox);
    match verdict {
        Verdict::Done => {
            tracing::debug!(peer.host = peer, activity.id = %activity, duration_ms = duration, "delivered {kind} to {inbox}");
        }
        Verdict::Final { why, .. } => {
            tracing::info!(peer.host = peer, activity.id = %activity, "gave up delivering {kind} to {inbox}: {why}");
        }
        Verdict::Retry { why, .. } => {
            tracing::debug!(peer.host = peer, activity.id = %activity, "{inbox} did not take {kind}, later again: {why}");
        }
        Verdict::Ours(why) => {
            tracing::warn!(peer.host = peer, activity.id = %activity, "could not send {kind} to {inbox}: {why}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_remembered_for_thirty_days() {
        let day = 86_400_000;
        let remembered = Some(Remembered { scheme: Scheme::Rfc9421, at: Time(0) });
        for (now, expected) in [(29 * day, Some(Scheme::Rfc9421)), (30 * day, None)] {
            assert_eq!(known_scheme(remembered, Time(now)), expected, "{now}");
        }
        assert_eq!(known_scheme(None, Time(0)), None);
    }
}
