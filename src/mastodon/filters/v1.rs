//! Filters, version 1 (deprecated): one entry a keyword. What several keywords share cannot be changed through one.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderName;
use axum::routing::get;

use super::{Done, FILTERS, contexts, expiry, few, word};
use crate::actions::filter::change;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, FilterId, KeywordId};
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::FilterV1;
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render;
use crate::store::Connection;
use crate::store::filters::{self, Act, Filter, Keyword};

/// Deprecated with Mastodon 4.0, 14 November 2022. Spec: RFC 9745
const OLD: [(HeaderName, &str); 1] = [(HeaderName::from_static("deprecation"), "@1668384000")];

type Old<T> = ([(HeaderName, &'static str); 1], Reply<T>);

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/filters", get(list).post(create))
        .route("/api/v1/filters/{id}", get(show).put(update).delete(delete))
}

async fn list(State(app): State<App>, auth: Auth) -> Answer<Old<Vec<FilterV1>>> {
    auth.needs("read:filters")?;
    let me = auth.id();
    let read = app.store.read(move |db| {
        let rows = filters::of(db, me)?;
        let whole = |word: &Keyword| {
            let filter = rows.iter().find(|row| row.id == word.filter_id)?;
            Some(render::filter_v1(filter, word))
        };
        Ok(filters::keywords_of(db, me)?.iter().filter_map(whole).collect())
    });
    Ok((OLD, Reply::own(read.await?)))
}

async fn show(State(app): State<App>, auth: Auth, Id(id): Id<KeywordId>) -> Answer<Old<FilterV1>> {
    auth.needs("read:filters")?;
    let me = auth.id();
    let (row, word) = app.store.read(move |db| known(db, me, id)).await?;
    Ok((OLD, Reply::own(render::filter_v1(&row, &word))))
}

async fn create(State(app): State<App>, auth: Auth, params: Params) -> Answer<Old<FilterV1>> {
    auth.needs("write:filters")?;
    let (me, now) = (auth.id(), app.clock.now());
    let phrase = word(&params, "phrase")?.ok_or_else(|| Error::invalid("phrase", "can't be blank"))?;
    let row = Filter {
        id: app.ids.next::<FilterId>(now),
        title: phrase.chars().take(super::TITLE).collect(),
        contexts: contexts(&params)?.ok_or_else(|| Error::invalid("context", "can't be blank"))?,
        action: action(&params).unwrap_or(Act::Warn),
        expires_at: expiry(&params, now)?.unwrap_or_default(),
    };
    let whole_word = params.flag("whole_word").unwrap_or(true);
    let word = Keyword { id: app.ids.next(now), filter_id: row.id, keyword: phrase, whole_word };
    let answer = change(&app, me, move |tx| {
        few(filters::of(tx, me)?.len(), FILTERS)?;
        filters::put(tx, me, &row)?;
        filters::put_keyword(tx, &word)?;
        Ok(render::filter_v1(&row, &word))
    });
    Ok((OLD, Reply::own(answer.await?)))
}

async fn update(State(app): State<App>, auth: Auth, Id(id): Id<KeywordId>, params: Params) -> Answer<Old<FilterV1>> {
    auth.needs("write:filters")?;
    let (me, now) = (auth.id(), app.clock.now());
    let (phrase, whole_word) = (word(&params, "phrase")?, params.flag("whole_word"));
    let (contexts, action, expiry) = (contexts(&params)?, action(&params), expiry(&params, now)?);
    let answer = change(&app, me, move |tx| {
        let (before, mut word) = known(tx, me, id)?;
        word.keyword = phrase.unwrap_or(word.keyword);
        word.whole_word = whole_word.unwrap_or(word.whole_word);
        let row = Filter {
            contexts: contexts.unwrap_or_else(|| before.contexts.clone()),
            // A filter that only blurs stays so unless hiding is asked for.
            action: match action {
                Some(Act::Hide) => Act::Hide,
                Some(_) if before.action == Act::Hide => Act::Warn,
                _ => before.action,
            },
            expires_at: expiry.unwrap_or(before.expires_at),
            ..before.clone()
        };
        if row != before && count(tx, me, row.id)? > 1 {
            let why = "This filter has several keywords; what they share can only be changed with version 2";
            return Err(Error::invalid("", why));
        }
        filters::put(tx, me, &row)?;
        filters::put_keyword(tx, &word)?;
        Ok(render::filter_v1(&row, &word))
    });
    Ok((OLD, Reply::own(answer.await?)))
}

/// Deletes the keyword, and its filter once nothing else is in it.
async fn delete(State(app): State<App>, auth: Auth, Id(id): Id<KeywordId>) -> Answer<Old<Done>> {
    auth.needs("write:filters")?;
    let me = auth.id();
    let deleted = change(&app, me, move |tx| {
        let (row, word) = known(tx, me, id)?;
        filters::delete_keyword(tx, word.id)?;
        let posts = filters::statuses_of(tx, me)?.iter().any(|kept| kept.filter_id == row.id);
        if posts || count(tx, me, row.id)? > 0 { Ok(()) } else { filters::delete(tx, row.id) }
    });
    deleted.await?;
    Ok((OLD, Reply::own(Done {})))
}

fn known(db: &Connection, me: AccountId, id: KeywordId) -> Result<(Filter, Keyword)> {
    let word = filters::keyword(db, me, id)?.ok_or(Error::NotFound("filter"))?;
    Ok((super::known(db, me, word.filter_id)?, word))
}

fn count(db: &Connection, me: AccountId, filter: FilterId) -> Result<usize> {
    Ok(filters::keywords_of(db, me)?.iter().filter(|row| row.filter_id == filter).count())
}

fn action(params: &Params) -> Option<Act> {
    params.flag("irreversible").map(|hide| if hide { Act::Hide } else { Act::Warn })
}
