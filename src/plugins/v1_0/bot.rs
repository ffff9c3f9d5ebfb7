//! Calls of the bot world, in an instance that lives on.

use std::sync::Arc;
use std::time::Instant;

use wasmtime::Store;

use super::bindings::exports::nagaya::plugin::bot as wit;
use super::{Cost, Guest, absent, convert};
use crate::plugins::bot::{Body, Caller, Done, Event, Occasion};
use crate::plugins::bot_host::Gathered;
use crate::plugins::engine::Meter;
use crate::plugins::envelope::Envelope;
use crate::plugins::host::{Facts, State};
use crate::plugins::limits::{COPIES, INPUT};
use crate::plugins::{Failure, FailureKind};

/// An instance between two calls.
pub(in crate::plugins) struct Living {
    store: Store<State>,
    guest: wit::Guest,
}

impl Guest {
    /// Tells the bot, in its living instance or in a new one. After a failure there is none any more.
    pub(in crate::plugins) async fn attend(
        &self,
        living: Option<Living>,
        facts: &Arc<Facts>,
        caller: Caller,
        occasion: Occasion,
    ) -> (Result<(Done, Living), Failure>, Cost) {
        if let Occasion::Events(events) = &occasion
            && let Some(event) = events.iter().find(|event| size(event) > INPUT)
        {
            let why = format!("event {} is larger than 1 MiB", event.seq);
            let failure = Failure { plugin: facts.id.clone(), kind: FailureKind::Limit, why };
            return (Err(failure), Cost::default());
        }
        let Some(indices) = self.bot.clone() else { return (Err(absent(facts, "bot")), Cost::default()) };
        let (begun, meter) = (Instant::now(), Arc::new(Meter::default()));
        let events = match &occasion {
            Occasion::Events(events) => events.len(),
            Occasion::Timer { .. } => 1,
        };
        let gathered = Box::new(Gathered::new(caller, events));
        let (mut store, guest) = match living {
            Some(Living { mut store, guest }) => {
                store.data_mut().again(facts.clone(), meter.clone());
                store.set_hostcall_fuel(COPIES);
                store.set_epoch_deadline(1);
                (store, Some(guest))
            }
            None => (self.fresh(facts, &meter), None),
        };
        store.data_mut().bot = Some(gathered);
        let answer = {
            let store = &mut store;
            let call = async move {
                let guest = match guest {
                    Some(guest) => guest,
                    None => {
                        let instance = self.pre.instantiate_async(&mut *store).await?;
                        indices.load(&mut *store, &instance)?
                    }
                };
                let said = match occasion {
                    Occasion::Events(events) => {
                        let batch: Vec<wit::Event> = events.into_iter().map(told).collect();
                        guest.call_on_events(&mut *store, &batch).await?
                    }
                    Occasion::Timer { name, payload } => guest.call_on_timer(&mut *store, &name, &payload).await?,
                };
                Ok(said.map(|()| guest))
            };
            tokio::time::timeout(facts.limits.wall, meter.measure(call)).await
        };
        let cost = Cost { took: begun.elapsed(), cpu: meter.total() };
        let ended = super::ended(facts, answer, store.data().exceeded.clone());
        let done = store.data_mut().bot.take().map(|gathered| gathered.done()).unwrap_or_default();
        (ended.map(|guest| (done, Living { store, guest })), cost)
    }
}

fn size(event: &Event) -> usize {
    match &event.body {
        Body::Mention(post) | Body::Reply(post) | Body::Quote(post) | Body::Direct(post) | Body::Timeline(post) => {
            convert::size(post)
        }
        Body::Followed(actor, _)
        | Body::Unfollowed(actor)
        | Body::Reacted(actor, _)
        | Body::Boosted(actor, _)
        | Body::Voted(actor, _) => actor.bio.len(),
        Body::Deleted(id) => id.len(),
        Body::Extra(name, json) => name.len() + json.len(),
    }
}

fn told(event: Event) -> wit::Event {
    let post = |post: Box<Envelope>| (&*post).into();
    let body = match event.body {
        Body::Mention(envelope) => wit::Body::Mention(post(envelope)),
        Body::Reply(envelope) => wit::Body::Reply(post(envelope)),
        Body::Quote(envelope) => wit::Body::Quote(post(envelope)),
        Body::Direct(envelope) => wit::Body::Direct(post(envelope)),
        Body::Timeline(envelope) => wit::Body::Timeline(post(envelope)),
        Body::Followed(actor, id) => wit::Body::Followed(((&*actor).into(), id)),
        Body::Unfollowed(actor) => wit::Body::Unfollowed((&*actor).into()),
        Body::Reacted(actor, id) => wit::Body::Reacted(((&*actor).into(), id)),
        Body::Boosted(actor, id) => wit::Body::Boosted(((&*actor).into(), id)),
        Body::Voted(actor, id) => wit::Body::Voted(((&*actor).into(), id)),
        Body::Deleted(id) => wit::Body::Deleted(id),
        Body::Extra(name, json) => wit::Body::Extra((name, json)),
    };
    wit::Event { seq: event.seq, body }
}
