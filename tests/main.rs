//! The one integration test binary.

mod durability;
mod federation;
mod filter;
mod harness;
mod house;
#[cfg(unix)]
mod kill;
#[cfg(unix)]
mod media;
#[cfg(unix)]
mod statuses;
