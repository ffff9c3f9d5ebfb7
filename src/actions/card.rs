//! Reading the page behind a link, late and once: what it is about, who made it, what it can play.
//!
//! Everything goes through the guarded HTTP client; the page's scripts never run and its HTML is never shown. An oEmbed
//! answer may give a frame, of which only the address is taken; a named author is shown as one only when that account
//! allows the site. Spec: https://docs.joinmastodon.org/entities/PreviewCard/, https://oembed.com/

use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::ids::AccountId;
use crate::outbound::{Request, Response};
use crate::store::accounts::{self, Account};
use crate::store::cards::{self, Card};
use crate::store::profile_shows;
use crate::text::mentions;
use crate::text::page::{self, About};
use crate::text::render::escape;

use super::{plugin, resolve};

/// So much of a page is read; what it says about itself stands at its beginning.
const PAGE: usize = 1024 * 1024;
const OEMBED: usize = 256 * 1024;
const DEADLINE: Duration = Duration::from_secs(10);
/// How long to wait after each failure that may pass; then the page is given up.
const WAITS: [Duration; 3] = [Duration::from_secs(600), Duration::from_secs(3_600), Duration::from_secs(6 * 3_600)];
/// Frames are at most so wide and high.
const FRAME: i64 = 4_096;

/// Reads the page and keeps what it says; a failure is noted, and tried again if it may pass.
pub async fn fetch(app: &App, card: Card) -> Result<()> {
    let now = app.clock.now();
    let (id, attempts) = (card.id, card.attempts);
    match read(app, card).await {
        Ok(card) => app.store.write(move |tx| cards::fetched(tx, &card, now)).await,
        Err(error) => {
            tracing::debug!(%error, "the page behind a link cannot be read");
            let wait = usize::try_from(attempts).ok().and_then(|attempts| WAITS.get(attempts));
            let again = wait.filter(|_| error.is_retryable()).map(|wait| now.plus(*wait));
            app.store.write(move |tx| cards::failed(tx, id, again)).await
        }
    }
}

async fn read(app: &App, card: Card) -> Result<Card> {
    let response = get(app, &card.url, "text/html, application/xhtml+xml", PAGE).await?;
    let kind = response.content_type().unwrap_or_default();
    if !matches!(kind.as_str(), "text/html" | "application/xhtml+xml") {
        return Err(Error::peer(response.url.host_str().unwrap_or_default(), Fault::Nonsense("it is no page".into())));
    }
    let content_type = response.header("content-type").unwrap_or_default().to_owned();
    let (body, url) = (response.body.clone(), response.url.clone());
    let about = tokio::task::spawn_blocking(move || page::read(&page::decode(&body, &content_type), &url));
    let about = about.await.map_err(|panic| Error::Bug(format!("reading a page: {panic}")))?;
    let oembed = match &about.oembed {
        Some(address) => oembed(app, address.as_str()).await,
        None => None,
    };
    let (claimed_id, author_id) = creator(app, &about, &response.url).await?;
    let mut card = described(Card::bare(card.id, card.url), about, &response.url);
    card.claimed_id = claimed_id;
    card.author_id = author_id;
    if let Some(oembed) = oembed {
        embed(&mut card, &oembed);
    }
    Ok(card)
}

async fn get(app: &App, url: &str, accept: &'static str, limit: usize) -> Result<Response> {
    plugin::pass(app, url, "card").await?;
    let request = Request {
        method: "GET",
        url: url.parse().map_err(|_| Error::invalid("url", "is no address"))?,
        accept,
        body: None,
        headers: vec![("accept-language", "*".to_owned())],
        signed: None,
        redirects: 3,
        limit,
        deadline: DEADLINE,
    };
    app.outbound.beginning(request).await?.success(app.clock.now())
}

/// The page's oEmbed answer; one that cannot be had is as good as none.
async fn oembed(app: &App, address: &str) -> Option<Value> {
    let response = get(app, address, "application/json", OEMBED).await.ok()?;
    serde_json::from_slice(&response.body).ok().filter(Value::is_object)
}

/// What the page says about itself.
fn described(card: Card, about: About, url: &Url) -> Card {
    // A canonical address is believed on its own site.
    let canonical = about.canonical.filter(|canonical| canonical.host_str() == url.host_str());
    let page = canonical.unwrap_or_else(|| url.clone());
    let mut card = Card {
        title: about.title,
        description: about.description,
        language: about.language,
        author_name: about.author,
        author_url: about.author_url.map(String::from).unwrap_or_default(),
        provider_name: about.site,
        provider_url: format!("{}/", page.origin().ascii_serialization()),
        image: about.image.map(String::from),
        image_description: about.image_description,
        width: about.width,
        height: about.height,
        published_at: about.published.as_deref().and_then(Time::parse),
        page: Some(page.into()),
        ..card
    };
    if let Some(player) = about.player {
        let (width, height) = (card.width, card.height);
        frame(&mut card, "video", &player, width, height);
    }
    card
}

