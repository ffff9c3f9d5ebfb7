//! Uploading pictures, and describing them until they are posted.
//!
//! Uploads are done when they are answered: there is no processing to wait for. Spec: Mastodon API, media,
//! https://docs.joinmastodon.org/methods/media/

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::auth::Auth;
use super::entities;
use super::error::Answer;
use super::params::Params;
use super::render::{self, Base};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::MediaId;
use crate::store::media::{self, Media};

/// The largest picture, in bytes.
pub const IMAGE_LIMIT: u64 = 16_000_000;
/// The longest description, in characters.
pub const DESCRIPTION_LIMIT: usize = 10_000;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/media", post(upload))
        .route("/api/v2/media", post(upload))
        .route("/api/v1/media/{id}", get(show).put(update).delete(remove))
}

async fn upload(State(app): State<App>, me: Auth, params: Params) -> Answer<Json<entities::Attachment>> {
    me.needs("write:media")?;
    let wishes = Wishes::read(&params)?;
    let file = params.file("file").ok_or_else(|| Error::invalid("file", "is missing"))?;
    if file.size > IMAGE_LIMIT {
        return Err(Error::invalid("file", "is too large; pictures may have 16 MB").into());
    }
    let picture = app.media.picture(&file.path).await?;
    let now = app.clock.now();
    let mut row = Media {
        id: app.ids.next(now),
        account_id: me.id(),
        status_id: None,
        position: 0,
        kind: "image".to_owned(),
        mime: picture.format.mime().to_owned(),
        file: Some(picture.file),
        thumbnail: Some(picture.thumbnail),
        remote_url: None,
        description: wishes.description.flatten(),
        blurhash: Some(picture.blurhash),
        focus: wishes.focus,
        width: Some(picture.width.into()),
        height: Some(picture.height.into()),
        small_width: Some(picture.small_width.into()),
        small_height: Some(picture.small_height.into()),
        size: i64::try_from(picture.size).ok(),
        created_at: now,
    };
    if let Some(chosen) = params.file("thumbnail") {
        let chosen = app.media.thumbnail(&chosen.path).await?;
        let replaced = row.thumbnail.replace(chosen.file);
        row.small_width = Some(chosen.width.into());
        row.small_height = Some(chosen.height.into());
        row.blurhash = Some(chosen.blurhash);
        app.media.remove(replaced.into_iter().collect()).await?;
    }
    let answer = shown(&app, &row);
    app.store.write(move |tx| media::insert(tx, &row)).await?;
    Ok(Json(answer))
}

async fn show(State(app): State<App>, me: Auth, Path(id): Path<String>) -> Answer<Json<entities::Attachment>> {
    me.needs("write:media")?;
    let row = own_unattached(&app, &me, &id).await?;
    Ok(Json(shown(&app, &row)))
}

async fn update(
    State(app): State<App>,
    me: Auth,
    Path(id): Path<String>,
    params: Params,
) -> Answer<Json<entities::Attachment>> {
    me.needs("write:media")?;
    let wishes = Wishes::read(&params)?;
    let row = own_unattached(&app, &me, &id).await?;
    let chosen = match params.file("thumbnail") {
        Some(file) => Some(app.media.thumbnail(&file.path).await?),
        None => None,
    };
    let replaced = chosen.is_some().then_some(row.thumbnail).flatten();
    let (id, owner) = (row.id, me.id());
    let row = app
        .store
        .write(move |tx| {
            // It may have been posted in the meantime.
            media::unattached_by_id(tx, id, owner)?.ok_or(Error::NotFound("media"))?;
            if let Some(description) = wishes.description {
                media::update_description(tx, id, description.as_deref())?;
            }
            if let Some(focus) = wishes.focus {
                media::update_focus(tx, id, focus)?;
            }
            if let Some(chosen) = chosen {
                let size = (chosen.width.into(), chosen.height.into());
                media::update_thumbnail(tx, id, &chosen.file, size, &chosen.blurhash)?;
            }
            media::by_id(tx, id)?.ok_or(Error::NotFound("media"))
        })
        .await?;
    app.media.remove(replaced.into_iter().collect()).await?;
    Ok(Json(shown(&app, &row)))
}

async fn remove(State(app): State<App>, me: Auth, Path(id): Path<String>) -> Answer<Json<Value>> {
    me.needs("write:media")?;
    let (id, owner) = (parse(&id)?, me.id());
    let row = app
        .store
        .write(move |tx| {
            let row = media::by_id(tx, id)?.filter(|row| row.account_id == owner).ok_or(Error::NotFound("media"))?;
            if row.status_id.is_some() {
                return Err(Error::invalid("", "Media attachment is currently used by a status"));
            }
            media::delete(tx, id)?;
            Ok(row)
        })
        .await?;
    app.media.remove(row.file.into_iter().chain(row.thumbnail).collect()).await?;
    Ok(Json(json!({})))
}

fn shown(app: &App, row: &Media) -> entities::Attachment {
    render::attachment(&Base::new(app), row)
}

async fn own_unattached(app: &App, me: &Auth, id: &str) -> Result<Media> {
    let (id, owner) = (parse(id)?, me.id());
    let found = app.store.read(move |db| media::unattached_by_id(db, id, owner)).await?;
    found.ok_or(Error::NotFound("media"))
}

fn parse(id: &str) -> Result<MediaId> {
    id.parse().map_err(|_| Error::NotFound("media"))
}

/// What an owner says about a picture; absent is left as it is.
struct Wishes {
    description: Option<Option<String>>,
    focus: Option<(f64, f64)>,
}

