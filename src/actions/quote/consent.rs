//! Consent between servers: requests to quote our posts, answers to ours, and stamps that are taken back.
//!
//! Spec: FEP-044f, https://w3id.org/fep/044f

use serde_json::Value;

use super::incoming::{self, Proof};
use super::{changed, leave, shown_anew, stamped};
use crate::activitypub::envelope::Activity;
use crate::activitypub::note::{self as wire, Note};
use crate::activitypub::{build, ids, read};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::accounts::Account;
use crate::store::quote_policies::Leave;
use crate::store::quotes::{self, Quote, State};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx, quote_stamps};
use crate::streams::Announcements;

use crate::actions::fetch::{self, Budget};
use crate::actions::outbox::{self, Recipients};
use crate::actions::{post, receive};

/// Somebody elsewhere asks to quote a post of ours: answered at once, by its policy. Answers what became of it.
pub async fn requested(app: &App, activity: &Activity, asker: &Account, budget: &mut Budget) -> Result<String> {
    let (Some(id), Some(object)) = (activity.id.clone(), activity.object_id().map(str::to_owned)) else {
        return Ok("ignored: a QuoteRequest needs an id and an object".into());
    };
    let (wanted, by) = (object.clone(), asker.id);
    let quoted = app.store.read(move |db| {
        let status = statuses::by_uri(db, &wanted)?.filter(|status| status.local && status.reblog_of_id.is_none());
        Ok(match status {
            Some(status) if statuses::may_see(db, &status, Some(by))? => Some(status),
            _ => None,
        })
    });
    let Some(quoted) = quoted.await? else { return Ok("ignored: no post of ours that they may see".into()) };
    let instrument = activity.raw.get("instrument").cloned().unwrap_or_default();
    let Some((document, note)) = quoting(app, &instrument, asker, budget).await? else {
        return Ok("ignored: the quoting post is not theirs".into());
    };
    if note.quote.as_ref().is_none_or(|quote| quote.uri != quoted.uri) {
        return Ok("ignored: that post does not quote ours".into());
    }
    let request =
        build::QuoteRequest { id, actor: asker.uri.clone(), object: quoted.uri.clone(), instrument: note.id.clone() };
    let (deed, now, by) = (app.clone(), app.clock.now(), asker.clone());
    let write = move |tx: &Tx| write_answer(tx, &deed, &by, &quoted, &request, now);
    let (agreed, told) = app.store.write(write).await?;
    told.announce(app);
    if !agreed {
        return Ok("the quote is refused".into());
    }
    // The post itself may still be on its way, or never come by another: taken in now, if it was sent along.
    if let Some(document) = document {
        receive::delivered(app, &document, asker.clone(), None, budget).await?;
    }
    Ok("the quote is agreed to".into())
}

/// The quoting post: inline as the asker's own, or read from their server. The document only when it was inline.
async fn quoting(
    app: &App,
    instrument: &Value,
    asker: &Account,
    budget: &mut Budget,
) -> Result<Option<(Option<Value>, Note)>> {
    let development = app.config.development;
    let inline = read::objects(&serde_json::json!({"instrument": instrument}), "instrument")
        .into_iter()
        .next()
        .filter(|object| wire::is_post(object))
        .cloned();
    let (document, note) = match inline {
        Some(object) => {
            let note = wire::read(&object, development)?;
            (Some(object), note)
        }
        None => {
            let Some(id) = read::id_of(instrument).filter(|id| ids::same_origin(id, &asker.uri)) else {
                return Ok(None);
            };
            let document = fetch::gated(app, id, "post", budget).await?;
            (None, wire::read(&document, development)?)
        }
    };
    Ok((note.attributed_to == asker.uri && ids::same_origin(&note.id, &asker.uri)).then_some((document, note)))
}

fn write_answer(
    tx: &Tx,
    app: &App,
    asker: &Account,
    quoted: &Status,
    request: &build::QuoteRequest,
    now: Time,
) -> Result<(bool, Announcements)> {
    let mut told = Announcements::default();
    let author = post::author(tx, quoted)?;
    let refused = quote_stamps::of(tx, quoted.id, &request.instrument)?.is_some_and(|stamp| stamp.revoked_at.is_some());
    let agreed = !refused && leave(tx, quoted, asker)? == Leave::Automatic;
    let number: i64 = app.ids.next(now);
    let answer = if agreed {
        let stamp = stamped(tx, app, quoted, &request.instrument, now)?;
        if let Some(status) = statuses::by_uri(tx, &request.instrument)?.filter(|s| s.account_id == asker.id) {
            accept(tx, app, &status, quoted, &stamp, now, &mut told)?;
        }
        build::accept_quote(&ids::accept_quote(&author.uri, number), &author.uri, request, &stamp)
    } else {
        build::reject_quote(&ids::reject_quote(&author.uri, number), &author.uri, request)
    };
    told.deliveries |= outbox::send(tx, app, &author, &answer, &Recipients::one(asker.id), now)?;
    Ok((agreed, told))
}

