//! One file per deed. Every deed has four paragraphs: gather, decide (pure), write (a plain `fn(&Tx, …)`), announce.
//!
//! Only the outermost caller opens the transaction, so several deeds can share one.

pub mod account;
pub mod block;
pub mod bookmark;
pub mod favourite;
pub mod fetch;
pub mod follow;
pub mod mute;
pub mod notify;
pub mod post;
pub mod profile;
pub mod reblog;
pub mod resolve;
pub mod timeline;
pub mod translate;
