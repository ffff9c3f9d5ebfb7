//! What the filters of a server say together about one activity.

use serde::{Deserialize, Serialize};

use super::breaker::Off;
use super::envelope::{Change, Effect};

/// From which sum of scores on something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// It is held.
    pub hold: i32,
    /// It is rejected.
    pub reject: i32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { hold: 50, reject: 100 }
    }
}

/// What the filters together say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Their word.
    pub ruling: Ruling,
    /// The sum of their scores.
    pub score: i32,
    /// Changes in the order in which they are to be made, checked: none of them widens the audience. Empty on rejection.
    pub effects: Vec<Applied>,
    /// Plugins that failed; each belongs in the moderation log.
    pub failures: Vec<Failure>,
    /// What each filter said that did not simply accept, those in shadow included: the audit.
    pub said: Vec<Said>,
    /// Plugins that were switched off just now.
    pub alarms: Vec<Alarm>,
}

/// The word of the whole chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the variants say it: which plugin, and its reason for people")]
pub enum Ruling {
    /// It may pass.
    #[default]
    Accept,
    /// A moderator must look first.
    Hold { plugin: String, reason: String },
    /// It may not pass.
    Reject { plugin: String, reason: String },
}

/// A change that a plugin asked for and that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The plugin's id.
    pub plugin: String,
    /// What it asks for.
    pub effect: Effect,
}

/// What the early stage leaves to the late one, kept while a post waits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Early {
    /// The sum of the scores.
    pub score: i32,
    /// The changes, in order.
    pub effects: Vec<Applied>,
}

impl Outcome {
    /// What the late stage goes on from.
    pub fn early(&self) -> Early {
        Early { score: self.score, effects: self.effects.clone() }
    }
}

/// What one filter said, for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Said {
    pub plugin: String,
    /// It counted for nothing.
    pub shadow: bool,
    /// `accept`, `hold`, `reject`, `change`, `fail`.
    pub action: &'static str,
    pub reason: String,
    pub score: i16,
    /// What its effects changed; those that were refused have the reason as `after` and a field that begins with `refused`.
    pub changes: Vec<Change>,
}

/// What a filter says for those who chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The plugin's id.
    pub plugin: String,
    /// They do not see the post; else they are only not told of it.
    pub hide: bool,
}

/// A plugin was switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The plugin's id.
    pub plugin: String,
    /// For how long.
    pub off: Off,
    /// It failed among its first calls: if there is a version before, go back to it.
    pub young: bool,
    /// The last failure.
    pub why: String,
}

/// A plugin failed at one activity; that is not a rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The plugin's id.
    pub plugin: String,
    /// In what way.
    pub kind: FailureKind,
    /// In words, for admins and developers.
    pub why: String,
}

/// In what way a plugin failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Too much CPU or wall time.
    Time,
    /// Another limit: memory, tables, host calls.
    Limit,
    /// It crashed.
    Trap,
    /// It gave up by itself.
    Returned,
}
