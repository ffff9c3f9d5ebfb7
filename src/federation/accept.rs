//! Which face of an address is wanted: `Accept`, with its weights.
//!
//! An ActivityStreams type wins when it ranks at or above `text/html` (rule F4); nothing named means a person.

use axum::http::{HeaderMap, header};

/// Whether the request asks for an ActivityStreams document rather than a page.
pub fn wants_activity(headers: &HeaderMap) -> bool {
    ranks(super::text_header(headers, &header::ACCEPT))
}

fn ranks(accept: &str) -> bool {
    let (mut activity, mut page) = (0.0_f32, 0.0_f32);
    for part in accept.split(',') {
        let mut pieces = part.split(';').map(str::trim);
        let kind = pieces.next().unwrap_or_default().to_ascii_lowercase();
        let weight = pieces.find_map(|piece| piece.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        match kind.as_str() {
            "application/activity+json" | "application/ld+json" => activity = activity.max(weight),
            "text/html" | "application/xhtml+xml" => page = page.max(weight),
            _ => {}
        }
    }
    activity > 0.0 && activity >= page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f4_browsers_get_pages_and_servers_get_documents() {
        for (accept, expected) in [
            ("", false),
            ("*/*", false),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false),
            ("application/activity+json", true),
            (r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#, true),
            ("application/activity+json, application/ld+json, text/html;q=0.1", true),
            ("text/html, application/activity+json;q=0.5", false),
            ("application/json", false),
        ] {
            assert_eq!(ranks(accept), expected, "{accept}");
        }
    }
}
