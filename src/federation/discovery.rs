//! How others find us: WebFinger, host-meta, NodeInfo.
//!
//! Spec: RFC 7033, RFC 6415, NodeInfo 2.0 and 2.1 (FEP-f1d5), rules W1 and W4.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Failure;
use crate::actions::join;
use crate::activitypub::ids::{self, Ours};
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::accounts::{self, Account, INSTANCE};
use crate::store::{memberships, settings, statuses, users};

const MONTH: std::time::Duration = std::time::Duration::from_secs(30 * 86_400);
const HALF_YEAR: std::time::Duration = std::time::Duration::from_secs(180 * 86_400);

#[derive(Deserialize)]
struct Question {
    resource: Option<String>,
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/.well-known/webfinger", get(webfinger))
        .route("/.well-known/host-meta", get(host_meta))
        .route("/.well-known/nodeinfo", get(nodeinfo_links))
        .route("/nodeinfo/{version}", get(nodeinfo))
}

async fn webfinger(State(app): State<App>, Query(question): Query<Question>) -> Response {
    match answer(&app, question.resource).await {
        Ok(jrd) => typed(jrd.to_string(), "application/jrd+json; charset=utf-8"),
        Err(error) => Failure(error).into_response(),
    }
}

async fn answer(app: &App, resource: Option<String>) -> Result<Value> {
    let resource = resource.ok_or_else(|| Error::Malformed("ask for ?resource=acct:user@domain".into()))?;
    let account = match named(app, &resource)? {
        Named::Instance => app.store.read(|db| accounts::by_id(db, INSTANCE)).await?,
        Named::Person(name) => {
            let found = app.store.read(move |db| accounts::by_handle(db, &name, None)).await?;
            found.filter(|account| account.id != INSTANCE)
        }
    };
    let id = account.as_ref().map(|account| account.id);
    let waits = app.store.read(move |db| id.map_or(Ok(false), |id| memberships::is_waiting(db, id))).await?;
    let account = account.filter(|_| !waits);
    let account = account.ok_or(Error::NotFound("account"))?;
    if account.deleted_at.is_some() {
        return Err(Error::Gone("account"));
    }
    Ok(jrd(app, &account))
}

#[derive(Debug, PartialEq, Eq)]
enum Named {
    Instance,
    Person(String),
}

/// Reads every form of a resource: `acct:user@domain`, `user@domain`, `@user@domain`, an actor id, a profile page.
fn named(app: &App, resource: &str) -> Result<Named> {
    let config = &app.config;
    if resource.contains("://") {
        return match ids::parse(&config.url(""), resource) {
            Some(Ours::Actor(name) | Ours::ProfilePage(name)) => Ok(Named::Person(name)),
            Some(Ours::InstanceActor) => Ok(Named::Instance),
            _ if resource.trim_end_matches('/') == config.url("") => Ok(Named::Instance),
            _ => Err(Error::NotFound("resource")),
        };
    }
    let handle = resource.strip_prefix("acct:").unwrap_or(resource).trim_start_matches('@');
    let Some((name, domain)) = handle.rsplit_once('@') else {
        return if handle == config.domain {
            Ok(Named::Instance)
        } else {
            Err(Error::Malformed("not a handle".into()))
        };
    };
    let domain = domain.to_lowercase();
    if domain != config.handle_domain && domain != config.domain {
        return Err(Error::NotFound("domain"));
    }
    let own = name.eq_ignore_ascii_case(&config.handle_domain) || name.eq_ignore_ascii_case(&config.domain);
    Ok(if own { Named::Instance } else { Named::Person(name.to_owned()) })
}

fn jrd(app: &App, account: &Account) -> Value {
    let mut links = vec![json!({ "rel": "self", "type": "application/activity+json", "href": account.uri })];
    if account.id != INSTANCE {
        links.push(json!({ "rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": account.url }));
        links.extend(intents(app));
    }
    json!({
        "subject": format!("acct:{}@{}", account.username, app.config.handle_domain),
        "aliases": [account.url, account.uri],
        "links": links,
    })
}

/// Where people of this server deal with things of others: Mastodon's page, and FEP-3b86 for each intent.
fn intents(app: &App) -> Vec<Value> {
    let page = app.config.url("/authorize_interaction");
    let fep = |intent: &str, query: &str| json!({ "rel": format!("https://w3id.org/fep/3b86/{intent}"), "template": format!("{page}?{query}") });
    let with = |intent: &str| {
        let query = format!("intent={intent}&uri={{object}}&on-success={{on-success}}&on-cancel={{on-cancel}}");
        fep(intent, &query)
    };
    vec![
        json!({ "rel": "http://ostatus.org/schema/1.0/subscribe", "template": format!("{page}?uri={{uri}}") }),
        fep("Object", "uri={object}&on-success={on-success}&on-cancel={on-cancel}"),
        with("Follow"),
        with("Like"),
        with("Announce"),
        fep("Create", "intent=create&content={content}&summary={summary}&uri={inReplyTo}&on-success={on-success}"),
    ]
}

