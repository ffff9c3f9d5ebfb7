//! Version 0.1 of the contract: `plugins/wit/v0_1`, spoken by wasmtime, translated to and from [`super::envelope`].

use std::sync::Arc;

use tracing::Level;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

use super::engine::{Meter, TICK};
use super::envelope::{self, Decision, Effect, Envelope, Part, Verdict};
use super::host::{COPIES, CPU, Facts, State, WALL};
use super::{Failure, FailureKind};
use crate::activitypub::audience::Visibility;
use crate::clock::Time;

#[allow(missing_docs, reason = "generated; documented in the WIT files")]
mod bindings {
    wasmtime::component::bindgen!({
        path: "plugins/wit/v0_1",
        world: "filter-plugin",
        imports: { default: trappable },
        exports: { default: async },
    });
}

use bindings::exports::nagaya::plugin::filter;
use bindings::nagaya::plugin::{clock, config, log, random, types};

/// Characters of a reason that are kept.
const REASON: usize = 500;
/// Characters of a label that are kept.
const LABEL: usize = 100;
/// Effects of one decision that are looked at.
const EFFECTS: usize = 16;
/// Bytes of text that an envelope may carry into a guest.
const INPUT: usize = 1024 * 1024;

/// A filter, linked and ready to be instantiated.
pub(super) struct Filter(bindings::FilterPluginPre<State>);

impl Filter {
    /// Links the component; the error says which import is unknown or which export missing.
    pub(super) fn link(engine: &Engine, component: &Component) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine);
        bindings::FilterPlugin::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        bindings::FilterPluginPre::new(linker.instantiate_pre(component)?).map(Self)
    }

    /// One call in a fresh instance, within its limits. The caller keeps the epochs ticking.
    pub(super) async fn decide(
        &self,
        facts: &Arc<Facts>,
        envelope: &Envelope,
        score: i32,
    ) -> Result<Decision, Failure> {
        let failed = |kind, why: String| Failure { plugin: facts.id.clone(), kind, why };
        if size(envelope) > INPUT {
            return Err(failed(FailureKind::Limit, "the activity is larger than 1 MiB".into()));
        }
        let meter = Arc::new(Meter::default());
        let mut store = Store::new(self.0.engine(), State::new(facts.clone(), meter.clone()));
        store.limiter(|state| state);
        store.set_hostcall_fuel(COPIES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            Ok(if context.data().meter.spent() >= CPU {
                UpdateDeadline::Interrupt
            } else {
                // tokio's own yield: the sockets are looked at before the guest goes on.
                UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now()))
            })
        });
        let call = async {
            let guest = self.0.instantiate_async(&mut store).await?;
            guest.nagaya_plugin_filter().call_decide(&mut store, &envelope.into(), score).await
        };
        let answer = match tokio::time::timeout(WALL, meter.measure(call)).await {
            Err(_) => return Err(failed(FailureKind::Time, format!("no answer within {} ms", WALL.as_millis()))),
            Ok(answer) => answer,
        };
        match answer {
            Ok(Ok(decision)) => Ok(decision.into()),
            Ok(Err(why)) => Err(failed(FailureKind::Returned, shorten(&why, REASON))),
            Err(error) => Err(match (store.data().exceeded, error.downcast_ref::<Trap>()) {
                (Some(limit), _) => failed(FailureKind::Limit, limit.to_owned()),
                (None, Some(Trap::Interrupt)) => {
                    let limit = (CPU.as_millis(), TICK.as_millis());
                    failed(FailureKind::Time, format!("more than {} ms of CPU (counted every {} ms)", limit.0, limit.1))
                }
                (None, _) => failed(FailureKind::Trap, shorten(&format!("{:#}", error.root_cause()), REASON)),
            }),
        }
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Filter")
    }
}

fn size(envelope: &Envelope) -> usize {
    let lists = [&envelope.mentions, &envelope.hashtags, &envelope.link_hosts, &envelope.attachments];
    envelope.text.len()
        + envelope.summary.as_ref().map_or(0, String::len)
        + envelope.actor.bio.len()
        + lists.into_iter().flatten().map(|item| item.len() + 16).sum::<usize>()
        + envelope.emoji.iter().map(|(code, url)| code.len() + url.len() + 32).sum::<usize>()
}

fn shorten(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => Level::DEBUG,
            log::Level::Info => Level::INFO,
            log::Level::Warn => Level::WARN,
            log::Level::Error => Level::ERROR,
        };
        self.log(level, &message)
    }
}

