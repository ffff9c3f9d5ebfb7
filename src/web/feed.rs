//! Feeds for readers: what a profile or a hashtag page shows, as RSS 2.0 (Mastodon's addresses end in `.rss`), Atom and JSON.
//!
//! Characters that XML forbids are left out, so that one hostile post does not break the feed of a whole tag.
//! Spec: RFC 4287, https://www.rssboard.org/rss-specification, https://www.jsonfeed.org/version/1.1/

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::entry::{Post, person, post, shorten};
use super::tag::{self, Found};
use crate::actions::picture;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::accounts::Account;
use crate::store::statuses;
use crate::text::locale::Lang;
use crate::text::render::escape;

/// How many posts a feed has.
const POSTS: i64 = 20;
/// Readers ask every few minutes, and there may be many.
const CACHE: &str = "public, max-age=300";
/// Some readers show a feed as a page of ours.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'";

/// In which form a feed is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Rss,
    Atom,
    Json,
}

impl Form {
    fn mime(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json; charset=utf-8",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Rss => ".rss",
            Self::Atom => ".atom",
            Self::Json => ".json",
        }
    }
}

/// `alice.atom` → alice, Atom. No name of ours holds a dot.
pub(super) fn split(name: &str) -> (&str, Option<Form>) {
    let forms = [Form::Rss, Form::Atom, Form::Json];
    let found = forms.into_iter().find_map(|form| Some((name.strip_suffix(form.ending())?, Some(form))));
    found.unwrap_or((name, None))
}

/// A feed, whoever writes in it.
struct Feed {
    lang: Lang,
    title: String,
    about: String,
    /// The page.
    page: String,
    /// This feed.
    here: String,
    icon: String,
    author: Option<(String, String)>,
    updated: Time,
    items: Vec<Item>,
}

struct Item {
    post: Post,
    title: String,
    /// The content, with its warning before it and its poll behind it.
    html: String,
}

#[derive(Template)]
#[template(path = "feed_rss.xml")]
struct RssFeed<'feed> {
    feed: &'feed Feed,
}

#[derive(Template)]
#[template(path = "feed_atom.xml")]
struct AtomFeed<'feed> {
    feed: &'feed Feed,
}

/// What `account` wrote for everybody.
pub(super) async fn of_account(app: &App, account: &Account, form: Form, lang: Lang) -> Result<Response> {
    let (config, author) = (app.config.clone(), account.clone());
    let read = app.store.read(move |db| {
        let rows = statuses::public_by_account(db, author.id, None, POSTS)?;
        rows.into_iter().map(|row| post(db, &config, &author, row)).collect::<Result<Vec<Post>>>()
    });
    let posts = read.await?;
    let who = person(&app.config, account);
    answer(
        form,
        Feed {
            lang,
            title: format!("{} ({})", who.name, who.acct),
            about: shorten(&account.note_source, 500),
            page: account.url.clone(),
            here: app.config.url(&format!("/@{}{}", account.username, form.ending())),
            icon: picture::avatar(&app.config, account),
            author: Some((who.name, who.url)),
            updated: updated(&posts).unwrap_or(account.created_at),
            items: posts.into_iter().map(|post| item(lang, post)).collect(),
        },
    )
}

/// What is public under a hashtag.
pub(super) async fn of_tag(app: &App, found: Found, form: Form, lang: Lang) -> Result<Response> {
    std::future::ready(()).await;
    let place = format!("/tags/{}", tag::path(&found.key));
    answer(
        form,
        Feed {
            lang,
            title: format!("#{}", found.name),
            about: lang.fill("tag.about", &[("tag", &format!("#{}", found.name))]),
            page: app.config.url(&place),
            here: app.config.url(&format!("{place}{}", form.ending())),
            icon: app.config.url("/static/icon-192.png"),
            author: None,
            updated: updated(&found.posts).unwrap_or(Time(0)),
            items: found.posts.into_iter().map(|post| item(lang, post)).collect(),
        },
    )
}

fn updated(posts: &[Post]) -> Option<Time> {
    posts.iter().map(|post| post.edited.unwrap_or(post.at)).max()
}

