//! The stand-in for the server: time, memory, network and people as a fixture wants them. What the plugin did is kept.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wasmtime::{StoreLimits, StoreLimitsBuilder};

use super::script::Script;
use super::types::{self, Failure};
use super::{actions, clock, config, dns, http, kv, log, metrics, query, random, text, timers, written};
use crate::error::Result;
use crate::plugins::bot_host::POSTS_AN_EVENT;
use crate::plugins::bot_timers::{PAYLOAD, TIMERS};
use crate::plugins::envelope::Envelope;
use crate::plugins::known::sanitized;
use crate::plugins::limits::{self, KEY, Limits, VALUE};
use crate::plugins::manifest::Manifest;
use crate::plugins::options::HttpRule;
use crate::plugins::permissions::Grants;
use crate::plugins::words::List;
use crate::store::word_lists::WordList;
use crate::text::clean;

type Answer<T> = wasmtime::Result<std::result::Result<T, Failure>>;

/// What one case plays on.
#[derive(Debug)]
pub(super) struct Stage {
    pub bounds: StoreLimits,
    /// Lines of the plugin's log.
    pub logged: Vec<String>,
    script: Script,
    posts: Vec<Envelope>,
    settings: Map<String, Value>,
    grants: Grants,
    rules: Vec<HttpRule>,
    lists: Vec<(String, List)>,
    memory: BTreeMap<String, (Vec<u8>, Option<u64>)>,
    drafts: Vec<Value>,
    deeds: Vec<String>,
    timers: usize,
    calls: u32,
    most: u32,
}

impl Stage {
    pub(super) fn new(
        manifest: &Manifest,
        grants: &Grants,
        limits: Limits,
        settings: Map<String, Value>,
        known: &Value,
    ) -> Result<Self> {
        let script = Script::of(known)?;
        let list = |(name, entries): (&String, &Vec<String>)| {
            let row =
                WordList { name: name.clone(), entries: entries.clone(), url: None, fetched_at: None, problem: None };
            (name.clone(), List::new(&row))
        };
        let named = script.lists.iter().filter(|(name, _)| manifest.lists.contains(name));
        Ok(Self {
            bounds: StoreLimitsBuilder::new().memory_size(limits.memory).trap_on_grow_failure(true).build(),
            logged: Vec::new(),
            posts: script.posts()?,
            settings,
            grants: grants.clone(),
            rules: manifest.http.clone(),
            lists: named.map(list).collect(),
            memory: script.kv.iter().map(|(key, value)| (key.clone(), (value.clone().into_bytes(), None))).collect(),
            script,
            drafts: Vec::new(),
            deeds: Vec::new(),
            timers: 0,
            calls: 0,
            most: limits.calls,
        })
    }

    /// Posts and everything else that a bot did.
    pub(super) fn did(&self) -> Value {
        let mut did = Map::new();
        if !self.drafts.is_empty() {
            did.insert("posts".into(), self.drafts.clone().into());
        }
        if !self.deeds.is_empty() {
            did.insert("deeds".into(), self.deeds.clone().into());
        }
        did.into()
    }

    fn count(&mut self) -> wasmtime::Result<()> {
        self.calls += 1;
        let most = self.most;
        if self.calls > most {
            Err(wasmtime::Error::msg(format!("more than {most} calls to the host")))
        } else {
            Ok(())
        }
    }

    /// Counts, and answers `denied` unless the manifest asks for this.
    fn asks(&mut self, permission: &str) -> wasmtime::Result<std::result::Result<(), Failure>> {
        self.count()?;
        let granted = self.grants.has(permission);
        Ok(if granted { Ok(()) } else { Err(Failure::Denied(permission.to_owned())) })
    }

    fn deed(&mut self, permission: &str, what: String) -> Answer<()> {
        let granted = self.asks(permission)?;
        if granted.is_ok() {
            self.deeds.push(what);
        }
        Ok(granted)
    }

