//! A plugin on its author's machine: golden cases are played with a stand-in for the server, and what a call costs is counted
//! in fuel, which is the same on every machine, and measured in time, which is not.
//!
//! A fixture is JSON: settings, what the stand-in knows (`host`), and cases. A case is an activity (a document of some program
//! with changes), a bot's events and timers, a fan-out's targets, a profile, a fetch or a request, and what must come out.
//! `docs/plugins.md` says how they are written. Refused here: everything that needs a server.

mod case;
mod script;
mod stage;
mod written;

pub(super) use case::merge;

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use serde_json::Value;
use wasmtime::component::{Component, HasSelf, Instance, InstancePre, Linker};
use wasmtime::{Engine, Store};

use super::engine;
use super::envelope::Envelope;
use super::limits::Limits;
use super::manifest::{Kind, Manifest, refused};
use super::permissions::{self, Grants};
use super::v1_0::bindings::exports::nagaya::plugin as exports;
use super::v1_0::bindings::nagaya::plugin::{
    actions, clock, config, dns, http, kv, log, metrics, query, random, text, timers, types,
};
use crate::error::{Error, Result};
use stage::Stage;

/// More than any call may burn: a runaway ends here.
const FUEL: u64 = 2_000_000_000;
/// Calls of one case that a measurement makes.
const REPEATS: usize = 300;

/// A plugin, compiled here and ready to be tried.
pub struct Rehearsal {
    manifest: Manifest,
    grants: Grants,
    limits: Limits,
    component: Vec<u8>,
    counted: InstancePre<Stage>,
}

/// The same plugin as a server runs it, to be measured.
pub struct Scale<'r> {
    rehearsal: &'r Rehearsal,
    timed: InstancePre<Stage>,
    weight: Weight,
}

/// What came of one case.
#[derive(Debug)]
pub struct Played {
    /// In the words of fixtures.
    pub got: Value,
    /// What the calls burned, instantiation included.
    pub fuel: u64,
    /// What the plugin wrote into its log.
    pub log: Vec<String>,
}

/// What one case took.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The middle.
    pub p50: Duration,
    /// One in a hundred took longer.
    pub p99: Duration,
    /// As [`Played::fuel`].
    pub fuel: u64,
}

/// What it weighs.
#[derive(Debug, Clone, Copy)]
pub struct Weight {
    /// Bytes of the component.
    pub component: usize,
    /// Bytes of machine code.
    pub machine_code: usize,
    /// How long compiling took, in this process.
    pub compiled_in: Duration,
}

type Work<T> = Box<dyn for<'s> FnOnce(&'s mut Store<Stage>, Instance) -> BoxFuture<'s, wasmtime::Result<T>> + Send>;

impl Rehearsal {
    /// Compiles it. Everything that its manifest asks for is granted.
    pub fn open(wasm: Vec<u8>) -> Result<Self> {
        let manifest = Manifest::of_wasm(&wasm)?;
        let asks = permissions::asked(&manifest).map_err(refused)?;
        let grants = Grants::of(&manifest, &asks.into_iter().map(|ask| ask.name).collect::<Vec<_>>());
        let component = super::prepare::wrap(wasm)?;
        let limits = match manifest.kinds.first() {
            Some(Kind::Bot) => Limits::bot(&manifest.limits),
            Some(Kind::Web) => Limits::slow(&manifest.limits),
            Some(Kind::FanOut) => Limits::fan_out(&manifest.limits),
            _ => Limits::late(&manifest.limits),
        };
        let (counted, _) = link(&engine::counting()?, &component)?;
        Ok(Self { manifest, grants, limits, component, counted })
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Compiles it once more, as servers do.
    pub fn scale(&self) -> Result<Scale<'_>> {
        let begun = Instant::now();
        let (timed, machine_code) = link(&engine::new()?, &self.component)?;
        let weight = Weight { component: self.component.len(), machine_code, compiled_in: begun.elapsed() };
        Ok(Scale { rehearsal: self, timed, weight })
    }

