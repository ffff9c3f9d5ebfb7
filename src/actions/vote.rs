//! Voting in polls, from here or from elsewhere; telling the tallies; and the end of a poll.
//!
//! A vote counts once per account and option; with a single choice the first one counts. Spec: FEP-9967, rule R1.

use std::time::Duration;

use crate::activitypub::note::Note;
use crate::activitypub::poll as wire;
use crate::activitypub::{build, ids};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, PollId, StatusId};
use crate::store::accounts::Account;
use crate::store::polls::{self, Choice, Poll};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx, blocks};
use crate::streams::Announcements;

use super::fetch::{self, Budget};
use super::outbox::{self, Recipients};
use super::{bot, moving, notify, post, translate};

/// Other servers hear of new tallies at most this often.
const TELL_AGAIN: Duration = Duration::from_mins(3);
/// A remote poll is looked up again at most this often.
const ASK_AGAIN: Duration = Duration::from_mins(1);
/// How long a viewer waits for that.
const PATIENCE: Duration = Duration::from_secs(5);
/// Polls dealt with in one write.
const STEP: usize = 20;

/// Votes for these options (positions). Fails with `Invalid` when the poll is over, one's own, or already voted in.
pub async fn cast(app: &App, me: &Account, id: PollId, choices: Vec<i64>) -> Result<Poll> {
    moving::settled(me)?;
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let (poll, told) = app
        .store
        .write(move |tx| {
            let (poll, status) = readable(tx, id, Some(me.id))?;
            let choices = admissible(tx, &poll, &status, &me, choices, now)?;
            let told = write(tx, &deed, &me, &poll, &status, &choices, now)?;
            Ok((polls::by_id(tx, id)?.ok_or(Error::NotFound("poll"))?, told))
        })
        .await?;
    told.announce(app);
    Ok(poll)
}

/// A poll whose post `viewer` may read, with that post.
pub fn readable(db: &Connection, id: PollId, viewer: Option<AccountId>) -> Result<(Poll, Status)> {
    let poll = polls::by_id(db, id)?.ok_or(Error::NotFound("poll"))?;
    let status = post::readable(db, poll.status_id, viewer)?;
    Ok((poll, status))
}

fn admissible(
    db: &Connection,
    poll: &Poll,
    status: &Status,
    me: &Account,
    mut choices: Vec<i64>,
    now: Time,
) -> Result<Vec<i64>> {
    let refuse = |why: &str| Err(Error::invalid("", why));
    choices.sort_unstable();
    choices.dedup();
    let known = |choice: &i64| usize::try_from(*choice).is_ok_and(|choice| choice < poll.options.len());
    if poll.is_over(now) {
        return refuse("The poll has already ended");
    }
    if status.account_id == me.id {
        return refuse("You cannot vote in your own poll");
    }
    if choices.is_empty() || !choices.iter().all(known) {
        return refuse("The chosen vote option does not exist");
    }
    if choices.len() > 1 && !poll.multiple {
        return refuse("Only one option of this poll can be chosen");
    }
    let before = polls::votes_of(db, me.id, &[poll.id])?;
    let again = before.iter().any(|(_, choice)| choices.contains(choice));
    if again || (!poll.multiple && !before.is_empty()) {
        return refuse("You have already voted on this poll");
    }
    Ok(choices)
}

/// Counts the votes of a local person; the server of a remote poll is sent one activity for each.
fn write(
    tx: &Tx,
    app: &App,
    who: &Account,
    poll: &Poll,
    status: &Status,
    choices: &[i64],
    now: Time,
) -> Result<Announcements> {
    let mut told = Announcements::default();
    let author = post::author(tx, status)?;
    for choice in choices {
        if !polls::vote(tx, poll.id, who.id, *choice, now)? {
            continue;
        }
        if status.local {
            bot::event::voted(tx, who.id, status.account_id, &status.uri, now, &mut told)?;
            continue;
        }
        let Some(option) = usize::try_from(*choice).ok().and_then(|choice| poll.options.get(choice)) else { continue };
        let vote = ids::vote(&who.uri, app.ids.next::<i64>(now));
        let vote = build::vote(&vote, &who.uri, &author.uri, &status.uri, &option.title);
        told.deliveries |= outbox::send(tx, app, who, &vote, &Recipients::one(author.id), now)?;
    }
    Ok(told)
}

