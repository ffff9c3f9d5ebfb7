//! HTML taken apart into text and tags, as a browser's tokenizer does it (WHATWG HTML §13.2.5), in one linear pass.
//!
//! Only the form is judged here; what may stay is up to [`super::clean`]. Comments, doctypes and the contents of `script` and
//! `style` are left out. Entities stay as they are.

/// A piece of HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'html> {
    /// Text, entities undecoded. A `<` in it began no tag.
    Text(&'html str),
    Open(Tag<'html>),
    /// The name, in lower case.
    Close(String),
}

/// A start tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tag<'html> {
    /// In lower case.
    pub name: String,
    attributes: Vec<(&'html str, &'html str)>,
    /// The tag as it was written.
    pub whole: &'html str,
}

impl<'html> Tag<'html> {
    /// The value of an attribute, entities undecoded. `name` is in lower case.
    pub fn attribute(&self, name: &str) -> Option<&'html str> {
        self.attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// Takes HTML apart.
pub(super) fn pieces(html: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (piece, tail) = next(rest);
            rest = match &piece {
                Some(Piece::Open(tag)) if matches!(tag.name.as_str(), "script" | "style") => skip_raw(tail, &tag.name),
                _ => tail,
            };
            match piece {
                Some(Piece::Open(tag)) if matches!(tag.name.as_str(), "script" | "style") => {}
                Some(piece) => return Some(piece),
                None => {}
            }
        }
        None
    })
}

/// The first piece of `html`, if it is one that counts, and what follows it.
fn next(html: &str) -> (Option<Piece<'_>>, &str) {
    let Some(inner) = html.strip_prefix('<') else {
        let (text, tail) = html.split_at(html.find('<').unwrap_or(html.len()));
        return (Some(Piece::Text(text)), tail);
    };
    if let Some(comment) = inner.strip_prefix("!--") {
        return (None, comment.find("-->").map_or("", |end| &comment[end + 3..]));
    }
    if inner.starts_with(['!', '?']) {
        return (None, inner.find('>').map_or("", |end| &inner[end + 1..]));
    }
    let closing = inner.strip_prefix('/');
    let named = closing.unwrap_or(inner);
    if !named.starts_with(|char: char| char.is_ascii_alphabetic()) {
        return (Some(Piece::Text(&html[..1])), inner);
    }
    let end = named.find(|char: char| is_blank(char) || matches!(char, '/' | '>')).unwrap_or(named.len());
    let (name, tail) = named.split_at(end);
    // A tag that never ends is no text either.
    let Some((attributes, tail)) = attributes(tail) else { return (None, "") };
    let name = name.to_ascii_lowercase();
    let piece = match closing {
        Some(_) => Piece::Close(name),
        None => Piece::Open(Tag { name, attributes, whole: &html[..html.len() - tail.len()] }),
    };
    (Some(piece), tail)
}

/// The attributes of a tag whose name was read, and what follows its `>`.
fn attributes(mut rest: &str) -> Option<(Vec<(&str, &str)>, &str)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|char| is_blank(char) || char == '/');
        if let Some(tail) = rest.strip_prefix('>') {
            return Some((found, tail));
        }
        let first = rest.chars().next()?.len_utf8();
        let end = rest[first..].find(|char| is_blank(char) || matches!(char, '/' | '>' | '='))? + first;
        let (name, tail) = rest.split_at(end);
        rest = tail.trim_start_matches(is_blank);
        let mut value = "";
        if let Some(tail) = rest.strip_prefix('=') {
            let tail = tail.trim_start_matches(is_blank);
            (value, rest) = match tail.chars().next()? {
                quote @ ('"' | '\'') => tail[1..].split_once(quote)?,
                _ => tail.split_at(tail.find(|char| is_blank(char) || char == '>')?),
            };
        }
        found.push((name, value));
    }
}

/// What follows the end tag of a `script` or `style`, whose contents are no markup.
fn skip_raw<'html>(html: &'html str, name: &str) -> &'html str {
    let mut rest = html;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        let ends = rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if ends && rest[name.len()..].starts_with(|char| is_blank(char) || matches!(char, '/' | '>')) {
            return rest.find('>').map_or("", |end| &rest[end + 1..]);
        }
    }
    ""
}

fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_taken_apart_as_browsers_do() {
        for (html, expected) in [
            ("a<p>b</P >c", "a [p] b [/p] c"),
            ("<A HREF='x>y' b = \"<c>\" d=e/f g>t", "[a HREF=x>y b=<c> d=e/f g=] t"),
            ("<br/><br / >", "[br] [br]"),
            ("<p =x y= >t", "[p =x= y=] t"),
            ("1 < 2 <3 << </ x", "1  <  2  < 3  < <   < / x"),
            ("a<!-- <b> -->c<!doctype x><?php ?>d", "a c d"),
            ("a<!-- b", "a"),
            ("a<b c", "a"),
            ("a<b c='d>", "a"),
            ("<SCRIPT>x</p></scripts></script >y<style>z", "y"),
            ("</p a=b>", "[/p]"),
        ] {
            let found: Vec<String> = pieces(html)
                .map(|piece| match piece {
                    Piece::Text(text) => text.to_owned(),
                    Piece::Close(name) => format!("[/{name}]"),
                    Piece::Open(tag) => {
                        let attributes: String =
                            tag.attributes.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                        format!("[{}{attributes}]", tag.name)
                    }
                })
                .collect();
            assert_eq!(found.join(" "), expected, "{html}");
        }
    }
}
