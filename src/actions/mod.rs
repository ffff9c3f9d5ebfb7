//! One file per deed. Every deed has four paragraphs: gather, decide (pure), write (a plain `fn(&Tx, …)`), announce.
//!
//! Only the outermost caller opens the transaction, so several deeds can share one.

pub mod about;
pub mod account;
pub mod block;
pub mod bookmark;
pub mod favourite;
pub mod fetch;
pub mod follow;
pub mod grant;
pub mod mute;
pub mod notify;
pub mod outbox;
pub mod password;
pub mod picture;
pub mod plugin;
pub mod post;
pub mod profile;
pub mod reblog;
pub mod receive;
pub mod resolve;
pub mod sign_in;
pub mod timeline;
pub mod token;
pub mod translate;
mod webfinger;

#[cfg(test)]
mod tests;
