//! The server itself: instance v1 and v2, rules, description, policy and terms.
//!
//! Spec: https://docs.joinmastodon.org/methods/instance/

use std::time::Duration;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::entities;
use super::error::Answer;
use super::path::Name;
use super::render::{self, Base};
use crate::actions::about::{self, About};
use crate::actions::access::{self, Feed};
use crate::actions::join::{self, Mode};
use crate::actions::post::{compose, poll};
use crate::actions::{border, pin, push, translation, upload};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::media;
use crate::store::{Connection, terms, users};
use crate::text::locale::Lang;

/// What clients may rely on, and do not fall back from: 11 is Mastodon 4.6.1, whose newest are collections (10) and
/// descriptions of profile pictures (11).
const API_VERSION: u32 = 11;
/// Clients take the first number for a version of Mastodon and switch features on by it.
const VERSION: &str = concat!("4.6.0 (compatible; Nagaya ", env!("CARGO_PKG_VERSION"), ")");
const SOURCE: &str = "https://crates.io/crates/nagaya";
const A_MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// These documents change rarely and everybody asks for them.
const FIVE_MINUTES: &str = "public, max-age=300, stale-while-revalidate=30, stale-if-error=86400";
/// When the default privacy policy was last changed: 1 August 2026.
const POLICY_OF: Time = Time(1_785_542_400_000);
/// Instance v1 is deprecated since Mastodon 4.0, 14 November 2022. Spec: RFC 9745
const DEPRECATED: &str = "@1668384000";

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/instance", get(v1))
        .route("/api/v2/instance", get(v2))
        .route("/api/v1/instance/rules", get(rules))
        .route("/api/v1/instance/extended_description", get(extended_description))
        .route("/api/v1/instance/privacy_policy", get(privacy_policy))
        .route("/api/v1/instance/terms_of_service", get(current_terms))
        .route("/api/v1/instance/terms_of_service/{date}", get(terms_of_day))
        .route("/api/v1/instance/translation_languages", get(super::statuses::translation_languages))
        .route("/api/v1/instance/languages", get(languages))
}

/// A document that everybody may keep for five minutes.
#[derive(Debug)]
pub(super) struct Public<T>(pub T);

impl<T: Serialize> IntoResponse for Public<T> {
    fn into_response(self) -> Response {
        ([(CACHE_CONTROL, FIVE_MINUTES)], Json(self.0)).into_response()
    }
}

async fn v2(State(app): State<App>) -> Answer<Public<entities::Instance>> {
    let about = about::read(&app, Lang::ENGLISH).await?;
    let since = app.clock.now().minus(A_MONTH);
    let door = app.store.read(join::registrations).await?;
    let active_month = app.store.read(move |db| users::active_since(db, since)).await?;
    let icon = |size: u32| entities::Icon {
        src: app.config.url(&format!("/static/icon-{size}.png")),
        size: format!("{size}x{size}"),
    };
    Ok(Public(entities::Instance {
        domain: app.config.handle_domain.clone(),
        title: about.title.clone(),
        version: VERSION.into(),
        source_url: SOURCE.into(),
        description: about.description.clone(),
        usage: entities::Usage { users: entities::UsageUsers { active_month } },
        thumbnail: entities::Thumbnail {
            url: app.config.url("/static/thumbnail.png"),
            description: Lang::ENGLISH.t("about.thumbnail").into(),
        },
        icon: vec![icon(192), icon(512)],
        languages: codes(),
        configuration: configuration(&app).await?,
        registrations: registrations(&door),
        api_versions: entities::ApiVersions { mastodon: API_VERSION },
        wrapstodon: None,
        contact: entities::Contact { email: about.email.clone(), account: contact(&app, &about).await? },
        rules: rule_list(&about),
    }))
}

