//! Other people's HTML: cleaned to what we show, or turned into plain text.
//!
//! An allow-list: elements, attributes, classes and link schemes as Mastodon keeps them. Headings become bold paragraphs,
//! formulas become their LaTeX source, pictures vanish, and links of other schemes become text. Cleaning what is clean
//! changes nothing.
//!
//! In two steps. The first takes the source apart in one linear pass and writes down the same tags properly nested, no deeper
//! than it should be, with only the attributes that may stay. The second is a real HTML parser (ammonia), which alone decides
//! about safety. By itself that parser needs time and memory that grow with the square of a hostile text, since it repeats
//! unclosed formatting in each paragraph; what the first step writes leaves nothing unclosed.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use super::markup::{Piece, Tag, pieces};
use super::nest::{Formula, Nest};

/// What is shown: elements and their attributes. All of them may have `lang`.
const ELEMENTS: &[(&str, &[&str])] = &[
    ("p", &["class"]),
    ("br", &[]),
    ("span", &["class", "translate"]),
    ("a", &["href", "class", "translate"]),
    ("del", &[]),
    ("s", &[]),
    ("pre", &[]),
    ("blockquote", &[]),
    ("code", &[]),
    ("b", &[]),
    ("strong", &[]),
    ("u", &[]),
    ("i", &[]),
    ("em", &[]),
    ("ul", &[]),
    ("ol", &["start", "reversed"]),
    ("li", &["value"]),
    ("ruby", &[]),
    ("rt", &[]),
    ("rp", &[]),
];
const SCHEMES: &[&str] = &["http", "https", "dat", "dweb", "ipfs", "ipns", "ssb", "gopher", "xmpp", "magnet", "gemini"];
const CLASSES: &[&str] = &["mention", "hashtag", "ellipsis", "invisible", "quote-inline"];
const CLASS_PREFIXES: &[&str] = &["h-", "p-", "u-", "dt-", "e-"];
/// Elements that [`plain`] sets apart from what stands around them, and by how many line breaks.
const LINES: &[(&str, usize)] = &[
    ("p", 2),
    ("div", 1),
    ("blockquote", 2),
    ("pre", 2),
    ("ul", 2),
    ("ol", 2),
    ("li", 1),
    ("table", 2),
    ("tr", 1),
    ("h1", 2),
    ("h2", 2),
    ("h3", 2),
    ("h4", 2),
    ("h5", 2),
    ("h6", 2),
    ("section", 1),
    ("article", 1),
];

/// The cleaner; a constant, but built at run time.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut rules = Builder::empty();
    rules
        .tags(ELEMENTS.iter().map(|(name, _)| *name).collect())
        .generic_attributes(HashSet::from(["lang"]))
        .tag_attributes(
            ELEMENTS.iter().map(|(name, attributes)| (*name, attributes.iter().copied().collect())).collect(),
        )
        .url_schemes(SCHEMES.iter().copied().collect())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow noopener"))
        .set_tag_attribute_values(HashMap::from([("a", HashMap::from([("target", "_blank")]))]))
        .attribute_filter(attribute);
    rules
});

