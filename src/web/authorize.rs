//! An app asks to act for somebody; the person says yes or no here.
//!
//! An unknown app or address is answered with a page and never with a redirect: it could be anybody's.
//! Spec: RFC 6749 §4.1.1 to §4.1.2, RFC 7636, https://docs.joinmastodon.org/methods/oauth/#authorize

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, HeaderMap};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::fields::Fields;
use super::page::{self, Page};
use super::trouble;
use super::visitor::Visitor;
use crate::actions::grant::{self, Refusal, Request};
use crate::app::App;
use crate::error::Result;
use crate::store::apps::OOB;
use crate::text::locale::Lang;

/// Parameters that travel through the form unchanged.
const CARRIED: [&str; 7] =
    ["client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"];

#[derive(Template)]
#[template(path = "authorize.html")]
struct Consent {
    page: Page,
    app: String,
    website: Option<String>,
    acct: String,
    /// What it may do: in words, and as the scope itself.
    wishes: Vec<(String, String)>,
    /// Where it leads; `None`: a code is shown.
    target: Option<String>,
    carried: Vec<(&'static str, String)>,
    other: String,
}

#[derive(Template)]
#[template(path = "code.html")]
struct Code {
    page: Page,
    code: String,
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused {
    page: Page,
    text: &'static str,
    code: &'static str,
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor, headers: HeaderMap) -> Response {
    let query = visitor.query();
    let answer = async {
        let request = match judge(&app, &query).await? {
            Ok(request) => request,
            Err(wrong) => return Ok(refuse(&visitor, &headers, &wrong)),
        };
        let force = matches!(query.get("force_login"), Some("true" | "1" | "t"));
        let Some(me) = visitor.me.as_ref().filter(|_| !force) else { return Ok(to_sign_in(&visitor)) };
        let carried = CARRIED.iter().filter_map(|name| Some((*name, query.get(name)?.to_owned()))).collect();
        let consent = Consent {
            page: Page::new(&visitor, visitor.lang.t("authorize.title").to_owned()),
            app: request.client.name.clone(),
            website: request.client.website.clone(),
            acct: format!("@{}@{}", me.username, app.config.handle_domain),
            wishes: request.scopes.split(' ').map(|scope| (wish(visitor.lang, scope), scope.to_owned())).collect(),
            target: (request.redirect_uri != OOB).then(|| target(&request.redirect_uri)),
            carried,
            other: sign_in_address(&visitor),
        };
        Ok(page::show(&visitor, StatusCode::OK, &consent, true, &target(&request.redirect_uri)))
    };
    trouble::or_page(visitor.lang, answer.await)
}

pub(super) async fn decide(State(app): State<App>, visitor: Visitor, headers: HeaderMap, fields: Fields) -> Response {
    let yes = fields.get("decision") == Some("allow") && fields.get("_method") != Some("delete");
    trouble::or_page(visitor.lang, settle(&app, &visitor, &headers, &fields, yes).await)
}

pub(super) async fn deny(State(app): State<App>, visitor: Visitor, headers: HeaderMap, fields: Fields) -> Response {
    trouble::or_page(visitor.lang, settle(&app, &visitor, &headers, &fields, false).await)
}

/// The page that shows a code, for apps without an address of their own.
pub(super) async fn code(visitor: Visitor) -> Response {
    let code = visitor.query().get("code").unwrap_or_default().to_owned();
    let page = Page::new(&visitor, visitor.lang.t("code.title").to_owned());
    std::future::ready(page::show(&visitor, StatusCode::OK, &Code { page, code }, true, "")).await
}

async fn settle(app: &App, visitor: &Visitor, headers: &HeaderMap, fields: &Fields, yes: bool) -> Result<Response> {
    visitor.check(fields)?;
    let Some(me) = &visitor.me else { return Ok(Redirect::to("/auth/sign_in").into_response()) };
    let request = match judge(app, fields).await? {
        Ok(request) => request,
        Err(wrong) => return Ok(refuse(visitor, headers, &wrong)),
    };
    let (redirect_uri, state) = (request.redirect_uri.clone(), fields.get("state"));
    if !yes {
        let wrong = Wrong { refusal: Refusal::AccessDenied, redirect: Some((redirect_uri, state.map(str::to_owned))) };
        return Ok(refuse(visitor, headers, &wrong));
    }
    let code = grant::allow(app, me.id, request).await?;
    if redirect_uri == OOB {
        return Ok(Redirect::to(&format!("/oauth/authorize/native?code={code}")).into_response());
    }
    Ok(send(&redirect_uri, &[("code", &code)], state))
}

/// Why a request cannot be granted, and where to say so (address and state), if anywhere.
struct Wrong {
    refusal: Refusal,
    redirect: Option<(String, Option<String>)>,
}

async fn judge(app: &App, given: &Fields) -> Result<Result<Request, Wrong>> {
    let client_id = given.get("client_id").unwrap_or_default();
    let client = match grant::client(app, client_id, given.get("redirect_uri")).await? {
        Ok(client) => client,
        Err(refusal) => return Ok(Err(Wrong { refusal, redirect: None })),
    };
    let redirect_uri = client.1.clone();
    // RFC 7636 says that a missing method means `plain`, which we do not take.
    let challenge =
        given.get("code_challenge").map(|text| (text, given.get("code_challenge_method").unwrap_or("plain")));
    let response_type = given.get("response_type").unwrap_or_default();
    Ok(grant::request(client, response_type, given.get("scope"), challenge)
        .map_err(|refusal| Wrong { refusal, redirect: Some((redirect_uri, given.get("state").map(str::to_owned))) }))
}

fn refuse(visitor: &Visitor, headers: &HeaderMap, wrong: &Wrong) -> Response {
    if let Some((redirect_uri, state)) = wrong.redirect.as_ref().filter(|(uri, _)| uri != OOB) {
        let error = [("error", wrong.refusal.code()), ("error_description", wrong.refusal.description())];
        return send(redirect_uri, &error, state.as_deref());
    }
    let denied = wrong.refusal == Refusal::AccessDenied;
    let status = match wrong.refusal {
        Refusal::InvalidClient => StatusCode::UNAUTHORIZED,
        Refusal::AccessDenied => StatusCode::OK,
        _ => StatusCode::BAD_REQUEST,
    };
    if !accepts_pages(headers) {
        let body = json!({"error": wrong.refusal.code(), "error_description": wrong.refusal.description()});
        return (status, Json(body)).into_response();
    }
    let lang = visitor.lang;
    let text = match wrong.refusal {
        Refusal::AccessDenied => lang.t("authorize.denied"),
        Refusal::InvalidClient => lang.t("authorize.unknown"),
        Refusal::InvalidScope => lang.t("authorize.scope"),
        _ => lang.t("authorize.malformed"),
    };
    let title = if denied { lang.t("authorize.denied.title") } else { lang.t("authorize.refused.title") };
    let page = Page::new(visitor, title.to_owned());
    page::show(visitor, status, &Refused { page, text, code: wrong.refusal.code() }, false, "")
}

fn accepts_pages(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

fn to_sign_in(visitor: &Visitor) -> Response {
    Redirect::to(&sign_in_address(visitor)).into_response()
}

/// The sign-in page, from which one comes back to this request.
fn sign_in_address(visitor: &Visitor) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("then", &visitor.here(&["force_login", "lang"], &[]));
    if visitor.me.is_some() {
        query.append_pair("force", "1");
    }
    if let Some(lang) = visitor.query().get("lang") {
        query.append_pair("lang", lang);
    }
    format!("/auth/sign_in?{}", query.finish())
}

/// Back to the app with `answer` and its own `state`.
fn send(redirect_uri: &str, answer: &[(&str, &str)], state: Option<&str>) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(answer);
    query.extend_pairs(state.map(|state| ("state", state)));
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    let mut response = Redirect::to(&format!("{redirect_uri}{joint}{}", query.finish())).into_response();
    // The code in the address is nobody else's business.
    response.headers_mut().insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    response
}

/// What of an address a person (and the browser's policy) must know: its origin, or the scheme of an app.
fn target(redirect_uri: &str) -> String {
    match url::Url::parse(redirect_uri) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url.origin().ascii_serialization(),
        Ok(url) if redirect_uri != OOB => format!("{}:", url.scheme()),
        _ => String::new(),
    }
}

