//! The smaller parts of a manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::manifest::Words;
use crate::activitypub::audience::Visibility;

/// A part of the envelope that costs a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "as in types.wit")]
pub enum Need {
    Parent,
    Counts,
    Relation,
    History,
    Raw,
    Html,
}

/// Visibilities as manifests write them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "as in types.wit")]
pub enum Seen {
    Public,
    Unlisted,
    Followers,
    Direct,
    Other,
}

impl Seen {
    /// In the words of manifests; `None` is no post.
    pub fn of(visibility: Option<Visibility>) -> Self {
        match visibility {
            Some(Visibility::Public) => Self::Public,
            Some(Visibility::Unlisted) => Self::Unlisted,
            Some(Visibility::Private) => Self::Followers,
            Some(Visibility::Direct) => Self::Direct,
            None => Self::Other,
        }
    }
}

/// When a filter runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Before the activity takes effect; CPU only.
    #[default]
    Early,
    /// While it is stored but hidden; may use the network.
    Late,
}

/// Whose posts a filter judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Everybody's.
    #[default]
    Instance,
    /// What reaches those who chose it.
    User,
}

/// What a failure of the plugin means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// As if it had said nothing.
    Accept,
    /// A moderator looks.
    Hold,
    /// It does not pass.
    Reject,
}

/// An entry of a bot's calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cron {
    /// What `on-timer` is told.
    pub name: String,
    /// Five fields: minute, hour, day of the month, month, day of the week; UTC.
    pub spec: String,
    /// Up to so many seconds later, at random.
    #[serde(default)]
    pub jitter: u32,
}

/// What a plugin asks for: a list of names, or names with reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Permissions {
    /// Only the names.
    Names(Vec<String>),
    /// With the author's reasons.
    Reasons(BTreeMap<String, Words>),
}

impl Default for Permissions {
    fn default() -> Self {
        Self::Names(Vec::new())
    }
}

impl Permissions {
    /// The names.
    pub fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Names(names) => Box::new(names.iter().map(String::as_str)),
            Self::Reasons(reasons) => Box::new(reasons.keys().map(String::as_str)),
        }
    }

    /// Why it asks for this one.
    pub fn why(&self, name: &str) -> Option<Words> {
        match self {
            Self::Names(_) => None,
            Self::Reasons(reasons) => reasons.get(name).cloned(),
        }
    }
}

/// A place that a plugin sends requests to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpRule {
    /// `api.example.org`, or `*.example.org` for all hosts below it; in the local network an address or a name, with a port.
    pub host: String,
    /// `GET`, `POST`, …
    pub methods: Vec<String>,
    /// Whether it is in the local network (and then plain http).
    #[serde(default)]
    pub lan: bool,
    /// The author's reason.
    #[serde(default)]
    pub why: Option<Words>,
}

/// Methods that a plugin may use.
pub(super) const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

impl HttpRule {
    /// The permission that grants it.
    pub fn permission(&self) -> String {
        format!("{}:{}", if self.lan { "lan" } else { "http" }, self.host)
    }

    /// Whether it is about this method and host (with its port, if that is not the usual one).
    pub(super) fn covers(&self, method: &str, host: &str) -> bool {
        let same = match self.host.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1),
            None => self.host == host,
        };
        same && self.methods.iter().any(|known| known == method)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let name = self.host.strip_prefix("*.").unwrap_or(&self.host);
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        let literal = name.parse::<std::net::IpAddr>().is_ok();
        let plain = name.contains('.') && name.chars().all(allowed) && !literal;
        if !self.lan && !plain {
            return Err(format!(
                "the host {:?} is no public name; addresses and local names need lan = true",
                self.host
            ));
        }
        if self.lan && (self.host.starts_with('*') || self.host.is_empty() || self.host.contains('/')) {
            return Err(format!("the host {:?} in the local network must be named in full", self.host));
        }
        match self.methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
            Some(method) => Err(format!("the method {method} for {} is not one of {}", self.host, METHODS.join(", "))),
            None if self.methods.is_empty() => Err(format!("no methods are given for {}", self.host)),
            None => Ok(()),
        }
    }
}

/// Limits above the usual ones; see [`super::limits`] for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Asked {
    pub cpu_ms: Option<u64>,
    pub wall_ms: Option<u64>,
    pub memory_mib: Option<usize>,
    pub kv_mib: Option<i64>,
}

impl Asked {
    pub(super) fn check(&self) -> Result<(), String> {
        // The upper numbers of bots; the host caps what each kind gets.
        let too_much = |what: &str, asked: Option<u64>, most: u64| match asked {
            Some(asked) if asked > most => Err(format!("it asks for {asked} of {what}; at most {most}")),
            _ => Ok(()),
        };
        too_much("cpu-ms", self.cpu_ms, 5_000)?;
        too_much("wall-ms", self.wall_ms, 30_000)?;
        too_much("memory-mib", self.memory_mib.map(|mib| mib as u64), 128)?;
        too_much("kv-mib", self.kv_mib.map(|mib| mib.unsigned_abs()), 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_hosts_below_it_and_nothing_beside_it() {
        let rule = |host: &str| HttpRule { host: host.into(), methods: vec!["GET".into()], lan: false, why: None };
        for (pattern, method, host, expected) in [
            ("api.example", "GET", "api.example", true),
            ("api.example", "POST", "api.example", false),
            ("api.example", "GET", "x.api.example", false),
            ("*.example.org", "GET", "a.example.org", true),
            ("*.example.org", "GET", "a.b.example.org", true),
            ("*.example.org", "GET", "example.org", false),
            ("*.example.org", "GET", "evilexample.org", false),
            ("*.example.org", "GET", ".example.org", false),
        ] {
            assert_eq!(rule(pattern).covers(method, host), expected, "{pattern} {method} {host}");
        }
        for host in ["localhost", "127.0.0.1", "10.0.0.1", "[::1]", "*", "a.example/x", "user@a.example", ""] {
            assert!(rule(host).check().is_err(), "{host}");
        }
        assert!(HttpRule { lan: true, ..rule("10.0.0.7:8080") }.check().is_ok());
    }
}
