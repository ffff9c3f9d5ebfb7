//! A whole server in this process, and people who live there: real sockets, real workers, real children.
//!
//! People speak to their own server through its router, servers speak to each other over loopback HTTP.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use nagaya::actions::account::{self, NewAccount};
use nagaya::actions::token::issue_token;
use nagaya::app::App;
use nagaya::cli::plugin;
use nagaya::clock::Clock;
use nagaya::config::Config;
use nagaya::server::{self, Running, Substitutes};
use nagaya::store::accounts::Account;
use nagaya::store::moderation::{self, Entry};
use nagaya::store::statuses;
use serde_json::{Value, json};
use tower::ServiceExt;

/// How long anything between two servers may take before a test gives up. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A running server.
pub struct Neighbour {
    /// Its parts.
    pub app: App,
    /// `127.0.0.x:PORT`.
    pub domain: String,
    running: Running,
    _folder: tempfile::TempDir,
}

/// Somebody who lives on a server.
pub struct Person {
    /// The row, as it was made.
    pub account: Account,
    /// `name@domain`.
    pub handle: String,
    /// For the client API; may do everything.
    pub token: String,
    /// The server of this person.
    pub app: App,
}

impl Neighbour {
    /// Opens a server on `127.0.0.{number}` and a free port.
    pub async fn open(number: u8) -> Self {
        Self::open_with(number, Clock::default(), |_| ()).await
    }

    /// The same with this clock and another configuration.
    pub async fn open_with(number: u8, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = SocketAddr::from(([127, 0, 0, number], 0));
        let listener = tokio::net::TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let mut config = Config {
            domain: address.to_string(),
            handle_domain: address.to_string(),
            data: folder.path().to_owned(),
            listen: address,
            trusted_proxies: Vec::new(),
            development: true,
            deliveries_in_flight: 16,
            log: "warn".into(),
            plugins: true,
            mail: None,
            rate_limits: false,
            tools: nagaya::config::Tools::installed(),
            bucket: None,
            web_app: None,
            program: env!("CARGO_BIN_EXE_nagaya").into(),
        };
        change(&mut config);
        let domain = config.domain.clone();
        let app =
            server::build(config, Substitutes { clock, ..Substitutes::default() }).await.expect("the server starts");
        let running = server::start(app.clone(), listener).expect("the server listens");
        Self { app, domain, running, _folder: folder }
    }

    /// Makes an account.
    pub async fn resident(&self, name: &str) -> Person {
        let new = NewAccount {
            username: name.into(),
            email: format!("{name}@example.com"),
            password: "good neighbours".into(),
            role: "member".into(),
            locale: "en".into(),
        };
        let account = account::create(&self.app, new).await.expect("a new account");
        let token = issue_token(&self.app, account.id, "read write follow", "test").await.expect("a token");
        let handle = format!("{name}@{}", self.app.config.handle_domain);
        Person { account, handle, token, app: self.app.clone() }
    }

    /// Installs, sets and starts a plugin by the functions of the command line.
    pub async fn start_plugin(&self, file: &Path, id: &str, settings: &[(&str, &str)]) {
        let app = &self.app;
        let wasm = match nagaya::plugins::Plugins::built_in(file.to_str().unwrap_or_default()) {
            Some(wasm) => wasm.to_vec(),
            None => std::fs::read(file).expect("the file is there"),
        };
        plugin::install(app, wasm, true).await.expect("installs");
        plugin::permit(app, id, "all").await.expect("grants");
        for (key, value) in settings {
            plugin::set(app, id, key, value).await.expect("sets");
        }
        plugin::enable(app, id, false).await.expect("enables");
        assert!(app.plugins.list().iter().any(|loaded| loaded.manifest.id.ends_with(id)), "{id} does not run");
    }

    /// The moderation log, newest first.
    pub async fn moderation_log(&self) -> Vec<Entry> {
        self.app.store.read(|db| moderation::recent(db, 100)).await.expect("reads")
    }

    /// Stops it in order, as SIGTERM does.
    pub async fn stop(self) {
        self.running.stop().await;
    }

