//! Calls of the fan-out world: a plan for one activity, and what became of earlier ones.

use std::sync::Arc;

use super::bindings::exports::nagaya::plugin::fan_out as wit;
use super::bindings::nagaya::plugin::types;
use super::{Cost, Guest, absent, convert, shorten};
use crate::plugins::envelope::Envelope;
use crate::plugins::host::Facts;
use crate::plugins::limits::{INPUT, PLAN};
use crate::plugins::plan::{Outcome, Plan, Step, TARGETS, Target, Why};
use crate::plugins::{Failure, FailureKind};

/// Characters of the reason of a drop, and of the name of a lane, that are looked at.
const NAME: usize = 200;

impl Guest {
    /// Plans an activity; at most [`TARGETS`] targets.
    pub(in crate::plugins) async fn make_plan(
        &self,
        facts: &Arc<Facts>,
        envelope: &Envelope,
        targets: &[Target],
    ) -> (Result<Plan, Failure>, Cost) {
        let limit = |why: String| Failure { plugin: facts.id.clone(), kind: FailureKind::Limit, why };
        if convert::size(envelope) > INPUT || targets.len() > TARGETS {
            let why = limit(format!("the activity is larger than 1 MiB, or has more than {TARGETS} targets"));
            return (Err(why), Cost::default());
        }
        let Some(indices) = self.fan_out.clone() else { return (Err(absent(facts, "fan-out")), Cost::default()) };
        let envelope: types::Envelope = envelope.into();
        let targets: Vec<wit::Target> = (0..).zip(targets).map(|(ix, target)| told(ix, target)).collect();
        let (given, cost) = self
            .call(
                facts,
                Box::new(move |store, instance| {
                    Box::pin(async move {
                        let guest = indices.load(&mut *store, &instance)?;
                        guest.call_make_plan(store, &envelope, &targets).await
                    })
                }),
            )
            .await;
        let plan = given.and_then(|given| {
            if weight(&given) > PLAN {
                return Err(limit("a plan of more than 1 MiB".to_owned()));
            }
            Ok(plan(given))
        });
        (plan, cost)
    }

    /// Tells what became of deliveries.
    pub(in crate::plugins) async fn learn(
        &self,
        facts: &Arc<Facts>,
        outcomes: &[Outcome],
    ) -> (Result<(), Failure>, Cost) {
        let Some(indices) = self.fan_out.clone() else { return (Err(absent(facts, "fan-out")), Cost::default()) };
        let outcomes: Vec<wit::Outcome> = outcomes
            .iter()
            .map(|outcome| wit::Outcome {
                host: outcome.host.clone(),
                ok: outcome.ok,
                failed: outcome.failed,
                gone: outcome.gone,
                p50_ms: outcome.p50_ms,
            })
            .collect();
        self.call(
            facts,
            Box::new(move |store, instance| {
                Box::pin(async move {
                    let guest = indices.load(&mut *store, &instance)?;
                    guest.call_learn(store, &outcomes).await
                })
            }),
        )
        .await
    }
}

fn told(ix: u32, target: &Target) -> wit::Target {
    wit::Target {
        ix,
        host: target.host.clone(),
        inboxes: target.inboxes,
        recipients: target.recipients,
        mutuals: target.mutuals,
        shared: target.shared,
        why: match target.why {
            Why::Mentioned => wit::Reason::Mentioned,
            Why::Follower => wit::Reason::Follower,
            Why::Relay => wit::Reason::Relay,
            Why::PriorRecipient => wit::Reason::PriorRecipient,
        },
        software: target.software.clone(),
        fails: target.fails,
        last_ok_s: target.last_ok_s,
        latency_ms: target.latency_ms,
        queued: target.queued,
        tags: target.tags.clone(),
    }
}

fn plan(given: wit::Plan) -> Plan {
    Plan {
        default_step: step(given.default_step),
        overrides: given.overrides.into_iter().map(|(index, one)| (index, step(one))).collect(),
        variants: given.variants,
    }
}

fn step(given: wit::Step) -> Step {
    Step {
        delay_s: given.delay_s,
        spread_s: given.spread_s,
        priority: given.priority,
        lane: shorten(&given.lane, NAME),
        drop: given.drop.map(|why| shorten(&why, NAME)),
        variant: given.variant_ix,
    }
}

/// About how many bytes the plan takes.
fn weight(plan: &wit::Plan) -> usize {
    let one = |step: &wit::Step| 32 + step.lane.len() + step.drop.as_ref().map_or(0, String::len);
    one(&plan.default_step)
        + plan.overrides.iter().map(|(_, step)| 4 + one(step)).sum::<usize>()
        + plan.variants.iter().map(|patch| 8 + patch.len()).sum::<usize>()
}
