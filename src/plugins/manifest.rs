//! What a plugin says about itself: TOML (or JSON) in the custom section `nagaya:manifest` of its `.wasm`.
//!
//! Only facts that the host can check or use are in it; unknown keys are refused, so that a typing error is noticed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::envelope::Direction;
pub use super::options::{Asked, Cron, HttpRule, Need, OnFailure, Permissions, Scope, Seen, Stage};
pub use super::setting::{Setting, SettingKind};
use super::{fep_mrf, permissions, sections};
use crate::activitypub::audience::Visibility;
use crate::error::{Error, Result};

/// The custom section.
const SECTION: &str = "nagaya:manifest";
/// Bytes of a manifest.
const LIMIT: usize = 64 * 1024;

/// A plugin's description of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// Reverse DNS, `org.example.filter`.
    pub id: String,
    /// Its own version.
    pub version: String,
    /// The version of the contract, `1.0`.
    pub api: String,
    /// For people.
    pub name: Words,
    /// One sentence for people.
    pub summary: Words,
    /// SPDX expression.
    #[serde(default)]
    pub license: String,
    /// Where its source can be read.
    #[serde(default)]
    pub source: Option<String>,
    /// The Ed25519 key that signs it, as hex.
    #[serde(default)]
    pub publisher_key: Option<String>,
    /// What it is; must be what the component exports.
    pub kinds: Vec<Kind>,
    /// Which ways it looks at; all when absent.
    #[serde(default = "all_directions")]
    pub directions: Vec<Direction>,
    /// Types of activities that it looks at; all when empty.
    #[serde(default)]
    pub activities: Vec<String>,
    /// Place in the chain: lower goes first.
    #[serde(default = "middle")]
    pub order: i32,
    /// Visibilities that it looks at; all when empty.
    #[serde(default)]
    pub visibilities: Vec<Seen>,
    /// Parts of the envelope that cost a query.
    #[serde(default)]
    pub needs: BTreeSet<Need>,
    /// What it asks for, with the author's reasons.
    #[serde(default)]
    pub permissions: Permissions,
    /// Where it sends requests.
    #[serde(default)]
    pub http: Vec<HttpRule>,
    /// Names of the admin's word lists that it matches with.
    #[serde(default)]
    pub lists: Vec<String>,
    /// Before an activity takes effect, or afterwards while it is hidden.
    #[serde(default)]
    pub stage: Stage,
    /// Whose posts it judges.
    #[serde(default)]
    pub scope: Scope,
    /// Entries of a bot's calendar.
    #[serde(default)]
    pub cron: Vec<Cron>,
    /// Events that a bot wants; all when empty.
    #[serde(default)]
    pub events: Vec<String>,
    /// Limits above the usual ones.
    #[serde(default)]
    pub limits: Asked,
    /// What a failure means.
    #[serde(default)]
    pub on_failure: Option<OnFailure>,
    /// The version of what it keeps in `kv`.
    #[serde(default)]
    pub state_schema: u32,
    /// Its settings.
    #[serde(default)]
    pub config: BTreeMap<String, Setting>,
}

/// A text in the languages of the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// English.
    pub en: String,
    /// Japanese; English stands in.
    #[serde(default)]
    pub ja: Option<String>,
}

impl Words {
    /// In both languages.
    pub fn both(en: &str, ja: &str) -> Self {
        Self { en: en.into(), ja: Some(ja.into()) }
    }

    /// Japanese, or English where it is missing.
    pub fn ja(&self) -> &str {
        self.ja.as_deref().unwrap_or(&self.en)
    }
}

/// What a plugin can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Judges activities.
    Filter,
    /// Judges profiles.
    ActorFilter,
    /// Asked before fetches.
    Gate,
    /// Has an account.
    Bot,
    /// Plans deliveries.
    FanOut,
    /// Serves pages.
    Web,
    /// Tells the public what it does. Harmless, so it need not be named.
    Describe,
}

impl Kind {
    /// As manifests write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::ActorFilter => "actor-filter",
            Self::Gate => "gate",
            Self::Bot => "bot",
            Self::FanOut => "fan-out",
            Self::Web => "web",
            Self::Describe => "describe",
        }
    }
}

