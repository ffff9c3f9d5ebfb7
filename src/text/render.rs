//! What a local person types becomes HTML: paragraphs, links, mentions, hashtags; everything else is escaped.
//!
//! In two phases, because between them somebody must look up who is mentioned: [`find`] says what stands in the text,
//! [`html`] writes it. The markup is Mastodon's, which every other program and client knows how to style.

use std::ops::Range;

use linkify::{LinkFinder, LinkKind};
use unicode_segmentation::UnicodeSegmentation as _;
use url::Url;

use super::{hashtags, mentions};

/// What every link counts in [`length`], however long it is.
pub const LINK_LENGTH: usize = 23;

/// How many characters of a link are shown.
const SHOWN: usize = 30;

/// Something in a text that is more than text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What an [`Entity`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in mentions::Mention and hashtags::Hashtag")]
pub enum Kind {
    Mention { user: String, domain: Option<String> },
    Hashtag { name: String },
    Link { url: String },
}

/// All links, mentions and hashtags in the text, in order, without overlap. What stands inside a link is part of the link.
pub fn find(text: &str) -> Vec<Entity> {
    let mut found = links(text);
    let others = mentions::find(text)
        .into_iter()
        .map(|found| Entity { range: found.range, kind: Kind::Mention { user: found.user, domain: found.domain } })
        .chain(
            hashtags::find(text)
                .into_iter()
                .map(|found| Entity { range: found.range, kind: Kind::Hashtag { name: found.name } }),
        );
    let links = found.len();
    for entity in others {
        // Links are in order, so the only one that can overlap is the first that ends behind the entity's beginning.
        let next = found[..links].partition_point(|link| link.range.end <= entity.range.start);
        if found[..links].get(next).is_none_or(|link| link.range.start >= entity.range.end) {
            found.push(entity);
        }
    }
    found.sort_by_key(|entity| entity.range.start);
    let mut end = 0;
    found.retain(|entity| {
        let free = entity.range.start >= end;
        if free {
            end = entity.range.end;
        }
        free
    });
    found
}

/// Writes `text` as HTML. `entities` are those of [`find`] for the same text.
///
/// `resolved` gives the name to show (without `@`) and the page of who is mentioned, or `None` to leave the mention as text;
/// `tag_url` gives the page of a tag.
pub fn html(
    text: &str,
    entities: &[Entity],
    resolved: impl Fn(&str, Option<&str>) -> Option<(String, String)>,
    tag_url: impl Fn(&str) -> String,
) -> String {
    let mut out = Paragraphs::default();
    let mut done = 0;
    for entity in entities {
        let source = &text[entity.range.clone()];
        out.text(&text[done..entity.range.start]);
        out.markup(&written(entity, source, &resolved, &tag_url));
        done = entity.range.end;
    }
    out.text(&text[done..]);
    out.finish()
}

/// The line that says which post is quoted, for programs that do not know quotes. Those that do hide it by its class.
pub fn quote(url: &str) -> String {
    format!(r#"<p class="quote-inline">RE: {}</p>"#, link(url, "nofollow noopener"))
}

/// Writes `text` as [`html`] does, but as part of a paragraph: line breaks are dropped, blanks stay.
pub(super) fn inline(
    text: &str,
    resolved: impl Fn(&str, Option<&str>) -> Option<(String, String)>,
    tag_url: impl Fn(&str) -> String,
) -> String {
    let mut out = String::new();
    let mut done = 0;
    for entity in find(text) {
        out += &escape(&text[done..entity.range.start]);
        out += &written(&entity, &text[entity.range.clone()], &resolved, &tag_url);
        done = entity.range.end;
    }
    out + &escape(&text[done..])
}

/// Writes a profile field, which is one line: only links are more than text. They say `me`, so that pages can be verified.
pub fn field(text: &str) -> String {
    let mut out = String::new();
    let mut done = 0;
    for entity in links(text) {
        out += &escape(&text[done..entity.range.start]);
        out += &link(&text[entity.range.clone()], "me nofollow noopener");
        done = entity.range.end;
    }
    out + &escape(&text[done..])
}

/// How long a post is: in characters as people see them, a link counting [`LINK_LENGTH`], a mention only its local part,
/// and the content warning too.
pub fn length(text: &str, spoiler: &str) -> usize {
    let count = |text: &str| text.graphemes(true).count();
    let mut length = count(spoiler);
    let mut done = 0;
    for entity in find(text) {
        length += count(&text[done..entity.range.start]);
        length += match &entity.kind {
            Kind::Link { .. } => LINK_LENGTH,
            Kind::Mention { user, .. } => 1 + count(user),
            Kind::Hashtag { .. } => count(&text[entity.range.clone()]),
        };
        done = entity.range.end;
    }
    length + count(&text[done..])
}

/// The text with everything escaped that means something in HTML, in content and in double-quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            char => out.push(char),
        }
    }
    out
}

