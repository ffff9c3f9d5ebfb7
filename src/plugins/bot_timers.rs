//! A bot's alarm clocks: `timers` of the contract. They are gathered like all else, and set later.

use std::time::Duration;

use super::bot_host::limit;
use super::host::State;
use super::v1_0::bindings::nagaya::plugin::timers;
use super::v1_0::bindings::nagaya::plugin::types::{Failure, Ts};
use crate::clock::Time;

type Answer<T> = wasmtime::Result<Result<T, Failure>>;

/// Alarms at once.
pub(super) const TIMERS: usize = 16;
/// The earliest alarm.
const SOONEST: Duration = Duration::from_secs(60);
/// Bytes of an alarm's payload, and of its name.
pub(super) const PAYLOAD: usize = 4 * 1024;
const NAME: usize = 64;

impl timers::Host for State {
    fn set(&mut self, name: String, at: Ts, payload: Vec<u8>) -> Answer<()> {
        self.count()?;
        let soonest = self.facts.clock.now().plus(SOONEST);
        let Some(bot) = self.bot.as_deref_mut() else { return Ok(Err(Failure::Denied("timers are for bots".into()))) };
        if name.is_empty() || name.len() > NAME {
            return Ok(Err(Failure::Invalid(format!("a timer's name has 1 to {NAME} bytes"))));
        }
        if payload.len() > PAYLOAD {
            return Ok(Err(limit(&format!("{PAYLOAD} bytes of payload"))));
        }
        let cancelled = |name: &String| bot.timers.get(name).is_some_and(Option::is_none);
        let before = bot.caller.timers.iter().filter(|known| !cancelled(known)).count();
        let added =
            bot.timers.iter().filter(|(known, alarm)| alarm.is_some() && !bot.caller.timers.contains(known)).count();
        let new =
            (!bot.caller.timers.contains(&name) || cancelled(&name)) && !matches!(bot.timers.get(&name), Some(Some(_)));
        if new && before + added >= TIMERS {
            return Ok(Err(limit(&format!("{TIMERS} timers"))));
        }
        let at = Time(i64::try_from(at).unwrap_or(i64::MAX)).max(soonest);
        bot.timers.insert(name, Some((at, payload)));
        Ok(Ok(()))
    }

    fn cancel(&mut self, name: String) -> Answer<()> {
        self.count()?;
        let Some(bot) = self.bot.as_deref_mut() else { return Ok(Err(Failure::Denied("timers are for bots".into()))) };
        bot.timers.insert(name, None);
        Ok(Ok(()))
    }
}
