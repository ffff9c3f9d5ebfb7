//! From a file to something that runs: wrap, read the manifest, compile (or find it in the cache), link, try.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;
use wasmtime::Engine;

use super::cache::{self, Cache, Sha256};
use super::chain::{Bench, Link};
use super::engine::{self, Ticker};
use super::envelope::{Actor, Envelope};
use super::host::Facts;
use super::limits::{Limits, claimable};
use super::manifest::{Kind, Manifest, Scope, Stage, refused};
use super::marker::Marker;
use super::permissions::{self, Ask, Grants};
use super::words::Lists;
use super::{InstalledPlugin, Options, book::Book, breaker, compile, fep_mrf, rules, sections, v1_0};
use crate::activitypub::audience::Visibility;
use crate::error::{Error, Result};

/// Bytes of a plugin.
const LIMIT: usize = 4 * 1024 * 1024;
/// Guests that run at once, at most. More would only take turns on the same cores as everybody else.
const SEATS: usize = 4;
/// The same for those that may wait for other servers: they mostly wait.
const PATIENT: usize = 4;
/// Places for the names of bots that run at once; the marks of more are left out.
const BOTS: usize = 12;

/// A plugin that may be installed.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What it says about itself.
    pub manifest: Manifest,
    /// The component.
    pub wasm: Vec<u8>,
    /// SHA-256 of the component, as hex.
    pub sha256: String,
    /// Who signed the file: the Ed25519 key as hex, [`BUILT_IN`] for what comes with the server, empty when nobody did.
    pub publisher_key: String,
    /// What it asks for.
    pub asks: Vec<Ask>,
}

/// Stands for a publisher's key where a plugin comes with the server.
pub const BUILT_IN: &str = "built-in";

