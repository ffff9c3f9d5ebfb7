//! How local posts were typed, when not as plain text.

use rusqlite::{Connection, OptionalExtension};

use super::Tx;
use crate::error::Result;
use crate::ids::StatusId;

/// How a text is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Format {
    /// As it is.
    #[default]
    #[serde(rename = "text/plain")]
    Plain,
    /// Markdown.
    #[serde(rename = "text/markdown")]
    Markdown,
}

impl Format {
    /// Its media type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "text/plain",
            Self::Markdown => "text/markdown",
        }
    }

    /// Reads what [`Format::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Plain, Self::Markdown].into_iter().find(|format| format.as_str() == text)
    }
}

super::sql::as_text!(Format);

/// Sets how the post was typed.
pub fn set(tx: &Tx, status: StatusId, format: Format) -> Result<()> {
    if format == Format::Plain {
        tx.prepare_cached("DELETE FROM status_formats WHERE status_id = ?1")?.execute([status])?;
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO status_formats (status_id, content_type) VALUES (?1, ?2)
         ON CONFLICT (status_id) DO UPDATE SET content_type = ?2",
    )?
    .execute(rusqlite::params![status, format])?;
    Ok(())
}

/// How the post was typed.
pub fn of(db: &Connection, status: StatusId) -> Result<Format> {
    let found = db
        .prepare_cached("SELECT content_type FROM status_formats WHERE status_id = ?1")?
        .query_row([status], |row| row.get(0));
    Ok(found.optional()?.unwrap_or_default())
}
