//! Kitsune's filters (`fep:mrf`) as plugins of ours: what they know and answer, in our words.
//!
//! They get the whole activity as JSON and answer another one. What they changed in the object becomes effects, with all the
//! bounds of effects: never an identity, never an audience. Their own "reject" is a rejection, an error that says "continue"
//! is a line in their log. Requests need hosts in a manifest, and theirs has none: they are refused.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use wasmtime::component::{Linker, Resource};

use super::envelope::{Decision, Direction, Effect, Envelope, Verdict};
use super::host::State;
use super::manifest::{Manifest, refused};
use super::patch;
use super::sections;
use super::v1_0::bindings::nagaya::plugin::types as types_of_ours;
use super::v1_0::bindings::nagaya::plugin::{http, kv};
use crate::activitypub::audience::Visibility;
use crate::error::Result;

#[allow(missing_docs, reason = "generated; documented in the WIT file")]
mod bindings {
    wasmtime::component::bindgen!({
        path: "src/plugins/fep_mrf.wit",
        imports: { default: async | trappable },
        exports: { default: async },
    });
}

use bindings::fep::mrf::{http_client, keyvalue, types};
pub(super) use bindings::{Mrf, MrfIndices};

/// The custom section with their manifest.
const SECTION: &str = "manifest-v0";
/// What our manifest says of them.
pub(super) const API: &str = "fep:mrf@0.1";
/// Bytes of their manifest.
const LIMIT: usize = 64 * 1024;
/// What is said where they give no reason.
const NO_REASON: &str = "The filter refused it. / フィルターにより拒否されました。";
/// What everybody may see.
const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Theirs {
    manifest_version: String,
    api_version: String,
    name: String,
    version: String,
    activity_types: Vec<String>,
}

/// The file with a manifest of ours, made of theirs; any other file as it is.
pub(super) fn adopt(mut wasm: Vec<u8>) -> Result<Vec<u8>> {
    let Some(section) = sections::find(&wasm, SECTION, LIMIT)? else { return Ok(wasm) };
    if sections::find(&wasm, Manifest::SECTION, LIMIT)?.is_some() {
        return Ok(wasm);
    }
    let theirs: Theirs =
        serde_json::from_slice(section).map_err(|why| refused(format!("its {SECTION} cannot be read: {why}")))?;
    if theirs.manifest_version != "v1" || theirs.api_version != "v1" {
        return Err(refused("only version v1 of Kitsune's manifest and interface are known here"));
    }
    let name: String =
        theirs.name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let all = theirs.activity_types.iter().any(|kind| kind == "*");
    let manifest = json!({
        "id": format!("mrf.kitsune.{name}"),
        "version": theirs.version,
        "api": API,
        "kinds": ["filter"],
        "activities": if all { Vec::new() } else { theirs.activity_types },
        "needs": ["raw", "html"],
        "permissions": ["see-followers", "see-direct", "reject", "rewrite"],
        "name": {"en": theirs.name},
        "summary": {"en": "A filter made for Kitsune.", "ja": "Kitsune用のフィルターです。"},
        "config": {"configuration": {"type": "text", "default": "",
            "label": {"en": "Configuration, as the filter wants it", "ja": "設定（フィルターの形式のまま）"}}},
    });
    let manifest = manifest.to_string();
    Manifest::parse(&manifest)?;
    let mut body = vec![Manifest::SECTION.len() as u8];
    body.extend(Manifest::SECTION.as_bytes());
    body.extend(manifest.as_bytes());
    wasm.push(0);
    let mut length = body.len();
    while length >= 0x80 {
        wasm.push(length as u8 & 0x7f | 0x80);
        length >>= 7;
    }
    wasm.push(length as u8);
    wasm.extend(body);
    Ok(wasm)
}

/// Links what they import.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let all: fn(&mut State) -> &mut State = |state| state;
    http_client::add_to_linker::<State, wasmtime::component::HasSelf<State>>(linker, all)?;
    keyvalue::add_to_linker::<State, wasmtime::component::HasSelf<State>>(linker, all)?;
    types::add_to_linker::<State, wasmtime::component::HasSelf<State>>(linker, all)
}

