//! Pages and the `Link` header.
//!
//! Spec: https://docs.joinmastodon.org/api/guidelines/#pagination and RFC 8288.

use axum::http::Uri;
use url::form_urlencoded;

use super::params::Params;
use crate::error::Result;
use crate::store::page::Page;

/// How the link to newer entries is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newer {
    /// Timelines and notifications: both links on any non-empty page, the newer one by `min_id`.
    MinId,
    /// Favourites, bookmarks, conversations, a profile's posts, requests, posts for later: `next` only when the page is
    /// full, the newer one by `min_id`.
    MinIdWhenFull,
    /// Lists of people and tags: `next` only when the page is full, the newer one by `since_id`.
    SinceId,
}

/// The page that `params` ask for: `limit` is `default` when absent and at most `most`; one that cannot be read is 0.
/// Cursors that cannot be read count as absent.
pub fn page(params: &Params, default: i64, most: i64) -> Result<Page> {
    let cursor = |name| params.id(name).unwrap_or_default();
    Ok(Page {
        max: cursor("max_id"),
        since: cursor("since_id"),
        min: cursor("min_id"),
        limit: limit(params, default, most),
    })
}

/// The `limit` of a list without cursors.
pub fn limit(params: &Params, default: i64, most: i64) -> i64 {
    match params.text("limit").as_deref().map(str::trim) {
        None | Some("") => default,
        Some(text) => text.parse::<i64>().unwrap_or(0).saturating_abs().min(most),
    }
}

/// The `Link` header for a page whose entries have these cursor ids (newest first); `None` for an empty page.
/// Keeps `limit` and the other parameters of `uri` (not the token); absolute, under `base` (`https://domain`).
pub fn link(base: &str, uri: &Uri, page: &Page, cursors: &[i64], newer: Newer) -> Option<(&'static str, String)> {
    let (newest, oldest) = (cursors.first()?, cursors.last()?);
    let address = |cursor: &str, id: i64| {
        let kept = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .filter(|(name, _)| !matches!(&**name, "max_id" | "since_id" | "min_id" | "access_token"));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept).append_pair(cursor, &id.to_string());
        format!("{base}{}?{}", uri.path(), query.finish())
    };
    let (previous, always) = match newer {
        Newer::MinId => ("min_id", true),
        Newer::MinIdWhenFull => ("min_id", false),
        Newer::SinceId => ("since_id", false),
    };
    let mut links = Vec::new();
    if always || i64::try_from(cursors.len()).is_ok_and(|count| count >= page.limit) {
        links.push(format!("<{}>; rel=\"next\"", address("max_id", *oldest)));
    }
    links.push(format!("<{}>; rel=\"prev\"", address(previous, *newest)));
    Some(("link", links.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_tamed() {
        for (given, expected) in [
            (json!({}), 20),
            (json!({"limit": ""}), 20),
            (json!({"limit": "7"}), 7),
            (json!({"limit": -7}), 7),
            (json!({"limit": 1000}), 40),
            (json!({"limit": "many"}), 0),
        ] {
            let params = Params { tree: given.clone(), files: Vec::new() };
            assert_eq!(page(&params, 20, 40).expect("a page").limit, expected, "{given}");
        }
        let params = Params { tree: json!({"max_id": "9", "min_id": 3, "since_id": "x"}), files: Vec::new() };
        let expected = Page { max: Some(9), since: None, min: Some(3), limit: 20 };
        assert_eq!(page(&params, 20, 40).expect("a page"), expected);
    }

    #[test]
    fn links_keep_the_filter_and_drop_the_token() {
        let uri: Uri = "/api/v1/x?limit=2&types[]=a%20b&max_id=9&access_token=secret".parse().expect("a uri");
        let kept = "https://a.example/api/v1/x?limit=2&types%5B%5D=a+b";
        let page = Page::first(2);
        let text = |cursors: &[i64], newer| link("https://a.example", &uri, &page, cursors, newer).map(|pair| pair.1);
        let both = |newer| format!("<{kept}&max_id=4>; rel=\"next\", <{kept}&{newer}=8>; rel=\"prev\"");
        assert_eq!(text(&[8, 4], Newer::MinId), Some(both("min_id")));
        assert_eq!(text(&[8, 4], Newer::SinceId), Some(both("since_id")));
        assert_eq!(
            text(&[8], Newer::MinId),
            Some(format!("<{kept}&max_id=8>; rel=\"next\", <{kept}&min_id=8>; rel=\"prev\""))
        );
        assert_eq!(text(&[8], Newer::MinIdWhenFull), Some(format!("<{kept}&min_id=8>; rel=\"prev\"")));
        assert_eq!(text(&[8, 4], Newer::MinIdWhenFull), Some(both("min_id")));
        assert_eq!(text(&[8], Newer::SinceId), Some(format!("<{kept}&since_id=8>; rel=\"prev\"")));
        assert_eq!(text(&[], Newer::MinId), None);
    }
}
