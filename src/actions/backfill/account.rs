//! The last posts and the pinned posts of an account that somebody here follows now.

use serde_json::Value;

use crate::activitypub::{envelope, ids, note, read};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts::{self, Account};
use crate::store::backfills::{self, Backfill};
use crate::store::statuses::Status;

use super::super::fetch::Budget;
use super::super::{pin, receive};
use super::collection::{Reader, post_of};

/// The most posts. Rule R15.
const POSTS: usize = 20;
/// The outbox, its first page, and the pinned posts; a page that links further is not followed.
const PAGES: usize = 2;

/// Reads them; answers how many posts that brought.
pub(super) async fn read(app: &App, job: &Backfill, id: AccountId) -> Result<i64> {
    let account = app.store.read(move |db| accounts::by_id(db, id)).await?;
    let account = account.filter(|account| account.suspended_at.is_none()).ok_or(Error::NotFound("account"))?;
    // Whom they answer is not asked for: that is a matter of conversations.
    let mut reader = Reader { app, budget: Budget::shallow(), pages: PAGES };
    let mut found = 0;
    if let Some(outbox) = own(&account, account.outbox.as_deref()) {
        for item in reader.items(outbox, POSTS).await {
            if read::kind(&item, &["Announce"]).is_none() && take(&mut reader, &account, &item).await?.is_some() {
                found += 1;
            }
        }
    }
    reader.pages = PAGES;
    if let Some(featured) = own(&account, account.featured_uri.as_deref()) {
        let items = reader.items(featured, pin::MOST_REMOTE).await;
        // The first of the list was pinned last.
        for item in items.iter().rev() {
            if let Some(status) = take(&mut reader, &account, item).await? {
                let (now, who) = (app.clock.now(), account.clone());
                app.store.write(move |tx| pin::write_remote(tx, &who, &status, true, now)).await?;
            }
        }
    }
    let job = job.id;
    app.store.write(move |tx| backfills::progress(tx, job, found)).await?;
    Ok(found)
}

/// The collection, if it lives where its owner does.
fn own<'a>(account: &Account, address: Option<&'a str>) -> Option<&'a str> {
    address.filter(|address| ids::same_origin(address, &account.uri))
}

/// Takes in one post of the account. What stands whole in a collection at its author's own origin is believed.
async fn take(reader: &mut Reader<'_>, account: &Account, item: &Value) -> Result<Option<Status>> {
    let (app, development) = (reader.app, reader.app.config.development);
    let create = || envelope::read(item.clone(), development).ok().filter(|activity| activity.actor == account.uri);
    let whole = match read::kind(item, &["Create"]) {
        Some(_) => create().and_then(|activity| activity.own_object().cloned()),
        None => note::is_post(item).then(|| item.clone()),
    };
    let theirs = |object: &Value| {
        note::read(object, development)
            .is_ok_and(|note| note.attributed_to == account.uri && ids::same_origin(&note.id, &account.uri))
    };
    let taken = match whole.filter(theirs) {
        Some(object) => receive::fetched(app, &object, &mut reader.budget).await,
        None => match post_of(item).filter(|id| ids::same_origin(id, &account.uri)) {
            Some(id) => receive::by_uri(app, id, &mut reader.budget).await,
            None => return Ok(None),
        },
    };
    match taken {
        Ok(status) => Ok(status.filter(|status| status.account_id == account.id)),
        Err(Error::Store(error)) => Err(error.into()),
        Err(error) => {
            tracing::debug!("a post of somebody newly followed was not taken: {error}");
            Ok(None)
        }
    }
}
