//! Former versions of edited posts; the present one is the status itself.

use rusqlite::{Connection, Row, named_params};
use serde::{Deserialize, Serialize};

use super::Tx;
use super::polls::Poll;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{MediaId, StatusId};

/// One row of `status_edits`: how the post looked from `created_at` until its next version.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Edit {
    pub status_id: StatusId,
    pub created_at: Time,
    pub content: String,
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    /// The attachments of that version, with the descriptions that they had.
    pub media: Vec<(MediaId, Option<String>)>,
    /// The options of its poll.
    pub poll: Option<Vec<String>>,
}

/// The options of a poll, as an edit keeps them.
pub fn titles(poll: &Poll) -> Vec<String> {
    poll.options.iter().map(|option| option.title.clone()).collect()
}

#[derive(Serialize, Deserialize)]
struct Attached {
    id: i64,
    description: Option<String>,
}

impl Edit {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let media: String = row.get("media")?;
        let media: Vec<Attached> = serde_json::from_str(&media).unwrap_or_default();
        Ok(Self {
            status_id: row.get("status_id")?,
            created_at: row.get("created_at")?,
            content: row.get("content")?,
            text: row.get("text")?,
            spoiler_text: row.get("spoiler_text")?,
            sensitive: row.get("sensitive")?,
            poll: row.get::<_, Option<String>>("poll")?.and_then(|titles| serde_json::from_str(&titles).ok()),
            media: media.into_iter().map(|one| (MediaId(one.id), one.description)).collect(),
        })
    }
}

/// Keeps a former version; a second one of the same millisecond is dropped.
pub fn insert(tx: &Tx, edit: &Edit) -> Result<()> {
    let media: Vec<Attached> =
        edit.media.iter().map(|(id, description)| Attached { id: id.0, description: description.clone() }).collect();
    tx.prepare_cached(
        "INSERT INTO status_edits (status_id, created_at, content, text, spoiler_text, sensitive, media, poll)
         VALUES (:status, :created_at, :content, :text, :spoiler_text, :sensitive, :media, :poll) ON CONFLICT DO NOTHING",
    )?
    .execute(named_params! {
        ":status": edit.status_id, ":created_at": edit.created_at, ":content": edit.content, ":text": edit.text,
        ":spoiler_text": edit.spoiler_text, ":sensitive": edit.sensitive,
        ":media": serde_json::to_string(&media).unwrap_or_default(),
        ":poll": edit.poll.as_ref().map(|titles| serde_json::to_string(titles).unwrap_or_default()),
    })?;
    Ok(())
}

/// The former versions of the post, oldest first.
pub fn of(db: &Connection, status: StatusId) -> Result<Vec<Edit>> {
    let mut statement = db.prepare_cached(
        "SELECT status_id, created_at, content, text, spoiler_text, sensitive, media, poll FROM status_edits
         WHERE status_id = ?1 ORDER BY created_at",
    )?;
    let rows = statement.query_map([status], Edit::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn versions_come_back_oldest_first() {
        let world = World::new();
        let status = world.post(world.local("alice"), "now");
        let tx = world.tx();
        let version = |at, content: &str| Edit {
            status_id: status,
            created_at: Time(at),
            content: content.into(),
            text: content.into(),
            spoiler_text: String::new(),
            sensitive: true,
            media: vec![(MediaId(7), Some("a cat".into()))],
            poll: Some(vec!["tea".into()]),
        };
        insert(&tx, &version(20, "second")).expect("inserts");
        insert(&tx, &version(10, "first")).expect("inserts");
        assert_eq!(of(&tx, status).expect("reads"), [version(10, "first"), version(20, "second")]);
    }
}
