//! The new scheme: `Signature-Input: label=("@method" …);created=…;keyid="…"` and `Signature: label=:…:`.
//!
//! Covers requests only. Refuses components with parameters (`;req`, `;bs`, `;sf`, `;key`, `;tr`) and `@query-param`,
//! which no fediverse software sends. Of several labels the first usable one counts.
//! Spec: RFC 9421, https://www.rfc-editor.org/rfc/rfc9421

use super::key::encode;
use super::structured::{self, Member, Parameters, Value};
use super::{Fields, Head, Presented, PrivateKey, Refusal, Scheme, Wish, digest_verdict, moment};
use crate::clock::Time;
use crate::error::Result;

/// More labels than this is not a request but an attack.
const MOST_LABELS: usize = 8;
/// The same for covered components.
const MOST_COMPONENTS: usize = 48;
const LABEL: &str = "sig1";

/// Signs `components` (name and value, in order) and returns the values of `Signature-Input` and `Signature`. What the
/// receiver wished to see again, it sees.
pub(super) fn sign(
    key_id: &str,
    key: &PrivateKey,
    components: &[(&str, String)],
    now: Time,
    wish: Option<&Wish>,
) -> Result<(String, String)> {
    let names = components.iter().map(|(name, _)| (Value::Text((*name).to_owned()), Vec::new())).collect();
    let mut parameters = vec![
        ("created".to_owned(), Value::Integer(now.seconds())),
        ("keyid".to_owned(), Value::Text(key_id.to_owned())),
        ("alg".to_owned(), Value::Text("rsa-v1_5-sha256".to_owned())),
    ];
    let echo = |name: &str, text: &Option<String>| text.clone().map(|text| (name.to_owned(), Value::Text(text)));
    parameters.extend(wish.and_then(|wish| echo("nonce", &wish.nonce)));
    parameters.extend(wish.and_then(|wish| echo("tag", &wish.tag)));
    let label = wish.map_or(LABEL, |wish| &wish.label);
    let input = structured::write(&Value::List(names), &parameters);
    let mut base: String = components.iter().map(|(name, value)| format!("\"{name}\": {value}\n")).collect();
    base.push_str(&format!("\"@signature-params\": {input}"));
    let signature = encode(&key.sign(base.as_bytes())?);
    Ok((format!("{label}={input}"), format!("{label}=:{signature}:")))
}

/// Reads `Signature-Input` and the `Signature` that belongs to it.
pub(super) fn parse(head: &Head<'_>, fields: &Fields<'_>, input: &str, body: &[u8]) -> Result<Presented, Refusal> {
    let inputs = structured::dictionary(input).unwrap_or_default();
    let signatures = fields.get("signature").and_then(|value| structured::dictionary(&value)).unwrap_or_default();
    if inputs.is_empty() || inputs.len() > MOST_LABELS {
        return Err(Refusal::malformed("Signature-Input is unreadable"));
    }
    let mut first = None;
    for input in &inputs {
        let found = one(head, fields, input, &signatures, body);
        let usable = found.as_ref().is_ok_and(|presented| presented.check_form().is_ok());
        if usable {
            return found;
        }
        first.get_or_insert(found);
    }
    first.unwrap_or(Err(Refusal::Missing))
}

