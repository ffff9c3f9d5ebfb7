//! WASM plugins: small programs by strangers that judge activities, and that can neither harm the server nor slow it.
//!
//! [`Plugins::filter`] runs the enabled filters over an [`Envelope`]. Each call gets a fresh instance with 20 ms of CPU,
//! 100 ms in all and 16 MiB of memory; what else it may do, an admin granted ([`permissions`]). Compiling happens in a child
//! process ([`compile`]) when a plugin is installed or loaded, never in the way of a request; the result is cached under
//! a seal. A plugin that fails is not a plugin that rejects; one that keeps failing is switched off for a while.
//!
//! Refused here: writing other rows than a plugin's own, and deciding what an effect means. Nothing here runs inside a
//! transaction.
//!
//! The contract: `plugins/wit/v1_0/*.wit`.

pub mod book;
pub mod bot;
mod bot_host;
mod bot_kv;
mod bot_timers;
mod breaker;
mod built_ins;
mod cache;
mod chain;
pub mod compile;
pub mod conformance;
pub mod cron;
pub mod effect;
mod engine;
pub mod envelope;
pub mod facts;
mod fep_mrf;
mod host;
pub mod index;
mod known;
mod kv;
pub mod limits;
pub mod manifest;
mod marker;
mod net;
pub mod options;
mod outcome;
pub mod patch;
pub mod permissions;
pub mod plan;
mod policy;
mod prepare;
pub mod rehearsal;
pub mod rules;
pub mod sections;
pub mod setting;
pub mod simulation;
mod tally;
#[cfg(test)]
mod tests;
mod v1_0;
mod wasi;
mod words;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};

pub use breaker::Off;
pub use envelope::{Actor, Change, Decision, Direction, Effect, Envelope, Parent, Verdict, narrow};
pub use manifest::Manifest;
pub use outcome::{Alarm, Applied, Early, Failure, FailureKind, Outcome, Ruling, Said, Thresholds, Wish};
pub use policy::{NoPlan, Planned};
pub use prepare::{BUILT_IN, Prepared};
pub use tally::Delivered;

use book::Book;
use chain::Link;
use facts::Ground;
use manifest::{Kind, OnFailure, Stage};
use options::Need;
use prepare::Workshop;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::outbound::Outbound;
use crate::random::Random;
use crate::store::plugins::Plugin;
use crate::store::{Store, settings, word_lists};

/// Setting: from which sum of scores on a post is held; 50 by default.
pub const HOLD_AT: &str = "filters_hold_at";
/// Setting: from which sum of scores on a post is rejected; 100 by default.
pub const REJECT_AT: &str = "filters_reject_at";

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
    thresholds: RwLock<Thresholds>,
    policies: RwLock<Vec<(String, String)>>,
    /// What was noted about each plugin; outlives its versions.
    books: Mutex<HashMap<String, Arc<Book>>>,
    /// What became of deliveries.
    tally: tally::Tally,
    delivered: tokio::sync::Notify,
    /// Instances of bots that wait for more.
    nursery: bot::Nursery,
    /// Plugins that ran when the last process ended.
    suspects: Vec<String>,
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
    /// What stands behind the `@` of local handles.
    pub handle_domain: String,
    /// The clock that plugins see.
    pub clock: Clock,
    /// The randomness that plugins see.
    pub random: Random,
    /// Where plugins keep what is theirs, and what they may look up.
    pub store: Store,
    /// How plugins reach other servers; none: not at all.
    pub outbound: Option<Outbound>,
    /// Compiles in this process. For tests, whose program is not ours.
    pub compile_in_process: bool,
}

impl Options {
    fn ground(&self) -> Ground {
        Ground { host: self.host.clone(), handle_domain: self.handle_domain.clone() }
    }
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
    /// What it may do.
    pub grants: Vec<String>,
    /// What it says is only noted.
    pub shadow: bool,
    /// The admin's choice about its failures.
    pub on_failure: Option<OnFailure>,
    /// Chain rules, JSON.
    pub only_if: String,
    /// Why the server switched it off: it is loaded, never called, and counts as failing until an admin acts.
    pub off: Option<String>,
    /// Stands in for the network: for golden cases.
    pub stand_in: Option<Arc<StandIn>>,
}

/// What golden cases say that the DNS and other servers answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StandIn {
    /// Addresses by name.
    pub names: HashMap<String, Vec<String>>,
    /// Status and body by address.
    pub web: HashMap<String, (u16, String)>,
}

