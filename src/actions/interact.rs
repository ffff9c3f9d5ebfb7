//! Leave to like, answer or boost: respected when people here act, asked for where an author wants to be asked, and given
//! when servers ask us.
//!
//! Where the author's server knows requests (it writes the newer words) it is sent one with the deed inside; older ones are
//! sent the deed itself, and nobody else is, until the author agrees. What is refused is taken back here.
//!
//! Spec: rule R5; https://docs.gotosocial.org/en/latest/federation/interaction_controls/

use serde_json::Value;

use crate::activitypub::audience::PUBLIC;
use crate::activitypub::build::{self, InteractionRequest};
use crate::activitypub::envelope::Activity;
use crate::activitypub::policy::{Deed, Group};
use crate::activitypub::{ids, read};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::accounts::{self, Account};
use crate::store::interactions::{self, Request, State};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx, blocks, favourites, follows, mentions, reactions};
use crate::streams::Announcements;

use super::outbox::{self, Recipients};
use super::{favourite, post, react, reblog, translate};

/// Whether somebody may do something to a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// At once.
    Free,
    /// The author is asked; `polite`: by a request.
    Ask {
        /// Whether their server knows requests.
        polite: bool,
    },
    /// No.
    Denied,
}

/// Whether `me` may do `deed` to `status`, as its author's server says.
///
/// Whoever is named in a post may answer it. Who is allowed as one of the author's followers asks as well: only the
/// author's server can tell others that this is so.
pub fn leave(db: &Connection, status: &Status, me: &Account, deed: Deed) -> Result<Leave> {
    if status.local || status.account_id == me.id {
        return Ok(Leave::Free);
    }
    let rules = interactions::rules(db, status.id)?;
    let Some(group) = rules.as_ref().and_then(|rules| rules.about(deed)) else { return Ok(Leave::Free) };
    if deed == Deed::Reply && mentions::of(db, status.id)?.iter().any(|(named, _)| *named == me.id) {
        return Ok(Leave::Free);
    }
    let author = post::author(db, status)?;
    let bond = |who, whom| Ok::<_, Error>(follows::between(db, who, whom)?.is_some_and(|follow| follow.accepted));
    let relation = Relation { follows: bond(me.id, author.id)?, followed: bond(author.id, me.id)? };
    Ok(decide(group, &me.uri, &author, relation))
}

#[derive(Debug, Clone, Copy)]
struct Relation {
    follows: bool,
    followed: bool,
}

fn decide(group: &Group, me: &str, author: &Account, relation: Relation) -> Leave {
    let by_name = |list: &[String]| list.iter().any(|id| id == PUBLIC || id == me);
    let by_collection = |list: &[String]| {
        list.iter().any(|id| {
            (relation.follows && author.followers_uri.as_deref() == Some(id))
                || (relation.followed && author.following_uri.as_deref() == Some(id))
        })
    };
    if by_name(&group.automatic) {
        Leave::Free
    } else if by_collection(&group.automatic) || by_name(&group.manual) || by_collection(&group.manual) {
        Leave::Ask { polite: group.polite }
    } else {
        Leave::Denied
    }
}

/// Fails when `me` may not do `deed` to `status`.
pub fn check(db: &Connection, status: &Status, me: &Account, deed: Deed) -> Result<Leave> {
    match leave(db, status, me, deed)? {
        Leave::Denied => Err(Error::Forbidden("This action is not allowed".into())),
        leave => Ok(leave),
    }
}

/// Asks the author of `status` whether `me` may do `interaction`, the whole Like, Announce or answering post. Answers
/// whether there is anything to deliver. The caller sends nothing else.
pub(super) fn ask(
    tx: &Tx,
    app: &App,
    me: &Account,
    status: &Status,
    (deed, polite): (Deed, bool),
    interaction: &Value,
    now: Time,
) -> Result<bool> {
    let uri = read::id(interaction, "id").unwrap_or_default().to_owned();
    ask_about(tx, app, me, status, (deed, polite), uri, interaction, now)
}

/// The same for the answering post `uri`: `whole` is it, or its Create where the author's server knows no requests.
pub(super) fn ask_to_answer(
    tx: &Tx,
    app: &App,
    me: &Account,
    parent: &Status,
    (uri, polite): (&str, bool),
    whole: &Value,
    now: Time,
) -> Result<bool> {
    ask_about(tx, app, me, parent, (Deed::Reply, polite), uri.to_owned(), whole, now)
}

