//! What went wrong elsewhere, tried here. One test for each row of the advisory list that no other test is named after;
//! the ids stand in the names, those that did not fit in the comments.

use super::*;
use crate::activitypub::{actor as wire_actor, note as wire_note, proof};
use crate::federation::verbs::{self, Received};
use crate::media::{Means, Purpose};
use crate::server;
use crate::store::{follows, statuses};
use crate::testing::net::{ACTIVITY, Asked, Page, jrd, person, played};
use crate::text::{clean, links};

const CAROL: &str = "https://c.example/users/carol";
const NOTE: &str = "https://c.example/notes/1";
const ALICE: &str = "https://here.example/users/alice";
const EVERYBODY: &str = "https://www.w3.org/ns/activitystreams#Public";

/// alice follows bob and carol; carol's post is known. Carol's server answers for her and her post.
async fn world(
    answer: impl Fn(&crate::outbound::Hop) -> Option<Page> + Send + Sync + 'static,
) -> (TempDir, App, Asked) {
    let (outbound, asked) = played(answer);
    let (folder, app) = testing::app_with(outbound);
    app.store
        .write(|tx| {
            let instance = testing::account(tx, accounts::INSTANCE.0, "here.example", None);
            testing::give_key(tx, instance.id, &PAIRS[0]);
            let alice = testing::resident(tx, 1, "alice");
            testing::give_key(tx, alice.id, &PAIRS[0]);
            for (id, name, host) in [(2, "bob", "b.example"), (3, "eve", "b.example"), (4, "carol", "c.example")] {
                testing::account(tx, id, name, Some(host));
                tx.execute("UPDATE accounts SET fetched_at = ?1 WHERE id = ?2", (testing::NOW, id))?;
                tx.execute(
                    "INSERT INTO follows (id, account_id, target_id, uri, accepted, created_at) VALUES (?1, 1, ?1, 'f' || ?1, 1, 0)",
                    [id],
                )?;
            }
            Ok(())
        })
        .await
        .expect("writes");
    assert!(from(&app, CAROL, create(CAROL, NOTE, &json!({}))).await.starts_with("stored"));
    asked.clear();
    (folder, app, asked)
}

fn note(author: &str, id: &str, extra: &Value) -> Value {
    let mut note = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Note", "attributedTo": author,
        "content": "<p>As it was</p>", "published": testing::NOW.rfc3339(), "to": [EVERYBODY]});
    for (key, value) in extra.as_object().expect("an object") {
        note[key] = value.clone();
    }
    note
}

fn create(author: &str, id: &str, extra: &Value) -> Value {
    let note = note(author, id, extra);
    json!({"id": format!("{id}/activity"), "type": "Create", "actor": author, "to": note["to"], "object": note})
}

async fn from(app: &App, signer: &str, activity: Value) -> String {
    let received = Received { activity, signer: signer.into(), recipient: None };
    verbs::receive(app, received).await.unwrap_or_else(|error| format!("refused: {error}"))
}

/// What we hold of the post `uri`.
async fn content(app: &App, uri: &str) -> Option<String> {
    let uri = uri.to_owned();
    app.store.read(move |db| statuses::by_uri(db, &uri)).await.expect("reads").map(|status| status.content)
}

fn unchanged() -> Option<String> {
    Some("<p>As it was</p>".into())
}

fn carols_server(hop: &crate::outbound::Hop) -> Option<Page> {
    match (hop.url.host_str().unwrap_or_default(), hop.url.path()) {
        ("c.example", "/users/carol") => Some(Page::document(&person("c.example", "carol", &PAIRS[1].1))),
        ("c.example", "/notes/1") => Some(Page::document(&note(CAROL, NOTE, &json!({})))),
        ("c.example", "/.well-known/webfinger") => Some(jrd("c.example", "carol")),
        _ => Some(Page::status(404)),
    }
}