impl config::Host for State {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        self.config_get(&key)
    }

    fn get_list(&mut self, key: String) -> wasmtime::Result<Vec<String>> {
        self.config_list(&key)
    }

    fn all(&mut self) -> wasmtime::Result<String> {
        self.config_all()
    }

    fn host(&mut self) -> wasmtime::Result<String> {
        Self::host(self)
    }
}

impl clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Self::now(self)
    }
}

impl random::Host for State {
    fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        Self::random(self, count)
    }
}

impl types::Host for State {}

impl From<&Envelope> for types::Envelope {
    fn from(given: &Envelope) -> Self {
        Self {
            direction: match given.direction {
                envelope::Direction::Inbound => types::Direction::Inbound,
                envelope::Direction::Outbound => types::Direction::Outbound,
                envelope::Direction::Fetched => types::Direction::Fetched,
            },
            activity: given.activity.clone(),
            object: given.object.clone(),
            id: given.id.clone(),
            actor: (&given.actor).into(),
            visibility: given.visibility.map_or(types::Visibility::Other, Into::into),
            published: given.published.map(milliseconds),
            is_edit: given.is_edit,
            text: given.text.clone(),
            summary: given.summary.clone(),
            language: given.language.clone(),
            sensitive: given.sensitive,
            mentions: given.mentions.clone(),
            local_mentions: given.local_mentions,
            recipients: given.recipients,
            hashtags: given.hashtags.clone(),
            link_hosts: given.link_hosts.clone(),
            emoji: given.emoji.clone(),
            attachments: given.attachments.clone(),
            reply_to: given.reply_to.as_ref().map(Into::into),
        }
    }
}

impl From<&envelope::Actor> for types::Actor {
    fn from(given: &envelope::Actor) -> Self {
        Self {
            id: given.id.clone(),
            handle: given.handle.clone(),
            host: given.host.clone(),
            local: given.local,
            kind: match given.kind.as_str() {
                "Person" => types::ActorKind::Person,
                "Service" => types::ActorKind::Service,
                "Application" => types::ActorKind::Application,
                "Group" => types::ActorKind::Group,
                "Organization" => types::ActorKind::Organization,
                _ => types::ActorKind::Other,
            },
            display_name: given.display_name.clone(),
            bio: given.bio.clone(),
            locked: given.locked,
            first_seen: milliseconds(given.first_seen),
            created: given.created.map(milliseconds),
        }
    }
}

impl From<&envelope::Parent> for types::Parent {
    fn from(given: &envelope::Parent) -> Self {
        Self {
            id: given.id.clone(),
            author: given.author.clone(),
            author_handle: given.author_handle.clone(),
            local: given.local,
            visibility: given.visibility.into(),
            summary: given.summary.clone(),
        }
    }
}

impl From<Visibility> for types::Visibility {
    fn from(given: Visibility) -> Self {
        match given {
            Visibility::Public => Self::Public,
            Visibility::Unlisted => Self::Unlisted,
            Visibility::Private => Self::Followers,
            Visibility::Direct => Self::Direct,
        }
    }
}

impl From<filter::Decision> for Decision {
    fn from(given: filter::Decision) -> Self {
        Self {
            verdict: match given.verdict {
                filter::Verdict::Accept => Verdict::Accept,
                filter::Verdict::Hold(reason) => Verdict::Hold(shorten(&reason, REASON)),
                filter::Verdict::Reject(reason) => Verdict::Reject(shorten(&reason, REASON)),
            },
            score: given.score,
            effects: given.effects.into_iter().take(EFFECTS).filter_map(effect).collect(),
        }
    }
}

fn effect(given: filter::Effect) -> Option<Effect> {
    Some(match given {
        filter::Effect::SetVisibility(wanted) => Effect::SetVisibility(match wanted {
            types::Visibility::Public => Visibility::Public,
            types::Visibility::Unlisted => Visibility::Unlisted,
            types::Visibility::Followers => Visibility::Private,
            types::Visibility::Direct => Visibility::Direct,
            types::Visibility::Other => return None,
        }),
        filter::Effect::Sensitive(warning) => Effect::Sensitive(warning.map(|warning| shorten(&warning, REASON))),
        filter::Effect::Strip(parts) => {
            let part = |part| match part {
                filter::Part::Media => Part::Media,
                filter::Part::Emoji => Part::Emoji,
                filter::Part::Card => Part::Card,
            };
            Effect::Strip(parts.into_iter().map(part).collect())
        }
        filter::Effect::SetText(text) => Effect::SetText(text),
        filter::Effect::Label(label) => Effect::Label(shorten(&label, LABEL)),
    })
}

fn milliseconds(time: Time) -> u64 {
    u64::try_from(time.0).unwrap_or(0)
}
