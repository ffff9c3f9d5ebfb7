//! Private conversations: direct posts of one thread between the same people, as each of them keeps it.
//!
//! When a post goes, however it goes, a trigger moves its conversations back to the newest post that is left, and
//! removes those without any.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use super::sql::json_list;
use crate::error::Result;
use crate::ids::{AccountId, ConversationId, StatusId};

/// One row of `conversations`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Conversation {
    pub id: ConversationId,
    /// Without the owner.
    pub participants: Vec<AccountId>,
    pub last_status_id: StatusId,
    pub unread: bool,
}

impl Conversation {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let participants: String = row.get("participants")?;
        let participants: Vec<i64> = serde_json::from_str(&participants).unwrap_or_default();
        Ok(Self {
            id: row.get("id")?,
            participants: participants.into_iter().map(AccountId).collect(),
            last_status_id: row.get("last_status_id")?,
            unread: row.get("unread")?,
        })
    }
}

/// Adds `status` to the conversation of `account` with `others` (in order of id) in `thread`, which begins with `id` if
/// there is none; answers its id.
pub fn add(
    tx: &Tx,
    id: ConversationId,
    account: AccountId,
    thread: &str,
    others: &[AccountId],
    status: StatusId,
    unread: bool,
) -> Result<ConversationId> {
    let id = tx
        .prepare_cached(
            "INSERT INTO conversations (id, account_id, thread, participants, last_status_id, unread)
             VALUES (:id, :account, :thread, :others, :status, :unread)
             ON CONFLICT (account_id, thread, participants) DO UPDATE SET
                 last_status_id = max(last_status_id, :status), unread = :unread
             RETURNING id",
        )?
        .query_row(
            named_params! {
                ":id": id, ":account": account, ":thread": thread, ":others": json_list(others), ":status": status,
                ":unread": unread,
            },
            |row| row.get(0),
        )?;
    tx.prepare_cached(
        "INSERT INTO conversation_statuses (conversation_id, status_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute(rusqlite::params![id, status])?;
    Ok(id)
}

/// The thread of `account`'s conversation in which `status` stands.
pub fn thread_of(db: &Connection, account: AccountId, status: StatusId) -> Result<Option<String>> {
    let mut statement = db.prepare_cached(
        "SELECT c.thread FROM conversation_statuses x CROSS JOIN conversations c ON c.id = x.conversation_id
         WHERE x.status_id = ?1 AND c.account_id = ?2 LIMIT 1",
    )?;
    Ok(statement.query_row(rusqlite::params![status, account], |row| row.get(0)).optional()?)
}

/// `account`'s conversations, the one with the latest post first; cursors are the ids of these posts.
pub fn of(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<Conversation>> {
    let mut statement = db.prepare_cached(&of_sql(page))?;
    let rows = statement.query_map(
        named_params! {":account": account, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        Conversation::from_row,
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

pub(super) fn of_sql(page: &Page) -> String {
    format!(
        "SELECT id, participants, last_status_id, unread FROM conversations
         WHERE account_id = :account AND last_status_id < :below AND last_status_id > :above
         ORDER BY last_status_id {} LIMIT :limit",
        page.order()
    )
}

/// `account`'s conversation with this id.
pub fn by_id(db: &Connection, account: AccountId, id: ConversationId) -> Result<Option<Conversation>> {
    let mut statement = db.prepare_cached(
        "SELECT id, participants, last_status_id, unread FROM conversations WHERE id = ?1 AND account_id = ?2",
    )?;
    Ok(statement.query_row(rusqlite::params![id, account], Conversation::from_row).optional()?)
}

/// Marks a conversation as read or unread.
pub fn mark(tx: &Tx, id: ConversationId, unread: bool) -> Result<()> {
    tx.prepare_cached("UPDATE conversations SET unread = ?2 WHERE id = ?1")?.execute(rusqlite::params![id, unread])?;
    Ok(())
}

/// Forgets a conversation; its posts stay.
pub fn delete(tx: &Tx, id: ConversationId) -> Result<()> {
    tx.prepare_cached("DELETE FROM conversations WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Forgets all conversations of `account` in which `other` takes part, for blocks.
pub fn delete_with(tx: &Tx, account: AccountId, other: AccountId) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM conversations WHERE account_id = ?1
           AND EXISTS (SELECT 1 FROM json_each(participants) WHERE value = ?2)",
    )?
    .execute([account, other])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::statuses;
    use crate::store::testing::World;

    #[test]
    fn a_conversation_falls_back_to_what_is_left_of_it() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let (one, two) = (world.post(bob, "one"), world.post(alice, "two"));
        let tx = world.tx();
        let add = |status, unread| {
            let id = ConversationId(world.next());
            super::add(&tx, id, alice, "t", &[bob], status, unread).expect("adds")
        };
        let id = add(one, true);
        assert_eq!(add(two, false), id);
        let seen = || by_id(&tx, alice, id).expect("reads");
        let last = |status, unread| Some(Conversation { id, participants: vec![bob], last_status_id: status, unread });
        assert_eq!(seen(), last(two, false));
        assert_eq!(thread_of(&tx, alice, one).expect("reads").as_deref(), Some("t"));
        let row = statuses::by_id(&tx, two).expect("reads").expect("exists");
        statuses::delete(&tx, &row).expect("deletes");
        assert_eq!(seen(), last(one, false));
        let row = statuses::by_id(&tx, one).expect("reads").expect("exists");
        statuses::delete(&tx, &row).expect("deletes");
        assert_eq!(seen(), None);
    }
}
