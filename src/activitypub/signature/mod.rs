//! HTTP signatures, pure: draft-cavage-12 and RFC 9421, making and checking.
//!
//! A received request goes through three steps. [`parse`] reads what the sender claims and rebuilds the signed text;
//! [`Presented::check`] refuses everything that needs no key (too little covered, another body, another host, too old);
//! [`Presented::verify`] asks the key. Between the last two lies the fetch of the key, hours perhaps: a [`Presented`]
//! keeps all it needs and can be stored. Nothing here knows whether the key may speak for anybody.
//!
//! Stricter than the drafts: every request must bind its host (else it could be replayed to us from another server),
//! and one with a body must bind that.

mod cavage;
mod digest;
mod key;
mod rfc9421;
mod structured;
#[cfg(test)]
mod tests;
mod wish;

use std::time::Duration;

use base64::Engine;
use serde::{Deserialize, Serialize};
use url::{Position, Url};

pub use self::key::{PrivateKey, ProofKey, PublicKey, generate, sha256};
pub use self::wish::{Manner, Wish};
use crate::clock::Time;
use crate::error::{Error, Result};

/// How wrong clocks may be.
const SKEW: Duration = Duration::from_secs(3_600);
/// How long a signature holds that names no end.
const HOLDS: Duration = Duration::from_secs(300);
/// How long a signature can hold at most.
const HOLDS_AT_MOST: Duration = Duration::from_secs(12 * 3_600);
/// The longest header that is read.
const LONGEST_HEADER: usize = 16_384;

/// How a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// draft-cavage-http-signatures-12, rsa-sha256: understood by everybody.
    Cavage,
    /// RFC 9421, rsa-v1_5-sha256: the second knock.
    Rfc9421,
}

/// A request about to be signed.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The full address; a fragment is left out.
    pub url: &'a Url,
    /// The `Accept` header.
    pub accept: &'a str,
    /// Content type and body, for POST.
    pub body: Option<(&'a str, &'a [u8])>,
}

/// Every header that `request` must be sent with: name (lower case) and value. `host` is what a correct client derives
/// from the address anyway; `accept` or `content-type`, `date`, digest and signature are among them. Takes 0.3 ms.
pub fn sign(
    scheme: Scheme,
    key_id: &str,
    key: &PrivateKey,
    request: &Outgoing<'_>,
    now: Time,
) -> Result<Vec<(&'static str, String)>> {
    sign_in_manner(scheme, key_id, key, request, now, &Manner::default())
}

/// The same, with the deviations that `manner` names.
pub fn sign_in_manner(
    scheme: Scheme,
    key_id: &str,
    key: &PrivateKey,
    request: &Outgoing<'_>,
    now: Time,
    manner: &Manner,
) -> Result<Vec<(&'static str, String)>> {
    // A comma inside quotes is legal, but there are receivers that split at it.
    if key_id.contains(['"', ',', '\\']) || !key_id.bytes().all(|c| c.is_ascii_graphic()) {
        return Err(Error::Bug(format!("{key_id} cannot be a key id")));
    }
    let end = if manner.without_query { Position::AfterPath } else { Position::AfterQuery };
    let target = &request.url[Position::BeforePath..end];
    let host = authority(request.url)?;
    let mut headers = vec![("host", host.clone()), ("date", now.http_date())];
    match scheme {
        Scheme::Cavage => {
            match request.body {
                Some((kind, body)) => {
                    headers.extend([("digest", digest::legacy(body)), ("content-type", kind.to_owned())]);
                }
                None => headers.push(("accept", request.accept.to_owned())),
            }
            let signature = cavage::sign(key_id, key, request.method, target, &headers)?;
            if request.body.is_some() {
                headers.push(("accept", request.accept.to_owned()));
            }
            headers.push(("signature", signature));
        }
        Scheme::Rfc9421 => {
            headers.push(("accept", request.accept.to_owned()));
            let content = request.body.map(|(_, body)| digest::content(body));
            headers.extend(request.body.map(|(kind, _)| ("content-type", kind.to_owned())));
            headers.extend(content.map(|content| ("content-digest", content)));
            let components = components(request, &headers, manner.wish.as_ref());
            let (input, signature) = rfc9421::sign(key_id, key, &components, now, manner.wish.as_ref())?;
            headers.extend([("signature-input", input), ("signature", signature)]);
        }
    }
    Ok(headers)
}

/// What an RFC 9421 signature covers, and its values: what everybody asks for, and what this server asked for besides.
fn components<'a>(
    request: &Outgoing<'a>,
    headers: &'a [(&'static str, String)],
    wish: Option<&'a Wish>,
) -> Vec<(&'a str, String)> {
    let wished = wish.map_or(&[][..], |wish| &wish.components).iter().map(String::as_str);
    let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let mut covered: Vec<(&str, String)> = Vec::new();
    for name in ["@method", "@target-uri", "@authority", "content-digest"].into_iter().chain(wished) {
        let value = match name {
            "@method" => Some(request.method.to_owned()),
            "@target-uri" => Some(request.url[..Position::AfterQuery].to_owned()),
            "@authority" => header("host"),
            "@scheme" => Some(request.url.scheme().to_owned()),
            "@path" => Some(request.url.path().to_owned()),
            "@query" => Some(format!("?{}", request.url.query().unwrap_or_default())),
            "@request-target" => Some(request.url[Position::BeforePath..Position::AfterQuery].to_owned()),
            name => header(name),
        };
        if let Some(value) = value.filter(|_| covered.iter().all(|(known, _)| *known != name)) {
            covered.push((name, value));
        }
    }
    covered
}