#[allow(clippy::too_many_arguments, reason = "each is a part of the request")]
fn ask_about(
    tx: &Tx,
    app: &App,
    me: &Account,
    status: &Status,
    (deed, polite): (Deed, bool),
    uri: String,
    interaction: &Value,
    now: Time,
) -> Result<bool> {
    let author = post::author(tx, status)?;
    let request_uri = ids::interaction_request(&me.uri, app.ids.next::<i64>(now));
    let request = Request {
        request_uri: request_uri.clone(),
        deed,
        account_id: me.id,
        target_id: status.id,
        interaction_uri: uri,
        state: State::Pending,
        stamp: None,
    };
    interactions::ask(tx, &request, now)?;
    let request = build::interaction_request(deed, &request_uri, &me.uri, &author.uri, &status.uri, interaction);
    outbox::send(tx, app, me, if polite { &request } else { interaction }, &Recipients::one(author.id), now)
}

/// Whether nobody but the author of what it answers may be sent the post `status` yet, or ever.
pub(super) fn is_held_back(db: &Connection, status: &Status) -> Result<bool> {
    Ok(interactions::about(db, &status.uri)?.is_some_and(|request| request.state != State::Accepted))
}

/// Whether an Accept or Reject is about something that somebody here asked for.
pub async fn is_answer(app: &App, activity: &Activity) -> Result<bool> {
    let asked = activity.clone();
    app.store.read(move |db| Ok(request_of(db, &asked)?.is_some())).await
}

/// The request that is answered: named itself, or by the interaction that it was about.
fn request_of(db: &Connection, activity: &Activity) -> Result<Option<Request>> {
    let named = [activity.object_id(), read::id(&activity.object, "instrument")];
    for uri in named.into_iter().flatten() {
        if let Some(request) = interactions::request(db, uri)? {
            return Ok(Some(request));
        }
    }
    Ok(None)
}

