//! From a file to something that runs: wrap, read the manifest, compile (or find it in the cache), link, try.

use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;
use wasmtime::Engine;

use super::cache::{self, Cache, Sha256};
use super::chain::{Bench, Link};
use super::engine::{self, Ticker};
use super::envelope::{Actor, Envelope};
use super::host::Facts;
use super::manifest::{Manifest, refused};
use super::{InstalledPlugin, Options, breaker, compile, v0_1};
use crate::activitypub::audience::Visibility;
use crate::error::{Error, Result};

/// Bytes of a plugin.
const LIMIT: usize = 4 * 1024 * 1024;
/// Guests that run at once, at most. More would only take turns on the same cores as everybody else.
const SEATS: usize = 4;

/// A plugin that may be installed.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What it says about itself.
    pub manifest: Manifest,
    /// The component.
    pub wasm: Vec<u8>,
    /// SHA-256 of the component, as hex.
    pub sha256: String,
}

/// What plugins are made with.
#[derive(Debug)]
pub(super) struct Workshop {
    engine: Engine,
    pub(super) cache: Arc<Cache>,
    pub(super) bench: Bench,
}

impl Workshop {
    pub(super) async fn open(options: &Options) -> Result<Self> {
        let (data, random) = (options.data.clone(), options.random.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let engine = engine::new()?;
            let cache = Cache::open(&data, &random, &engine)?;
            Ok::<_, Error>((engine, Arc::new(cache)))
        });
        let (engine, cache) = opened.await.map_err(panicked)??;
        let ticker = Ticker::start(&engine)?;
        let seats = std::thread::available_parallelism().map_or(1, usize::from).min(SEATS);
        Ok(Self { engine, cache, bench: Bench { ticker, seats: Semaphore::new(seats) } })
    }

    /// Checks a file that somebody wants to install.
    pub(super) async fn prepare(&self, options: &Options, wasm: Vec<u8>) -> Result<Prepared> {
        if wasm.len() > LIMIT {
            return Err(refused("it is larger than 4 MiB"));
        }
        // Reads the file to its end, so a broken one is noticed before anything more trusting looks at it.
        let manifest = Manifest::of_wasm(&wasm)?;
        // wit-component panics at some malformed modules.
        let wrapped = tokio::task::spawn_blocking(move || wrap(wasm)).await;
        let component = wrapped.map_err(|_| refused("it is malformed: making it a component failed"))??;
        let sha256 = hex::encode(cache::sha256(&component));
        let row = InstalledPlugin {
            id: manifest.id.clone(),
            wasm: component.clone(),
            config: "{}".into(),
            order: manifest.order,
        };
        let link = self.link(options, row, &[]).await?;
        let tried = link.decide(&self.bench, &sample(&manifest), 0).await;
        tried.map_err(|failure| refused(format!("it fails at a harmless post: {}", failure.why)))?;
        Ok(Prepared { manifest, wasm: component, sha256 })
    }

    /// Makes an installed plugin ready to run; one of `before` that is the same is used again.
    pub(super) async fn link(
        &self,
        options: &Options,
        row: InstalledPlugin,
        before: &[Arc<Link>],
    ) -> Result<Arc<Link>> {
        let manifest = Manifest::of_wasm(&row.wasm)?;
        if manifest.id != row.id {
            return Err(refused(format!("it calls itself {}", manifest.id)));
        }
        let config = manifest.settings(&row.config)?;
        let sha256 = cache::sha256(&row.wasm);
        let same = |link: &&Arc<Link>| link.sha256 == sha256 && link.facts.config == config && link.order == row.order;
        if let Some(link) = before.iter().find(same) {
            return Ok(link.clone());
        }
        let component = self.component(options, &row.wasm, sha256).await?;
        let filter = v0_1::Filter::link(&self.engine, &component)
            .map_err(|error| refused(format!("it does not fit the contract nagaya:plugin/filter@0.1.0: {error:#}")))?;
        let facts = Arc::new(Facts {
            id: manifest.id.clone(),
            config,
            host: options.host.clone(),
            clock: options.clock.clone(),
            random: options.random.clone(),
        });
        let breaker = Mutex::new(breaker::Breaker::default());
        Ok(Arc::new(Link { manifest, facts, filter, sha256, order: row.order, breaker }))
    }

    async fn component(
        &self,
        options: &Options,
        wasm: &[u8],
        sha256: Sha256,
    ) -> Result<wasmtime::component::Component> {
        let (cache, engine) = (self.cache.clone(), self.engine.clone());
        let cached = tokio::task::spawn_blocking(move || cache.load(&engine, &sha256)).await.map_err(panicked)?;
        if let Some(component) = cached {
            return Ok(component);
        }
        let code = if options.compile_in_process {
            let (engine, wasm) = (self.engine.clone(), wasm.to_vec());
            tokio::task::spawn_blocking(move || compile::in_process(&engine, &wasm)).await.map_err(panicked)??
        } else {
            compile::in_child(&options.program, self.cache.folder(), options.random.u64(), wasm).await?
        };
        let (cache, engine) = (self.cache.clone(), self.engine.clone());
        tokio::task::spawn_blocking(move || cache.store(&engine, &sha256, &code)).await.map_err(panicked)?
    }
}

fn panicked(error: tokio::task::JoinError) -> Error {
    Error::Bug(format!("preparing a plugin panicked: {error}"))
}

/// A core module made by a language's bindings becomes a component; a component stays as it is.
pub(super) fn wrap(wasm: Vec<u8>) -> Result<Vec<u8>> {
    if wasmparser::Parser::is_component(&wasm) {
        return Ok(wasm);
    }
    let encoded = wit_component::ComponentEncoder::default()
        .module(&wasm)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| refused(format!("it cannot be made a component: {}", error.root_cause())))?;
    Ok(encoded)
}

/// A harmless post that this plugin asks for.
fn sample(manifest: &Manifest) -> Envelope {
    Envelope {
        direction: manifest.directions.first().copied().unwrap_or_default(),
        activity: manifest.activities.first().cloned().unwrap_or_else(|| "Create".into()),
        object: Some("Note".into()),
        id: "https://peer.example/notes/1".into(),
        actor: Actor {
            id: "https://peer.example/users/carol".into(),
            handle: "carol@peer.example".into(),
            host: "peer.example".into(),
            kind: "Person".into(),
            display_name: "Carol".into(),
            ..Actor::default()
        },
        visibility: Some(Visibility::Public),
        text: "Good morning! おはよう".into(),
        language: Some("en".into()),
        ..Envelope::default()
    }
}
