//! The web app under `/app/`: files that `build.rs` put into the program, or (in development) those of a folder.
//!
//! What is in `assets/` carries a hash in its name and is kept for good; everything else is asked for again. An address of
//! the app itself, such as `/app/notifications`, answers `index.html`: the app reads the address. Only scripts of ours run.

use std::path::{Component, Path as FilePath};

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    HeaderValue, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use super::page::{self, Page};
use super::{trouble, visitor};
use crate::app::App;

/// A file of the app.
#[derive(Debug)]
#[allow(dead_code, reason = "a debug build has none of them")]
struct File {
    /// Its address below `/app/`.
    name: &'static str,
    bytes: &'static [u8],
    /// The same, compressed.
    brotli: Option<&'static [u8]>,
}

/// What `build.rs` put in; nothing in debug builds.
const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/webapp.rs"));

/// Where the app lives.
pub(super) const PLACE: &str = "/app/";
const INDEX: &str = "index.html";
/// How far down the service worker may reach.
const SERVICE_WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// Scripts, styles and pictures of ours; pictures and sounds that the browser itself holds; our API and its streams.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
    base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

#[derive(Template)]
#[template(path = "message.html")]
struct Missing {
    page: Page,
    text: String,
    more: Option<String>,
    next: Option<(&'static str, &'static str)>,
}

/// Whether there is an app to show.
pub(super) fn is_here(app: &App) -> bool {
    !FILES.is_empty() || app.config.web_app.is_some()
}

/// Whether the program carries the app, for whoever starts it.
pub fn is_embedded() -> bool {
    !FILES.is_empty()
}

/// `/app` without the slash.
pub(super) async fn slash() -> Redirect {
    std::future::ready(Redirect::permanent(PLACE)).await
}

/// Anything below `/app/`.
pub(super) async fn serve(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response {
    if !is_here(&app) {
        return missing(&headers, &uri);
    }
    let asked = uri.path().strip_prefix(PLACE).unwrap_or_default();
    let asked = percent_encoding::percent_decode_str(asked).decode_utf8_lossy().into_owned();
    let name = if asked.is_empty() { INDEX } else { asked.as_str() };
    let found = match &app.config.web_app {
        Some(folder) => from_folder(folder, name).await,
        None => FILES.iter().find(|file| file.name == name).map(|file| embedded(file, &headers)),
    };
    if let Some((body, encoding)) = found {
        return answer(&app, name, body, encoding, &headers);
    }
    if is_file(name) {
        return trouble::not_found(&headers, &uri);
    }
    let index = match &app.config.web_app {
        Some(folder) => from_folder(folder, INDEX).await,
        None => FILES.iter().find(|file| file.name == INDEX).map(|file| embedded(file, &headers)),
    };
    match index {
        Some((body, encoding)) => answer(&app, INDEX, body, encoding, &headers),
        None => missing(&headers, &uri),
    }
}

/// Whether `name` can only be a file, perhaps of an older build, or leads outside: it must not turn into a page, which a
/// browser would run as a script. Names of people and servers have dots as well: `@bob@example.com`, `admin/federation/example.com`.
fn is_file(name: &str) -> bool {
    let leads_out = name.split('/').any(|step| step == "..");
    leads_out || name.starts_with("assets/") || (name.contains('.') && !name.contains(['/', '@']))
}

type Found = (std::borrow::Cow<'static, [u8]>, Option<&'static str>);

fn embedded(file: &File, headers: &HeaderMap) -> Found {
    match file.brotli.filter(|_| takes_brotli(headers)) {
        Some(small) => (small.into(), Some("br")),
        None => (file.bytes.into(), None),
    }
}

/// A file of the folder that a developer named; nothing outside of it.
async fn from_folder(folder: &FilePath, name: &str) -> Option<Found> {
    let plain = FilePath::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let bytes = if plain { tokio::fs::read(folder.join(name)).await.ok()? } else { return None };
    Some((bytes.into(), None))
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    let all = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("br") && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn answer(
    app: &App,
    name: &str,
    body: std::borrow::Cow<'static, [u8]>,
    encoding: Option<&'static str>,
    headers: &HeaderMap,
) -> Response {
    let kept = name.starts_with("assets/") && app.config.web_app.is_none();
    let cache = if kept { "public, max-age=31536000, immutable" } else { "no-cache" };
    let tag = format!("\"{}\"", hex::encode(&hash_of(&body)[..8]));
    let known =
        headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|tags| tags.contains(&tag));
    let mut response = match (known, body) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, std::borrow::Cow::Borrowed(bytes)) => Body::from(bytes).into_response(),
        (false, std::borrow::Cow::Owned(bytes)) => Body::from(bytes).into_response(),
    };
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    out.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    out.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    out.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    out.extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
    if let Some(encoding) = encoding {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    // A worker has a policy of its own, and pictures that are opened alone need none to be harmless, but get it too.
    out.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    out.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if name.ends_with(".html") {
        let policy = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()";
        out.insert(PERMISSIONS_POLICY, HeaderValue::from_static(policy));
    }
    if name == "sw.js" || name == "service-worker.js" {
        out.insert(SERVICE_WORKER_ALLOWED, HeaderValue::from_static(PLACE));
    }
    response
}

fn hash_of(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The program was built without the app: that is said, with what still works.
fn missing(headers: &HeaderMap, uri: &Uri) -> Response {
    let lang = visitor::lang(headers, uri).0;
    let page = Page::bare(lang, lang.t("webapp.missing").to_owned());
    let next = Some(("/about", lang.t("nav.about")));
    let template = Missing { page, text: lang.t("webapp.missing.text").to_owned(), more: None, next };
    page::bare(StatusCode::NOT_FOUND, &template, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_and_servers_are_no_files() {
        for (name, file) in [
            ("assets/index-0ld.js", true),
            ("sw.js", true),
            ("robots.txt", true),
            ("home", false),
            ("@bob@example.com", false),
            ("@bob@example.com/123", false),
            ("@bob@example.com/followers", false),
            ("tags/node.js", false),
            ("admin/federation/example.com", false),
        ] {
            assert_eq!(is_file(name), file, "{name}");
        }
    }

    #[test]
    fn brotli_goes_to_those_who_take_it() {
        for (header, takes) in [
            ("gzip, deflate, br", true),
            ("br;q=0.5", true),
            ("BR", true),
            ("gzip", false),
            ("br;q=0", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(header));
            assert_eq!(takes_brotli(&headers), takes, "{header}");
        }
    }

    #[tokio::test]
    async fn a_folder_gives_nothing_from_outside() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("dist");
        std::fs::create_dir_all(inside.join("assets")).expect("a folder");
        std::fs::write(folder.path().join("secret"), "no").expect("a file");
        std::fs::write(inside.join("assets/a.js"), "yes").expect("a file");
        assert!(from_folder(&inside, "assets/a.js").await.is_some());
        for name in ["../secret", "assets/../../secret", "/etc/passwd", "assets", "nothing.js", "./assets/a.js/"] {
            assert!(from_folder(&inside, name).await.is_none(), "{name}");
        }
    }
}
