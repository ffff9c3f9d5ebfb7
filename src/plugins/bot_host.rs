//! What a bot may do: `actions` of the contract. Everything is checked and gathered here, and done later.
//!
//! What a bot is told at once: whether it may (grants), whether it did too much (the limits are exact), and whether what it
//! names exists.

use std::collections::{BTreeMap, HashMap};

use super::bot::{Act, Alarmed, Caller, Done, Draft, Kept};
use super::host::State;
use super::v1_0::bindings::nagaya::plugin::actions;
use super::v1_0::bindings::nagaya::plugin::types::{Failure, Visibility as Wanted};
use crate::activitypub::audience::Visibility;
use crate::activitypub::ids;
use crate::error::Error;
use crate::ids::{AccountId, StatusId};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, accounts, bots, follows};
use crate::text::{mentions, shortcodes};

type Answer<T> = wasmtime::Result<Result<T, Failure>>;

/// Posts about one event.
pub(super) const POSTS_AN_EVENT: u32 = 5;
/// Posts of an hour, and of a day.
pub(super) const POSTS: (u32, u32) = (30, 300);
/// Favourites, reactions and boosts of an hour.
pub(super) const REACTS: u32 = 60;
/// New follows of a day.
pub(super) const FOLLOWS: u32 = 20;
/// Bytes of the word by which two posts are one.
const IDEM: usize = 64;
/// Attachments of a post.
const MEDIA: usize = 4;
/// Uploads about one event.
const UPLOADS: u32 = 4;
/// Other things of a kind that nobody counts by the hour, about one event.
const OTHERS: u32 = 20;

/// What one call of a bot did so far.
#[derive(Debug)]
pub(super) struct Gathered {
    pub caller: Caller,
    events: u32,
    acts: Vec<Act>,
    pub kv: BTreeMap<String, Kept>,
    /// Bytes and keys that its memory will hold; `None`: not asked yet.
    pub holds: Option<(i64, i64)>,
    pub timers: BTreeMap<String, Alarmed>,
    /// Words of this call's posts.
    idems: HashMap<String, String>,
    posts: u32,
    reacts: u32,
    follows: u32,
    uploads: u32,
    others: u32,
}

impl Gathered {
    pub(super) fn new(caller: Caller, events: usize) -> Self {
        Self {
            caller,
            events: u32::try_from(events.max(1)).unwrap_or(1),
            acts: Vec::new(),
            kv: BTreeMap::new(),
            holds: None,
            timers: BTreeMap::new(),
            idems: HashMap::new(),
            posts: 0,
            reacts: 0,
            follows: 0,
            uploads: 0,
            others: 0,
        }
    }

    pub(super) fn done(self) -> Done {
        Done { acts: self.acts, kv: self.kv, timers: self.timers }
    }

    /// Whether it made this post in this very call.
    fn made(&self, id: &str) -> bool {
        let own = |act: &Act| matches!(act, Act::Post { id: made, .. } if ids::status(&self.caller.uri, StatusId(*made)) == id);
        self.acts.iter().any(own)
    }
}

fn broken(error: Error) -> Failure {
    Failure::Unavailable(error.to_string())
}

pub(super) fn limit(what: &str) -> Failure {
    Failure::Limit(what.to_owned())
}

impl State {
    /// Counts the call and looks whether the bot may.
    fn may(&mut self, permission: &str) -> wasmtime::Result<Result<&mut Gathered, Failure>> {
        self.count()?;
        if !self.facts.grants.has(permission) {
            return Ok(Err(Failure::Denied(permission.into())));
        }
        Ok(self.bot.as_deref_mut().ok_or_else(|| Failure::Denied("only bots act".into())))
    }

