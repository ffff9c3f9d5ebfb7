//! Plugins that try to harm a running server: our real program, which compiles in a child and is killed at the worst moment.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::guest;
use crate::harness::http;
use crate::harness::nasty;
use crate::harness::program::Program;

/// A server with an owner named alice.
struct Place {
    program: Program,
    token: String,
    files: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let program = Program::new();
        let mail = "alice@example.com";
        program.run(&["account", "create", "alice", "--email", mail, "--password", "correct horse battery", "--owner"]);
        let scopes = "read write follow admin:read admin:write";
        let token = program.run(&["token", "create", "alice", "--scopes", scopes]).trim().to_owned();
        Self { program, token, files: tempfile::tempdir().expect("a folder") }
    }

    /// The file of a plugin.
    fn file(&self, wasm: &[u8]) -> String {
        let path = self.files.path().join("plugin.wasm");
        std::fs::write(&path, wasm).expect("writes");
        path.to_str().expect("a path").to_owned()
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let bearer = ("authorization", format!("Bearer {}", self.token));
        let headers = [("content-type", "application/json".to_owned()), bearer];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = http::send(method, &self.program.url(path), &headers, body.as_bytes()).await.expect("an answer");
        (answer.status, answer.json())
    }

    async fn posts(&self, text: &str) -> (u16, Value) {
        self.ask("POST", "/api/v1/statuses", json!({"status": text})).await
    }

    async fn plugin(&self, id: &str) -> Value {
        self.ask("GET", &format!("/api/nagaya/v1/admin/plugins/{id}"), Value::Null).await.1
    }

    async fn log(&self) -> String {
        self.ask("GET", "/api/nagaya/v1/admin/log", Value::Null).await.1.to_string()
    }

    /// How long another request takes; the server must answer it whatever plugins do.
    async fn responds(&self) -> Duration {
        let begun = Instant::now();
        let answer = http::send("GET", &self.program.url("/api/v1/instance"), &[], b"").await.expect("an answer");
        assert_eq!(answer.status, 200);
        begun.elapsed()
    }
}

fn named(id: &str) -> String {
    nasty::MANIFEST.replace("org.example.bad", id)
}

/// None of the malicious list is even installed: each is tried with a harmless post, and refused with what it did.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_nasty_guest_survives_its_trial() {
    let mut place = Place::new();
    place.program.start();
    place.program.ready().await;
    let before = place.program.resident();
    for guest in nasty::all() {
        let file = place.file(&guest.wasm);
        // On a busy machine, or a slow disk, the wall clock may end it before its deed does: then it is tried again.
        for turn in 1.. {
            let refused = place.program.refuses(&["plugin", "install", &file, "--unsigned", "--grant", "all"]);
            let told = refused.to_lowercase().contains(&guest.why.to_lowercase());
            let late = refused.contains("no answer") && (guest.slow || turn < 10);
            assert!(refused.contains("fails at a harmless post") && (late || told), "{}: {refused}", guest.name);
            assert!(place.responds().await < Duration::from_secs(2), "{}", guest.name);
            if told || guest.slow {
                break;
            }
        }
    }
    let more = place.program.resident().saturating_sub(before);
    assert!(more < 150, "{more} MiB more");
    assert_eq!(place.program.run(&["plugin", "list"]).lines().count(), 2, "nothing is installed");
}