fn written(
    entity: &Entity,
    source: &str,
    resolved: impl Fn(&str, Option<&str>) -> Option<(String, String)>,
    tag_url: impl Fn(&str) -> String,
) -> String {
    match &entity.kind {
        Kind::Mention { user, domain } => match resolved(user, domain.as_deref()) {
            Some((name, url)) => mention(&name, &url),
            None => escape(source),
        },
        Kind::Hashtag { name } => format!(
            r#"<a href="{}" class="mention hashtag" rel="tag">#<span>{}</span></a>"#,
            escape(&tag_url(name)),
            escape(name)
        ),
        Kind::Link { url } => link(url, "nofollow noopener"),
    }
}

fn links(text: &str) -> Vec<Entity> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    finder
        .links(text)
        .filter_map(|link| {
            let url = link.as_str();
            // Japanese punctuation ends a link; the finder knows only ASCII's.
            let end = url
                .find([
                    '。', '、', '，', '．', '「', '」', '『', '』', '（', '）', '【', '】', '！', '？', '　', '…',
                    '＜', '＞',
                ])
                .unwrap_or(url.len());
            let url = &url[..end];
            let parsed = Url::parse(url).ok()?;
            let fits = matches!(parsed.scheme(), "http" | "https")
                && parsed.host_str().is_some_and(|host| host.contains(['.', ':']));
            fits.then(|| Entity { range: link.start()..link.start() + end, kind: Kind::Link { url: url.to_owned() } })
        })
        .collect()
}

fn mention(name: &str, url: &str) -> String {
    format!(
        r#"<span class="h-card" translate="no"><a href="{}" class="u-url mention">@<span>{}</span></a></span>"#,
        escape(url),
        escape(name)
    )
}