    async fn look<T: Send + 'static>(
        &self,
        find: impl FnOnce(&Connection) -> crate::error::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.facts.store.read(find).await.map_err(broken)
    }

    /// A post that the bot may see.
    async fn visible(&self, account: AccountId, id: &str) -> Result<Status, Failure> {
        let id = id.to_owned();
        let found = self.look(move |db| {
            let Some(status) = statuses::by_uri(db, &id)? else { return Ok(None) };
            Ok(statuses::may_see(db, &status, Some(account))?.then_some(status))
        });
        found.await?.ok_or(Failure::NotFound)
    }

    /// A post of the bot's own, made earlier.
    async fn own(&self, account: AccountId, id: &str) -> Result<Status, Failure> {
        let status = self.visible(account, id).await?;
        if status.account_id == account { Ok(status) } else { Err(Failure::Denied("only its own posts".into())) }
    }

    /// Whom the text names wrote first, all of them.
    async fn wrote_first(&self, text: &str) -> Result<(), Failure> {
        let plugin = self.facts.id.clone();
        let ground = self.facts.ground.clone();
        let named = mentions::find(text);
        let strangers = self.look(move |db| {
            for mention in named {
                let here = |domain: &String| *domain == ground.handle_domain || *domain == ground.host;
                let domain = mention.domain.filter(|domain| !here(domain));
                let known = accounts::by_handle(db, &mention.user, domain.as_deref())?;
                let wrote = known.map_or(Ok(false), |account| bots::has_written(db, &plugin, account.id))?;
                if !wrote {
                    return Ok(Some(mention.user));
                }
            }
            Ok(None)
        });
        match strangers.await? {
            None => Ok(()),
            Some(user) => Err(Failure::Denied(format!("{user} did not write first, so it may not write directly"))),
        }
    }

    fn draft(given: actions::Draft) -> Result<Draft, Failure> {
        let invalid = |why: String| Err(Failure::Invalid(why));
        let visibility = match given.visibility {
            Wanted::Public => Visibility::Public,
            Wanted::Unlisted => Visibility::Unlisted,
            Wanted::Followers => Visibility::Private,
            Wanted::Direct => Visibility::Direct,
            Wanted::Other => return invalid("a post has a visibility".into()),
        };
        if given.media.len() > MEDIA {
            return Err(limit(&format!("{MEDIA} attachments")));
        }
        if given.idem.len() > IDEM {
            return invalid(format!("idem is longer than {IDEM} bytes"));
        }
        if given.content.trim().is_empty() && given.media.is_empty() && given.quote_of.is_none() {
            return invalid("the post is empty".into());
        }
        let length = crate::text::render::length(&given.content, given.summary.as_deref().unwrap_or_default());
        if length > CHARACTERS {
            return invalid(format!("the post is {length} characters long; the limit is {CHARACTERS}"));
        }
        Ok(Draft {
            content: given.content,
            summary: given.summary,
            visibility: Some(visibility),
            reply_to: given.reply_to,
            quote_of: given.quote_of,
            language: given.language,
            sensitive: given.sensitive,
            media: given.media,
            expires_s: given.expires_s,
            idem: given.idem,
        })
    }

    async fn post_draft(&mut self, given: actions::Draft) -> Result<String, Failure> {
        let draft = Self::draft(given)?;
        let (plugin, now) = (self.facts.id.clone(), self.facts.clock.now());
        let Some(bot) = self.bot.as_deref() else { return Err(Failure::Denied("only bots act".into())) };
        let account = bot.caller.account;
        if !draft.idem.is_empty() {
            if let Some(known) = bot.idems.get(&draft.idem) {
                return Ok(known.clone());
            }
            let word = draft.idem.clone();
            if let Some(known) = self.look(move |db| bots::by_idem(db, &plugin, &word, now)).await? {
                return Ok(known);
            }
        }
        let used = bot.caller.used;
        if bot.posts >= POSTS_AN_EVENT * bot.events {
            return Err(limit(&format!("{POSTS_AN_EVENT} posts an event")));
        }
        if used.posts_hour + bot.posts >= POSTS.0 {
            return Err(limit(&format!("{} posts an hour", POSTS.0)));
        }
        if used.posts_day + bot.posts >= POSTS.1 {
            return Err(limit(&format!("{} posts a day", POSTS.1)));
        }
        for other in draft.reply_to.iter().filter(|id| !bot.made(id)).chain(&draft.quote_of) {
            self.visible(account, other).await?;
        }
        let uploaded =
            |name: &String| bot.acts.iter().any(|act| matches!(act, Act::Upload { name: known, .. } if known == name));
        if let Some(name) = draft.media.iter().find(|name| !uploaded(name)) {
            return Err(Failure::Invalid(format!("{name} was not uploaded about this event")));
        }
        if draft.visibility == Some(Visibility::Direct) {
            let text = format!("{} {}", draft.content, draft.summary.as_deref().unwrap_or_default());
            self.wrote_first(&text).await?;
        }
        let Some(bot) = self.bot.as_deref_mut() else { return Err(Failure::NotFound) };
        let id = (bot.caller.next_id.0)();
        let uri = ids::status(&bot.caller.uri, StatusId(id));
        bot.posts += 1;
        if !draft.idem.is_empty() {
            bot.idems.insert(draft.idem.clone(), uri.clone());
        }
        bot.acts.push(Act::Post { id, draft });
        Ok(uri)
    }

    async fn change_draft(&mut self, post: String, given: actions::Draft) -> Result<(), Failure> {
        let draft = Self::draft(given)?;
        let Some(bot) = self.bot.as_deref() else { return Err(Failure::NotFound) };
        let status = self.own(bot.caller.account, &post).await?;
        if draft.visibility.is_some_and(|wanted| wanted != status.visibility) {
            return Err(Failure::Invalid("the visibility of a post stays".into()));
        }
        if status.visibility == Visibility::Direct {
            self.wrote_first(&draft.content).await?;
        }
        self.other(Act::Edit { post, draft })
    }

    /// Gathers what is only limited by the event.
    fn other(&mut self, act: Act) -> Result<(), Failure> {
        let Some(bot) = self.bot.as_deref_mut() else { return Err(Failure::NotFound) };
        if bot.others >= OTHERS * bot.events {
            return Err(limit(&format!("{OTHERS} edits, deletions and the like an event")));
        }
        bot.others += 1;
        bot.acts.push(act);
        Ok(())
    }

    async fn reaction(&mut self, post: &str, act: Act) -> Result<(), Failure> {
        let Some(bot) = self.bot.as_deref() else { return Err(Failure::NotFound) };
        if bot.caller.used.reacts_hour + bot.reacts >= REACTS {
            return Err(limit(&format!("{REACTS} reactions and boosts an hour")));
        }
        self.visible(bot.caller.account, post).await?;
        if let Some(bot) = self.bot.as_deref_mut() {
            bot.reacts += 1;
            bot.acts.push(act);
        }
        Ok(())
    }

    async fn follow_one(&mut self, actor: String, on: bool) -> Result<(), Failure> {
        let Some(bot) = self.bot.as_deref() else { return Err(Failure::NotFound) };
        let (account, own) = (bot.caller.account, bot.caller.uri == actor);
        if own || url::Url::parse(&actor).is_err() {
            return Err(Failure::Invalid("that is nobody to follow".into()));
        }
        let asked = actor.clone();
        let known = self
            .look(move |db| {
                let target = accounts::by_uri(db, &asked)?;
                target.map_or(Ok(false), |target| Ok(follows::between(db, account, target.id)?.is_some()))
            })
            .await?;
        let new = on && !known;
        let Some(bot) = self.bot.as_deref_mut() else { return Err(Failure::NotFound) };
        let again =
            bot.acts.iter().any(|act| matches!(act, Act::Follow { actor: known, on: true, .. } if *known == actor));
        let new = new && !again;
        if new && bot.caller.used.follows_day + bot.follows >= FOLLOWS {
            return Err(limit(&format!("{FOLLOWS} new follows a day")));
        }
        if new {
            bot.follows += 1;
            bot.acts.push(Act::Follow { actor, on, new });
            return Ok(());
        }
        self.other(Act::Follow { actor, on, new })
    }
}

