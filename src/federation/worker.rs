//! Works the inbox off: proves what is unverified, then carries activities out, one at a time per actor.
//!
//! A row that fails is tried again; after five failures, or a panic, it is parked for the admin and the actor's next one
//! gets its turn. Spec: rules P8, P10, V13.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::Value;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::forwarding;
use super::inbox::{dedupe, same_actor};
use super::verbs::{self, Received};
use super::verify::{self, Finding};
use crate::actions::trace;
use crate::activitypub::signature::Presented;
use crate::activitypub::{envelope, ids, read};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::ids::InboxId;
use crate::lanes::{Lanes, Rank};
use crate::outbound::throttle::Throttle;
use crate::store::events::{self, Event, Outcome};
use crate::store::inbox::{self, LaneHead, Proof, Queue};
use crate::store::peers;

/// Actors whose activities are carried out at the same time.
const ACTORS: usize = 8;
/// Addresses whose unverified requests are checked at the same time. Apart from the above, for these wait for strangers.
const SOURCES: usize = 2;
/// For one activity, fetches included.
const DEADLINE: Duration = Duration::from_secs(300);
/// For the key of an unverified row.
const KEY_DEADLINE: Duration = Duration::from_secs(30);
/// Seconds until the next try after the first, second, … failure; after the last, the row is parked.
const RETRIES: [u64; 4] = [10, 60, 300, 1_800];
/// The same for keys whose server does not answer; after the last, the row is thrown away. The first is longer than the
/// [`Throttle`] remembers the silence.
const KEY_RETRIES: [u64; 4] = [360, 1_800, 7_200, 21_600];
/// How long a stop waits for activities under way; an interrupted one begins anew after the next start.
const GRACE: Duration = Duration::from_secs(5);
/// How long a lane rests after a mishap of our own.
const OWN_MISHAP: Duration = Duration::from_secs(60);
/// The longest sleep, should the machine's clock be set or the machine be suspended meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);

/// Works until `stop` is cancelled.
pub fn start(app: App, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(Worker::new(app).run(stop))
}

/// Carries out everything that is due by the app's clock, and returns when nothing is; for tests and commands.
pub async fn run_until_idle(app: &App) -> Result<()> {
    Worker::new(app.clone()).run_until_idle().await
}

/// Takes rows and hands them to tasks.
#[derive(Debug)]
struct Worker {
    app: App,
    throttle: Arc<Throttle>,
    ready: Lanes,
    unverified: Lanes,
    /// Rows up to this id are known.
    seen: i64,
    running: JoinSet<Ended>,
}

/// A task that ended: its lane's next row, and an actor's row that it made ready.
#[derive(Debug)]
struct Ended {
    queue: Queue,
    lane: Arc<str>,
    result: Result<Step>,
}

#[derive(Debug, Default)]
struct Step {
    next: Option<LaneHead>,
    freed: Option<LaneHead>,
}

impl Worker {
    fn new(app: App) -> Self {
        Self {
            app,
            throttle: Arc::default(),
            ready: Lanes::default(),
            unverified: Lanes::default(),
            seen: 0,
            running: JoinSet::new(),
        }
    }

