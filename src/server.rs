//! Builds an [`App`], joins the routers, starts the workers, shuts down in order.

mod body;
mod listen;
mod negotiate;
mod shut;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};

use crate::activitypub::shelf::Shelf;
use crate::app::{App, Parts};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::Ids;
use crate::media::{self, Media};
use crate::outbound::{self, Outbound};
use crate::passkeys::Ceremonies;
use crate::plugins::{self, Plugins};
use crate::random::Random;
use crate::store::Store;
use crate::streams::Streams;
use crate::tries::Tries;
use crate::{actions, delivery, federation, jobs, mastodon, web};

pub use crate::app::ClientIp;

/// How long requests and deliveries under way may take to finish when the server stops.
const PATIENCE: Duration = Duration::from_secs(10);
/// The name of a request, for whoever looks it up in two logs.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What tests replace: time, chance, the network.
#[derive(Debug, Default)]
pub struct Substitutes {
    /// The clock; the system's by default.
    pub clock: Clock,
    /// The randomness; the system's by default.
    pub random: Random,
    /// The HTTP client; a real one by default.
    pub outbound: Option<Outbound>,
}

/// Opens the database, loads plugins and puts an [`App`] together. Nothing listens yet.
pub async fn build(config: Config, substitutes: Substitutes) -> Result<App> {
    let Substitutes { clock, random, outbound } = substitutes;
    let data = config.data.clone();
    let store = tokio::task::spawn_blocking(move || Store::open(&data))
        .await
        .map_err(|panic| Error::Bug(panic.to_string()))??;
    let outbound = match outbound {
        Some(outbound) => outbound,
        None => Outbound::new(outbound::Options {
            user_agent: format!("Nagaya/{} (+{})", env!("CARGO_PKG_VERSION"), config.url("/")),
            development: config.development,
            clock: clock.clone(),
        })?,
    };
    let plugins = Plugins::start(plugins::Options {
        data: config.data.clone(),
        program: config.program.clone(),
        enabled: config.plugins,
        host: config.domain.clone(),
        handle_domain: config.handle_domain.clone(),
        clock: clock.clone(),
        random: random.clone(),
        store: store.clone(),
        outbound: Some(outbound.clone()),
        compile_in_process: false,
    });
    let media = Media::start(media::Options {
        data: config.data.clone(),
        program: config.program.clone(),
        random: random.clone(),
        in_process: false,
        clock: clock.clone(),
        tools: config.tools.clone(),
        bucket: config.bucket.clone(),
    })?;
    let app = App::new(Parts {
        ids: Ids::new(random.clone()),
        config,
        store,
        outbound,
        fetches: outbound::fetches::Fetches::default(),
        shelf: Shelf::default(),
        plugins,
        media,
        clock,
        random,
        streams: Streams::default(),
        deliveries_waiting: Notify::new(),
        mails_waiting: Notify::new(),
        inbox_waiting: Notify::new(),
        backfills_waiting: Notify::new(),
        bots_waiting: Notify::new(),
        signers: Mutex::new(HashMap::new()),
        password_checks: Semaphore::new(2),
        password_tries: Tries::default(),
        ceremonies: Ceremonies::default(),
    });
    // Uploads that a crash interrupted.
    let _ = tokio::fs::remove_dir_all(app.config.data.join("tmp")).await;
    actions::domain::keep(&app).await?;
    actions::account::ensure_instance_actor(&app).await?;
    actions::account::ensure_proof_keys(&app).await?;
    actions::upload::tidy(&app).await?;
    actions::plugin::load_at_start(&app).await?;
    Ok(app)
}

/// A server that answers.
#[derive(Debug)]
pub struct Running {
    /// Its parts.
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// Binds the configured address.
pub async fn bind(config: &Config) -> Result<TcpListener> {
    TcpListener::bind(config.listen).await.map_err(Error::io(format!(
        "cannot listen on {} (is another program using it?); choose another address with `listen`",
        config.listen
    )))
}

/// Starts answering on `listener`, and the workers.
pub fn start(app: App, listener: TcpListener) -> Result<Running> {
    let address = listener.local_addr().map_err(Error::io("the listener has no address"))?;
    let stop = CancellationToken::new();
    let tasks = vec![
        tokio::spawn(listen::serve(listener, router(app.clone()), stop.clone(), PATIENCE)),
        delivery::start(app.clone(), stop.clone()),
        delivery::start_pushes(app.clone(), stop.clone()),
        delivery::start_mails(app.clone(), stop.clone()),
        federation::worker::start(app.clone(), stop.clone()),
        jobs::start(app.clone(), stop.clone()),
        jobs::uploads::start(app.clone(), stop.clone()),
        jobs::start_pages(app.clone(), stop.clone()),
        jobs::start_backfills(app.clone(), stop.clone()),
        jobs::start_bots(app.clone(), stop.clone()),
    ];
    Ok(Running { app, address, stop, tasks })
}

impl Running {
    /// Stops in order: no new connections, requests finish, workers finish their row, the writer drains, the database closes.
    pub async fn stop(self) {
        self.stop.cancel();
        // Streams never end by themselves.
        self.app.streams.stop();
        for task in self.tasks {
            let _ = tokio::time::timeout(PATIENCE + Duration::from_secs(2), task).await;
        }
        self.app.store.close().await;
    }
}

/// Every route of the house. Tests call it without a socket.
pub fn router(app: App) -> Router {
    let trusted = Arc::new(app.config.trusted_proxies.clone());
    let limits = mastodon::limits::Limits::new(&app);
    let routes = Router::new()
        .merge(mastodon::routes())
        .merge(federation::routes())
        .merge(web::routes())
        .merge(negotiate::routes())
        .fallback(negotiate::fallback)
        .method_not_allowed_fallback(negotiate::method_not_allowed)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(mastodon::freshness::tag))
        .layer(middleware::from_fn_with_state(web::of_media(&app.config), web::allow_media))
        .layer(middleware::from_fn_with_state(limits, mastodon::limits::guard))
        .layer(middleware::from_fn(body::small_first))
        .layer(middleware::from_fn(cors))
        .layer(CatchPanicLayer::custom(negotiate::panicked))
        // Of its own sequence, so that asking more or less changes no other secret of a seeded server.
        .layer(middleware::from_fn(move |request: Request, next: Next| request_id(Random::System, request, next)))
        .layer(middleware::from_fn_with_state((app.clone(), Arc::<shut::Shut>::default()), shut::out))
        .layer(middleware::from_fn(move |request: Request, next: Next| client_ip(trusted.clone(), request, next)))
        .with_state(app);
    // Rewriting an address must come before the choice of the route, so it stands outside all of them.
    Router::new().fallback_service(tower::ServiceBuilder::new().map_request(without_trailing_slash).service(routes))
}

