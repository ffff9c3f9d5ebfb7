//! Reports, warnings and lost follows, as the people concerned see them.

use std::collections::HashMap;

use super::Base;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;
use crate::mastodon::entities;
use crate::store::reports::Report;
use crate::store::severances::Severance;
use crate::store::warnings::Warning;
use crate::store::{Connection, accounts};

/// These reports, in the same order. One whose target is gone meanwhile is left out.
pub fn reports(db: &Connection, base: &Base, rows: &[Report]) -> Result<Vec<entities::Report>> {
    let people = people(db, base, rows.iter().map(|row| row.target_id))?;
    let render = |row: &Report| {
        Some(entities::Report {
            id: row.id,
            action_taken: row.action_taken_at.is_some(),
            action_taken_at: row.action_taken_at.map(Time::rfc3339),
            category: row.category.clone(),
            comment: row.comment.clone(),
            forwarded: row.forwarded,
            created_at: row.created_at.rfc3339(),
            status_ids: Some(row.status_ids.iter().map(ToString::to_string).collect()),
            rule_ids: Some(row.rule_ids.iter().map(ToString::to_string).collect()),
            collection_ids: Vec::new(),
            target_account: people.get(&row.target_id)?.clone(),
        })
    };
    Ok(rows.iter().filter_map(render).collect())
}

/// These warnings, in the same order. One whose target is gone meanwhile is left out.
pub fn warnings(db: &Connection, base: &Base, rows: &[Warning]) -> Result<Vec<entities::AccountWarning>> {
    let people = people(db, base, rows.iter().map(|row| row.target_id))?;
    let render = |row: &Warning| {
        Some(entities::AccountWarning {
            id: row.id,
            action: row.action.clone(),
            text: row.text.clone(),
            status_ids: row.status_ids.as_ref().map(|ids| ids.iter().map(ToString::to_string).collect()),
            target_account: people.get(&row.target_id)?.clone(),
            appeal: row.appeal.as_ref().map(|appeal| entities::Appeal {
                text: appeal.text.clone(),
                state: match appeal.approved {
                    Some(true) => "approved",
                    Some(false) => "rejected",
                    None => "pending",
                },
            }),
            created_at: row.created_at.rfc3339(),
        })
    };
    Ok(rows.iter().filter_map(render).collect())
}

/// Follows that were lost.
pub(super) fn severance(row: &Severance) -> entities::SeveranceEvent {
    entities::SeveranceEvent {
        id: row.id,
        kind: row.kind.clone(),
        purged: row.purged,
        target_name: row.target_name.clone(),
        followers_count: row.followers_count,
        following_count: row.following_count,
        created_at: row.created_at.rfc3339(),
    }
}

fn people(
    db: &Connection,
    base: &Base,
    ids: impl Iterator<Item = AccountId>,
) -> Result<HashMap<AccountId, entities::Account>> {
    let mut ids: Vec<AccountId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = super::accounts(db, base, &accounts::by_ids(db, &ids)?)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
