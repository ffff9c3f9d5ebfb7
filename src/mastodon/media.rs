//! Uploading, and describing what was uploaded until it is posted.
//!
//! Pictures are done when they are answered. Films, sounds and animations are made in the background: v2 answers 202
//! and `GET` 206 until they are; v1 waits. Spec: Mastodon API, media, https://docs.joinmastodon.org/methods/media/

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::auth::Auth;
use super::entities;
use super::error::Answer;
use super::params::Params;
use super::render::{self, Base};
use crate::actions::upload::{self, Upload};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::MediaId;
use crate::store::media::{self, Media};
use crate::store::media_work;

/// The longest description, in characters.
pub const DESCRIPTION_LIMIT: usize = 10_000;

type Shown = (StatusCode, Json<entities::Attachment>);

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/media", post(upload_and_wait))
        .route("/api/v2/media", post(upload))
        .route("/api/v1/media/{id}", get(show).put(update).delete(remove))
}

async fn upload(State(app): State<App>, me: Auth, params: Params) -> Answer<Shown> {
    let row = accept(&app, &me, &params).await?;
    let status = if row.is_finished() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(shown(&app, &row))))
}

async fn upload_and_wait(State(app): State<App>, me: Auth, params: Params) -> Answer<Shown> {
    let mut row = accept(&app, &me, &params).await?;
    if !row.is_finished() {
        upload::hurry(&app, row.id).await?;
        row = own_unattached(&app, &me, row.id).await?;
    }
    Ok((StatusCode::OK, Json(shown(&app, &row))))
}

async fn accept(app: &App, me: &Auth, params: &Params) -> Result<Media> {
    me.needs("write:media")?;
    let wishes = Wishes::read(params)?;
    let file = params.file("file").ok_or_else(|| Error::invalid("file", "is missing"))?;
    let upload = Upload {
        file: &file.path,
        size: file.size,
        thumbnail: params.file("thumbnail").map(|file| &*file.path),
        description: wishes.description.flatten(),
        focus: wishes.focus,
    };
    upload::accept(app, me.id(), upload).await
}

async fn show(State(app): State<App>, me: Auth, Path(id): Path<String>) -> Answer<Shown> {
    me.needs("write:media")?;
    let row = own_unattached(&app, &me, parse(&id)?).await?;
    let status = if row.is_finished() { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT };
    Ok((status, Json(shown(&app, &row))))
}

async fn update(
    State(app): State<App>,
    me: Auth,
    Path(id): Path<String>,
    params: Params,
) -> Answer<Json<entities::Attachment>> {
    me.needs("write:media")?;
    let wishes = Wishes::read(&params)?;
    let row = own_unattached(&app, &me, parse(&id)?).await?;
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
    let (row, work) = app
        .store
        .write(move |tx| {
            let work = media_work::of(tx, id)?;
            let row = media::by_id(tx, id)?.filter(|row| row.account_id == owner).ok_or(Error::NotFound("media"))?;
            if row.status_id.is_some() {
                return Err(Error::invalid("", "Media attachment is currently used by a status"));
            }
            media::delete(tx, id)?;
            Ok((row, work))
        })
        .await?;
    if let Some(work) = work {
        app.media.drop_waiting(&work.source).await;
    }
    app.media.remove(row.file.into_iter().chain(row.thumbnail).collect()).await?;
    Ok(Json(json!({})))
}

fn shown(app: &App, row: &Media) -> entities::Attachment {
    render::attachment(&Base::new(app), row)
}

