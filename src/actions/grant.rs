//! OAuth's middle: registering an app, somebody allowing it to act for them, and the app fetching its token.
//!
//! Spec: RFC 6749 §4.1 and §4.4, RFC 7636 (only S256), https://docs.joinmastodon.org/methods/oauth/

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::token::{self, covers, hash, parse_scopes};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::Tx;
use crate::store::apps::{self, Client, OOB};
use crate::store::tokens::{self, Grant};

/// How long a code can be exchanged.
pub const CODE_LIFETIME: Duration = Duration::from_secs(600);
/// The longest name of an app, in characters.
const NAME: usize = 60;
/// The longest list of redirect addresses, in bytes.
const REDIRECTS: usize = 2000;
/// The longest web address of an app, in bytes.
const WEBSITE: usize = 2000;

/// What an app says about itself.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Registration {
    pub name: String,
    pub website: Option<String>,
    pub redirect_uris: Vec<String>,
    pub scopes: String,
}

/// OAuth's own refusals. Spec: RFC 6749 §5.2
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the RFC")]
pub enum Refusal {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
    AccessDenied,
}

impl Refusal {
    /// The error code on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::AccessDenied => "access_denied",
        }
    }

    /// For the app's developer.
    pub fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest => "A parameter is missing, repeated or of a kind that this server does not know.",
            Self::InvalidClient => "The client is unknown, or its secret does not fit.",
            Self::InvalidGrant => {
                "The code is unknown, was used, has run out, or was given to another client, address or verifier."
            }
            Self::InvalidScope => "The scope is unknown, or goes beyond what the app was registered with.",
            Self::UnauthorizedClient => "You are not authorized to revoke this token",
            Self::UnsupportedGrantType => "This server knows authorization_code and client_credentials.",
            Self::UnsupportedResponseType => "This server knows the response type code.",
            Self::AccessDenied => "The person said no.",
        }
    }
}

/// A token as it is handed out, once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Issued {
    pub secret: String,
    pub scopes: String,
    pub created_at: Time,
}

/// Registers an app; answers it with its secret, which is shown only now.
pub async fn register(app: &App, registration: Registration) -> Result<(Client, String)> {
    let scopes = check(&registration)?;
    let now = app.clock.now();
    let client = Client {
        id: app.ids.next(now),
        client_id: app.random.secret(),
        name: registration.name,
        website: registration.website,
        redirect_uris: registration.redirect_uris,
        scopes,
        created_at: now,
    };
    let secret = app.random.secret();
    let (row, hash) = (client.clone(), hash(&secret));
    app.store.write(move |tx| apps::insert(tx, &row, &hash, false)).await?;
    Ok((client, secret))
}

/// The checked scopes; refuses what makes no sense or could hurt whoever signs in.
fn check(registration: &Registration) -> Result<String> {
    let name = registration.name.chars().count();
    if name == 0 || registration.name.trim().is_empty() {
        return Err(Error::invalid("client_name", "can't be blank"));
    }
    if name > NAME {
        return Err(Error::invalid("client_name", format!("is too long (at most {NAME} characters)")));
    }
    if let Some(website) = &registration.website {
        let fine = url::Url::parse(website).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !fine || website.len() > WEBSITE {
            return Err(Error::invalid("website", "must be a web address"));
        }
    }
    let redirects = &registration.redirect_uris;
    if redirects.is_empty() {
        return Err(Error::invalid("redirect_uris", "can't be blank"));
    }
    if redirects.iter().map(|uri| uri.len() + 1).sum::<usize>() > REDIRECTS {
        return Err(Error::invalid("redirect_uris", format!("are too long (at most {REDIRECTS} bytes)")));
    }
    if let Some(wrong) = redirects.iter().find(|uri| !is_redirect(uri)) {
        return Err(Error::invalid("redirect_uris", format!("must be absolute addresses, which {wrong:?} is not")));
    }
    let scopes = parse_scopes(&registration.scopes)
        .filter(|scopes| !scopes.is_empty())
        .ok_or_else(|| Error::invalid("scopes", "name one that this server does not know"))?;
    Ok(scopes.join(" "))
}