    /// Plays one case of a fixture, counting fuel.
    pub async fn play(&self, fixture: &Value, case: &Value) -> Result<Played> {
        let stage = self.stage(fixture, case)?;
        let (stage, fuel, got) = self.run(&self.counted, stage, case).await?;
        Ok(Played { got, fuel, log: stage.logged })
    }

    fn stage(&self, fixture: &Value, case: &Value) -> Result<Stage> {
        let mut settings = self.manifest.settings("{}")?;
        let mut known = fixture.get("host").cloned().unwrap_or_default();
        case::merge(&mut known, &case["host"]);
        for changes in [&fixture["settings"], &case["settings"]] {
            settings.extend(changes.as_object().cloned().unwrap_or_default());
        }
        let changes = Value::Object(settings).to_string();
        let mut settings = self.manifest.settings(&changes)?;
        settings.retain(|key, _| self.manifest.config.get(key).is_none_or(|setting| !setting.secret));
        Stage::new(&self.manifest, &self.grants, self.limits, settings, &known)
    }

    /// Which part of the plugin a case is about shows in what it gives it.
    async fn run(&self, pre: &InstancePre<Stage>, stage: Stage, case: &Value) -> Result<(Stage, u64, Value)> {
        let has = |key: &str| !case[key].is_null();
        if has("fetch") {
            self.fetch(pre, stage, case).await
        } else if has("profile") {
            self.profile(pre, stage, case).await
        } else if has("request") {
            self.request(pre, stage, case).await
        } else if has("targets") {
            self.plan(pre, stage, case).await
        } else if has("events") || has("timers") {
            self.events(pre, stage, case).await
        } else {
            self.activity(pre, stage, case).await
        }
    }

    async fn activity(&self, pre: &InstancePre<Stage>, stage: Stage, case: &Value) -> Result<(Stage, u64, Value)> {
        let indices = exports::filter::GuestIndices::new(pre).map_err(|_| lacks("filter"))?;
        let (mut stage, mut burned, mut got) = (stage, 0, written::nothing());
        let before = case["before"].as_array().map(Vec::as_slice).unwrap_or_default();
        for document in before.iter().chain([case]) {
            let envelope = case::envelope(document)?;
            if !self.looks_at(&envelope) {
                got = written::nothing();
                continue;
            }
            let (indices, given) = (indices.clone(), types::Envelope::from(&envelope));
            let work: Work<_> = Box::new(move |store, instance| {
                Box::pin(async move { indices.load(&mut *store, &instance)?.call_decide(store, &given, 0).await })
            });
            let (left, fuel, decided) = call(pre, stage, work).await?;
            (stage, burned) = (left, burned + fuel);
            got = written::outcome(decided, |decision| written::decision(&decision));
        }
        Ok((stage, burned, got))
    }

    /// Whether the server would show it this activity.
    fn looks_at(&self, envelope: &Envelope) -> bool {
        self.manifest.wants(envelope.direction, &envelope.activity)
            && self.manifest.wants_seen(envelope.visibility)
            && self.grants.see(envelope.visibility)
            && self.grants.judge(&envelope.activity)
    }

    async fn profile(&self, pre: &InstancePre<Stage>, stage: Stage, case: &Value) -> Result<(Stage, u64, Value)> {
        let indices = exports::actor_filter::GuestIndices::new(pre).map_err(|_| lacks("actor-filter"))?;
        let actor = types::Actor::from(&case::envelope(&case["profile"])?.actor);
        let raw = case["raw"].to_string();
        let work: Work<_> = Box::new(move |store, instance| {
            Box::pin(async move { indices.load(&mut *store, &instance)?.call_decide_actor(store, &actor, &raw).await })
        });
        let (stage, fuel, decided) = call(pre, stage, work).await?;
        Ok((stage, fuel, written::outcome(decided, |decision| written::decision(&decision))))
    }

    async fn fetch(&self, pre: &InstancePre<Stage>, stage: Stage, case: &Value) -> Result<(Stage, u64, Value)> {
        let indices = exports::gate::GuestIndices::new(pre).map_err(|_| lacks("gate"))?;
        let (url, purpose): (String, String) = case::read(&case["fetch"], "fetch")?;
        let work: Work<_> = Box::new(move |store, instance| {
            Box::pin(
                async move { Ok(Ok(indices.load(&mut *store, &instance)?.call_allow(store, &url, &purpose).await?)) },
            )
        });
        let (stage, fuel, allowed) = call(pre, stage, work).await?;
        Ok((stage, fuel, written::outcome(allowed, |allowed| serde_json::json!({"allow": allowed}))))
    }

