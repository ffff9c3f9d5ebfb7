//! Serving stored files: our own, and our copies of other servers'.
//!
//! A file goes out with the one fixed type of its kind, sandboxed, never as a page, a script or an activity, whatever
//! its bytes say. Remote files are fetched when somebody first looks. Spec: rule A10 of our interop notes; RFC 9110 §14.

use std::io::SeekFrom;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RANGE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::error::Answer;
use crate::actions::{border, plugin};
use crate::activitypub::ids;
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::ids::{AccountId, EmojiId, MediaId};
use crate::media::{Place, Purpose};
use crate::store::{Connection, accounts, cards, custom_emojis, media};

/// A stored file never changes under its name.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// What stands behind an attachment or a profile may change.
const A_DAY: &str = "public, max-age=86400";
/// How much of a file is read at a time.
const PIECE: u64 = 64 << 10;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/media/{file}", get(stored))
        .route("/media/remote/{id}", get(original))
        .route("/media/remote/{id}/small", get(small))
        .route("/media/card/{id}", get(card))
        .route("/media/avatar/{id}", get(avatar))
        .route("/media/header/{id}", get(header))
        .route("/media/emoji/{id}", get(emoji))
        .route("/media/emoji/{id}/static", get(still_emoji))
}

async fn stored(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap) -> Answer<Response> {
    Ok(send(&app, &name, &headers, FOREVER).await?)
}

