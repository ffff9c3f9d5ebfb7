//! Builds an [`App`], joins the routers, starts the workers, shuts down in order.

mod listen;
mod negotiate;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};

use crate::app::{App, Parts};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::Ids;
use crate::media::{self, Media};
use crate::outbound::{self, Outbound};
use crate::plugins::{self, Plugins};
use crate::random::Random;
use crate::store::Store;
use crate::streams::Streams;
use crate::{actions, delivery, federation, jobs, mastodon, web};

pub use crate::app::ClientIp;

/// How long requests and deliveries under way may take to finish when the server stops.
const PATIENCE: Duration = Duration::from_secs(10);

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
        clock: clock.clone(),
        random: random.clone(),
        compile_in_process: false,
    });
    let media = Media::start(media::Options {
        data: config.data.clone(),
        program: config.program.clone(),
        random: random.clone(),
        in_process: false,
    })?;
    let app = App::new(Parts {
        ids: Ids::new(random.clone()),
        config,
        store,
        outbound,
        plugins,
        media,
        clock,
        random,
        streams: Streams::default(),
        deliveries_waiting: Notify::new(),
        inbox_waiting: Notify::new(),
        signers: Mutex::new(HashMap::new()),
        password_checks: Semaphore::new(2),
    });
    // Uploads that a crash interrupted.
    let _ = tokio::fs::remove_dir_all(app.config.data.join("tmp")).await;
    actions::account::ensure_instance_actor(&app).await?;
    actions::plugin::load(&app).await?;
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
        federation::worker::start(app.clone(), stop.clone()),
        jobs::start(app.clone(), stop.clone()),
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
    let routes = Router::new()
        .merge(mastodon::routes())
        .merge(federation::routes())
        .merge(web::routes())
        .merge(negotiate::routes())
        .fallback(negotiate::fallback)
        .method_not_allowed_fallback(negotiate::method_not_allowed)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(cors))
        .layer(CatchPanicLayer::custom(negotiate::panicked))
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

/// Cross-origin rules of the Mastodon API: everything below `/api`, and the documents that web clients read.
async fn cors(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let open =
        ["/api/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/.well-known/", "/nodeinfo/", "/users/", "/@"];
    if !open.iter().any(|prefix| path.starts_with(prefix)) {
        return next.run(request).await;
    }
    let layer = CorsLayer::new()
        .allow_origin(Any)
        .allow_headers(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS])
        .expose_headers([
            header::LINK,
            header::HeaderName::from_static("x-ratelimit-limit"),
            header::HeaderName::from_static("x-ratelimit-remaining"),
            header::HeaderName::from_static("x-ratelimit-reset"),
            header::HeaderName::from_static("x-request-id"),
            header::HeaderName::from_static("mastodon-async-refresh"),
        ]);
    let service = tower::ServiceBuilder::new().layer(layer).service(next);
    match tower::ServiceExt::oneshot(service, request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
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
