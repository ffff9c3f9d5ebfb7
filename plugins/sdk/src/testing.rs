//! A host for tests on your own machine: settings, time, memory, network and people as you want them.
//!
//! ```
//! use nagaya_plugin::{clock, kv, testing};
//! testing::reset();
//! testing::host(|host| host.now = 1_000);
//! assert_eq!(clock::now(), 1_000);
//! kv::set("seen", b"1", Some(60)).unwrap();
//! assert_eq!(kv::get("seen").unwrap().as_deref(), Some(b"1".as_slice()));
//! testing::host(|host| host.now += 61_000);
//! assert_eq!(kv::get("seen").unwrap(), None);
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::actions::Draft;
use crate::http::{Request, Response};
use crate::log::Level;
use crate::types::{Actor, ActorKind, Direction, Envelope, Failure, Ts, Visibility};

/// What the stand-in for the server knows, and what the plugin did. One per thread.
#[derive(Debug, Default)]
pub struct Host {
    /// Milliseconds since 1970.
    pub now: Ts,
    /// The settings, a JSON object.
    pub settings: String,
    /// The server's domain.
    pub domain: String,
    /// The plugin's memory: value and, where it fades, when.
    pub memory: BTreeMap<String, (Vec<u8>, Option<Ts>)>,
    /// People that are known.
    pub people: Vec<Actor>,
    /// What stands between two people, by their ids.
    pub relations: BTreeMap<(String, String), Vec<String>>,
    /// Posts that are known, newest first.
    pub posts: Vec<Envelope>,
    /// Answers to `http::send`, by address.
    pub web: BTreeMap<String, (u16, String)>,
    /// Answers to `dns::lookup`, by name.
    pub names: BTreeMap<String, Vec<String>>,
    /// What `text::match_list` finds: the indexes for a haystack that contains the text.
    pub lists: BTreeMap<String, Vec<String>>,
    /// Lines of the log.
    pub logged: Vec<String>,
    /// Posts of the bot.
    pub drafts: Vec<Draft>,
    /// Everything else that the bot did, in words: `follow https://…`, `timer daily 17`, …
    pub deeds: Vec<String>,
}

thread_local! {
    static HOST: RefCell<Host> = RefCell::new(Host::default());
}

/// Forgets everything.
pub fn reset() {
    HOST.with_borrow_mut(|host| {
        *host = Host { settings: "{}".into(), domain: "here.example".into(), ..Host::default() }
    });
}

/// Looks at the host, or changes it.
pub fn host<T>(look: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with_borrow_mut(look)
}

pub(crate) fn with<T>(ask: impl FnOnce(Ask) -> T) -> T {
    ask(Ask)
}

/// A public post from another server, to be changed as a test needs it.
pub fn post(text: &str) -> Envelope {
    Envelope {
        direction: Direction::Inbound,
        activity: "Create".into(),
        object: Some("Note".into()),
        id: "https://peer.example/notes/1".into(),
        actor: person("carol@peer.example"),
        visibility: Visibility::Public,
        published: None,
        is_edit: false,
        text: text.into(),
        html: None,
        summary: None,
        language: None,
        sensitive: false,
        mentions: Vec::new(),
        local_mentions: 0,
        recipients: 1,
        hashtags: Vec::new(),
        link_hosts: Vec::new(),
        emoji: Vec::new(),
        attachments: Vec::new(),
        reply_to: None,
        quote_of: None,
        follow_target: None,
        relation: Vec::new(),
        history: Vec::new(),
        raw: None,
    }
}

/// Somebody; those `@here.example` live on this server.
pub fn person(handle: &str) -> Actor {
    let (name, host) = handle.split_once('@').unwrap_or((handle, "here.example"));
    let id = format!("https://{host}/users/{name}");
    Actor {
        followers_url: format!("{id}/followers"),
        id,
        handle: format!("{name}@{host}"),
        host: host.into(),
        local: host == "here.example",
        kind: ActorKind::Person,
        display_name: name.into(),
        bio: String::new(),
        locked: false,
        first_seen: 0,
        created: None,
        posts_seen: 10,
        followers_seen: 10,
        local_followers: 0,
        local_following: 0,
        admin_tags: Vec::new(),
    }
}

