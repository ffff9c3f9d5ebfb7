//! Profiles and posts as pages: h-card and h-entry for machines that read pages, Open Graph for previews.
//!
//! They show what a stranger may see, whoever looks. Spec: https://microformats.org/wiki/h-entry, https://ogp.me/

use askama::Template;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::page::{self, Page};
use super::trouble;
use super::visitor::{self, Visitor};
use crate::actions::picture;
use crate::app::App;
use crate::clock::Time;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::Connection;
use crate::store::accounts::{self, Account};
use crate::store::media::{self, Media};
use crate::store::statuses::{self, Status};

/// How many posts a profile shows at once.
const POSTS: i64 = 20;
/// How many replies a post's page shows.
const REPLIES: i64 = 40;

/// Somebody, as a page shows them.
struct Person {
    name: String,
    acct: String,
    url: String,
    uri: String,
    avatar: String,
    avatar_description: String,
}

/// A post, as a page shows it.
struct Post {
    author: Person,
    url: String,
    uri: String,
    content: String,
    spoiler: String,
    sensitive: bool,
    language: Option<String>,
    at: Time,
    edited: Option<Time>,
    pictures: Vec<Picture>,
    replies: i64,
    reblogs: i64,
    favourites: i64,
}

struct Picture {
    url: String,
    preview: String,
    description: String,
    is_image: bool,
    size: Option<(i64, i64)>,
}

/// A line of the profile's table; a value that is nothing but a link may be proof of identity.
struct Line {
    name: String,
    value: String,
    is_link: bool,
    verified: bool,
}

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    page: Page,
    person: Person,
    header: Option<String>,
    note: String,
    summary: String,
    lines: Vec<Line>,
    account: Account,
    posts: Vec<Post>,
    older: Option<String>,
    indexable: bool,
}

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage {
    page: Page,
    post: Post,
    summary: String,
    parent: Option<String>,
    replies: Vec<Post>,
    indexable: bool,
}

/// The profile of the local account `name`.
pub async fn profile_page(app: &App, name: &str, headers: &HeaderMap, uri: &Uri) -> Response {
    let answer = async {
        let account = local(app, name).await?;
        let visitor = Visitor::read(app, headers, uri).await?;
        show(app, &visitor, account).await
    };
    trouble::or_page(visitor::lang(headers, uri).0, answer.await)
}

/// The page of a post by the local account `name`.
pub async fn status_page(app: &App, name: &str, id: StatusId, headers: &HeaderMap, uri: &Uri) -> Response {
    let answer = async {
        let account = local(app, name).await?;
        let visitor = Visitor::read(app, headers, uri).await?;
        let (config, author) = (app.config.clone(), account.clone());
        let found = app.store.read(move |db| {
            let status = statuses::by_id(db, id)?.filter(|status| {
                status.account_id == author.id && status.reblog_of_id.is_none() && status.visibility.is_open()
            });
            let Some(status) = status else { return Ok(None) };
            let parent = status.in_reply_to_id.map_or(Ok(None), |parent| statuses::by_id(db, parent))?;
            let parent = parent.filter(|parent| parent.visibility.is_open()).and_then(|parent| parent.url);
            let replies = statuses::public_replies(db, status.id, REPLIES)?;
            let replies: Result<Vec<_>> =
                replies.into_iter().filter_map(|reply| post_of_anybody(db, &config, reply).transpose()).collect();
            let text = status.text.clone();
            Ok(Some((post(db, &config, &author, status)?, text, parent, replies?)))
        });
        let (post, text, parent, replies) = found.await?.ok_or(Error::NotFound("status"))?;
        let what = if post.spoiler.is_empty() { shorten(&text, 60) } else { post.spoiler.clone() };
        let title = format!("{}: {what} ({})", post.author.name, visitor.server);
        let summary = if post.spoiler.is_empty() { shorten(&text, 200) } else { post.spoiler.clone() };
        let page = Page::new(&visitor, title);
        let template = StatusPage { page, post, summary, parent, replies, indexable: account.indexable };
        Ok(page::show(&visitor, StatusCode::OK, &template, false, ""))
    };
    trouble::or_page(visitor::lang(headers, uri).0, answer.await)
}

