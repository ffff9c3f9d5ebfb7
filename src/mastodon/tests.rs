//! The reading side of the client API, asked through the router.

mod pins;
mod plugin_sources;
mod plugins;
mod polls;
mod posting;
mod quotes;
mod reactions;
mod scheduled;
mod security;
mod small_print;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::actions::token::issue_token;
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::app::tests::local_account;
use crate::clock::Time;
use crate::ids::{AccountId, FollowId, NotificationId, StatusId};
use crate::outbound::Outbound;
use crate::store::follows::{self, Follow};
use crate::store::keys::{self, KeyPair};
use crate::store::statuses::Status;
use crate::store::testing::{account, status};
use crate::store::{accounts, bookmarks, favourites, notifications, status_search, statuses, tags as marks, timelines};

mod admin_accounts;
mod admin_blocks;
mod admin_numbers;
mod announcements;
mod cards;
mod circles;
mod collections;
mod conversations;
mod emojis;
mod figures;
mod filters;
mod instance;
mod joining;
mod lists;
mod moderation;
mod search;
mod tags;
mod trends;

pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn ids(&self) -> Vec<&str> {
        self.body.as_array().expect("a list").iter().filter_map(|item| item["id"].as_str()).collect()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Alice lives here; bob, elsewhere, is followed by her. Her token may do everything.
pub(super) struct World {
    _folder: tempfile::TempDir,
    pub(super) app: App,
    pub(super) alice: AccountId,
    pub(super) bob: AccountId,
    pub(super) token: String,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(Outbound::unplugged()).await
    }

    /// In this network.
    pub(super) async fn with(outbound: Outbound) -> Self {
        Self::on(crate::testing::server("nagaya.test", true, 4, 1, outbound)).await
    }

    /// In this network, with plugins, compiled in this process.
    pub(super) async fn with_plugins(outbound: Outbound) -> Self {
        let change = |config: &mut crate::config::Config| config.plugins = true;
        Self::on(crate::testing::server_with("nagaya.test", true, 4, 1, outbound, change)).await
    }

    async fn on((folder, app): (tempfile::TempDir, App)) -> Self {
        let alice = local_account(&app, "alice", "owner").await.id;
        let token = issue_token(&app, alice, "read write follow", "test").await.expect("a token");
        let bob = app.ids.next::<AccountId>(app.clock.now());
        let follow = Follow {
            id: FollowId(1),
            account_id: alice,
            target_id: bob,
            uri: "https://nagaya.test/follows/1".into(),
            accepted: true,
            show_reblogs: true,
            notify: false,
            languages: None,
            created_at: Time(0),
        };
        let written = app.store.write(move |tx| {
            // Never used to sign: nothing is delivered here.
            let pair = KeyPair { private_pem: "private".into(), public_pem: "public".into() };
            keys::insert_pair(tx, alice, &pair)?;
            accounts::upsert(tx, &account(bob.0, "bob", Some("b.example")))?;
            follows::insert(tx, &follow)
        });
        assert!(written.await.expect("writes"));
        Self { _folder: folder, app, alice, bob, token }
    }

    /// A post that stands in alice's home.
    pub(super) async fn post(&self, author: AccountId, text: &str, change: impl FnOnce(&mut Status)) -> StatusId {
        let id: i64 = self.app.ids.next(self.app.clock.now());
        let mut row = status(id, author, author == self.alice, text);
        row.created_at = self.app.clock.now();
        change(&mut row);
        let (id, alice) = (row.id, self.alice);
        let written = self.app.store.write(move |tx| {
            statuses::insert(tx, &row)?;
            status_search::put(tx, row.id)?;
            marks::attach(tx, row.id, &[("cats".into(), "Cats".into())])?;
            timelines::home_add(tx, alice, row.id, row.account_id)
        });
        assert!(written.await.expect("writes"));
        id
    }

    pub(super) async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let router = super::routes().with_state(self.app.clone());
        let answer = router.oneshot(request.body(body).expect("a request")).await.expect("answers");
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 1 << 22).await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { code: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// What alice gets.
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, Some(&self.token), Value::Null).await
    }

    /// What a stranger gets.
    pub(super) async fn peek(&self, path: &str) -> Answer {
        self.ask("GET", path, None, Value::Null).await
    }
}

