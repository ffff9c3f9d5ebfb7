//! People and reports as moderators see them.

use std::collections::HashMap;

use super::{Base, account, status};
use crate::actions::about::Rule;
use crate::actions::role::Role;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::mastodon::entities;
use crate::store::accounts::{self, Account};
use crate::store::memberships::{self, Membership};
use crate::store::reports::Report;
use crate::store::user_ips::{self, Seen};
use crate::store::users::{self, User};
use crate::store::{Connection, statuses};

/// These people, in the same order.
pub fn admin_accounts(db: &Connection, base: &Base, rows: &[Account]) -> Result<Vec<entities::AdminAccount>> {
    let ids: Vec<AccountId> = rows.iter().filter(|row| row.is_local()).map(|row| row.id).collect();
    let users: HashMap<AccountId, User> =
        users::by_accounts(db, &ids)?.into_iter().map(|user| (user.account_id, user)).collect();
    let mut ips: HashMap<AccountId, Vec<Seen>> = HashMap::new();
    for seen in user_ips::of(db, &ids)? {
        ips.entry(seen.account_id).or_default().push(seen);
    }
    let mut ways: HashMap<AccountId, Way> =
        memberships::among(db, &ids)?.into_iter().map(|way| (way.0.account_id, way)).collect();
    let shown = account::accounts(db, base, rows)?;
    let render = |(row, account): (&Account, entities::Account)| {
        let seen = ips.remove(&row.id).unwrap_or_default();
        one(row, account, users.get(&row.id), seen, ways.remove(&row.id))
    };
    Ok(rows.iter().zip(shown).map(render).collect())
}

/// One of them.
pub fn admin_account(db: &Connection, base: &Base, row: &Account) -> Result<entities::AdminAccount> {
    let lost = || Error::Bug("an account was not rendered".into());
    admin_accounts(db, base, std::slice::from_ref(row))?.pop().ok_or_else(lost)
}

/// How somebody came to us, and who invited them.
type Way = (Membership, Option<AccountId>);

fn one(
    row: &Account,
    account: entities::Account,
    user: Option<&User>,
    ips: Vec<Seen>,
    way: Option<Way>,
) -> entities::AdminAccount {
    let (came, inviter) = way.unzip();
    entities::AdminAccount {
        id: row.id,
        username: row.username.clone(),
        domain: row.domain.clone(),
        created_at: row.created_at.rfc3339(),
        email: user.map(|user| user.email.clone()).unwrap_or_default(),
        ip: ips.first().map(|seen| seen.ip.clone()),
        ips: ips.into_iter().map(|seen| entities::AdminIp { ip: seen.ip, used_at: seen.used_at.rfc3339() }).collect(),
        locale: user.map(|user| user.locale.clone()),
        invite_request: came.as_ref().map(|came| came.reason.clone()).filter(|reason| !reason.is_empty()),
        role: user.map(|user| account::role(Role::of(&user.role))),
        confirmed: user.is_some_and(|user| user.confirmed_at.is_some()),
        approved: user.is_some_and(|user| user.approved_at.is_some()),
        disabled: user.is_some_and(|user| user.disabled_at.is_some()),
        silenced: row.silenced_at.is_some(),
        suspended: row.suspended_at.is_some(),
        sensitized: row.sensitized_at.is_some(),
        account,
        created_by_application_id: came.and_then(|came| came.app_id).map(|id| id.to_string()),
        invited_by_account_id: inviter.flatten(),
    }
}

/// These reports, in the same order; `rules` are the rules of the house as they are now.
pub fn admin_reports(
    db: &Connection,
    base: &Base,
    rows: &[Report],
    rules: &[Rule],
    viewer: AccountId,
) -> Result<Vec<entities::AdminReport>> {
    let involved = |row: &Report| [Some(row.account_id), Some(row.target_id), row.assigned_id, row.action_taken_by_id];
    let mut people: Vec<AccountId> = rows.iter().flat_map(involved).flatten().collect();
    people.sort_unstable();
    people.dedup();
    let people = admin_accounts(db, base, &accounts::by_ids(db, &people)?)?;
    let people: HashMap<AccountId, entities::AdminAccount> = people.into_iter().map(|row| (row.id, row)).collect();
    let ids: Vec<StatusId> = rows.iter().flat_map(|row| row.status_ids.iter().copied()).collect();
    let posts = status::reported(db, base, statuses::by_ids(db, &ids)?, viewer)?;
    let posts: HashMap<StatusId, entities::Status> = posts.into_iter().map(|row| (row.id, row)).collect();
    let render = |row: &Report| {
        let person = |id: Option<AccountId>| id.and_then(|id| people.get(&id)).cloned();
        let lost = || Error::Bug(format!("report {} is about nobody", row.id));
        Ok(entities::AdminReport {
            id: row.id,
            action_taken: row.action_taken_at.is_some(),
            action_taken_at: row.action_taken_at.map(Time::rfc3339),
            category: row.category.clone(),
            comment: row.comment.clone(),
            forwarded: row.forwarded,
            created_at: row.created_at.rfc3339(),
            updated_at: row.updated_at.rfc3339(),
            account: person(Some(row.account_id)).ok_or_else(lost)?,
            target_account: person(Some(row.target_id)).ok_or_else(lost)?,
            assigned_account: person(row.assigned_id),
            action_taken_by_account: person(row.action_taken_by_id),
            statuses: row.status_ids.iter().filter_map(|id| posts.get(id).cloned()).collect(),
            rules: row.rule_ids.iter().filter_map(|id| rule(rules, *id)).collect(),
        })
    };
    rows.iter().map(render).collect()
}

/// The rule with this id: its place in the list, from 1.
fn rule(rules: &[Rule], id: i64) -> Option<entities::Rule> {
    let place = usize::try_from(id).ok()?.checked_sub(1)?;
    let rule = rules.get(place)?;
    let translation = |(lang, text): (&String, &crate::actions::about::Translation)| {
        let text = entities::RuleTranslation { text: text.text.clone(), hint: text.hint.clone() };
        (lang.clone(), text)
    };
    Some(entities::Rule {
        id: id.to_string(),
        text: rule.text.clone(),
        hint: rule.hint.clone(),
        translations: rule.translations.iter().map(translation).collect(),
    })
}
