//! The settings of a plugin: what its manifest declares, and whether a value fits.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::manifest::Words;

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
    /// Never shown, to nobody and not to the plugin: only `http` puts it into a header.
    #[serde(default)]
    pub secret: bool,
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

impl Setting {
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
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

    /// As a JSON Schema, with the label in both languages.
    pub fn schema(&self) -> Value {
        let mut schema = match self.kind {
            SettingKind::Text => json!({"type": "string"}),
            SettingKind::Number => json!({"type": "number"}),
            SettingKind::Flag => json!({"type": "boolean"}),
            SettingKind::List => json!({"type": "array", "items": {"type": "string"}}),
            SettingKind::Choice => json!({"type": "string", "enum": self.options}),
        };
        schema["default"] = self.default.clone();
        schema["title"] = self.label.en.clone().into();
        schema["x-title-ja"] = self.label.ja().into();
        if self.secret {
            schema["writeOnly"] = true.into();
        }
        schema
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
