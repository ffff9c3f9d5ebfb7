//! What an interface that was not granted answers: `denied`, with the name of the permission.

use wasmtime::component::HasData;

use super::bindings::nagaya::plugin::types::{Failure, Ts};
use super::bindings::nagaya::plugin::{actions, dns, http, query, timers};
use crate::plugins::host::State;

/// Stands for an interface that was not granted. Counts calls all the same.
pub(super) struct Nothing<'s> {
    state: &'s mut State,
    permission: &'static str,
}

/// Chooses [`Nothing`] in the linker.
pub(super) struct Denied;

impl HasData for Denied {
    type Data<'s> = Nothing<'s>;
}

impl Nothing<'_> {
    pub(super) fn query(state: &mut State) -> Nothing<'_> {
        Nothing { state, permission: "query" }
    }

    pub(super) fn http(state: &mut State) -> Nothing<'_> {
        Nothing { state, permission: "http" }
    }

    pub(super) fn dns(state: &mut State) -> Nothing<'_> {
        Nothing { state, permission: "dns" }
    }

    pub(super) fn timers(state: &mut State) -> Nothing<'_> {
        Nothing { state, permission: "timers are for bots" }
    }

    pub(super) fn actions(state: &mut State) -> Nothing<'_> {
        Nothing { state, permission: "actions are for bots" }
    }

    fn denied<T>(&mut self) -> wasmtime::Result<Result<T, Failure>> {
        self.state.count()?;
        Ok(Err(Failure::Denied(self.permission.into())))
    }
}

impl query::Host for Nothing<'_> {
    async fn actor_by_id(&mut self, _: String) -> wasmtime::Result<Result<Option<query::Actor>, Failure>> {
        self.denied()
    }
    async fn actor_by_handle(&mut self, _: String) -> wasmtime::Result<Result<Option<query::Actor>, Failure>> {
        self.denied()
    }
    async fn relation(&mut self, _: String, _: String) -> wasmtime::Result<Result<Vec<String>, Failure>> {
        self.denied()
    }
    async fn post(&mut self, _: String) -> wasmtime::Result<Result<Option<query::Envelope>, Failure>> {
        self.denied()
    }
    async fn posts_by(
        &mut self,
        _: String,
        _: Option<String>,
        _: u32,
    ) -> wasmtime::Result<Result<Vec<query::Envelope>, Failure>> {
        self.denied()
    }
}

impl http::Host for Nothing<'_> {
    async fn send(&mut self, _: http::Request) -> wasmtime::Result<Result<http::Response, Failure>> {
        self.denied()
    }
}

impl dns::Host for Nothing<'_> {
    async fn lookup(&mut self, _: String, _: String) -> wasmtime::Result<Result<Vec<String>, Failure>> {
        self.denied()
    }
}

impl timers::Host for Nothing<'_> {
    fn set(&mut self, _: String, _: Ts, _: Vec<u8>) -> wasmtime::Result<Result<(), Failure>> {
        self.denied()
    }
    fn cancel(&mut self, _: String) -> wasmtime::Result<Result<(), Failure>> {
        self.denied()
    }
}

impl actions::Host for Nothing<'_> {
    async fn post(&mut self, _: actions::Draft) -> wasmtime::Result<Result<String, Failure>> {
        self.denied()
    }
    async fn edit(&mut self, _: String, _: actions::Draft) -> wasmtime::Result<Result<(), Failure>> {
        self.denied()
    }
    async fn delete(&mut self, _: String) -> wasmtime::Result<Result<(), Failure>> {
        self.denied()
    }
    async fn react(&mut self, _: String, _: Option<String>) -> wasmtime::Result<Result<(), Failure>> {
        self.denied()
    }
    async fn boost(&mut self, _: String) -> wasmtime::Result<Result<(), Failure>> {
        self.denied()
    }
    async fn follow(&mut self, _: String, _: bool) -> wasmtime::Result<Result<(), Failure>> {
        self.denied()
    }
    async fn answer_follow(&mut self, _: String, _: bool) -> wasmtime::Result<Result<(), Failure>> {
        self.denied()
    }
    async fn upload(&mut self, _: Vec<u8>, _: String, _: String) -> wasmtime::Result<Result<String, Failure>> {
        self.denied()
    }
    async fn import_emoji(&mut self, _: String, _: String) -> wasmtime::Result<Result<(), Failure>> {
        self.denied()
    }
    async fn report(&mut self, _: String, _: Vec<String>, _: String) -> wasmtime::Result<Result<(), Failure>> {
        self.denied()
    }
}
