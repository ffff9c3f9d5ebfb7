//! Quotes by other servers: what proves consent, what does not, and who may take it back.

use std::collections::HashMap;
use std::sync::Arc;

use super::*;
use crate::activitypub::signature::generate;
use crate::error::{Error, Fault};
use crate::ids::StatusId;
use crate::outbound::{Outbound, Response};
use crate::store::quote_policies::{self as policies, Choice, Groups};
use crate::store::quotes::{self, Quote, State};
use crate::store::statuses::Status;
use crate::store::testing::status;

const CAROL: &str = "https://c.example/users/carol";
const QUOTED: &str = "https://c.example/notes/1";
const OURS: &str = "https://here.example/users/alice/statuses/77";

fn stamp(id: &str, change: impl FnOnce(&mut Value)) -> (String, Value) {
    let mut document = json!({
        "@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "QuoteAuthorization",
        "attributedTo": CAROL, "interactingObject": "https://b.example/notes/5", "interactionTarget": QUOTED,
    });
    change(&mut document);
    (id.to_owned(), document)
}

/// The world where alice follows bob, carol wrote a post elsewhere and alice one here, and these documents can be had.
pub(super) async fn street(documents: Vec<(String, Value)>) -> (tempfile::TempDir, App) {
    let documents: Arc<HashMap<String, Value>> = Arc::new(documents.into_iter().collect());
    let outbound = Outbound::fake(Arc::new(move |hop| {
        let answer = match documents.get(hop.url.as_str()) {
            Some(Value::String(fault)) if fault == "down" => {
                Err(Error::peer("c.example", Fault::Unreachable("down".into())))
            }
            Some(document) => Ok((200, document.to_string())),
            None => Ok((404, String::new())),
        };
        let answer = answer.map(|(status, body)| Response {
            status,
            url: hop.url.clone(),
            headers: vec![("content-type".into(), "application/activity+json".into())],
            body: body.into(),
        });
        Box::pin(std::future::ready(answer))
    }));
    let (folder, app) = testing::app_with(outbound);
    let pair = generate().expect("makes keys");
    let write = move |tx: &crate::store::Tx| {
        let instance = testing::account(tx, accounts::INSTANCE.0, "here.example", None);
        testing::give_key(tx, instance.id, &pair);
        testing::account(tx, 1, "alice", None);
        users::insert(tx, &user(AccountId(1)))?;
        for (id, name, host) in [(2, "bob", "b.example"), (3, "eve", "b.example"), (4, "carol", "c.example")] {
            let account = testing::account(tx, id, name, Some(host));
            accounts::upsert(tx, &crate::store::accounts::Account { fetched_at: Some(NOW), ..account })?;
        }
        let post = |id, author, local, uri: &str| Status {
            uri: uri.to_owned(),
            ..status(id, AccountId(author), local, "Quote me")
        };
        statuses::insert(tx, &post(76, 4, false, QUOTED))?;
        statuses::insert(tx, &post(77, 1, true, OURS))?;
        policies::set(tx, StatusId(77), Choice::Public.into())
    };
    app.store.write(write).await.expect("writes");
    alice_follows_bob(&app).await;
    (folder, app)
}

async fn quote_in(app: &App, number: u32) -> Option<Quote> {
    let uri = format!("https://b.example/notes/{number}");
    let read = app.store.read(move |db| match statuses::by_uri(db, &uri)? {
        Some(status) => quotes::of(db, status.id),
        None => Ok(None),
    });
    read.await.expect("reads")
}

