//! What the stand-in for the server knows: the member `host` of a fixture.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::case;
use crate::error::Result;
use crate::plugins::envelope::{Actor, Envelope};

/// When a case happens, unless it says so: a morning in August 2026.
const NOW: u64 = 1_786_111_355_000;

#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Script {
    /// Milliseconds since 1970.
    pub now: u64,
    /// The server's domain.
    pub domain: String,
    /// People that are known.
    pub people: Vec<Actor>,
    /// Posts that are known, newest first: documents with changes.
    posts: Vec<Value>,
    /// Words between two people: `[from, to, word, …]`.
    pub relations: Vec<Vec<String>>,
    /// Addresses by name.
    pub names: BTreeMap<String, Vec<String>>,
    /// Status and body by address.
    pub web: BTreeMap<String, (u16, String)>,
    /// The admin's word lists.
    pub lists: BTreeMap<String, Vec<String>>,
    /// What `kv` holds already.
    pub kv: BTreeMap<String, String>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            now: NOW,
            domain: "nagaya.example".into(),
            people: Vec::new(),
            posts: Vec::new(),
            relations: Vec::new(),
            names: BTreeMap::new(),
            web: BTreeMap::new(),
            lists: BTreeMap::new(),
            kv: BTreeMap::new(),
        }
    }
}

impl Script {
    pub(super) fn of(known: &Value) -> Result<Self> {
        if known.is_null() { Ok(Self::default()) } else { case::read(known, "host") }
    }

    pub(super) fn posts(&self) -> Result<Vec<Envelope>> {
        self.posts.iter().map(case::envelope).collect()
    }
}