/// Mastodon CVE-2022-24307 (#17426), CVE-2026-46349, CVE-2026-48028; Misskey GHSA-2vxv-pv3m-3wvj, CVE-2026-46713; Fedify
/// CVE-2026-42462: documents were restructured under their Linked Data signature. We believe none; only ids count.
#[tokio::test]
async fn cve_2022_24307_ghsa_2vxv_cve_2026_46349_cve_2026_42462_linked_data_signatures_prove_nothing() {
    let (_folder, app, asked) = world(carols_server).await;
    let signature = json!({"type": "RsaSignature2017", "creator": format!("{CAROL}#main-key"),
                           "created": testing::NOW.rfc3339(), "signatureValue": "AAAA"});
    for (kind, object) in [
        ("Update", note(CAROL, NOTE, &json!({"content": "forged", "updated": "2026-08-08T00:00:00Z"}))),
        ("Delete", json!(NOTE)),
        ("Create", note(CAROL, "https://c.example/notes/2", &json!({"content": "forged"}))),
    ] {
        let activity = json!({"@context": ["https://www.w3.org/ns/activitystreams", {"@graph": "x"}], "id": "https://c.example/a",
            "type": kind, "actor": CAROL, "object": object, "signature": signature, "@graph": [{"actor": CAROL}],
            "@included": [{"id": NOTE}], "@reverse": {"object": NOTE}});
        from(&app, BOB, activity).await;
    }
    assert_eq!(content(&app, NOTE).await, unchanged());
    assert_eq!(content(&app, "https://c.example/notes/2").await, None);
    assert!(asked.count_of("c.example/notes/") >= 2, "the origin was asked instead");
}

/// Mastodon CVE-2026-50128: a term that no context defines was left out of what was signed. Canonical JSON has all.
#[tokio::test]
async fn cve_2026_50128_a_proof_covers_every_term_of_the_document() {
    let (_folder, app, asked) = world(carols_server).await;
    let own = crate::activitypub::signature::ProofKey::generate().expect("a key").0;
    let pem = crate::activitypub::keys::listed(
        &json!({"assertionMethod": {"id": format!("{CAROL}#ed"), "controller": CAROL, "publicKeyMultibase": own.multibase()}}),
        CAROL,
    );
    let known = vec![(format!("{CAROL}#ed"), pem[0].pem.clone())];
    app.store.write(move |tx| keys::replace_public(tx, AccountId(4), &known, testing::NOW)).await.expect("writes");
    let mut proven = create(CAROL, "https://c.example/notes/3", &json!({"content": "<p>Mine</p>"}));
    proven["@context"] = json!("https://www.w3.org/ns/activitystreams");
    proof::attach(&mut proven, &format!("{CAROL}#ed"), &own, testing::NOW);
    let mut forged = proven.clone();
    forged["object"]["undefinedTerm"] = json!("added");
    from(&app, BOB, forged).await;
    assert_eq!(content(&app, "https://c.example/notes/3").await, None, "changed: its origin was asked, and has none");
    app.fetches.forget("https://c.example/notes/3");
    asked.clear();
    let answer = from(&app, BOB, proven).await;
    assert!(answer.starts_with("stored"), "{answer}");
    assert_eq!(asked.count(), 0, "what is proven need not be asked for (FEP-8b32, rule A8)");
}

/// Mastodon CVE-2023-36459, CVE-2023-36462, CVE-2023-42452: HTML from names, previews and translators.
#[test]
fn cve_2023_36459_cve_2023_36462_cve_2023_42452_texts_are_no_html() {
    let evil = "<script>alert(1)</script><img src=x onerror=alert(1)>Bob";
    let page = format!(
        "<html><head><title>{evil}</title><meta property='og:title' content='{}'></head></html>",
        evil.replace('<', "&lt;")
    );
    let about = crate::text::page::read(&page, &"https://b.example/".parse().expect("valid"));
    let texts = [
        clean::name(evil),
        clean::plain(evil),
        clean::html(&format!("<a href=\"javascript:alert(1)\" onclick=x>{evil}</a>")),
        about.title,
    ];
    for text in &texts[..3] {
        for bad in ["<script", "<img", "onerror=", "onclick", "javascript:"] {
            // A name is text: it may contain the characters, never as markup.
            assert!(!text.contains(bad) || !text.contains('<'), "{text}");
        }
    }
    let bob = json!({"id": BOB, "type": "Person", "preferredUsername": "bob", "inbox": format!("{BOB}/inbox"),
        "attachment": [{"type": "PropertyValue", "name": evil, "value": "<a href='javascript:x' rel='me'>x</a>"}]});
    let actor = wire_actor::read(&bob, false).expect("readable");
    assert!(!clean::html(&actor.fields[0].1).contains("javascript:"));
}

