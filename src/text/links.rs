//! Finding the ActivityStreams face of a page: `<link rel="alternate" type="application/activity+json">`, or the same in
//! a `Link` header.

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