/// The host of `url`, with its port only if that is not the default one: the `Host` header of a request to it.
pub(crate) fn authority(url: &Url) -> Result<String> {
    let host = url.host_str().ok_or_else(|| Error::Malformed(format!("{url} has no host")))?;
    Ok(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Why a request is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant is its documentation")]
pub enum Refusal {
    #[error("the request is not signed")]
    Missing,
    /// It cannot be read at all.
    #[error("{0}")]
    Malformed(String),
    #[error("the signature uses {0}, which is not supported")]
    Unsupported(String),
    #[error("the key id is not usable: {0}")]
    KeyId(String),
    /// Too little is signed.
    #[error("{0}")]
    Uncovered(String),
    #[error("the digest is not that of the body")]
    Digest,
    #[error("signed for another server: {0}")]
    Host(String),
    #[error("the signature is too old, or the sender's clock is wrong")]
    Expired,
    #[error("the signature is from the future: the sender's clock is wrong")]
    Future,
    /// For doors: [`Presented::verify`] said no.
    #[error("the signature does not match the key")]
    Mismatch,
}

impl Refusal {
    /// The HTTP status that says so: 400 for what cannot be read, else 401, which makes senders knock a second time.
    pub fn status(&self) -> u16 {
        if matches!(self, Self::Malformed(_)) { 400 } else { 401 }
    }

    fn malformed(why: impl Into<String>) -> Self {
        Self::Malformed(why.into())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(why) => Self::Malformed(why),
            other => Self::Unauthorized(other.to_string()),
        }
    }
}

/// A signature as the sender presents it, with all that is needed to judge it later. Small; may be stored as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presented {
    scheme: Scheme,
    key_id: String,
    /// The label sent along; cavage in lower case. It never chooses the algorithm, but some labels are refused.
    algorithm: Option<String>,
    /// Base64.
    signature: String,
    /// The texts of which one must be signed.
    bases: Vec<String>,
    binds_target: bool,
    binds_host: bool,
    needs_digest: bool,
    /// About the covered digest; `None` when none is covered.
    digest: Option<digest::Verdict>,
    /// The `Host` header as it came.
    authority: Option<String>,
    /// The covered time of signing.
    created: Option<Time>,
    expires: Option<Time>,
}

/// Reads the signature of a request. `path_and_query` as on the request line; header names in any case; the caller adds
/// `host` from `:authority` when HTTP/2 brought none.
pub fn parse<N: AsRef<str>, V: AsRef<str>>(
    method: &str,
    path_and_query: &str,
    headers: &[(N, V)],
    body: &[u8],
) -> Result<Presented, Refusal> {
    let head = Head { method, target: path_and_query };
    let hostile = |c: char| c.is_control() || c == ' ';
    if method.is_empty() || !method.bytes().all(|c| c.is_ascii_alphabetic()) {
        return Err(Refusal::malformed("the method is unreadable"));
    }
    if !path_and_query.starts_with('/') || path_and_query.contains(hostile) {
        return Err(Refusal::malformed("the request target is unreadable"));
    }
    let fields = Fields(headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect());
    if fields.0.iter().any(|(_, value)| value.contains(['\r', '\n', '\0'])) {
        return Err(Refusal::malformed("a header contains a line break"));
    }
    let read = |name: &str| match fields.get(name) {
        Some(value) if value.len() > LONGEST_HEADER => Err(Refusal::malformed(format!("{name} is too long"))),
        value => Ok(value.filter(|value| !value.is_empty())),
    };
    let signature = read("signature")?;
    if let Some(input) = read("signature-input")? {
        return rfc9421::parse(&head, &fields, &input, body);
    }
    if let Some(value) = signature {
        return cavage::parse(&head, &fields, &value, body);
    }
    // The form of the draft's own examples.
    match read("authorization")?.filter(|value| value.to_ascii_lowercase().starts_with("signature ")) {
        Some(value) => cavage::parse(&head, &fields, &value, body),
        None => Err(Refusal::Missing),
    }
}

impl Presented {
    /// The id of the key that is said to have signed. Nothing is proved yet.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The scheme the sender speaks.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// When the sender signed, by its own clock.
    pub fn created(&self) -> Option<Time> {
        self.created
    }

    /// Everything that can be judged without the key. `our_hosts` are host names with their port unless it is 443 or 80.
    pub fn check(&self, our_hosts: &[String], now: Time) -> Result<(), Refusal> {
        self.check_form()?;
        self.check_host(our_hosts)?;
        self.check_time(now)
    }

