//! Carol and her neighbours, on a server made of the crate `activitypub_federation`, with which Lemmy federates: an
//! implementation that shares no line with Nagaya.
//!
//!     nagaya-apfed-peer NAME PORT        (listens on 127.0.0.1; the crate refuses bare addresses in ids)
//!
//! It keeps everything in memory and does what a script tells it: the commands stand in tests/harness/peer.py. The crate
//! signs, sends, fetches with signed requests, and verifies. APFED_COMPAT=1 makes it sign as Lemmy does, by `date`; else
//! it signs by `(created)` and `(expires)`.

mod inbox;
mod send;
mod wire;

use activitypub_federation::axum::inbox::{ActivityData, receive_activity};
use activitypub_federation::axum::json::FederationJson;
use activitypub_federation::config::{Data, FederationConfig, FederationMiddleware};
use activitypub_federation::error::Error;
use activitypub_federation::fetch::webfinger::{Webfinger, build_webfinger_response, extract_webfinger_name};
use activitypub_federation::http_signatures::{Keypair, generate_actor_keypair};
use activitypub_federation::protocol::context::WithContext;
use activitypub_federation::traits::Object;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use url::Url;

use crate::wire::{Anything, Note, Somebody};

/// Everything there is.
pub struct State {
    pub people: HashMap<String, Somebody>,
    /// Of other servers.
    pub known: HashMap<Url, Somebody>,
    pub posts: HashMap<Url, (String, Note)>,
    pub log: Vec<Value>,
    pub refuse: bool,
    counter: u64,
}

#[derive(Clone)]
pub struct Shared {
    state: Arc<Mutex<State>>,
    origin: Url,
    keys: Arc<Keypair>,
}

impl Shared {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }

    pub fn number(&self) -> u64 {
        let mut state = self.state();
        state.counter += 1;
        state.counter
    }

    pub fn origin(&self, path: &str) -> Url {
        self.origin.join(path).expect("an address of ours")
    }

    /// One of ours, who comes to be when first asked for.
    pub fn somebody(&self, name: &str) -> Option<Somebody> {
        let kind = name.split('-').next().unwrap_or_default();
        if !matches!(kind, "carol" | "dave" | "erin" | "zoe") {
            return None;
        }
        let id = self.origin(&format!("users/{name}"));
        let mut state = self.state();
        let new = || Somebody {
            inbox: format!("{id}/inbox").parse().expect("an address of ours"),
            id,
            name: name.to_owned(),
            shown: name.to_owned(),
            shared_inbox: Some(self.origin("inbox")),
            public_key: self.keys.public_key.clone(),
            private_key: Some(self.keys.private_key.clone()),
            followers: HashMap::new(),
            pins: Vec::new(),
            aliases: Vec::new(),
            moved_to: None,
            gone: false,
            sent: HashMap::new(),
        };
        Some(state.people.entry(name.to_owned()).or_insert_with(new).clone())
    }

    /// Changes one of ours.
    pub fn change<T>(&self, name: &str, change: impl FnOnce(&mut Somebody) -> T) -> T {
        change(self.state().people.get_mut(name).expect("somebody of ours"))
    }
}

/// A document that is not as it should be.
pub fn broken(error: serde_json::Error) -> Error {
    Error::Other(error.to_string())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, name, port] = words.as_slice() else { return Err("usage: nagaya-apfed-peer NAME PORT".into()) };
    let domain = format!("{name}:{port}");
    let shared = Shared {
        state: Arc::new(Mutex::new(State {
            people: HashMap::new(),
            known: HashMap::new(),
            posts: HashMap::new(),
            log: Vec::new(),
            refuse: false,
            counter: 0,
        })),
        origin: format!("http://{domain}/").parse()?,
        keys: Arc::new(generate_actor_keypair()?),
    };
    let carol = shared.somebody("carol").ok_or("carol")?;
    let config = FederationConfig::builder()
        .domain(domain.clone())
        .signed_fetch_actor(&carol)
        .app_data(shared)
        .debug(true) // Plain http, and addresses of this machine.
        .http_signature_compat(std::env::var_os("APFED_COMPAT").is_some())
        .build()
        .await?;
    let app = Router::new()
        .route("/users/:name", get(person))
        .route("/users/:name/inbox", post(take))
        .route("/inbox", post(take))
        .route("/users/:name/:collection", get(collection))
        .route("/posts/:number", get(served))
        .route("/.well-known/webfinger", get(webfinger))
        .route("/control/log", get(log))
        .route("/control/:command", post(control))
        .layer(FederationMiddleware::new(config));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port.parse::<u16>()?)).await?;
    println!(
        "{}",
        json!({"base_url": format!("http://{domain}"), "actor": carol.id, "handle": format!("carol@{domain}")})
    );
    axum::serve(listener, app).await?;
    Ok(())
}

async fn take(data: Data<Shared>, activity: ActivityData) -> Response {
    match receive_activity::<WithContext<Anything>, Somebody, Shared>(activity, &data).await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(error) => {
            eprintln!("refused: {error}");
            (StatusCode::BAD_REQUEST, error.to_string()).into_response()
        }
    }
}

async fn person(Path(name): Path<String>, data: Data<Shared>) -> Response {
    let Some(who) = data.somebody(&name) else { return StatusCode::NOT_FOUND.into_response() };
    if who.gone {
        let tombstone = json!({"type": "Tombstone", "id": who.id});
        return (StatusCode::GONE, FederationJson(send::in_context(tombstone))).into_response();
    }
    match who.into_json(&data).await {
        Ok(person) => FederationJson(send::in_context(person)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn collection(Path((name, collection)): Path<(String, String)>, data: Data<Shared>) -> Response {
    let Some(who) = data.somebody(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let items: Vec<Url> = match collection.as_str() {
        "followers" => who.followers.keys().cloned().collect(),
        "featured" => who.pins.clone(),
        "outbox" => data.state().posts.iter().filter(|(_, (by, _))| *by == name).map(|(id, _)| id.clone()).collect(),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let (id, total) = (who.at(&collection), items.len());
    let page = json!({"type": "OrderedCollection", "id": id, "totalItems": total, "orderedItems": items});
    FederationJson(send::in_context(page)).into_response()
}

async fn served(Path(number): Path<String>, data: Data<Shared>) -> Response {
    let post = data.state().posts.get(&data.origin(&format!("posts/{number}"))).map(|(_, post)| post.clone());
    post.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |post| FederationJson(send::in_context(post)).into_response(),
    )
}

async fn webfinger(
    Query(query): Query<HashMap<String, String>>,
    data: Data<Shared>,
) -> Result<Json<Webfinger>, StatusCode> {
    let resource = query.get("resource").ok_or(StatusCode::BAD_REQUEST)?;
    let name = extract_webfinger_name(resource, &data).map_err(|_| StatusCode::NOT_FOUND)?;
    let who = data.somebody(name).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(build_webfinger_response(resource.clone(), who.id)))
}

async fn log(data: Data<Shared>) -> Json<Value> {
    Json(json!(data.state().log))
}

async fn control(Path(command): Path<String>, data: Data<Shared>, Json(wish): Json<Value>) -> Response {
    let who = data.somebody(wish["who"].as_str().unwrap_or("carol"));
    let Some(who) = who else { return StatusCode::NOT_FOUND.into_response() };
    match send::command(&command, who, &send::Wish(wish), &data).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => {
            eprintln!("{command}: {error}");
            (StatusCode::BAD_GATEWAY, Json(json!({"error": error.to_string()}))).into_response()
        }
    }
}