/// Absolute, without a fragment, printable ASCII (it goes into a header), and of no scheme that runs code in the browser.
fn is_redirect(uri: &str) -> bool {
    if uri == OOB {
        return true;
    }
    let printable = uri.chars().all(|letter| letter.is_ascii_graphic());
    let safe = url::Url::parse(uri).is_ok_and(|url| {
        let web = matches!(url.scheme(), "http" | "https");
        !matches!(url.scheme(), "data" | "vbscript" | "javascript" | "file" | "blob" | "about")
            && url.fragment().is_none()
            && (!web || url.has_host())
    });
    printable && safe
}

/// What an app asks a person for, checked as far as it concerns the app.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the RFC")]
pub struct Request {
    pub client: Client,
    pub redirect_uri: String,
    /// Separated by spaces.
    pub scopes: String,
    pub challenge: Option<String>,
}

/// The app called `client_id`, and where its answers go. Without both nothing may be sent anywhere.
pub async fn client(
    app: &App,
    client_id: &str,
    redirect_uri: Option<&str>,
) -> Result<Result<(Client, String), Refusal>> {
    let id = client_id.to_owned();
    let Some(client) = app.store.read(move |db| apps::by_client_id(db, &id)).await? else {
        return Ok(Err(Refusal::InvalidClient));
    };
    let redirect_uri = match (redirect_uri, client.redirect_uris.as_slice()) {
        (Some(given), registered) if registered.iter().any(|uri| uri == given) => given.to_owned(),
        (None, [only]) => only.clone(),
        _ => return Ok(Err(Refusal::InvalidRequest)),
    };
    Ok(Ok((client, redirect_uri)))
}

/// Judges the rest of the request.
pub fn request(
    (client, redirect_uri): (Client, String),
    response_type: &str,
    scope: Option<&str>,
    challenge: Option<(&str, &str)>,
) -> Result<Request, Refusal> {
    if response_type != "code" {
        return Err(Refusal::UnsupportedResponseType);
    }
    let challenge = match challenge {
        None => None,
        // SHA-256 in base64url: nothing else can ever fit.
        Some((text, "S256")) if text.len() == 43 => Some(text.to_owned()),
        Some(_) => return Err(Refusal::InvalidRequest),
    };
    let scopes = scopes_within(&client, scope)?;
    Ok(Request { client, redirect_uri, scopes, challenge })
}

/// `scope` (default `read`) if the app was registered with all of it.
fn scopes_within(client: &Client, scope: Option<&str>) -> Result<String, Refusal> {
    let held: Vec<&str> = client.scopes.split(' ').collect();
    let scope = scope.filter(|text| !text.trim().is_empty()).unwrap_or("read");
    let wanted = parse_scopes(scope).ok_or(Refusal::InvalidScope)?;
    if wanted.iter().any(|scope| !covers(&held, scope)) {
        return Err(Refusal::InvalidScope);
    }
    Ok(wanted.join(" "))
}

/// `account` allows what `request` asks; answers the code, which is good once and for ten minutes.
pub async fn allow(app: &App, account: AccountId, request: Request) -> Result<String> {
    let (code, now) = (app.random.secret(), app.clock.now());
    let grant = Grant {
        app_id: request.client.id,
        account_id: account,
        redirect_uri: request.redirect_uri,
        scopes: request.scopes,
        challenge: request.challenge,
        expires_at: now.plus(CODE_LIFETIME),
    };
    let hash = hash(&code);
    app.store.write(move |tx| tokens::insert_grant(tx, &grant, &hash, now)).await?;
    Ok(code)
}

/// Exchanges a code for a user's token. A code that its own client presents is spent, whatever comes of it.
pub async fn exchange(
    app: &App,
    (client_id, client_secret): (String, String),
    code: &str,
    redirect_uri: Option<String>,
    verifier: Option<String>,
) -> Result<Result<Issued, Refusal>> {
    let (secret, now, code) = (app.random.secret(), app.clock.now(), hash(code));
    let id = app.ids.next(now);
    let done = app.store.write(move |tx| {
        let Some(client) = apps::by_credentials(tx, &client_id, &hash(&client_secret))? else {
            return Ok(Err(Refusal::InvalidClient));
        };
        let Some(grant) = tokens::grant_by_hash(tx, &code)?.filter(|grant| grant.app_id == client.id) else {
            return Ok(Err(Refusal::InvalidGrant));
        };
        tokens::use_grant(tx, &code)?;
        let same_address = redirect_uri.is_some_and(|uri| uri == grant.redirect_uri);
        if grant.expires_at < now || !same_address || !proves(grant.challenge.as_deref(), verifier.as_deref()) {
            return Ok(Err(Refusal::InvalidGrant));
        }
        token::grant(tx, id, client.id, Some(grant.account_id), &grant.scopes, &secret, now)?;
        Ok(Ok(Issued { secret, scopes: grant.scopes, created_at: now }))
    });
    done.await
}

