//! Compares the published schemas, generated from the server's structs, with `entities.toml`, which was written by hand.

use std::collections::BTreeSet;

use nagaya::mastodon::openapi;
use serde_json::Value;

use super::shape::{Entities, Key, Kind, Presence, parse, text};
use super::table;

struct Comparison<'a> {
    entities: &'a Entities,
    document: &'a Value,
    /// Pairs of an entity and a component that were compared already, or are being compared.
    seen: BTreeSet<(String, String)>,
    wrong: BTreeSet<String>,
}

#[test]
fn schemas_are_those_of_the_documentation() {
    let entities = Entities::read();
    let document = openapi::document("http://here.example/");
    let mut comparison =
        Comparison { entities: &entities, document: &document, seen: BTreeSet::new(), wrong: BTreeSet::new() };
    for endpoint in table::endpoints() {
        // NodeInfo is written by the other door, for other servers.
        let plain = ["NodeInfo", "NodeInfoLinks", "none", "html", "text", "redirect", "sse", "websocket", "any"]
            .contains(&&*endpoint.entity);
        if plain || endpoint.absent.is_some() {
            continue;
        }
        let schema = openapi::schemas::reference(&endpoint.entity);
        comparison.compare(&parse(&endpoint.entity), &schema, &endpoint.entity);
    }
    comparison.compare(&parse("Error"), &openapi::schemas::reference("Error"), "Error");
    let wrong: Vec<_> = comparison.wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

impl Comparison<'_> {
    fn compare(&mut self, kind: &Kind, schema: &Value, at: &str) {
        if let Kind::Any(kinds) = kind
            && !kinds.is_empty()
        {
            self.choices(kinds, schema, at);
            return;
        }
        if let Some(address) = schema["$ref"].as_str() {
            let name = address.rsplit('/').next().unwrap_or_default().to_owned();
            if let Kind::Entity(entity) = kind
                && !self.seen.insert((entity.clone(), name.clone()))
            {
                return;
            }
            match self.document.pointer(address.trim_start_matches('#')) {
                Some(target) => {
                    // From here on it is told by the name of the entity.
                    let at = if let Kind::Entity(entity) = kind { entity.as_str() } else { at };
                    self.compare(kind, target, at);
                }
                None => self.tell(format!("{name} has no schema")),
            }
            return;
        }
        match kind {
            Kind::List(inner) if schema["type"] == "array" => self.compare(inner, &schema["items"], &format!("{at}[]")),
            Kind::Map(inner) if schema["patternProperties"].is_object() => {
                self.compare(inner, &schema["patternProperties"]["^"], &format!("{at}{{}}"));
            }
            // An empty object.
            Kind::Map(inner) if **inner == Kind::Any(Vec::new()) && schema["type"] == "object" => {}
            Kind::Entity(name) if schema["type"] == "object" => {
                let keys = self.entities.keys(name).to_vec();
                self.keys(&keys, schema, at);
            }
            Kind::Plain(name) if plain(name, schema) => {}
            Kind::Choice(words) if schema["type"] == "string" => {
                let known = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let strange: Vec<_> = known.filter(|word| !words.iter().any(|known| known == word)).collect();
                if !strange.is_empty() {
                    self.tell(format!("{at} may be {strange:?}"));
                }
            }
            // A word that never changes.
            Kind::Choice(words)
                if schema["const"].as_str().is_some_and(|word| words.iter().any(|known| known == word)) => {}
            _ => self.tell(format!("{at} is {:.100}, not {}", schema.to_string(), text(kind))),
        }
    }

    fn keys(&mut self, keys: &[Key], schema: &Value, at: &str) {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        for key in keys {
            let at = format!("{at}.{}", key.name);
            let Some(property) = properties.get(&key.name) else {
                if key.presence == Presence::Always {
                    self.tell(format!("{at} is missing"));
                }
                continue;
            };
            let always = required.contains(&key.name.as_str());
            if key.presence == Presence::Always && !always {
                self.tell(format!("{at} may be absent"));
            }
            self.compare(&key.kind, property, &at);
        }
        for name in properties.keys().filter(|name| !keys.iter().any(|key| key.name == **name)) {
            self.tell(format!("{at}.{name} is not documented"));
        }
    }

    /// Null must be possible on both sides or on none; what is left must fit one of the choices.
    fn choices(&mut self, kinds: &[Kind], schema: &Value, at: &str) {
        let mut offered: Vec<Value> = match schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
            Some(choices) => choices.clone(),
            None => vec![schema.clone()],
        };
        // A choice may itself be a named choice.
        offered = offered
            .into_iter()
            .flat_map(|choice| {
                let named = choice["$ref"].as_str().and_then(|at| self.document.pointer(at.trim_start_matches('#')));
                named.and_then(|named| named["anyOf"].as_array().cloned()).unwrap_or_else(|| vec![choice.clone()])
            })
            .collect();
        let mut nullable = false;
        for choice in &mut offered {
            if let Some(types) = choice["type"].as_array_mut() {
                nullable |= types.iter().any(|kind| kind == "null");
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    choice["type"] = only.clone();
                }
            }
            if let Some(words) = choice.get_mut("enum").and_then(Value::as_array_mut) {
                words.retain(|word| !word.is_null());
            }
        }
        nullable |= offered.iter().any(|choice| choice["type"] == "null");
        offered.retain(|choice| choice["type"] != "null");
        // A server may know better than to answer null; it must not answer it where nobody expects it.
        if nullable && !kinds.contains(&Kind::Null) {
            self.tell(format!("{at} may be null"));
        }
        let kinds: Vec<&Kind> = kinds.iter().filter(|kind| **kind != Kind::Null).collect();
        for choice in offered {
            let mut best: Option<Comparison<'_>> = None;
            for kind in &kinds {
                let mut attempt = Comparison {
                    entities: self.entities,
                    document: self.document,
                    seen: self.seen.clone(),
                    wrong: BTreeSet::new(),
                };
                attempt.compare(kind, &choice, at);
                if best.as_ref().is_none_or(|best| attempt.wrong.len() < best.wrong.len()) {
                    best = Some(attempt);
                }
            }
            if let Some(best) = best {
                self.seen = best.seen;
                self.wrong.extend(best.wrong);
            }
        }
    }

    fn tell(&mut self, what: String) {
        self.wrong.insert(what);
    }
}

fn plain(name: &str, schema: &Value) -> bool {
    let kind = schema["type"].as_str().unwrap_or_default();
    match name {
        "any" => true,
        "bool" => kind == "boolean",
        "int" => kind == "integer",
        "float" => kind == "number" || kind == "integer",
        _ => kind == "string",
    }
}