/// As people have it.
const CHARACTERS: usize = 5_000;

impl actions::Host for State {
    async fn post(&mut self, draft: actions::Draft) -> Answer<String> {
        if let Err(why) = self.may("post")? {
            return Ok(Err(why));
        }
        Ok(self.post_draft(draft).await)
    }

    async fn edit(&mut self, id: String, draft: actions::Draft) -> Answer<()> {
        if let Err(why) = self.may("post")? {
            return Ok(Err(why));
        }
        Ok(self.change_draft(id, draft).await)
    }

    async fn delete(&mut self, id: String) -> Answer<()> {
        let account = match self.may("post")? {
            Ok(bot) => bot.caller.account,
            Err(why) => return Ok(Err(why)),
        };
        if let Err(why) = self.own(account, &id).await {
            return Ok(Err(why));
        }
        Ok(self.other(Act::Delete { post: id }))
    }

    async fn react(&mut self, id: String, emoji: Option<String>) -> Answer<()> {
        if let Err(why) = self.may("react")? {
            return Ok(Err(why));
        }
        let act = Act::React { post: id.clone(), emoji };
        Ok(self.reaction(&id, act).await)
    }

    async fn boost(&mut self, id: String) -> Answer<()> {
        if let Err(why) = self.may("react")? {
            return Ok(Err(why));
        }
        Ok(self.reaction(&id, Act::Boost { post: id.clone() }).await)
    }

