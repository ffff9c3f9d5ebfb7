//! What is being fetched now, and what could not be had lately: in memory, bounded.
//!
//! Many who want the same document wait for one request (single flight). A document that was not there is not asked for
//! again for a while: 24 hours after 404 and 410, an hour after 401 and 403, 5 minutes after silence or a failing
//! server, doubling to 6 hours; a `Retry-After` is honoured. Spec: rules F11 and F12

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::throttle::Throttle;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const HOUR: Duration = Duration::from_secs(3_600);
/// After the first failure of the network …
const SILENCE: Duration = Duration::from_secs(300);
/// … and at most.
const LONGEST_SILENCE: Duration = Duration::from_secs(6 * 3_600);
/// The same actor is not read again within this time.
const AGAIN: Duration = Duration::from_secs(600);
/// Entries of one kind at most.
const MOST: usize = 10_000;

/// A document, and the address that answered.
pub type Found = (Value, Url);

/// Documents on their way, and those that could not be had.
#[derive(Debug, Default)]
pub struct Fetches {
    flights: Mutex<HashMap<String, Arc<Seat>>>,
    absent: Mutex<HashMap<String, Absent>>,
    refreshed: Mutex<HashMap<String, Time>>,
    /// For the keys of those who ask for our documents.
    pub throttle: Throttle,
}

/// Where those sit who wait for the same document; whoever holds the lock fetches.
type Seat = tokio::sync::Mutex<Option<Outcome>>;

#[derive(Debug, Clone)]
enum Outcome {
    Found(Box<Found>),
    Failed(String, Fault),
}

#[derive(Debug, Clone)]
struct Absent {
    host: String,
    fault: Fault,
    until: Time,
    /// Failures of the network in a row.
    silences: u32,
}

impl Fetches {
    /// The outcome of `work`, which fetches `url`: our own, or that of somebody who is at it already.
    pub async fn once(&self, url: &Url, work: impl Future<Output = Result<Found>>) -> Result<Found> {
        let flight = self.board(url.as_str());
        let mut seat = flight.seat.lock().await;
        match &*seat {
            Some(Outcome::Found(found)) => return Ok((**found).clone()),
            Some(Outcome::Failed(host, fault)) => return Err(Error::peer(host.clone(), fault.clone())),
            None => {}
        }
        let result = work.await;
        // The map and we hold it; a third one waits.
        if Arc::strong_count(&flight.seat) > 2 {
            *seat = match &result {
                Ok(found) => Some(Outcome::Found(Box::new(found.clone()))),
                Err(Error::Peer { host, fault }) => Some(Outcome::Failed(host.clone(), fault.clone())),
                Err(_) => None,
            };
        }
        drop(seat);
        result
    }

    fn board(&self, key: &str) -> Flight<'_> {
        let seat = lock(&self.flights).entry(key.to_owned()).or_default().clone();
        Flight { fetches: self, key: key.to_owned(), seat }
    }

    /// Fails when `url` could not be had lately, as it failed then.
    pub fn check(&self, url: &Url, now: Time) -> Result<()> {
        let absent = lock(&self.absent).get(url.as_str()).filter(|absent| absent.until > now).cloned();
        absent.map_or(Ok(()), |absent| Err(Error::peer(absent.host, absent.fault)))
    }

    /// Learns from how a fetch of `url` ended.
    pub fn learn(&self, url: &Url, result: &Result<Found>, now: Time) {
        let mut absent = lock(&self.absent);
        let Err(Error::Peer { host, fault }) = result else {
            if result.is_ok() {
                absent.remove(url.as_str());
            }
            return;
        };
        let silences = absent.get(url.as_str()).map_or(0, |known| known.silences);
        let doubled = || SILENCE.saturating_mul(1 << silences.min(10)).min(LONGEST_SILENCE);
        let (wait, silences) = match fault {
            Fault::Status { code: 404 | 410, .. } => (DAY, 0),
            Fault::Status { code: 401 | 403, .. } => (HOUR, 0),
            Fault::Status { code: 408 | 425 | 429 | 500.., retry_after } => {
                (retry_after.map_or_else(doubled, |wish| wish.min(DAY)), silences + 1)
            }
            Fault::Unreachable(_) => (doubled(), silences + 1),
            Fault::Status { .. } | Fault::Refused(_) | Fault::Nonsense(_) => return,
        };
        if absent.len() >= MOST {
            absent.retain(|_, known| known.until > now);
        }
        // Full of living entries: somebody floods us. Forgetting costs a few fetches, remembering all would cost memory.
        if absent.len() >= MOST {
            absent.clear();
        }
        let entry = Absent { host: host.clone(), fault: fault.clone(), until: now.plus(wait), silences };
        absent.insert(url.as_str().to_owned(), entry);
    }

    /// Forgets that `url` could not be had: somebody has reason to believe that it is there now.
    pub fn forget(&self, url: &str) {
        lock(&self.absent).remove(url);
    }

    /// Whether the actor `uri` may be read again; if so, not once more within ten minutes.
    pub fn may_refresh(&self, uri: &str, now: Time) -> bool {
        let mut refreshed = lock(&self.refreshed);
        if refreshed.get(uri).is_some_and(|until| *until > now) {
            return false;
        }
        if refreshed.len() >= MOST {
            refreshed.retain(|_, until| *until > now);
        }
        if refreshed.len() >= MOST {
            refreshed.clear();
        }
        refreshed.insert(uri.to_owned(), now.plus(AGAIN));
        true
    }
}