async fn host_meta(State(app): State<App>, headers: HeaderMap) -> Response {
    let template = app.config.url("/.well-known/webfinger?resource={uri}");
    if super::text_header(&headers, &header::ACCEPT).contains("json") {
        return axum::Json(json!({ "links": [{ "rel": "lrdd", "template": template }] })).into_response();
    }
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
         <Link rel=\"lrdd\" template=\"{template}\"/>\n</XRD>\n"
    );
    typed(xml, "application/xrd+xml; charset=utf-8")
}

async fn nodeinfo_links(State(app): State<App>) -> Response {
    let link = |version: &str| {
        json!({
            "rel": format!("http://nodeinfo.diaspora.software/ns/schema/{version}"),
            "href": app.config.url(&format!("/nodeinfo/{version}")),
        })
    };
    let application =
        json!({ "rel": "https://www.w3.org/ns/activitystreams#Application", "href": app.config.url("/actor") });
    axum::Json(json!({ "links": [link("2.0"), link("2.1"), application] })).into_response()
}

async fn nodeinfo(State(app): State<App>, Path(version): Path<String>) -> Response {
    if !matches!(version.as_str(), "2.0" | "2.1") {
        return Failure(Error::NotFound("schema version")).into_response();
    }
    match node(&app, &version).await {
        Ok(node) => {
            let kind = format!("application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/{version}#\"");
            typed(node.to_string(), &kind)
        }
        Err(error) => Failure(error).into_response(),
    }
}

async fn node(app: &App, version: &str) -> Result<Value> {
    let now = app.clock.now();
    let (people, month, half_year, posts, title, description, counts) = app
        .store
        .read(move |db| {
            Ok((
                users::count(db)?,
                users::active_since(db, now.minus(MONTH))?,
                users::active_since(db, now.minus(HALF_YEAR))?,
                statuses::count_local(db)?,
                settings::get(db, "title")?,
                settings::get(db, "description")?,
                settings::get(db, settings::NODEINFO_COUNTS)?,
            ))
        })
        .await?;
    let told = |count: i64| shown(count, counts.as_deref());
    let open = app.store.read(join::registrations).await?.mode.is_public();
    let policies: serde_json::Map<String, Value> =
        app.plugins.policies().into_iter().map(|(id, text)| (id, text.into())).collect();
    let mut software = json!({ "name": "nagaya", "version": env!("CARGO_PKG_VERSION") });
    if version == "2.1" {
        software["homepage"] = json!(app.config.url("/about"));
    }
    let mut document = json!({
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": { "inbound": [], "outbound": [] },
        "openRegistrations": open,
        "usage": {
            "users": { "total": told(people), "activeMonth": told(month), "activeHalfyear": told(half_year) },
            "localPosts": told(posts),
        },
        "metadata": { "nodeName": title.unwrap_or_else(|| app.config.domain.clone()), "nodeDescription": description.unwrap_or_default() },
    });
    if !policies.is_empty() {
        document["metadata"]["plugins"] = policies.into();
    }
    Ok(document)
}

/// A count as the operator wants it told: as it is, rounded to its first digit, or not at all.
fn shown(count: i64, how: Option<&str>) -> i64 {
    match how {
        Some("none") => 0,
        Some("rounded") => {
            let step =
                std::iter::successors(Some(1_i64), |step| step.checked_mul(10)).take_while(|step| *step <= count);
            let step = step.last().unwrap_or(1);
            (count + step / 2) / step * step
        }
        _ => count,
    }
}

fn typed(body: String, kind: &str) -> Response {
    let mut response = body.into_response();
    if let Ok(kind) = HeaderValue::from_str(kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w4_counts_are_told_as_the_operator_wants() {
        for (count, how, expected) in [
            (1_234, None, 1_234),
            (1_234, Some("rounded"), 1_000),
            (1_534, Some("rounded"), 2_000),
            (7, Some("rounded"), 7),
            (0, Some("rounded"), 0),
            (96, Some("rounded"), 100),
            (1_234, Some("none"), 0),
        ] {
            assert_eq!(shown(count, how), expected, "{count} {how:?}");
        }
    }
}