/// The activity as they see it: as it came, or as it will go out.
pub(super) fn activity(envelope: &Envelope) -> Value {
    if let Some(raw) = envelope.raw.as_deref().and_then(|raw| serde_json::from_str(raw).ok()) {
        return raw;
    }
    let followers = envelope.actor.followers_url.clone();
    let (to, cc) = match envelope.visibility {
        Some(Visibility::Public) => (vec![PUBLIC.to_owned()], vec![followers]),
        Some(Visibility::Unlisted) => (vec![followers], vec![PUBLIC.to_owned()]),
        Some(Visibility::Private) => (vec![followers], envelope.mentions.clone()),
        Some(Visibility::Direct) | None => (envelope.mentions.clone(), Vec::new()),
    };
    let html = envelope.html.clone().unwrap_or_else(|| crate::text::render::escape(&envelope.text));
    json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": envelope.activity, "actor": envelope.actor.id, "to": to, "cc": cc,
        "object": {
            "id": envelope.id, "type": envelope.object, "attributedTo": envelope.actor.id, "content": html,
            "summary": envelope.summary, "sensitive": envelope.sensitive, "to": to, "cc": cc,
        },
    })
}

/// Asks it.
pub(super) async fn transform(
    guest: &Mrf,
    store: &mut wasmtime::Store<State>,
    envelope: &Envelope,
) -> wasmtime::Result<std::result::Result<Decision, String>> {
    let before = activity(envelope);
    let outward = matches!(envelope.direction, Direction::Outbound | Direction::Local);
    let direction = if outward { types::Direction::Outgoing } else { types::Direction::Incoming };
    let config = store.data().facts.config.get("configuration").and_then(Value::as_str).unwrap_or_default().to_owned();
    let answer = guest.call_transform(&mut *store, &config, direction, &before.to_string()).await?;
    let rejected = |reason: String| Decision { verdict: Verdict::Reject(reason), ..Decision::default() };
    Ok(match answer {
        Ok(after) => match serde_json::from_str(&after) {
            Ok(after) => Ok(Decision { effects: effects(&before, &after, outward), ..Decision::default() }),
            Err(why) => Err(format!("what it made of the activity is no JSON: {why}")),
        },
        Err(types::Error::Reject) => Ok(rejected(NO_REASON.into())),
        Err(types::Error::ErrorReject(why)) => Ok(rejected(why)),
        Err(types::Error::ErrorContinue(why)) => {
            store.data_mut().log(tracing::Level::ERROR, &why)?;
            Ok(Decision::default())
        }
    })
}

/// What changed in the object, as far as a filter may change it.
fn effects(before: &Value, after: &Value, outward: bool) -> Vec<Effect> {
    let object = |activity: &Value| activity.get("object").and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    let (before, after) = (object(before), object(after));
    // What is null is not there.
    let said = |object: &'_ Map<String, Value>, key: &str| object.get(key).filter(|value| !value.is_null()).cloned();
    let changed = |key: &str| said(&before, key) != said(&after, key);
    if outward {
        let text = |key: &str| after.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut effects = Vec::new();
        for (key, part) in [("content", "html"), ("summary", "summary")] {
            if changed(key) {
                effects.push(Effect::SetText(part.into(), text(key)));
            }
        }
        if changed("sensitive") && after.get("sensitive") == Some(&Value::Bool(true)) {
            effects.push(Effect::Sensitive(None));
        }
        return effects;
    }
    let mut operations = Vec::new();
    for key in before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))) {
        if !changed(key) || patch::is_guarded(key) {
            continue;
        }
        let path = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        operations.push(match after.get(key) {
            Some(value) => json!({"op": "add", "path": path, "value": value}),
            None => json!({"op": "remove", "path": path}),
        });
    }
    if operations.is_empty() { Vec::new() } else { vec![Effect::JsonPatch(Value::from(operations).to_string())] }
}

/// A key of theirs among a plugin's keys.
fn key(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}

/// An error without words, as theirs are; the reason is in the log.
fn fault<T: 'static>(state: &mut State, why: &types_of_ours::Failure) -> wasmtime::Result<Resource<T>> {
    state.log(tracing::Level::WARN, &format!("{why:?}"))?;
    Ok(Resource::new_own(0))
}

impl State {
    fn bucket(&self, bucket: &Resource<keyvalue::Bucket>) -> wasmtime::Result<String> {
        let found = self.buckets.get(bucket.rep() as usize).cloned();
        found.ok_or_else(|| wasmtime::Error::msg("there is no such bucket"))
    }
}

