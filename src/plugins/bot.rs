//! Bots: they are told what happened, and what they do about it is gathered, not done. Whoever calls them does all of it in
//! one transaction, or nothing.
//!
//! A bot's instance lives for up to [`EVENTS`] events or [`IDLE`] without any, and never longer than a failure. One call of
//! a bot runs at a time.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::book::End;
use super::chain::{Bench, Link};
use super::envelope::{Actor, Envelope};
use super::host::Facts;
use super::limits::Limits;
use super::manifest::{Kind, Manifest};
use super::options::Need;
use super::outcome::{Alarm, Failure};
use super::permissions::Grants;
use super::v1_0::bot::Living;
use super::{Plugins, facts};
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::ids::AccountId;

/// Events that one instance handles.
pub const EVENTS: usize = 128;
/// Events of one call.
pub const BATCH: usize = 50;
/// How long an instance waits for more.
pub const IDLE: Duration = Duration::from_secs(60);

/// Something that happened, as the contract tells it.
#[derive(Debug, Clone)]
pub struct Event {
    /// Never used twice.
    pub seq: u64,
    /// What.
    pub body: Body,
}

/// What happened.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "as in bot.wit")]
pub enum Body {
    Mention(Box<Envelope>),
    Reply(Box<Envelope>),
    Quote(Box<Envelope>),
    Direct(Box<Envelope>),
    Timeline(Box<Envelope>),
    Followed(Box<Actor>, String),
    Unfollowed(Box<Actor>),
    Reacted(Box<Actor>, String),
    Boosted(Box<Actor>, String),
    Voted(Box<Actor>, String),
    Deleted(String),
    Extra(String, String),
}

/// Why a bot is called.
#[derive(Debug, Clone)]
pub enum Occasion {
    /// Something happened, oldest first; at most [`BATCH`].
    Events(Vec<Event>),
    /// Its alarm went off.
    Timer {
        /// Which.
        name: String,
        /// What it wanted to be reminded of.
        payload: Vec<u8>,
    },
}

/// Who acts, and how much it did lately.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The bot's account …
    pub account: AccountId,
    /// … and its id on the wire.
    pub uri: String,
    /// Gives ids to new posts.
    pub next_id: NextId,
    /// What counts against its limits.
    pub used: Used,
    /// Its alarms.
    pub timers: Vec<String>,
}

/// Where ids of new posts come from.
#[derive(Clone)]
pub struct NextId(pub Arc<dyn Fn() -> i64 + Send + Sync>);

impl std::fmt::Debug for NextId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NextId")
    }
}

/// How often a bot did what is limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Used {
    pub posts_hour: u32,
    pub posts_day: u32,
    pub reacts_hour: u32,
    pub follows_day: u32,
}

/// A post as a bot wants it. Ids are addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in bot.wit")]
pub struct Draft {
    pub content: String,
    pub summary: Option<String>,
    pub visibility: Option<Visibility>,
    pub reply_to: Option<String>,
    pub quote_of: Option<String>,
    pub language: Option<String>,
    pub sensitive: bool,
    pub media: Vec<String>,
    pub expires_s: Option<u32>,
    pub idem: String,
}

/// One thing that a bot wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in bot.wit")]
pub enum Act {
    /// A new post with this id.
    Post {
        id: i64,
        draft: Draft,
    },
    Edit {
        post: String,
        draft: Draft,
    },
    Delete {
        post: String,
    },
    React {
        post: String,
        emoji: Option<String>,
    },
    Boost {
        post: String,
    },
    Follow {
        actor: String,
        on: bool,
        new: bool,
    },
    AnswerFollow {
        request: String,
        accept: bool,
    },
    Upload {
        name: String,
        bytes: Vec<u8>,
        alt: String,
    },
    ImportEmoji {
        shortcode: String,
        url: String,
    },
    Report {
        actor: String,
        posts: Vec<String>,
        note: String,
    },
}

/// A value with its end; `None`: deleted.
pub type Kept = Option<(Vec<u8>, Option<Time>)>;
/// An alarm with what it is about; `None`: cancelled.
pub type Alarmed = Option<(Time, Vec<u8>)>;

/// All that a bot wants done, in order, and what it wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Done {
    pub acts: Vec<Act>,
    pub kv: BTreeMap<String, Kept>,
    pub timers: BTreeMap<String, Alarmed>,
}

/// A call failed; nothing of it counts.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Failed {
    pub failure: Failure,
    pub alarm: Option<Alarm>,
}

/// A bot that is loaded.
#[derive(Debug, Clone)]
pub struct Running(Arc<Link>);