fn all_directions() -> Vec<Direction> {
    vec![Direction::Inbound, Direction::Outbound, Direction::Local, Direction::Relayed, Direction::Fetched]
}

fn middle() -> i32 {
    100
}

impl Manifest {
    /// The custom section that holds it.
    pub(super) const SECTION: &'static str = SECTION;

    /// Finds and reads the manifest of a core module or a component.
    pub fn of_wasm(wasm: &[u8]) -> Result<Self> {
        let section = sections::find(wasm, SECTION, LIMIT)?
            .ok_or_else(|| refused(format!("it has no section {SECTION}, so it is no Nagaya plugin")))?;
        let text = std::str::from_utf8(section).map_err(|_| refused("its manifest is not UTF-8"))?;
        Self::parse(text)
    }

    /// Reads a manifest and checks that it makes sense.
    pub fn parse(text: &str) -> Result<Self> {
        let parsed = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| error.to_string())
        } else {
            toml::from_str(text).map_err(|error| error.to_string())
        };
        let manifest: Self = parsed.map_err(|why| refused(format!("its manifest cannot be read: {}", why.trim())))?;
        manifest.check().map_err(refused)?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        let id_ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        if !(3..=100).contains(&self.id.len()) || !self.id.contains('.') || !self.id.chars().all(id_ok) {
            return Err(format!("its id {:?} is not like org.example.filter (a-z, 0-9, dots, hyphens)", self.id));
        }
        let version_ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
        if !(1..=64).contains(&self.version.len()) || !self.version.chars().all(version_ok) {
            return Err(format!("its version {:?} is not like 1.2.3", self.version));
        }
        if self.api != "1.0" && self.api != fep_mrf::API {
            return Err(format!("it speaks version {} of the plugin contract; this server speaks 1.0", self.api));
        }
        if self.kinds.is_empty() {
            return Err("its kinds are empty".to_owned());
        }
        permissions::asked(self)?;
        self.http.iter().try_for_each(HttpRule::check)?;
        self.limits.check()?;
        for entry in &self.cron {
            let sound = (1..=64).contains(&entry.name.len());
            super::cron::Calendar::parse(&entry.spec).map_err(|why| format!("its calendar: {why}"))?;
            if !sound || self.cron.iter().filter(|other| other.name == entry.name).count() > 1 {
                return Err(format!("its calendar: the name {:?} is empty, too long or used twice", entry.name));
            }
        }
        if self.cron.len() > 16 {
            return Err("its calendar has more than 16 entries".to_owned());
        }
        if self.publisher_key.as_ref().is_some_and(|key| key.len() != 64 || hex::decode(key).is_err()) {
            return Err("its publisher-key is not 64 hexadecimal digits".to_owned());
        }
        self.config.iter().try_for_each(|(key, setting)| {
            setting.check(&setting.default).map_err(|why| format!("the default of its setting {key} {why}"))
        })
    }

    /// Whether this plugin looks at such activities; nothing is instantiated otherwise.
    pub fn wants(&self, direction: Direction, activity: &str) -> bool {
        self.kinds.contains(&Kind::Filter)
            && self.directions.contains(&direction)
            && (self.activities.is_empty() || self.activities.iter().any(|wanted| wanted == activity))
    }

    /// Whether it looks at posts for these people.
    pub fn wants_seen(&self, visibility: Option<Visibility>) -> bool {
        self.visibilities.is_empty() || self.visibilities.contains(&Seen::of(visibility))
    }

    /// The canonical form: JSON without spaces, keys in order.
    pub fn canonical(&self) -> String {
        serde_json::to_value(self).map_or_else(|_| String::new(), |value| value.to_string())
    }

    /// The settings as a JSON Schema, for forms.
    pub fn schema(&self) -> Value {
        let properties: Map<String, Value> =
            self.config.iter().map(|(key, setting)| (key.clone(), setting.schema())).collect();
        serde_json::json!({"type": "object", "properties": properties, "additionalProperties": false})
    }

    /// Whether failures of it hold back, reject or let pass what travels this way.
    pub fn failing(&self, direction: Direction, chosen: Option<OnFailure>) -> OnFailure {
        let usual = if direction == Direction::Outbound { OnFailure::Hold } else { OnFailure::Accept };
        chosen.or(self.on_failure).unwrap_or(usual)
    }

    /// The complete settings: defaults, with `changes` (a JSON object) over them.
    pub fn settings(&self, changes: &str) -> Result<Map<String, Value>> {
        let changes: Map<String, Value> = serde_json::from_str(changes)
            .map_err(|error| refused(format!("its settings are no JSON object: {error}")))?;
        let mut settings: Map<String, Value> =
            self.config.iter().map(|(key, setting)| (key.clone(), setting.default.clone())).collect();
        for (key, value) in changes {
            let setting = self.config.get(&key).ok_or_else(|| {
                let known: Vec<_> = self.config.keys().map(String::as_str).collect();
                refused(format!("there is no setting {key}; it has: {}", known.join(", ")))
            })?;
            if value.is_null() {
                continue;
            }
            setting.check(&value).map_err(|why| refused(format!("{key} {why}")))?;
            settings.insert(key, value);
        }
        Ok(settings)
    }
}

