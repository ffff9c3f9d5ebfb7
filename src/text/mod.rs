//! Strings in, strings out: cleaning HTML, rendering what people type.

pub mod clean;
pub mod emoji;
pub mod hashtags;
pub mod keywords;
pub mod links;
pub mod locale;
mod markup;
pub mod mentions;
mod nest;
pub mod render;