fn one(
    head: &Head<'_>,
    fields: &Fields<'_>,
    input: &Member,
    signatures: &[Member],
    body: &[u8],
) -> Result<Presented, Refusal> {
    let signature = signatures.iter().find(|member| member.key == input.key).map(|member| &member.value);
    let Some(Value::Bytes(signature)) = signature else {
        return Err(Refusal::malformed("Signature has no value for the label in Signature-Input"));
    };
    let covered = covered(&input.value)?;
    let has = |name: &str| covered.iter().any(|one| one == name);
    let text = |name: &str| match get(&input.parameters, name) {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::malformed(format!("the parameter {name} is not a string"))),
    };
    let time = |name: &str| {
        match get(&input.parameters, name) {
            None => Ok(None),
            Some(Value::Integer(seconds)) => moment(*seconds).map(Some).ok_or(()),
            Some(_) => Err(()),
        }
        .map_err(|()| Refusal::malformed(format!("the parameter {name} is not a time")))
    };
    let Some(key_id) = text("keyid")? else { return Err(Refusal::malformed("the signature names no keyid")) };
    let created = time("created")?;
    let dated = if has("date") { fields.get("date").and_then(|date| Time::from_http_date(&date)) } else { None };

    let host = fields.get("host");
    let whole = has("@target-uri");
    let path = has("@request-target") || (has("@path") && (has("@query") || head.query().is_none()));
    Ok(Presented {
        scheme: Scheme::Rfc9421,
        key_id,
        algorithm: text("alg")?,
        signature: encode(signature),
        bases: bases(head, fields, host.as_deref(), &covered, input)?,
        binds_target: has("@method") && (whole || path),
        binds_host: whole || has("@authority") || has("host"),
        needs_digest: head.needs_digest(body),
        digest: digest_verdict(&has, fields, body),
        authority: host,
        created: created.or(dated),
        expires: time("expires")?,
    })
}

/// The signature bases to try: whether the request came by https or http is known to the TLS terminator only.
fn bases(
    head: &Head<'_>,
    fields: &Fields<'_>,
    host: Option<&str>,
    covered: &[String],
    input: &Member,
) -> Result<Vec<String>, Refusal> {
    let needs_scheme = covered.iter().any(|name| matches!(name.as_str(), "@target-uri" | "@scheme" | "@authority"));
    let schemes: &[_] = if needs_scheme { &["https", "http"] } else { &["https"] };
    let mut bases: Vec<String> = Vec::with_capacity(2);
    for scheme in schemes {
        let mut base = String::new();
        for name in covered {
            let value = component(head, fields, host, scheme, name)?;
            base.push_str(&format!("\"{name}\": {value}\n"));
        }
        base.push_str(&format!("\"@signature-params\": {}", structured::write(&input.value, &input.parameters)));
        if !bases.contains(&base) {
            bases.push(base);
        }
    }
    Ok(bases)
}

fn component(
    head: &Head<'_>,
    fields: &Fields<'_>,
    host: Option<&str>,
    scheme: &str,
    name: &str,
) -> Result<String, Refusal> {
    let authority = || {
        let host = host.ok_or_else(|| Refusal::Host("the request has no Host".into()))?.to_ascii_lowercase();
        let default = if scheme == "https" { ":443" } else { ":80" };
        Ok::<_, Refusal>(host.strip_suffix(default).map(str::to_owned).unwrap_or(host))
    };
    Ok(match name {
        "@method" => head.method.to_owned(),
        "@scheme" => scheme.to_owned(),
        "@authority" => authority()?,
        "@target-uri" => format!("{scheme}://{}{}", authority()?, head.target),
        "@request-target" => head.target.to_owned(),
        "@path" => head.path().to_owned(),
        "@query" => format!("?{}", head.query().unwrap_or_default()),
        _ if name.starts_with('@') => return Err(Refusal::Unsupported(format!("the component {name}"))),
        _ => fields.get(name).ok_or_else(|| Refusal::Uncovered(format!("the signed header {name} is absent")))?,
    })
}

/// The names of the covered components.
fn covered(value: &Value) -> Result<Vec<String>, Refusal> {
    let unreadable = || Refusal::malformed("the list of signed components is unreadable");
    let Value::List(items) = value else { return Err(unreadable()) };
    let mut covered: Vec<String> = Vec::with_capacity(items.len());
    for (item, parameters) in items {
        let Value::Text(name) = item else { return Err(unreadable()) };
        let known = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-_.!#$%&'*+^`|~".contains(&c);
        let bare = name.strip_prefix('@').unwrap_or(name);
        if bare.is_empty() || !bare.bytes().all(known) || name == "@signature-params" {
            return Err(unreadable());
        }
        if !parameters.is_empty() {
            return Err(Refusal::Unsupported(format!("a parameter of the component {name}")));
        }
        if covered.contains(name) {
            return Err(Refusal::malformed(format!("{name} is signed twice")));
        }
        covered.push(name.clone());
    }
    if covered.len() > MOST_COMPONENTS { Err(unreadable()) } else { Ok(covered) }
}

fn get<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a Value> {
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}