    async fn follow(&mut self, actor: String, on: bool) -> Answer<()> {
        if let Err(why) = self.may("follow")? {
            return Ok(Err(why));
        }
        Ok(self.follow_one(actor, on).await)
    }

    async fn answer_follow(&mut self, request: String, accept: bool) -> Answer<()> {
        let account = match self.may("follow")? {
            Ok(bot) => bot.caller.account,
            Err(why) => return Ok(Err(why)),
        };
        let asked = request.clone();
        let known = self.look(move |db| Ok(follows::by_uri(db, &asked)?.is_some_and(|row| row.target_id == account)));
        match known.await {
            Ok(true) => Ok(self.other(Act::AnswerFollow { request, accept })),
            Ok(false) => Ok(Err(Failure::NotFound)),
            Err(why) => Ok(Err(why)),
        }
    }

    async fn upload(&mut self, bytes: Vec<u8>, mime: String, alt: String) -> Answer<String> {
        let bot = match self.may("post")? {
            Ok(bot) => bot,
            Err(why) => return Ok(Err(why)),
        };
        if bot.uploads >= UPLOADS * bot.events {
            return Ok(Err(limit(&format!("{UPLOADS} uploads an event"))));
        }
        if bytes.is_empty() || !mime.contains('/') {
            return Ok(Err(Failure::Invalid("that is no file with a media type".into())));
        }
        bot.uploads += 1;
        let name = format!("upload-{}", bot.uploads);
        bot.acts.push(Act::Upload { name: name.clone(), bytes, alt });
        Ok(Ok(name))
    }

    async fn import_emoji(&mut self, shortcode: String, url: String) -> Answer<()> {
        if let Err(why) = self.may("media")? {
            return Ok(Err(why));
        }
        if !shortcodes::is_shortcode(&shortcode) || url::Url::parse(&url).is_err() {
            return Ok(Err(Failure::Invalid("a shortcode is two or more of a-z, 0-9 and _, with an address".into())));
        }
        Ok(self.other(Act::ImportEmoji { shortcode, url }))
    }

    async fn report(&mut self, actor: String, posts: Vec<String>, note: String) -> Answer<()> {
        if let Err(why) = self.may("report")? {
            return Ok(Err(why));
        }
        let asked = (actor.clone(), posts.clone());
        let known = self.look(move |db| {
            let Some(target) = accounts::by_uri(db, &asked.0)? else { return Ok(false) };
            for id in &asked.1 {
                if statuses::by_uri(db, id)?.is_none_or(|status| status.account_id != target.id) {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        match known.await {
            Ok(true) => Ok(self.other(Act::Report { actor, posts, note })),
            Ok(false) => Ok(Err(Failure::NotFound)),
            Err(why) => Ok(Err(why)),
        }
    }
}
