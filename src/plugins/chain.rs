//! The filters of a server, one after the other over one activity.
//!
//! A filter that does not ask for this direction and type costs a comparison, nothing more. Verdicts and scores add up;
//! failures follow the policy: by default what comes in is accepted and what goes out is held, because a privacy filter that
//! breaks must not leak. What a filter was not granted, it is not shown, and what it says beyond its grants is not heard.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

use super::book::End;
use super::breaker::{Breaker, Off};
use super::cache::Sha256;
use super::engine::Ticker;
use super::envelope::{Actor, Change, Decision, Direction, Effect, Envelope, Verdict};
use super::facts;
use super::host::Facts;
use super::manifest::{Kind, Manifest, OnFailure, Scope, Stage};
use super::marker::Marker;
use super::options::Need;
use super::outcome::{Alarm, Applied, Early, Failure, Outcome, Ruling, Said, Thresholds, Wish};
use super::rules::Condition;
use super::v1_0;
use crate::clock::Time;

/// Calls of a freshly loaded version in which failing means that the version is bad.
const YOUNG: u32 = 20;

/// An enabled plugin, ready to run.
#[derive(Debug)]
pub(super) struct Link {
    pub manifest: Manifest,
    pub facts: Arc<Facts>,
    pub guest: v1_0::Guest,
    pub sha256: Sha256,
    pub order: i32,
    pub shadow: bool,
    pub on_failure: Option<OnFailure>,
    pub only_if: String,
    pub rules: Vec<Condition>,
    pub stage: Stage,
    pub breaker: Mutex<Breaker>,
    pub calls: AtomicU32,
}

/// What running guests share: how many at once, who ends them, and where their names stand meanwhile.
#[derive(Debug)]
pub(super) struct Bench {
    pub ticker: Ticker,
    pub seats: Semaphore,
    /// Seats of guests that may wait for other servers, so that they keep nobody else waiting.
    pub patient: Semaphore,
    pub marker: Marker,
}

impl Link {
    /// One call, at most a few at a time in the whole server; waiting for a seat is nobody's fault and not counted.
    pub(super) async fn decide(&self, bench: &Bench, envelope: &Envelope, score: i32) -> Result<Decision, Failure> {
        let seats = if self.stage == Stage::Late { &bench.patient } else { &bench.seats };
        let _seat = seats.acquire().await;
        let _running = bench.ticker.run();
        let _named = bench.marker.name(&self.manifest.id);
        let mut shown = envelope.clone();
        facts::only_needed(&mut shown, &self.manifest.needs);
        self.facts.grants.blind(&mut shown);
        let (decided, cost) = self.guest.decide(&self.facts, &shown, score).await;
        let end = match &decided {
            Err(_) => End::Failed,
            Ok(Decision { verdict: Verdict::Accept, .. }) => End::Accepted,
            Ok(Decision { verdict: Verdict::Hold(_), .. }) => End::Held,
            Ok(Decision { verdict: Verdict::Reject(_), .. }) => End::Rejected,
        };
        self.facts.book.called(cost.took, cost.cpu, end);
        decided
    }

    /// Judges a profile.
    pub(super) async fn decide_actor(&self, bench: &Bench, actor: &Actor, raw: &str) -> Result<Decision, Failure> {
        let _seat = bench.seats.acquire().await;
        let _running = bench.ticker.run();
        let _named = bench.marker.name(&self.manifest.id);
        let (decided, cost) = self.guest.decide_actor(&self.facts, actor, raw).await;
        self.facts.book.called(cost.took, cost.cpu, if decided.is_ok() { End::Done } else { End::Failed });
        decided.map(|decision| self.heard(decision))
    }

    /// Whether an address may be fetched; a failure counts as yes.
    pub(super) async fn allow(&self, bench: &Bench, url: &str, purpose: &str) -> bool {
        self.allowed(bench, url, purpose).await.unwrap_or(true)
    }

    /// The same, but failures stay failures.
    pub(super) async fn allowed(&self, bench: &Bench, url: &str, purpose: &str) -> Result<bool, Failure> {
        let _seat = bench.seats.acquire().await;
        let _running = bench.ticker.run();
        let _named = bench.marker.name(&self.manifest.id);
        let (allowed, cost) = self.guest.allow(&self.facts, url, purpose).await;
        self.facts.book.called(cost.took, cost.cpu, if allowed.is_ok() { End::Done } else { End::Failed });
        self.note(allowed.as_ref().err(), self.facts.clock.now());
        allowed
    }

