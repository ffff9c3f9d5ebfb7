//! Guests for the plugin host, written as WAT and built as an author's tool chain builds them.
#![allow(dead_code, reason = "each test takes those that it needs")]

/// A core module `body` with `manifest` (JSON) and the metadata of a bindings generator.
pub fn module(manifest: &str, body: &str) -> Vec<u8> {
    module_of("include nagaya:plugin/filter-plugin@1.0.0;", manifest, body)
}

/// The same for one world of the contract.
pub fn module_for(world: &str, manifest: &str, body: &str) -> Vec<u8> {
    module_of(&format!("include nagaya:plugin/{world}@1.0.0;"), manifest, body)
}

/// The same for a world that consists of these worlds of the contract.
pub fn module_of(includes: &str, manifest: &str, body: &str) -> Vec<u8> {
    let world = format!("package guest:extra; world extra {{ {includes} }}");
    module_in(&world, wit_component::StringEncoding::UTF8, manifest, body)
}

/// The same for a world of its own (`package guest:extra; world extra { … }`) and for another encoding of its texts.
pub fn module_in(world: &str, texts: wit_component::StringEncoding, manifest: &str, body: &str) -> Vec<u8> {
    let manifest = manifest.replace('"', "\\\"").replace('\n', " ");
    let text = format!(r#"(module {body} (@custom "nagaya:manifest" "{manifest}"))"#);
    let mut wasm = wat::parse_str(text).expect("valid WAT");
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/wit/v1_0")).expect("valid WIT");
    let package = resolve.push_str("extra.wit", world).expect("valid WIT");
    let world = resolve.select_world(&[package], Some("extra")).expect("the world");
    wit_component::embed_component_metadata(&mut wasm, &resolve, world, texts).expect("embeds");
    wasm
}

/// Memory and an allocator that never gives back, for guests that read what they are told. Offsets in the argument of
/// `decide`: 136 visibility, 164 text (address, length), by the canonical ABI.
pub const ALLOCATOR: &str = r#"(memory (export "memory") 20) (global $next (mut i32) (i32.const 65536))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32)
        (local.set 4 (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
        (global.set $next (i32.add (local.get 4) (local.get 3)))
        (local.get 4))"#;

/// A filter that says `verdict` (1 hold, 2 reject) about texts with a dollar sign, because “No dollars / ドルなし”.
pub fn dollars(manifest: &str, verdict: u8) -> Vec<u8> {
    let reason = "No dollars / ドルなし";
    let more = format!(
        r#"(data (i32.const 68) "\{verdict:02x}\00\00\00\00\01\00\00\{:02x}\00\00\00")
        (data (i32.const 256) "{reason}")"#,
        reason.len()
    );
    at_dollars(manifest, "(return (i32.const 64))", &more)
}

/// A filter that does `then` at a dollar sign and accepts what has none.
pub fn at_dollars(manifest: &str, then: &str, more: &str) -> Vec<u8> {
    let body = format!(
        r#"{ALLOCATOR}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param $e i32) (result i32) (local $at i32) (local $end i32)
            (local.set $at (i32.load offset=164 (local.get $e)))
            (local.set $end (i32.add (local.get $at) (i32.load offset=168 (local.get $e))))
            (block $done (loop $next
                (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
                (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 36)) (then {then}))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $next)))
            (i32.const 0))
        {more}"#
    );
    module(manifest, &body)
}

/// A filter that says `verdict` (1 hold, 2 reject) about whatever it is asked, because “Not here / だめ”.
pub fn always(manifest: &str, verdict: u8) -> Vec<u8> {
    let reason = "Not here / だめ";
    let body = format!(
        r#"{ALLOCATOR}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) (i32.const 64))
        (data (i32.const 68) "\{verdict:02x}\00\00\00\00\01\00\00\{:02x}\00\00\00")
        (data (i32.const 256) "{reason}")"#,
        reason.len()
    );
    module(manifest, &body)
}

/// A filter that GETs `url` and rejects, because “Bad, they say / 不可”, when the answer is 403.
pub fn asks(manifest: &str, url: &str) -> Vec<u8> {
    let reason = "Bad, they say / 不可";
    let body = format!(
        r#"(import "nagaya:plugin/http@1.0.0" "send"
            (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
        {ALLOCATOR}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
            (call $send (i32.const 3000) (i32.const 3) (i32.const 2048) (i32.const {}) (i32.const 0) (i32.const 0)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512))
            (if (i32.and (i32.eqz (i32.load8_u (i32.const 512)))
                    (i32.eq (i32.load16_u (i32.const 516)) (i32.const 403)))
                (then (return (i32.const 64))))
            (i32.const 0))
        (data (i32.const 2048) "{url}") (data (i32.const 3000) "GET")
        (data (i32.const 68) "\02\00\00\00\00\01\00\00\{:02x}\00\00\00")
        (data (i32.const 256) "{reason}")"#,
        url.len(),
        reason.len()
    );
    module(manifest, &body)
}

/// A filter that counts in its memory, under `k`, how often it was asked, and accepts.
pub fn counts(manifest: &str) -> Vec<u8> {
    let body = format!(
        r#"(import "nagaya:plugin/kv@1.0.0" "incr" (func $incr (param i32 i32 i64 i32 i32 i32)))
        {ALLOCATOR}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
            (call $incr (i32.const 2048) (i32.const 1) (i64.const 1) (i32.const 0) (i32.const 0) (i32.const 512))
            (i32.const 0))
        (data (i32.const 2048) "k")"#
    );
    module(manifest, &body)
}

/// An actor filter that says `verdict` (1 hold, 2 reject) about every profile, because “Odd / 変”.
pub fn profiles(manifest: &str, verdict: u8) -> Vec<u8> {
    let reason = "Odd / 変";
    let body = format!(
        r#"{ALLOCATOR}
        (func (export "nagaya:plugin/actor-filter@1.0.0#decide-actor") (param i32) (result i32) (i32.const 64))
        (data (i32.const 68) "\{verdict:02x}\00\00\00\00\01\00\00\{:02x}\00\00\00")
        (data (i32.const 256) "{reason}")"#,
        reason.len()
    );
    module_of("include nagaya:plugin/with-actor-filter@1.0.0;", manifest, &body)
}