#[tokio::test]
async fn r4_a_quote_counts_with_a_stamp_that_fits_and_only_then() {
    let good = "https://c.example/stamps/good";
    let (_folder, app) = street(vec![
        stamp(good, |_| ()),
        stamp("https://c.example/stamps/other", |s| s["interactingObject"] = json!("https://b.example/notes/6")),
        stamp("https://c.example/stamps/eve", |s| s["attributedTo"] = json!("https://c.example/users/eve")),
        stamp("https://c.example/stamps/kind", |s| s["type"] = json!("Note")),
        stamp("https://b.example/stamps/own", |_| ()),
        ("https://c.example/stamps/down".into(), json!("down")),
    ])
    .await;
    for (extra, state, legacy) in [
        (json!({"quote": QUOTED, "quoteAuthorization": good}), State::Accepted, false),
        (json!({"quote": QUOTED}), State::Pending, false),
        (json!({"quoteUrl": QUOTED}), State::Pending, true),
        (json!({"_misskey_quote": QUOTED, "quoteAuthorization": good}), State::Accepted, true),
        (json!({"quote": QUOTED, "quoteAuthorization": "https://c.example/stamps/other"}), State::Pending, false),
        (json!({"quote": QUOTED, "quoteAuthorization": "https://c.example/stamps/eve"}), State::Pending, false),
        (json!({"quote": QUOTED, "quoteAuthorization": "https://c.example/stamps/kind"}), State::Pending, false),
        (json!({"quote": QUOTED, "quoteAuthorization": "https://b.example/stamps/own"}), State::Pending, false),
        (json!({"quote": QUOTED, "quoteAuthorization": "https://c.example/stamps/down"}), State::Pending, false),
        (json!({"quote": QUOTED, "quoteAuthorization": "https://c.example/stamps/gone"}), State::Rejected, false),
        (json!({"quote": "https://c.example/notes/unknown"}), State::Pending, false),
        (
            json!({"quote": OURS, "quoteAuthorization": "https://here.example/users/alice/quote_authorizations/1"}),
            State::Pending,
            false,
        ),
    ] {
        assert!(from(&app, BOB, create(5, &extra)).await.starts_with("stored"), "{extra}");
        let quote = quote_in(&app, 5).await.expect("a quote");
        assert_eq!((quote.state, quote.legacy), (state, legacy), "{extra}");
        assert_eq!(quote.stamp.is_some(), state == State::Accepted, "{extra}");
        let forget = |tx: &crate::store::Tx| Ok(tx.execute("DELETE FROM statuses WHERE uri LIKE '%/notes/5'", [])?);
        app.store.write(forget).await.expect("writes");
    }
    // What quotes its own author needs no proof; nor does what says nothing about quotes have one.
    from(&app, BOB, create(8, &json!({}))).await;
    from(&app, BOB, create(9, &json!({"quote": "https://b.example/notes/8"}))).await;
    assert_eq!(quote_in(&app, 9).await.map(|quote| quote.state), Some(State::Accepted));
    assert_eq!(quote_in(&app, 8).await, None);
}

#[tokio::test]
async fn r4_a_stamp_is_taken_back_by_its_giver_alone() {
    let good = "https://c.example/stamps/good";
    let (_folder, app) = street(vec![stamp(good, |_| ())]).await;
    from(&app, BOB, create(5, &json!({"quote": QUOTED, "quoteAuthorization": good}))).await;
    let delete =
        |actor: &str| json!({"type": "Delete", "actor": actor, "object": {"id": good, "type": "QuoteAuthorization"}});
    assert_eq!(from(&app, BOB, delete(BOB)).await, "ignored: not theirs to delete");
    assert_eq!(quote_in(&app, 5).await.map(|quote| quote.state), Some(State::Accepted));
    assert_eq!(from(&app, CAROL, delete(CAROL)).await, "leave to quote is taken back");
    let quote = quote_in(&app, 5).await.expect("a quote");
    assert_eq!((quote.state, quote.stamp), (State::Revoked, None));
}

#[tokio::test]
async fn an_update_that_is_no_edit_brings_consent_and_policy() {
    let good = "https://c.example/stamps/good";
    let (_folder, app) = street(vec![stamp(good, |_| ())]).await;
    from(&app, BOB, create(5, &json!({"quote": QUOTED}))).await;
    let mut update = create(
        5,
        &json!({"quote": QUOTED, "quoteAuthorization": good,
        "interactionPolicy": {"canQuote": {"automaticApproval": [BOB, "https://b.example/users/bob/followers", "https://x.example/"]}}}),
    );
    (update["type"], update["id"]) = (json!("Update"), json!("https://b.example/notes/5#updates/1"));
    assert_eq!(from(&app, BOB, update.clone()).await, "quote taken over");
    assert_eq!(quote_in(&app, 5).await.map(|quote| quote.state), Some(State::Accepted));
    assert!(from(&app, BOB, update).await.starts_with("ignored"), "nothing new");
    let policy = app.store.read(|db| {
        let status = statuses::by_uri(db, "https://b.example/notes/5")?.expect("stored");
        policies::of(db, status.id)
    });
    // The store's bare bob has no followers collection, so its address says nothing to us.
    assert_eq!(policy.await.expect("reads").automatic, Groups::UNKNOWN);
}

