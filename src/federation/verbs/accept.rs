//! Accept and Reject: the answer to a Follow or a QuoteRequest of ours, or the end of a follow.

use super::Deed;
use crate::actions::follow::{self, Told};
use crate::actions::quote::consent;
use crate::actions::{featured, interact, relay};
use crate::activitypub::read;
use crate::app::App;
use crate::error::Result;
use crate::store::accounts::Account;
use crate::store::follows::{self, Follow};
use crate::store::{Connection, accounts};
use crate::streams::Announcements;

pub(super) async fn receive(app: &App, mut deed: Deed, yes: bool) -> Result<String> {
    if consent::is_answer(app, &deed.activity).await? {
        return consent::answered(app, &deed.activity, &deed.actor, yes, &mut deed.budget).await;
    }
    if interact::is_answer(app, &deed.activity).await? {
        return interact::answered(app, &deed.activity, &deed.actor, yes).await;
    }
    if let Some(answer) = relay::answered(app, &deed.activity, &deed.actor, yes).await? {
        return Ok(answer);
    }
    let (now, us, who) = (app.clock.now(), app.clone(), deed.actor.clone());
    let (answer, told, first) = app
        .store
        .write(move |tx| {
            let id = deed.activity.object_id().unwrap_or_default();
            let found = answered(tx, id, &deed.activity.object, &deed.actor)?;
            let Some((follow, follower)) = found else {
                return Ok(("ignored: no such follow", Announcements::default(), false));
            };
            if yes {
                let first = follows::local_followers(tx, deed.actor.id)?.is_empty();
                let told = follow::write_accept(tx, &us, &follow, &follower, &deed.actor, now)?;
                Ok(("the follow is accepted", told, first))
            } else {
                Ok(("the follow is rejected", follow::write_end(tx, &us, &follow, Told::Nobody, now)?, false))
            }
        })
        .await?;
    told.announce(app);
    if first && let Err(error) = featured::read(app, &who, &mut deed.budget).await {
        // Nice to have: the follow counts without it.
        tracing::debug!(%error, actor = who.uri, "pinned posts cannot be read");
    }
    Ok(answer.into())
}

/// The follow that is answered, by its id or by who and whom (`object`: the Follow as far as it is embedded), and only if
/// the one who answers is the one followed (A5).
pub(super) fn answered(
    db: &Connection,
    id: &str,
    object: &serde_json::Value,
    target: &Account,
) -> Result<Option<(Follow, Account)>> {
    let follow = match follows::by_uri(db, id)? {
        Some(follow) => Some(follow),
        None => match read::id(object, "actor") {
            Some(actor) => match accounts::by_uri(db, actor)? {
                Some(follower) => follows::between(db, follower.id, target.id)?,
                None => None,
            },
            None => None,
        },
    };
    let Some(follow) = follow.filter(|follow| follow.target_id == target.id) else { return Ok(None) };
    let follower = accounts::by_id(db, follow.account_id)?.filter(Account::is_local);
    Ok(follower.map(|follower| (follow, follower)))
}
