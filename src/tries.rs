//! How often somebody may guess. In memory, because forgetting is harmless.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::time::Duration;

use crate::clock::Time;
use crate::error::{Error, Result};

const WINDOW: Duration = Duration::from_secs(300);
const MOST: u32 = 10;
/// How many guessers are remembered.
const GUESSERS: usize = 10_000;

/// When each guesser began, and how often it guessed since: ten times in five minutes, and no more.
#[derive(Debug)]
pub struct Tries<K>(Mutex<HashMap<K, (Time, u32)>>);

impl<K> Default for Tries<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Tries<K> {
    /// Counts one guess by `who`; [`Error::Limited`] when there were too many.
    pub fn count(&self, who: K, now: Time) -> Result<()> {
        let mut all = self.0.lock().expect("no holder panics");
        if all.len() >= GUESSERS {
            all.retain(|_, (began, _)| now.since(*began) < WINDOW);
        }
        let (began, tries) = all.entry(who).or_insert((now, 0));
        if now.since(*began) >= WINDOW {
            (*began, *tries) = (now, 0);
        }
        *tries = tries.saturating_add(1);
        if *tries > MOST {
            return Err(Error::Limited { retry_after: WINDOW.saturating_sub(now.since(*began)) });
        }
        Ok(())
    }

    /// `who` knew: what was guessed before is forgotten.
    pub fn forget(&self, who: &K) {
        self.0.lock().expect("no holder panics").remove(who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_11th_guess_waits_and_knowing_forgives() {
        let tries = Tries::default();
        for _ in 0..MOST {
            tries.count("alice", Time(0)).expect("allowed");
        }
        assert!(tries.count("alice", Time(1000)).is_err());
        assert!(tries.count("bob", Time(1000)).is_ok());
        tries.forget(&"alice");
        assert!(tries.count("alice", Time(2000)).is_ok());
        assert!(tries.count("bob", Time(301_000)).is_ok());
    }
}
