//! Strings in, strings out: cleaning HTML, rendering what people type.

pub mod clean;
pub mod hashtags;
pub mod mentions;
pub mod render;