#[tokio::test]
async fn home_pages_by_link() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for text in ["one", "two", "three"] {
        ids.push(world.post(world.bob, text, |_| ()).await.to_string());
    }
    let first = world.get("/api/v1/timelines/home?limit=2").await;
    assert_eq!((first.code, first.ids()), (200, vec![&*ids[2], &*ids[1]]));
    let base = world.app.config.url("/api/v1/timelines/home");
    let expected =
        format!("<{base}?limit=2&max_id={}>; rel=\"next\", <{base}?limit=2&min_id={}>; rel=\"prev\"", ids[1], ids[2]);
    assert_eq!(first.header("link"), expected);
    assert_eq!(first.header("cache-control"), "private, no-store");
    let older = world.get(&format!("/api/v1/timelines/home?max_id={}", ids[1])).await;
    assert_eq!(older.ids(), [&*ids[0]]);
    let newer = world.get(&format!("/api/v1/timelines/home?limit=1&min_id={}", ids[0])).await;
    assert_eq!(newer.ids(), [&*ids[1]]);
    assert_eq!(world.peek("/api/v1/timelines/home").await.code, 401);
}

#[tokio::test]
async fn strangers_see_what_is_public_and_caches_may_keep_it() {
    let world = World::new().await;
    let public = world.post(world.bob, "hello", |_| ()).await.to_string();
    let private = world.post(world.bob, "psst", |row| row.visibility = Visibility::Private).await.to_string();
    for path in ["/api/v1/timelines/public", "/api/v1/timelines/tag/CATS", "/api/v1/timelines/public?remote=true"] {
        let answer = world.peek(path).await;
        assert_eq!((answer.code, answer.ids()), (200, vec![&*public]), "{path}");
        assert!(answer.header("cache-control").starts_with("public, max-age=15"), "{path}");
        assert_eq!(answer.header("vary"), "Authorization");
        assert!(answer.body[0].get("favourited").is_none());
    }
    assert_eq!(world.peek("/api/v1/timelines/public?local=true").await.ids(), [""; 0]);
    assert_eq!(world.peek("/api/v1/timelines/tag/unseen").await.ids(), [""; 0]);
    assert_eq!(world.peek("/api/v1/timelines/tag/cats?none[]=cats").await.ids(), [""; 0]);
    assert_eq!(world.peek("/api/v1/timelines/tag/cats?all[]=unseen").await.ids(), [""; 0]);
    let one = format!("/api/v1/statuses/{private}");
    assert_eq!(world.peek(&one).await.code, 404);
    assert_eq!(world.get(&one).await.body["favourited"], false);
    let both = format!("/api/v1/statuses?id[]={private}&id[]={public}&id[]=7");
    assert_eq!(world.peek(&both).await.ids(), [&*public]);
    assert_eq!(world.get(&both).await.ids(), [&*private, &*public]);
    for unknown in ["/api/v1/statuses/abc", "/api/v1/statuses/7", "/api/v1/accounts/abc", "/api/v1/accounts/7"] {
        let answer = world.get(unknown).await;
        assert_eq!((answer.code, &answer.body["error"]), (404, &json!("Record not found")), "{unknown}");
    }
}

#[tokio::test]
async fn threads_sources_and_versions_are_read() {
    let world = World::new().await;
    let root = world.post(world.alice, "root", |_| ()).await;
    let answer = world
        .post(world.bob, "answer", |row| {
            row.in_reply_to_id = Some(root);
            row.in_reply_to_account_id = Some(world.alice);
        })
        .await;
    let context = world.peek(&format!("/api/v1/statuses/{root}/context")).await;
    assert_eq!(context.body["ancestors"], json!([]));
    assert_eq!(context.body["descendants"][0]["id"], answer.to_string());
    let context = world.get(&format!("/api/v1/statuses/{answer}/context")).await;
    assert_eq!(context.body["ancestors"][0]["replies_count"], 1);
    let source = world.get(&format!("/api/v1/statuses/{root}/source")).await;
    assert_eq!(
        source.body,
        json!({"id": root.to_string(), "text": "root", "spoiler_text": "", "content_type": "text/plain"})
    );
    assert_eq!(world.peek(&format!("/api/v1/statuses/{root}/source")).await.code, 401);
    let history = world.get(&format!("/api/v1/statuses/{root}/history")).await;
    assert_eq!(history.body.as_array().map(Vec::len), Some(1));
    assert_eq!(history.body[0]["content"], "<p>root</p>");
}