/// A vote that another server delivered. Answers what became of it, for the trace; it never becomes a post.
pub(super) async fn received(app: &App, note: &Note, who: Account) -> Result<String> {
    let now = app.clock.now();
    let (name, question) = (note.name.clone(), note.in_reply_to.clone().unwrap_or_default());
    let counted = app.store.write(move |tx| {
        let Some(status) = statuses::by_uri(tx, &question)?.filter(|status| status.local) else {
            return Ok("ignored: a vote in a poll that is not ours");
        };
        let Some(poll) = polls::of_status(tx, status.id)? else { return Ok("ignored: a vote without a poll") };
        if poll.is_over(now) {
            return Ok("ignored: the poll is over");
        }
        if blocks::exists(tx, status.account_id, who.id)? || !statuses::may_see(tx, &status, Some(who.id))? {
            return Ok("ignored: the poll is not theirs to see");
        }
        let Some(choice) = poll.options.iter().position(|option| option.title == name) else {
            return Ok("ignored: a vote for what is no option");
        };
        if !poll.multiple && !polls::votes_of(tx, who.id, &[poll.id])?.is_empty() {
            return Ok("ignored: the first vote counts");
        }
        let counted = polls::vote(tx, poll.id, who.id, choice as i64, now)?;
        Ok(if counted { "voted" } else { "voted already" })
    });
    counted.await.map(str::to_owned)
}

/// The row for a poll of another server.
pub(super) fn row(app: &App, status: StatusId, poll: &wire::Poll, now: Time) -> Poll {
    let (votes, voters) = counts(poll);
    let titles = poll.options.iter().map(|(title, _)| title.clone());
    let expires_at = ends(poll, now);
    Poll {
        id: app.ids.next(now),
        status_id: status,
        options: titles.zip(votes).map(|(title, votes)| Choice { title, votes }).collect(),
        multiple: poll.multiple,
        hide_totals: poll.options.iter().all(|(_, votes)| votes.is_none()),
        voters_count: voters,
        expires_at,
        // Nobody here can have voted: there is no end to be told of.
        ended: expires_at.is_some_and(|end| end <= now),
        fetched_at: Some(now),
    }
}

/// Takes over the tallies of a remote poll; another question takes its place, without the votes.
pub(super) fn write_remote(
    tx: &Tx,
    app: &App,
    status: StatusId,
    poll: Option<&wire::Poll>,
    may_replace: bool,
    now: Time,
) -> Result<()> {
    let before = polls::of_status(tx, status)?;
    let after = poll.map(|poll| row(app, status, poll, now));
    match (before, after) {
        (Some(before), Some(after)) if before.same_question(&after) => {
            let votes: Vec<i64> = after.options.iter().map(|option| option.votes).collect();
            // While its server hides them, our own vote is all that we know.
            let votes = if after.hide_totals { Vec::new() } else { votes };
            polls::tally(tx, before.id, &votes, after.voters_count, after.expires_at)
        }
        (before, after) if may_replace => {
            if before.is_some() {
                polls::delete(tx, status)?;
            }
            after.map_or(Ok(()), |after| polls::insert(tx, &after))
        }
        _ => Ok(()),
    }
}

fn counts(poll: &wire::Poll) -> (Vec<i64>, Option<i64>) {
    let number = |count: u64| i64::try_from(count).unwrap_or(0);
    (poll.options.iter().map(|(_, votes)| votes.map_or(0, number)).collect(), poll.voters.map(number))
}

