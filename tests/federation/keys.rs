//! Signatures between servers: new keys are fetched, wrong ones refused, and what is too large is not read.

use nagaya::activitypub::signature::{Outgoing, PrivateKey, Scheme, generate, sign};
use nagaya::store::keys;
use serde_json::{Value, json};
use url::Url;

use super::Street;
use crate::harness::http;
use crate::harness::neighbour::{Neighbour, Person, settle};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_is_fetched_when_the_old_one_no_longer_fits() {
    let Street { here, there, alice, bob } = Street::new().await;
    bob.follows(&alice).await;
    let before = alice.says("Signed with the old key", "public").await;
    bob.receives(&before["uri"]).await;

    let (private, public) = tokio::task::spawn_blocking(generate).await.expect("no panic").expect("a key pair");
    let (id, new) = (alice.account.id, public.clone());
    let replaced = here.app.store.write(move |tx| {
        let sql = "UPDATE private_keys SET private_pem = ?1, public_pem = ?2 WHERE account_id = ?3";
        Ok(tx.execute(sql, (private, new, id.0))?)
    });
    assert_eq!(replaced.await.expect("writes"), 1);
    here.app.signers.lock().expect("no holder panics").clear();
    // A key read minutes ago is not suspected to be an old one; this one was read a while ago.
    let aged =
        there.app.store.write(|tx| Ok(tx.execute("UPDATE public_keys SET fetched_at = fetched_at - 600000", [])?));
    assert!(aged.await.expect("writes") >= 1);

    let after = alice.says("Signed with the new key", "public").await;
    bob.receives(&after["uri"]).await;
    let key_id = format!("{}#main-key", alice.account.uri);
    let kept = there.app.store.read(move |db| keys::public_by_id(db, &key_id)).await.expect("reads").expect("is kept");
    assert_eq!(kept.pem.trim(), public.trim());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_speaks_for_another() {
    let Street { here, there, alice, bob } = Street::new().await;
    let mallory = here.resident("mallory").await;
    bob.follows(&alice).await;
    let post = alice.says("My words", "public").await;
    let path = bob.receives(&post["uri"]).await;
    let delete = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": format!("{}#delete", post["uri"].as_str().expect("an address")),
        "type": "Delete",
        "actor": alice.account.uri,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "object": post["uri"],
    });
    let create = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": format!("{}/statuses/1/activity", alice.account.uri),
        "type": "Create",
        "actor": alice.account.uri,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "object": {
            "id": format!("{}/statuses/1", alice.account.uri),
            "type": "Note",
            "attributedTo": alice.account.uri,
            "content": "<p>Put into her mouth</p>",
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
        },
    });
    let pem = key_of(&here, &mallory).await;
    for activity in [&delete, &create] {
        // Her name, another's key: refused at once.
        let forged = deliver(&there, &alice, &pem, activity).await;
        assert_eq!(forged, 401, "{}", activity["type"]);
        // Another's name and key may pass on what he says alice said; it is believed only if her server confirms it.
        let passed_on = deliver(&there, &mallory, &pem, activity).await;
        assert!(matches!(passed_on, 202 | 401 | 403), "{passed_on}");
        settle(&[&here, &there]).await;
    }
    assert_eq!(bob.ask("GET", &path, Value::Null).await.0, 200, "the post is still there");
    assert_eq!(bob.has(&create["object"]["id"]).await, None, "nothing was put into her mouth");
    let huge = json!({"id": "x", "type": "Like", "content": "x".repeat(1024 * 1024)});
    assert_eq!(deliver(&there, &mallory, &pem, &huge).await, 413);
    let reply = bob.says("Still here", "public").await;
    assert!(reply["id"].is_string());
}

async fn key_of(server: &Neighbour, person: &Person) -> String {
    let id = person.account.id;
    server.app.store.read(move |db| keys::pair(db, id)).await.expect("reads").expect("has keys").private_pem
}

/// POSTs `activity` to the shared inbox, signed in the name of `who` with the key `pem`; the status of the answer.
async fn deliver(to: &Neighbour, who: &Person, pem: &str, activity: &Value) -> u16 {
    let url: Url = format!("http://{}/inbox", to.domain).parse().expect("an address");
    let body = activity.to_string().into_bytes();
    let request = Outgoing {
        method: "POST",
        url: &url,
        accept: "application/activity+json",
        body: Some(("application/activity+json", &body)),
    };
    let key = PrivateKey::from_pem(pem).expect("a key of ours");
    let key_id = format!("{}#main-key", who.account.uri);
    let headers = sign(Scheme::Cavage, &key_id, &key, &request, to.app.clock.now()).expect("signs");
    http::send("POST", &url, &headers, &body).await.expect("an answer").status
}
