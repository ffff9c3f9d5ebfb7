//! When a server that failed is tried again, and when an activity is too old to be sent; pure.
//!
//! The clock belongs to the server, not to the activity: its oldest one is the probe for all. Spec: rules D4, D5.

use std::time::Duration;

use crate::clock::Time;
use crate::store::deliveries::{LONG_PATIENCE, PATIENCE, is_stubborn};
use crate::store::peers::Health;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Seconds until the next try after the first, second, … failure in a row; the last one repeats.
const STEPS: [u64; 9] = [30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY];
/// A server is dead after failing for this long …
const DEAD_AFTER: Duration = Duration::from_secs(7 * DAY);
/// … on at least this many distinct days (ours may have been off in between) …
const DEAD_DAYS: i64 = 4;
/// … and is then tried this often.
const DEAD_STEP: u64 = 7 * DAY;
/// The longest `Retry-After` that we honour.
const LONGEST_WISH: Duration = Duration::from_secs(DAY);
/// The health of a server after one more failure at `now`.
///
/// `wish` is its `Retry-After`; `fraction` (0 to 1, random) spreads the tries by a fifth to both sides.
pub fn after_failure(before: &Health, now: Time, wish: Option<Duration>, fraction: f64) -> Health {
    let fails = before.fails + 1;
    let failing_since = before.failing_since.unwrap_or(now);
    let same_day = before.last_failed_at.is_some_and(|last| last.midnight() == now.midnight());
    let failed_days = if before.fails > 0 && same_day { before.failed_days } else { before.failed_days + 1 };
    let dead = now.since(failing_since) >= DEAD_AFTER && failed_days >= DEAD_DAYS;
    let step = usize::try_from(fails - 1).unwrap_or(0).min(STEPS.len() - 1);
    let seconds = if dead { DEAD_STEP } else { STEPS[step] };
    let spread = Duration::from_secs_f64(seconds as f64 * (0.8 + 0.4 * fraction.clamp(0.0, 1.0)));
    let wait = spread.max(wish.unwrap_or_default().min(LONGEST_WISH));
    Health {
        fails,
        failing_since: Some(failing_since),
        failed_days,
        last_failed_at: Some(now),
        retry_at: Some(now.plus(wait)),
    }
}

/// Whether an activity of this kind, made at `created_at`, is no longer worth sending.
pub fn is_too_old(kind: &str, created_at: Time, now: Time) -> bool {
    now.since(created_at) > if is_stubborn(kind) { LONG_PATIENCE } else { PATIENCE }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOURS: i64 = 3_600_000;

    #[test]
    fn d4_a_failing_server_is_tried_less_and_less_often_then_daily_then_weekly() {
        // Failure 15 is not yet a week after the first.
        let expected =
            [30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200].into_iter().chain([86_400; 7]).chain([604_800; 2]);
        let mut health = Health::default();
        let mut now = Time(1_000 * HOURS);
        for (number, seconds) in expected.enumerate() {
            health = after_failure(&health, now, None, 0.5);
            let next = health.retry_at.expect("always set");
            assert_eq!(next.since(now).as_secs(), seconds, "after failure {}", number + 1);
            now = next;
        }
    }

    #[test]
    fn tries_are_spread_and_a_wish_is_honoured_up_to_a_day() {
        let now = Time(1_000 * HOURS);
        for (fails, wish, fraction, expected) in [
            (0, None, 0.0, 24),
            (0, None, 1.0, 36),
            (0, Some(5), 0.5, 30),
            (0, Some(120), 0.5, 120),
            (0, Some(1_000_000), 0.5, 86_400),
            (8, Some(60), 0.0, 69_120),
            (i64::from(i32::MAX), None, 0.5, 86_400),
        ] {
            let before = Health { fails, failing_since: Some(now), ..Health::default() };
            let health = after_failure(&before, now, wish.map(Duration::from_secs), fraction);
            assert_eq!(
                health.retry_at.map(|at| at.since(now).as_secs()),
                Some(expected),
                "{fails} {wish:?} {fraction}"
            );
        }
    }

    #[test]
    fn d5_a_week_of_failures_is_death_only_if_they_fell_on_four_days() {
        let now = Time(1_000 * HOURS);
        let week_ago = now.minus(DEAD_AFTER);
        for (days, last, weekly) in
            [(3, now.minus(Duration::from_secs(2 * DAY)), true), (3, now, false), (1, week_ago, false)]
        {
            let before = Health {
                fails: 9,
                failing_since: Some(week_ago),
                failed_days: days,
                last_failed_at: Some(last),
                retry_at: Some(now),
            };
            let wait = after_failure(&before, now, None, 0.5).retry_at.map(|at| at.since(now).as_secs());
            assert_eq!(wait, Some(if weekly { DEAD_STEP } else { DAY }), "{days} {last:?}");
        }
    }

    #[test]
    fn d5_some_kinds_are_tried_for_a_month() {
        let now = Time(10_000 * HOURS);
        for (kind, days, expected) in
            [("Create", 6, false), ("Create", 8, true), ("Undo", 8, false), ("Delete", 29, false), ("Move", 31, true)]
        {
            assert_eq!(is_too_old(kind, now.minus(Duration::from_secs(days * DAY)), now), expected, "{kind} {days}");
        }
    }
}
