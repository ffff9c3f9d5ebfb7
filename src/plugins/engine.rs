//! One wasmtime engine per server, and the clockwork that stops runaway guests.
//!
//! Code is native where Cranelift has a backend (x86-64, aarch64, riscv64, s390x) and interpreted by Pulley elsewhere: the same
//! limits, slower. Memory is mapped on demand (pools reserve address space that small machines lack). Guests are interrupted by epochs:
//! a thread ticks every 5 ms while a guest runs and sleeps otherwise; at each tick the guest yields to the executor, and
//! is ended once it has used up its CPU time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use wasmtime::{Config, Engine, EngineWeak};

use crate::error::{Error, Result};

/// What a filter may usually have; what grows beyond it is moved.
const RESERVATION: u64 = 16 * 1024 * 1024;
/// How long a guest runs before it must let others run.
pub(super) const TICK: Duration = Duration::from_millis(5);

/// The engine for running and for compiling; both must be configured alike, or the code is refused.
pub(super) fn new() -> Result<Engine> {
    let mut config = features();
    config.epoch_interruption(true);
    start(config)
}

/// An engine that counts what guests burn, the same on every machine: for authors.
pub(super) fn counting() -> Result<Engine> {
    let mut config = features();
    config.consume_fuel(true);
    start(config)
}

fn start(mut config: Config) -> Result<Engine> {
    if cfg!(feature = "pulley") {
        let width = if cfg!(target_pointer_width = "64") { "pulley64" } else { "pulley32" };
        config.target(width).map_err(|error| Error::Bug(format!("no interpreter of plugins: {error:#}")))?;
    }
    Engine::new(&config).map_err(|error| Error::Bug(format!("the plugin engine does not start here: {error:#}")))
}

fn features() -> Config {
    let mut config = Config::new();
    config
        // As much as a filter may have; the default of 4 GiB each fails on machines with small address spaces.
        .memory_reservation(RESERVATION)
        .memory_guard_size(64 * 1024)
        .memory_reservation_for_growth(1024 * 1024)
        .guard_before_linear_memory(false)
        .max_wasm_stack(512 * 1024)
        .async_stack_size(512 * 1024 + 1024 * 1024)
        // Components of two parts (JavaScript's, with its stubs for WASI) are joined by code that copies between memories.
        .wasm_multi_memory(true)
        // Every feature is attack surface: these no guest needs. (Threads, GC and exceptions are not even compiled in.)
        .wasm_memory64(false)
        .wasm_relaxed_simd(false)
        .wasm_wide_arithmetic(false)
        .wasm_custom_page_sizes(false)
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(8));
    config
}

/// Moves the engine's epoch while something runs. Dropping it ends its thread.
#[derive(Debug)]
pub(super) struct Ticker(Arc<Clockwork>);

#[derive(Debug, Default)]
struct Clockwork {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    stopped: bool,
}

impl Ticker {
    /// Starts the (sleeping) thread.
    pub(super) fn start(engine: &Engine) -> Result<Self> {
        let clockwork = Arc::new(Clockwork::default());
        let (theirs, engine) = (clockwork.clone(), engine.weak());
        std::thread::Builder::new()
            .name("plugin-ticks".into())
            .stack_size(64 * 1024)
            .spawn(move || tick(&theirs, &engine))
            .map_err(Error::io("cannot start the plugin clock"))?;
        Ok(Self(clockwork))
    }

    /// Ticks until the guard is dropped.
    pub(super) fn run(&self) -> Running<'_> {
        let mut state = self.0.state.lock().expect("no holder panics");
        state.running += 1;
        if state.running == 1 {
            self.0.changed.notify_one();
        }
        Running(&self.0)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.state.lock().expect("no holder panics").stopped = true;
        self.0.changed.notify_one();
    }
}

/// A guest is running.
pub(super) struct Running<'t>(&'t Clockwork);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state.lock().expect("no holder panics").running -= 1;
    }
}

fn tick(clockwork: &Clockwork, engine: &EngineWeak) {
    loop {
        {
            let state = clockwork.state.lock().expect("no holder panics");
            let state = clockwork.changed.wait_while(state, |state| state.running == 0 && !state.stopped);
            if state.expect("no holder panics").stopped {
                return;
            }
        }
        std::thread::sleep(TICK);
        let Some(engine) = engine.upgrade() else { return };
        engine.increment_epoch();
    }
}

/// How much CPU one call has used, across the threads it was moved between.
///
/// Epochs pass by the wall clock; on a busy machine a guest that hardly ran must not be blamed for it.
#[derive(Debug, Default)]
pub(super) struct Meter {
    spent_ns: AtomicU64,
    resumed_ns: AtomicU64,
}

impl Meter {
    /// Runs `future`, counting the CPU time of every poll.
    pub(super) async fn measure<F: Future>(&self, future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| {
            self.resumed_ns.store(thread_cpu_ns(), Ordering::Relaxed);
            let polled = future.as_mut().poll(context);
            self.spent_ns.store(self.spent_ns_now(), Ordering::Relaxed);
            polled
        })
        .await
    }

    /// CPU time used so far; call it only from inside the measured future.
    pub(super) fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent_ns_now())
    }

    /// CPU time of the whole call; ask it outside the measured future.
    pub(super) fn total(&self) -> Duration {
        Duration::from_nanos(self.spent_ns.load(Ordering::Relaxed))
    }

    fn spent_ns_now(&self) -> u64 {
        let since = thread_cpu_ns().saturating_sub(self.resumed_ns.load(Ordering::Relaxed));
        self.spent_ns.load(Ordering::Relaxed) + since
    }
}

/// CPU time of this thread. It tells no time of day, so it is no clock in the sense of `clock.rs`.
#[cfg(unix)]
fn thread_cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

#[cfg(not(unix))]
fn thread_cpu_ns() -> u64 {
    thread_local!(static START: std::time::Instant = std::time::Instant::now());
    START.with(|start| u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX))
}
