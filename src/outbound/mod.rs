//! The only HTTP client: address guard, size and time limits, signed GET and POST. Beside it the only SMTP client.
//!
//! Every address that another party can influence is asked through [`Outbound::send`] and nowhere else. Each hop of a redirect is
//! checked and signed anew; a POST is never redirected. Bodies are counted after decoding, while they arrive. Knows no
//! accounts, no retries and no budgets: those belong to the callers.

pub mod ask;
pub mod direct;
mod download;
pub mod fetches;
pub mod guard;
pub mod mail;
mod response;
#[cfg(test)]
mod tests;
pub mod throttle;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use url::Url;

pub use self::response::Response;
use self::transport::{Answer, Transport};
pub use self::transport::{Handler, Hop};
use crate::activitypub::signature::{self, Manner, PrivateKey, Scheme};
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
    /// For services that the operator chose: they may stand on this machine.
    services: Transport,
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
        Ok(Self::with(options, transport, Transport::to_services()?))
    }

    /// For tests: `handler` plays the network, under the rules of development. All checks and limits hold.
    pub fn fake(handler: Handler) -> Self {
        let options = Options { user_agent: "Nagaya/test".into(), development: true, clock: Clock::System };
        Self::fake_with(options, handler)
    }

    /// For tests: [`Outbound::fake`] under chosen rules.
    pub fn fake_with(options: Options, handler: Handler) -> Self {
        Self::with(options, Transport::Fake(handler.clone()), Transport::Fake(handler))
    }

    /// For tests: [`Outbound::fake_with`], with names resolved by `lookup` under the real guard, and every address that
    /// would be connected to noted in `sockets`.
    #[cfg(test)]
    #[allow(clippy::type_complexity, reason = "a look-up, said once")]
    pub(crate) fn audited(
        options: Options,
        lookup: Arc<dyn Fn(&str) -> Vec<std::net::IpAddr> + Send + Sync>,
        sockets: Arc<std::sync::Mutex<Vec<std::net::SocketAddr>>>,
        handler: Handler,
    ) -> Self {
        let lookup: guard::Lookup = Arc::new(move |name| {
            let found = lookup(&name).into_iter().map(|ip| std::net::SocketAddr::new(ip, 0)).collect();
            Box::pin(std::future::ready(Ok(found)))
        });
        let resolver = guard::Resolver { lookup, development: options.development };
        Self::with(
            options,
            Transport::Audited { resolver, sockets, handler: handler.clone() },
            Transport::Fake(handler),
        )
    }

    /// For tests: nobody ever answers.
    pub fn unplugged() -> Self {
        Self::fake(Arc::new(|hop| {
            let host = hop.url.host_str().unwrap_or_default().to_owned();
            Box::pin(std::future::ready(Err(Error::peer(host, Fault::Unreachable("unplugged".into())))))
        }))
    }

    fn with(options: Options, transport: Transport, services: Transport) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let signing = Semaphore::new(cores.saturating_sub(1).max(1));
        Self(Arc::new(Inner { options, transport, services, signing }))
    }

    /// Sends `request`; an error means that no complete answer came.
    pub async fn send(&self, request: Request) -> Result<Response> {
        self.read(request, &Manner::default(), false).await
    }

    /// As [`Outbound::send`], signed in this manner.
    pub async fn send_in_manner(&self, request: Request, manner: &Manner) -> Result<Response> {
        self.read(request, manner, false).await
    }

    /// As [`Outbound::send`], but a body beyond the limit is cut off there: for pages, of which the beginning will do.
    pub async fn beginning(&self, request: Request) -> Result<Response> {
        self.read(request, &Manner::default(), true).await
    }

    async fn read(&self, request: Request, manner: &Manner, cut: bool) -> Result<Response> {
        within(&request, async { whole(self.follow(&request, manner).await?, &request, cut).await }).await
    }

    /// Sends `request` to a service that the operator named in the settings: any address may be asked, this machine's own
    /// too. Never for an address that anybody else can influence. Redirects are not followed.
    pub async fn send_to_service(&self, request: Request) -> Result<Response> {
        let exchange = async {
            let hop = self.hop(&request, &request.url, &Manner::default()).await?;
            whole(self.0.services.send(hop).await?, &request, false).await
        };
        within(&request, exchange).await
    }

    /// The answer of the last hop, its body unread.
    async fn follow(&self, request: &Request, manner: &Manner) -> Result<Answer> {
        let mut url = request.url.clone();
        let mut left = request.redirects;
        loop {
            url.set_fragment(None);
            guard::check_url(&url, self.0.options.development)?;
            let hop = self.hop(request, &url, manner).await?;
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
    async fn hop(&self, request: &Request, url: &Url, manner: &Manner) -> Result<Hop> {
        let mut headers = match &request.signed {
            Some((signer, scheme)) => self.sign(request, url, signer.clone(), *scheme, manner.clone()).await?,
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
        manner: Manner,
    ) -> Result<Vec<(&'static str, String)>> {
        let permit = self.0.signing.acquire().await.map_err(|_| Error::Bug("the signing semaphore closed".into()))?;
        let (method, accept, body, url) = (request.method, request.accept, request.body.clone(), url.clone());
        let clock = self.0.options.clock.clone();
        let signed = tokio::task::spawn_blocking(move || {
            let body = body.as_ref().map(|(kind, body)| (*kind, body.as_ref()));
            let outgoing = signature::Outgoing { method, url: &url, accept, body };
            signature::sign_in_manner(scheme, &signer.key_id, &signer.key, &outgoing, clock.now(), &manner)
        });
        let headers = signed.await.map_err(|panic| Error::Bug(format!("signing: {panic}")))?;
        drop(permit);
        headers
    }
}

/// The answer with its body, which may not be larger than `request` allows.
async fn whole(mut answer: Answer, request: &Request, cut: bool) -> Result<Response> {
    let mut body = Vec::new();
    if request.method != "HEAD" {
        if !cut {
            check_length(&answer, request.limit as u64)?;
        }
        while let Some(chunk) = answer.chunk().await? {
            let room = request.limit - body.len();
            if chunk.len() > room {
                if cut {
                    body.extend_from_slice(&chunk[..room]);
                    break;
                }
                return Err(too_large(answer.host(), request.limit as u64));
            }
            body.extend_from_slice(&chunk);
        }
    }
    Ok(answer.with_body(body.into()))
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
