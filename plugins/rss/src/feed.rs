//! RSS and Atom, as far as a bot needs them.

use nagaya_plugin::html;

/// One entry of a feed.
#[derive(Debug, PartialEq)]
pub struct Entry {
    pub id: String,
    pub title: String,
    pub link: String,
}

/// The entries in the order of the feed; whatever is no feed has none.
pub fn entries(xml: &str) -> Vec<Entry> {
    let (open, close) = if xml.contains("<entry") { ("<entry", "</entry>") } else { ("<item", "</item>") };
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some(at) = rest.find(open) {
        let Some(end) = rest[at..].find(close) else { break };
        let entry = &rest[at..at + end];
        rest = &rest[at + end + close.len()..];
        let title = inner(entry, "title").unwrap_or_default();
        let link =
            inner(entry, "link").filter(|link| !link.is_empty()).or_else(|| alternate(entry)).unwrap_or_default();
        let id = inner(entry, "guid").or_else(|| inner(entry, "id")).unwrap_or_else(|| link.clone());
        if link.starts_with("https://") || link.starts_with("http://") {
            found.push(Entry { id, title, link });
        }
    }
    found
}

/// The text of the first element of this name.
fn inner(xml: &str, name: &str) -> Option<String> {
    let mut rest = xml;
    loop {
        let at = rest.find(&format!("<{name}"))?;
        rest = &rest[at + 1 + name.len()..];
        // `<link` must not be `<linkage`.
        if !rest.starts_with(['>', ' ', '\n', '\t', '/']) {
            continue;
        }
        let end = rest.find('>')?;
        if rest[..end].ends_with('/') {
            continue;
        }
        let rest = &rest[end + 1..];
        let text = rest[..rest.find(&format!("</{name}>"))?].trim();
        let text = text.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>")).unwrap_or(text);
        return Some(html::to_text(&html::unescape(text)));
    }
}

/// Atom's `<link rel="alternate" href="…"/>`; without `rel` it is that, too.
fn alternate(xml: &str) -> Option<String> {
    let links = xml.match_indices("<link").map(|(at, _)| &xml[at..at + xml[at..].find('>').unwrap_or(0)]);
    let wanted = |tag: &&str| html::attribute(tag, "rel").is_none_or(|rel| rel == "alternate");
    links.filter(wanted).find_map(|tag| html::attribute(tag, "href").map(html::unescape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_feeds_are_read() {
        let rss = "<rss><channel><title>Blog</title><link>https://a.example/</link><item><title><![CDATA[Tea & more]]></title>\
            <link>https://a.example/2</link><guid>2</guid></item><item><title>One &amp; only</title>\
            <link>https://a.example/1</link></item></channel></rss>";
        let found = entries(rss);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].id.as_str(), found[0].title.as_str()), ("2", "Tea & more"));
        assert_eq!((found[1].id.as_str(), found[1].title.as_str()), ("https://a.example/1", "One & only"));
        let atom = "<feed><title>B</title><entry><id>tag:x</id><title type=\"html\">Hi &lt;b&gt;you&lt;/b&gt;</title>\
            <link rel=\"self\" href=\"https://a.example/self\"/><link rel=\"alternate\" href=\"https://a.example/3?a=1&amp;b=2\"/></entry></feed>";
        assert_eq!(
            entries(atom),
            [Entry { id: "tag:x".into(), title: "Hi you".into(), link: "https://a.example/3?a=1&b=2".into() }]
        );
        for nonsense in ["", "<item>", "<html><body>no</body></html>", "<item><link>javascript:alert(1)</link></item>"]
        {
            assert!(entries(nonsense).is_empty(), "{nonsense}");
        }
    }
}
