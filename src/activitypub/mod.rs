//! The wire, pure: documents in, documents out. No I/O, no rows, no clock.

pub mod actor;
mod attachment;
pub mod audience;
pub mod base58;
pub mod build;
pub mod envelope;
#[cfg(test)]
mod fixtures;
pub mod ids;
pub mod jcs;
pub mod keys;
pub mod note;
mod parse;
pub mod policy;
pub mod poll;
pub mod proof;
pub mod quote;
pub mod read;
#[cfg(test)]
mod shapes;
pub mod shelf;
pub mod signature;
pub mod synchronization;
mod work;
