//! What filters said goes on record: the moderation log, the audit, the trace, reports.

use crate::actions::trace;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::plugins::envelope::{Effect, Envelope};
use crate::plugins::{Outcome, Ruling};
use crate::store::accounts::{self, Account};
use crate::store::events::{self, Event, Step};
use crate::store::{moderation, plugin_verdicts, reports};

use super::alarm;

/// Characters of a rejected post that the logs keep.
const EXCERPT: usize = 200;

/// Rejections, changes and failures go to the moderation log and the audit, reports to the moderators, alarms to the admins.
pub(super) async fn note(app: &App, envelope: &Envelope, outcome: &Outcome, author: &Account, now: Time) -> Result<()> {
    note_after(app, envelope, outcome, 0, author, now).await
}

/// The same; of the changes, the first `known` are noted already.
pub(super) async fn note_after(
    app: &App,
    envelope: &Envelope,
    outcome: &Outcome,
    known: usize,
    author: &Account,
    now: Time,
) -> Result<()> {
    let object_uri = Some(envelope.id.clone()).filter(|id| !id.is_empty());
    let excerpt: String = envelope.text.chars().take(EXCERPT).collect();
    let mut entries = Vec::new();
    let mut log = |plugin: &str, action: &str, reason: String| {
        entries.push(moderation::Entry {
            at: now,
            source: format!("plugin:{plugin}"),
            action: action.to_owned(),
            direction: envelope.direction.as_str().to_owned(),
            actor_uri: envelope.actor.id.clone(),
            object_uri: object_uri.clone(),
            reason,
            excerpt: excerpt.clone(),
        });
    };
    match &outcome.ruling {
        Ruling::Reject { plugin, reason } => log(plugin, "reject", reason.clone()),
        Ruling::Hold { plugin, reason } => log(plugin, "hold", reason.clone()),
        Ruling::Accept => {}
    }
    for change in outcome.effects.iter().skip(known) {
        log(&change.plugin, "change", format!("{:?}", change.effect));
    }
    for failure in &outcome.failures {
        log(&failure.plugin, "fail", failure.why.clone());
    }
    let audit: Vec<plugin_verdicts::Verdict> = outcome
        .said
        .iter()
        .map(|said| plugin_verdicts::Verdict {
            id: 0,
            at: now,
            plugin_id: said.plugin.clone(),
            shadow: said.shadow,
            action: said.action.to_owned(),
            direction: envelope.direction.as_str().to_owned(),
            actor_uri: envelope.actor.id.clone(),
            object_uri: object_uri.clone(),
            reason: said.reason.clone(),
            score: said.score.into(),
            changes: serde_json::to_string(&said.changes).unwrap_or_default(),
            excerpt: excerpt.clone(),
        })
        .collect();
    let complaints: Vec<reports::Report> = outcome
        .effects
        .iter()
        .skip(known)
        .filter_map(|change| match &change.effect {
            Effect::Report(comment) => Some(report(app, author, comment, now)),
            _ => None,
        })
        .collect();
    if !(entries.is_empty() && audit.is_empty()) {
        let write = app.store.write(move |tx| {
            entries.iter().try_for_each(|entry| {
                moderation::insert(tx, entry)?;
                trace::note(tx, &event(entry))
            })?;
            complaints.iter().try_for_each(|report| reports::insert(tx, report).map(drop))?;
            audit.iter().try_for_each(|verdict| plugin_verdicts::insert(tx, verdict))
        });
        write.await?;
    }
    for alarm in &outcome.alarms {
        alarm::raise(app, alarm).await?;
    }
    Ok(())
}

fn report(app: &App, author: &Account, comment: &str, now: Time) -> reports::Report {
    reports::Report {
        id: app.ids.next(now),
        uri: None,
        account_id: accounts::INSTANCE,
        target_id: author.id,
        category: "other".into(),
        comment: comment.to_owned(),
        status_ids: Vec::new(),
        rule_ids: Vec::new(),
        forwarded: None,
        assigned_id: None,
        action_taken_at: None,
        action_taken_by_id: None,
        created_at: now,
        updated_at: now,
    }
}

/// What a filter did, as a step of the trace.
fn event(entry: &moderation::Entry) -> Event {
    let plugin = entry.source.trim_start_matches("plugin:");
    Event {
        at: entry.at,
        step: Step::Filter,
        outcome: if matches!(entry.action.as_str(), "reject" | "hold") {
            events::Outcome::Refused
        } else {
            events::Outcome::Done
        },
        activity: None,
        object: entry.object_uri.clone(),
        actor: Some(entry.actor_uri.clone()),
        peer: trace::host_of(&entry.actor_uri),
        detail: format!("{plugin}: {}: {}", entry.action, entry.reason),
    }
}
