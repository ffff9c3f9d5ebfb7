//! Notifications and markers.

use std::collections::HashMap;

use super::Base;
use super::subject::{Subject, Subjects};
use crate::actions::{moderation, react};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::mastodon::entities;
use crate::store::markers::Marker;
use crate::store::notification_requests::Request;
use crate::store::notifications::Notification;
use crate::store::{Connection, accounts, reactions, statuses};
use crate::text::locale::Lang;
use crate::text::render::escape;

/// The kinds that show a post.
const WITH_STATUS: &[&str] =
    &["mention", "status", "reblog", "favourite", "poll", "update", "quote", "quoted_update", react::KIND];

/// These notifications of `viewer`, in the same order. One whose sender or post is gone meanwhile is left out.
pub fn notifications(
    db: &Connection,
    base: &Base,
    rows: &[Notification],
    viewer: AccountId,
) -> Result<Vec<entities::Notification>> {
    let senders: Vec<AccountId> = rows.iter().map(|row| row.from_account_id).collect();
    let senders = super::accounts(db, base, &accounts::by_ids(db, &senders)?)?;
    let senders: HashMap<AccountId, entities::Account> = senders.into_iter().map(|row| (row.id, row)).collect();

    let ids: Vec<StatusId> = rows.iter().filter(|row| shows_status(row)).filter_map(|row| row.status_id).collect();
    let posts = super::statuses(db, base, statuses::by_ids(db, &ids)?, Some(viewer))?;
    let posts: HashMap<StatusId, entities::Status> = posts.into_iter().map(|row| (row.id, row)).collect();

    let reacted: Vec<StatusId> =
        rows.iter().filter(|row| row.kind == react::KIND).filter_map(|row| row.status_id).collect();
    let reacted = if reacted.is_empty() { Vec::new() } else { reactions::of_statuses(db, &reacted)? };
    // Of several by one person, the latest.
    let emoji = |row: &Notification| {
        let same = |known: &&reactions::Reaction| {
            known.account_id == row.from_account_id && Some(known.status_id) == row.status_id
        };
        reacted.iter().rev().find(same).filter(|_| row.kind == react::KIND)
    };
    let subjects = Subjects::load(db, base, rows.iter(), viewer)?;
    let pictures = super::reaction::pictures_of(db, base, reacted.iter().filter_map(|known| known.emoji_id))?;
    let render = |row: &Notification| {
        let status = row.status_id.filter(|_| shows_status(row)).and_then(|id| posts.get(&id));
        if shows_status(row) && status.is_none() {
            return None;
        }
        let subject = subjects.of(row)?;
        Some(entities::Notification {
            id: row.id,
            kind: row.kind.clone(),
            created_at: row.created_at.rfc3339(),
            group_key: row.key(),
            emoji: emoji(row).map(|known| known.name.clone()),
            emoji_url: emoji(row).and_then(|known| pictures.get(&known.emoji_id?)).map(|(url, _)| url.clone()),
            account: senders.get(&row.from_account_id)?.clone(),
            // Of a boost the client wants the boosted post.
            status: status.map(|status| status.reblog.as_deref().unwrap_or(status).clone()),
            report: subject.report,
            event: subject.event,
            moderation_warning: subject.moderation_warning,
            collection: subject.collection,
            filtered: row.filtered.then_some(true),
            fallback: None,
        })
    };
    Ok(rows.iter().filter_map(render).collect())
}

/// These requests to `viewer`, in the same order. One whose sender is gone meanwhile is left out.
pub fn notification_requests(
    db: &Connection,
    base: &Base,
    rows: &[Request],
    viewer: AccountId,
) -> Result<Vec<entities::NotificationRequest>> {
    let senders: Vec<AccountId> = rows.iter().map(|row| row.from_account_id).collect();
    let senders = super::accounts(db, base, &accounts::by_ids(db, &senders)?)?;
    let senders: HashMap<AccountId, entities::Account> = senders.into_iter().map(|row| (row.id, row)).collect();
    let ids: Vec<StatusId> = rows.iter().filter_map(|row| row.last_status_id).collect();
    let posts = super::statuses(db, base, statuses::by_ids(db, &ids)?, Some(viewer))?;
    let posts: HashMap<StatusId, entities::Status> = posts.into_iter().map(|row| (row.id, row)).collect();
    let render = |row: &Request| {
        Some(entities::NotificationRequest {
            id: row.id.to_string(),
            created_at: row.created_at.rfc3339(),
            updated_at: row.updated_at.rfc3339(),
            notifications_count: row.count.to_string(),
            account: senders.get(&row.from_account_id)?.clone(),
            last_status: row.last_status_id.and_then(|id| posts.get(&id)).cloned(),
        })
    };
    Ok(rows.iter().filter_map(render).collect())
}

