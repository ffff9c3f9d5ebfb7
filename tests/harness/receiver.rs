//! Hundreds of tiny servers on one port: every address of 127.0.0.0/8 reaches this machine, so each is an origin.
//!
//! Each origin has one actor, an inbox that takes its time, and a memory of what arrived. All share one RSA key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use nagaya::activitypub::signature::{Outgoing, PrivateKey, Scheme, generate, sign};
use nagaya::clock::Time;
use serde_json::{Value, json};
use url::Url;

use super::http;

const JSON: &str = "application/activity+json";

/// The servers.
pub struct Receiver {
    /// `127.0.x.y:PORT`, one per origin.
    pub origins: Vec<String>,
    key: PrivateKey,
    shared: Arc<Shared>,
}

struct Shared {
    public_pem: String,
    /// How long an inbox thinks before it answers 202.
    delay: Duration,
    arrivals: Mutex<Arrivals>,
}

#[derive(Default)]
struct Arrivals {
    /// Object id → origin → the ids of the activities that brought it, in order.
    brought: HashMap<String, HashMap<String, Vec<String>>>,
    /// How many activities of each type came.
    types: HashMap<String, usize>,
}

impl Receiver {
    /// Starts `count` origins whose inboxes answer after `delay`.
    pub async fn start(count: u16, delay: Duration) -> Self {
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let (private_pem, public_pem) =
            tokio::task::spawn_blocking(generate).await.expect("no panic").expect("a key pair");
        let shared = Arc::new(Shared { public_pem, delay, arrivals: Mutex::default() });
        let routes = Router::new()
            .route("/actor", get(actor))
            .route("/inbox", post(inbox))
            .route("/.well-known/webfinger", get(webfinger))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        // From 127.0.1.1 on, so that no origin is the server under test.
        let origins = (0..count).map(|n| format!("127.0.{}.{}:{port}", 1 + n / 250, 1 + n % 250)).collect();
        let key = PrivateKey::from_pem(&private_pem).expect("our own key");
        Self { origins, key, shared }
    }

    /// The actor of `origin` sends a signed Follow of `whom` to `inbox`.
    pub async fn follow(&self, origin: &str, whom: &str, inbox: &Url) {
        let actor = format!("http://{origin}/actor");
        let activity = json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": format!("{actor}#follow"),
            "type": "Follow",
            "actor": actor,
            "object": whom,
        });
        let body = activity.to_string().into_bytes();
        let request = Outgoing { method: "POST", url: inbox, accept: JSON, body: Some((JSON, &body)) };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let now = Time(i64::try_from(now.as_millis()).expect("this millennium"));
        let headers =
            sign(Scheme::Cavage, &format!("{actor}#main-key"), &self.key, &request, now).expect("our key signs");
        let answer = http::send("POST", inbox, &headers, &body).await.expect("an answer");
        assert!(matches!(answer.status, 200..300), "Follow by {origin}: {} {}", answer.status, answer.body);
    }

    /// How many origins have received `object` at least once.
    pub fn arrived(&self, object: &str) -> usize {
        self.lock().brought.get(object).map_or(0, HashMap::len)
    }

    /// Origin → ids of the activities that brought `object`, in order of arrival.
    pub fn brought(&self, object: &str) -> HashMap<String, Vec<String>> {
        self.lock().brought.get(object).cloned().unwrap_or_default()
    }

    /// How many activities of type `kind` arrived, repeats included.
    pub fn count(&self, kind: &str) -> usize {
        self.lock().types.get(kind).copied().unwrap_or(0)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Arrivals> {
        self.shared.arrivals.lock().expect("no holder panics")
    }
}

fn host(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

async fn actor(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> impl IntoResponse {
    let id = format!("http://{}/actor", host(&headers));
    let document = json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": id,
        "type": "Person",
        "preferredUsername": "walker",
        "inbox": format!("http://{}/inbox", host(&headers)),
        "publicKey": {"id": format!("{id}#main-key"), "owner": id, "publicKeyPem": shared.public_pem},
    });
    ([(header::CONTENT_TYPE, JSON)], document.to_string())
}

async fn webfinger(headers: HeaderMap) -> impl IntoResponse {
    let host = host(&headers);
    let document = json!({
        "subject": format!("acct:walker@{host}"),
        "links": [{"rel": "self", "type": JSON, "href": format!("http://{host}/actor")}],
    });
    ([(header::CONTENT_TYPE, "application/jrd+json")], document.to_string())
}

async fn inbox(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Ok(activity) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let object = &activity["object"];
    let object = if object.is_object() { text(&object["id"]) } else { text(object) };
    // On arrival: what was killed before our answer got through counts as arrived, and may come again.
    {
        let mut arrivals = shared.arrivals.lock().expect("no holder panics");
        *arrivals.types.entry(text(&activity["type"])).or_default() += 1;
        let origins = arrivals.brought.entry(object).or_default();
        origins.entry(host(&headers).to_owned()).or_default().push(text(&activity["id"]));
    }
    tokio::time::sleep(shared.delay).await;
    StatusCode::ACCEPTED
}
