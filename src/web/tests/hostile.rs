//! Hostile words in every field that people fill, through every page and feed: nothing runs, nothing leaves its box.
//!
//! The list is `tests/fixtures/xss.json`; a browser walks the same list in `tests/browser/`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::judge::{wrong, wrong_feed};
use super::*;
use crate::ids::AccountId;
use crate::store::accounts::Account;
use crate::store::media::Media;
use crate::store::{media, polls, tags};
use crate::text::{clean, render};

#[derive(Deserialize)]
struct Payload {
    kind: String,
    text: String,
}

fn payloads() -> Vec<Payload> {
    serde_json::from_str(include_str!("../../../tests/fixtures/xss.json")).expect("a list")
}

#[tokio::test]
async fn hostile_words_stay_words_on_every_page() {
    let list = payloads();
    assert!(list.len() >= 250, "{} payloads", list.len());
    let (_folder, app) = test_app();
    let alice = local_account(&app, "alice", "owner").await;
    local_account(&app, "bob", "member").await;
    let forms: BTreeSet<&str> = BTreeSet::from([
        "/auth/sign_in",
        "/auth/sign_up",
        "/auth/sign_out",
        "/auth/passkey",
        "/auth/reset",
        "/oauth/authorize",
    ]);
    let mut found = Vec::new();
    let mut views = 0;
    for (number, payload) in list.iter().enumerate() {
        let Payload { kind, text } = payload;
        let status = fill(&app, &alice, text, number).await;
        let mut browser = Browser::new(&app);
        let (headers, none) = (header::HeaderMap::new(), "/".parse().expect("an address"));
        let mut pages = vec![
            ("profile", status_of(super::super::profile_page(&app, "alice", &headers, &none).await).await),
            ("post", status_of(super::super::status_page(&app, "alice", status, &headers, &none).await).await),
        ];
        let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for path in [
            format!("/@alice/{status}/embed"),
            "/".into(),
            "/about".into(),
            "/about?lang=ja".into(),
            "/privacy".into(),
            "/terms".into(),
            format!("/tags/hostile{number}"),
            format!("/tags/{}", query.replace('+', "%20")),
            format!("/auth/sign_in?then={query}"),
            format!("/auth/sign_up?invite={query}"),
            format!("/invite/{}", query.replace('+', "%20")),
            format!("/auth/reset?token={query}"),
            format!("/auth/confirmation?token={query}"),
            format!("/oauth/authorize?client_id={query}&redirect_uri={query}&scope={query}&response_type=code"),
        ] {
            let seen = browser.get(&path).await;
            let kind = seen.headers.get("content-type").map(|value| value.to_str().unwrap_or_default().to_owned());
            if kind.is_some_and(|kind| kind.starts_with("text/html")) {
                pages.push(("page", (seen.status, browser.page.clone())));
            }
        }
        // Each try hashes a password, which takes its time.
        if number.is_multiple_of(5) {
            browser.get("/auth/sign_in").await;
            let seen = browser.submit("/auth/sign_in", &[("login", text), ("password", text)]).await;
            pages.push(("refused sign-in", (seen.status, browser.page.clone())));
        }
        for (name, (status, page)) in &pages {
            views += 1;
            let complaints = wrong(page, &forms);
            found.extend(
                complaints.iter().map(|complaint| format!("{kind} {text:?} on {name} ({status}): {complaint}")),
            );
        }
        for path in ["/@alice.rss", "/@alice.atom"] {
            let name = &path[2..];
            let (status, page) = status_of(super::super::profile_page(&app, name, &headers, &none).await).await;
            assert_eq!(status, 200, "{name}");
            found.extend(wrong_feed(&page).iter().map(|complaint| format!("{kind} {text:?} in {name}: {complaint}")));
        }
        for ending in ["rss", "atom"] {
            browser.get(&format!("/tags/hostile{number}.{ending}")).await;
            assert!(browser.page.contains("hostile"), "{}", browser.page);
            found.extend(wrong_feed(&browser.page).iter().map(|c| format!("{kind} {text:?} in a tag's {ending}: {c}")));
        }
        let (_, page) = status_of(super::super::profile_page(&app, "alice.json", &headers, &none).await).await;
        let feed: Value = serde_json::from_str(&page).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let html = feed["items"][0]["content_html"].as_str().expect("content");
        found.extend(wrong(html, &forms).iter().map(|complaint| format!("{kind} {text:?} in JSON: {complaint}")));
    }
    assert!(
        found.is_empty(),
        "{} of {views} views are wrong:\n{}",
        found.len(),
        found[..found.len().min(40)].join("\n")
    );
}

