//! Posts and boosts, and their versions.

use std::collections::{HashMap, HashSet};

use super::emoji::Emojis;
use super::filter::Sieve;
use super::quote::Quotes;
use super::{Base, attachment};
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AppId, StatusId};
use crate::mastodon::entities;
use crate::store::statuses::{Deeds, Status};
use crate::store::{
    Connection, accounts, cards, edits, formats, media, mentions, polls, quotes, reactions,
    statuses as rows_of_statuses, tags,
};

/// These posts and boosts as `viewer` (`None`: a stranger) sees them, in the same order. Who may see them was the
/// query's care; a boost whose original is gone is left out, and so is whatever a suspended person wrote or boosted.
pub fn statuses(
    db: &Connection,
    base: &Base,
    mut rows: Vec<Status>,
    viewer: Option<AccountId>,
) -> Result<Vec<entities::Status>> {
    let originals: Vec<StatusId> = rows.iter().filter_map(|row| row.reblog_of_id).collect();
    let originals = if originals.is_empty() { Vec::new() } else { rows_of_statuses::by_ids(db, &originals)? };
    let originals: HashMap<StatusId, Status> = originals.into_iter().map(|row| (row.id, row)).collect();
    let mut posts: Vec<StatusId> = rows.iter().filter(|row| row.reblog_of_id.is_none()).map(|row| row.id).collect();
    posts.extend(originals.keys());
    let quotes = Quotes::load(db, base, &posts, viewer)?;
    let all = rows.iter().chain(originals.values()).chain(quotes.quoted.values());
    let page = Page::load(db, base, all, viewer, &quotes)?;
    let hidden = |row: &Status| page.accounts.get(&row.account_id).is_some_and(|author| author.suspended.is_some());
    rows.retain(|row| {
        let original = row.reblog_of_id.and_then(|id| originals.get(&id));
        !hidden(row) && !original.is_some_and(hidden)
    });
    let render = |row: Status| match row.reblog_of_id {
        None => page.whole(row),
        Some(original) => page.boost(row, originals.get(&original)?.clone()),
    };
    Ok(rows.into_iter().filter_map(render).collect())
}

/// One post or boost.
pub fn one_status(db: &Connection, base: &Base, row: Status, viewer: Option<AccountId>) -> Result<entities::Status> {
    statuses(db, base, vec![row], viewer)?.pop().ok_or(Error::NotFound("status"))
}

/// A post of one's own as it goes, to be drafted anew: what was typed, and what it quotes whatever became of that.
pub fn redraft(db: &Connection, base: &Base, row: Status, viewer: AccountId) -> Result<entities::Status> {
    let text = row.text.clone();
    let mut status = one_status(db, base, row, Some(viewer))?;
    if let Some(entities::AnyQuote::Whole(quote)) = &mut status.quote
        && quote.quoted_status.is_none()
        && let Some(quoted) = quotes::of(db, status.id)?.and_then(|quote| quote.quoted_id)
        && let Some(quoted) = rows_of_statuses::by_id(db, quoted)?
        && rows_of_statuses::may_see(db, &quoted, Some(viewer))?
    {
        quote.quoted_status = Some(Box::new(one_status(db, base, quoted, Some(viewer))?));
    }
    Ok(entities::Status { content: None, text: Some(text), ..status })
}

/// These posts as moderators see them, whoever wrote them and whoever may read them.
pub(super) fn reported(
    db: &Connection,
    base: &Base,
    rows: Vec<Status>,
    viewer: AccountId,
) -> Result<Vec<entities::Status>> {
    let viewer = Some(viewer);
    let ids: Vec<StatusId> = rows.iter().map(|row| row.id).collect();
    let quotes = Quotes::load(db, base, &ids, viewer)?;
    let page = Page::load(db, base, rows.iter().chain(quotes.quoted.values()), viewer, &quotes)?;
    Ok(rows.into_iter().filter(|row| row.reblog_of_id.is_none()).filter_map(|row| page.whole(row)).collect())
}

/// The post as it was typed. Of a remote post (or one without a source) it is the spoiler and nothing else.
pub fn source(db: &Connection, row: &Status) -> Result<entities::StatusSource> {
    Ok(entities::StatusSource {
        id: row.id,
        text: row.text.clone(),
        spoiler_text: row.spoiler_text.clone(),
        content_type: formats::of(db, row.id)?.as_str(),
    })
}