/// Mastodon GHSA-8h43-rcqj-wpc6, GHSA-q4g8-82c5-9h33, CVE-2026-33869: leave to quote was given for boosts, and for others.
#[tokio::test]
async fn ghsa_8h43_ghsa_q4g8_cve_2026_33869_leave_to_quote_a_boost_is_never_given() {
    let (_folder, app) = street(Vec::new()).await;
    let boost = "https://here.example/users/alice/statuses/78";
    app.store
        .write(move |tx| {
            let row = Status {
                uri: boost.to_owned(),
                reblog_of_id: Some(StatusId(76)),
                ..status(78, AccountId(1), true, "")
            };
            statuses::insert(tx, &row)?;
            policies::set(tx, StatusId(78), Choice::Public.into())
        })
        .await
        .expect("writes");
    let note = create(5, &json!({"quote": boost}))["object"].clone();
    let request = json!({"id": "https://b.example/q/5", "type": "QuoteRequest", "actor": BOB, "object": boost, "instrument": note});
    from(&app, BOB, request).await;
    let stamps =
        app.store.read(|db| Ok(db.query_row("SELECT count(*) FROM quote_stamps", [], |row| row.get::<_, i64>(0))?));
    assert_eq!(stamps.await.expect("reads"), 0);
    assert!(quote_in(&app, 5).await.is_none_or(|quote| quote.state != State::Accepted));
}

#[tokio::test]
async fn a_request_is_answered_by_the_policy_and_binds_the_post_that_it_names() {
    let (_folder, app) = street(Vec::new()).await;
    let request = |number: u32, quoted: &str| {
        let note = create(number, &json!({"quote": quoted}))["object"].clone();
        json!({"id": format!("https://b.example/q/{number}"), "type": "QuoteRequest", "actor": BOB, "object": OURS,
            "instrument": note})
    };
    let answers = async |kind: &'static str| {
        let read = app.store.read(move |db| {
            Ok(db.query_row("SELECT count(*) FROM activities WHERE kind = ?1", [kind], |row| row.get::<_, i64>(0))?)
        });
        read.await.expect("counts")
    };
    assert_eq!(from(&app, BOB, request(5, OURS)).await, "the quote is agreed to");
    let quote = quote_in(&app, 5).await.expect("taken in with the request");
    assert!(
        quote.stamp.is_some_and(|stamp| stamp.starts_with("https://here.example/users/alice/quote_authorizations/"))
    );
    assert_eq!(quote.state, State::Accepted);
    assert_eq!((answers("Accept").await, answers("Reject").await), (1, 0));

    // A post that says something else than the request, or belongs to somebody else, gets no stamp.
    assert!(from(&app, BOB, request(6, QUOTED)).await.starts_with("ignored"));
    let mut theirs = request(7, OURS);
    theirs["instrument"]["attributedTo"] = json!("https://b.example/users/eve");
    assert!(from(&app, BOB, theirs).await.starts_with("ignored"));
    // A post that we hold as quoting another one is not agreed to for that.
    from(&app, BOB, create(8, &json!({"quote": QUOTED}))).await;
    from(&app, BOB, request(8, OURS)).await;
    assert_eq!(quote_in(&app, 8).await.map(|quote| quote.state), Some(State::Pending));

    let nobody = app.store.write(|tx| policies::set(tx, StatusId(77), Choice::Nobody.into()));
    assert!(nobody.await.expect("writes"));
    assert_eq!(from(&app, BOB, request(9, OURS)).await, "the quote is refused");
    assert_eq!(answers("Reject").await, 1);
    assert_eq!(quote_in(&app, 9).await, None);
}
