//! Relays of both kinds: subscribing, what they bring within bounds, and what they get.

use nagaya::actions::account::ensure_instance_actor;
use nagaya::actions::relay::{self, Options};
use nagaya::federation::verbs::{self, Received};
use nagaya::store::relays::{self, State};
use serde_json::{Value, json};

use super::{Street, text};
use crate::harness::neighbour::{Neighbour, Person, settle};

async fn state(here: &Neighbour) -> State {
    here.app.store.read(relays::all).await.expect("reads").first().expect("a relay").state
}

/// `who` (a relay) hands a Create or an Announce of the post to `here`; what became of it.
async fn hands(here: &Neighbour, who: &Person, kind: &str, post: &Value, author: &Person) -> String {
    let actor = if kind == "Announce" { &who.account.uri } else { &author.account.uri };
    let activity = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": format!("{actor}#{kind}/{}", text(&post["id"])),
        "type": kind,
        "actor": actor,
        "object": post["uri"],
    });
    let received = Received { activity, signer: who.account.uri.clone(), recipient: None };
    verbs::receive(&here.app, received).await.expect("is dealt with")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_a_relay_of_litepubs_kind_is_followed_and_brings_posts() {
    let Street { here, there, alice, bob } = Street::new().await;
    ensure_instance_actor(&here.app).await.expect("an instance actor");
    // bob plays the relay: he says yes to every Follow, and boosts what he likes.
    let carol = there.resident("carol").await;
    let relay = relay::add(&here.app, &bob.account.uri, Options::default()).await.expect("adds");
    settle(&[&here, &there]).await;
    assert_eq!(state(&here).await, State::Accepted);
    let post = carol.says("News for all", "public").await;
    bob.post(&format!("/api/v1/statuses/{}/reblog", text(&post["id"])), Value::Null).await;
    alice.receives(&post["uri"]).await;
    let public = alice.get("/api/v1/timelines/public?remote=true").await;
    assert_eq!(public[0]["uri"], post["uri"]);
    assert_eq!(alice.home().await, [""; 0]);
    // What alice says goes to the relay, which is told by the server itself.
    let said = alice.says("Ours", "public").await;
    settle(&[&here, &there]).await;
    let uri = text(&said["uri"]).to_owned();
    let id = relay.id;
    relay::remove(&here.app, id).await.expect("leaves");
    settle(&[&here, &there]).await;
    assert!(here.app.store.read(relays::all).await.expect("reads").is_empty());
    let report = nagaya::actions::trace::report(&here.app, &there.domain, Default::default()).await.expect("reports");
    let announced = report.steps.iter().filter(|told| told.text.contains("/actor/statuses/")).count();
    assert_eq!(announced, 1, "one Announce of {uri}: {report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_a_relay_of_mastodons_kind_keeps_to_its_allowance_its_hashtags_and_its_rest() {
    let Street { here, there, alice, bob } = Street::new().await;
    ensure_instance_actor(&here.app).await.expect("an instance actor");
    let carol = there.resident("carol").await;
    let inbox = format!("http://{}/inbox", there.domain);
    let options = Options { tags: Some(vec!["#Cats".into()]), per_second: Some(100), per_day: Some(2) };
    let relay = relay::add(&here.app, &inbox, options).await.expect("adds");
    assert!(relay::add(&here.app, &inbox, Options::default()).await.is_err(), "once is enough");
    settle(&[&here, &there]).await;
    let cats = carol.says("I have #cats", "public").await;
    let early = hands(&here, &bob, "Create", &cats, &carol).await;
    assert!(early.starts_with("ignored"), "nobody asked for it: {early}");

    let accept = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": format!("{}#accept", bob.account.uri),
        "type": "Accept",
        "actor": bob.account.uri,
        "object": relay.follow_uri,
    });
    let received = Received { activity: accept, signer: bob.account.uri.clone(), recipient: None };
    assert_eq!(verbs::receive(&here.app, received).await.expect("is dealt with"), "the relay accepts");
    assert_eq!(state(&here).await, State::Accepted);

    let quiet = carol.says("I have #cats too", "unlisted").await;
    let dogs = carol.says("I have dogs", "public").await;
    let more = carol.says("More #CATS", "public").await;
    let most = carol.says("Most #cats", "public").await;
    for (kind, post, expected) in [
        ("Create", &cats, "stored"),
        ("Create", &cats, "known already"),
        ("Create", &quiet, "ignored: not a public post"),
        ("Announce", &dogs, "ignored: without any"),
        ("Announce", &more, "stored"),
        ("Announce", &most, "ignored: the relay's allowance"),
    ] {
        let outcome = hands(&here, &bob, kind, post, &carol).await;
        assert!(outcome.starts_with(expected), "{kind} {}: {outcome}", post["content"]);
    }
    assert!(alice.has(&cats["uri"]).await.is_some() && alice.has(&most["uri"]).await.is_none());

    let now = here.app.clock.now();
    let until = now.plus(std::time::Duration::from_secs(60));
    here.app.store.write(move |tx| relays::pause(tx, until, "the inbox is late", now)).await.expect("writes");
    let outcome = hands(&here, &bob, "Announce", &dogs, &carol).await;
    assert!(outcome.contains("the inbox is late"), "{outcome}");
    let outcome = hands(&here, &carol, "Announce", &dogs, &carol).await;
    assert!(outcome.starts_with("ignored: nobody here"), "carol is no relay: {outcome}");
    settle(&[&here, &there]).await;
}