fn item(lang: Lang, mut post: Post) -> Item {
    for text in [&mut post.content, &mut post.text, &mut post.spoiler, &mut post.author.name] {
        *text = legal(text);
    }
    for file in &mut post.pictures {
        file.description = legal(&file.description);
    }
    for (tag, _) in &mut post.tags {
        *tag = legal(tag);
    }
    let title = if post.spoiler.is_empty() { shorten(&post.text, 80) } else { post.spoiler.clone() };
    let title = if title.is_empty() { lang.t("feed.untitled").to_owned() } else { title };
    let mut html = String::new();
    if !post.spoiler.is_empty() {
        html += &format!("<p><strong>{}</strong> {}</p><hr>", lang.t("feed.warning"), escape(&post.spoiler));
    }
    html += &post.content;
    if let Some(poll) = &post.poll {
        let answers = poll.options.iter().map(|(title, _)| format!("<li>{}</li>", escape(&legal(title))));
        html += &format!("<ul>{}</ul>", answers.collect::<String>());
    }
    Item { title, html, post }
}

fn answer(form: Form, mut feed: Feed) -> Result<Response> {
    feed.title = legal(&feed.title);
    feed.about = legal(&feed.about);
    if let Some((name, _)) = &mut feed.author {
        *name = legal(name);
    }
    let failed = |error: askama::Error| Error::Bug(format!("a feed cannot be rendered: {error}"));
    let body = match form {
        Form::Rss => RssFeed { feed: &feed }.render().map_err(failed)?,
        Form::Atom => AtomFeed { feed: &feed }.render().map_err(failed)?,
        Form::Json => as_json(&feed).to_string(),
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(form.mime())),
        (CACHE_CONTROL, HeaderValue::from_static(CACHE)),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    Ok((StatusCode::OK, headers, body).into_response())
}

fn as_json(feed: &Feed) -> Value {
    let items = feed.items.iter().map(|Item { post, html, .. }| {
        let files = post.pictures.iter().map(|file| {
            let mut attached = json!({"url": file.url, "mime_type": file.mime});
            if file.bytes > 0 {
                attached["size_in_bytes"] = file.bytes.into();
            }
            if !file.description.is_empty() {
                attached["title"] = file.description.clone().into();
            }
            attached
        });
        let mut entry = json!({
            "id": post.uri,
            "url": post.url,
            "content_html": html,
            "date_published": post.at.rfc3339(),
            "authors": [{"name": post.author.name, "url": post.author.url, "avatar": post.author.avatar}],
            "tags": post.tags.iter().map(|(tag, _)| tag.as_str()).collect::<Vec<_>>(),
            "attachments": files.collect::<Vec<_>>(),
        });
        for (key, value) in [
            ("summary", Some(post.spoiler.clone()).filter(|text| !text.is_empty())),
            ("language", post.language.clone()),
            ("date_modified", post.edited.map(Time::rfc3339)),
        ] {
            if let Some(value) = value {
                entry[key] = value.into();
            }
        }
        entry
    });
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.about,
        "home_page_url": feed.page,
        "feed_url": feed.here,
        "icon": feed.icon,
        "language": feed.lang.code(),
        "authors": feed.author.iter().map(|(name, url)| json!({"name": name, "url": url})).collect::<Vec<_>>(),
        "items": items.collect::<Vec<_>>(),
    })
}

/// Without the characters that may not stand in XML 1.0. Spec: https://www.w3.org/TR/xml/#charsets
fn legal(text: &str) -> String {
    let fine = |letter: &char| {
        matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{7e}' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fdcf}'
            | '\u{fdf0}'..='\u{fffd}')
            || (*letter >= '\u{10000}' && (*letter as u32 & 0xfffe) != 0xfffe)
    };
    text.chars().filter(fine).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_choose_the_form() {
        for (name, expected) in [
            ("alice", ("alice", None)),
            ("alice.rss", ("alice", Some(Form::Rss))),
            ("alice.atom", ("alice", Some(Form::Atom))),
            ("長屋.json", ("長屋", Some(Form::Json))),
            ("alice.html", ("alice.html", None)),
        ] {
            assert_eq!(split(name), expected);
        }
    }

    #[test]
    fn what_xml_forbids_is_left_out() {
        assert_eq!(legal("a\0b\u{8}c\u{b}d\u{ffff}e\u{1f}\u{7f}f\u{1fffe}"), "abcdef");
        assert_eq!(legal("長屋 🏠\n\té"), "長屋 🏠\n\té");
    }
}
