//! Filters, version 2: a filter holds keywords and posts. Version 1 is the file beside this one.
//!
//! Spec: https://docs.joinmastodon.org/methods/filters/

mod parts;
mod v1;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;

use super::answer::Reply;
use super::auth::Auth;
use super::entities;
use super::error::Answer;
use super::params::Params;
use super::path::Id;
use super::render;
use crate::actions::filter::change;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, FilterId, KeywordId};
use crate::store::filters::{self, Act, Filter, Keyword};
use crate::store::{Connection, Tx};

/// Where a filter may apply.
const CONTEXTS: [&str; 5] = ["home", "notifications", "public", "thread", "account"];
/// The longest title, in characters.
const TITLE: usize = 256;
/// The longest keyword, in characters.
const KEYWORD: usize = 512;
/// Filters of one person, and keywords (and posts) of one filter, at most: all of them are asked of every post.
const FILTERS: usize = 200;
const PARTS: usize = 500;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v2/filters", get(list).post(create))
        .route("/api/v2/filters/{id}", get(show).put(update).delete(delete))
        .merge(parts::routes())
        .merge(v1::routes())
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

async fn list(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::Filter>>> {
    auth.needs("read:filters")?;
    let me = auth.id();
    let read = app.store.read(move |db| {
        let (rows, words, posts) = (filters::of(db, me)?, filters::keywords_of(db, me)?, filters::statuses_of(db, me)?);
        Ok(rows.iter().map(|row| render::filter(row, &words, &posts)).collect())
    });
    Ok(Reply::own(read.await?))
}

async fn show(State(app): State<App>, auth: Auth, Id(id): Id<FilterId>) -> Answer<Reply<entities::Filter>> {
    auth.needs("read:filters")?;
    let me = auth.id();
    Ok(Reply::own(app.store.read(move |db| rendered(db, me, id)).await?))
}

async fn create(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Filter>> {
    auth.needs("write:filters")?;
    let (me, now, deed) = (auth.id(), app.clock.now(), app.clone());
    let row = Filter {
        id: app.ids.next(now),
        title: title(&params)?.ok_or_else(|| Error::invalid("title", "can't be blank"))?,
        contexts: contexts(&params)?.ok_or_else(|| Error::invalid("context", "can't be blank"))?,
        action: action(&params)?.unwrap_or(Act::Warn),
        expires_at: expiry(&params, now)?.unwrap_or_default(),
    };
    let wishes = wishes(&params)?;
    let answer = change(&app, me, move |tx| {
        few(filters::of(tx, me)?.len(), FILTERS)?;
        filters::put(tx, me, &row)?;
        grant(tx, &deed, me, row.id, wishes, now)?;
        rendered(tx, me, row.id)
    });
    Ok(Reply::own(answer.await?))
}

async fn update(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<FilterId>,
    params: Params,
) -> Answer<Reply<entities::Filter>> {
    auth.needs("write:filters")?;
    let (me, now, deed) = (auth.id(), app.clock.now(), app.clone());
    let (title, contexts, action) = (title(&params)?, contexts(&params)?, action(&params)?);
    let (expiry, wishes) = (expiry(&params, now)?, wishes(&params)?);
    let answer = change(&app, me, move |tx| {
        let known = known(tx, me, id)?;
        let row = Filter {
            id,
            title: title.unwrap_or(known.title),
            contexts: contexts.unwrap_or(known.contexts),
            action: action.unwrap_or(known.action),
            expires_at: expiry.unwrap_or(known.expires_at),
        };
        filters::put(tx, me, &row)?;
        grant(tx, &deed, me, id, wishes, now)?;
        rendered(tx, me, id)
    });
    Ok(Reply::own(answer.await?))
}

async fn delete(State(app): State<App>, auth: Auth, Id(id): Id<FilterId>) -> Answer<Reply<Done>> {
    auth.needs("write:filters")?;
    let me = auth.id();
    change(&app, me, move |tx| filters::delete(tx, known(tx, me, id)?.id)).await?;
    Ok(Reply::own(Done {}))
}

/// The filter, if it is the caller's.
fn known(db: &Connection, me: AccountId, id: FilterId) -> Result<Filter> {
    filters::by_id(db, me, id)?.ok_or(Error::NotFound("filter"))
}

fn rendered(db: &Connection, me: AccountId, id: FilterId) -> Result<entities::Filter> {
    Ok(render::filter(&known(db, me, id)?, &filters::keywords_of(db, me)?, &filters::statuses_of(db, me)?))
}

/// What `keywords_attributes` asks for: a new keyword, a changed one, or the end of one.
struct Wish {
    id: Option<KeywordId>,
    keyword: Option<String>,
    whole_word: Option<bool>,
    destroy: bool,
}

fn wishes(params: &Params) -> Result<Vec<Wish>> {
    let read = |set: &Params| {
        let wish = Wish {
            id: set.id("id")?,
            keyword: word(set, "keyword")?,
            whole_word: set.flag("whole_word"),
            destroy: set.flag("_destroy") == Some(true),
        };
        if wish.id.is_none() && wish.keyword.is_none() && !wish.destroy {
            return Err(Error::invalid("keyword", "can't be blank"));
        }
        Ok(wish)
    };
    params.sets("keywords_attributes").unwrap_or_default().iter().map(read).collect()
}

fn grant(tx: &Tx, app: &App, me: AccountId, filter: FilterId, wishes: Vec<Wish>, now: Time) -> Result<()> {
    for wish in wishes {
        let known = match wish.id {
            None => None,
            Some(id) => {
                let row = filters::keyword(tx, me, id)?.filter(|row| row.filter_id == filter);
                Some(row.ok_or(Error::NotFound("keyword"))?)
            }
        };
        match (known, wish.keyword) {
            (Some(row), _) if wish.destroy => filters::delete_keyword(tx, row.id)?,
            (None, _) if wish.destroy => {}
            (Some(row), keyword) => filters::put_keyword(
                tx,
                &Keyword {
                    keyword: keyword.unwrap_or(row.keyword),
                    whole_word: wish.whole_word.unwrap_or(row.whole_word),
                    ..row
                },
            )?,
            (None, Some(keyword)) => {
                let whole_word = wish.whole_word.unwrap_or(true);
                filters::put_keyword(tx, &Keyword { id: app.ids.next(now), filter_id: filter, keyword, whole_word })?;
            }
            (None, None) => {}
        }
    }
    few(filters::keywords_of(tx, me)?.iter().filter(|row| row.filter_id == filter).count(), PARTS + 1)
}

fn few(count: usize, most: usize) -> Result<()> {
    if count < most { Ok(()) } else { Err(Error::invalid("", "There are too many of them; remove some first")) }
}

fn title(params: &Params) -> Result<Option<String>> {
    text(params, "title", TITLE)
}

fn word(params: &Params, name: &'static str) -> Result<Option<String>> {
    text(params, name, KEYWORD)
}

/// `None` when absent; 422 when blank or longer than `most` characters.
fn text(params: &Params, name: &'static str, most: usize) -> Result<Option<String>> {
    let Some(text) = params.text(name) else { return Ok(None) };
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid(name, "can't be blank"));
    }
    if text.chars().count() > most {
        return Err(Error::invalid(name, format!("is longer than {most} characters")));
    }
    Ok(Some(text.to_owned()))
}

