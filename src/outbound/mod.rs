//! The only HTTP client: address guard, size and time limits, signed GET and POST.
//!
//! Every address that another party can influence is asked through here and nowhere else. Each hop of a redirect is
//! checked and signed anew; a POST is never redirected. Bodies are counted after decoding, while they arrive. Knows no
//! accounts, no retries and no budgets: those belong to the callers.

mod download;
pub mod guard;
mod response;
#[cfg(test)]
mod tests;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use url::Url;

pub use self::response::Response;
use self::transport::{Answer, Transport};
pub use self::transport::{Handler, Hop};
use crate::activitypub::signature::{self, PrivateKey, Scheme};
use crate::clock::Clock;
use crate::error::{Error, Fault, Result};

/// Who signs a request.
#[derive(Clone, Debug)]
pub struct Signer {
    /// `<actor id>#main-key`.
    pub key_id: String,
    /// The private half.
    pub key: PrivateKey,
}

/// What the client must know.
#[derive(Debug, Clone)]
pub struct Options {
    /// `Nagaya/<version> (+https://domain/)`.
    pub user_agent: String,
    /// Also plain http, any port and loopback addresses.
    pub development: bool,
    /// Dates the signatures.
    pub clock: Clock,
}

/// The HTTP client of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbound(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    transport: Transport,
    /// Signing costs a third of a millisecond or, on a small box, three: one core stays free for people.
    signing: Semaphore,
}

