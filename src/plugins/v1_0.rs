//! Version 1.0 of the contract: `plugins/wit/v1_0`, spoken by wasmtime, translated to and from [`super::envelope`].
//!
//! A component is linked against all interfaces of the host, and those that it was not granted are stubs that answer
//! `denied`: no call site can forget to ask. What it exports is read from the component, not from its manifest.

pub(super) mod bot;
mod convert;
mod denied;
mod fan_out;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tracing::Level;
use wasmtime::component::{Component, HasSelf, Instance, InstancePre, Linker};
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

use super::engine::{Meter, TICK};
use super::envelope::{Actor, Decision, Envelope};
use super::host::{Facts, State};
use super::limits::{COPIES, HANDLES, INPUT, OUTPUT};
use super::manifest::Kind;
use super::permissions::Grants;
use super::{Failure, FailureKind, fep_mrf, wasi};
use convert::shorten;
use denied::{Denied, Nothing};

#[allow(missing_docs, reason = "generated; documented in the WIT files")]
pub(super) mod bindings {
    wasmtime::component::bindgen!({
        path: "plugins/wit/v1_0",
        inline: "
            package nagaya:host;
            world everything {
                import nagaya:plugin/log@1.0.0;
                import nagaya:plugin/config@1.0.0;
                import nagaya:plugin/clock@1.0.0;
                import nagaya:plugin/random@1.0.0;
                import nagaya:plugin/metrics@1.0.0;
                import nagaya:plugin/kv@1.0.0;
                import nagaya:plugin/text@1.0.0;
                import nagaya:plugin/query@1.0.0;
                import nagaya:plugin/http@1.0.0;
                import nagaya:plugin/dns@1.0.0;
                import nagaya:plugin/timers@1.0.0;
                import nagaya:plugin/actions@1.0.0;
                export nagaya:plugin/filter@1.0.0;
                export nagaya:plugin/actor-filter@1.0.0;
                export nagaya:plugin/gate@1.0.0;
                export nagaya:plugin/describe@1.0.0;
                export nagaya:plugin/bot@1.0.0;
                export nagaya:plugin/fan-out@1.0.0;
                export nagaya:plugin/web@1.0.0;
            }",
        world: "nagaya:host/everything",
        imports: {
            "nagaya:plugin/kv": async | trappable,
            "nagaya:plugin/query": async | trappable,
            "nagaya:plugin/http": async | trappable,
            "nagaya:plugin/dns": async | trappable,
            "nagaya:plugin/actions": async | trappable,
            default: trappable,
        },
        exports: { default: async },
    });
}

use bindings::exports::nagaya::plugin as exports;
use bindings::nagaya::plugin::{
    actions, clock, config, dns, http, kv, log, metrics, query, random, text, timers, types,
};

/// Characters of a reason that are kept.
pub(super) const REASON: usize = 500;

/// A component, linked and ready to be instantiated, with what it exports.
pub(super) struct Guest {
    pre: InstancePre<State>,
    filter: Option<exports::filter::GuestIndices>,
    actor_filter: Option<exports::actor_filter::GuestIndices>,
    gate: Option<exports::gate::GuestIndices>,
    describe: Option<exports::describe::GuestIndices>,
    /// It is a filter of Kitsune's.
    mrf: Option<fep_mrf::MrfIndices>,
    bot: Option<exports::bot::GuestIndices>,
    fan_out: Option<exports::fan_out::GuestIndices>,
    web: bool,
}

/// What a component is linked against beyond what all are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Links {
    /// Requests to the hosts that it was granted.
    pub network: bool,
    /// What bots do.
    pub bot: bool,
    /// The interfaces of Kitsune.
    pub foreign: bool,
}

/// What a call cost.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    pub took: Duration,
    pub cpu: Duration,
}

/// What a call did inside the instance.
type Work<T> = Box<
    dyn for<'s> FnOnce(&'s mut Store<State>, Instance) -> BoxFuture<'s, wasmtime::Result<Result<T, String>>> + Send,
>;

