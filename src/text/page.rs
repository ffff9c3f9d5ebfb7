//! Pages behind links: what they say about themselves, in Open Graph, Twitter's and plain HTML words.
//!
//! Takes bytes in any encoding of the web and never fails: what cannot be understood is left out. All texts come back
//! plain, on one line and cut; all addresses absolute and of the web. Spec: https://ogp.me/,
//! https://encoding.spec.whatwg.org/, https://oembed.com/#section4, https://docs.joinmastodon.org/entities/PreviewCard/

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_8, WINDOWS_1252};
use url::Url;

use super::clean;
use super::markup::{Piece, Tag, pieces};

/// Where a page may still declare its encoding.
const DECLARED: usize = 4_096;
/// The longest texts, in characters.
const TITLE: usize = 300;
const DESCRIPTION: usize = 1_000;
const NAME: usize = 200;

/// What a page says about itself; empty texts when it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct About {
    pub title: String,
    pub description: String,
    pub site: String,
    pub language: Option<String>,
    pub canonical: Option<Url>,
    pub image: Option<Url>,
    pub image_description: String,
    pub width: i64,
    pub height: i64,
    /// A page that plays what this page is about.
    pub player: Option<Url>,
    pub author: String,
    pub author_url: Option<Url>,
    /// As written, RFC 3339 or nearly.
    pub published: Option<String>,
    /// A fediverse handle that the page names as its author.
    pub creator: Option<String>,
    /// Where its oEmbed answer in JSON is.
    pub oembed: Option<Url>,
}

/// The text of a page: by its byte order mark, the charset of its `Content-Type`, its own declaration, or by guessing
/// among what is met on the web.
pub fn decode(bytes: &[u8], content_type: &str) -> String {
    let header = content_type.to_ascii_lowercase();
    let header = header.split_once("charset=").map(|(_, label)| label.trim_matches(['"', '\'', ' ', ';']).to_owned());
    let named = header.or_else(|| declared(bytes)).and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    if let Some(encoding) = named {
        return encoding.decode(bytes).0.into_owned();
    }
    let fits =
        |encoding: &&&'static Encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes).is_some();
    // The last character of a page that was cut off may be broken.
    if std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_some()) {
        let guess = [&EUC_JP, &SHIFT_JIS].into_iter().find(|encoding| fits(encoding));
        return guess.unwrap_or(&WINDOWS_1252).decode(bytes).0.into_owned();
    }
    UTF_8.decode(bytes).0.into_owned()
}

/// The encoding that the page itself declares.
fn declared(bytes: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARED)]).to_ascii_lowercase();
    let at = start.find("charset=")? + 8;
    let label = start[at..].trim_start_matches(['"', '\'', ' ']);
    Some(label.split(['"', '\'', ' ', '>', '/', ';']).next()?.to_owned())
}

/// Reads the page that was found at `base`.
pub fn read(html: &str, base: &Url) -> About {
    let mut reader = Reader { base, about: About::default(), open_graph: Vec::new(), named: Vec::new() };
    let mut title: Option<String> = None;
    let mut in_title = false;
    for piece in pieces(html) {
        match piece {
            Piece::Open(tag) => match tag.name.as_str() {
                "title" => in_title = title.is_none(),
                "body" if title.is_some() && !reader.open_graph.is_empty() => break,
                _ => reader.take(&tag),
            },
            Piece::Text(text) if in_title => title.get_or_insert_default().push_str(text),
            Piece::Close(name) if name == "title" => in_title = false,
            _ => {}
        }
    }
    reader.finish(title.unwrap_or_default())
}

/// Whether the page at `base` links to `profile` as another face of the same person. Spec:
/// https://microformats.org/wiki/rel-me
pub fn links_back(html: &str, base: &Url, profiles: &[&str]) -> bool {
    pieces(html).any(|piece| {
        let Piece::Open(tag) = piece else { return false };
        let rel = tag.attribute("rel").unwrap_or_default();
        let is_me = rel.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("me"));
        let target = tag.attribute("href").filter(|_| is_me && matches!(tag.name.as_str(), "a" | "link"));
        let target = target.and_then(|href| base.join(&href.replace("&amp;", "&")).ok());
        target.is_some_and(|target| profiles.iter().any(|profile| Url::parse(profile).is_ok_and(|url| url == target)))
    })
}