/// Mastodon does not mind a slash at the end of an API path, and Mastodon.py sends some.
fn without_trailing_slash(mut request: Request) -> Request {
    let uri = request.uri();
    let path = uri.path();
    if !path.ends_with('/') || !(path.starts_with("/api/") || path.starts_with("/oauth/")) {
        return request;
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Ok(trimmed) = format!("{}{query}", path.trim_end_matches('/')).parse() {
        *request.uri_mut() = trimmed;
    }
    request
}

/// Cross-origin rules as Mastodon has them: all of the API; reading the documents that web clients read; and the parts
/// of OAuth that are no pages.
async fn cors(request: Request, next: Next) -> Response {
    let Some(methods) = open_to(request.uri().path()) else { return next.run(request).await };
    let layer = CorsLayer::new().allow_origin(Any).allow_headers(Any).allow_methods(methods.to_vec()).expose_headers([
        header::LINK,
        HeaderName::from_static("mastodon-async-refresh"),
        HeaderName::from_static("x-ratelimit-reset"),
        HeaderName::from_static("x-ratelimit-limit"),
        HeaderName::from_static("x-ratelimit-remaining"),
        REQUEST_ID,
    ]);
    let service = tower::ServiceBuilder::new().layer(layer).service(next);
    match tower::ServiceExt::oneshot(service, request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Which methods pages of other sites may use at `path`; `None`: none.
fn open_to(path: &str) -> Option<&'static [Method]> {
    const ALL: &[Method] = &[Method::POST, Method::PUT, Method::DELETE, Method::GET, Method::PATCH, Method::OPTIONS];
    let alone = |rest: &str| !rest.is_empty() && !rest.contains('/');
    match path {
        "/oauth/token" | "/oauth/revoke" => Some(&[Method::POST]),
        "/oauth/userinfo" => Some(&[Method::GET, Method::POST]),
        _ if path.starts_with("/api/") => Some(ALL),
        _ if path.starts_with("/.well-known/") || path.starts_with("/nodeinfo/") => Some(&[Method::GET]),
        _ => path
            .strip_prefix("/@")
            .or(path.strip_prefix("/users/"))
            .filter(|rest| alone(rest))
            .map(|_| &[Method::GET][..]),
    }
}

/// Names the request in the answer: as the proxy in front did, or by a name of our own.
async fn request_id(random: Random, request: Request, next: Next) -> Response {
    let fit = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=255).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_@".contains(byte))
    };
    let given = request.headers().get(REQUEST_ID).filter(fit).cloned();
    let id = given.unwrap_or_else(|| {
        HeaderValue::try_from(format!("{:016x}{:016x}", random.u64(), random.u64())).expect("is ASCII")
    });
    let mut response = next.run(request).await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Puts the [`ClientIp`] into the request: the connection's address, or what a trusted proxy says it is.
async fn client_ip(trusted: Arc<Vec<crate::config::Network>>, mut request: Request, next: Next) -> Response {
    let connected =
        request.extensions().get::<listen::Connected>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let address =
        if is_trusted(connected) { forwarded(request.headers(), is_trusted).unwrap_or(connected) } else { connected };
    request.extensions_mut().insert(ClientIp(address));
    next.run(request).await
}

/// The last address in `X-Forwarded-For` that is not one of our own proxies.
fn forwarded(headers: &HeaderMap, is_trusted: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let values = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let addresses: Vec<IpAddr> =
        values.flat_map(|value| value.split(',')).filter_map(|part| part.trim().parse().ok()).collect();
    addresses.iter().rev().find(|address| !is_trusted(**address)).or(addresses.first()).copied()
}

/// A plain answer without a body.
fn bare(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests;
