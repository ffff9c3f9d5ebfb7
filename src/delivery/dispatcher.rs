//! Which row goes next: keeps the lanes in mind, fills the free places, puts lanes back when an attempt ends.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::attempt::{OWN_MISHAP, carry_out};
use crate::actions::border;
use crate::actions::followers::{self, Digests};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::ActivityId;
use crate::lanes::{Lanes, Rank};
use crate::store::deliveries::{self, Delivery, LaneHead, SICK};
use crate::store::{peers, plans};

/// How long a stop waits for answers. Whoever is slower gets the activity again after the next start, with the same id.
const GRACE: Duration = Duration::from_millis(800);
/// The longest sleep, should the machine's clock be set or the machine be suspended meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);
/// Signs of life are noted with the time before their commit; those up to this old may be news.
const OVERLAP: Duration = Duration::from_secs(300);
/// Servers that fail or are slow get one place in so many, so that they cost the others nothing.
const SICK_PART: usize = 16;
/// How many bodies are kept in memory between batches.
const BODIES: usize = 32;

/// Takes rows and hands them to attempts.
#[derive(Debug)]
pub(super) struct Dispatcher {
    app: App,
    lanes: Lanes,
    /// Rows up to this id are known.
    seen: i64,
    /// Signs of life up to this time are known.
    heard: Time,
    /// By activity, and the number of the variant.
    bodies: HashMap<(ActivityId, Option<u8>), Body>,
    running: JoinSet<Ended>,
    /// How many of them are at servers that fail or are slow.
    sick: usize,
    /// Rung when there may be rows to plan.
    unplanned: Arc<Notify>,
}

/// What all deliveries of an activity have in common.
#[derive(Debug, Clone, Default)]
struct Body {
    bytes: Bytes,
    /// Which of the sender's followers live where, if it is for them.
    followers: Option<Arc<Digests>>,
}

/// An attempt that ended, and the next head of its lane.
#[derive(Debug)]
struct Ended {
    lane: Arc<str>,
    rank: Rank,
    next: Result<Option<LaneHead>>,
}

impl Dispatcher {
    pub(super) fn new(app: App) -> Self {
        let heard = app.clock.now();
        let (lanes, bodies, running) = (Lanes::default(), HashMap::new(), JoinSet::new());
        Self { app, lanes, seen: 0, heard, bodies, running, sick: 0, unplanned: Arc::default() }
    }

    /// Rings this bell whenever it hears of new rows.
    pub(super) fn telling(self, unplanned: Arc<Notify>) -> Self {
        Self { unplanned, ..self }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        let app = self.app.clone();
        let mut learned = kept(self.load().await);
        loop {
            self.fill().await;
            let sleep = if learned { self.sleep() } else { OWN_MISHAP };
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = self.running.join_next() => self.put_back(ended),
                () = app.deliveries_waiting.notified() => learned &= kept(self.look().await),
                () = tokio::time::sleep(sleep) => if !learned { learned = kept(self.load().await) },
            }
        }
        let ended = tokio::time::timeout(GRACE, async { while self.running.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::info!("{} deliveries were under way at the stop and will be made again", self.running.len());
        }
    }

