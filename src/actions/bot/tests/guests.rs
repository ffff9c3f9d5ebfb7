//! Bots in WAT. Offsets are those of the canonical ABI for `bot.wit` and `host.wit`.

use crate::testing::guest as fixture;

/// What a bot in WAT may call: `$post draft answer`, `$react id_at id_len 0 0 0 answer`, `$edit` (of the id and the draft, one
/// behind the other) and what else the contract has, each with the address of the answer at its end.
const IMPORTS: &str = r#"
    (import "nagaya:plugin/actions@1.0.0" "post" (func $post (param i32 i32)))
    (import "nagaya:plugin/actions@1.0.0" "react" (func $react (param i32 i32 i32 i32 i32 i32)))
    (import "nagaya:plugin/actions@1.0.0" "follow" (func $follow (param i32 i32 i32 i32)))
    (import "nagaya:plugin/actions@1.0.0" "edit" (func $edit (param i32 i32)))
    (import "nagaya:plugin/actions@1.0.0" "delete" (func $delete (param i32 i32 i32)))
    (import "nagaya:plugin/actions@1.0.0" "boost" (func $boost (param i32 i32 i32)))
    (import "nagaya:plugin/actions@1.0.0" "upload" (func $upload (param i32 i32 i32 i32 i32 i32 i32)))
    (import "nagaya:plugin/actions@1.0.0" "report" (func $report (param i32 i32 i32 i32 i32 i32 i32)))
    (import "nagaya:plugin/kv@1.0.0" "incr" (func $incr (param i32 i32 i64 i32 i32 i32)))
    (import "nagaya:plugin/timers@1.0.0" "set" (func $set_timer (param i32 i32 i64 i32 i32 i32)))
    (import "nagaya:plugin/log@1.0.0" "write" (func $log (param i32 i32 i32)))"#;

/// Functions over events: `$handle e` and `$id e` lay the author's handle and the post's id (address, length) at 512 and
/// 520; `$answer e visibility idem_at idem_len` posts “@handle hi” in answer to the post of event `e`; `$ok` and `$error`
/// are results. Answers of the host lie at 600.
const TOOLS: &str = r#"
    (func $kind (param $e i32) (result i32) (i32.load8_u offset=8 (local.get $e)))
    (func $answer (param $e i32) (param $visibility i32) (param $idem i32) (param $idem_len i32)
        (local $length i32)
        (local.set $length (i32.load offset=60 (local.get $e)))
        (i32.store8 (i32.const 8192) (i32.const 64))
        (memory.copy (i32.const 8193) (i32.load offset=56 (local.get $e)) (local.get $length))
        (i32.store8 (i32.add (i32.const 8193) (local.get $length)) (i32.const 32))
        (i32.store8 (i32.add (i32.const 8194) (local.get $length)) (i32.const 104))
        (i32.store8 (i32.add (i32.const 8195) (local.get $length)) (i32.const 105))
        (memory.fill (i32.const 700) (i32.const 0) (i32.const 88))
        (i32.store (i32.const 700) (i32.const 8192))
        (i32.store (i32.const 704) (i32.add (local.get $length) (i32.const 4)))
        (i32.store8 (i32.const 720) (local.get $visibility))
        (i32.store8 (i32.const 724) (i32.ne (i32.load offset=44 (local.get $e)) (i32.const 0)))
        (i32.store (i32.const 728) (i32.load offset=40 (local.get $e)))
        (i32.store (i32.const 732) (i32.load offset=44 (local.get $e)))
        (i32.store (i32.const 780) (local.get $idem))
        (i32.store (i32.const 784) (local.get $idem_len))
        (call $post (i32.const 700) (i32.const 600)))
    (func $say
        (memory.fill (i32.const 700) (i32.const 0) (i32.const 88))
        (i32.store (i32.const 700) (i32.const 1024))
        (i32.store (i32.const 704) (i32.const 5))
        (call $post (i32.const 700) (i32.const 600)))
    (data (i32.const 1024) "hello")
    (data (i32.const 1040) "n")
    (data (i32.const 16384) "\00")
    (data (i32.const 16400) "\01\00\00\00\40\04\00\00\04\00\00\00")
    (data (i32.const 1088) "oops")"#;

/// A bot of which `on-events` is this (with `$batch` and `$count`), `on-timer` that; it answers 16384 for “ok” and 16400
/// for the error “oops”.
pub(super) fn bot(name: &str, more: &str, on_events: &str, on_timer: &str) -> Vec<u8> {
    let manifest = format!(
        r#"{{"id":"org.example.{name}","version":"1","api":"1.0","kinds":["bot"],{more}
        "permissions":["post","react","follow","report","see-direct","see-followers","control"],
        "name":{{"en":"{name}"}},"summary":{{"en":"A bot"}}}}"#
    );
    let allocator = fixture::ALLOCATOR;
    let body = format!(
        r#"{IMPORTS} {allocator} {TOOLS}
        (func (export "nagaya:plugin/bot@1.0.0#on-events") (param $batch i32) (param $count i32) (result i32)
            (local $e i32) (local $i i32) {on_events} (global.set $next (i32.const 65536)))
        (func (export "nagaya:plugin/bot@1.0.0#on-timer") (param i32 i32 i32 i32) (result i32) {on_timer})"#
    );
    fixture::module_for("bot-plugin", &manifest, &body)
}

/// For every event `$e` of the batch; the size of an event follows from its largest body.
pub(super) fn each(work: &str) -> String {
    format!(
        r#"(local.set $e (local.get $batch))
        (block $end (loop $next
            (br_if $end (i32.ge_u (local.get $i) (local.get $count)))
            {work}
            (local.set $e (i32.add (local.get $e) (i32.const {EVENT})))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next)))"#
    )
}

/// Bytes of one event.
pub(super) const EVENT: u32 = 512;

pub(super) const OK: &str = "(i32.const 16384)";
pub(super) const ERROR: &str = "(i32.const 16400)";
