//! What one call has and may use: its limits, its log, its settings. The interfaces that reach further lie beside it
//! (`kv.rs`, `net.rs`, `known.rs`).

use std::sync::Arc;

use serde_json::{Map, Value};
use wasmtime::ResourceLimiter;

use super::StandIn;
use super::book::Book;
use super::bot_host::Gathered;
use super::engine::Meter;
use super::facts::Ground;
use super::limits::{LOG, Limits, RANDOM, TABLES};
use super::options::HttpRule;
use super::permissions::Grants;
use super::words::Lists;
use crate::clock::Clock;
use crate::outbound::Outbound;
use crate::random::Random;
use crate::store::Store;

/// What one plugin's calls share.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// The plugin's id, for the log.
    pub id: String,
    /// Its settings, complete but for the secrets.
    pub config: Map<String, Value>,
    /// Its secrets, which it never sees.
    pub secrets: Map<String, Value>,
    /// Where this server is.
    pub ground: Ground,
    pub clock: Clock,
    pub random: Random,
    pub store: Store,
    pub outbound: Option<Outbound>,
    pub grants: Grants,
    /// Where it may send requests: those rules that are granted.
    pub http: Vec<HttpRule>,
    /// The admin's lists that it named.
    pub lists: Arc<Lists>,
    pub list_names: Vec<String>,
    pub limits: Limits,
    /// What all guests together may still claim, in MiB.
    pub memory: Arc<tokio::sync::Semaphore>,
    pub book: Arc<Book>,
    /// Answers in place of the network.
    pub stand_in: Option<Arc<StandIn>>,
}

/// What one call has.
#[derive(Debug)]
pub(super) struct State {
    pub facts: Arc<Facts>,
    pub meter: Arc<Meter>,
    /// Which limit was hit, in plain words.
    pub exceeded: Option<String>,
    /// Requests sent so far.
    pub requests: u32,
    /// What a bot did so far.
    pub bot: Option<Box<Gathered>>,
    /// Names of the buckets that a guest of Kitsune's opened, by their handles.
    pub buckets: Vec<String>,
    /// Bodies of answers that it has not read yet, by their handles.
    pub bodies: Vec<Option<Vec<u8>>>,
    memory: usize,
    tables: usize,
    calls: u32,
    logged: usize,
}

impl State {
    pub(super) fn new(facts: Arc<Facts>, meter: Arc<Meter>) -> Self {
        Self {
            facts,
            meter,
            exceeded: None,
            requests: 0,
            bot: None,
            buckets: Vec::new(),
            bodies: Vec::new(),
            memory: 0,
            tables: 0,
            calls: 0,
            logged: 0,
        }
    }

    /// Begins another call of the same instance: what it holds stays, everything else counts from 0.
    pub(super) fn again(&mut self, facts: Arc<Facts>, meter: Arc<Meter>) {
        (self.facts, self.meter, self.exceeded, self.bot) = (facts, meter, None, None);
        (self.requests, self.calls, self.logged) = (0, 0, 0);
    }

    fn exceed(&mut self, limit: String) -> wasmtime::Error {
        let error = wasmtime::Error::msg(limit.clone());
        self.exceeded = Some(limit);
        error
    }

    /// Counts a call from the guest to the host; every host function begins with it.
    pub(super) fn count(&mut self) -> wasmtime::Result<()> {
        self.calls += 1;
        let most = self.facts.limits.calls;
        if self.calls > most { Err(self.exceed(format!("more than {most} calls to the host"))) } else { Ok(()) }
    }

    pub(super) fn log(&mut self, level: tracing::Level, message: &str) -> wasmtime::Result<()> {
        self.count()?;
        let mut end = message.len().min(LOG - self.logged);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        self.logged += end;
        if end == 0 {
            return Ok(());
        }
        // One line stays one line, whatever the guest writes.
        let message = message[..end].replace(|c: char| c.is_control(), " ");
        let word = match level {
            tracing::Level::ERROR => "error",
            tracing::Level::WARN => "warn",
            tracing::Level::INFO => "info",
            _ => "debug",
        };
        let id = &self.facts.id;
        if !self.facts.book.log(self.facts.clock.now(), word, message.clone()) {
            return Ok(());
        }
        match level {
            tracing::Level::ERROR => tracing::error!(plugin.id = id, "plugin {id} says: {message}"),
            tracing::Level::WARN => tracing::warn!(plugin.id = id, "plugin {id} says: {message}"),
            tracing::Level::INFO => tracing::info!(plugin.id = id, "plugin {id} says: {message}"),
            _ => tracing::debug!(plugin.id = id, "plugin {id} says: {message}"),
        }
        Ok(())
    }

    pub(super) fn config_get(&mut self, key: &str) -> wasmtime::Result<Option<String>> {
        self.count()?;
        Ok(self.facts.config.get(key).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }))
    }

    pub(super) fn config_all(&mut self) -> wasmtime::Result<String> {
        self.count()?;
        Ok(serde_json::to_string(&self.facts.config).unwrap_or_default())
    }

    pub(super) fn host(&mut self) -> wasmtime::Result<String> {
        self.count()?;
        Ok(self.facts.ground.host.clone())
    }

    pub(super) fn now(&mut self) -> wasmtime::Result<u64> {
        self.count()?;
        Ok(u64::try_from(self.facts.clock.now().0).unwrap_or(0))
    }

    pub(super) fn random(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.count()?;
        if count > RANDOM {
            return Err(self.exceed(format!("more than {RANDOM} random bytes at once")));
        }
        let mut bytes = vec![0; count as usize];
        self.facts.random.fill(&mut bytes);
        Ok(bytes)
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory.saturating_add(desired - current);
        let most = self.facts.limits.memory;
        if total > most {
            return Err(self.exceed(format!("more than {} MiB of memory", most / 1024 / 1024)));
        }
        self.memory = total;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.tables.saturating_add(desired - current);
        if total > TABLES {
            return Err(self.exceed(format!("more than {TABLES} table elements")));
        }
        self.tables = total;
        Ok(true)
    }

    fn instances(&self) -> usize {
        32
    }

    fn tables(&self) -> usize {
        32
    }

    fn memories(&self) -> usize {
        8
    }
}
