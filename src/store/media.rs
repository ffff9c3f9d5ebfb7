//! Attachments: uploads of local people, and what we know of remote ones. The files themselves are the media folder's.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use serde::{Deserialize, Serialize};

use super::Tx;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, MediaId, StatusId};

/// One row of `media`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Media {
    pub id: MediaId,
    pub account_id: AccountId,
    pub status_id: Option<StatusId>,
    pub position: i64,
    /// `image`, `gifv`, `video`, `audio` or `unknown`.
    pub kind: String,
    pub mime: String,
    pub file: Option<String>,
    pub thumbnail: Option<String>,
    pub remote_url: Option<String>,
    pub description: Option<String>,
    pub blurhash: Option<String>,
    pub focus: Option<(f64, f64)>,
    pub width: Option<i64>,
    pub height: Option<i64>,
    pub small_width: Option<i64>,
    pub small_height: Option<i64>,
    pub size: Option<i64>,
    /// Only films and sounds have any.
    pub details: Option<Details>,
    pub created_at: Time,
}

/// What a film or a sound has besides a size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// In seconds.
    pub duration: Option<f64>,
    /// Frames in a second as a fraction, `30/1`.
    pub frame_rate: Option<String>,
    /// In bits a second.
    pub bitrate: Option<i64>,
    /// Of a sound's artwork: background, foreground and accent, `#rrggbb` each.
    pub colors: Option<[String; 3]>,
}

impl Media {
    /// Whether there is a file, here or elsewhere: an upload that is still being made has none.
    pub fn is_finished(&self) -> bool {
        self.file.is_some() || self.remote_url.is_some()
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let focus: (Option<f64>, Option<f64>) = (row.get("focus_x")?, row.get("focus_y")?);
        Ok(Self {
            id: row.get("id")?,
            account_id: row.get("account_id")?,
            status_id: row.get("status_id")?,
            position: row.get("position")?,
            kind: row.get("kind")?,
            mime: row.get("mime")?,
            file: row.get("file")?,
            thumbnail: row.get("thumbnail")?,
            remote_url: row.get("remote_url")?,
            description: row.get("description")?,
            blurhash: row.get("blurhash")?,
            focus: focus.0.zip(focus.1),
            width: row.get("width")?,
            height: row.get("height")?,
            small_width: row.get("small_width")?,
            small_height: row.get("small_height")?,
            size: row.get("size")?,
            // Written by ourselves; what cannot be read any more is no loss.
            details: row.get::<_, Option<String>>("details")?.and_then(|details| serde_json::from_str(&details).ok()),
            created_at: row.get("created_at")?,
        })
    }
}

const COLUMNS: &str = "id, account_id, status_id, position, kind, mime, file, thumbnail, remote_url, description, \
    blurhash, focus_x, focus_y, width, height, small_width, small_height, size, details, created_at";

/// Inserts the attachment as it is, `status_id` and `position` included.
pub fn insert(tx: &Tx, media: &Media) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO media (id, account_id, status_id, position, kind, mime, file, thumbnail, remote_url, description,
             blurhash, focus_x, focus_y, width, height, small_width, small_height, size, details, created_at)
         VALUES (:id, :account_id, :status_id, :position, :kind, :mime, :file, :thumbnail, :remote_url, :description,
             :blurhash, :focus_x, :focus_y, :width, :height, :small_width, :small_height, :size, :details,
             :created_at)",
    )?
    .execute(named_params! {
        ":id": media.id, ":account_id": media.account_id, ":status_id": media.status_id, ":position": media.position,
        ":kind": media.kind, ":mime": media.mime, ":file": media.file, ":thumbnail": media.thumbnail,
        ":remote_url": media.remote_url, ":description": media.description, ":blurhash": media.blurhash,
        ":focus_x": media.focus.map(|focus| focus.0), ":focus_y": media.focus.map(|focus| focus.1),
        ":width": media.width, ":height": media.height, ":small_width": media.small_width,
        ":small_height": media.small_height, ":size": media.size, ":details": json(media.details.as_ref()),
        ":created_at": media.created_at,
    })?;
    Ok(())
}

/// What became of an upload, once it is made.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "as in the table")]
pub struct Finished {
    pub kind: &'static str,
    pub mime: &'static str,
    pub file: String,
    pub size: i64,
    pub width: Option<i64>,
    pub height: Option<i64>,
    pub details: Details,
    /// File, width, height and blurhash of a preview.
    pub preview: Option<(String, i64, i64, String)>,
}

/// Gives an upload its file. A preview that the owner chose stays; the answer says whether ours is used. `None`: the
/// upload is gone.
pub fn finish(tx: &Tx, id: MediaId, made: &Finished) -> Result<Option<bool>> {
    let Some(before) = by_id(tx, id)? else { return Ok(None) };
    // Of an artwork that the owner chose.
    let colors = before.details.and_then(|details| details.colors);
    let details = Details { colors: colors.or(made.details.colors.clone()), ..made.details.clone() };
    tx.prepare_cached(
        "UPDATE media SET kind = :kind, mime = :mime, file = :file, size = :size, width = :width, height = :height,
             details = :details WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": id, ":kind": made.kind, ":mime": made.mime, ":file": made.file, ":size": made.size,
        ":width": made.width, ":height": made.height, ":details": json(Some(&details)),
    })?;
    match &made.preview {
        Some((file, width, height, blurhash)) if before.thumbnail.is_none() => {
            update_thumbnail(tx, id, file, (*width, *height), blurhash)?;
            Ok(Some(true))
        }
        _ => Ok(Some(false)),
    }
}