/// All versions of a post, oldest first, the present one last.
pub fn history(
    db: &Connection,
    base: &Base,
    row: &Status,
    viewer: Option<AccountId>,
) -> Result<Vec<entities::StatusEdit>> {
    // What a post quotes never changes.
    let quote = match one_status(db, base, row.clone(), viewer)?.quote {
        Some(entities::AnyQuote::Whole(quote)) => Some(quote),
        _ => None,
    };
    let account = accounts::by_id(db, row.account_id)?.ok_or(Error::NotFound("account"))?;
    let domain = account.domain.clone();
    let account = super::one_account(db, base, &account)?;
    let former = edits::of(db, row.id)?;
    let present = polls::of_status(db, row.id)?.map(|poll| edits::titles(&poll));
    let texts = former.iter().flat_map(|edit| version_texts(&edit.content, &edit.spoiler_text, &edit.poll));
    let texts = texts.chain(version_texts(&row.content, &row.spoiler_text, &present));
    let emojis = Emojis::load(db, base, texts.map(|text| (domain.as_deref(), text)))?;
    let emojis = |content: &str, spoiler: &str, titles: &Option<Vec<String>>| {
        emojis.of(domain.as_deref(), version_texts(content, spoiler, titles))
    };
    let ids: Vec<_> = former.iter().flat_map(|edit| edit.media.iter().map(|(id, _)| *id)).collect();
    let known: HashMap<_, _> = media::by_ids(db, &ids)?.into_iter().map(|row| (row.id, row)).collect();
    let mut versions: Vec<entities::StatusEdit> = former
        .into_iter()
        .map(|edit| entities::StatusEdit {
            emojis: emojis(&edit.content, &edit.spoiler_text, &edit.poll),
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
            poll: edit.poll.map(super::poll::former),
            quote: quote.clone(),
        })
        .collect();
    versions.push(entities::StatusEdit {
        content: row.content.clone(),
        spoiler_text: row.spoiler_text.clone(),
        sensitive: row.sensitive,
        created_at: row.edited_at.unwrap_or(row.created_at).rfc3339(),
        account,
        media_attachments: media::of_status(db, row.id)?.iter().map(|row| attachment(base, row)).collect(),
        emojis: emojis(&row.content, &row.spoiler_text, &present),
        poll: present.map(super::poll::former),
        quote,
    });
    Ok(versions)
}

/// Where custom emoji may stand in a version of a post.
fn version_texts<'v>(
    content: &'v str,
    spoiler: &'v str,
    titles: &'v Option<Vec<String>>,
) -> impl Iterator<Item = &'v str> {
    [content, spoiler].into_iter().chain(titles.iter().flatten().map(String::as_str))
}

/// What a page of posts needs, loaded at once.
struct Page<'q> {
    viewer: Option<AccountId>,
    accounts: HashMap<AccountId, entities::Account>,
    /// Those whose posts moderators have marked as sensitive.
    sensitized: HashSet<AccountId>,
    attachments: HashMap<StatusId, Vec<entities::Attachment>>,
    mentions: HashMap<StatusId, Vec<AccountId>>,
    tags: HashMap<StatusId, Vec<entities::ShallowTag>>,
    applications: HashMap<AppId, entities::Application>,
    deeds: HashMap<StatusId, Deeds>,
    polls: HashMap<StatusId, entities::Poll>,
    quotes: &'q Quotes,
    sieve: Sieve,
    reactions: HashMap<StatusId, Vec<entities::EmojiReaction>>,
    emojis: HashMap<StatusId, Vec<entities::CustomEmoji>>,
    cards: HashMap<StatusId, entities::PreviewCard>,
}