/// The profile of `account`, for `visitor`.
pub(super) async fn show(app: &App, visitor: &Visitor, account: Account) -> Result<Response> {
    let before = visitor.query().get("before").and_then(|id| id.parse::<StatusId>().ok());
    let (config, author) = (app.config.clone(), account.clone());
    let found = app.store.read(move |db| {
        let rows = statuses::public_by_account(db, author.id, before, POSTS)?;
        let last = rows.last().filter(|_| rows.len() as i64 == POSTS).map(|status| status.id);
        let posts: Result<Vec<_>> = rows.into_iter().map(|row| post(db, &config, &author, row)).collect();
        Ok((posts?, last))
    });
    let (posts, last) = found.await?;
    let person = person(&app.config, &account);
    let title = format!("{} ({})", person.name, person.acct);
    let template = ProfilePage {
        page: Page::new(visitor, title),
        header: account.header_file.is_some().then(|| picture::header(&app.config, &account)),
        note: account.note.clone(),
        summary: shorten(&account.note_source, 200),
        lines: account.fields.iter().map(|field| line(&field.name, &field.value, field.verified_at)).collect(),
        older: last.map(|id| format!("/@{}?before={id}", account.username)),
        indexable: account.indexable,
        person,
        account,
        posts,
    };
    Ok(page::show(visitor, StatusCode::OK, &template, false, ""))
}

async fn local(app: &App, name: &str) -> Result<Account> {
    let name = name.to_owned();
    let found = app.store.read(move |db| accounts::by_handle(db, &name, None)).await?;
    let account = found.filter(|account| account.id != accounts::INSTANCE).ok_or(Error::NotFound("account"))?;
    if account.suspended_at.is_some() || account.deleted_at.is_some() {
        return Err(Error::Gone("account"));
    }
    Ok(account)
}

fn person(config: &Config, account: &Account) -> Person {
    let name = if account.display_name.trim().is_empty() { &account.username } else { &account.display_name };
    let domain = account.domain.as_ref().unwrap_or(&config.handle_domain);
    Person {
        name: name.clone(),
        acct: format!("@{}@{domain}", account.username),
        url: account.url.clone(),
        uri: account.uri.clone(),
        avatar: picture::avatar(config, account),
        avatar_description: account.avatar_description.clone(),
    }
}

fn post_of_anybody(db: &Connection, config: &Config, status: Status) -> Result<Option<Post>> {
    let author = accounts::by_id(db, status.account_id)?.filter(|author| author.suspended_at.is_none());
    author.map(|author| post(db, config, &author, status)).transpose()
}

fn post(db: &Connection, config: &Config, author: &Account, status: Status) -> Result<Post> {
    let pictures = media::of_status(db, status.id)?.iter().filter_map(|media| attached(config, media)).collect();
    Ok(Post {
        author: person(config, author),
        url: status.url.unwrap_or_else(|| status.uri.clone()),
        uri: status.uri,
        content: status.content,
        spoiler: status.spoiler_text,
        sensitive: status.sensitive,
        language: status.language,
        at: status.created_at,
        edited: status.edited_at,
        pictures,
        replies: status.replies_count,
        reblogs: status.reblogs_count,
        favourites: status.favourites_count,
    })
}

fn attached(config: &Config, media: &Media) -> Option<Picture> {
    let url = picture::original(config, media)?;
    Some(Picture {
        preview: picture::preview(config, media).unwrap_or_else(|| url.clone()),
        url,
        description: media.description.clone().unwrap_or_default(),
        is_image: media.kind == "image",
        size: media.small_width.zip(media.small_height),
    })
}

fn line(name: &str, value: &str, verified_at: Option<Time>) -> Line {
    let value = value.trim();
    let is_link = url::Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    Line { name: name.to_owned(), value: value.to_owned(), is_link, verified: verified_at.is_some() }
}

/// At most `most` characters, on one line.
fn shorten(text: &str, most: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(most) {
        None => words,
        Some((at, _)) => format!("{}…", words[..at].trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_cut_between_characters() {
        for (text, most, expected) in
            [("short", 10, "short"), ("a\n\n b", 10, "a b"), ("長屋の暮らし", 2, "長屋…"), ("one two", 4, "one…")]
        {
            assert_eq!(shorten(text, most), expected);
        }
    }

    #[test]
    fn only_web_addresses_become_links() {
        for (value, is_link) in [
            ("https://example.org/", true),
            (" http://example.org ", true),
            ("javascript:alert(1)", false),
            ("see https://example.org", false),
            ("", false),
        ] {
            assert_eq!(line("n", value, None).is_link, is_link, "{value}");
        }
    }
}
