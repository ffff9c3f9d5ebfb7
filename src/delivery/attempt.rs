//! One delivery: sign, send, perhaps knock a second time, and commit what came of it.

use std::time::Duration;

use bytes::Bytes;
use url::Url;

use super::answer::{Answer, Verdict};
use super::schedule;
use crate::actions::{relocate, trace};
use crate::activitypub::signature::{Manner, Scheme, Wish};
use crate::activitypub::synchronization;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::outbound::{Request, Response};
use crate::plugins::Delivered;
use crate::store::Tx;
use crate::store::deliveries::{self, Delivery, LaneHead};
use crate::store::events::{Event, Outcome, Step};
use crate::store::peers;

/// For the whole exchange. Spec: fetching rule F9.
const DEADLINE: Duration = Duration::from_secs(30);
/// Error pages are read, though not used, to keep the connection; beyond this it is closed.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// How long a lane rests after a mishap of our own.
pub(super) const OWN_MISHAP: Duration = Duration::from_secs(60);

/// The activity, and the value of the header of [`synchronization`].
type Body = (Bytes, Option<String>);

/// Delivers one row and commits the result; answers the next head of the lane. A row for a blocked server is dropped.
///
/// `body` comes with what is said of the sender's followers there, if anything.
pub(super) async fn carry_out(app: &App, delivery: Delivery, body: Body, barred: bool) -> Result<Option<LaneHead>> {
    let started = app.clock.now();
    if schedule::is_too_old(&delivery.kind, delivery.created_at, started) {
        return drop_one(app, delivery, "too old", started).await;
    }
    if barred {
        return drop_one(app, delivery, "blocked server", started).await;
    }
    let (verdict, scheme, said) = send(app, &delivery, body).await;
    let now = app.clock.now();
    tell(&delivery, &verdict, now.since(started));
    count(app, &delivery, &verdict, now.since(started));
    let elsewhere = match &verdict {
        Verdict::Final { moved: true, .. } => relocate::inbox(app, &delivery.inbox).await.unwrap_or_default(),
        _ => None,
    };
    if let Some(inbox) = elsewhere {
        let next = app.store.write(move |tx| {
            note(tx, &delivery, Outcome::Later, format!("{said}; the inbox is now {inbox}"), now)?;
            deliveries::redirect(tx, &delivery, &inbox, now)
        });
        let next = next.await;
        app.deliveries_waiting.notify_one();
        return next;
    }
    let fraction = app.random.fraction();
    app.store
        .write(move |tx| {
            note(tx, &delivery, outcome_of(&verdict), said, now)?;
            match verdict {
                Verdict::Done => {
                    let latency = i64::try_from(now.since(started).as_millis()).unwrap_or(i64::MAX);
                    peers::success(tx, &delivery.origin, scheme, latency, now)?;
                    deliveries::complete(tx, &delivery)
                }
                Verdict::Final { why, by_peer, .. } => {
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
            }
        })
        .await
}

/// Gives a row up without trying.
async fn drop_one(app: &App, delivery: Delivery, why: &'static str, now: Time) -> Result<Option<LaneHead>> {
    app.store
        .write(move |tx| {
            note(tx, &delivery, Outcome::Dropped, why.into(), now)?;
            deliveries::drop_one(tx, &delivery, why, now)
        })
        .await
}

/// For fan-out policies that learn.
fn count(app: &App, delivery: &Delivery, verdict: &Verdict, took: Duration) {
    let how = match verdict {
        Verdict::Done => Delivered::Ok,
        Verdict::Final { moved: true, .. } => Delivered::Gone,
        Verdict::Final { .. } | Verdict::Retry { .. } => Delivered::Failed,
        Verdict::Ours(_) => return,
    };
    let ms = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
    app.plugins.note_delivery(&peers::host_of(&delivery.origin), how, ms);
}

fn outcome_of(verdict: &Verdict) -> Outcome {
    match verdict {
        Verdict::Done => Outcome::Done,
        Verdict::Final { by_peer: true, .. } => Outcome::Refused,
        Verdict::Final { by_peer: false, .. } => Outcome::Dropped,
        Verdict::Retry { .. } | Verdict::Ours(_) => Outcome::Later,
    }
}

/// For the trace: what every knock was answered with, and what came of it.
fn note(tx: &Tx, delivery: &Delivery, outcome: Outcome, said: String, now: Time) -> Result<()> {
    let event = Event {
        at: now,
        step: Step::Delivery,
        outcome,
        activity: deliveries::uri_of(tx, delivery.activity_id)?,
        object: None,
        actor: None,
        peer: trace::host_of(&delivery.inbox),
        detail: said,
    };
    trace::note(tx, &event)
}

/// An answer to one knock, in short.
fn in_short(answer: &Answer, scheme: Scheme) -> String {
    let name = match scheme {
        Scheme::Cavage => "draft-cavage",
        Scheme::Rfc9421 => "RFC 9421",
    };
    match answer {
        Answer::Status { code, .. } => format!("{code} ({name})"),
        Answer::Silence(why) | Answer::Nonsense(why) | Answer::Guarded(why) | Answer::Ours(why) => why.clone(),
    }
}

/// Sends with the scheme that the peer is known to understand, or with the old one and, on a no, with the other one.
/// When the peer says itself which signature it wants, it gets that one. Three tries at most (rule S8). Answers with
/// the scheme that was used last, and with what all knocks were answered with.
async fn send(app: &App, delivery: &Delivery, body: Body) -> (Verdict, Scheme, String) {
    let now = app.clock.now();
    let scheme = delivery.speaks.first(now);
    let (first, wish) = knock(app, delivery, body.clone(), scheme, &Manner::default()).await;
    let said = in_short(&first, scheme);
    if let (true, Some(wish)) = (first.invites_second_knock(), wish) {
        return knock_as_wished(app, delivery, body, wish, first, said).await;
    }
    if delivery.speaks.confirmed(now).is_some() || !first.invites_second_knock() {
        return (first.verdict(), scheme, said);
    }
    let other = match scheme {
        Scheme::Cavage => Scheme::Rfc9421,
        Scheme::Rfc9421 => Scheme::Cavage,
    };
    let (second, wish) = knock(app, delivery, body.clone(), other, &Manner::default()).await;
    let said = format!("{said}, {}", in_short(&second, other));
    match wish {
        Some(wish) if second.invites_second_knock() => knock_as_wished(app, delivery, body, wish, first, said).await,
        _ => (first.verdict_with(second), other, said),
    }
}

async fn knock_as_wished(
    app: &App,
    delivery: &Delivery,
    body: Body,
    wish: Wish,
    before: Answer,
    said: String,
) -> (Verdict, Scheme, String) {
    let manner = Manner { wish: Some(wish), ..Manner::default() };
    let (last, _) = knock(app, delivery, body, Scheme::Rfc9421, &manner).await;
    let said = format!("{said}, {} as wished", in_short(&last, Scheme::Rfc9421));
    (before.verdict_with(last), Scheme::Rfc9421, said)
}

/// One signed try, and the signature that the peer would rather have had.
async fn knock(app: &App, delivery: &Delivery, body: Body, scheme: Scheme, manner: &Manner) -> (Answer, Option<Wish>) {
    let response = post(app, delivery, body, scheme, manner).await;
    let wish = response.as_ref().ok().and_then(|response| response.header("accept-signature")).and_then(Wish::read);
    (Answer::of(response, app.clock.now()), wish)
}

async fn post(app: &App, delivery: &Delivery, body: Body, scheme: Scheme, manner: &Manner) -> Result<Response> {
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
        body: Some(("application/activity+json", body.0)),
        headers: body.1.map(|said| (synchronization::HEADER, said)).into_iter().collect(),
        signed: Some((signer, scheme)),
        redirects: 0,
        limit: ANSWER_LIMIT,
        deadline: DEADLINE,
    };
    app.outbound.send_in_manner(request, manner).await
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