impl Running {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.0.manifest.id
    }

    /// Whether that is the very same version with the same settings.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// What it was granted.
    pub fn grants(&self) -> &Grants {
        &self.0.facts.grants
    }

    /// Takes away from an envelope what this bot did not ask for.
    pub fn shown(&self, mut envelope: Envelope) -> Envelope {
        facts::only_needed(&mut envelope, &self.0.manifest.needs);
        envelope
    }

    /// Whether it wants to know how many posts and followers people have.
    pub fn counts(&self) -> bool {
        self.0.manifest.needs.contains(&Need::Counts)
    }

    /// What its memory may hold.
    pub fn quota(&self) -> crate::store::plugin_kv::Quota {
        self.0.facts.limits.kv
    }

    /// Notes that what it did could not be kept, or could.
    pub fn note(&self, failure: Option<&Failure>) -> Option<Alarm> {
        self.0.note(failure, self.0.facts.clock.now())
    }
}

/// Instances that wait for their next event.
#[derive(Debug, Default)]
pub(super) struct Nursery(Mutex<HashMap<String, Asleep>>);

struct Asleep {
    link: Arc<Link>,
    living: Living,
    events: usize,
    since: Time,
}

impl std::fmt::Debug for Asleep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asleep({} events)", self.events)
    }
}

impl Nursery {
    /// The instance of exactly this version of a bot, if it may go on.
    fn take(&self, link: &Arc<Link>, more: usize, now: Time) -> Option<(Living, usize)> {
        let asleep = self.0.lock().expect("no holder panics").remove(&link.manifest.id)?;
        let fits = Arc::ptr_eq(&asleep.link, link) && asleep.events + more <= EVENTS && now.since(asleep.since) < IDLE;
        fits.then_some((asleep.living, asleep.events))
    }

    fn put(&self, link: Arc<Link>, living: Living, events: usize, since: Time) {
        let id = link.manifest.id.clone();
        self.0.lock().expect("no holder panics").insert(id, Asleep { link, living, events, since });
    }

    /// Lets instances go that had nothing to do for a while; when to come again.
    fn sweep(&self, now: Time) -> Option<Time> {
        let mut all = self.0.lock().expect("no holder panics");
        all.retain(|_, asleep| now.since(asleep.since) < IDLE);
        all.values().map(|asleep| asleep.since.plus(IDLE)).min()
    }

    fn count(&self) -> usize {
        self.0.lock().expect("no holder panics").len()
    }
}

impl Link {
    /// Its facts with the limits of this occasion.
    fn facts_for(&self, occasion: &Occasion) -> Arc<Facts> {
        let asked = &self.manifest.limits;
        let limits = match occasion {
            Occasion::Timer { .. } => Limits::slow(asked),
            Occasion::Events(events) if events.len() < 2 => return self.facts.clone(),
            Occasion::Events(events) => Limits::bot(asked).times(events.len()),
        };
        Arc::new(Facts { limits, ..(*self.facts).clone() })
    }

    async fn attend(
        self: &Arc<Self>,
        bench: &Bench,
        nursery: &Nursery,
        caller: Caller,
        occasion: Occasion,
    ) -> Result<Done, Failure> {
        let _running = bench.ticker.run();
        let _named = bench.marker.name(&self.manifest.id);
        let more = match &occasion {
            Occasion::Events(events) => events.len(),
            Occasion::Timer { .. } => 1,
        };
        let facts = self.facts_for(&occasion);
        let now = facts.clock.now();
        let (living, before) = nursery.take(self, more, now).map_or((None, 0), |(living, n)| (Some(living), n));
        let (attended, cost) = self.guest.attend(living, &facts, caller, occasion).await;
        self.facts.book.called(cost.took, cost.cpu, if attended.is_ok() { End::Done } else { End::Failed });
        let (done, living) = attended?;
        if before + more < EVENTS {
            nursery.put(self.clone(), living, before + more, facts.clock.now());
        }
        Ok(done)
    }
}

impl Plugins {
    /// The bots that run now: enabled, and not switched off.
    pub fn bots(&self) -> Vec<Running> {
        let Some(inner) = self.0.as_deref() else { return Vec::new() };
        inner.of_kind(Kind::Bot).into_iter().map(Running).collect()
    }

    /// Calls a bot. What it answers is only its wish; a success is noted by whoever carries it out ([`Running::note`]).
    pub async fn call_bot(&self, bot: &Running, caller: Caller, occasion: Occasion) -> Result<Done, Failed> {
        let failed = |why: &str| {
            let kind = super::FailureKind::Returned;
            Failed { failure: Failure { plugin: bot.id().to_owned(), kind, why: why.to_owned() }, alarm: None }
        };
        let inner = self.0.as_deref().ok_or_else(|| failed("plugins are not available here"))?;
        let workshop = inner.workshop.get().ok_or_else(|| failed("no plugin was loaded"))?;
        let called = bot.0.attend(&workshop.bench, &inner.nursery, caller, occasion).await;
        called.map_err(|failure| {
            let alarm = bot.note(Some(&failure));
            Failed { failure, alarm }
        })
    }

    /// Lets instances of bots go that wait in vain; answers when to come again.
    pub fn rest_bots(&self, now: Time) -> Option<Time> {
        self.0.as_deref().and_then(|inner| inner.nursery.sweep(now))
    }

    /// How many instances of bots wait for their next event.
    pub fn living_bots(&self) -> usize {
        self.0.as_deref().map_or(0, |inner| inner.nursery.count())
    }
}
