//! One list of clock-driven chores, one file per family, one timer for all of them.
//!
//! A chore works in small steps, each its own write, so that people never wait for it. Chores may be skipped or
//! repeated at any time: they look at the rows, not at when they ran last.

mod absences;
mod announcements;
mod backfills;
mod bots;
mod clients;
mod erasures;
mod expiries;
mod finding;
mod markers;
mod members;
mod pages;
mod polls;
mod queues;
mod scheduled;
mod space;
pub mod uploads;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use backfills::{backfills_until_idle, start_backfills};
pub use bots::start_bots;
pub use pages::{pages_until_idle, start_pages};

use crate::actions::{block_list, peer_software, relay};
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::store::Tx;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Rows removed in one write.
const STEP: usize = 500;
/// How soon after the start the first chore runs: the start itself stays quick.
const FIRST: Duration = Duration::from_secs(2 * MINUTE);
/// The longest sleep, should the machine's clock be set or the machine be suspended meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(HOUR);

/// Something to do again and again.
struct Chore {
    /// For the log: "12 old queue rows".
    name: &'static str,
    every: Duration,
    /// Answers how many things it dealt with.
    run: for<'a> fn(&'a App) -> BoxFuture<'a, Result<usize>>,
}

/// All chores of the house.
const CHORES: [Chore; 26] = [
    Chore { name: "old queue rows", every: Duration::from_secs(HOUR), run: |app| queues::run(app).boxed() },
    Chore { name: "old markers", every: Duration::from_secs(6 * HOUR), run: |app| markers::run(app).boxed() },
    Chore { name: "expired client rows", every: Duration::from_secs(HOUR), run: |app| clients::run(app).boxed() },
    Chore { name: "absent actors", every: Duration::from_secs(HOUR), run: |app| absences::run(app).boxed() },
    Chore { name: "blocked people", every: Duration::from_secs(DAY), run: |app| absences::blocked(app).boxed() },
    Chore { name: "unused apps", every: Duration::from_secs(6 * HOUR), run: |app| clients::apps(app).boxed() },
    Chore { name: "unused uploads", every: Duration::from_secs(6 * HOUR), run: |app| clients::uploads(app).boxed() },
    Chore { name: "cached pictures", every: Duration::from_secs(HOUR), run: |app| space::cache(app).boxed() },
    Chore { name: "free pages", every: Duration::from_secs(HOUR), run: |app| space::run(app).boxed() },
    Chore { name: "suspended people", every: Duration::from_secs(HOUR), run: |app| erasures::run(app).boxed() },
    Chore { name: "ended polls", every: polls::END, run: |app| polls::end(app).boxed() },
    Chore { name: "announcements", every: announcements::EVERY, run: |app| announcements::run(app).boxed() },
    Chore { name: "posts for later", every: scheduled::EVERY, run: |app| scheduled::run(app).boxed() },
    Chore { name: "deleted accounts", every: members::LEAVE, run: |app| members::leave(app).boxed() },
    Chore { name: "old mail and links", every: Duration::from_secs(HOUR), run: |app| members::tidy(app).boxed() },
    Chore { name: "posts for the search index", every: finding::INDEX, run: |app| finding::index(app).boxed() },
    Chore { name: "trends", every: finding::TRENDS, run: |app| finding::trends(app).boxed() },
    Chore { name: "changed profiles", every: finding::LINKS, run: |app| finding::links(app).boxed() },
    Chore { name: "forgotten pages", every: Duration::from_secs(DAY), run: |app| finding::pages(app).boxed() },
    Chore {
        name: "other servers asked what they run",
        every: Duration::from_secs(HOUR),
        run: |app| peer_software::ask_some(app).boxed(),
    },
    Chore { name: "relays to rest", every: Duration::from_secs(MINUTE), run: |app| relay::watch(app).boxed() },
    Chore { name: "lists of blocks", every: Duration::from_secs(HOUR), run: |app| block_list::refresh(app).boxed() },
    Chore { name: "posts with an end", every: expiries::EVERY, run: |app| expiries::run(app).boxed() },
    Chore { name: "posts that late filters judge", every: expiries::EVERY, run: |app| expiries::late(app).boxed() },
    Chore { name: "word lists", every: expiries::LISTS, run: |app| expiries::lists(app).boxed() },
    Chore { name: "new tallies", every: polls::TELL, run: |app| polls::tell(app).boxed() },
];