    fn kept(&self, key: &str) -> Option<&Vec<u8>> {
        let (value, until) = self.memory.get(key)?;
        until.is_none_or(|until| self.script.now < until).then_some(value)
    }

    fn keep(&mut self, key: &str, value: Vec<u8>, ttl_s: Option<u32>) -> std::result::Result<(), Failure> {
        if value.len() > VALUE {
            return Err(Failure::Limit(format!("the value is larger than {VALUE} bytes")));
        }
        let until = ttl_s.map(|seconds| self.script.now + u64::from(seconds) * 1000);
        self.memory.insert(key.to_owned(), (value, until));
        Ok(())
    }
}

/// As the server checks it.
fn checked(key: &str) -> std::result::Result<(), Failure> {
    match key.len() {
        0 => Err(Failure::Invalid("the key is empty".into())),
        1..=KEY if key.starts_with('_') && key != "_schema" => {
            Err(Failure::Denied("keys that begin with _ are the host's".into()))
        }
        1..=KEY => Ok(()),
        _ => Err(Failure::Limit(format!("the key is longer than {KEY} bytes"))),
    }
}

macro_rules! passing {
    ($checked:expr) => {
        if let Err(failure) = $checked {
            return Ok(Err(failure));
        }
    };
}

impl types::Host for Stage {}

impl log::Host for Stage {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.count()?;
        let word = match level {
            log::Level::Debug => "debug",
            log::Level::Info => "info",
            log::Level::Warn => "warn",
            log::Level::Error => "error",
        };
        self.logged.push(format!("{word} {}", message.replace(|c: char| c.is_control(), " ")));
        Ok(())
    }
}

impl config::Host for Stage {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        self.count()?;
        Ok(self.settings.get(&key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    }

    fn all(&mut self) -> wasmtime::Result<String> {
        self.count()?;
        Ok(serde_json::to_string(&self.settings).unwrap_or_default())
    }

    fn host(&mut self) -> wasmtime::Result<String> {
        self.count()?;
        Ok(self.script.domain.clone())
    }
}

impl clock::Host for Stage {
    fn now(&mut self) -> wasmtime::Result<u64> {
        self.count()?;
        Ok(self.script.now)
    }
}

impl random::Host for Stage {
    /// The same bytes in every run.
    fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.count()?;
        if count > limits::RANDOM {
            return Err(wasmtime::Error::msg(format!("more than {} random bytes at once", limits::RANDOM)));
        }
        Ok((0..count).map(|n| (n * 37 % 251) as u8).collect())
    }
}

impl metrics::Host for Stage {
    fn count(&mut self, name: String, by: u32) -> wasmtime::Result<()> {
        Self::count(self)?;
        self.deeds.push(format!("count {name} {by}"));
        Ok(())
    }

    fn observe(&mut self, name: String, value: f64) -> wasmtime::Result<()> {
        Self::count(self)?;
        self.deeds.push(format!("observe {name} {value}"));
        Ok(())
    }
}

impl kv::Host for Stage {
    async fn get(&mut self, key: String) -> Answer<Option<Vec<u8>>> {
        self.count()?;
        passing!(checked(&key));
        Ok(Ok(self.kept(&key).cloned()))
    }

    async fn delete(&mut self, key: String) -> Answer<()> {
        self.count()?;
        passing!(checked(&key));
        self.memory.remove(&key);
        Ok(Ok(()))
    }

    async fn set(&mut self, key: String, value: Vec<u8>, ttl_s: Option<u32>) -> Answer<()> {
        self.count()?;
        passing!(checked(&key));
        Ok(self.keep(&key, value, ttl_s))
    }

