//! Things of the world that a single call uses up, and those of the families that only an owner can make.

use nagaya::clock::Time;
use nagaya::store::settings;
use serde_json::{Value, json};

use super::ask::Body;
use super::browser::Browser;
use super::world::{Made, SCOPES, World, word};

/// Makes a new thing of this kind.
pub async fn make(world: &World, kind: &str) -> Made<String> {
    let number = world.fresh();
    let post = json!({"status": format!("For once {number}")});
    if let Some(made) = super::plugins::make(world, kind, number).await {
        return made;
    }
    match kind {
        "status" => world.id("alice", "POST", "/api/v1/statuses", post).await,
        "poll" => {
            let poll = json!({"status": "Which?", "poll": {"options": ["this", "that"], "expires_in": 3600}});
            word(&world.does("bob", "POST", "/api/v1/statuses", poll).await?["poll"], "id")
        }
        "media" => {
            let token = world.token("alice", SCOPES).await;
            let answer = world.ask("POST", "/api/v2/media", Some(&token), &Body::Upload(json!({}))).await;
            word(&answer.json(), "id")
        }
        "list" => world.id("alice", "POST", "/api/v1/lists", json!({"title": "Short-lived"})).await,
        "filter" => world.id("alice", "POST", "/api/v2/filters", filter()).await,
        "keyword" => word(&world.does("alice", "POST", "/api/v2/filters", filter()).await?["keywords"][0], "id"),
        "kept" => {
            let filter = world.id("alice", "POST", "/api/v2/filters", filter()).await?;
            let status = world.thing("bobs_status").await?;
            world.put("kept_filter", &filter);
            world.id("alice", "POST", &format!("/api/v2/filters/{filter}/statuses"), json!({"status_id": status})).await
        }
        "scheduled" => {
            let post = json!({"status": "Later", "scheduled_at": "2099-01-01T00:00:00.000Z"});
            world.id("alice", "POST", "/api/v1/statuses", post).await
        }
        "conversation" => {
            let direct = json!({"status": "@alice Psst", "visibility": "direct"});
            world.id("frank", "POST", "/api/v1/statuses", direct).await?;
            word(&world.does("alice", "GET", "/api/v1/conversations?limit=1", Value::Null).await?[0], "id")
        }
        "notification" => {
            mention(world).await?;
            word(&world.does("alice", "GET", "/api/v1/notifications?limit=1", Value::Null).await?[0], "id")
        }
        "group" => {
            mention(world).await?;
            let groups = world.does("alice", "GET", "/api/v2/notifications?limit=1", Value::Null).await?;
            word(&groups["notification_groups"][0], "group_key")
        }
        "featured_tag" => {
            world.id("alice", "POST", "/api/v1/featured_tags", json!({"name": format!("once{number}")})).await
        }
        "app_token" => world.app_token("read").await,
        "pending" => {
            let id = world.resident(&format!("guest{number}"), "member").await;
            write(world, "UPDATE users SET approved_at = NULL WHERE account_id = ?1", id.0).await;
            Ok(id.to_string())
        }
        "account" => Ok(world.resident(&format!("guest{number}"), "member").await.to_string()),
        "collection" => {
            spare_a_collection(world).await?;
            let collection = world.does("alice", "POST", "/api/v1/collections", collection(number)).await?;
            let id = word(&collection["collection"], "id")?;
            let item = json!({"account_id": world.thing("bob").await?});
            let item = world.does("alice", "POST", &format!("/api/v1/collections/{id}/items"), item).await;
            world.keep("item", item.and_then(|item| word(&item["collection_item"], "id")));
            Ok(id)
        }
        // That of the collection made last.
        "item" => world.thing("item").await,
        "domain_allow" | "domain_block" | "email_domain_block" | "ip_block" | "canonical_email_block" => {
            let body = match kind {
                "ip_block" => json!({"ip": format!("198.51.{number}.0/24"), "severity": "no_access"}),
                "canonical_email_block" => json!({"email": format!("bad{number}@example.com")}),
                "domain_block" => json!({"domain": format!("bad{number}.example"), "severity": "silence"}),
                _ => json!({"domain": format!("bad{number}.example")}),
            };
            world.id("alice", "POST", &format!("/api/v1/admin/{kind}s"), body).await
        }
        _ => super::extensions::make(world, kind).await,
    }
}

/// Nobody has more than ten collections: of those made for a single call the oldest goes.
async fn spare_a_collection(world: &World) -> Made<()> {
    let path = format!("/api/v1/accounts/{}/collections", world.thing("alice").await?);
    let all = world.does("alice", "GET", &path, Value::Null).await?;
    let all: Vec<String> =
        all["collections"].as_array().into_iter().flatten().filter_map(|one| word(one, "id").ok()).collect();
    if all.len() > 8 {
        // Those that `fill` made are the oldest, and stay.
        world.does("alice", "DELETE", &format!("/api/v1/collections/{}", all[0]), Value::Null).await?;
    }
    Ok(())
}

