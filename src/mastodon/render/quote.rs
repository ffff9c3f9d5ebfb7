//! What posts quote, how often they are quoted, and who may.

use std::collections::HashMap;

use super::Base;
use crate::activitypub::audience::Visibility;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::mastodon::entities;
use crate::store::Connection;
use crate::store::quote_policies::{self as policies, Leave, Policy};
use crate::store::quotes::{self, Met};
use crate::store::statuses::{self, Status};

/// The quotes of a page of posts.
#[derive(Debug, Default)]
pub(super) struct Quotes {
    /// By the quoting post; those of quoted posts too.
    pub met: HashMap<StatusId, Met>,
    /// The posts that are shown as quoted.
    pub quoted: HashMap<StatusId, Status>,
    /// How often each post is quoted.
    pub counts: HashMap<StatusId, i64>,
    policies: HashMap<StatusId, (Policy, bool, bool)>,
}

impl Quotes {
    /// Loads what concerns the posts `ids` (no boosts) and what they quote.
    pub fn load(db: &Connection, base: &Base, ids: &[StatusId], viewer: Option<AccountId>) -> Result<Self> {
        let mut met: HashMap<StatusId, Met> =
            quotes::met(db, viewer, ids, base.now)?.into_iter().map(|met| (met.status_id, met)).collect();
        let quoted: Vec<StatusId> = met.values().filter(|met| met.shows()).filter_map(|met| met.quoted_id).collect();
        let rows = if quoted.is_empty() { Vec::new() } else { statuses::by_ids(db, &quoted)? };
        if !quoted.is_empty() {
            for inner in quotes::met(db, viewer, &quoted, base.now)? {
                met.entry(inner.status_id).or_insert(inner);
            }
        }
        let all: Vec<StatusId> = ids.iter().copied().chain(quoted).collect();
        Ok(Self {
            met,
            quoted: rows.into_iter().map(|row| (row.id, row)).collect(),
            counts: quotes::counts(db, &all)?.into_iter().collect(),
            policies: policies::among(db, viewer, &all)?
                .into_iter()
                .map(|(id, policy, follows, followed)| (id, (policy, follows, followed)))
                .collect(),
        })
    }

    /// Who may quote the post.
    pub fn approval(&self, row: &Status, viewer: Option<AccountId>) -> entities::QuoteApproval {
        let (policy, follows, followed) = self.policies.get(&row.id).copied().unwrap_or_default();
        let leave = match viewer {
            None => Leave::Denied,
            Some(viewer) if viewer == row.account_id => Leave::Automatic,
            Some(_) if row.visibility == Visibility::Direct => Leave::Denied,
            Some(_) => policy.leave(follows, followed),
        };
        entities::QuoteApproval {
            automatic: policy.automatic.names(),
            manual: policy.manual.names(),
            current_user: leave.as_str(),
        }
    }
}