/// The upload, while no post uses it. 422 when nothing could be made of it.
async fn own_unattached(app: &App, me: &Auth, id: MediaId) -> Result<Media> {
    let owner = me.id();
    let found = app.store.read(move |db| Ok((media::unattached_by_id(db, id, owner)?, media_work::of(db, id)?)));
    let (row, work) = found.await?;
    let row = row.ok_or(Error::NotFound("media"))?;
    match work.and_then(|work| work.failed) {
        Some(why) => Err(Error::invalid("", why)),
        None => Ok(row),
    }
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
        let plays = alice.app.media.plays_films();
        for (parts, reason) in [
            (vec![], "missing"),
            (vec![("file", &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..])], "no file that"),
            (vec![("file", &b"\0\0\0\x18ftypisom\0\0\0\0"[..])], if plays { "damaged" } else { "install ffmpeg" }),
            (vec![("file", &whole[..whole.len() / 2])], "damaged or incomplete"),
            (vec![("file", &whole[..]), ("focus", &b"left"[..])], "x,y"),
        ] {
            let (status, answer) = alice.ask("POST", "/api/v1/media", &parts).await;
            let error = answer["error"].as_str().unwrap_or_default();
            assert!(status == 422 && error.contains(reason), "{status} {answer}");
        }
    }

    /// Has ffmpeg make something of its own test pictures and sounds.
    fn made_by(ffmpeg: &std::path::Path, recipe: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("made");
        let words = recipe.split_ascii_whitespace();
        let status = std::process::Command::new(ffmpeg).args(["-v", "error"]).args(words).arg(&file).status();
        assert!(status.expect("ffmpeg runs").success(), "{recipe}");
        std::fs::read(file).expect("reads")
    }

    #[tokio::test]
    async fn films_and_sounds_wait_until_they_are_made_or_are_refused_with_the_remedy() {
        let (alice, _) = clients().await;
        let app = alice.app.clone();
        let Some(ffmpeg) = app.config.tools.ffmpeg.clone() else {
            let (status, answer) = alice.ask("POST", "/api/v2/media", &[("file", b"OggS\0")]).await;
            assert!(status == 422 && answer["error"].as_str().is_some_and(|why| why.contains("install ffmpeg")));
            assert!(!app.media.supported_mime_types().contains(&"video/mp4"));
            return;
        };
        assert!(app.media.supported_mime_types().contains(&"video/mp4"));
        let film = "-f lavfi -i testsrc=size=322x180:rate=25:duration=1 -f lavfi -i sine=duration=1 -metadata \
            title=secret -metadata location=+35+139/ -pix_fmt yuv420p -f";
        for (recipe, kind, meta) in [
            (format!("{film} mp4"), "video", "frame_rate"),
            (format!("{film} webm"), "video", "frame_rate"),
            ("-f lavfi -i testsrc=size=64x64:rate=5:duration=1 -f gif".into(), "gifv", "width"),
            ("-f lavfi -i sine=duration=1 -metadata title=secret -f wav".into(), "audio", "bitrate"),
        ] {
            let bytes = made_by(&ffmpeg, &recipe);
            let (status, waiting) = alice.ask("POST", "/api/v2/media", &[("file", &bytes)]).await;
            assert_eq!((status, &waiting["type"], &waiting["url"]), (202, &json!(kind), &Value::Null), "{waiting}");
            let uri = format!("/api/v1/media/{}", waiting["id"].as_str().expect("an id"));
            assert_eq!(alice.ask("GET", &uri, &[]).await.0, 206);
            assert!(upload::work(&app).await.expect("works") && !upload::work(&app).await.expect("is done"));
            let (status, made) = alice.ask("GET", &uri, &[]).await;
            assert_eq!((status, &made["type"]), (200, &json!(kind)), "{made}");
            assert!(made["meta"]["original"]["duration"].as_f64().is_some_and(|time| (0.9..1.2).contains(&time)));
            assert!(!made["meta"]["original"][meta].is_null(), "{made}");
            assert_eq!(made["blurhash"].is_null(), kind == "audio", "{made}");
            let id: MediaId = made["id"].as_str().expect("an id").parse().expect("an id");
            let row = app.store.read(move |db| media::by_id(db, id)).await.expect("reads").expect("is there");
            let (place, _) = app.media.locate(row.file.as_deref().expect("has a file")).expect("is ours");
            let crate::media::Place::Here(path) = place else { panic!("it is elsewhere") };
            let stored = std::fs::read(path).expect("reads");
            for secret in [&b"secret"[..], b"+35+139"] {
                assert!(!stored.windows(secret.len()).any(|part| part == secret), "{recipe}");
            }
        }
        let (status, made) =
            alice.ask("POST", "/api/v1/media", &[("file", &made_by(&ffmpeg, &format!("{film} mp4")))]).await;
        assert_eq!((status, made["url"].is_string()), (200, true), "{made}");
        let wide = made_by(&ffmpeg, "-f lavfi -i color=size=4200x2100:rate=1:duration=1 -f mp4");
        let (status, refused) = alice.ask("POST", "/api/v2/media", &[("file", &wide)]).await;
        assert!(status == 422 && refused["error"].as_str().is_some_and(|why| why.contains("8.3 megapixels")));
    }

    #[tokio::test]
    async fn what_cannot_be_made_is_said_and_an_unfinished_upload_cannot_be_posted() {
        let (alice, _) = clients().await;
        let app = alice.app.clone();
        let mut row = crate::store::testing::image(
            77,
            app.store
                .read(|db| Ok(crate::store::accounts::by_handle(db, "alice", None)?.expect("is there").id))
                .await
                .expect("reads"),
        );
        (row.file, row.thumbnail) = (None, None);
        let (id, owner) = (row.id, row.account_id);
        let written = app.store.write(move |tx| {
            media::insert(tx, &row)?;
            media_work::enqueue(tx, id, "a file that is gone")
        });
        written.await.expect("writes");
        let attached = app.store.write(move |tx| {
            let post = crate::store::testing::status(78, owner, true, "x");
            crate::store::statuses::insert(tx, &post)?;
            media::attach(tx, post.id, &[id], owner)
        });
        assert!(attached.await.is_err(), "it has no file yet");
        app.store.write(move |tx| media_work::fail(tx, id, "The film is damaged")).await.expect("writes");
        let (status, answer) = alice.ask("GET", "/api/v1/media/77", &[]).await;
        assert_eq!((status, &answer["error"]), (422, &json!("The film is damaged")));
        assert_eq!(alice.ask("DELETE", "/api/v1/media/77", &[]).await.0, 200);
    }
}
