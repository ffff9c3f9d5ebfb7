//! The table of endpoints and the notation of its parameters. Its head explains both: `tests/api/endpoints.toml`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// One method of one path.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the head of the table explains them")]
pub struct Endpoint {
    pub method: String,
    pub path: String,
    pub auth: String,
    #[serde(default)]
    pub scope: Vec<String>,
    #[serde(default)]
    pub paging: String,
    pub entity: String,
    pub priority: String,
    pub section: String,
    #[serde(default)]
    pub parameters: Vec<String>,
    #[serde(default = "ok")]
    pub status: u16,
    pub absent: Option<String>,
}

/// A parameter, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Dots lead into sets.
    pub name: String,
    /// Whether the request fails without it.
    pub required: bool,
    /// Its JSON schema.
    pub schema: Value,
    /// Whether it is a file.
    pub file: bool,
}

#[derive(Deserialize)]
struct Table {
    endpoint: Vec<Endpoint>,
}

fn ok() -> u16 {
    200
}

/// Every line of the table.
pub fn endpoints() -> Vec<Endpoint> {
    let text = include_str!("../../../tests/api/endpoints.toml");
    toml::from_str::<Table>(text).expect("the table is part of the program, and a test reads it").endpoint
}

impl Endpoint {
    /// `GET /api/v1/…`
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Its parameters without those of path and paging.
    pub fn own_parameters(&self) -> Vec<Parameter> {
        self.parameters.iter().map(|text| parameter(text)).collect()
    }
}

fn parameter(text: &str) -> Parameter {
    let (name, kind) = text.split_once(": ").unwrap_or((text, "string"));
    let required = name.ends_with('!');
    let name = name.trim_end_matches('!').to_owned();
    Parameter { name, required, schema: schema(kind), file: kind == "file" }
}

fn schema(kind: &str) -> Value {
    let within = |open: &str, close: char| kind.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    if let Some(inner) = within("[", ']') {
        return json!({"type": "array", "items": schema(inner)});
    }
    if let Some(inner) = within("{", '}') {
        return json!({"type": "object", "additionalProperties": schema(inner)});
    }
    if let Some(words) = within("enum(", ')') {
        return json!({"type": "string", "enum": words.split(' ').collect::<Vec<_>>()});
    }
    if let Some(most) = kind.strip_prefix("string<=") {
        return json!({"type": "string", "maxLength": most.parse::<u64>().unwrap_or(u64::MAX)});
    }
    match kind {
        "int" => json!({"type": "integer"}),
        "bool" => json!({"type": "boolean"}),
        "id" => json!({"type": "string", "pattern": "^[0-9]+$"}),
        "datetime" => json!({"type": "string", "format": "date-time"}),
        "file" => json!({"type": "string", "format": "binary"}),
        "fields" => set(&[("name", "string"), ("value", "string")]),
        "attributes" => set(&[("id", "id"), ("description", "string"), ("focus", "string")]),
        "rules" => set(&[("text", "string"), ("hint", "string"), ("translations", "{words}")]),
        "words" => set(&[("text", "string"), ("hint", "string")]),
        "keywords" => set(&[("id", "id"), ("keyword", "string"), ("whole_word", "bool"), ("_destroy", "bool")]),
        _ => json!({"type": "string"}),
    }
}

fn set(keys: &[(&str, &str)]) -> Value {
    let keys: Map<String, Value> = keys.iter().map(|(name, kind)| ((*name).to_owned(), schema(kind))).collect();
    json!({"type": "object", "properties": keys})
}

/// The schema of a body with these parameters.
pub fn body(parameters: &[Parameter]) -> Value {
    let mut body = json!({"type": "object", "properties": {}});
    for parameter in parameters {
        let mut place = &mut body;
        let mut steps = parameter.name.split('.').peekable();
        while let Some(step) = steps.next() {
            if parameter.required {
                require(place, step);
            }
            let inner = if steps.peek().is_some() {
                json!({"type": "object", "properties": {}})
            } else {
                parameter.schema.clone()
            };
            let Some(properties) = place["properties"].as_object_mut() else { break };
            place = properties.entry(step).or_insert(inner);
        }
    }
    body
}

fn require(schema: &mut Value, name: &str) {
    if schema["required"].is_null() {
        schema["required"] = json!([]);
    }
    let Some(names) = schema["required"].as_array_mut() else { return };
    if !names.iter().any(|known| known == name) {
        names.push(name.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_schemas() {
        for (text, required, expected) in [
            ("q!: string", true, json!({"type": "string"})),
            ("name: string<=40", false, json!({"type": "string", "maxLength": 40})),
            ("order: enum(active new)", false, json!({"type": "string", "enum": ["active", "new"]})),
            ("choices!: [int]", true, json!({"type": "array", "items": {"type": "integer"}})),
        ] {
            let read = parameter(text);
            assert_eq!((read.required, read.schema), (required, expected), "{text}");
        }
        let nested =
            body(&[parameter("poll.options: [string]"), parameter("poll.multiple!: bool"), parameter("x: id")]);
        let poll = &nested["properties"]["poll"];
        assert_eq!(poll["properties"]["options"]["items"]["type"], "string");
        assert_eq!((&poll["required"], &nested["required"]), (&json!(["multiple"]), &json!(["poll"])));
    }

    #[test]
    fn the_table_is_read_whole() {
        let endpoints = endpoints();
        assert!(endpoints.len() > 300, "{}", endpoints.len());
        for endpoint in endpoints {
            assert!(["pub", "opt", "user", "app", "any", "client", "browser"].contains(&&*endpoint.auth));
            assert!(["P0", "P1", "P2"].contains(&&*endpoint.priority), "{}", endpoint.name());
        }
    }
}
