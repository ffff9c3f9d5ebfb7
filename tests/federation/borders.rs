//! Custom emoji that travel, and servers that are kept away.

use nagaya::actions::border::{self, Changes};
use nagaya::actions::emoji;
use nagaya::store::domain_blocks::Severity;
use serde_json::{Value, json};

use super::Street;
use crate::harness::neighbour::{Neighbour, relationship, settle};

/// Gives the server a custom emoji.
async fn give(neighbour: &Neighbour, name: &str) {
    let path = neighbour.app.config.data.join(format!("{name}.png"));
    image::RgbaImage::from_pixel(24, 24, image::Rgba([200, 90, 20, 120])).save(&path).expect("saves");
    emoji::add(&neighbour.app, name, &path, emoji::Changes::default()).await.expect("is made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_r3_custom_emoji_travel_in_posts_and_under_them() {
    let Street { here, there, alice, bob } = Street::new().await;
    give(&here, "cat").await;
    give(&there, "dog").await;
    bob.follows(&alice).await;
    let post = alice.says("Look: :cat: and :dog:", "public").await;
    assert_eq!(post["emojis"].as_array().map(Vec::len), Some(1));
    let path = bob.receives(&post["uri"]).await;
    let seen = bob.get(&path).await;
    assert_eq!(seen["emojis"][0]["shortcode"], "cat", "{}", seen["emojis"]);
    let url = seen["emojis"][0]["url"].as_str().expect("an address").to_owned();
    assert!(url.contains(&there.domain) && !url.contains(&here.domain), "{url}");
    let picture = url.split_once(&there.domain).expect("is there").1;
    assert_eq!(bob.ask("GET", picture, Value::Null).await.0, 200);
    assert_eq!(bob.ask("GET", &format!("{picture}/static"), Value::Null).await.0, 200);

    let id = path.rsplit('/').next().expect("an id");
    let put = bob.ask("PUT", &format!("/api/v1/pleroma/statuses/{id}/reactions/dog"), Value::Null).await;
    assert_eq!((put.0, &put.1["emoji_reactions"][0]["name"]), (200, &json!("dog")), "{}", put.1);
    let own = format!("/api/v1/statuses/{}", post["id"].as_str().expect("an id"));
    let name = format!("dog@{}", there.domain);
    let seen = alice.until(&own, |body| body["emoji_reactions"][0]["name"] == *name).await;
    assert!(seen["emoji_reactions"][0]["url"].as_str().is_some_and(|url| url.contains(&here.domain)));
    let told = alice.get("/api/v1/notifications").await;
    assert_eq!((&told[0]["emoji"], told[0]["emoji_url"].is_string()), (&json!(name), true));
    bob.ask("DELETE", &format!("/api/v1/pleroma/statuses/{id}/reactions/dog"), Value::Null).await;
    alice.until(&own, |body| body["emoji_reactions"] == json!([])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_passes_a_closed_border() {
    let Street { here, there, alice, bob } = Street::new().await;
    let alice_there = bob.follows(&alice).await;
    let bob_here = alice.follows(&bob).await;
    let before = bob.says("before", "public").await;
    alice.receives(&before["uri"]).await;
    settle(&[&here, &there]).await;
    let suspend = || Changes { severity: Some(Severity::Suspend), ..Changes::default() };
    let border::Blocked::Done(block) = border::block(&here.app, &there.domain, suspend()).await.expect("blocks") else {
        panic!("nothing was in the way");
    };
    let bond = alice.get(&relationship(&bob_here)).await;
    assert_eq!((&bond[0]["following"], &bond[0]["followed_by"]), (&json!(false), &json!(false)));
    assert_eq!(alice.home().await, [Value::Null; 0]);
    assert_eq!(alice.get(&format!("/api/v1/accounts/{bob_here}")).await["suspended"], true);
    let loud = bob.says(&format!("@{} do you hear me?", alice.handle), "public").await;
    let ours = alice.says("Nobody there shall read this", "public").await;
    settle(&[&here]).await;
    assert_eq!(alice.has(&loud["uri"]).await, None);
    assert_eq!(bob.has(&ours["uri"]).await, None, "{alice_there} is not followed any more here");
    let uri = before["uri"].as_str().expect("an address");
    let found =
        alice.ask("GET", &format!("/api/v2/search?q={}&resolve=true&type=accounts", bob.handle), Value::Null).await;
    assert_eq!(found.1["accounts"].as_array().map_or(0, Vec::len), 0, "{uri}");

    border::unblock(&here.app, block.id).await.expect("lifts");
    assert_eq!(alice.get(&format!("/api/v1/accounts/{bob_here}")).await.get("suspended"), None);
    let again = bob.says(&format!("@{} and now?", alice.handle), "public").await;
    alice.receives(&again["uri"]).await;
}
