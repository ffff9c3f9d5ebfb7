//! A bot's memory while it handles an event: what it writes lies over what is stored, and is stored when all of it is.

use super::bot::Kept;
use super::host::State;
use super::v1_0::bindings::nagaya::plugin::types::Failure;
use crate::clock::Time;
use crate::error::Error;
use crate::store::plugin_kv as rows;

fn broken(error: Error) -> Failure {
    Failure::Unavailable(error.to_string())
}

impl State {
    /// What the key holds now, as the bot sees it.
    pub(super) async fn held(&self, key: &str) -> Result<Kept, Failure> {
        let now = self.facts.clock.now();
        if let Some(kept) = self.bot.as_deref().and_then(|bot| bot.kv.get(key)) {
            let over = |until: &Option<Time>| until.is_some_and(|until| until <= now);
            return Ok(kept.clone().filter(|(_, until)| !over(until)));
        }
        let (id, key) = (self.facts.id.clone(), key.to_owned());
        let read = self.facts.store.read(move |db| {
            let Some(value) = rows::get(db, &id, &key, now)? else { return Ok(None) };
            Ok(Some((value, rows::expiry(db, &id, &key, now)?)))
        });
        read.await.map_err(broken)
    }

    /// Writes or deletes a key, within the quota.
    pub(super) async fn hold(&mut self, key: &str, kept: Kept) -> Result<(), Failure> {
        let before = self.held(key).await?;
        let weight = |kept: &Kept| kept.as_ref().map_or((0, 0), |(value, _)| ((key.len() + value.len()) as i64, 1));
        let (old, new) = (weight(&before), weight(&kept));
        let holds = match self.bot.as_deref().and_then(|bot| bot.holds) {
            Some(holds) => holds,
            None => {
                let (id, now) = (self.facts.id.clone(), self.facts.clock.now());
                let used = self.facts.store.read(move |db| rows::used_now(db, &id, now)).await.map_err(broken)?;
                (used.bytes, used.keys)
            }
        };
        let quota = self.facts.limits.kv;
        let after = (holds.0 - old.0 + new.0, holds.1 - old.1 + new.1);
        if kept.is_some() && (after.0 > quota.bytes || after.1 > quota.keys) {
            return Err(Failure::Limit(format!(
                "the plugin keeps {} bytes and {} keys at most",
                quota.bytes, quota.keys
            )));
        }
        if let Some(bot) = self.bot.as_deref_mut() {
            bot.holds = Some(after);
            bot.kv.insert(key.to_owned(), kept);
        }
        Ok(())
    }

    /// Keys with this beginning that come after `after`, in order.
    pub(super) async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        max: u32,
    ) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let (id, now) = (self.facts.id.clone(), self.facts.clock.now());
        let empty = std::collections::BTreeMap::new();
        let over = self.bot.as_deref().map_or(&empty, |bot| &bot.kv);
        let mine = |key: &String| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after);
        // Every key that was written may hide a stored one.
        let most = max.saturating_add(u32::try_from(over.keys().filter(|key| mine(key)).count()).unwrap_or(u32::MAX));
        let (asked, from) = (prefix.to_owned(), after.map(str::to_owned));
        let stored = self.facts.store.read(move |db| rows::scan(db, &id, &asked, from.as_deref(), most, now)).await;
        let mut found: std::collections::BTreeMap<String, Vec<u8>> = stored.map_err(broken)?.into_iter().collect();
        for (key, kept) in over.iter().filter(|(key, _)| mine(key)) {
            match kept {
                Some((value, until)) if until.is_none_or(|until| until > now) => {
                    found.insert(key.clone(), value.clone());
                }
                _ => {
                    found.remove(key);
                }
            }
        }
        Ok(found.into_iter().take(max as usize).collect())
    }
}