/// Does the chores until `stop` is cancelled.
pub fn start(app: App, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        let first = app.clock.now().plus(FIRST);
        let mut due: Vec<Time> = CHORES.iter().map(|_| first).collect();
        loop {
            let next = due.iter().min().copied().unwrap_or(first);
            let sleep = next.since(app.clock.now()).min(LONGEST_SLEEP);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(sleep) => {}
            }
            for (chore, due) in CHORES.iter().zip(&mut due) {
                if *due <= app.clock.now() && !stop.is_cancelled() {
                    carry_out(&app, chore).await;
                    *due = app.clock.now().plus(chore.every);
                }
            }
        }
    })
}

/// Does every chore once, now; for tests and commands.
pub async fn run_all(app: &App) {
    for chore in &CHORES {
        carry_out(app, chore).await;
    }
}

async fn carry_out(app: &App, chore: &Chore) {
    let name = chore.name;
    match AssertUnwindSafe((chore.run)(app)).catch_unwind().await {
        Ok(Ok(0)) => tracing::trace!("chore {name}: nothing to do"),
        Ok(Ok(count)) => tracing::debug!(count, "dealt with {count} {name}"),
        Ok(Err(error)) => tracing::warn!(%error, "chore {name} failed; it runs again later"),
        Err(_) => tracing::error!("chore {name} panicked; it runs again later"),
    }
}

/// Repeats `step` (which gets the number of rows it may remove) until it finds no more; answers the sum.
async fn in_steps(app: &App, step: impl Fn(&Tx, usize) -> Result<usize> + Clone + Send + 'static) -> Result<usize> {
    let mut sum = 0;
    loop {
        let step = step.clone();
        let count = app.store.write(move |tx| step(tx, STEP)).await?;
        sum += count;
        if count < STEP {
            return Ok(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::grant::{self, Registration};
    use crate::store::tombstones;
    use crate::testing;

    #[tokio::test]
    async fn chores_remove_what_is_old_however_much_there_is() {
        let (_folder, app) = testing::app();
        let count = 2 * STEP + 1;
        let fill = move |tx: &Tx| {
            for number in 0..count {
                tombstones::insert(tx, &format!("https://b.example/{number}"), "https://b.example/u", testing::NOW)?;
            }
            Ok(())
        };
        app.store.write(fill).await.expect("writes");
        let left = || app.store.read(|db| Ok(db.query_row("SELECT count(*) FROM tombstones", [], |row| row.get(0))?));
        run_all(&app).await;
        let before: i64 = left().await.expect("reads");
        assert_eq!(before, count as i64, "nothing is old yet");
        app.clock.advance(Duration::from_secs(8 * DAY));
        run_all(&app).await;
        let after: i64 = left().await.expect("reads");
        assert_eq!(after, 0);
    }

    #[tokio::test]
    async fn apps_that_nobody_uses_go_after_a_day() {
        let (_folder, app) = testing::app();
        let registration = Registration {
            name: "Idle".into(),
            website: None,
            redirect_uris: vec!["idle://back".into()],
            scopes: "read".into(),
        };
        grant::register(&app, registration.clone()).await.expect("registers");
        let (used, secret) = grant::register(&app, registration).await.expect("registers");
        grant::for_client(&app, (used.client_id, secret), None).await.expect("works").expect("a token");
        let left = || app.store.read(|db| Ok(db.query_row("SELECT count(*) FROM apps", [], |row| row.get(0))?));
        for (later, expected) in [(0, 2), (DAY + 1, 1)] {
            app.clock.advance(Duration::from_secs(later));
            run_all(&app).await;
            let left: i64 = left().await.expect("reads");
            assert_eq!(left, expected);
        }
    }
}