async fn original(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Answer<Response> {
    attachment(&app, &id, &headers, Purpose::Original).await
}

async fn small(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Answer<Response> {
    attachment(&app, &id, &headers, Purpose::Small).await
}

/// The picture of a page behind a link.
async fn card(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Answer<Response> {
    let id: i64 = id.parse().map_err(|_| Error::NotFound("media"))?;
    let card = app.store.read(move |db| cards::by_id(db, id)).await?.ok_or(Error::NotFound("media"))?;
    Ok(show(&app, &headers, Purpose::Small, None, card.image, None).await?)
}

async fn avatar(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Answer<Response> {
    profile(&app, &id, &headers, Purpose::Avatar).await
}

async fn header(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Answer<Response> {
    profile(&app, &id, &headers, Purpose::Header).await
}

async fn emoji(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Answer<Response> {
    custom(&app, &id, &headers, Purpose::Original).await
}

async fn still_emoji(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Answer<Response> {
    custom(&app, &id, &headers, Purpose::Small).await
}

/// A custom emoji; `Small` is its still picture.
async fn custom(app: &App, id: &str, headers: &HeaderMap, purpose: Purpose) -> Answer<Response> {
    let id: EmojiId = id.parse().map_err(|_| Error::NotFound("emoji"))?;
    let row = app.store.read(move |db| custom_emojis::by_id(db, id)).await?;
    let row = row.filter(|row| !row.disabled).ok_or(Error::NotFound("emoji"))?;
    let own = if purpose == Purpose::Small { row.static_file } else { row.file };
    Ok(show(app, headers, purpose, own, row.remote_url, row.domain).await?)
}

async fn attachment(app: &App, id: &str, headers: &HeaderMap, purpose: Purpose) -> Answer<Response> {
    let id: MediaId = id.parse().map_err(|_| Error::NotFound("media"))?;
    let found = app.store.read(move |db| {
        let Some(row) = media::by_id(db, id)? else { return Ok(None) };
        let author = accounts::by_id(db, row.account_id)?;
        Ok(author.filter(|author| author.suspended_at.is_none()).map(|author| (row, author.domain)))
    });
    let (row, domain) = found.await?.ok_or(Error::NotFound("media"))?;
    let own = if purpose == Purpose::Small { row.thumbnail } else { row.file };
    Ok(show(app, headers, purpose, own, row.remote_url, domain).await?)
}

async fn profile(app: &App, id: &str, headers: &HeaderMap, purpose: Purpose) -> Answer<Response> {
    let id: AccountId = id.parse().map_err(|_| Error::NotFound("account"))?;
    let account = app.store.read(move |db| accounts::by_id(db, id)).await?;
    let account = account.filter(|account| account.suspended_at.is_none()).ok_or(Error::NotFound("account"))?;
    let (own, url) = match purpose {
        Purpose::Header => (account.header_file, account.header_remote_url),
        _ => (account.avatar_file, account.avatar_remote_url),
    };
    Ok(show(app, headers, purpose, own, url, account.domain).await?)
}

/// Our own file if there is one, else our copy of the remote one, unless media of its server (`domain` of the handle, and
/// the host that keeps the file) are rejected.
async fn show(
    app: &App,
    headers: &HeaderMap,
    purpose: Purpose,
    own: Option<String>,
    url: Option<String>,
    domain: Option<String>,
) -> Result<Response> {
    if let Some(name) = own {
        return send(app, &name, headers, A_DAY).await;
    }
    let url = url.ok_or(Error::NotFound("file"))?;
    // A picture of ours in the profile of a stranger: we would ask ourselves, who would ask ourselves.
    if ids::same_origin(&url, &app.config.url("/")) {
        return Err(Error::NotFound("file"));
    }
    let asked = url.clone();
    let rejected = move |db: &Connection| {
        let of_domain = domain.map_or(Ok(false), |domain| border::standing(db, &domain).map(|found| found.no_media))?;
        Ok(of_domain || border::standing_of(db, &asked)?.no_media)
    };
    if app.store.read(rejected).await? {
        return Err(Error::NotFound("file"));
    }
    let name = plugin::media(app, purpose, &url).await?;
    send(app, &name, headers, A_DAY).await
}

async fn send(app: &App, name: &str, headers: &HeaderMap, cache: &'static str) -> Result<Response> {
    let asked = headers.get(RANGE).and_then(|value| value.to_str().ok());
    let (place, format) = app.media.locate(name)?;
    let mut response = match place {
        Place::Here(path) => read(&path, asked).await?,
        Place::Bucket => pass_on(app, name, asked).await?,
        // The address is as good as the file, and whoever reads there costs us nothing.
        Place::Public(url) => return Ok(Redirect::temporary(url.as_str()).into_response()),
    };
    if !response.status().is_success() {
        return Ok(response);
    }
    response.headers_mut().extend([
        (CONTENT_TYPE, HeaderValue::from_static(format.mime())),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (CACHE_CONTROL, HeaderValue::from_static(cache)),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
    ]);
    Ok(response)
}

/// A file of the data folder, or the part of it that is asked for.
async fn read(path: &std::path::Path, asked: Option<&str>) -> Result<Response> {
    let failed = || Error::io("cannot read a stored file");
    let mut file = match File::open(path).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Error::NotFound("file")),
        opened => opened.map_err(failed())?,
    };
    let size = file.metadata().await.map_err(failed())?.len();
    let (status, from, length) = match asked.and_then(|asked| range(asked, size)) {
        None => (StatusCode::OK, 0, size),
        Some(Ok((from, length))) => (StatusCode::PARTIAL_CONTENT, from, length),
        Some(Err(())) => {
            let range = [(CONTENT_RANGE, HeaderValue::try_from(format!("bytes */{size}")).expect("is ASCII"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {from}-{}/{size}", from + length - 1);
        response.headers_mut().insert(CONTENT_RANGE, HeaderValue::try_from(range).expect("is ASCII"));
        file.seek(SeekFrom::Start(from)).await.map_err(failed())?;
    }
    *response.body_mut() = Body::from_stream(pieces(file, length));
    Ok(response)
}

/// A file of the bucket, piece by piece as it comes.
async fn pass_on(app: &App, name: &str, asked: Option<&str>) -> Result<Response> {
    let answer = app.media.from_bucket(name, asked).await?;
    let status = match answer.status {
        200 => StatusCode::OK,
        206 => StatusCode::PARTIAL_CONTENT,
        416 => StatusCode::RANGE_NOT_SATISFIABLE,
        403 | 404 => return Err(Error::NotFound("file")),
        code => return Err(Error::peer("the bucket", Fault::Status { code, retry_after: None })),
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    for name in [CONTENT_LENGTH, CONTENT_RANGE] {
        if let Some(value) = answer.header(name.as_str()).and_then(|value| HeaderValue::from_str(value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    if status.is_success() {
        *response.body_mut() = Body::from_stream(answer.body);
    } else {
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    Ok(response)
}

/// The next `length` bytes of `file`, piece by piece.
fn pieces(file: File, length: u64) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> {
    futures_util::stream::try_unfold((file, length), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut piece = Vec::with_capacity(left.min(PIECE) as usize);
        let read = (&mut file).take(left.min(PIECE)).read_to_end(&mut piece).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some((Bytes::from(piece), (file, left - read as u64))))
    })
}

/// What a `Range` header asks for: start and length; `Err` when the file has nothing there, `None` when the header
/// is to be ignored (several ranges, other units, nonsense).
fn range(header: &str, size: u64) -> Option<Result<(u64, u64), ()>> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        let length = last.parse::<u64>().ok()?.min(size);
        return Some(if length == 0 { Err(()) } else { Ok((size - length, length)) });
    }
    let from = first.parse::<u64>().ok()?;
    let to = if last.is_empty() { u64::MAX } else { last.parse().ok()? };
    if to < from {
        return None;
    }
    Some(if from >= size { Err(()) } else { Ok((from, to.min(size - 1) - from + 1)) })
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;
    use crate::app::tests::test_app;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        for (header, expected) in [
            ("bytes=0-", Some(Ok((0, 100)))),
            ("bytes=0-0", Some(Ok((0, 1)))),
            ("bytes=10-19", Some(Ok((10, 10)))),
            ("bytes=90-500", Some(Ok((90, 10)))),
            ("bytes=-30", Some(Ok((70, 30)))),
            ("bytes=-500", Some(Ok((0, 100)))),
            ("bytes=-0", Some(Err(()))),
            ("bytes=100-", Some(Err(()))),
            ("bytes=9-5", None),
            ("bytes=0-1,5-6", None),
            ("lines=1-2", None),
            ("bytes=a-b", None),
        ] {
            assert_eq!(range(header, 100), expected, "{header}");
        }
    }

    #[tokio::test]
    async fn files_are_served_with_safe_headers_and_nothing_else_is_served() {
        let (folder, app) = test_app();
        let picture = folder.path().join("upload");
        image::RgbImage::new(40, 30).save_with_format(&picture, image::ImageFormat::Png).expect("saves");
        let name = app.media.avatar(&picture).await.expect("is a picture");
        let ask = async |uri: &str, range: &str| {
            let mut request = Request::get(uri);
            if !range.is_empty() {
                request = request.header(RANGE, range);
            }
            let request = request.body(Body::empty()).expect("a request");
            let response = routes().with_state(app.clone()).oneshot(request).await.expect("answers");
            let (head, body) = response.into_parts();
            (head, axum::body::to_bytes(body, 1 << 20).await.expect("a body"))
        };
        let uri = format!("/media/{name}");
        let (head, whole) = ask(&uri, "").await;
        assert_eq!(head.status, 200);
        for (header, value) in [
            (CONTENT_TYPE, "image/jpeg"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            (CACHE_CONTROL, FOREVER),
        ] {
            assert_eq!(head.headers[&header], value, "{header}");
        }
        let (head, part) = ask(&uri, "bytes=2-5").await;
        assert_eq!((head.status.as_u16(), &part[..]), (206, &whole[2..6]));
        assert_eq!(head.headers[CONTENT_RANGE], format!("bytes 2-5/{}", whole.len()));
        assert_eq!(ask(&uri, "bytes=999999-").await.0.status, 416);
        for uri in [
            "/media/..%2Fnagaya.db",
            "/media/%2e%2e%2fnagaya.db",
            "/media/0123456789abcdef0123456789abcdef.jpg",
            "/media/remote/1",
            "/media/remote/x",
            "/media/avatar/1",
        ] {
            assert_eq!(ask(uri, "").await.0.status, 404, "{uri}");
        }
    }
}