impl types::Host for State {}
impl keyvalue::Host for State {}

impl keyvalue::HostError for State {
    async fn drop(&mut self, _: Resource<keyvalue::Error>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl keyvalue::HostBucket for State {
    async fn open(
        &mut self,
        name: String,
    ) -> wasmtime::Result<std::result::Result<Resource<keyvalue::Bucket>, Resource<keyvalue::Error>>> {
        self.count()?;
        let number = u32::try_from(self.buckets.len()).unwrap_or(u32::MAX);
        self.buckets.push(name);
        Ok(Ok(Resource::new_own(number)))
    }

    async fn get(
        &mut self,
        bucket: Resource<keyvalue::Bucket>,
        name: String,
    ) -> wasmtime::Result<std::result::Result<Option<Vec<u8>>, Resource<keyvalue::Error>>> {
        let full = key(&self.bucket(&bucket)?, &name);
        Ok(match kv::Host::get(self, full).await? {
            Ok(found) => Ok(found),
            Err(why) => Err(fault(self, &why)?),
        })
    }

    async fn set(
        &mut self,
        bucket: Resource<keyvalue::Bucket>,
        name: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<std::result::Result<(), Resource<keyvalue::Error>>> {
        let full = key(&self.bucket(&bucket)?, &name);
        Ok(match kv::Host::set(self, full, value, None).await? {
            Ok(()) => Ok(()),
            Err(why) => Err(fault(self, &why)?),
        })
    }

    async fn delete(
        &mut self,
        bucket: Resource<keyvalue::Bucket>,
        name: String,
    ) -> wasmtime::Result<std::result::Result<(), Resource<keyvalue::Error>>> {
        let full = key(&self.bucket(&bucket)?, &name);
        Ok(match kv::Host::delete(self, full).await? {
            Ok(()) => Ok(()),
            Err(why) => Err(fault(self, &why)?),
        })
    }

    async fn exists(
        &mut self,
        bucket: Resource<keyvalue::Bucket>,
        name: String,
    ) -> wasmtime::Result<std::result::Result<bool, Resource<keyvalue::Error>>> {
        Ok(keyvalue::HostBucket::get(self, bucket, name).await?.map(|found| found.is_some()))
    }

    async fn drop(&mut self, _: Resource<keyvalue::Bucket>) -> wasmtime::Result<()> {
        Ok(())
    }
}

type Sent = wasmtime::Result<std::result::Result<http_client::Response, Resource<http_client::Error>>>;

impl State {
    async fn sent(&mut self, request: http_client::Request, sign: bool) -> Sent {
        let http_client::Request { url, method, headers, body } = request;
        let body = body.unwrap_or_default();
        let request = http::Request { method, url, headers, body, timeout_ms: 0, sign };
        Ok(match http::Host::send(self, request).await? {
            Ok(answer) => {
                let http::Response { status, headers, body, .. } = answer;
                let number = u32::try_from(self.bodies.len()).unwrap_or(u32::MAX);
                self.bodies.push(Some(body));
                Ok(http_client::Response { status, headers, body: Resource::new_own(number) })
            }
            Err(why) => Err(fault(self, &why)?),
        })
    }
}

impl http_client::Host for State {
    async fn do_request(&mut self, request: http_client::Request) -> Sent {
        self.sent(request, false).await
    }

    async fn do_request_signed(&mut self, request: http_client::Request) -> Sent {
        self.sent(request, true).await
    }
}

impl http_client::HostError for State {
    async fn drop(&mut self, _: Resource<http_client::Error>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl http_client::HostResponseBody for State {
    async fn next(
        &mut self,
        body: Resource<http_client::ResponseBody>,
    ) -> wasmtime::Result<std::result::Result<Option<Vec<u8>>, Resource<http_client::Error>>> {
        self.count()?;
        Ok(Ok(self.bodies.get_mut(body.rep() as usize).and_then(Option::take)))
    }

    async fn drop(&mut self, body: Resource<http_client::ResponseBody>) -> wasmtime::Result<()> {
        if let Some(body) = self.bodies.get_mut(body.rep() as usize) {
            *body = None;
        }
        Ok(())
    }
}
