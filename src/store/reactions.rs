//! Emoji that people put under posts.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, EmojiId, StatusId};

/// One row of `reactions`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Reaction {
    pub id: i64,
    pub account_id: AccountId,
    pub status_id: StatusId,
    pub name: String,
    pub uri: String,
    /// Of a custom emoji.
    pub emoji_id: Option<EmojiId>,
}

/// Inserts the reaction; `false`: it was there already.
pub fn insert(tx: &Tx, reaction: &Reaction, now: Time) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO reactions (id, account_id, status_id, name, uri, emoji_id, created_at)
             VALUES (:id, :account, :status, :name, :uri, :emoji, :now) ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {
            ":id": reaction.id, ":account": reaction.account_id, ":status": reaction.status_id,
            ":name": reaction.name, ":uri": reaction.uri, ":emoji": reaction.emoji_id, ":now": now,
        })?;
    Ok(inserted > 0)
}

/// Removes the reaction and answers it; `None`: there was none.
pub fn delete(tx: &Tx, account: AccountId, status: StatusId, name: &str) -> Result<Option<Reaction>> {
    let mut statement = tx.prepare_cached(
        "DELETE FROM reactions WHERE account_id = ?1 AND status_id = ?2 AND name = ?3
         RETURNING id, account_id, status_id, name, uri, emoji_id",
    )?;
    Ok(statement.query_row(rusqlite::params![account, status, name], read).optional()?)
}

/// How many emoji `account` put under the post.
pub fn count(db: &Connection, account: AccountId, status: StatusId) -> Result<usize> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM reactions WHERE status_id = ?1 AND account_id = ?2")?;
    let count: i64 = statement.query_row(rusqlite::params![status, account], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The reaction whose activity has this id.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<Reaction>> {
    let mut statement =
        db.prepare_cached("SELECT id, account_id, status_id, name, uri, emoji_id FROM reactions WHERE uri = ?1")?;
    Ok(statement.query_row([uri], read).optional()?)
}

/// The custom emoji that somebody put under the post by this name.
pub fn emoji_called(db: &Connection, status: StatusId, name: &str) -> Result<Option<EmojiId>> {
    let mut statement = db.prepare_cached(
        "SELECT emoji_id FROM reactions WHERE status_id = ?1 AND name = ?2 AND emoji_id IS NOT NULL LIMIT 1",
    )?;
    Ok(statement.query_row(rusqlite::params![status, name], |row| row.get(0)).optional()?)
}

/// What stands under these posts, oldest first.
pub fn of_statuses(db: &Connection, statuses: &[StatusId]) -> Result<Vec<Reaction>> {
    let mut statement = db.prepare_cached(
        "SELECT r.id, r.account_id, r.status_id, r.name, r.uri, r.emoji_id
         FROM reactions r JOIN accounts a ON a.id = r.account_id WHERE r.status_id IN (SELECT value FROM json_each(?1)) AND a.suspended_at IS NULL ORDER BY r.id",
    )?;
    let rows = statement.query_map([json_list(statuses)], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Reaction> {
    Ok(Reaction {
        id: row.get("id")?,
        account_id: row.get("account_id")?,
        status_id: row.get("status_id")?,
        name: row.get("name")?,
        uri: row.get("uri")?,
        emoji_id: row.get("emoji_id")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn each_emoji_counts_once_per_person() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let status = world.post(alice, "hello");
        let tx = world.tx();
        let reaction = |id: i64, account, name: &str| Reaction {
            id,
            account_id: account,
            status_id: status,
            name: name.into(),
            uri: format!("https://b.example/{id}"),
            emoji_id: None,
        };
        for (id, account, name, new) in
            [(1, bob, "👍", true), (2, bob, "👍", false), (3, bob, "☕", true), (4, alice, "👍", true)]
        {
            assert_eq!(insert(&tx, &reaction(id, account, name), Time(1)).expect("inserts"), new);
        }
        assert_eq!(count(&tx, bob, status).expect("counts"), 2);
        assert_eq!(by_uri(&tx, "https://b.example/3").expect("reads"), Some(reaction(3, bob, "☕")));
        let names: Vec<String> = of_statuses(&tx, &[status]).expect("reads").into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["👍", "☕", "👍"]);
        assert_eq!(delete(&tx, bob, status, "☕").expect("deletes"), Some(reaction(3, bob, "☕")));
        assert_eq!(delete(&tx, bob, status, "☕").expect("deletes nothing"), None);
    }
}
