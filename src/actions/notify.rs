//! Telling a local person that something happened to them, unless they would rather not hear of it.
//!
//! Spec: https://docs.joinmastodon.org/entities/NotificationPolicy/

use std::time::Duration;

use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::store::accounts::{self, Account};
use crate::store::notification_policies::{self as policies, Choice, Policy};
use crate::store::notifications::{self, Notification};
use crate::store::statuses::{self, Status};
use crate::store::{
    Tx, blocks, conversation_mutes, follows, mutes, notification_groups, notification_requests, pushes,
    user_domain_blocks, users,
};
use crate::streams::{Announcements, Happening};

use super::bot;

/// What the policy can hold back.
const FILTERABLE: &[&str] =
    &["mention", "reblog", "follow", "follow_request", "favourite", "quote", "added_to_collection"];
/// What people are told although they caused it themselves.
const FROM_ONESELF: &[&str] = &["poll", "severed_relationships", "moderation_warning", "annual_report"];
/// What makes a request of its sender when it is put aside.
const REQUESTING: &[&str] = &["mention", "quote"];

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// An account is new for this long.
const NEW_ACCOUNT: Duration = DAY.saturating_mul(30);
/// Following somebody makes one a follower after this long.
const NEW_FOLLOWER: Duration = DAY.saturating_mul(3);

/// Writes a notification of `kind` (Mastodon's word) for `to`, unless `to` is not local, is `from`, has blocked or muted
/// `from`, their server or the thread, drops it by the policy, or was told before. Of some of their own deeds people are
/// told, too, such as the end of a poll. What the policy filters is written and not announced.
#[allow(clippy::too_many_arguments, reason = "each is a fact of the notification")]
pub fn tell(
    tx: &Tx,
    app: &App,
    kind: &str,
    to: AccountId,
    from: AccountId,
    status: Option<StatusId>,
    now: Time,
    announcements: &mut Announcements,
) -> Result<()> {
    let about = About { status, subject: None };
    write(tx, app, kind, to, from, about, now, announcements)
}

/// The same of what is no post: `subject` is the id of a report, a warning or a severance, as `kind` says.
#[allow(clippy::too_many_arguments, reason = "each is a fact of the notification")]
pub fn tell_about(
    tx: &Tx,
    app: &App,
    kind: &str,
    to: AccountId,
    from: AccountId,
    subject: i64,
    now: Time,
    announcements: &mut Announcements,
) -> Result<()> {
    let about = About { status: None, subject: Some(subject) };
    write(tx, app, kind, to, from, about, now, announcements)
}

/// What a notification is about.
#[derive(Debug, Clone, Copy)]
struct About {
    status: Option<StatusId>,
    subject: Option<i64>,
}

#[allow(clippy::too_many_arguments, reason = "each is a fact of the notification")]
fn write(
    tx: &Tx,
    app: &App,
    kind: &str,
    to: AccountId,
    from: AccountId,
    About { status, subject }: About,
    now: Time,
    announcements: &mut Announcements,
) -> Result<()> {
    let oneself = to == from;
    if (oneself && !FROM_ONESELF.contains(&kind)) || users::by_account(tx, to)?.is_none() {
        return Ok(());
    }
    let suspended =
        |id| Ok::<_, crate::error::Error>(accounts::by_id(tx, id)?.is_none_or(|who| who.suspended_at.is_some()));
    if bot::event::is_bot(tx, to)? {
        return if unwelcome(tx, to, from, now)? || suspended(from)? || suspended(to)? {
            Ok(())
        } else {
            bot::event::notified(tx, kind, to, from, status, now, announcements)
        };
    }
    // What staff must look at is not theirs to block or mute away.
    let duty = kind.starts_with("admin.");
    if !duty && unwelcome(tx, to, from, now)? {
        return Ok(());
    }
    if status.map_or(Ok(false), |status| conversation_mutes::covers(tx, to, status))? {
        return Ok(());
    }
    let Some(sender) = accounts::by_id(tx, from)? else { return Ok(()) };
    if sender.suspended_at.is_some() && !oneself && !duty {
        return Ok(());
    }
    // Suspended people are told of nothing but that.
    if !oneself && accounts::by_id(tx, to)?.is_some_and(|account| account.suspended_at.is_some()) {
        return Ok(());
    }
    let choice = if FILTERABLE.contains(&kind) { judge(tx, kind, to, &sender, status, now)? } else { Choice::Accept };
    if choice == Choice::Drop {
        return Ok(());
    }
    let filtered = choice == Choice::Filter;
    let group_key = if filtered { None } else { notification_groups::key_for(tx, to, kind, status, now)? };
    let row = Notification {
        id: app.ids.next(now),
        account_id: to,
        kind: kind.to_owned(),
        from_account_id: from,
        status_id: status,
        subject_id: subject,
        created_at: now,
        group_key,
        filtered,
    };
    if !notifications::put(tx, &row)? {
        return Ok(());
    }
    if !filtered {
        pushes::enqueue(tx, &row)?;
        announcements.push(Happening::Notified { account: to, notification: row.id });
    } else if REQUESTING.contains(&kind) {
        notification_requests::note(tx, app.ids.next(now), to, from, status, now)?;
    }
    Ok(())
}

