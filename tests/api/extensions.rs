//! Things that the extensions of this server are about: those who were warned, who move house, who guard their sign-in.

use nagaya::actions::push;
use nagaya::actions::token::issue_token;
use nagaya::ids::{AccountId, ActivityId};
use nagaya::store::block_lists::{self, BlockList, Listed};
use nagaya::store::custom_emojis::{self, CustomEmoji};
use nagaya::store::deliveries::{self, NewActivity, Priority, Timing};
use nagaya::store::domain_blocks::Severity;
use nagaya::store::passkeys::{self, Passkey};
use nagaya::store::push_subscriptions;
use serde_json::{Value, json};
use totp_rs::{Algorithm, Builder, Secret};

use super::ask::Body;
use super::browser::Browser;
use super::walk::LEAST;
use super::world::{Made, PASSWORD, SCOPES, World, word};

const SECURITY: &str = "/api/nagaya/v1/security";

/// Makes a new thing of this kind.
pub async fn make(world: &World, kind: &str) -> Made<String> {
    let number = world.fresh();
    match kind {
        "draft" | "announcement" => {
            let told = json!({"text": format!("News {number}"), "draft": kind == "draft"});
            world.id("alice", "POST", "/api/nagaya/v1/admin/announcements", told).await
        }
        "remote_status" => {
            let said = world.zoe.says(&format!("From afar {number}"), "public").await;
            let path = format!("/api/v2/search?q={}&resolve=true&type=statuses", word(&said, "uri")?);
            word(&world.does("alice", "GET", &path, Value::Null).await?["statuses"][0], "id")
        }
        "relay" => {
            let relay = json!({"inbox_url": format!("http://127.0.0.1:9/{number}/inbox")});
            world.id("alice", "POST", "/api/nagaya/v1/admin/relays", relay).await
        }
        "block_list" => block_list(world, number).await,
        "emoji" => {
            let token = world.token("alice", SCOPES).await;
            let emoji = Body::Image(json!({"shortcode": format!("bread{number}")}));
            word(&world.ask("POST", "/api/nagaya/v1/admin/emojis", Some(&token), &emoji).await.json(), "id")
        }
        "remote_emoji" => remote_emoji(world, number).await,
        "setting_change" => setting_change(world, number).await,
        "terms" => {
            let day = format!("2097-01-{:02}", number % 28 + 1);
            let terms = json!({"text": "Be good", "effective_date": day});
            world.does("alice", "POST", "/api/nagaya/v1/admin/terms", terms).await.map(|_| day)
        }
        "invite" => world.id("alice", "POST", "/api/nagaya/v1/invites", json!({})).await,
        "scolded_status" => world.id("tom", "POST", "/api/v1/statuses", json!({"status": "Rude words"})).await,
        "warning" => {
            let act = format!("/api/v1/admin/accounts/{}/action", world.thing("tom").await?);
            world.does("alice", "POST", &act, json!({"type": "none", "text": "Be quiet at night"})).await?;
            let warnings = world.does("tom", "GET", "/api/nagaya/v1/warnings?limit=1", Value::Null).await?;
            word(&warnings[0], "id")
        }
        "appeal" => {
            let path = format!("/api/nagaya/v1/warnings/{}/appeal", world.thing("new_warning").await?);
            world.id("tom", "POST", &path, json!({"text": "I was asleep"})).await
        }
        "alias" => {
            let aliases = world.does("ada", "POST", "/api/nagaya/v1/aliases", json!({"acct": "@dave"})).await?;
            word(&aliases.as_array().and_then(|all| all.last()).cloned().unwrap_or_default(), "uri")
        }
        "one_time_code" => {
            let path = format!("{SECURITY}/two_factor");
            let begun = world.does("ada", "POST", &path, json!({"password": PASSWORD})).await?;
            shown(&word(&begun, "secret")?, world.here.app.clock.now().seconds())
        }
        "passkey" => passkey(world, number).await,
        "session" => {
            Browser::open(world).await?;
            word(&world.does("alice", "GET", &format!("{SECURITY}/sessions"), Value::Null).await?[0], "id")
        }
        "guest" => word(&guest(world, number).await?, "id"),
        "guest_token" => word(&guest(world, number).await?["tokens"][0], "id"),
        "subscription" => subscription(world).await,
        "authorized_app" => {
            Browser::consent(world).await?;
            Browser::first_app(world).await
        }
        _ => Err(format!("nobody knows how to make a {kind}")),
    }
}

/// A list of servers to block, as it is after it was read once.
async fn block_list(world: &World, number: u32) -> Made<String> {
    let app = &world.here.app;
    let now = app.clock.now();
    let list = BlockList {
        id: app.ids.next(now),
        url: format!("http://127.0.0.1:9/{number}.csv"),
        applied_at: None,
        fetched_at: Some(now),
        last_error: None,
        created_at: now,
        domains: 0,
    };
    let row = Listed {
        domain: format!("listed{number}.example"),
        severity: Severity::Silence,
        reject_media: true,
        reject_reports: false,
        obfuscate: false,
        public_comment: Some("Noise".into()),
    };
    let id = list.id;
    let written = app.store.write(move |tx| {
        block_lists::put(tx, &list)?;
        block_lists::replace_rows(tx, list.id, std::slice::from_ref(&row))
    });
    written.await.map(|()| id.to_string()).map_err(|why| why.to_string())
}

