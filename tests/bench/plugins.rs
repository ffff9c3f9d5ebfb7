//! What plugins cost, as a table of times and ratios: `cargo bench --bench plugins`.
//!
//! A filter that is skipped by its type; filters in fresh instances, in WAT, Rust and JavaScript; a native function that does
//! the same work; what the same filter would cost if it were asked once for each inbox; a plan for 2,000 hosts; loading from
//! the cache; and the memory that five idle plugins take. The limits beside them are those of the specification.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use nagaya::clock::Clock;
use nagaya::plugins::plan::Target;
use nagaya::plugins::{Direction, Envelope, InstalledPlugin, Options, Plugins, Ruling};
use nagaya::random::Random;
use nagaya::store::Store;

#[path = "../harness/guest.rs"]
mod guest;

const MANIFEST: &str = r#"{"id":"org.example.dollars","version":"1","api":"1.0","kinds":["filter"],"activities":["Create"],
    "permissions":["reject"],"name":{"en":"Dollars"},"summary":{"en":"Dollars"}}"#;
const ROUNDS: usize = 2_000;
/// Inboxes of a post with many followers.
const INBOXES: usize = 100;
const HOSTS: u32 = 2_000;
/// What the Rust filter and the native function look for.
const WORDS: &[&str] = &["casino", "viagra", "lottery", "宝くじ", "副業"];

fn start(folder: &Path, number: usize) -> Plugins {
    let store = folder.join(format!("store-{number}"));
    std::fs::create_dir_all(&store).expect("a folder");
    Plugins::start(Options {
        data: folder.to_owned(),
        program: "/nonexistent".into(),
        enabled: true,
        host: "here.example".into(),
        handle_domain: "here.example".into(),
        clock: Clock::default(),
        random: Random::seeded(1),
        store: Store::open(&store).expect("opens"),
        outbound: None,
        compile_in_process: true,
    })
}

/// Installs it with all that it asks for.
async fn row(plugins: &Plugins, wasm: Vec<u8>, config: &str) -> InstalledPlugin {
    let prepared = plugins.prepare(wasm).await.expect("fits");
    InstalledPlugin {
        grants: prepared.asks.iter().map(|ask| ask.name.clone()).collect(),
        config: config.into(),
        ..InstalledPlugin::bare(&prepared.manifest.id, prepared.wasm)
    }
}

