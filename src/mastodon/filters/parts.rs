//! The keywords and posts of a filter, one by one.

use axum::Router;
use axum::extract::State;
use axum::routing::get;

use super::{Done, PARTS, few, known, word};
use crate::actions::filter::change;
use crate::app::App;
use crate::error::Error;
use crate::ids::{FilterId, KeptId, KeywordId, StatusId};
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render;
use crate::mastodon::statuses::visible;
use crate::store::filters::{self, Kept, Keyword};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v2/filters/{id}/keywords", get(keywords).post(add_keyword))
        .route("/api/v2/filters/keywords/{id}", get(keyword).put(change_keyword).delete(remove_keyword))
        .route("/api/v2/filters/{id}/statuses", get(statuses).post(add_status))
        .route("/api/v2/filters/statuses/{id}", get(status).delete(remove_status))
}

async fn keywords(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<FilterId>,
) -> Answer<Reply<Vec<entities::FilterKeyword>>> {
    auth.needs("read:filters")?;
    let me = auth.id();
    let read = app.store.read(move |db| {
        known(db, me, id)?;
        Ok(filters::keywords_of(db, me)?.iter().filter(|row| row.filter_id == id).map(render::keyword).collect())
    });
    Ok(Reply::own(read.await?))
}

async fn keyword(State(app): State<App>, auth: Auth, Id(id): Id<KeywordId>) -> Answer<Reply<entities::FilterKeyword>> {
    auth.needs("read:filters")?;
    let me = auth.id();
    let row = app.store.read(move |db| filters::keyword(db, me, id)).await?.ok_or(Error::NotFound("keyword"))?;
    Ok(Reply::own(render::keyword(&row)))
}

async fn add_keyword(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<FilterId>,
    params: Params,
) -> Answer<Reply<entities::FilterKeyword>> {
    auth.needs("write:filters")?;
    let me = auth.id();
    let row = Keyword {
        id: app.ids.next(app.clock.now()),
        filter_id: id,
        keyword: word(&params, "keyword")?.ok_or_else(|| Error::invalid("keyword", "can't be blank"))?,
        whole_word: params.flag("whole_word").unwrap_or(true),
    };
    let answer = change(&app, me, move |tx| {
        known(tx, me, id)?;
        few(filters::keywords_of(tx, me)?.iter().filter(|row| row.filter_id == id).count(), PARTS)?;
        filters::put_keyword(tx, &row)?;
        Ok(render::keyword(&row))
    });
    Ok(Reply::own(answer.await?))
}

async fn change_keyword(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<KeywordId>,
    params: Params,
) -> Answer<Reply<entities::FilterKeyword>> {
    auth.needs("write:filters")?;
    let (me, text, whole_word) = (auth.id(), word(&params, "keyword")?, params.flag("whole_word"));
    let answer = change(&app, me, move |tx| {
        let mut row = filters::keyword(tx, me, id)?.ok_or(Error::NotFound("keyword"))?;
        row.keyword = text.unwrap_or(row.keyword);
        row.whole_word = whole_word.unwrap_or(row.whole_word);
        filters::put_keyword(tx, &row)?;
        Ok(render::keyword(&row))
    });
    Ok(Reply::own(answer.await?))
}

async fn remove_keyword(State(app): State<App>, auth: Auth, Id(id): Id<KeywordId>) -> Answer<Reply<Done>> {
    auth.needs("write:filters")?;
    let me = auth.id();
    let removed = change(&app, me, move |tx| {
        let row = filters::keyword(tx, me, id)?.ok_or(Error::NotFound("keyword"))?;
        filters::delete_keyword(tx, row.id)
    });
    removed.await?;
    Ok(Reply::own(Done {}))
}

async fn statuses(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<FilterId>,
) -> Answer<Reply<Vec<entities::FilterStatus>>> {
    auth.needs("read:filters")?;
    let me = auth.id();
    let read = app.store.read(move |db| {
        known(db, me, id)?;
        Ok(filters::statuses_of(db, me)?.iter().filter(|row| row.filter_id == id).map(render::kept_status).collect())
    });
    Ok(Reply::own(read.await?))
}

async fn status(State(app): State<App>, auth: Auth, Id(id): Id<KeptId>) -> Answer<Reply<entities::FilterStatus>> {
    auth.needs("read:filters")?;
    let me = auth.id();
    let row = app.store.read(move |db| filters::status(db, me, id)).await?.ok_or(Error::NotFound("filtered post"))?;
    Ok(Reply::own(render::kept_status(&row)))
}

async fn add_status(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<FilterId>,
    params: Params,
) -> Answer<Reply<entities::FilterStatus>> {
    auth.needs("write:filters")?;
    let me = auth.id();
    let status: StatusId = params.id("status_id")?.ok_or_else(|| Error::invalid("status_id", "can't be blank"))?;
    let row = Kept { id: app.ids.next(app.clock.now()), filter_id: id, status_id: status };
    let answer = change(&app, me, move |tx| {
        known(tx, me, id)?;
        visible(tx, status, Some(me))?;
        few(filters::statuses_of(tx, me)?.iter().filter(|row| row.filter_id == id).count(), PARTS)?;
        if !filters::insert_status(tx, row)? {
            return Err(Error::invalid("status_id", "has already been taken"));
        }
        Ok(render::kept_status(&row))
    });
    Ok(Reply::own(answer.await?))
}

async fn remove_status(State(app): State<App>, auth: Auth, Id(id): Id<KeptId>) -> Answer<Reply<Done>> {
    auth.needs("write:filters")?;
    let me = auth.id();
    let removed = change(&app, me, move |tx| {
        let row = filters::status(tx, me, id)?.ok_or(Error::NotFound("filtered post"))?;
        filters::delete_status(tx, row.id)
    });
    removed.await?;
    Ok(Reply::own(Done {}))
}
