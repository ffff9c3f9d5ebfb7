//! From bytes to a JSON tree that is safe to read.
//!
//! Refuses other bytes than UTF-8, NUL in text, nesting beyond [`DEPTH`]. Keywords that let JSON-LD restructure a document
//! (`@graph`, `@included`, `@reverse`, `@id` and `@type` as aliases) are dropped with everything below them, so what a
//! signature covers is what we read.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::read::local_name;
use crate::error::{Error, Result};

/// How deep a document may nest.
pub const DEPTH: usize = 64;

/// Reads a document: one JSON object. Its size was limited by whoever read the bytes.
///
/// Of repeated keys the first counts. The prefix `as:` is taken off property names, here once for all accessors.
pub fn parse_document(bytes: &[u8]) -> Result<Value> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = Tree { depth: 0, context: false }
        .deserialize(&mut json)
        .and_then(|value| json.end().map(|()| value))
        .map_err(|error| Error::Malformed(format!("not a readable document: {error}")))?;
    if !value.is_object() {
        return Err(Error::Malformed("not a readable document: it must be one JSON object".into()));
    }
    Ok(value)
}

/// Builds a [`Value`] under the rules of [`parse_document`].
#[derive(Clone, Copy)]
struct Tree {
    depth: usize,
    /// Inside `@context`, where keywords are definitions and stay.
    context: bool,
}

impl Tree {
    fn below<E: serde::de::Error>(self, key: Option<&str>) -> Result<Self, E> {
        if self.depth >= DEPTH {
            return Err(E::custom(format_args!("nested deeper than {DEPTH}")));
        }
        Ok(Self { depth: self.depth + 1, context: self.context || key == Some("@context") })
    }

    fn drops(self, key: &str) -> bool {
        !self.context && key.starts_with('@') && !matches!(key, "@context" | "@value" | "@language")
    }
}

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        if value.contains('\0') {
            return Err(E::custom("NUL in text"));
        }
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let below = self.below(None)?;
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(below)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if key.contains('\0') {
                return Err(A::Error::custom("NUL in a property name"));
            }
            let key = if self.context { key.as_str() } else { local_name(&key) };
            let below = self.below(Some(key))?;
            if self.drops(key) || object.contains_key(key) {
                map.next_value::<IgnoredAny>()?;
            } else {
                let key = key.to_owned();
                object.insert(key, map.next_value_seed(below)?);
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn j1_documents_are_utf8_objects_of_limited_depth() {
        let nested = |depth: usize| format!("{}{}", r#"{"a":"#.repeat(depth) + "1", "}".repeat(depth));
        for (document, expected) in [
            (nested(DEPTH), true),
            (nested(DEPTH + 1), false),
            (format!(r#"{{"a":{}{}}}"#, "[".repeat(DEPTH - 1), "]".repeat(DEPTH - 1)), true),
            (format!(r#"{{"a":{}{}}}"#, "[".repeat(DEPTH), "]".repeat(DEPTH)), false),
            ("[".repeat(100_000), false),
            ("\u{feff}{}".to_owned(), true),
            ("{} x".to_owned(), false),
            ("[]".to_owned(), false),
            ("\"x\"".to_owned(), false),
            (String::new(), false),
            (r#"{"a":"\u0000"}"#.to_owned(), false),
            (r#"{"\u0000":1}"#.to_owned(), false),
            (r#"{"a":"\ud800"}"#.to_owned(), false),
            (r#"{"a":1e999}"#.to_owned(), false),
        ] {
            let shown: String = document.chars().take(40).collect();
            assert_eq!(parse_document(document.as_bytes()).is_ok(), expected, "{shown}");
        }
        assert!(parse_document(b"{\"a\":\"\xff\"}").is_err());
    }

    /// Mastodon GHSA-53m7-2wrh-q839 and GHSA-chgx-jx3p-rf73.
    #[test]
    fn j8_j1_what_json_ld_would_restructure_is_not_read() {
        let document = br#"{"@context":{"x":{"@id":"as:x","@type":"@id"}},"@id":"1","id":"2","id":"3","as:content":"c",
            "https://www.w3.org/ns/activitystreams#name":"n","@graph":[{"id":"4"}],"object":{"@reverse":{"a":1},"@type":"T","b":1}}"#;
        let expected =
            json!({"@context":{"x":{"@id":"as:x","@type":"@id"}},"id":"2","content":"c","name":"n","object":{"b":1}});
        assert_eq!(parse_document(document).expect("readable"), expected);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_document(&bytes);
        }
    }
}
