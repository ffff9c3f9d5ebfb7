//! The fan-out policy of a server: the first enabled plugin of that kind, in the order of the chain.
//!
//! It is asked in a fresh instance and within its limits; what it answers is checked here, and cut down to what it may in
//! [`super::plan`]. A policy that fails, or plans nonsense, is not asked for a while.

use std::time::{Duration, Instant};

use super::book::End;
use super::chain::{Bench, Link};
use super::envelope::Envelope;
use super::facts;
use super::manifest::Kind;
use super::outcome::{Alarm, Failure, FailureKind};
use super::plan::{self, Outcome, Plan, Rights, Target};
use super::tally::Delivered;
use super::{InstalledPlugin, Plugins};
use crate::error::{Error, Result};

/// What a fan-out policy answered, and what it may.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Planned {
    pub plugin: String,
    pub plan: Plan,
    pub rights: Rights,
}

/// Why there is no plan: what went wrong, and whether that switched the policy off.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct NoPlan {
    pub failure: Failure,
    pub alarm: Option<Alarm>,
}

impl Link {
    fn plans(&self, kind: &str) -> bool {
        let activities = &self.manifest.activities;
        activities.is_empty() || activities.iter().any(|wanted| wanted == kind)
    }

    /// Whether it may be told of this activity, and wants to.
    fn plans_this(&self, envelope: &Envelope) -> bool {
        self.plans(&envelope.activity)
            && self.manifest.wants_seen(envelope.visibility)
            && self.facts.grants.see(envelope.visibility)
            && self.facts.grants.judge(&envelope.activity)
            && self.rules.iter().all(|rule| rule.holds(envelope))
    }

    fn rights(&self) -> Rights {
        let has = |name: &str| self.facts.grants.has(name);
        Rights { delay: has("delay"), long_delay: has("delay-long"), drop: has("skip") }
    }

    async fn make_plan(&self, bench: &Bench, envelope: &Envelope, targets: &[Target]) -> Result<Planned, Failure> {
        let _seat = bench.seats.acquire().await;
        let _running = bench.ticker.run();
        let _named = bench.marker.name(&self.manifest.id);
        let mut shown = envelope.clone();
        facts::only_needed(&mut shown, &self.manifest.needs);
        let (made, cost) = self.guest.make_plan(&self.facts, &shown, targets).await;
        let made = made.and_then(|plan| match plan::check(targets, &plan) {
            Ok(()) => Ok(Planned { plugin: self.manifest.id.clone(), plan, rights: self.rights() }),
            Err(why) => Err(Failure {
                plugin: self.manifest.id.clone(),
                kind: FailureKind::Returned,
                why: format!("its plan does not count: {why}"),
            }),
        });
        self.facts.book.called(cost.took, cost.cpu, if made.is_ok() { End::Done } else { End::Failed });
        made
    }

    async fn learn(&self, bench: &Bench, outcomes: &[Outcome]) -> Result<(), Failure> {
        let _seat = bench.seats.acquire().await;
        let _running = bench.ticker.run();
        let _named = bench.marker.name(&self.manifest.id);
        let (learnt, cost) = self.guest.learn(&self.facts, outcomes).await;
        self.facts.book.called(cost.took, cost.cpu, if learnt.is_ok() { End::Done } else { End::Failed });
        learnt
    }
}

impl Plugins {
    /// Whether deliveries of activities of this kind wait for a plan. What changes an earlier activity always does, lest it
    /// overtake that; so does everything while the policy is switched off for a while.
    pub fn plans(&self, kind: &str) -> bool {
        let Some(inner) = self.0.as_deref() else { return false };
        inner.chain().iter().any(|link| {
            link.manifest.kinds.contains(&Kind::FanOut)
                && !link.shadow
                && (link.plans(kind) || plan::follows_another(kind))
        })
    }

    /// Asks the fan-out policy about at most [`plan::TARGETS`] servers; `None`: there is none for this activity, and the
    /// built-in plan counts. The answer fits the targets.
    pub async fn plan(&self, envelope: &Envelope, targets: &[Target]) -> Option<Result<Planned, NoPlan>> {
        let inner = self.0.as_deref()?;
        let workshop = inner.workshop.get()?;
        let link = inner.of_kind(Kind::FanOut).into_iter().next()?;
        if !link.plans_this(envelope) {
            return None;
        }
        let made = link.make_plan(&workshop.bench, envelope, targets).await;
        let alarm = link.note(made.as_ref().err(), link.facts.clock.now());
        Some(made.map_err(|failure| NoPlan { failure, alarm }))
    }

    /// Counts a delivery, if there is a policy that learns from it.
    pub fn note_delivery(&self, host: &str, how: Delivered, ms: u32) {
        let Some(inner) = self.0.as_deref() else { return };
        if !inner.of_kind(Kind::FanOut).is_empty() {
            inner.tally.note(host, how, ms);
            inner.delivered.notify_one();
        }
    }

    /// Returns when a delivery was counted; never without plugins.
    pub async fn delivered(&self) {
        match self.0.as_deref() {
            Some(inner) => inner.delivered.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Tells the policy what was counted since the last time; `None`: there is nothing to tell, or nobody to.
    pub async fn learn(&self) -> Option<Result<(), NoPlan>> {
        let inner = self.0.as_deref()?;
        let workshop = inner.workshop.get()?;
        let outcomes = inner.tally.take();
        let link = inner.of_kind(Kind::FanOut).into_iter().next().filter(|_| !outcomes.is_empty())?;
        let learnt = link.learn(&workshop.bench, &outcomes).await;
        let alarm = link.note(learnt.as_ref().err(), link.facts.clock.now());
        Some(learnt.map_err(|failure| NoPlan { failure, alarm }))
    }

    /// Asks one policy, which need not be enabled, and counts nothing: for simulation. Answers how long the calls took, too.
    pub async fn try_plan(
        &self,
        row: InstalledPlugin,
        envelope: &Envelope,
        targets: &[Target],
    ) -> Result<(Vec<Planned>, Duration)> {
        let inner = self.0.as_deref().ok_or_else(|| Error::Conflict("plugins are not available here".into()))?;
        let workshop = inner.workshop().await?;
        let lists = inner.settings().await?;
        let id = row.id.clone();
        let link = workshop.link(&inner.options, row, &[], &lists, &std::sync::Arc::default()).await?;
        if !link.manifest.kinds.contains(&Kind::FanOut) {
            return Err(Error::Invalid { field: "plugin", why: format!("{id} is no fan-out policy") });
        }
        let (mut plans, begun) = (Vec::new(), Instant::now());
        for some in targets.chunks(plan::TARGETS) {
            let made = link.make_plan(&workshop.bench, envelope, some).await;
            plans.push(made.map_err(|failure| Error::Plugin { id: failure.plugin, why: failure.why })?);
        }
        Ok((plans, begun.elapsed()))
    }
}