    /// What it tells the public; `None`: nothing, or it failed.
    pub(super) async fn policy(&self, bench: &Bench) -> Option<String> {
        let _seat = bench.seats.acquire().await;
        let _running = bench.ticker.run();
        let _named = bench.marker.name(&self.manifest.id);
        self.guest.policy(&self.facts).await?.ok()
    }

    /// Whether it looks at this activity for all: by its manifest, by its grants and by the admin's rules.
    pub(super) fn looks_at(&self, envelope: &Envelope, stage: Stage) -> bool {
        self.manifest.scope == Scope::Instance && self.stage == stage && self.admits(envelope)
    }

    /// Whether it looks at this activity for those who chose it.
    fn looks_for_people_at(&self, envelope: &Envelope) -> bool {
        self.manifest.scope == Scope::User && self.admits(envelope)
    }

    fn admits(&self, envelope: &Envelope) -> bool {
        self.manifest.wants(envelope.direction, &envelope.activity)
            && self.manifest.wants_seen(envelope.visibility)
            && self.facts.grants.see(envelope.visibility)
            && self.facts.grants.judge(&envelope.activity)
            && self.rules.iter().all(|rule| rule.holds(envelope))
    }

    /// Whether it is switched off after failures.
    pub(super) fn off(&self, now: Time) -> Option<Off> {
        self.breaker.lock().expect("no holder panics").off(now)
    }

    /// Notes how a call ended; tells when that switches the plugin off.
    pub(super) fn note(&self, failure: Option<&Failure>, now: Time) -> Option<Alarm> {
        let young = self.calls.fetch_add(1, Ordering::Relaxed) < YOUNG;
        let mut breaker = self.breaker.lock().expect("no holder panics");
        let Some(failure) = failure else {
            breaker.succeeded();
            return None;
        };
        let off = breaker.failed(now, &failure.why)?;
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
        Some(Alarm { plugin: id.clone(), off, young, why: failure.why.clone() })
    }

    /// What it says, as far as it was granted to say it.
    fn heard(&self, decision: Decision) -> Decision {
        if self.facts.grants.has("reject") {
            return decision;
        }
        Decision { verdict: Verdict::Accept, score: 0, ..decision }
    }
}

/// What the filters ask for beyond the envelope's own fields.
pub(super) fn needs(links: &[Arc<Link>], envelope: &Envelope) -> BTreeSet<Need> {
    let looking = links.iter().filter(|link| link.admits(envelope));
    looking.flat_map(|link| link.manifest.needs.iter().copied()).collect()
}

/// Runs those of `links` (in order) that belong to `stage` over the activity, going on from what an earlier stage said.
pub(super) async fn run(
    links: &[Arc<Link>],
    bench: &Bench,
    mut envelope: Envelope,
    stage: Stage,
    early: Early,
    thresholds: Thresholds,
) -> Outcome {
    for change in &early.effects {
        // They held once, over the same envelope.
        let _ = change.effect.apply(&mut envelope);
    }
    let mut outcome = Outcome { score: early.score, effects: early.effects, ..Outcome::default() };
    for link in links {
        if !link.looks_at(&envelope, stage) {
            continue;
        }
        let now = link.facts.clock.now();
        if link.off(now).is_some() {
            if !link.shadow && fails(&mut outcome, link, envelope.direction) {
                return outcome;
            }
            continue;
        }
        let decided = link.decide(bench, &envelope, outcome.score).await;
        outcome.alarms.extend(link.note(decided.as_ref().err(), now));
        let decision = match decided {
            Ok(decision) => link.heard(decision),
            Err(failure) => {
                tracing::warn!(plugin.id = failure.plugin, "plugin {} failed: {}", failure.plugin, failure.why);
                outcome.said.push(said(link, "fail", failure.why.clone(), 0, Vec::new()));
                outcome.failures.push(failure);
                if !link.shadow && fails(&mut outcome, link, envelope.direction) {
                    return outcome;
                }
                continue;
            }
        };
        if link.shadow {
            let mut copy = envelope.clone();
            let (changes, _) = changed(link, &decision, &mut copy);
            remember(&mut outcome, link, &decision, changes);
            continue;
        }
        let (changes, applied) = changed(link, &decision, &mut envelope);
        remember(&mut outcome, link, &decision, changes);
        if count(&mut outcome, link, decision, applied, thresholds) {
            return outcome;
        }
    }
    outcome
}

