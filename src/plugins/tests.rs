//! Good guests, bad guests, and what the server notices of them. The bad ones are WAT text.

use std::path::Path;
use std::time::{Duration, Instant};

use super::*;
use crate::activitypub::audience::Visibility;
use crate::clock::Time;

#[path = "../../tests/harness/guest.rs"]
mod fixture;

fn options(data: &Path) -> Options {
    Options {
        data: data.to_owned(),
        program: PathBuf::from("/nonexistent"),
        enabled: true,
        host: "here.example".into(),
        clock: Clock::manual(Time(1_000_000)),
        random: Random::seeded(7),
        compile_in_process: true,
    }
}

fn start() -> (tempfile::TempDir, Plugins) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let plugins = Plugins::start(options(folder.path()));
    (folder, plugins)
}

fn post(direction: Direction, text: &str) -> Envelope {
    Envelope {
        direction,
        activity: "Create".into(),
        object: Some("Note".into()),
        visibility: Some(Visibility::Unlisted),
        text: text.into(),
        ..Envelope::default()
    }
}

/// Loads a core module with the manifest and the metadata of a bindings generator, as an author's build makes it.
async fn load(plugins: &Plugins, wasm: Vec<u8>, config: &str) {
    let wasm = prepare::wrap(wasm).expect("wraps");
    let id = Manifest::of_wasm(&wasm).expect("has a manifest").id;
    let errors = plugins.load(vec![InstalledPlugin { id, wasm, config: config.into(), order: 1 }]).await;
    assert!(errors.is_empty(), "{errors:?}");
}

async fn load_keyword_filter(plugins: &Plugins, config: &str) {
    load(plugins, Plugins::built_in("keyword-filter").expect("comes with the server").to_vec(), config).await;
}

const MANIFEST: &str = r#"{"id":"org.example.bad","version":"1","api":"0.1","kinds":["filter"],
    "name":{"en":"Bad","ja":"悪"},"summary":{"en":"Bad"}}"#;

/// A core module that implements the filter world; `decide` is the body of its only function, `rest` whatever else.
fn guest(decide: &str, rest: &str) -> Vec<u8> {
    module(&format!(
        r#"(memory (export "memory") 1)
        (func $decide (export "nagaya:plugin/filter@0.1.0#decide") (param i32) (result i32) {decide})
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        {rest}"#
    ))
}

fn module(body: &str) -> Vec<u8> {
    fixture::module(MANIFEST, body)
}

/// Appends a custom section.
fn wasm_section(wasm: &mut Vec<u8>, name: &str, data: &[u8]) {
    let length = 1 + name.len() + data.len();
    wasm.extend([0, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8, name.len() as u8]);
    wasm.extend(name.as_bytes());
    wasm.extend(data);
}

const LOOPS: &str = "(loop (br 0)) (unreachable)";
/// Bytes 0.. of memory: `ok(decision)`; the rest of the record is given as data by the caller.
const ANSWERS: &str = "(i32.const 0)";