#[tokio::test]
async fn people_are_looked_up_and_listed() {
    let world = World::new().await;
    let (alice, bob) = (world.alice.to_string(), world.bob.to_string());
    for handle in ["bob@b.example", "@BOB@B.example"] {
        assert_eq!(world.peek(&format!("/api/v1/accounts/lookup?acct={handle}")).await.body["id"], *bob, "{handle}");
    }
    for handle in ["alice", "@alice@nagaya.test"] {
        assert_eq!(world.peek(&format!("/api/v1/accounts/lookup?acct={handle}")).await.body["id"], *alice, "{handle}");
    }
    assert_eq!(world.peek("/api/v1/accounts/lookup?acct=nobody").await.code, 404);
    assert_eq!(world.peek("/api/v1/accounts/lookup").await.code, 404);
    let followers = world.peek(&format!("/api/v1/accounts/{bob}/followers")).await;
    assert_eq!(followers.ids(), [&*alice]);
    assert!(followers.header("link").contains("since_id=1") && !followers.header("link").contains("next"));
    assert_eq!(world.peek(&format!("/api/v1/accounts/{alice}/following")).await.ids(), [&*bob]);
    assert_eq!(world.get(&format!("/api/v1/accounts?id[]={bob}&id[]={alice}&id[]=3")).await.ids(), [&*bob, &*alice]);
    assert_eq!(world.get("/api/v1/accounts/search?q=bo").await.ids(), [&*bob]);
    let relationship = &world.get(&format!("/api/v1/accounts/relationships?id={bob}")).await.body[0];
    assert_eq!((&relationship["following"], &relationship["followed_by"]), (&json!(true), &json!(false)));
    let own = world.get("/api/v1/accounts/verify_credentials").await;
    assert_eq!((&own.body["source"]["privacy"], &own.body["role"]["permissions"]), (&json!("public"), &json!("1")));
    let hide = world.alice;
    let written = world
        .app
        .store
        .write(move |tx| Ok(tx.execute("UPDATE accounts SET hide_collections = 1 WHERE id = ?1", [hide])?));
    written.await.expect("writes");
    assert_eq!(world.peek(&format!("/api/v1/accounts/{alice}/following")).await.ids(), [""; 0]);
    assert_eq!(world.get(&format!("/api/v1/accounts/{alice}/following")).await.ids(), [&*bob]);
}

#[tokio::test]
async fn a_profile_lists_posts_by_kind() {
    let world = World::new().await;
    let post = world.post(world.bob, "hello", |_| ()).await.to_string();
    let path = format!("/api/v1/accounts/{}/statuses", world.bob);
    assert_eq!(world.peek(&path).await.ids(), [&*post]);
    assert_eq!(world.peek(&format!("{path}?tagged=%23Cats")).await.ids(), [&*post]);
    for none in ["tagged=dogs", "only_media=1", "pinned=true"] {
        assert_eq!(world.peek(&format!("{path}?{none}")).await.ids(), [""; 0], "{none}");
    }
}

#[tokio::test]
async fn notifications_are_listed_counted_and_dismissed() {
    let world = World::new().await;
    let post = world.post(world.alice, "hello", |_| ()).await;
    let (alice, bob) = (world.alice, world.bob);
    let written = world.app.store.write(move |tx| {
        notifications::insert(tx, NotificationId(11), alice, "follow", bob, None, Time(0))?;
        notifications::insert(tx, NotificationId(12), alice, "favourite", bob, Some(post), Time(0))
    });
    assert!(written.await.expect("writes"));
    let path = "/api/v1/notifications";
    assert_eq!(world.get(path).await.ids(), ["12", "11"]);
    assert_eq!(world.get(&format!("{path}?types[]=follow")).await.ids(), ["11"]);
    assert_eq!(world.get(&format!("{path}?exclude_types[]=follow")).await.body[0]["status"]["id"], post.to_string());
    assert_eq!(world.get(&format!("{path}/unread_count")).await.body, json!({"count": 2}));
    let read = json!({"notifications": {"last_read_id": "11"}});
    let marked = world.ask("POST", "/api/v1/markers", Some(&world.token), read).await;
    assert_eq!((marked.code, &marked.body["notifications"]["last_read_id"]), (200, &json!("11")));
    let marker = world.get("/api/v1/markers?timeline[]=notifications&timeline[]=home").await;
    assert_eq!((&marker.body["notifications"]["version"], marker.body.get("home")), (&json!(0), None));
    assert_eq!(world.get(&format!("{path}/unread_count")).await.body, json!({"count": 1}));
    let dismiss = world.ask("POST", &format!("{path}/12/dismiss"), Some(&world.token), Value::Null).await;
    assert_eq!((dismiss.code, dismiss.body), (200, json!({})));
    assert_eq!(world.get(&format!("{path}/12")).await.code, 404);
    assert_eq!(world.get(&format!("{path}/11")).await.body["type"], "follow");
    world.ask("POST", &format!("{path}/clear"), Some(&world.token), Value::Null).await;
    assert_eq!(world.get(path).await.ids(), [""; 0]);
}

