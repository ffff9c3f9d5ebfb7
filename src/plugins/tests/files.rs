//! Files that are no plugin, and compiled ones that somebody touched.

use super::*;

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
    let good = guest::dollars(MANIFEST, 2);
    let mut truncated = good.clone();
    truncated.truncate(good.len() / 2);
    let (key, public) = sections::new_key().expect("a key");
    let signed = sections::sign(&good, &key).expect("signs");
    let mut forged = signed.clone();
    let reason = forged.windows(10).position(|bytes| bytes == b"No dollars").expect("its reason");
    forged[reason] ^= 1;
    let mut added = signed.clone();
    wasm_section(&mut added, "more", b"code");
    let liar_kind = guest::module(&MANIFEST.replace(r#"["filter"]"#, r#"["filter","gate"]"#), "");
    let old = guest::dollars(&MANIFEST.replace(r#""1.0""#, r#""0.1""#), 2);
    let stranger = guest::dollars(&manifest(&format!(r#""publisher-key":"{public}""#)), 2);
    for (wasm, why) in [
        (b"#!/bin/sh".to_vec(), "no WebAssembly"),
        (wat::parse_str("(module)").expect("valid WAT"), "nagaya:manifest"),
        (wat::parse_str("(component)").expect("valid WAT"), "nagaya:manifest"),
        (with_manifest(""), "exports nothing of that kind"),
        (liar_kind, "cannot be made a component"),
        (old, "speaks version 0.1"),
        (forged, "signature is wrong"),
        (added, "added behind its signature"),
        (stranger, "did not sign it"),
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
    let good = plugins.prepare(good).await.expect("fits");
    assert_eq!(
        (good.manifest.id.as_str(), good.sha256.len(), good.publisher_key.as_str()),
        ("org.example.bad", 64, "")
    );
    assert_eq!(plugins.prepare(signed).await.expect("fits").publisher_key, public);
}

#[tokio::test]
async fn a_tampered_cache_file_is_thrown_away_and_made_again() {
    let folder = tempfile::tempdir().expect("temporary folder");
    load(&Plugins::start(options(folder.path())), guest::dollars(MANIFEST, 2), "{}").await;
    let cache = folder.path().join("plugin-cache");
    let compiled = || {
        let entries = std::fs::read_dir(&cache).expect("the cache").map(|entry| entry.expect("readable").path());
        let files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "aot")).collect();
        let [file] = files.as_slice() else { panic!("{files:?}") };
        file.clone()
    };
    let good = std::fs::read(compiled()).expect("readable");
    let modified = std::fs::metadata(compiled()).and_then(|about| about.modified()).expect("a date");
    load(&Plugins::start(options(folder.path())), guest::dollars(MANIFEST, 2), "{}").await;
    let again = std::fs::metadata(compiled()).and_then(|about| about.modified()).expect("a date");
    assert_eq!(modified, again, "an untouched file is used as it is");
    for at in [0, 40, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(compiled(), &bad).expect("writable");
        let plugins = Plugins::start(options(folder.path()));
        load(&plugins, guest::dollars(MANIFEST, 2), "{}").await;
        assert_eq!(std::fs::read(compiled()).expect("readable"), good, "byte {at}");
        assert!(matches!(plugins.filter(post(Direction::Inbound, "a $")).await.ruling, Ruling::Reject { .. }));
    }
    std::fs::write(cache.join("secret"), [9; 32]).expect("writable");
    load(&Plugins::start(options(folder.path())), guest::dollars(MANIFEST, 2), "{}").await;
    assert_ne!(std::fs::read(compiled()).expect("readable"), good, "sealed with the new secret");
}

#[tokio::test]
async fn a_file_is_as_large_as_may_be_and_no_larger() {
    let (_folder, plugins) = start();
    let good = guest::dollars(MANIFEST, 2);
    // Filled up with a section that nobody reads: name and lengths take ten bytes.
    let filled = |size: usize| {
        let mut wasm = good.clone();
        let data = size - wasm.len() - 10;
        let length = 5 + data;
        wasm.push(0);
        wasm.extend([0, 7, 14, 21].map(|shift| (length >> shift) as u8 & 0x7f | if shift < 21 { 0x80 } else { 0 }));
        wasm.extend(*b"\x04junk");
        wasm.extend(std::iter::repeat_n(0, data));
        assert_eq!(wasm.len(), size);
        wasm
    };
    const MIB: usize = 1024 * 1024;
    plugins.prepare(filled(4 * MIB)).await.expect("4 MiB fit");
    let refused = plugins.prepare(filled(4 * MIB + 1)).await.expect_err("too large").to_string();
    assert!(refused.contains("larger than 4 MiB"), "{refused}");
}

#[tokio::test]
async fn sections_that_are_huge_or_claim_to_be_are_refused() {
    let (_folder, plugins) = start();
    // A section that claims 4 GiB, as archives do that unpack to everything.
    let mut claims = guest::dollars(MANIFEST, 2);
    claims.extend([0, 0xff, 0xff, 0xff, 0xff, 0x0f, 4]);
    claims.extend(*b"junk");
    let refused = plugins.prepare(claims).await.expect_err("refused").to_string();
    assert!(refused.contains("no WebAssembly"), "{refused}");
    // A manifest of 64 KiB, and one byte more.
    let described = |size: usize| {
        let rest = MANIFEST.len() + r#""source":"","#.len();
        guest::dollars(&manifest(&format!(r#""source":"{}""#, "x".repeat(size - rest))), 2)
    };
    plugins.prepare(described(64 * 1024)).await.expect("fits");
    let refused = plugins.prepare(described(64 * 1024 + 1)).await.expect_err("refused").to_string();
    assert!(refused.contains("nagaya:manifest is larger than 64 KiB"), "{refused}");
}

#[tokio::test]
async fn components_of_thousands_of_parts_are_refused_before_they_are_compiled() {
    let (_folder, plugins) = start();
    let with = |parts: &str, count: usize| {
        let manifest = MANIFEST.replace('"', "\\\"").replace('\n', " ");
        wat::parse_str(format!(r#"(component {} (@custom "nagaya:manifest" "{manifest}"))"#, parts.repeat(count)))
            .expect("valid WAT")
    };
    // At the limit it is something else that is wrong with them.
    for (part, at) in [("(component)", 400), ("(core module)", 400), ("(component (component))", 200)] {
        let refused = plugins.prepare(with(part, at)).await.expect_err("no filter").to_string();
        assert!(refused.contains("exports nothing of that kind"), "{part}: {refused}");
        let refused = plugins.prepare(with(part, at + 1)).await.expect_err("refused").to_string();
        assert!(refused.contains("more than 400 parts"), "{part}: {refused}");
    }
    let mut instances = "(core module $m) ".to_owned();
    instances += &"(core instance (instantiate $m)) ".repeat(10_000);
    let instances = wat::parse_str(format!("(component {instances})")).expect("valid WAT");
    // Ten thousand components, each inside the one before; written by hand, because no tool makes such a thing.
    let empty = wat::parse_str("(component)").expect("valid WAT");
    let mut nested = empty.clone();
    for _ in 0..10_000 {
        let mut size = nested.len();
        let mut outer = empty.clone();
        outer.push(4);
        while size >= 0x80 {
            outer.push(size as u8 & 0x7f | 0x80);
            size >>= 7;
        }
        outer.push(size as u8);
        outer.extend(&nested);
        nested = outer;
    }
    for (name, wasm) in [("instances", instances), ("nested components", nested)] {
        let begun = Instant::now();
        let refused = plugins.prepare(wasm).await.expect_err("refused").to_string();
        assert!(refused.contains("more than 400 parts"), "{name}: {refused}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{name}: {:?}", begun.elapsed());
    }
}
