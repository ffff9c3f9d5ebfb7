//! The front page, and what the server says about itself.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::page::{self, Page};
use super::profile;
use super::trouble;
use super::visitor::Visitor;
use crate::actions::about::{self, About, Rule};
use crate::actions::join;
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::accounts::{self, Account};
use crate::store::{Connection, settings, terms, users};
use crate::text::locale::Lang;

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    page: Page,
    about: About,
    people: i64,
    posts: i64,
    /// Whether strangers may sign up.
    open: bool,
}

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage {
    page: Page,
    about: About,
    /// Rules in the page's language, with their hints.
    rules: Vec<(String, String)>,
    version: &'static str,
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy {
    page: Page,
    content: String,
}

pub(super) async fn front(State(app): State<App>, visitor: Visitor) -> Response {
    let answer = async {
        let (owner, people, posts) =
            app.store.read(|db| Ok((front_account(db)?, users::count(db)?, users::statuses_count(db)?))).await?;
        if let Some(owner) = owner {
            return profile::show(&app, &visitor, owner).await;
        }
        let about = about::read(&app, visitor.lang).await?;
        let open = app.store.read(join::registrations).await?.mode.is_public();
        let page = Page::new(&visitor, about.title.clone());
        Ok(page::show(&visitor, StatusCode::OK, &Front { page, about, people, posts, open }, false, ""))
    };
    trouble::or_page(visitor.lang, answer.await)
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let answer = async {
        let about = about::read(&app, visitor.lang).await?;
        let rules = about.rules.iter().map(|rule| in_language(rule, visitor.lang)).collect();
        let page = Page::new(&visitor, visitor.lang.fill("about.title", &[("server", &about.title)]));
        let template = AboutPage { page, about, rules, version: env!("CARGO_PKG_VERSION") };
        Ok(page::show(&visitor, StatusCode::OK, &template, false, ""))
    };
    trouble::or_page(visitor.lang, answer.await)
}

pub(super) async fn privacy(State(app): State<App>, visitor: Visitor) -> Response {
    let answer = async {
        let content =
            about::read(&app, visitor.lang).await?.privacy.unwrap_or_else(|| about::default_privacy(visitor.lang));
        let page = Page::new(&visitor, visitor.lang.t("privacy.title").to_owned());
        Ok(page::show(&visitor, StatusCode::OK, &Privacy { page, content }, false, ""))
    };
    trouble::or_page(visitor.lang, answer.await)
}

pub(super) async fn terms(State(app): State<App>, visitor: Visitor) -> Response {
    let answer = async {
        let today = app.clock.now().date();
        let found = app.store.read(move |db| terms::current(db, &today)).await?.ok_or(Error::NotFound("terms"))?;
        let page = Page::new(&visitor, visitor.lang.t("terms.title").to_owned());
        let content = about::paragraphs(&found.text);
        Ok(page::show(&visitor, StatusCode::OK, &Privacy { page, content }, false, ""))
    };
    trouble::or_page(visitor.lang, answer.await)
}

/// Whose profile the front page is: who the setting `front_page_account` names (nobody, if it is empty); without the
/// setting, the owner of a server where nobody else lives.
fn front_account(db: &Connection) -> Result<Option<Account>> {
    if let Some(name) = settings::get(db, "front_page_account")? {
        return accounts::by_handle(db, name.trim_start_matches('@'), None);
    }
    match users::contact(db)? {
        Some(user) if user.role == "owner" && users::count(db)? == 1 => accounts::by_id(db, user.account_id),
        _ => Ok(None),
    }
}

pub(super) fn in_language(rule: &Rule, lang: Lang) -> (String, String) {
    let translated = rule.translations.get(lang.code()).map(|translation| (&translation.text, &translation.hint));
    let (text, hint) = translated.filter(|(text, _)| !text.is_empty()).unwrap_or((&rule.text, &rule.hint));
    (text.clone(), hint.clone())
}
