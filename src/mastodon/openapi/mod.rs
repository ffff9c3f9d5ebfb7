//! The client API described for programs: an OpenAPI document at `/api/openapi.json`.
//!
//! Its paths come from the table that the tests hold against the server, its schemas from the structs that the server
//! writes. Spec: https://spec.openapis.org/oas/v3.1.0

pub mod paths;
pub mod schemas;
pub mod table;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Map, Value, json};

use crate::actions::token::SCOPES;
use crate::app::App;

/// The route of the document. It is put together when it is first asked for.
pub fn routes() -> Router<App> {
    let made: Arc<OnceLock<String>> = Arc::default();
    Router::new().route("/api/openapi.json", get(async move |State(app): State<App>| show(&app, &made)))
}

fn show(app: &App, made: &OnceLock<String>) -> impl IntoResponse + use<> {
    let text = made.get_or_init(|| document(&app.config.url("/")).to_string()).clone();
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")], text)
}

/// The document of a server at `base` (with a slash at its end).
pub fn document(base: &str) -> Value {
    let url = |path: &str| format!("{base}{path}");
    let scopes: Map<String, Value> = SCOPES.iter().map(|scope| ((*scope).to_owned(), json!(""))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Nagaya",
            "summary": "The Mastodon client API, as this server speaks it",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": base.trim_end_matches('/')}],
        "paths": paths::paths(&table::endpoints()),
        "components": {
            "schemas": schemas::components(),
            "securitySchemes": {
                "user": {"type": "oauth2", "flows": {"authorizationCode": {
                    "authorizationUrl": url("oauth/authorize"), "tokenUrl": url("oauth/token"), "scopes": scopes,
                }}},
                "app": {"type": "oauth2", "flows": {"clientCredentials": {
                    "tokenUrl": url("oauth/token"), "scopes": scopes,
                }}},
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mastodon::tests::World;

    #[tokio::test]
    async fn the_document_is_published_and_its_references_lead_somewhere() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(map) => {
                    found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    map.values().for_each(|inner| references(inner, found));
                }
                Value::Array(items) => items.iter().for_each(|inner| references(inner, found)),
                _ => {}
            }
        }
        let world = World::new().await;
        let answer = world.peek("/api/openapi.json").await;
        assert_eq!((answer.code, &answer.body["openapi"]), (200, &json!("3.1.0")));
        let home = &answer.body["paths"]["/api/v1/timelines/home"]["get"];
        assert_eq!(home["security"], json!([{"user": ["read:statuses"]}]));
        let items = &home["responses"]["200"]["content"]["application/json"]["schema"]["items"];
        assert_eq!(items["$ref"], "#/components/schemas/Status");
        let mut found = Vec::new();
        references(&answer.body["components"], &mut found);
        found.retain(|address| answer.body.pointer(address.trim_start_matches('#')).is_none());
        assert_eq!(found, [""; 0]);
    }
}
