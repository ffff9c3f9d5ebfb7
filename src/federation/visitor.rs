//! Who asks for a document. Anybody, as a rule; with the setting `authorized_fetch` only servers that sign, and never
//! those that are blocked.
//!
//! What is needed to check a signature (the server's own actor, WebFinger, NodeInfo, and a stub of every actor) is given
//! to everybody: two servers that both ask for signatures must be able to begin. Rules S10, S11, R9

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};

use super::error::Failure;
use super::verify::{self, Finding};
use crate::actions::border;
use crate::app::{App, ClientIp};
use crate::error::{Error, Result};
use crate::store::{Connection, accounts, settings};

/// How long a visitor waits while we fetch its key.
const PATIENCE: Duration = Duration::from_secs(8);
/// When to ask again after its key could not be had.
const LATER: Duration = Duration::from_secs(300);

/// What a visitor may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// What anybody may.
    Open,
    /// Who our actors are, and no more: it has to sign.
    Stub,
}

/// Looks at who asks for `uri`; an error when nothing may be told.
pub(super) async fn admit(app: &App, uri: &Uri, headers: &HeaderMap, from: Option<IpAddr>) -> Result<Admission> {
    let asks = app.store.read(asks_for_signatures).await?;
    let signed = ["signature", "signature-input"].iter().any(|name| headers.contains_key(*name));
    if !signed {
        return Ok(if asks { Admission::Stub } else { Admission::Open });
    }
    let presented = match verify::presented(app, &Method::GET, uri, headers, b"") {
        Ok(presented) => presented,
        Err(error) => return if asks { Err(error) } else { Ok(Admission::Open) },
    };
    // Whoever says that they are blocked is believed.
    refuse_barred(app, presented.key_id()).await?;
    if !asks {
        return Ok(Admission::Open);
    }
    let source = verify::source_of(from.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    match verify::signer(app, &presented, &app.fetches.throttle, &source, PATIENCE).await? {
        Finding::Proven(actor) => refuse_barred(app, &actor).await.map(|()| Admission::Open),
        Finding::Unproven(why) => Err(Error::Busy { why, retry_after: LATER }),
    }
}

/// Whether the operator wants documents to be asked for with a signature.
fn asks_for_signatures(db: &Connection) -> Result<bool> {
    Ok(settings::get(db, settings::AUTHORIZED_FETCH)?.as_deref() == Some("true"))
}

async fn refuse_barred(app: &App, address: &str) -> Result<()> {
    let address = address.to_owned();
    let (barred, suspended) = app
        .store
        .read(move |db| {
            let actor = accounts::by_uri(db, &address)?;
            Ok((border::standing_of(db, &address)?.barred, actor.is_some_and(|actor| actor.suspended_at.is_some())))
        })
        .await?;
    if barred || suspended {
        return Err(Error::Forbidden("you are blocked here".into()));
    }
    Ok(())
}

/// An extractor: somebody who may read what anybody may.
#[derive(Debug)]
pub(super) struct Reader;

impl FromRequestParts<App> for Reader {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let from = parts.extensions.get::<ClientIp>().map(|ip| ip.0);
        match admit(app, &parts.uri, &parts.headers, from).await? {
            Admission::Open => Ok(Self),
            Admission::Stub => Err(unsigned().into()),
        }
    }
}

/// What those are told who have to sign.
pub(super) fn unsigned() -> Error {
    Error::Unauthorized("this server asks for a signature".into())
}