impl InstalledPlugin {
    /// With nothing granted and nothing changed.
    pub fn bare(id: &str, wasm: Vec<u8>) -> Self {
        Self {
            id: id.to_owned(),
            wasm,
            config: "{}".into(),
            order: 100,
            grants: Vec::new(),
            shadow: false,
            on_failure: None,
            only_if: "[]".into(),
            off: None,
            stand_in: None,
        }
    }

    /// A row, with what was granted to it.
    pub fn of(row: Plugin, grants: Vec<String>) -> Self {
        let on_failure = row.on_failure.and_then(|word| serde_json::from_value(word.into()).ok());
        Self {
            id: row.id,
            wasm: row.wasm,
            config: row.config,
            order: row.sort_order,
            grants,
            shadow: row.shadow,
            on_failure,
            only_if: row.only_if,
            off: row.off_reason,
            stand_in: None,
        }
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
    /// Why it failed last; empty when it never did.
    pub why: String,
}

impl Plugins {
    /// Plugins for one server; none is loaded yet, and nothing runs until one is.
    pub fn start(options: Options) -> Self {
        let suspects = marker::left_behind(&options.data);
        Self(Some(Arc::new(Inner {
            options,
            workshop: tokio::sync::OnceCell::new(),
            chain: RwLock::new(Arc::new([])),
            thresholds: RwLock::default(),
            policies: RwLock::default(),
            books: Mutex::default(),
            tally: tally::Tally::default(),
            delivered: tokio::sync::Notify::new(),
            nursery: bot::Nursery::default(),
            suspects,
        })))
    }

    /// Plugins that were running when the last process ended without stopping: whoever starts a server switches them off.
    pub fn suspects(&self) -> &[String] {
        self.0.as_deref().map_or(&[], |inner| &inner.suspects)
    }

    /// Forgets the suspects, for the next start; call it once they are switched off, and before [`Plugins::load`].
    pub fn forget_suspects(&self) {
        if let Some(inner) = self.0.as_deref().filter(|inner| !inner.suspects.is_empty()) {
            marker::forget(&inner.options.data);
        }
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
            inner.policies.write().expect("no holder panics").clear();
            return Vec::new();
        }
        let prepared = async { Ok::<_, Error>((inner.workshop().await?, inner.settings().await?)) };
        let (workshop, lists) = match prepared.await {
            Ok(prepared) => prepared,
            Err(error) => return vec![error],
        };
        let (mut links, mut errors) = (Vec::new(), Vec::new());
        for row in rows {
            let (id, off) = (row.id.clone(), row.off.clone());
            match workshop.link(&inner.options, row, &before, &lists, &inner.book(&id)).await {
                Ok(link) => {
                    link.breaker.lock().expect("no holder panics").settle(off.as_deref());
                    links.push(link);
                }
                Err(error) => errors.push(Error::Plugin { id, why: error.to_string() }),
            }
        }
        links.sort_by(|a, b| (a.order, &a.manifest.id).cmp(&(b.order, &b.manifest.id)));
        workshop.cache.keep_only(&links.iter().map(|link| link.sha256).collect::<HashSet<_>>());
        let mut policies = Vec::new();
        let now = inner.options.clock.now();
        for link in links.iter().filter(|link| !link.shadow && link.off(now).is_none()) {
            let text = link.policy(&workshop.bench).await.unwrap_or_else(|| link.manifest.summary.en.clone());
            if !text.is_empty() {
                policies.push((link.manifest.id.clone(), text));
            }
        }
        *inner.policies.write().expect("no holder panics") = policies;
        inner.replace(links);
        errors
    }

    /// Asks the enabled filters of the early stage about an activity. Never fails, takes 100 ms per filter at worst, and is
    /// instant when no filter asks for this kind of activity. Call it outside transactions.
    pub async fn filter(&self, envelope: Envelope) -> Outcome {
        self.run(envelope, Stage::Early, Early::default()).await
    }

    /// Asks the filters of the late stage, which may wait for other servers: up to 10 s each. Call it where nobody waits.
    pub async fn filter_late(&self, envelope: Envelope) -> Outcome {
        self.go_on(envelope, Early::default()).await
    }

    /// The same, going on from what the early stage said; the answer is that of both, but tells only of the late ones what
    /// they said.
    pub async fn go_on(&self, envelope: Envelope, early: Early) -> Outcome {
        self.run(envelope, Stage::Late, early).await
    }

    /// Asks both stages, one after the other.
    pub async fn filter_whole(&self, envelope: Envelope) -> Outcome {
        let mut early = self.filter(envelope.clone()).await;
        if early.ruling != Ruling::Accept || !self.wants_late(&envelope) {
            return early;
        }
        let mut whole = self.go_on(envelope, early.early()).await;
        early.failures.append(&mut whole.failures);
        early.said.append(&mut whole.said);
        early.alarms.append(&mut whole.alarms);
        Outcome { failures: early.failures, said: early.said, alarms: early.alarms, ..whole }
    }