    async fn incr(&mut self, key: String, by: i64, ttl_s: Option<u32>) -> Answer<i64> {
        self.count()?;
        passing!(checked(&key));
        let number = match self.kept(&key) {
            None => Some(0),
            Some(value) => std::str::from_utf8(value).ok().and_then(|text| text.parse::<i64>().ok()),
        };
        let Some(number) = number else { return Ok(Err(Failure::Invalid("the key holds no number".into()))) };
        let sum = number.saturating_add(by);
        // The first call sets the end.
        let until = self.memory.get(&key).filter(|_| self.kept(&key).is_some()).map(|(_, until)| *until);
        passing!(self.keep(&key, sum.to_string().into_bytes(), ttl_s));
        if let (Some(until), Some(entry)) = (until, self.memory.get_mut(&key)) {
            entry.1 = until;
        }
        Ok(Ok(sum))
    }

    async fn cas(&mut self, key: String, old: Option<Vec<u8>>, new: Vec<u8>) -> Answer<bool> {
        self.count()?;
        passing!(checked(&key));
        let fits = self.kept(&key) == old.as_ref();
        if fits {
            passing!(self.keep(&key, new, None));
        }
        Ok(Ok(fits))
    }

    async fn scan(&mut self, prefix: String, after: Option<String>, max: u32) -> Answer<Vec<(String, Vec<u8>)>> {
        self.count()?;
        let fits = |key: &&String| key.starts_with(&prefix) && after.as_ref().is_none_or(|after| *key > after);
        let found = self.memory.keys().filter(fits).filter_map(|key| Some((key.clone(), self.kept(key)?.clone())));
        Ok(Ok(found.take(max.min(100) as usize).collect()))
    }
}

impl text::Host for Stage {
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
        let list = self.lists.iter().find(|(name, _)| *name == list_name);
        Ok(list.map(|(_, list)| list.find(&haystack)).unwrap_or_default())
    }
}

impl query::Host for Stage {
    async fn actor_by_id(&mut self, id: String) -> Answer<Option<query::Actor>> {
        passing!(self.asks("query")?);
        Ok(Ok(self.script.people.iter().find(|actor| actor.id == id).map(Into::into)))
    }

    async fn actor_by_handle(&mut self, handle: String) -> Answer<Option<query::Actor>> {
        passing!(self.asks("query")?);
        let handle = handle.trim_start_matches('@');
        let handle = if handle.contains('@') { handle.to_owned() } else { format!("{handle}@{}", self.script.domain) };
        Ok(Ok(self.script.people.iter().find(|actor| actor.handle == handle).map(Into::into)))
    }

    async fn relation(&mut self, a: String, b: String) -> Answer<Vec<String>> {
        passing!(self.asks("query")?);
        let between = |words: &&Vec<String>| words.first() == Some(&a) && words.get(1) == Some(&b);
        let words = self.script.relations.iter().find(between);
        Ok(Ok(words.map(|words| words[2..].to_vec()).unwrap_or_default()))
    }

    async fn post(&mut self, id: String) -> Answer<Option<query::Envelope>> {
        passing!(self.asks("query")?);
        let seen = self.posts.iter().filter(|post| self.grants.see(post.visibility));
        Ok(Ok(seen.into_iter().find(|post| post.id == id).map(Into::into)))
    }

    async fn posts_by(&mut self, actor: String, before: Option<String>, max: u32) -> Answer<Vec<query::Envelope>> {
        passing!(self.asks("query")?);
        let begin = before.and_then(|id| self.posts.iter().position(|post| post.id == id)).map_or(0, |at| at + 1);
        let theirs = self.posts.iter().skip(begin);
        let theirs = theirs.filter(|post| post.actor.id == actor && self.grants.see(post.visibility));
        Ok(Ok(theirs.take(max.min(20) as usize).map(Into::into).collect()))
    }
}

impl http::Host for Stage {
    async fn send(&mut self, request: http::Request) -> Answer<http::Response> {
        self.count()?;
        let host =
            request.url.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
        let host = host.unwrap_or_default();
        if !self.rules.iter().any(|rule| rule.covers(&request.method, host)) {
            return Ok(Err(Failure::Denied(format!("http:{host}"))));
        }
        let Some((status, body)) = self.script.web.get(&request.url) else {
            return Ok(Err(Failure::Unavailable(format!("nothing answers at {}", request.url))));
        };
        let body = body.clone().into_bytes();
        Ok(Ok(http::Response { status: *status, headers: Vec::new(), body, truncated: false }))
    }
}

