//! Who signed a request: the key from the database or from its owner's server, and the rotation of keys.
//!
//! A wrong signature is an error; a key that cannot be had now is not. Spec: rules V2, V9, V11.

use std::time::Duration;

use super::throttle::{Absence, Throttle};
use crate::actions::fetch;
use crate::activitypub::ids;
use crate::activitypub::signature::{Presented, PublicKey, Refusal};
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::store::keys;

/// A key that we read more recently than this is not suspected to be an old one.
/// The same as the pause between two readings, so that a refresh is never spent on what the cache still answers.
const ROTATION: Duration = fetch::AGAIN;

/// What checking a signature came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// This actor's key made it.
    Proven(String),
    /// The key cannot be had now; why, for the log.
    Unproven(&'static str),
}

/// Finds out who made `presented`; waits at most `patience` for the key's server.
///
/// `source` is who sent it to us: whoever makes us fetch in vain is not fetched for again soon.
pub(super) async fn signer(
    app: &App,
    presented: &Presented,
    throttle: &Throttle,
    source: &str,
    patience: Duration,
) -> Result<Finding> {
    let wanted = presented.key_id().to_owned();
    if ids::same_origin(&wanted, &app.config.url("/")) {
        return Err(Error::Forbidden("nobody outside signs with a key of ours".into()));
    }
    let cached = app.store.read(move |db| keys::public_by_id(db, &wanted)).await?;
    let Some(key) = cached else { return fetched(app, presented, throttle, source, patience, false).await };
    if fits(presented, &key) {
        return Ok(Finding::Proven(key.owner_uri));
    }
    let now = app.clock.now();
    if now.since(key.fetched_at) < ROTATION || !throttle.may_refresh(&key.owner_uri, now) {
        return Err(Refusal::Mismatch.into());
    }
    fetched(app, presented, throttle, source, patience, true).await
}

async fn fetched(
    app: &App,
    presented: &Presented,
    throttle: &Throttle,
    source: &str,
    patience: Duration,
    refresh: bool,
) -> Result<Finding> {
    let key_id = presented.key_id();
    let now = app.clock.now();
    match throttle.absence(key_id, now) {
        Some(Absence::Missing | Absence::Barred) => {
            return Err(Error::Unauthorized("the key could not be found".into()));
        }
        Some(Absence::Silent) => return Ok(Finding::Unproven("the key's server did not answer lately")),
        None if !throttle.may_fetch(source, now) => {
            return Ok(Finding::Unproven("a key that this address named could not be fetched lately"));
        }
        None => {}
    }
    match tokio::time::timeout(patience, fetch::key(app, key_id, refresh)).await {
        Ok(Ok(key)) if fits(presented, &key) => Ok(Finding::Proven(key.owner_uri)),
        Ok(Ok(_)) => Err(Refusal::Mismatch.into()),
        Ok(Err(error)) => {
            let absence = absence(error)?;
            throttle.failed(key_id, source, absence, app.clock.now());
            match absence {
                Absence::Silent => Ok(Finding::Unproven("the key's server did not answer")),
                Absence::Barred => Err(Error::Unauthorized("the key could not be read".into())),
                Absence::Missing => Err(Error::Unauthorized("the key could not be found".into())),
            }
        }
        Err(_) => {
            throttle.failed(key_id, source, Absence::Silent, app.clock.now());
            Ok(Finding::Unproven("the key's server takes long"))
        }
    }
}

/// What a failed fetch says about the key; an error when it says nothing about it.
fn absence(error: Error) -> Result<Absence> {
    match error {
        Error::Store(_) | Error::Busy { .. } | Error::Forbidden(_) => Err(error),
        Error::NotFound(_) | Error::Gone(_) => Ok(Absence::Missing),
        Error::Peer { fault: Fault::Status { code: 404 | 410, .. }, .. } => Ok(Absence::Missing),
        Error::Bug(_) | Error::Io { .. } => Ok(Absence::Silent),
        error if error.is_retryable() => Ok(Absence::Silent),
        _ => Ok(Absence::Barred),
    }
}

fn fits(presented: &Presented, key: &keys::PublicKey) -> bool {
    PublicKey::from_pem(&key.pem).is_ok_and(|key| presented.verify(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_no_makes_a_key_missing() {
        let status = |code| Error::peer("b.example", Fault::Status { code, retry_after: None });
        for (error, expected) in [
            (status(404), Some(Absence::Missing)),
            (status(410), Some(Absence::Missing)),
            (Error::NotFound("key"), Some(Absence::Missing)),
            (status(403), Some(Absence::Barred)),
            (Error::peer("b.example", Fault::Nonsense("HTML".into())), Some(Absence::Barred)),
            (Error::peer("b.example", Fault::Refused("private".into())), Some(Absence::Barred)),
            (status(503), Some(Absence::Silent)),
            (Error::peer("b.example", Fault::Unreachable("timed out".into())), Some(Absence::Silent)),
            (Error::Forbidden("blocked".into()), None),
        ] {
            let text = error.to_string();
            assert_eq!(absence(error).ok(), expected, "{text}");
        }
    }
}
