//! Whose notifications one wants to see. Version 1 knows only yes and no.
//!
//! Spec: https://docs.joinmastodon.org/methods/notifications/#get-policy

use axum::Router;
use axum::extract::State;
use axum::routing::get;

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{NotificationPolicy, NotificationPolicyV1, PolicySummary};
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::store::notification_policies::{self as policies, Choice, Policy};
use crate::store::{Connection, notification_requests};

/// The routes of this family.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v2/notifications/policy", get(show).patch(update).put(update))
        .route("/api/v1/notifications/policy", get(show_v1).patch(update_v1).put(update_v1))
}

/// The rules by their names in the API, without the `for_` or `filter_` before them.
fn rules(policy: &mut Policy) -> [(&'static str, &mut Choice); 6] {
    [
        ("for_not_following", &mut policy.for_not_following),
        ("for_not_followers", &mut policy.for_not_followers),
        ("for_new_accounts", &mut policy.for_new_accounts),
        ("for_private_mentions", &mut policy.for_private_mentions),
        ("for_limited_accounts", &mut policy.for_limited_accounts),
        ("for_bots", &mut policy.for_bots),
    ]
}

/// Version 1 has no rule for limited accounts, and calls them `filter_…`.
fn name_v1(name: &str) -> Option<String> {
    (name != "for_limited_accounts").then(|| name.replacen("for_", "filter_", 1))
}

async fn show(State(app): State<App>, auth: Auth) -> Answer<Reply<NotificationPolicy>> {
    auth.needs("read:notifications")?;
    let me = auth.id();
    Ok(Reply::own(app.store.read(move |db| entity(db, me)).await?))
}

async fn show_v1(State(app): State<App>, auth: Auth) -> Answer<Reply<NotificationPolicyV1>> {
    auth.needs("read:notifications")?;
    let me = auth.id();
    Ok(Reply::own(app.store.read(move |db| entity_v1(db, me)).await?))
}

async fn update(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<NotificationPolicy>> {
    auth.needs("write:notifications")?;
    let me = auth.id();
    let written = app.store.write(move |tx| {
        let mut policy = policies::of(tx, me)?;
        for (name, rule) in rules(&mut policy) {
            if let Some(text) = params.text(name).filter(|text| !text.is_empty()) {
                *rule = Choice::parse(&text)
                    .ok_or_else(|| Error::invalid(name, "must be one of accept, filter and drop"))?;
            }
        }
        policies::set(tx, me, &policy)?;
        entity(tx, me)
    });
    Ok(Reply::own(written.await?))
}

async fn update_v1(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<NotificationPolicyV1>> {
    auth.needs("write:notifications")?;
    let me = auth.id();
    let written = app.store.write(move |tx| {
        let mut policy = policies::of(tx, me)?;
        for (name, rule) in rules(&mut policy) {
            let wanted = name_v1(name).and_then(|name| params.flag(&name));
            match wanted {
                Some(true) if *rule == Choice::Accept => *rule = Choice::Filter,
                Some(false) => *rule = Choice::Accept,
                _ => {}
            }
        }
        policies::set(tx, me, &policy)?;
        entity_v1(tx, me)
    });
    Ok(Reply::own(written.await?))
}

fn entity(db: &Connection, me: AccountId) -> Result<NotificationPolicy> {
    let policy = policies::of(db, me)?;
    Ok(NotificationPolicy {
        for_not_following: policy.for_not_following.as_str(),
        for_not_followers: policy.for_not_followers.as_str(),
        for_new_accounts: policy.for_new_accounts.as_str(),
        for_private_mentions: policy.for_private_mentions.as_str(),
        for_limited_accounts: policy.for_limited_accounts.as_str(),
        for_bots: policy.for_bots.as_str(),
        summary: summary(db, me)?,
    })
}

fn entity_v1(db: &Connection, me: AccountId) -> Result<NotificationPolicyV1> {
    let policy = policies::of(db, me)?;
    Ok(NotificationPolicyV1 {
        filter_not_following: policy.for_not_following != Choice::Accept,
        filter_not_followers: policy.for_not_followers != Choice::Accept,
        filter_new_accounts: policy.for_new_accounts != Choice::Accept,
        filter_private_mentions: policy.for_private_mentions != Choice::Accept,
        filter_bots: policy.for_bots != Choice::Accept,
        summary: summary(db, me)?,
    })
}

fn summary(db: &Connection, me: AccountId) -> Result<PolicySummary> {
    let (pending_requests_count, pending_notifications_count) = notification_requests::summary(db, me)?;
    Ok(PolicySummary { pending_requests_count, pending_notifications_count })
}
