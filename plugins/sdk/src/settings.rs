//! What the admin set.

use crate::json::Json;

/// The settings of this plugin: what `manifest.toml` declares, with what the admin changed.
///
/// ```
/// use nagaya_plugin::Settings;
/// let settings = Settings::parse(r#"{"words": ["spam"], "limit": 5, "strict": true}"#);
/// assert_eq!(settings.list("words"), ["spam"]);
/// assert_eq!((settings.number("limit"), settings.flag("strict"), settings.text("reason")), (5.0, true, ""));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Settings(Json);

impl Settings {
    /// Asks the host.
    pub fn load() -> Self {
        Self::parse(&crate::config::all())
    }

    /// Reads a JSON object; anything else counts as no settings.
    pub fn parse(json: &str) -> Self {
        Self(Json::parse(json).unwrap_or_default())
    }

    /// The value as JSON; `null` when the manifest does not declare it.
    pub fn get(&self, key: &str) -> &Json {
        self.0.get(key)
    }

    /// A setting of type `text` or `choice`; empty when it is none.
    pub fn text(&self, key: &str) -> &str {
        self.0.get(key).text().unwrap_or_default()
    }

    /// A setting of type `number`; 0 when it is none.
    pub fn number(&self, key: &str) -> f64 {
        self.0.get(key).number().unwrap_or_default()
    }

    /// A setting of type `flag`.
    pub fn flag(&self, key: &str) -> bool {
        self.0.get(key).is_true()
    }

    /// A setting of type `list`, without empty entries.
    pub fn list(&self, key: &str) -> Vec<&str> {
        self.0.get(key).items().iter().filter_map(Json::text).map(str::trim).filter(|text| !text.is_empty()).collect()
    }

    /// A list whose entries look like `host: word`, as pairs; an entry without a colon has an empty second half.
    pub fn pairs(&self, key: &str) -> Vec<(&str, &str)> {
        let pair = |entry: &'_ str| -> (usize, usize) {
            entry
                .split_once(" => ")
                .or_else(|| entry.split_once(": "))
                .map_or((entry.len(), entry.len()), |(left, right)| (left.len(), entry.len() - right.len()))
        };
        self.list(key)
            .into_iter()
            .map(|entry| {
                let (end, begin) = pair(entry);
                (entry[..end].trim(), entry[begin..].trim())
            })
            .collect()
    }
}
