//! Follows that end without either side's doing, and telling those who lost them.
//!
//! Spec: https://docs.joinmastodon.org/entities/RelationshipSeveranceEvent/

use std::collections::BTreeMap;

use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;
use crate::store::accounts::Account;
use crate::store::follows::{self, Follow};
use crate::store::severances::{self, Severance};
use crate::store::{Tx, users};
use crate::streams::Announcements;

use super::super::follow::{self, Told};
use super::super::notify;

/// Why follows end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Our moderators blocked a server.
    DomainBlock,
    /// Somebody blocked a server for themselves.
    UserDomainBlock,
    /// An account was suspended.
    AccountSuspension,
}

impl Cause {
    fn as_str(self) -> &'static str {
        match self {
            Self::DomainBlock => "domain_block",
            Self::UserDomainBlock => "user_domain_block",
            Self::AccountSuspension => "account_suspension",
        }
    }
}

/// Ends all follows between a suspended stranger and people here.
pub(super) fn from_account(tx: &Tx, app: &App, stranger: &Account, now: Time) -> Result<Announcements> {
    let bonds = follows::all_of(tx, stranger.id)?;
    sever(tx, app, &bonds, Cause::AccountSuspension, &stranger.acct(), now)
}

/// Ends these follows between people here and others, who are told by Undo and Reject, and tells each person here what
/// they lost. `target` is the domain or handle that is to blame. Requests end too, and do not count.
pub fn sever(tx: &Tx, app: &App, bonds: &[Follow], cause: Cause, target: &str, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    // Per person here: followers, followed.
    let mut lost: BTreeMap<AccountId, (i64, i64)> = BTreeMap::new();
    for bond in bonds {
        let mine = users::by_account(tx, bond.account_id)?.is_some();
        let who = if mine { Told::Target } else { Told::Follower };
        told.extend(follow::write_end(tx, app, bond, who, now)?);
        if bond.accepted {
            let counts = lost.entry(if mine { bond.account_id } else { bond.target_id }).or_default();
            if mine { counts.1 += 1 } else { counts.0 += 1 }
        }
    }
    for (account, (followers, following)) in lost {
        if users::by_account(tx, account)?.is_none() {
            continue;
        }
        let event = Severance {
            id: app.ids.next(now),
            account_id: account,
            kind: cause.as_str().to_owned(),
            target_name: target.to_owned(),
            purged: false,
            followers_count: followers,
            following_count: following,
            created_at: now,
        };
        severances::insert(tx, &event)?;
        notify::tell_about(tx, app, "severed_relationships", account, account, event.id.0, now, &mut told)?;
    }
    Ok(told)
}
