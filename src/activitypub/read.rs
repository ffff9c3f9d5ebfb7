//! Tolerant reading of plain JSON documents, without a JSON-LD processor.
//!
//! Every property may be absent, null, one value or a list, a string or an object; each question below has one accessor that
//! knows. Numbers are never ids.
//!
//! Spec: ActivityStreams 2.0 §2, https://www.w3.org/TR/activitystreams-core/#jsonld

use serde_json::Value;

use super::audience::{PUBLIC, is_public};
use super::ids;
pub use super::parse::{DEPTH, parse_document};
use crate::clock::Time;

/// The ActivityStreams context, which every document names.
pub const CONTEXT: &str = "https://www.w3.org/ns/activitystreams";

/// How many recipients of one field are read.
const RECIPIENTS: usize = 1000;

/// How far ahead of us another clock may be.
const AHEAD: std::time::Duration = std::time::Duration::from_mins(10);

/// Text in a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// As written; HTML or plain depending on the property.
    pub text: String,
    /// A BCP 47 tag, when the document says one.
    pub language: Option<String>,
}

/// Whether the document names the ActivityStreams context.
pub fn has_context(document: &Value) -> bool {
    objects(document, "@context").into_iter().any(|context| {
        context.as_str().is_some_and(|context| {
            let context = context.trim_end_matches(['#', '/']);
            context == CONTEXT || context.strip_prefix("http://") == CONTEXT.strip_prefix("https://")
        })
    })
}

/// The values of a property: none, one or many; null and absent are the same.
pub fn objects<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    value.get(key).map(flat).unwrap_or_default()
}

/// The first value of a property.
pub fn first<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    objects(value, key).into_iter().next()
}

/// The first value of a property that is a string and not empty.
pub fn string<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    objects(value, key).into_iter().find_map(Value::as_str).filter(|text| !text.is_empty())
}

/// The id that a reference stands for: a string, or an object with `id` (or `href`, for a Link). Of a list, the first.
pub fn id_of(reference: &Value) -> Option<&str> {
    let reference = flat(reference).into_iter().next()?;
    let id = match reference {
        Value::String(id) => id,
        Value::Object(object) => object.get("id").or_else(|| object.get("href"))?.as_str()?,
        _ => return None,
    };
    Some(id).filter(|id| !id.is_empty())
}

/// The id in a property, as [`id_of`] reads it.
pub fn id<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(id_of)
}

/// All ids in a property.
pub fn ids(value: &Value, key: &str) -> Vec<String> {
    objects(value, key).into_iter().filter_map(id_of).map(str::to_owned).collect()
}

/// The recipients in `to` or `cc`: each once, the public collection in its one spelling, at most a thousand.
pub fn recipients(value: &Value, key: &str) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    ids(value, key)
        .into_iter()
        .map(|id| if is_public(&id) { PUBLIC.to_owned() } else { id })
        .filter(|id| id.len() <= ids::LONGEST && seen.insert(id.clone()))
        .take(RECIPIENTS)
        .collect()
}

/// The text of a property: its own value, else one of its language map (`content`, `contentMap`). Empty text is none.
///
/// The language is that of the map's entry with the same text; a map of one entry speaks for the property too.
pub fn text(value: &Value, key: &str) -> Option<Text> {
    let entries: Vec<(&str, &str)> = first(value, &format!("{key}Map"))
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(language, text)| Some((language.as_str(), flat(text).into_iter().find_map(Value::as_str)?)))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let direct = objects(value, key).into_iter().find_map(|value| match value {
        Value::String(text) => Some((text.as_str(), None)),
        Value::Object(object) => {
            Some((object.get("@value")?.as_str()?, object.get("@language").and_then(Value::as_str)))
        }
        _ => None,
    });
    let (text, language) = match direct.filter(|(text, _)| !text.is_empty()) {
        Some((text, Some(language))) => (text, Some(language)),
        Some((text, None)) => {
            let same = entries.iter().find(|(_, entry)| *entry == text);
            (text, same.or(if entries.len() == 1 { entries.first() } else { None }).map(|(language, _)| *language))
        }
        None => entries.first().map(|(language, text)| (*text, Some(*language)))?,
    };
    Some(Text { text: text.to_owned(), language: language.and_then(language_tag) })
}

