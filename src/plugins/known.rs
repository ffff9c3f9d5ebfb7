//! What plugins may ask about people and posts that this server knows, and text work that the host does better.

use super::envelope::Envelope;
use super::facts;
use super::host::State;
use super::v1_0::bindings::nagaya::plugin::types::Failure;
use super::v1_0::bindings::nagaya::plugin::{query, text};
use crate::error::Error;
use crate::store::page::Page;
use crate::store::{accounts, relationships, replay, statuses};
use crate::text::{clean, render};

type Answer<T> = wasmtime::Result<Result<T, Failure>>;

/// Posts in one answer.
const POSTS: u32 = 20;

fn broken(error: Error) -> Failure {
    Failure::Unavailable(error.to_string())
}

/// HTML cleaned by one of the contract's profiles; an unknown one means `basic`.
pub(super) fn sanitized(html: &str, profile: &str) -> String {
    match profile {
        "post" => clean::html(html),
        "none" => render::escape(&clean::plain(html)),
        _ => clean::basic(html),
    }
}

impl State {
    async fn account(
        &self,
        find: impl FnOnce(&crate::store::Connection) -> crate::error::Result<Option<accounts::Account>> + Send + 'static,
    ) -> Result<Option<query::Actor>, Failure> {
        let ground = self.facts.ground.clone();
        let read = self
            .facts
            .store
            .read(move |db| find(db)?.map(|account| facts::actor(db, &ground, &account, true)).transpose());
        Ok(read.await.map_err(broken)?.as_ref().map(Into::into))
    }

    /// Only posts that this plugin may see; at most `limit`.
    async fn posts(
        &self,
        limit: usize,
        find: impl FnOnce(&crate::store::Connection) -> crate::error::Result<Vec<statuses::Status>> + Send + 'static,
    ) -> Result<Vec<query::Envelope>, Failure> {
        let (ground, grants, now) = (self.facts.ground.clone(), self.facts.grants.clone(), self.facts.clock.now());
        let read = self.facts.store.read(move |db| {
            let mut found: Vec<Envelope> = Vec::new();
            for status in find(db)? {
                if found.len() < limit && grants.see(Some(status.visibility)) {
                    let mut envelope = facts::stored(db, &ground, &status, now)?;
                    envelope.iter_mut().for_each(|envelope| grants.blind(envelope));
                    found.extend(envelope);
                }
            }
            Ok(found)
        });
        Ok(read.await.map_err(broken)?.iter().map(Into::into).collect())
    }
}

impl query::Host for State {
    async fn actor_by_id(&mut self, id: String) -> Answer<Option<query::Actor>> {
        self.count()?;
        Ok(self.account(move |db| accounts::by_uri(db, &id)).await)
    }

    async fn actor_by_handle(&mut self, handle: String) -> Answer<Option<query::Actor>> {
        self.count()?;
        let Some((name, domain)) = crate::text::mentions::parse(&handle) else {
            return Ok(Err(Failure::Invalid("that is no handle".into())));
        };
        let ground = &self.facts.ground;
        let domain = domain.filter(|domain| *domain != ground.handle_domain && *domain != ground.host);
        Ok(self.account(move |db| accounts::by_handle(db, &name, domain.as_deref())).await)
    }

    async fn relation(&mut self, a: String, b: String) -> Answer<Vec<String>> {
        self.count()?;
        let now = self.facts.clock.now();
        let read = self.facts.store.read(move |db| {
            let (Some(a), Some(b)) = (accounts::by_uri(db, &a)?, accounts::by_uri(db, &b)?) else { return Ok(None) };
            let (owner, other) = if a.is_local() { (&a, &b) } else { (&b, &a) };
            if !owner.is_local() {
                return Ok(None);
            }
            let rows = relationships::of(db, owner.id, &[other.id], now)?;
            Ok(Some(rows.iter().flat_map(|row| facts::words_of(row, owner.id == a.id)).map(str::to_owned).collect()))
        });
        Ok(read.await.map_err(broken).and_then(|found: Option<Vec<String>>| found.ok_or(Failure::NotFound)))
    }

    async fn post(&mut self, id: String) -> Answer<Option<query::Envelope>> {
        self.count()?;
        let found = self.posts(1, move |db| Ok(statuses::by_uri(db, &id)?.into_iter().collect())).await;
        Ok(found.map(|mut posts| posts.pop()))
    }

    async fn posts_by(&mut self, actor: String, before: Option<String>, max: u32) -> Answer<Vec<query::Envelope>> {
        self.count()?;
        let limit = max.min(POSTS);
        let found = self.posts(limit as usize, move |db| {
            let Some(account) = accounts::by_uri(db, &actor)? else { return Ok(Vec::new()) };
            let before = before.map_or(Ok(None), |id| statuses::by_uri(db, &id))?;
            let page = Page { max: before.map(|status| status.id.0), ..Page::first(i64::from(limit) * 4) };
            replay::by_account(db, account.id, &page)
        });
        Ok(found.await)
    }
}

impl text::Host for State {
    fn html_to_text(&mut self, html: String) -> wasmtime::Result<String> {
        self.count()?;
        Ok(clean::plain(&html))
    }

    fn sanitize(&mut self, html: String, profile: String) -> wasmtime::Result<String> {
        self.count()?;
        Ok(sanitized(&html, &profile))
    }

    fn match_list(&mut self, list_name: String, haystack: String) -> wasmtime::Result<Vec<u32>> {
        self.count()?;
        if !self.facts.list_names.contains(&list_name) {
            return Ok(Vec::new());
        }
        Ok(self.facts.lists.get(&list_name).map(|list| list.find(&haystack)).unwrap_or_default())
    }
}
