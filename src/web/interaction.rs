//! Doing something here with a person or a post elsewhere, and doing something elsewhere with one from here.
//!
//! `/authorize_interaction` receives what other servers' buttons send (Mastodon's address and the intents of FEP-3b86:
//! Follow, Like, Announce, Create); it shows what is meant and asks before anything is done. `/remote_interaction` asks a
//! stranger for their handle and names the page on their own server. Afterwards one is led back only to the server that the
//! person or post is of.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::fields::Fields;
use super::page::{self, Page};
use super::trouble;
use super::visitor::Visitor;
use crate::actions::post::{self, Draft};
use crate::actions::resolve::{self, Found};
use crate::actions::{favourite, follow, reblog};
use crate::activitypub::ids;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::{self, Account};
use crate::store::statuses;
use crate::text::{clean, mentions};

/// The longest excerpt of a post, in characters.
const EXCERPT: usize = 500;

#[derive(Template)]
#[template(path = "interaction.html")]
struct Interaction {
    page: Page,
    /// Who, or the author.
    name: String,
    acct: String,
    url: String,
    /// What a post says.
    excerpt: Option<String>,
    /// Buttons: what is done, and in words; the wish of who sent us first.
    deeds: Vec<(&'static str, &'static str)>,
    uri: String,
    success: String,
    cancel: String,
}

#[derive(Template)]
#[template(path = "intent_create.html")]
struct Create {
    page: Page,
    content: String,
    summary: String,
    parent: String,
    success: String,
}