/// Whether `to` wants to hear nothing of `from`.
fn unwelcome(tx: &Tx, to: AccountId, from: AccountId, now: Time) -> Result<bool> {
    let muted = mutes::between(tx, to, from, now)?.is_some_and(|mute| mute.notifications);
    Ok(muted || blocks::exists(tx, to, from)? || user_domain_blocks::covers(tx, to, from)?)
}

/// Tells local followers who asked to hear of every post of its author that there is a new one in their home.
pub fn subscribers(tx: &Tx, app: &App, status: &Status, now: Time, announcements: &mut Announcements) -> Result<()> {
    let author = status.account_id;
    let answers_others = status.in_reply_to_uri.is_some() && status.in_reply_to_account_id != Some(author);
    if status.reblog_of_id.is_some() || answers_others {
        return Ok(());
    }
    for follower in follows::local_followers(tx, author)?.into_iter().filter(|follower| follower.notify) {
        if statuses::may_see(tx, status, Some(follower.account))? {
            tell(tx, app, "status", follower.account, author, Some(status.id), now, announcements)?;
        }
    }
    Ok(())
}

fn judge(tx: &Tx, kind: &str, to: AccountId, sender: &Account, status: Option<StatusId>, now: Time) -> Result<Choice> {
    if policies::permitted(tx, to, sender.id)? {
        return Ok(Choice::Accept);
    }
    let accepted = |follow: &follows::Follow| follow.accepted;
    let post = if kind == "mention" { status } else { None };
    let post = post.map(|id| statuses::by_id(tx, id)).transpose()?.flatten();
    let direct = post.filter(|post| post.visibility == Visibility::Direct);
    let stranger = Stranger {
        followed: follows::between(tx, to, sender.id)?.filter(accepted).is_some(),
        follower_since: follows::between(tx, sender.id, to)?.filter(accepted).map(|follow| follow.created_at),
        created_at: sender.created_at,
        limited: sender.silenced_at.is_some(),
        bot: sender.is_bot(),
        out_of_the_blue: match direct {
            Some(post) => !policies::is_answer(tx, post.id, to, sender.id)?,
            None => false,
        },
    };
    Ok(decide(&policies::of(tx, to)?, &stranger, now))
}

/// What the policy asks about a sender.
#[derive(Debug, Clone)]
struct Stranger {
    /// Whether the recipient follows them.
    followed: bool,
    /// Since when they follow the recipient.
    follower_since: Option<Time>,
    created_at: Time,
    limited: bool,
    bot: bool,
    /// Whether it is a private mention that answers nothing of the recipient's.
    out_of_the_blue: bool,
}