    /// Waits until nothing is left to send or to process here.
    pub async fn quiet(&self) {
        let begun = Instant::now();
        loop {
            let left = self.app.store.read(|db| {
                let count = "SELECT (SELECT count(*) FROM deliveries WHERE state = 'ready')
                                  + (SELECT count(*) FROM inbox WHERE state IN ('ready', 'unverified'))";
                Ok(db.query_row(count, [], |row| row.get::<_, i64>(0))?)
            });
            if left.await.expect("reads") == 0 {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{} still has work after {PATIENCE:?}", self.domain);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// Waits until all servers are quiet at once: what one sent, the other has processed and answered.
pub async fn settle(neighbours: &[&Neighbour]) {
    // An activity causes an answer, which may cause a fetch but no further activity: two rounds see all of it.
    for _ in 0..3 {
        for neighbour in neighbours {
            neighbour.quiet().await;
        }
    }
}

impl Person {
    /// Calls the client API; status and body.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(method, path, "application/json", body).await
    }

    /// The same with a body of any kind.
    pub async fn send(&self, method: &str, path: &str, kind: &str, body: Body) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", kind)
            .header("authorization", format!("Bearer {}", self.token))
            .body(body)
            .expect("a request");
        let answer = server::router(self.app.clone()).oneshot(request).await.expect("an answer");
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 24).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// GET that must work.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, Value::Null).await;
        assert!(matches!(status, 200 | 206), "GET {path}: {status} {body}");
        body
    }

    /// POST that must work.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask("POST", path, body).await;
        assert_eq!(status, 200, "POST {path}: {answer}");
        answer
    }

    /// Writes a post; the whole entity.
    pub async fn says(&self, text: &str, visibility: &str) -> Value {
        self.post("/api/v1/statuses", json!({"status": text, "visibility": visibility})).await
    }

    /// GETs again and again until `fits`; the body.
    pub async fn until(&self, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let (status, body) = self.ask("GET", path, Value::Null).await;
            if status == 200 && fits(&body) {
                return body;
            }
            assert!(begun.elapsed() < PATIENCE, "GET {path} is still {status} {body}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until GET answers `expected`.
    pub async fn until_status(&self, path: &str, expected: u16) {
        let begun = Instant::now();
        loop {
            let (status, body) = self.ask("GET", path, Value::Null).await;
            if status == expected {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "GET {path} is still {status} {body}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The id of `other` on this person's server, by WebFinger if it is elsewhere.
    pub async fn finds(&self, other: &Person) -> String {
        let found = self.get(&format!("/api/v2/search?q={}&resolve=true&type=accounts", other.handle)).await;
        let id = found["accounts"][0]["id"].as_str();
        id.unwrap_or_else(|| panic!("{} does not find {}: {found}", self.handle, other.handle)).to_owned()
    }

    /// Follows `other`, and waits until that is accepted; the id of `other` here.
    pub async fn follows(&self, other: &Person) -> String {
        let id = self.finds(other).await;
        self.post(&format!("/api/v1/accounts/{id}/follow"), Value::Null).await;
        self.until(&relationship(&id), |body| body[0]["following"] == true).await;
        id
    }

    /// Waits until the post `uri` has arrived here; the path of it in this server's API.
    pub async fn receives(&self, uri: &Value) -> String {
        let begun = Instant::now();
        loop {
            if let Some(path) = self.has(uri).await {
                return path;
            }
            assert!(begun.elapsed() < PATIENCE, "{uri} does not arrive at {}", self.handle);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The path of the post `uri` in this server's API if it is stored here, whoever may see it.
    pub async fn has(&self, uri: &Value) -> Option<String> {
        let uri = uri.as_str().expect("an address").to_owned();
        let status = self.app.store.read(move |db| statuses::by_uri(db, &uri)).await.expect("reads");
        status.map(|status| format!("/api/v1/statuses/{}", status.id))
    }

    /// The addresses of the posts in this person's home timeline.
    pub async fn home(&self) -> Vec<Value> {
        let home = self.get("/api/v1/timelines/home").await;
        home.as_array().expect("a list").iter().map(|status| status["uri"].clone()).collect()
    }
}

/// Where the client API tells how one stands to the account `id`.
pub fn relationship(id: &str) -> String {
    format!("/api/v1/accounts/relationships?id[]={id}")
}
