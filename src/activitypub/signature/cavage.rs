//! The old scheme, understood by everybody: `Signature: keyId="…",headers="…",signature="…"`.
//!
//! Reads the header (or `Authorization: Signature …`), refuses repeated parameters and odd names, and rebuilds the
//! signed text from the request. Tolerates `(created)` and `(expires)` under any algorithm label, quoted or not.
//! Spec: draft-cavage-http-signatures-12, https://datatracker.ietf.org/doc/html/draft-cavage-http-signatures-12

use base64::Engine;

use super::key::{BASE64, encode};
use super::{Fields, HOLDS, Head, Presented, PrivateKey, Refusal, Scheme, digest_verdict, moment};
use crate::clock::Time;
use crate::error::Result;

/// More names than this is not a signature but an attack.
const MOST_NAMES: usize = 48;

/// Signs `headers` (in order, `(request-target)` aside) and returns the value of the `Signature` header.
pub(super) fn sign(
    key_id: &str,
    key: &PrivateKey,
    method: &str,
    target: &str,
    headers: &[(&'static str, String)],
) -> Result<String> {
    let mut names = vec!["(request-target)"];
    let mut lines = vec![format!("(request-target): {} {target}", method.to_ascii_lowercase())];
    for (name, value) in headers {
        names.push(name);
        lines.push(format!("{name}: {value}"));
    }
    let signature = encode(&key.sign(lines.join("\n").as_bytes())?);
    let names = names.join(" ");
    Ok(format!(r#"keyId="{key_id}",algorithm="rsa-sha256",headers="{names}",signature="{signature}""#))
}

/// Reads the value of a `Signature` header.
pub(super) fn parse(head: &Head<'_>, fields: &Fields<'_>, value: &str, body: &[u8]) -> Result<Presented, Refusal> {
    let given = Given::read(value)?;
    let Some(key_id) = given.get("keyid") else { return Err(Refusal::malformed("the signature names no keyId")) };
    let Some(signature) = given.get("signature") else { return Err(Refusal::malformed("the signature is empty")) };
    if signature.is_empty() || BASE64.decode(signature).is_err() {
        return Err(Refusal::malformed("the signature is not base64"));
    }
    let covered = given.covered()?;
    let created = given.seconds("created")?;
    let expires = given.seconds("expires")?;
    let has = |name: &str| covered.iter().any(|one| one == name);

    let mut bases = vec![base(head, fields, &given, &covered, head.target)?];
    // Misskey and old Mastodon sign the path alone.
    if has("(request-target)") && head.path() != head.target {
        bases.push(base(head, fields, &given, &covered, head.path())?);
    }
    let dated = if has("date") { fields.get("date").and_then(|date| Time::from_http_date(&date)) } else { None };
    let created = if has("(created)") { created } else { dated };
    // An end that is not signed may shorten the life of a signature, never lengthen it.
    let usual = created.map(|created| created.plus(HOLDS));
    let expires = expires.map(|end| if has("(expires)") { end } else { usual.map_or(end, |usual| end.min(usual)) });
    Ok(Presented {
        scheme: Scheme::Cavage,
        key_id: key_id.to_owned(),
        algorithm: given.get("algorithm").map(str::to_ascii_lowercase),
        signature: signature.to_owned(),
        bases,
        binds_target: has("(request-target)"),
        binds_host: has("host"),
        needs_digest: head.needs_digest(body),
        digest: digest_verdict(&has, fields, body),
        authority: fields.get("host"),
        created,
        expires,
    })
}

/// The signed text, with `target` as request target.
fn base(
    head: &Head<'_>,
    fields: &Fields<'_>,
    given: &Given,
    covered: &[String],
    target: &str,
) -> Result<String, Refusal> {
    let mut lines = Vec::with_capacity(covered.len());
    for name in covered {
        let value = match name.as_str() {
            "(request-target)" => format!("{} {target}", head.method.to_ascii_lowercase()),
            "(created)" | "(expires)" => given
                .get(name.trim_matches(['(', ')']))
                .ok_or_else(|| Refusal::malformed(format!("{name} is signed but not given")))?
                .to_owned(),
            _ => fields.get(name).ok_or_else(|| Refusal::Uncovered(format!("the signed header {name} is absent")))?,
        };
        lines.push(format!("{name}: {value}"));
    }
    Ok(lines.join("\n"))
}

/// The parameters of a `Signature` header, names in lower case.
struct Given(Vec<(String, String)>);

impl Given {
    fn read(value: &str) -> Result<Self, Refusal> {
        let mut given: Vec<(String, String)> = Vec::new();
        let mut rest = value.trim();
        // Some send the scheme of the Authorization header here as well.
        if rest.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("signature ")) {
            rest = &rest[10..];
        }
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                return Ok(Self(given));
            }
            let Some((name, after)) = rest.split_once('=') else { return Err(broken()) };
            let name = name.trim_end().to_ascii_lowercase();
            if name.is_empty() || !name.bytes().all(is_token) {
                return Err(broken());
            }
            let after = after.trim_start();
            let content;
            if let Some(quoted) = after.strip_prefix('"') {
                (content, rest) = quoted.split_once('"').ok_or_else(broken)?;
                rest = rest.trim_start();
                if !rest.is_empty() && !rest.starts_with(',') {
                    return Err(broken());
                }
            } else {
                (content, rest) = after.split_at(after.find(',').unwrap_or(after.len()));
            }
            if given.iter().any(|(known, _)| *known == name) {
                return Err(Refusal::malformed(format!("the signature gives {name} twice")));
            }
            given.push((name, content.trim().to_owned()));
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The names in `headers`, in lower case. Without that parameter the draft's defaults hold, which cover too little.
    fn covered(&self) -> Result<Vec<String>, Refusal> {
        let names = self.get("headers").unwrap_or("date").to_ascii_lowercase();
        let mut covered: Vec<String> = Vec::new();
        for name in names.split_ascii_whitespace() {
            let special = matches!(name, "(request-target)" | "(created)" | "(expires)");
            if !(special || name.bytes().all(is_token)) {
                return Err(Refusal::malformed("the list of signed headers is unreadable"));
            }
            if covered.iter().any(|known| known == name) {
                return Err(Refusal::malformed(format!("{name} is signed twice")));
            }
            covered.push(name.to_owned());
        }
        if covered.is_empty() || covered.len() > MOST_NAMES {
            return Err(Refusal::malformed("the list of signed headers is empty or too long"));
        }
        Ok(covered)
    }

    /// A moment in whole or fractional seconds.
    fn seconds(&self, name: &str) -> Result<Option<Time>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.len() <= 12 && part.bytes().all(|c| c.is_ascii_digit());
        let seconds = (digits(whole) && digits(fraction)).then(|| whole.parse().ok()).flatten();
        seconds.and_then(moment).map(Some).ok_or_else(|| Refusal::malformed(format!("{name} is not a time")))
    }
}

fn broken() -> Refusal {
    Refusal::malformed("the Signature header is unreadable")
}

fn is_token(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c)
}