/// The whole address stays in the text, so that copying it works; styles hide its beginning and its end.
fn link(url: &str, rel: &str) -> String {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let www = if url[after_scheme..].starts_with("www.") { 4 } else { 0 };
    let (prefix, rest) = url.split_at(after_scheme + www);
    let cut = rest.char_indices().nth(SHOWN).map_or(rest.len(), |(at, _)| at);
    let (shown, hidden) = rest.split_at(cut);
    let class = if hidden.is_empty() { "" } else { r#" class="ellipsis""# };
    format!(
        r#"<a href="{}" target="_blank" rel="{rel}" translate="no"><span class="invisible">{}</span><span{class}>{}</span><span class="invisible">{}</span></a>"#,
        escape(url),
        escape(prefix),
        escape(shown),
        escape(hidden)
    )
}

/// Puts text into paragraphs: one line break stays one, two or more end the paragraph, those at the ends vanish.
#[derive(Default)]
struct Paragraphs {
    out: String,
    breaks: usize,
    blanks: String,
}

impl Paragraphs {
    fn text(&mut self, text: &str) {
        for char in text.chars() {
            match char {
                '\n' => {
                    self.breaks += 1;
                    self.blanks.clear();
                }
                '\r' => {}
                // Held back: blanks before a line break, and at the ends, vanish.
                ' ' | '\t' | '\u{3000}' => self.blanks.push(char),
                char => {
                    self.begin();
                    self.out += &escape(char.encode_utf8(&mut [0; 4]));
                }
            }
        }
    }

    fn markup(&mut self, markup: &str) {
        self.begin();
        self.out += markup;
    }

    fn begin(&mut self) {
        match (self.out.is_empty(), self.breaks) {
            (true, _) => self.out += "<p>",
            (false, 0) => {}
            (false, 1) => self.out += "<br />",
            (false, _) => self.out += "</p><p>",
        }
        self.breaks = 0;
        self.out += &std::mem::take(&mut self.blanks);
    }

    fn finish(self) -> String {
        if self.out.is_empty() { self.out } else { self.out + "</p>" }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rendered(text: &str) -> String {
        let resolved = |user: &str, domain: Option<&str>| {
            (user != "nobody").then(|| (user.to_owned(), format!("https://{}/@{user}", domain.unwrap_or("a.example"))))
        };
        html(text, &find(text), resolved, |tag| format!("https://a.example/tags/{}", tag.to_lowercase()))
    }

    #[test]
    fn text_becomes_paragraphs() {
        for (text, expected) in [
            ("", ""),
            (" \n\n ", ""),
            ("a", "<p>a</p>"),
            ("a\nb", "<p>a<br />b</p>"),
            ("a\r\nb", "<p>a<br />b</p>"),
            ("a\n\nb\n \n\nc\n", "<p>a</p><p>b</p><p>c</p>"),
            ("\n  a  b \n c", "<p>  a  b<br /> c</p>"),
            ("<b>\"&'", "<p>&lt;b&gt;&quot;&amp;&#39;</p>"),
        ] {
            assert_eq!(rendered(text), expected, "{text:?}");
        }
    }

    #[test]
    fn mentions_tags_and_links_become_markup() {
        for (html, expected) in [
            (
                rendered("@bob@b.example @nobody #Tag"),
                r##"<p><span class="h-card" translate="no"><a href="https://b.example/@bob" class="u-url mention">@<span>bob</span></a></span> @nobody <a href="https://a.example/tags/tag" class="mention hashtag" rel="tag">#<span>Tag</span></a></p>"##,
            ),
            (
                rendered("https://www.example.com/a?b=1&c='x' y"),
                r##"<p><a href="https://www.example.com/a?b=1&amp;c=&#39;x&#39;" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">https://www.</span><span>example.com/a?b=1&amp;c=&#39;x&#39;</span><span class="invisible"></span></a> y</p>"##,
            ),
            (
                rendered("見て→https://example.com/0123456789/0123456789。次"),
                r##"<p>見て→<a href="https://example.com/0123456789/0123456789" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">https://</span><span class="ellipsis">example.com/0123456789/0123456</span><span class="invisible">789</span></a>。次</p>"##,
            ),
            (
                field("me: https://example.com/<"),
                r##"me: <a href="https://example.com/" target="_blank" rel="me nofollow noopener" translate="no"><span class="invisible">https://</span><span>example.com/</span><span class="invisible"></span></a>&lt;"##,
            ),
        ] {
            assert_eq!(html, expected);
        }
    }

    #[test]
    fn what_stands_in_a_link_is_the_link() {
        for (text, expected) in [
            ("https://b.example/@bob#top x", vec!["https://b.example/@bob#top"]),
            ("(https://b.example/a_(b))", vec!["https://b.example/a_(b)"]),
            ("https://b.example/日本, https://ja.example/。次", vec!["https://b.example/日本", "https://ja.example/"]),
            ("「https://b.example/」 はhttps://c.example/", vec!["https://b.example/", "https://c.example/"]),
            ("http://127.0.0.2:3000/@bob", vec!["http://127.0.0.2:3000/@bob"]),
            (
                "https://b.example/@bob @bob@b.example #a https://b.example/#a",
                vec!["https://b.example/@bob", "@bob@b.example", "#a", "https://b.example/#a"],
            ),
            ("ftp://b.example/ javascript://b.example/ mailto:a@b.example https://nodot/ https://", vec![]),
            ("@a#b #c@d", vec!["@a", "#c"]),
        ] {
            let found: Vec<&str> = find(text).into_iter().map(|entity| &text[entity.range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn length_counts_what_people_see() {
        for (text, spoiler, expected) in [
            ("", "", 0),
            ("abc", "de", 5),
            ("👩‍👩‍👧‍👦が", "", 2),
            ("https://example.com/a/very/long/path/that/does/not/count", "", 23),
            ("https://a.example", "", 23),
            ("@bob@b.example hi", "", 7),
            ("#tag", "", 4),
        ] {
            assert_eq!(length(text, spoiler), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_rendered_and_stays_text(text in "[@#＃a-z長 。:/.<>&\"\n-]{0,60}|\\PC{0,60}") {
            let entities = find(&text);
            prop_assert!(entities.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
            let out = html(&text, &entities, |_, _| None, |_| String::new());
            prop_assert!(!out.contains("<script") && !out.contains("<b>"));
            let _ = length(&text, "");
        }
    }
}
