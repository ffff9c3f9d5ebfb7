//! The admin's word lists, which plugins match texts with.

use rusqlite::{Connection, OptionalExtension, Row};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;

/// One row of `word_lists`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in the migration")]
pub struct WordList {
    pub name: String,
    pub entries: Vec<String>,
    pub url: Option<String>,
    pub fetched_at: Option<Time>,
    pub problem: Option<String>,
}

impl WordList {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            entries: serde_json::from_str(&row.get::<_, String>("entries")?).unwrap_or_default(),
            url: row.get("url")?,
            fetched_at: row.get("fetched_at")?,
            problem: row.get("problem")?,
        })
    }
}

const COLUMNS: &str = "name, entries, url, fetched_at, problem";

/// All lists, by name.
pub fn all(db: &Connection) -> Result<Vec<WordList>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM word_lists ORDER BY name"))?;
    let rows = statement.query_map([], WordList::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The list with this name.
pub fn by_name(db: &Connection, name: &str) -> Result<Option<WordList>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM word_lists WHERE name = ?1"))?;
    Ok(statement.query_row([name], WordList::from_row).optional()?)
}

/// Writes the list, replacing one of the same name.
pub fn put(tx: &Tx, list: &WordList) -> Result<()> {
    let entries = serde_json::to_string(&list.entries).unwrap_or_default();
    tx.prepare_cached(
        "INSERT INTO word_lists (name, entries, url, fetched_at, problem) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO UPDATE SET entries = ?2, url = ?3, fetched_at = ?4, problem = ?5",
    )?
    .execute((&list.name, entries, &list.url, list.fetched_at, &list.problem))?;
    Ok(())
}

/// Deletes it; `false`: there was none.
pub fn delete(tx: &Tx, name: &str) -> Result<bool> {
    Ok(tx.prepare_cached("DELETE FROM word_lists WHERE name = ?1")?.execute([name])? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn a_list_is_kept_replaced_and_forgotten() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = Store::open(folder.path()).expect("opens");
        let list = |entries: &[&str]| WordList {
            name: "spam".into(),
            entries: entries.iter().map(|&entry| entry.to_owned()).collect(),
            url: Some("https://peer.example/list".into()),
            fetched_at: Some(Time(1)),
            problem: None,
        };
        let (first, second) = (list(&["casino"]), list(&["宣伝", "/a+/"]));
        let found = store
            .write(move |tx| {
                put(tx, &first)?;
                put(tx, &second)?;
                assert_eq!(by_name(tx, "spam")?, Some(second));
                let all = all(tx)?.len();
                Ok((all, delete(tx, "spam")?, delete(tx, "spam")?))
            })
            .await;
        assert_eq!(found.expect("writes"), (1, true, false));
    }
}