/// A quoting post that we hold already is shown as agreed to, if what it quotes is `quoted`, whatever its author says now.
fn accept(
    tx: &Tx,
    app: &App,
    status: &Status,
    quoted: &Status,
    stamp: &str,
    now: Time,
    told: &mut Announcements,
) -> Result<()> {
    let fits = quotes::of(tx, status.id)?.is_some_and(|quote| quote.quoted_id == Some(quoted.id));
    if fits && quotes::set_state(tx, status.id, State::Accepted, Some(stamp))? {
        shown_anew(tx, status, told)?;
        incoming::tell_quoted(tx, app, status, now, told)?;
    }
    Ok(())
}

/// Whether an Accept or Reject is about a quote of ours.
pub async fn is_answer(app: &App, activity: &Activity) -> Result<bool> {
    if read::kind(&activity.object, &["QuoteRequest"]).is_some() {
        return Ok(true);
    }
    let Some(id) = activity.object_id().map(str::to_owned) else { return Ok(false) };
    Ok(app.store.read(move |db| quotes::by_request(db, &id)).await?.is_some())
}

/// The quoted author agreed or not. An Accept counts with its stamp, which is read where it lies; a Reject may also end
/// what was agreed to. Answers what became of it.
pub async fn answered(app: &App, activity: &Activity, by: &Account, yes: bool, budget: &mut Budget) -> Result<String> {
    let (asked, from) = (activity.clone(), by.id);
    let found = app.store.read(move |db| {
        let found = request_of(db, &asked)?;
        Ok(found.filter(|(quote, status)| status.local && quote.quoted_account_id == Some(from)))
    });
    let Some((quote, status)) = found.await? else { return Ok("ignored: no such request to quote".into()) };
    let stamp = read::id(&activity.raw, "result").map(str::to_owned);
    if yes {
        let Some(stamp) = &stamp else { return Ok("ignored: agreed to without a stamp".into()) };
        let Some(quoted) = quote.quoted_id else { return Ok("ignored: the quoted post is gone".into()) };
        let quoted = app.store.read(move |db| statuses::by_id(db, quoted)).await?.ok_or(Error::NotFound("status"))?;
        if incoming::proof(app, stamp, &status.uri, &quoted, budget).await? != Proof::Good {
            return Ok("ignored: the stamp proves nothing".into());
        }
    }
    let (deed, now) = (app.clone(), app.clock.now());
    let told = app.store.write(move |tx| {
        // As it is now: it may have been taken back meanwhile.
        let before = quotes::of(tx, status.id)?.map_or(quote.state, |quote| quote.state);
        let (state, stamp) = match (yes, before) {
            (true, _) => (State::Accepted, stamp),
            (false, State::Accepted | State::Revoked) => (State::Revoked, None),
            (false, _) => (State::Rejected, None),
        };
        if quotes::set_state(tx, status.id, state, stamp.as_deref())? {
            return changed(tx, &deed, &status, now);
        }
        Ok(Announcements::default())
    });
    told.await?.announce(app);
    Ok(if yes { "the quote is agreed to" } else { "the quote is refused" }.into())
}

/// The quote that an answer is about: by the request's id, or by the quoting post that it repeats.
fn request_of(db: &Connection, activity: &Activity) -> Result<Option<(Quote, Status)>> {
    let by_id = match activity.object_id() {
        Some(id) => quotes::by_request(db, id)?,
        None => None,
    };
    let quote = match by_id {
        Some(quote) => Some(quote),
        None => match read::id(&activity.object, "instrument") {
            Some(instrument) => match statuses::by_uri(db, instrument)? {
                Some(status) => quotes::of(db, status.id)?,
                None => None,
            },
            None => None,
        },
    };
    let Some(quote) = quote else { return Ok(None) };
    Ok(statuses::by_id(db, quote.status_id)?.map(|status| (quote, status)))
}

/// A stamp was deleted where it lies: the quote is not agreed to any more. `None`: we know no such stamp of `by`.
pub async fn stamp_deleted(app: &App, stamp: &str, by: &Account) -> Result<Option<String>> {
    let (stamp, from, deed, now) = (stamp.to_owned(), by.id, app.clone(), app.clock.now());
    let told = app.store.write(move |tx| {
        let quote = quotes::by_stamp(tx, &stamp)?.filter(|quote| quote.quoted_account_id == Some(from));
        let Some(quote) = quote else { return Ok(None) };
        let status = post::known(tx, quote.status_id)?;
        quotes::set_state(tx, status.id, State::Revoked, None)?;
        Ok(Some(changed(tx, &deed, &status, now)?))
    });
    let Some(told) = told.await? else { return Ok(None) };
    told.announce(app);
    Ok(Some("leave to quote is taken back".into()))
}
