//! Chain rules: when an admin lets a filter run at all. All rules of a plugin must hold.

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::envelope::{Direction, Envelope};
use super::manifest::refused;
use crate::error::Result;

/// One rule as an admin writes it; exactly one of its conditions is given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// Hosts of the actor; `*.example` stands for all below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_host: Option<Vec<String>>,
    /// An expression over the actor's handle, `user@host`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_regex: Option<String>,
    /// Directions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Vec<Direction>>,
    /// Types of the activity or of its object.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Vec<String>>,
    /// Turns the rule around.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not: bool,
}

/// A rule ready to be asked.
#[derive(Debug)]
pub(super) struct Condition {
    test: Test,
    not: bool,
}

#[derive(Debug)]
enum Test {
    Host(Vec<String>),
    Handle(Regex),
    Direction(Vec<Direction>),
    Kind(Vec<String>),
}

/// Reads rules (JSON) and makes them ready; refuses with the reason.
pub(super) fn compile(json: &str) -> Result<Vec<Condition>> {
    let rules: Vec<Rule> =
        serde_json::from_str(json).map_err(|why| refused(format!("its rules cannot be read: {why}")))?;
    rules.into_iter().map(condition).collect()
}

/// Whether rules (JSON) can be used; refuses with the reason.
pub fn check(json: &str) -> Result<()> {
    compile(json).map(drop)
}

fn condition(rule: Rule) -> Result<Condition> {
    let test = match (rule.actor_host, rule.actor_regex, rule.direction, rule.kind) {
        (Some(hosts), None, None, None) => Test::Host(hosts.iter().map(|host| host.to_lowercase()).collect()),
        (None, Some(expression), None, None) => {
            let built = regex::RegexBuilder::new(&expression).case_insensitive(true).size_limit(1 << 20).build();
            Test::Handle(built.map_err(|why| refused(format!("the expression {expression:?} cannot be used: {why}")))?)
        }
        (None, None, Some(directions), None) => Test::Direction(directions),
        (None, None, None, Some(kinds)) => Test::Kind(kinds),
        _ => return Err(refused("a rule has one of actor_host, actor_regex, direction and type")),
    };
    Ok(Condition { test, not: rule.not })
}

impl Condition {
    pub(super) fn holds(&self, envelope: &Envelope) -> bool {
        let holds = match &self.test {
            Test::Host(hosts) => hosts.iter().any(|pattern| below(pattern, &envelope.actor.host)),
            Test::Handle(expression) => expression.is_match(&envelope.actor.handle),
            Test::Direction(directions) => directions.contains(&envelope.direction),
            Test::Kind(kinds) => {
                kinds.iter().any(|kind| *kind == envelope.activity || envelope.object.as_ref() == Some(kind))
            }
        };
        holds != self.not
    }
}

fn below(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
        None => pattern == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::envelope::Actor;

    #[test]
    fn rules_choose_by_actor_direction_and_type() {
        let actor = Actor { handle: "bot7@a.peer.example".into(), host: "a.peer.example".into(), ..Actor::default() };
        let envelope =
            Envelope { actor, activity: "Create".into(), object: Some("Question".into()), ..Envelope::default() };
        for (rules, expected) in [
            ("[]", true),
            (r#"[{"actor_host": ["*.peer.example"]}]"#, true),
            (r#"[{"actor_host": ["peer.example"]}]"#, false),
            (r#"[{"actor_host": ["peer.example"], "not": true}]"#, true),
            (r#"[{"actor_regex": "^BOT[0-9]+@"}]"#, true),
            (r#"[{"direction": ["outbound"]}]"#, false),
            (r#"[{"type": ["Question"]}, {"direction": ["inbound"]}]"#, true),
            (r#"[{"type": ["Question"]}, {"direction": ["fetched"]}]"#, false),
        ] {
            let rules = compile(rules).expect("readable");
            assert_eq!(rules.iter().all(|rule| rule.holds(&envelope)), expected, "{rules:?}");
        }
        for bad in ["{}", r#"[{}]"#, r#"[{"actor_regex": "("}]"#, r#"[{"type": [], "direction": []}]"#, r#"[{"x": 1}]"#]
        {
            assert!(compile(bad).is_err(), "{bad}");
        }
    }
}
