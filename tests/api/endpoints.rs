//! Calls every line of `endpoints.toml` on a running server: status, shape, refusals, paging both ways.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ask::{self, Body};
use super::browser::Browser;
use super::routes;
use super::shape::{Entities, parse};
use super::table::{self, Call, Endpoint, filled};
use super::walk::Walk;
use super::world::{SCOPES, World};

/// One request, ready to be sent.
struct Ready {
    path: String,
    body: Body,
    who: String,
}

#[test]
fn every_route_of_the_api_is_in_the_table() {
    let names: Vec<String> = table::endpoints().iter().map(Endpoint::name).collect();
    let unknown: Vec<String> =
        routes::routes().into_iter().filter(|route| !names.iter().any(|name| routes::serves(route, name))).collect();
    assert!(unknown.is_empty(), "tests/api/endpoints.toml lacks:\n{}", unknown.join("\n"));
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), names.len(), "a line stands there twice");
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stdout, reason = "the figures are for people, too")]
async fn endpoints_answer_as_the_table_says() {
    let endpoints = table::endpoints();
    let calls = table::calls(&endpoints);
    let entities = Entities::read();
    let world = World::open().await;
    let mut sections: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut order = Vec::new();
    let mut failures = Vec::new();
    for (endpoint, call) in endpoints.iter().zip(&calls) {
        let problems = problems(&world, &entities, endpoint, call).await;
        if !order.contains(&endpoint.section) {
            order.push(endpoint.section.clone());
        }
        let (covered, all) = sections.entry(endpoint.section.clone()).or_default();
        *all += 1;
        *covered += usize::from(problems.is_empty());
        failures.extend(
            problems.into_iter().map(|problem| format!("{} {}: {problem}", endpoint.priority, endpoint.name())),
        );
    }
    for section in &order {
        let (covered, all) = sections[section];
        println!("section {section}: {covered} of {all}");
    }
    let absent: Vec<_> =
        endpoints.iter().filter_map(|endpoint| Some((endpoint.name(), endpoint.absent.as_ref()?))).collect();
    for (name, reason) in &absent {
        println!("absent: {name}: {reason}");
    }
    for (name, why) in world.complaints.lock().expect("no panic").iter() {
        println!("could not make {name}: {why}");
    }
    let covered: usize = sections.values().map(|(covered, _)| covered).sum();
    println!("covered {covered} of {}", endpoints.len());
    world.close().await;
    assert!(failures.is_empty(), "{} problems:\n{}", failures.len(), failures.join("\n"));
}

async fn problems(world: &World, entities: &Entities, endpoint: &Endpoint, call: &Call) -> Vec<String> {
    let ready = match ready(world, call, endpoint).await {
        Ok(ready) => ready,
        Err(why) => return vec![why],
    };
    // Streams do not end by themselves; the others are asked whether they exist at all.
    if endpoint.absent.is_some() {
        let token = world.token(&ready.who, SCOPES).await;
        let answer = world.ask(&endpoint.method, &ready.path, Some(&token), &ready.body).await;
        return if matches!(answer.status, 404 | 405) {
            Vec::new()
        } else {
            vec![format!("answers {}, not 404", answer.status)]
        };
    }
    // Who asks for no token may do it at the first call, and it may work but once.
    if endpoint.auth != "pub" {
        let first = world.ask(&endpoint.method, &ready.path, None, &Body::None).await;
        if first.body.contains("There is no such endpoint") || first.status == 405 {
            return vec!["is not there".into()];
        }
    }
    let mut problems = refusals(world, endpoint, &ready).await;
    match endpoint.entity.as_str() {
        "sse" | "websocket" => problems.extend(stream(world, endpoint, &ready).await),
        _ => problems.extend(answer(world, entities, endpoint, call, &ready).await),
    }
    for other in endpoint.scope.iter().skip(1).filter(|_| endpoint.method == "GET" && endpoint.entity != "websocket") {
        let token = world.token(&ready.who, other).await;
        let status = world.ask("GET", &ready.path, Some(&token), &Body::None).await.status;
        if matches!(status, 401 | 403) {
            problems.push(format!("with the scope {other}: {status}"));
        }
    }
    if problems.is_empty() && !endpoint.paging.is_empty() {
        let token = token_of(world, endpoint, &ready).await;
        let walk = Walk { world, endpoint, call, path: ready.path, token };
        problems.extend(walk.problems().await);
    }
    problems
}

