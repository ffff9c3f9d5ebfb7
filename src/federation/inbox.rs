//! The inboxes: size, type, signature, form, key, then one committed row, then 202. Nothing is acted upon here.
//!
//! Refuses what is too big (413), unsigned or wrongly signed (401), unreadable (400), unwanted (403); says "later" (503)
//! when it cannot keep what it cannot yet judge. What a key would prove but cannot now is kept as `unverified` and never
//! reaches a verb before it is proven. Spec: rules V1, V2, V9 to V13, P1, P6.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::error::Failure;
use super::verify::{self, Finding};
use crate::actions::{absence, border, followers, trace};
use crate::activitypub::envelope::{self, Activity};
use crate::activitypub::signature::Presented;
use crate::activitypub::synchronization::{self, Synchronization};
use crate::activitypub::{ids, read};
use crate::app::{App, ClientIp};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::outbound::throttle::Throttle;
use crate::store::accounts::{self, Account};
use crate::store::events::{Event, Outcome, Step};
use crate::store::inbox::{self, NewReceived, Proof};
use crate::store::{keys, peers, tombstones};

/// The largest body.
const LIMIT: usize = 1024 * 1024;
/// The largest body that is kept before its sender is proven.
const UNVERIFIED_LIMIT: usize = 128 * 1024;
/// How long the sender waits while we fetch a key.
const PATIENCE: Duration = Duration::from_secs(3);
/// Unverified rows from one address, and in all.
const UNVERIFIED: (i64, i64) = (200, 5_000);

/// The inboxes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/inbox", post(shared))
        .route("/actor/inbox", post(shared))
        .route("/users/{name}/inbox", post(personal))
        .layer(Extension(Arc::new(Throttle::default())))
}

async fn shared(State(app): State<App>, Extension(throttle): Extension<Arc<Throttle>>, request: Request) -> Response {
    answer(&app, &throttle, None, request).await
}

async fn personal(
    State(app): State<App>,
    Extension(throttle): Extension<Arc<Throttle>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    answer(&app, &throttle, Some(name), request).await
}

async fn answer(app: &App, throttle: &Throttle, name: Option<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let address = parts.extensions.get::<ClientIp>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ip| ip.0);
    let received = async {
        let body = limited(&parts.headers, body).await?;
        let taken = receive(app, throttle, name, &parts, body.clone(), address).await;
        if let Err(error) = &taken {
            note_refusal(app, throttle, &body, error, address).await?;
        }
        taken
    };
    match received.await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(error) => {
            // What strangers wrote is escaped: it must not forge log lines.
            let reason = error.to_string().escape_debug().to_string();
            tracing::info!(source.ip = %address, path = parts.uri.path(), "inbox refused a request: {reason}");
            Failure(error).into_response()
        }
    }
}

async fn receive(
    app: &App,
    throttle: &Throttle,
    name: Option<String>,
    parts: &Parts,
    body: Bytes,
    address: IpAddr,
) -> Result<()> {
    check_type(&parts.headers)?;
    let presented = verify::presented(app, &parts.method, &parts.uri, &parts.headers, &body)?;
    let activity = envelope::read(read::parse_document(&body)?, app.config.development)?;
    if ids::same_origin(&activity.actor, &app.config.url("/")) {
        return Err(Error::Forbidden("our own actors do not write to us from outside".into()));
    }
    let (uri, key) = (activity.actor.clone(), presented.key_id().to_owned());
    let (recipient, actor) = app
        .store
        .read(move |db| {
            if border::standing_of(db, &uri)?.barred || border::standing_of(db, &key)?.barred {
                return Err(Error::Forbidden("this server is blocked here".into()));
            }
            let recipient = name.map(|name| accounts::by_handle(db, &name, None)).transpose()?;
            Ok((recipient, accounts::by_uri(db, &uri)?))
        })
        .await?;
    let recipient = match recipient {
        None => None,
        Some(Some(account)) if account.deleted_at.is_none() => Some(account.id),
        Some(_) => return Err(Error::NotFound("account")),
    };
    if may_skip(&activity, actor.as_ref())? {
        return Ok(());
    }
    let source = verify::source_of(address);
    let finding = match (verify::signer(app, &presented, throttle, &source, PATIENCE).await, &actor) {
        // Their key went with them: their own server is asked whether that is so (rule P6).
        (Err(Error::Unauthorized(_)), Some(gone)) if is_farewell(&activity) && !has_key(app, gone).await? => {
            return absence::suspected(app, gone).await;
        }
        (finding, _) => finding?,
    };
    let body = String::from_utf8(body.into()).map_err(|_| Error::Malformed("the body is not UTF-8".into()))?;
    let said =
        parts.headers.get(synchronization::HEADER).and_then(|value| synchronization::parse(value.to_str().ok()?));
    keep(app, &activity, &presented, finding, recipient, body, source, said).await
}

