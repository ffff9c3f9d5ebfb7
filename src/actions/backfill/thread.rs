//! A whole conversation: its collection first, then the replies to each post of it.

use std::collections::{HashSet, VecDeque};

use crate::activitypub::ids;
use crate::activitypub::note::{self, Note};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::backfills::{self, Backfill};
use crate::store::statuses::{self, Status};
use crate::store::threads::{self, Reach};

use super::super::fetch::{self, Budget};
use super::super::receive;
use super::collection::{Reader, post_of};

/// The most answers to one post, …
const PER_POST: usize = 200;
/// … posts of one conversation …
const PER_THREAD: usize = 400;
/// … and pages for all of them. Rule R14.
const PAGES: usize = 50;
/// How far we look through what we hold.
const REACH: Reach = Reach { ancestors: 0, descendants: PER_THREAD as i64, depth: 100 };

struct Thread<'a> {
    reader: Reader<'a>,
    job: i64,
    /// Ids that were looked at.
    seen: HashSet<String>,
    /// Posts whose answers are still to be listed.
    waiting: VecDeque<Status>,
    found: i64,
}

/// Reads the conversation that begins with `root`; answers how many posts that brought.
pub(super) async fn read(app: &App, job: &Backfill, root: StatusId) -> Result<i64> {
    let now = app.clock.now();
    let held = app.store.read(move |db| {
        let Some(root) = statuses::by_id(db, root)? else { return Ok(None) };
        let below = threads::descendants(db, &root, None, REACH, now)?;
        Ok(Some((root, below)))
    });
    let Some((root, below)) = held.await? else { return Err(Error::NotFound("status")) };
    // What somebody here asked for may cost more than what another server caused.
    let budget = if job.asked { Budget::conversation() } else { Budget::default() };
    let reader = Reader { app, budget, pages: PAGES };
    let mut thread = Thread { reader, job: job.id, seen: HashSet::new(), waiting: VecDeque::new(), found: 0 };
    thread.seen.extend(std::iter::once(&root).chain(&below).map(|post| post.uri.clone()));
    thread.waiting.push_back(root.clone());
    thread.waiting.extend(below);
    if let (None, Some(parent)) = (root.in_reply_to_id, root.in_reply_to_uri.clone()) {
        thread.take(&parent, |_| true).await?;
    }
    let context = root.conversation.filter(|name| ids::web_address(name).is_some());
    if let Some(context) = context.filter(|name| ids::parse(&app.config.url(""), name).is_none()) {
        for item in thread.reader.items(&context, PER_THREAD).await {
            if let Some(id) = post_of(&item) {
                thread.take(id, |note| note.conversation.as_deref() == Some(&context)).await?;
            }
        }
    }
    thread.replies().await?;
    thread.tell().await?;
    Ok(thread.found)
}

impl Thread<'_> {
    /// Lists the answers to every post that waits, and to those that this brings.
    async fn replies(&mut self) -> Result<()> {
        while let Some(post) = self.waiting.pop_front() {
            if post.local || self.is_full() {
                continue;
            }
            let Some(list) = self.list_of(&post).await? else { continue };
            for item in self.reader.items(&list, PER_POST).await {
                if let Some(id) = post_of(&item) {
                    self.take(id, |note| note.in_reply_to.as_deref() == Some(&post.uri)).await?;
                }
            }
        }
        Ok(())
    }

    /// Where the answers to a post are listed. Of posts that came before we noted that, their server is asked.
    async fn list_of(&mut self, post: &Status) -> Result<Option<String>> {
        let (app, id) = (self.reader.app, post.id);
        if let Some(known) = app.store.read(move |db| backfills::replies(db, id)).await? {
            return Ok(Some(known));
        }
        let Ok(document) = fetch::gated(app, &post.uri, "post", &mut self.reader.budget).await else { return Ok(None) };
        let replies = note::read(&document, app.config.development).ok().and_then(|note| note.replies);
        if let Some(replies) = replies.clone() {
            app.store.write(move |tx| backfills::set_replies(tx, id, &replies)).await?;
        }
        Ok(replies)
    }

    /// Takes in the post `id`, if it `fits` into this conversation.
    async fn take(&mut self, id: &str, fits: impl Fn(&Note) -> bool) -> Result<()> {
        let app = self.reader.app;
        let ours = ids::parse(&app.config.url(""), id).is_some();
        if ours || self.is_full() || !self.seen.insert(id.to_owned()) {
            return Ok(());
        }
        let wanted = id.to_owned();
        if let Some(known) = app.store.read(move |db| statuses::by_uri(db, &wanted)).await? {
            self.waiting.push_back(known);
            return Ok(());
        }
        let document = match fetch::gated(app, id, "post", &mut self.reader.budget).await {
            Ok(document) => document,
            Err(Error::Store(error)) => return Err(error.into()),
            Err(error) => {
                tracing::debug!("a post of a conversation could not be read: {error}");
                return Ok(());
            }
        };
        if !note::read(&document, app.config.development).is_ok_and(|note| fits(&note)) {
            return Ok(());
        }
        match receive::fetched(app, &document, &mut self.reader.budget).await {
            Ok(Some(status)) => {
                self.found += 1;
                self.waiting.push_back(status);
                if self.found % 5 == 0 {
                    self.tell().await?;
                }
            }
            Ok(None) => {}
            Err(Error::Store(error)) => return Err(error.into()),
            Err(error) => tracing::debug!("a post of a conversation was not taken: {error}"),
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.found >= PER_THREAD as i64
    }

    async fn tell(&self) -> Result<()> {
        let (job, found) = (self.job, self.found);
        self.reader.app.store.write(move |tx| backfills::progress(tx, job, found)).await
    }
}