    async fn run(mut self, stop: CancellationToken) {
        let app = self.app.clone();
        let mut learned = kept(self.look().await);
        loop {
            self.fill();
            let sleep = if learned { self.sleep() } else { OWN_MISHAP };
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = self.running.join_next() => self.put_back(ended),
                () = app.inbox_waiting.notified() => learned = kept(self.look().await),
                () = tokio::time::sleep(sleep) => if !learned { learned = kept(self.look().await) },
            }
        }
        let _ = tokio::time::timeout(GRACE, async { while self.running.join_next().await.is_some() {} }).await;
    }

    async fn run_until_idle(mut self) -> Result<()> {
        loop {
            self.look().await?;
            self.fill();
            match self.running.join_next().await {
                Some(ended) => self.put_back(ended),
                None => return Ok(()),
            }
        }
    }

    /// Learns of new rows; of all rows, the first time.
    async fn look(&mut self) -> Result<()> {
        let seen = self.seen;
        let (last, ready, unverified) = self
            .app
            .store
            .read(move |db| {
                // The last id first: a row that comes in between is then seen twice rather than never.
                let last = inbox::last_id(db)?;
                let lanes = |queue| {
                    if seen == 0 { inbox::lanes(db, queue) } else { inbox::lanes_above(db, queue, seen) }
                };
                Ok((last, lanes(Queue::Ready)?, lanes(Queue::Unverified)?))
            })
            .await?;
        let now = self.app.clock.now();
        for (lanes, heads) in [(&mut self.ready, ready), (&mut self.unverified, unverified)] {
            for head in heads {
                lanes.arrived(&head.lane, rank(&head), head.not_before, now);
            }
        }
        self.seen = self.seen.max(last);
        Ok(())
    }

    fn fill(&mut self) {
        let now = self.app.clock.now();
        for (queue, lanes, places) in
            [(Queue::Ready, &mut self.ready, ACTORS), (Queue::Unverified, &mut self.unverified, SOURCES)]
        {
            for lane in lanes.take(places.saturating_sub(lanes.busy()), now) {
                let (app, throttle) = (self.app.clone(), self.throttle.clone());
                self.running.spawn(async move {
                    let work = async {
                        match queue {
                            Queue::Ready => carry_out(&app, &lane).await,
                            Queue::Unverified => prove(&app, &throttle, &lane).await,
                        }
                    };
                    let result = AssertUnwindSafe(work).catch_unwind().await;
                    let result = result.unwrap_or_else(|_| Err(Error::Bug("the inbox worker panicked".into())));
                    Ended { queue, lane, result }
                });
            }
        }
    }

    fn put_back(&mut self, ended: std::result::Result<Ended, tokio::task::JoinError>) {
        let now = self.app.clock.now();
        // Tasks catch their panics and are aborted only when all ends.
        let Ok(Ended { queue, lane, result }) = ended else { return };
        let lanes = match queue {
            Queue::Ready => &mut self.ready,
            Queue::Unverified => &mut self.unverified,
        };
        match result {
            Ok(Step { next, freed }) => {
                lanes.give_back(&lane, next.map(|head| (rank(&head), head.not_before)), now);
                if let Some(head) = freed {
                    self.ready.arrived(&head.lane, rank(&head), head.not_before, now);
                }
            }
            Err(error) => {
                tracing::error!(%error, "a row of the inbox could not be worked on; trying again in a minute");
                lanes.give_back(&lane, Some((Rank { priority: 0, id: 0 }, now.plus(OWN_MISHAP))), now);
            }
        }
    }

    fn sleep(&self) -> Duration {
        let until = [self.ready.next_time(), self.unverified.next_time()].into_iter().flatten().min();
        until.map_or(LONGEST_SLEEP, |time| time.since(self.app.clock.now()).min(LONGEST_SLEEP))
    }
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Done(String),
    Again(Time, String),
    Parked(String),
}

/// Carries out the oldest activity of an actor.
async fn carry_out(app: &App, lane: &str) -> Result<Step> {
    let Some((row, body)) = head(app, Queue::Ready, lane).await? else { return next(app, Queue::Ready, lane).await };
    let Proof::Signer(signer) = row.proof else {
        return Err(Error::Bug(format!("inbox row {} is ready without a signer", row.id)));
    };
    let (before, claims) = match read::parse_document(body.as_bytes()) {
        Ok(activity) => (forwarding::before(app, &activity, &signer).await?, claims(&activity, &signer)),
        Err(_) => (None, claims(&Value::Null, &signer)),
    };
    let work = async {
        let activity = read::parse_document(body.as_bytes())?;
        verbs::receive(app, Received { activity, signer, recipient: row.recipient_id }).await
    };
    let fate = settle(work, DEADLINE, row.attempts, app.clock.now()).await;
    match &fate {
        Fate::Done(outcome) => tracing::debug!(activity.id = %row.id, actor = lane, "inbox: {outcome}"),
        Fate::Again(_, why) => tracing::debug!(activity.id = %row.id, actor = lane, "inbox, later again: {why}"),
        Fate::Parked(why) => tracing::warn!(activity.id = %row.id, actor = lane, "inbox row parked: {why}"),
    }
    let (lane, deed, now) = (lane.to_owned(), app.clone(), app.clock.now());
    let (step, deliveries) = app
        .store
        .write(move |tx| {
            let mut deliveries = false;
            trace::note(tx, &event(&fate, claims, now))?;
            match fate {
                Fate::Done(outcome) => {
                    if let Some(before) = &before {
                        deliveries = forwarding::after(tx, &deed, before, &body, now)?;
                    }
                    inbox::finish(tx, row.id, &outcome)?;
                }
                Fate::Again(at, why) => inbox::retry(tx, row.id, at, &why)?,
                Fate::Parked(why) => inbox::park(tx, row.id, &why)?,
            }
            Ok((Step { next: inbox::next(tx, Queue::Ready, &lane)?, freed: None }, deliveries))
        })
        .await?;
    if deliveries {
        app.deliveries_waiting.notify_one();
    }
    Ok(step)
}

/// Of whom and of what the trace tells.
struct Claims {
    activity: Option<String>,
    object: Option<String>,
    actor: Option<String>,
    peer: String,
}

