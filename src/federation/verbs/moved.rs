//! Move: somebody lives elsewhere from now on. Either the old account says so, or (FEP-7628) the new one.

use super::Deed;
use crate::actions::moving;
use crate::activitypub::{ids, read};
use crate::app::App;
use crate::error::Result;

pub(super) async fn receive(app: &App, mut deed: Deed) -> Result<String> {
    let Some(parts) = verify(&deed) else {
        return Ok("ignored: a Move is told by who moves, from one actor to another".into());
    };
    let (old, new) = (parts.0.to_owned(), parts.1.to_owned());
    if ids::valid_remote_id(&old, app.config.development).is_err()
        || ids::valid_remote_id(&new, app.config.development).is_err()
    {
        return Ok("ignored: these are no actors".into());
    }
    moving::received(app, &deed.actor, &old, &new, &mut deed.budget).await
}

/// From where and to where, if this actor may say so.
fn verify(deed: &Deed) -> Option<(&str, &str)> {
    let (old, new) = (deed.activity.object_id()?, read::id_of(&deed.activity.target)?);
    let by_either = deed.actor.uri == old || deed.actor.uri == new;
    (by_either && old != new).then_some((old, new))
}