/// One question to the host; each interface answers through a type of its own.
pub(crate) struct Ask;

macro_rules! answers {
    ($($name:ident $type:ident { $($body:tt)* })*) => { $(
        pub(crate) struct $type;
        impl Ask { pub(crate) fn $name(&self) -> $type { $type } }
        impl $type { $($body)* }
    )* };
}

answers! {
    log Log {
        pub(crate) fn write(&self, level: Level, message: &str) {
            host(|host| host.logged.push(format!("{level:?} {message}")));
        }
    }
    config Config {
        pub(crate) fn get(&self, key: &str) -> Option<String> {
            match crate::Settings::parse(&self.all()).get(key) {
                crate::Json::Null => None,
                crate::Json::Text(text) => Some(text.clone()),
                other => Some(other.to_string()),
            }
        }
        pub(crate) fn all(&self) -> String { host(|host| host.settings.clone()) }
        pub(crate) fn host(&self) -> String { host(|host| host.domain.clone()) }
    }
    clock Clock {
        pub(crate) fn now(&self) -> Ts { host(|host| host.now) }
    }
    random Random {
        pub(crate) fn bytes(&self, count: u32) -> Vec<u8> { (0..count).map(|n| (n * 37 % 251) as u8).collect() }
    }
    metrics Metrics {
        pub(crate) fn count(&self, name: &str, by: u32) { host(|host| host.deeds.push(format!("count {name} {by}"))); }
        pub(crate) fn observe(&self, name: &str, value: f64) {
            host(|host| host.deeds.push(format!("observe {name} {value}")));
        }
    }
    kv Kv {
        pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
            Ok(host(|host| {
                let (value, until) = host.memory.get(key)?;
                until.is_none_or(|until| host.now < until).then(|| value.clone())
            }))
        }
        pub(crate) fn set(&self, key: &str, value: &[u8], ttl_s: Option<u32>) -> Result<(), Failure> {
            host(|host| {
                let until = ttl_s.map(|ttl| host.now + u64::from(ttl) * 1000);
                host.memory.insert(key.into(), (value.to_vec(), until));
            });
            Ok(())
        }
        pub(crate) fn delete(&self, key: &str) -> Result<(), Failure> {
            host(|host| host.memory.remove(key));
            Ok(())
        }
        pub(crate) fn incr(&self, key: &str, by: i64, ttl_s: Option<u32>) -> Result<i64, Failure> {
            let before = self.get(key)?.and_then(|value| String::from_utf8(value).ok()?.parse().ok()).unwrap_or(0_i64);
            self.set(key, (before + by).to_string().as_bytes(), ttl_s)?;
            Ok(before + by)
        }
        pub(crate) fn cas(&self, key: &str, old: Option<&[u8]>, new: &[u8]) -> Result<bool, Failure> {
            let fits = self.get(key)?.as_deref() == old;
            if fits {
                self.set(key, new, None)?;
            }
            Ok(fits)
        }
        pub(crate) fn scan(
            &self,
            prefix: &str,
            after: Option<&str>,
            max: u32,
        ) -> Result<Vec<(String, Vec<u8>)>, Failure> {
            Ok(host(|host| {
                let alive = |until: &Option<Ts>| until.is_none_or(|until| host.now < until);
                let found = host.memory.iter().filter(|(key, (_, until))| {
                    key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after) && alive(until)
                });
                found.take(max.min(100) as usize).map(|(key, (value, _))| (key.clone(), value.clone())).collect()
            }))
        }
    }
    text Text {
        pub(crate) fn html_to_text(&self, html: &str) -> String { crate::html::to_text(html) }
        pub(crate) fn sanitize(&self, html: &str, _profile: &str) -> String { crate::html::to_text(html) }
        pub(crate) fn match_list(&self, list_name: &str, haystack: &str) -> Vec<u32> {
            host(|host| {
                let entries = host.lists.get(list_name).into_iter().flatten().enumerate();
                entries.filter(|(_, entry)| haystack.contains(entry.as_str())).map(|(index, _)| index as u32).collect()
            })
        }
    }
    query Query {
        pub(crate) fn actor_by_id(&self, id: &str) -> Result<Option<Actor>, Failure> {
            Ok(host(|host| host.people.iter().find(|actor| actor.id == id).cloned()))
        }
        pub(crate) fn actor_by_handle(&self, h: &str) -> Result<Option<Actor>, Failure> {
            Ok(host(|host| host.people.iter().find(|actor| actor.handle == h).cloned()))
        }
        pub(crate) fn relation(&self, a: &str, b: &str) -> Result<Vec<String>, Failure> {
            Ok(host(|host| host.relations.get(&(a.into(), b.into())).cloned().unwrap_or_default()))
        }
        pub(crate) fn post(&self, id: &str) -> Result<Option<Envelope>, Failure> {
            Ok(host(|host| host.posts.iter().find(|post| post.id == id).cloned()))
        }
        pub(crate) fn posts_by(
            &self,
            actor: &str,
            before: Option<&str>,
            max: u32,
        ) -> Result<Vec<Envelope>, Failure> {
            Ok(host(|host| {
                let before = before.and_then(|id| host.posts.iter().position(|post| post.id == id)).map_or(0, |at| at + 1);
                let theirs = host.posts.iter().skip(before).filter(|post| post.actor.id == actor);
                theirs.take(max.min(20) as usize).cloned().collect()
            }))
        }
    }
    http Http {
        pub(crate) fn send(&self, request: &Request) -> Result<Response, Failure> {
            host(|host| match host.web.get(&request.url) {
                Some((status, body)) => {
                    Ok(Response { status: *status, headers: Vec::new(), body: body.clone().into_bytes(), truncated: false })
                }
                None => Err(Failure::Unavailable(format!("nothing answers at {}", request.url))),
            })
        }
    }
    dns Dns {
        pub(crate) fn lookup(&self, name: &str, _kind: &str) -> Result<Vec<String>, Failure> {
            host(|host| Ok(host.names.get(name).cloned().unwrap_or_default()))
        }
    }
    timers Timers {
        pub(crate) fn set(&self, name: &str, at: Ts, payload: &[u8]) -> Result<(), Failure> {
            let payload = String::from_utf8_lossy(payload).into_owned();
            host(|host| host.deeds.push(format!("timer {name} {at} {payload}")));
            Ok(())
        }
        pub(crate) fn cancel(&self, name: &str) -> Result<(), Failure> { deed(format!("cancel {name}")) }
    }
    actions Actions {
        pub(crate) fn post(&self, draft: &Draft) -> Result<String, Failure> {
            Ok(host(|host| {
                host.drafts.push(draft.clone());
                format!("draft {}", host.drafts.len())
            }))
        }
        pub(crate) fn edit(&self, id: &str, draft: &Draft) -> Result<(), Failure> {
            deed(format!("edit {id} {}", draft.content))
        }
        pub(crate) fn delete(&self, id: &str) -> Result<(), Failure> { deed(format!("delete {id}")) }
        pub(crate) fn react(&self, id: &str, emoji: Option<&str>) -> Result<(), Failure> {
            deed(format!("react {id} {}", emoji.unwrap_or("-")))
        }
        pub(crate) fn boost(&self, id: &str) -> Result<(), Failure> { deed(format!("boost {id}")) }
        pub(crate) fn follow(&self, actor: &str, on: bool) -> Result<(), Failure> {
            deed(format!("{} {actor}", if on { "follow" } else { "unfollow" }))
        }
        pub(crate) fn answer_follow(&self, request: &str, accept: bool) -> Result<(), Failure> {
            deed(format!("{} {request}", if accept { "accept" } else { "refuse" }))
        }
        pub(crate) fn upload(&self, bytes: &[u8], mime: &str, alt: &str) -> Result<String, Failure> {
            Ok(host(|host| {
                host.deeds.push(format!("upload {mime} {} {alt}", bytes.len()));
                format!("media {}", host.deeds.len())
            }))
        }
        pub(crate) fn import_emoji(&self, shortcode: &str, url: &str) -> Result<(), Failure> {
            deed(format!("import {shortcode} {url}"))
        }
        pub(crate) fn report(&self, actor: &str, posts: &[String], note: &str) -> Result<(), Failure> {
            deed(format!("report {actor} {} {note}", posts.join(" ")))
        }
    }
}

fn deed(what: String) -> Result<(), Failure> {
    host(|host| host.deeds.push(what));
    Ok(())
}