async fn v1(State(app): State<App>) -> Answer<Response> {
    let about = about::read(&app, Lang::ENGLISH).await?;
    let stats = app.store.read(|db| {
        Ok(entities::Stats {
            user_count: users::count(db)?,
            status_count: users::statuses_count(db)?,
            domain_count: i64::try_from(super::neighbours::known_domains(db)?.len()).unwrap_or(i64::MAX),
        })
    });
    let door = app.store.read(join::registrations).await?;
    let how = registrations(&door);
    let instance = entities::InstanceV1 {
        uri: app.config.handle_domain.clone(),
        title: about.title.clone(),
        short_description: about.description.clone(),
        description: if about.extended.is_empty() { about.description.clone() } else { about.extended.clone() },
        email: about.email.clone(),
        version: VERSION.into(),
        urls: entities::UrlsV1 { streaming_api: streaming(&app) },
        stats: stats.await?,
        thumbnail: Some(app.config.url("/static/thumbnail.png")),
        languages: codes(),
        registrations: how.enabled,
        approval_required: how.approval_required,
        invites_enabled: door.members_invite,
        configuration: entities::ConfigurationV1 {
            accounts: entities::AccountLimitsV1 { max_featured_tags: number(super::tags::FEATURED) },
            statuses: status_limits(),
            media_attachments: media_limits(&app),
            polls: poll_limits(),
        },
        contact_account: contact(&app, &about).await?,
        rules: rule_list(&about),
    };
    Ok(([("deprecation", DEPRECATED)], Public(instance)).into_response())
}

fn registrations(door: &join::Registrations) -> entities::Registrations {
    let approval = door.mode == Mode::Approval;
    entities::Registrations {
        enabled: door.mode.is_public(),
        approval_required: approval,
        reason_required: approval.then_some(door.reason_required),
        message: door.message.clone(),
        min_age: door.min_age,
        url: None,
    }
}

async fn configuration(app: &App) -> Result<entities::Configuration> {
    let today = app.clock.now().date();
    let (limited_federation, timelines_access, has_terms, translates) = app
        .store
        .read(move |db| {
            Ok((
                border::limited(db)?,
                timelines_access(db)?,
                terms::current(db, &today)?.is_some(),
                translation::is_offered(db)?,
            ))
        })
        .await?;
    Ok(entities::Configuration {
        urls: entities::Urls {
            streaming: streaming(app),
            status: None,
            about: app.config.url("/about"),
            privacy_policy: Some(app.config.url("/privacy")),
            terms_of_service: has_terms.then(|| app.config.url("/terms")),
        },
        vapid: entities::Vapid { public_key: push::vapid(app).await?.public().to_owned() },
        accounts: entities::AccountLimits {
            max_featured_tags: number(super::tags::FEATURED),
            max_pinned_statuses: number(pin::MOST),
            max_display_name_length: 40,
            max_note_length: 500,
            max_avatar_description_length: 150,
            max_header_description_length: 150,
            max_profile_fields: 4,
            profile_field_name_limit: 255,
            profile_field_value_limit: 255,
        },
        statuses: status_limits(),
        media_attachments: entities::MediaLimits {
            common: media_limits(app),
            description_limit: number(super::media::DESCRIPTION_LIMIT),
        },
        polls: poll_limits(),
        translation: entities::TranslationSupport { enabled: translates },
        limited_federation,
        timelines_access,
    })
}

fn status_limits() -> entities::StatusLimits {
    entities::StatusLimits {
        max_characters: number(compose::CHARACTERS),
        max_media_attachments: number(compose::ATTACHMENTS),
        characters_reserved_per_url: 23,
    }
}

fn media_limits(app: &App) -> entities::MediaLimitsV1 {
    entities::MediaLimitsV1 {
        supported_mime_types: app.media.supported_mime_types().into_iter().map(str::to_owned).collect(),
        image_size_limit: number(upload::IMAGE_LIMIT),
        image_matrix_limit: number(media::MOST_PIXELS),
        video_size_limit: number(media::SIZE_LIMIT),
        video_frame_rate_limit: number(media::FRAME_RATE_LIMIT),
        video_matrix_limit: number(media::MATRIX_LIMIT),
    }
}

fn poll_limits() -> entities::PollLimits {
    entities::PollLimits {
        max_options: number(poll::OPTIONS),
        max_characters_per_option: number(poll::TITLE),
        min_expiration: number(poll::SHORTEST),
        max_expiration: number(poll::LONGEST),
    }
}