#[tokio::test]
async fn the_keyword_filter_finds_words_in_both_languages_and_says_which() {
    let (_folder, plugins) = start();
    let words = r#""words":["casino","宣伝","スパム"]"#;
    for (action, text, hashtag, found) in [
        ("reject", "Visit our CASINO today", "", Some("casino")),
        ("reject", "無料宣伝はこちら", "", Some("宣伝")),
        ("reject", "これはすぱむです", "", Some("スパム")),
        ("reject", "nothing to see", "casino", Some("casino")),
        ("hold", "casino", "", Some("casino")),
        ("sensitive", "casino", "", Some("casino")),
        ("reject", "おはよう", "", None),
    ] {
        load_keyword_filter(&plugins, &format!(r#"{{{words},"action":"{action}","warning":"gambling"}}"#)).await;
        let mut envelope = post(Direction::Inbound, text);
        envelope.hashtags = Vec::from([hashtag.to_owned()]);
        let outcome = plugins.filter(envelope).await;
        assert_eq!(outcome.failures, []);
        let said = |reason: &str| found.is_some_and(|word| reason.contains(&format!("「{word}」")));
        match (found, action, &outcome.ruling) {
            (Some(_), "reject", Ruling::Reject { plugin, reason })
            | (Some(_), "hold", Ruling::Hold { plugin, reason }) => {
                assert_eq!(plugin, "org.nagaya.keyword-filter");
                assert!(said(reason), "{reason}");
            }
            (Some(_), "sensitive", Ruling::Accept) => {
                assert_eq!(outcome.effects[0].effect, Effect::Sensitive(Some("gambling".into())));
            }
            (None, _, Ruling::Accept) => assert_eq!(outcome.effects, []),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn activities_that_no_filter_asks_for_pass_untouched() {
    let (_folder, plugins) = start();
    assert_eq!(plugins.filter(post(Direction::Inbound, "casino")).await, Outcome::default());
    load_keyword_filter(&plugins, r#"{"words":["casino"]}"#).await;
    assert!(plugins.wants(Direction::Inbound, "Create") && !plugins.wants(Direction::Inbound, "Like"));
    let like = Envelope { activity: "Like".into(), ..post(Direction::Inbound, "casino") };
    assert_eq!(plugins.filter(like).await, Outcome::default());
    assert_eq!(plugins.load(Vec::new()).await.len(), 0);
    assert_eq!(plugins.filter(post(Direction::Inbound, "casino")).await.ruling, Ruling::Accept);
    assert_eq!(Plugins::default().filter(post(Direction::Inbound, "casino")).await, Outcome::default());
}

#[tokio::test]
async fn bad_guests_are_stopped_with_the_reason_and_do_no_harm() {
    for (name, wasm, kind, why) in [
        ("endless loop", guest(LOOPS, ""), FailureKind::Time, "20 ms of CPU"),
        (
            "loop while starting",
            guest(ANSWERS, "(func $s (loop (br 0))) (start $s)"),
            FailureKind::Time,
            "20 ms of CPU",
        ),
        (
            "memory hog",
            guest("(loop (drop (memory.grow (i32.const 16))) (br 0)) (unreachable)", ""),
            FailureKind::Limit,
            "16 MiB",
        ),
        ("crash", guest("(unreachable)", ""), FailureKind::Trap, "unreachable"),
        ("endless recursion", guest("(call $decide (local.get 0))", ""), FailureKind::Trap, "call stack exhausted"),
        ("answer outside memory", guest("(i32.const 0x7ffffff0)", ""), FailureKind::Trap, ""),
        // ok(decision { verdict: reject(1 GiB of text at 1 MiB) })
        (
            "giant reason",
            guest(ANSWERS, r#"(data (i32.const 4) "\02\00\00\00\00\00\10\00\00\00\00\40")"#),
            FailureKind::Trap,
            "",
        ),
        // ok(decision { verdict: reject(2 bytes that are not UTF-8) })
        (
            "broken text",
            guest(
                ANSWERS,
                r#"(data (i32.const 4) "\02\00\00\00\40\00\00\00\02\00\00\00") (data (i32.const 64) "\ff\fe")"#,
            ),
            FailureKind::Trap,
            "",
        ),
        // ok(decision { verdict: 9th of three cases })
        ("unknown verdict", guest(ANSWERS, r#"(data (i32.const 4) "\09")"#), FailureKind::Trap, ""),
        // err("oops")
        (
            "gives up",
            guest(
                ANSWERS,
                r#"(data (i32.const 0) "\01\00\00\00\40\00\00\00\04\00\00\00") (data (i32.const 64) "oops")"#,
            ),
            FailureKind::Returned,
            "oops",
        ),
        (
            "chatters",
            module(
                r#"(import "nagaya:plugin/clock@0.1.0" "now" (func $now (result i64)))
                (memory (export "memory") 1)
                (func (export "nagaya:plugin/filter@0.1.0#decide") (param i32) (result i32)
                    (loop (drop (call $now)) (br 0)) (unreachable))
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#,
            ),
            FailureKind::Limit,
            "64 calls",
        ),
    ] {
        let (_folder, plugins) = start();
        load(&plugins, wasm, "{}").await;
        let inbound = plugins.filter(post(Direction::Inbound, "hello")).await;
        assert_eq!(inbound.ruling, Ruling::Accept, "{name}: what comes in is accepted");
        let [failure] = inbound.failures.as_slice() else { panic!("{name}: {inbound:?}") };
        assert_eq!(failure.kind, kind, "{name}: {failure:?}");
        // On a busy machine the wall may be hit before the CPU limit: late is late.
        let late = kind == FailureKind::Time && failure.why.contains("no answer");
        assert!(late || failure.why.contains(why), "{name}: {failure:?}");
        let outbound = plugins.filter(post(Direction::Outbound, "hello")).await;
        let Ruling::Reject { plugin, reason } = outbound.ruling else { panic!("{name}: what goes out is refused") };
        assert!(plugin == "org.example.bad" && reason.contains("Bad") && reason.contains("悪"), "{name}: {reason}");
    }
}

#[tokio::test]
async fn an_audience_is_never_widened() {
    // Two effects: set-visibility(public), which would widen, and set-visibility(direct), which narrows.
    let data = r#"(data (i32.const 20) "\40\00\00\00\02\00\00\00")
        (data (i32.const 64) "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\03")"#;
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
        let ruling = match plugins.filter(post(Direction::Inbound, "hello")).await.ruling {
            Ruling::Accept => "accept",
            Ruling::Hold { .. } => "hold",
            Ruling::Reject { .. } => "reject",
        };
        assert_eq!(ruling, expected, "{score}");
    }
}

#[tokio::test]
async fn a_filter_that_keeps_failing_is_switched_off_for_a_while() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let clock = Clock::manual(Time(1_000_000));
    let plugins = Plugins::start(Options { clock: clock.clone(), ..options(folder.path()) });
    load(&plugins, guest("(unreachable)", ""), "{}").await;
    let mut failures = Vec::new();
    for _ in 0..5 {
        failures.push(plugins.filter(post(Direction::Inbound, "hello")).await.failures.len());
    }
    assert_eq!(failures, [1, 1, 1, 0, 0]);
    assert_eq!(plugins.list()[0].off, Some(Off::Until(clock.now().plus(Duration::from_secs(60)))));
    let outbound = plugins.filter(post(Direction::Outbound, "hello")).await;
    assert!(matches!(outbound.ruling, Ruling::Reject { .. }), "what goes out stays unchecked, so it is refused");
    clock.advance(Duration::from_secs(61));
    assert_eq!(plugins.filter(post(Direction::Inbound, "hello")).await.failures.len(), 1);
}

/// The machine that runs this may be busy with other things, so the best of a few tries counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_looping_filter_ends_within_100_ms_while_others_are_served() {
    let mut tries = Vec::new();
    for _ in 0..20 {
        let (_folder, plugins) = start();
        load(&plugins, guest(LOOPS, ""), "{}").await;
        let done = tokio_util::sync::CancellationToken::new();
        let others = tokio::spawn({
            let done = done.clone();
            async move {
                // Each turn is like a small request: it waits a few times for its turn and for the clock.
                let mut slowest = Duration::ZERO;
                while !done.is_cancelled() {
                    let begun = Instant::now();
                    tokio::spawn(tokio::task::yield_now()).await.expect("ends");
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    tokio::spawn(tokio::task::yield_now()).await.expect("ends");
                    slowest = slowest.max(begun.elapsed());
                }
                slowest
            }
        });
        let begun = Instant::now();
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let plugins = plugins.clone();
                tokio::spawn(async move {
                    let begun = Instant::now();
                    let outcome = plugins.filter(post(Direction::Inbound, "hello")).await;
                    (outcome, begun.elapsed())
                })
            })
            .collect();
        let mut first = Duration::MAX;
        for call in calls {
            let (outcome, took) = call.await.expect("ends");
            assert!(outcome.failures.iter().all(|failure| failure.kind == FailureKind::Time));
            first = first.min(took);
        }
        let all = begun.elapsed();
        done.cancel();
        let slowest = others.await.expect("ends");
        eprintln!("one loop ended after {first:?}, four after {all:?}; the slowest turn of others took {slowest:?}");
        if first < Duration::from_millis(100) && slowest < Duration::from_millis(50) {
            return;
        }
        tries.push((first, slowest));
    }
    panic!("(loop ended after, slowest turn of others): {tries:?}");
}

#[tokio::test]
async fn files_that_are_no_plugin_are_refused_with_the_reason() {
    let (_folder, plugins) = start();
    let with_manifest = |body: &str| {
        let manifest = MANIFEST.replace('"', "\\\"").replace('\n', " ");
        wat::parse_str(format!(r#"(component {body} (@custom "nagaya:manifest" "{manifest}"))"#)).expect("valid WAT")
    };
    // Well-formed as a file; the metadata of the bindings stops in its middle.
    let mut liar = wat::parse_str("(module)").expect("valid WAT");
    for (name, data) in [("component-type:x", &b"\0asm\x0d\0\x01\0\0"[..]), ("nagaya:manifest", MANIFEST.as_bytes())] {
        wasm_section(&mut liar, name, data);
    }
    let mut truncated = KEYWORD_FILTER.to_vec();
    truncated.truncate(20_000);
    for (wasm, why) in [
        (b"#!/bin/sh".to_vec(), "no WebAssembly"),
        (wat::parse_str("(module)").expect("valid WAT"), "nagaya:manifest"),
        (wat::parse_str("(component)").expect("valid WAT"), "nagaya:manifest"),
        (with_manifest(""), "nagaya:plugin/filter@0.1.0"),
        (
            with_manifest(r#"(import "wasi:sockets/tcp@0.2.0" (instance (export "f" (func))))"#),
            "wasi:sockets/tcp@0.2.0",
        ),
        (truncated, "it is no WebAssembly: unexpected end"),
        (liar, "cannot be made a component"),
        (guest("(unreachable)", ""), "fails at a harmless post"),
        (vec![0; 5_000_000], "4 MiB"),
    ] {
        let refused = plugins.prepare(wasm).await.expect_err(why).to_string();
        assert!(refused.contains(why), "{refused}");
    }
    let good = plugins.prepare(KEYWORD_FILTER.to_vec()).await.expect("fits");
    assert_eq!((good.manifest.id.as_str(), good.sha256.len()), ("org.nagaya.keyword-filter", 64));
    assert!(KEYWORD_FILTER.len() <= 80_000);
}

#[tokio::test]
async fn a_tampered_cache_file_is_thrown_away_and_made_again() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let config = r#"{"words":["casino"]}"#;
    load_keyword_filter(&Plugins::start(options(folder.path())), config).await;
    let cache = folder.path().join("plugin-cache");
    let compiled = || {
        let entries = std::fs::read_dir(&cache).expect("the cache").map(|entry| entry.expect("readable").path());
        let files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "aot")).collect();
        let [file] = files.as_slice() else { panic!("{files:?}") };
        file.clone()
    };
    let good = std::fs::read(compiled()).expect("readable");
    let modified = std::fs::metadata(compiled()).and_then(|about| about.modified()).expect("a date");
    load_keyword_filter(&Plugins::start(options(folder.path())), config).await;
    let again = std::fs::metadata(compiled()).and_then(|about| about.modified()).expect("a date");
    assert_eq!(modified, again, "an untouched file is used as it is");
    for at in [0, 40, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(compiled(), &bad).expect("writable");
        let plugins = Plugins::start(options(folder.path()));
        load_keyword_filter(&plugins, config).await;
        assert_eq!(std::fs::read(compiled()).expect("readable"), good, "byte {at}");
        assert!(matches!(plugins.filter(post(Direction::Inbound, "casino")).await.ruling, Ruling::Reject { .. }));
    }
    std::fs::write(cache.join("secret"), [9; 32]).expect("writable");
    load_keyword_filter(&Plugins::start(options(folder.path())), config).await;
    assert_ne!(std::fs::read(compiled()).expect("readable"), good, "sealed with the new secret");
}

#[tokio::test]
async fn a_call_costs_microseconds() {
    let (_folder, plugins) = start();
    load_keyword_filter(&plugins, r#"{"words":["casino","宣伝"]}"#).await;
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
