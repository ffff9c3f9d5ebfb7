//! What a running guest has: its settings, its limits, and the deeds it may ask of the host. The same for every version
//! of the contract; the version modules forward to it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use wasmtime::ResourceLimiter;

use super::engine::Meter;
use crate::clock::Clock;
use crate::random::Random;

/// Linear memory of one call, all memories together.
pub(super) const MEMORY: usize = 16 * 1024 * 1024;
/// Elements of all tables together.
const TABLES: usize = 20_000;
/// CPU time of one call of a filter.
pub(super) const CPU: Duration = Duration::from_millis(20);
/// Wall time of one call of a filter, waiting included.
pub(super) const WALL: Duration = Duration::from_millis(100);
/// Calls from the guest to the host.
const CALLS: u32 = 64;
/// Bytes of log lines that are kept from one call.
const LOG: usize = 8 * 1024;
/// Bytes that may be copied from the guest to the host.
pub(super) const COPIES: usize = 1024 * 1024;
/// Random bytes a call may ask for at once.
const RANDOM: u32 = 4096;

/// What one plugin's calls share.
#[derive(Debug)]
pub(super) struct Facts {
    /// The plugin's id, for the log.
    pub id: String,
    /// Its settings, complete.
    pub config: Map<String, Value>,
    /// The server's own domain.
    pub host: String,
    pub clock: Clock,
    pub random: Random,
}

/// What one call has.
#[derive(Debug)]
pub(super) struct State {
    pub facts: Arc<Facts>,
    pub meter: Arc<Meter>,
    /// Which limit was hit, in plain words.
    pub exceeded: Option<&'static str>,
    memory: usize,
    tables: usize,
    calls: u32,
    logged: usize,
}

impl State {
    pub(super) fn new(facts: Arc<Facts>, meter: Arc<Meter>) -> Self {
        Self { facts, meter, exceeded: None, memory: 0, tables: 0, calls: 0, logged: 0 }
    }

    fn exceed(&mut self, limit: &'static str) -> wasmtime::Error {
        self.exceeded = Some(limit);
        wasmtime::Error::msg(limit)
    }

    fn count(&mut self) -> wasmtime::Result<()> {
        self.calls += 1;
        if self.calls > CALLS { Err(self.exceed("more than 64 calls to the host")) } else { Ok(()) }
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
        let id = &self.facts.id;
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

    pub(super) fn config_list(&mut self, key: &str) -> wasmtime::Result<Vec<String>> {
        self.count()?;
        let list = self.facts.config.get(key).and_then(Value::as_array);
        Ok(list.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect())
    }

    pub(super) fn config_all(&mut self) -> wasmtime::Result<String> {
        self.count()?;
        Ok(serde_json::to_string(&self.facts.config).unwrap_or_default())
    }

    pub(super) fn host(&mut self) -> wasmtime::Result<String> {
        self.count()?;
        Ok(self.facts.host.clone())
    }

    pub(super) fn now(&mut self) -> wasmtime::Result<u64> {
        self.count()?;
        Ok(u64::try_from(self.facts.clock.now().0).unwrap_or(0))
    }

    pub(super) fn random(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.count()?;
        if count > RANDOM {
            return Err(self.exceed("more than 4096 random bytes at once"));
        }
        let mut bytes = vec![0; count as usize];
        self.facts.random.fill(&mut bytes);
        Ok(bytes)
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory.saturating_add(desired - current);
        if total > MEMORY {
            return Err(self.exceed("more than 16 MiB of memory"));
        }
        self.memory = total;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.tables.saturating_add(desired - current);
        if total > TABLES {
            return Err(self.exceed("more than 20000 table elements"));
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