fn timelines_access(db: &Connection) -> Result<entities::TimelinesAccess> {
    let feed = |feed: Feed| -> Result<entities::FeedAccess> {
        let part = |local: bool| access::of(db, feed, local).map(access::Access::as_str);
        Ok(entities::FeedAccess { local: part(true)?, remote: part(false)? })
    };
    Ok(entities::TimelinesAccess {
        live_feeds: feed(Feed::Live)?,
        hashtag_feeds: feed(Feed::Topic)?,
        trending_link_feeds: feed(Feed::Link)?,
    })
}

fn number(limit: impl TryInto<i64>) -> i64 {
    limit.try_into().unwrap_or(i64::MAX)
}

async fn rules(State(app): State<App>) -> Answer<Public<Vec<entities::Rule>>> {
    Ok(Public(rule_list(&about::read(&app, Lang::ENGLISH).await?)))
}

async fn extended_description(State(app): State<App>) -> Answer<Public<entities::ExtendedDescription>> {
    let about = about::read(&app, Lang::ENGLISH).await?;
    Ok(Public(entities::ExtendedDescription { updated_at: None, content: about.extended }))
}

async fn privacy_policy(State(app): State<App>) -> Answer<Public<entities::PrivacyPolicy>> {
    let about = about::read(&app, Lang::ENGLISH).await?;
    let content = about.privacy.unwrap_or_else(|| about::default_privacy(Lang::ENGLISH));
    Ok(Public(entities::PrivacyPolicy { updated_at: POLICY_OF.rfc3339(), content }))
}

async fn current_terms(State(app): State<App>) -> Answer<Public<entities::TermsOfService>> {
    let today = app.clock.now().date();
    let asked = today.clone();
    let found = app.store.read(move |db| with_next(db, terms::current(db, &asked)?)).await?;
    Ok(Public(render_terms(found, &today)))
}

async fn terms_of_day(State(app): State<App>, Name(day): Name) -> Answer<Public<entities::TermsOfService>> {
    let found = app.store.read(move |db| with_next(db, terms::of_day(db, &day)?)).await?;
    Ok(Public(render_terms(found, &app.clock.now().date())))
}

fn with_next(db: &Connection, found: Option<terms::Terms>) -> Result<(terms::Terms, Option<String>)> {
    let found = found.ok_or(Error::NotFound("terms of service"))?;
    let next = terms::next_day(db, &found.effective_on)?;
    Ok((found, next))
}

fn render_terms((row, next): (terms::Terms, Option<String>), today: &str) -> entities::TermsOfService {
    entities::TermsOfService {
        effective: row.effective_on.as_str() <= today,
        effective_date: row.effective_on,
        content: about::paragraphs(&row.text),
        succeeded_by: next,
    }
}

async fn languages() -> Public<Vec<entities::Language>> {
    let language = |lang: Lang| entities::Language { code: lang.code().into(), name: lang.name().into() };
    std::future::ready(Public(Lang::all().map(language).collect())).await
}

fn rule_list(about: &About) -> Vec<entities::Rule> {
    let rule = |(at, rule): (usize, &about::Rule)| entities::Rule {
        id: (at + 1).to_string(),
        text: rule.text.clone(),
        hint: rule.hint.clone(),
        translations: rule.translations.iter().map(|(code, text)| (code.clone(), translation(text))).collect(),
    };
    about.rules.iter().enumerate().map(rule).collect()
}

fn translation(text: &about::Translation) -> entities::RuleTranslation {
    entities::RuleTranslation { text: text.text.clone(), hint: text.hint.clone() }
}

/// The account to turn to, as everybody sees it.
async fn contact(app: &App, about: &About) -> Result<Option<entities::Account>> {
    let Some(account) = about.contact.clone() else { return Ok(None) };
    let base = Base::new(app);
    app.store.read(move |db| render::one_account(db, &base, &account).map(Some)).await
}

fn streaming(app: &App) -> String {
    let scheme = if app.config.development { "ws" } else { "wss" };
    format!("{scheme}://{}", app.config.domain)
}

fn codes() -> Vec<String> {
    Lang::all().map(|lang| lang.code().to_owned()).collect()
}
