//! What is wrong with a page or a feed that was made of hostile words.

use std::cell::RefCell;
use std::collections::BTreeSet;

use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// Start tags with their attributes.
type Starts = Vec<(String, Vec<(String, String)>)>;

/// Every start tag of a page, as a browser reads them.
#[derive(Default)]
struct Tags(RefCell<Starts>);

impl TokenSink for Tags {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token
            && tag.kind == TagKind::StartTag
        {
            let attrs = tag.attrs.iter().map(|attr| (attr.name.local.to_string(), attr.value.to_string()));
            self.0.borrow_mut().push((tag.name.to_string(), attrs.collect()));
        }
        TokenSinkResult::Continue
    }
}

fn tags_of(html: &str) -> Starts {
    let tokenizer = Tokenizer::new(Tags::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(html.into());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// What may stand in a page of ours, whatever people wrote.
const ELEMENTS: &[&str] = &[
    "html",
    "head",
    "meta",
    "title",
    "link",
    "body",
    "base",
    "a",
    "header",
    "img",
    "nav",
    "form",
    "input",
    "button",
    "main",
    "footer",
    "ul",
    "ol",
    "li",
    "span",
    "p",
    "section",
    "article",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "dl",
    "dt",
    "dd",
    "details",
    "summary",
    "time",
    "br",
    "strong",
    "em",
    "b",
    "i",
    "u",
    "s",
    "del",
    "ins",
    "code",
    "pre",
    "blockquote",
    "hr",
    "label",
    "textarea",
    "select",
    "option",
    "meter",
    "script",
    "svg",
    "path",
    "rect",
    "small",
    "sub",
    "sup",
    "ruby",
    "rt",
    "rp",
    "q",
    "abbr",
    "kbd",
    "mark",
];
const ADDRESSES: &[&str] =
    &["href", "src", "action", "formaction", "poster", "data", "cite", "background", "ping", "srcset"];

/// What is wrong with a page.
pub(super) fn wrong(html: &str, forms: &BTreeSet<&str>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, attributes) in tags_of(html) {
        if !ELEMENTS.contains(&name.as_str()) {
            wrong.push(format!("an element <{name}>"));
        }
        for (key, value) in &attributes {
            let plain: String =
                value.chars().filter(|letter| !letter.is_whitespace() && !letter.is_control()).collect();
            let plain = plain.to_lowercase();
            if key.starts_with("on") || matches!(key.as_str(), "style" | "srcdoc" | "popovertarget" | "ping") {
                wrong.push(format!("<{name} {key}={value:?}>"));
            }
            if ADDRESSES.contains(&key.as_str()) || key.contains(':') {
                let scheme = plain.split([':', '/', '?', '#']).next().unwrap_or_default();
                let has_scheme = plain[scheme.len()..].starts_with(':');
                if has_scheme && !matches!(scheme, "http" | "https" | "mailto") {
                    wrong.push(format!("<{name} {key}={value:?}>"));
                }
            }
            let ours = plain.starts_with("http://nagaya.test/") || (plain.starts_with('/') && !plain.starts_with("//"));
            if name == "script" && (key == "src" && !plain.starts_with("/static/"))
                || (matches!(name.as_str(), "img" | "link" | "input") && key == "src" && !ours)
                || (name == "form" && key == "action" && !forms.contains(plain.as_str()))
            {
                wrong.push(format!("<{name} {key}={value:?}>"));
            }
        }
        let has = |key: &str| attributes.iter().any(|(known, _)| known == key);
        if (name == "script" && !has("src")) || (name == "meta" && has("http-equiv")) || (name == "base" && has("href"))
        {
            wrong.push(format!("<{name}> with {attributes:?}"));
        }
    }
    wrong
}

/// What may stand in a feed.
pub(super) fn wrong_feed(xml: &str) -> Vec<String> {
    const NAMES: &[&str] = &[
        "?xml",
        "feed",
        "id",
        "title",
        "subtitle",
        "updated",
        "published",
        "icon",
        "generator",
        "link",
        "link/",
        "author",
        "name",
        "uri",
        "entry",
        "category",
        "content",
        "rss",
        "channel",
        "description",
        "atom:link",
        "language",
        "image",
        "url",
        "lastBuildDate",
        "item",
        "guid",
        "pubDate",
        "media:content",
        "media:rating",
        "media:description",
    ];
    let mut wrong = Vec::new();
    let mut open = Vec::new();
    for part in xml.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or((part, ""));
        let name = tag.trim_start_matches('/').split_whitespace().next().unwrap_or_default();
        if !NAMES.contains(&name) {
            wrong.push(format!("an element <{name}>"));
        }
        if tag.matches('"').count() % 2 == 1 {
            wrong.push(format!("quotes in <{tag}>"));
        }
        match tag {
            _ if tag.starts_with('?') || tag.ends_with('/') => {}
            _ if tag.starts_with('/') => {
                if open.pop() != Some(name) {
                    wrong.push(format!("</{name}> closes something else"));
                }
            }
            _ => open.push(name),
        }
    }
    if !open.is_empty() {
        wrong.push(format!("{open:?} stay open"));
    }
    let bad = |letter: char| {
        (letter < ' ' && !matches!(letter, '\n' | '\r' | '\t')) || matches!(letter, '\u{fffe}' | '\u{ffff}')
    };
    if xml.contains(bad) {
        wrong.push("a character that XML forbids".into());
    }
    for amp in xml.split('&').skip(1) {
        if !amp
            .split_once(';')
            .is_some_and(|(name, _)| name.len() < 10 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#'))
        {
            wrong.push("a bare &".into());
        }
    }
    wrong
}

#[test]
fn the_judge_sees_what_is_wrong() {
    let forms = BTreeSet::from(["/auth/sign_in"]);
    for bad in [
        "<script>x</script>",
        "<script src=//evil.example/x></script>",
        "<a href=\"java\tscript:x\">",
        "<p onclick=x>",
        "<iframe>",
        "<p style=x>",
        "<img src=https://evil.example/p.png>",
        "<form action=https://evil.example>",
        "<meta http-equiv=refresh>",
        "<base href=/x>",
    ] {
        assert!(!wrong(bad, &forms).is_empty(), "{bad}");
    }
    assert!(wrong("<form action=/auth/sign_in><a href=https://a.example>&lt;script&gt;", &forms).is_empty());
    for bad in ["<feed><script/></feed>", "<feed>", "<feed>a & b</feed>", "<feed>\u{1}</feed>", "<title></feed>"] {
        assert!(!wrong_feed(bad).is_empty(), "{bad}");
    }
}
