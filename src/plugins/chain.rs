//! The filters of a server, one after the other over one activity.
//!
//! A filter that does not ask for this direction and type costs a comparison, nothing more. Verdicts and scores add up;
//! failures follow the policy: what comes in is accepted, what goes out is refused, because a privacy filter that breaks
//! must not leak.

use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

use super::breaker::{Breaker, Off};
use super::cache::Sha256;
use super::engine::Ticker;
use super::envelope::{Decision, Direction, Effect, Envelope, Verdict};
use super::host::Facts;
use super::manifest::Manifest;
use super::v0_1;
use crate::clock::Time;

/// From this sum of scores on, an activity is held.
const HOLD: i32 = 50;
/// From this sum of scores on, an activity is rejected.
const REJECT: i32 = 100;

/// What the filters together say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Their word.
    pub ruling: Ruling,
    /// Changes in the order in which they are to be made, checked: none of them widens the audience. Empty on rejection.
    pub effects: Vec<Change>,
    /// Plugins that failed; each belongs in the moderation log.
    pub failures: Vec<Failure>,
}

/// The word of the whole chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the variants say it: which plugin, and its reason for people")]
pub enum Ruling {
    /// It may pass.
    #[default]
    Accept,
    /// A moderator must look first.
    Hold { plugin: String, reason: String },
    /// It may not pass.
    Reject { plugin: String, reason: String },
}

/// A change that a plugin asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The plugin's id.
    pub plugin: String,
    /// What it asks for.
    pub effect: Effect,
}

/// A plugin failed at one activity; that is not a rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The plugin's id.
    pub plugin: String,
    /// In what way.
    pub kind: FailureKind,
    /// In words, for admins and developers.
    pub why: String,
}

/// In what way a plugin failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Too much CPU or wall time.
    Time,
    /// Another limit: memory, tables, host calls.
    Limit,
    /// It crashed.
    Trap,
    /// It gave up by itself.
    Returned,
}

/// An enabled filter, ready to run.
#[derive(Debug)]
pub(super) struct Link {
    pub manifest: Manifest,
    pub facts: Arc<Facts>,
    pub filter: v0_1::Filter,
    pub sha256: Sha256,
    pub order: i32,
    pub breaker: Mutex<Breaker>,
}

/// What running guests share: how many at once, and who ends them.
#[derive(Debug)]
pub(super) struct Bench {
    pub ticker: Ticker,
    pub seats: Semaphore,
}

impl Link {
    /// One call, at most a few at a time in the whole server; waiting for a seat is nobody's fault and not counted.
    pub(super) async fn decide(&self, bench: &Bench, envelope: &Envelope, score: i32) -> Result<Decision, Failure> {
        let _seat = bench.seats.acquire().await;
        let _running = bench.ticker.run();
        self.filter.decide(&self.facts, envelope, score).await
    }

    /// Whether it is switched off after failures.
    pub(super) fn off(&self, now: Time) -> Option<Off> {
        self.breaker.lock().expect("no holder panics").off(now)
    }

    fn note(&self, failed: bool, now: Time) {
        let mut breaker = self.breaker.lock().expect("no holder panics");
        if !failed {
            breaker.succeeded();
        } else if let Some(off) = breaker.failed(now) {
            let id = &self.manifest.id;
            match off {
                Off::Until(until) => {
                    tracing::error!(plugin.id = id, "plugin {id} keeps failing and is off until {}", until.rfc3339())
                }
                Off::ForGood => tracing::error!(
                    plugin.id = id,
                    "plugin {id} keeps failing and stays off; disable it, or enable it again once it is repaired"
                ),
            }
        }
    }
}

/// Runs `links` (in order) over the activity.
pub(super) async fn run(links: &[Arc<Link>], bench: &Bench, mut envelope: Envelope) -> Outcome {
    let mut outcome = Outcome::default();
    let mut score = 0_i32;
    for link in links {
        if !link.manifest.wants(envelope.direction, &envelope.activity) {
            continue;
        }
        let plugin = || link.manifest.id.clone();
        let now = link.facts.clock.now();
        if link.off(now).is_some() {
            if envelope.direction == Direction::Outbound {
                return rejected(outcome, plugin(), broken(&link.manifest));
            }
            continue;
        }
        let decided = link.decide(bench, &envelope, score).await;
        link.note(decided.is_err(), now);
        let decision = match decided {
            Ok(decision) => decision,
            Err(failure) => {
                tracing::warn!(plugin.id = failure.plugin, "plugin {} failed: {}", failure.plugin, failure.why);
                outcome.failures.push(failure);
                if envelope.direction == Direction::Outbound {
                    return rejected(outcome, plugin(), broken(&link.manifest));
                }
                continue;
            }
        };
        score = score.saturating_add(decision.score.into());
        match decision.verdict {
            Verdict::Reject(reason) => return rejected(outcome, plugin(), reason),
            Verdict::Hold(reason) if outcome.ruling == Ruling::Accept => {
                outcome.ruling = Ruling::Hold { plugin: plugin(), reason };
            }
            Verdict::Hold(_) | Verdict::Accept => {}
        }
        for effect in decision.effects {
            if effect.apply(&mut envelope) {
                outcome.effects.push(Change { plugin: plugin(), effect });
            }
        }
        if score >= REJECT {
            return rejected(outcome, plugin(), scored(score, REJECT));
        }
        if score >= HOLD && outcome.ruling == Ruling::Accept {
            outcome.ruling = Ruling::Hold { plugin: plugin(), reason: scored(score, HOLD) };
        }
    }
    outcome
}

fn rejected(mut outcome: Outcome, plugin: String, reason: String) -> Outcome {
    outcome.ruling = Ruling::Reject { plugin, reason };
    outcome.effects.clear();
    outcome
}

fn scored(score: i32, limit: i32) -> String {
    format!(
        "It looks suspicious to several filters ({score} points; the limit is {limit}). / \
         複数のフィルターが不審と判定しました（{score}点、上限{limit}点）。"
    )
}

fn broken(manifest: &Manifest) -> String {
    format!(
        "The plugin “{}” failed, so this could not be checked and was not sent. Try again later, or tell the admin. / \
         プラグイン「{}」が失敗し、内容を確認できなかったため送信しませんでした。時間をおいて試すか、管理者に連絡してください。",
        manifest.name.en,
        manifest.name.ja()
    )
}