#[derive(Template)]
#[template(path = "remote_interaction.html")]
struct Remote {
    page: Page,
    uri: String,
    refusal: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Done {
    page: Page,
    text: &'static str,
    more: Option<String>,
    next: Option<(String, &'static str)>,
}

/// Shows what an intent is about.
pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let query = visitor.query();
    if visitor.me.is_none() {
        return to_sign_in(&visitor);
    }
    let intent = query.get("intent").unwrap_or_default().to_ascii_lowercase();
    if intent == "create" {
        return compose(&visitor, &query);
    }
    let answer = async {
        let uri = query.get("uri").or_else(|| query.get("acct")).unwrap_or_default();
        let Some(found) = find(&app, uri).await? else { return Err(Error::NotFound("record")) };
        let page = Page::new(&visitor, visitor.lang.t("interact.title").to_owned());
        let lang = visitor.lang;
        let (account, excerpt, mut deeds, id) = match found {
            Found::Account(account) => {
                let uri = account.uri.clone();
                (*account, None, vec![("follow", lang.t("interact.follow"))], uri)
            }
            Found::Status(status) => {
                let id = status.account_id;
                let author = app.store.read(move |db| accounts::by_id(db, id)).await?;
                let text: String = clean::plain(&status.content).chars().take(EXCERPT).collect();
                let excerpt = if status.spoiler_text.is_empty() { text } else { status.spoiler_text.clone() };
                let deeds = vec![
                    ("favourite", lang.t("interact.favourite")),
                    ("reblog", lang.t("interact.reblog")),
                    ("follow", lang.t("interact.follow")),
                ];
                (author.ok_or(Error::NotFound("account"))?, Some(excerpt), deeds, status.uri)
            }
        };
        let wish = match intent.as_str() {
            "like" => "favourite",
            "announce" => "reblog",
            other => other,
        };
        deeds.sort_by_key(|(deed, _)| *deed != wish);
        let template = Interaction {
            page,
            name: if account.display_name.is_empty() { account.username.clone() } else { account.display_name.clone() },
            acct: format!("@{}", account.acct()),
            url: account.url.clone(),
            excerpt,
            deeds,
            success: back(query.get("on-success"), &id),
            cancel: back(query.get("on-cancel"), &id),
            uri: id,
        };
        Ok(page::show(&visitor, StatusCode::OK, &template, true, ""))
    };
    trouble::or_page(visitor.lang, answer.await)
}

/// Carries out what was asked.
pub(super) async fn submit(State(app): State<App>, visitor: Visitor, fields: Fields) -> Response {
    trouble::or_page(visitor.lang, settle(&app, &visitor, &fields).await)
}

async fn settle(app: &App, visitor: &Visitor, fields: &Fields) -> Result<Response> {
    visitor.check(fields)?;
    let Some(me) = &visitor.me else { return Ok(Redirect::to("/auth/sign_in").into_response()) };
    if fields.get("deed") == Some("create") {
        return write(app, visitor, me, fields).await;
    }
    let uri = fields.get("uri").unwrap_or_default();
    let Some(found) = find(app, uri).await? else { return Err(Error::NotFound("record")) };
    let next = match (fields.get("deed").unwrap_or_default(), &found) {
        ("follow", Found::Account(account)) => {
            follow::add(app, me, account.id, follow::Options::default()).await?;
            account.url.clone()
        }
        ("follow", Found::Status(status)) => {
            follow::add(app, me, status.account_id, follow::Options::default()).await?;
            status.url.clone().unwrap_or_else(|| status.uri.clone())
        }
        ("favourite", Found::Status(status)) => {
            favourite::add(app, me, status.id).await?;
            status.url.clone().unwrap_or_else(|| status.uri.clone())
        }
        ("reblog", Found::Status(status)) => {
            reblog::add(app, me, status.id, None).await?;
            status.url.clone().unwrap_or_else(|| status.uri.clone())
        }
        _ => return Err(Error::invalid("", "nothing that can be done")),
    };
    let success = back(fields.get("on-success"), uri);
    Ok(done(visitor, if success.is_empty() { next } else { success }))
}

async fn write(app: &App, visitor: &Visitor, me: &Account, fields: &Fields) -> Result<Response> {
    let parent = fields.get("uri").map(str::to_owned);
    let in_reply_to: Option<StatusId> = match parent {
        Some(uri) => match find(app, &uri).await? {
            Some(Found::Status(status)) => Some(status.id),
            _ => return Err(Error::NotFound("status")),
        },
        None => None,
    };
    let draft = Draft {
        text: fields.get("content").unwrap_or_default().to_owned(),
        spoiler_text: fields.get("summary").unwrap_or_default().to_owned(),
        in_reply_to,
        ..Draft::default()
    };
    let status = post::create(app, me, draft).await?;
    Ok(done(visitor, status.url.unwrap_or(status.uri)))
}

fn done(visitor: &Visitor, address: String) -> Response {
    let page = Page::new(visitor, visitor.lang.t("interact.done.title").to_owned());
    let next = Some((address, visitor.lang.t("interact.done.next")));
    let template = Done { page, text: visitor.lang.t("interact.done"), more: None, next };
    page::show(visitor, StatusCode::OK, &template, false, "")
}

fn compose(visitor: &Visitor, query: &Fields) -> Response {
    let text = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let parent = text("uri");
    let template = Create {
        page: Page::new(visitor, visitor.lang.t("interact.create.title").to_owned()),
        content: clean::plain(&text("content")),
        summary: text("summary"),
        success: back(query.get("on-success"), &parent),
        parent,
    };
    page::show(visitor, StatusCode::OK, &template, true, "")
}

/// Asks strangers where they live.
pub(super) async fn ask(State(app): State<App>, visitor: Visitor) -> Response {
    let uri = visitor.query().get("uri").unwrap_or_default().to_owned();
    trouble::or_page(visitor.lang, ours(&app, &uri).await.map(|()| form(&visitor, StatusCode::OK, uri, None)))
}

/// Names the page on their own server where they can go on.
pub(super) async fn lead(State(app): State<App>, visitor: Visitor, fields: Fields) -> Response {
    let answer = async {
        visitor.check(&fields)?;
        let uri = fields.get("uri").unwrap_or_default().to_owned();
        ours(&app, &uri).await?;
        let handle = fields.get("handle").unwrap_or_default();
        match resolve::intent_page(&app, handle, &uri).await {
            Ok(Some(address)) => {
                let page = Page::new(&visitor, visitor.lang.t("interact.remote.title").to_owned());
                let next = Some((address, visitor.lang.t("interact.remote.next")));
                let template = Done { page, text: visitor.lang.t("interact.remote.found"), more: None, next };
                Ok(page::show(&visitor, StatusCode::OK, &template, false, ""))
            }
            Ok(None) | Err(Error::Peer { .. } | Error::Invalid { .. } | Error::Malformed(_)) => {
                let refusal = Some(visitor.lang.t("interact.remote.unknown"));
                Ok(form(&visitor, StatusCode::UNPROCESSABLE_ENTITY, uri, refusal))
            }
            Err(error) => Err(error),
        }
    };
    trouble::or_page(visitor.lang, answer.await)
}

fn form(visitor: &Visitor, status: StatusCode, uri: String, refusal: Option<&'static str>) -> Response {
    let page = Page::new(visitor, visitor.lang.t("interact.remote.title").to_owned());
    page::show(visitor, status, &Remote { page, uri, refusal }, true, "")
}

/// Refuses what is no person or post of ours: this page leads to nowhere else.
async fn ours(app: &App, uri: &str) -> Result<()> {
    let wanted = uri.to_owned();
    let known = app.store.read(move |db| {
        let account = accounts::by_uri_or_url(db, &wanted)?.is_some_and(|account| account.is_local());
        Ok(account || statuses::by_uri_or_url(db, &wanted)?.is_some_and(|status| status.is_open() && status.local))
    });
    if known.await? { Ok(()) } else { Err(Error::NotFound("record")) }
}

/// What an address or a handle is.
async fn find(app: &App, given: &str) -> Result<Option<Found>> {
    let given = given.trim();
    // `web+ap://host/path` is what browsers hand on for links in the common scheme.
    let address = given.strip_prefix("web+ap://").map(|rest| format!("{}://{rest}", app.config.scheme()));
    let address = address.as_deref().unwrap_or(given);
    if address.contains("://") {
        return resolve::by_url(app, address).await;
    }
    let Some((name, domain)) = mentions::parse(address) else { return Ok(None) };
    let account = resolve::by_handle(app, &name, domain.as_deref()).await?;
    Ok(account.map(|account| Found::Account(Box::new(account))))
}

/// Where to go back to: a page of the server that the person or post is of, and nowhere else.
fn back(address: Option<&str>, of: &str) -> String {
    let fits = |address: &&str| ids::web_address(address).is_some() && ids::same_origin(address, of);
    address.filter(fits).unwrap_or_default().to_owned()
}

fn to_sign_in(visitor: &Visitor) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("then", &visitor.here(&["lang"], &[]));
    Redirect::to(&format!("/auth/sign_in?{}", query.finish())).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_led_back_only_to_where_the_thing_is_of() {
        let of = "https://b.example/users/bob";
        for (address, expected) in [
            (Some("https://b.example/done"), "https://b.example/done"),
            (Some("https://evil.example/"), ""),
            (Some("javascript:alert(1)"), ""),
            (Some("//b.example/"), ""),
            (Some("(close)"), ""),
            (None, ""),
        ] {
            assert_eq!(back(address, of), expected, "{address:?}");
        }
    }
}
