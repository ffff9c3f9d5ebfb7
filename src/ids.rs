//! Ids: 63 bits, `milliseconds << 16` plus 16 random bits, always greater than this process's last one.
//!
//! Clients sort them as numbers, so they are printed as decimal strings. They are never counters: a restored backup
//! cannot hand out an id that the network already knows.

use std::sync::Mutex;

use crate::clock::Time;
use crate::random::Random;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        // As written: a decimal number in a string.
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "Id".into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "pattern": "^-?[0-9]+$"})
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// An account, local or remote.
    AccountId;
    /// A post or a boost.
    StatusId;
    /// A media attachment.
    MediaId;
    /// A post for later.
    ScheduledId;
    /// A poll.
    PollId;
    /// A notification.
    NotificationId;
    /// A follow or follow request.
    FollowId;
    /// A hashtag.
    TagId;
    /// A filter of words and posts.
    FilterId;
    /// A word of a filter.
    KeywordId;
    /// A post in a filter.
    KeptId;
    /// A list of followed people.
    ListId;
    /// A private conversation as one of its people keeps it.
    ConversationId;
    /// A collection of people.
    CollectionId;
    /// Somebody in a collection.
    CollectionItemId;
    /// A hashtag on a profile.
    FeaturedTagId;
    /// A custom emoji.
    EmojiId;
    /// A rule about a domain, an address or an e-mail address.
    BlockId;
    /// A list of servers to block.
    BlockListId;
    /// A relay.
    RelayId;
    /// An announcement of this server.
    AnnouncementId;
    /// An OAuth application.
    AppId;
    /// An OAuth access token.
    TokenId;
    /// An outgoing activity, stored once for all its deliveries.
    ActivityId;
    /// Something in the review queue.
    HeldId;
    /// An invitation to join.
    InviteId;
    /// A received activity in the inbox queue.
    InboxId;
    /// A report about somebody.
    ReportId;
    /// What moderators did to somebody, as they are told.
    WarningId;
    /// Follows that ended without either side's doing.
    SeveranceId;
}

/// Makes ids.
#[derive(Debug)]
pub struct Ids {
    random: Random,
    last: Mutex<i64>,
}

impl Ids {
    /// A maker that draws its random bits from `random`.
    pub fn new(random: Random) -> Self {
        Self { random, last: Mutex::new(0) }
    }

    /// The next id for something that arrives now; greater than every id before it.
    pub fn next<T: From<i64>>(&self, now: Time) -> T {
        let candidate = self.scattered(now);
        let mut last = self.last.lock().expect("no holder panics");
        *last = candidate.max(*last + 1);
        T::from(*last)
    }

    /// An id that sorts by `published`, for posts that were fetched or imported rather than delivered.
    pub fn past<T: From<i64>>(&self, published: Time) -> T {
        T::from(self.scattered(published))
    }

    fn scattered(&self, at: Time) -> i64 {
        let ms = at.0.clamp(0, (1 << 46) - 1);
        (ms << 16) | i64::from(self.random.u64() as u16)
    }
}

/// When an id was made (or, for fetched posts, published).
pub fn time_of(id: i64) -> Time {
    Time(id >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_stands_still_or_goes_back() {
        let ids = Ids::new(Random::seeded(1));
        let mut last = 0;
        for at in [5_000, 5_000, 4_000, 4_000, 6_000] {
            let StatusId(id) = ids.next(Time(at));
            assert!(id > last);
            last = id;
        }
        assert_eq!(time_of(last), Time(6_000));
    }
}
