//! The wire, pure: documents in, documents out. No I/O, no rows, no clock.

pub mod actor;
pub mod audience;
pub mod build;
pub mod envelope;
pub mod ids;
pub mod note;
pub mod read;
pub mod signature;