async fn mention(world: &World) -> Made<String> {
    world.id("erin", "POST", "/api/v1/statuses", json!({"status": "@alice Good morning"})).await
}

fn filter() -> Value {
    json!({"title": "Once", "context": ["account"], "keywords_attributes": [{"keyword": "unheard of"}]})
}

fn collection(number: u32) -> Value {
    json!({"name": format!("People {number}"), "description": "Of here", "discoverable": true, "sensitive": false})
}

/// What the owner makes, and what several calls share.
pub async fn fill(world: &World) {
    // RFC 8291, appendix A.
    world.put("p256dh", "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4");
    world.put("push_auth", "BTBZMqHH6r4Tts7J_aSIgg");
    let now = world.here.app.clock.now();
    world.put("today", &now.rfc3339());
    world.put("week_ago", &Time(now.0 - 7 * 86_400_000).rfc3339());
    write(world, "UPDATE accounts SET discoverable = 1 WHERE domain IS NULL AND id > ?1", 0).await;
    house(world).await;
    for name in ["bob", "carol", "dave", "erin", "frank"] {
        let about =
            json!({"account_id": world.thing("bob").await.unwrap_or_default(), "comment": "Hm", "category": "spam"});
        let reporter = if name == "bob" { "alice" } else { name };
        world.keep("reported", world.id(reporter, "POST", "/api/v1/reports", about).await);
        for kind in ["domain_allow", "domain_block", "email_domain_block", "ip_block", "canonical_email_block"] {
            world.keep(kind, make(world, kind).await);
        }
        world.keep("collection", make(world, "collection").await);
        // Of this one frank may be suspended, refused and so on, without anybody missing him.
        world.keep("guest", make(world, "account").await);
    }
    let reports = world.does("alice", "GET", "/api/v1/admin/reports", Value::Null).await;
    world.keep("report", reports.and_then(|list| word(&list[0], "id")));
    let suspended = async {
        let id = make(world, "account").await?;
        world.does("alice", "POST", &format!("/api/v1/admin/accounts/{id}/action"), json!({"type": "suspend"})).await?;
        Ok(id)
    };
    world.keep("suspended_account", suspended.await);
    let unconfirmed = world.resident("unconfirmed", "member").await;
    write(world, "UPDATE users SET confirmed_at = NULL WHERE account_id = ?1", unconfirmed.0).await;
    world.token("unconfirmed", "write:accounts").await;
    let came = "INSERT INTO memberships (account_id, app_id) SELECT ?1, id FROM apps WHERE name = 'test' LIMIT 1";
    write(world, came, unconfirmed.0).await;
    world.keep("kept", make(world, "kept").await);
    world.keep("refresh", lost_home(world).await);
    trends(world).await;
    if let Err(why) = world.app_token("read").await {
        world.keep("client_id", Err(why));
    }
    world.keep("consent", Browser::consent(world).await);
    world.keep("authorized_app", Browser::first_app(world).await);
    super::extensions::fill(world).await;
    super::plugins::fill(world).await;
}

/// A home that is lost is filled again; this is the name of that work.
async fn lost_home(world: &World) -> Made<String> {
    let alice: i64 = world.thing("alice").await?.parse().map_err(|_| "alice has no id".to_owned())?;
    write(world, "DELETE FROM home_timeline WHERE account_id = ?1", alice).await;
    let token = world.token("alice", SCOPES).await;
    let answer = world.ask("GET", "/api/v1/timelines/home", Some(&token), &Body::None).await;
    let named = answer.header("mastodon-async-refresh").split('"').nth(1).map(str::to_owned);
    named.ok_or_else(|| format!("home answers {} and names no work", answer.status))
}