/// The address of the first frame in the HTML of an oEmbed answer, if it is safe to show.
pub fn frame(html: &str) -> Option<Url> {
    let frame = pieces(html).find_map(|piece| match piece {
        Piece::Open(tag) if tag.name == "iframe" => Some(tag.attribute("src")?.replace("&amp;", "&")),
        _ => None,
    })?;
    let frame = if frame.starts_with("//") { format!("https:{frame}") } else { frame };
    Url::parse(&frame).ok().filter(|url| url.scheme() == "https" && url.has_host())
}

/// Plain text from elsewhere on one line, at most `most` characters.
pub fn line(text: &str, most: usize) -> String {
    let words = clean::name(text).split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(most).collect()
}

struct Reader<'b> {
    base: &'b Url,
    about: About,
    /// `property` and content.
    open_graph: Vec<(String, String)>,
    /// `name` and content.
    named: Vec<(String, String)>,
}

impl Reader<'_> {
    fn take(&mut self, tag: &Tag<'_>) {
        let value = |name: &str| tag.attribute(name).unwrap_or_default();
        match tag.name.as_str() {
            "html" => {
                let language = value("lang").split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
                let usable =
                    (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
                self.about.language = usable.then_some(language);
            }
            "meta" => {
                let content = value("content").to_owned();
                for (key, list) in [(value("property"), &mut self.open_graph), (value("name"), &mut self.named)] {
                    // Far more than any page has.
                    if !key.is_empty() && list.len() < 500 {
                        list.push((key.to_ascii_lowercase(), content.clone()));
                    }
                }
            }
            "link" => {
                let has =
                    |rel: &str| value("rel").split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(rel));
                if has("canonical") && self.about.canonical.is_none() {
                    self.about.canonical = self.address(value("href"));
                }
                let is_json = value("type").eq_ignore_ascii_case("application/json+oembed");
                if has("alternate") && is_json && self.about.oembed.is_none() {
                    self.about.oembed = self.address(value("href"));
                }
            }
            _ => {}
        }
    }

    fn address(&self, text: &str) -> Option<Url> {
        let url = self.base.join(text.replace("&amp;", "&").trim()).ok()?;
        let usable = matches!(url.scheme(), "http" | "https") && url.has_host() && url.as_str().len() <= 2_048;
        (usable && !text.trim().is_empty()).then_some(url)
    }

    /// The first of these that says something; pages mix up `name` and `property`.
    fn said(&self, keys: &[&str]) -> Option<&str> {
        let said = |key: &&str| {
            let mut all = self.open_graph.iter().chain(&self.named);
            all.find(|(known, content)| known == key && !content.trim().is_empty()).map(|(_, content)| content.as_str())
        };
        keys.iter().find_map(said)
    }

    fn finish(self, title: String) -> About {
        let text = |keys: &[&str], most: usize| self.said(keys).map(|text| line(text, most)).unwrap_or_default();
        let number = |key: &str| self.said(&[key]).and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        let named = text(&["og:title", "twitter:title"], TITLE);
        let author = self.said(&["author", "article:author", "og:article:author"]);
        let author_url = author.filter(|text| text.starts_with("http")).and_then(|text| self.address(text));
        About {
            title: if named.is_empty() { line(&title, TITLE) } else { named },
            description: text(&["og:description", "twitter:description", "description"], DESCRIPTION),
            site: text(&["og:site_name"], NAME),
            image: self
                .said(&["og:image:secure_url", "og:image", "og:image:url", "twitter:image"])
                .and_then(|url| self.address(url)),
            image_description: text(&["og:image:alt", "twitter:image:alt"], DESCRIPTION),
            width: number("og:image:width").clamp(0, 100_000),
            height: number("og:image:height").clamp(0, 100_000),
            player: self
                .said(&["twitter:player"])
                .and_then(|url| self.address(url))
                .filter(|url| url.scheme() == "https"),
            author: author.filter(|_| author_url.is_none()).map(|text| line(text, NAME)).unwrap_or_default(),
            author_url,
            published: self.said(&["article:published_time", "og:article:published_time"]).map(str::to_owned),
            creator: self.said(&["fediverse:creator"]).map(|text| text.trim().to_owned()),
            ..self.about
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base() -> Url {
        Url::parse("https://b.example/dir/page?x=1").expect("valid")
    }

    #[test]
    fn pages_tell_about_themselves() {
        let about = read(
            r#"<!doctype html><html lang="ja-JP"><head><title>Plain &amp; simple</title>
            <meta property="og:title" content="長屋の &quot;話&quot;"><meta name="description" content="d">
            <meta property="og:description" content=" Two
              lines "><meta property="og:image" content="/a.png?x=1&amp;y=2"><meta property="og:image:width" content="640">
            <meta property="og:site_name" content="B"><meta name="author" content="Ann">
            <meta name="fediverse:creator" content="@ann@b.example"><link rel="canonical" href="/page">
            <meta property="article:published_time" content="2026-08-07T14:02:35Z">
            <meta name="twitter:player" content="https://b.example/play">
            <link rel="alternate" type="application/json+oembed" href="/o?u=1&amp;f=json"><body>"#,
            &base(),
        );
        let url = |text: &str| Some(Url::parse(text).expect("valid"));
        let expected = About {
            title: "長屋の \"話\"".into(),
            description: "Two lines".into(),
            site: "B".into(),
            language: Some("ja".into()),
            canonical: url("https://b.example/page"),
            image: url("https://b.example/a.png?x=1&y=2"),
            width: 640,
            player: url("https://b.example/play"),
            author: "Ann".into(),
            published: Some("2026-08-07T14:02:35Z".into()),
            creator: Some("@ann@b.example".into()),
            oembed: url("https://b.example/o?u=1&f=json"),
            ..About::default()
        };
        assert_eq!(about, expected);
        assert_eq!(read("<title>Only &lt;this&gt;</title>", &base()).title, "Only <this>");
        assert_eq!(read("<meta property=og:image content='javascript:x'><title>t", &base()).image, None);
        assert_eq!(read("", &base()), About::default());
    }

    #[test]
    fn pages_of_any_encoding_are_read() {
        let text = "<title>長屋の暮らし</title>";
        for (encoding, header, meta) in [
            (UTF_8, "text/html", ""),
            (SHIFT_JIS, "text/html; charset=Shift_JIS", ""),
            (SHIFT_JIS, "text/html", "<meta charset=\"x-sjis\">"),
            (EUC_JP, "text/html", "<meta http-equiv=Content-Type content='text/html; charset=euc-jp'>"),
            (EUC_JP, "text/html", ""),
            (SHIFT_JIS, "text/html", ""),
            (encoding_rs::ISO_2022_JP, "text/html;charset=\"iso-2022-jp\"", ""),
        ] {
            let page = format!("{meta}{text}");
            let bytes = encoding.encode(&page).0;
            assert_eq!(
                read(&decode(&bytes, header), &base()).title,
                "長屋の暮らし",
                "{} {header} {meta}",
                encoding.name()
            );
        }
        let cut = &"日本語".as_bytes()[..8];
        assert_eq!(decode(cut, "text/html"), "日本\u{fffd}");
        assert_eq!(decode(b"caf\xe9 x", "text/html; charset=nonsense"), "café x");
    }

    #[test]
    fn only_a_link_that_says_me_leads_back() {
        let me = ["https://a.example/@ann", "https://a.example/users/ann"];
        for (html, expected) in [
            (r#"<a rel="me" href="https://a.example/@ann">x</a>"#, true),
            (r#"<link href='https://A.example/@ann' rel='noopener ME'>"#, true),
            (r#"<a rel="me" href="https://a.example/users/ann">x</a>"#, true),
            (r#"<a href="https://a.example/@ann">x</a>"#, false),
            (r#"<a rel="me" href="https://a.example/@ann2">x</a>"#, false),
            (r#"<!-- <a rel="me" href="https://a.example/@ann">x</a> -->"#, false),
            (r#"<a rel="nome" href="https://a.example/@ann">"#, false),
        ] {
            assert_eq!(links_back(html, &base(), &me), expected, "{html}");
        }
    }

    #[test]
    fn frames_are_safe_or_none() {
        for (html, expected) in [
            (r#"<iframe src="https://v.example/1?a&amp;b" onload=x></iframe>"#, Some("https://v.example/1?a&b")),
            (r#"<div><iframe src="//v.example/1"></iframe></div>"#, Some("https://v.example/1")),
            (r#"<iframe src="http://v.example/1"></iframe>"#, None),
            (r#"<iframe src="javascript:alert(1)"></iframe>"#, None),
            (r#"<iframe srcdoc="<script>"></iframe>"#, None),
            ("<blockquote>x</blockquote><script src=x></script>", None),
        ] {
            assert_eq!(frame(html).map(String::from).as_deref(), expected, "{html}");
        }
    }

    proptest! {
        #[test]
        fn any_page_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,80}") {
            read(&decode(&bytes, "text/html"), &base());
            read(&format!("<meta property=og:image content='{text}'><title>{text}"), &base());
            frame(&text);
        }
    }
}
