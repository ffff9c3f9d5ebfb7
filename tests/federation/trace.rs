//! Why did this not arrive? The trace of something delivered, rejected, filtered, wrongly signed, and for a dead server.

use std::path::Path;

use nagaya::actions::border::{self, Changes};
use nagaya::actions::trace::{self, Report};
use nagaya::store::domain_blocks::Severity;
use nagaya::store::events::{Outcome, Step};
use nagaya::text::locale::Lang;
use serde_json::{Value, json};

use super::{Street, text};
use crate::harness::http;
use crate::harness::neighbour::{Neighbour, settle};

async fn report(server: &Neighbour, query: &str) -> Report {
    trace::report(&server.app, query, Lang::ENGLISH).await.expect("reports")
}

/// The outcomes of one kind of step, in order.
fn outcomes(report: &Report, step: Step) -> Vec<Outcome> {
    report.steps.iter().filter(|told| told.event.step == step).map(|told| told.event.outcome).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivered_and_a_rejected_post_are_traced_on_both_sides() {
    let Street { here, there, alice, bob } = Street::new().await;
    bob.follows(&alice).await;
    let post = alice.says("Are you there?", "public").await;
    let uri = text(&post["uri"]);
    bob.receives(&post["uri"]).await;
    settle(&[&here, &there]).await;
    let sent = report(&here, uri).await;
    assert_eq!((sent.kind, outcomes(&sent, Step::Delivery)), ("post", vec![Outcome::Done]), "{sent:?}");
    let told = sent.steps.first().expect("a step");
    assert!(told.event.peer == there.domain && told.text.contains("202"), "{told:?}");
    let page = report(&here, text(&post["url"])).await;
    assert_eq!(page.steps, sent.steps, "by its page as well as by its id");
    let got = report(&there, uri).await;
    assert_eq!(outcomes(&got, Step::Verb), [Outcome::Done], "{got:?}");
    assert!(got.steps[0].text.contains("stored as"), "{got:?}");
    let person = report(&there, &alice.handle).await;
    assert!(person.kind == "account" && person.steps.len() >= 2, "the Follow's Accept, and the post: {person:?}");

    // Now bob's server turns alice's away.
    let suspend = Changes { severity: Some(Severity::Suspend), ..Changes::default() };
    border::block(&there.app, &here.domain, suspend).await.expect("blocks");
    let words = format!("@{} Hello?", bob.handle);
    let post = alice.says(&words, "public").await;
    settle(&[&here]).await;
    let sent = report(&here, text(&post["uri"])).await;
    assert_eq!(outcomes(&sent, Step::Delivery), [Outcome::Refused], "{sent:?}");
    assert!(sent.steps[0].event.detail.contains("403"), "the answer that the peer gave: {sent:?}");
    assert!(sent.summary.iter().any(|line| line.contains("will not be delivered")), "{:?}", sent.summary);
    let there_too = report(&there, &here.domain).await;
    assert!(there_too.summary.iter().any(|line| line.contains("is blocked here")), "{:?}", there_too.summary);
    assert!(outcomes(&there_too, Step::Signature).contains(&Outcome::Refused), "{there_too:?}");
    let japanese = trace::report(&there.app, &here.domain, Lang::find("ja").expect("spoken")).await.expect("reports");
    assert!(japanese.summary.iter().any(|line| line.contains("ブロック")), "{:?}", japanese.summary);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filtered_post_is_traced_to_its_filter() {
    let Street { here, there, alice, bob } = Street::new().await;
    bob.follows(&alice).await;
    there.start_plugin(Path::new("keywords"), "keywords", &[("reject", "casino")]).await;
    let post = alice.says("Visit our casino", "public").await;
    settle(&[&here, &there]).await;
    let got = report(&there, text(&post["uri"])).await;
    assert_eq!(outcomes(&got, Step::Filter), [Outcome::Refused], "{got:?}");
    assert_eq!(outcomes(&got, Step::Verb), [Outcome::Refused], "{got:?}");
    assert!(got.steps.iter().any(|told| told.text.contains("keywords")), "{got:?}");
    assert_eq!(bob.has(&post["uri"]).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_signature_is_traced() {
    let Street { here, alice, bob, .. } = Street::new().await;
    alice.finds(&bob).await;
    let id = format!("{}#forged/1", bob.account.uri);
    let activity = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": id, "type": "Like", "actor": bob.account.uri, "object": alice.account.uri,
    });
    let url = format!("http://{}/inbox", here.domain).parse().expect("an address");
    let headers = [("content-type", "application/activity+json".to_owned())];
    let answer = http::send("POST", &url, &headers, activity.to_string().as_bytes()).await.expect("an answer");
    assert_eq!(answer.status, 401);
    let got = report(&here, &id).await;
    assert_eq!((got.kind, outcomes(&got, Step::Signature)), ("activity", vec![Outcome::Refused]), "{got:?}");
    assert!(got.steps[0].text.starts_with("Signature:") && got.steps[0].text.contains("not signed"), "{got:?}");
    let person = report(&here, &bob.handle).await;
    assert!(person.summary.iter().any(|line| line.contains("Nobody here follows")), "{:?}", person.summary);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_server_is_traced_with_its_last_answer() {
    let Street { here, there, alice, bob } = Street::new().await;
    bob.follows(&alice).await;
    settle(&[&here, &there]).await;
    let domain = there.domain.clone();
    there.stop().await;
    let post = alice.says("Anybody?", "public").await;
    let uri = text(&post["uri"]).to_owned();
    let begun = std::time::Instant::now();
    let sent = loop {
        let sent = report(&here, &uri).await;
        if !sent.steps.is_empty() {
            break sent;
        }
        assert!(begun.elapsed().as_secs() < 30, "nothing was tried: {sent:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(outcomes(&sent, Step::Delivery), [Outcome::Later], "{sent:?}");
    assert!(sent.summary.iter().any(|line| line.contains("It waits for")), "{:?}", sent.summary);
    let server = report(&here, &domain).await;
    assert!(server.summary.iter().any(|line| line.contains("has not taken anything since")), "{:?}", server.summary);
    let nobody = report(&here, "https://nowhere.example/1").await;
    assert_eq!((nobody.steps.len(), nobody.summary.len()), (0, 1), "{nobody:?}");
    assert_eq!(alice.ask("GET", "/api/nagaya/v1/admin/trace?q=x", Value::Null).await.0, 403, "members may not");
}