#[tokio::test]
async fn kept_posts_page_by_their_own_cursors() {
    let world = World::new().await;
    let post = world.post(world.bob, "hello", |_| ()).await;
    let alice = world.alice;
    let written = world.app.store.write(move |tx| {
        favourites::insert(tx, 41, alice, post, "https://nagaya.test/41", Time(0))?;
        bookmarks::insert(tx, 42, alice, post, Time(0))
    });
    assert!(written.await.expect("writes"));
    for (path, cursor) in [("/api/v1/favourites", 41), ("/api/v1/bookmarks", 42)] {
        let answer = world.get(&format!("{path}?limit=1")).await;
        assert_eq!(answer.ids(), [&*post.to_string()], "{path}");
        assert!(answer.header("link").contains(&format!("max_id={cursor}>")), "{path}");
        assert_eq!((&answer.body[0]["favourited"], &answer.body[0]["bookmarked"]), (&json!(true), &json!(true)));
    }
    let who = world.peek(&format!("/api/v1/statuses/{post}/favourited_by")).await;
    assert_eq!(who.ids(), [&*world.alice.to_string()]);
}

#[tokio::test]
async fn search_finds_each_kind_and_guards_what_costs() {
    let world = World::new().await;
    let post = world.post(world.alice, "bob and his cats", |_| ()).await.to_string();
    let found = world.get("/api/v2/search?q=bob").await;
    assert_eq!(found.body["accounts"][0]["acct"], "bob@b.example");
    assert_eq!(found.body["statuses"][0]["id"], *post);
    assert_eq!((&found.body["hashtags"], &found.body["collections"]), (&json!([]), &json!([])));
    let tags = world.peek("/api/v2/search?q=%23ca&type=hashtags").await;
    assert_eq!((&tags.body["hashtags"][0]["name"], &tags.body["accounts"]), (&json!("Cats"), &json!([])));
    assert_eq!(tags.body["hashtags"][0]["history"][0]["uses"], "1");
    assert_eq!(world.peek("/api/v2/search?q=cats").await.body["statuses"], json!([]));
    let address = world.get("/api/v2/search?q=https%3A%2F%2Fb.example%2Fusers%2Fbob").await;
    assert_eq!(address.body["accounts"][0]["id"], world.bob.to_string());
    for (path, code) in [
        ("/api/v2/search", 400),
        ("/api/v2/search?q=x&limit=-1", 400),
        ("/api/v2/search?q=x&resolve=true", 401),
        ("/api/v2/search?q=x&type=accounts&offset=5", 401),
    ] {
        assert_eq!(world.peek(path).await.code, code, "{path}");
    }
    assert_eq!(world.peek("/api/v1/tags/Cats").await.body["name"], "Cats");
}

#[tokio::test]
async fn lists_that_nobody_can_fill_are_empty() {
    let world = World::new().await;
    for path in [
        "lists",
        "followed_tags",
        "featured_tags",
        "blocks",
        "domain_blocks",
        "endorsements",
        "conversations",
        "suggestions",
        "mutes",
        "follow_requests",
    ] {
        let answer = world.get(&format!("/api/v1/{path}")).await;
        assert_eq!((answer.code, answer.body), (200, json!([])), "{path}");
        assert_eq!(world.peek(&format!("/api/v1/{path}")).await.code, 401, "{path}");
    }
}