    async fn run(&self, envelope: Envelope, stage: Stage, early: Early) -> Outcome {
        let without = |early: Early| Outcome { score: early.score, effects: early.effects, ..Outcome::default() };
        let Some(inner) = self.0.as_deref() else { return without(early) };
        let chain = inner.chain();
        let thresholds = *inner.thresholds.read().expect("no holder panics");
        match inner.workshop.get() {
            Some(workshop) if !chain.is_empty() => {
                chain::run(&chain, &workshop.bench, envelope, stage, early, thresholds).await
            }
            _ => without(early),
        }
    }

    /// Asks the filters that people choose for themselves (scope user) about a post that may pass.
    pub async fn filter_for_people(&self, envelope: &Envelope) -> (Vec<Wish>, Outcome) {
        let none = || (Vec::new(), Outcome::default());
        let Some(inner) = self.0.as_deref() else { return none() };
        let chain = inner.chain();
        match inner.workshop.get() {
            Some(workshop) if !chain.is_empty() => chain::run_for_people(&chain, &workshop.bench, envelope).await,
            _ => none(),
        }
    }

    /// Whether an enabled plugin judges profiles.
    pub fn judges_actors(&self) -> bool {
        self.0.as_deref().is_some_and(|inner| !inner.of_kind(Kind::ActorFilter).is_empty())
    }

    /// Whether a filter would look at it; saves callers the making of an envelope.
    pub fn wants(&self, direction: Direction, activity: &str) -> bool {
        let Some(inner) = self.0.as_deref() else { return false };
        inner.chain().iter().any(|link| link.manifest.wants(direction, activity))
    }

    /// Whether a filter of the late stage looks at this activity.
    pub fn wants_late(&self, envelope: &Envelope) -> bool {
        let Some(inner) = self.0.as_deref() else { return false };
        inner.chain().iter().any(|link| link.looks_at(envelope, Stage::Late))
    }

    /// The parts of the envelope that its filters ask for and that cost a query; `envelope` has the others.
    pub fn needs(&self, envelope: &Envelope) -> BTreeSet<Need> {
        self.0.as_deref().map(|inner| chain::needs(&inner.chain(), envelope)).unwrap_or_default()
    }

    /// Judges a profile of another server. Of the effects, those hold that make sense for one.
    pub async fn filter_actor(&self, actor: &Actor, raw: &str) -> Outcome {
        let Some(inner) = self.0.as_deref() else { return Outcome::default() };
        let Some(workshop) = inner.workshop.get() else { return Outcome::default() };
        let thresholds = *inner.thresholds.read().expect("no holder panics");
        chain::run_actor(&inner.chain(), &workshop.bench, actor, raw, thresholds).await
    }

    /// Whether every gate lets the server fetch this address; the first that does not is named. A gate that fails lets pass.
    pub async fn gate(&self, url: &str, purpose: &'static str) -> Option<String> {
        let inner = self.0.as_deref()?;
        let workshop = inner.workshop.get()?;
        for link in inner.of_kind(Kind::Gate) {
            if !link.allow(&workshop.bench, url, purpose).await {
                return Some(link.manifest.id.clone());
            }
        }
        None
    }

    /// What each running plugin tells the public: its id and its words, as they were when the plugins were loaded.
    pub fn policies(&self) -> Vec<(String, String)> {
        self.0.as_deref().map(|inner| inner.policies.read().expect("no holder panics").clone()).unwrap_or_default()
    }

    /// Runs one plugin, which need not be enabled, over an envelope, and counts nothing: for replay and tests.
    pub async fn try_one(
        &self,
        row: InstalledPlugin,
        envelopes: Vec<Envelope>,
    ) -> Result<Vec<Result<Decision, Failure>>> {
        let (workshop, link) = self.alone(row).await?;
        let mut said = Vec::new();
        for envelope in envelopes {
            let stage = link.stage;
            let looks = link.looks_at(&envelope, stage);
            said.push(if looks { link.decide(&workshop.bench, &envelope, 0).await } else { Ok(Decision::default()) });
        }
        Ok(said)
    }

    /// Forgets the failures of a plugin: an admin acted.
    pub fn forgive(&self, id: &str) {
        let Some(inner) = self.0.as_deref() else { return };
        for link in inner.chain().iter().filter(|link| link.manifest.id == id) {
            *link.breaker.lock().expect("no holder panics") = breaker::Breaker::default();
        }
    }

