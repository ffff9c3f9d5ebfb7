//! Hashtags.

use super::Base;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, TagId};
use crate::mastodon::entities;
use crate::store::featured_tags::Featured;
use crate::store::{Connection, featured_tags, search, tag_follows, tags};

/// How many days a tag's history covers.
const DAYS: i64 = 7;
const DAY: i64 = 86_400_000;

/// Hashtags with their use in the last days, today first.
pub fn tags(
    db: &Connection,
    base: &Base,
    rows: &[tags::Tag],
    viewer: Option<AccountId>,
    now: Time,
) -> Result<Vec<entities::Tag>> {
    let ids: Vec<TagId> = rows.iter().map(|row| row.id).collect();
    let today = now.midnight();
    let uses = search::uses(db, &ids, Time(today.0 - (DAYS - 1) * DAY))?;
    let day = |id: TagId, day: Time| {
        let found = uses.iter().find(|row| row.tag == id && row.day == day);
        entities::History {
            day: day.seconds().to_string(),
            accounts: found.map_or(0, |row| row.accounts).to_string(),
            uses: found.map_or(0, |row| row.uses).to_string(),
        }
    };
    let (followed, featured) = match viewer {
        None => (Vec::new(), Vec::new()),
        Some(viewer) => (tag_follows::among(db, viewer, &ids)?, featured_tags::among(db, viewer, &ids)?),
    };
    Ok(rows
        .iter()
        .map(|row| entities::Tag {
            id: row.id.to_string(),
            name: row.display_name.clone(),
            url: base.tag(&row.name),
            history: (0..DAYS).map(|ago| day(row.id, Time(today.0 - ago * DAY))).collect(),
            following: viewer.map(|_| followed.contains(&row.id)),
            featuring: viewer.map(|_| featured.contains(&row.id)),
        })
        .collect())
}

/// The hashtag called `name` (normalised), also one that nobody used yet.
pub fn tag(db: &Connection, base: &Base, name: &str, viewer: Option<AccountId>, now: Time) -> Result<entities::Tag> {
    let unseen = || tags::Tag { id: TagId(0), name: name.to_owned(), display_name: name.to_owned() };
    let row = tags::by_name(db, name)?.unwrap_or_else(unseen);
    tags(db, base, &[row], viewer, now)?.pop().ok_or(Error::NotFound("tag"))
}

/// A hashtag on a profile.
pub fn featured_tag(base: &Base, row: &Featured) -> entities::FeaturedTag {
    entities::FeaturedTag {
        id: row.id,
        name: row.tag.display_name.clone(),
        url: base.tag(&row.tag.name),
        statuses_count: row.statuses_count.to_string(),
        last_status_at: row.last_status_at.map(Time::date),
    }
}
