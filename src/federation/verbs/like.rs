//! Like: a favourite for a post of ours. With an emoji in it, or as an EmojiReact, a reaction (rule R3).

use super::Deed;
use crate::actions::{favourite, react};
use crate::activitypub::read;
use crate::app::App;
use crate::error::Result;
use crate::store::reactions::Reaction;
use crate::store::{blocks, statuses, tombstones};
use crate::streams::Announcements;
use crate::text::emoji;

pub(super) async fn receive(app: &App, deed: Deed) -> Result<String> {
    let (Some(uri), Some(object)) = (deed.activity.id.clone(), deed.activity.object_id().map(str::to_owned)) else {
        return Ok("ignored: a Like needs an id and an object".into());
    };
    let raw = &deed.activity.raw;
    let content = read::string(raw, "content").or_else(|| read::string(raw, "_misskey_reaction"));
    // Custom emoji are not kept: as a Like they count as a favourite.
    let name = content.map(str::trim).filter(|name| emoji::is_emoji(name)).map(str::to_owned);
    if name.is_none() && deed.activity.kind == "EmojiReact" {
        return Ok("ignored: not a Unicode emoji".into());
    }
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
            let Some(name) = name else {
                return Ok(("favourited", favourite::write(tx, &us, &who, &status, id, &uri, now)?));
            };
            let reaction = Reaction { id, account_id: who.id, status_id: status.id, name, uri };
            Ok(("reacted", react::write(tx, &us, &who, &status, &reaction, now)?))
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}