/// For the trace: what was turned away, as it claims to be, and why.
async fn note_refusal(app: &App, throttle: &Throttle, body: &[u8], error: &Error, address: IpAddr) -> Result<()> {
    let now = app.clock.now();
    if matches!(error, Error::Store(_) | Error::NotFound(_) | Error::Busy { .. }) || !throttle.may_note(now) {
        return Ok(());
    }
    let Ok(claimed) = read::parse_document(body) else { return Ok(()) };
    let claim = |key: &str| read::id(&claimed, key).filter(|id| id.len() <= ids::LONGEST).map(str::to_owned);
    let actor = claim("actor");
    let event = Event {
        at: now,
        step: Step::Signature,
        outcome: Outcome::Refused,
        activity: claim("id"),
        object: claim("object"),
        peer: actor.as_deref().map(trace::host_of).unwrap_or_default(),
        actor,
        detail: format!("{error} ({})", verify::source_of(address)),
    };
    app.store.write(move |tx| trace::note(tx, &event)).await
}

/// The whole body, if it is small enough; said before anything else is looked at.
async fn limited(headers: &HeaderMap, body: Body) -> Result<Bytes> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > LIMIT) {
        return Err(Error::TooLarge { limit: LIMIT });
    }
    axum::body::to_bytes(body, LIMIT).await.map_err(|error| {
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            if error.is::<http_body_util::LengthLimitError>() {
                return Error::TooLarge { limit: LIMIT };
            }
            cause = error.source();
        }
        Error::Malformed("the body broke off".into())
    })
}

/// Both types of ActivityStreams are welcome. Rule F6.
fn check_type(headers: &HeaderMap) -> Result<()> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(kind.as_str(), "application/activity+json" | "application/ld+json") {
        Ok(())
    } else {
        Err(Error::invalid("content-type", "an inbox takes application/activity+json"))
    }
}

/// Whether somebody deletes themselves.
fn is_farewell(activity: &Activity) -> bool {
    activity.kind == "Delete" && activity.object_id() == Some(&activity.actor)
}

async fn has_key(app: &App, account: &Account) -> Result<bool> {
    let id = account.id;
    app.store.read(move |db| keys::any_public_of(db, id)).await
}

/// Whether there is nothing to do and nothing to prove: an actor whom we do not know was deleted (rule P6; such storms
/// are real). Suspended actors may only take things back (rule A13).
fn may_skip(activity: &Activity, actor: Option<&Account>) -> Result<bool> {
    match actor {
        None => Ok(is_farewell(activity)),
        Some(actor) if actor.suspended_at.is_some() => match activity.kind.as_str() {
            "Delete" | "Undo" | "Reject" | "Update" => Ok(false),
            _ => Err(Error::Forbidden("this actor is suspended here".into())),
        },
        Some(_) => Ok(false),
    }
}