    /// The same over a profile and its JSON.
    pub async fn try_actor(&self, row: InstalledPlugin, actor: &Actor, raw: &str) -> Result<Result<Decision, Failure>> {
        let (workshop, link) = self.alone(row).await?;
        Ok(link.decide_actor(&workshop.bench, actor, raw).await)
    }

    /// The same over a fetch.
    pub async fn try_gate(&self, row: InstalledPlugin, url: &str, purpose: &str) -> Result<Result<bool, Failure>> {
        let (workshop, link) = self.alone(row).await?;
        Ok(link.allowed(&workshop.bench, url, purpose).await)
    }

    /// A plugin that is no part of the chain, ready to run.
    async fn alone(&self, row: InstalledPlugin) -> Result<(&Workshop, Arc<Link>)> {
        let inner = self.0.as_deref().ok_or_else(|| Error::Conflict("plugins are not available here".into()))?;
        let workshop = inner.workshop().await?;
        let lists = inner.settings().await?;
        Ok((workshop, workshop.link(&inner.options, row, &[], &lists, &Arc::default()).await?))
    }

    /// The running plugins, in order.
    pub fn list(&self) -> Vec<Loaded> {
        let Some(inner) = self.0.as_deref() else { return Vec::new() };
        let now = inner.options.clock.now();
        let loaded = |link: &Arc<Link>| Loaded {
            manifest: link.manifest.clone(),
            order: link.order,
            off: link.off(now),
            why: link.breaker.lock().expect("no holder panics").why().to_owned(),
        };
        inner.chain().iter().map(loaded).collect()
    }

    /// What was noted about a plugin since the server started.
    pub fn book(&self, id: &str) -> Arc<Book> {
        self.0.as_deref().map(|inner| inner.book(id)).unwrap_or_default()
    }

    /// Makes a file that somebody wants to install ready for the store: wraps it into a component if it is a core
    /// module, checks its signature and its manifest, compiles it and tries one call. Refuses with the reason.
    pub async fn prepare(&self, wasm: Vec<u8>) -> Result<Prepared> {
        let inner = self.0.as_deref().ok_or_else(|| Error::Conflict("plugins are not available here".into()))?;
        inner.workshop().await?.prepare(&inner.options, wasm).await
    }

    /// A plugin that comes with the server, by its short name.
    pub fn built_in(name: &str) -> Option<&'static [u8]> {
        built_ins::ALL.iter().find(|(known, _)| *known == name).map(|(_, wasm)| *wasm)
    }

    /// The short names of those that come with the server.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        built_ins::ALL.iter().map(|(name, _)| *name)
    }
}

/// Whether these are the very bytes of one that comes with the server.
fn is_built_in(wasm: &[u8]) -> bool {
    built_ins::ALL.iter().any(|(_, known)| *known == wasm)
}

impl Inner {
    fn chain(&self) -> Arc<[Arc<Link>]> {
        self.chain.read().expect("no holder panics").clone()
    }

    /// Enabled plugins of this kind that are not switched off.
    fn of_kind(&self, kind: Kind) -> Vec<Arc<Link>> {
        let now = self.options.clock.now();
        let fits = |link: &&Arc<Link>| link.manifest.kinds.contains(&kind) && !link.shadow && link.off(now).is_none();
        self.chain().iter().filter(fits).cloned().collect()
    }

    fn replace(&self, links: Vec<Arc<Link>>) {
        *self.chain.write().expect("no holder panics") = links.into();
    }

    fn book(&self, id: &str) -> Arc<Book> {
        self.books.lock().expect("no holder panics").entry(id.to_owned()).or_default().clone()
    }

    /// Reads the thresholds and the word lists.
    async fn settings(&self) -> Result<Arc<words::Lists>> {
        let read = self.options.store.read(|db| {
            let number = |key: &str| Ok::<_, Error>(settings::get(db, key)?.and_then(|value| value.parse().ok()));
            Ok((number(HOLD_AT)?, number(REJECT_AT)?, word_lists::all(db)?))
        });
        let (hold, reject, lists) = read.await?;
        let usual = Thresholds::default();
        *self.thresholds.write().expect("no holder panics") =
            Thresholds { hold: hold.unwrap_or(usual.hold), reject: reject.unwrap_or(usual.reject) };
        let compiled = tokio::task::spawn_blocking(move || words::compile(lists)).await;
        Ok(Arc::new(compiled.map_err(|panic| Error::Bug(format!("word lists: {panic}")))?))
    }

    async fn workshop(&self) -> Result<&Workshop> {
        self.workshop.get_or_try_init(|| Workshop::open(&self.options)).await
    }
}
