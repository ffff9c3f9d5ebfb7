//! The admin's word lists: written here, or fetched from a shared address again every day.

use std::time::Duration;

use crate::app::App;
use crate::error::{Error, Result};
use crate::store::word_lists::{self, WordList};

use super::download::download;

/// How old a fetched list may be.
const AGE: Duration = Duration::from_hours(24);
/// Bytes of a fetched list.
const LIMIT: usize = 1024 * 1024;
/// Entries of a list.
const ENTRIES: usize = 10_000;

/// Writes a list; one with an address is fetched at once.
pub async fn put(app: &App, mut list: WordList) -> Result<WordList> {
    if list.url.is_some() {
        fetch(app, &mut list).await;
    }
    let row = list.clone();
    app.store.write(move |tx| word_lists::put(tx, &row)).await?;
    super::load(app).await?;
    Ok(list)
}

/// Forgets a list.
pub async fn remove(app: &App, name: String) -> Result<()> {
    let gone = app.store.write(move |tx| word_lists::delete(tx, &name)).await?;
    if !gone {
        return Err(Error::NotFound("word list"));
    }
    super::load(app).await
}

/// Fetches the lists that are a day old. Answers how many.
pub async fn refresh(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let lists = app.store.read(word_lists::all).await?;
    let due = |list: &WordList| list.url.is_some() && list.fetched_at.is_none_or(|at| now.since(at) >= AGE);
    let mut count = 0;
    for mut list in lists.into_iter().filter(due) {
        fetch(app, &mut list).await;
        app.store.write(move |tx| word_lists::put(tx, &list)).await?;
        count += 1;
    }
    if count > 0 {
        super::load(app).await?;
    }
    Ok(count)
}

/// One entry a line; lines that begin with `#` and a space are remarks. What went wrong is noted, and the old entries stay.
async fn fetch(app: &App, list: &mut WordList) {
    list.fetched_at = Some(app.clock.now());
    match lines(app, list.url.as_deref().unwrap_or_default()).await {
        Ok(entries) => {
            list.entries = entries;
            list.problem = None;
        }
        Err(error) => list.problem = Some(error.to_string()),
    }
}

async fn lines(app: &App, url: &str) -> Result<Vec<String>> {
    let body = download(app, ("url", url), "text/plain, */*", LIMIT, Duration::from_secs(20)).await?;
    let text = String::from_utf8_lossy(&body).into_owned();
    let entries = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# "));
    Ok(entries.take(ENTRIES).map(str::to_owned).collect())
}
