//! Lists of followers that came apart are brought together again (FEP-8fcf).

use nagaya::store::follows;

use super::Street;
use crate::harness::neighbour::{relationship, settle};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r11_a_follow_that_the_other_server_lost_ends_here() {
    let Street { here, there, alice, bob } = Street::new().await;
    let dave = here.resident("dave").await;
    let bob_here = alice.follows(&bob).await;
    dave.follows(&bob).await;
    settle(&[&here, &there]).await;
    let (alice_uri, bob_id) = (alice.account.uri.clone(), bob.account.id);
    let forget = move |tx: &nagaya::store::Tx| {
        let alice = nagaya::store::accounts::by_uri(tx, &alice_uri)?.expect("is known");
        let follow = follows::between(tx, alice.id, bob_id)?.expect("follows");
        follows::delete(tx, &follow)
    };
    there.app.store.write(forget).await.expect("writes");
    let post = bob.says("Who is there?", "public").await;
    dave.receives(&post["uri"]).await;
    alice.until(&relationship(&bob_here), |body| body[0]["following"] == false).await;
    settle(&[&here, &there]).await;
    let bob_of_dave = dave.finds(&bob).await;
    assert_eq!(dave.get(&relationship(&bob_of_dave)).await[0]["following"], true, "dave's follow stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r11_a_follow_that_ended_here_unheard_is_undone_there() {
    let Street { here, there, alice, bob } = Street::new().await;
    let dave = here.resident("dave").await;
    alice.follows(&bob).await;
    dave.follows(&bob).await;
    settle(&[&here, &there]).await;
    let (alice_id, bob_uri) = (alice.account.id, bob.account.uri.clone());
    let forget = move |tx: &nagaya::store::Tx| {
        let bob = nagaya::store::accounts::by_uri(tx, &bob_uri)?.expect("is known");
        let follow = follows::between(tx, alice_id, bob.id)?.expect("follows");
        follows::delete(tx, &follow)
    };
    here.app.store.write(forget).await.expect("writes");
    let post = bob.says("Who is there?", "public").await;
    dave.receives(&post["uri"]).await;
    let me = format!("/api/v1/accounts/{}", bob.account.id);
    bob.until(&me, |body| body["followers_count"] == 1).await;
    settle(&[&here, &there]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r11_a_list_of_followers_is_told_to_their_own_server_alone() {
    let Street { here, there, alice, bob } = Street::new().await;
    alice.follows(&bob).await;
    let list = format!("{}/followers_synchronization", bob.account.uri);
    assert_eq!(super::document(&list).await.status, 401, "nobody is told without a signature");
    settle(&[&here, &there]).await;
}
