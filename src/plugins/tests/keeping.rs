//! What plugins keep: within their quota, and only their own.

use super::*;
use crate::store::plugin_kv;

const ID: &str = "org.example.bad";

/// A guest that writes `value` bytes under a key of `key` bytes `A`, and gives up with why it may not.
fn keeps(key: usize, value: usize) -> Vec<u8> {
    module(&format!(
        r#"(import "nagaya:plugin/kv@1.0.0" "set" (func $set (param i32 i32 i32 i32 i32 i32 i32)))
        {}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
            (memory.fill (i32.const 2048) (i32.const 65) (i32.const {key}))
            (memory.fill (i32.const 65536) (i32.const 7) (i32.const {value}))
            (call $set (i32.const 2048) (i32.const {key}) (i32.const 65536) (i32.const {value}) (i32.const 0) (i32.const 0)
                (i32.const 512))
            (if (i32.eqz (i32.load8_u (i32.const 512))) (then (return (i32.const 0))))
            (i32.store8 (i32.const 1024) (i32.const 1))
            (i32.store (i32.const 1028) (i32.load (i32.const 520)))
            (i32.store (i32.const 1032) (i32.load (i32.const 524)))
            (i32.const 1024))"#,
        guest::ALLOCATOR
    ))
}

/// Runs it after `bytes` and `keys` are in use; why it was refused.
async fn refused(wasm: Vec<u8>, keys: usize, bytes: usize) -> Option<String> {
    let folder = tempfile::tempdir().expect("temporary folder");
    let options = options(folder.path());
    let store = options.store.clone();
    let quota = plugin_kv::Quota { bytes: i64::MAX, keys: i64::MAX };
    let fill = store.write(move |tx| {
        for key in 0..keys {
            // Keys of six bytes; the first has whatever is missing.
            let size = if key == 0 { bytes - keys * 6 } else { 0 };
            assert!(plugin_kv::set(tx, ID, &format!("k{key:05}"), &vec![1; size], None, quota, Time(0))?);
        }
        Ok(())
    });
    fill.await.expect("writes");
    let plugins = Plugins::start(options);
    load(&plugins, wasm, "{}").await;
    plugins.filter(post(Direction::Inbound, "hello")).await.failures.pop().map(|failure| failure.why)
}

#[tokio::test]
async fn keys_values_and_quotas_at_their_edge() {
    const MIB: usize = 1024 * 1024;
    for (name, key, value, keys, bytes, expected) in [
        ("an empty key", 0, 1, 0, 0, Some("empty")),
        ("a key", 256, 1, 0, 0, None),
        ("a longer key", 257, 1, 0, 0, Some("longer than 256 bytes")),
        ("a value", 1, 65_536, 0, 0, None),
        ("a larger value", 1, 65_537, 0, 0, Some("larger than 65536 bytes")),
        ("the last byte", 4, 6, 1, MIB - 10, None),
        ("one byte more", 4, 7, 1, MIB - 10, Some("1048576 bytes and 10000 keys")),
        ("the last key", 4, 6, 9_999, 60_000, None),
        ("one key more", 4, 6, 10_000, 60_000, Some("1048576 bytes and 10000 keys")),
    ] {
        let why = refused(keeps(key, value), keys, bytes).await;
        match expected {
            None => assert_eq!(why, None, "{name}"),
            Some(part) => assert!(why.as_ref().is_some_and(|why| why.contains(part)), "{name}: {why:?}"),
        }
    }
}

#[tokio::test]
async fn nobody_reads_or_fills_what_another_keeps() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let options = options(folder.path());
    let store = options.store.clone();
    let quota = plugin_kv::Quota { bytes: i64::MAX, keys: i64::MAX };
    let fill = store.write(move |tx| plugin_kv::set(tx, "org.example.other", "AAAA", b"theirs", None, quota, Time(0)));
    assert!(fill.await.expect("writes"));
    let plugins = Plugins::start(options);
    load(&plugins, keeps(4, 6), "{}").await;
    assert_eq!(plugins.filter(post(Direction::Inbound, "hello")).await.failures, []);
    let (theirs, mine) = store
        .read(|db| {
            let get = |id: &str| plugin_kv::get(db, id, "AAAA", Time(0));
            Ok((get("org.example.other")?, get(ID)?))
        })
        .await
        .expect("reads");
    assert_eq!((theirs.as_deref(), mine.as_deref()), (Some(&b"theirs"[..]), Some(&[7; 6][..])));
}