fn decide(policy: &Policy, who: &Stranger, now: Time) -> Choice {
    let follower = who.follower_since.is_some_and(|since| now.since(since) >= NEW_FOLLOWER);
    let rules = [
        (policy.for_not_following, !who.followed),
        (policy.for_not_followers, !follower),
        (policy.for_new_accounts, !who.followed && now.since(who.created_at) < NEW_ACCOUNT),
        (policy.for_private_mentions, !who.followed && who.out_of_the_blue),
        (policy.for_limited_accounts, !who.followed && who.limited),
        (policy.for_bots, !who.followed && who.bot),
    ];
    rules.into_iter().filter(|(_, holds)| *holds).map(|(choice, _)| choice).max().unwrap_or(Choice::Accept)
}

/// Accepts these requests: their senders are exempt for good, and what was put aside is shown. Unknown ids are left
/// out; answers how many were known.
pub async fn accept_requests(app: &App, me: AccountId, ids: Vec<i64>) -> Result<usize> {
    let now = app.clock.now();
    let count = app
        .store
        .write(move |tx| {
            let senders = notification_requests::take(tx, me, &ids)?;
            for from in &senders {
                policies::permit(tx, me, *from, now)?;
                notification_requests::unfilter(tx, me, *from)?;
            }
            Ok(senders.len())
        })
        .await?;
    if count > 0 {
        let mut told = Announcements::default();
        told.push(Happening::Merged(me));
        told.announce(app);
    }
    Ok(count)
}

/// Dismisses these requests with what was put aside. Unknown ids are left out; answers how many were known.
pub async fn dismiss_requests(app: &App, me: AccountId, ids: Vec<i64>) -> Result<usize> {
    let written = app.store.write(move |tx| {
        let senders = notification_requests::take(tx, me, &ids)?;
        for from in &senders {
            notification_requests::forget(tx, me, *from)?;
        }
        Ok(senders.len())
    });
    written.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_holds_for_whom_it_names_and_the_stricter_wins() {
        let now = Time(0).plus(DAY * 1000);
        let friend = Stranger {
            followed: true,
            follower_since: Some(now.minus(DAY * 3)),
            created_at: now.minus(DAY * 30),
            limited: false,
            bot: false,
            out_of_the_blue: false,
        };
        let nobody = Stranger { followed: false, follower_since: None, ..friend.clone() };
        let open =
            Policy { for_private_mentions: Choice::Accept, for_limited_accounts: Choice::Accept, ..Policy::default() };
        let filter = Choice::Filter;
        let change = |at: usize, choice| {
            let mut policy = open.clone();
            *[
                &mut policy.for_not_following,
                &mut policy.for_not_followers,
                &mut policy.for_new_accounts,
                &mut policy.for_private_mentions,
                &mut policy.for_limited_accounts,
                &mut policy.for_bots,
            ][at] = choice;
            policy
        };
        let cases: [(usize, Stranger, bool); 14] = [
            (0, nobody.clone(), true),
            (0, friend.clone(), false),
            (1, nobody.clone(), true),
            (1, Stranger { follower_since: None, ..friend.clone() }, true),
            (1, Stranger { follower_since: Some(now.minus(DAY * 2)), ..friend.clone() }, true),
            (1, friend.clone(), false),
            (2, Stranger { created_at: now.minus(DAY * 29), ..nobody.clone() }, true),
            (2, nobody.clone(), false),
            (2, Stranger { created_at: now, ..friend.clone() }, false),
            (3, Stranger { out_of_the_blue: true, ..nobody.clone() }, true),
            (3, Stranger { out_of_the_blue: true, ..friend.clone() }, false),
            (4, Stranger { limited: true, ..nobody.clone() }, true),
            (5, Stranger { bot: true, ..nobody.clone() }, true),
            (5, Stranger { bot: true, ..friend.clone() }, false),
        ];
        for (rule, who, holds) in cases {
            let expected = if holds { filter } else { Choice::Accept };
            assert_eq!(decide(&change(rule, filter), &who, now), expected, "{rule} {who:?}");
        }
        let both = Policy { for_bots: Choice::Drop, ..change(0, filter) };
        assert_eq!(decide(&both, &Stranger { bot: true, ..nobody.clone() }, now), Choice::Drop);
        assert_eq!(decide(&Policy::default(), &nobody, now), Choice::Accept);
    }
}