    async fn request(&self, pre: &InstancePre<Stage>, stage: Stage, case: &Value) -> Result<(Stage, u64, Value)> {
        let indices = exports::web::GuestIndices::new(pre).map_err(|_| lacks("web"))?;
        let request = case::request(&case["request"])?;
        let work: Work<_> = Box::new(move |store, instance| {
            Box::pin(async move { indices.load(&mut *store, &instance)?.call_on_http(store, &request).await })
        });
        let (stage, fuel, answer) = call(pre, stage, work).await?;
        Ok((stage, fuel, written::outcome(answer, |answer| written::page(&answer))))
    }

    async fn plan(&self, pre: &InstancePre<Stage>, stage: Stage, case: &Value) -> Result<(Stage, u64, Value)> {
        let indices = exports::fan_out::GuestIndices::new(pre).map_err(|_| lacks("fan-out"))?;
        let envelope = types::Envelope::from(&case::envelope(case)?);
        let targets = case::targets(&case["targets"])?;
        let given = targets.clone();
        let work: Work<_> = Box::new(move |store, instance| {
            Box::pin(
                async move { indices.load(&mut *store, &instance)?.call_make_plan(store, &envelope, &given).await },
            )
        });
        let (stage, fuel, plan) = call(pre, stage, work).await?;
        Ok((stage, fuel, written::outcome(plan, |plan| written::plan(&plan, &targets))))
    }

    async fn events(&self, pre: &InstancePre<Stage>, stage: Stage, case: &Value) -> Result<(Stage, u64, Value)> {
        let indices = exports::bot::GuestIndices::new(pre).map_err(|_| lacks("bot"))?;
        let (events, timers) = (case::events(&case["events"])?, case::timers(&case["timers"])?);
        let work: Work<_> = Box::new(move |store, instance| {
            Box::pin(async move {
                let guest = indices.load(&mut *store, &instance)?;
                if !events.is_empty()
                    && let Err(why) = guest.call_on_events(&mut *store, &events).await?
                {
                    return Ok(Err(why));
                }
                for (name, payload) in timers {
                    if let Err(why) = guest.call_on_timer(&mut *store, &name, &payload).await? {
                        return Ok(Err(why));
                    }
                }
                Ok(Ok(()))
            })
        });
        let (stage, fuel, done) = call(pre, stage, work).await?;
        let got = written::outcome(done, |()| stage.did());
        Ok((stage, fuel, got))
    }
}

impl Scale<'_> {
    /// What the plugin weighs.
    pub fn weight(&self) -> Weight {
        self.weight
    }

    /// Plays one case many times, each time in a fresh instance, and measures.
    pub async fn measure(&self, fixture: &Value, case: &Value) -> Result<Timing> {
        let fuel = self.rehearsal.play(fixture, case).await?.fuel;
        let mut took = Vec::with_capacity(REPEATS);
        for _ in 0..REPEATS {
            let stage = self.rehearsal.stage(fixture, case)?;
            let begun = Instant::now();
            let played = self.rehearsal.run(&self.timed, stage, case).await?;
            took.push(begun.elapsed());
            drop(played);
        }
        took.sort_unstable();
        Ok(Timing { p50: took[REPEATS / 2], p99: took[REPEATS * 99 / 100], fuel })
    }
}

impl std::fmt::Debug for Scale<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scale({:?})", self.weight)
    }
}

impl std::fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rehearsal({})", self.manifest.id)
    }
}

