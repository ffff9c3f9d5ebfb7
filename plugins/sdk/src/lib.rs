//! Write plugins for Nagaya in Rust.
//!
//! A filter judges every post that comes in or goes out:
//!
//! ```
//! use nagaya_plugin::{Decision, Envelope, Settings};
//!
//! fn decide(post: &Envelope, _settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
//!     if post.text.len() > 20 && post.text == post.text.to_uppercase() {
//!         return Ok(Decision::hold("The whole post is in capitals. / すべて大文字の投稿です。"));
//!     }
//!     Ok(Decision::accept())
//! }
//!
//! # #[cfg(any())]
//! nagaya_plugin::plugin! { filter: decide }
//! # fn main() { assert!(decide(&nagaya_plugin::testing::post("hello"), &Settings::default(), 0).is_ok()); }
//! ```
//!
//! A bot answers what happens, a fan-out policy says when each server gets a post; one plugin may be several of these:
//!
//! ```
//! use nagaya_plugin::{Envelope, Event, EventBody, Plan, Settings, Step, Target, reply};
//!
//! fn on_event(event: &Event, _settings: &Settings) -> Result<(), String> {
//!     if let EventBody::Mention(post) = &event.body {
//!         reply(post, "Hello! / こんにちは！").map_err(|why| format!("{why:?}"))?;
//!     }
//!     Ok(())
//! }
//!
//! fn plan(_post: &Envelope, targets: &[Target], _settings: &Settings) -> Result<Plan, String> {
//!     let slow = targets.iter().filter(|target| target.latency_ms > 2_000);
//!     Ok(Plan::of(slow.map(|target| (target.ix, Step { delay_s: 30, ..Step::default() }))))
//! }
//! # #[cfg(any())]
//! nagaya_plugin::plugin! { bot: on_event, fan_out: plan }
//! ```
//!
//! Beside `src/` lies `manifest.toml`; [`plugin!`] carries it into the `.wasm`. `nagaya plugin new` makes such a folder,
//! `nagaya plugin build` builds it. What each record and function means stands in `wit/v1_0/*.wit`.

pub mod bindings;
mod decision;
mod events;
mod glue;
mod host;
pub mod html;
mod json;
mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod words;

/// The records of the contract.
pub mod types {
    pub use crate::bindings::host::nagaya::plugin::types::*;
}

pub use bindings::bot::exports::nagaya::plugin::bot::{Body as EventBody, Event};
pub use bindings::fan_out::exports::nagaya::plugin::fan_out::{Outcome, Plan, Reason, Step, Target};
pub use bindings::web::exports::nagaya::plugin::web::{Req, Resp};
pub use decision::act;
pub use events::{draft, reply};
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub use glue::begin;
pub use host::{actions, clock, config, dns, http, kv, log, metrics, query, random, text, timers};
pub use json::Json;
pub use settings::Settings;
pub use types::{Actor, ActorKind, Decision, Direction, Effect, Envelope, Failure, Parent, Verdict, Visibility};