/// Mastodon CVE-2023-36460, Lemmy CVE-2026-29178: names and queries of others reached the file system and inner servers.
#[tokio::test]
async fn cve_2023_36460_cve_2026_29178_remote_files_get_names_of_our_own() {
    let mut picture = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(64, 64).write_to(&mut picture, image::ImageFormat::Png).expect("encodes");
    let picture = picture.into_inner();
    let outbound = crate::outbound::Outbound::fake(std::sync::Arc::new(move |hop| {
        let answer =
            crate::outbound::Response { status: 200, url: hop.url, headers: Vec::new(), body: picture.clone().into() };
        Box::pin(std::future::ready(Ok(answer)))
    }));
    let (folder, app) = testing::app_with(outbound);
    let means = Means { store: &app.store, outbound: &app.outbound, now: testing::NOW };
    for path in [
        "/../../../../etc/passwd.png",
        "/%2e%2e%2f%2e%2e%2fx.png",
        "/a.png?file=/etc/passwd&url=http://127.0.0.1/",
        "/;rm%20-rf.png",
    ] {
        let name = app.media.remote(means, Purpose::Avatar, &format!("https://b.example{path}")).await.expect("kept");
        assert!(
            name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) && !name.contains(".."),
            "{name}"
        );
    }
    assert!(!folder.path().join("../etc").exists());
}

/// Misskey GHSA-gq5q-c77c-v236: the media proxy asked itself, without end.
#[tokio::test]
async fn ghsa_gq5q_pictures_on_our_own_server_are_not_fetched_from_outside() {
    let (_folder, app, asked) = world(carols_server).await;
    app.store
        .write(|tx| {
            Ok(tx.execute(
                "UPDATE accounts SET avatar_remote_url = 'https://here.example/media/avatar/4' WHERE id = 4",
                [],
            )?)
        })
        .await
        .expect("writes");
    let request = Request::get("/media/avatar/4").body(Body::empty()).expect("builds");
    let answer = server::router(app.clone()).oneshot(request).await.expect("answers");
    assert_ne!(answer.status(), StatusCode::OK);
    assert_eq!(asked.count_of("here.example"), 0);
}

/// Mastodon GHSA-xjvf-fm67-4qc3: somebody else widened the audience of a post.
#[tokio::test]
async fn ghsa_xjvf_a6_nobody_else_adds_readers_to_a_post() {
    let (_folder, app, _) = world(carols_server).await;
    let letter = "https://c.example/notes/9";
    let to = |people: &[&str]| json!({"to": people, "tag": []});
    from(&app, CAROL, create(CAROL, letter, &to(&["https://c.example/users/dan"]))).await;
    let eve = "https://b.example/users/eve";
    for signer in [eve, BOB] {
        from(&app, signer, create(CAROL, letter, &to(&[ALICE, EVERYBODY]))).await;
        from(&app, signer, create(signer, letter, &to(&[ALICE, EVERYBODY]))).await;
    }
    let read = |db: &crate::store::Connection| {
        Ok(db.query_row(
            "SELECT count(*) FROM statuses WHERE uri = 'https://c.example/notes/9' AND visibility IN ('public', 'unlisted')",
            [],
            |row| row.get::<_, i64>(0),
        )?)
    };
    assert_eq!(app.store.read(read).await.expect("reads"), 0);
}