fn ends(poll: &wire::Poll, now: Time) -> Option<Time> {
    poll.ends.or(poll.closed.then_some(now)).map(|end| if poll.closed { end.min(now) } else { end })
}

/// Asks the server of a remote poll for its tallies, unless it is over or was asked within the last minute.
///
/// What fails is only logged: the viewer gets what we know.
pub async fn refresh(app: &App, poll: &Poll, status: &Status) -> Result<()> {
    let (now, id) = (app.clock.now(), poll.id);
    if status.local || poll.ended {
        return Ok(());
    }
    if !app.store.write(move |tx| polls::set_fetched(tx, id, now, now.minus(ASK_AGAIN))).await? {
        return Ok(());
    }
    let mut budget = Budget::default();
    let document = match tokio::time::timeout(PATIENCE, fetch::gated(app, &status.uri, "post", &mut budget)).await {
        Ok(Ok(document)) => document,
        Ok(Err(error)) => {
            tracing::debug!(%error, "could not refresh a poll");
            return Ok(());
        }
        Err(_) => return Ok(()),
    };
    let Some(told) = wire::read(&document) else { return Ok(()) };
    let (deed, status) = (app.clone(), status.id);
    app.store.write(move |tx| write_remote(tx, &deed, status, Some(&told), false, now)).await
}

/// Tells other servers the tallies of our polls that changed, each at most every 3 minutes. Answers how many.
pub async fn tell_tallies(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let step = |tx: &Tx, app: &App, now: Time| {
        let mut told = Announcements::default();
        let changed = polls::untold(tx, now.minus(TELL_AGAIN), STEP)?;
        for poll in &changed {
            told.extend(write_tallies(tx, app, poll, now)?);
            polls::set_told(tx, poll.id, now)?;
        }
        Ok((changed.len(), told))
    };
    in_steps(app, now, step).await
}

/// Ends the polls whose time is over: final tallies go out, author and voters are notified. Answers how many.
pub async fn end_due(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let step = |tx: &Tx, app: &App, now: Time| {
        let mut told = Announcements::default();
        let over = polls::ending(tx, now, STEP)?;
        for poll in &over {
            told.extend(write_end(tx, app, poll, now)?);
        }
        Ok((over.len(), told))
    };
    in_steps(app, now, step).await
}

async fn in_steps(
    app: &App,
    now: Time,
    step: impl Fn(&Tx, &App, Time) -> Result<(usize, Announcements)> + Copy + Send + 'static,
) -> Result<usize> {
    let mut sum = 0;
    loop {
        let deed = app.clone();
        let (count, told) = app.store.write(move |tx| step(tx, &deed, now)).await?;
        told.announce(app);
        sum += count;
        if count < STEP {
            return Ok(sum);
        }
    }
}

fn write_end(tx: &Tx, app: &App, poll: &Poll, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    polls::end(tx, poll.id)?;
    let Some(status) = statuses::by_id(tx, poll.status_id)? else { return Ok(told) };
    if status.local {
        told.extend(write_tallies(tx, app, poll, now)?);
    }
    let voters = polls::voters(tx, poll.id)?;
    for account in std::iter::once(status.account_id).chain(voters) {
        notify::tell(tx, app, "poll", account, status.account_id, Some(status.id), now, &mut told)?;
    }
    Ok(told)
}

/// An Update of the Question for followers, those named and all who voted.
fn write_tallies(tx: &Tx, app: &App, poll: &Poll, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    let Some(status) = statuses::by_id(tx, poll.status_id)? else { return Ok(told) };
    let author = post::author(tx, &status)?;
    let mut recipients = post::recipients(tx, &status)?;
    recipients.accounts.extend(polls::voters(tx, poll.id)?);
    let update = build::update_tallies(&translate::note(tx, app, &status)?, now);
    told.deliveries |= outbox::send(tx, app, &author, &update, &recipients, now)?;
    Ok(told)
}
