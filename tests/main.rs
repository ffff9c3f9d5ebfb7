//! The one integration test binary.

mod api;
#[cfg(unix)]
mod bots;
mod durability;
mod federation;
mod filter;
mod harness;
#[cfg(unix)]
mod hostile;
mod house;
#[cfg(unix)]
mod kill;
#[cfg(unix)]
mod media;
#[cfg(unix)]
mod statuses;
mod translation;
