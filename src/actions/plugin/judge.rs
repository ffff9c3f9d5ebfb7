//! Asking the filters, and making the changes they ask for.

use crate::actions::post::compose::{self, Composed};
use crate::actions::receive::Incoming;
use crate::actions::translate;
use crate::activitypub::note as wire;
use crate::activitypub::{ids, poll as wire_poll};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::media::Purpose;
use crate::plugins::envelope::{Direction, Effect, Envelope, narrow};
use crate::plugins::{Early, Outcome, Ruling, patch};
use crate::store::accounts::{self, Account};
use crate::text::{clean, hashtags, render};

use super::hold::HeldPost;
use super::log::{note, note_after};
use super::{hold, people};

/// What became of a post that somebody here wrote.
pub enum Judged {
    /// It may pass, with the filters' changes.
    Pass(Composed),
    /// It may pass so far, but filters of the late stage have not judged it yet.
    Late(Composed, Early),
    /// A moderator looks first.
    Held(Box<HeldPost>),
}

/// What became of a post of another server.
pub enum Arrived {
    /// It may pass, with the filters' changes.
    Pass(Box<Incoming>),
    /// It may pass so far (as it came), but filters of the late stage have not judged it yet.
    Late(Box<Incoming>, Early),
    /// Rejected or held, and logged.
    Gone,
}

/// Judges what somebody here wrote; `Rejected` with the reason when a filter says no. Edits are judged by the late stage
/// too, because their post is out already; new posts are not.
pub async fn judge_own(app: &App, me: &Account, composed: Composed, now: Time) -> Result<Judged> {
    let verb = if composed.is_edit { "Update" } else { "Create" };
    let direction = if composed.status.local_only { Direction::Local } else { Direction::Outbound };
    if !app.plugins.wants(direction, verb) {
        return Ok(Judged::Pass(composed));
    }
    let envelope = translate::own_envelope(app, me, &composed).await?;
    if composed.is_edit {
        let outcome = app.plugins.filter_whole(envelope.clone()).await;
        return carry_out(app, me, composed, envelope, outcome, 0, now).await;
    }
    let outcome = app.plugins.filter(envelope.clone()).await;
    let late = outcome.ruling == Ruling::Accept && app.plugins.wants_late(&envelope);
    let (early, shown) = (outcome.early(), told(&envelope, &outcome));
    match carry_out(app, me, composed, envelope, outcome, 0, now).await? {
        Judged::Pass(composed) if late => Ok(Judged::Late(composed, early)),
        Judged::Pass(mut composed) => {
            people::ask(app, &shown, me, &mut composed.marks, now).await?;
            Ok(Judged::Pass(composed))
        }
        judged => Ok(judged),
    }
}

/// Judges a new post by the late stage, which goes on from the early one: it was stored for its author's eyes meanwhile.
pub async fn judge_own_late(app: &App, me: &Account, composed: Composed, early: Early, now: Time) -> Result<Judged> {
    let envelope = translate::own_envelope(app, me, &composed).await?;
    let known = early.effects.len();
    let outcome = app.plugins.go_on(envelope.clone(), early).await;
    let shown = told(&envelope, &outcome);
    let mut judged = carry_out(app, me, composed, envelope, outcome, known, now).await?;
    if let Judged::Pass(composed) = &mut judged {
        people::ask(app, &shown, me, &mut composed.marks, now).await?;
    }
    Ok(judged)
}

/// The post as the filters left it.
fn told(envelope: &Envelope, outcome: &Outcome) -> Envelope {
    let mut told = envelope.clone();
    for change in &outcome.effects {
        let _ = change.effect.apply(&mut told);
    }
    told
}