/// Commits the row, and rings for whoever waits.
#[allow(clippy::too_many_arguments, reason = "all that was found out about one request")]
async fn keep(
    app: &App,
    activity: &Activity,
    presented: &Presented,
    finding: Finding,
    recipient: Option<AccountId>,
    body: String,
    source: String,
    said: Option<Synchronization>,
) -> Result<()> {
    let now = app.clock.now();
    let (dedupe, proof) = match finding {
        Finding::Proven(signer) => {
            let signer = if same_actor(&signer, &activity.actor) { activity.actor.clone() } else { signer };
            (dedupe(activity, &signer, &body), Proof::Signer(signer))
        }
        Finding::Unproven(why) => {
            if body.len() > UNVERIFIED_LIMIT {
                return Err(full("the sender cannot be checked now"));
            }
            tracing::debug!(source.ip = source, "kept unverified: {why}");
            let request = serde_json::to_string(presented).map_err(|error| Error::Bug(error.to_string()))?;
            // Neither the id nor the body may stand in the way of the real one.
            (format!("unverified:{}", hash(&[&source, presented.key_id(), &body])), Proof::Pending(request))
        }
    };
    let proven = matches!(proof, Proof::Signer(_));
    // Whoever passes on what others wrote says nothing about their followers.
    let said = said.filter(|_| matches!(&proof, Proof::Signer(signer) if *signer == activity.actor));
    let origin = origin_of(presented.key_id());
    let new = NewReceived {
        dedupe,
        actor_uri: activity.actor.clone(),
        proof,
        recipient_id: recipient,
        body,
        source_ip: source,
        received_at: now,
        anew_after: is_repeatable(&activity.kind).then(|| now.minus(tombstones::REPEAT)),
    };
    let (new, revived, differs) = app
        .store
        .write(move |tx| {
            if proven {
                let differs = match &said {
                    Some(said) => match accounts::by_uri(tx, &new.actor_uri)? {
                        Some(actor) => followers::announced(tx, &actor, said, now)?,
                        None => false,
                    },
                    None => false,
                };
                return Ok((inbox::insert(tx, &new)?, peers::revive(tx, &origin, now)?, differs));
            }
            let (here, all) = inbox::unverified(tx, &new.source_ip)?;
            if here >= UNVERIFIED.0 || all >= UNVERIFIED.1 {
                return Err(full("too many requests wait to be checked"));
            }
            Ok((inbox::insert(tx, &new)?, false, false))
        })
        .await?;
    if new {
        app.inbox_waiting.notify_one();
    }
    if revived {
        app.deliveries_waiting.notify_one();
    }
    if differs {
        app.backfills_waiting.notify_one();
    }
    Ok(())
}

/// Whether some programs give such activities the id of an earlier one: a second Follow is no repeat of the first.
fn is_repeatable(verb: &str) -> bool {
    matches!(verb, "Follow" | "Accept" | "Reject" | "Undo" | "Like" | "EmojiReact" | "Announce" | "Block")
}

/// What repeats of an activity have in common: its id, if its own actor signed it. What others pass on must not occupy
/// that id with a body of their making.
pub(super) fn dedupe(activity: &Activity, signer: &str, body: &str) -> String {
    match &activity.id {
        Some(id) if signer == activity.actor => id.clone(),
        id => format!("sha256:{}", hash(&[signer, id.as_deref().unwrap_or(body)])),
    }
}

/// Whether two actor ids are the same but for the case of scheme and host. Rule V10.
pub(super) fn same_actor(one: &str, other: &str) -> bool {
    let split = |id: &'_ str| id.match_indices('/').nth(2).map_or(id.len(), |(at, _)| at);
    let ((host, path), (other_host, other_path)) = (one.split_at(split(one)), other.split_at(split(other)));
    host.eq_ignore_ascii_case(other_host) && path == other_path
}

fn origin_of(address: &str) -> String {
    url::Url::parse(address).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

fn hash(parts: &[&str]) -> String {
    hex::encode(digest(&SHA256, parts.join("\n").as_bytes()))
}

fn full(why: &'static str) -> Error {
    Error::Busy { why, retry_after: Duration::from_secs(120) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v10_actors_are_the_same_but_for_the_case_of_the_host() {
        for (one, other, expected) in [
            ("https://a.example/u", "https://a.example/u", true),
            ("https://A.example/u", "HTTPS://a.EXAMPLE/u", true),
            ("https://a.example/u", "https://a.example/U", false),
            ("https://a.example/u", "https://b.example/u", false),
            ("https://a.example", "https://a.example/", false),
            ("", "", true),
        ] {
            assert_eq!(same_actor(one, other), expected, "{one} {other}");
        }
    }
}
