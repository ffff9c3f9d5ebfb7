//! What can be counted, exactly at its limit and one past it.

use super::*;

/// Runs the guest once over `text`; what it fails with.
async fn failure(wasm: Vec<u8>, text: &str) -> Option<Failure> {
    let (_folder, plugins) = start();
    load(&plugins, wasm, "{}").await;
    plugins.filter(post(Direction::Inbound, text)).await.failures.pop()
}

/// `at` fits, `past` is a failure of the kind `Limit` that says `why`.
async fn edge(name: &str, at: Vec<u8>, past: Vec<u8>, why: &str) {
    assert_eq!(failure(at, "hello").await, None, "{name}");
    let told = failure(past, "hello").await.unwrap_or_else(|| panic!("{name}: there is no limit"));
    assert!(told.kind == FailureKind::Limit && told.why.contains(why), "{name}: {told:?}");
}

fn with_limits(limits: &str, decide: &str) -> Vec<u8> {
    let body = format!(
        r#"(memory (export "memory") 1)
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) {decide})
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#
    );
    guest::module(&manifest(&format!(r#""limits":{{{limits}}}"#)), &body)
}

#[tokio::test]
async fn host_calls_of_one_call() {
    let calls = |count: u32| {
        module(&format!(
            r#"(import "nagaya:plugin/clock@1.0.0" "now" (func $now (result i64)))
            (memory (export "memory") 1)
            (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) (local $left i32)
                (local.set $left (i32.const {count}))
                (loop $again
                    (drop (call $now))
                    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                    (br_if $again (local.get $left)))
                (i32.const 0))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#
        ))
    };
    edge("host calls", calls(64), calls(65), "64 calls").await;
}

#[tokio::test]
async fn memory_by_the_page() {
    let grows = |count: u32| format!("(drop (memory.grow (i32.const {}))) (i32.const 0)", count - 1);
    edge("memory", guest(&grows(256), ""), guest(&grows(257), ""), "16 MiB").await;
    let asked = |count: u32| with_limits(r#""memory-mib":64"#, &grows(count));
    edge("memory that it asked for", asked(1024), asked(1025), "64 MiB").await;
    let greedy = |count: u32| with_limits(r#""memory-mib":128"#, &grows(count));
    edge("more than a filter gets", greedy(1024), greedy(1025), "64 MiB").await;
}

#[tokio::test]
async fn table_elements_handles_and_copies() {
    let table = |count: u32| guest("(i32.const 0)", &format!("(table {count} funcref)"));
    edge("table", table(20_000), table(20_001), "20000 table").await;
    edge("resources", nasty::hoarder(256), nasty::hoarder(257), "256 resources").await;
    // With the key of one byte: 4 MiB.
    edge("copies", nasty::giant(4 * 1024 * 1024 - 1), nasty::giant(4 * 1024 * 1024), "4 MiB handed over").await;
}

#[tokio::test]
async fn random_bytes_at_once() {
    let random = |count: u32| {
        module(&format!(
            r#"(import "nagaya:plugin/random@1.0.0" "bytes" (func $bytes (param i32 i32)))
            (memory (export "memory") 2)
            (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
                (call $bytes (i32.const {count}) (i32.const 512)) (i32.const 0))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#
        ))
    };
    edge("random", random(4096), random(4097), "4096 random").await;
}

#[tokio::test]
async fn what_it_is_told_and_what_it_answers() {
    let listens = || guest::dollars(MANIFEST, 2);
    assert_eq!(failure(listens(), &"x".repeat(1024 * 1024)).await, None);
    let told = failure(listens(), &"x".repeat(1024 * 1024 + 1)).await.expect("too much");
    assert!(told.kind == FailureKind::Limit && told.why.contains("larger than 1 MiB"), "{told:?}");
    // ok(decision { effects: [json-patch(text at 4096)] }): the case of json-patch is the 12th, number 11.
    let answers = |length: u32| {
        let bytes: String = length.to_le_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
        let body = format!(
            r#"(memory (export "memory") 8)
            (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
                (memory.fill (i32.const 4096) (i32.const 32) (i32.const {length})) (i32.const 0))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            (data (i32.const 20) "\40\00\00\00\01\00\00\00") (data (i32.const 64) "\0b\00\00\00\00\10\00\00{bytes}")"#
        );
        module(&body)
    };
    edge("an answer", answers(256 * 1024), answers(256 * 1024 + 1), "256 KiB").await;
}

#[tokio::test]
async fn log_bytes_of_one_call() {
    for (lines, length, kept) in [(1, 8192, 8192), (1, 8193, 8192), (2, 4096, 8192), (3, 4096, 8192)] {
        let wasm = module(&format!(
            r#"(import "nagaya:plugin/log@1.0.0" "write" (func $write (param i32 i32 i32)))
            (memory (export "memory") 1)
            (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) (local $left i32)
                (memory.fill (i32.const 2048) (i32.const 65) (i32.const {length}))
                (local.set $left (i32.const {lines}))
                (loop $again
                    (call $write (i32.const 1) (i32.const 2048) (i32.const {length}))
                    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                    (br_if $again (local.get $left)))
                (i32.const 0))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#
        ));
        let (_folder, plugins) = start();
        load(&plugins, wasm, "{}").await;
        assert_eq!(plugins.filter(post(Direction::Inbound, "hello")).await.failures, []);
        let found: usize = plugins.book("org.example.bad").lines(0).iter().map(|line| line.message.len()).sum();
        assert_eq!(found, kept, "{lines} lines of {length} bytes");
    }
}

#[tokio::test]
async fn log_lines_of_a_minute() {
    // 60 lines a call.
    let wasm = module(
        r#"(import "nagaya:plugin/log@1.0.0" "write" (func $write (param i32 i32 i32)))
        (memory (export "memory") 1)
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) (local $left i32)
            (local.set $left (i32.const 60))
            (loop $again
                (call $write (i32.const 1) (i32.const 2048) (i32.const 0))
                (call $write (i32.const 1) (i32.const 2048) (i32.const 1))
                (local.set $left (i32.sub (local.get $left) (i32.const 2)))
                (br_if $again (local.get $left)))
            (i32.const 0))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#,
    );
    let folder = tempfile::tempdir().expect("temporary folder");
    let clock = Clock::manual(Time(60_000));
    let plugins = Plugins::start(Options { clock: clock.clone(), ..options(folder.path()) });
    load(&plugins, wasm, "{}").await;
    for expected in [30, 60, 90, 100, 100] {
        assert_eq!(plugins.filter(post(Direction::Inbound, "hello")).await.failures, []);
        assert_eq!(plugins.book("org.example.bad").lines(0).len(), expected);
    }
    clock.advance(Duration::from_secs(60));
    plugins.filter(post(Direction::Inbound, "hello")).await;
    assert_eq!(plugins.book("org.example.bad").lines(0).len(), 130, "another minute");
}

