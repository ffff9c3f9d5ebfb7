//! Markdown that a local person types becomes HTML. Mentions, hashtags and bare links work in it as in plain text.
//!
//! Line breaks stay, as people expect of posts. HTML in it is shown as it was typed; pictures become links. The result
//! still has to go through [`super::clean`]. Spec: CommonMark, https://spec.commonmark.org/

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, TextMergeStream, html as writer};

use super::render::{self, Entity, escape};

/// All links, mentions and hashtags in the running text; ranges are those of the pieces and mean nothing here.
pub fn find(text: &str) -> Vec<Entity> {
    let mut plain = Plain::default();
    let pieces = events(text).filter_map(|event| plain.text(event).ok());
    pieces.flat_map(|text| render::find(&text)).collect()
}

/// Writes `text` as HTML. `resolved` and `tag_url` as in [`render::html`].
pub fn html(
    text: &str,
    resolved: impl Fn(&str, Option<&str>) -> Option<(String, String)>,
    tag_url: impl Fn(&str) -> String,
) -> String {
    let mut plain = Plain::default();
    let events = events(text).map(|event| match plain.text(event) {
        Ok(text) => Event::InlineHtml(render::inline(&text, &resolved, &tag_url).into()),
        Err(event) => event,
    });
    let mut out = String::new();
    writer::push_html(&mut out, events.map(shown));
    compact(&out)
}

/// Without the line breaks between elements, which mean nothing outside `pre`.
fn compact(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<pre") {
        let end = rest[at..].find("</pre>").map_or(rest.len(), |end| at + end + "</pre>".len());
        out += &rest[..at].replace(">\n", ">");
        out += &rest[at..end];
        rest = rest[end..].trim_start_matches('\n');
    }
    out + &rest.replace(">\n", ">")
}

fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    TextMergeStream::new(Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).map(literal))
}

/// HTML is text like any other.
fn literal(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        event => event,
    }
}

fn shown(event: Event<'_>) -> Event<'_> {
    match event {
        Event::SoftBreak => Event::HardBreak,
        Event::Start(Tag::Image { dest_url, .. }) => {
            Event::InlineHtml(CowStr::from(format!(r#"<a href="{}">"#, escape(&dest_url))))
        }
        Event::End(TagEnd::Image) => Event::InlineHtml(CowStr::from("</a>")),
        event => event,
    }
}

/// Tells running text from that of code, links and pictures, which is left alone.
#[derive(Default)]
struct Plain {
    depth: usize,
}

impl Plain {
    fn text<'t>(&mut self, event: Event<'t>) -> Result<CowStr<'t>, Event<'t>> {
        match event {
            Event::Text(text) if self.depth == 0 => return Ok(text),
            Event::Start(Tag::CodeBlock(_) | Tag::Link { .. } | Tag::Image { .. }) => self.depth += 1,
            Event::End(TagEnd::CodeBlock | TagEnd::Link | TagEnd::Image) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Err(event)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::clean;

    fn rendered(text: &str) -> String {
        let resolved = |user: &str, _: Option<&str>| Some((user.to_owned(), format!("https://a.example/@{user}")));
        clean::html(&html(text, resolved, |tag| format!("https://a.example/tags/{tag}")))
    }

    #[test]
    fn markdown_becomes_clean_html() {
        for (text, expected) in [
            ("a *b* **c** ~~d~~ `e`", "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e</code></p>"),
            ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
            ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
            ("1. a", "<ol><li>a</li></ol>"),
            ("> a", "<blockquote><p>a</p></blockquote>"),
            ("# a", "<p><strong>a</strong></p>"),
            ("```\n<b>\nx\n```", "<pre><code>&lt;b&gt;\nx\n</code></pre>"),
            ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
            ("a <b>b</b>", "<p>a &lt;b&gt;b&lt;/b&gt;</p>"),
            (
                "[x](https://b.example/) [y](javascript:z)",
                r#"<p><a href="https://b.example/" target="_blank" rel="nofollow noopener">x</a> y</p>"#,
            ),
            (
                "![a cat](https://b.example/c.png)",
                r#"<p><a href="https://b.example/c.png" target="_blank" rel="nofollow noopener">a cat</a></p>"#,
            ),
        ] {
            assert_eq!(rendered(text), expected, "{text}");
        }
    }

    #[test]
    fn mentions_tags_and_links_work_outside_code() {
        let html = rendered("**@snake_case_name** and #tag_1, see https://b.example/a_b_c `@code #code`");
        for part in [
            r#"class="u-url mention""#,
            "<span>snake_case_name</span>",
            "<span>tag_1</span>",
            r#"href="https://b.example/a_b_c""#,
            "<code>@code #code</code>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert_eq!(find("*@bob* `@eve` [@dan](https://b.example/) #x").len(), 2);
    }

    proptest! {
        #[test]
        fn any_text_is_rendered(text in "[@#a-z长 *_`>\\[\\]()!<&\"\n-]{0,60}|\\PC{0,60}") {
            let out = rendered(&text);
            prop_assert!(!out.contains("<script") && !out.contains("<img"));
            let _ = find(&text);
        }
    }
}
