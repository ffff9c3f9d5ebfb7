//! How the house's own types travel into and out of SQL.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

use crate::clock::Time;
use crate::ids::{
    AccountId, ActivityId, AnnouncementId, AppId, BlockId, BlockListId, CollectionId, CollectionItemId, ConversationId,
    EmojiId, FeaturedTagId, FilterId, FollowId, HeldId, InboxId, InviteId, KeptId, KeywordId, ListId, MediaId,
    NotificationId, PollId, RelayId, ReportId, ScheduledId, SeveranceId, StatusId, TagId, TokenId, WarningId,
};

macro_rules! as_integer {
    ($($name:ident),+) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    )+};
}

as_integer!(
    AccountId,
    ActivityId,
    AnnouncementId,
    AppId,
    CollectionId,
    CollectionItemId,
    BlockId,
    BlockListId,
    ConversationId,
    EmojiId,
    FeaturedTagId,
    FilterId,
    FollowId,
    InboxId,
    HeldId,
    InviteId,
    KeptId,
    KeywordId,
    ListId,
    MediaId,
    NotificationId,
    PollId,
    RelayId,
    ReportId,
    ScheduledId,
    SeveranceId,
    StatusId,
    TagId,
    TokenId,
    WarningId,
    Time
);

/// Lets an enum with `as_str` and `parse` be stored as text.
macro_rules! as_text {
    ($name:ty) => {
        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }
        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                Self::parse(value.as_str()?).ok_or(rusqlite::types::FromSqlError::InvalidType)
            }
        }
    };
}
pub(super) use as_text;

/// Ids as a JSON list, for `IN (SELECT value FROM json_each(:ids))`: one statement for any number of them.
pub(super) fn json_list<T: std::fmt::Display>(ids: &[T]) -> String {
    let ids: Vec<String> = ids.iter().map(T::to_string).collect();
    format!("[{}]", ids.join(","))
}
