//! What became of deliveries since a fan-out policy was last told: counted in memory, bounded, and gone at a restart.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::plan::{Outcome, TARGETS};

/// Durations of one server that are kept for the median.
const DURATIONS: usize = 64;

/// How one delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// The server took it.
    Ok,
    /// Not this time.
    Failed,
    /// Never.
    Gone,
}

#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<BTreeMap<String, Counts>>);

#[derive(Debug, Default)]
struct Counts {
    outcome: Outcome,
    durations: Vec<u32>,
}

impl Tally {
    /// Counts a delivery. Servers beyond those that one call may name are left out.
    pub(super) fn note(&self, host: &str, how: Delivered, ms: u32) {
        let mut all = self.0.lock().expect("no holder panics");
        if all.len() >= TARGETS && !all.contains_key(host) {
            return;
        }
        let counts = all.entry(host.to_owned()).or_default();
        let outcome = &mut counts.outcome;
        match how {
            Delivered::Ok => outcome.ok += 1,
            Delivered::Failed => outcome.failed += 1,
            Delivered::Gone => outcome.gone += 1,
        }
        if how == Delivered::Ok && counts.durations.len() < DURATIONS {
            counts.durations.push(ms);
        }
    }

    /// What was counted, by server; then it begins anew.
    pub(super) fn take(&self) -> Vec<Outcome> {
        let all = std::mem::take(&mut *self.0.lock().expect("no holder panics"));
        let told = |(host, mut counts): (String, Counts)| {
            counts.durations.sort_unstable();
            let p50_ms = counts.durations.get(counts.durations.len() / 2).copied().unwrap_or(0);
            Outcome { host, p50_ms, ..counts.outcome }
        };
        all.into_iter().map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_counted_by_server_and_begin_anew_when_taken() {
        let tally = Tally::default();
        for (ms, how) in [(30, Delivered::Ok), (10, Delivered::Ok), (20, Delivered::Ok), (0, Delivered::Failed)] {
            tally.note("a.example", how, ms);
        }
        tally.note("b.example", Delivered::Gone, 5);
        let told = tally.take();
        let a = Outcome { host: "a.example".into(), ok: 3, failed: 1, gone: 0, p50_ms: 20 };
        assert_eq!(told, [a, Outcome { host: "b.example".into(), gone: 1, ..Outcome::default() }]);
        assert_eq!(tally.take(), []);
        for number in 0..=TARGETS {
            tally.note(&format!("h{number}.example"), Delivered::Ok, 1);
        }
        assert_eq!(tally.take().len(), TARGETS);
    }
}
