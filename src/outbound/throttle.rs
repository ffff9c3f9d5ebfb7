//! What a door remembers for a while, so that strangers cannot make us fetch keys without end: in memory, bounded.
//!
//! Spec: rule V11.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::clock::Time;

/// An owner's key is fetched again this often at most.
const REFRESH: Duration = Duration::from_secs(600);
/// After a fetch that failed, an address causes no other for this long.
const SOURCE: Duration = Duration::from_secs(300);
/// A key that does not exist is not looked for again for this long, …
const MISSING: Duration = Duration::from_secs(24 * 3600);
/// … one that we may not read or cannot understand for this long, …
const BARRED: Duration = Duration::from_secs(3600);
/// … and one whose server did not answer for this long.
const SILENT: Duration = Duration::from_secs(300);
/// Refused requests that are noted, by the minute.
const REFUSALS: u32 = 60;
/// Entries of one kind at most.
const MOST: usize = 10_000;

/// What we know of a key that could not be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Its server says that there is none.
    Missing,
    /// Its server does not let us read it, or answers nonsense.
    Barred,
    /// Its server did not answer.
    Silent,
}

/// The memory of one server's inbox.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    /// The minute that refusals are counted in, and how many were noted.
    noted: (i64, u32),
    refreshed: Entries,
    sources: Entries,
    missing: Entries,
    barred: Entries,
    silent: Entries,
}

impl Throttle {
    /// Whether the key of `owner` may be fetched anew; if so, not again soon.
    pub fn may_refresh(&self, owner: &str, now: Time) -> bool {
        let mut memory = self.memory();
        let free = !memory.refreshed.holds(owner, now);
        if free {
            memory.refreshed.note(owner, now.plus(REFRESH), now);
        }
        free
    }

    /// Whether one more refused request is noted for the trace: so many a minute, for each costs a write.
    pub fn may_note(&self, now: Time) -> bool {
        let (minute, mut memory) = (now.0.div_euclid(60_000), self.memory());
        if memory.noted.0 != minute {
            memory.noted = (minute, 0);
        }
        memory.noted.1 += 1;
        memory.noted.1 <= REFUSALS
    }

    /// Whether a request from `source` may cause a fetch.
    pub fn may_fetch(&self, source: &str, now: Time) -> bool {
        !self.memory().sources.holds(source, now)
    }

    /// Why a key is not worth fetching now.
    pub fn absence(&self, key_id: &str, now: Time) -> Option<Absence> {
        let memory = self.memory();
        let kinds =
            [(&memory.missing, Absence::Missing), (&memory.barred, Absence::Barred), (&memory.silent, Absence::Silent)];
        kinds.into_iter().find(|(entries, _)| entries.holds(key_id, now)).map(|(_, absence)| absence)
    }

    /// Notes that a fetch caused by `source` failed.
    pub fn failed(&self, key_id: &str, source: &str, absence: Absence, now: Time) {
        let mut memory = self.memory();
        memory.sources.note(source, now.plus(SOURCE), now);
        match absence {
            Absence::Missing => memory.missing.note(key_id, now.plus(MISSING), now),
            Absence::Barred => memory.barred.note(key_id, now.plus(BARRED), now),
            Absence::Silent => memory.silent.note(key_id, now.plus(SILENT), now),
        }
    }

    /// Held for a few look-ups only, never across an await.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().expect("no holder panics")
    }
}

/// Names, each until a time.
#[derive(Debug, Default)]
struct Entries(HashMap<String, Time>);

impl Entries {
    fn holds(&self, name: &str, now: Time) -> bool {
        self.0.get(name).is_some_and(|until| *until > now)
    }

    fn note(&mut self, name: &str, until: Time, now: Time) {
        if self.0.len() >= MOST {
            self.0.retain(|_, until| *until > now);
        }
        // Full of living entries: somebody floods us. Forgetting costs a few fetches, remembering all would cost memory.
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(name.to_owned(), until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v11_failing_key_fetches_are_remembered_for_a_while_and_bounded() {
        let throttle = Throttle::default();
        let start = Time(1_000_000);
        let later = |seconds| start.plus(Duration::from_secs(seconds));
        assert!(throttle.may_refresh("o", start));
        assert!(!throttle.may_refresh("o", later(599)));
        assert!(throttle.may_refresh("o", later(600)));

        throttle.failed("k", "ip", Absence::Silent, start);
        assert!(!throttle.may_fetch("ip", later(299)) && throttle.may_fetch("ip", later(300)));
        assert_eq!([299, 300].map(|at| throttle.absence("k", later(at))), [Some(Absence::Silent), None]);
        throttle.failed("k", "ip", Absence::Missing, start);
        assert_eq!(throttle.absence("k", later(80_000)), Some(Absence::Missing));

        for number in 0..3 * MOST {
            throttle.failed(&number.to_string(), "ip", Absence::Missing, start);
        }
        assert!(throttle.memory().missing.0.len() <= MOST);
    }
}