impl Guest {
    /// Links the component for what it was granted; the error says which import is unknown.
    pub(super) fn link(
        engine: &Engine,
        component: &Component,
        grants: &Grants,
        links: Links,
    ) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine);
        let all: fn(&mut State) -> &mut State = |state| state;
        types::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        log::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        config::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        clock::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        random::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        metrics::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        kv::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        text::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        if grants.has("query") {
            query::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        } else {
            query::add_to_linker::<State, Denied>(&mut linker, Nothing::query)?;
        }
        if links.network {
            http::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        } else {
            http::add_to_linker::<State, Denied>(&mut linker, Nothing::http)?;
        }
        if grants.has("dns") {
            dns::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        } else {
            dns::add_to_linker::<State, Denied>(&mut linker, Nothing::dns)?;
        }
        if links.bot {
            // Which of them it was granted is looked at in each, for the names differ.
            timers::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
            actions::add_to_linker::<State, HasSelf<State>>(&mut linker, all)?;
        } else {
            timers::add_to_linker::<State, Denied>(&mut linker, Nothing::timers)?;
            actions::add_to_linker::<State, Denied>(&mut linker, Nothing::actions)?;
        }
        if links.foreign {
            fep_mrf::link(&mut linker)?;
        }
        wasi::link(engine, &mut linker, component)?;
        let pre = linker.instantiate_pre(component)?;
        Ok(Self {
            filter: exports::filter::GuestIndices::new(&pre).ok(),
            actor_filter: exports::actor_filter::GuestIndices::new(&pre).ok(),
            gate: exports::gate::GuestIndices::new(&pre).ok(),
            describe: exports::describe::GuestIndices::new(&pre).ok(),
            mrf: links.foreign.then(|| fep_mrf::MrfIndices::new(&pre).ok()).flatten(),
            bot: exports::bot::GuestIndices::new(&pre).ok(),
            fan_out: exports::fan_out::GuestIndices::new(&pre).ok(),
            web: exports::web::GuestIndices::new(&pre).is_ok(),
            pre,
        })
    }

    /// What it really is.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        [
            (Kind::Filter, self.filter.is_some() || self.mrf.is_some()),
            (Kind::ActorFilter, self.actor_filter.is_some()),
            (Kind::Gate, self.gate.is_some()),
            (Kind::Bot, self.bot.is_some()),
            (Kind::FanOut, self.fan_out.is_some()),
            (Kind::Web, self.web),
            (Kind::Describe, self.describe.is_some()),
        ]
        .into_iter()
        .filter_map(|(kind, exported)| exported.then_some(kind))
        .collect()
    }

    /// Judges an activity.
    pub(super) async fn decide(
        &self,
        facts: &Arc<Facts>,
        envelope: &Envelope,
        score: i32,
    ) -> (Result<Decision, Failure>, Cost) {
        if convert::size(envelope) > INPUT {
            let why = "the activity is larger than 1 MiB".into();
            return (Err(Failure { plugin: facts.id.clone(), kind: FailureKind::Limit, why }), Cost::default());
        }
        if let Some(indices) = self.mrf.clone() {
            return self.transform(facts, indices, envelope).await;
        }
        let Some(indices) = self.filter.clone() else { return (Err(absent(facts, "filter")), Cost::default()) };
        let envelope: types::Envelope = envelope.into();
        let (given, cost) = self
            .call(
                facts,
                Box::new(move |store, instance| {
                    Box::pin(async move {
                        let guest = indices.load(&mut *store, &instance)?;
                        guest.call_decide(store, &envelope, score).await
                    })
                }),
            )
            .await;
        (given.and_then(|decision| convert::decision(facts, decision)), cost)
    }

    async fn transform(
        &self,
        facts: &Arc<Facts>,
        indices: fep_mrf::MrfIndices,
        envelope: &Envelope,
    ) -> (Result<Decision, Failure>, Cost) {
        let envelope = envelope.clone();
        self.call(
            facts,
            Box::new(move |store, instance| {
                Box::pin(async move {
                    let guest = indices.load(&mut *store, &instance)?;
                    fep_mrf::transform(&guest, store, &envelope).await
                })
            }),
        )
        .await
    }

    /// Judges a profile.
    pub(super) async fn decide_actor(
        &self,
        facts: &Arc<Facts>,
        actor: &Actor,
        raw: &str,
    ) -> (Result<Decision, Failure>, Cost) {
        let Some(indices) = self.actor_filter.clone() else {
            return (Err(absent(facts, "actor-filter")), Cost::default());
        };
        let (actor, raw): (types::Actor, String) = (actor.into(), raw.to_owned());
        let (given, cost) = self
            .call(
                facts,
                Box::new(move |store, instance| {
                    Box::pin(async move {
                        let guest = indices.load(&mut *store, &instance)?;
                        guest.call_decide_actor(store, &actor, &raw).await
                    })
                }),
            )
            .await;
        (given.and_then(|decision| convert::decision(facts, decision)), cost)
    }

    /// Whether an address may be fetched.
    pub(super) async fn allow(&self, facts: &Arc<Facts>, url: &str, purpose: &str) -> (Result<bool, Failure>, Cost) {
        let Some(indices) = self.gate.clone() else { return (Err(absent(facts, "gate")), Cost::default()) };
        let (url, purpose) = (url.to_owned(), purpose.to_owned());
        self.call(
            facts,
            Box::new(move |store, instance| {
                Box::pin(async move {
                    let guest = indices.load(&mut *store, &instance)?;
                    Ok(Ok(guest.call_allow(store, &url, &purpose).await?))
                })
            }),
        )
        .await
    }

    /// What it tells the public; `None`: it exports nothing of the kind.
    pub(super) async fn policy(&self, facts: &Arc<Facts>) -> Option<Result<String, Failure>> {
        let indices = self.describe.clone()?;
        let (said, _) = self
            .call(
                facts,
                Box::new(move |store, instance| {
                    Box::pin(async move {
                        let guest = indices.load(&mut *store, &instance)?;
                        Ok(Ok(guest.call_policy(store).await?))
                    })
                }),
            )
            .await;
        Some(said.map(|text| shorten(&text, 1_000)))
    }

    /// One call in a fresh instance, within the plugin's limits. The caller keeps the epochs ticking.
    async fn call<T>(&self, facts: &Arc<Facts>, work: Work<T>) -> (Result<T, Failure>, Cost) {
        let begun = Instant::now();
        // As much as it may grow to; without that it does not begin.
        let claim = facts.memory.acquire_many((facts.limits.memory / 1024 / 1024) as u32);
        let Ok(Ok(_claimed)) = tokio::time::timeout(facts.limits.wall, claim).await else {
            let why = "the memory for plugins is in use by others".into();
            return (
                Err(Failure { plugin: facts.id.clone(), kind: FailureKind::Limit, why }),
                Cost { took: begun.elapsed(), cpu: Duration::ZERO },
            );
        };
        let meter = Arc::new(Meter::default());
        let mut store = self.fresh(facts, &meter);
        let answer = {
            let store = &mut store;
            let call = async move {
                let instance = self.pre.instantiate_async(&mut *store).await?;
                work(store, instance).await
            };
            tokio::time::timeout(facts.limits.wall, meter.measure(call)).await
        };
        let cost = Cost { took: begun.elapsed(), cpu: meter.total() };
        (ended(facts, answer, store.data().exceeded.clone()), cost)
    }

    /// A store with nothing in it yet, within the plugin's limits.
    fn fresh(&self, facts: &Arc<Facts>, meter: &Arc<Meter>) -> Store<State> {
        let mut store = Store::new(self.pre.engine(), State::new(facts.clone(), meter.clone()));
        store.limiter(|state| state);
        store.set_hostcall_fuel(COPIES);
        store.set_max_component_handles(HANDLES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            let state = context.data();
            Ok(if state.meter.spent() >= state.facts.limits.cpu {
                UpdateDeadline::Interrupt
            } else {
                // tokio's own yield: the sockets are looked at before the guest goes on.
                UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now()))
            })
        });
        store
    }
}

