//! Asking the filter plugins: before a local post is written, and before a received one is stored.

use crate::activitypub::ids;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::plugins::envelope::{Direction, Effect, Envelope, Part, narrow};
use crate::plugins::{InstalledPlugin, Outcome, Ruling};
use crate::store::accounts::Account;
use crate::store::{moderation, plugins};
use crate::text::render;

use super::post::compose::{self, Composed};
use super::receive::Incoming;
use super::translate;

/// Characters of a rejected post that the moderation log keeps.
const EXCERPT: usize = 200;

/// Loads the enabled plugins from the database; called at start and after each change. One that cannot be loaded is
/// left out and named in the log; the server and the others run.
pub async fn load(app: &App) -> Result<()> {
    let rows = app.store.read(plugins::enabled).await?;
    for error in app.plugins.load(rows.into_iter().map(InstalledPlugin::from).collect()).await {
        tracing::error!(%error, "a plugin was not loaded");
    }
    Ok(())
}

/// Judges what somebody here wrote; answers it with the filters' changes, or `Rejected` with the reason.
pub(super) async fn judge_own(app: &App, me: &Account, mut composed: Composed, now: Time) -> Result<Composed> {
    let verb = if composed.is_edit { "Update" } else { "Create" };
    if !app.plugins.wants(Direction::Outbound, verb) {
        return Ok(composed);
    }
    let envelope = translate::own_envelope(app, me, &composed).await?;
    let outcome = app.plugins.filter(envelope.clone()).await;
    log(app, &envelope, &outcome, now).await?;
    if let Some(refusal) = refusal(&outcome) {
        return Err(refusal);
    }
    for change in outcome.effects {
        match change.effect {
            Effect::SetVisibility(wanted) => composed.status.visibility = narrow(composed.status.visibility, wanted),
            Effect::Sensitive(warning) => {
                composed.status.sensitive = true;
                warn(&mut composed.status.spoiler_text, warning);
            }
            Effect::Strip(parts) if parts.contains(&Part::Media) => composed.media.clear(),
            Effect::SetText(text) => compose::replace_text(app, me, &mut composed, text).await?,
            Effect::Strip(_) | Effect::Label(_) => {}
        }
    }
    Ok(composed)
}

/// Judges a post of another server; `None`: rejected or held, and logged.
pub(super) async fn judge_incoming(app: &App, mut incoming: Incoming) -> Result<Option<Incoming>> {
    let verb = if incoming.is_edit { "Update" } else { "Create" };
    if !app.plugins.wants(incoming.direction, verb) {
        return Ok(Some(incoming));
    }
    let now = app.clock.now();
    let envelope = translate::incoming_envelope(app, &incoming).await?;
    let outcome = app.plugins.filter(envelope.clone()).await;
    log(app, &envelope, &outcome, now).await?;
    if refusal(&outcome).is_some() {
        return Ok(None);
    }
    for change in outcome.effects {
        match change.effect {
            Effect::SetVisibility(wanted) => incoming.status.visibility = narrow(incoming.status.visibility, wanted),
            Effect::Sensitive(warning) => {
                incoming.status.sensitive = true;
                warn(&mut incoming.status.spoiler_text, warning);
            }
            Effect::Strip(parts) if parts.contains(&Part::Media) => incoming.media.clear(),
            Effect::SetText(text) => incoming.status.content = plain_html(&text, &app.config.url("")),
            Effect::Strip(_) | Effect::Label(_) => {}
        }
    }
    Ok(Some(incoming))
}

/// A content warning of the author stays; a filter only adds one where there is none.
fn warn(spoiler: &mut String, warning: Option<String>) {
    if let Some(warning) = warning
        && spoiler.is_empty()
    {
        *spoiler = warning;
    }
}

/// Text that a filter wrote, as HTML: links and hashtags work, mentions stay text.
pub(super) fn plain_html(text: &str, base: &str) -> String {
    render::html(text, &render::find(text), |_, _| None, |tag| ids::tag_page(base, tag))
}

fn refusal(outcome: &Outcome) -> Option<Error> {
    match outcome.ruling.clone() {
        Ruling::Accept => None,
        Ruling::Hold { plugin, reason } | Ruling::Reject { plugin, reason } => Some(Error::Rejected { plugin, reason }),
    }
}

/// Rejections, changes and failures go to the moderation log with the plugin's reason.
async fn log(app: &App, envelope: &Envelope, outcome: &Outcome, now: Time) -> Result<()> {
    let mut entries = Vec::new();
    let mut note = |plugin: &str, action: &str, reason: String| {
        entries.push(moderation::Entry {
            at: now,
            source: format!("plugin:{plugin}"),
            action: action.to_owned(),
            direction: envelope.direction.as_str().to_owned(),
            actor_uri: envelope.actor.id.clone(),
            object_uri: Some(envelope.id.clone()).filter(|id| !id.is_empty()),
            reason,
            excerpt: envelope.text.chars().take(EXCERPT).collect(),
        });
    };
    match &outcome.ruling {
        Ruling::Reject { plugin, reason } => note(plugin, "reject", reason.clone()),
        Ruling::Hold { plugin, reason } => note(plugin, "hold", reason.clone()),
        Ruling::Accept => {}
    }
    for change in &outcome.effects {
        note(&change.plugin, "change", format!("{:?}", change.effect));
    }
    for failure in &outcome.failures {
        note(&failure.plugin, "fail", failure.why.clone());
    }
    if entries.is_empty() {
        return Ok(());
    }
    app.store.write(move |tx| entries.iter().try_for_each(|entry| moderation::insert(tx, entry))).await
}
