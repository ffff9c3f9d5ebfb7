//! A little world to call the API in: a house of neighbours, a server next door, and a thing of every kind.
//!
//! Things are made through the API. What cannot be made (because its part of the API does not work) is a complaint of
//! its own and of every call that names it; the rest goes on.

use std::collections::BTreeMap;
use std::sync::Mutex;

use nagaya::actions::account::{self, NewAccount};
use nagaya::actions::token::issue_token;
use nagaya::clock::Clock;
use nagaya::ids::AccountId;
use serde_json::{Value, json};

use super::ask::{self, Body};
use crate::harness::http::Answer;
use crate::harness::neighbour::{Neighbour, Person, settle};

/// The word that makes a session.
pub const PASSWORD: &str = "good neighbours";
/// Everything.
pub const SCOPES: &str = "read write follow push profile admin:read admin:write";

/// Those who talk with alice, in this order.
const CIRCLE: [&str; 5] = ["bob", "carol", "dave", "erin", "frank"];

/// The world.
pub struct World {
    /// Where everybody but zoe lives.
    pub here: Neighbour,
    there: Neighbour,
    pub zoe: Person,
    people: Mutex<BTreeMap<String, AccountId>>,
    things: Mutex<BTreeMap<String, String>>,
    /// What could not be made, and why.
    pub complaints: Mutex<BTreeMap<String, String>>,
    tokens: Mutex<BTreeMap<(String, String), String>>,
    count: std::sync::atomic::AtomicU32,
}

/// What was made, or why not.
pub type Made<T> = Result<T, String>;

impl World {
    /// Opens both servers and fills them.
    pub async fn open() -> Self {
        // A mail server that never answers: addresses must be confirmed, and nobody gets to.
        let mail = nagaya::config::Mail {
            host: "127.0.0.1".into(),
            port: 9,
            tls: nagaya::config::Tls::Off,
            login: None,
            from: "nagaya@here.example".into(),
        };
        let here = Neighbour::open_with(1, Clock::default(), |config| config.mail = Some(mail));
        let (here, there) = tokio::join!(here, Neighbour::open(2));
        let zoe = there.resident("zoe").await;
        let world = Self {
            here,
            there,
            zoe,
            people: Mutex::default(),
            things: Mutex::default(),
            complaints: Mutex::default(),
            tokens: Mutex::default(),
            count: Default::default(),
        };
        for name in ["alice", "mel", "lou", "nia", "pat"].iter().chain(&CIRCLE) {
            world.resident(name, if *name == "alice" { "owner" } else { "member" }).await;
        }
        world.fill_people().await;
        world.fill_posts().await;
        world.fill_lists().await;
        world.fill_rooms().await;
        super::fixtures::fill(&world).await;
        world
    }

    /// Stops both servers.
    pub async fn close(self) {
        self.here.stop().await;
        self.there.stop().await;
    }

    /// Makes an account with this role.
    pub async fn resident(&self, name: &str, role: &str) -> AccountId {
        let new = NewAccount {
            username: name.into(),
            email: format!("{name}@example.com"),
            password: PASSWORD.into(),
            role: role.into(),
            locale: "en".into(),
        };
        let id = account::create(&self.here.app, new).await.expect("a new account").id;
        self.people.lock().expect("no panic").insert(name.to_owned(), id);
        self.put(name, &id.to_string());
        id
    }

    /// Remembers a thing.
    pub fn put(&self, name: &str, value: &str) {
        self.things.lock().expect("no panic").insert(name.to_owned(), value.to_owned());
    }

    /// A number that was not used before.
    pub fn fresh(&self) -> u32 {
        self.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }

    /// Remembers a thing that may not have worked.
    pub fn keep(&self, name: &str, made: Made<String>) {
        match made {
            Ok(value) => self.put(name, &value),
            Err(why) => {
                self.complaints.lock().expect("no panic").insert(name.to_owned(), why);
            }
        }
    }

