//! The one integration test binary.

mod harness;
#[cfg(unix)]
mod kill;
#[cfg(unix)]
mod media;
