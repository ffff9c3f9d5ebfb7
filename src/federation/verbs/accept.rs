//! Accept and Reject: the answer to a Follow of ours, or the end of one.

use super::Deed;
use crate::actions::follow::{self, Told};
use crate::activitypub::envelope::Activity;
use crate::activitypub::read;
use crate::app::App;
use crate::error::Result;
use crate::store::accounts::Account;
use crate::store::follows::{self, Follow};
use crate::store::{Connection, accounts};
use crate::streams::Announcements;

pub(super) async fn receive(app: &App, deed: Deed, yes: bool) -> Result<String> {
    let (now, us) = (app.clock.now(), app.clone());
    let (answer, told) = app
        .store
        .write(move |tx| {
            let found = answered(tx, &deed.activity, &deed.actor)?;
            let Some((follow, follower)) = found else {
                return Ok(("ignored: no such follow", Announcements::default()));
            };
            if yes {
                let told = follow::write_accept(tx, &us, &follow, &follower, &deed.actor, now)?;
                Ok(("the follow is accepted", told))
            } else {
                Ok(("the follow is rejected", follow::write_end(tx, &us, &follow, Told::Nobody, now)?))
            }
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}

/// The follow that is answered, by its id or by who and whom, and only if the one who answers is the one followed (A5).
fn answered(db: &Connection, activity: &Activity, target: &Account) -> Result<Option<(Follow, Account)>> {
    let by_id = match activity.object_id() {
        Some(id) => follows::by_uri(db, id)?,
        None => None,
    };
    let follow = match by_id {
        Some(follow) => Some(follow),
        None => match read::id(&activity.object, "actor") {
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
