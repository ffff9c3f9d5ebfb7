//! The wire below: one hop out, one answer back. The real one is the only place that makes sockets; tests bring another.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use reqwest::header::{HeaderName, HeaderValue};
use rustls::{ClientConfig, RootCertStore};
use url::{Position, Url};

use super::guard::{Denied, Lookup, Resolver};
use super::response::Response;
use crate::error::{Error, Fault, Result};

/// Name, TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(5);
/// From the end of connecting to the head of the answer.
const FIRST_BYTE: Duration = Duration::from_secs(10);
/// Few and short: after a fan-out to thousands of hosts nobody should sit on thousands of sockets.
const IDLE_PER_HOST: usize = 2;
const IDLE: Duration = Duration::from_secs(10);

/// One request as it goes out on the wire.
#[derive(Debug, Clone)]
pub struct Hop {
    /// `GET`, `HEAD` or `POST`.
    pub method: &'static str,
    /// Checked already.
    pub url: Url,
    /// All headers that matter, `host` and signature among them; names in lower case.
    pub headers: Vec<(String, String)>,
    /// Empty unless POST.
    pub body: Bytes,
}

impl Hop {
    /// The value of `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What stands on the request line.
    pub fn path_and_query(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }
}

/// What plays the network in a test.
pub type Handler = Arc<dyn Fn(Hop) -> BoxFuture<'static, Result<Response>> + Send + Sync>;

pub(super) enum Transport {
    Real(reqwest::Client),
    Fake(Handler),
    /// As `Fake`, but names are resolved by the real resolver, and every address that would be connected to is noted.
    #[cfg(test)]
    Audited {
        resolver: Resolver,
        sockets: Arc<std::sync::Mutex<Vec<std::net::SocketAddr>>>,
        handler: Handler,
    },
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Real(_)) { "Real" } else { "Fake" })
    }
}

impl Transport {
    /// The real network, with its names resolved by `lookup`.
    pub(super) fn real(development: bool, lookup: Lookup) -> Result<Self> {
        let guarded = builder()?.dns_resolver(Arc::new(Resolver { lookup, development })).https_only(!development);
        built(guarded)
    }

    /// The real network without the guard.
    pub(super) fn to_services() -> Result<Self> {
        built(builder()?)
    }

    /// Sends one hop; the answer's body is still to be read.
    pub(super) async fn send(&self, hop: Hop) -> Result<Answer> {
        match self {
            Self::Real(client) => real(client, hop).await,
            Self::Fake(handler) => fake(handler, hop).await,
            #[cfg(test)]
            Self::Audited { resolver, sockets, handler } => {
                let port = hop.url.port_or_known_default().unwrap_or_default();
                let addresses = match hop.url.host() {
                    Some(url::Host::Ipv4(v4)) => vec![v4.into()],
                    Some(url::Host::Ipv6(v6)) => vec![v6.into()],
                    Some(url::Host::Domain(name)) => {
                        use reqwest::dns::Resolve as _;
                        let found = resolver.resolve(name.parse().map_err(|_| Error::Bug("a name".into()))?).await;
                        let refused = |why: Box<dyn std::error::Error + Send + Sync>| {
                            Error::peer(name, Fault::Refused(why.to_string()))
                        };
                        found.map_err(refused)?.map(|address| address.ip()).collect()
                    }
                    None => Vec::new(),
                };
                let opened = addresses.into_iter().map(|ip: std::net::IpAddr| std::net::SocketAddr::new(ip, port));
                sockets.lock().expect("no panic").extend(opened);
                fake(handler, hop).await
            }
        }
    }
}

async fn fake(handler: &Handler, hop: Hop) -> Result<Answer> {
    let url = hop.url.clone();
    let Response { status, headers, body, .. } = handler(hop).await?;
    Ok(Answer { status, url, headers, body: Body::Whole(Some(body)) })
}