impl dns::Host for Stage {
    async fn lookup(&mut self, name: String, _kind: String) -> Answer<Vec<String>> {
        passing!(self.asks("dns")?);
        Ok(Ok(self.script.names.get(&name).cloned().unwrap_or_default()))
    }
}

impl timers::Host for Stage {
    fn set(&mut self, name: String, at: u64, payload: Vec<u8>) -> Answer<()> {
        self.count()?;
        if payload.len() > PAYLOAD {
            return Ok(Err(Failure::Limit(format!("a timer carries {PAYLOAD} bytes at most"))));
        }
        self.timers += 1;
        if self.timers > TIMERS {
            return Ok(Err(Failure::Limit(format!("a bot has {TIMERS} timers at most"))));
        }
        self.deeds.push(format!("timer {name} {at} {}", String::from_utf8_lossy(&payload)));
        Ok(Ok(()))
    }

    fn cancel(&mut self, name: String) -> Answer<()> {
        self.count()?;
        self.deeds.push(format!("cancel {name}"));
        Ok(Ok(()))
    }
}

impl actions::Host for Stage {
    async fn post(&mut self, draft: actions::Draft) -> Answer<String> {
        passing!(self.asks("post")?);
        if self.drafts.len() >= POSTS_AN_EVENT as usize {
            return Ok(Err(Failure::Limit(format!("{POSTS_AN_EVENT} posts an event"))));
        }
        let mut post = json!({"content": draft.content, "visibility": written::seen(draft.visibility)});
        let optional = [
            ("reply-to", draft.reply_to.map(Value::from)),
            ("quote-of", draft.quote_of.map(Value::from)),
            ("summary", draft.summary.map(Value::from)),
            ("language", draft.language.map(Value::from)),
            ("sensitive", draft.sensitive.then(|| true.into())),
            ("media", (!draft.media.is_empty()).then(|| draft.media.into())),
            ("expires-s", draft.expires_s.map(Value::from)),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                post[name] = value;
            }
        }
        self.drafts.push(post);
        Ok(Ok(format!("draft {}", self.drafts.len())))
    }

    async fn edit(&mut self, id: String, draft: actions::Draft) -> Answer<()> {
        self.deed("post", format!("edit {id} {}", draft.content))
    }

    async fn delete(&mut self, id: String) -> Answer<()> {
        self.deed("post", format!("delete {id}"))
    }

    async fn react(&mut self, id: String, emoji: Option<String>) -> Answer<()> {
        self.deed("react", format!("react {id} {}", emoji.as_deref().unwrap_or("-")))
    }

    async fn boost(&mut self, id: String) -> Answer<()> {
        self.deed("react", format!("boost {id}"))
    }

    async fn follow(&mut self, actor: String, on: bool) -> Answer<()> {
        self.deed("follow", format!("{} {actor}", if on { "follow" } else { "unfollow" }))
    }

    async fn answer_follow(&mut self, request: String, accept: bool) -> Answer<()> {
        self.deed("follow", format!("{} {request}", if accept { "accept" } else { "refuse" }))
    }

    async fn upload(&mut self, bytes: Vec<u8>, mime: String, alt: String) -> Answer<String> {
        let granted = self.deed("post", format!("upload {mime} {} {alt}", bytes.len()))?;
        Ok(granted.map(|()| format!("media {}", self.deeds.len())))
    }

    async fn import_emoji(&mut self, shortcode: String, url: String) -> Answer<()> {
        self.deed("media", format!("import {shortcode} {url}"))
    }

    async fn report(&mut self, actor: String, posts: Vec<String>, note: String) -> Answer<()> {
        self.deed("report", format!("report {actor} {} {note}", posts.join(" ")))
    }
}