impl<'q> Page<'q> {
    fn load<'r>(
        db: &Connection,
        base: &Base,
        rows: impl Iterator<Item = &'r Status> + Clone,
        viewer: Option<AccountId>,
        quotes: &'q Quotes,
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
        let pages = cards::of_statuses(db, &ids)?;
        people.extend(pages.iter().filter_map(|(_, page)| page.author_id));
        people.sort_unstable();
        people.dedup();
        let people = accounts::by_ids(db, &people)?;
        let domains: HashMap<AccountId, &str> =
            people.iter().filter_map(|row| Some((row.id, row.domain.as_deref()?))).collect();
        let poll_rows = polls::of_statuses(db, &ids)?;
        let titles = super::poll::titles(&poll_rows);
        let texts = |post: &'r Status| {
            let titles = titles.get(&post.id).into_iter().flatten().copied();
            [post.content.as_str(), post.spoiler_text.as_str()].into_iter().chain(titles)
        };
        let domain = |post: &Status| domains.get(&post.account_id).copied();
        let emojis =
            Emojis::load(db, base, posts.iter().flat_map(|post| texts(post).map(|text| (domain(post), text))))?;
        let polls = super::poll::polls(db, &posts, &poll_rows, viewer, |row, titles| {
            let author = posts.iter().find(|post| post.id == row.status_id);
            emojis.of(author.and_then(|post| domain(post)), titles)
        })?;
        let emojis = posts.iter().map(|post| (post.id, emojis.of(domain(post), texts(post)))).collect();
        let sensitized = people.iter().filter(|row| row.sensitized_at.is_some()).map(|row| row.id).collect();
        let people = super::accounts(db, base, &people)?;
        let people: HashMap<_, _> = people.into_iter().map(|row| (row.id, row)).collect();
        let pages = pages.iter().map(|(status, page)| (*status, super::card(base, page, &people, viewer))).collect();

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
            accounts: people,
            sensitized,
            cards: pages,
            attachments,
            mentions: mentioned,
            tags: tagged,
            applications: applications
                .into_iter()
                .map(|(id, name, website)| (id, entities::Application { name, website }))
                .collect(),
            deeds: deeds.into_iter().collect(),
            reactions: super::reaction::reactions(db, base, reactions::of_statuses(db, &ids)?, viewer)?,
            emojis,
            polls,
            quotes,
            sieve,
        })
    }

    /// A post with what it quotes; that post in turn only names what it quotes.
    fn whole(&self, row: Status) -> Option<entities::Status> {
        let quote = self.quotes.met.get(&row.id).map(|met| {
            let quoted = met.quoted_id.filter(|_| met.shows()).and_then(|id| self.quotes.quoted.get(&id));
            let quoted_status = quoted.and_then(|quoted| {
                let inner = self.quotes.met.get(&quoted.id).map(|met| {
                    entities::AnyQuote::Shallow(entities::ShallowQuote {
                        state: met.state,
                        quoted_status_id: met.quoted_id,
                    })
                });
                Some(Box::new(entities::Status { quote: inner, ..self.post(quoted.clone())? }))
            });
            entities::AnyQuote::Whole(entities::Quote { state: met.state, quoted_status })
        });
        Some(entities::Status { quote, ..self.post(row)? })
    }

    fn post(&self, row: Status) -> Option<entities::Status> {
        let own = self.viewer == Some(row.account_id);
        let deeds = self.deeds.get(&row.id).copied().unwrap_or_default();
        let mentions = self.mentions.get(&row.id).into_iter().flatten();
        let quote_approval = self.quotes.approval(&row, self.viewer);
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
            // Authors see what they chose themselves.
            sensitive: row.sensitive || (!own && self.sensitized.contains(&row.account_id)),
            spoiler_text: row.spoiler_text,
            visibility: row.visibility.as_str(),
            local_only: row.local_only,
            language: row.language,
            url: row.url.or_else(|| (!row.local).then(|| row.uri.clone())),
            uri: row.uri,
            replies_count: row.replies_count,
            reblogs_count: row.reblogs_count,
            favourites_count: row.favourites_count,
            quotes_count: self.quotes.counts.get(&row.id).copied().unwrap_or_default(),
            edited_at: row.edited_at.map(Time::rfc3339),
            content: Some(row.content),
            text: None,
            reblog: None,
            emojis: self.emojis.get(&row.id).cloned().unwrap_or_default(),
            tagged_collections: Vec::new(),
            card: self.cards.get(&row.id).cloned(),
            poll: self.polls.get(&row.id).cloned(),
            emoji_reactions: self.reactions.get(&row.id).cloned().unwrap_or_default(),
            quote: None,
            quote_approval,
        })
    }

    fn filtered(&self, row: &Status) -> Vec<entities::FilterResult> {
        let pictures = self.attachments.get(&row.id).into_iter().flatten();
        let options = self.polls.get(&row.id).into_iter().flat_map(|poll| &poll.options);
        let described = pictures.filter_map(|picture| picture.description.as_deref());
        self.sieve.results(row, described.chain(options.map(|option| option.title.as_str())))
    }

    /// A boost repeats what it boosts, because some clients never look into `reblog`.
    fn boost(&self, row: Status, original: Status) -> Option<entities::Status> {
        let original = self.whole(original)?;
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