/// Mastodon GHSA-gwhw-gcjx-72v8, GHSA-ccpr-m53r-mfwr: private posts could be told from missing ones, and caches did not
/// know who was allowed.
#[tokio::test]
async fn ghsa_gwhw_ghsa_ccpr_a12_a_private_post_is_as_good_as_missing() {
    let (_folder, app, _) = world(carols_server).await;
    app.store
        .write(|tx| {
            for (id, visibility) in [(7, "private"), (8, "direct"), (9, "public")] {
                tx.execute(
                    "INSERT INTO statuses (id, uri, url, account_id, local, content, visibility, created_at)
                     VALUES (?1, 'https://here.example/users/alice/statuses/' || ?1, '', 1, 1, 'x', ?2, ?3)",
                    (id, visibility, testing::NOW),
                )?;
            }
            Ok(())
        })
        .await
        .expect("writes");
    let router = server::router(app.clone());
    let get = async |path: &str| {
        let request = Request::get(path).header("accept", ACTIVITY).body(Body::empty()).expect("builds");
        let answer = router.clone().oneshot(request).await.expect("answers");
        let status = answer.status().as_u16();
        (status, axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body"))
    };
    for tail in ["", "/activity", "/replies"] {
        let path = |id: i64| format!("/users/alice/statuses/{id}{tail}");
        // The public one fills the shelf first.
        assert_eq!(get(&path(9)).await.0, 200);
        let missing = get(&path(12345)).await;
        assert_eq!(missing.0, 404);
        for id in [7, 8] {
            assert_eq!(get(&path(id)).await, missing, "{id}{tail}");
        }
    }
}

/// Mastodon CVE-2026-23962 (GHSA-gg8q): nothing limited what a document may contain.
#[test]
fn cve_2026_23962_ghsa_gg8q_j12_lists_and_texts_of_others_are_capped() {
    let many = |count: usize, one: Value| Value::Array(vec![one; count]);
    let long = "x".repeat(100_000);
    let bob = json!({"id": BOB, "type": "Person", "preferredUsername": "bob", "inbox": format!("{BOB}/inbox"),
        "name": long, "summary": long, "attachment": many(10_000, json!({"type": "PropertyValue", "name": long, "value": long})),
        "alsoKnownAs": (0..10_000).map(|n| format!("https://x.example/{n}")).collect::<Vec<_>>()});
    let actor = wire_actor::read(&bob, false).expect("readable");
    assert!(
        actor.name.len() <= 2_048 && actor.summary_html.len() <= 20_000,
        "{} {}",
        actor.name.len(),
        actor.summary_html.len()
    );
    assert!(actor.fields.len() <= 50 && actor.fields[0].1.len() <= 2_047 && actor.also_known_as.len() <= 256);
    let tags: Vec<_> =
        (0..5_000).map(|n| json!({"type": "Mention", "href": format!("https://x.example/{n}")})).collect();
    let media: Vec<_> = (0..500).map(|n| json!({"type": "Document", "mediaType": "image/png", "url": format!("https://x.example/{n}"), "name": long})).collect();
    let read = wire_note::read(&note(BOB, "https://b.example/1", &json!({"tag": tags, "attachment": media})), false)
        .expect("readable");
    assert!(
        read.mentions.len() <= 100 && read.attachments.len() <= 16,
        "{} {}",
        read.mentions.len(),
        read.attachments.len()
    );
    assert!(
        wire_actor::read(&json!({"id": BOB, "type": "Person", "preferredUsername": long, "inbox": BOB}), false)
            .is_err()
    );
}

/// Mastodon CVE-2026-23961 (GHSA-5h2f): a suspended actor still acted, through others.
#[tokio::test]
async fn cve_2026_23961_ghsa_5h2f_a13_the_suspended_may_only_take_things_back() {
    let (_folder, app, _) = world(carols_server).await;
    app.store
        .write(|tx| Ok(tx.execute("UPDATE accounts SET suspended_at = 1 WHERE id = 4", [])?))
        .await
        .expect("writes");
    let new = "https://c.example/notes/5";
    for signer in [CAROL, BOB] {
        from(&app, signer, create(CAROL, new, &json!({}))).await;
        assert_eq!(content(&app, new).await, None, "{signer}");
    }
    let announce =
        json!({"id": "https://b.example/a/1", "type": "Announce", "actor": BOB, "object": new, "to": [EVERYBODY]});
    from(&app, BOB, announce).await;
    assert_eq!(content(&app, new).await, None);
    assert_eq!(
        from(&app, CAROL, json!({"id": "https://c.example/l", "type": "Like", "actor": CAROL, "object": NOTE})).await,
        "ignored: the actor is suspended"
    );
    let delete = json!({"id": "https://c.example/d", "type": "Delete", "actor": CAROL, "object": NOTE});
    assert_eq!(from(&app, CAROL, delete).await, "deleted");
}

/// Mastodon GHSA-qrgq-9fx2-vf2r, Fedify CVE-2025-68475: odd HTML stopped a worker, or took it forever.
#[tokio::test]
async fn ghsa_qrgq_cve_2025_68475_odd_html_stops_nobody() {
    let odd = [
        "<div>".repeat(20_000),
        "<".repeat(100_000),
        format!("<p {}>x", "a=b ".repeat(20_000)),
        "<!--".repeat(20_000),
        "<math><mi></math><p>".repeat(5_000),
        "&".repeat(100_000),
        format!("<a href=\"{}\">x</a>", "x".repeat(100_000)),
    ];
    for html in &odd {
        let begun = std::time::Instant::now();
        clean::html(html);
        links::alternate(&[], html.as_bytes());
        links::alternate(&[], "<link rel=\"".repeat(50_000).as_bytes());
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?} for {}", begun.elapsed(), &html[..20]);
    }
    let (_folder, app, _) = world(carols_server).await;
    for (number, html) in odd.iter().enumerate() {
        let poison = format!("https://b.example/poison/{number}");
        from(&app, BOB, create(BOB, &poison, &json!({"content": html}))).await;
    }
    assert!(from(&app, BOB, create(BOB, "https://b.example/after", &json!({}))).await.starts_with("stored"));
}