fn built(name: &str) -> Vec<u8> {
    let path = format!("{}/plugins/built/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != ALONE).skip(1);
    if let Some(folder) = arguments.next() {
        return alone(Path::new(&folder)).await;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let post = Envelope {
        direction: Direction::Inbound,
        activity: "Create".into(),
        object: Some("Note".into()),
        text: "The quick brown fox jumps over the lazy dog. ".repeat(35),
        visibility: Some(nagaya::activitypub::audience::Visibility::Public),
        ..Envelope::default()
    };
    let like = Envelope { activity: "Like".into(), ..post.clone() };
    let native = median(async || {
        let text = black_box(&post.clone()).text.to_lowercase();
        black_box(WORDS.iter().any(|word| text.contains(word)));
    })
    .await;
    println!("native function                       {native:>12.1?}   1");
    let ratio = |took: Duration| took.as_secs_f64() / native.as_secs_f64();
    let words = serde_json::json!({"reject": WORDS}).to_string();
    for (number, (name, wasm, config, limit)) in [
        ("fresh instance, WAT", guest::dollars(MANIFEST, 2), "{}", Duration::from_micros(60)),
        ("fresh instance, Rust (keywords)", built("keywords"), words.as_str(), Duration::from_micros(60)),
        (
            "fresh instance, JavaScript (loud)",
            include_bytes!("../plugins/loud.wasm").to_vec(),
            "{}",
            Duration::from_micros(500),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let plugins = start(folder.path(), number);
        let row = row(&plugins, wasm, config).await;
        assert!(plugins.load(vec![row]).await.is_empty());
        if number == 0 {
            let skipped = median(async || {
                black_box(plugins.filter(like.clone()).await);
            })
            .await;
            line("skipped by its type", skipped, ratio(skipped), Some(Duration::from_micros(1)));
        }
        let fresh = median(async || {
            assert_eq!(plugins.filter(post.clone()).await.ruling, Ruling::Accept);
        })
        .await;
        line(name, fresh, ratio(fresh), Some(limit));
        let inboxes = median_of(50, async || {
            for _ in 0..INBOXES {
                black_box(plugins.filter(post.clone()).await);
            }
        })
        .await;
        let more = inboxes.as_secs_f64() / fresh.as_secs_f64();
        println!("  asked once for each of {INBOXES} inboxes   {inboxes:>12.1?}   {more:.0} times once for the post");
    }
    plan(folder.path(), &post, native).await;
    cold(folder.path()).await;
    idle(folder.path()).await;
}

fn line(name: &str, took: Duration, ratio: f64, limit: Option<Duration>) {
    let limit = limit.map_or(String::new(), |limit| {
        format!("   limit {limit:?}: {}", if took <= limit { "kept" } else { "MISSED" })
    });
    println!("{name:<37} {took:>12.1?}   {ratio:.1}{limit}");
}

async fn plan(folder: &Path, post: &Envelope, native: Duration) {
    let plugins = start(folder, 10);
    let row = row(&plugins, built("polite"), "{}").await;
    assert!(plugins.load(vec![row]).await.is_empty());
    if !plugins.plans("Create") {
        println!("plan for {HOSTS} hosts                  no fan-out policy runs here yet");
        return;
    }
    let target = |number: u32| Target {
        host: format!("host{number}.example"),
        inboxes: 1,
        recipients: number % 7 + 1,
        shared: true,
        latency_ms: number % 900,
        ..Target::default()
    };
    let targets: Vec<Target> = (0..HOSTS).map(target).collect();
    let envelope = Envelope { direction: Direction::Outbound, ..post.clone() };
    let took = median_of(50, async || {
        plugins.plan(&envelope, &targets).await.expect("there is one").expect("plans");
    })
    .await;
    line(
        "plan for 2,000 hosts (polite)",
        took,
        took.as_secs_f64() / native.as_secs_f64(),
        Some(Duration::from_millis(5)),
    );
}

/// From the compiled files on disk to a chain that can be asked.
async fn cold(folder: &Path) {
    let mut took = Vec::new();
    for number in 20..30 {
        let plugins = start(folder, number);
        let row = row(&plugins, built("keywords"), "{}").await;
        let begun = Instant::now();
        assert!(plugins.load(vec![row]).await.is_empty());
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    println!("loading one from the cache            {:>12.1?}   limit 1ms", took[took.len() / 2]);
}

/// Five Rust plugins that wait, in a process of their own that compiled nothing.
async fn idle(folder: &Path) {
    let plugins = start(folder, 40);
    let mut rows = Vec::new();
    for name in IDLE {
        let row = row(&plugins, built(name), "{}").await;
        std::fs::write(folder.join(name), &row.wasm).expect("writes");
        rows.push(row);
    }
    assert!(plugins.load(rows).await.is_empty());
    let program = std::env::current_exe().expect("this program");
    let said = std::process::Command::new(program).arg(ALONE).arg(folder).output().expect("runs");
    let more: usize = String::from_utf8_lossy(&said.stdout).trim().parse().expect("a number");
    println!("memory of five idle Rust plugins      {:>9} KiB   limit 3072 KiB", more / 1024);
}

const IDLE: [&str; 5] = ["keywords", "mentions", "links", "newcomers", "visibility"];
/// The first argument of the process that loads them and says how much it has grown.
const ALONE: &str = "--idle-in";

async fn alone(folder: &Path) {
    let plugins = start(folder, 41);
    let row = |name: &str| {
        let wasm = std::fs::read(folder.join(name)).expect("was written");
        InstalledPlugin::bare(&format!("org.nagaya.{name}"), wasm)
    };
    let rows = IDLE.iter().map(|name| row(name)).collect();
    let before = resident();
    let errors = plugins.load(rows).await;
    assert!(errors.is_empty(), "{errors:?}");
    println!("{}", resident().saturating_sub(before));
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

async fn median(work: impl AsyncFnMut()) -> Duration {
    median_of(ROUNDS, work).await
}

async fn median_of(rounds: usize, mut work: impl AsyncFnMut()) -> Duration {
    let mut took = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let begun = Instant::now();
        work().await;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    took[rounds / 2]
}