/// Adds what a filter said to what the chain says. `true`: that ends the chain.
fn count(
    outcome: &mut Outcome,
    link: &Link,
    decision: Decision,
    applied: Vec<Applied>,
    thresholds: Thresholds,
) -> bool {
    outcome.score = outcome.score.saturating_add(decision.score.into());
    let plugin = || link.manifest.id.clone();
    match decision.verdict {
        Verdict::Reject(reason) => {
            reject(outcome, plugin(), reason);
            return true;
        }
        Verdict::Hold(reason) => hold(outcome, plugin(), reason),
        Verdict::Accept => {}
    }
    outcome.effects.extend(applied);
    if outcome.score >= thresholds.reject {
        let reason = scored(outcome.score, thresholds.reject);
        reject(outcome, plugin(), reason);
        return true;
    }
    if outcome.score >= thresholds.hold {
        let reason = scored(outcome.score, thresholds.hold);
        hold(outcome, plugin(), reason);
    }
    false
}

/// Parts of a profile that can be taken off.
const PROFILE: &[&str] = &["avatar", "header", "bio", "fields", "emoji"];

/// Runs the actor filters among `links` over a profile.
pub(super) async fn run_actor(
    links: &[Arc<Link>],
    bench: &Bench,
    actor: &Actor,
    raw: &str,
    thresholds: Thresholds,
) -> Outcome {
    let mut outcome = Outcome::default();
    for link in links.iter().filter(|link| link.manifest.kinds.contains(&Kind::ActorFilter)) {
        let now = link.facts.clock.now();
        if link.off(now).is_some() {
            if !link.shadow && fails(&mut outcome, link, Direction::Fetched) {
                return outcome;
            }
            continue;
        }
        let decided = link.decide_actor(bench, actor, raw).await;
        outcome.alarms.extend(link.note(decided.as_ref().err(), now));
        let decision = match decided {
            Ok(decision) => decision,
            Err(failure) => {
                tracing::warn!(plugin.id = failure.plugin, "plugin {} failed: {}", failure.plugin, failure.why);
                outcome.said.push(said(link, "fail", failure.why.clone(), 0, Vec::new()));
                outcome.failures.push(failure);
                if !link.shadow && fails(&mut outcome, link, Direction::Fetched) {
                    return outcome;
                }
                continue;
            }
        };
        let (mut changes, mut applied) = (Vec::new(), Vec::new());
        for effect in &decision.effects {
            let fits = match effect {
                Effect::Strip(parts) => parts.iter().all(|part| PROFILE.contains(&part.as_str())),
                Effect::Label(_) | Effect::Report(_) => true,
                _ => false,
            };
            let granted = effect.permission().is_none_or(|permission| link.facts.grants.has(permission));
            let (field, after) = match (fits, granted) {
                (false, _) => (format!("refused {}", name(effect)), "it is not for profiles".to_owned()),
                (true, false) => (format!("refused {}", name(effect)), "it is not granted".to_owned()),
                (true, true) => {
                    applied.push(Applied { plugin: link.manifest.id.clone(), effect: effect.clone() });
                    (name(effect).to_owned(), format!("{effect:?}"))
                }
            };
            changes.push(Change { field, before: String::new(), after });
        }
        remember(&mut outcome, link, &decision, changes);
        if !link.shadow && count(&mut outcome, link, decision, applied, thresholds) {
            return outcome;
        }
    }
    outcome
}

/// Asks those filters that people choose for themselves about a post. What they say counts for nobody else, so there is no
/// sum of scores; hold is as good as reject, and of the effects only `mute-notifications` counts.
pub(super) async fn run_for_people(links: &[Arc<Link>], bench: &Bench, envelope: &Envelope) -> (Vec<Wish>, Outcome) {
    let (mut wishes, mut outcome) = (Vec::new(), Outcome::default());
    for link in links.iter().filter(|link| link.looks_for_people_at(envelope)) {
        let now = link.facts.clock.now();
        if link.off(now).is_some() {
            continue;
        }
        let decided = link.decide(bench, envelope, 0).await;
        outcome.alarms.extend(link.note(decided.as_ref().err(), now));
        let decision = match decided {
            Ok(decision) => link.heard(decision),
            Err(failure) => {
                outcome.said.push(said(link, "fail", failure.why.clone(), 0, Vec::new()));
                outcome.failures.push(failure);
                continue;
            }
        };
        let mute = decision.effects.contains(&Effect::MuteNotifications) && link.facts.grants.has("rewrite");
        let mut changes = Vec::new();
        for effect in &decision.effects {
            let why = match effect {
                Effect::MuteNotifications if mute => continue,
                Effect::MuteNotifications => "rewrite is not granted",
                _ => "it is for the view and the notifications of those who chose it only",
            };
            let field = format!("refused {}", name(effect));
            changes.push(Change { field, before: String::new(), after: why.into() });
        }
        remember(&mut outcome, link, &decision, changes);
        let hide = decision.verdict != Verdict::Accept;
        if !link.shadow && (hide || mute) {
            wishes.push(Wish { plugin: link.manifest.id.clone(), hide });
        }
    }
    (wishes, outcome)
}