/// Discourse PR #337: a signed Announce authorised the Update or Delete inside it.
#[tokio::test]
async fn discourse_337_an_announce_authorises_nothing_inside_it() {
    let (_folder, app, _) = world(carols_server).await;
    for inner in [
        json!({"id": "https://c.example/i", "type": "Delete", "actor": CAROL, "object": NOTE}),
        json!({"id": "https://c.example/i", "type": "Update", "actor": CAROL, "object": note(CAROL, NOTE, &json!({"content": "forged", "updated": "2026-08-08T00:00:00Z"}))}),
        json!({"id": "https://b.example/i", "type": "Delete", "actor": BOB, "object": NOTE}),
        json!({"id": "https://c.example/i", "type": "Undo", "actor": CAROL, "object": {"type": "Follow", "actor": CAROL, "object": ALICE}}),
    ] {
        let announce = json!({"id": "https://b.example/g/1", "type": "Announce", "actor": BOB, "object": inner, "to": [EVERYBODY]});
        from(&app, BOB, announce).await;
        assert_eq!(content(&app, NOTE).await, unchanged(), "{inner}");
    }
}

/// NodeBB (VulnCheck): `attributedTo: 1` was taken for the id of a local user.
#[test]
fn nodebb_a1_only_addresses_name_people() {
    for who in [
        json!(1),
        json!("1"),
        json!("alice"),
        json!("/users/alice"),
        json!({"id": 1}),
        json!("http://b.example/u"),
        Value::Null,
    ] {
        let mut odd = note(BOB, "https://b.example/1", &json!({}));
        odd["attributedTo"] = who.clone();
        let read = wire_note::read(&odd, false);
        assert!(read.is_err(), "{who}");
    }
}

/// PeerTube CVE-2026-73090: an Update from another origin took over what was not its own.
#[tokio::test]
async fn cve_2026_73090_a3_only_the_author_edits() {
    let (_folder, app, _) = world(carols_server).await;
    let updated = "2026-08-08T00:00:00Z";
    for (actor, author) in [(BOB, BOB), (BOB, CAROL), ("https://c.example/users/dan", "https://c.example/users/dan")] {
        let object = note(author, NOTE, &json!({"content": "forged", "updated": updated}));
        let origin = if actor == BOB { "https://b.example" } else { "https://c.example" };
        let update = json!({"id": format!("{origin}/u"), "type": "Update", "actor": actor, "object": object});
        from(&app, actor, update).await;
        assert_eq!(content(&app, NOTE).await, unchanged(), "{actor} {author}");
    }
    let own = json!({"id": "https://c.example/u", "type": "Update", "actor": CAROL,
                     "object": note(CAROL, NOTE, &json!({"content": "<p>Edited</p>", "updated": updated}))});
    from(&app, CAROL, own).await;
    assert_eq!(content(&app, NOTE).await.as_deref(), Some("<p>Edited</p>"));
}

