//! A power cut in the middle of a fan-out loses no delivery.
//!
//! 300 people on 300 servers follow Alice. She posts, and the program is killed (SIGKILL) five times while that post
//! travels; four posts make twenty kills. After each last restart everybody must get the post, whatever it takes;
//! whoever gets it again gets the same activity.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::harness::program::Program;
use crate::harness::receiver::Receiver;

const INBOXES: u16 = 300;
const ANSWERS_AFTER: Duration = Duration::from_millis(20);
const POSTS: usize = 4;
/// Shares of the 300 at which one post's fan-out is killed, in percent.
const KILLS: [usize; 5] = [15, 30, 45, 60, 75];
/// For one fan-out to get on, restarts included.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_lose_no_delivery() {
    let all = usize::from(INBOXES);
    let receiver = Receiver::start(INBOXES, ANSWERS_AFTER).await;
    let mut program = Program::new();
    program.run(&["account", "create", "alice", "--email", "alice@example.com", "--password", "correct horse battery"]);
    let token = program.run(&["token", "create", "alice", "--scopes", "read write follow"]).trim().to_owned();
    program.start();
    let started = program.ready().await;
    gather_followers(&program, &receiver, &token).await;

    let undisturbed = Instant::now();
    let object = program.post(&token, "Nothing happens to this one", "uri").await;
    until(&program, || receiver.arrived(&object) == all).await;
    let rate = f64::from(INBOXES) / undisturbed.elapsed().as_secs_f64();

    let mut shares = Vec::new();
    for number in 0..POSTS {
        let object = program.post(&token, &format!("The lights go out ({number})"), "uri").await;
        for percent in KILLS {
            until(&program, || receiver.arrived(&object) * 100 >= all * percent).await;
            program.kill();
            // What was on the wire when the program died arrives all the same; it counts as arrived at the kill.
            tokio::time::sleep(Duration::from_millis(10)).await;
            shares.push(receiver.arrived(&object) * 100 / all);
            program.start();
        }
        until(&program, || receiver.arrived(&object) == all).await;
        program.ready().await;
        // An answer that got lost with the process means one more try; let the stragglers come.
        tokio::time::sleep(Duration::from_millis(500)).await;
        for (origin, ids) in receiver.brought(&object) {
            assert!(ids.iter().all(|id| *id == ids[0]), "{origin} got different activities: {ids:?}");
            assert!(ids.len() <= 1 + KILLS.len(), "{origin} got {} copies after {} kills", ids.len(), KILLS.len());
        }
    }
    // Not by print!, which a passing test swallows.
    let line = format!(
        "kill: {rate:.0} deliveries/s undisturbed; first answer {} ms after the start; killed at {shares:?} % of {all}\n",
        started.as_millis()
    );
    let _ = std::io::stderr().write_all(line.as_bytes());
    let in_the_middle = shares.iter().filter(|share| (10..=90).contains(*share)).count();
    assert_eq!(shares.len(), 20);
    assert!(in_the_middle >= 15, "only {in_the_middle} of 20 kills fell between 10 % and 90 %: {shares:?}");
}

/// Lets every origin follow Alice, and waits until she knows and all of them have her Accept.
async fn gather_followers(program: &Program, receiver: &Receiver, token: &str) {
    let handle = format!("acct:alice@127.0.0.1:{}", program.base.port().expect("a port"));
    let found = program.get(&format!("/.well-known/webfinger?resource={handle}"), "application/json", token).await;
    let links = found["links"].as_array().expect("links");
    let alice = links.iter().find(|link| link["rel"] == "self").expect("a self link")["href"].clone();
    let alice = alice.as_str().expect("an address");
    let path = alice.strip_prefix(program.base.as_str()).expect("an address of ours");
    let document = program.get(&format!("/{path}"), "application/activity+json", token).await;
    let inbox = document["inbox"].as_str().and_then(|inbox| inbox.parse().ok()).expect("an inbox");
    for some in receiver.origins.chunks(30) {
        futures_util::future::join_all(some.iter().map(|origin| receiver.follow(origin, alice, &inbox))).await;
    }
    until(program, || receiver.count("Accept") >= receiver.origins.len()).await;
    let me = program.get("/api/v1/accounts/verify_credentials", "application/json", token).await;
    assert_eq!(me["followers_count"], receiver.origins.len(), "{me}");
}

/// Looks every half millisecond, so that a kill hits the share it is meant for.
async fn until(program: &Program, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "not after {PATIENCE:?}; the log says:\n{}", program.log());
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
}