async fn ready(world: &World, call: &Call, endpoint: &Endpoint) -> Result<Ready, String> {
    let mut places = Vec::new();
    for place in &call.places {
        places.push(world.fill(place).await?);
    }
    let mut path = filled(&endpoint.path, &places);
    if !call.query.is_empty() {
        path = format!("{path}?{}", world.fill(&call.query).await?);
    }
    let body = match (&call.body, &call.upload, &call.image) {
        (_, Some(fields), _) => Body::Upload(fields.clone()),
        (_, _, Some(fields)) => Body::Image(fields.clone()),
        (Some(body), ..) => {
            let text = world.fill(&body.to_string()).await?;
            Body::Json(serde_json::from_str(&text).map_err(|why| why.to_string())?)
        }
        _ => Body::None,
    };
    let who = call.who.clone().unwrap_or_else(|| "alice".into());
    Ok(Ready { path, body, who })
}

/// The token with which a line is called: of the narrowest scope that is enough.
async fn token_of(world: &World, endpoint: &Endpoint, ready: &Ready) -> Option<String> {
    let scope = endpoint.scope.first().map_or("read", String::as_str);
    match endpoint.auth.as_str() {
        "user" | "opt" | "any" => Some(world.token(&ready.who, scope).await),
        "app" => Some(world.token("app", scope).await),
        _ => None,
    }
}

/// Nobody, an app alone, and a token of another scope are refused, where the table says so.
async fn refusals(world: &World, endpoint: &Endpoint, ready: &Ready) -> Vec<String> {
    let mut tries: Vec<(&str, Option<String>, u16)> = Vec::new();
    // A socket is opened with any user's token; its scope counts when a stream is asked for.
    let asks_scope = !endpoint.scope.is_empty()
        && matches!(endpoint.auth.as_str(), "user" | "opt")
        && endpoint.entity != "websocket";
    if matches!(endpoint.auth.as_str(), "user" | "any" | "app") {
        tries.push(("without a token", None, 401));
    }
    if endpoint.auth == "user" {
        tries.push(("with an app's token", Some(world.token("app", SCOPES).await), 422));
    }
    if asks_scope {
        let other = if endpoint.scope.iter().any(|scope| scope == "push") { "profile" } else { "push" };
        tries.push(("with another scope", Some(world.token(&ready.who, other).await), 403));
    }
    if matches!(endpoint.auth.as_str(), "opt" | "user" | "any" | "app") {
        tries.push(("with a wrong token", Some("wrong".into()), 401));
    }
    let mut problems = Vec::new();
    for (how, token, expected) in tries {
        let status = match endpoint.entity.as_str() {
            "sse" => ask::listen(&world.here.domain, &ready.path, token.as_deref()).await.0,
            // A stream is for people: an app is a stranger to it.
            "websocket" => ask::socket(&world.here.domain, &ready.path, token.as_deref()).await,
            _ => world.ask(&endpoint.method, &ready.path, token.as_deref(), &ready.body).await.status,
        };
        // Streams know no 422 and no 403 before the upgrade: a token that does not fit is 401.
        let streams = matches!(endpoint.entity.as_str(), "sse" | "websocket");
        if status != expected && !(streams && matches!(status, 401 | 403)) {
            problems.push(format!("{how}: {status}, not {expected}"));
        }
    }
    problems
}

