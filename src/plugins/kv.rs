//! A plugin's own memory, in the server's database. Every write is durable when the call returns.

use super::host::State;
use super::limits::{KEY, SCAN, VALUE};
use super::v1_0::bindings::nagaya::plugin::kv;
use super::v1_0::bindings::nagaya::plugin::types::Failure;
use crate::clock::Time;
use crate::error::Error;
use crate::store::plugin_kv as rows;

type Answer<T> = wasmtime::Result<Result<T, Failure>>;

/// Keys that the host keeps to itself begin so; but for this one.
const RESERVED: char = '_';
const SCHEMA: &str = "_schema";

fn checked(key: &str) -> Result<(), Failure> {
    match key.len() {
        0 => Err(Failure::Invalid("the key is empty".into())),
        1..=KEY if key.starts_with(RESERVED) && key != SCHEMA => {
            Err(Failure::Denied("keys that begin with _ are the host's".into()))
        }
        1..=KEY => Ok(()),
        _ => Err(Failure::Limit(format!("the key is longer than {KEY} bytes"))),
    }
}

fn sized(value: &[u8]) -> Result<(), Failure> {
    if value.len() > VALUE { Err(Failure::Limit(format!("the value is larger than {VALUE} bytes"))) } else { Ok(()) }
}

/// The number in a key plus `by`; nothing there counts as 0.
fn summed(before: Option<&[u8]>, by: i64) -> Result<i64, Failure> {
    let Some(value) = before else { return Ok(by) };
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<i64>().ok());
    number.map(|number| number.saturating_add(by)).ok_or_else(|| Failure::Invalid("the key holds no number".into()))
}

fn broken(error: Error) -> Failure {
    Failure::Unavailable(error.to_string())
}

impl State {
    fn until(&self, now: Time, ttl_s: Option<u32>) -> Option<Time> {
        ttl_s.map(|seconds| now.plus(std::time::Duration::from_secs(seconds.into())))
    }

    /// Runs `work` in a write transaction with this plugin's id and the time.
    async fn keep<T: Send + 'static>(
        &self,
        work: impl FnOnce(&crate::store::Tx, &str, Time, rows::Quota) -> crate::error::Result<Result<T, Failure>>
        + Send
        + 'static,
    ) -> Result<T, Failure> {
        let (id, now, quota) = (self.facts.id.clone(), self.facts.clock.now(), self.facts.limits.kv);
        self.facts.store.write(move |tx| work(tx, &id, now, quota)).await.unwrap_or_else(|error| Err(broken(error)))
    }
}

fn put(
    tx: &crate::store::Tx,
    id: &str,
    key: &str,
    value: &[u8],
    until: Option<Time>,
    quota: rows::Quota,
    now: Time,
) -> crate::error::Result<Result<(), Failure>> {
    let fits = rows::set(tx, id, key, value, until, quota, now)?;
    Ok(if fits {
        Ok(())
    } else {
        Err(Failure::Limit(format!("the plugin keeps {} bytes and {} keys at most", quota.bytes, quota.keys)))
    })
}

impl kv::Host for State {
    async fn get(&mut self, key: String) -> Answer<Option<Vec<u8>>> {
        self.count()?;
        if let Err(why) = checked(&key) {
            return Ok(Err(why));
        }
        Ok(self.held(&key).await.map(|held| held.map(|(value, _)| value)))
    }

    async fn delete(&mut self, key: String) -> Answer<()> {
        self.count()?;
        if let Err(why) = checked(&key) {
            return Ok(Err(why));
        }
        if self.bot.is_some() {
            return Ok(self.hold(&key, None).await);
        }
        Ok(self.keep(move |tx, id, _, _| rows::delete(tx, id, &key).map(Ok)).await)
    }

    async fn set(&mut self, key: String, value: Vec<u8>, ttl_s: Option<u32>) -> Answer<()> {
        self.count()?;
        if let Err(why) = checked(&key).and_then(|()| sized(&value)) {
            return Ok(Err(why));
        }
        let until = self.until(self.facts.clock.now(), ttl_s);
        if self.bot.is_some() {
            return Ok(self.hold(&key, Some((value, until))).await);
        }
        Ok(self.keep(move |tx, id, now, quota| put(tx, id, &key, &value, until, quota, now)).await)
    }

    async fn incr(&mut self, key: String, by: i64, ttl_s: Option<u32>) -> Answer<i64> {
        self.count()?;
        if let Err(why) = checked(&key) {
            return Ok(Err(why));
        }
        let fresh = self.until(self.facts.clock.now(), ttl_s);
        if self.bot.is_some() {
            let (before, until) = match self.held(&key).await {
                Ok(None) => (None, fresh),
                Ok(Some((value, until))) => (Some(value), until),
                Err(why) => return Ok(Err(why)),
            };
            return Ok(match summed(before.as_deref(), by) {
                Ok(sum) => self.hold(&key, Some((sum.to_string().into_bytes(), until))).await.map(|()| sum),
                Err(why) => Err(why),
            });
        }
        let answer = self.keep(move |tx, id, now, quota| {
            let before = rows::get(tx, id, &key, now)?;
            let until = if before.is_none() { fresh } else { rows::expiry(tx, id, &key, now)? };
            let sum = match summed(before.as_deref(), by) {
                Ok(sum) => sum,
                Err(why) => return Ok(Err(why)),
            };
            Ok(put(tx, id, &key, sum.to_string().as_bytes(), until, quota, now)?.map(|()| sum))
        });
        Ok(answer.await)
    }

    async fn cas(&mut self, key: String, old: Option<Vec<u8>>, new: Vec<u8>) -> Answer<bool> {
        self.count()?;
        if let Err(why) = checked(&key).and_then(|()| sized(&new)) {
            return Ok(Err(why));
        }
        if self.bot.is_some() {
            return Ok(match self.held(&key).await {
                Ok(held) if held.as_ref().map(|(value, _)| value) != old.as_ref() => Ok(false),
                Ok(held) => self.hold(&key, Some((new, held.and_then(|(_, until)| until)))).await.map(|()| true),
                Err(why) => Err(why),
            });
        }
        let answer = self.keep(move |tx, id, now, quota| {
            if rows::get(tx, id, &key, now)? != old {
                return Ok(Ok(false));
            }
            let until = rows::expiry(tx, id, &key, now)?;
            Ok(put(tx, id, &key, &new, until, quota, now)?.map(|()| true))
        });
        Ok(answer.await)
    }

    async fn scan(&mut self, prefix: String, after: Option<String>, max: u32) -> Answer<Vec<(String, Vec<u8>)>> {
        self.count()?;
        let found = match self.list(&prefix, after.as_deref(), max.min(100)).await {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let mut room = SCAN;
        let fitting = found.into_iter().take_while(|(key, value)| {
            let size = key.len() + value.len();
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        });
        Ok(Ok(fitting.collect()))
    }
}
