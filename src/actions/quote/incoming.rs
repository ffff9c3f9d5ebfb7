//! Quotes in posts of other servers: found, and believed only with proof.
//!
//! Accepted is a quote of oneself, one that we stamped, and one whose stamp, read at the quoted author's server, names
//! both posts. Without proof it is pending, whatever its spelling; clients are not shown a quote of the old spellings
//! then, and its text has the link. A stamp that is gone means no. A boost cannot be quoted.

use std::time::Duration;

use crate::activitypub::audience::PUBLIC;
use crate::activitypub::note::Note;
use crate::activitypub::quote as wire;
use crate::activitypub::{ids, quote::CanQuote};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::ids::StatusId;
use crate::store::accounts::{self, Account};
use crate::store::quote_policies::{self as policies, Groups, Policy};
use crate::store::quotes::{self, Quote, State};
use crate::store::statuses::{self, Status};
use crate::store::{Tx, quote_stamps};
use crate::streams::Announcements;

use crate::actions::fetch::{self, Budget};
use crate::actions::{notify, receive};

/// How long the quoted post and the stamp may take; a slow server must not hold up the others.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many steps are followed from a quoted post.
const FAR: u32 = 2;

/// What a stamp is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It names both posts and its author.
    Good,
    /// It says something else, or lies elsewhere.
    Bad,
    /// Its server says that there is none.
    Gone,
}

/// The quote in `note` of `author`, as far as the network knows; our own stamps are looked at in [`settle`].
pub async fn gather(
    app: &App,
    note: &Note,
    author: &Account,
    status: StatusId,
    budget: &mut Budget,
) -> Result<Option<Quote>> {
    let Some(found) = &note.quote else { return Ok(None) };
    let mut quote = Quote {
        status_id: status,
        quoted_id: None,
        quoted_uri: found.uri.clone(),
        quoted_account_id: None,
        state: State::Pending,
        found: false,
        legacy: found.legacy,
        stamp: None,
        request_uri: None,
    };
    if budget.depth == 0 {
        return Ok(Some(quote));
    }
    // What a quoted post answers and quotes in turn is of little use here: not far.
    let left = budget.depth - 1;
    budget.depth = left.min(FAR);
    let quoted = tokio::time::timeout(PATIENCE, Box::pin(receive::by_uri(app, &found.uri, budget))).await;
    budget.depth = left;
    let Some(quoted) = quoted.unwrap_or(Ok(None)).unwrap_or_default() else { return Ok(Some(quote)) };
    if quoted.reblog_of_id.is_some() {
        return Ok(None);
    }
    quote.quoted_id = Some(quoted.id);
    quote.quoted_account_id = Some(quoted.account_id);
    quote.found = true;
    if quoted.account_id == author.id {
        quote.state = State::Accepted;
    } else if let Some(stamp) = found.stamp.as_ref().filter(|_| !quoted.local) {
        let proof = tokio::time::timeout(PATIENCE, proof(app, stamp, &note.id, &quoted, budget)).await;
        match proof {
            Ok(Ok(Proof::Good)) => (quote.state, quote.stamp) = (State::Accepted, Some(stamp.clone())),
            Ok(Ok(Proof::Gone)) => quote.state = State::Rejected,
            // Not now: remembered, so that an answer already known is not forgotten for it.
            Err(_) | Ok(Err(_)) => quote.stamp = Some(stamp.clone()),
            Ok(Ok(Proof::Bad)) => {}
        }
    }
    quote.quoted_uri = quoted.uri;
    Ok(Some(quote))
}

/// Reads `stamp` at the server of the author of `quoted`. An error means that it cannot be told now.
pub async fn proof(app: &App, stamp: &str, quoting: &str, quoted: &Status, budget: &mut Budget) -> Result<Proof> {
    let author = quoted.account_id;
    let author = app.store.read(move |db| accounts::by_id(db, author)).await?.ok_or(Error::NotFound("account"))?;
    if !ids::same_origin(stamp, &author.uri) {
        return Ok(Proof::Bad);
    }
    let document = match fetch::gated(app, stamp, "post", budget).await {
        Ok(document) => document,
        Err(Error::Peer { fault: Fault::Status { code: 404 | 410, .. }, .. }) => return Ok(Proof::Gone),
        Err(error) if error.is_retryable() => return Err(error),
        Err(_) => return Ok(Proof::Bad),
    };
    let good = wire::stamp(&document)
        .is_some_and(|stamp| stamp.author == author.uri && stamp.quoting == quoting && stamp.target == quoted.uri);
    Ok(if good { Proof::Good } else { Proof::Bad })
}

