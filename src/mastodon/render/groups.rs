//! Notifications in groups, with the accounts and posts that they name beside them.

use std::collections::{HashMap, HashSet};

use super::notification::{Support, fallback, shows_status};
use super::subject::Subjects;
use super::{Base, accounts, statuses};
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::mastodon::entities;
use crate::store::notification_groups::Group;
use crate::store::{Connection, accounts as people, statuses as posts};

/// How much is told of the accounts of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expand {
    /// All of them whole.
    Full,
    /// The latest of each group whole, of the others what a row of pictures needs.
    PartialAvatars,
}

/// These groups of `viewer`; one whose post or people are gone meanwhile is left out. `paged`: in a list, which tells
/// what part of a group lies on the page.
pub fn groups(
    db: &Connection,
    base: &Base,
    rows: &[Group],
    viewer: AccountId,
    expand: Expand,
    paged: bool,
    support: Option<&Support>,
) -> Result<entities::GroupedNotifications> {
    let ids: Vec<AccountId> = unique(rows.iter().flat_map(|group| group.sample.iter().copied()));
    let known = accounts(db, base, &people::by_ids(db, &ids)?)?;
    let names: HashMap<AccountId, &entities::Account> = known.iter().map(|row| (row.id, row)).collect();

    let about = |group: &Group| group.newest.status_id.filter(|_| shows_status(&group.newest));
    let ids: Vec<StatusId> = unique(rows.iter().filter_map(about));
    let shown = statuses(db, base, posts::by_ids(db, &ids)?, Some(viewer))?;
    // Of a boost the client wants the boosted post.
    let shown: HashMap<StatusId, entities::Status> =
        shown.into_iter().map(|row| (row.id, row.reblog.as_deref().cloned().unwrap_or(row))).collect();

    let subjects = Subjects::load(db, base, rows.iter().map(|group| &group.newest), viewer)?;
    let render = |group: &Group| {
        let status = about(group).map(|id| shown.get(&id));
        if matches!(status, Some(None)) {
            return None;
        }
        let sample: Vec<AccountId> = group.sample.iter().copied().filter(|id| names.contains_key(id)).collect();
        let first = names.get(sample.first()?)?;
        let subject = subjects.of(&group.newest)?;
        Some(entities::NotificationGroup {
            group_key: group.key.clone(),
            notifications_count: group.count,
            kind: group.newest.kind.clone(),
            most_recent_notification_id: group.newest.id.0,
            page_min_id: paged.then_some(group.page_min),
            page_max_id: paged.then_some(group.newest.id),
            latest_page_notification_at: paged.then(|| group.newest.created_at.rfc3339()),
            status_id: status.flatten().map(|status| status.id),
            fallback: fallback(&group.newest.kind, &first.display_name, &first.acct, &subject, support),
            report: subject.report,
            event: subject.event,
            moderation_warning: subject.moderation_warning,
            collection: subject.collection,
            sample_account_ids: sample,
        })
    };
    let notification_groups: Vec<entities::NotificationGroup> = rows.iter().filter_map(render).collect();
    let used: HashSet<StatusId> = notification_groups.iter().filter_map(|group| group.status_id).collect();
    let mut statuses: Vec<entities::Status> = Vec::new();
    for status in ids.iter().filter_map(|id| shown.get(id)).filter(|status| used.contains(&status.id)) {
        if statuses.iter().all(|known| known.id != status.id) {
            statuses.push(status.clone());
        }
    }
    let (accounts, partial_accounts) = match expand {
        Expand::Full => (known, None),
        Expand::PartialAvatars => {
            let whole: HashSet<AccountId> =
                notification_groups.iter().filter_map(|group| group.sample_account_ids.first().copied()).collect();
            let (whole, others): (Vec<_>, Vec<_>) = known.into_iter().partition(|row| whole.contains(&row.id));
            (whole, Some(others.into_iter().map(partial).collect()))
        }
    };
    Ok(entities::GroupedNotifications { accounts, partial_accounts, statuses, notification_groups })
}

fn partial(account: entities::Account) -> entities::PartialAccount {
    entities::PartialAccount {
        id: account.id,
        acct: account.acct,
        url: account.url,
        avatar: account.avatar,
        avatar_static: account.avatar_static,
        avatar_description: account.avatar_description,
        locked: account.locked,
        bot: account.bot,
    }
}

/// Each once, in the order of its first appearance.
fn unique<T: Copy + Eq + std::hash::Hash>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    all.filter(|one| seen.insert(*one)).collect()
}
