//! Switches a plugin off that keeps failing: 3 failures in a row or 5 within 10 minutes cost 1, 5 and 30 minutes, and
//! the fourth time it stays off until an admin disables and enables it (or the server starts again).

use std::time::Duration;

use crate::clock::Time;

const IN_A_ROW: usize = 3;
const IN_WINDOW: usize = 5;
const WINDOW: Duration = Duration::from_secs(10 * 60);
const PENALTIES: [Duration; 3] = [Duration::from_secs(60), Duration::from_secs(5 * 60), Duration::from_secs(30 * 60)];

/// The fuse of one plugin.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    in_a_row: usize,
    recent: Vec<Time>,
    trips: usize,
    off: Option<Off>,
    why: String,
}

/// How long a plugin stays off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// Until then.
    Until(Time),
    /// Until an admin acts.
    ForGood,
}

impl Breaker {
    /// Whether the plugin is off at `now`.
    pub(super) fn off(&self, now: Time) -> Option<Off> {
        self.off.filter(|off| match off {
            Off::Until(until) => now < *until,
            Off::ForGood => true,
        })
    }

    /// Why it failed last; empty when it never did.
    pub(super) fn why(&self) -> &str {
        &self.why
    }

    /// As the database has it: off for good for this reason, or not.
    pub(super) fn settle(&mut self, off: Option<&str>) {
        match off {
            Some(why) => *self = Self { off: Some(Off::ForGood), why: why.into(), ..Self::default() },
            None if self.off == Some(Off::ForGood) => *self = Self::default(),
            None => {}
        }
    }

    pub(super) fn succeeded(&mut self) {
        self.in_a_row = 0;
    }

    /// Notes a failure; tells for how long that switches the plugin off, if it does.
    pub(super) fn failed(&mut self, now: Time, why: &str) -> Option<Off> {
        self.why = why.into();
        self.in_a_row += 1;
        self.recent.retain(|at| now.since(*at) < WINDOW);
        self.recent.push(now);
        if self.in_a_row < IN_A_ROW && self.recent.len() < IN_WINDOW {
            return None;
        }
        let off = PENALTIES.get(self.trips).map_or(Off::ForGood, |penalty| Off::Until(now.plus(*penalty)));
        self.trips += 1;
        self.in_a_row = 0;
        self.recent.clear();
        self.off = Some(off);
        self.off
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn penalties_grow_until_an_admin_must_act() {
        let mut breaker = Breaker::default();
        let mut now = Time(0);
        for minutes in [1, 5, 30] {
            assert_eq!((breaker.failed(now, "x"), breaker.failed(now, "x")), (None, None));
            let until = now.plus(Duration::from_secs(minutes * 60));
            assert_eq!(breaker.failed(now, "x"), Some(Off::Until(until)));
            assert!(breaker.off(now).is_some());
            now = until;
            assert_eq!(breaker.off(now), None);
        }
        let last = [breaker.failed(now, "x"), breaker.failed(now, "x"), breaker.failed(now, "x")];
        assert_eq!(last, [None, None, Some(Off::ForGood)]);
        assert_eq!((breaker.off(Time(i64::MAX)), breaker.why()), (Some(Off::ForGood), "x"));
        breaker.settle(None);
        assert_eq!(breaker.off(now), None, "an admin acted");
        breaker.settle(Some("as before"));
        assert_eq!((breaker.off(now), breaker.why()), (Some(Off::ForGood), "as before"));
    }

    #[test]
    fn five_failures_among_successes_count_only_within_ten_minutes() {
        for (seconds, expected) in [(60, true), (200, false)] {
            let mut breaker = Breaker::default();
            let mut tripped = false;
            for step in 0..5 {
                tripped |= breaker.failed(Time(step * seconds * 1000), "x").is_some();
                breaker.succeeded();
            }
            assert_eq!(tripped, expected, "one failure every {seconds} s");
        }
    }
}
