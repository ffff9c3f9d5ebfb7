//! The server itself: instance v1 and v2, rules, description, policy, and lists that are honestly empty.
//!
//! Spec: https://docs.joinmastodon.org/entities/Instance/

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::auth::Auth;
use super::error::Answer;
use super::render::{self, Base};
use crate::actions::about::{self, About};
use crate::actions::post::{compose, poll};
use crate::actions::{pin, push};
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::media::Media;
use crate::store::{accounts, users};
use crate::text::locale::Lang;

/// What clients may rely on. 2 promises grouped notifications (`/api/v2/notifications`), which are whole; 3 would promise
/// `attribution_domains`, which are not kept, and clients do not fall back from a promise.
const API_VERSION: u32 = 2;
/// Clients take the first number for a version of Mastodon and switch features on by it.
const VERSION: &str = concat!("4.6.0 (compatible; Nagaya ", env!("CARGO_PKG_VERSION"), ")");
const SOURCE: &str = "https://crates.io/crates/nagaya";
const A_MONTH: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 60 * 60);
/// These documents change rarely and everybody asks for them.
const FIVE_MINUTES: &str = "public, max-age=300, stale-while-revalidate=30, stale-if-error=86400";
/// When the default privacy policy was last changed: 1 August 2026.
const POLICY_OF: Time = Time(1_785_542_400_000);

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/instance", get(v1))
        .route("/api/v2/instance", get(v2))
        .route("/api/v1/instance/rules", get(rules))
        .route("/api/v1/instance/extended_description", get(extended_description))
        .route("/api/v1/instance/privacy_policy", get(privacy_policy))
        .route("/api/v1/instance/translation_languages", get(nothing_by_key))
        .route("/api/v1/instance/languages", get(languages))
        .route("/api/v1/instance/peers", get(peers))
        .route("/api/v1/custom_emojis", get(nothing))
        .route("/api/v1/announcements", get(announcements))
}

async fn v2(State(app): State<App>) -> Answer<Response> {
    let about = about::read(&app, Lang::ENGLISH).await?;
    let since = app.clock.now().minus(A_MONTH);
    let active = app.store.read(move |db| users::active_since(db, since)).await?;
    let url = |path: &str| app.config.url(path);
    let icon = |size: u32| json!({"src": url(&format!("/static/icon-{size}.png")), "size": format!("{size}x{size}")});
    Ok(public(json!({
        "domain": app.config.handle_domain,
        "title": about.title,
        "version": VERSION,
        "source_url": SOURCE,
        "description": about.description,
        "usage": {"users": {"active_month": active}},
        "thumbnail": {"url": url("/static/thumbnail.png"), "description": Lang::ENGLISH.t("about.thumbnail")},
        "icon": [icon(192), icon(512)],
        "languages": codes(),
        "configuration": configuration(&app, Some(push::vapid(&app).await?.public())),
        "registrations": {
            "enabled": false, "approval_required": false, "reason_required": null, "message": null, "min_age": null,
            "url": null,
        },
        "api_versions": {"mastodon": API_VERSION},
        "wrapstodon": null,
        "contact": {"email": about.email, "account": contact(&app, &about).await?},
        "rules": rule_list(&about),
    })))
}

async fn v1(State(app): State<App>) -> Answer<Response> {
    let about = about::read(&app, Lang::ENGLISH).await?;
    let stats = app.store.read(|db| {
        Ok(json!({
            "user_count": users::count(db)?,
            "status_count": users::statuses_count(db)?,
            "domain_count": accounts::domains(db)?.len(),
        }))
    });
    let body = json!({
        "uri": app.config.handle_domain,
        "title": about.title,
        "short_description": about.description,
        "description": if about.extended.is_empty() { &about.description } else { &about.extended },
        "email": about.email,
        "version": VERSION,
        "urls": {"streaming_api": streaming(&app)},
        "stats": stats.await?,
        "thumbnail": app.config.url("/static/thumbnail.png"),
        "languages": codes(),
        "registrations": false,
        "approval_required": false,
        "invites_enabled": false,
        "configuration": configuration(&app, None),
        "contact_account": contact(&app, &about).await?,
        "rules": rule_list(&about),
    });
    // Deprecated with Mastodon 4.0, 14 November 2022. Spec: RFC 9745
    Ok(([("deprecation", "@1668384000")], public(body)).into_response())
}