fn contexts(params: &Params) -> Result<Option<Vec<String>>> {
    let Some(mut asked) = params.list("context") else { return Ok(None) };
    asked.retain(|context| !context.is_empty());
    if asked.is_empty() {
        return Err(Error::invalid("context", "can't be blank"));
    }
    if asked.iter().any(|context| !CONTEXTS.contains(&context.as_str())) {
        return Err(Error::invalid("context", "is none of home, notifications, public, thread, account"));
    }
    let chosen = CONTEXTS.iter().filter(|context| asked.iter().any(|asked| asked == *context));
    Ok(Some(chosen.map(|context| (*context).to_owned()).collect()))
}

fn action(params: &Params) -> Result<Option<Act>> {
    match params.text("filter_action").filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => {
            let act = Act::parse(&text);
            act.map(Some).ok_or_else(|| Error::invalid("filter_action", "is none of warn, hide, blur"))
        }
    }
}

/// `expires_in` in seconds: `None` when absent, `Some(None)` (for ever) when empty or null.
fn expiry(params: &Params, now: Time) -> Result<Option<Option<Time>>> {
    if params.tree.get("expires_in").is_none() {
        return Ok(None);
    }
    let Some(seconds) = params.number("expires_in")? else { return Ok(Some(None)) };
    let seconds = u64::try_from(seconds).map_err(|_| Error::invalid("expires_in", "must not be negative"))?;
    Ok(Some(Some(now.plus(Duration::from_secs(seconds)))))
}
