//! Like: a favourite for a post of ours. With an emoji in it, or as an EmojiReact, a reaction (rule R3).

use super::Deed;
use crate::actions::{emoji, favourite, react};
use crate::activitypub::{note, read};
use crate::app::App;
use crate::error::Result;
use crate::store::reactions::Reaction;
use crate::store::{blocks, statuses, tombstones};
use crate::streams::Announcements;

pub(super) async fn receive(app: &App, deed: Deed) -> Result<String> {
    let (Some(uri), Some(object)) = (deed.activity.id.clone(), deed.activity.object_id().map(str::to_owned)) else {
        return Ok("ignored: a Like needs an id and an object".into());
    };
    let raw = &deed.activity.raw;
    let content = read::string(raw, "content").or_else(|| read::string(raw, "_misskey_reaction")).map(str::to_owned);
    let along = note::emojis_of(raw);
    let must_react = deed.activity.kind == "EmojiReact";
    let (now, us, who) = (app.clock.now(), app.clone(), deed.actor);
    let (answer, told) = app
        .store
        .write(move |tx| {
            let nothing = |why| Ok((why, Announcements::default()));
            let Some(status) = statuses::by_uri(tx, &object)?.filter(|status| status.local) else {
                return nothing("ignored: not a post of ours");
            };
            if tombstones::is_undone(tx, &uri, &who.uri, now)? {
                return nothing("ignored: undone before it arrived");
            }
            if blocks::exists(tx, status.account_id, who.id)? || !statuses::may_see(tx, &status, Some(who.id))? {
                return nothing("ignored: the post is not theirs to see");
            }
            let id = us.ids.next::<i64>(now);
            let reaction = content.map_or(Ok(None), |content| emoji::received(tx, &us, &who, &content, &along, now))?;
            if reaction.is_none() && must_react {
                return nothing("ignored: not an emoji that we can show");
            }
            // An emoji that cannot be shown counts as a favourite.
            let Some((name, emoji_id)) = reaction else {
                return Ok(("favourited", favourite::write(tx, &us, &who, &status, id, &uri, now)?));
            };
            let reaction = Reaction { id, account_id: who.id, status_id: status.id, name, uri, emoji_id };
            Ok(("reacted", react::write(tx, &us, &who, &status, &reaction, now)?))
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}
