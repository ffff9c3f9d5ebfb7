//! Posts and boosts, and their versions.

use std::collections::HashMap;

use super::filter::Sieve;
use super::{Base, attachment};
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AppId, StatusId};
use crate::mastodon::entities;
use crate::store::statuses::{Deeds, Status};
use crate::store::{
    Connection, accounts, edits, media, mentions, polls, reactions, statuses as rows_of_statuses, tags,
};

/// These posts and boosts as `viewer` (`None`: a stranger) sees them, in the same order. Who may see them was the
/// query's care; a boost whose original is gone is left out.
pub fn statuses(
    db: &Connection,
    base: &Base,
    rows: Vec<Status>,
    viewer: Option<AccountId>,
) -> Result<Vec<entities::Status>> {
    let originals: Vec<StatusId> = rows.iter().filter_map(|row| row.reblog_of_id).collect();
    let originals = if originals.is_empty() { Vec::new() } else { rows_of_statuses::by_ids(db, &originals)? };
    let originals: HashMap<StatusId, Status> = originals.into_iter().map(|row| (row.id, row)).collect();
    let page = Page::load(db, base, rows.iter().chain(originals.values()), viewer)?;
    let render = |row: Status| match row.reblog_of_id {
        None => page.post(row),
        Some(original) => page.boost(row, originals.get(&original)?.clone()),
    };
    Ok(rows.into_iter().filter_map(render).collect())
}

/// One post or boost.
pub fn one_status(db: &Connection, base: &Base, row: Status, viewer: Option<AccountId>) -> Result<entities::Status> {
    statuses(db, base, vec![row], viewer)?.pop().ok_or(Error::NotFound("status"))
}

/// The post as it was typed. Of a remote post (or one without a source) it is the spoiler and nothing else.
pub fn source(row: &Status) -> entities::StatusSource {
    entities::StatusSource { id: row.id, text: row.text.clone(), spoiler_text: row.spoiler_text.clone() }
}

/// All versions of a post, oldest first, the present one last.
pub fn history(db: &Connection, base: &Base, row: &Status) -> Result<Vec<entities::StatusEdit>> {
    let account = accounts::by_id(db, row.account_id)?.ok_or(Error::NotFound("account"))?;
    let account = super::one_account(db, base, &account)?;
    let former = edits::of(db, row.id)?;
    let ids: Vec<_> = former.iter().flat_map(|edit| edit.media.iter().map(|(id, _)| *id)).collect();
    let known: HashMap<_, _> = media::by_ids(db, &ids)?.into_iter().map(|row| (row.id, row)).collect();
    let mut versions: Vec<entities::StatusEdit> = former
        .into_iter()
        .map(|edit| entities::StatusEdit {
            content: edit.content,
            spoiler_text: edit.spoiler_text,
            sensitive: edit.sensitive,
            created_at: edit.created_at.rfc3339(),
            account: account.clone(),
            media_attachments: edit
                .media
                .into_iter()
                .filter_map(|(id, description)| {
                    Some(entities::Attachment { description, ..attachment(base, known.get(&id)?) })
                })
                .collect(),
            emojis: Vec::new(),
            poll: edit.poll.map(super::poll::former),
        })
        .collect();
    versions.push(entities::StatusEdit {
        content: row.content.clone(),
        spoiler_text: row.spoiler_text.clone(),
        sensitive: row.sensitive,
        created_at: row.edited_at.unwrap_or(row.created_at).rfc3339(),
        account,
        media_attachments: media::of_status(db, row.id)?.iter().map(|row| attachment(base, row)).collect(),
        emojis: Vec::new(),
        poll: polls::of_status(db, row.id)?.map(|poll| super::poll::former(edits::titles(&poll))),
    });
    Ok(versions)
}

/// What a page of posts needs, loaded at once.
struct Page {
    viewer: Option<AccountId>,
    accounts: HashMap<AccountId, entities::Account>,
    attachments: HashMap<StatusId, Vec<entities::Attachment>>,
    mentions: HashMap<StatusId, Vec<AccountId>>,
    tags: HashMap<StatusId, Vec<entities::ShallowTag>>,
    applications: HashMap<AppId, entities::Application>,
    deeds: HashMap<StatusId, Deeds>,
    polls: HashMap<StatusId, entities::Poll>,
    sieve: Sieve,
    reactions: HashMap<StatusId, Vec<entities::EmojiReaction>>,
}

