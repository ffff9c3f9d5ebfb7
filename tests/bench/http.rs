//! How long the hot requests take over HTTP on loopback, on a database with 100,000 posts.
//!
//!     cargo bench                       100,000 posts, 2,000 requests of each kind
//!     NAGAYA_BENCH_POSTS=5000 cargo bench
//!
//! Prints the median and the 99th percentile. The last line is for notes: `home p50 … p99 …, post p50 … p99 …`.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

mod house;

use std::time::{Duration, Instant};

use nagaya::actions::token::issue_token;
use nagaya::app::App;
use nagaya::ids::AccountId;
use nagaya::server;
use rusqlite::named_params;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use house::House;

/// How many people of other servers write, all of them followed.
const AUTHORS: i64 = 200;
/// How many posts a home keeps.
const KEPT: i64 = 800;

#[tokio::main]
async fn main() {
    if house::only_built() {
        return;
    }
    let (posts, requests) =
        (house::number("NAGAYA_BENCH_POSTS", 100_000), house::number("NAGAYA_BENCH_REQUESTS", 2_000));
    let House { _folder, listener, address, app, alice } = house::open().await;
    let token = issue_token(&app, alice, "read write", "bench").await.expect("a token");
    let begun = Instant::now();
    fill(&app, alice, posts).await;
    println!("{posts} posts of {AUTHORS} people in {:.1} s", begun.elapsed().as_secs_f64());
    let running = server::start(app, listener).expect("listens");

    let mut line = TcpStream::connect(address).await.expect("connects");
    let get =
        format!("GET /api/v1/timelines/home HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\r\n");
    let mut home = Vec::new();
    for turn in 0..requests + 50 {
        let (took, body) = ask(&mut line, &get).await;
        let count = body.matches("\"in_reply_to_account_id\"").count();
        assert!(count >= 20, "home has {count} posts");
        // The first ones warm the caches.
        if turn >= 50 {
            home.push(took);
        }
    }
    let mut posting = Vec::new();
    for turn in 0..requests / 4 {
        let body = format!("status=Hello+number+{turn}+%23bench");
        let post = format!(
            "POST /api/v1/statuses HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        posting.push(ask(&mut line, &post).await.0);
    }
    let (home, posting) = (figures(home), figures(posting));
    println!("home p50 {} p99 {}, post p50 {} p99 {}", home.0, home.1, posting.0, posting.1);
    running.stop().await;
}

/// One request on an open connection; how long it took until the whole answer was there, and the body.
async fn ask(line: &mut TcpStream, request: &str) -> (Duration, String) {
    let begun = Instant::now();
    line.write_all(request.as_bytes()).await.expect("sends");
    let (mut received, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        let count = line.read(&mut buffer).await.expect("reads");
        assert!(count > 0, "the server hung up");
        received.extend_from_slice(&buffer[..count]);
        let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&received[..end]).to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if received.len() >= end + 4 + length.expect("a length") {
            return (begun.elapsed(), String::from_utf8_lossy(&received[end + 4..]).into_owned());
        }
    }
}

/// Median and 99th percentile.
fn figures(mut times: Vec<Duration>) -> (String, String) {
    times.sort_unstable();
    let at = |part: f64| format!("{:.2} ms", times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0);
    (at(0.5), at(0.99))
}

/// People whom alice follows and their posts, the newest of them in her home: straight into the tables, for nobody can
/// wait for 100,000 deliveries. Every third post has a tag, every tenth a mention, every fifth is a reply.
async fn fill(app: &App, alice: AccountId, posts: i64) {
    let now = app.clock.now();
    let authors = app.store.write(move |tx| {
        for number in 1..=AUTHORS {
            house::author(tx, alice, number, now)?;
        }
        tx.execute("INSERT INTO tags (id, name, display_name) VALUES (1, 'bench', 'bench')", [])?;
        Ok(())
    });
    authors.await.expect("writes");
    const STEP: i64 = 10_000;
    for from in (0..posts).step_by(STEP as usize) {
        let written = app.store.write(move |tx| {
            tx.execute(
                "WITH RECURSIVE n (i) AS (SELECT :from UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :to)
                 INSERT INTO statuses (id, uri, url, account_id, local, content, language, visibility, in_reply_to_id,
                     in_reply_to_account_id, created_at)
                 SELECT ((:now - (:posts - i) * 60000) << 16) + 1, 'https://far.example/posts/' || i,
                     'https://far.example/posts/' || i, 1 + i % :authors, 0,
                     '<p>Post number ' || i || ' of a long and winding conversation about tea, cats and the weather.</p>',
                     'en', 'public', NULL, CASE WHEN i % 5 = 0 THEN 1 + i % :authors END, :now - (:posts - i) * 60000
                 FROM n",
                named_params! {
                    ":from": from, ":to": (from + STEP).min(posts), ":posts": posts, ":authors": AUTHORS, ":now": now,
                },
            )?;
            Ok(())
        });
        written.await.expect("writes");
    }
    let home = app.store.write(move |tx| {
        tx.execute(
            "INSERT INTO home_timeline (account_id, status_id, author_id)
             SELECT ?1, id, account_id FROM statuses ORDER BY id DESC LIMIT ?2",
            (alice, KEPT),
        )?;
        tx.execute(
            "INSERT INTO status_tags (status_id, tag_id) SELECT id, 1 FROM statuses WHERE (id >> 16) % 3 = 0",
            [],
        )?;
        Ok(())
    });
    home.await.expect("writes");
}
