//! Who signed a request: the key from the database or from its owner's server, and the rotation of keys.
//!
//! A wrong signature is an error; a key that cannot be had now is not. Spec: rules V2, V9, V11.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use axum::http::{HeaderMap, Method, Uri, header};

use crate::actions::fetch;
use crate::activitypub::ids;
use crate::activitypub::signature::{self, Presented, PublicKey, Refusal};
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::outbound::guard;
use crate::outbound::throttle::{Absence, Throttle};
use crate::store::keys;

/// When to come again while our clock is wrong.
const CLOCK: Duration = Duration::from_secs(300);

/// The signature of a request, judged as far as that needs no key. Rules V3 to V8
pub(super) fn presented(app: &App, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Presented> {
    // With a wrong date every signature looks too old or too new.
    if !app.clock.now().is_plausible() {
        return Err(Error::Busy { why: "the clock of this server is not set yet", retry_after: CLOCK });
    }
    // The values as they came, repeated headers one by one.
    let mut fields: Vec<(&str, Cow<'_, str>)> =
        headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()))).collect();
    if let (None, Some(authority)) = (headers.get(header::HOST), uri.authority()) {
        fields.push(("host", authority.as_str().into()));
    }
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let presented = signature::parse(method.as_str(), target, &fields, body)?;
    match presented.check(&[app.config.domain.clone(), app.config.handle_domain.clone()], app.clock.now()) {
        Err(Refusal::Host(host)) if is_inner(&host) => {
            tracing::warn!(
                "a request came with the Host {:?}: the proxy in front of this server changes it, and every signature \
                 breaks; make it pass Host on as it comes",
                host.escape_debug().to_string()
            );
            Err(Refusal::Host(host).into())
        }
        Err(refusal) => Err(refusal.into()),
        Ok(()) => Ok(presented),
    }
}

/// Whether a host is the kind of name that only a proxy calls us by. Rule V8
fn is_inner(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default();
    !name.is_empty() && (!name.contains('.') || name.parse::<std::net::Ipv4Addr>().is_ok())
}

/// The address that limits count by: IPv6 in networks of 64 bits, for one customer has that many.
pub(super) fn source_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

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
    // Where nobody may be asked, no key is; and it is nobody's fault but the sender's.
    let address = ids::valid_remote_id(&wanted, app.config.development);
    let address = address.map_err(|_| Refusal::KeyId("not a plain https URL".into()))?;
    if guard::check_url(&address, app.config.development).is_err() {
        return Err(Refusal::KeyId("no address of a public server".into()).into());
    }
    if ids::same_origin(&wanted, &app.config.url("/")) {
        return Err(Error::Forbidden("nobody outside signs with a key of ours".into()));
    }
    let cached = app.store.read(move |db| keys::public_by_id(db, &wanted)).await?;
    let Some(key) = cached else { return fetched(app, presented, throttle, source, patience, false).await };
    if fits(presented, &key) {
        return Ok(Finding::Proven(key.owner_uri));
    }
    let now = app.clock.now();
    if now.since(key.fetched_at) < fetch::ROTATION || !throttle.may_refresh(&key.owner_uri, now) {
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
    fn v8_a_proxy_that_changes_the_host_is_noticed() {
        for (host, expected) in [
            ("localhost:3000", true),
            ("backend", true),
            ("10.0.0.5:4000", true),
            ("there.example", false),
            ("", false),
        ] {
            assert_eq!(is_inner(host), expected, "{host}");
        }
    }

    #[test]
    fn v13_limits_count_by_customer() {
        for (address, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(source_of(address.parse().expect("valid")), expected);
        }
    }

    #[test]
    fn v11_only_a_clear_no_makes_a_key_missing() {
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