async fn stream(world: &World, endpoint: &Endpoint, ready: &Ready) -> Vec<String> {
    let token = token_of(world, endpoint, ready).await;
    if endpoint.entity == "websocket" {
        let status = ask::socket(&world.here.domain, &ready.path, token.as_deref()).await;
        return if status == 101 { Vec::new() } else { vec![format!("answers {status}, not 101")] };
    }
    match ask::listen(&world.here.domain, &ready.path, token.as_deref()).await {
        (200, true) => Vec::new(),
        (status, _) => vec![format!("is no event stream: {status}")],
    }
}

async fn answer(world: &World, entities: &Entities, endpoint: &Endpoint, call: &Call, ready: &Ready) -> Vec<String> {
    let token = token_of(world, endpoint, ready).await;
    let answer = if endpoint.auth == "browser" {
        match Browser::asks(world, &endpoint.method, &ready.path, &call.form).await {
            Ok(answer) => answer,
            Err(why) => return vec![why],
        }
    } else {
        let mut headers: Vec<_> = token.iter().map(|token| ("authorization", format!("Bearer {token}"))).collect();
        headers.extend(call.accept.iter().map(|accept| ("accept", accept.clone())));
        ask::send(&world.here.domain, &endpoint.method, &ready.path, &headers, &ready.body).await
    };
    let expected = call.status.unwrap_or(endpoint.status);
    if answer.status != expected {
        return vec![format!("answers {}, not {expected}: {:.200}", answer.status, answer.body)];
    }
    let old =
        DEPRECATED.iter().any(|old| endpoint.path == *old || old.ends_with('/') && endpoint.path.starts_with(old));
    let viewer = matches!(endpoint.auth.as_str(), "user" | "opt");
    // A call that cannot succeed in this world is refused as everything is.
    let entity = if expected >= 400 { "Error" } else { &endpoint.entity };
    let mut problems = body(entities, entity, &answer.body, answer.header("content-type"), viewer);
    let count = answer.json().as_array().map_or(usize::MAX, Vec::len);
    let least = if entity.starts_with('[') && !MAY_BE_EMPTY.contains(&&*endpoint.path) { 1 } else { 0 };
    if count < call.least.unwrap_or(least) {
        problems.push(format!("the list has {count} entries: nothing to see its shape by"));
    }
    if old && !answer.header("deprecation").starts_with('@') {
        problems.push("does not say that it is deprecated".into());
    }
    if endpoint.auth == "opt" {
        let answer = world.ask(&endpoint.method, &ready.path, None, &ready.body).await;
        if answer.status != expected {
            problems.push(format!("a stranger is answered {}, not {expected}", answer.status));
        } else {
            problems.extend(body(entities, &endpoint.entity, &answer.body, answer.header("content-type"), false));
        }
    }
    problems
}

/// Endpoints that say so by a header (RFC 9745); with a slash at the end, all below.
const DEPRECATED: &[&str] = &[
    "/api/v1/instance",
    "/api/v1/filters",
    "/api/v1/filters/{id}",
    "/api/v1/suggestions",
    "/api/v1_alpha/collections/",
];

/// Lists that an honest server leaves empty.
const MAY_BE_EMPTY: &[&str] = &["/api/v1/accounts/{id}/identity_proofs", "/api/v1/featured_tags/suggestions"];

fn body(entities: &Entities, entity: &str, text: &str, kind: &str, viewer: bool) -> Vec<String> {
    let told = |right: bool, what: &str| if right { Vec::new() } else { vec![format!("{what}: {kind} {text:.80}")] };
    match entity {
        "none" => told(text.is_empty(), "the body is not empty"),
        "text" => told(kind.starts_with("text/plain") && !text.is_empty(), "no text"),
        "html" => told(kind.starts_with("text/html"), "no page"),
        "redirect" => Vec::new(),
        _ if !kind.starts_with("application/json") => told(false, "no JSON"),
        _ => {
            let value: Value = serde_json::from_str(text).unwrap_or_default();
            let mut problems = entities.check(&value, &parse(entity), Some(viewer));
            let more = problems.len().saturating_sub(6);
            problems.truncate(6);
            problems.extend((more > 0).then(|| format!("and {more} more")));
            problems
        }
    }
}
