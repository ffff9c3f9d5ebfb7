//! Pages and the `Link` header. (being built)

use axum::http::Uri;

use super::params::Params;
use crate::error::Result;
use crate::store::page::Page;

/// How the link to newer entries is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newer {
    /// Timelines, notifications, favourites, bookmarks: both links on any non-empty page.
    MinId,
    /// Account lists: `next` only when the page is full.
    SinceId,
}

/// The page that `params` ask for: `limit` is `default` when absent and at most `most`.
pub fn page(_params: &Params, default: i64, _most: i64) -> Result<Page> {
    Ok(Page { max: None, since: None, min: None, limit: default })
}

/// The `Link` header for a page whose entries have these cursor ids (newest first); `None` for an empty page.
/// Keeps `limit` and the other parameters of `uri`; absolute, under `base` (`https://domain`).
pub fn link(_base: &str, _uri: &Uri, _page: &Page, _cursors: &[i64], _newer: Newer) -> Option<(&'static str, String)> {
    None
}
