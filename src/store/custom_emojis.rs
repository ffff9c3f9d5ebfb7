//! Custom emoji: ours, and those of other servers that we have seen.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::EmojiId;

/// One row of `custom_emojis`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct CustomEmoji {
    pub id: EmojiId,
    pub shortcode: String,
    /// `None`: ours.
    pub domain: Option<String>,
    pub file: Option<String>,
    pub static_file: Option<String>,
    pub remote_url: Option<String>,
    pub category: Option<String>,
    pub visible_in_picker: bool,
    pub disabled: bool,
    pub updated_at: Time,
}

impl CustomEmoji {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            shortcode: row.get("shortcode")?,
            domain: row.get("domain")?,
            file: row.get("file")?,
            static_file: row.get("static_file")?,
            remote_url: row.get("remote_url")?,
            category: row.get("category")?,
            visible_in_picker: row.get("visible_in_picker")?,
            disabled: row.get("disabled")?,
            updated_at: row.get("updated_at")?,
        })
    }

    /// As it is called under posts: `blobcat`, or `blobcat@b.example` when it is not ours.
    pub fn name(&self) -> String {
        match &self.domain {
            None => self.shortcode.clone(),
            Some(domain) => format!("{}@{domain}", self.shortcode),
        }
    }
}

const COLUMNS: &str =
    "id, shortcode, domain, file, static_file, remote_url, category, visible_in_picker, disabled, updated_at";

/// Inserts the emoji, or puts it in the place of the one with its name; that one's id stays.
pub fn upsert(tx: &Tx, emoji: &CustomEmoji) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO custom_emojis (id, shortcode, domain, file, static_file, remote_url, category, visible_in_picker,
             disabled, updated_at)
         VALUES (:id, :shortcode, :domain, :file, :static_file, :remote_url, :category, :visible, :disabled, :updated_at)
         ON CONFLICT (shortcode, coalesce(domain, '')) DO UPDATE SET file = :file, static_file = :static_file,
             remote_url = :remote_url, category = :category, visible_in_picker = :visible, disabled = :disabled,
             updated_at = :updated_at",
    )?
    .execute(named_params! {
        ":id": emoji.id, ":shortcode": emoji.shortcode, ":domain": emoji.domain, ":file": emoji.file,
        ":static_file": emoji.static_file, ":remote_url": emoji.remote_url, ":category": emoji.category,
        ":visible": emoji.visible_in_picker, ":disabled": emoji.disabled, ":updated_at": emoji.updated_at,
    })?;
    Ok(())
}

/// Keeps where the picture of another server's emoji lies. An unchanged one is not written.
pub fn learn(tx: &Tx, id: EmojiId, shortcode: &str, domain: &str, url: &str, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO custom_emojis (id, shortcode, domain, remote_url, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (shortcode, coalesce(domain, '')) DO UPDATE SET remote_url = ?4, updated_at = ?5
         WHERE remote_url IS NOT ?4",
    )?
    .execute(rusqlite::params![id, shortcode, domain, url, now])?;
    Ok(())
}