pub(super) fn refused(why: impl Into<String>) -> Error {
    Error::Invalid { field: "plugin", why: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        id = "org.example.filter"
        version = "1.0.0"
        api = "1.0"
        name = { en = "A" }
        summary = { en = "B", ja = "C" }
        kinds = ["filter"]
        directions = ["inbound"]
        activities = ["Create"]
        config.words = { type = "list", default = [], label = { en = "Words" } }
        config.action = { type = "choice", default = "a", options = ["a", "b"], label = { en = "Action" } }
        config.limit = { type = "number", default = 3, label = { en = "Limit" } }
    "#;

    #[test]
    fn manifests_that_make_no_sense_are_refused_with_the_reason() {
        for (from, to, why) in [
            ("org.example.filter", "Filter", "not like org.example.filter"),
            ("\"1.0\"", "\"2.0\"", "speaks 1.0"),
            ("version =", "wersion =", "wersion"),
            ("[\"filter\"]", "[]", "kinds"),
            ("default = \"a\"", "default = \"c\"", "one of: a, b"),
            ("activities", "needs = [\"parents\"]\nactivities", "parents"),
            ("activities", "permissions = [\"rule\"]\nactivities", "no permission rule"),
            ("activities", "limits = {cpu-ms = 5001}\nactivities", "at most 5000"),
            ("activities", "http = [{host = \"10.0.0.1\", methods = [\"GET\"]}]\nactivities", "lan"),
        ] {
            let refused = Manifest::parse(&GOOD.replacen(from, to, 1)).expect_err(from).to_string();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn settings_are_defaults_with_checked_changes() {
        let manifest = Manifest::parse(GOOD).expect("good");
        let settings = manifest.settings(r#"{"words": ["spam"]}"#).expect("fits");
        assert_eq!(Value::Object(settings), serde_json::json!({"words": ["spam"], "action": "a", "limit": 3}));
        for (changes, why) in [
            (r#"{"word": []}"#, "no setting word; it has: action, limit, words"),
            (r#"{"words": "spam"}"#, "list of texts"),
            (r#"{"limit": "3"}"#, "must be a number"),
            ("[]", "no JSON object"),
        ] {
            let refused = manifest.settings(changes).expect_err(changes).to_string();
            assert!(refused.contains(why), "{refused}");
        }
        assert_eq!(
            manifest.config["words"].read("spam, 宣伝、casino"),
            Ok(serde_json::json!(["spam", "宣伝", "casino"]))
        );
        assert!(manifest.config["limit"].read("many").is_err());
    }

    #[test]
    fn only_activities_it_asked_for_reach_it() {
        let manifest = Manifest::parse(GOOD).expect("good");
        for (direction, activity, expected) in [
            (Direction::Inbound, "Create", true),
            (Direction::Inbound, "Like", false),
            (Direction::Outbound, "Create", false),
        ] {
            assert_eq!(manifest.wants(direction, activity), expected, "{activity}");
        }
    }
}
