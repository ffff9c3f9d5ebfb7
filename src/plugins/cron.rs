//! Calendars: five fields (minute, hour, day of the month, month, day of the week) in UTC. Pure.
//!
//! A field is `*`, a number, a range `a-b`, any of these with a step `/n`, or a list of such with commas. Days of the week go
//! from 0 (Sunday) to 7 (Sunday too). When both kinds of days are restricted, either is enough, as cron has always had it.

use crate::clock::Time;

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;
/// How far ahead the next time is looked for: beyond every leap year that is left out.
const DAYS: i64 = 9 * 366;

/// When an entry of a calendar is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

impl Calendar {
    /// Reads the five fields; the error says what is wrong.
    pub fn parse(spec: &str) -> Result<Self, String> {
        let fields: Vec<&str> = spec.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(format!("{spec:?} has {} fields instead of five", fields.len()));
        };
        let mut weekdays = field(weekday, 0, 7)?;
        if weekdays & (1 << 7) != 0 {
            weekdays |= 1;
        }
        let calendar = Self {
            minutes: field(minute, 0, 59)?,
            hours: field(hour, 0, 23)?,
            days: field(day, 1, 31)?,
            months: field(month, 1, 12)?,
            weekdays,
            any_day: day.starts_with('*'),
            any_weekday: weekday.starts_with('*'),
        };
        match calendar.next(Time(0)) {
            Some(_) => Ok(calendar),
            None => Err(format!("{spec:?} never comes")),
        }
    }

    /// The first moment after `after`; `None`: never.
    pub fn next(&self, after: Time) -> Option<Time> {
        let from = (after.0.div_euclid(MINUTE) + 1) * MINUTE;
        let today = from.div_euclid(DAY);
        for day in today..today + DAYS {
            if !self.covers(day) {
                continue;
            }
            let first = if day == today { from.rem_euclid(DAY) / MINUTE } else { 0 };
            let minute = (first..1_440).find(|minute| has(self.hours, minute / 60) && has(self.minutes, minute % 60));
            if let Some(minute) = minute {
                return Some(Time(day * DAY + minute * MINUTE));
            }
        }
        None
    }

    fn covers(&self, days_since_1970: i64) -> bool {
        let (month, day) = civil(days_since_1970);
        // 1 January 1970 was a Thursday.
        let weekday = (days_since_1970 + 4).rem_euclid(7);
        let (of_month, of_week) = (has(self.days, day), has(self.weekdays, weekday));
        let fits = match (self.any_day, self.any_weekday) {
            (false, false) => of_month || of_week,
            _ => of_month && of_week,
        };
        has(self.months, month) && fits
    }
}

fn has(set: u64, number: i64) -> bool {
    set & (1 << number) != 0
}

/// The numbers that a field names, as bits.
fn field(text: &str, least: u32, most: u32) -> Result<u64, String> {
    let mut set = 0;
    for part in text.split(',') {
        let wrong = || format!("{part:?} is not within {least}-{most}");
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| (least..=most).contains(number));
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|step| *step > 0).ok_or_else(wrong)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (number(from).ok_or_else(wrong)?, number(to).ok_or_else(wrong)?),
            None => {
                let one = number(range).ok_or_else(wrong)?;
                (one, if part.contains('/') { most } else { one })
            }
        };
        if from > to {
            return Err(wrong());
        }
        for number in (from..=to).step_by(step as usize) {
            set |= 1 << number;
        }
    }
    Ok(set)
}

/// Month and day of the month, after Howard Hinnant.
fn civil(days_since_1970: i64) -> (i64, i64) {
    let shifted = days_since_1970 + 719_468;
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    (if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 }, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(spec: &str, after: &str) -> String {
        let after = Time::parse(after).expect("a time");
        Calendar::parse(spec).expect(spec).next(after).expect("comes").rfc3339()[..16].to_owned()
    }

    #[test]
    fn the_next_time_is_the_first_that_fits() {
        for (spec, after, expected) in [
            ("*/15 * * * *", "2026-08-07T14:02:35Z", "2026-08-07T14:15"),
            ("*/15 * * * *", "2026-08-07T14:15:00Z", "2026-08-07T14:30"),
            ("0 9 * * *", "2026-08-07T14:02:35Z", "2026-08-08T09:00"),
            ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59"),
            ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00"),
            // 2026-08-07 is a Friday.
            ("30 6 * * 5", "2026-08-07T06:29:59Z", "2026-08-07T06:30"),
            ("30 6 * * 5", "2026-08-07T06:30:00Z", "2026-08-14T06:30"),
            ("0 12 * * 7", "2026-08-07T00:00:00Z", "2026-08-09T12:00"),
            ("0 0 1 * 1", "2026-08-07T00:00:00Z", "2026-08-10T00:00"),
            ("5,10-12,50/5 3 * 1-3 *", "2026-08-07T00:00:00Z", "2027-01-01T03:05"),
            ("5,10-12,50/5 3 * 1-3 *", "2027-01-01T03:12:00Z", "2027-01-01T03:50"),
        ] {
            assert_eq!(next(spec, after), expected, "{spec}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for spec in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *",
            "a * * * *",
            "1- * * * *",
            "0 0 31 2 *",
            "-1 * * * *",
            "1,,2 * * * *",
        ] {
            assert!(Calendar::parse(spec).is_err(), "{spec}");
        }
    }
}
