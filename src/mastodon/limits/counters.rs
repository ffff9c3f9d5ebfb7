//! Counts by bucket and asker, in windows aligned to the epoch; bounded.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::buckets::{Bucket, Who};
use crate::clock::Time;
use crate::ids::AccountId;

/// So many counts are kept for tokens and people, and as many for addresses.
const COUNTS: usize = 20_000;
/// So many tokens are known by their hash.
const TOKENS: usize = 10_000;

/// How full a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    pub limit: u32,
    pub used: u32,
    /// When it is empty again.
    pub reset: Time,
}

/// All counts of one server.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Apart from those of addresses, so that no crowd of strangers makes us forget them.
    people: Mutex<HashMap<(Bucket, Who), Window>>,
    addresses: Mutex<HashMap<(Bucket, Who), Window>>,
    /// Whose token it is; a token never changes hands.
    tokens: Mutex<HashMap<[u8; 32], Option<AccountId>>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    reset: Time,
    used: u32,
}

impl Counters {
    /// Counts one more.
    pub fn add(&self, bucket: Bucket, who: Who, now: Time) -> Level {
        let (limit, seconds) = bucket.rule();
        let period = i64::try_from(seconds * 1000).expect("a day at most");
        let reset = Time(now.0 - now.0.rem_euclid(period)).plus(Duration::from_secs(seconds));
        let mut counts = self.of(&who);
        if counts.len() >= COUNTS && !counts.contains_key(&(bucket, who.clone())) {
            counts.retain(|_, window| window.reset > now);
            // More askers than we can remember: begin anew rather than grow.
            if counts.len() >= COUNTS {
                counts.clear();
            }
        }
        let window = counts.entry((bucket, who)).or_insert(Window { reset, used: 0 });
        if window.reset != reset {
            *window = Window { reset, used: 0 };
        }
        window.used = window.used.saturating_add(1);
        Level { limit, used: window.used, reset }
    }

    /// Takes one back.
    pub fn take_back(&self, bucket: Bucket, who: &Who, now: Time) {
        if let Some(window) = self.of(who).get_mut(&(bucket, who.clone()))
            && window.reset > now
        {
            window.used = window.used.saturating_sub(1);
        }
    }

    /// Whose token has this hash, if we know; the inner `None` is an app's own.
    pub fn known(&self, hash: &[u8; 32]) -> Option<Option<AccountId>> {
        self.tokens.lock().expect("no holder panics").get(hash).copied()
    }

    /// Remembers whose token it is.
    pub fn learn(&self, hash: [u8; 32], account: Option<AccountId>) {
        let mut tokens = self.tokens.lock().expect("no holder panics");
        if tokens.len() >= TOKENS {
            tokens.clear();
        }
        tokens.insert(hash, account);
    }

    fn of(&self, who: &Who) -> MutexGuard<'_, HashMap<(Bucket, Who), Window>> {
        let counts = if matches!(who, Who::Net(_)) { &self.addresses } else { &self.people };
        counts.lock().expect("no holder panics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_aligned_to_the_epoch_and_memory_is_bounded() {
        let counters = Counters::default();
        let who = |number: u32| Who::Net(std::net::IpAddr::from(number.to_be_bytes()));
        let at = |seconds: i64| Time(1_786_111_200_000 + seconds * 1000);
        let level = counters.add(Bucket::Stranger, who(1), at(299));
        assert_eq!((level.used, level.reset), (1, at(300)));
        assert_eq!(counters.add(Bucket::Stranger, who(1), at(299)).used, 2);
        assert_eq!(counters.add(Bucket::Apps, who(1), at(299)).used, 1);
        assert_eq!(counters.add(Bucket::Stranger, who(1), at(300)).used, 1);
        counters.take_back(Bucket::Stranger, &who(1), at(300));
        assert_eq!(counters.add(Bucket::Stranger, who(1), at(301)).used, 1);
        for number in 0..3 * u32::try_from(COUNTS).expect("small") {
            counters.add(Bucket::Stranger, who(number), at(301));
        }
        assert!(counters.addresses.lock().expect("locks").len() <= COUNTS);
    }
}