/// One request to another server.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `HEAD` or `POST`.
    pub method: &'static str,
    /// Where to.
    pub url: Url,
    /// The `Accept` header.
    pub accept: &'static str,
    /// For POST: content type and body.
    pub body: Option<(&'static str, Bytes)>,
    /// Further headers, names in lower case; they replace none that we set ourselves.
    pub headers: Vec<(&'static str, String)>,
    /// Signs every hop anew.
    pub signed: Option<(Signer, Scheme)>,
    /// Hops followed; 0 makes a redirect an answer like any other. POST is never redirected.
    pub redirects: u8,
    /// The largest body, after decoding, in bytes.
    pub limit: usize,
    /// For the whole exchange.
    pub deadline: Duration,
}

impl Outbound {
    /// A client on the real network. Reads the system's root certificates.
    pub fn new(options: Options) -> Result<Self> {
        let transport = Transport::real(options.development, guard::system_lookup())?;
        Ok(Self::with(options, transport))
    }

    /// For tests: `handler` plays the network, under the rules of development. All checks and limits hold.
    pub fn fake(handler: Handler) -> Self {
        let options = Options { user_agent: "Nagaya/test".into(), development: true, clock: Clock::System };
        Self::fake_with(options, handler)
    }

    /// For tests: [`Outbound::fake`] under chosen rules.
    pub fn fake_with(options: Options, handler: Handler) -> Self {
        Self::with(options, Transport::Fake(handler))
    }

    /// For tests: nobody ever answers.
    pub fn unplugged() -> Self {
        Self::fake(Arc::new(|hop| {
            let host = hop.url.host_str().unwrap_or_default().to_owned();
            Box::pin(std::future::ready(Err(Error::peer(host, Fault::Unreachable("unplugged".into())))))
        }))
    }

    fn with(options: Options, transport: Transport) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let signing = Semaphore::new(cores.saturating_sub(1).max(1));
        Self(Arc::new(Inner { options, transport, signing }))
    }

    /// Sends `request`; an error means that no complete answer came.
    pub async fn send(&self, request: Request) -> Result<Response> {
        let whole = async {
            let mut answer = self.follow(&request).await?;
            let mut body = Vec::new();
            if request.method != "HEAD" {
                check_length(&answer, request.limit as u64)?;
                while let Some(chunk) = answer.chunk().await? {
                    if body.len() + chunk.len() > request.limit {
                        return Err(too_large(answer.host(), request.limit as u64));
                    }
                    body.extend_from_slice(&chunk);
                }
            }
            Ok(answer.with_body(body.into()))
        };
        within(&request, whole).await
    }

    /// The answer of the last hop, its body unread.
    async fn follow(&self, request: &Request) -> Result<Answer> {
        let mut url = request.url.clone();
        let mut left = request.redirects;
        loop {
            url.set_fragment(None);
            guard::check_url(&url, self.0.options.development)?;
            let hop = self.hop(request, &url).await?;
            let answer = self.0.transport.send(hop).await?;
            let moved = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
            let target =
                answer.header("location").filter(|_| moved && request.redirects > 0 && request.method != "POST");
            let Some(target) = target else { return Ok(answer) };
            let nonsense = |why: &str| Error::peer(answer.host(), Fault::Nonsense(why.into()));
            if left == 0 {
                return Err(nonsense("it redirects too often"));
            }
            left -= 1;
            url = url.join(target).map_err(|_| nonsense("it redirects to something that is no address"))?;
        }
    }

    /// `request` as it goes to `url`.
    async fn hop(&self, request: &Request, url: &Url) -> Result<Hop> {
        let mut headers = match &request.signed {
            Some((signer, scheme)) => self.sign(request, url, signer.clone(), *scheme).await?,
            None => {
                let mut headers = vec![("host", signature::authority(url)?), ("accept", request.accept.to_owned())];
                headers.extend(request.body.as_ref().map(|(kind, _)| ("content-type", (*kind).to_owned())));
                headers
            }
        };
        headers.push(("user-agent", self.0.options.user_agent.clone()));
        // What was meant for one server is not shown to another.
        let same_origin = url.origin() == request.url.origin();
        for (name, value) in &request.headers {
            let secret = matches!(*name, "authorization" | "cookie");
            if (same_origin || !secret) && headers.iter().all(|(known, _)| known != name) {
                headers.push((name, value.clone()));
            }
        }
        Ok(Hop {
            method: request.method,
            url: url.clone(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: request.body.as_ref().map(|(_, body)| body.clone()).unwrap_or_default(),
        })
    }

    async fn sign(
        &self,
        request: &Request,
        url: &Url,
        signer: Signer,
        scheme: Scheme,
    ) -> Result<Vec<(&'static str, String)>> {
        let permit = self.0.signing.acquire().await.map_err(|_| Error::Bug("the signing semaphore closed".into()))?;
        let (method, accept, body, url) = (request.method, request.accept, request.body.clone(), url.clone());
        let clock = self.0.options.clock.clone();
        let signed = tokio::task::spawn_blocking(move || {
            let body = body.as_ref().map(|(kind, body)| (*kind, body.as_ref()));
            let outgoing = signature::Outgoing { method, url: &url, accept, body };
            signature::sign(scheme, &signer.key_id, &signer.key, &outgoing, clock.now())
        });
        let headers = signed.await.map_err(|panic| Error::Bug(format!("signing: {panic}")))?;
        drop(permit);
        headers
    }
}

/// Runs `exchange` within the deadline of `request`.
async fn within<T>(request: &Request, exchange: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(request.deadline, exchange).await.unwrap_or_else(|_| {
        let why = format!("no complete answer within {} s", request.deadline.as_secs());
        Err(Error::peer(request.url.host_str().unwrap_or_default(), Fault::Unreachable(why)))
    })
}

/// Refuses a body that announces itself as too large. An honest small number proves nothing: the body may be encoded.
fn check_length(answer: &Answer, limit: u64) -> Result<()> {
    let announced: Option<u64> = answer.header("content-length").and_then(|length| length.parse().ok());
    if announced.is_some_and(|announced| announced > limit) { Err(too_large(answer.host(), limit)) } else { Ok(()) }
}

fn too_large(host: &str, limit: u64) -> Error {
    Error::peer(host, Fault::Nonsense(format!("the body is larger than {limit} bytes")))
}
