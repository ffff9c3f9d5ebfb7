//! Documents that were asked for a moment ago, ready to be handed out again: hundreds of servers ask for the same post
//! within a minute of its boost.
//!
//! A document is good for as long as nothing at all was written to the database since, and for some seconds at most
//! (polls end by the clock). So nobody ever reads what was deleted or hidden.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock::Time;
use crate::error::{Error, Result};

/// For how long a document is good at most.
const GOOD: Duration = Duration::from_secs(5);
/// Documents kept at most.
const MOST: usize = 256;
/// The largest one kept.
const LARGEST: usize = 64 * 1024;
/// Documents being made, or waiting for that, at most; who comes then is asked to come back.
const WAITING: usize = 128;
/// When.
const LATER: Duration = Duration::from_secs(30);

/// The shelf of one server.
#[derive(Debug, Default)]
pub struct Shelf {
    documents: Mutex<HashMap<String, Kept>>,
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct Kept {
    version: u64,
    at: Time,
    text: bytes::Bytes,
}

/// A place among those who wait for a document.
#[derive(Debug)]
pub struct Place<'a>(&'a Shelf);

impl Shelf {
    /// The document `name`, if it is still good; `version` counts the commits of the database.
    pub fn take(&self, name: &str, version: u64, now: Time) -> Option<bytes::Bytes> {
        let documents = self.documents.lock().expect("no holder panics");
        let kept = documents.get(name).filter(|kept| kept.version == version && now.since(kept.at) < GOOD)?;
        Some(kept.text.clone())
    }

    /// Keeps the document `name`, made from what the database held at `version` (read before it was made).
    pub fn put(&self, name: &str, version: u64, now: Time, text: bytes::Bytes) {
        if text.len() > LARGEST {
            return;
        }
        let mut documents = self.documents.lock().expect("no holder panics");
        if documents.len() >= MOST {
            documents.retain(|_, kept| kept.version == version);
        }
        if documents.len() >= MOST {
            documents.clear();
        }
        documents.insert(name.to_owned(), Kept { version, at: now, text });
    }

    /// A place in the queue; an error when it is full.
    pub fn wait(&self) -> Result<Place<'_>> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::Busy { why: "too many documents are asked for at once", retry_after: LATER });
        }
        Ok(Place(self))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t17_a_document_is_handed_out_again_until_something_is_written_or_it_is_old() {
        let shelf = Shelf::default();
        let text = bytes::Bytes::from_static(b"{}");
        shelf.put("a", 7, Time(0), text.clone());
        for (version, at, expected) in [(7, 0, true), (7, 4_999, true), (8, 0, false), (7, 5_000, false)] {
            assert_eq!(shelf.take("a", version, Time(at)).is_some(), expected, "{version} {at}");
        }
        assert_eq!(shelf.take("b", 7, Time(0)), None);
        shelf.put("huge", 7, Time(0), vec![b' '; LARGEST + 1].into());
        assert_eq!(shelf.take("huge", 7, Time(0)), None);
        for number in 0..3 * MOST {
            shelf.put(&number.to_string(), 7, Time(0), text.clone());
        }
        assert!(shelf.documents.lock().expect("no panic").len() <= MOST);
    }

    #[test]
    fn t17_who_comes_when_the_queue_is_full_is_asked_to_come_back() {
        let shelf = Shelf::default();
        let places: Vec<_> = (0..WAITING).map(|_| shelf.wait().expect("a place")).collect();
        assert!(matches!(shelf.wait(), Err(Error::Busy { retry_after: LATER, .. })));
        drop(places);
        assert!(shelf.wait().is_ok());
    }
}