/// Applies the effects to the envelope; what changed (and what was refused), and which effects hold.
fn changed(link: &Link, decision: &Decision, envelope: &mut Envelope) -> (Vec<Change>, Vec<Applied>) {
    let (mut changes, mut applied) = (Vec::new(), Vec::new());
    for effect in &decision.effects {
        let refused =
            |why: &str| Change { field: format!("refused {}", name(effect)), before: String::new(), after: why.into() };
        if let Some(permission) = effect.permission()
            && !link.facts.grants.has(permission)
        {
            changes.push(refused(&format!("{permission} is not granted")));
            continue;
        }
        if !envelope.is_post() && !matches!(effect, Effect::Label(_) | Effect::Report(_) | Effect::Extra(..)) {
            changes.push(refused("it is no post"));
            continue;
        }
        match effect.apply(envelope) {
            Ok(change) => {
                changes.push(change);
                applied.push(Applied { plugin: link.manifest.id.clone(), effect: effect.clone() });
            }
            Err(why) => changes.push(refused(why)),
        }
    }
    (changes, applied)
}

fn name(effect: &Effect) -> &'static str {
    match effect {
        Effect::SetVisibility(_) => "set-visibility",
        Effect::Sensitive(_) => "sensitive",
        Effect::Strip(_) => "strip",
        Effect::SetText(..) => "set-text",
        Effect::DropRecipients(_) => "drop-recipients",
        Effect::AddMention(_) => "add-mention",
        Effect::MuteNotifications => "mute-notifications",
        Effect::ExpireS(_) => "expire-s",
        Effect::Label(_) => "label",
        Effect::Report(_) => "report",
        Effect::PrefetchMedia => "prefetch-media",
        Effect::JsonPatch(_) => "json-patch",
        Effect::Extra(..) => "extra",
    }
}

fn said(link: &Link, action: &'static str, reason: String, score: i16, changes: Vec<Change>) -> Said {
    Said { plugin: link.manifest.id.clone(), shadow: link.shadow, action, reason, score, changes }
}

/// Plain acceptance leaves no trace.
fn remember(outcome: &mut Outcome, link: &Link, decision: &Decision, changes: Vec<Change>) {
    let (action, reason) = match &decision.verdict {
        Verdict::Hold(reason) => ("hold", reason.clone()),
        Verdict::Reject(reason) => ("reject", reason.clone()),
        Verdict::Accept if !changes.is_empty() => ("change", String::new()),
        Verdict::Accept if decision.score != 0 => ("accept", String::new()),
        Verdict::Accept => return,
    };
    outcome.said.push(said(link, action, reason, decision.score, changes));
}

/// A filter that should have judged could not. `true`: that ends the chain.
fn fails(outcome: &mut Outcome, link: &Link, direction: Direction) -> bool {
    let reason = broken(&link.manifest);
    match link.manifest.failing(direction, link.on_failure) {
        OnFailure::Accept => false,
        OnFailure::Hold => {
            hold(outcome, link.manifest.id.clone(), reason);
            false
        }
        OnFailure::Reject => {
            reject(outcome, link.manifest.id.clone(), reason);
            true
        }
    }
}

fn hold(outcome: &mut Outcome, plugin: String, reason: String) {
    if outcome.ruling == Ruling::Accept {
        outcome.ruling = Ruling::Hold { plugin, reason };
    }
}

fn reject(outcome: &mut Outcome, plugin: String, reason: String) {
    outcome.ruling = Ruling::Reject { plugin, reason };
    outcome.effects.clear();
}

fn scored(score: i32, limit: i32) -> String {
    format!(
        "It looks suspicious to several filters ({score} points; the limit is {limit}). / \
         複数のフィルターが不審と判定しました（{score}点、上限{limit}点）。"
    )
}

fn broken(manifest: &Manifest) -> String {
    format!(
        "The plugin “{}” failed, so this could not be checked. / \
         プラグイン「{}」が失敗し、内容を確認できませんでした。",
        manifest.name.en,
        manifest.name.ja()
    )
}
