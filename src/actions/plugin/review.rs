//! The review queue: moderators let held posts pass or drop them, authors withdraw theirs.

use crate::actions::fetch::Budget;
use crate::actions::post::{self, Draft};
use crate::actions::receive;
use crate::actions::schedule::Kept;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, HeldId, StatusId};
use crate::plugins::envelope::Direction;
use crate::store::held::{self, Held};
use crate::store::{accounts, statuses};

use super::verbs;

/// What is held under this id, or `NotFound`.
pub async fn one(app: &App, id: HeldId) -> Result<Held> {
    app.store.read(move |db| held::by_id(db, id)).await?.ok_or(Error::NotFound("held post"))
}

/// Publishes it under its own id, or takes it in. Fails when it was decided already, or cannot be had any more.
pub async fn approve(app: &App, by: AccountId, id: HeldId) -> Result<Held> {
    let row = open(app, id).await?;
    let owner = row.account_id;
    let author = app.store.read(move |db| accounts::by_id(db, owner)).await?;
    let author = author.filter(|author| author.suspended_at.is_none() && author.deleted_at.is_none());
    let author = author.ok_or_else(|| Error::Conflict("the author may not post any more".into()))?;
    if row.activity.is_some() {
        let done = verbs::approve(app, &row, &author, by).await?;
        return if done { one(app, id).await } else { Err(Error::Conflict("it was decided already".into())) };
    }
    let direction: Direction = serde_json::from_value(row.direction.clone().into())
        .map_err(|_| Error::Bug(format!("the direction {}", row.direction)))?;
    let status = if direction.is_own() {
        let kept: Kept = serde_json::from_str(&row.payload)
            .map_err(|error| Error::Bug(format!("a held post is unreadable: {error}")))?;
        let draft = Draft { held: Some(StatusId(id.0)), ..kept.draft() };
        // Published already, by an approval that a crash cut short.
        let there = app.store.read(move |db| statuses::by_id(db, StatusId(id.0))).await?;
        match there {
            Some(status) => Some(status.id),
            None => Some(post::create(app, &author, draft).await?.id),
        }
    } else {
        let object = serde_json::from_str(&row.payload)
            .map_err(|error| Error::Bug(format!("a held object is unreadable: {error}")))?;
        let mut budget = Budget::default();
        if row.is_edit {
            receive::edited_as(app, &object, author, true, &mut budget).await?;
            None
        } else {
            receive::approved(app, &object, author, direction, &mut budget).await?.map(|status| status.id)
        }
    };
    decide(app, id, "approved", by, status).await
}

/// Drops it.
pub async fn reject(app: &App, by: AccountId, id: HeldId) -> Result<Held> {
    open(app, id).await?;
    decide(app, id, "rejected", by, None).await
}

/// Withdraws one's own.
pub async fn withdraw(app: &App, me: AccountId, id: HeldId) -> Result<()> {
    let gone = app.store.write(move |tx| held::withdraw(tx, me, id)).await?;
    if gone { Ok(()) } else { Err(Error::NotFound("held post")) }
}

async fn open(app: &App, id: HeldId) -> Result<Held> {
    let row = one(app, id).await?;
    if row.state == "open" { Ok(row) } else { Err(Error::Conflict(format!("it is {} already", row.state))) }
}

async fn decide(app: &App, id: HeldId, state: &'static str, by: AccountId, status: Option<StatusId>) -> Result<Held> {
    let now = app.clock.now();
    let done = app.store.write(move |tx| held::decide(tx, id, state, by, status, now)).await?;
    if done { one(app, id).await } else { Err(Error::Conflict("it was decided already".into())) }
}
