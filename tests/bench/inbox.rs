//! How many signed activities the inbox takes in a second: over loopback, keys cached, 202 after a durable commit.
//!
//!     cargo bench --bench inbox                  15,000 Creates by 200 people, 32 connections
//!     NAGAYA_BENCH_ACTIVITIES=3000 cargo bench --bench inbox
//!
//! Everything is signed before the clock starts. Prints rate, median, 99th percentile, how long the worker took until
//! every post was in its home, and the memory of the process (the load included) before, at most, and after.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

mod house;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nagaya::activitypub::signature::{self, Outgoing, PrivateKey, Scheme};
use nagaya::app::App;
use nagaya::ids::AccountId;
use nagaya::server;
use nagaya::store::keys;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use house::House;

/// How many people of other servers write, all of them followed.
const AUTHORS: i64 = 200;
const KIND: &str = "application/activity+json";

#[tokio::main]
async fn main() {
    if house::only_built() {
        return;
    }
    let number = |name, default| usize::try_from(house::number(name, default)).expect("a number from 0");
    let (count, lines) = (number("NAGAYA_BENCH_ACTIVITIES", 15_000), number("NAGAYA_BENCH_CONNECTIONS", 32));
    let House { _folder, listener, address, app, alice } = house::open().await;
    let (private, public) = tokio::task::spawn_blocking(signature::generate).await.expect("no panic").expect("a key");
    authors(&app, alice, &public).await;

    let begun = Instant::now();
    let now = app.clock.now();
    let requests = tokio::task::spawn_blocking(move || {
        let key = PrivateKey::from_pem(&private).expect("our own key");
        let url: Url = format!("http://{address}/inbox").parse().expect("an address");
        (0..count).map(|number| request(number, &url, &key, now)).collect::<Vec<_>>()
    });
    let requests = Arc::new(requests.await.expect("no panic"));
    println!("{count} activities signed in {:.1} s", begun.elapsed().as_secs_f64());
    let running = server::start(app.clone(), listener).expect("listens");

    let before = resident();
    let (next, begun) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let senders = (0..lines).map(|_| {
        let (requests, next) = (requests.clone(), next.clone());
        tokio::spawn(async move {
            let mut line = TcpStream::connect(address).await.expect("connects");
            let (mut times, mut buffer) = (Vec::new(), [0; 4096]);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = requests.get(number) else { return times };
                let begun = Instant::now();
                line.write_all(request).await.expect("sends");
                let read = line.read(&mut buffer).await.expect("reads");
                assert!(buffer[..read].starts_with(b"HTTP/1.1 202"), "{}", String::from_utf8_lossy(&buffer[..read]));
                times.push(begun.elapsed());
            }
        })
    });
    let senders: Vec<_> = senders.collect();
    let mut times = Vec::with_capacity(count);
    let mut most = before;
    for sender in senders {
        times.extend(sender.await.expect("no panic"));
        most = most.max(resident());
    }
    let took = begun.elapsed();
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0;
    println!(
        "accepted {count} in {:.2} s: {:.0}/s, p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms",
        took.as_secs_f64(),
        count as f64 / took.as_secs_f64(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
    loop {
        most = most.max(resident());
        let left = app.store.read(|db| {
            let count = "SELECT count(*) FROM inbox WHERE state <> 'done'";
            Ok(db.query_row(count, [], |row| row.get::<_, i64>(0))?)
        });
        if left.await.expect("reads") == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let all = begun.elapsed();
    let stored =
        app.store.read(|db| Ok(db.query_row("SELECT count(*) FROM statuses", [], |row| row.get::<_, i64>(0))?));
    let stored = stored.await.expect("reads");
    println!("stored {stored} posts by {:.2} s: {:.0}/s", all.as_secs_f64(), stored as f64 / all.as_secs_f64());
    println!("resident {before} MB before, {most} MB at most, {} MB after", resident());
    assert_eq!(stored, i64::try_from(count).expect("few"), "every 202 became a post");
    running.stop().await;
}

/// One whole request of one of the authors.
fn request(number: usize, url: &Url, key: &PrivateKey, now: nagaya::clock::Time) -> Vec<u8> {
    let author = format!("https://far.example/users/author{}", 1 + number as i64 % AUTHORS);
    let id = format!("https://far.example/posts/{number}");
    let to = ["https://www.w3.org/ns/activitystreams#Public"];
    let activity = json!({
        "@context": "https://www.w3.org/ns/activitystreams", "id": format!("{id}/activity"), "type": "Create",
        "actor": author, "published": now.rfc3339(), "to": to, "cc": [format!("{author}/followers")],
        "object": {
            "id": id, "type": "Note", "attributedTo": author, "published": now.rfc3339(), "to": to,
            "cc": [format!("{author}/followers")], "url": id,
            "content": format!("<p>Post number {number} of a long and winding conversation about tea, cats and the weather.</p>"),
        },
    });
    let body = activity.to_string().into_bytes();
    let outgoing = Outgoing { method: "POST", url, accept: KIND, body: Some((KIND, &body)) };
    let key_id = format!("{author}#main-key");
    let headers = signature::sign(Scheme::Cavage, &key_id, key, &outgoing, now).expect("our key signs");
    let mut head = "POST /inbox HTTP/1.1\r\n".to_owned();
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("content-length: {}\r\n\r\n", body.len());
    [head.into_bytes(), body].concat()
}

/// The people, their key, and alice's follows of them.
async fn authors(app: &App, alice: AccountId, public: &str) {
    let (now, public) = (app.clock.now(), public.to_owned());
    let written = app.store.write(move |tx| {
        for number in 1..=AUTHORS {
            let uri = house::author(tx, alice, number, now)?;
            keys::replace_public(tx, AccountId(number), &[(format!("{uri}#main-key"), public.clone())], now)?;
        }
        Ok(())
    });
    written.await.expect("writes");
}

/// Memory of this process, in MB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
