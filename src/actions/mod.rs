//! One file per deed. Every deed has four paragraphs: gather, decide (pure), write (a plain `fn(&Tx, …)`), announce.
//!
//! Only the outermost caller opens the transaction, so several deeds can share one.

pub mod about;
pub mod account;
pub mod block;
pub mod bookmark;
pub mod conversation;
pub mod domain_block;
pub mod favourite;
pub mod fetch;
pub mod filter;
pub mod follow;
pub mod grant;
pub mod list;
pub mod mute;
pub mod notify;
pub mod outbox;
pub mod password;
pub mod picture;
pub mod pin;
pub mod plugin;
pub mod post;
pub mod profile;
pub mod push;
pub mod quiet;
pub mod react;
pub mod reblog;
pub mod receive;
pub mod resolve;
pub mod schedule;
pub mod sign_in;
pub mod timeline;
pub mod token;
pub mod translate;
pub mod vote;
mod webfinger;

#[cfg(test)]
mod tests;
