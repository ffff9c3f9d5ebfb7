//! Time, passed in: the only place that reads the wall clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::{Deserialize, Serialize};

/// 1 August 2026: nobody runs this program before it was written.
const WRITTEN: Time = Time(1_785_542_400_000);
/// 1 January 2100.
const END: Time = Time(4_102_444_800_000);

/// A moment: milliseconds since 1970 UTC. Stored as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// `2026-08-07T14:02:35.000Z`, the form of the Mastodon API and of our wire.
    pub fn rfc3339(self) -> String {
        format!("{:.3}", self.timestamp())
    }

    /// The day alone, `2026-08-07`.
    pub fn date(self) -> String {
        self.rfc3339()[..10].to_owned()
    }

    /// Midnight UTC of the same day.
    pub fn midnight(self) -> Self {
        Self(self.0 - self.0.rem_euclid(86_400_000))
    }

    /// `Fri, 07 Aug 2026 14:02:35 GMT`, for HTTP headers. Spec: RFC 9110 §5.6.7
    pub fn http_date(self) -> String {
        rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&self.timestamp()).unwrap_or_default()
    }

    /// Reads an HTTP date header; `None` when it is none.
    pub fn from_http_date(text: &str) -> Option<Self> {
        let timestamp = rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
        Some(Self(timestamp.as_millisecond()))
    }

    /// Reads RFC 3339 with any offset or fraction, and tolerates a missing `Z` (rule J9), or the form of mail and HTTP.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let parsed = text.parse::<Timestamp>().or_else(|_| format!("{text}Z").parse());
        parsed.ok().map(|timestamp| Self(timestamp.as_millisecond())).or_else(|| Self::from_http_date(text))
    }

    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Whether a clock that shows this can be right: a box without a battery starts in 1970 until it has asked the time,
    /// and others refuse what it signs until then. Rule V5
    pub fn is_plausible(self) -> bool {
        (WRITTEN..END).contains(&self)
    }

    /// This moment plus `by`, without overflow.
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This moment minus `by`, without overflow.
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long `earlier` is ago; zero when it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// The clock everybody asks; a test holds its hands.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's own clock.
    #[default]
    System,
    /// Stands still until [`Clock::advance`].
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at `start`.
    pub fn manual(start: Time) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.0)))
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        match self {
            Self::System => Time(Timestamp::now().as_millisecond()),
            Self::Manual(now) => Time(now.load(Ordering::Relaxed)),
        }
    }

    /// Moves a manual clock on; the system clock ignores it.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(now) = self {
            now.fetch_add(i64::try_from(by.as_millis()).unwrap_or(0), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v5_a_clock_that_was_never_set_is_noticed() {
        for (date, expected) in [
            ("1970-01-01T00:10:00Z", false),
            ("2026-07-31T23:59:59Z", false),
            ("2026-08-01T00:00:00Z", true),
            ("2036-01-01T00:00:00Z", true),
            ("2100-01-01T00:00:00Z", false),
        ] {
            assert_eq!(Time::parse(date).is_some_and(Time::is_plausible), expected, "{date}");
        }
    }

    #[test]
    fn j9_q11_dates_are_read_tolerantly_and_written_strictly() {
        for (given, expected) in [
            ("2026-08-07T14:02:35Z", Some("2026-08-07T14:02:35.000Z")),
            ("2026-08-07T14:02:35.123456+09:00", Some("2026-08-07T05:02:35.123Z")),
            ("2026-08-07T14:02:35", Some("2026-08-07T14:02:35.000Z")),
            // Friendica wrote dates as its database does, and others as mail does.
            ("2026-08-07 14:02:35", Some("2026-08-07T14:02:35.000Z")),
            ("2026-08-07T14:02:35+0000", Some("2026-08-07T14:02:35.000Z")),
            ("Fri, 07 Aug 2026 14:02:35 +0000", Some("2026-08-07T14:02:35.000Z")),
            ("yesterday", None),
        ] {
            assert_eq!(Time::parse(given).map(Time::rfc3339).as_deref(), expected, "{given}");
        }
        let http = Time(1_786_111_355_000).http_date();
        assert_eq!(http, "Fri, 07 Aug 2026 14:02:35 GMT");
        assert_eq!(Time::from_http_date(&http), Some(Time(1_786_111_355_000)));
    }
}
