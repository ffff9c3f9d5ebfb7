//! Profiles as pages: h-card and h-feed for machines that read pages, Open Graph for previews, feeds beside them.
//!
//! They show what a stranger may see, whoever looks. Spec: https://microformats.org/wiki/h-card, https://ogp.me/

use askama::Template;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::entry::{Person, Post, is_web, person, post, shorten};
use super::page::{self, Page};
use super::visitor::{self, Visitor};
use super::{feed, trouble};
use crate::actions::picture;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::{self, Account};
use crate::store::{memberships, statuses};

/// How many posts a profile shows at once.
const POSTS: i64 = 20;

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
    /// Where they moved.
    moved: Option<String>,
    /// Where the feeds are, without the ending.
    feed: String,
    indexable: bool,
}

/// The profile of the local account `name`; its feed, when `name` ends as one does (`alice.atom`).
pub async fn profile_page(app: &App, name: &str, headers: &HeaderMap, uri: &Uri) -> Response {
    let (name, form) = feed::split(name);
    let answer = async {
        let account = local(app, name).await?;
        if let Some(form) = form {
            return feed::of_account(app, &account, form, visitor::lang(headers, uri).0).await;
        }
        let visitor = Visitor::read(app, headers, uri).await?;
        show(app, &visitor, account).await
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
    let about = if account.note_source.trim().is_empty() { &title } else { &account.note_source };
    let template = ProfilePage {
        summary: shorten(about, 200),
        page: Page::new(visitor, title),
        header: account.header_file.is_some().then(|| picture::header(&app.config, &account)),
        note: account.note.clone(),
        lines: account.fields.iter().map(|field| line(&field.name, &field.value, field.verified_at)).collect(),
        older: last.map(|id| format!("/@{}?before={id}", account.username)),
        moved: account.moved_to_uri.clone().filter(|uri| is_web(uri)),
        feed: format!("/@{}", account.username),
        indexable: account.indexable,
        person,
        account,
        posts,
    };
    Ok(page::show(visitor, StatusCode::OK, &template, false, ""))
}

pub(super) async fn local(app: &App, name: &str) -> Result<Account> {
    let name = name.to_owned();
    let found = app.store.read(move |db| accounts::by_handle(db, &name, None)).await?;
    let account = found.filter(|account| account.id != accounts::INSTANCE).ok_or(Error::NotFound("account"))?;
    if account.suspended_at.is_some() || account.deleted_at.is_some() {
        return Err(Error::Gone("account"));
    }
    let id = account.id;
    if app.store.read(move |db| memberships::is_waiting(db, id)).await? {
        return Err(Error::NotFound("account"));
    }
    Ok(account)
}

fn line(name: &str, value: &str, verified_at: Option<Time>) -> Line {
    let value = value.trim();
    let is_link = is_web(value);
    Line { name: name.to_owned(), value: value.to_owned(), is_link, verified: verified_at.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