/// Those that behave until a dollar sign: the server answers, others do their work, the admin is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sleepers_do_no_harm_either() {
    let mut place = Place::new();
    place.program.start();
    place.program.ready().await;
    let good = place.file(&guest::dollars(&named("org.example.good"), 2));
    place.program.run(&["plugin", "install", &good, "--unsigned", "--grant", "all"]);
    place.program.run(&["plugin", "enable", "org.example.good"]);
    let grows = "(drop (memory.grow (i32.const 300)))";
    for (name, then, why) in
        [("loop", "(loop (br 0))", "20 ms"), ("memory", grows, "16 MiB"), ("crash", "(unreachable)", "unreachable")]
    {
        let id = format!("org.example.{name}");
        let manifest = named(&id).replacen('{', r#"{"order":1,"on-failure":"accept","#, 1);
        let file = place.file(&guest::at_dollars(&manifest, then, ""));
        place.program.run(&["plugin", "install", &file, "--unsigned", "--grant", "all"]);
        place.program.run(&["plugin", "enable", &id]);
        for _ in 0..3 {
            let (posted, quick) = tokio::join!(place.posts("a $"), place.responds());
            let refused = posted.1["error"].as_str().unwrap_or_default();
            assert!(
                posted.0 == 422 && refused.contains("No dollars"),
                "{name}: the good one does its work: {posted:?}"
            );
            assert!(quick < Duration::from_secs(2), "{name}: {quick:?}");
        }
        let shown = place.plugin(&id).await;
        assert_eq!((&shown["state"], &shown["costs"]["failures"]), (&json!("off"), &json!(3)), "{name}");
        let reason = shown["state_reason"].as_str().unwrap_or_default();
        assert!(reason.contains(why) || name == "loop" && reason.contains("no answer"), "{name}: {reason}");
        assert!(place.log().await.contains(&id), "{name}: it stands in the moderation log");
        place.program.run(&["plugin", "uninstall", &id]);
    }
}

/// One function that no compiler can hold in 512 MiB: 650,000 values that are alive at once.
fn compile_bomb() -> Vec<u8> {
    let values = 650_000;
    let body = format!("{}{}", "local.get 0 i32.load ".repeat(values), "i32.add ".repeat(values - 1));
    let manifest = nasty::MANIFEST;
    guest::module(
        manifest,
        &format!(
            r#"(memory (export "memory") 1)
        (func $bomb (param i32) (result i32) {body})
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
            (drop (call $bomb (i32.const 0))) (i32.const 0))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#
        ),
    )
}

/// The child that compiles is ended; the server answers meanwhile and has not grown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compile_bomb_goes_off_in_a_child() {
    let mut place = Place::new();
    place.program.start();
    place.program.ready().await;
    // What is large but honest is compiled: a JavaScript engine.
    let honest = place.file(include_bytes!("plugins/loud.wasm"));
    place.program.run(&["plugin", "install", &honest, "--unsigned", "--grant", "all"]);
    let before = place.program.resident();
    let bomb = compile_bomb();
    assert!(bomb.len() < 4 * 1024 * 1024, "{}", bomb.len());
    let file = place.file(&bomb);
    let begun = Instant::now();
    let refused = tokio::task::block_in_place(|| {
        let answers = std::thread::spawn({
            let url = place.program.url("/api/v1/instance");
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(async move {
                    let mut slowest = Duration::ZERO;
                    for _ in 0..20 {
                        let begun = Instant::now();
                        assert_eq!(http::send("GET", &url, &[], b"").await.expect("an answer").status, 200);
                        slowest = slowest.max(begun.elapsed());
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                    slowest
                })
            }
        });
        let refused = place.program.refuses(&["plugin", "install", &file, "--unsigned"]);
        let slowest = answers.join().expect("answers");
        assert!(slowest < Duration::from_secs(3), "{slowest:?}");
        refused
    });
    let line = format!("compile bomb: {} after {:?}\n", refused.trim(), begun.elapsed());
    let _ = std::io::stderr().write_all(line.as_bytes());
    assert!(refused.contains("cannot be compiled"), "{refused}");
    assert!(begun.elapsed() < Duration::from_secs(150), "{:?}", begun.elapsed());
    let more = place.program.resident().saturating_sub(before);
    assert!(more < 100, "{more} MiB more");
}