#[tokio::test]
async fn scopes_are_asked_for() {
    let world = World::new().await;
    let narrow = issue_token(&world.app, world.alice, "read:search", "narrow").await.expect("a token");
    for path in ["timelines/home", "notifications", "favourites", "accounts/verify_credentials", "timelines/public"] {
        let answer = world.ask("GET", &format!("/api/v1/{path}"), Some(&narrow), Value::Null).await;
        assert_eq!(answer.code, 403, "{path}");
    }
    assert_eq!(world.ask("GET", "/api/v2/search?q=x", Some(&narrow), Value::Null).await.code, 200);
}

#[tokio::test]
async fn what_is_unknown_is_refused_plainly() {
    let world = World::new().await;
    for body in [json!({"status": "x", "content_type": "text/html"}), json!({"status": "x", "visibility": "secret"})] {
        let answer = world.ask("POST", "/api/v1/statuses", Some(&world.token), body.clone()).await;
        assert_eq!(answer.code, 422, "{body}");
        assert!(answer.body["error"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn a_post_is_written_edited_kept_boosted_and_deleted() {
    let world = World::new().await;
    let ask = async |method: &str, path: &str, body: Value| {
        world.ask(method, &format!("/api/v1/statuses{path}"), Some(&world.token), body).await
    };
    let made = ask("POST", "", json!({"status": "Hello #Cats", "spoiler_text": "animals"})).await;
    assert_eq!((made.code, &made.body["sensitive"]), (200, &json!(true)), "{}", made.body);
    assert_eq!(made.body["application"]["name"], "test");
    assert_eq!(made.body["tags"][0]["name"], "cats");
    let id = made.body["id"].as_str().expect("an id").to_owned();
    assert_eq!(world.get("/api/v1/timelines/home").await.ids(), [&*id]);

    for (deed, flag) in [("favourite", "favourited"), ("bookmark", "bookmarked")] {
        let done = ask("POST", &format!("/{id}/{deed}"), Value::Null).await;
        assert_eq!((done.code, &done.body[flag]), (200, &json!(true)), "{deed}");
    }
    let boost = ask("POST", &format!("/{id}/reblog"), Value::Null).await;
    assert_eq!((&boost.body["reblog"]["id"], &boost.body["reblogged"]), (&json!(id), &json!(true)));
    assert_eq!(world.peek(&format!("/api/v1/statuses/{id}/reblogged_by")).await.ids(), [&*world.alice.to_string()]);
    let back = ask("POST", &format!("/{id}/unreblog"), Value::Null).await;
    assert_eq!((&back.body["id"], &back.body["reblogged"]), (&json!(id), &json!(false)));
    for (deed, flag) in [("unfavourite", "favourited"), ("unbookmark", "bookmarked")] {
        let done = ask("POST", &format!("/{id}/{deed}"), Value::Null).await;
        assert_eq!((done.code, &done.body[flag]), (200, &json!(false)), "{deed}");
    }

    world.app.clock.advance(std::time::Duration::from_secs(5));
    let edited = ask("PUT", &format!("/{id}"), json!({"status": "Hello again"})).await;
    assert_eq!((edited.code, edited.body["edited_at"].is_string()), (200, true));
    let history = ask("GET", &format!("/{id}/history"), Value::Null).await;
    assert_eq!(history.body.as_array().map(Vec::len), Some(2));
    assert_ne!(history.body[0]["content"], history.body[1]["content"]);

    let gone = ask("DELETE", &format!("/{id}"), Value::Null).await;
    assert_eq!((gone.code, &gone.body["text"], gone.body.get("content")), (200, &json!("Hello again"), None));
    assert_eq!(ask("GET", &format!("/{id}"), Value::Null).await.code, 404);
    assert_eq!(ask("DELETE", &format!("/{id}"), Value::Null).await.code, 404);
}

#[tokio::test]
async fn others_posts_are_nobody_elses_to_change() {
    let world = World::new().await;
    let post = world.post(world.bob, "mine", |_| ()).await;
    for method in ["PUT", "DELETE"] {
        let path = format!("/api/v1/statuses/{post}");
        let answer = world.ask(method, &path, Some(&world.token), json!({"status": "yours"})).await;
        assert!(matches!(answer.code, 403 | 404), "{method} {}", answer.code);
    }
    assert_eq!(world.get(&format!("/api/v1/statuses/{post}")).await.body["content"], "<p>mine</p>");
}

#[tokio::test]
async fn a_profile_is_changed_and_preferences_stay_private() {
    let world = World::new().await;
    let change = json!({
        "display_name": "Alice A", "note": "I like <b> https://example.com", "locked": true,
        "fields_attributes": {"0": {"name": "web", "value": "https://example.com"}, "1": {"name": "", "value": ""}},
        "source": {"privacy": "unlisted", "language": "ja"},
    });
    let path = "/api/v1/accounts/update_credentials";
    let done = world.ask("PATCH", path, Some(&world.token), change).await;
    assert_eq!(done.code, 200, "{}", done.body);
    assert_eq!((&done.body["display_name"], &done.body["locked"]), (&json!("Alice A"), &json!(true)));
    assert_eq!(done.body["source"]["fields"].as_array().map(Vec::len), Some(1));
    assert!(done.body["fields"][0]["value"].as_str().is_some_and(|html| html.contains("<a href=")));
    assert!(done.body["note"].as_str().is_some_and(|html| html.contains("&lt;b&gt;")));
    let preferences = world.get("/api/v1/preferences").await.body;
    assert_eq!(preferences["posting:default:visibility"], "unlisted");
    assert_eq!(preferences["posting:default:language"], "ja");
    for (bad, field) in [
        (json!({"display_name": "x".repeat(41)}), "display_name"),
        (json!({"source": {"privacy": "secret"}}), "source[privacy]"),
        (json!({"fields_attributes": [{"name": "", "value": "x"}]}), "fields_attributes"),
    ] {
        let refused = world.ask("PATCH", path, Some(&world.token), bad).await;
        assert_eq!((refused.code, refused.body["details"].get(field).is_some()), (422, true), "{field}");
    }
}

#[tokio::test]
async fn bonds_are_made_and_undone() {
    let world = World::new().await;
    let bob = world.bob;
    let ask = async |deed: &str, body: Value| {
        let answer = world.ask("POST", &format!("/api/v1/accounts/{bob}/{deed}"), Some(&world.token), body).await;
        assert_eq!(answer.code, 200, "{deed} {}", answer.body);
        answer.body
    };
    assert_eq!(ask("follow", json!({"reblogs": false})).await["showing_reblogs"], false);
    assert_eq!(ask("mute", json!({"duration": 60})).await["muting_expires_at"], "2026-08-07T14:03:35.000Z");
    assert_eq!(world.get("/api/v1/mutes").await.body[0]["mute_expires_at"], "2026-08-07T14:03:35.000Z");
    assert_eq!(ask("unmute", Value::Null).await["muting"], false);
    let blocked = ask("block", Value::Null).await;
    assert_eq!((&blocked["blocking"], &blocked["following"]), (&json!(true), &json!(false)));
    assert_eq!(world.get("/api/v1/blocks").await.ids(), [&*bob.to_string()]);
    assert_eq!(ask("unblock", Value::Null).await["blocking"], false);
    let asked = ask("follow", Value::Null).await;
    assert_eq!((&asked["requested"], &asked["following"]), (&json!(true), &json!(false)));
    assert_eq!(ask("unfollow", Value::Null).await["requested"], false);
    let own = format!("/api/v1/accounts/{}/follow", world.alice);
    assert_eq!(world.ask("POST", &own, Some(&world.token), Value::Null).await.code, 403);
    assert_eq!(world.ask("POST", "/api/v1/accounts/7/follow", Some(&world.token), Value::Null).await.code, 404);
}

#[tokio::test]
async fn the_same_key_makes_one_post() {
    let world = World::new().await;
    let post = async || {
        let request = Request::post("/api/v1/statuses")
            .header("authorization", format!("Bearer {}", world.token))
            .header("idempotency-key", "k1")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("status=once"))
            .expect("a request");
        let answer = super::routes().with_state(world.app.clone()).oneshot(request).await.expect("answers");
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        serde_json::from_slice::<Value>(&bytes).expect("JSON")["id"].clone()
    };
    let (first, second) = tokio::join!(post(), post());
    assert!(first.is_string());
    assert_eq!(first, second);
    assert_eq!(world.get("/api/v1/timelines/home").await.ids().len(), 1);
}
