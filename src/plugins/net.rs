//! Requests and names: only to hosts that were granted, each hop of a redirect looked at anew.

use std::time::Duration;

use url::Url;

use super::host::State;
use super::options::METHODS;
use super::v1_0::bindings::nagaya::plugin::types::Failure;
use super::v1_0::bindings::nagaya::plugin::{dns, http};
use crate::error::{Error, Fault};
use crate::outbound::ask::Ask;

/// Redirects that are followed.
const REDIRECTS: usize = 3;
/// Bytes of a request's body.
const BODY: usize = 1024 * 1024;
/// Headers of a request.
const HEADERS: usize = 32;
/// What stands for a secret: `{secret:NAME}`.
const SECRET: &str = "{secret:";
/// Headers that are the host's own.
const OWN: &[&str] = &[
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "keep-alive",
    "expect",
    "proxy-authorization",
    "proxy-connection",
    "user-agent",
    "signature",
    "signature-input",
    "digest",
    "content-digest",
    "accept-encoding",
];

impl State {
    /// Where a granted request may go. An error tells what is missing.
    fn granted(&self, method: &str, url: &Url) -> Result<bool, Failure> {
        let name = url.host_str().unwrap_or_default();
        let with_port = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        let rule = self.facts.http.iter().find(|rule| rule.covers(method, if rule.lan { &with_port } else { name }));
        let Some(rule) = rule else {
            return Err(Failure::Denied(format!("{method} to {with_port} is not granted")));
        };
        if !rule.lan && name == self.facts.ground.host {
            return Err(Failure::Denied("a server does not ask itself".into()));
        }
        Ok(rule.lan)
    }

    fn headers(&self, given: Vec<(String, String)>) -> Result<Vec<(String, String)>, Failure> {
        if given.len() > HEADERS {
            return Err(Failure::Limit(format!("more than {HEADERS} headers")));
        }
        given
            .into_iter()
            .map(|(name, value)| {
                let name = name.to_ascii_lowercase();
                let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
                if name.is_empty() || !name.bytes().all(token) || OWN.contains(&name.as_str()) {
                    return Err(Failure::Invalid(format!("the header {name:?} is not for plugins")));
                }
                let value = self.with_secrets(&value)?;
                if value.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f) || value.len() > 8 * 1024 {
                    return Err(Failure::Invalid(format!("the value of the header {name} cannot be sent")));
                }
                Ok((name, value))
            })
            .collect()
    }

    /// Puts secrets where their names stand.
    fn with_secrets(&self, value: &str) -> Result<String, Failure> {
        let mut out = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once(SECRET) {
            let (name, after) =
                after.split_once('}').ok_or_else(|| Failure::Invalid("a {secret: has no end".into()))?;
            let secret = self.facts.secrets.get(name).and_then(|value| value.as_str());
            out += before;
            out += secret.ok_or_else(|| Failure::Invalid(format!("there is no secret {name}")))?;
            rest = after;
        }
        Ok(out + rest)
    }

    async fn request(&mut self, given: http::Request) -> Result<http::Response, Failure> {
        let limits = self.facts.limits;
        self.requests += 1;
        if self.requests > limits.http_calls {
            return Err(Failure::Limit(format!("more than {} requests", limits.http_calls)));
        }
        if let Some(stand_in) = self.facts.stand_in.clone() {
            let url = Url::parse(&given.url).map_err(|why| Failure::Invalid(format!("the address: {why}")))?;
            self.granted(&given.method, &url)?;
            let (status, body) =
                stand_in.web.get(url.as_str()).ok_or_else(|| Failure::Unavailable("nobody answers".into()))?;
            let body = body.clone().into_bytes();
            return Ok(http::Response { status: *status, headers: Vec::new(), body, truncated: false });
        }
        let outbound = self.facts.outbound.clone().ok_or_else(|| Failure::Denied("no network here".into()))?;
        let method = METHODS.iter().find(|known| **known == given.method);
        let method = *method.ok_or_else(|| Failure::Invalid(format!("the method {} is not known", given.method)))?;
        let mut url = Url::parse(&given.url).map_err(|why| Failure::Invalid(format!("the address: {why}")))?;
        if given.sign {
            let missing = if self.facts.grants.has("sign") { "signing is not offered yet" } else { "sign" };
            return Err(Failure::Denied(missing.into()));
        }
        if given.body.len() > BODY {
            return Err(Failure::Limit(format!("a body of more than {BODY} bytes")));
        }
        let headers = self.headers(given.headers)?;
        let asked = Duration::from_millis(given.timeout_ms.into());
        let deadline = if asked.is_zero() { limits.http_wait } else { asked.min(limits.http_wait) };
        let exchange = async {
            let (mut method, mut body, mut headers) = (method, bytes::Bytes::from(given.body), headers);
            let begun_in_lan = self.granted(method, &url)?;
            for _ in 0..=REDIRECTS {
                let lan = self.granted(method, &url)?;
                if lan && !begun_in_lan {
                    return Err(Failure::Denied("a server outside leads into the local network".into()));
                }
                let ask = Ask {
                    method,
                    url: url.clone(),
                    headers: headers.clone(),
                    body: body.clone(),
                    limit: limits.http_body,
                    lan,
                };
                let (answer, truncated) = outbound.ask(ask).await.map_err(failed)?;
                let target = answer.header("location").filter(|_| matches!(answer.status, 301 | 302 | 303 | 307 | 308));
                let Some(target) = target else { return Ok(response(answer, truncated)) };
                let next = url.join(target).map_err(|_| Failure::Unavailable("it redirects to no address".into()))?;
                if next.origin() != url.origin() {
                    // What was meant for one server is not shown to another.
                    headers.clear();
                }
                if answer.status == 303 || matches!(answer.status, 301 | 302) && method == "POST" {
                    (method, body) = ("GET", bytes::Bytes::new());
                }
                url = next;
            }
            Err(Failure::Unavailable("it redirects too often".into()))
        };
        let late = || Failure::Unavailable(format!("no complete answer within {} ms", deadline.as_millis()));
        tokio::time::timeout(deadline, exchange).await.unwrap_or_else(|_| Err(late()))
    }
}

