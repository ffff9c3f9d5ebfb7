//! Parameters of a request: query string and body (form, multipart or JSON) as one tree. (being built)

use std::path::PathBuf;

use axum::extract::{FromRequest, Request};
use serde_json::Value;

use super::error::Failure;
use crate::app::App;
use crate::error::Result;

/// All parameters of a request: `name[]=`, `poll[options][]=` and JSON nesting end as the same tree.
/// The body wins over the query string. As an extractor it stands last.
#[derive(Debug, Default)]
pub struct Params {
    /// The tree; leaves are strings, or JSON scalars as they came.
    pub tree: Value,
    /// Uploaded files by parameter name.
    pub files: Vec<(String, Upload)>,
}

/// An uploaded file, streamed to disk; removed when dropped.
#[derive(Debug)]
pub struct Upload {
    /// Where it lies for the moment.
    pub path: PathBuf,
    /// As the client called it.
    pub file_name: String,
    /// As the client claims; not to be trusted.
    pub content_type: String,
    /// In bytes.
    pub size: u64,
}

impl Params {
    /// The text of `name`; a path such as `source[privacy]` looks into nested parameters. Numbers and booleans are printed.
    pub fn text(&self, _name: &str) -> Option<String> {
        None
    }

    /// A boolean as Mastodon reads it: `false f 0 off` (any case) are false, empty is unset, everything else true.
    pub fn flag(&self, _name: &str) -> Option<bool> {
        None
    }

    /// A whole number; 422 naming the field when it is none.
    pub fn number(&self, _name: &'static str) -> Result<Option<i64>> {
        Ok(None)
    }

    /// A list (`name[]=a&name[]=b`, a JSON array, a hash with number keys, or one bare value).
    pub fn list(&self, _name: &str) -> Option<Vec<String>> {
        None
    }

    /// A list of nested parameter sets (`fields_attributes[0][name]=…`, or a JSON array of objects).
    pub fn sets(&self, _name: &str) -> Option<Vec<Params>> {
        None
    }

    /// An id; an unreadable one is as good as unknown (404).
    pub fn id<T: From<i64>>(&self, _name: &str) -> Result<Option<T>> {
        Ok(None)
    }

    /// A list of ids; unreadable ones are left out.
    pub fn ids<T: From<i64>>(&self, _name: &str) -> Option<Vec<T>> {
        None
    }

    /// The uploaded file `name`.
    pub fn file(&self, name: &str) -> Option<&Upload> {
        self.files.iter().find(|(field, _)| field == name).map(|(_, upload)| upload)
    }
}

impl FromRequest<App> for Params {
    type Rejection = Failure;

    async fn from_request(_request: Request, _app: &App) -> std::result::Result<Self, Failure> {
        std::future::ready(Ok(Self::default())).await
    }
}