/// Pixelfed CVE-2025-30741: a follow counted before it was accepted. CVE-2024-25108: scopes were not looked at.
#[tokio::test]
async fn cve_2025_30741_cve_2024_25108_a5_a_follow_counts_when_its_target_accepts() {
    let (_folder, app, _) = world(carols_server).await;
    app.store
        .write(|tx| {
            tx.execute("DELETE FROM follows WHERE target_id = 4", [])?;
            tx.execute(
                "INSERT INTO follows (id, account_id, target_id, uri, accepted, created_at)
                 VALUES (9, 1, 4, 'https://here.example/users/alice#follows/9', 0, 0)",
                [],
            )?;
            Ok(())
        })
        .await
        .expect("writes");
    let accepted = async || {
        let found = app.store.read(|db| follows::between(db, AccountId(1), AccountId(4))).await.expect("reads");
        found.is_some_and(|follow| follow.accepted)
    };
    let follow = json!({"id": format!("{ALICE}#follows/9"), "type": "Follow", "actor": ALICE, "object": CAROL});
    from(&app, BOB, json!({"id": "https://b.example/acc", "type": "Accept", "actor": BOB, "object": follow})).await;
    from(&app, BOB, json!({"id": "https://c.example/acc", "type": "Accept", "actor": CAROL, "object": follow})).await;
    assert!(!accepted().await, "bob accepts nothing for carol");
    from(&app, CAROL, json!({"id": "https://c.example/acc", "type": "Accept", "actor": CAROL, "object": follow})).await;
    assert!(accepted().await);

    let token = crate::actions::token::issue_token(&app, AccountId(1), "read", "test").await;
    // alice has no user row here; scopes are checked on every route by tests/api as well.
    if let Ok(token) = token {
        let request = Request::post("/api/v1/statuses").header("authorization", format!("Bearer {token}"));
        let request = request.header("content-type", "application/json").body(Body::from("{\"status\":\"x\"}"));
        let answer = server::router(app.clone()).oneshot(request.expect("builds")).await.expect("answers");
        assert!(matches!(answer.status().as_u16(), 401 | 403), "{}", answer.status());
    }
}

/// Pleroma 2.2.0, Akkoma 2024.03: uploads were served as documents.
#[tokio::test]
async fn pleroma_2_2_0_a10_uploads_are_files_whatever_is_asked_for() {
    let (folder, app, _) = world(carols_server).await;
    std::fs::create_dir_all(folder.path().join("media")).expect("a folder");
    let upload = note(ALICE, "https://here.example/media/evil.json", &json!({})).to_string();
    std::fs::write(folder.path().join("media/evil.json"), &upload).expect("writes");
    for path in ["/media/evil.json", "/media/../media/evil.json", "/media/evil.json?x=activity"] {
        let request = Request::get(path).header("accept", ACTIVITY).body(Body::empty()).expect("builds");
        let answer = server::router(app.clone()).oneshot(request).await.expect("answers");
        let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap_or_default().to_owned());
        let ok = answer.status() == StatusCode::OK;
        assert!(!ok || !kind.unwrap_or_default().contains("json"), "{path}");
        if ok {
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
        }
    }
    // And our own addresses are never believed when they come from outside (rule A9).
    from(&app, BOB, create(ALICE, "https://here.example/users/alice/statuses/1", &json!({}))).await;
    assert_eq!(content(&app, "https://here.example/users/alice/statuses/1").await, None);
}

/// Mitra 2.8 to 5.8: the digest was not compared with the body, targets and embedded owners were not checked, and mapped
/// addresses passed.
#[tokio::test]
async fn mitra_v3_v4_a2_digest_target_owner_and_mapped_addresses_are_checked() {
    let (_folder, app, _) = world(carols_server).await;
    let theirs = create(BOB, "https://b.example/notes/1", &json!({"attributedTo": CAROL}));
    from(&app, BOB, theirs).await;
    assert_eq!(content(&app, "https://b.example/notes/1").await, None);
    assert!(!crate::outbound::guard::allowed("::ffff:10.0.0.1".parse().expect("an address")));
    let (_folder, _app, router) = super::world().await;
    let knock = Knock { sent_body: b"{}".to_vec(), ..Knock::new(&like()) };
    assert_eq!(knock.send(&router).await, StatusCode::UNAUTHORIZED);
    let knock = Knock { url: "https://there.example/inbox", ..Knock::new(&like()) };
    assert_eq!(knock.send(&router).await, StatusCode::UNAUTHORIZED);
}
