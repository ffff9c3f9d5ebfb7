//! A network on paper: how a plan would go out, without sending anything. Pure and repeatable.
//!
//! Hosts answer after their latency, one request at a time each; so many requests are under way in all, and hosts that fail
//! or are slow get one place in sixteen, as in the real queue. Everything starts at second 0. What the model leaves out:
//! lost packets, our own uplink, and retries.

mod network;
pub mod picture;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub use network::{Hosts, network};

use super::plan::{Settled, Target};

/// From this answer time on the queue counts a host as slow.
pub const SLOW_MS: u32 = 5_000;
/// Slow and failing hosts get one place in so many.
const SICK_PART: usize = 16;

/// What our side allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests under way at once.
    pub in_flight: usize,
    /// CPU time of one request, mostly for its signature; one core does them.
    pub cpu_us: u64,
}

/// How one plan went.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// When each host had everything, in ms; `None`: dropped.
    pub arrived_ms: Vec<Option<u64>>,
    /// When each request began, in ms, rising.
    pub begun_ms: Vec<u64>,
    /// The most requests under way at once.
    pub peak_in_flight: usize,
    /// The most requests begun within one second.
    pub peak_per_second: usize,
    /// Requests made.
    pub requests: usize,
    /// CPU time of all of them.
    pub cpu_ms: u64,
}

/// Hosts whose turn it is, and those at work; the healthy and the others apart.
#[derive(Default)]
struct Queue {
    due: BinaryHeap<Reverse<(i64, usize)>>,
    busy: usize,
}

/// Plays the plan: `settled` has one word for each target, or none at all for the built-in plan.
pub fn play(targets: &[Target], settled: &[Settled], limits: Limits) -> Run {
    let plain = Settled::default();
    let word = |place: usize| settled.get(place).unwrap_or(&plain);
    let sick = |place: usize| usize::from(is_slow(&targets[place]));
    let mut run = Run { arrived_ms: vec![None; targets.len()], ..Run::default() };
    // When a host may be asked next: (time, priority, place); a host with several inboxes comes again.
    let mut waiting: BinaryHeap<Reverse<(u64, i64, usize)>> = BinaryHeap::new();
    for (place, _) in targets.iter().enumerate().filter(|(place, _)| word(*place).drop.is_none()) {
        let wait = u64::try_from(word(place).wait.as_millis()).unwrap_or(u64::MAX);
        waiting.push(Reverse((wait, word(place).priority, place)));
    }
    let mut left: Vec<u16> = targets.iter().map(|target| target.inboxes.max(1)).collect();
    let mut queues = [Queue::default(), Queue::default()];
    let mut under_way: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let places = limits.in_flight.max(1);
    let most = [places, (places / SICK_PART).max(1)];
    let mut now_us = 0_u64;
    loop {
        let now = now_us / 1_000;
        while waiting.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
            let Some(Reverse((_, priority, place))) = waiting.pop() else { break };
            queues[sick(place)].due.push(Reverse((priority, place)));
        }
        while under_way.peek().is_some_and(|Reverse((at, _))| *at <= now_us) {
            let Some(Reverse((at, place))) = under_way.pop() else { break };
            queues[sick(place)].busy -= 1;
            left[place] -= 1;
            match left[place] {
                0 => run.arrived_ms[place] = Some(at / 1_000),
                _ => queues[sick(place)].due.push(Reverse((word(place).priority, place))),
            }
        }
        let free = (0..2).find(|which| {
            under_way.len() < places && queues[*which].busy < most[*which] && !queues[*which].due.is_empty()
        });
        if let Some(Reverse((_, place))) = free.and_then(|which| queues[which].due.pop()) {
            // Signing is done one after the other.
            now_us += limits.cpu_us;
            queues[sick(place)].busy += 1;
            under_way.push(Reverse((now_us + u64::from(targets[place].latency_ms.max(1)) * 1_000, place)));
            run.begun_ms.push(now_us / 1_000);
            run.peak_in_flight = run.peak_in_flight.max(under_way.len());
            continue;
        }
        let answer = under_way.peek().map(|Reverse((at, _))| *at);
        let start = waiting.peek().map(|Reverse((at, ..))| at.saturating_mul(1_000));
        let Some(next) = answer.into_iter().chain(start).min() else { break };
        now_us = now_us.max(next);
    }
    run.requests = run.begun_ms.len();
    run.peak_per_second = run.per_second().into_iter().max().unwrap_or(0);
    run.cpu_ms = run.requests as u64 * limits.cpu_us / 1_000;
    run
}