/// Removes the emoji with all reactions of its kind.
pub fn delete(tx: &Tx, id: EmojiId) -> Result<()> {
    tx.prepare_cached("DELETE FROM custom_emojis WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The emoji with this id.
pub fn by_id(db: &Connection, id: EmojiId) -> Result<Option<CustomEmoji>> {
    let sql = format!("SELECT {COLUMNS} FROM custom_emojis WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], CustomEmoji::from_row).optional()?)
}

/// The emoji with these ids, in no order.
pub fn by_ids(db: &Connection, ids: &[EmojiId]) -> Result<Vec<CustomEmoji>> {
    let sql = format!("SELECT {COLUMNS} FROM custom_emojis WHERE id IN (SELECT value FROM json_each(?1))");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(ids)], CustomEmoji::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The emoji called `shortcode` of `domain` (`None`: ours).
pub fn by_name(db: &Connection, shortcode: &str, domain: Option<&str>) -> Result<Option<CustomEmoji>> {
    let sql =
        format!("SELECT {COLUMNS} FROM custom_emojis WHERE shortcode = ?1 AND coalesce(domain, '') = coalesce(?2, '')");
    Ok(db.prepare_cached(&sql)?.query_row(rusqlite::params![shortcode, domain], CustomEmoji::from_row).optional()?)
}

/// Those of `wanted` (shortcode and domain) that exist and are not disabled, by one query.
pub fn among(db: &Connection, wanted: &HashSet<(&str, Option<&str>)>) -> Result<Vec<CustomEmoji>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: Vec<[&str; 2]> = wanted.iter().map(|(name, domain)| [*name, domain.unwrap_or_default()]).collect();
    let mut statement = db.prepare_cached(
        "SELECT e.id, e.shortcode, e.domain, e.file, e.static_file, e.remote_url, e.category, e.visible_in_picker,
                e.disabled, e.updated_at
         FROM json_each(?1) w CROSS JOIN custom_emojis e
             ON e.shortcode = w.value ->> 0 AND coalesce(e.domain, '') = w.value ->> 1
         WHERE NOT e.disabled ORDER BY e.id",
    )?;
    let list = serde_json::to_string(&wanted).unwrap_or_default();
    let rows = statement.query_map([list], CustomEmoji::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All of ours, by category and name; disabled ones too.
pub fn ours(db: &Connection) -> Result<Vec<CustomEmoji>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM custom_emojis INDEXED BY custom_emojis_ours WHERE domain IS NULL
         ORDER BY coalesce(category, ''), shortcode"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], CustomEmoji::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those of other servers, the newest first, each with whether one of ours has its name. `name`: how it begins.
pub fn theirs(
    db: &Connection,
    name: Option<&str>,
    domain: Option<&str>,
    page: &Page,
) -> Result<Vec<(CustomEmoji, bool)>> {
    let sql = format!(
        "SELECT e.id, e.shortcode, e.domain, e.file, e.static_file, e.remote_url, e.category, e.visible_in_picker,
                e.disabled, e.updated_at,
                EXISTS (SELECT 1 FROM custom_emojis o WHERE o.shortcode = e.shortcode AND o.domain IS NULL) AS taken
         FROM custom_emojis e
         WHERE e.domain IS NOT NULL AND e.id < :below AND e.id > :above AND (:domain IS NULL OR e.domain = :domain)
           AND (:name IS NULL OR lower(substr(e.shortcode, 1, length(:name))) = :name)
         ORDER BY e.id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":below": page.below(), ":above": page.above(), ":limit": page.limit, ":domain": domain, ":name": name,
    };
    let rows = statement.query_map(params, |row| Ok((CustomEmoji::from_row(row)?, row.get("taken")?)))?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    fn emoji(id: i64, shortcode: &str, domain: Option<&str>) -> CustomEmoji {
        CustomEmoji {
            id: EmojiId(id),
            shortcode: shortcode.into(),
            domain: domain.map(str::to_owned),
            file: domain.is_none().then(|| "a.png".into()),
            static_file: domain.is_none().then(|| "b.png".into()),
            remote_url: domain.map(|domain| format!("https://{domain}/{shortcode}.png")),
            category: None,
            visible_in_picker: true,
            disabled: false,
            updated_at: Time(1),
        }
    }

    #[test]
    fn names_belong_to_servers() {
        let db = in_memory();
        let tx = Tx(&db);
        upsert(&tx, &emoji(1, "cat", None)).expect("inserts");
        upsert(&tx, &CustomEmoji { category: Some("pets".into()), ..emoji(9, "cat", None) }).expect("replaces");
        learn(&tx, EmojiId(2), "cat", "b.example", "https://b.example/cat.png", Time(1)).expect("learns");
        learn(&tx, EmojiId(3), "cat", "b.example", "https://b.example/cat2.png", Time(2)).expect("learns anew");
        upsert(&tx, &CustomEmoji { disabled: true, ..emoji(4, "dog", None) }).expect("inserts");
        let own = by_name(&db, "cat", None).expect("reads").expect("is there");
        assert_eq!((own.id, own.category.as_deref(), own.name().as_str()), (EmojiId(1), Some("pets"), "cat"));
        let theirs = by_name(&db, "cat", Some("b.example")).expect("reads").expect("is there");
        assert_eq!((theirs.id, theirs.remote_url.as_deref()), (EmojiId(2), Some("https://b.example/cat2.png")));
        assert_eq!(theirs.name(), "cat@b.example");
        let wanted = HashSet::from([("cat", None), ("cat", Some("b.example")), ("dog", None), ("cat", Some("c"))]);
        let found: Vec<i64> = among(&db, &wanted).expect("reads").iter().map(|row| row.id.0).collect();
        assert_eq!(found, [1, 2]);
        assert_eq!(ours(&db).expect("reads").len(), 2);
        delete(&tx, EmojiId(1)).expect("deletes");
        assert_eq!(by_id(&db, EmojiId(1)).expect("reads"), None);
    }
}
