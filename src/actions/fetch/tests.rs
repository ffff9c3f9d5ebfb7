//! Fetching, over a network that a test plays.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::actions::resolve;
use crate::activitypub::signature::{Scheme, generate};
use crate::outbound::Hop;
use crate::testing::net::{ACTIVITY, Asked, Page, jrd, person, played};
use crate::testing::{self, NOW};

/// Made once: it takes a while.
static PAIR: LazyLock<(String, String)> = LazyLock::new(|| generate().expect("makes keys"));
const BOB: &str = "https://b.example/users/bob";

/// A server whose network is `answer`.
async fn world(answer: impl Fn(&Hop) -> Option<Page> + Send + Sync + 'static) -> (tempfile::TempDir, App, Asked) {
    let (outbound, asked) = played(answer);
    let (folder, app) = testing::app_with(outbound);
    app.store
        .write(|tx| {
            let instance = testing::account(tx, accounts::INSTANCE.0, "here.example", None);
            testing::give_key(tx, instance.id, &PAIR);
            Ok(())
        })
        .await
        .expect("writes");
    (folder, app, asked)
}

fn bob() -> Value {
    person("b.example", "bob", &PAIR.1)
}

fn path(hop: &Hop) -> &str {
    hop.url.path()
}

/// Whether the signature of `hop` covers its query.
fn covers_query(hop: &Hop) -> bool {
    let headers = hop.headers.clone();
    let by_path = crate::activitypub::signature::parse("GET", hop.url.path(), &headers, b"").expect("readable");
    let key = crate::activitypub::signature::PublicKey::from_pem(&PAIR.1).expect("a key");
    !by_path.verify(&key)
}

#[tokio::test]
async fn s5_a_get_with_a_query_is_signed_once_more_without_it() {
    let (_folder, app, asked) = world(|hop| {
        if covers_query(hop) {
            return Some(Page::status(401));
        }
        let mut document = bob();
        document["id"] = json!("https://b.example/users/bob?v=1");
        Some(Page::document(&document))
    })
    .await;
    let found = document(&app, "https://b.example/users/bob?v=1", &mut Budget::default()).await.expect("found");
    assert_eq!((found["preferredUsername"].as_str(), asked.count()), (Some("bob"), 2));
}

#[tokio::test]
async fn s8_a_get_knocks_three_times_at_most_and_remembers_what_worked() {
    let (_folder, app, asked) = world(|hop| match path(hop) {
        "/users/bob" if hop.header("signature-input").is_some() => Some(Page::document(&bob())),
        _ => Some(Page::status(401)),
    })
    .await;
    for _ in 0..2 {
        document(&app, BOB, &mut Budget::default()).await.expect("found");
    }
    assert_eq!(asked.count(), 3, "cavage and RFC 9421 the first time, RFC 9421 at once the second time");
    asked.clear();
    assert!(document(&app, "https://c.example/x?y=1", &mut Budget::default()).await.is_err());
    assert_eq!(asked.count(), 3, "with the query, without it, and by RFC 9421");
}

#[tokio::test]
async fn s8_a_server_that_says_which_signature_it_wants_gets_it() {
    let wish = r#"k=("@method" "@target-uri" "date");created;nonce="abc""#;
    let (_folder, app, asked) = world(move |hop| match hop.header("signature-input") {
        Some(input) if input.starts_with("k=") && input.contains("\"date\"") && input.contains("nonce=\"abc\"") => {
            Some(Page::document(&bob()))
        }
        _ => Some(Page::status(401).with("accept-signature", wish)),
    })
    .await;
    document(&app, BOB, &mut Budget::default()).await.expect("found");
    assert_eq!(asked.count(), 2);
}

#[tokio::test]
async fn fep_844e_a_server_that_says_it_reads_rfc_9421_is_asked_that_way_first() {
    let (_folder, app, asked) = world(|hop| match path(hop) {
        "/users/bob" => {
            let mut bob = bob();
            bob["generator"] = json!({"type": "Application", "implements": [{"href": build::RFC_9421}]});
            Some(Page::document(&bob))
        }
        "/.well-known/webfinger" => Some(jrd("b.example", "bob")),
        _ => Some(Page::status(404)),
    })
    .await;
    actor(&app, BOB, &mut Budget::default()).await.expect("found");
    let known = app.store.read(|db| peers::speaks(db, "https://b.example")).await.expect("reads");
    assert_eq!((known.first(NOW), known.confirmed(NOW)), (Scheme::Rfc9421, None));
    asked.clear();
    let _ = document(&app, "https://b.example/notes/1", &mut Budget::default()).await;
    assert!(asked.hops()[0].header("signature-input").is_some());
}

