//! Golden cases as their files tell them.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::plugins::envelope::{Actor, Decision, Envelope, Verdict};
use crate::plugins::rehearsal::merge;

/// The files, by their paths below `plugins/`.
pub(super) struct Cases {
    pub fixtures: &'static [(&'static str, &'static str)],
    pub documents: &'static [(&'static str, &'static str)],
}

pub(super) const CASES: Cases = include!(concat!(env!("OUT_DIR"), "/conformance.rs"));

/// One file: a policy, a plugin with settings, and what it must do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fixture {
    /// Its number in the checklist; 0: not on it.
    pub policy: u32,
    pub name: String,
    pub plugin: String,
    #[serde(default)]
    pub settings: Map<String, Value>,
    #[serde(default)]
    pub host: Surroundings,
    /// Chain rules.
    #[serde(default)]
    pub rules: Option<Value>,
    pub cases: Vec<Case>,
}

/// What stands around the plugin.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Surroundings {
    pub now: Option<i64>,
    /// Whom this server knows.
    pub people: Vec<Actor>,
    /// What the DNS answers.
    pub names: std::collections::HashMap<String, Vec<String>>,
    /// What other servers answer: status and body by address.
    pub web: std::collections::HashMap<String, (u16, String)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    #[serde(rename = "kind")]
    _kind: String,
    pub name: String,
    /// A post or another activity: the document that it is like, and the differences.
    #[serde(default)]
    pub base: Option<String>,
    #[serde(default)]
    pub with: Value,
    /// What the plugin saw before.
    #[serde(default)]
    pub before: Vec<Document>,
    /// An actor instead: that of a document, and its JSON.
    #[serde(default)]
    pub profile: Option<Document>,
    #[serde(default)]
    pub raw: Value,
    /// A fetch instead: its address and purpose.
    #[serde(default)]
    pub fetch: Option<(String, String)>,
    /// What a bot is told, its alarms, and where a plan goes: for [`super::Rehearsal`].
    #[serde(default, rename = "events")]
    _events: Vec<Value>,
    #[serde(default, rename = "timers")]
    _timers: Vec<Value>,
    #[serde(default, rename = "targets")]
    _targets: Vec<Value>,
    #[serde(default)]
    pub settings: Map<String, Value>,
    #[serde(default)]
    pub host: Surroundings,
    pub expect: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub base: String,
    #[serde(default)]
    pub with: Value,
}

impl Document {
    pub(super) fn envelope(&self) -> Result<Envelope> {
        envelope(&self.base, &self.with)
    }
}

pub(super) fn read(file: &str, text: &str) -> Result<Fixture> {
    serde_json::from_str(text).map_err(|why| Error::Bug(format!("{file}: {why}")))
}

/// A document with changes merged into it (RFC 7396).
pub(super) fn envelope(base: &str, changes: &Value) -> Result<Envelope> {
    let file = format!("conformance/documents/{base}.json");
    let found = CASES.documents.iter().find(|(name, _)| *name == file);
    let (_, text) = found.ok_or_else(|| Error::Bug(format!("there is no document {base}")))?;
    let mut json: Value = serde_json::from_str(text).map_err(|why| Error::Bug(format!("{base}: {why}")))?;
    merge(&mut json, changes);
    serde_json::from_value(json).map_err(|why| Error::Bug(format!("{base}: {why}")))
}

/// A decision as fixtures write it: reasons are for people and not compared, and of what is refused nothing is left to change.
pub(super) fn written(decision: &Decision) -> Value {
    let verdict = match decision.verdict {
        Verdict::Accept => "accept",
        Verdict::Hold(_) => "hold",
        Verdict::Reject(_) => "reject",
    };
    let mut written = json!({"verdict": verdict});
    if decision.score != 0 {
        written["score"] = decision.score.into();
    }
    if !decision.effects.is_empty() && verdict != "reject" {
        written["effects"] = serde_json::to_value(&decision.effects).unwrap_or_default();
    }
    written
}
