//! Guests as other languages' tools make them: with a runtime inside, and with imports that nobody needs.

use super::*;

const WORLD: &str = "package guest:extra;
    package wasi:clocks@0.2.6 {
        interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }
        interface monotonic-clock { now: func() -> u64; }
    }
    package wasi:random@0.2.6 { interface random { get-random-u64: func() -> u64; } }
    package wasi:filesystem@0.2.6 {
        interface types { resource descriptor { sync: func() -> result; } }
        interface preopens { use types.{descriptor}; get-directories: func() -> list<tuple<descriptor, string>>; }
    }
    package wasi:cli@0.2.6 {
        interface environment { get-environment: func() -> list<tuple<string, string>>; }
        interface exit { exit: func(status: result); }
    }
    world extra {
        include nagaya:plugin/filter-plugin@1.0.0;
        import wasi:clocks/wall-clock@0.2.6; import wasi:clocks/monotonic-clock@0.2.6; import wasi:random/random@0.2.6;
        import wasi:filesystem/preopens@0.2.6; import wasi:cli/environment@0.2.6; import wasi:cli/exit@0.2.6;
    }";

/// The clock is the server's, chance is there, there is neither environment nor file, and who exits has crashed.
#[tokio::test]
async fn what_is_imported_of_wasi_is_inert() {
    let wasi = |last: &str| {
        let body = format!(
            r#"(import "wasi:clocks/wall-clock@0.2.6" "now" (func $now (param i32)))
            (import "wasi:clocks/monotonic-clock@0.2.6" "now" (func $ticks (result i64)))
            (import "wasi:random/random@0.2.6" "get-random-u64" (func $chance (result i64)))
            (import "wasi:filesystem/preopens@0.2.6" "get-directories" (func $folders (param i32)))
            (import "wasi:cli/environment@0.2.6" "get-environment" (func $environment (param i32)))
            (import "wasi:cli/exit@0.2.6" "exit" (func $exit (param i32)))
            {}
            (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
                (call $now (i32.const 512))
                (if (i64.ne (i64.load (i32.const 512)) (i64.const 1000)) (then (unreachable)))
                (if (i64.ne (call $ticks) (i64.const 1000000000000)) (then (unreachable)))
                (if (i64.eq (call $chance) (call $chance)) (then (unreachable)))
                (call $folders (i32.const 512))
                (if (i32.load (i32.const 516)) (then (unreachable)))
                (call $environment (i32.const 512))
                (if (i32.load (i32.const 516)) (then (unreachable)))
                {last}
                (i32.const 0))"#,
            guest::ALLOCATOR
        );
        guest::module_in(WORLD, wit_component::StringEncoding::UTF8, MANIFEST, &body)
    };
    for (last, why) in [("", None), ("(call $exit (i32.const 0))", Some("wasi:cli/exit"))] {
        let (_folder, plugins) = start();
        load(&plugins, wasi(last), "{}").await;
        let failures = plugins.filter(post(Direction::Inbound, "hello")).await.failures;
        match why {
            None => assert_eq!(failures, []),
            Some(why) => {
                assert!(failures[0].kind == FailureKind::Trap && failures[0].why.contains(why), "{failures:?}")
            }
        }
    }
    for import in ["wasi:sockets/tcp@0.2.6", "wasi:http/outgoing-handler@0.2.6", "wasi:keyvalue/store@0.2.0", "env"] {
        let manifest = MANIFEST.replace('"', "\\\"").replace('\n', " ");
        let wasm = wat::parse_str(format!(
            r#"(component (import "{import}" (instance (export "f" (func)))) (@custom "nagaya:manifest" "{manifest}"))"#
        ));
        let (_folder, plugins) = start();
        let refused = plugins.prepare(wasm.expect("valid WAT")).await.expect_err("refused").to_string();
        assert!(refused.contains(import), "{refused}");
    }
}

/// `tests/plugins/loud.wasm`: the template `nagaya plugin new --kind filter --lang js`, built by componentize-qjs 0.4.5.
#[tokio::test]
async fn a_filter_in_javascript_runs() {
    let (_folder, plugins) = start();
    let wasm = include_bytes!("../../../tests/plugins/loud.wasm").to_vec();
    let prepared = plugins.prepare(wasm).await.expect("fits");
    let grants = prepared.asks.iter().map(|ask| ask.name.clone()).collect();
    let row = InstalledPlugin { grants, ..InstalledPlugin::bare(&prepared.manifest.id, prepared.wasm) };
    assert!(plugins.load(vec![row]).await.is_empty());
    for (text, expected) in
        [("hello there, how are you", "accept"), ("BUY NOW AND SAVE MONEY", "hold"), ("こんにちは", "accept")]
    {
        let outcome = plugins.filter(post(Direction::Inbound, text)).await;
        assert_eq!(outcome.failures, [], "{text}");
        assert_eq!(word(&outcome.ruling), expected, "{text}");
    }
}