/// Four at once in the whole server, or as many as there are cores: others wait, and that is nobody's fault.
#[tokio::test]
async fn seats() {
    let (_folder, plugins) = start();
    load(&plugins, guest::dollars(MANIFEST, 2), "{}").await;
    let inner = plugins.0.as_deref().expect("there is one");
    let seats = &inner.workshop.get().expect("open").bench.seats;
    let most = seats.available_permits();
    assert!((1..=4).contains(&most));
    let taken = seats.acquire_many(most as u32).await.expect("free");
    let waiting = plugins.filter(post(Direction::Inbound, "a $"));
    let waited = tokio::time::timeout(Duration::from_millis(300), waiting).await;
    assert!(waited.is_err(), "no seat is free");
    drop(taken);
    let outcome = plugins.filter(post(Direction::Inbound, "a $")).await;
    assert!(matches!(outcome.ruling, Ruling::Reject { .. }) && outcome.failures.is_empty());
}

/// When others use all of it, a call waits; when they go on doing so, it fails, and nobody is asked to make room.
#[tokio::test]
async fn memory_of_all_guests_together() {
    let (_folder, plugins) = start();
    load(&plugins, guest::dollars(MANIFEST, 2), "{}").await;
    let inner = plugins.0.as_deref().expect("there is one");
    let memory = &inner.workshop.get().expect("open").memory;
    let all = memory.available_permits();
    assert!((128..=256).contains(&all));
    for (left, fits) in [(16, true), (15, false)] {
        let taken = memory.acquire_many((all - left) as u32).await.expect("free");
        let failures = plugins.filter(post(Direction::Inbound, "hello")).await.failures;
        assert_eq!(failures.is_empty(), fits, "{left} MiB are left: {failures:?}");
        assert!(failures.iter().all(|failure| failure.kind == FailureKind::Limit && failure.why.contains("in use")));
        drop(taken);
    }
    assert_eq!(memory.available_permits(), all, "what was claimed is given back");
}
