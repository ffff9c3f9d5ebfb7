//! What an account posted and boosted, as a viewer may see it.

use rusqlite::{Connection, named_params};

use super::rows;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, TagId};
use crate::store::blocks;
use crate::store::page::Page;
use crate::store::seen::{NO_REPLY_TO_OTHERS, READABLE, welcome};
use crate::store::statuses::{COLUMNS, Status};

/// What to leave out.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct OfAccount {
    pub exclude_replies: bool,
    pub exclude_reblogs: bool,
    pub exclude_direct: bool,
    pub only_media: bool,
    pub tagged: Option<TagId>,
}

/// The posts and boosts of `account` that `viewer` (`None`: a stranger) may see, newest first.
pub fn of_account(
    db: &Connection,
    account: AccountId,
    which: OfAccount,
    viewer: Option<AccountId>,
    page: &Page,
    now: Time,
) -> Result<Vec<Status>> {
    if let Some(viewer) = viewer
        && blocks::exists(db, account, viewer)?
    {
        return Ok(Vec::new());
    }
    let params = named_params! {
        ":account": account, ":viewer": viewer, ":now": now, ":tag": which.tagged,
        ":below": page.below(), ":above": page.above(), ":limit": page.limit,
    };
    rows(db, &of_account_sql(which, page), params, page)
}

pub(super) fn of_account_sql(which: OfAccount, page: &Page) -> String {
    let mut sql = format!(
        "SELECT {COLUMNS} FROM statuses s LEFT JOIN statuses o ON o.id = s.reblog_of_id
         WHERE s.account_id = :account AND s.id < :below AND s.id > :above
           AND (:tag IS NULL OR EXISTS (SELECT 1 FROM status_tags t WHERE t.tag_id = :tag AND t.status_id = s.id))
           AND {READABLE} AND (o.id IS NULL OR ({}))",
        welcome!("o.account_id")
    );
    if which.exclude_replies {
        sql += " AND ";
        sql += NO_REPLY_TO_OTHERS;
    }
    if which.exclude_reblogs {
        sql += " AND s.reblog_of_id IS NULL";
    }
    if which.exclude_direct {
        sql += " AND s.visibility <> 'direct'";
    }
    if which.only_media {
        sql += " AND EXISTS (SELECT 1 FROM media x WHERE x.status_id = s.id)";
    }
    sql += " ORDER BY s.id ";
    sql += page.order();
    sql += " LIMIT :limit";
    sql
}
