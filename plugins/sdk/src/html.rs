//! Just enough HTML for plugins that must look at markup: links and text.

/// The text of an HTML fragment, without tags, the five named entities resolved, a line feed for `<br>` and `</p>`.
///
/// ```
/// use nagaya_plugin::html::to_text;
/// assert_eq!(to_text("<p>a &amp; b<br>c</p><p>d</p>"), "a & b\nc\nd");
/// ```
pub fn to_text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&unescape(&rest[..at]));
        let Some(end) = rest[at..].find('>') else { return text.trim().to_owned() };
        let tag = rest[at + 1..at + end].to_ascii_lowercase();
        if tag.starts_with("br") || tag == "/p" || tag == "/div" || tag == "/li" {
            text.push('\n');
        }
        rest = &rest[at + end + 1..];
    }
    text.push_str(&unescape(rest));
    text.trim().to_owned()
}

/// Resolves `&amp;`, `&lt;`, `&gt;`, `&quot;`, `&#39;` and `&nbsp;`.
pub fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

/// Makes text safe to stand in HTML, in attributes too.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The addresses that the links of an HTML fragment lead to, in order, with the whole opening tag beside each.
///
/// ```
/// use nagaya_plugin::html::links;
/// let found = links(r#"<a class="mention" href="https://a.example/?x=1&amp;y=2">a</a>"#);
/// assert_eq!(found[0].0, "https://a.example/?x=1&y=2");
/// assert!(found[0].1.contains("mention"));
/// ```
pub fn links(html: &str) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find("<a ") {
        let Some(end) = rest[at..].find('>') else { break };
        let tag = &rest[at..at + end];
        if let Some(address) = attribute(tag, "href") {
            found.push((unescape(address), tag));
        }
        rest = &rest[at + end..];
    }
    found
}

/// The value of an attribute of a tag, as it stands there.
pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let at = tag.find(&format!(" {name}="))? + name.len() + 2;
    let quote = tag[at..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = &tag[at + 1..];
    value.find(quote).map(|end| &value[..end])
}
