//! Where an app wants to be woken: one Web Push subscription for each token.
//!
//! Spec: https://docs.joinmastodon.org/methods/push/

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get};
use serde::Serialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::answer::Reply;
use super::auth::{Auth, Secret};
use super::entities::WebPushSubscription;
use super::error::Answer;
use super::params::Params;
use crate::actions::push;
use crate::app::App;
use crate::error::{Error, Result};
use crate::outbound::guard;
use crate::store::push_subscriptions::{self as subscriptions, Subscription};
use crate::webpush::Receiver;

/// Every kind of notification.
const KINDS: &[&str] = &[
    "mention",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "quote",
    "quoted_update",
    "admin.sign_up",
    "admin.report",
    "severed_relationships",
    "moderation_warning",
    "annual_report",
    "added_to_collection",
    "collection_update",
];
const POLICIES: &[&str] = &["all", "followed", "follower", "none"];
/// The longest address, in bytes.
const LONGEST: usize = 2_048;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/push/subscription", get(show).post(create).put(update).delete(remove))
        .route("/api/v1/push/unsubscribe/{id}/{secret}", delete(unsubscribe).post(unsubscribe))
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

async fn create(
    State(app): State<App>,
    auth: Auth,
    Secret(token): Secret,
    params: Params,
) -> Answer<Reply<WebPushSubscription>> {
    auth.needs("push")?;
    let text = |name: &str| params.text(name).unwrap_or_default();
    let endpoint = text("subscription[endpoint]");
    check(&endpoint, app.config.development)?;
    let receiver = Receiver::parse(&text("subscription[keys][p256dh]"), &text("subscription[keys][auth]"))?;
    let (policy, alerts) = (policy(&params)?, alerts(&params));
    let now = app.clock.now();
    let row = Subscription {
        id: app.ids.next(now),
        token_id: auth.token,
        account_id: auth.id(),
        token,
        endpoint,
        p256dh: receiver.public,
        auth: receiver.auth,
        standard: params.flag("subscription[standard]").unwrap_or_default(),
        policy,
        alerts: Value::Object(alerts).to_string(),
        created_at: now,
    };
    let kept = row.clone();
    app.store.write(move |tx| subscriptions::put(tx, &kept)).await?;
    entity(&app, &row).await
}

async fn show(State(app): State<App>, auth: Auth) -> Answer<Reply<WebPushSubscription>> {
    auth.needs("push")?;
    let token = auth.token;
    let row = app.store.read(move |db| subscriptions::by_token(db, token)).await?;
    entity(&app, &row.ok_or(Error::NotFound("push subscription"))?).await
}

