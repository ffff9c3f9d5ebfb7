//! Block: somebody elsewhere does not want to deal with somebody here. Both are hidden from each other (rule R9).

use super::Deed;
use crate::actions::block;
use crate::app::App;
use crate::error::Result;
use crate::store::tombstones;
use crate::streams::Announcements;

pub(super) async fn receive(app: &App, deed: Deed) -> Result<String> {
    let Some(object) = deed.activity.object_id() else { return Ok("ignored: a Block needs an object".into()) };
    let Some(target) = super::local(app, object).await? else {
        return Ok("ignored: nobody of that id lives here".into());
    };
    let (now, us, who) = (app.clock.now(), app.clone(), deed.actor);
    // Some send none; theirs is undone by naming whom it was about.
    let uri = deed.activity.id.clone().unwrap_or_else(|| format!("{}#blocks:{}", who.uri, target.uri));
    let (answer, told) = app
        .store
        .write(move |tx| {
            if tombstones::is_undone(tx, &uri, &who.uri, now)? {
                return Ok(("ignored: undone before it arrived", Announcements::default()));
            }
            Ok(("blocked", block::write_received(tx, &us, &who, &target, &uri, now)?))
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}