/// What the numbers are; v2 (with the public key for Web Push) has more of them than v1.
fn configuration(app: &App, key: Option<&str>) -> Value {
    let mut all = json!({
        "accounts": {"max_featured_tags": super::tags::FEATURED},
        "statuses": {
            "max_characters": compose::CHARACTERS,
            "max_media_attachments": compose::ATTACHMENTS,
            "characters_reserved_per_url": 23,
        },
        "media_attachments": {
            "supported_mime_types": Media::supported_mime_types(),
            "image_size_limit": super::media::IMAGE_LIMIT,
            "image_matrix_limit": 33_177_600,
            // No video is taken yet.
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": poll::OPTIONS,
            "max_characters_per_option": poll::TITLE,
            "min_expiration": poll::SHORTEST,
            "max_expiration": poll::LONGEST,
        },
    });
    if let Some(key) = key {
        let open = json!({"local": "public", "remote": "public"});
        all["media_attachments"]["description_limit"] = json!(super::media::DESCRIPTION_LIMIT);
        all["accounts"] = json!({
            "max_featured_tags": super::tags::FEATURED, "max_pinned_statuses": pin::MOST,
            "max_display_name_length": 40, "max_note_length": 500,
            "max_avatar_description_length": 150, "max_header_description_length": 150, "max_profile_fields": 4,
            "profile_field_name_limit": 255, "profile_field_value_limit": 255,
        });
        all["urls"] = json!({
            "streaming": streaming(app), "status": null, "about": app.config.url("/about"),
            "privacy_policy": app.config.url("/privacy"), "terms_of_service": null,
        });
        all["vapid"] = json!({"public_key": key});
        all["translation"] = json!({"enabled": false});
        all["limited_federation"] = json!(false);
        all["timelines_access"] = json!({
            "live_feeds": open, "hashtag_feeds": open,
            "trending_link_feeds": {"local": "disabled", "remote": "disabled"},
        });
    }
    all
}

async fn rules(State(app): State<App>) -> Answer<Response> {
    Ok(public(rule_list(&about::read(&app, Lang::ENGLISH).await?)))
}

async fn extended_description(State(app): State<App>) -> Answer<Response> {
    let about = about::read(&app, Lang::ENGLISH).await?;
    Ok(public(json!({"updated_at": null, "content": about.extended})))
}

async fn privacy_policy(State(app): State<App>) -> Answer<Response> {
    let about = about::read(&app, Lang::ENGLISH).await?;
    let content = about.privacy.unwrap_or_else(|| about::default_privacy(Lang::ENGLISH));
    Ok(public(json!({"updated_at": POLICY_OF.rfc3339(), "content": content})))
}

async fn peers(State(app): State<App>) -> Answer<Response> {
    Ok(public(json!(app.store.read(accounts::domains).await?)))
}

async fn languages() -> Response {
    let list: Vec<_> = Lang::all().map(|lang| json!({"code": lang.code(), "name": lang.name()})).collect();
    std::future::ready(public(json!(list))).await
}

/// There are none yet, and an empty list says so.
async fn nothing() -> Response {
    std::future::ready(public(json!([]))).await
}

async fn nothing_by_key() -> Response {
    std::future::ready(public(json!({}))).await
}

async fn announcements(_auth: Auth) -> Json<Value> {
    std::future::ready(Json(json!([]))).await
}

fn rule_list(about: &About) -> Value {
    let rules = about.rules.iter().enumerate().map(|(at, rule)| {
        json!({
            "id": (at + 1).to_string(), "text": rule.text, "hint": rule.hint, "translations": rule.translations,
        })
    });
    Value::Array(rules.collect())
}

/// The account to turn to, as everybody sees it.
async fn contact(app: &App, about: &About) -> Result<Value> {
    let Some(account) = about.contact.clone() else { return Ok(Value::Null) };
    let base = Base::new(app);
    app.store.read(move |db| Ok(json!(render::one_account(db, &base, &account)?))).await
}

fn streaming(app: &App) -> String {
    let scheme = if app.config.development { "ws" } else { "wss" };
    format!("{scheme}://{}", app.config.domain)
}

fn codes() -> Vec<&'static str> {
    Lang::all().map(Lang::code).collect()
}

fn public(body: Value) -> Response {
    ([(CACHE_CONTROL, FIVE_MINUTES)], Json(body)).into_response()
}
