//! Links: the first that a post is about, and the ActivityStreams face of a page (`<link rel="alternate"
//! type="application/activity+json">`, or the same in a `Link` header).

use super::markup::{Piece, pieces};

/// The first link of clean HTML that is neither mention nor hashtag nor the address of a quoted post, without fragment.
pub fn first(html: &str) -> Option<String> {
    let mut quoting = None;
    let mut open: Option<(String, String)> = None;
    for piece in pieces(html) {
        match piece {
            Piece::Open(tag) => {
                let classes = tag.attribute("class").unwrap_or_default();
                let has = |class: &str| classes.split_ascii_whitespace().any(|known| known == class);
                if has("quote-inline") && quoting.is_none() {
                    quoting = Some(tag.name.clone());
                }
                if tag.name == "a"
                    && quoting.is_none()
                    && !["mention", "hashtag", "u-url"].iter().any(|class| has(class))
                {
                    open = address(tag.attribute("href").unwrap_or_default()).map(|address| (address, String::new()));
                }
            }
            Piece::Text(text) => {
                if let Some((_, shown)) = &mut open {
                    shown.push_str(text);
                }
            }
            Piece::Close(name) if quoting.as_deref() == Some(name.as_str()) => quoting = None,
            Piece::Close(name) if name == "a" => match open.take() {
                // Not every server gives its mentions and hashtags a class.
                Some((address, shown)) if !shown.trim_start().starts_with(['#', '＃', '@']) => return Some(address),
                _ => {}
            },
            Piece::Close(_) => {}
        }
    }
    None
}

/// A web address in its one spelling, without fragment.
fn address(href: &str) -> Option<String> {
    let mut url = url::Url::parse(&href.replace("&amp;", "&")).ok()?;
    url.set_fragment(None);
    let usable = matches!(url.scheme(), "http" | "https") && url.has_host() && url.as_str().len() <= 2048;
    usable.then(|| url.into())
}

/// The template by which an XRD says that people are looked up: `<Link rel="lrdd" template="…{uri}…"/>`.
pub fn lrdd_template(xrd: &str) -> Option<String> {
    pieces(xrd).into_iter().find_map(|piece| match piece {
        Piece::Open(tag) if tag.name == "link" && tag.attribute("rel") == Some("lrdd") => {
            tag.attribute("template").map(|template| template.replace("&amp;", "&"))
        }
        _ => None,
    })
}

/// The address that the page announces; relative ones as they stand.
pub fn alternate(headers: &[(String, String)], html: &[u8]) -> Option<String> {
    let links = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("link"));
    let announced = links.flat_map(|(_, value)| value.split(",<")).find_map(|link| {
        let (address, rest) = link.trim_start_matches('<').split_once('>')?;
        is_alternate(rest).then(|| address.to_owned())
    });
    announced.or_else(|| in_page(&String::from_utf8_lossy(html)))
}

/// Looks at `<link …>` elements only; linear in the size of the page.
fn in_page(html: &str) -> Option<String> {
    let mut rest = html;
    while let Some(at) = rest.find("<link") {
        rest = &rest[at + 5..];
        let end = rest.find('>')?;
        let element = &rest[..end];
        if is_alternate(element) {
            return attribute(element, "href").map(|href| href.replace("&amp;", "&"));
        }
        rest = &rest[end..];
    }
    None
}

fn is_alternate(attributes: &str) -> bool {
    attribute(attributes, "rel").is_some_and(|rel| rel.split_ascii_whitespace().any(|rel| rel == "alternate"))
        && attribute(attributes, "type").is_some_and(|kind| {
            kind.starts_with("application/activity+json") || kind.starts_with("application/ld+json")
        })
}

/// The value of `name="…"` (or `'…'`, or bare).
fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(at) = element[from..].find(name) {
        let before = element[..from + at].chars().next_back();
        let value = element[from + at + name.len()..].trim_start();
        from += at + name.len();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-') {
            continue;
        }
        let Some(value) = value.strip_prefix('=').map(str::trim_start) else { continue };
        return match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split(quote).next(),
            _ => value.split(|c: char| c.is_ascii_whitespace() || c == ';' || c == '/').next(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_about_its_first_link_that_is_one() {
        let link = r#"<a href="https://b.example/a?b=1&amp;c#d"><span class="invisible">https://</span>b.example</a>"#;
        let found = Some("https://b.example/a?b=1&c");
        for (before, expected) in [
            ("", found),
            (r#"<a href="https://x.example/@a" class="u-url mention">@<span>a</span></a> "#, found),
            (r#"<a href="https://x.example/tags/a" class="mention hashtag">#<span>a</span></a> "#, found),
            (r#"<a href="https://x.example/tags/a">#a</a> <a href="https://x.example/u">@u@x.example</a>"#, found),
            (r#"<p class="quote-inline">RE: <a href="https://x.example/1">x</a></p>"#, found),
            (r#"<a href="gemini://x.example/">x</a>"#, found),
            (r#"<a href="https://first.example">x</a>"#, Some("https://first.example/")),
        ] {
            assert_eq!(first(&format!("<p>{before}{link}</p>")).as_deref(), expected, "{before}");
        }
        assert_eq!(first("<p>https://b.example</p>"), None);
    }

    #[test]
    fn finds_the_other_face_of_a_page() {
        let header = |value: &str| vec![("link".to_owned(), value.to_owned())];
        for (headers, html, expected) in [
            (
                vec![],
                r#"<link rel="alternate" type="application/activity+json" href="https://a.example/1?x=1&amp;y=2">"#,
                Some("https://a.example/1?x=1&y=2"),
            ),
            (vec![], r#"<link href='/users/a' type='application/activity+json' rel='alternate'/>"#, Some("/users/a")),
            (vec![], r#"<link rel="alternate" type="application/rss+xml" href="/feed">"#, None),
            (
                header(r#"<https://a.example/2>; rel="alternate"; type="application/activity+json""#),
                "",
                Some("https://a.example/2"),
            ),
            (vec![], "<link", None),
            (vec![], "<link rel=", None),
        ] {
            assert_eq!(alternate(&headers, html.as_bytes()).as_deref(), expected, "{html}");
        }
    }
}
