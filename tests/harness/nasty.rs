//! The malicious list: guests that try to harm the server, one by one, and what the host must say about each.
//!
//! Spec: shared/spec/plugins.md, section 5.10. Those that need a network, a file or a bot have their tests elsewhere.

use wit_component::StringEncoding;

use super::guest::{self, ALLOCATOR};

/// A guest that tries to do harm.
pub struct Nasty {
    /// Its entry in the list.
    pub name: &'static str,
    /// A core module, as an author's tools make it.
    pub wasm: Vec<u8>,
    /// Part of what an admin is told.
    pub why: &'static str,
    /// What ends it is a limit of time: on a busy machine that may be the wall clock instead of the CPU's.
    pub slow: bool,
}

/// Description of all of them; each is installed on a server of its own.
pub const MANIFEST: &str = r#"{"id":"org.example.bad","version":"1","api":"1.0","kinds":["filter"],
    "permissions":["reject","rewrite","see-direct"],"name":{"en":"Bad","ja":"悪"},"summary":{"en":"Bad"}}"#;

/// `ok(decision)` with what the caller put into memory.
const ANSWERS: &str = "(i32.const 0)";

/// A core module that implements the filter world; `decide` is the body of its only function, `rest` whatever else.
pub fn filter(decide: &str, rest: &str) -> Vec<u8> {
    guest::module(
        MANIFEST,
        &format!(
            r#"(memory (export "memory") 1)
            (func $decide (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) {decide})
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            {rest}"#
        ),
    )
}

/// One that calls `import` (an interface, a name and a signature, called `$f`) before it answers.
fn caller(import: &str, pages: u32, decide: &str) -> Vec<u8> {
    guest::module(MANIFEST, &caller_text(import, pages, decide))
}

fn caller_text(import: &str, pages: u32, decide: &str) -> String {
    format!(
        r#"(import {import}) (memory (export "memory") {pages})
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) (local $n i32) {decide})
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#
    )
}

const LOG: &str = r#""nagaya:plugin/log@1.0.0" "write" (func $f (param i32 i32 i32))"#;
const SET: &str = r#""nagaya:plugin/kv@1.0.0" "set" (func $f (param i32 i32 i32 i32 i32 i32 i32))"#;
const MATCH: &str = r#""nagaya:plugin/text@1.0.0" "match-list" (func $f (param i32 i32 i32 i32 i32))"#;

/// A guest that makes `count` resources of its own and keeps them.
pub fn hoarder(count: u32) -> Vec<u8> {
    let world = "package guest:extra; interface things { resource thing; }
        world extra { include nagaya:plugin/filter-plugin@1.0.0; export things; }";
    let body = format!(
        r#"(import "[export]guest:extra/things" "[resource-new]thing" (func $new (param i32) (result i32)))
        {ALLOCATOR}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) (local $left i32)
            (local.set $left (i32.const {count}))
            (loop $again
                (drop (call $new (i32.const 1)))
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br_if $again (local.get $left)))
            (i32.const 0))"#
    );
    guest::module_in(world, StringEncoding::UTF8, MANIFEST, &body)
}

/// A guest that hands `length` bytes to the host at once, besides a key of one byte.
pub fn giant(length: u32) -> Vec<u8> {
    let call = format!(
        "(call $f (i32.const 0) (i32.const 1) (i32.const 4096) (i32.const {length}) (i32.const 0) (i32.const 0)
            (i32.const 512)) (i32.const 0)"
    );
    // Copying so much takes a while where nothing is optimised.
    let manifest = MANIFEST.replacen('{', r#"{"limits":{"cpu-ms":100},"#, 1);
    guest::module(&manifest, &caller_text(SET, 80, &call))
}

