//! Filters, and which of them a page of posts meets.
//!
//! All that match are listed, whatever their context: the client knows where it shows the post. Spec: Mastodon API,
//! entity FilterResult, https://docs.joinmastodon.org/entities/FilterResult/

use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::mastodon::entities;
use crate::store::filters::{self, Act, Filter, Kept, Keyword};
use crate::store::{Connection, statuses::Status};
use crate::text::clean;
use crate::text::keywords::Haystack;

/// A filter; those of `keywords` and `statuses` that are its own are put into it.
pub fn filter(row: &Filter, keywords: &[Keyword], statuses: &[Kept]) -> entities::Filter {
    let keywords = keywords.iter().filter(|part| part.filter_id == row.id).map(keyword);
    let statuses = statuses.iter().filter(|part| part.filter_id == row.id).map(kept_status);
    entities::Filter { keywords: Some(keywords.collect()), statuses: Some(statuses.collect()), ..bare(row) }
}

/// One keyword.
pub fn keyword(row: &Keyword) -> entities::FilterKeyword {
    entities::FilterKeyword { id: row.id, keyword: row.keyword.clone(), whole_word: row.whole_word }
}

/// One post in a filter.
pub fn kept_status(row: &Kept) -> entities::FilterStatus {
    entities::FilterStatus { id: row.id, status_id: row.status_id }
}

/// A keyword as version 1 shows it.
pub fn filter_v1(row: &Filter, keyword: &Keyword) -> entities::FilterV1 {
    entities::FilterV1 {
        id: keyword.id,
        phrase: keyword.keyword.clone(),
        context: row.contexts.clone(),
        expires_at: row.expires_at.map(Time::rfc3339),
        irreversible: row.action == Act::Hide,
        whole_word: keyword.whole_word,
    }
}

fn bare(row: &Filter) -> entities::Filter {
    entities::Filter {
        id: row.id,
        title: row.title.clone(),
        context: row.contexts.clone(),
        expires_at: row.expires_at.map(Time::rfc3339),
        filter_action: row.action.as_str(),
        keywords: None,
        statuses: None,
    }
}

/// The filters of one viewer that are in force, loaded once for a page of posts.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    filters: Vec<Filter>,
    keywords: Vec<Keyword>,
    statuses: Vec<Kept>,
}

impl Sieve {
    /// Loads what can concern the posts `ids`.
    pub fn load(db: &Connection, viewer: Option<AccountId>, ids: &[StatusId], now: Time) -> Result<Self> {
        let Some(viewer) = viewer else { return Ok(Self::default()) };
        let mut filters = filters::of(db, viewer)?;
        filters.retain(|filter| filter.expires_at.is_none_or(|end| end > now));
        if filters.is_empty() {
            return Ok(Self::default());
        }
        let keywords = filters::keywords_of(db, viewer)?;
        Ok(Self { filters, keywords, statuses: filters::statuses_among(db, viewer, ids)? })
    }

    /// What the post meets by itself or by its words; `more` are texts beside spoiler and content.
    pub fn results<'m>(&self, row: &Status, more: impl Iterator<Item = &'m str>) -> Vec<entities::FilterResult> {
        if self.filters.is_empty() {
            return Vec::new();
        }
        let text = if self.keywords.is_empty() { String::new() } else { searched(row, more) };
        let haystack = Haystack::new(&text);
        let found = |filter: &Filter| {
            let words = self.keywords.iter().filter(|word| word.filter_id == filter.id);
            let words = words.filter_map(|word| haystack.find(&word.keyword, word.whole_word));
            let words: Vec<String> = words.map(str::to_owned).collect();
            result(filter, words, self.names(filter, row.id))
        };
        self.filters.iter().filter_map(found).collect()
    }

    /// What the boost `id` itself meets, beside what its original does.
    pub fn of_boost(&self, id: StatusId, original: Vec<entities::FilterResult>) -> Vec<entities::FilterResult> {
        let mut results = original;
        for filter in self.filters.iter().filter(|filter| self.names(filter, id).is_some()) {
            match results.iter_mut().find(|known| known.filter.id == filter.id) {
                Some(known) => known.status_matches.get_or_insert_default().push(id),
                None => results.extend(result(filter, Vec::new(), Some(id))),
            }
        }
        results
    }

    fn names(&self, filter: &Filter, id: StatusId) -> Option<StatusId> {
        self.statuses.iter().any(|kept| kept.filter_id == filter.id && kept.status_id == id).then_some(id)
    }
}

fn result(filter: &Filter, words: Vec<String>, status: Option<StatusId>) -> Option<entities::FilterResult> {
    (!words.is_empty() || status.is_some()).then(|| entities::FilterResult {
        filter: bare(filter),
        keyword_matches: (!words.is_empty()).then_some(words),
        status_matches: status.map(|id| vec![id]),
    })
}

/// All words of a post, each part in lines of its own.
fn searched<'m>(row: &Status, more: impl Iterator<Item = &'m str>) -> String {
    let mut text = format!("{}\n\n{}", row.spoiler_text, clean::plain(&row.content));
    for part in more {
        text.push_str("\n\n");
        text.push_str(part);
    }
    text
}
