//! Filters made for Kitsune: installed as they are, and held to our bounds.

use serde_json::json;

use super::*;

const THEIRS: &str =
    r#"{"manifestVersion":"v1","apiVersion":"v1","name":"Example_MRF","version":"1.0.0","activityTypes":["Create"]}"#;

/// A component as Kitsune's authors make it; `transform` is the body of its function, `imports` and `rest` stand around it.
fn component(theirs: &str, imports: &str, transform: &str, rest: &str) -> Vec<u8> {
    let text = format!(
        r#"(module {imports} {} (func (export "transform") (param i32 i32 i32 i32 i32) (result i32) {transform}) {rest})"#,
        guest::ALLOCATOR
    );
    let mut wasm = wat::parse_str(text).expect("valid WAT");
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("mrf.wit", include_str!("../fep_mrf.wit")).expect("valid WIT");
    let world = resolve.select_world(&[package], Some("mrf")).expect("the world");
    wit_component::embed_component_metadata(&mut wasm, &resolve, world, wit_component::StringEncoding::UTF8)
        .expect("embeds");
    let mut component = prepare::wrap(wasm).expect("wraps");
    wasm_section(&mut component, "manifest-v0", theirs.as_bytes());
    component
}

/// A text as the data of a WAT module.
fn data(text: &str) -> String {
    text.bytes().map(|byte| format!("\\{byte:02x}")).collect()
}