#[tokio::test]
async fn s10_s11_keys_and_all_else_are_asked_for_by_the_instance_actor() {
    let (_folder, app, asked) = world(|hop| match path(hop) {
        "/users/bob" => Some(Page::document(&bob())),
        "/.well-known/webfinger" => Some(jrd("b.example", "bob")),
        _ => Some(Page::status(404)),
    })
    .await;
    let found = key(&app, &format!("{BOB}#main-key"), false).await.expect("found");
    assert_eq!(found.owner_uri, BOB);
    let signed: Vec<_> = asked.hops().iter().filter_map(|hop| hop.header("signature").map(str::to_owned)).collect();
    assert!(!signed.is_empty());
    assert!(
        signed.iter().all(|value| value.contains("keyId=\"https://here.example/users/here.example#main-key\"")),
        "{signed:?}"
    );
}

/// A key document's own word about its owner is worthless: the owner must list the key and share its origin.
/// Fedify GHSA-q9f8-5hc7-898f and CVE-2025-54888; Discourse PR #325 and #327, where `acct:` ids bound keys to anybody.
#[tokio::test]
async fn ghsa_q9f8_cve_2025_54888_discourse_325_327_v9_only_the_owners_document_gives_a_key_its_owner() {
    let pem = || PAIR.1.clone();
    let (_folder, app, asked) = world(move |hop| {
        let lone = |owner: &str| {
            Page::document(&json!({"@context": "https://www.w3.org/ns/activitystreams", "id": hop.url.as_str(),
                                   "owner": owner, "publicKeyPem": pem()}))
        };
        let host = hop.url.host_str().unwrap_or_default();
        match (host, path(hop)) {
            (_, "/.well-known/webfinger") => Some(Page::status(404)),
            // GoToSocial: a stub of the actor at the key's own address.
            ("gts.example", "/users/bob/main-key" | "/users/bob") => {
                let mut bob = person("gts.example", "bob", &pem());
                bob["publicKey"]["id"] = json!("https://gts.example/users/bob/main-key");
                // The stub is the actor's own document.
                Some(Page::document(&bob))
            }
            ("lone.example", "/key") => Some(lone("https://lone.example/users/bob")),
            ("lone.example", "/users/bob") => {
                let mut bob = person("lone.example", "bob", &pem());
                bob["publicKey"] = json!([{"id": "https://lone.example/key", "owner": bob["id"], "publicKeyPem": pem()}]);
                Some(Page::document(&bob))
            }
            ("multi.example", "/users/bob") => {
                let mut bob = person("multi.example", "bob", &pem());
                bob["assertionMethod"] = json!([{"id": "https://multi.example/users/bob#ed", "type": "Multikey",
                    "controller": bob["id"], "publicKeyMultibase": "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"}]);
                Some(Page::document(&bob))
            }
            ("b.example", "/users/bob") => Some(Page::document(&bob())),
            // Mallory's key says that it is Bob's, at home and abroad.
            ("b.example", "/mallorys-key") => Some(lone(BOB)),
            ("evil.example", "/key") => Some(lone(BOB)),
            _ => Some(Page::status(404)),
        }
    })
    .await;
    for (key_id, expected) in [
        ("https://gts.example/users/bob/main-key", true),
        ("https://lone.example/key", true),
        ("https://multi.example/users/bob#main-key", true),
        ("https://multi.example/users/bob#ed", true),
        // PeerTube names the actor; it has one key.
        (BOB, true),
        ("https://b.example/mallorys-key", false),
        ("https://evil.example/key", false),
        ("https://b.example/users/bob#other-key", false),
        ("acct:bob@b.example", false),
        ("https://nobody.example/#k", false),
    ] {
        assert_eq!(key(&app, key_id, false).await.is_ok(), expected, "{key_id}");
    }
    assert_eq!(asked.count_of("acct:"), 0);
}