/// What the operator sets up: rules, terms, announcements, emoji; and an invitation.
async fn house(world: &World) {
    let rules = r#"[{"text": "Be kind", "hint": "Always", "translations": {"ja": {"text": "親切に", "hint": ""}}}]"#;
    let (translator, _) = crate::translation::service().await;
    let set = world.here.app.store.write(move |tx| {
        settings::set(tx, "rules", rules)?;
        settings::set(tx, "registrations", "open")?;
        settings::set(tx, "show_domain_blocks", "all")?;
        settings::set(tx, settings::TRANSLATION_URL, &translator)?;
        settings::set(tx, settings::TRANSLATION_KEY, "sesame")
    });
    world.keep("rules", set.await.map(|()| String::new()).map_err(|why| why.to_string()));
    let terms = "INSERT INTO terms_of_service (effective_on, text, published_at) VALUES ('2026-01-01', 'Be kind', ?1)";
    write(world, terms, world.here.app.clock.now().0).await;
    world.put("terms_date", "2026-01-01");
    let status = world.thing("status_url").await.unwrap_or_default();
    let told = json!({"text": format!("Tea at five for everybody #tea @bob {status}")});
    world.keep("announcement", world.id("alice", "POST", "/api/nagaya/v1/admin/announcements", told).await);
    let token = world.token("alice", SCOPES).await;
    let emoji = Body::Image(json!({"shortcode": "tea", "category": "Drinks"}));
    let emoji = world.ask("POST", "/api/nagaya/v1/admin/emojis", Some(&token), &emoji).await;
    world.keep("emoji", word(&emoji.json(), "shortcode"));
    let invite = world.does("alice", "POST", "/api/nagaya/v1/invites", json!({})).await;
    world.keep("invite", invite.and_then(|invite| word(&invite, "code")));
}

/// Writes by SQL what only time or a stranger could bring about.
async fn write(world: &World, sql: &'static str, parameter: i64) {
    let written = world.here.app.store.write(move |tx| Ok(tx.execute(sql, [parameter])?));
    world.keep(sql, written.await.map(|_| String::new()).map_err(|why| why.to_string()));
}

/// Everything that is talked about, approved by the owner.
async fn trends(world: &World) {
    // What trends is reckoned from two days of many people's doings, and tested where it is reckoned.
    for sql in [
        "INSERT OR IGNORE INTO trends (kind, id, score) SELECT 'tag', id, 1.0 FROM tags WHERE id > ?1",
        "INSERT OR IGNORE INTO trends (kind, id, score) SELECT 'status', s.id, 1.0 FROM statuses s
         WHERE s.id > ?1 AND s.local AND s.visibility = 'public' AND s.reblog_of_id IS NULL",
        "INSERT INTO cards (url, page, title, provider_name, fetched_at)
         SELECT 'https://news' || s.id || '.example/tea', 'https://news' || s.id || '.example/tea', 'Tea', 'News', 1
         FROM statuses s WHERE s.id > ?1 AND s.local AND s.visibility = 'public' AND s.reblog_of_id IS NULL
         AND s.id NOT IN (SELECT status_id FROM status_cards) ORDER BY s.id DESC LIMIT 4",
        "INSERT INTO status_cards (status_id, card_id) SELECT s.id, c.id FROM cards c
         JOIN statuses s ON c.url = 'https://news' || s.id || '.example/tea' WHERE s.id > ?1",
        "INSERT INTO publishers (domain) SELECT 'news' || status_id || '.example' FROM status_cards WHERE status_id > ?1",
        "INSERT OR IGNORE INTO trends (kind, id, score) SELECT 'link', card_id, 1.0 FROM status_cards WHERE card_id > ?1",
        // All that is left of alice's posts links to one of the pages, which is talked of most.
        "INSERT INTO status_cards (status_id, card_id) SELECT s.id, (SELECT max(id) FROM cards) FROM statuses s
         WHERE s.id > ?1 AND s.local AND s.visibility = 'public' AND s.reblog_of_id IS NULL
         AND s.id NOT IN (SELECT status_id FROM status_cards)",
        "UPDATE trends SET score = 2.0 WHERE kind = 'link' AND id > ?1 AND id = (SELECT max(id) FROM cards)",
    ] {
        write(world, sql, 0).await;
    }
    for (kind, name) in [("tags", "trending_tag"), ("statuses", "trending_status"), ("links", "trending_link")] {
        let list = world.does("alice", "GET", &format!("/api/v1/admin/trends/{kind}"), Value::Null).await;
        world.keep(name, list.clone().and_then(|list| word(&list[0], "id")));
        if kind == "links" {
            world.keep("trending_url", list.clone().and_then(|list| word(&list[0], "url")));
        }
        for item in list.unwrap_or_default().as_array().into_iter().flatten() {
            let Ok(id) = word(item, "id") else { continue };
            let path = format!("/api/v1/admin/trends/{kind}/{id}/approve");
            world.keep("approved", world.does("alice", "POST", &path, Value::Null).await.map(|_| String::new()));
        }
    }
    let publishers = world.does("alice", "GET", "/api/v1/admin/trends/links/publishers", Value::Null).await;
    world.keep("publisher", publishers.and_then(|list| word(&list[0], "id")));
    let tags = world.does("alice", "GET", "/api/v1/admin/tags", Value::Null).await;
    world.keep("tag", tags.and_then(|list| word(&list[0], "id")));
}