fn builder() -> Result<reqwest::ClientBuilder> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        // We follow redirects ourselves: each hop is checked and signed anew.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Not the environment but the operator's configuration decides where we connect to.
        .no_proxy()
        .gzip(true)
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .pool_idle_timeout(IDLE))
}

fn built(builder: reqwest::ClientBuilder) -> Result<Transport> {
    let client =
        builder.build().map_err(|why| Error::Bug(format!("the HTTP client cannot be built: {}", chain(&why))))?;
    Ok(Transport::Real(client))
}

/// The head of an answer, and its body on the way.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) url: Url,
    pub(super) headers: Vec<(String, String)>,
    body: Body,
}

enum Body {
    Real(Box<reqwest::Response>),
    Whole(Option<Bytes>),
}

impl Answer {
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The next piece of the decoded body; `None` at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>> {
        match &mut self.body {
            Body::Whole(body) => Ok(body.take().filter(|body| !body.is_empty())),
            Body::Real(response) => response.chunk().await.map_err(|why| fault(self.host(), &why)),
        }
    }

    pub(super) fn with_body(self, body: Bytes) -> Response {
        Response { status: self.status, url: self.url, headers: self.headers, body }
    }
}

async fn real(client: &reqwest::Client, hop: Hop) -> Result<Answer> {
    let Hop { method, url, headers, body } = hop;
    let host = url.host_str().unwrap_or_default().to_owned();
    let method = reqwest::Method::from_bytes(method.as_bytes()).map_err(|_| Error::Bug(format!("method {method}")))?;
    let mut request = reqwest::Request::new(method, url.clone());
    for (name, value) in headers {
        // The client derives it from the address, and HTTP/2 has none. `signature::sign` derives the same.
        if name == "host" {
            continue;
        }
        let unusable = |_| Error::Malformed(format!("the header {name} cannot be sent"));
        let value = HeaderValue::from_str(&value).map_err(unusable)?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Error::Bug(format!("header {name}")))?;
        request.headers_mut().insert(name, value);
    }
    if !body.is_empty() || request.method() == reqwest::Method::POST {
        *request.body_mut() = Some(body.into());
    }
    let answer = tokio::time::timeout(CONNECT + FIRST_BYTE, client.execute(request)).await;
    let response = match answer {
        Ok(Ok(response)) => response,
        Ok(Err(why)) => return Err(fault(&host, &why)),
        Err(_) => return Err(Error::peer(host, Fault::Unreachable("it does not answer in time".into()))),
    };
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str().to_owned(), latin1(value.as_bytes()))).collect();
    Ok(Answer { status: response.status().as_u16(), url, headers, body: Body::Real(Box::new(response)) })
}

/// UTF-8 when it is, else byte by byte: headers have no other agreed meaning.
fn latin1(bytes: &[u8]) -> String {
    str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect(), str::to_owned)
}

fn fault(host: &str, why: &reqwest::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = why.source();
    while let Some(inner) = cause {
        if inner.is::<Denied>() {
            return Error::peer(host, Fault::Refused(inner.to_string()));
        }
        cause = inner.source();
    }
    Error::peer(host, Fault::Unreachable(chain(why)))
}

/// The innermost causes tell most; the client's own first line repeats the address.
pub(super) fn chain(why: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut cause = why.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !parts.contains(&text) {
            parts.push(text);
        }
        cause = inner.source();
    }
    if parts.is_empty() { why.to_string() } else { parts.join(": ") }
}

/// TLS 1.2 and 1.3 by aws-lc, trusting what the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` replace that).
pub(super) fn tls() -> Result<ClientConfig> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        tracing::error!(
            "no root certificates were found, so no other server can be reached; install the package ca-certificates \
             or set SSL_CERT_FILE {}",
            why.join("; ")
        );
    }
    tracing::debug!(added, ignored, "root certificates loaded");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| Error::Bug(format!("TLS: {why}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
