//! Parameters of addresses that serve only to follow people (TrackingLink).

use nagaya_plugin::html::{escape, links};
use nagaya_plugin::words::fits;
use nagaya_plugin::{Envelope, Settings};

/// What a post says after cleaning.
pub struct Clean {
    /// `html` or `text`.
    pub part: &'static str,
    /// The content of that part.
    pub content: String,
    /// Whether it differs from before.
    pub changed: bool,
}

/// The post's own words with clean links.
pub fn removed(post: &Envelope, settings: &Settings) -> Clean {
    let patterns = settings.list("tracking");
    if let Some(html) = &post.html {
        let mut content = html.clone();
        for (address, _) in links(html) {
            if let Some(cleaned) = clean(&address, &patterns) {
                content = content.replace(&escape(&address), &escape(&cleaned)).replace(&address, &cleaned);
            }
        }
        return Clean { part: "html", changed: content != *html, content };
    }
    let mut content = post.text.clone();
    for word in post.text.split_whitespace() {
        let address = word.trim_matches(|c: char| matches!(c, '(' | ')' | '<' | '>' | '"' | ',' | '。' | '、'));
        if let Some(cleaned) = address.starts_with("http").then(|| clean(address, &patterns)).flatten() {
            content = content.replace(address, &cleaned);
        }
    }
    Clean { part: "text", changed: content != post.text, content }
}

/// The address without such parameters; `None`: it has none.
fn clean(address: &str, patterns: &[&str]) -> Option<String> {
    let (address, fragment) = address.split_once('#').map_or((address, None), |(left, right)| (left, Some(right)));
    let (base, query) = address.split_once('?')?;
    let tracks = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        patterns.iter().any(|pattern| fits(name, pattern))
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| !tracks(pair)).collect();
    if kept.len() == query.split('&').count() {
        return None;
    }
    let mut cleaned = base.to_owned();
    if !kept.is_empty() {
        cleaned.push('?');
        cleaned.push_str(&kept.join("&"));
    }
    if let Some(fragment) = fragment {
        cleaned.push('#');
        cleaned.push_str(fragment);
    }
    Some(cleaned)
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn only_what_tracks_goes() {
        for (address, expected) in [
            ("https://a.example/x?utm_source=y&id=1", Some("https://a.example/x?id=1")),
            ("https://a.example/x?utm_source=y#part", Some("https://a.example/x#part")),
            ("https://a.example/x?fbclid=1", Some("https://a.example/x")),
            ("https://a.example/x?id=1", None),
            ("https://a.example/utm_source", None),
            ("https://a.example/?q=utm_source", None),
        ] {
            assert_eq!(clean(address, &["utm_*", "fbclid"]).as_deref(), expected, "{address}");
        }
    }
}
