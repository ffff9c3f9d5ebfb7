//! Checks answers against `entities.toml`, field by field: type, nullability, no key missing, no key too many.

use std::collections::BTreeMap;

use serde_json::Value;

/// A type of the notation in `entities.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Plain(String),
    Choice(Vec<String>),
    List(Box<Kind>),
    Map(Box<Kind>),
    Entity(String),
    Null,
    Any(Vec<Kind>),
}

/// A key of an entity.
#[derive(Debug, Clone)]
pub struct Key {
    pub name: String,
    pub presence: Presence,
    pub kind: Kind,
}

/// Whether a key is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Always,
    Sometimes,
    /// Exactly when somebody with a token looks.
    ForViewers,
}

/// Every entity by name.
pub struct Entities(BTreeMap<String, Vec<Key>>);

const PLAIN: &[&str] = &["string", "ID", "DT", "Date", "URL", "HTML", "int", "float", "bool", "digits", "any"];

impl Entities {
    /// What `entities.toml` says.
    pub fn read() -> Self {
        let tables: BTreeMap<String, BTreeMap<String, String>> =
            toml::from_str(include_str!("entities.toml")).expect("entities.toml is well formed");
        let mut entities = BTreeMap::new();
        for (name, table) in &tables {
            let mut keys = Vec::new();
            let mut parent = table.get("extends");
            while let Some(above) = parent {
                keys.extend(tables[above].iter().filter_map(|(key, kind)| self::key(key, kind)));
                parent = tables[above].get("extends");
            }
            keys.extend(table.iter().filter_map(|(key, kind)| self::key(key, kind)));
            entities.insert(name.clone(), keys);
        }
        let known = Self(entities);
        for (name, keys) in &known.0 {
            for key in keys {
                known.must_know(&key.kind, name);
            }
        }
        known
    }

    /// The keys of an entity.
    pub fn keys(&self, name: &str) -> &[Key] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether this entity is written down.
    pub fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What is wrong with `value`; nothing if it is a `kind`. `viewer`: whether a user's token was presented.
    pub fn check(&self, value: &Value, kind: &Kind, viewer: Option<bool>) -> Vec<String> {
        let mut wrong = Vec::new();
        self.walk(value, kind, "", viewer, &mut wrong);
        wrong.dedup();
        wrong
    }

    fn walk(&self, value: &Value, kind: &Kind, at: &str, viewer: Option<bool>, wrong: &mut Vec<String>) {
        match kind {
            Kind::Any(kinds) if !kinds.is_empty() => {
                let tries: Vec<Vec<String>> = kinds
                    .iter()
                    .map(|kind| {
                        let mut found = Vec::new();
                        self.walk(value, kind, at, viewer, &mut found);
                        found
                    })
                    .collect();
                // Null says nothing about what an object lacks.
                let telling = tries.into_iter().zip(kinds).filter(|(_, kind)| **kind != Kind::Null || value.is_null());
                wrong.extend(telling.map(|(found, _)| found).min_by_key(Vec::len).unwrap_or_default());
            }
            Kind::Null if value.is_null() => {}
            Kind::Plain(name) if plain(value, name) => {}
            Kind::Choice(words) if value.as_str().is_some_and(|text| words.iter().any(|word| word == text)) => {}
            Kind::List(inner) if value.is_array() => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.walk(item, inner, &format!("{at}[{index}]"), viewer, wrong);
                }
            }
            Kind::Map(inner) if value.is_object() => {
                for (name, item) in value.as_object().into_iter().flatten() {
                    self.walk(item, inner, &format!("{at}.{name}"), viewer, wrong);
                }
            }
            Kind::Entity(name) if value.is_object() => self.object(value, name, at, viewer, wrong),
            _ => wrong.push(format!("{at} is {:.60}, not {}", value.to_string(), text(kind))),
        }
    }

    fn object(&self, value: &Value, name: &str, at: &str, viewer: Option<bool>, wrong: &mut Vec<String>) {
        let keys = self.keys(name);
        for key in keys {
            let needed = match key.presence {
                Presence::Always => Some(true),
                Presence::Sometimes => None,
                Presence::ForViewers => viewer,
            };
            match (value.get(&key.name), needed) {
                (None, Some(true)) => wrong.push(format!("{at}.{} is missing ({name})", key.name)),
                (Some(_), Some(false)) => wrong.push(format!("{at}.{} is shown to strangers ({name})", key.name)),
                (Some(inner), _) => self.walk(inner, &key.kind, &format!("{at}.{}", key.name), viewer, wrong),
                (None, _) => {}
            }
        }
        for name_found in value.as_object().into_iter().flatten().map(|(name, _)| name) {
            if !keys.iter().any(|key| key.name == *name_found) {
                wrong.push(format!("{at}.{name_found} is no key of {name}"));
            }
        }
    }

    fn must_know(&self, kind: &Kind, of: &str) {
        match kind {
            Kind::Entity(name) => assert!(self.knows(name), "{of} names {name}, which is not written down"),
            Kind::List(inner) | Kind::Map(inner) => self.must_know(inner, of),
            Kind::Any(kinds) => kinds.iter().for_each(|kind| self.must_know(kind, of)),
            Kind::Plain(_) | Kind::Choice(_) | Kind::Null => {}
        }
    }
}