/// What several calls share.
pub async fn fill(world: &World) {
    world.put("password", PASSWORD);
    for name in ["ada", "gus", "max", "tom"] {
        world.resident(name, "member").await;
    }
    for acct in ["@carol", "@max"] {
        let alias = world.does("ada", "POST", "/api/nagaya/v1/aliases", json!({"acct": acct})).await;
        world.keep("alias", alias.map(|_| String::new()));
    }
    world.keep("passkey", make(world, "passkey").await);
    world.keep("waiting", waiting(world).await);
    let peers = world.does("alice", "GET", "/api/nagaya/v1/admin/peers?limit=1", Value::Null).await;
    world.keep("peer", peers.and_then(|peers| word(&peers[0], "host")));
    for _ in 0..LEAST {
        world.keep("relay", make(world, "relay").await);
        world.keep("block_list", make(world, "block_list").await);
        world.keep("remote_emoji", make(world, "remote_emoji").await);
        world.keep("setting_change", make(world, "setting_change").await);
        world.keep("invite_id", make(world, "invite").await);
        world.keep("appeal", make(world, "appeal").await);
    }
}

/// An emoji of another server, with the picture of one of ours.
async fn remote_emoji(world: &World, number: u32) -> Made<String> {
    let ours = Box::pin(make(world, "emoji")).await?;
    let app = &world.here.app;
    let ours = ours.parse().map_err(|_| "an emoji's id is no number")?;
    let id = app.ids.next(app.clock.now());
    let written = app.store.write(move |tx| {
        let ours = custom_emojis::by_id(tx, ours)?.ok_or(nagaya::error::Error::NotFound("emoji"))?;
        let (shortcode, domain) = (format!("guest{number}"), Some("far.example".to_owned()));
        custom_emojis::upsert(tx, &CustomEmoji { id, shortcode, domain, ..ours })
    });
    written.await.map(|()| id.to_string()).map_err(|why| why.to_string())
}

/// Something for a server that nobody reaches.
async fn waiting(world: &World) -> Made<String> {
    let app = &world.here.app;
    let (now, alice) = (app.clock.now(), world.thing("alice").await?.parse().map_err(|_| "alice has no id")?);
    let id: ActivityId = app.ids.next(now);
    let activity = NewActivity {
        id,
        uri: format!("http://{}/activities/{id}", world.here.domain),
        account_id: alice,
        kind: "Create".into(),
        payload: "{}".into(),
        created_at: now,
    };
    let written = app.store.write(move |tx| {
        deliveries::insert_activity(tx, &activity)?;
        deliveries::enqueue_to(tx, id, &[("https://far.example/inbox".into(), Priority::Followers)], Timing::Ready, now)
    });
    written.await.map(|count| count.to_string()).map_err(|why| why.to_string())
}

/// A change of a setting that can be taken back.
async fn setting_change(world: &World, number: u32) -> Made<String> {
    let path = "/api/nagaya/v1/admin/settings/registrations_message";
    world.does("alice", "PUT", path, json!({"value": format!("Come in {number}")})).await?;
    let changes = world.does("alice", "GET", "/api/nagaya/v1/admin/settings/history?limit=1", Value::Null).await?;
    word(&changes[0], "id")
}

/// What an authenticator shows that learnt this secret.
fn shown(secret: &str, seconds: i64) -> Made<String> {
    let secret = Secret::try_from_base32(secret).map_err(|why| format!("{why:?}"))?;
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_secret(secret.as_bytes().to_vec())
        .build_noncompliant();
    Ok(totp.generate(seconds.unsigned_abs()).to_string())
}

/// A passkey of ada, as far as one can be listed, named and deleted without an authenticator.
async fn passkey(world: &World, number: u32) -> Made<String> {
    let app = &world.here.app;
    let now = app.clock.now();
    let account: AccountId = world.thing("ada").await?.parse().map_err(|_| "ada has no id")?;
    let row = Passkey {
        id: app.ids.next(now),
        account_id: account,
        credential_id: number.to_be_bytes().to_vec(),
        key: vec![0],
        state: vec![0],
        transports: 0,
        name: format!("Key {number}"),
        created_at: now,
        last_used_at: None,
    };
    let id = row.id;
    let written = app.store.write(move |tx| passkeys::insert(tx, &row)).await;
    written.map(|_| id.to_string()).map_err(|why| why.to_string())
}

/// An app that ada let in.
async fn guest(world: &World, number: u32) -> Made<Value> {
    let app = &world.here.app;
    let ada: AccountId = world.thing("ada").await?.parse().map_err(|_| "ada has no id")?;
    issue_token(app, ada, "read", &format!("Guest {number}")).await.map_err(|why| why.to_string())?;
    // The latest is the first.
    Ok(world.does("ada", "GET", &format!("{SECURITY}/apps"), Value::Null).await?[0].clone())
}

/// A subscription to pushes of ada's app, and the secret that ends it.
async fn subscription(world: &World) -> Made<String> {
    let keys = json!({"p256dh": world.thing("p256dh").await?, "auth": world.thing("push_auth").await?});
    let wish = json!({"subscription": {"endpoint": "http://127.0.0.1:9/push", "keys": keys, "standard": true}});
    let id = world.id("ada", "POST", "/api/v1/push/subscription", wish).await?;
    let app = &world.here.app;
    let number: i64 = id.parse().map_err(|_| "a subscription's id is no number")?;
    let row = app.store.read(move |db| push_subscriptions::by_id(db, number)).await.map_err(|why| why.to_string())?;
    let address = push::unsubscribe_url(&app.config, &row.ok_or("the subscription was not kept")?);
    world.put("subscription_secret", address.rsplit('/').next().unwrap_or_default());
    Ok(id)
}