/// A token for the app alone.
pub async fn for_client(
    app: &App,
    (client_id, client_secret): (String, String),
    scope: Option<String>,
) -> Result<Result<Issued, Refusal>> {
    let (secret, now) = (app.random.secret(), app.clock.now());
    let id = app.ids.next(now);
    let done = app.store.write(move |tx| {
        let Some(client) = apps::by_credentials(tx, &client_id, &hash(&client_secret))? else {
            return Ok(Err(Refusal::InvalidClient));
        };
        let scopes = match scopes_within(&client, scope.as_deref()) {
            Ok(scopes) => scopes,
            Err(refusal) => return Ok(Err(refusal)),
        };
        token::grant(tx, id, client.id, None, &scopes, &secret, now)?;
        Ok(Ok(Issued { secret, scopes, created_at: now }))
    });
    done.await
}

/// Takes back `secret` for the app that it was given to. An unknown token is as good as revoked.
pub async fn revoke(
    app: &App,
    (client_id, client_secret): (String, String),
    secret: &str,
) -> Result<Result<(), Refusal>> {
    let secret = hash(secret);
    let write = move |tx: &Tx| {
        let Some(client) = apps::by_credentials(tx, &client_id, &hash(&client_secret))? else {
            return Ok(Err(Refusal::UnauthorizedClient));
        };
        match tokens::by_hash(tx, &secret)? {
            None => Ok(Ok(Default::default())),
            Some(found) if found.app_id == client.id => Ok(Ok(token::revoke(tx, found.id)?)),
            Some(_) => Ok(Err(Refusal::UnauthorizedClient)),
        }
    };
    Ok(app.store.write(write).await?.map(|announcements| announcements.announce(app)))
}

/// Whether `verifier` is the preimage of `challenge`; without a challenge there is nothing to prove.
fn proves(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(challenge), Some(verifier)) => {
            URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == challenge.trim_end_matches('=')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apps_are_checked_before_they_are_registered() {
        let good = Registration {
            name: "Tusk".into(),
            website: Some("https://tusk.example".into()),
            redirect_uris: vec!["tusk://oauth".into()],
            scopes: "read write".into(),
        };
        assert_eq!(check(&good).expect("fine"), "read write");
        for (uri, fine) in [
            (OOB, true),
            ("tusk://oauth", true),
            ("com.example.app:/oauth", true),
            ("http://localhost:3000/cb?a=b", true),
            ("https://app.example/cb", true),
            ("javascript:alert(1)", false),
            ("JavaScript:alert(1)", false),
            ("data:text/html,x", false),
            ("vbscript:x", false),
            ("/relative", false),
            ("https://app.example/#part", false),
            ("https://app.example/a b", false),
            ("", false),
        ] {
            let registration = Registration { redirect_uris: vec![uri.into()], ..good.clone() };
            assert_eq!(check(&registration).is_ok(), fine, "{uri}");
        }
        for wrong in [
            Registration { name: " ".into(), ..good.clone() },
            Registration { name: "x".repeat(61), ..good.clone() },
            Registration { website: Some("javascript:x".into()), ..good.clone() },
            Registration { scopes: "read fly".into(), ..good.clone() },
            Registration { redirect_uris: Vec::new(), ..good.clone() },
            Registration { redirect_uris: vec![format!("https://a.example/{}", "x".repeat(REDIRECTS))], ..good },
        ] {
            assert!(check(&wrong).is_err(), "{wrong:?}");
        }
    }

    /// The example of RFC 7636, appendix B.
    #[test]
    fn only_the_verifier_proves_the_challenge() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        for (challenge, verifier, proves_it) in [
            (Some(challenge), Some(verifier), true),
            (Some(challenge), Some("x"), false),
            (Some(challenge), None, false),
            (None, None, true),
            (None, Some("x"), true),
        ] {
            assert_eq!(proves(challenge, verifier), proves_it);
        }
    }
}