/// Mastodon CVE-2024-23832 and GHSA-3fjr: what a document says of its own id was believed. Misskey CVE-2024-52591 and
/// CVE-2025-25306: compared with the wrong address. Akkoma 2024.03: posing behind a redirect.
#[tokio::test]
async fn cve_2024_23832_cve_2024_52591_cve_2025_25306_akkoma_2024_03_f7_a_document_is_believed_only_at_its_own_address()
{
    let (_folder, app, _) = world(|hop| {
        let claims = |id: &str| {
            Some(Page::document(
                &json!({"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Note"}),
            ))
        };
        match hop.url.as_str() {
            "https://b.example/1" => claims("https://b.example/1"),
            "https://b.example/alias" => claims("https://b.example/1"),
            "https://b.example/@bob/1" => Some(Page::redirect("https://b.example/1")),
            // Each of these claims to be somebody else's.
            "https://evil.example/1" => claims("https://b.example/1"),
            "https://b.example/upload" => claims("https://victim.example/1"),
            "https://b.example/liar" => claims("https://b.example/liar2"),
            "https://b.example/liar2" => claims("https://b.example/liar"),
            "https://evil.example/redirect" => Some(Page::redirect("https://b.example/upload")),
            "https://b.example/none" => {
                Some(Page::document(&json!({"@context": "https://www.w3.org/ns/activitystreams", "type": "Note"})))
            }
            "https://b.example/case" => claims("https://b.example/CASE"),
            "https://b.example/slash" => claims("https://b.example/slash/"),
            _ => Some(Page::status(404)),
        }
    })
    .await;
    for (url, expected) in [
        ("https://b.example/1", true),
        ("https://b.example/1#fragment", true),
        ("https://b.example/alias", true),
        ("https://b.example/@bob/1", true),
        ("https://evil.example/1", false),
        ("https://b.example/upload", false),
        ("https://b.example/liar", false),
        ("https://evil.example/redirect", false),
        ("https://b.example/none", false),
        ("https://b.example/case", false),
        ("https://b.example/slash", false),
        ("http://b.example/1", false),
        ("https://u:p@b.example/1", false),
    ] {
        assert_eq!(document(&app, url, &mut Budget::default()).await.is_ok(), expected, "{url}");
    }
}

/// Mastodon CVE-2024-25623, Misskey CVE-2024-25636: uploads served as plain JSON or text were taken for documents.
#[tokio::test]
async fn cve_2024_25623_cve_2024_25636_f5_an_upload_is_no_document() {
    let (_folder, app, _) = world(|hop| {
        let kind = match path(hop) {
            "/activity" => ACTIVITY,
            "/profile" => r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#,
            "/json" => "application/json",
            "/ld" => "application/ld+json",
            "/text" => "text/plain",
            "/html" => "text/html",
            _ => "application/octet-stream",
        };
        let note = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": hop.url.as_str(), "type": "Note"});
        Some(Page::new(200, kind, &note.to_string()))
    })
    .await;
    for (path, expected) in [
        ("activity", true),
        ("profile", true),
        ("json", false),
        ("ld", false),
        ("text", false),
        ("html", false),
        ("bin", false),
    ] {
        let url = format!("https://b.example/{path}");
        assert_eq!(document(&app, &url, &mut Budget::default()).await.is_ok(), expected, "{path}");
    }
}

#[tokio::test]
async fn f7_a_page_for_people_is_followed_one_hop_to_its_document() {
    let (_folder, app, asked) = world(|hop| {
        let page = |to: &str| {
            Page::new(200, "text/html", &format!("<link rel=\"alternate\" type=\"{ACTIVITY}\" href=\"{to}\">"))
        };
        match hop.url.as_str() {
            "https://www.b.example/@bob" => Some(page(BOB)),
            BOB => Some(Page::document(&bob())),
            "https://b.example/.well-known/webfinger?resource=acct%3Abob%40b.example" => Some(jrd("b.example", "bob")),
            "https://loop.example/1" => Some(page("https://loop.example/2")),
            "https://loop.example/2" => Some(page("https://loop.example/1")),
            _ => Some(Page::status(404)),
        }
    })
    .await;
    let found = resolve::by_url(&app, "https://www.b.example/@bob").await.expect("resolves");
    assert!(matches!(found, Some(resolve::Found::Account(account)) if account.uri == BOB));
    asked.clear();
    assert!(resolve::by_url(&app, "https://loop.example/1").await.is_err());
    assert!(asked.count() <= 4, "{:?}", asked.lines());
}

