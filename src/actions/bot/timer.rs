//! Alarms that go off become events. One that was missed while the server was down goes off once.

use std::time::Duration;

use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::plugins::cron::Calendar;
use crate::store::Tx;
use crate::store::bot_events::{self, New};
use crate::store::bot_timers::{self, Timer};

/// Alarms of one write.
const STEP: usize = 100;

/// Puts the alarms whose time has come into the mailboxes; answers how many.
pub async fn fire(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let due = app.store.read(move |db| bot_timers::due(db, now, STEP)).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let deed = app.clone();
    app.store
        .write(move |tx| {
            let count = due.len();
            for timer in due {
                write(tx, &deed, timer, now)?;
            }
            Ok(count)
        })
        .await
}

fn write(tx: &Tx, app: &App, timer: Timer, now: Time) -> Result<()> {
    let next = timer.cron.as_deref().and_then(|spec| Calendar::parse(spec).ok()).and_then(|days| days.next(now));
    let new = New { kind: "timer".into(), name: timer.name.clone(), payload: timer.payload.clone(), ..New::default() };
    match next {
        Some(next) => {
            let at = jittered(app, next, timer.jitter);
            bot_timers::set(tx, &Timer { at, ..timer.clone() })?;
            // The bot did not get round to the last one: once is enough.
            if bot_events::alarm_waits(tx, &timer.plugin_id, &timer.name)? {
                return Ok(());
            }
        }
        None => bot_timers::cancel(tx, &timer.plugin_id, &timer.name)?,
    }
    bot_events::put_alarm(tx, &timer.plugin_id, &new, now)
}

/// Somewhat later, at random.
pub(super) fn jittered(app: &App, at: Time, jitter_s: u32) -> Time {
    at.plus(Duration::from_millis((app.random.fraction() * f64::from(jitter_s) * 1_000.0) as u64))
}