/// Whether the queue treats this host as a sick one.
pub fn is_slow(target: &Target) -> bool {
    target.fails > 0 || target.latency_ms > SLOW_MS
}

impl Run {
    /// When this share (0 to 1) of the chosen hosts had everything, in ms; `None`: never, or nobody was chosen.
    pub fn share_ms(&self, share: f64, chosen: impl Fn(usize) -> bool) -> Option<u64> {
        let mut times: Vec<Option<u64>> =
            self.arrived_ms.iter().enumerate().filter(|(place, _)| chosen(*place)).map(|(_, time)| *time).collect();
        if times.is_empty() {
            return None;
        }
        // What never arrived comes last.
        times.sort_by_key(|time| time.unwrap_or(u64::MAX));
        let place = (share.clamp(0.0, 1.0) * times.len() as f64).ceil() as usize;
        times[place.clamp(1, times.len()) - 1]
    }

    /// The curve: how many hosts had it after so many ms, one point for each arrival.
    pub fn curve(&self) -> Vec<(u64, usize)> {
        let mut times: Vec<u64> = self.arrived_ms.iter().flatten().copied().collect();
        times.sort_unstable();
        times.into_iter().zip(1..).collect()
    }

    /// Requests begun in each second in which any was.
    fn per_second(&self) -> Vec<usize> {
        self.begun_ms.chunk_by(|a, b| a / 1_000 == b / 1_000).map(<[u64]>::len).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIMITS: Limits = Limits { in_flight: 2, cpu_us: 0 };

    fn hosts(latencies: &[u32]) -> Vec<Target> {
        latencies.iter().map(|latency| Target { latency_ms: *latency, inboxes: 1, ..Target::default() }).collect()
    }

    #[test]
    fn hosts_wait_for_a_free_place_and_for_their_plan() {
        let targets = hosts(&[100, 100, 100]);
        let run = play(&targets, &[], LIMITS);
        assert_eq!(run.arrived_ms, [Some(100), Some(100), Some(200)]);
        assert_eq!((run.peak_in_flight, run.peak_per_second, run.requests), (2, 3, 3));
        let plan = [
            Settled { wait: Duration::from_secs(5), ..Settled::default() },
            Settled::default(),
            Settled { drop: Some("no".into()), ..Settled::default() },
        ];
        let run = play(&targets, &plan, LIMITS);
        assert_eq!(run.arrived_ms, [Some(5_100), Some(100), None]);
        assert_eq!((run.share_ms(0.5, |_| true), run.share_ms(1.0, |_| true)), (Some(5_100), None));
        assert_eq!(run.curve(), [(100, 1), (5_100, 2)]);
        assert_eq!((run.begun_ms.as_slice(), run.peak_per_second), (&[0, 5_000][..], 1));
    }

    #[test]
    fn priority_goes_first_and_slow_hosts_hold_few_places() {
        let targets = hosts(&[4_000, 4_000, 10, 10]);
        let first = |urgent: bool| Settled { priority: if urgent { -1 } else { 0 }, ..Settled::default() };
        let plain = play(&targets, &[], LIMITS);
        assert_eq!(plain.arrived_ms[2], Some(4_010));
        let run = play(&targets, &[first(false), first(false), first(true), first(true)], LIMITS);
        assert_eq!((run.arrived_ms[2], run.arrived_ms[3], run.arrived_ms[0]), (Some(10), Some(10), Some(4_010)));
        // Slower than that, they get one of the two places together.
        let sick = play(&hosts(&[30_000, 30_000, 10, 10]), &[], LIMITS);
        assert_eq!(sick.arrived_ms, [Some(30_010), Some(60_010), Some(10), Some(10)]);
    }

    #[test]
    fn several_inboxes_of_a_host_go_one_after_the_other_and_signing_takes_its_time() {
        let targets = [Target { latency_ms: 100, inboxes: 3, ..Target::default() }];
        assert_eq!(play(&targets, &[], LIMITS).arrived_ms, [Some(300)]);
        let run = play(&hosts(&[1; 1000]), &[], Limits { in_flight: 1000, cpu_us: 500 });
        assert_eq!((run.cpu_ms, run.arrived_ms[999]), (500, Some(501)));
    }
}
