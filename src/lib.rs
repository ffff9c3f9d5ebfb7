//! Nagaya (長屋): a tiny fediverse server. This page is the map of the house.
//!
//! Four causes (the client API, the inbox, the command line, a plugin) lead to the same deed in [`actions`]. A deed
//! gathers (reads, remote fetches, plugin verdicts), decides (pure), writes (one SQLite transaction: the change, the
//! notification and the delivery rows) and, after the commit, announces. Queues are tables; a crash loses nothing.
//!
//! | Floor | Rooms | Knows |
//! | --- | --- | --- |
//! | 5 roof | `main`, [`cli`], [`server`] | everything |
//! | 4 doors | [`mastodon`] (client API), [`federation`] (other servers in), [`delivery`] (out), [`web`] (pages for people), [`jobs`] (chores by the clock) | 3 and below, never each other; reads may go straight to the store, social changes only through actions |
//! | 3 deeds | [`app`], [`streams`], [`actions`] (they know the app, which has streams) | 2 and below; no HTTP types, no status codes |
//! | 2 hands | [`plugins`], [`media`] | 1 and 0 |
//! | 1 stores | [`store`], [`outbound`] | 0; `outbound` never sees a row, `store` never sees a socket |
//! | 0 ground | [`activitypub`], [`text`], [`config`], [`observe`], [`error`], [`ids`], [`clock`], [`random`], [`lanes`], [`tries`], [`passkeys`], [`webpush`] | libraries only; no I/O besides reading the configuration at start |
//!
//! Imports go down only, never to a neighbour on the same floor; `tests/house.rs` checks it.
//!
//! Invariants: only `store` names rusqlite (save the `#[from]` in `error`) · only `outbound` names reqwest · only
//! `plugins` names wasmtime · only doors and `server` name axum · nothing reads the wall clock, the environment or
//! randomness but `clock`, `config` and `random` · no network and no plugin call inside a write transaction · one guarded
//! HTTP client for every address that others can influence; clients of their own only for what the operator names: S3
//! (`outbound::direct`), mail (`outbound::mail`) and the translation service (`Outbound::send_to_service`).
//!
//! Deliberately absent: a JSON-LD processor, LD signatures, an ORM, a job framework, global variables.

pub mod actions;
pub mod activitypub;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod error;
pub mod federation;
pub mod ids;
pub mod jobs;
pub mod lanes;
pub mod mastodon;
pub mod media;
pub mod observe;
pub mod outbound;
pub mod passkeys;
pub mod plugins;
pub mod random;
pub mod server;
pub mod store;
pub mod streams;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod tries;
pub mod web;
pub mod webpush;
