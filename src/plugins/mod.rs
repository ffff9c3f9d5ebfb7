//! WASM plugins: small programs by strangers that judge activities, and that can neither harm the server nor slow it.
//!
//! [`Plugins::filter`] runs the enabled filters over an [`Envelope`]. Each call gets a fresh instance with 20 ms of CPU,
//! 100 ms in all, 16 MiB of memory and no way to the network, the disk or the database. Compiling happens in a child
//! process ([`compile`]) when a plugin is installed or loaded, never in the way of a request; the result is cached under
//! a seal. A plugin that fails is not a plugin that rejects; one that keeps failing is switched off for a while.
//!
//! Refused here: reading or writing rows (the callers do, in their own transactions), and deciding what an effect means.
//!
//! The contract: `plugins/wit/v0_1/*.wit`.

mod breaker;
mod cache;
mod chain;
pub mod compile;
mod engine;
pub mod envelope;
mod host;
pub mod manifest;
mod prepare;
#[cfg(test)]
mod tests;
mod v0_1;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

pub use breaker::Off;
pub use chain::{Change, Failure, FailureKind, Outcome, Ruling};
pub use envelope::{Actor, Decision, Direction, Effect, Envelope, Parent, Part, Verdict, narrow};
pub use manifest::Manifest;
pub use prepare::Prepared;

use chain::Link;
use prepare::Workshop;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::random::Random;
use crate::store::plugins::Plugin;

/// The keyword filter, which comes with the server.
const KEYWORD_FILTER: &[u8] = include_bytes!("../../plugins/built/keyword-filter.wasm");

/// The plugins of one server. Cheap to clone. The default runs none.
#[derive(Clone, Debug, Default)]
pub struct Plugins(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    options: Options,
    /// Made at the first plugin: a server without plugins pays nothing.
    workshop: tokio::sync::OnceCell<Workshop>,
    /// Replaced as a whole, so that running calls finish on what they began with.
    chain: RwLock<Arc<[Arc<Link>]>>,
}

/// How plugins run on this server.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder; compiled plugins are kept in its `plugin-cache`.
    pub data: PathBuf,
    /// Our own program, started with [`compile::COMMAND`] to compile.
    pub program: PathBuf,
    /// Whether installed plugins run. Installing works all the same.
    pub enabled: bool,
    /// The server's own domain, which plugins may know.
    pub host: String,
    /// The clock that plugins see.
    pub clock: Clock,
    /// The randomness that plugins see.
    pub random: Random,
    /// Compiles in this process. For tests, whose program is not ours.
    pub compile_in_process: bool,
}

/// A plugin to be loaded, as the store keeps it.
#[derive(Debug, Clone)]
pub struct InstalledPlugin {
    /// The id under which it was installed.
    pub id: String,
    /// The component.
    pub wasm: Vec<u8>,
    /// The admin's changes to its settings, a JSON object.
    pub config: String,
    /// Its place in the chain.
    pub order: i32,
}

impl From<Plugin> for InstalledPlugin {
    fn from(row: Plugin) -> Self {
        Self { id: row.id, wasm: row.wasm, config: row.config, order: row.sort_order }
    }
}

/// A plugin that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What it says about itself.
    pub manifest: Manifest,
    /// Its place in the chain.
    pub order: i32,
    /// Set while it is switched off after failures.
    pub off: Option<Off>,
}

impl Plugins {
    /// Plugins for one server; none is loaded yet, and nothing runs until one is.
    pub fn start(options: Options) -> Self {
        Self(Some(Arc::new(Inner {
            options,
            workshop: tokio::sync::OnceCell::new(),
            chain: RwLock::new(Arc::new([])),
        })))
    }

    /// Replaces the running plugins by these (the enabled ones), compiling what the cache lacks.
    ///
    /// Plugins that are loaded already and did not change keep their state. Those that cannot be loaded are left out and
    /// returned as [`Error::Plugin`] with the reason; the others run.
    pub async fn load(&self, rows: Vec<InstalledPlugin>) -> Vec<Error> {
        let Some(inner) = self.0.as_deref().filter(|inner| inner.options.enabled) else { return Vec::new() };
        let before = inner.chain();
        if rows.is_empty() {
            inner.replace(Vec::new());
            return Vec::new();
        }
        let workshop = match inner.workshop().await {
            Ok(workshop) => workshop,
            Err(error) => return vec![error],
        };
        let (mut links, mut errors) = (Vec::new(), Vec::new());
        for row in rows {
            let id = row.id.clone();
            match workshop.link(&inner.options, row, &before).await {
                Ok(link) => links.push(link),
                Err(error) => errors.push(Error::Plugin { id, why: error.to_string() }),
            }
        }
        links.sort_by(|a, b| (a.order, &a.manifest.id).cmp(&(b.order, &b.manifest.id)));
        workshop.cache.keep_only(&links.iter().map(|link| link.sha256).collect::<HashSet<_>>());
        inner.replace(links);
        errors
    }

    /// Asks the enabled filters about an activity. Never fails, takes 100 ms per filter at worst, and is instant when
    /// no filter asks for this kind of activity. Call it outside transactions.
    pub async fn filter(&self, envelope: Envelope) -> Outcome {
        let Some(inner) = self.0.as_deref() else { return Outcome::default() };
        let chain = inner.chain();
        match inner.workshop.get() {
            Some(workshop) if !chain.is_empty() => chain::run(&chain, &workshop.bench, envelope).await,
            _ => Outcome::default(),
        }
    }

    /// Whether a filter would look at it; saves callers the making of an envelope.
    pub fn wants(&self, direction: Direction, activity: &str) -> bool {
        let Some(inner) = self.0.as_deref() else { return false };
        inner.chain().iter().any(|link| link.manifest.wants(direction, activity))
    }

    /// The running plugins, in order.
    pub fn list(&self) -> Vec<Loaded> {
        let Some(inner) = self.0.as_deref() else { return Vec::new() };
        let now = inner.options.clock.now();
        let loaded =
            |link: &Arc<Link>| Loaded { manifest: link.manifest.clone(), order: link.order, off: link.off(now) };
        inner.chain().iter().map(loaded).collect()
    }

    /// Makes a file that somebody wants to install ready for the store: wraps it into a component if it is a core
    /// module, checks its manifest, compiles it and tries one call. Refuses with the reason.
    pub async fn prepare(&self, wasm: Vec<u8>) -> Result<Prepared> {
        let inner = self.0.as_deref().ok_or_else(|| Error::Conflict("plugins are not available here".into()))?;
        inner.workshop().await?.prepare(&inner.options, wasm).await
    }

    /// A plugin that comes with the server, by its short name.
    pub fn built_in(name: &str) -> Option<&'static [u8]> {
        (name == "keyword-filter").then_some(KEYWORD_FILTER)
    }
}

impl Inner {
    fn chain(&self) -> Arc<[Arc<Link>]> {
        self.chain.read().expect("no holder panics").clone()
    }

    fn replace(&self, links: Vec<Arc<Link>>) {
        *self.chain.write().expect("no holder panics") = links.into();
    }

    async fn workshop(&self) -> Result<&Workshop> {
        self.workshop.get_or_try_init(|| Workshop::open(&self.options)).await
    }
}