/// The types of an object, without the prefix of the ActivityStreams vocabulary.
pub fn types(value: &Value) -> Vec<&str> {
    objects(value, "type").into_iter().filter_map(Value::as_str).map(local_name).collect()
}

/// The first type of an object that is among `known`.
pub fn kind(value: &Value, known: &[&'static str]) -> Option<&'static str> {
    types(value).into_iter().find_map(|kind| known.iter().find(|known| **known == kind).copied())
}

/// A date, tolerantly read; see [`settled`] for one that must be believable.
pub fn date(value: &Value, key: &str) -> Option<Time> {
    string(value, key).and_then(Time::parse)
}

/// The date that a document claims; `now` when it claims none, one before 1970, or one more than 10 minutes ahead (rule J9).
pub fn settled(claimed: Option<Time>, now: Time) -> Time {
    claimed.filter(|date| date.0 >= 0 && *date <= now.plus(AHEAD)).unwrap_or(now)
}

/// A truth value; some programs write it as a string.
pub fn flag(value: &Value, key: &str) -> Option<bool> {
    match first(value, key)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text == "true" => Some(true),
        Value::String(text) if text == "false" => Some(false),
        _ => None,
    }
}

/// A number that counts something.
pub fn count(value: &Value, key: &str) -> Option<u64> {
    let number = first(value, key)?;
    number
        .as_u64()
        .or_else(|| number.as_f64().filter(|number| (0.0..1e15).contains(number)).map(|number| number as u64))
}

/// The address in a property that may hold strings, Links and lists of both, with its media type; the caller picks.
pub fn links<'a>(value: &'a Value, key: &str) -> Vec<(&'a str, Option<&'a str>)> {
    objects(value, key)
        .into_iter()
        .filter_map(|link| match link {
            Value::String(address) => Some((address.as_str(), None)),
            Value::Object(_) => {
                let address =
                    string(link, "href").or_else(|| links(link, "url").first().map(|(address, _)| *address))?;
                Some((address, string(link, "mediaType")))
            }
            _ => None,
        })
        .filter(|(address, _)| ids::web_address(address).is_some())
        .collect()
}

/// The page for people: the `url` that is HTML, else one that does not say what it is.
pub fn page(value: &Value) -> Option<String> {
    let links = links(value, "url");
    let html = links.iter().find(|(_, media)| media.is_some_and(|media| media.starts_with("text/html")));
    html.or_else(|| links.iter().find(|(_, media)| media.is_none())).map(|(address, _)| (*address).to_owned())
}

/// The beginning of `text`, at most `chars` characters of it.
pub fn at_most(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

/// A name without the prefix of the ActivityStreams vocabulary.
pub(super) fn local_name(name: &str) -> &str {
    name.strip_prefix("as:").or_else(|| name.strip_prefix(CONTEXT)?.strip_prefix('#')).unwrap_or(name)
}

fn flat(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().filter(|value| !value.is_null()).collect(),
        value => vec![value],
    }
}

