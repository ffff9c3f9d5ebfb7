//! Lists of servers to block: looked at, applied, followed day by day; what people decided by hand stays.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use nagaya::actions::{block_list, border};
use nagaya::error::Error;
use nagaya::store::domain_blocks::{self, Severity};
use serde_json::Value;

use super::Street;
use crate::harness::neighbour::{Neighbour, relationship, settle};

/// A page with the list on it, and the list itself, which changes.
async fn publish(first: &str) -> (String, Arc<Mutex<String>>) {
    let text = Arc::new(Mutex::new(first.to_owned()));
    let shown = text.clone();
    let answer = get(move || std::future::ready(shown.lock().expect("no panic").clone()));
    let listener = tokio::net::TcpListener::bind("127.0.0.9:0").await.expect("a free port");
    let address = format!("http://{}/blocks.csv", listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/blocks.csv", answer)).await });
    (address, text)
}

async fn blocks(here: &Neighbour) -> Vec<(String, Severity)> {
    let mut rows: Vec<_> = here
        .app
        .store
        .read(domain_blocks::all)
        .await
        .expect("reads")
        .into_iter()
        .map(|block| (block.domain, block.severity))
        .collect();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_looked_at_applied_and_followed() {
    let Street { here, there, alice, bob } = Street::new().await;
    let bob_here = alice.follows(&bob).await;
    settle(&[&here, &there]).await;
    let by_hand = border::Changes { severity: Some(Severity::Silence), ..border::Changes::default() };
    border::block(&here.app, "hand.example", by_hand).await.expect("blocks");
    let head = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n";
    let ours = |rest: &str| format!("{head}{},suspend,,,spam,true\nhand.example,suspend,,,,\n{rest}", there.domain);
    let (address, list) = publish(&ours("loud.example,silence,true,,,\n")).await;

    let added = block_list::add(&here.app, &address).await.expect("is read");
    let id = added.id;
    assert!(block_list::add(&here.app, &address).await.is_err(), "once is enough");
    let nowhere = address.replace("blocks.csv", "nothing.csv");
    let refused = block_list::add(&here.app, &nowhere).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "url", .. })), "the field is named: {refused:?}");
    let hand = ("hand.example".to_owned(), Severity::Silence);
    assert_eq!(blocks(&here).await, std::slice::from_ref(&hand), "nothing is blocked by looking");
    let (_, found) = here.app.store.read(move |db| block_list::preview(db, id)).await.expect("reads");
    let added: Vec<&str> = found.added.iter().map(|row| row.domain.as_str()).collect();
    let mut expected = vec![there.domain.as_str(), "loud.example"];
    expected.sort_unstable();
    assert_eq!(added, expected);
    assert_eq!(found.kept.iter().map(|row| row.domain.as_str()).collect::<Vec<_>>(), ["hand.example"]);

    block_list::apply(&here.app, id).await.expect("applies");
    let (loud, theirs) = (("loud.example".to_owned(), Severity::Silence), (there.domain.clone(), Severity::Suspend));
    let mut all = vec![hand.clone(), loud.clone(), theirs.clone()];
    all.sort();
    assert_eq!(blocks(&here).await, all);
    assert_eq!(alice.get(&relationship(&bob_here)).await[0]["following"], false, "the bond is severed");
    let told = alice.get("/api/v1/notifications").await;
    assert_eq!(
        (&told[0]["type"], &told[0]["event"]["type"]),
        (&"severed_relationships".into(), &"domain_block".into())
    );
    let domain = there.domain.clone();
    let block = here.app.store.read(move |db| domain_blocks::covering(db, &domain)).await.expect("reads");
    let block = block.expect("is blocked");
    assert_eq!((block.public_comment.as_deref(), block.obfuscate), (Some("spam"), true));
    assert_eq!(block.private_comment.as_deref(), Some(address.as_str()), "it says which list it came from");
    assert_ne!(block.public_domain(), there.domain, "strangers read it with stars");

    // A day later: one more, one less, one harder. A broken page changes nothing.
    *list.lock().expect("no panic") = format!("{head}new.example,suspend,,,,\nloud.example,suspend,,,,\n");
    block_list::read_again(&here.app, id).await.expect("is read");
    let now = [hand.clone(), ("loud.example".into(), Severity::Suspend), ("new.example".into(), Severity::Suspend)];
    assert_eq!(blocks(&here).await, now);
    *list.lock().expect("no panic") = "<!doctype html><p>Gone</p>".into();
    let broken = block_list::read_again(&here.app, id).await.expect("is noted");
    assert!(broken.last_error.is_some());
    assert_eq!(blocks(&here).await, now);

    block_list::remove(&here.app, id).await.expect("is forgotten");
    assert_eq!(blocks(&here).await, [hand], "what only the list named is lifted");
    assert_eq!(alice.ask("GET", &relationship(&bob_here), Value::Null).await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_allowed_servers_are_spoken_with_in_limited_federation() {
    let Street { here, there, alice, bob } = Street::new().await;
    here.app.store.write(|tx| nagaya::store::settings::set(tx, border::LIMITED, "true")).await.expect("writes");
    let found = format!("/api/v2/search?q={}&resolve=true&type=accounts", bob.handle);
    assert_eq!(alice.get(&found).await["accounts"], serde_json::json!([]), "not asked, not shown");
    border::allow(&here.app, &there.domain).await.expect("allows");
    alice.follows(&bob).await;
    settle(&[&here, &there]).await;
}
