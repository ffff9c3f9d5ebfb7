//! What everybody may see: the public timelines and those of hashtags. No boosts, and nobody who is silenced.

use rusqlite::{Connection, named_params};

use super::rows;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, TagId};
use crate::store::page::Page;
use crate::store::seen::{NO_REPLY_TO_OTHERS, welcome};
use crate::store::sql::json_list;
use crate::store::statuses::{COLUMNS, Status};

/// From where posts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// From everywhere.
    Everywhere,
    /// From this server.
    Local,
    /// From other servers.
    Remote,
}

/// Which posts a hashtag timeline shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// With one of these tags at least.
    pub any: Vec<TagId>,
    /// And each of these.
    pub all: Vec<TagId>,
    /// And none of these.
    pub none: Vec<TagId>,
}

/// The public timeline as `viewer` (`None`: a stranger) sees it; without replies to others.
pub fn public(
    db: &Connection,
    viewer: Option<AccountId>,
    place: Place,
    only_media: bool,
    page: &Page,
    now: Time,
) -> Result<Vec<Status>> {
    let params = named_params! {
        ":viewer": viewer, ":now": now, ":below": page.below(), ":above": page.above(), ":limit": page.limit,
    };
    rows(db, &public_sql(place, only_media, page), params, page)
}

pub(super) fn public_sql(place: Place, only_media: bool, page: &Page) -> String {
    let (index, place) = match place {
        Place::Everywhere => ("statuses_public", ""),
        Place::Local => ("statuses_public_by_place", "AND s.local = 1"),
        Place::Remote => ("statuses_public_by_place", "AND s.local = 0"),
    };
    format!(
        "SELECT {COLUMNS} FROM statuses s INDEXED BY {index} CROSS JOIN accounts a ON a.id = s.account_id
         WHERE s.visibility = 'public' AND s.reblog_of_id IS NULL {place} AND s.id < :below AND s.id > :above
           AND {NO_REPLY_TO_OTHERS} {} AND {WANTED} AND {} ORDER BY s.id {} LIMIT :limit",
        media(only_media),
        welcome!("s.account_id"),
        page.order()
    )
}

/// The timeline of hashtags as `viewer` sees it; replies too. No tag in `any`: nothing.
pub fn tagged(
    db: &Connection,
    viewer: Option<AccountId>,
    tags: &Tagged,
    place: Place,
    only_media: bool,
    page: &Page,
    now: Time,
) -> Result<Vec<Status>> {
    let params = named_params! {
        ":tag": tags.any.first(), ":any": json_list(&tags.any), ":all": json_list(&tags.all),
        ":none": json_list(&tags.none), ":viewer": viewer, ":now": now,
        ":below": page.below(), ":above": page.above(), ":limit": page.limit,
    };
    rows(db, &tagged_sql(tags.any.len() > 1, place, only_media, page), params, page)
}

pub(super) fn tagged_sql(several: bool, place: Place, only_media: bool, page: &Page) -> String {
    // One tag is walked in order of its index; of several, each post must appear once.
    let first = if several {
        "(SELECT DISTINCT status_id FROM status_tags WHERE tag_id IN (SELECT value FROM json_each(:any)) OR tag_id = :tag)"
    } else {
        "(SELECT status_id FROM status_tags WHERE tag_id = :tag AND :any IS NOT NULL)"
    };
    let place = match place {
        Place::Everywhere => "",
        Place::Local => "AND s.local = 1",
        Place::Remote => "AND s.local = 0",
    };
    format!(
        "SELECT {COLUMNS} FROM {first} t CROSS JOIN statuses s ON s.id = t.status_id
         CROSS JOIN accounts a ON a.id = s.account_id
         WHERE t.status_id < :below AND t.status_id > :above AND s.visibility = 'public' {place} {}
           AND NOT EXISTS (SELECT 1 FROM json_each(:all) w WHERE NOT EXISTS
               (SELECT 1 FROM status_tags x WHERE x.tag_id = w.value AND x.status_id = s.id))
           AND NOT EXISTS (SELECT 1 FROM json_each(:none) w JOIN status_tags x
               ON x.tag_id = w.value AND x.status_id = s.id)
           AND {WANTED} AND {} ORDER BY t.status_id {} LIMIT :limit",
        media(only_media),
        welcome!("s.account_id"),
        page.order()
    )
}

/// Public posts that link to a page, as `viewer` sees them.
pub fn linked(
    db: &Connection,
    viewer: Option<AccountId>,
    place: Place,
    card: i64,
    page: &Page,
    now: Time,
) -> Result<Vec<Status>> {
    let of_place = match place {
        Place::Everywhere => "",
        Place::Local => "AND s.local",
        Place::Remote => "AND NOT s.local",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM status_cards k CROSS JOIN statuses s ON s.id = k.status_id
         CROSS JOIN accounts a ON a.id = s.account_id
         WHERE k.card_id = :card AND k.status_id < :below AND k.status_id > :above AND s.visibility = 'public'
           {of_place} AND {WANTED} AND {} ORDER BY k.status_id {} LIMIT :limit",
        welcome!("s.account_id"),
        page.order()
    );
    let params = named_params! {
        ":card": card, ":viewer": viewer, ":now": now, ":below": page.below(), ":above": page.above(),
        ":limit": page.limit,
    };
    rows(db, &sql, params, page)
}

/// What stays here is not for strangers; silenced people are shown to nobody but themselves and their followers.
const WANTED: &str =
    "(NOT s.local_only OR :viewer IS NOT NULL) AND a.suspended_at IS NULL AND (a.silenced_at IS NULL OR a.id = :viewer
    OR EXISTS (SELECT 1 FROM follows f WHERE f.account_id = :viewer AND f.target_id = a.id AND f.accepted))";

fn media(only: bool) -> &'static str {
    if only { "AND EXISTS (SELECT 1 FROM media x WHERE x.status_id = s.id)" } else { "" }
}
