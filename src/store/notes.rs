//! What people jot down about others, for themselves alone.

use rusqlite::named_params;

use super::Tx;
use crate::error::Result;
use crate::ids::AccountId;

/// Keeps `comment` as `account`'s note about `target`; an empty one removes it.
pub fn put(tx: &Tx, account: AccountId, target: AccountId, comment: &str) -> Result<()> {
    if comment.is_empty() {
        tx.prepare_cached("DELETE FROM account_notes WHERE account_id = ?1 AND target_id = ?2")?
            .execute([account, target])?;
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO account_notes (account_id, target_id, comment) VALUES (:account, :target, :comment)
         ON CONFLICT (account_id, target_id) DO UPDATE SET comment = :comment",
    )?
    .execute(named_params! {":account": account, ":target": target, ":comment": comment})?;
    Ok(())
}