/// The server is killed while a plugin runs: the next start leaves that one out, and says so. `--no-plugins` runs none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_the_plugin_that_ran_stays_off() {
    let mut place = Place::new();
    // Somebody who never answers: a plugin that asks him runs for a second.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    let url = format!("http://{host}/");
    let manifest = named("org.example.slow").replacen(
        '{',
        &format!(r#"{{"http":[{{"host":"{host}","methods":["GET"],"lan":true}}],"#),
        1,
    );
    let slow = format!(
        r#"(import "nagaya:plugin/http@1.0.0" "send"
            (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
        {}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
            (call $send (i32.const 3000) (i32.const 3) (i32.const 2048) (i32.const {}) (i32.const 0) (i32.const 0)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512))
            (i32.const 0))
        (data (i32.const 2048) "{url}") (data (i32.const 3000) "GET")"#,
        guest::ALLOCATOR,
        url.len()
    );
    place.program.start();
    place.program.ready().await;
    for (id, wasm) in [
        ("org.example.good", guest::dollars(&named("org.example.good"), 2)),
        ("org.example.slow", guest::module(&manifest, &slow)),
    ] {
        let file = place.file(&wasm);
        place.program.run(&["plugin", "install", &file, "--unsigned", "--grant", "all"]);
        place.program.run(&["plugin", "enable", id]);
    }
    assert_eq!(place.posts("hello").await.0, 200, "a late filter does not delay the post");
    let asked =
        tokio::time::timeout(Duration::from_secs(10), listener.accept()).await.expect("it asks").expect("a socket");
    place.program.kill();
    drop(asked);
    place.program.start();
    place.program.ready().await;
    let shown = place.plugin("org.example.slow").await;
    assert_eq!(shown["state"], "off", "{shown}");
    let why = shown["state_reason"].as_str().unwrap_or_default();
    assert!(why.contains("died while it ran") && why.contains("異常終了"), "{why}");
    assert!(place.log().await.contains("org.example.slow") && place.program.log().contains("org.example.slow"));
    assert_eq!(place.plugin("org.example.good").await["state"], "running", "the others run");
    let (code, refused) = place.posts("a $").await;
    assert!(code == 422 && refused["error"].as_str().is_some_and(|why| why.contains("No dollars")), "{refused}");
    // Enabled again and killed while nothing runs: nobody is blamed.
    place.program.run(&["plugin", "enable", "org.example.slow"]);
    tokio::time::sleep(Duration::from_secs(3)).await;
    place.program.kill();
    place.program.start();
    place.program.ready().await;
    assert_ne!(place.plugin("org.example.slow").await["state"], "off");
    place.program.kill();
    place.program.start_with(&["--no-plugins"]);
    place.program.ready().await;
    assert_eq!(place.posts("a $").await.0, 200, "no plugin runs");
    assert!(place.program.run(&["plugin", "list"]).contains("org.example.good"), "they are still there");
}

/// `plugin logs -f` shows lines as they come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_is_followed() {
    let mut place = Place::new();
    place.program.start();
    place.program.ready().await;
    let body = format!(
        r#"(import "nagaya:plugin/log@1.0.0" "write" (func $write (param i32 i32 i32)))
        {}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
            (call $write (i32.const 1) (i32.const 2048) (i32.const 9)) (i32.const 0))
        (data (i32.const 2048) "I saw one")"#,
        guest::ALLOCATOR
    );
    let file = place.file(&guest::module(&named("org.example.talks"), &body));
    place.program.run(&["plugin", "install", &file, "--unsigned", "--grant", "all"]);
    place.program.run(&["plugin", "enable", "org.example.talks"]);
    let mut follower = place.program.spawn(&["plugin", "logs", "org.example.talks", "--follow"]);
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(follower.stdout.take().expect("is piped")));
    for text in ["one", "two"] {
        assert_eq!(place.posts(text).await.0, 200);
        let line = tokio::task::block_in_place(|| lines.next()).expect("a line").expect("text");
        assert!(line.ends_with("info I saw one"), "{line}");
    }
    follower.kill().expect("it runs");
    follower.wait().expect("it ends");
    assert_eq!(place.program.run(&["plugin", "logs", "org.example.talks"]).matches("I saw one").count(), 2);
}
