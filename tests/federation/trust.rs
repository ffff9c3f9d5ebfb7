//! Two servers that both ask for signatures; new keys; and words that others hand on with a proof.

use nagaya::actions::account::rotate_keys;
use nagaya::store::{keys, settings};
use serde_json::Value;
use url::Url;

use super::Street;
use crate::harness::http;
use crate::harness::neighbour::{Neighbour, settle};

/// Spec: swicg/http-signature #11 and #12; Friendica #14692 shows the endless loop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s10_s11_two_servers_that_both_ask_for_signatures_meet() {
    let Street { here, there, alice, bob } = Street::new().await;
    for server in [&here, &there] {
        let set = server.app.store.write(|tx| settings::set(tx, settings::AUTHORIZED_FETCH, "true"));
        set.await.expect("writes");
    }
    bob.follows(&alice).await;
    let post = alice.says("Behind two gates", "public").await;
    bob.receives(&post["uri"]).await;
    let reply = bob.says("hello", "public").await;
    assert!(reply["id"].is_string());
    // He reads her post at its own address, too: his server signs.
    let path = format!("/api/v2/search?q={}&resolve=true&type=statuses", post["uri"].as_str().expect("an address"));
    assert_eq!(bob.get(&path).await["statuses"].as_array().expect("a list").len(), 1);
    // Strangers get a stub of her, and nothing of her post.
    let get = async |address: &str| {
        let url: Url = address.parse().expect("an address");
        http::send("GET", &url, &[("accept", "application/activity+json".into())], b"").await.expect("an answer")
    };
    let stub = get(&alice.account.uri).await;
    assert_eq!((stub.status, stub.json().get("followers").is_none()), (200, true), "{}", stub.body);
    assert_eq!(get(post["uri"].as_str().expect("an address")).await.status, 401);
    settle(&[&here, &there]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v11_new_keys_are_told_and_believed() {
    let Street { here, there, alice, bob } = Street::new().await;
    bob.follows(&alice).await;
    let key_of = async |server: &Neighbour| {
        let id = format!("{}#main-key", alice.account.uri);
        server.app.store.read(move |db| keys::public_by_id(db, &id)).await.expect("reads").map(|key| key.pem)
    };
    let before = key_of(&there).await.expect("is known");
    let aged =
        there.app.store.write(|tx| Ok(tx.execute("UPDATE public_keys SET fetched_at = fetched_at - 300000", [])?));
    aged.await.expect("writes");
    let rotated = rotate_keys(&here.app, "alice").await.expect("rotates");
    assert_eq!(rotated.id, alice.account.id);
    let post = alice.says("With new keys", "public").await;
    bob.receives(&post["uri"]).await;
    settle(&[&here, &there]).await;
    let after = key_of(&there).await.expect("is known");
    assert_ne!(before, after);
    let pair = here.app.store.read(move |db| keys::pair(db, rotated.id)).await.expect("reads").expect("has keys");
    assert_eq!(pair.public_pem.trim(), after.trim());
    assert!(rotate_keys(&here.app, "nobody").await.is_err());
}

/// What goes out to everybody carries a proof that another server can check. Spec: FEP-8b32, FEP-521a
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fep_8b32_public_activities_carry_a_proof_and_letters_do_not() {
    let Street { here, there, alice, bob } = Street::new().await;
    bob.follows(&alice).await;
    settle(&[&here, &there]).await;
    // Nobody answers at his inbox for a while, so that the activities can be looked at.
    let hold = "UPDATE accounts SET inbox = 'http://127.0.0.9:1/inbox', shared_inbox = NULL WHERE domain IS NOT NULL";
    here.app.store.write(move |tx| Ok(tx.execute(hold, [])?)).await.expect("writes");
    for (visibility, proven) in [("public", true), ("unlisted", true), ("private", false)] {
        alice.says(&format!("To {visibility}"), visibility).await;
        let newest = "SELECT payload FROM activities WHERE kind = 'Create' ORDER BY id DESC LIMIT 1";
        let read = here.app.store.read(move |db| Ok(db.query_row(newest, [], |row| row.get::<_, String>(0))?));
        let activity: Value = serde_json::from_str(&read.await.expect("reads")).expect("is JSON");
        let claim = nagaya::activitypub::proof::read(&activity);
        assert_eq!(claim.is_some(), proven, "{visibility}: {activity}");
        if let Some(claim) = claim {
            assert_eq!(claim.method, format!("{}#ed25519-key", alice.account.uri));
            let id = claim.method.clone();
            let known = there.app.store.read(move |db| keys::public_by_id(db, &id)).await.expect("reads");
            let pem = known.expect("bob's server read it with the actor").pem;
            let key = nagaya::activitypub::signature::PublicKey::from_pem(&pem).expect("a key");
            assert!(claim.holds(&key), "{visibility}");
        }
    }
}