/// All of them.
pub fn all() -> Vec<Nasty> {
    let cpu = "20 ms of CPU";
    let many = "more than 64 calls";
    let mut list = Vec::new();
    let mut add = |name, wasm, why| list.push(Nasty { name, wasm, why, slow: why == cpu });
    add("endless loop", filter("(loop (br 0)) (unreachable)", ""), cpu);
    add("loop in start function", filter(ANSWERS, "(func $s (loop (br 0))) (start $s)"), cpu);
    add("deep recursion", filter("(call $decide (local.get 0))", ""), "call stack exhausted");
    add("memory.grow bomb", filter("(loop (drop (memory.grow (i32.const 16))) (br 0)) (unreachable)", ""), "16 MiB");
    add(
        "memory claimed at the start",
        caller(r#""nagaya:plugin/clock@1.0.0" "now" (func $f (result i64))"#, 1_000, ANSWERS),
        "16 MiB",
    );
    add(
        "4 GiB memory.fill loop",
        filter(
            "(drop (memory.grow (i32.const 255)))
            (loop (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x1000000)) (br 0)) (unreachable)",
            "",
        ),
        cpu,
    );
    add(
        "table bomb",
        filter(
            "(loop (drop (table.grow $t (ref.null func) (i32.const 1000))) (br 0)) (unreachable)",
            "(table $t 1 funcref)",
        ),
        "20000 table elements",
    );
    add("resource-handle leak", hoarder(1_000_000), "256 resources");
    add("giant list to host", giant(5_000_000), "4 MiB handed over");
    add(
        "giant string to host",
        caller(
            MATCH,
            80,
            "(call $f (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 5000000) (i32.const 512)) (i32.const 0)",
        ),
        "4 MiB handed over",
    );
    add(
        "string outside memory to host",
        caller(
            MATCH,
            1,
            "(call $f (i32.const 0) (i32.const 1) (i32.const 0x7fffffff) (i32.const 0x7fffffff) (i32.const 512)) (i32.const 0)",
        ),
        "out of bounds",
    );
    add(
        "1 M log lines",
        caller(LOG, 1, "(loop (call $f (i32.const 1) (i32.const 0) (i32.const 40)) (br 0)) (unreachable)"),
        many,
    );
    let tiny = "(loop
            (i32.store (i32.const 64) (local.get $n))
            (i32.store (i32.const 64) (i32.or (i32.const 0x41414141) (i32.load (i32.const 64))))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (call $f (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 512))
            (br 0)) (unreachable)";
    add("1 M tiny keys", caller(SET, 1, tiny), many);
    add(
        "chatter",
        caller(
            r#""nagaya:plugin/clock@1.0.0" "now" (func $f (result i64))"#,
            1,
            "(loop (drop (call $f)) (br 0)) (unreachable)",
        ),
        many,
    );
    add("crash", filter("(unreachable)", ""), "unreachable");
    add("answer outside memory", filter("(i32.const 0x7ffffff0)", ""), "");
    // ok(decision { verdict: reject(1 GiB of text at 1 MiB) })
    add("giant reason", filter(ANSWERS, r#"(data (i32.const 4) "\02\00\00\00\00\00\10\00\00\00\00\40")"#), "");
    // ok(decision { effects: 2^27 of them })
    add("giant list of effects", filter(ANSWERS, r#"(data (i32.const 20) "\00\00\00\00\00\00\00\08")"#), "");
    // ok(decision { verdict: reject(2 bytes that are not UTF-8) })
    add(
        "invalid UTF-8",
        filter(
            ANSWERS,
            r#"(data (i32.const 4) "\02\00\00\00\40\00\00\00\02\00\00\00") (data (i32.const 64) "\ff\fe")"#,
        ),
        "utf-8",
    );
    // err(a high surrogate without a low one), said in UTF-16.
    let lone = format!(
        r#"{ALLOCATOR}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) (i32.const 0))
        (data (i32.const 0) "\01\00\00\00\40\00\00\00\01\00\00\00") (data (i32.const 64) "\00\d8")"#
    );
    let world = "package guest:extra; world extra { include nagaya:plugin/filter-plugin@1.0.0; }";
    add("lone surrogates", guest::module_in(world, StringEncoding::UTF16, MANIFEST, &lone), "surrogate");
    // ok(decision { verdict: 9th of three cases })
    add("unknown verdict", filter(ANSWERS, r#"(data (i32.const 4) "\09")"#), "");
    list.push(Nasty {
        name: "gives up",
        // err("oops")
        wasm: filter(
            ANSWERS,
            r#"(data (i32.const 0) "\01\00\00\00\40\00\00\00\04\00\00\00") (data (i32.const 64) "oops")"#,
        ),
        why: "oops",
        slow: false,
    });
    list
}