/// Puts `text` everywhere; answers the post to look at.
async fn fill(app: &App, alice: &Account, text: &str, number: usize) -> StatusId {
    let now = app.clock.now();
    app.clock.advance(std::time::Duration::from_secs(60));
    let mut owner = alice.clone();
    owner.display_name = text.into();
    // What somebody of ours typed, and what another server sent.
    owner.note = if number.is_multiple_of(2) { clean::html(text) } else { rendered(text) };
    owner.note_source = text.into();
    owner.avatar_description = text.into();
    owner.header_description = text.into();
    owner.moved_to_uri = Some(text.into());
    owner.fields = vec![
        Field { name: text.into(), value: text.into(), verified_at: None },
        Field { name: "site".into(), value: "https://alice.example/".into(), verified_at: Some(now) },
    ];
    let mut far = stranger(app.ids.next(now), now);
    far.display_name = clean::name(text);
    far.url = text.into();
    let id: StatusId = app.ids.next(now);
    let parent: StatusId = app.ids.next(now);
    let reply: StatusId = app.ids.next(now);
    let row = |id: StatusId, author: &Account, content: String, spoiler: &str, parent: Option<StatusId>| Status {
        id,
        uri: format!("{}/statuses/{id}", author.uri),
        url: Some(if author.domain.is_some() { text.to_owned() } else { format!("{}/{id}", author.url) }),
        content,
        text: text.into(),
        spoiler_text: spoiler.into(),
        sensitive: number.is_multiple_of(3),
        in_reply_to_id: parent,
        in_reply_to_uri: parent.map(|_| text.to_owned()),
        created_at: now,
        ..crate::store::testing::status(id.0, author.id, author.domain.is_none(), text)
    };
    let rows = [
        row(parent, &far, clean::html(text), &clean::name(text), None),
        row(id, &owner, if number.is_multiple_of(2) { clean::html(text) } else { rendered(text) }, text, None),
        row(reply, &far, clean::html(text), "", Some(id)),
    ];
    let attached = Media {
        id: app.ids.next(now),
        account_id: owner.id,
        status_id: Some(id),
        position: 0,
        kind: if number.is_multiple_of(2) { "image" } else { "video" }.into(),
        mime: "image/png".into(),
        file: Some("a.png".into()),
        thumbnail: None,
        remote_url: None,
        description: Some(text.into()),
        blurhash: None,
        focus: None,
        width: Some(1),
        height: Some(1),
        small_width: None,
        small_height: None,
        size: Some(1),
        details: None,
        created_at: now,
    };
    let poll = polls::Poll {
        id: app.ids.next(now),
        status_id: id,
        options: vec![
            polls::Choice { title: text.into(), votes: 1 },
            polls::Choice { title: "other".into(), votes: 0 },
        ],
        multiple: false,
        hide_totals: false,
        voters_count: Some(1),
        expires_at: Some(now),
        ended: false,
        fetched_at: None,
    };
    let words = text.to_owned();
    let rules = serde_json::json!([{"text": text, "hint": text, "translations": {"ja": {"text": text, "hint": text}}}]);
    app.store
        .write(move |tx| {
            accounts::upsert(tx, &owner)?;
            accounts::upsert(tx, &far)?;
            for row in &rows {
                statuses::insert(tx, row)?;
            }
            media::insert(tx, &attached)?;
            polls::insert(tx, &poll)?;
            tags::attach(tx, id, &[(format!("hostile{number}"), words.clone())])?;
            for key in ["title", "description", "extended_description", "contact_email", "privacy_policy"] {
                settings::set(tx, key, &words)?;
            }
            settings::set(tx, "rules", &rules.to_string())?;
            let terms =
                crate::store::terms::Terms { effective_on: "2026-01-01".into(), text: words, published_at: now };
            crate::store::terms::put(tx, &terms)
        })
        .await
        .expect("writes");
    id
}

fn rendered(text: &str) -> String {
    let entities = render::find(text);
    render::html(text, &entities, |_, _| None, |tag| format!("http://nagaya.test/tags/{tag}"))
}

fn stranger(id: AccountId, now: crate::clock::Time) -> Account {
    let uri = format!("https://evil.example/users/{id}");
    Account {
        inbox: format!("{uri}/inbox"),
        ..Account::bare(id, &format!("mallory{id}"), Some("evil.example"), uri.clone(), uri, now)
    }
}