    pub(super) async fn run_until_idle(mut self) -> Result<()> {
        self.load().await?;
        loop {
            self.fill().await;
            match self.running.join_next().await {
                Some(ended) => self.put_back(ended),
                None => {
                    // An inbox that moved left a new row.
                    self.look().await?;
                    if self.lanes.due(self.app.clock.now()) == 0 || !self.app.clock.now().is_plausible() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Learns of every lane that has rows.
    async fn load(&mut self) -> Result<()> {
        let (last, lanes) = self.app.store.read(|db| Ok((deliveries::last_id(db)?, deliveries::lanes(db)?))).await?;
        self.learn(last, &lanes);
        Ok(())
    }

    /// Learns of new rows, and of failing peers that showed a sign of life.
    async fn look(&mut self) -> Result<()> {
        self.unplanned.notify_one();
        let (seen, heard, now) = (self.seen, self.heard.minus(OVERLAP), self.app.clock.now());
        let (last, lanes, revived) = self
            .app
            .store
            .read(move |db| {
                // The last id first: a row that comes in between is then seen twice rather than never.
                let last = deliveries::last_id(db)?;
                Ok((last, deliveries::lanes_above(db, seen)?, peers::revived(db, heard)?))
            })
            .await?;
        self.learn(last, &lanes);
        self.heard = now;
        if !revived.is_empty() {
            // Of a lane with a name of its own, the server's address comes first.
            let origin_of = |lane: &str| lane.split('#').next().unwrap_or_default().to_owned();
            self.lanes.hurry(|lane| revived.contains(&origin_of(lane)), now);
        }
        Ok(())
    }

    fn learn(&mut self, last: i64, lanes: &[LaneHead]) {
        let now = self.app.clock.now();
        self.seen = self.seen.max(last);
        for head in lanes {
            self.lanes.arrived(&head.lane, rank(head), head.not_before, now);
        }
    }

    /// Fills the free places with the heads of due lanes, several at a time.
    async fn fill(&mut self) {
        let now = self.app.clock.now();
        // With a wrong date nobody believes what we sign. Rule V5
        if !now.is_plausible() {
            return;
        }
        let places = self.app.config.deliveries_in_flight.max(1);
        let free = places.saturating_sub(self.running.len());
        let due = self.lanes.due(now);
        // Heads are read in batches: while many lanes wait, a few places stay empty until reading pays.
        if due == 0 || free < due.min(places.div_ceil(8)) {
            return;
        }
        let lanes = self.lanes.take_few_slow(free, SICK, (places / SICK_PART).max(1).saturating_sub(self.sick), now);
        if lanes.is_empty() {
            return;
        }
        match self.heads(&lanes).await {
            Ok(heads) => self.launch(lanes, heads, now),
            Err(error) => {
                tracing::error!(%error, "deliveries cannot be read; trying again in a minute");
                for lane in lanes {
                    self.lanes.give_back(&lane, Some((Rank { priority: 0, id: 0 }, now.plus(OWN_MISHAP))), now);
                }
            }
        }
    }

    /// The oldest row of each lane, and whether its server is blocked.
    async fn heads(&mut self, lanes: &[Arc<str>]) -> Result<Vec<(Delivery, bool)>> {
        let lanes = lanes.to_vec();
        let mut bodies = std::mem::take(&mut self.bodies);
        if bodies.len() > BODIES {
            bodies.clear();
        }
        let (heads, bodies) = self
            .app
            .store
            .read(move |db| {
                let heads = deliveries::heads(db, &lanes)?;
                for head in &heads {
                    if let Entry::Vacant(place) = bodies.entry((head.activity_id, head.variant)) {
                        let text = match head.variant {
                            None => deliveries::payload(db, head.activity_id)?,
                            Some(number) => plans::variant(db, head.activity_id, number)?,
                        };
                        let text = text.unwrap_or_default();
                        let followers = followers::digests(db, head.account_id, &text)?.map(Arc::new);
                        place.insert(Body { bytes: text.into(), followers });
                    }
                }
                let mut checked = Vec::with_capacity(heads.len());
                for head in heads {
                    let barred = border::standing_of(db, &head.inbox)?.barred;
                    checked.push((head, barred));
                }
                Ok((checked, bodies))
            })
            .await?;
        self.bodies = bodies;
        Ok(heads)
    }

    fn launch(&mut self, lanes: Vec<Arc<str>>, heads: Vec<(Delivery, bool)>, now: Time) {
        let mut heads: HashMap<String, (Delivery, bool)> =
            heads.into_iter().map(|found| (found.0.head.lane.clone(), found)).collect();
        for lane in lanes {
            match heads.remove(&*lane) {
                None => self.lanes.give_back(&lane, None, now),
                Some((Delivery { head, .. }, _)) if head.not_before > now => {
                    self.lanes.give_back(&lane, Some((rank(&head), head.not_before)), now);
                }
                Some((delivery, barred)) => {
                    let body = self.bodies.get(&(delivery.activity_id, delivery.variant)).cloned().unwrap_or_default();
                    let (app, rank) = (self.app.clone(), rank(&delivery.head));
                    self.sick += usize::from(rank.priority >= SICK);
                    self.running.spawn(async move {
                        let said = body.followers.and_then(|followers| followers.header(&delivery.origin));
                        let attempt = carry_out(&app, delivery, (body.bytes, said), barred);
                        let attempt = AssertUnwindSafe(attempt).catch_unwind();
                        let next = attempt.await.unwrap_or_else(|_| Err(Error::Bug("a delivery panicked".into())));
                        Ended { lane, rank, next }
                    });
                }
            }
        }
    }

    /// Puts back the lane of an attempt that ended, and of all others that ended too.
    fn put_back(&mut self, first: std::result::Result<Ended, tokio::task::JoinError>) {
        let now = self.app.clock.now();
        let mut ended = Some(first);
        while let Some(result) = ended {
            // Attempts catch their panics and are aborted only when all ends.
            if let Ok(Ended { lane, rank: old, next }) = result {
                self.sick -= usize::from(old.priority >= SICK);
                let next = next.unwrap_or_else(|error| {
                    tracing::error!(%error, peer.host = %lane, "the result of a delivery could not be kept");
                    Some(LaneHead {
                        lane: lane.to_string(),
                        id: old.id,
                        priority: old.priority,
                        not_before: now.plus(OWN_MISHAP),
                    })
                });
                self.lanes.give_back(&lane, next.map(|head| (rank(&head), head.not_before)), now);
            }
            ended = self.running.try_join_next();
        }
    }

    fn sleep(&self) -> Duration {
        let until = self.lanes.next_time().map(|time| time.since(self.app.clock.now()));
        until.map_or(LONGEST_SLEEP, |wait| wait.min(LONGEST_SLEEP))
    }
}

fn kept(result: Result<()>) -> bool {
    if let Err(error) = &result {
        tracing::error!(%error, "the queue of deliveries cannot be read; trying again in a minute");
    }
    result.is_ok()
}

fn rank(head: &LaneHead) -> Rank {
    Rank { priority: head.priority, id: head.id }
}
