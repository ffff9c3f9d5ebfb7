//! Posts for later.

use std::collections::HashMap;

use super::{Base, attachment};
use crate::actions::schedule::Kept;
use crate::error::Result;
use crate::ids::{AccountId, MediaId, StatusId};
use crate::mastodon::entities;
use crate::store::Connection;
use crate::store::media::{self, Media};
use crate::store::quote_policies::{self, Choice};
use crate::store::scheduled::Scheduled;

/// These posts for later, in the same order.
pub fn scheduled(db: &Connection, base: &Base, rows: &[Scheduled]) -> Result<Vec<entities::ScheduledStatus>> {
    let kept = rows.iter().map(Kept::read).collect::<Result<Vec<_>>>()?;
    let ids: Vec<MediaId> = kept.iter().flat_map(|kept| kept.media_ids.iter().map(|id| MediaId(*id))).collect();
    let files = if ids.is_empty() { Vec::new() } else { media::by_ids(db, &ids)? };
    let files: HashMap<MediaId, Media> = files.into_iter().map(|row| (row.id, row)).collect();
    // All of one person.
    let preferred = rows.first().map_or(Ok(Choice::default()), |row| quote_policies::preferred(db, row.account_id))?;
    let render = |(row, kept): (&Scheduled, Kept)| {
        let attached = kept.media_ids.iter().filter_map(|id| files.get(&MediaId(*id)));
        entities::ScheduledStatus {
            id: row.id,
            scheduled_at: row.scheduled_at.rfc3339(),
            media_attachments: attached.map(|row| attachment(base, row)).collect(),
            params: params(kept, preferred),
        }
    };
    Ok(rows.iter().zip(kept).map(render).collect())
}

fn params(kept: Kept, preferred: Choice) -> entities::ScheduledParams {
    let media_ids: Vec<MediaId> = kept.media_ids.into_iter().map(MediaId).collect();
    entities::ScheduledParams {
        text: kept.text,
        poll: kept.poll.map(|poll| entities::ScheduledPoll {
            options: poll.options,
            expires_in: poll.expires_in,
            multiple: poll.multiple,
            hide_totals: poll.hide_totals,
        }),
        media_ids: (!media_ids.is_empty()).then_some(media_ids),
        sensitive: kept.sensitive,
        spoiler_text: Some(kept.spoiler_text).filter(|text| !text.is_empty()),
        visibility: kept.visibility.map(|visibility| visibility.as_str()),
        in_reply_to_id: kept.in_reply_to_id,
        language: kept.language,
        application_id: kept.application_id.unwrap_or_default(),
        scheduled_at: None,
        idempotency: None,
        with_rate_limit: false,
        quoted_status_id: kept.quoted_status_id.map(StatusId),
        quote_approval_policy: kept.quote_approval_policy.unwrap_or(preferred).as_str(),
        allowed_mentions: kept.allowed_mentions.map(|ids| ids.into_iter().map(AccountId).collect()),
        content_type: kept.content_type.as_str(),
        local_only: kept.local_only,
    }
}