fn key(name: &str, kind: &str) -> Option<Key> {
    if name == "extends" {
        return None;
    }
    let (name, presence) = match name.split_once('?') {
        None => (name, Presence::Always),
        Some((name, "viewer")) => (name, Presence::ForViewers),
        Some((name, _)) => (name, Presence::Sometimes),
    };
    Some(Key { name: name.to_owned(), presence, kind: parse(kind) })
}

/// Reads a type.
pub fn parse(text: &str) -> Kind {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in text.chars() {
        match letter {
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => depth -= 1,
            '|' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("never empty").push(letter);
    }
    let mut kinds: Vec<Kind> = parts.iter().map(|part| one(part)).collect();
    if kinds.len() == 1 { kinds.remove(0) } else { Kind::Any(kinds) }
}

fn one(text: &str) -> Kind {
    let within = |open: &str, close: char| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    if text == "null" {
        Kind::Null
    } else if text == "{}" {
        // Nothing is of no type: an object that has any value is wrong.
        Kind::Map(Box::new(Kind::Any(Vec::new())))
    } else if PLAIN.contains(&text) {
        Kind::Plain(text.to_owned())
    } else if let Some(words) = within("enum(", ')') {
        Kind::Choice(words.split(' ').map(str::to_owned).collect())
    } else if let Some(inner) = within("[", ']') {
        Kind::List(Box::new(parse(inner)))
    } else if let Some(inner) = within("{", '}') {
        Kind::Map(Box::new(parse(inner)))
    } else {
        Kind::Entity(text.to_owned())
    }
}

/// The type as it is written.
pub fn text(kind: &Kind) -> String {
    match kind {
        Kind::Plain(name) | Kind::Entity(name) => name.clone(),
        Kind::Choice(words) => format!("enum({})", words.join(" ")),
        Kind::List(inner) => format!("[{}]", text(inner)),
        Kind::Map(inner) => format!("{{{}}}", text(inner)),
        Kind::Null => "null".into(),
        Kind::Any(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join("|"),
    }
}

fn plain(value: &Value, kind: &str) -> bool {
    let text = value.as_str();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match kind {
        "any" => true,
        "bool" => value.is_boolean(),
        "int" => value.is_i64() || value.is_u64(),
        "float" => value.is_number(),
        "string" | "HTML" => text.is_some(),
        "ID" => text.is_some_and(|text| digits(text.strip_prefix('-').unwrap_or(text))),
        "digits" => text.is_some_and(digits),
        "URL" => text.is_some_and(|text| url::Url::parse(text).is_ok()),
        "DT" => text.is_some_and(|text| pattern(text, "dddd-dd-ddTdd:dd:dd.dddZ")),
        "Date" => text.is_some_and(|text| pattern(text, "dddd-dd-dd")),
        _ => false,
    }
}

fn pattern(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text
            .bytes()
            .zip(pattern.bytes())
            .all(|(byte, place)| if place == b'd' { byte.is_ascii_digit() } else { byte == place })
}

#[test]
fn a_wrong_shape_is_seen() {
    let entities = Entities::read();
    let right = serde_json::json!({"id": "1", "title": "x", "replies_policy": "list", "exclusive": false});
    for (key, value, said) in [
        ("", Value::Null, ""),
        ("title", Value::Null, ".title is null, not string"),
        ("id", 7.into(), ".id is 7, not ID"),
        ("replies_policy", "some".into(), ".replies_policy is \"some\", not enum(followed list none)"),
        ("new", 1.into(), ".new is no key of List"),
    ] {
        let mut list = right.clone();
        if !key.is_empty() {
            list[key] = value;
        }
        assert_eq!(entities.check(&list, &parse("List"), None).join(""), said);
    }
    assert_eq!(entities.check(&serde_json::json!([{}]), &parse("[Merged]"), None), ["[0].merged is missing (Merged)"]);
}