/// What a client says that it can show, and what its user reads.
#[derive(Debug, Clone)]
pub struct Support {
    /// The kinds of notifications that it knows.
    pub kinds: Vec<String>,
    /// For the texts that stand in for the others.
    pub lang: Lang,
}

/// The same, with a text to show for those that the client does not know. `None`: it did not say, and gets none.
pub fn with_fallbacks(mut rows: Vec<entities::Notification>, support: Option<&Support>) -> Vec<entities::Notification> {
    for row in &mut rows {
        let subject = Subject {
            report: row.report.clone(),
            event: row.event.clone(),
            moderation_warning: row.moderation_warning.clone(),
            collection: row.collection.clone(),
        };
        row.fallback = fallback(&row.kind, &row.account.display_name, &row.account.acct, &subject, support);
    }
    rows
}

/// What to show instead of a notification that the client does not know. Those that every client knows have none.
pub(super) fn fallback(
    kind: &str,
    name: &str,
    acct: &str,
    subject: &Subject,
    support: Option<&Support>,
) -> Option<entities::Fallback> {
    let Support { kinds, lang } = support?;
    if kinds.iter().any(|known| known == kind) {
        return None;
    }
    let text = match kind {
        "severed_relationships" => "notice.severed_relationships",
        "moderation_warning" => "notice.moderation_warning",
        "admin.sign_up" => "notice.admin.sign_up",
        "admin.report" => "notice.admin.report",
        "added_to_collection" => "notice.added_to_collection",
        "collection_update" => "notice.collection_update",
        _ => return None,
    };
    let name = if name.is_empty() { acct } else { name };
    let title = lang.fill(text, &[("name", &escape(name))]);
    let (summary, description) = details(subject, *lang);
    Some(entities::Fallback { title, summary, description })
}

/// One sentence about it, and what else there is to say; HTML.
fn details(subject: &Subject, lang: Lang) -> (Option<String>, Option<String>) {
    let paragraph = |text: &str| Some(format!("<p>{}</p>", escape(text))).filter(|_| !text.trim().is_empty());
    if let Some(report) = &subject.report {
        let gaps = [("name", &*escape(&report.target_account.acct)), ("category", category(&report.category, lang))];
        return (Some(lang.fill("notice.report.about", &gaps)), paragraph(&report.comment));
    }
    if let Some(event) = &subject.event {
        let text = match event.kind.as_str() {
            "domain_block" => "notice.severed.domain_block",
            "user_domain_block" => "notice.severed.user_domain_block",
            _ => "notice.severed.account_suspension",
        };
        let counts =
            [("followers", &*event.followers_count.to_string()), ("following", &*event.following_count.to_string())];
        let summary = lang.fill(text, &[("name", &escape(&event.target_name))]);
        return (Some(summary), Some(format!("<p>{}</p>", lang.fill("notice.severed.counts", &counts))));
    }
    if let Some(warning) = &subject.moderation_warning {
        return (Some(lang.t(moderation::text_of(&warning.action)).to_owned()), paragraph(&warning.text));
    }
    (None, None)
}

fn category(word: &str, lang: Lang) -> &'static str {
    lang.t(match word {
        "spam" => "report.spam",
        "legal" => "report.legal",
        "violation" => "report.violation",
        _ => "report.other",
    })
}

/// How far somebody has read.
pub fn marker(row: &Marker) -> entities::Marker {
    entities::Marker {
        last_read_id: row.last_read_id.to_string(),
        version: row.version,
        updated_at: Time::rfc3339(row.updated_at),
    }
}

pub(super) fn shows_status(row: &Notification) -> bool {
    WITH_STATUS.contains(&row.kind.as_str())
}
