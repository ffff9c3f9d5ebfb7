//! Hashtags. The normalised name identifies a tag; the display name is how it was first written.

use rusqlite::{Connection, OptionalExtension, Row};

use super::Tx;
use super::sql::json_list;
use crate::error::Result;
use crate::ids::{StatusId, TagId};

/// One row of `tags`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    pub display_name: String,
}

impl Tag {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get("id")?, name: row.get("name")?, display_name: row.get("display_name")? })
    }
}

/// Gives the post these tags: normalised name and the form in which it was written. Unseen tags are made.
pub fn attach(tx: &Tx, status: StatusId, tags: &[(String, String)]) -> Result<()> {
    for (name, display_name) in tags {
        tx.prepare_cached("INSERT INTO tags (name, display_name) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING")?
            .execute([name, display_name])?;
        tx.prepare_cached(
            "INSERT INTO status_tags (tag_id, status_id) SELECT id, ?2 FROM tags WHERE name = ?1
                 AND NOT EXISTS (SELECT 1 FROM tag_reviews r WHERE r.tag_id = tags.id AND NOT r.usable)
             ON CONFLICT DO NOTHING",
        )?
        .execute(rusqlite::params![name, status])?;
    }
    Ok(())
}

/// The tag with this normalised name, made if there is none.
pub fn ensure(tx: &Tx, name: &str, display_name: &str) -> Result<Tag> {
    tx.prepare_cached("INSERT INTO tags (name, display_name) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING")?
        .execute([name, display_name])?;
    by_name(tx, name)?.ok_or(crate::error::Error::NotFound("tag"))
}

/// Makes these the post's only tags.
pub fn replace(tx: &Tx, status: StatusId, tags: &[(String, String)]) -> Result<()> {
    tx.prepare_cached("DELETE FROM status_tags WHERE status_id = ?1")?.execute([status])?;
    attach(tx, status, tags)
}

/// The tag with this normalised name.
pub fn by_name(db: &Connection, name: &str) -> Result<Option<Tag>> {
    let mut statement = db.prepare_cached("SELECT id, name, display_name FROM tags WHERE name = ?1")?;
    Ok(statement.query_row([name], Tag::from_row).optional()?)
}

/// The tags of one post.
pub fn of(db: &Connection, status: StatusId) -> Result<Vec<Tag>> {
    Ok(of_statuses(db, &[status])?.into_iter().map(|(_, tag)| tag).collect())
}

/// The tags of many posts.
pub fn of_statuses(db: &Connection, statuses: &[StatusId]) -> Result<Vec<(StatusId, Tag)>> {
    let mut statement = db.prepare_cached(
        "SELECT st.status_id, t.id, t.name, t.display_name FROM status_tags st JOIN tags t ON t.id = st.tag_id
         WHERE st.status_id IN (SELECT value FROM json_each(?1)) ORDER BY st.status_id, t.id",
    )?;
    let rows = statement.query_map([json_list(statuses)], |row| Ok((row.get(0)?, Tag::from_row(row)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    fn pair(name: &str, display: &str) -> (String, String) {
        (name.to_owned(), display.to_owned())
    }

    #[test]
    fn the_first_writing_of_a_tag_is_kept_and_an_edit_replaces_all() {
        let world = World::new();
        let status = world.post(world.local("alice"), "hello");
        let tx = world.tx();
        attach(&tx, status, &[pair("cats", "Cats"), pair("cats", "CATS"), pair("dogs", "dogs")]).expect("attaches");
        assert_eq!(by_name(&tx, "cats").expect("reads").expect("exists").display_name, "Cats");
        assert_eq!(of(&tx, status).expect("reads").len(), 2);
        replace(&tx, status, &[pair("dogs", "Dogs")]).expect("replaces");
        assert_eq!(of(&tx, status).expect("reads").into_iter().map(|tag| tag.name).collect::<Vec<_>>(), ["dogs"]);
    }
}