/// Changes what it is woken for; address and keys stay.
async fn update(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<WebPushSubscription>> {
    auth.needs("push")?;
    let (token, policy, alerts) = (auth.token, policy(&params)?, Value::Object(alerts(&params)).to_string());
    let written = app.store.write(move |tx| {
        subscriptions::change(tx, token, &policy, &alerts)?;
        subscriptions::by_token(tx, token)?.ok_or(Error::NotFound("push subscription"))
    });
    let row = written.await?;
    entity(&app, &row).await
}

async fn remove(State(app): State<App>, auth: Auth) -> Answer<Reply<Done>> {
    auth.needs("push")?;
    let token = auth.token;
    app.store.write(move |tx| subscriptions::delete(tx, token)).await?;
    Ok(Reply::own(Done {}))
}

/// What the `Unsubscribe-URL` of a push leads to. Not by `GET`, because whatever looks at links would follow it.
async fn unsubscribe(State(app): State<App>, Path((id, secret)): Path<(String, String)>) -> Answer<Reply<Done>> {
    let id = id.parse().map_err(|_| Error::NotFound("push subscription"))?;
    push::unsubscribe(&app, id, secret).await?;
    Ok(Reply::own(Done {}))
}

/// The entity WebPushSubscription.
async fn entity(app: &App, row: &Subscription) -> Answer<Reply<WebPushSubscription>> {
    Ok(Reply::own(WebPushSubscription {
        id: row.id.to_string(),
        endpoint: row.endpoint.clone(),
        standard: row.standard,
        server_key: push::vapid(app).await?.public().to_owned(),
        policy: row.policy.clone(),
        alerts: serde_json::from_str(&row.alerts).unwrap_or_default(),
    }))
}

/// Refuses addresses that we would never send to.
fn check(endpoint: &str, development: bool) -> Result<()> {
    let refuse = |why: String| Error::invalid("subscription[endpoint]", why);
    if endpoint.len() > LONGEST {
        return Err(refuse(format!("must not be longer than {LONGEST} bytes")));
    }
    let url = Url::parse(endpoint).map_err(|_| refuse("must be an address".into()))?;
    guard::check_url(&url, development).map_err(|_| refuse("must be a public https address".into()))
}

fn policy(params: &Params) -> Result<String> {
    let policy = params.text("data[policy]").filter(|text| !text.is_empty()).unwrap_or_else(|| "all".into());
    if POLICIES.contains(&policy.as_str()) {
        return Ok(policy);
    }
    Err(Error::invalid("data[policy]", format!("must be one of {}", POLICIES.join(", "))))
}

/// Only the kinds that the client named.
fn alerts(params: &Params) -> Map<String, Value> {
    let flag = |kind: &&str| Some(((*kind).to_owned(), json!(params.flag(&format!("data[alerts][{kind}]"))?)));
    KINDS.iter().filter_map(flag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::token::issue_token;
    use crate::mastodon::tests::World;
    use crate::webpush::tests::{AUTH, PUBLIC};

    #[tokio::test]
    async fn each_token_has_one_subscription() {
        let world = World::new().await;
        let path = "/api/v1/push/subscription";
        let token = issue_token(&world.app, world.alice, "push", "app").await.expect("a token");
        let other = issue_token(&world.app, world.alice, "push", "other").await.expect("a token");
        let ask = async |method: &str, token: &str, body: Value| world.ask(method, path, Some(token), body).await;
        assert_eq!(ask("GET", &token, Value::Null).await.code, 404);
        assert_eq!(ask("GET", &world.token, Value::Null).await.code, 403);
        let wish = |endpoint: &str, key: &str| {
            json!({
                "subscription": {"endpoint": endpoint, "keys": {"p256dh": key, "auth": AUTH}, "standard": true},
                "data": {"alerts": {"mention": true, "favourite": "false", "admin.sign_up": "1", "nonsense": true}},
            })
        };
        for (bad, field) in [
            (wish("nonsense", PUBLIC), "endpoint"),
            (wish("ftp://push.example/1", PUBLIC), "endpoint"),
            (wish("https://10.0.0.1/1", PUBLIC), "endpoint"),
            (wish("https://push.example/1", "abc"), "p256dh"),
            (json!({}), "endpoint"),
        ] {
            let refused = ask("POST", &token, bad.clone()).await;
            assert_eq!(refused.code, 422, "{bad}");
            assert!(refused.body["details"].as_object().is_some_and(|all| all.keys().all(|key| key.contains(field))));
        }
        let made = ask("POST", &token, wish("https://push.example/1", PUBLIC)).await;
        assert_eq!(made.code, 200, "{}", made.body);
        let alerts = json!({"mention": true, "favourite": false, "admin.sign_up": true});
        assert_eq!((&made.body["alerts"], &made.body["policy"]), (&alerts, &json!("all")));
        assert_eq!((&made.body["standard"], made.body["id"].is_string()), (&json!(true), true));
        let key = &world.peek("/api/v2/instance").await.body["configuration"]["vapid"]["public_key"];
        assert_eq!(&made.body["server_key"], key);
        assert_eq!(key.as_str().map(str::len), Some(87));
        assert_eq!(world.get("/api/v1/apps/verify_credentials").await.body["vapid_key"], *key);
        assert_eq!(ask("GET", &token, Value::Null).await.body, made.body);
        assert_eq!(ask("GET", &other, Value::Null).await.code, 404);

        let changed = ask("PUT", &token, json!({"data": {"alerts": {"poll": true}, "policy": "followed"}})).await;
        assert_eq!((&changed.body["alerts"], &changed.body["policy"]), (&json!({"poll": true}), &json!("followed")));
        assert_eq!(changed.body["endpoint"], "https://push.example/1");
        assert_eq!(ask("PUT", &token, json!({"data": {"policy": "some"}})).await.code, 422);
        assert_eq!(ask("PUT", &other, json!({"data": {}})).await.code, 404);
        let again = ask("POST", &token, wish("https://push.example/2", PUBLIC)).await;
        assert_eq!(ask("GET", &token, Value::Null).await.body["endpoint"], again.body["endpoint"]);
        let gone = ask("DELETE", &token, Value::Null).await;
        assert_eq!((gone.code, gone.body), (200, json!({})));
        assert_eq!(ask("GET", &token, Value::Null).await.code, 404);
    }
}
