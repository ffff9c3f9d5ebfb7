//! What the translation service answered, kept for a while.

use rusqlite::{Connection, OptionalExtension};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::StatusId;

/// The answer for this post, language and service, if it is younger than `since` and the post is still the same.
pub fn find(
    db: &Connection,
    status: StatusId,
    lang: &str,
    provider: &str,
    fingerprint: &[u8],
    since: Time,
) -> Result<Option<String>> {
    let mut statement = db.prepare_cached(
        "SELECT answer FROM translations
         WHERE status_id = ?1 AND lang = ?2 AND provider = ?3 AND fingerprint = ?4 AND created_at >= ?5",
    )?;
    let params = rusqlite::params![status, lang, provider, fingerprint, since];
    Ok(statement.query_row(params, |row| row.get(0)).optional()?)
}

/// Keeps an answer, and throws away those from before `old`.
#[allow(clippy::too_many_arguments, reason = "one row")]
pub fn put(
    tx: &Tx,
    status: StatusId,
    lang: &str,
    provider: &str,
    fingerprint: &[u8],
    answer: &str,
    now: Time,
    old: Time,
) -> Result<()> {
    tx.prepare_cached("DELETE FROM translations WHERE created_at < ?1")?.execute([old])?;
    tx.prepare_cached(
        "INSERT INTO translations (status_id, lang, provider, fingerprint, answer, created_at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM statuses WHERE id = ?1)
         ON CONFLICT (status_id, lang, provider) DO UPDATE
             SET fingerprint = excluded.fingerprint, answer = excluded.answer, created_at = excluded.created_at",
    )?
    .execute(rusqlite::params![status, lang, provider, fingerprint, answer, now])?;
    Ok(())
}