/// Held for a few look-ups only, never across an await.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no holder panics")
}

/// A seat; the last one who leaves takes it away, also when the caller is dropped on the way.
struct Flight<'a> {
    fetches: &'a Fetches,
    key: String,
    seat: Arc<Seat>,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = lock(&self.fetches.flights);
        if Arc::strong_count(&self.seat) <= 2 {
            flights.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test panics")]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;

    fn url() -> Url {
        Url::parse("https://b.example/users/bob").unwrap()
    }

    fn failed(fault: Fault) -> Result<Found> {
        Err(Error::peer("b.example", fault))
    }

    fn status(code: u16, retry_after: Option<u64>) -> Fault {
        Fault::Status { code, retry_after: retry_after.map(Duration::from_secs) }
    }

    #[tokio::test]
    async fn f11_a_hundred_who_want_the_same_document_cause_one_request() {
        let fetches = Fetches::default();
        let asked = AtomicUsize::new(0);
        let fetch = || async {
            asked.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok((json!({"id": "x"}), url()))
        };
        let address = url();
        let all = futures_util::future::join_all((0..100).map(|_| fetches.once(&address, fetch()))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(lock(&fetches.flights).is_empty(), "nobody is left waiting");

        // Whoever gives up on the way leaves the next to fetch.
        let slow = async { std::future::pending::<Result<Found>>().await };
        let gave_up = tokio::time::timeout(Duration::from_millis(5), fetches.once(&address, slow)).await;
        assert!(gave_up.is_err());
        assert!(fetches.once(&address, fetch()).await.is_ok());
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn f11_what_was_not_there_is_not_asked_for_again_for_a_while() {
        let start = Time(1_000_000);
        for (fault, seconds) in [
            (status(404, None), 86_400),
            (status(410, None), 86_400),
            (status(401, None), 3_600),
            (status(403, None), 3_600),
            (status(503, None), 300),
            (status(429, Some(1_200)), 1_200),
            (status(503, Some(1_000_000)), 86_400),
            (Fault::Unreachable("timed out".into()), 300),
        ] {
            let fetches = Fetches::default();
            fetches.learn(&url(), &failed(fault.clone()), start);
            let at = |seconds: u64| fetches.check(&url(), start.plus(Duration::from_secs(seconds)));
            assert!(at(seconds - 1).is_err() && at(seconds).is_ok(), "{fault}");
        }
        let fetches = Fetches::default();
        for fault in [Fault::Refused("private".into()), Fault::Nonsense("HTML".into()), status(301, None)] {
            fetches.learn(&url(), &failed(fault), start);
            assert!(fetches.check(&url(), start).is_ok());
        }
    }

    #[test]
    fn f11_silence_is_given_more_time_again_and_again_and_forgotten_by_an_answer() {
        let fetches = Fetches::default();
        let mut now = Time(1_000_000);
        for minutes in [5, 10, 20, 40, 80, 160, 320, 360, 360] {
            fetches.learn(&url(), &failed(Fault::Unreachable("timed out".into())), now);
            let end = now.plus(Duration::from_secs(minutes * 60));
            assert!(fetches.check(&url(), end.minus(Duration::from_secs(1))).is_err(), "{minutes}");
            assert!(fetches.check(&url(), end).is_ok(), "{minutes}");
            now = end;
        }
        fetches.learn(&url(), &Ok((json!({}), url())), now);
        fetches.learn(&url(), &failed(Fault::Unreachable("timed out".into())), now);
        assert!(fetches.check(&url(), now.plus(Duration::from_secs(300))).is_ok());
    }

    /// Fedify CVE-2026-69132: what is remembered for each peer must end and be bounded.
    #[test]
    fn cve_2026_69132_what_is_remembered_of_peers_is_bounded() {
        let fetches = Fetches::default();
        for number in 0..3 * MOST {
            let url = Url::parse(&format!("https://b.example/{number}")).unwrap();
            fetches.learn(&url, &failed(status(404, None)), Time(0));
            fetches.may_refresh(url.as_str(), Time(0));
        }
        assert!(lock(&fetches.absent).len() <= MOST && lock(&fetches.refreshed).len() <= MOST);
    }

    #[test]
    fn f12_an_actor_is_read_again_once_in_ten_minutes() {
        let fetches = Fetches::default();
        let after = |seconds| Time(0).plus(Duration::from_secs(seconds));
        let may = [0, 1, 599, 600, 601].map(|seconds| fetches.may_refresh("https://b.example/bob", after(seconds)));
        assert_eq!(may, [true, false, false, true, false]);
        assert!(fetches.may_refresh("https://b.example/carol", after(1)));
    }
}