/// The author agreed or not. Only the author of the post counts; a Reject may also end what was agreed to.
pub async fn answered(app: &App, activity: &Activity, by: &Account, yes: bool) -> Result<String> {
    let (deed, now, activity, by) = (app.clone(), app.clock.now(), activity.clone(), by.clone());
    let (answer, told) = app
        .store
        .write(move |tx| {
            let nothing = |why| Ok((why, Announcements::default()));
            let Some(request) = request_of(tx, &activity)? else { return nothing("ignored: nobody asked for that") };
            let Some(target) = statuses::by_id(tx, request.target_id)? else {
                return nothing("ignored: the post is gone");
            };
            if target.account_id != by.id {
                return nothing("ignored: not theirs to allow");
            }
            let stamp = read::id(&activity.raw, "result").or(activity.id.as_deref());
            let stamp = stamp.filter(|stamp| ids::same_origin(stamp, &by.uri));
            if yes {
                if request.state != State::Pending {
                    return nothing("ignored: answered already");
                }
                interactions::answer(tx, &request.request_uri, State::Accepted, stamp)?;
                return Ok(("they agree", write_allowed(tx, &deed, &request, &target, stamp, now)?));
            }
            interactions::answer(tx, &request.request_uri, State::Rejected, None)?;
            Ok(("they do not agree", write_refused(tx, &deed, &request, &target, now)?))
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}

/// What waited goes out, with the proof: a boost and an answer to all whom they are for. A Like is with the author already.
fn write_allowed(
    tx: &Tx,
    app: &App,
    request: &Request,
    target: &Status,
    stamp: Option<&str>,
    now: Time,
) -> Result<Announcements> {
    let mut told = Announcements::default();
    let Some(me) = accounts::by_id(tx, request.account_id)? else { return Ok(told) };
    match request.deed {
        Deed::Like => {}
        Deed::Announce => {
            let Some(boost) = statuses::by_uri(tx, &request.interaction_uri)? else { return Ok(told) };
            let author = post::author(tx, target)?;
            let mut announce = reblog::announce_of(&boost, &me, target, &author);
            if let Some(stamp) = stamp {
                announce = build::authorized(announce, Deed::Announce, stamp);
            }
            told.deliveries |= outbox::send(tx, app, &me, &announce, &Recipients::followers_and(vec![author.id]), now)?;
        }
        Deed::Reply => {
            let Some(status) = statuses::by_uri(tx, &request.interaction_uri)? else { return Ok(told) };
            let create = build::create(&translate::note(tx, app, &status)?);
            told.deliveries |= outbox::send(tx, app, &me, &create, &post::recipients(tx, &status)?, now)?;
        }
    }
    Ok(told)
}

/// What was refused is taken back here; an answer stays its author's, and here.
fn write_refused(tx: &Tx, app: &App, request: &Request, target: &Status, now: Time) -> Result<Announcements> {
    let Some(me) = accounts::by_id(tx, request.account_id)? else { return Ok(Announcements::default()) };
    match request.deed {
        Deed::Like => {
            if let Some(reaction) = reactions::by_uri(tx, &request.interaction_uri)? {
                return react::write_removal(tx, app, &me, target, &reaction.name, now);
            }
            if favourites::by_uri(tx, &request.interaction_uri)?.is_some() {
                return favourite::write_removal(tx, app, &me, target, now);
            }
        }
        Deed::Announce => {
            if let Some(boost) = statuses::by_uri(tx, &request.interaction_uri)? {
                return reblog::write_removal(tx, app, &me, &boost, target, now);
            }
        }
        Deed::Reply => {}
    }
    Ok(Announcements::default())
}

/// Somebody elsewhere asks to do something to a post of ours. Answers whether they may, and the request to answer;
/// `None`: it is about nothing of ours.
pub async fn requested(
    app: &App,
    activity: &Activity,
    asker: &Account,
    deed: Deed,
) -> Result<Option<(bool, InteractionRequest)>> {
    let (Some(id), Some(object)) = (activity.id.clone(), activity.object_id().map(str::to_owned)) else {
        return Ok(None);
    };
    let Some(instrument) = read::id(&activity.raw, "instrument").map(str::to_owned) else { return Ok(None) };
    if !ids::same_origin(&instrument, &asker.uri) {
        return Ok(None);
    }
    let request = InteractionRequest { deed, id, actor: asker.uri.clone(), object: object.clone(), instrument };
    let by = asker.id;
    app.store
        .read(move |db| {
            let Some(status) = statuses::by_uri(db, &object)?.filter(|status| status.local) else { return Ok(None) };
            let author = status.account_id;
            let open = status.reblog_of_id.is_none() && (deed != Deed::Announce || status.visibility.is_open());
            let may = open && statuses::may_see(db, &status, Some(by))? && !blocks::exists_between(db, by, author)?;
            Ok(Some((may, request)))
        })
        .await
}

/// Sends the answer to a request, with a proof when it is a yes.
pub async fn reply(app: &App, request: InteractionRequest, asker: &Account, yes: bool) -> Result<()> {
    let (deed, now, asker) = (app.clone(), app.clock.now(), asker.id);
    let told = app
        .store
        .write(move |tx| {
            let mut told = Announcements::default();
            let Some(status) = statuses::by_uri(tx, &request.object)?.filter(|status| status.local) else {
                return Ok(told);
            };
            let author = post::author(tx, &status)?;
            let id = ids::interaction_answer(&author.uri, deed.ids.next::<i64>(now));
            let answer = if yes {
                let number = deed.ids.next(now);
                let stamp = interactions::give(tx, number, request.deed, status.id, &request.instrument, now)?;
                let stamp = ids::interaction_stamp(&author.uri, stamp);
                build::accept_interaction(&id, &author.uri, &request, &stamp)
            } else {
                build::reject_interaction(&id, &author.uri, &request)
            };
            told.deliveries |= outbox::send(tx, &deed, &author, &answer, &Recipients::one(asker), now)?;
            Ok(told)
        })
        .await?;
    told.announce(app);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccountId;

    #[test]
    fn r5_leave_is_free_asked_for_or_denied() {
        let (me, followers) = ("https://a.example/users/alice", "https://b.example/users/bob/followers");
        let mut author = Account::bare(
            AccountId(2),
            "bob",
            Some("b.example"),
            "https://b.example/users/bob".into(),
            String::new(),
            Time(0),
        );
        author.followers_uri = Some(followers.into());
        let group = |automatic: &[&str], manual: &[&str], polite| Group {
            automatic: automatic.iter().map(|id| (*id).to_owned()).collect(),
            manual: manual.iter().map(|id| (*id).to_owned()).collect(),
            polite,
        };
        let stranger = Relation { follows: false, followed: false };
        let follower = Relation { follows: true, followed: false };
        for (group, relation, expected) in [
            (group(&[PUBLIC], &[], true), stranger, Leave::Free),
            (group(&[me], &[], true), stranger, Leave::Free),
            (group(&[followers], &[], true), follower, Leave::Ask { polite: true }),
            (group(&[followers], &[], true), stranger, Leave::Denied),
            (group(&[], &[PUBLIC], false), stranger, Leave::Ask { polite: false }),
            (group(&[], &[followers], true), stranger, Leave::Denied),
            (group(&[], &[], true), follower, Leave::Denied),
        ] {
            assert_eq!(decide(&group, me, &author, relation), expected, "{group:?} {relation:?}");
        }
    }
}
