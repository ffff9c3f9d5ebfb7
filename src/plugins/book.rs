//! What is noted about one plugin while the server runs: its log, its numbers and its costs. Bounded, and gone at a restart.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::clock::Time;

/// Lines that are kept.
const LINES: usize = 500;
/// Lines that are taken in a minute.
const A_MINUTE: u32 = 100;
/// Calls whose duration is remembered.
const CALLS: usize = 512;
/// Names of numbers of one plugin.
const NAMES: usize = 32;

/// The book of one plugin.
#[derive(Debug, Default)]
pub struct Book(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    lines: VecDeque<Line>,
    last_id: u64,
    minute: i64,
    in_minute: u32,
    durations: VecDeque<u32>,
    costs: Costs,
    counters: BTreeMap<String, u64>,
    observed: BTreeMap<String, Observed>,
}

/// A line of a plugin's log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Line {
    pub id: u64,
    pub at: Time,
    /// `debug`, `info`, `warn`, `error`.
    pub level: &'static str,
    pub message: String,
}

/// What a plugin cost since the server started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Costs {
    pub calls: u64,
    pub failures: u64,
    /// CPU time of all calls.
    pub cpu: Duration,
    /// Of the last 512 calls, in microseconds.
    pub p50_us: u32,
    pub p99_us: u32,
    pub accepted: u64,
    pub held: u64,
    pub rejected: u64,
}

/// A distribution.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Observed {
    pub count: u64,
    pub sum: f64,
    pub max: f64,
}

/// How one call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum End {
    Accepted,
    Held,
    Rejected,
    Failed,
    /// A call of another kind than a filter's.
    Done,
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().expect("no holder panics")
    }

    /// Adds a line, unless there were too many in this minute; whether it was taken.
    pub fn log(&self, at: Time, level: &'static str, message: String) -> bool {
        let mut pages = self.pages();
        let minute = at.0.div_euclid(60_000);
        if pages.minute != minute {
            (pages.minute, pages.in_minute) = (minute, 0);
        }
        pages.in_minute += 1;
        if pages.in_minute > A_MINUTE {
            return false;
        }
        pages.last_id += 1;
        let line = Line { id: pages.last_id, at, level, message };
        if pages.lines.len() == LINES {
            pages.lines.pop_front();
        }
        pages.lines.push_back(line);
        true
    }

    /// The lines after this one, oldest first.
    pub fn lines(&self, after: u64) -> Vec<Line> {
        self.pages().lines.iter().filter(|line| line.id > after).cloned().collect()
    }

    /// Notes a call.
    pub fn called(&self, took: Duration, cpu: Duration, end: End) {
        let mut pages = self.pages();
        if pages.durations.len() == CALLS {
            pages.durations.pop_front();
        }
        pages.durations.push_back(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        let costs = &mut pages.costs;
        costs.calls += 1;
        costs.cpu += cpu;
        match end {
            End::Accepted => costs.accepted += 1,
            End::Held => costs.held += 1,
            End::Rejected => costs.rejected += 1,
            End::Failed => costs.failures += 1,
            End::Done => {}
        }
    }

    /// What it cost so far.
    pub fn costs(&self) -> Costs {
        let pages = self.pages();
        let mut sorted: Vec<u32> = pages.durations.iter().copied().collect();
        sorted.sort_unstable();
        let at = |share: usize| sorted.get((sorted.len() * share / 100).min(sorted.len().saturating_sub(1))).copied();
        Costs { p50_us: at(50).unwrap_or(0), p99_us: at(99).unwrap_or(0), ..pages.costs }
    }

    /// Adds to a counter of the plugin's own.
    pub fn count(&self, name: &str, by: u32) {
        let mut pages = self.pages();
        if is_name(name) && (pages.counters.contains_key(name) || pages.names() < NAMES) {
            let counter = pages.counters.entry(name.to_owned()).or_default();
            *counter = counter.saturating_add(by.into());
        }
    }

    /// Notes a value of the plugin's own.
    pub fn observe(&self, name: &str, value: f64) {
        let mut pages = self.pages();
        if value.is_finite() && is_name(name) && (pages.observed.contains_key(name) || pages.names() < NAMES) {
            let observed = pages.observed.entry(name.to_owned()).or_default();
            *observed = Observed { count: observed.count + 1, sum: observed.sum + value, max: observed.max.max(value) };
        }
    }

    /// The plugin's own numbers.
    pub fn numbers(&self) -> (BTreeMap<String, u64>, BTreeMap<String, Observed>) {
        let pages = self.pages();
        (pages.counters.clone(), pages.observed.clone())
    }
}

impl Pages {
    fn names(&self) -> usize {
        self.counters.len() + self.observed.len()
    }
}

fn is_name(name: &str) -> bool {
    (1..=48).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chatterbox_fills_neither_memory_nor_the_minute() {
        let book = Book::default();
        let taken = (0..1_000_000).filter(|n| book.log(Time(n / 100_000 * 60_000), "info", "x".into())).count();
        assert_eq!((taken, book.lines(0).len()), (10 * A_MINUTE as usize, LINES));
        assert_eq!(book.lines(999).len(), 1);
    }

    #[test]
    fn numbers_have_good_names_and_few_of_them() {
        let book = Book::default();
        for n in 0..100 {
            book.count(&format!("n{n}"), 1);
            book.observe("Bad name", 1.0);
        }
        book.count("n0", 2);
        book.observe("late", 1.0);
        let (counters, observed) = book.numbers();
        assert_eq!((counters.len(), counters["n0"], observed.len()), (NAMES, 3, 0));
    }

    #[test]
    fn costs_are_of_the_last_calls() {
        let book = Book::default();
        for us in 1..=600 {
            book.called(Duration::from_micros(us), Duration::from_micros(1), End::Accepted);
        }
        let costs = book.costs();
        assert_eq!((costs.calls, costs.accepted, costs.cpu), (600, 600, Duration::from_micros(600)));
        assert_eq!((costs.p50_us, costs.p99_us), (345, 595));
    }
}
