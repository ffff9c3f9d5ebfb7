//! Somebody leaves, and is gone everywhere.

use std::time::{Duration, Instant};

use nagaya::actions::{join, leave};
use serde_json::json;

use super::Street;
use crate::harness::neighbour::{relationship, settle};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_is_gone_on_the_other_side_as_well() {
    let Street { here, there, alice, bob } = Street::new().await;
    let alice_there = bob.follows(&alice).await;
    let post = alice.says("I am off", "public").await;
    let path = bob.receives(&post["uri"]).await;
    settle(&[&here, &there]).await;
    let gone = leave::delete(&here.app, alice.account.id, "good neighbours").await.expect("answers");
    assert_eq!(gone, Ok(()));
    assert_eq!(alice.ask("GET", "/api/v1/accounts/verify_credentials", json!(null)).await.0, 401);
    bob.until_status(&path, 404).await;
    bob.until_status(&format!("/api/v1/accounts/{alice_there}"), 404).await;
    settle(&[&here, &there]).await;
    let begun = Instant::now();
    while !leave::carry_on(&here.app, alice.account.id).await.expect("goes on") {
        assert!(begun.elapsed() < Duration::from_secs(30), "the departure does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let followed = bob.get(&relationship(&alice_there)).await;
    assert_eq!(followed.as_array().map(Vec::len), Some(0), "{followed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_at_the_door_is_nobody_to_other_servers() {
    let Street { here, there: _there, bob, .. } = Street::new().await;
    here.app.store.write(|tx| join::set_mode(tx, join::Mode::Approval)).await.expect("writes");
    let said = join::Application {
        username: "dora".into(),
        email: "dora@example.com".into(),
        password: "good neighbours".into(),
        agreement: true,
        reason: "to talk".into(),
        ..join::Application::default()
    };
    let dora = join::join(&here.app, said, None, String::new()).await.expect("answers").expect("waits").account.id;
    let handle = format!("dora@{}", here.domain);
    let look = format!("/api/v2/search?type=accounts&resolve=true&q={handle}");
    assert_eq!(bob.get(&look).await["accounts"], json!([]));
    let (now, deed) = (here.app.clock.now(), here.app.clone());
    let told = here.app.store.write(move |tx| join::approve(tx, &deed, dora, now)).await.expect("writes");
    told.announce(&here.app);
    bob.until(&look, |body| body["accounts"][0]["acct"] == handle.as_str()).await;
}
