//! Like: a favourite for a post of ours.

use super::Deed;
use crate::actions::favourite;
use crate::app::App;
use crate::error::Result;
use crate::store::{blocks, statuses, tombstones};
use crate::streams::Announcements;

pub(super) async fn receive(app: &App, deed: Deed) -> Result<String> {
    let (Some(uri), Some(object)) = (deed.activity.id.clone(), deed.activity.object_id().map(str::to_owned)) else {
        return Ok("ignored: a Like needs an id and an object".into());
    };
    let (now, us, who) = (app.clock.now(), app.clone(), deed.actor);
    let (answer, told) = app
        .store
        .write(move |tx| {
            let nothing = |why| Ok((why, Announcements::default()));
            let Some(status) = statuses::by_uri(tx, &object)?.filter(|status| status.local) else {
                return nothing("ignored: not a post of ours");
            };
            if tombstones::take_undone(tx, &uri, &who.uri)? {
                return nothing("ignored: undone before it arrived");
            }
            if blocks::exists(tx, status.account_id, who.id)? || !statuses::may_see(tx, &status, Some(who.id))? {
                return nothing("ignored: the post is not theirs to see");
            }
            let id = us.ids.next::<i64>(now);
            Ok(("favourited", favourite::write(tx, &us, &who, &status, id, &uri, now)?))
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}
