//! How each line of the table of the whole API (`endpoints.toml`) is called: `calls.toml`.

use std::collections::BTreeMap;

pub use nagaya::mastodon::openapi::table::{Endpoint, endpoints};
use serde::Deserialize;
use serde_json::Value;

/// How a line is called.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Call {
    /// Who calls; alice by default.
    #[serde(rename = "as")]
    pub who: Option<String>,
    /// What stands in the places of the path, in order.
    pub places: Vec<String>,
    pub query: String,
    pub body: Option<Value>,
    /// Fields beside the picture of an upload.
    pub upload: Option<Value>,
    /// The same of one that wants the picture as `image`.
    pub image: Option<Value>,
    /// The fields of a form of a page.
    pub form: String,
    pub accept: Option<String>,
    pub status: Option<u16>,
    /// Where in the answer the list is; the answer itself by default.
    pub from: Option<String>,
    /// What tells one entry from another; its id by default.
    pub key: Option<String>,
    /// How many entries the list must have at least.
    pub least: Option<usize>,
}

#[derive(Deserialize)]
struct Calls {
    places: BTreeMap<String, String>,
    call: BTreeMap<String, Call>,
}

/// How `endpoints` are called. Every call must be of some line.
pub fn calls(endpoints: &[Endpoint]) -> Vec<Call> {
    let mut calls: Calls = toml::from_str(include_str!("calls.toml")).expect("calls.toml is well formed");
    let found = endpoints.iter().map(|endpoint| {
        let mut call = calls.call.remove(&endpoint.name()).unwrap_or_default();
        if call.places.is_empty() && endpoint.path.contains('{') {
            let beginnings = calls.places.iter().filter(|(beginning, _)| endpoint.path.starts_with(*beginning));
            call.places.extend(beginnings.max_by_key(|(text, _)| text.len()).map(|(_, place)| place.clone()));
        }
        assert_eq!(call.places.len(), endpoint.path.matches('{').count(), "places of {}", endpoint.name());
        call
    });
    let found = found.collect();
    assert!(calls.call.is_empty(), "calls of no line: {:?}", calls.call.keys());
    found
}

/// The path with its places filled.
pub fn filled(path: &str, places: &[String]) -> String {
    let mut places = places.iter();
    let parts =
        path.split('/').map(|part| if part.starts_with('{') { places.next().map_or("", String::as_str) } else { part });
    parts.collect::<Vec<_>>().join("/")
}