/// What its oEmbed answer adds. HTML that has no safe frame is left out, and with it the answer.
fn embed(card: &mut Card, answer: &Value) {
    let text =
        |key: &str| answer.get(key).and_then(Value::as_str).map(|text| page::line(text, 300)).unwrap_or_default();
    let address = |key: &str| {
        let url = answer.get(key).and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
        url.filter(|url| matches!(url.scheme(), "http" | "https")).map(String::from)
    };
    let number = |key: &str| {
        let value = answer.get(key)?;
        value.as_i64().or_else(|| value.as_str()?.trim_end_matches("px").parse().ok()).map(|size| size.clamp(0, FRAME))
    };
    let (width, height) = (number("width").unwrap_or(0), number("height").unwrap_or(0));
    match answer.get("type").and_then(Value::as_str) {
        Some("photo") => {
            let Some(url) = address("url") else { return };
            card.kind = "photo".into();
            card.image = address("thumbnail_url").or_else(|| Some(url.clone()));
            card.embed_url = url;
            (card.width, card.height) = (width, height);
        }
        Some(kind @ ("video" | "rich")) => {
            let Some(url) = answer.get("html").and_then(Value::as_str).and_then(page::frame) else { return };
            frame(card, kind, &url, width, height);
            card.image = address("thumbnail_url").or(card.image.take());
        }
        _ => return,
    }
    for (key, place) in
        [("title", &mut card.title), ("author_name", &mut card.author_name), ("provider_name", &mut card.provider_name)]
    {
        let said = text(key);
        if !said.is_empty() {
            *place = said;
        }
    }
    card.author_url = address("author_url").unwrap_or_else(|| std::mem::take(&mut card.author_url));
    card.provider_url = address("provider_url").unwrap_or_else(|| std::mem::take(&mut card.provider_url));
}

/// A frame of our own making around an address of theirs.
fn frame(card: &mut Card, kind: &str, url: &Url, width: i64, height: i64) {
    let (width, height) = if width > 0 && height > 0 { (width, height) } else { (560, 315) };
    card.kind = kind.to_owned();
    card.html = format!(
        "<iframe src=\"{}\" width=\"{width}\" height=\"{height}\" allowfullscreen=\"\" \
         sandbox=\"allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-forms\"></iframe>",
        escape(url.as_str())
    );
    (card.width, card.height) = (width, height);
}

/// Whom the page names as its author, and whether that account allows it.
async fn creator(app: &App, about: &About, url: &Url) -> Result<(Option<AccountId>, Option<AccountId>)> {
    let Some((name, domain)) = about.creator.as_deref().and_then(mentions::parse) else { return Ok((None, None)) };
    let found = resolve::by_handle(app, &name, domain.as_deref()).await.unwrap_or_else(|error| {
        tracing::debug!(%error, "the author that a page names cannot be found");
        None
    });
    let Some(account) = found.filter(|account| account.suspended_at.is_none()) else { return Ok((None, None)) };
    let (id, host) = (account.id, url.host_str().unwrap_or_default().to_owned());
    let allowed = app.store.read(move |db| {
        let named = profile_shows::of(db, id)?.attribution_domains;
        Ok(accounts::by_id(db, id)?.is_some_and(|row| allows(&row, &named, &host)))
    });
    Ok((Some(id), allowed.await?.then_some(id)))
}

/// Whether the account lets pages on `host` name it as their author: pages of its own server, and of the domains that it
/// named.
fn allows(account: &Account, named: &[String], host: &str) -> bool {
    let own = Url::parse(&account.uri).ok().and_then(|url| url.host_str().map(str::to_owned));
    [own.as_deref(), account.domain.as_deref()]
        .into_iter()
        .flatten()
        .chain(named.iter().map(String::as_str))
        .any(|site| within(host, site))
}

/// Whether `host` is the site or a part of it.
fn within(host: &str, site: &str) -> bool {
    host == site || host.strip_suffix(site).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_oembed_answer_becomes_a_frame_of_ours_or_nothing() {
        let card = || Card { title: "Page".into(), ..Card::bare(1, "https://b.example/".into()) };
        let mut video = card();
        let html = "<script>x</script><iframe src=\"https://v.example/?a=1&amp;b=%22\" onload=\"evil()\"></iframe>";
        embed(
            &mut video,
            &json!({"type": "video", "html": html, "width": 640, "height": "360", "title": "Film",
            "author_url": "javascript:x", "thumbnail_url": "https://v.example/t.jpg"}),
        );
        assert_eq!((video.kind.as_str(), video.title.as_str(), video.width, video.height), ("video", "Film", 640, 360));
        assert!(video.html.starts_with("<iframe src=\"https://v.example/?a=1&amp;b=%22\" width"), "{}", video.html);
        assert!(!video.html.contains("evil") && video.author_url.is_empty());
        let mut script = card();
        embed(&mut script, &json!({"type": "rich", "html": "<script src=x></script>", "title": "No"}));
        assert_eq!(script, card());
        let mut photo = card();
        embed(&mut photo, &json!({"type": "photo", "url": "https://b.example/p.jpg", "width": 10, "height": 20}));
        assert_eq!((photo.kind.as_str(), photo.embed_url.as_str()), ("photo", "https://b.example/p.jpg"));
    }

    #[test]
    fn a_site_has_its_parts_and_no_others() {
        for (host, expected) in
            [("b.example", true), ("www.b.example", true), ("evilb.example", false), ("example", false)]
        {
            assert_eq!(within(host, "b.example"), expected, "{host}");
        }
    }
}