/// What plugins are made with.
#[derive(Debug)]
pub(super) struct Workshop {
    engine: Engine,
    pub(super) cache: Arc<Cache>,
    pub(super) bench: Bench,
    /// MiB of memory that are free for guests.
    pub(super) memory: Arc<Semaphore>,
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
        // Bots need no seat: they may wait for other servers.
        let marker = Marker::open(&options.data, seats + BOTS)?;
        let memory = Arc::new(Semaphore::new(claimable() as usize));
        Ok(Self {
            engine,
            cache,
            bench: Bench { ticker, seats: Semaphore::new(seats), patient: Semaphore::new(PATIENT), marker },
            memory,
        })
    }

    /// Checks a file that somebody wants to install.
    pub(super) async fn prepare(&self, options: &Options, wasm: Vec<u8>) -> Result<Prepared> {
        if wasm.len() > LIMIT {
            return Err(refused("it is larger than 4 MiB"));
        }
        // Reads the file to its end, so a broken one is noticed before anything more trusting looks at it.
        let adopted = fep_mrf::adopt(wasm.clone())?;
        let manifest = Manifest::of_wasm(&adopted)?;
        let asks = permissions::asked(&manifest).map_err(refused)?;
        let publisher_key = if super::is_built_in(&wasm) {
            BUILT_IN.to_owned()
        } else {
            let signer = sections::signer(&wasm)?;
            if let Some(claimed) = &manifest.publisher_key
                && signer.as_ref() != Some(claimed)
            {
                return Err(refused("its manifest names a publisher-key that did not sign it"));
            }
            signer.unwrap_or_default()
        };
        // wit-component panics at some malformed modules.
        let wrapped = tokio::task::spawn_blocking(move || wrap(adopted)).await;
        let component = wrapped.map_err(|_| refused("it is malformed: making it a component failed"))??;
        let sha256 = hex::encode(cache::sha256(&component));
        let row = InstalledPlugin {
            order: manifest.order,
            grants: asks.iter().map(|ask| ask.name.clone()).collect(),
            ..InstalledPlugin::bare(&manifest.id, component.clone())
        };
        // Tried without the network, whatever it asks for.
        let offline = Options { outbound: None, ..options.clone() };
        let link = self.link(&offline, row, &[], &Arc::default(), &Arc::default()).await?;
        if manifest.kinds.contains(&Kind::Filter) {
            let tried = link.decide(&self.bench, &sample(&manifest), 0).await;
            tried.map_err(|failure| refused(format!("it fails at a harmless post: {}", failure.why)))?;
        }
        Ok(Prepared { manifest, wasm: component, sha256, publisher_key, asks })
    }

    /// Makes an installed plugin ready to run; one of `before` that is the same is used again.
    pub(super) async fn link(
        &self,
        options: &Options,
        row: InstalledPlugin,
        before: &[Arc<Link>],
        lists: &Arc<Lists>,
        book: &Arc<Book>,
    ) -> Result<Arc<Link>> {
        let manifest = Manifest::of_wasm(&row.wasm)?;
        if manifest.id != row.id {
            return Err(refused(format!("it calls itself {}", manifest.id)));
        }
        let mut config = manifest.settings(&row.config)?;
        let mut secrets = serde_json::Map::new();
        for (key, setting) in &manifest.config {
            if setting.secret {
                secrets.extend(config.remove(key).map(|value| (key.clone(), value)));
            }
        }
        let grants = Grants::of(&manifest, &row.grants);
        let sha256 = cache::sha256(&row.wasm);
        let same = |link: &&Arc<Link>| {
            let facts = &link.facts;
            link.sha256 == sha256
                && (&facts.config, &facts.secrets, &facts.grants) == (&config, &secrets, &grants)
                && (link.order, link.shadow, link.on_failure) == (row.order, row.shadow, row.on_failure)
                && link.only_if == row.only_if
                && (manifest.lists.is_empty() || Arc::ptr_eq(&facts.lists, lists))
        };
        if let Some(link) = before.iter().find(same) {
            return Ok(link.clone());
        }
        let component = self.component(options, &row.wasm, sha256).await?;
        let http: Vec<_> = manifest.http.iter().filter(|rule| grants.has(&rule.permission())).cloned().collect();
        // Whoever may wait for others runs while the post is hidden.
        let late = manifest.stage == Stage::Late || !http.is_empty() || grants.has("dns");
        if late && manifest.scope == Scope::User {
            return Err(refused(
                "a filter that people choose for themselves (scope user) cannot wait for other servers",
            ));
        }
        let limits = match manifest.kinds.first() {
            Some(Kind::Bot | Kind::Web) => Limits::bot(&manifest.limits),
            Some(Kind::FanOut) => Limits::fan_out(&manifest.limits),
            _ if late => Limits::late(&manifest.limits),
            _ => Limits::filter(&manifest.limits),
        };
        let links = v1_0::Links {
            network: !http.is_empty(),
            bot: manifest.kinds.contains(&Kind::Bot),
            foreign: manifest.api == fep_mrf::API,
        };
        let guest = v1_0::Guest::link(&self.engine, &component, &grants, links)
            .map_err(|error| refused(format!("it does not fit the contract nagaya:plugin@1.0.0: {error:#}")))?;
        let exported = guest.kinds();
        if let Some(kind) = manifest.kinds.iter().find(|kind| !exported.contains(kind)) {
            return Err(refused(format!(
                "its manifest calls it {}, but it exports nothing of that kind",
                kind.as_str()
            )));
        }
        if let Some(kind) = exported.iter().find(|kind| **kind != Kind::Describe && !manifest.kinds.contains(kind)) {
            return Err(refused(format!("it is {}, which its manifest does not say", kind.as_str())));
        }
        let rules = rules::compile(&row.only_if)?;
        // The same bytes with other settings are no younger for it.
        let known = before.iter().find(|link| link.sha256 == sha256);
        let calls = known.map_or(0, |link| link.calls.load(Ordering::Relaxed));
        let facts = Arc::new(Facts {
            id: manifest.id.clone(),
            config,
            secrets,
            ground: options.ground(),
            clock: options.clock.clone(),
            random: options.random.clone(),
            store: options.store.clone(),
            outbound: options.outbound.clone(),
            grants,
            http,
            lists: lists.clone(),
            list_names: manifest.lists.clone(),
            limits,
            memory: self.memory.clone(),
            book: book.clone(),
            stand_in: row.stand_in.clone(),
        });
        Ok(Arc::new(Link {
            manifest,
            facts,
            guest,
            sha256,
            order: row.order,
            shadow: row.shadow,
            on_failure: row.on_failure,
            only_if: row.only_if,
            rules,
            stage: if late { Stage::Late } else { Stage::Early },
            breaker: Mutex::new(breaker::Breaker::default()),
            calls: AtomicU32::new(calls),
        }))
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