async fn carry_out(
    app: &App,
    me: &Account,
    mut composed: Composed,
    envelope: Envelope,
    outcome: Outcome,
    known: usize,
    now: Time,
) -> Result<Judged> {
    note_after(app, &envelope, &outcome, known, me, now).await?;
    match outcome.ruling {
        Ruling::Reject { plugin, reason } => return Err(Error::Rejected { plugin, reason }),
        Ruling::Hold { plugin, reason } => {
            return Ok(Judged::Held(Box::new(HeldPost { plugin, reason, score: outcome.score, composed, envelope })));
        }
        Ruling::Accept => {}
    }
    for change in outcome.effects {
        match change.effect {
            Effect::SetVisibility(wanted) => composed.status.visibility = narrow(composed.status.visibility, wanted),
            Effect::Sensitive(warning) => {
                composed.status.sensitive = true;
                warn(&mut composed.status.spoiler_text, warning);
            }
            Effect::Strip(parts) => {
                if parts.iter().any(|part| part == "media") {
                    composed.media.clear();
                }
                if parts.iter().any(|part| part == "poll") {
                    composed.poll = None;
                }
                if parts.iter().any(|part| part == "quote") {
                    composed.quoted = None;
                }
                composed.marks.no_card |= parts.iter().any(|part| part == "card");
            }
            Effect::SetText(which, text) if which == "summary" => composed.status.spoiler_text = clean::name(&text),
            Effect::SetText(which, text) => {
                let text = if which == "html" { clean::plain(&text) } else { text };
                let options = composed.poll.as_ref().map_or(0, |poll| poll.options.len());
                compose::replace_text(app, me, &mut composed, translate::without_options(&text, options)).await?;
            }
            Effect::AddMention(uri) => {
                let found = app.store.read(move |db| accounts::by_uri(db, &uri)).await?;
                composed.mentioned.extend(found.map(|account| account.id));
            }
            Effect::DropRecipients(ids) => drop_recipients(&mut composed.marks, ids),
            Effect::MuteNotifications => composed.marks.muted = true,
            Effect::ExpireS(seconds) => composed.marks.expire(seconds),
            Effect::Label(_) | Effect::Report(_) | Effect::PrefetchMedia | Effect::JsonPatch(_) | Effect::Extra(..) => {
            }
        }
    }
    Ok(Judged::Pass(composed))
}

/// Judges a post of another server. `patient`: by the late stage too, at once; otherwise that is left for later.
pub async fn judge_incoming(app: &App, incoming: Incoming, patient: bool) -> Result<Arrived> {
    let verb = if incoming.is_edit { "Update" } else { "Create" };
    if incoming.approved || !app.plugins.wants(incoming.direction, verb) {
        return Ok(Arrived::Pass(Box::new(incoming)));
    }
    let envelope = translate::incoming_envelope(app, &incoming).await?;
    if patient {
        let outcome = app.plugins.filter_whole(envelope.clone()).await;
        return take(app, incoming, envelope, outcome, 0).await;
    }
    let outcome = app.plugins.filter(envelope.clone()).await;
    if outcome.ruling == Ruling::Accept && app.plugins.wants_late(&envelope) {
        note(app, &envelope, &outcome, &incoming.author, app.clock.now()).await?;
        return Ok(Arrived::Late(Box::new(incoming), outcome.early()));
    }
    take(app, incoming, envelope, outcome, 0).await
}

/// Judges a post of another server by the late stage, which goes on from the early one.
pub async fn judge_incoming_late(app: &App, incoming: Incoming, early: Early) -> Result<Arrived> {
    let envelope = translate::incoming_envelope(app, &incoming).await?;
    let known = early.effects.len();
    let outcome = app.plugins.go_on(envelope.clone(), early).await;
    take(app, incoming, envelope, outcome, known).await
}

