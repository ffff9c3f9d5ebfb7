//! From the JSON of a case to the records of the contract.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::exports::bot::{Body, Event};
use super::exports::fan_out::{Reason, Target};
use super::exports::web::Req;
use super::types;
use crate::error::{Error, Result};
use crate::plugins::envelope::{Actor, Envelope};

macro_rules! documents {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../../plugins/conformance/documents/", $name, ".json")))),*]
    };
}

/// Activities as several programs send them, with what the server would tell about them.
const DOCUMENTS: &[(&str, &str)] = documents![
    "gotosocial-follow" "lemmy" "mastodon" "mastodon-delete" "mastodon-flag" "misskey" "misskey-reaction" "own" "peertube"
    "pixelfed" "pleroma" "wordpress"
];

/// What a case without a document begins with.
fn plain() -> Value {
    json!({
        "direction": "inbound", "activity": "Create", "object": "Note", "id": "https://peer.example/notes/1",
        "actor": {
            "id": "https://peer.example/users/carol", "handle": "carol@peer.example", "host": "peer.example", "local": false,
            "kind": "Person", "display-name": "Carol", "first-seen": 1_700_000_000_000_u64, "posts-seen": 10,
            "followers-seen": 10, "followers-url": "https://peer.example/users/carol/followers",
        },
        "visibility": "public", "recipients": 1,
    })
}

/// The document that `base` names, with the changes of `with` merged into it (RFC 7396).
pub(super) fn envelope(case: &Value) -> Result<Envelope> {
    let mut document = match case["base"].as_str() {
        None => plain(),
        Some(name) => {
            let known = DOCUMENTS.iter().find(|(known, _)| *known == name);
            let (_, text) = known.ok_or_else(|| {
                let names: Vec<_> = DOCUMENTS.iter().map(|(name, _)| *name).collect();
                wrong(format!("there is no document {name}; there are: {}", names.join(", ")))
            })?;
            serde_json::from_str(text).map_err(|why| Error::Bug(format!("{name}: {why}")))?
        }
    };
    merge(&mut document, &case["with"]);
    read(&document, "with")
}

/// RFC 7396; no changes leave `json` as it is.
pub(in crate::plugins) fn merge(json: &mut Value, changes: &Value) {
    let Value::Object(changes) = changes else {
        if !changes.is_null() {
            *json = changes.clone();
        }
        return;
    };
    if !json.is_object() {
        *json = json!({});
    }
    let Value::Object(members) = json else { return };
    for (key, value) in changes {
        if value.is_null() {
            members.remove(key);
        } else {
            merge(members.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// A part of a case as a record; the error says which part is wrong.
pub(super) fn read<T: DeserializeOwned>(json: &Value, part: &str) -> Result<T> {
    serde_json::from_value(json.clone()).map_err(|why| wrong(format!("{part}: {why}")))
}

/// A fixture that makes no sense.
pub(super) fn wrong(why: impl Into<String>) -> Error {
    Error::Invalid { field: "fixture", why: why.into() }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
struct Server {
    host: String,
    inboxes: u16,
    recipients: u32,
    mutuals: u32,
    shared: bool,
    why: String,
    software: Option<String>,
    fails: u16,
    last_ok_s: Option<u32>,
    latency_ms: u32,
    queued: u32,
    tags: Vec<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            host: "peer.example".into(),
            inboxes: 1,
            recipients: 1,
            mutuals: 0,
            shared: true,
            why: "follower".into(),
            software: None,
            fails: 0,
            last_ok_s: None,
            latency_ms: 0,
            queued: 0,
            tags: Vec::new(),
        }
    }
}

pub(super) fn targets(json: &Value) -> Result<Vec<Target>> {
    let servers: Vec<Server> = read(json, "targets")?;
    let target = |(ix, server): (u32, Server)| {
        Ok(Target {
            ix,
            host: server.host,
            inboxes: server.inboxes,
            recipients: server.recipients,
            mutuals: server.mutuals,
            shared: server.shared,
            why: match server.why.as_str() {
                "mentioned" => Reason::Mentioned,
                "follower" => Reason::Follower,
                "relay" => Reason::Relay,
                "prior-recipient" => Reason::PriorRecipient,
                other => return Err(wrong(format!("targets: why is never {other}"))),
            },
            software: server.software,
            fails: server.fails,
            last_ok_s: server.last_ok_s,
            latency_ms: server.latency_ms,
            queued: server.queued,
            tags: server.tags,
        })
    };
    (0..).zip(servers).map(target).collect()
}

pub(super) fn events(json: &Value) -> Result<Vec<Event>> {
    let list = json.as_array().map(Vec::as_slice).unwrap_or_default();
    (1..).zip(list).map(|(seq, event)| Ok(Event { seq, body: body(event)? })).collect()
}

fn body(event: &Value) -> Result<Body> {
    let single = event.as_object().and_then(|members| members.iter().next());
    let (name, value) = single.ok_or_else(|| wrong("events: each is an object with one member"))?;
    let post = || Ok::<_, Error>(types::Envelope::from(&envelope(value)?));
    let somebody = || {
        let (actor, id): (Actor, String) = read(value, name)?;
        Ok::<_, Error>((types::Actor::from(&actor), id))
    };
    Ok(match name.as_str() {
        "mention" => Body::Mention(post()?),
        "reply" => Body::Reply(post()?),
        "quote" => Body::Quote(post()?),
        "direct" => Body::Direct(post()?),
        "timeline" => Body::Timeline(post()?),
        "followed" => Body::Followed(somebody()?),
        "unfollowed" => Body::Unfollowed((&read::<Actor>(value, name)?).into()),
        "reacted" => Body::Reacted(somebody()?),
        "boosted" => Body::Boosted(somebody()?),
        "voted" => Body::Voted(somebody()?),
        "deleted" => Body::Deleted(read(value, name)?),
        "extra" => Body::Extra(read(value, name)?),
        other => return Err(wrong(format!("events: none is called {other}"))),
    })
}

/// Names and payloads.
pub(super) fn timers(json: &Value) -> Result<Vec<(String, Vec<u8>)>> {
    #[derive(Deserialize)]
    struct Timer {
        name: String,
        #[serde(default)]
        payload: String,
    }
    if json.is_null() {
        return Ok(Vec::new());
    }
    let timers: Vec<Timer> = read(json, "timers")?;
    Ok(timers.into_iter().map(|timer| (timer.name, timer.payload.into_bytes())).collect())
}

pub(super) fn request(json: &Value) -> Result<Req> {
    #[derive(Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Request {
        method: String,
        path: String,
        headers: std::collections::BTreeMap<String, String>,
        body: String,
    }
    impl Default for Request {
        fn default() -> Self {
            Self { method: "GET".into(), path: "/".into(), headers: Default::default(), body: String::new() }
        }
    }
    let request: Request = read(json, "request")?;
    Ok(Req {
        method: request.method,
        path: request.path,
        headers: request.headers.into_iter().collect(),
        body: request.body.into_bytes(),
    })
}