fn claims(activity: &Value, signer: &str) -> Claims {
    let text = |key: &str| read::id(activity, key).filter(|id| id.len() <= ids::LONGEST).map(str::to_owned);
    Claims { activity: text("id"), object: text("object"), actor: text("actor"), peer: trace::host_of(signer) }
}

fn event(fate: &Fate, claims: Claims, now: Time) -> Event {
    let (outcome, detail) = match fate {
        Fate::Done(what) if verbs::is_refusal(what) => (Outcome::Refused, what),
        Fate::Done(what) => (Outcome::Done, what),
        Fate::Again(_, why) => (Outcome::Later, why),
        Fate::Parked(why) => (Outcome::Dropped, why),
    };
    let Claims { activity, object, actor, peer } = claims;
    Event { at: now, step: events::Step::Verb, outcome, activity, object, actor, peer, detail: detail.clone() }
}

/// Waits for the end of `work`, be it a panic, and says what becomes of its row.
async fn settle(work: impl Future<Output = Result<String>>, deadline: Duration, attempts: i64, now: Time) -> Fate {
    match tokio::time::timeout(deadline, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => fate(result, attempts, now),
        Ok(Err(_panic)) => Fate::Parked("panicked: a bug worth a report".into()),
        Err(_) => failed("took longer than five minutes".into(), None, attempts, now),
    }
}

/// Checks the oldest unverified request from an address.
async fn prove(app: &App, throttle: &Throttle, lane: &str) -> Result<Step> {
    let Some((row, body)) = head(app, Queue::Unverified, lane).await? else {
        return next(app, Queue::Unverified, lane).await;
    };
    let Proof::Pending(request) = &row.proof else {
        return Err(Error::Bug(format!("inbox row {} is unverified without a request", row.id)));
    };
    let finding = match serde_json::from_str::<Presented>(request) {
        Ok(presented) => verify::signer(app, &presented, throttle, &row.id.to_string(), KEY_DEADLINE).await,
        Err(error) => Err(Error::Bug(error.to_string())),
    };
    let now = app.clock.now();
    let lane = lane.to_owned();
    match finding {
        Ok(Finding::Proven(signer)) => proven(app, row, &signer, &body, lane, now).await,
        Err(error) if !error.is_retryable() => discard(app, row.id, lane, &error.to_string()).await,
        Err(Error::Store(error)) => Err(error.into()),
        Ok(Finding::Unproven(why)) => again(app, row.id, row.attempts, lane, why.to_owned(), now).await,
        Err(error) => again(app, row.id, row.attempts, lane, error.to_string(), now).await,
    }
}

async fn proven(app: &App, row: inbox::Received, signer: &str, body: &str, lane: String, now: Time) -> Result<Step> {
    let read = read::parse_document(body.as_bytes()).and_then(|body| envelope::read(body, app.config.development));
    let activity = match read {
        Ok(activity) => activity,
        Err(error) => return discard(app, row.id, lane, &error.to_string()).await,
    };
    let signer = if same_actor(signer, &activity.actor) { activity.actor.clone() } else { signer.to_owned() };
    let dedupe = dedupe(&activity, &signer, body);
    let origin = url::Url::parse(&signer).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let (step, revived) = app
        .store
        .write(move |tx| {
            let fresh = inbox::verified(tx, row.id, &signer, &dedupe)?;
            let freed = fresh.then_some(LaneHead { lane: signer.clone(), id: row.id.0, not_before: now });
            let step = Step { next: inbox::next(tx, Queue::Unverified, &lane)?, freed };
            Ok((step, peers::revive(tx, &origin, now)?))
        })
        .await?;
    if revived {
        app.deliveries_waiting.notify_one();
    }
    Ok(step)
}

async fn discard(app: &App, id: InboxId, lane: String, why: &str) -> Result<Step> {
    tracing::info!(source.ip = lane, "an unverified request was thrown away: {}", why.escape_debug());
    let (now, detail) = (app.clock.now(), format!("{why} ({lane})"));
    app.store
        .write(move |tx| {
            if let Some(row) = inbox::by_id(tx, id)? {
                let activity = read::parse_document(row.body.as_bytes()).unwrap_or_default();
                let Claims { activity, object, actor, peer } = claims(&activity, &row.actor_uri);
                let (step, outcome) = (events::Step::Signature, Outcome::Dropped);
                trace::note(tx, &Event { at: now, step, outcome, activity, object, actor, peer, detail })?;
            }
            inbox::discard(tx, id)?;
            Ok(Step { next: inbox::next(tx, Queue::Unverified, &lane)?, freed: None })
        })
        .await
}

