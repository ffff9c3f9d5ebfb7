//! What many talk about.

use std::collections::HashMap;

use super::Base;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, TagId};
use crate::mastodon::entities;
use crate::store::cards::Card;
use crate::store::reviews::{self, Publisher};
use crate::store::tags::Tag;
use crate::store::{Connection, accounts, trends};

const DAYS: i64 = 7;
const DAY: i64 = 86_400_000;

/// Pages with how often they were linked to in the last days, today first.
pub fn trends_links(
    db: &Connection,
    base: &Base,
    rows: &[Card],
    viewer: Option<AccountId>,
) -> Result<Vec<entities::TrendsLink>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let today = base.now.midnight();
    let uses = trends::link_uses(db, &ids, Time(today.0 - (DAYS - 1) * DAY))?;
    let people: Vec<AccountId> = rows.iter().filter_map(|row| row.author_id).collect();
    let people = super::accounts(db, base, &accounts::by_ids(db, &people)?)?;
    let people: HashMap<_, _> = people.into_iter().map(|row| (row.id, row)).collect();
    let day = |id: i64, day: Time| {
        let found = uses.iter().find(|row| row.0 == id && row.1 == day);
        entities::History {
            day: day.seconds().to_string(),
            accounts: found.map_or(0, |row| row.3).to_string(),
            uses: found.map_or(0, |row| row.2).to_string(),
        }
    };
    Ok(rows
        .iter()
        .map(|row| entities::TrendsLink {
            card: super::card(base, row, &people, viewer),
            history: (0..DAYS).map(|ago| day(row.id, Time(today.0 - ago * DAY))).collect(),
        })
        .collect())
}

/// Hashtags with what moderators said; `asks`: whether trends are reviewed here.
pub fn admin_tags(
    db: &Connection,
    base: &Base,
    rows: &[Tag],
    viewer: AccountId,
    asks: bool,
) -> Result<Vec<entities::AdminTag>> {
    let ids: Vec<TagId> = rows.iter().map(|row| row.id).collect();
    let said = reviews::of_tags(db, &ids)?;
    let tags = super::tags(db, base, rows, Some(viewer), base.now)?;
    let with = |(row, tag): (&Tag, _)| {
        let review = said.get(&row.id).copied().unwrap_or_default();
        entities::AdminTag {
            tag,
            trendable: review.trendable.unwrap_or(!asks),
            usable: review.usable,
            requires_review: asks && review.reviewed_at.is_none(),
            listable: review.listable,
        }
    };
    Ok(rows.iter().zip(tags).map(with).collect())
}

/// A site.
pub fn admin_publisher(row: &Publisher, asks: bool) -> entities::AdminPublisher {
    entities::AdminPublisher {
        id: row.id.to_string(),
        domain: row.domain.clone(),
        trendable: row.trendable,
        reviewed_at: row.reviewed_at.map(Time::rfc3339),
        requested_review_at: None,
        requires_review: asks && row.reviewed_at.is_none(),
    }
}