impl Page {
    fn load<'r>(
        db: &Connection,
        base: &Base,
        rows: impl Iterator<Item = &'r Status> + Clone,
        viewer: Option<AccountId>,
    ) -> Result<Self> {
        // A boost has nothing of its own but its author.
        let posts: Vec<&Status> = rows.clone().filter(|row| row.reblog_of_id.is_none()).collect();
        let ids: Vec<StatusId> = posts.iter().map(|row| row.id).collect();
        let apps: Vec<AppId> = posts.iter().filter_map(|row| row.application_id).collect();

        let all: Vec<StatusId> = rows.clone().map(|row| row.id).collect();
        let sieve = Sieve::load(db, viewer, &all, base.now)?;

        let mut mentioned: HashMap<StatusId, Vec<AccountId>> = HashMap::new();
        for (status, account) in mentions::named_in(db, &ids)? {
            mentioned.entry(status).or_default().push(account);
        }
        let mut people: Vec<AccountId> = rows.map(|row| row.account_id).collect();
        people.extend(mentioned.values().flatten());
        people.sort_unstable();
        people.dedup();
        let people = super::accounts(db, base, &accounts::by_ids(db, &people)?)?;

        let mut attachments: HashMap<StatusId, Vec<entities::Attachment>> = HashMap::new();
        for row in media::of_statuses(db, &ids)? {
            if let Some(status) = row.status_id {
                attachments.entry(status).or_default().push(attachment(base, &row));
            }
        }
        let mut tagged: HashMap<StatusId, Vec<entities::ShallowTag>> = HashMap::new();
        for (status, tag) in tags::of_statuses(db, &ids)? {
            let url = base.tag(&tag.name);
            tagged.entry(status).or_default().push(entities::ShallowTag { name: tag.name, url });
        }
        let applications = if apps.is_empty() { Vec::new() } else { rows_of_statuses::applications(db, &apps)? };
        let deeds = viewer.map_or(Ok(Vec::new()), |viewer| rows_of_statuses::deeds(db, viewer, &ids))?;
        Ok(Self {
            viewer,
            accounts: people.into_iter().map(|row| (row.id, row)).collect(),
            attachments,
            mentions: mentioned,
            tags: tagged,
            applications: applications
                .into_iter()
                .map(|(id, name, website)| (id, entities::Application { name, website }))
                .collect(),
            deeds: deeds.into_iter().collect(),
            reactions: super::reaction::reactions(reactions::of_statuses(db, &ids)?, viewer),
            polls: super::poll::polls(db, &posts, &polls::of_statuses(db, &ids)?, viewer)?,
            sieve,
        })
    }

    fn post(&self, row: Status) -> Option<entities::Status> {
        let own = self.viewer == Some(row.account_id);
        let deeds = self.deeds.get(&row.id).copied().unwrap_or_default();
        let mentions = self.mentions.get(&row.id).into_iter().flatten();
        Some(entities::Status {
            account: self.accounts.get(&row.account_id)?.clone(),
            application: row.application_id.and_then(|id| self.applications.get(&id).cloned()),
            media_attachments: self.attachments.get(&row.id).cloned().unwrap_or_default(),
            mentions: mentions.filter_map(|id| self.accounts.get(id)).map(mention).collect(),
            tags: self.tags.get(&row.id).cloned().unwrap_or_default(),
            favourited: self.viewer.map(|_| deeds.favourited),
            reblogged: self.viewer.map(|_| deeds.reblogged),
            muted: self.viewer.map(|_| deeds.muted),
            bookmarked: self.viewer.map(|_| deeds.bookmarked),
            pinned: (own && row.visibility != Visibility::Direct).then_some(deeds.pinned),
            filtered: self.viewer.map(|_| self.filtered(&row)),
            id: row.id,
            created_at: row.created_at.rfc3339(),
            in_reply_to_id: row.in_reply_to_id,
            in_reply_to_account_id: row.in_reply_to_account_id,
            sensitive: row.sensitive,
            spoiler_text: row.spoiler_text,
            visibility: row.visibility.as_str(),
            language: row.language,
            url: row.url.or_else(|| (!row.local).then(|| row.uri.clone())),
            uri: row.uri,
            replies_count: row.replies_count,
            reblogs_count: row.reblogs_count,
            favourites_count: row.favourites_count,
            quotes_count: 0,
            edited_at: row.edited_at.map(Time::rfc3339),
            content: Some(row.content),
            text: None,
            reblog: None,
            emojis: Vec::new(),
            tagged_collections: Vec::new(),
            card: None,
            poll: self.polls.get(&row.id).cloned(),
            emoji_reactions: self.reactions.get(&row.id).cloned().unwrap_or_default(),
            quote: None,
            quote_approval: entities::QuoteApproval {
                automatic: Vec::new(),
                manual: Vec::new(),
                current_user: "denied",
            },
        })
    }

    fn filtered(&self, row: &Status) -> Vec<entities::FilterResult> {
        let pictures = self.attachments.get(&row.id).into_iter().flatten();
        self.sieve.results(row, pictures.filter_map(|picture| picture.description.as_deref()))
    }

    /// A boost repeats what it boosts, because some clients never look into `reblog`.
    fn boost(&self, row: Status, original: Status) -> Option<entities::Status> {
        let original = self.post(original)?;
        Some(entities::Status {
            id: row.id,
            created_at: row.created_at.rfc3339(),
            account: self.accounts.get(&row.account_id)?.clone(),
            visibility: row.visibility.as_str(),
            url: row.url.or_else(|| original.url.clone()),
            uri: row.uri,
            in_reply_to_id: None,
            in_reply_to_account_id: None,
            edited_at: None,
            application: None,
            pinned: None,
            filtered: original.filtered.clone().map(|found| self.sieve.of_boost(row.id, found)),
            reblog: Some(Box::new(original.clone())),
            ..original
        })
    }
}

fn mention(account: &entities::Account) -> entities::Mention {
    entities::Mention {
        id: account.id,
        username: account.username.clone(),
        url: account.url.clone(),
        acct: account.acct.clone(),
    }
}
