//! Announcements.

use std::collections::HashMap;

use super::Base;
use super::emoji::Emojis;
use super::reaction::{Pictures, pictures_of};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, AnnouncementId, StatusId};
use crate::mastodon::entities;
use crate::store::announcements::{self, Announcement, Reaction};
use crate::store::{Connection, accounts, statuses};

/// These announcements as `viewer` sees them, in the same order; one that is not published is left out.
pub fn announcements(
    db: &Connection,
    base: &Base,
    rows: &[Announcement],
    viewer: AccountId,
) -> Result<Vec<entities::Announcement>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<AnnouncementId> = rows.iter().map(|row| row.id).collect();
    let read = announcements::dismissed_by(db, viewer)?;
    let reactions = announcements::reactions(db, &ids)?;
    let pictures = pictures_of(db, base, reactions.iter().filter_map(|row| row.emoji_id))?;
    let people: Vec<AccountId> = rows.iter().flat_map(|row| row.mentions.iter().copied()).collect();
    let people = accounts::by_ids(db, &people)?;
    let people: HashMap<AccountId, &accounts::Account> = people.iter().map(|row| (row.id, row)).collect();
    let posts: Vec<StatusId> = rows.iter().flat_map(|row| row.statuses.iter().copied()).collect();
    let posts = super::statuses(db, base, statuses::by_ids(db, &posts)?, Some(viewer))?;
    let posts: HashMap<StatusId, entities::Status> = posts.into_iter().map(|row| (row.id, row)).collect();
    let emojis = Emojis::load(db, base, rows.iter().map(|row| (None, row.content.as_str())))?;
    let mention = |id: &AccountId| {
        people.get(id).map(|row| entities::Mention {
            id: row.id,
            username: row.username.clone(),
            url: row.url.clone(),
            acct: row.acct(),
        })
    };
    let render = |row: &Announcement| {
        Some(entities::Announcement {
            id: row.id,
            content: row.content.clone(),
            starts_at: row.starts_at.map(Time::rfc3339),
            ends_at: row.ends_at.map(Time::rfc3339),
            all_day: row.all_day,
            published_at: row.published_at?.rfc3339(),
            updated_at: row.updated_at.rfc3339(),
            read: Some(read.contains(&row.id)),
            mentions: row.mentions.iter().filter_map(mention).collect(),
            statuses: row.statuses.iter().filter_map(|id| posts.get(id)).cloned().collect(),
            tags: row
                .tags
                .iter()
                .map(|name| entities::ShallowTag { name: name.clone(), url: base.tag(name) })
                .collect(),
            emojis: emojis.of(None, [row.content.as_str()]),
            reactions: under(&reactions, &pictures, row.id, viewer),
        })
    };
    Ok(rows.iter().filter_map(render).collect())
}

/// What open streams are told of the emoji of this name under an announcement.
pub fn announcement_reaction(
    db: &Connection,
    base: &Base,
    id: AnnouncementId,
    name: &str,
) -> Result<entities::AnnouncementReaction> {
    let rows = announcements::reactions(db, &[id])?;
    let same: Vec<&Reaction> = rows.iter().filter(|row| row.name == name).collect();
    let pictures = pictures_of(db, base, same.iter().filter_map(|row| row.emoji_id))?;
    let picture = same.iter().find_map(|row| pictures.get(&row.emoji_id?)).cloned();
    let (url, static_url) = picture.unzip();
    Ok(entities::AnnouncementReaction {
        name: name.to_owned(),
        count: i64::try_from(same.len()).unwrap_or(i64::MAX),
        announcement_id: id,
        url,
        static_url,
    })
}

/// An announcement as staff see it.
pub fn admin_announcement(row: &Announcement) -> entities::AdminAnnouncement {
    entities::AdminAnnouncement {
        id: row.id,
        text: row.text.clone(),
        markdown: row.markdown,
        content: row.content.clone(),
        starts_at: row.starts_at.map(Time::rfc3339),
        ends_at: row.ends_at.map(Time::rfc3339),
        all_day: row.all_day,
        scheduled_at: row.publish_at.filter(|_| row.published_at.is_none()).map(Time::rfc3339),
        published_at: row.published_at.map(Time::rfc3339),
        created_at: row.created_at.rfc3339(),
        updated_at: row.updated_at.rfc3339(),
    }
}

fn under(rows: &[Reaction], pictures: &Pictures, id: AnnouncementId, viewer: AccountId) -> Vec<entities::Reaction> {
    let mut found: Vec<entities::Reaction> = Vec::new();
    for row in rows.iter().filter(|row| row.announcement_id == id) {
        let position = found.iter().position(|known| known.name == row.name).unwrap_or_else(|| {
            let (url, static_url) = row.emoji_id.and_then(|id| pictures.get(&id).cloned()).unzip();
            found.push(entities::Reaction { name: row.name.clone(), count: 0, me: Some(false), url, static_url });
            found.len() - 1
        });
        let reaction = &mut found[position];
        reaction.count += 1;
        reaction.me = Some(reaction.me == Some(true) || row.account_id == viewer);
    }
    found
}