/// One call in a fresh instance: what is left of the stage, the fuel, and the answer or why there is none.
async fn call<T>(
    pre: &InstancePre<Stage>,
    stage: Stage,
    work: Work<std::result::Result<T, String>>,
) -> Result<(Stage, u64, std::result::Result<T, String>)> {
    let mut store = Store::new(pre.engine(), stage);
    store.limiter(|stage| &mut stage.bounds);
    store.set_hostcall_fuel(super::limits::COPIES);
    // Only one of the two engines counts fuel; the other is stopped by nothing, as it measures what ended before.
    let counts = store.set_fuel(FUEL).is_ok();
    if !counts {
        store.set_epoch_deadline(u64::MAX / 2);
    }
    let answer = async {
        let instance = pre.instantiate_async(&mut store).await?;
        work(&mut store, instance).await
    };
    let answer = answer.await;
    let burned = if counts { FUEL - store.get_fuel().unwrap_or(FUEL) } else { 0 };
    let answer = answer.unwrap_or_else(|error| Err(format!("{:#}", error.root_cause())));
    Ok((store.into_data(), burned, answer))
}

fn link(engine: &Engine, component: &[u8]) -> Result<(InstancePre<Stage>, usize)> {
    let component =
        Component::new(engine, component).map_err(|error| refused(format!("cannot be compiled: {error:#}")))?;
    let range = component.image_range();
    let mut linker = Linker::new(engine);
    let all: fn(&mut Stage) -> &mut Stage = |stage| stage;
    let linked = types::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all)
        .and_then(|()| log::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| config::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| clock::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| random::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| metrics::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| kv::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| text::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| query::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| http::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| dns::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| timers::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| actions::add_to_linker::<Stage, HasSelf<Stage>>(&mut linker, all))
        .and_then(|()| linker.instantiate_pre(&component))
        .map_err(|error| refused(format!("it does not fit the contract nagaya:plugin@1.0.0: {error:#}")))?;
    Ok((linked, range.end as usize - range.start as usize))
}

fn lacks(what: &str) -> Error {
    refused(format!("a case is for a {what}, but it exports none"))
}

/// The cases of a fixture.
pub fn cases(fixture: &Value) -> &[Value] {
    fixture["cases"].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::Plugins;

    /// Every golden case of every plugin that comes with the server, through its component: what `cargo test` in `plugins/` shows
    /// of the sources, this shows of what was built of them.
    #[tokio::test]
    async fn the_built_plugins_do_what_their_fixtures_say() {
        let (mut count, mut wrong) = (0, Vec::new());
        let ours = Plugins::built_in_names().map(|name| (name, Plugins::built_in(name).expect("is there")));
        // A filter in C beside those in Rust.
        let example = ("examples/c", include_bytes!("../../plugins/examples/c/few-links.wasm").as_slice());
        for (name, wasm) in ours.chain([example]) {
            let plugin = Rehearsal::open(wasm.to_vec()).expect("opens");
            let folder = format!("{}/plugins/{name}/fixtures", env!("CARGO_MANIFEST_DIR"));
            for file in std::fs::read_dir(&folder).unwrap_or_else(|why| panic!("{folder}: {why}")) {
                let text = std::fs::read_to_string(file.expect("an entry").path()).expect("reads");
                let fixture: Value = serde_json::from_str(&text).expect("JSON");
                // Chain rules are the server's.
                for case in cases(&fixture).iter().filter(|_| fixture["rules"].is_null()) {
                    let played = plugin.play(&fixture, case).await.unwrap_or_else(|why| panic!("{name}: {why}"));
                    count += 1;
                    if played.got != case["expect"] {
                        wrong.push(format!("{name}: {}: {} but {}", case["name"], case["expect"], played.got));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
        assert!(count >= 200, "{count} cases");
    }

    #[tokio::test]
    async fn fuel_is_the_same_each_time() {
        let wasm = Plugins::built_in("keywords").expect("is there").to_vec();
        let plugin = Rehearsal::open(wasm).expect("opens");
        let fixture = serde_json::json!({"settings": {"reject": ["casino"]}});
        let case = serde_json::json!({"with": {"text": "The casino is closed."}});
        let (once, again) = (plugin.play(&fixture, &case).await, plugin.play(&fixture, &case).await);
        let (once, again) = (once.expect("plays"), again.expect("plays"));
        assert_eq!(once.got, serde_json::json!({"verdict": "reject"}));
        assert!(once.fuel > 1_000 && once.fuel == again.fuel, "{} {}", once.fuel, again.fuel);
    }
}
