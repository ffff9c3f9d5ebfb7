//! LikeRequest, ReplyRequest, AnnounceRequest: leave to do something to a post of ours, with the deed inside (rule R5).
//!
//! Posts of ours are open to whoever may see them, so the answer is at once yes with a proof, or no.

use serde_json::{Value, json};

use super::{Deed, announce, create, like};
use crate::actions::interact;
use crate::activitypub::policy::{self, Deed as Wanted};
use crate::activitypub::{envelope, note, read};
use crate::app::App;
use crate::error::Result;

pub(super) async fn receive(app: &App, deed: Deed) -> Result<String> {
    let Some(wanted) = policy::requested(&deed.activity.kind) else {
        return Ok("ignored: a request for what we do not know".into());
    };
    let Some((may, request)) = interact::requested(app, &deed.activity, &deed.actor, wanted).await? else {
        return Ok("ignored: it is about no post of ours".into());
    };
    let asker = deed.actor.clone();
    let came_along = read::first(&deed.activity.raw, "instrument").is_some_and(Value::is_object);
    let inner = inside(app, &deed, wanted)?;
    // Nobody asks with the deed of somebody else.
    let may = may && (inner.is_some() || !came_along);
    let outcome = match inner {
        _ if !may => "not allowed".to_owned(),
        Some(inner) => carry_out(app, Deed { activity: inner, ..deed }, wanted).await?,
        // Only named: it comes by itself.
        None => "allowed".to_owned(),
    };
    interact::reply(app, request, &asker, may).await?;
    Ok(format!("answered: {outcome}"))
}

async fn carry_out(app: &App, deed: Deed, wanted: Wanted) -> Result<String> {
    match wanted {
        Wanted::Like => like::receive(app, deed).await,
        Wanted::Announce => announce::receive(app, deed).await,
        Wanted::Reply => create::receive(app, deed).await,
    }
}

/// The deed itself, if it came along and is the asker's own.
fn inside(app: &App, deed: &Deed, wanted: Wanted) -> Result<Option<envelope::Activity>> {
    let Some(instrument) = read::first(&deed.activity.raw, "instrument").filter(|inner| inner.is_object()) else {
        return Ok(None);
    };
    let whole: Value = match wanted {
        Wanted::Reply
            if note::is_post(instrument) && read::ids(instrument, "attributedTo").contains(&deed.actor.uri) =>
        {
            json!({"type": "Create", "actor": deed.actor.uri, "object": instrument})
        }
        Wanted::Reply => return Ok(None),
        Wanted::Like | Wanted::Announce => instrument.clone(),
    };
    let Ok(inner) = envelope::read(whole, app.config.development) else { return Ok(None) };
    let fits = match wanted {
        Wanted::Like => matches!(inner.kind.as_str(), "Like" | "EmojiReact"),
        Wanted::Announce => inner.kind == "Announce",
        Wanted::Reply => true,
    };
    // The same post as the request, and nobody else's deed.
    let same = wanted == Wanted::Reply || inner.object_id() == deed.activity.object_id();
    Ok((fits && same && inner.actor == deed.actor.uri).then_some(inner))
}