/// A scope in words.
pub(super) fn wish(lang: Lang, scope: &str) -> String {
    let whole = match scope {
        "profile" => "scope.profile",
        "read" => "scope.read",
        "write" => "scope.write",
        "follow" => "scope.follow",
        "push" => "scope.push",
        "admin:read" => "scope.admin_read",
        "admin:write" => "scope.admin_write",
        _ => "",
    };
    if !whole.is_empty() {
        return lang.t(whole).to_owned();
    }
    let (verb, noun) = scope.rsplit_once(':').unwrap_or((scope, ""));
    let what = lang.t(match noun {
        "accounts" => "thing.accounts",
        "blocks" => "thing.blocks",
        "bookmarks" => "thing.bookmarks",
        "collections" => "thing.collections",
        "conversations" => "thing.conversations",
        "favourites" => "thing.favourites",
        "filters" => "thing.filters",
        "follows" => "thing.follows",
        "lists" => "thing.lists",
        "media" => "thing.media",
        "mutes" => "thing.mutes",
        "notifications" => "thing.notifications",
        "reports" => "thing.reports",
        "search" => "thing.search",
        "statuses" => "thing.statuses",
        _ => "thing.blocklists",
    });
    let sentence = match verb {
        "read" => "scope.read_one",
        "write" => "scope.write_one",
        "admin:read" => "scope.admin_read_one",
        _ => "scope.admin_write_one",
    };
    lang.fill(sentence, &[("what", what)])
}