/// Does with the post what the filters said.
async fn take(
    app: &App,
    mut incoming: Incoming,
    envelope: Envelope,
    outcome: Outcome,
    known: usize,
) -> Result<Arrived> {
    let now = app.clock.now();
    note_after(app, &envelope, &outcome, known, &incoming.author, now).await?;
    let shown = told(&envelope, &outcome);
    match outcome.ruling {
        Ruling::Reject { .. } => return Ok(Arrived::Gone),
        Ruling::Hold { plugin, reason } => {
            hold::hold_incoming(app, &incoming, &envelope, plugin, reason, outcome.score, now).await?;
            return Ok(Arrived::Gone);
        }
        Ruling::Accept => {}
    }
    for change in outcome.effects {
        match change.effect {
            Effect::SetVisibility(wanted) => incoming.status.visibility = narrow(incoming.status.visibility, wanted),
            Effect::Sensitive(warning) => {
                incoming.status.sensitive = true;
                warn(&mut incoming.status.spoiler_text, warning);
            }
            Effect::Strip(parts) => strip(&mut incoming, &parts),
            Effect::SetText(which, text) if which == "summary" => incoming.status.spoiler_text = clean::name(&text),
            Effect::SetText(which, html) if which == "html" => incoming.status.content = clean::html(&html),
            Effect::SetText(_, text) => {
                let options = incoming.poll.as_ref().map_or(0, |poll| poll.options.len());
                let text = translate::without_options(&text, options);
                incoming.status.content = plain_html(&text, &app.config.url(""));
            }
            Effect::AddMention(uri) => {
                let found = app.store.read(move |db| accounts::by_uri(db, &uri)).await?;
                incoming.mentioned.extend(found.map(|account| (account.id, false)));
            }
            Effect::DropRecipients(ids) => {
                let gone = ids.clone();
                let dropped = app.store.read(move |db| {
                    gone.iter().filter_map(|id| accounts::by_uri(db, id).transpose()).collect::<Result<Vec<_>>>()
                });
                let dropped: Vec<_> = dropped.await?.into_iter().map(|account| account.id).collect();
                incoming.mentioned.retain(|(account, _)| !dropped.contains(account));
                drop_recipients(&mut incoming.marks, ids);
            }
            Effect::MuteNotifications => incoming.marks.muted = true,
            Effect::ExpireS(seconds) => incoming.marks.expire(seconds),
            Effect::JsonPatch(text) => patched(app, &mut incoming, &text),
            Effect::PrefetchMedia => prefetch(app, &incoming),
            Effect::Label(_) | Effect::Report(_) | Effect::Extra(..) => {}
        }
    }
    if incoming.direction != Direction::Fetched && !incoming.is_edit {
        let author = incoming.author.clone();
        people::ask(app, &shown, &author, &mut incoming.marks, now).await?;
    }
    Ok(Arrived::Pass(Box::new(incoming)))
}

fn strip(incoming: &mut Incoming, parts: &[String]) {
    for part in parts {
        match part.as_str() {
            "media" => incoming.media.clear(),
            "emoji" => incoming.emojis.clear(),
            "poll" => incoming.poll = None,
            "quote" => incoming.quote = None,
            "card" => incoming.marks.no_card = true,
            _ => {}
        }
    }
}

/// Fetches the post's media into the cache, in the background; what cannot be had is tried again when somebody looks.
fn prefetch(app: &App, incoming: &Incoming) {
    let files: Vec<(Purpose, String)> = incoming
        .media
        .iter()
        .filter_map(|media| {
            let purpose = if media.kind == "image" { Purpose::Small } else { Purpose::Original };
            Some((purpose, media.remote_url.clone()?))
        })
        .collect();
    let app = app.clone();
    tokio::spawn(async move {
        for (purpose, url) in files {
            if let Err(error) = super::media(&app, purpose, &url).await {
                tracing::debug!(%error, url, "media could not be fetched ahead of time");
            }
        }
    });
}

fn drop_recipients(marks: &mut super::Marks, ids: Vec<String>) {
    for id in ids {
        if id == "followers" {
            marks.no_followers = true;
        } else {
            marks.dropped.push(id);
        }
    }
}

/// Reads what a patch may change anew from the patched object; a patch that does not fit changes nothing.
fn patched(app: &App, incoming: &mut Incoming, text: &str) {
    let read = patch::apply(&incoming.raw, text).and_then(|object| {
        let note = wire::read(&object, app.config.development).map_err(|_| "what is left is no post")?;
        Ok((object, note))
    });
    let (object, note) = match read {
        Ok(read) => read,
        Err(why) => {
            tracing::warn!("a filter's patch of {} was left out: {why}", incoming.status.uri);
            return;
        }
    };
    let now = app.clock.now();
    incoming.status.content = clean::html(&note.content_html);
    incoming.status.sensitive |= note.sensitive || !note.summary.is_empty();
    incoming.status.spoiler_text = note.summary.clone();
    incoming.status.language = note.language.clone();
    let author = incoming.author.id;
    incoming.media =
        note.attachments.iter().map(|attachment| translate::attachment(app, attachment, author, now)).collect();
    incoming.tags = note.hashtags.iter().filter_map(|tag| Some((hashtags::normalise(tag)?, tag.clone()))).collect();
    incoming.emojis = note.emojis;
    incoming.poll = wire_poll::read(&object);
    incoming.raw = object;
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
pub fn plain_html(text: &str, base: &str) -> String {
    render::html(text, &render::find(text), |_, _| None, |tag| ids::tag_page(base, tag))
}
