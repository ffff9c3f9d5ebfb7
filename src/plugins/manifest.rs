//! What a plugin says about itself: TOML (or JSON) in the custom section `nagaya:manifest` of its `.wasm`.
//!
//! Only facts that the host can check or use are in it; unknown keys are refused, so that a typing error is noticed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wasmparser::{Parser, Payload};

use super::envelope::Direction;
use crate::error::{Error, Result};

/// The custom section.
const SECTION: &str = "nagaya:manifest";
/// Bytes of a manifest.
const LIMIT: usize = 64 * 1024;

/// A plugin's description of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Reverse DNS, `org.example.filter`.
    pub id: String,
    /// Its own version.
    pub version: String,
    /// The version of the contract, `0.1`.
    pub api: String,
    /// For people.
    pub name: Words,
    /// One sentence for people.
    pub summary: Words,
    /// SPDX expression.
    #[serde(default)]
    pub license: String,
    /// What it is; in this version `filter`.
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
    /// Parts of the envelope that cost a query; in this version none.
    #[serde(default)]
    pub needs: Vec<String>,
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
}

/// One setting of a plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// What a value looks like.
    #[serde(rename = "type")]
    pub kind: SettingKind,
    /// The value until an admin changes it.
    pub default: Value,
    /// For people.
    pub label: Words,
    /// The values of a `choice`.
    #[serde(default)]
    pub options: Vec<String>,
}

/// What a setting's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingKind {
    /// A string.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A list of strings.
    List,
    /// One of `options`.
    Choice,
}

fn all_directions() -> Vec<Direction> {
    vec![Direction::Inbound, Direction::Outbound, Direction::Fetched]
}

fn middle() -> i32 {
    100
}

impl Manifest {
    /// Finds and reads the manifest of a core module or a component.
    pub fn of_wasm(wasm: &[u8]) -> Result<Self> {
        let section =
            section(wasm)?.ok_or_else(|| refused(format!("it has no section {SECTION}, so it is no Nagaya plugin")))?;
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
        if self.api != "0.1" {
            return Err(format!("it speaks version {} of the plugin contract; this server speaks 0.1", self.api));
        }
        if self.kinds != [Kind::Filter] {
            return Err("its kinds must be [\"filter\"]".to_owned());
        }
        if !self.needs.is_empty() {
            return Err(format!("it needs {}, which this server does not offer yet", self.needs.join(", ")));
        }
        self.config.iter().try_for_each(|(key, setting)| {
            setting.check(&setting.default).map_err(|why| format!("the default of its setting {key} {why}"))
        })
    }

    /// Whether this plugin looks at such activities; nothing is instantiated otherwise.
    pub fn wants(&self, direction: Direction, activity: &str) -> bool {
        self.directions.contains(&direction)
            && (self.activities.is_empty() || self.activities.iter().any(|wanted| wanted == activity))
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
            setting.check(&value).map_err(|why| refused(format!("{key} {why}")))?;
            settings.insert(key, value);
        }
        Ok(settings)
    }
}

impl Setting {
    fn check(&self, value: &Value) -> Result<(), String> {
        let fits = match (self.kind, value) {
            (SettingKind::Text, Value::String(_))
            | (SettingKind::Number, Value::Number(_))
            | (SettingKind::Flag, Value::Bool(_)) => true,
            (SettingKind::List, Value::Array(items)) => items.iter().all(Value::is_string),
            (SettingKind::Choice, Value::String(choice)) => self.options.contains(choice),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        Err(match self.kind {
            SettingKind::Text => "must be a text".to_owned(),
            SettingKind::Number => "must be a number".to_owned(),
            SettingKind::Flag => "must be true or false".to_owned(),
            SettingKind::List => "must be a list of texts".to_owned(),
            SettingKind::Choice => format!("must be one of: {}", self.options.join(", ")),
        })
    }

    /// Reads what somebody typed on a command line: a list is separated by commas.
    pub fn read(&self, typed: &str) -> Result<Value, String> {
        let value = match self.kind {
            SettingKind::Text | SettingKind::Choice => Value::from(typed),
            SettingKind::Number | SettingKind::Flag => typed.parse().unwrap_or(Value::Null),
            SettingKind::List => {
                typed.split([',', '、']).map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect()
            }
        };
        self.check(&value).map(|()| value)
    }
}

/// The manifest section, of the file itself or of a module or component inside.
fn section(wasm: &[u8]) -> Result<Option<&[u8]>> {
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(|error| refused(format!("it is no WebAssembly: {error}")))? {
            Payload::CustomSection(section) if section.name() == SECTION => {
                if section.data().len() > LIMIT {
                    return Err(refused("its manifest is larger than 64 KiB"));
                }
                return Ok(Some(section.data()));
            }
            _ => {}
        }
    }
    Ok(None)
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
        api = "0.1"
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
            ("\"0.1\"", "\"2.0\"", "speaks 0.1"),
            ("version =", "wersion =", "wersion"),
            ("[\"filter\"]", "[]", "kinds"),
            ("default = \"a\"", "default = \"c\"", "one of: a, b"),
            ("activities", "needs = [\"parent\"]\nactivities", "needs parent"),
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