    /// Whether `key` made this signature, over any of the texts the rules allow. RSA takes 20 µs to 80 µs.
    pub fn verify(&self, key: &PublicKey) -> bool {
        let Ok(signature) = key::BASE64.decode(&self.signature) else { return false };
        // RFC 9421 §3.2: a label that contradicts the key is an error. The labels of the draft mean nothing any more.
        let contradicts = self.scheme == Scheme::Rfc9421
            && !matches!(
                (self.algorithm.as_deref(), key),
                (None, _) | (Some("rsa-v1_5-sha256"), PublicKey::Rsa(_)) | (Some("ed25519"), PublicKey::Ed25519(_))
            );
        !contradicts && self.bases.iter().any(|base| key.verifies(base.as_bytes(), &signature))
    }

    /// What depends neither on our names nor on the time.
    fn check_form(&self) -> Result<(), Refusal> {
        let url = Url::parse(&self.key_id).map_err(|_| Refusal::KeyId("not a URL".into()))?;
        let plain = url.username().is_empty() && url.password().is_none() && !self.key_id.contains(char::is_control);
        if !matches!(url.scheme(), "https" | "http") || !plain {
            return Err(Refusal::KeyId("not a plain https URL".into()));
        }
        let known = match (self.scheme, self.algorithm.as_deref()) {
            (_, None | Some("ed25519")) => true,
            (Scheme::Cavage, Some(label)) => matches!(label, "rsa-sha256" | "rsa-sha512" | "hs2019"),
            (Scheme::Rfc9421, Some(label)) => label == "rsa-v1_5-sha256",
        };
        if !known {
            let label = self.algorithm.as_deref().unwrap_or_default();
            return Err(Refusal::Unsupported(format!("the algorithm {}", label.escape_debug())));
        }
        let uncovered = |what: &str| Err(Refusal::Uncovered(format!("the signature does not cover {what}")));
        match self.digest {
            _ if !self.binds_target => uncovered("the request target"),
            _ if !self.binds_host => uncovered("the host"),
            None if self.needs_digest => uncovered("a digest of the body"),
            Some(digest::Verdict::Wrong) => Err(Refusal::Digest),
            Some(digest::Verdict::Unreadable) => Err(Refusal::malformed("the digest has no single SHA-256")),
            None | Some(digest::Verdict::Right) if self.created.is_none() => uncovered("the time of signing"),
            None | Some(digest::Verdict::Right) => Ok(()),
        }
    }

    fn check_host(&self, our_hosts: &[String]) -> Result<(), Refusal> {
        let bare = |host: &str| {
            let host = host.to_ascii_lowercase();
            host.strip_suffix(":443").or(host.strip_suffix(":80")).map(str::to_owned).unwrap_or(host)
        };
        let signed = self.authority.as_deref().map(bare).unwrap_or_default();
        if our_hosts.iter().any(|ours| bare(ours) == signed) { Ok(()) } else { Err(Refusal::Host(signed)) }
    }

    fn check_time(&self, now: Time) -> Result<(), Refusal> {
        let created = self.created.ok_or(Refusal::Expired)?;
        if created > now.plus(SKEW) {
            return Err(Refusal::Future);
        }
        let latest = created.plus(HOLDS_AT_MOST);
        let end = self.expires.map_or(created.plus(HOLDS), |expires| expires.min(latest));
        if now > end.plus(SKEW) || end < created { Err(Refusal::Expired) } else { Ok(()) }
    }
}

/// The request line.
struct Head<'a> {
    method: &'a str,
    target: &'a str,
}

impl<'a> Head<'a> {
    fn path(&self) -> &'a str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }

    fn query(&self) -> Option<&'a str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    fn needs_digest(&self, body: &[u8]) -> bool {
        !body.is_empty() || !(self.method.eq_ignore_ascii_case("GET") || self.method.eq_ignore_ascii_case("HEAD"))
    }
}

/// The headers of the request.
struct Fields<'a>(Vec<(&'a str, &'a str)>);

impl Fields<'_> {
    /// The value of `name` (any case), several joined by `, ` as both schemes ask.
    fn get(&self, name: &str) -> Option<String> {
        let mut found =
            self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        let first = found.next()?.to_owned();
        Some(found.fold(first, |joined, next| joined + ", " + next))
    }
}

/// What the covered digests say about `body`: all of them must be right.
fn digest_verdict(has: &dyn Fn(&str) -> bool, fields: &Fields<'_>, body: &[u8]) -> Option<digest::Verdict> {
    let judge = |name: &str, judge: fn(&str, &[u8]) -> digest::Verdict| {
        has(name).then(|| fields.get(name).map_or(digest::Verdict::Unreadable, |value| judge(&value, body)))
    };
    let verdicts = [judge("digest", digest::judge_legacy), judge("content-digest", digest::judge_content)];
    let known = verdicts.into_iter().flatten();
    known.clone().find(|verdict| *verdict != digest::Verdict::Right).or(known.last())
}

/// The moment `seconds` after 1970; `None` outside the years 1970 to 9999.
fn moment(seconds: i64) -> Option<Time> {
    (0..=253_402_300_799).contains(&seconds).then(|| Time(seconds * 1000))
}
