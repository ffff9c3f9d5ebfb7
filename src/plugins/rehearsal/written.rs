//! What a plugin answered, in the words of fixtures. Reasons are for people and left out.

use serde_json::{Map, Value, json};

use super::exports::fan_out::{Plan, Step, Target};
use super::exports::web::Resp;
use super::types::{Decision, Effect, Verdict, Visibility};
use crate::plugins::plan::PLAIN_PRIORITY;

/// What a filter that did not look is taken to have said.
pub(super) fn nothing() -> Value {
    json!({"verdict": "accept"})
}

/// An answer, or why there is none.
pub(super) fn outcome<T>(answer: Result<T, String>, write: impl FnOnce(T) -> Value) -> Value {
    answer.map_or_else(|why| json!({"failure": why}), write)
}

pub(super) fn decision(decision: &Decision) -> Value {
    let verdict = match decision.verdict {
        Verdict::Accept => "accept",
        Verdict::Hold(_) => "hold",
        Verdict::Reject(_) => "reject",
    };
    let mut written = json!({"verdict": verdict});
    if decision.score != 0 {
        written["score"] = decision.score.into();
    }
    // Of a refused activity nothing is left to change.
    if !decision.effects.is_empty() && verdict != "reject" {
        written["effects"] = decision.effects.iter().map(effect).collect();
    }
    written
}

fn effect(effect: &Effect) -> Value {
    match effect {
        Effect::SetVisibility(to) => json!({"set-visibility": seen(*to)}),
        Effect::Sensitive(warning) => json!({"sensitive": warning}),
        Effect::Strip(parts) => json!({"strip": parts}),
        Effect::SetText((which, text)) => json!({"set-text": [which, text]}),
        Effect::DropRecipients(ids) => json!({"drop-recipients": ids}),
        Effect::AddMention(id) => json!({"add-mention": id}),
        Effect::MuteNotifications => "mute-notifications".into(),
        Effect::ExpireS(seconds) => json!({"expire-s": seconds}),
        Effect::Label(label) => json!({"label": label}),
        Effect::Report(comment) => json!({"report": comment}),
        Effect::PrefetchMedia => "prefetch-media".into(),
        Effect::JsonPatch(patch) => json!({"json-patch": patch}),
        Effect::Extra((name, json)) => json!({"extra": [name, json]}),
    }
}

/// As documents write it.
pub(super) fn seen(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Unlisted => "unlisted",
        Visibility::Followers => "private",
        Visibility::Direct => "direct",
        Visibility::Other => "other",
    }
}

/// The steps that differ from the built-in one, by host; `default` is everybody else's.
pub(super) fn plan(plan: &Plan, targets: &[Target]) -> Value {
    let mut steps = Map::new();
    let default = step(&plan.default_step);
    if !default.is_empty() {
        steps.insert("default".into(), default.into());
    }
    for (ix, own) in &plan.overrides {
        let own = step(own);
        let host =
            targets.get(*ix as usize).map_or_else(|| format!("#{ix}, which it was not given"), |t| t.host.clone());
        if !own.is_empty() {
            steps.insert(host, own.into());
        }
    }
    let mut written = Map::new();
    if !steps.is_empty() {
        written.insert("plan".into(), steps.into());
    }
    if !plan.variants.is_empty() {
        written.insert("variants".into(), plan.variants.clone().into());
    }
    written.into()
}

fn step(step: &Step) -> Map<String, Value> {
    let mut written = Map::new();
    for (name, value, usual) in [
        ("delay", step.delay_s, 0),
        ("spread", step.spread_s, 0),
        ("priority", step.priority.into(), PLAIN_PRIORITY.into()),
        ("variant", step.variant_ix.into(), 0),
    ] {
        if value != usual {
            written.insert(name.into(), value.into());
        }
    }
    if !step.lane.is_empty() {
        written.insert("lane".into(), step.lane.clone().into());
    }
    if let Some(why) = &step.drop {
        written.insert("drop".into(), why.clone().into());
    }
    written
}

pub(super) fn page(answer: &Resp) -> Value {
    let headers: Map<String, Value> =
        answer.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone().into())).collect();
    json!({"status": answer.status, "headers": headers, "body": String::from_utf8_lossy(&answer.body)})
}