/// Lets through what every post has, and no more.
static BASIC: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut rules = Builder::empty();
    rules
        .tags(HashSet::from(["p", "br", "a"]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .url_schemes(HashSet::from(["http", "https"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow noopener"));
    rules
});

/// Cleans HTML from elsewhere. The result may be put into a page as it is.
pub fn html(source: &str) -> String {
    let mut cleaned = CLEANER.clean(&nested(source)).to_string();
    if cleaned.contains("<a ") {
        cleaned = without_dead_links(&cleaned);
    }
    // A link that went may have stood between the element and a line break.
    if cleaned.contains("<pre") { without_leading_newlines(&cleaned) } else { cleaned }
}

/// HTML with nothing but paragraphs, line breaks and links. The result may be put into a page as it is.
pub fn basic(source: &str) -> String {
    BASIC.clean(&html(source)).to_string()
}

/// A parser drops the line break that follows `<pre>`; written out, what is left would be read as another text each time.
fn without_leading_newlines(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<pre") {
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        out += &rest[..end];
        rest = rest[end..].trim_start_matches('\n');
    }
    out + rest
}

/// The words of an HTML text, for previews, filters and search: no markup, entities decoded, `br` and `p` as line breaks.
pub fn plain(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut preformatted = 0_usize;
    for piece in pieces(source) {
        match piece {
            // Kept from becoming markup below.
            Piece::Text("<") => out += "&lt;",
            Piece::Text(text) if preformatted > 0 => out += text,
            Piece::Text(text) => {
                for word in text.split_inclusive(['\n', '\r', '\t', ' ']) {
                    let bare = word.trim_end_matches(['\n', '\r', '\t', ' ']);
                    out += bare;
                    if bare.len() < word.len() && !out.ends_with([' ', '\n']) {
                        out.push(' ');
                    }
                }
            }
            Piece::Open(tag) if tag.name == "br" => out.push('\n'),
            Piece::Open(tag) => {
                preformatted += usize::from(tag.name == "pre");
                if lines(&tag.name) > 0 {
                    apart(&mut out, 1);
                }
            }
            Piece::Close(name) => {
                preformatted = preformatted.saturating_sub(usize::from(name == "pre"));
                apart(&mut out, lines(&name));
            }
        }
    }
    // Without tags the cleaner does nothing but decode entities and escape five characters.
    unescape(Builder::empty().clean(&out).to_string().trim())
}

/// A name from elsewhere as one line of plain text: no markup, no control characters, nothing that turns the direction of
/// what stands after it.
pub fn name(source: &str) -> String {
    let text = if source.contains(['<', '&']) { Cow::Owned(plain(source)) } else { Cow::Borrowed(source) };
    let turns =
        |char: char| matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String = text
        .chars()
        .filter(|char| char.is_whitespace() || !(char.is_control() || turns(*char)))
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    text.trim().to_owned()
}

fn attribute<'value>(_element: &str, name: &str, value: &'value str) -> Option<Cow<'value, str>> {
    match name {
        "class" => {
            let keeps =
                |class: &&str| CLASSES.contains(class) || CLASS_PREFIXES.iter().any(|prefix| class.starts_with(prefix));
            let classes: Vec<&str> = value.split_ascii_whitespace().filter(keeps).collect();
            (!classes.is_empty()).then(|| Cow::Owned(classes.join(" ")))
        }
        "translate" => (value == "no").then_some(Cow::Borrowed(value)),
        "start" | "value" => value.parse::<i32>().is_ok().then_some(Cow::Borrowed(value)),
        "reversed" => Some(Cow::Borrowed("")),
        _ => Some(Cow::Borrowed(value)),
    }
}

/// The same HTML with only the elements and attributes that may stay, each element closed inside the one it was opened in.
fn nested(source: &str) -> String {
    let mut out = Nest::default();
    let mut formula: Option<Formula> = None;
    for piece in pieces(source) {
        if let Some(open) = &mut formula {
            if open.take(&piece) {
                out.text(&open.source());
                formula = None;
            }
            continue;
        }
        match piece {
            Piece::Text(text) => out.text(text),
            Piece::Open(tag) if tag.name == "math" => formula = Some(Formula::begin(&tag)),
            Piece::Open(tag) if is_heading(&tag.name) => {
                out.open("p", &[], &tag);
                out.open("strong", &[], &Tag::default());
            }
            Piece::Open(tag) => {
                if let Some((name, attributes)) = ELEMENTS.iter().find(|(name, _)| *name == tag.name) {
                    out.open(name, attributes, &tag);
                }
            }
            Piece::Close(name) if is_heading(&name) => out.close("p"),
            Piece::Close(name) => out.close(&name),
        }
    }
    if let Some(unclosed) = formula {
        out.text(&unclosed.source());
    }
    out.finish()
}

fn is_heading(name: &str) -> bool {
    matches!(name.as_bytes(), [b'h', b'1'..=b'6'])
}

/// Makes text of those links whose address the cleaner took away.
fn without_dead_links(cleaned: &str) -> String {
    let mut out = String::with_capacity(cleaned.len());
    let mut alive = true; // links do not nest
    for piece in pieces(cleaned) {
        match piece {
            Piece::Text(text) => out += text,
            Piece::Open(tag) => {
                let is_link = tag.name == "a";
                if is_link {
                    alive = tag.attribute("href").is_some();
                }
                if !is_link || alive {
                    out += tag.whole;
                }
            }
            Piece::Close(name) if name == "a" && !alive => {}
            Piece::Close(name) => out += &format!("</{name}>"),
        }
    }
    out
}