async fn again(app: &App, id: InboxId, attempts: i64, lane: String, why: String, now: Time) -> Result<Step> {
    match usize::try_from(attempts).ok().and_then(|attempts| KEY_RETRIES.get(attempts)) {
        None => discard(app, id, lane, &why).await,
        Some(seconds) => {
            let at = now.plus(Duration::from_secs(*seconds));
            app.store
                .write(move |tx| {
                    inbox::retry(tx, id, at, &why)?;
                    Ok(Step { next: inbox::next(tx, Queue::Unverified, &lane)?, freed: None })
                })
                .await
        }
    }
}

/// The oldest row of a lane and its body, if its time has come.
async fn head(app: &App, queue: Queue, lane: &str) -> Result<Option<(inbox::Received, String)>> {
    let lane = lane.to_owned();
    let head = app.store.read(move |db| inbox::head(db, queue, &lane)).await?;
    let now = app.clock.now();
    Ok(head.filter(|row| row.not_before <= now).map(|mut row| {
        let body = std::mem::take(&mut row.body);
        (row, body)
    }))
}

async fn next(app: &App, queue: Queue, lane: &str) -> Result<Step> {
    let lane = lane.to_owned();
    Ok(Step { next: app.store.read(move |db| inbox::next(db, queue, &lane)).await?, freed: None })
}

/// What a verb's answer means for the row. A verdict ("you may not", "not readable") is an outcome, not a failure.
fn fate(result: Result<String>, attempts: i64, now: Time) -> Fate {
    match result {
        Ok(outcome) => Fate::Done(outcome),
        Err(error) if error.is_retryable() || matches!(error, Error::Bug(_) | Error::Plugin { .. }) => {
            let wish = match &error {
                Error::Limited { retry_after } | Error::Busy { retry_after, .. } => Some(*retry_after),
                Error::Peer { fault: Fault::Status { retry_after, .. }, .. } => *retry_after,
                _ => None,
            };
            failed(error.to_string(), wish, attempts, now)
        }
        Err(error) => Fate::Done(format!("refused: {error}")),
    }
}

fn failed(why: String, wish: Option<Duration>, attempts: i64, now: Time) -> Fate {
    match usize::try_from(attempts).ok().and_then(|attempts| RETRIES.get(attempts)) {
        None => Fate::Parked(why),
        Some(seconds) => {
            let wish = wish.unwrap_or_default().min(Duration::from_secs(3_600));
            Fate::Again(now.plus(Duration::from_secs(*seconds).max(wish)), why)
        }
    }
}

fn rank(head: &LaneHead) -> Rank {
    Rank { priority: 0, id: head.id }
}

fn kept(result: Result<()>) -> bool {
    if let Err(error) = &result {
        tracing::error!(%error, "the inbox cannot be read; trying again in a minute");
    }
    result.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_000);

    fn again(seconds: i64, why: &str) -> Fate {
        Fate::Again(Time(1_000 + seconds * 1_000), why.into())
    }

    #[test]
    fn p8_verdicts_are_final_and_failures_are_tried_five_times() {
        let unreachable = || Error::peer("b.example", Fault::Unreachable("timed out".into()));
        let why = "b.example: unreachable: timed out";
        for (result, attempts, expected) in [
            (Ok("liked".to_owned()), 0, Fate::Done("liked".into())),
            (Err(Error::Forbidden("not yours".into())), 0, Fate::Done("refused: not yours".into())),
            (Err(unreachable()), 0, again(10, why)),
            (Err(unreachable()), 1, again(60, why)),
            (Err(unreachable()), 3, again(1_800, why)),
            (Err(unreachable()), 4, Fate::Parked(why.into())),
            (Err(Error::Bug("odd".into())), 0, again(10, "bug: odd")),
            (Err(Error::Bug("odd".into())), 4, Fate::Parked("bug: odd".into())),
            (Err(Error::Busy { why: "full", retry_after: Duration::from_secs(90) }), 0, again(90, "busy: full")),
        ] {
            assert_eq!(fate(result, attempts, NOW), expected);
        }
    }

    #[tokio::test]
    async fn p10_a_panic_parks_at_once_and_endless_work_counts_as_a_failure() {
        let soon = Duration::from_millis(1);
        let panics = async { panic!("on purpose") };
        assert!(matches!(settle(panics, DEADLINE, 0, NOW).await, Fate::Parked(_)));
        assert!(matches!(settle(std::future::pending(), soon, 0, NOW).await, Fate::Again(..)));
        assert!(matches!(settle(std::future::pending(), soon, 4, NOW).await, Fate::Parked(_)));
    }
}