impl Wishes {
    fn read(params: &Params) -> Result<Self> {
        let description = params.text("description").map(|text| Some(text).filter(|text| !text.trim().is_empty()));
        if let Some(Some(text)) = &description
            && text.chars().count() > DESCRIPTION_LIMIT
        {
            return Err(Error::invalid("description", "is too long; 10,000 characters are allowed"));
        }
        let focus = match params.text("focus").filter(|text| !text.trim().is_empty()) {
            Some(text) => {
                Some(focus(&text).ok_or_else(|| Error::invalid("focus", "must be two numbers from -1 to 1: x,y"))?)
            }
            None => None,
        };
        Ok(Self { description, focus })
    }
}

/// `x,y`, each pulled into -1 to 1.
fn focus(text: &str) -> Option<(f64, f64)> {
    let number = |text: &str| text.trim().parse().ok().filter(|number: &f64| number.is_finite());
    let (x, y) = text.split_once(',')?;
    Some((number(x)?.clamp(-1.0, 1.0), number(y)?.clamp(-1.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;
    use crate::actions::token::issue_token;
    use crate::app::tests::{local_account, test_app};

    /// A PNG of 1200 x 900 pixels with an alpha-free gradient.
    fn png() -> Vec<u8> {
        let image = image::RgbImage::from_fn(1200, 900, |x, y| image::Rgb([x as u8, y as u8, 128]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, image::ImageFormat::Png).expect("encodes");
        bytes.into_inner()
    }

    struct Client {
        app: App,
        token: String,
        _folder: std::rc::Rc<tempfile::TempDir>,
    }

    impl Client {
        async fn ask(&self, method: &str, uri: &str, parts: &[(&str, &[u8])]) -> (u16, Value) {
            let mut body = Vec::new();
            for (name, bytes) in parts {
                let file = if matches!(*name, "file" | "thumbnail") { "; filename=\"../a.html\"" } else { "" };
                body.extend_from_slice(
                    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
                );
                body.extend_from_slice(bytes);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(b"--b--\r\n");
            let request = Request::builder()
                .method(method)
                .uri(uri)
                .header("authorization", format!("Bearer {}", self.token))
                .header("content-type", "multipart/form-data; boundary=b")
                .body(Body::from(if method == "GET" { Vec::new() } else { body }))
                .expect("a request");
            let router = routes().merge(super::super::files::routes()).with_state(self.app.clone());
            let response = router.oneshot(request).await.expect("answers");
            let status = response.status().as_u16();
            let body = axum::body::to_bytes(response.into_body(), 1 << 24).await.expect("a body");
            (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        }
    }

    async fn clients() -> (Client, Client) {
        let (folder, app) = test_app();
        let folder = std::rc::Rc::new(folder);
        let mut clients = Vec::new();
        for name in ["alice", "bob"] {
            let account = local_account(&app, name, "member").await;
            let token = issue_token(&app, account.id, "read write", "t").await.expect("a token");
            clients.push(Client { app: app.clone(), token, _folder: folder.clone() });
        }
        let bob = clients.pop().expect("two");
        (clients.pop().expect("two"), bob)
    }

    #[tokio::test]
    async fn an_upload_can_be_shown_described_and_deleted_by_its_owner_alone() {
        let (alice, bob) = clients().await;
        let parts = [("file", &png()[..]), ("description", "たそがれ".as_bytes()), ("focus", &b"0.5,-7"[..])];
        let (status, made) = alice.ask("POST", "/api/v2/media", &parts).await;
        assert_eq!(status, 200, "{made}");
        assert_eq!(made["type"], "image");
        assert_eq!(made["description"], "たそがれ");
        assert_eq!(made["meta"]["focus"], json!({"x": 0.5, "y": -1.0}));
        assert_eq!(made["meta"]["original"]["size"], "1200x900");
        assert_eq!(made["meta"]["small"]["size"], "554x415");
        let uri = format!("/api/v1/media/{}", made["id"].as_str().expect("an id"));
        assert_eq!(bob.ask("GET", &uri, &[]).await.0, 404);
        assert_eq!(bob.ask("DELETE", &uri, &[]).await.0, 404);
        assert_eq!(alice.ask("GET", &uri, &[]).await, (200, made.clone()));
        let (status, changed) = alice.ask("PUT", &uri, &[("description", b""), ("thumbnail", &png())]).await;
        assert_eq!((status, &changed["description"]), (200, &Value::Null));
        assert_ne!(changed["preview_url"], made["preview_url"]);
        let file = |made: &Value, name: &str| {
            let url = made[name].as_str().expect("an address").to_owned();
            url.strip_prefix("http://nagaya.test").expect("is ours").to_owned()
        };
        assert_eq!(alice.ask("GET", &file(&made, "preview_url"), &[]).await.0, 404);
        assert_eq!(alice.ask("GET", &file(&made, "url"), &[]).await.0, 200);
        assert_eq!(alice.ask("DELETE", &uri, &[]).await.0, 200);
        assert_eq!(alice.ask("GET", &file(&made, "url"), &[]).await.0, 404);
        assert_eq!(alice.ask("GET", &uri, &[]).await.0, 404);
    }

    #[tokio::test]
    async fn bad_uploads_are_refused_with_a_reason() {
        let (alice, _) = clients().await;
        let whole = png();
        for (parts, reason) in [
            (vec![], "missing"),
            (vec![("file", &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..])], "no picture"),
            (vec![("file", &b"\0\0\0\x18ftypisom\0\0\0\0"[..])], "ideo and audio"),
            (vec![("file", &whole[..whole.len() / 2])], "damaged or incomplete"),
            (vec![("file", &whole[..]), ("focus", &b"left"[..])], "x,y"),
        ] {
            let (status, answer) = alice.ask("POST", "/api/v1/media", &parts).await;
            let error = answer["error"].as_str().unwrap_or_default();
            assert!(status == 422 && error.contains(reason), "{status} {answer}");
        }
    }
}
