//! Names: handles on another domain than the server, international domains, and the pages by which servers hand people on.

use nagaya::activitypub::ids;
use serde_json::{Value, json};

use super::{Street, text};
use crate::harness::http::{self, Answer};
use crate::harness::neighbour::Neighbour;

async fn get(here: &Neighbour, path: &str, cookies: &str) -> Answer {
    let url = format!("http://{}{path}", here.domain).parse().expect("an address");
    let headers = [("accept", "text/html".to_owned()), ("cookie", cookies.to_owned())];
    http::send("GET", &url, &headers, b"").await.expect("an answer")
}

async fn jrd(here: &Neighbour, resource: &str) -> Value {
    let answer = get(here, &format!("/.well-known/webfinger?resource={resource}"), "").await;
    assert_eq!(answer.status, 200, "{resource}: {}", answer.body);
    answer.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webfinger_names_the_pages_that_take_intents() {
    let Street { here, alice, .. } = Street::new().await;
    let found = jrd(&here, &format!("acct:{}", alice.handle)).await;
    let template = |rel: &str| {
        let links = found["links"].as_array().expect("a list");
        links.iter().find(|link| link["rel"] == rel).map(|link| text(&link["template"]).to_owned()).unwrap_or_default()
    };
    assert!(template("http://ostatus.org/schema/1.0/subscribe").ends_with("/authorize_interaction?uri={uri}"));
    for (intent, place) in
        [("Follow", "{object}"), ("Like", "{object}"), ("Announce", "{object}"), ("Create", "{content}")]
    {
        let found = template(&format!("https://w3id.org/fep/3b86/{intent}"));
        assert!(found.contains(place) && found.starts_with(&here.app.config.url("")), "{intent}: {found}");
    }
    let info = get(&here, "/.well-known/nodeinfo", "").await.json();
    let application = "https://www.w3.org/ns/activitystreams#Application";
    let link = info["links"].as_array().expect("a list").iter().find(|link| link["rel"] == application);
    let actor = super::document(text(&link.expect("FEP-2677")["href"])).await.json();
    assert_eq!(
        (&actor["type"], &actor["id"]),
        (&json!("Application"), &json!(ids::instance_actor(&here.app.config.url(""))))
    );
    let person = super::document(&alice.account.uri).await.json();
    assert_eq!(person["webfinger"], json!(alice.handle), "FEP-2c59");
    assert!(person["indexable"].is_boolean() && person["discoverable"].is_boolean(), "FEP-5feb");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_may_live_on_another_domain_than_the_server() {
    let split = |config: &mut nagaya::config::Config| config.handle_domain = "people.example".into();
    let here = Neighbour::open_with(1, nagaya::clock::Clock::default(), split).await;
    let alice = here.resident("alice").await;
    assert_eq!(alice.handle, "alice@people.example");
    let server = here.domain.clone();
    let by_server = format!("acct:alice@{server}");
    let own = alice.account.uri.as_str();
    for resource in ["acct:alice@people.example", by_server.as_str(), own, "alice@PEOPLE.example"] {
        let found = jrd(&here, resource).await;
        assert_eq!(found["subject"], "acct:alice@people.example", "{resource}");
        let own = found["links"].as_array().expect("a list").iter().find(|link| link["rel"] == "self");
        assert_eq!(own.expect("a link")["href"], json!(alice.account.uri), "{resource}");
    }
    let person = super::document(&alice.account.uri).await.json();
    assert_eq!((&person["webfinger"], text(&person["id"]).contains(&server)), (&json!("alice@people.example"), true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_and_posts_are_found_by_handle_address_and_common_scheme() {
    let Street { here, there, alice, bob } = Street::new().await;
    let post = bob.says("#長屋 の ﾃｽﾄ #ﾃｽﾄ", "public").await;
    for query in [
        bob.handle.clone(),
        format!("@{}", bob.handle),
        format!("acct:{}", bob.handle),
        bob.account.uri.clone(),
        bob.account.url.clone(),
    ] {
        let escaped: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let found = alice.get(&format!("/api/v2/search?q={escaped}&resolve=true")).await;
        assert_eq!(found["accounts"][0]["acct"], bob.handle, "{query}: {found}");
    }
    let common = text(&post["uri"]).replace("http://", "web+ap://");
    for query in [text(&post["uri"]), text(&post["url"]), common.as_str()] {
        let escaped: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let found = alice.get(&format!("/api/v2/search?q={escaped}&resolve=true")).await;
        assert_eq!(found["statuses"][0]["uri"], post["uri"], "{query}");
        let tags: Vec<&str> =
            found["statuses"][0]["tags"].as_array().expect("a list").iter().map(|tag| text(&tag["name"])).collect();
        assert!(tags.contains(&"長屋") && tags.contains(&"テスト"), "one spelling for both widths: {tags:?}");
    }
    drop((here, there));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_is_led_to_their_own_server_and_an_intent_asks_first() {
    let Street { here, there, alice, bob } = Street::new().await;
    // On alice's server, bob, a stranger there, enters his handle.
    let page = get(&here, &format!("/remote_interaction?uri={}", alice.account.uri), "").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(get(&here, "/remote_interaction?uri=https://evil.example/", "").await.status, 404);
    let cookies: Vec<&str> =
        page.headers("set-cookie").map(|cookie| cookie.split(';').next().unwrap_or_default()).collect();
    let cookies = cookies.join("; ");
    let token =
        page.body.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token");
    let send = async |handle: &str| {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("token", token), ("uri", alice.account.uri.as_str()), ("handle", handle)])
            .finish();
        let url = format!("http://{}/remote_interaction", here.domain).parse().expect("an address");
        let headers = [
            ("accept", "text/html".to_owned()),
            ("cookie", cookies.clone()),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ];
        http::send("POST", &url, &headers, form.as_bytes()).await.expect("an answer")
    };
    let led = send(&bob.handle).await;
    let escaped: String = url::form_urlencoded::byte_serialize(alice.account.uri.as_bytes()).collect();
    let expected = format!("http://{}/authorize_interaction?uri={escaped}", there.domain);
    assert!(led.status == 200 && led.body.contains(&expected), "{}: {}", led.status, led.body);
    assert_eq!(send("nonsense").await.status, 422);
    // There, who is not signed in must sign in first, and comes back to the same page.
    let page = get(&there, &format!("/authorize_interaction?uri={escaped}"), "").await;
    assert!(page.status == 303 && page.header("location").starts_with("/auth/sign_in?then=%2Fauthorize_interaction"));
}
