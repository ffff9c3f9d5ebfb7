//! The wire, pure: documents in, documents out. No I/O, no rows, no clock.

pub mod actor;
mod attachment;
pub mod audience;
pub mod build;
pub mod envelope;
#[cfg(test)]
mod fixtures;
pub mod ids;
pub mod keys;
pub mod note;
mod parse;
pub mod poll;
pub mod read;
pub mod signature;
