//! What language runtimes import of WASI without using it: inert. The clock and chance are the server's own; there are no
//! arguments, no environment, no files and no terminal, and whoever calls anything else has crashed.
//!
//! Sockets, HTTP and whatever is not named here are not linked at all: such a component is refused when it is installed.

use wasmtime::component::{Component, Linker, LinkerInstance, Val};
use wasmtime::{Engine, Error, Result};

use super::host::State;

/// Packages of which imports are linked, if only as traps.
const INERT: &[&str] = &["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:logging/", "wasi:random/"];

/// Random bytes at once.
const BYTES: u64 = 4096;

/// Defines what `component` imports of WASI. Unknown imports of other packages are left to the linker to complain about.
pub(super) fn link(engine: &Engine, linker: &mut Linker<State>, component: &Component) -> Result<()> {
    let ty = component.component_type();
    let names: Vec<String> = ty.imports(engine).map(|(name, _)| name.to_owned()).collect();
    let theirs: Vec<&String> = names.iter().filter(|name| name.starts_with("wasi:")).collect();
    if theirs.is_empty() {
        return Ok(());
    }
    if let Some(name) = theirs.iter().find(|name| !INERT.iter().any(|inert| name.starts_with(inert))) {
        return Err(Error::msg(format!("it needs {name}, which no plugin gets")));
    }
    if let Some(name) = names.iter().find(|name| !name.starts_with("wasi:") && !is_ours(name)) {
        return Err(Error::msg(format!("it needs {name}, which is unknown here")));
    }
    for name in theirs {
        let interface = name.split('@').next().unwrap_or_default();
        define(interface, &mut linker.instance(name)?)?;
    }
    linker.define_unknown_imports_as_traps(component)
}

/// Whether an import is part of a contract that we speak, all of which is linked.
fn is_ours(name: &str) -> bool {
    const KNOWN: &[&str] = &[
        "types", "log", "config", "clock", "random", "metrics", "kv", "text", "query", "http", "dns", "timers",
        "actions", "filter",
    ];
    if matches!(name, "fep:mrf/http-client@0.1.0" | "fep:mrf/keyvalue@0.1.0" | "fep:mrf/types@0.1.0") {
        return true;
    }
    let part = name.strip_prefix("nagaya:plugin/").and_then(|rest| rest.strip_suffix("@1.0.0"));
    part.is_some_and(|part| KNOWN.contains(&part))
}

/// What has an answer; the rest of the interface traps.
fn define(interface: &str, instance: &mut LinkerInstance<'_, State>) -> Result<()> {
    match interface {
        "wasi:clocks/wall-clock" => {
            answer(instance, "now", |state| {
                let now = state.now()?;
                Ok(time(now / 1000, (now % 1000) as u32 * 1_000_000))
            })?;
            answer(instance, "resolution", |_| Ok(time(0, 1_000_000)))
        }
        "wasi:clocks/monotonic-clock" => {
            answer(instance, "now", |state| Ok(Val::U64(state.now()?.saturating_mul(1_000_000))))?;
            answer(instance, "resolution", |_| Ok(Val::U64(1_000_000)))
        }
        "wasi:random/random" | "wasi:random/insecure" => {
            let (bytes, number) = if interface.ends_with("insecure") {
                ("get-insecure-random-bytes", "get-insecure-random-u64")
            } else {
                ("get-random-bytes", "get-random-u64")
            };
            instance.func_new(bytes, |mut store, _, given, results| {
                let Some(Val::U64(count)) = given.first() else { return Err(Error::msg("no count")) };
                let count = u32::try_from((*count).min(BYTES + 1)).unwrap_or(u32::MAX);
                let found = store.data_mut().random(count)?;
                results[0] = Val::List(found.into_iter().map(Val::U8).collect());
                Ok(())
            })?;
            answer(instance, number, |state| Ok(Val::U64(chance(state)?)))
        }
        "wasi:random/insecure-seed" => answer(instance, "insecure-seed", |state| {
            Ok(Val::Tuple(vec![Val::U64(chance(state)?), Val::U64(chance(state)?)]))
        }),
        "wasi:cli/environment" => {
            answer(instance, "get-environment", |_| Ok(Val::List(Vec::new())))?;
            answer(instance, "get-arguments", |_| Ok(Val::List(Vec::new())))?;
            answer(instance, "initial-cwd", |_| Ok(Val::Option(None)))
        }
        "wasi:filesystem/preopens" => answer(instance, "get-directories", |_| Ok(Val::List(Vec::new()))),
        "wasi:cli/terminal-stdin" => answer(instance, "get-terminal-stdin", |_| Ok(Val::Option(None))),
        "wasi:cli/terminal-stdout" => answer(instance, "get-terminal-stdout", |_| Ok(Val::Option(None))),
        "wasi:cli/terminal-stderr" => answer(instance, "get-terminal-stderr", |_| Ok(Val::Option(None))),
        "wasi:logging/logging" => instance.func_new("log", |mut store, _, given, _| {
            let level = match given.first() {
                Some(Val::Enum(word)) if word == "warn" => tracing::Level::WARN,
                Some(Val::Enum(word)) if word == "error" || word == "critical" => tracing::Level::ERROR,
                Some(Val::Enum(word)) if word == "info" => tracing::Level::INFO,
                _ => tracing::Level::DEBUG,
            };
            match given.get(2) {
                Some(Val::String(message)) => store.data_mut().log(level, message),
                _ => Ok(()),
            }
        }),
        _ => Ok(()),
    }
}

fn answer(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    give: impl Fn(&mut State) -> Result<Val> + Send + Sync + 'static,
) -> Result<()> {
    instance.func_new(name, move |mut store, _, _, results| {
        results[0] = give(store.data_mut())?;
        Ok(())
    })
}

fn time(seconds: u64, nanoseconds: u32) -> Val {
    Val::Record(vec![("seconds".into(), Val::U64(seconds)), ("nanoseconds".into(), Val::U32(nanoseconds))])
}

fn chance(state: &mut State) -> Result<u64> {
    let bytes = state.random(8)?;
    Ok(u64::from_le_bytes(bytes.try_into().unwrap_or_default()))
}