fn json(details: Option<&Details>) -> Option<String> {
    details.map(|details| serde_json::to_string(details).expect("plain data is JSON"))
}

/// Gives `media` to the post, in this order. Each must belong to `owner` and to no other post, or all is refused.
pub fn attach(tx: &Tx, status: StatusId, media: &[MediaId], owner: AccountId) -> Result<()> {
    for (position, id) in media.iter().enumerate() {
        let attached = tx
            .prepare_cached(
                "UPDATE media SET status_id = :status, position = :position
                 WHERE id = :id AND account_id = :owner AND (status_id IS NULL OR status_id = :status)
                     AND (file IS NOT NULL OR remote_url IS NOT NULL)",
            )?
            .execute(named_params! {
                ":status": status, ":position": position as i64, ":id": id, ":owner": owner,
            })?;
        if attached == 0 {
            return Err(Error::invalid("media_ids", "there is no such upload of yours that is still unused"));
        }
    }
    Ok(())
}

/// Takes all attachments from the post; they stay for reuse.
pub fn detach(tx: &Tx, status: StatusId) -> Result<()> {
    tx.prepare_cached("UPDATE media SET status_id = NULL, position = 0 WHERE status_id = ?1")?.execute([status])?;
    Ok(())
}

/// The attachments of the post, in order.
pub fn of_status(db: &Connection, status: StatusId) -> Result<Vec<Media>> {
    of_statuses(db, &[status])
}

/// The attachments of many posts, in order.
pub fn of_statuses(db: &Connection, statuses: &[StatusId]) -> Result<Vec<Media>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM media WHERE status_id IN (SELECT value FROM json_each(?1))
         ORDER BY status_id, position, id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(statuses)], Media::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The attachment with this id.
pub fn by_id(db: &Connection, id: MediaId) -> Result<Option<Media>> {
    let sql = format!("SELECT {COLUMNS} FROM media WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Media::from_row).optional()?)
}

/// The attachments with these ids, in no order; unknown ids are left out.
pub fn by_ids(db: &Connection, ids: &[MediaId]) -> Result<Vec<Media>> {
    let sql = format!("SELECT {COLUMNS} FROM media WHERE id IN (SELECT value FROM json_each(?1))");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(ids)], Media::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The upload with this id, if it is `owner`'s and no post uses it yet.
pub fn unattached_by_id(db: &Connection, id: MediaId, owner: AccountId) -> Result<Option<Media>> {
    Ok(by_id(db, id)?.filter(|media| media.account_id == owner && media.status_id.is_none()))
}

/// Sets the text for those who do not see it; `None` removes it.
pub fn update_description(tx: &Tx, id: MediaId, description: Option<&str>) -> Result<()> {
    tx.prepare_cached("UPDATE media SET description = ?2 WHERE id = ?1")?
        .execute(rusqlite::params![id, description])?;
    Ok(())
}

/// Sets the point that crops keep in sight: x to the right and y upwards, both from -1 to 1.
pub fn update_focus(tx: &Tx, id: MediaId, (x, y): (f64, f64)) -> Result<()> {
    tx.prepare_cached("UPDATE media SET focus_x = ?2, focus_y = ?3 WHERE id = ?1")?
        .execute(rusqlite::params![id, x, y])?;
    Ok(())
}

/// Replaces the preview by one that the owner chose.
pub fn update_thumbnail(tx: &Tx, id: MediaId, file: &str, (width, height): (i64, i64), blurhash: &str) -> Result<()> {
    tx.prepare_cached(
        "UPDATE media SET thumbnail = :file, small_width = :width, small_height = :height, blurhash = :blurhash
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": id, ":file": file, ":width": width, ":height": height, ":blurhash": blurhash,
    })?;
    Ok(())
}

/// Forgets the attachment; its files are the caller's care.
pub fn delete(tx: &Tx, id: MediaId) -> Result<()> {
    tx.prepare_cached("DELETE FROM media WHERE id = ?1")?.execute([id])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn an_upload_serves_one_post_of_its_owner() {
        let world = World::new();
        let (alice, carol) = (world.local("alice"), world.local("carol"));
        let (first, second) = (world.post(alice, "one"), world.post(alice, "two"));
        let tx = world.tx();
        let (one, two) = (world.image(alice), world.image(alice));
        assert!(attach(&tx, first, &[one], carol).is_err());
        attach(&tx, first, &[two, one], alice).expect("attaches");
        let order = |status| of_status(&tx, status).expect("reads").into_iter().map(|m| m.id).collect::<Vec<_>>();
        assert_eq!(order(first), [two, one]);
        assert!(attach(&tx, second, &[one], alice).is_err());
        assert_eq!(unattached_by_id(&tx, one, alice).expect("reads"), None);
        detach(&tx, first).expect("detaches");
        attach(&tx, second, &[one], alice).expect("attaches");
        assert_eq!((order(first), order(second)), (vec![], vec![one]));
    }
}