/// `und` means that the author did not say.
fn language_tag(tag: &str) -> Option<String> {
    let fits = (2..=35).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (fits && tag != "und").then(|| tag.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn j2_j3_references_are_strings_objects_links_or_lists() {
        for (reference, expected) in [
            (json!("a"), Some("a")),
            (json!({"id": "a"}), Some("a")),
            (json!({"type": "Link", "href": "a"}), Some("a")),
            (json!([null, {"id": "a"}, "b"]), Some("a")),
            (json!(1), None),
            (json!({"id": 1}), None),
            (json!({"name": "a"}), None),
            (json!(""), None),
            (json!(null), None),
            (json!([]), None),
        ] {
            assert_eq!(id_of(&reference), expected, "{reference}");
        }
        let value = json!({"to": ["as:Public", {"id": "b"}, PUBLIC, 5, null], "cc": "Public"});
        assert_eq!(recipients(&value, "to"), [PUBLIC, "b"]);
        assert_eq!(recipients(&value, "cc"), [PUBLIC]);
        assert!(recipients(&value, "bto").is_empty());
    }

    #[test]
    fn j6_text_is_read_from_values_and_maps() {
        for (value, expected) in [
            (json!({"content": "a"}), Some(("a", None))),
            (json!({"content": ["a", "b"]}), Some(("a", None))),
            (json!({"content": {"@value": "a", "@language": "ja"}}), Some(("a", Some("ja")))),
            (json!({"content": "a", "contentMap": {"ja": "a"}}), Some(("a", Some("ja")))),
            (json!({"content": "a", "contentMap": {"de": "b", "ja": "a"}}), Some(("a", Some("ja")))),
            (json!({"content": "a", "contentMap": {"de": "b", "ja": "c"}}), Some(("a", None))),
            (json!({"content": "a", "contentMap": {"ja": "trimmed"}}), Some(("a", Some("ja")))),
            (json!({"content": null, "contentMap": {"de": "b", "ja": "c"}}), Some(("b", Some("de")))),
            (json!({"content": "", "contentMap": {"und": "b"}}), Some(("b", None))),
            (json!({"content": "a", "contentMap": {"no such language!": "a"}}), Some(("a", None))),
            (json!({"content": ""}), None),
            (json!({"content": 5, "contentMap": []}), None),
            (json!({}), None),
        ] {
            let found = text(&value, "content");
            let found = found.as_ref().map(|found| (found.text.as_str(), found.language.as_deref()));
            assert_eq!(found, expected, "{value}");
        }
    }

    #[test]
    fn j5_f8_kinds_contexts_flags_and_pages() {
        for (value, expected) in [
            (json!({"type": "as:Note"}), Some("Note")),
            (json!({"type": ["Strange", "https://www.w3.org/ns/activitystreams#Note"]}), Some("Note")),
            (json!({"type": "note"}), None),
            (json!({}), None),
        ] {
            assert_eq!(kind(&value, &["Article", "Note"]), expected, "{value}");
        }
        for (context, expected) in [
            (json!(CONTEXT), true),
            (json!("http://www.w3.org/ns/activitystreams#"), true),
            (json!([{"x": "y"}, CONTEXT]), true),
            (json!("https://example.com/"), false),
            (json!(null), false),
        ] {
            assert_eq!(has_context(&json!({"@context": context})), expected, "{context}");
        }
        assert_eq!(flag(&json!({"a": "true"}), "a"), Some(true));
        assert_eq!(flag(&json!({"a": [false]}), "a"), Some(false));
        assert_eq!(flag(&json!({"a": 1}), "a"), None);
        let html = json!({"type": "Link", "mediaType": "text/html", "href": "https://a.example/h"});
        let video = json!({"type": "Link", "mediaType": "video/mp4", "href": "https://a.example/v"});
        assert_eq!(page(&json!({"url": [video, html]})).as_deref(), Some("https://a.example/h"));
        assert_eq!(page(&json!({"url": video})), None);
        assert_eq!(
            page(&json!({"url": ["javascript:alert(1)", "https://a.example/"]})).as_deref(),
            Some("https://a.example/")
        );
    }

    #[test]
    fn j9_dates_from_the_future_are_now() {
        let now = Time(1_000_000_000_000);
        for (claimed, expected) in [(None, now), (Some(Time(-1)), now), (Some(Time(5)), Time(5))] {
            assert_eq!(settled(claimed, now), expected);
        }
        assert_eq!(settled(Some(Time(now.0 + 600_000)), now), Time(now.0 + 600_000));
        assert_eq!(settled(Some(Time(now.0 + 600_001)), now), now);
    }
}