/// One that answers `ok(text)`, whatever it is asked.
fn answers(text: &str) -> Vec<u8> {
    let length: String = (text.len() as u32).to_le_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
    let rest =
        format!(r#"(data (i32.const 0) "\00\00\00\00\00\10\00\00{length}") (data (i32.const 4096) "{}")"#, data(text));
    component(THEIRS, "", "(i32.const 0)", &rest)
}

async fn runs(wasm: Vec<u8>) -> (tempfile::TempDir, Plugins) {
    let (folder, plugins) = start();
    let prepared = plugins.prepare(wasm).await.expect("fits");
    assert_eq!((prepared.manifest.id.as_str(), prepared.publisher_key.as_str()), ("mrf.kitsune.example-mrf", ""));
    let grants = prepared.asks.iter().map(|ask| ask.name.clone()).collect();
    let row = InstalledPlugin { grants, ..InstalledPlugin::bare(&prepared.manifest.id, prepared.wasm) };
    let errors = plugins.load(vec![row]).await;
    assert!(errors.is_empty(), "{errors:?}");
    (folder, plugins)
}

/// What came in: a note with this content.
fn arrived(content: &str) -> Envelope {
    let raw = json!({"id": "https://peer.example/1", "type": "Create", "actor": "https://peer.example/carol",
        "object": {"id": "https://peer.example/notes/1", "type": "Note", "content": content, "tag": []}});
    Envelope { raw: Some(raw.to_string()), ..post(Direction::Inbound, content) }
}

#[tokio::test]
async fn its_answers_are_our_decisions() {
    // err(reject), err(error-continue("oops")), err(error-reject("oops"))
    for (name, case, ruling, log) in
        [("reject", 0, "reject", 0), ("continue", 1, "accept", 1), ("error-reject", 2, "reject", 0)]
    {
        let rest = format!(
            r#"(data (i32.const 0) "\01\00\00\00\{case:02x}\00\00\00\40\00\00\00\04\00\00\00") (data (i32.const 64) "oops")"#
        );
        let (_folder, plugins) = runs(component(THEIRS, "", "(i32.const 0)", &rest)).await;
        let trial = plugins.book("mrf.kitsune.example-mrf").lines(0).len();
        let outcome = plugins.filter(arrived("hello")).await;
        assert_eq!((word(&outcome.ruling), outcome.failures.len()), (ruling, 0), "{name}");
        if let Ruling::Reject { reason, .. } = &outcome.ruling {
            assert!(reason == "oops" || reason.contains("拒否"), "{reason}");
        }
        assert_eq!(plugins.book("mrf.kitsune.example-mrf").lines(0).len() - trial, log, "{name}");
        // What it did not ask for, it does not see.
        let follow = Envelope { activity: "Follow".into(), ..arrived("x") };
        assert_eq!(plugins.filter(follow).await, Outcome::default());
    }
}

#[tokio::test]
async fn what_it_changes_is_bounded_like_any_effect() {
    let same = json!({"object": {"id": "https://peer.example/notes/1", "type": "Note", "content": "hello", "tag": []}});
    let (_folder, plugins) = runs(answers(&same.to_string())).await;
    assert_eq!(plugins.filter(arrived("hello")).await.effects, []);
    let patch = plugins.filter(arrived("hallo")).await.effects;
    let [Applied { effect: Effect::JsonPatch(patch), .. }] = patch.as_slice() else { panic!("{patch:?}") };
    assert_eq!(patch, r#"[{"op":"add","path":"/content","value":"hello"}]"#);
    // Going out, the same is new text.
    let outbound = Envelope { html: Some("hallo".into()), ..post(Direction::Outbound, "hallo") };
    let effects = plugins.filter(outbound).await.effects;
    let texts: Vec<_> = effects.iter().map(|change| &change.effect).collect();
    assert_eq!(texts, [&Effect::SetText("html".into(), "hello".into())]);
    // Another id, another author, another audience: not its to change.
    let other = json!({"actor": "https://evil.example/", "object": {"id": "https://evil.example/1", "type": "Article",
        "attributedTo": "https://evil.example/", "to": ["https://www.w3.org/ns/activitystreams#Public"], "content": "hello", "tag": []}});
    let (_folder, plugins) = runs(answers(&other.to_string())).await;
    let outcome = plugins.filter(arrived("hello")).await;
    assert_eq!((word(&outcome.ruling), outcome.effects.len()), ("accept", 0), "{outcome:?}");
}

/// It counts its calls in a bucket and rejects the second; the keys are its own.
#[tokio::test]
async fn its_buckets_are_kept_among_our_keys() {
    let imports = r#"(import "fep:mrf/keyvalue@0.1.0" "[static]bucket.open" (func $open (param i32 i32 i32)))
        (import "fep:mrf/keyvalue@0.1.0" "[method]bucket.exists" (func $exists (param i32 i32 i32 i32)))
        (import "fep:mrf/keyvalue@0.1.0" "[method]bucket.set" (func $set (param i32 i32 i32 i32 i32 i32)))"#;
    let transform = "(local i32)
        (call $open (i32.const 128) (i32.const 2) (i32.const 512))
        (if (i32.load8_u (i32.const 512)) (then (unreachable)))
        (local.set 5 (i32.load (i32.const 516)))
        (call $exists (local.get 5) (i32.const 128) (i32.const 1) (i32.const 528))
        (if (i32.load8_u (i32.const 528)) (then (unreachable)))
        ;; err(reject) when it is there
        (if (i32.load8_u (i32.const 532)) (then (return (i32.const 0))))
        (call $set (local.get 5) (i32.const 128) (i32.const 1) (i32.const 128) (i32.const 1) (i32.const 544))
        (if (i32.load8_u (i32.const 544)) (then (unreachable)))
        ;; ok(what it was given)
        (i32.store8 (i32.const 560) (i32.const 0))
        (i32.store (i32.const 564) (local.get 3)) (i32.store (i32.const 568) (local.get 4))
        (i32.const 560)";
    let wasm = component(THEIRS, imports, transform, r#"(data (i32.const 0) "\01") (data (i32.const 128) "ab")"#);
    let folder = tempfile::tempdir().expect("temporary folder");
    let options = options(folder.path());
    let store = options.store.clone();
    let plugins = Plugins::start(options);
    // Without the trial of an installation, which would count as a call.
    let wasm = fep_mrf::adopt(wasm).expect("has a manifest");
    let row =
        InstalledPlugin { grants: vec!["reject".into()], ..InstalledPlugin::bare("mrf.kitsune.example-mrf", wasm) };
    assert!(plugins.load(vec![row]).await.is_empty());
    for expected in ["accept", "reject", "reject"] {
        let outcome = plugins.filter(arrived("hello")).await;
        assert_eq!((word(&outcome.ruling), outcome.failures.as_slice()), (expected, &[][..]));
    }
    let kept = store.read(|db| crate::store::plugin_kv::get(db, "mrf.kitsune.example-mrf", "ab/a", Time(0))).await;
    assert_eq!(kept.expect("reads").as_deref(), Some(&b"a"[..]));
}

#[tokio::test]
async fn unknown_versions_and_broken_manifests_are_refused() {
    let (_folder, plugins) = start();
    for (theirs, why) in [
        (THEIRS.replace(r#""apiVersion":"v1""#, r#""apiVersion":"v2""#), "only version v1"),
        ("{}".to_owned(), "manifest-v0 cannot be read"),
        (THEIRS.replace("Example_MRF", &"x".repeat(200)), "its id"),
    ] {
        let refused = plugins.prepare(component(&theirs, "", "(unreachable)", "")).await.expect_err(why).to_string();
        assert!(refused.contains(why), "{refused}");
    }
    let refused = plugins.prepare(component(THEIRS, "", "(unreachable)", "")).await.expect_err("crashes").to_string();
    assert!(refused.contains("fails at a harmless post"), "{refused}");
    let loops = component(THEIRS, "", "(loop (br 0)) (unreachable)", "");
    let refused = plugins.prepare(loops).await.expect_err("loops").to_string();
    assert!(refused.contains("fails at a harmless post"), "Kitsune has no limit of time, we have: {refused}");
}