fn response(answer: crate::outbound::Response, truncated: bool) -> http::Response {
    let private = |name: &str| matches!(name, "set-cookie" | "set-cookie2");
    http::Response {
        status: answer.status,
        headers: answer.headers.into_iter().filter(|(name, _)| !private(name)).collect(),
        body: answer.body.to_vec(),
        truncated,
    }
}

fn failed(error: Error) -> Failure {
    match error {
        Error::Peer { fault: Fault::Refused(why), .. } => Failure::Denied(why),
        other => Failure::Unavailable(other.to_string()),
    }
}

impl http::Host for State {
    async fn send(&mut self, request: http::Request) -> wasmtime::Result<Result<http::Response, Failure>> {
        self.count()?;
        Ok(self.request(request).await)
    }
}

impl dns::Host for State {
    async fn lookup(&mut self, name: String, kind: String) -> wasmtime::Result<Result<Vec<String>, Failure>> {
        self.count()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if name.is_empty() || name.len() > 253 || !name.chars().all(plain) {
            return Ok(Err(Failure::Invalid("that is no name".into())));
        }
        if let Some(stand_in) = &self.facts.stand_in {
            return Ok(Ok(stand_in.names.get(&name).cloned().unwrap_or_default()));
        }
        let v6 = match kind.as_str() {
            "A" => false,
            "AAAA" => true,
            "TXT" => return Ok(Err(Failure::Unavailable("TXT records are not offered yet".into()))),
            _ => return Ok(Err(Failure::Invalid("the kind is none of A, AAAA and TXT".into()))),
        };
        let Some(outbound) = self.facts.outbound.clone() else {
            return Ok(Err(Failure::Denied("no network here".into())));
        };
        let found = match tokio::time::timeout(self.facts.limits.http_wait, outbound.lookup(name)).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return Ok(Err(Failure::Unavailable(error.to_string()))),
            Err(_) => return Ok(Err(Failure::Unavailable("the resolver does not answer in time".into()))),
        };
        Ok(Ok(found.into_iter().filter(|address| address.is_ipv6() == v6).map(|address| address.to_string()).collect()))
    }
}