fn lines(name: &str) -> usize {
    LINES.iter().find(|(known, _)| *known == name).map_or(0, |(_, lines)| *lines)
}

/// Ends the text with at least so many line breaks, unless it is empty.
fn apart(text: &mut String, breaks: usize) {
    if breaks > 0 && !text.is_empty() {
        text.truncate(text.trim_end_matches(' ').len());
        let standing = text.len() - text.trim_end_matches('\n').len();
        text.extend(std::iter::repeat_n('\n', breaks.saturating_sub(standing)));
    }
}

/// Undoes what the cleaner escapes in text.
fn unescape(text: &str) -> String {
    text.replace("&nbsp;", "\u{a0}").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_allowed_stays_and_the_rest_goes() {
        for (source, expected) in [
            ("<p>a<br/>b</p>", "<p>a<br>b</p>"),
            ("<p>open", "<p>open</p>"),
            ("<script>alert(1)</script><style>x</style>a", "a"),
            ("<img src=x onerror=alert(1)>a<iframe src=x>b</iframe>", "ab"),
            ("<div><p onclick=x style=color:red id=x data-x=y lang=ja>a</p></div>", "<p lang=\"ja\">a</p>"),
            (
                "<span class=\"h-card evil mention u-url hashtag\" translate=no>a</span>",
                "<span class=\"h-card mention u-url hashtag\" translate=\"no\">a</span>",
            ),
            ("<span class=evil translate=yes>a</span>", "<span>a</span>"),
            ("<p class=quote-inline>a</p><b class=mention>b</b>", "<p class=\"quote-inline\">a</p><b>b</b>"),
            (
                "<ol start=3 reversed><li value=5>a</ol><ol start=x>b</ol>",
                "<ol start=\"3\" reversed=\"\"><li value=\"5\">a</li></ol><ol>b</ol>",
            ),
            (
                "<ruby>長屋<rp>(</rp><rt>ながや</rt><rp>)</rp></ruby>",
                "<ruby>長屋<rp>(</rp><rt>ながや</rt><rp>)</rp></ruby>",
            ),
            (
                "<del>a</del><s>b</s><u>c</u><code>d</code><pre>e</pre>",
                "<del>a</del><s>b</s><u>c</u><code>d</code><pre>e</pre>",
            ),
            ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
            ("<!-- x -->a<![CDATA[b]]>", "a"),
            ("", ""),
        ] {
            assert_eq!(html(source), expected, "{source}");
        }
    }

    #[test]
    fn links_are_safe_or_text() {
        let link = |href: &str, text: &str| {
            format!("<a href=\"{href}\" target=\"_blank\" rel=\"nofollow noopener\">{text}</a>")
        };
        for (source, expected) in [
            (
                "<a href=https://b.example/?a&amp;b rel=me target=x ping=y>a</a>",
                link("https://b.example/?a&amp;b", "a"),
            ),
            ("<a href=gemini://b.example/>a</a>", link("gemini://b.example/", "a")),
            ("<a href=xmpp:a@b.example>a</a>", link("xmpp:a@b.example", "a")),
            ("<a href='javascript:alert(1)'>a</a>", "a".to_owned()),
            ("<a href=' java\nscript:alert(1)'>a</a>", "a".to_owned()),
            ("<a href=data:text/html,x>a <b>b</b></a>", "a <b>b</b>".to_owned()),
            ("<a href=/local>a</a><a href=//b.example/>b</a><a name=x>c</a>", "abc".to_owned()),
            ("<a href=mailto:a@b.example>a</a>", "a".to_owned()),
            ("<a href=x>a<a href=https://b.example/>b</a></a>", format!("a{}", link("https://b.example/", "b"))),
            ("<a class=mention href='https://b.example/\"><script>'>a</a>", String::new()),
        ] {
            let cleaned = html(source);
            if expected.is_empty() {
                assert!(!cleaned.contains("<script"), "{cleaned}");
            } else {
                assert_eq!(cleaned, expected, "{source}");
            }
        }
    }

    #[test]
    fn headings_and_formulas_are_rewritten() {
        for (source, expected) in [
            ("<h1 class=x lang=ja>a</h1><h6>b</h6>", "<p lang=\"ja\"><strong>a</strong></p><p><strong>b</strong></p>"),
            (
                "<math><semantics><mi>x</mi><annotation encoding=\"application/x-tex\">x^2 &lt; 1</annotation></semantics></math>",
                "$x^2 &lt; 1$",
            ),
            (
                "<math display=block><semantics><mi>x</mi><annotation encoding=\"application/x-tex\">x</annotation></semantics></math>.",
                "$$x$$.",
            ),
            ("<math><semantics><mi>x</mi><annotation encoding=\"text/plain\">ex</annotation></semantics></math>", "ex"),
            ("a<math><mi>x</mi></math>b", "axb"),
            ("a<math><mi>x</mi> b", "ax b"),
            ("<math><annotation-xml encoding=\"text/html\"><script>alert(1)</script></annotation-xml></math>", ""),
        ] {
            assert_eq!(html(source), expected, "{source}");
        }
    }

    #[test]
    fn plain_text_has_lines_and_no_markup() {
        for (source, expected) in [
            ("<p>a<br>b</p><p>c</p>", "a\nb\n\nc"),
            ("<p>a\nb</p>\n<p>c</p>", "a b\n\nc"),
            ("<ul><li>a</li><li>b</li></ul>c", "a\nb\n\nc"),
            ("<pre>a\n b</pre>c", "a\n b\n\nc"),
            ("&lt;b&gt; &amp;amp; &eacute; &#x9577; a&nbsp;b", "<b> &amp; é 長 a\u{a0}b"),
            ("<a href=x><span class=invisible>https://</span><span>b.example</span></a>", "https://b.example"),
            ("<h1>a</h1>b<script>c</script>", "a\n\nb"),
            ("a <3 b", "a <3 b"),
            ("", ""),
        ] {
            assert_eq!(plain(source), expected, "{source}");
        }
    }

    #[test]
    fn names_are_one_line() {
        for (source, expected) in [
            ("alice", "alice"),
            ("I <3 you & me", "I <3 you & me"),
            ("<b>bob</b><script>x</script>", "bob"),
            ("a\nb\tc\u{7}", "a b c"),
            ("evil\u{202e}eman ", "evileman"),
            ("👩\u{200d}👧 長屋", "👩\u{200d}👧 長屋"),
        ] {
            assert_eq!(name(source), expected, "{source:?}");
        }
    }

    /// Fedify CVE-2025-68475. The parser alone makes 36 MB, in seconds, of the first 2,000 tags of the third.
    #[test]
    fn hostile_html_is_cleaned_in_linear_time() {
        let repeat = |text: &str| text.repeat(150_000 / text.len());
        let numbered = |format: fn(usize) -> String| (0..10_000).map(format).collect::<String>();
        for source in [
            repeat("<span>"),
            numbered(|number| format!("<b lang={number}>")) + &repeat("<p>"),
            numbered(|number| format!("<i lang={number}><p>")),
            format!("<a {}>", numbered(|number| format!("a{number} "))),
            repeat("<"),
            repeat("</p>"),
            repeat("<a href=x>"),
            repeat("<ul><li>"),
            repeat("<script>"),
            repeat("<!--"),
            repeat("<math>"),
            repeat("<a b='"),
            repeat("&amp"),
        ] {
            assert!(html(&source).len() < 4_000_000, "{}", &source[..20]);
            let _ = plain(&source);
        }
    }

    proptest! {
        #[test]
        fn cleaning_what_is_clean_changes_nothing(
            source in "(<(/?(p|a|b|h1|h2|math|annotation|semantics|mi|svg|style|li|ul|table|td|title|pre|br|span|select|template)|a href=\"https://b.example/\"|a href=x)>|x|&lt;|&amp;| |\n){0,20}"
        ) {
            let once = html(&source);
            prop_assert_eq!(html(&once), once);
        }

        #[test]
        fn anything_can_be_cleaned(source in "\\PC{0,80}|[<>/a-z\"'= &;!-]{0,80}") {
            let cleaned = html(&source);
            prop_assert!(!cleaned.contains("<script") && !cleaned.contains("onerror="));
            let _ = (plain(&source), name(&source));
        }
    }
}
