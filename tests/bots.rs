//! A power cut in the middle of a bot's work leaves no event half done, and nothing is posted twice.
//!
//! The bot answers each mention and counts it in its memory. Twenty times somebody mentions it, and a moment later the
//! program is killed (SIGKILL): before the bot hears of it, while it thinks, while its work is written, or afterwards.
//! In the end each mention must have one answer, and the count must be the number of answers.

use std::io::Write;
use std::time::{Duration, Instant};

use nagaya::store::{Store, plugin_kv};
use serde_json::Value;

use crate::harness::guest;
use crate::harness::program::Program;

const KILLS: u64 = 20;
const ID: &str = "org.example.counter";
/// For the bot to get on, restarts included.
const PATIENCE: Duration = Duration::from_secs(60);

/// Counts, thinks for a few milliseconds, and answers whoever mentions it.
fn counter() -> Vec<u8> {
    let manifest = format!(
        r#"{{"id":"{ID}","version":"1","api":"1.0","kinds":["bot"],"events":["mention"],"permissions":["post"],
        "name":{{"en":"Counter"}},"summary":{{"en":"Counts"}}}}"#
    );
    // Offsets in an event: 40 and 44 the post's id, 56 and 60 the author's handle; a draft has 88 bytes.
    let body = format!(
        r#"(import "nagaya:plugin/actions@1.0.0" "post" (func $post (param i32 i32)))
        (import "nagaya:plugin/kv@1.0.0" "incr" (func $incr (param i32 i32 i64 i32 i32 i32)))
        {}
        (func (export "nagaya:plugin/bot@1.0.0#on-events") (param $e i32) (param $count i32) (result i32)
            (local $i i32) (local $length i32)
            (block $end (loop $next
                (br_if $end (i32.eqz (local.get $count)))
                (call $incr (i32.const 1040) (i32.const 1) (i64.const 1) (i32.const 0) (i32.const 0) (i32.const 600))
                (local.set $i (i32.const 0))
                (block $rested (loop $think
                    (br_if $rested (i32.ge_u (local.get $i) (i32.const 20000000)))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br $think)))
                (local.set $length (i32.load offset=60 (local.get $e)))
                (memory.copy (i32.const 8193) (i32.load offset=56 (local.get $e)) (local.get $length))
                (i32.store16 (i32.add (i32.const 8193) (local.get $length)) (i32.const 0x6820))
                (memory.fill (i32.const 700) (i32.const 0) (i32.const 88))
                (i32.store (i32.const 700) (i32.const 8192))
                (i32.store (i32.const 704) (i32.add (local.get $length) (i32.const 3)))
                (i32.store8 (i32.const 724) (i32.const 1))
                (i32.store (i32.const 728) (i32.load offset=40 (local.get $e)))
                (i32.store (i32.const 732) (i32.load offset=44 (local.get $e)))
                (call $post (i32.const 700) (i32.const 600))
                (local.set $e (i32.add (local.get $e) (i32.const 512)))
                (local.set $count (i32.sub (local.get $count) (i32.const 1)))
                (br $next)))
            (global.set $next (i32.const 65536))
            (i32.const 16384))
        (func (export "nagaya:plugin/bot@1.0.0#on-timer") (param i32 i32 i32 i32) (result i32) (i32.const 16384))
        (data (i32.const 1040) "n") (data (i32.const 8192) "@")"#,
        guest::ALLOCATOR
    );
    guest::module_for("bot-plugin", &manifest, &body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_leave_no_event_half_done_and_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("counter.wasm");
    std::fs::write(&file, counter()).expect("writes");
    let mut program = Program::new();
    program.run(&["account", "create", "alice", "--email", "alice@example.com", "--password", "correct horse battery"]);
    let token = program.run(&["token", "create", "alice", "--scopes", "read write"]).trim().to_owned();
    program.run(&["plugin", "install", file.to_str().expect("text"), "--unsigned", "--grant", "all"]);
    program.run(&["plugin", "enable", "counter"]);
    program.start();
    program.ready().await;

    let mut at_kill = Vec::new();
    for number in 0..KILLS {
        let mention = program.post(&token, &format!("@counter Are you there? ({number})"), "id").await;
        // From at once to long after the work is done.
        tokio::time::sleep(Duration::from_millis(number * 4)).await;
        program.kill();
        program.start();
        program.ready().await;
        at_kill.push(answers(&program, &token, &mention).await.len());
        // A plugin that ran when the process died stays off until somebody enables it.
        program.run(&["plugin", "enable", "counter"]);
    }
    let all = || async {
        let posts = program.get("/api/v1/accounts/lookup?acct=counter", "application/json", &token).await;
        posts["statuses_count"].as_u64().expect("a number")
    };
    let begun = Instant::now();
    while all().await < KILLS {
        assert!(begun.elapsed() < PATIENCE, "{} answers; the log says:\n{}", all().await, program.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Whatever would come twice has time to come.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut answered: Vec<String> = Vec::new();
    let id = program.get("/api/v1/accounts/lookup?acct=counter", "application/json", &token).await["id"].clone();
    let id = id.as_str().expect("an id").to_owned();
    let posts = program.get(&format!("/api/v1/accounts/{id}/statuses?limit=40"), "application/json", &token).await;
    for status in posts.as_array().expect("a list") {
        answered.push(status["in_reply_to_id"].as_str().expect("an answer").to_owned());
    }
    answered.sort_unstable();
    answered.dedup();
    assert_eq!((answered.len() as u64, all().await), (KILLS, KILLS), "each mention has one answer");
    let said = program.run(&["plugin", "letters", "counter"]);
    assert!(said.contains("0 wait, 0 could not be dealt with"), "{said}");
    program.kill();
    let store = Store::open(&program.data()).expect("opens");
    let counted = store.read(|db| plugin_kv::get(db, ID, "n", nagaya::clock::Time(0))).await.expect("reads");
    assert_eq!(counted.as_deref(), Some(KILLS.to_string().as_bytes()), "the memory fits the posts");
    let _ = std::io::stderr().write_all(format!("bots: answers right after each kill: {at_kill:?}\n").as_bytes());
    assert!(at_kill.contains(&0), "no kill came before the answer: {at_kill:?}");
}

/// The answers to a post.
async fn answers(program: &Program, token: &str, id: &str) -> Vec<Value> {
    let thread = program.get(&format!("/api/v1/statuses/{id}/context"), "application/json", token).await;
    thread["descendants"].as_array().expect("a list").clone()
}
