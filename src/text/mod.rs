//! Strings in, strings out: cleaning HTML, rendering what people type.

pub mod clean;
pub mod csv;
pub mod emoji;
pub mod hashtags;
pub mod inquiry;
pub mod keywords;
pub mod languages;
pub mod links;
pub mod locale;
pub mod markdown;
mod markup;
pub mod mentions;
mod nest;
pub mod page;
pub mod render;
pub mod shortcodes;
pub mod words;