    /// A token of `who` (or of the `app`) with exactly these scopes; always the same one.
    pub async fn token(&self, who: &str, scopes: &str) -> String {
        let key = (who.to_owned(), scopes.to_owned());
        if let Some(token) = self.tokens.lock().expect("no panic").get(&key) {
            return token.clone();
        }
        let token = if who == "app" {
            self.app_token(scopes).await.unwrap_or_default()
        } else {
            let id = self.people.lock().expect("no panic").get(who).copied();
            issue_token(&self.here.app, id.unwrap_or_else(|| panic!("nobody is called {who}")), scopes, "test")
                .await
                .expect("a token")
        };
        self.tokens.lock().expect("no panic").insert(key, token.clone());
        token
    }

    /// A new token of an app alone.
    pub async fn app_token(&self, scopes: &str) -> Made<String> {
        let known = self.things.lock().expect("no panic").contains_key("client_id");
        if !known {
            let body = json!({"client_name": "App", "redirect_uris": "https://app.example/back", "scopes": SCOPES});
            let app = self.ask("POST", "/api/v1/apps", None, &Body::Json(body)).await.json();
            self.put("client_id", &word(&app, "client_id")?);
            self.put("client_secret", &word(&app, "client_secret")?);
        }
        let (id, secret) = (self.known("client_id"), self.known("client_secret"));
        let body =
            json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret, "scope": scopes});
        word(&self.ask("POST", "/oauth/token", None, &Body::Json(body)).await.json(), "access_token")
    }

    fn known(&self, name: &str) -> String {
        self.things.lock().expect("no panic").get(name).cloned().unwrap_or_default()
    }

    /// One request with this token.
    pub async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &Body) -> Answer {
        let headers: Vec<_> = token.map(|token| ("authorization", format!("Bearer {token}"))).into_iter().collect();
        ask::send(&self.here.domain, method, path, &headers, body).await
    }

    /// What `who` asks with every scope; it must work.
    pub async fn does(&self, who: &str, method: &str, path: &str, body: Value) -> Made<Value> {
        let token = self.token(who, SCOPES).await;
        let body = if body.is_null() { Body::None } else { Body::Json(body) };
        let answer = self.ask(method, path, Some(&token), &body).await;
        if (200..300).contains(&answer.status) {
            return Ok(answer.json());
        }
        Err(format!("{method} {path} as {who}: {} {:.120}", answer.status, answer.body))
    }

    /// The same, of which only the id is wanted.
    pub async fn id(&self, who: &str, method: &str, path: &str, body: Value) -> Made<String> {
        let path = path.to_owned();
        word(&self.does(who, method, &path, body).await?, "id")
    }

    /// The thing of this name.
    pub async fn thing(&self, name: &str) -> Made<String> {
        if let Some(kind) = name.strip_prefix("new_") {
            return Box::pin(super::fixtures::make(self, kind)).await;
        }
        if let Some(value) = self.things.lock().expect("no panic").get(name) {
            return Ok(value.clone());
        }
        let complaints = self.complaints.lock().expect("no panic");
        Err(format!("no ${name}: {}", complaints.get(name).map_or("nobody made it", String::as_str)))
    }

    /// The text with things for their names.
    pub async fn fill(&self, text: &str) -> Made<String> {
        let mut parts = text.split('$');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end =
                part.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(part.len());
            filled += &self.thing(&part[..end]).await?;
            filled += &part[end..];
        }
        Ok(filled)
    }

    /// Everybody knows alice, and alice knows everybody.
    async fn fill_people(&self) {
        let zoe = format!("/api/v2/search?q={}&resolve=true&type=accounts", self.zoe.handle);
        let found = self.does("alice", "GET", &zoe, Value::Null);
        self.keep("zoe", found.await.and_then(|found| word(&found["accounts"][0], "id")));
        for name in CIRCLE.iter().chain(&["zoe"]) {
            let Ok(id) = self.thing(name).await else { continue };
            self.keep("follows", self.id("alice", "POST", &format!("/api/v1/accounts/{id}/follow"), Value::Null).await);
        }
        let alice = self.thing("alice").await.unwrap_or_default();
        for name in CIRCLE {
            self.keep(
                "followers",
                self.id(name, "POST", &format!("/api/v1/accounts/{alice}/follow"), Value::Null).await,
            );
        }
        for name in CIRCLE.iter().chain(&["alice"]) {
            let told = json!({"discoverable": true, "indexable": true, "display_name": format!("Neighbour {name}")});
            self.keep("discoverable", self.id(name, "PATCH", "/api/v1/accounts/update_credentials", told).await);
        }
        self.keep(
            "acquaintance",
            self.id("nia", "POST", &format!("/api/v1/accounts/{alice}/follow"), Value::Null).await,
        );
        self.zoe
            .follows(&Person {
                account: self
                    .here
                    .app
                    .store
                    .read(|db| nagaya::store::accounts::by_handle(db, "alice", None))
                    .await
                    .expect("reads")
                    .expect("alice"),
                handle: format!("alice@{}", self.here.domain),
                token: String::new(),
                app: self.here.app.clone(),
            })
            .await;
        settle(&[&self.here, &self.there]).await;
        for name in CIRCLE.iter().chain(&["zoe"]) {
            let Ok(id) = self.thing(name).await else { continue };
            self.keep(
                "endorsed",
                self.id("alice", "POST", &format!("/api/v1/accounts/{id}/endorse"), Value::Null).await,
            );
        }
    }

    /// Posts of every kind, and what others do to them.
    async fn fill_posts(&self) {
        let picture = self.thing("new_media").await;
        for number in 0..6 {
            let mut post = json!({"status": format!("Number {number} #neighbours #tea"), "visibility": "public"});
            match number {
                0 => post["media_ids"] = json!([picture.clone().unwrap_or_default()]),
                1 => post["poll"] = json!({"options": ["yes", "no"], "expires_in": 3600}),
                2 => post["spoiler_text"] = json!("Tea"),
                _ => {}
            }
            let made = self.does("alice", "POST", "/api/v1/statuses", post).await;
            let name =
                ["status", "poll_status", "spoiler_status", "plain_status", "plain_status", "plain_status"][number];
            if number == 1 {
                self.keep("poll", made.clone().and_then(|made| word(&made["poll"], "id")));
            }
            self.keep("status_url", made.clone().and_then(|made| word(&made, "url")));
            self.keep(name, made.and_then(|made| word(&made, "id")));
        }
        let Ok(status) = self.thing("status").await else { return };
        let on = |deed: &str| format!("/api/v1/statuses/{status}/{deed}");
        for name in CIRCLE {
            for deed in ["favourite", "reblog"] {
                self.keep(deed, self.id(name, "POST", &on(deed), Value::Null).await);
            }
            let reply = json!({"status": "@alice Well said #neighbours", "in_reply_to_id": status});
            self.keep("reply", self.id(name, "POST", "/api/v1/statuses", reply).await);
            let direct = json!({"status": "@alice A secret", "visibility": "direct"});
            self.keep("direct", self.id(name, "POST", "/api/v1/statuses", direct).await);
            let own = json!({"status": format!("I am {name} and I read https://example.com/{name} #neighbours")});
            let own = self.id(name, "POST", "/api/v1/statuses", own).await;
            for deed in ["favourite", "bookmark"] {
                let Ok(own) = &own else { continue };
                self.keep(deed, self.id("alice", "POST", &format!("/api/v1/statuses/{own}/{deed}"), Value::Null).await);
            }
            self.keep(&format!("{name}s_status"), own);
            let quote = json!({"status": "Look at this", "quoted_status_id": status});
            let quote = self.does(name, "POST", "/api/v1/statuses", quote).await.and_then(|made| {
                let quoted = made["quote"]["state"] == "accepted";
                if quoted { word(&made, "id") } else { Err(format!("the quote is {}", made["quote"])) }
            });
            self.keep("quoting", quote);
            let scheduled = json!({"status": "Later", "scheduled_at": "2099-01-01T00:00:00.000Z"});
            self.keep("scheduled", self.id("alice", "POST", "/api/v1/statuses", scheduled).await);
        }
        let reaction = format!("/api/v1/pleroma/statuses/{status}/reactions/%F0%9F%8D%B5");
        self.keep("reaction", self.id("bob", "PUT", &reaction, Value::Null).await);
        self.keep(
            "edit",
            self.id(
                "alice",
                "PUT",
                &format!("/api/v1/statuses/{}", self.thing("plain_status").await.unwrap_or_default()),
                json!({"status": "Changed #neighbours"}),
            )
            .await,
        );
    }

    /// Lists, filters, tags and what else is alice's own.
    async fn fill_lists(&self) {
        let list =
            self.id("alice", "POST", "/api/v1/lists", json!({"title": "Friends", "replies_policy": "list"})).await;
        self.keep("list", list);
        if let Ok(list) = self.thing("list").await {
            let mut members = Vec::new();
            for name in CIRCLE.iter().chain(&["zoe"]) {
                members.extend(self.thing(name).await.ok());
            }
            let path = format!("/api/v1/lists/{list}/accounts");
            let made = self.does("alice", "POST", &path, json!({"account_ids": members}));
            self.keep("members", made.await.map(|_| String::new()));
        }
        for number in 0..5 {
            let tag = format!("/api/v1/tags/tag{number}/follow");
            self.keep("followed_tag", self.does("alice", "POST", &tag, Value::Null).await.map(|_| String::new()));
            let domain = json!({"domain": format!("loud{number}.example")});
            self.keep(
                "domain_block",
                self.does("alice", "POST", "/api/v1/domain_blocks", domain).await.map(|_| String::new()),
            );
        }
        self.keep("featured", self.id("alice", "POST", "/api/v1/featured_tags", json!({"name": "tea"})).await);
        let filter =
            json!({"title": "Secrets", "context": ["home"], "keywords_attributes": [{"keyword": "neighbours"}]});
        self.keep("filter", self.id("alice", "POST", "/api/v2/filters", filter).await);
    }

    /// mel shuns everybody, lou lets nobody in unasked, pat hears only whom he follows.
    async fn fill_rooms(&self) {
        self.keep(
            "locked",
            self.id("lou", "PATCH", "/api/v1/accounts/update_credentials", json!({"locked": true})).await,
        );
        let policy = json!({"for_not_following": "filter"});
        self.keep(
            "policy",
            self.does("pat", "PATCH", "/api/v2/notifications/policy", policy).await.map(|_| String::new()),
        );
        let lou = self.thing("lou").await.unwrap_or_default();
        for name in CIRCLE {
            let id = self.thing(name).await.unwrap_or_default();
            for deed in ["block", "mute"] {
                self.keep(deed, self.id("mel", "POST", &format!("/api/v1/accounts/{id}/{deed}"), Value::Null).await);
            }
            self.keep("knock", self.id(name, "POST", &format!("/api/v1/accounts/{lou}/follow"), Value::Null).await);
            self.keep("mention", self.id(name, "POST", "/api/v1/statuses", json!({"status": "@pat Hello!"})).await);
        }
        let requests = self.does("pat", "GET", "/api/v1/notifications/requests", Value::Null).await;
        for (number, name) in ["request", "other_request", "third_request", "fourth_request"].iter().enumerate() {
            self.keep(name, requests.clone().and_then(|list| word(&list[number], "id")));
        }
        let groups = self.does("alice", "GET", "/api/v2/notifications?types[]=favourite&limit=80", Value::Null).await;
        let largest = |groups: Value| {
            let groups = groups["notification_groups"].as_array().cloned().unwrap_or_default();
            let largest = groups.into_iter().max_by_key(|group| group["notifications_count"].as_i64());
            word(&largest.unwrap_or_default(), "group_key")
        };
        self.keep("group", groups.and_then(largest));
    }
}

/// The text at `key`.
pub fn word(value: &Value, key: &str) -> Made<String> {
    value[key].as_str().map(str::to_owned).ok_or_else(|| format!("no {key} in {:.120}", value.to_string()))
}
