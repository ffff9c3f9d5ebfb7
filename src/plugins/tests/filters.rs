//! What filters are asked, what they answer, and what they were granted.

use super::*;

#[tokio::test]
async fn activities_that_no_filter_asks_for_pass_untouched() {
    let (_folder, plugins) = start();
    let dollars = || guest::dollars(&manifest(r#""activities":["Create"]"#), 2);
    assert_eq!(plugins.filter(post(Direction::Inbound, "a $")).await, Outcome::default());
    load(&plugins, dollars(), "{}").await;
    assert!(plugins.wants(Direction::Inbound, "Create") && !plugins.wants(Direction::Inbound, "Like"));
    let like = Envelope { activity: "Like".into(), ..post(Direction::Inbound, "a $") };
    assert_eq!(plugins.filter(like).await, Outcome::default());
    let rejected = plugins.filter(post(Direction::Inbound, "a $")).await.ruling;
    assert_eq!(rejected, Ruling::Reject { plugin: "org.example.bad".into(), reason: "No dollars / ドルなし".into() });
    assert_eq!(plugins.load(Vec::new()).await.len(), 0);
    assert_eq!(plugins.filter(post(Direction::Inbound, "a $")).await.ruling, Ruling::Accept);
    assert_eq!(Plugins::default().filter(post(Direction::Inbound, "a $")).await, Outcome::default());
}

#[tokio::test]
async fn what_was_not_granted_is_neither_shown_nor_heard() {
    let dollars = || guest::dollars(MANIFEST, 2);
    let seen = |visibility| Envelope { visibility: Some(visibility), ..post(Direction::Inbound, "a $") };
    for (grants, visibility, rejected) in [
        (&["reject"][..], Visibility::Public, true),
        (&["reject"][..], Visibility::Private, false),
        (&["reject"][..], Visibility::Direct, false),
        (&["reject", "see-direct"][..], Visibility::Direct, true),
        (&[][..], Visibility::Public, false),
        // Not asked for, so never granted.
        (&["reject", "see-followers"][..], Visibility::Private, false),
    ] {
        let (_folder, plugins) = start();
        load_as(&plugins, dollars(), |row| row.grants = grants.iter().map(|&name| name.to_owned()).collect()).await;
        let ruling = plugins.filter(seen(visibility)).await.ruling;
        assert_eq!(matches!(ruling, Ruling::Reject { .. }), rejected, "{grants:?} {visibility:?}");
    }
    let (_folder, plugins) = start();
    load(&plugins, dollars(), "{}").await;
    let flag = Envelope { activity: "Flag".into(), visibility: None, ..post(Direction::Inbound, "a $") };
    assert_eq!(plugins.filter(flag).await.ruling, Ruling::Accept, "reports need a grant of their own");
}

#[tokio::test]
async fn in_shadow_it_is_only_noted() {
    let (_folder, plugins) = start();
    load_as(&plugins, guest::dollars(MANIFEST, 2), |row| row.shadow = true).await;
    let outcome = plugins.filter(post(Direction::Outbound, "a $")).await;
    assert_eq!((outcome.ruling, outcome.effects.len()), (Ruling::Accept, 0));
    let [said] = outcome.said.as_slice() else { panic!("{:?}", outcome.said) };
    assert_eq!((said.shadow, said.action, said.reason.as_str()), (true, "reject", "No dollars / ドルなし"));
}

#[tokio::test]
async fn an_admin_chooses_when_it_runs_and_what_its_failures_mean() {
    for (rules, rejected) in [(r#"[{"direction":["inbound"]}]"#, true), (r#"[{"type":["Announce"]}]"#, false)] {
        let (_folder, plugins) = start();
        load_as(&plugins, guest::dollars(MANIFEST, 2), |row| row.only_if = rules.into()).await;
        let ruling = plugins.filter(post(Direction::Inbound, "a $")).await.ruling;
        assert_eq!(matches!(ruling, Ruling::Reject { .. }), rejected, "{rules}");
    }
    for (choice, direction, expected) in [
        (None, Direction::Inbound, "accept"),
        (None, Direction::Outbound, "hold"),
        (Some(OnFailure::Reject), Direction::Inbound, "reject"),
        (Some(OnFailure::Accept), Direction::Outbound, "accept"),
    ] {
        let (_folder, plugins) = start();
        load_as(&plugins, guest("(unreachable)", ""), |row| row.on_failure = choice).await;
        assert_eq!(word(&plugins.filter(post(direction, "hello")).await.ruling), expected, "{choice:?} {direction:?}");
    }
}

#[tokio::test]
async fn what_a_plugin_keeps_is_there_in_its_next_call() {
    // Counts its calls under the key "k", and gives up at the third.
    let counts = module(&format!(
        r#"(import "nagaya:plugin/kv@1.0.0" "incr" (func $incr (param i32 i32 i64 i32 i32 i32)))
        {}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
            (call $incr (i32.const 2048) (i32.const 1) (i64.const 1) (i32.const 0) (i32.const 0) (i32.const 512))
            (if (i64.ge_s (i64.load (i32.const 520)) (i64.const 3)) (then (unreachable)))
            (i32.const 0))
        (data (i32.const 2048) "k")"#,
        guest::ALLOCATOR
    ));
    let (_folder, plugins) = start();
    load(&plugins, counts, "{}").await;
    for expected in [0, 0, 1] {
        let outcome = plugins.filter(post(Direction::Inbound, "hello")).await;
        assert_eq!(outcome.failures.len(), expected, "{outcome:?}");
    }
}

#[tokio::test]
async fn an_audience_is_never_widened() {
    // Two effects: set-visibility(public), which would widen, and set-visibility(direct), which narrows.
    let data = r#"(data (i32.const 20) "\40\00\00\00\02\00\00\00") (data (i32.const 88) "\03")"#;
    let (_folder, plugins) = start();
    load(&plugins, guest(ANSWERS, data), "{}").await;
    let outcome = plugins.filter(post(Direction::Inbound, "hello")).await;
    let effects: Vec<_> = outcome.effects.into_iter().map(|change| change.effect).collect();
    assert_eq!((effects, outcome.failures), (vec![Effect::SetVisibility(Visibility::Direct)], vec![]));
}

#[tokio::test]
async fn scores_hold_and_reject() {
    for (score, expected) in
        [("\\31\\00", "accept"), ("\\32\\00", "hold"), ("\\64\\00", "reject"), ("\\ce\\ff", "accept")]
    {
        let (_folder, plugins) = start();
        load(&plugins, guest(ANSWERS, &format!(r#"(data (i32.const 16) "{score}")"#)), "{}").await;
        assert_eq!(word(&plugins.filter(post(Direction::Inbound, "hello")).await.ruling), expected, "{score}");
    }
}

#[tokio::test]
async fn a_call_costs_microseconds() {
    let (_folder, plugins) = start();
    load(&plugins, guest::dollars(&manifest(r#""activities":["Create"]"#), 2), "{}").await;
    let envelope = post(Direction::Inbound, &"The quick brown fox jumps over the lazy dog. ".repeat(35));
    let mut took: Vec<_> = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        assert_eq!(plugins.filter(envelope.clone()).await.failures, []);
        took.push(begun.elapsed());
    }
    took.sort();
    let skipped = Instant::now();
    for _ in 0..1000 {
        plugins.filter(Envelope { activity: "Like".into(), ..Envelope::default() }).await;
    }
    eprintln!(
        "fresh instance and call: median {:?}, p90 {:?}; skipped: {:?}",
        took[100],
        took[180],
        skipped.elapsed() / 1000
    );
}
