//! Uploading: pictures are made at once; films and sounds wait in a queue that survives a crash.
//!
//! What waits is a row (`media_work`) and a file in the folder of waiting uploads; the result of the work and the end of
//! the row share one transaction. Whoever works on an upload holds a claim, so that nobody does it twice.

use std::path::Path;
use std::time::Duration;

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, MediaId};
use crate::media::{Claim, SIZE_LIMIT, Sort};
use crate::store::media::{self, Details, Media};
use crate::store::media_work;

/// The largest picture, in bytes.
pub const IMAGE_LIMIT: u64 = 16_000_000;
/// A file that brought us down so often is left alone.
const ATTEMPTS: i64 = 3;
/// How often a client that waits for another's work looks whether it is done.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What a person uploads.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Upload<'a> {
    pub file: &'a Path,
    /// In bytes.
    pub size: u64,
    /// A preview of the person's own choice.
    pub thumbnail: Option<&'a Path>,
    pub description: Option<String>,
    pub focus: Option<(f64, f64)>,
}

/// Takes an upload of `owner`; a picture is finished when this returns, anything else waits.
pub async fn accept(app: &App, owner: AccountId, upload: Upload<'_>) -> Result<Media> {
    let sort = app.media.inspect(upload.file).await?;
    let limit = if sort == Sort::Picture { IMAGE_LIMIT } else { SIZE_LIMIT };
    if upload.size > limit {
        let why = "is too large; pictures may have 16 MB, videos and sounds 99 MB";
        return Err(Error::invalid("file", why));
    }
    let now = app.clock.now();
    let mut row = Media {
        id: app.ids.next(now),
        account_id: owner,
        status_id: None,
        position: 0,
        kind: "image".to_owned(),
        mime: String::new(),
        file: None,
        thumbnail: None,
        remote_url: None,
        description: upload.description,
        blurhash: None,
        focus: upload.focus,
        width: None,
        height: None,
        small_width: None,
        small_height: None,
        size: None,
        details: None,
        created_at: now,
    };
    let source = match sort {
        Sort::Picture => {
            let picture = app.media.picture(upload.file).await?;
            row.mime = picture.format.mime().to_owned();
            row.file = Some(picture.file);
            row.thumbnail = Some(picture.thumbnail);
            row.blurhash = Some(picture.blurhash);
            (row.width, row.height) = (Some(picture.width.into()), Some(picture.height.into()));
            (row.small_width, row.small_height) = (Some(picture.small_width.into()), Some(picture.small_height.into()));
            row.size = i64::try_from(picture.size).ok();
            None
        }
        Sort::Reel { kind, mime } => {
            (row.kind, row.mime) = (kind.to_owned(), mime.to_owned());
            Some(app.media.wait(upload.file).await?)
        }
    };
    if let Some(chosen) = upload.thumbnail {
        let chosen = app.media.thumbnail(chosen).await?;
        let replaced = row.thumbnail.replace(chosen.file);
        (row.small_width, row.small_height) = (Some(chosen.width.into()), Some(chosen.height.into()));
        row.blurhash = Some(chosen.blurhash);
        row.details = chosen
            .colors
            .filter(|_| row.kind == "audio")
            .map(|colors| Details { colors: Some(colors), ..Details::default() });
        app.media.remove(replaced.into_iter().collect()).await?;
    }
    let new = row.clone();
    let written = app.store.write(move |tx| {
        media::insert(tx, &new)?;
        source.map_or(Ok(()), |source| media_work::enqueue(tx, new.id, &source))
    });
    written.await?;
    app.media.ring();
    Ok(row)
}

/// Works on the oldest waiting upload; `false`: nothing waits.
pub async fn work(app: &App) -> Result<bool> {
    let claimed = app.media.claimed();
    let Some(id) = app.store.read(move |db| media_work::next(db, &claimed)).await? else { return Ok(false) };
    if let Some(claim) = app.media.claim(id) {
        make(app, id, claim).await?;
    }
    Ok(true)
}

/// Works on this upload now, unless somebody does; either way it is finished or failed when this returns.
pub async fn hurry(app: &App, id: MediaId) -> Result<()> {
    loop {
        if let Some(claim) = app.media.claim(id) {
            return make(app, id, claim).await;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Before the server answers: throws away waiting files of which nobody knows.
pub async fn tidy(app: &App) -> Result<()> {
    let wanted = app.store.read(media_work::sources).await?;
    app.media.forget_waiting(wanted).await
}

async fn make(app: &App, id: MediaId, _claim: Claim) -> Result<()> {
    let begun = app.store.write(move |tx| match media_work::of(tx, id)? {
        Some(work) if work.failed.is_none() => Ok(Some((work.source, media_work::begin(tx, id)?))),
        _ => Ok(None),
    });
    let Some((source, attempts)) = begun.await? else { return Ok(()) };
    let made = match attempts > ATTEMPTS {
        true => Err(Error::invalid("", "The file could not be processed; save it in another format")),
        false => app.media.finish(&source).await,
    };
    match made {
        Ok(finished) => {
            let row = finished.clone();
            let written = app.store.write(move |tx| {
                let used = media::finish(tx, id, &row)?;
                media_work::finish(tx, id)?;
                Ok(used)
            });
            // The upload may have been deleted, or got a preview of its owner's choice, meanwhile.
            let unused: Vec<String> = match written.await? {
                Some(true) => Vec::new(),
                Some(false) => finished.preview.into_iter().map(|preview| preview.0).collect(),
                None => finished.preview.into_iter().map(|preview| preview.0).chain([finished.file]).collect(),
            };
            app.media.remove(unused).await?;
        }
        // Our own disk, or a store that is down, is no fault of the file: it is tried again.
        Err(error) if error.is_retryable() => {
            app.store.write(move |tx| media_work::excuse(tx, id)).await?;
            return Err(error);
        }
        Err(error) => {
            let why = match error {
                Error::Invalid { why, .. } => why,
                error => {
                    tracing::error!(%error, "an upload could not be processed");
                    "The file could not be processed".to_owned()
                }
            };
            app.store.write(move |tx| media_work::fail(tx, id, &why)).await?;
        }
    }
    app.media.drop_waiting(&source).await;
    Ok(())
}