#[tokio::test]
async fn f8_the_page_of_an_actor_may_be_elsewhere_and_scripts_are_no_pages() {
    for (url, expected) in [
        (json!("https://www.threads.example/@bob"), "https://www.threads.example/@bob"),
        (
            json!([{"type": "Link", "mediaType": "text/html", "href": "https://bsky.example/bob"}]),
            "https://bsky.example/bob",
        ),
        (json!("javascript:alert(1)"), BOB),
        (json!("data:text/html,x"), BOB),
        (json!(7), BOB),
    ] {
        let mut bob = bob();
        bob["url"] = url.clone();
        assert_eq!(wire::read(&bob, false).expect("readable").url, expected, "{url}");
    }
}

#[tokio::test]
async fn f4_f6_what_we_ask_for_names_both_types() {
    let (_folder, app, asked) = world(|_| Some(Page::status(404))).await;
    let _ = document(&app, BOB, &mut Budget::default()).await;
    let hops = asked.hops();
    assert_eq!(
        hops[0].header("accept"),
        Some(r#"application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams""#)
    );
}

#[tokio::test]
async fn f11_an_actor_that_is_not_there_is_asked_for_once_a_day() {
    let (_folder, app, asked) = world(|_| Some(Page::status(404))).await;
    for _ in 0..20 {
        assert!(actor(&app, BOB, &mut Budget::default()).await.is_err());
    }
    assert_eq!(asked.count(), 1);
    app.clock.advance(Duration::from_secs(86_400));
    assert!(actor(&app, BOB, &mut Budget::default()).await.is_err());
    assert_eq!(asked.count(), 2);
}

#[tokio::test]
async fn f12_an_old_actor_is_read_again_on_activity_and_its_handle_is_not_looked_up_again() {
    let (_folder, app, asked) = world(|hop| match path(hop) {
        "/users/bob" => Some(Page::document(&bob())),
        "/.well-known/webfinger" => Some(jrd("b.example", "bob")),
        _ => Some(Page::status(404)),
    })
    .await;
    let mut counts = Vec::new();
    for hours in [0, 1, 24, 24, 48] {
        app.clock.advance(Duration::from_secs(hours * 3_600).saturating_sub(app.clock.now().since(NOW)));
        actor(&app, BOB, &mut Budget::default()).await.expect("found");
        counts.push((asked.count_of("/users/bob"), asked.count_of("webfinger")));
    }
    // The address of the actor is part of no WebFinger question, which asks by acct.
    assert_eq!(counts, [(1, 1), (1, 1), (2, 1), (2, 1), (3, 1)]);
}

#[tokio::test]
async fn w2_webfinger_falls_back_to_host_meta_and_refuses_odd_self_links() {
    let (_folder, app, asked) = world(|hop| {
        let xrd = "<?xml version='1.0'?><XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\
                   <Link rel='lrdd' type='application/xrd+xml' template='https://finger.example/q?r={uri}&amp;x=1'/></XRD>";
        let mut carol = person("carol.example", "carol", &PAIR.1);
        carol["webfinger"] = json!("carol@carol.example");
        let link = |href: &str| {
            let jrd = json!({"subject": "acct:x@odd.example", "links": [{"rel": "self", "type": ACTIVITY, "href": href}]});
            Some(Page::new(200, "application/jrd+json", &jrd.to_string()))
        };
        match (hop.url.host_str().unwrap_or_default(), path(hop)) {
            ("carol.example", "/.well-known/host-meta") => Some(Page::new(200, "application/xrd+xml", xrd)),
            ("finger.example", "/q") if hop.url.query() == Some("r=acct%3Acarol%40carol.example&x=1") => Some(jrd("carol.example", "carol")),
            ("carol.example", "/users/carol") => Some(Page::document(&carol)),
            ("json.example", "/.well-known/host-meta") => Some(Page::new(200, "application/json",
                &json!({"links": [{"rel": "lrdd", "template": "https://finger.example/json?r={uri}"}]}).to_string())),
            ("finger.example", "/json") => Some(jrd("carol.example", "carol")),
            ("plain.example", "/.well-known/webfinger") => link("http://plain.example/users/x"),
            ("ours.example", "/.well-known/webfinger") => link("https://here.example/users/here.example"),
            ("huge.example", "/.well-known/webfinger") => Some(Page::new(200, "application/jrd+json", &" ".repeat(70_000))),
            _ => Some(Page::status(404)),
        }
    })
    .await;
    for (name, domain, expected) in [
        ("carol", "carol.example", Some("https://carol.example/users/carol")),
        ("carol", "json.example", Some("https://carol.example/users/carol")),
        ("x", "plain.example", None),
        ("x", "ours.example", None),
        ("x", "huge.example", None),
        ("x", "nobody.example", None),
    ] {
        let found = resolve::by_handle(&app, name, Some(domain)).await;
        assert_eq!(found.ok().flatten().map(|account| account.uri).as_deref(), expected, "{domain}");
    }
    assert_eq!(asked.count_of("http://"), 0);
}

/// Akkoma 2024.04.1: a handle was taken from whoever claimed it.
#[tokio::test]
async fn akkoma_2024_04_1_a11_a_handle_needs_both_sides() {
    let (_folder, app, _) = world(|hop| match (hop.url.host_str().unwrap_or_default(), path(hop)) {
        ("evil.example", "/users/bob") => {
            let mut bob = person("evil.example", "bob", &PAIR.1);
            bob["webfinger"] = json!("bob@victim.example");
            Some(Page::document(&bob))
        }
        ("victim.example", "/.well-known/webfinger") => Some(jrd("victim.example", "bob")),
        _ => Some(Page::status(404)),
    })
    .await;
    let found = actor(&app, "https://evil.example/users/bob", &mut Budget::default()).await.expect("found");
    assert_eq!(found.domain.as_deref(), Some("evil.example"));
}

#[tokio::test]
async fn w4_peers_we_deliver_to_are_asked_what_they_run_once_a_day() {
    use super::super::peer_software;
    use crate::store::peer_software::{Software, of};
    let (_folder, app, asked) = world(|hop| match (hop.url.host_str().unwrap_or_default(), path(hop)) {
        ("b.example" | "stranger.example", "/.well-known/nodeinfo") => Some(Page::new(200, "application/json",
            r#"{"links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": "https://b.example/n/2.0"},
                          {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": "https://b.example/n/2.1"}]}"#)),
        ("b.example", "/n/2.1") => Some(Page::new(200, "application/json", r#"{"software": {"name": "snac", "version": "2.94"}}"#)),
        ("liar.example", "/.well-known/nodeinfo") => Some(Page::new(200, "application/json",
            r#"{"links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": "https://b.example/n/2.1"}]}"#)),
        _ => Some(Page::status(404)),
    })
    .await;
    let delivered = |host: &'static str| {
        app.store.write(move |tx| peers::success(tx, &format!("https://{host}"), Scheme::Cavage, 5, NOW))
    };
    for host in ["b.example", "liar.example", "mute.example"] {
        delivered(host).await.expect("writes");
    }
    assert_eq!(peer_software::ask_some(&app).await.expect("asks"), 3);
    let known = |host: &'static str| app.store.read(move |db| of(db, host));
    assert_eq!(
        known("b.example").await.expect("reads"),
        Some(Software { name: "snac".into(), version: "2.94".into() })
    );
    assert_eq!(known("liar.example").await.expect("reads"), None, "another host's word");
    assert_eq!(asked.count_of("stranger.example"), 0);
    let before = asked.count();
    app.clock.advance(Duration::from_secs(86_000));
    assert_eq!(peer_software::ask_some(&app).await.expect("asks"), 0);
    app.clock.advance(Duration::from_secs(1_000));
    assert_eq!(peer_software::ask_some(&app).await.expect("asks"), 3);
    assert!(asked.count() > before);
}