/// What our own stamp, or an answer known before, says about the quote in the post `quoting`.
fn settle(tx: &Tx, mut quote: Quote, quoting: &str) -> Result<Quote> {
    let quoted = quote.quoted_id.map_or(Ok(None), |id| statuses::by_id(tx, id))?;
    let Some(quoted) = quoted else {
        (quote.quoted_id, quote.stamp) = (None, None);
        return Ok(quote);
    };
    if quoted.local {
        if let Some(stamp) = quote_stamps::of(tx, quoted.id, quoting)? {
            let author = accounts::by_id(tx, quoted.account_id)?.ok_or(Error::NotFound("account"))?;
            let valid = stamp.revoked_at.is_none();
            quote.state = if valid { State::Accepted } else { State::Revoked };
            quote.stamp = valid.then(|| ids::quote_stamp(&author.uri, stamp.id));
        }
    } else if quote.state == State::Pending && quote.stamp.is_some() {
        let before = quotes::of(tx, quote.status_id)?;
        let known = before.is_some_and(|before| before.state == State::Accepted && before.stamp == quote.stamp);
        (quote.state, quote.stamp) = if known { (State::Accepted, quote.stamp) } else { (State::Pending, None) };
    }
    Ok(quote)
}

/// Writes the quote in a received post, in place of what was known; `None`: it quotes nothing. Answers whether it
/// changed.
pub fn write(tx: &Tx, status: &Status, quote: Option<&Quote>) -> Result<bool> {
    let before = quotes::of(tx, status.id)?;
    let Some(quote) = quote else { return quotes::delete(tx, status.id) };
    let quote = settle(tx, Quote { status_id: status.id, ..quote.clone() }, &status.uri)?;
    if before.as_ref() == Some(&quote) {
        return Ok(false);
    }
    quotes::put(tx, &quote)?;
    Ok(true)
}

/// Tells a local author that they are quoted, with their consent, in a post that they may see. Repeats tell nothing.
pub fn tell_quoted(tx: &Tx, app: &App, status: &Status, now: Time, told: &mut Announcements) -> Result<()> {
    let quote = quotes::of(tx, status.id)?.filter(|quote| quote.state == State::Accepted);
    if let Some(author) = quote.and_then(|quote| quote.quoted_account_id)
        && statuses::may_see(tx, status, Some(author))?
    {
        notify::tell(tx, app, "quote", author, status.account_id, Some(status.id), now, told)?;
    }
    Ok(())
}

/// Writes who may quote a received post.
pub fn write_policy(tx: &Tx, status: StatusId, policy: Option<Policy>) -> Result<bool> {
    policies::set(tx, status, policy.unwrap_or_default())
}

/// The policy of `author`'s server in groups that we know.
pub fn policy(found: &CanQuote, author: &Account) -> Policy {
    let groups = |ids: &[String]| {
        ids.iter().fold(Groups::default(), |groups, id| {
            let is = |known: &Option<String>| known.as_deref() == Some(id);
            groups.and(match id.as_str() {
                PUBLIC => Groups::PUBLIC,
                _ if is(&author.followers_uri) => Groups::FOLLOWERS,
                _ if is(&author.following_uri) => Groups::FOLLOWING,
                // That the author may is no news.
                own if own == author.uri => Groups::default(),
                _ => Groups::UNKNOWN,
            })
        })
    };
    Policy { automatic: groups(&found.automatic), manual: groups(&found.manual) }
}

/// An Update that is no edit: takes over what it says about quotes. Answers whether anything changed.
pub async fn refresh(app: &App, before: &Status, note: &Note, author: &Account, budget: &mut Budget) -> Result<bool> {
    let quote = gather(app, note, author, before.id, budget).await?;
    let (policy, status, deed, now) =
        (note.can_quote.as_ref().map(|found| policy(found, author)), before.clone(), app.clone(), app.clock.now());
    let (changed, told) = app
        .store
        .write(move |tx| {
            let mut told = Announcements::default();
            let changed = write(tx, &status, quote.as_ref())? | write_policy(tx, status.id, policy)?;
            if changed {
                super::shown_anew(tx, &status, &mut told)?;
                tell_quoted(tx, &deed, &status, now, &mut told)?;
            }
            Ok((changed, told))
        })
        .await?;
    told.announce(app);
    Ok(changed)
}