/// How a call ended, in our words. `exceeded`: the limit that it hit, if it hit one.
fn ended<T>(
    facts: &Facts,
    answer: Result<wasmtime::Result<Result<T, String>>, tokio::time::error::Elapsed>,
    exceeded: Option<String>,
) -> Result<T, Failure> {
    let limits = facts.limits;
    let failed = |kind, why: String| Failure { plugin: facts.id.clone(), kind, why };
    match answer {
        Err(_) => Err(failed(FailureKind::Time, format!("no answer within {} ms", limits.wall.as_millis()))),
        Ok(Ok(Ok(given))) => Ok(given),
        Ok(Ok(Err(why))) => Err(failed(FailureKind::Returned, shorten(&why, REASON))),
        Ok(Err(error)) => Err(match (exceeded, error.downcast_ref::<Trap>()) {
            (Some(limit), _) => failed(FailureKind::Limit, limit),
            (None, Some(Trap::Interrupt)) => {
                let limit = (limits.cpu.as_millis(), TICK.as_millis());
                failed(FailureKind::Time, format!("more than {} ms of CPU (counted every {} ms)", limit.0, limit.1))
            }
            (None, _) => match uncounted(&error.root_cause().to_string()) {
                Some(limit) => failed(FailureKind::Limit, limit),
                None => failed(FailureKind::Trap, shorten(&format!("{:#}", error.root_cause()), REASON)),
            },
        }),
    }
}

/// The limits that the engine counts itself: it tells them by their words only.
fn uncounted(said: &str) -> Option<String> {
    if said.contains("fuel allocated for hostcalls") {
        return Some(format!("more than {} MiB handed over at once", COPIES / 1024 / 1024));
    }
    said.contains("handle limit exceeded").then(|| format!("more than {HANDLES} resources"))
}

fn absent(facts: &Facts, what: &str) -> Failure {
    Failure { plugin: facts.id.clone(), kind: FailureKind::Trap, why: format!("it exports no {what}") }
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Guest({:?})", self.kinds())
    }
}

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => Level::DEBUG,
            log::Level::Info => Level::INFO,
            log::Level::Warn => Level::WARN,
            log::Level::Error => Level::ERROR,
        };
        self.log(level, &message)
    }
}

impl config::Host for State {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        self.config_get(&key)
    }

    fn all(&mut self) -> wasmtime::Result<String> {
        self.config_all()
    }

    fn host(&mut self) -> wasmtime::Result<String> {
        Self::host(self)
    }
}

impl clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Self::now(self)
    }
}

impl random::Host for State {
    fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        Self::random(self, count)
    }
}

impl metrics::Host for State {
    fn count(&mut self, name: String, by: u32) -> wasmtime::Result<()> {
        Self::count(self)?;
        self.facts.book.count(&name, by);
        Ok(())
    }

    fn observe(&mut self, name: String, value: f64) -> wasmtime::Result<()> {
        Self::count(self)?;
        self.facts.book.observe(&name, value);
        Ok(())
    }
}

impl types::Host for State {}

/// Bytes that a decision may have.
pub(super) const ANSWER: usize = OUTPUT;
