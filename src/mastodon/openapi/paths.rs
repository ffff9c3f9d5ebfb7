//! What can be asked for, and what is answered.

use serde_json::{Map, Value, json};

use super::schemas;
use super::table::{self, Endpoint, Parameter};

/// The paths of the document. Sockets are left out, and what this server does not have.
pub fn paths(endpoints: &[Endpoint]) -> Map<String, Value> {
    let mut paths = Map::new();
    for endpoint in endpoints {
        if endpoint.absent.is_some() || endpoint.entity == "websocket" {
            continue;
        }
        let path = paths.entry(endpoint.path.clone()).or_insert_with(|| json!({}));
        path[endpoint.method.to_lowercase()] = operation(endpoint);
    }
    paths
}

fn operation(endpoint: &Endpoint) -> Value {
    let own = endpoint.own_parameters();
    let reads = endpoint.method == "GET";
    let mut parameters: Vec<Value> = places(&endpoint.path).map(in_path).collect();
    if reads {
        parameters.extend(own.iter().map(in_query));
        parameters.extend(paging(&endpoint.paging));
    }
    let mut operation = json!({
        "operationId": endpoint.name(),
        "tags": [endpoint.section],
        "parameters": parameters,
        "security": security(endpoint),
        "responses": responses(endpoint),
    });
    if !reads && !own.is_empty() {
        operation["requestBody"] = request(&own);
    }
    operation
}

fn places(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| part.split('}').next())
}

fn in_path(name: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}})
}

fn in_query(parameter: &Parameter) -> Value {
    // Nested names are for bodies; lists are told by their brackets.
    let brackets = if parameter.schema["type"] == "array" { "[]" } else { "" };
    json!({
        "name": format!("{}{brackets}", parameter.name),
        "in": "query",
        "required": parameter.required,
        "schema": parameter.schema,
    })
}

fn paging(paging: &str) -> Vec<Value> {
    let mut words = paging.split([' ', '/']);
    let (kind, default, most) = (words.next().unwrap_or_default(), words.next(), words.next());
    let Some((default, most)) = default.zip(most) else { return Vec::new() };
    let number = |text: &str| text.parse::<u64>().unwrap_or_default();
    let mut found = vec![json!({
        "name": "limit", "in": "query",
        "schema": {"type": "integer", "default": number(default), "minimum": 0, "maximum": number(most)},
    })];
    if kind == "OFF" {
        found.push(json!({"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0}}));
        return found;
    }
    for cursor in ["max_id", "since_id", "min_id"] {
        found.push(json!({"name": cursor, "in": "query", "schema": {"type": "string", "pattern": "^[0-9]+$"}}));
    }
    found
}

fn request(parameters: &[Parameter]) -> Value {
    let required = parameters.iter().any(|parameter| parameter.required);
    let schema = table::body(parameters);
    let kind =
        if parameters.iter().any(|parameter| parameter.file) { "multipart/form-data" } else { "application/json" };
    json!({"required": required, "content": {kind: {"schema": schema}}})
}

/// Any one of the scopes is enough; strangers may come where nothing is asked.
fn security(endpoint: &Endpoint) -> Value {
    let scopes = |scheme: &str| -> Vec<Value> {
        match endpoint.scope.as_slice() {
            [] => vec![json!({scheme: []})],
            scopes => scopes.iter().map(|scope| json!({scheme: [scope]})).collect(),
        }
    };
    match endpoint.auth.as_str() {
        "user" => scopes("user").into(),
        "app" => scopes("app").into(),
        "any" => json!([{"user": []}, {"app": []}]),
        "opt" => [vec![json!({})], scopes("user")].concat().into(),
        _ => json!([]),
    }
}

fn responses(endpoint: &Endpoint) -> Value {
    let mut success = json!({"description": "As asked"});
    match endpoint.entity.as_str() {
        "none" | "redirect" => {}
        "html" => success["content"] = json!({"text/html": {"schema": {"type": "string"}}}),
        "text" => success["content"] = json!({"text/plain; charset=utf-8": {"schema": {"type": "string"}}}),
        "sse" => success["content"] = json!({"text/event-stream": {"schema": {"type": "string"}}}),
        entity => success["content"] = json!({"application/json": {"schema": schemas::reference(entity)}}),
    }
    let mut failure = json!({
        "description": "Refused, and why",
        "content": {"application/json": {"schema": schemas::reference("Error")}},
    });
    // What is wrong with a collection stands one level deeper.
    if endpoint.entity.starts_with("WrappedCollection") {
        let deeper = json!({
            "type": "object",
            "properties": {"error": schemas::reference("Error")},
            "required": ["error"],
            "additionalProperties": false,
        });
        failure["content"]["application/json"]["schema"] = json!({"anyOf": [schemas::reference("Error"), deeper]});
    }
    // A server that is kept away more strictly already is told as it is.
    if (endpoint.method.as_str(), endpoint.path.as_str()) == ("POST", "/api/v1/admin/domain_blocks") {
        let choices = [schemas::reference("Error"), schemas::reference("Admin.DomainBlockConflict")];
        failure["content"]["application/json"]["schema"] = json!({"anyOf": choices});
    }
    // Outside of the API a browser is shown a page, of what is there and of what is not.
    if !["/api/", "/oauth/", "/.well-known/", "/nodeinfo/"].iter().any(|start| endpoint.path.starts_with(start)) {
        failure["content"]["text/html"] = json!({"schema": {"type": "string"}});
        if success["content"]["application/json"].is_object() {
            success["content"]["text/html"] = json!({"schema": {"type": "string"}});
        }
    }
    let mut responses = Map::new();
    let status = if endpoint.entity == "redirect" { "303".to_owned() } else { endpoint.status.to_string() };
    // Pages refuse with a page.
    if endpoint.auth == "browser" {
        let page = json!({"description": "A page that says why not", "content": {"text/html": {"schema": {"type": "string"}}}});
        return json!({status: success, "303": {"description": "Elsewhere"}, "default": page});
    }
    if endpoint.path.contains("/media") {
        // Still being worked on.
        responses.insert("202".into(), success.clone());
        responses.insert("206".into(), success.clone());
    }
    if endpoint.path.ends_with("/timelines/home") {
        responses.insert("206".into(), success.clone());
    }
    responses.insert(status, success);
    responses.insert("4XX".into(), failure.clone());
    responses.insert("503".into(), failure);
    responses.into()
}
