//! What is shown of a work that is at home elsewhere: its name as heading, when and where (of an event), what it says about
//! itself, and where it is.
//!
//! A summary or an excerpt comes before the text itself, which is shown only while it is short. PeerTube and others write
//! Markdown: its words are shown as they are.

use serde_json::Value;

use super::note::{SUMMARY, text};
use super::{ids, poll, read};

/// The longest text that is shown whole, in bytes.
const WHOLE: usize = 20_000;
/// How much is shown of a text that is not HTML, in characters.
const EXCERPT: usize = 2_000;

/// The work `object` as HTML, not cleaned yet; `id` is where it is when it names no page.
pub(super) fn html(object: &Value, id: &str) -> String {
    let heading = text(object, "name");
    // WordPress puts an excerpt into `preview`.
    let preview = read::first(object, "preview").map(|preview| text(preview, "content")).unwrap_or_default();
    let about = [text(object, "summary"), preview, content(object)].into_iter().find(|text| !text.is_empty());
    let attached = read::objects(object, "attachment").into_iter().filter(|link| read::kind(link, &["Link"]).is_some());
    let shared = attached
        .flat_map(|link| [read::string(link, "href"), read::string(link, "url")])
        .flatten()
        .find(|link| ids::web_address(link).is_some());

    let mut html = String::new();
    if !heading.is_empty() {
        html += &format!("<h2>{}</h2>", escape(&read::at_most(&heading, SUMMARY)));
    }
    for line in occasion(object) {
        html += &format!("<p>{}</p>", escape(&line));
    }
    html += &about.unwrap_or_default();
    let page = read::page(object).unwrap_or_else(|| id.to_owned());
    let links = shared.filter(|shared| *shared != page).map(str::to_owned).into_iter().chain([page]);
    for link in links {
        html += &format!("<p><a href=\"{0}\">{0}</a></p>", escape(&link));
    }
    html
}

/// The text of a Note; one that has a title as well (Hubzilla, Discourse) shows it above.
pub(super) fn titled(object: &Value) -> String {
    let (heading, content) = (text(object, "name"), text(object, "content"));
    if heading.is_empty() || poll::is_blank(&content) || read::kind(object, &["Note"]).is_none() {
        return content;
    }
    format!("<h2>{}</h2>{content}", escape(&read::at_most(&heading, SUMMARY)))
}

/// The text itself, if it is short.
fn content(object: &Value) -> String {
    let content = text(object, "content");
    let media = read::string(object, "mediaType").unwrap_or("text/html");
    if media.starts_with("text/html") {
        return if content.len() <= WHOLE { content } else { String::new() };
    }
    let lines = read::at_most(content.trim(), EXCERPT);
    let paragraphs = lines.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    paragraphs.map(|paragraph| format!("<p>{}</p>", escape(paragraph).replace('\n', "<br>"))).collect()
}

/// When and where an event happens.
fn occasion(object: &Value) -> Vec<String> {
    if read::kind(object, &["Event"]).is_none() {
        return Vec::new();
    }
    let date = |key: &str| read::date(object, key).map(|date| date.rfc3339()[..16].replace('T', " "));
    let when = match (date("startTime"), date("endTime")) {
        (Some(start), Some(end)) => Some(format!("{start} – {end} UTC")),
        (Some(start), None) => Some(format!("{start} UTC")),
        (None, _) => None,
    };
    let place = read::first(object, "location").map(|place| {
        let address = read::first(place, "address");
        let parts = address.map(|address| {
            let parts = ["streetAddress", "postalCode", "addressLocality", "addressCountry"];
            parts.iter().filter_map(|key| read::string(address, key)).collect::<Vec<_>>().join(", ")
        });
        let written = address.and_then(Value::as_str).map(str::to_owned).or(parts).unwrap_or_default();
        let parts = [text(place, "name"), written].into_iter().filter(|part| !part.is_empty());
        read::at_most(&parts.collect::<Vec<_>>().join(", "), SUMMARY)
    });
    when.into_iter().chain(place.filter(|place| !place.is_empty())).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::note;

    #[test]
    fn works_become_heading_summary_and_link() {
        for (change, expected) in [
            (
                json!({"type": "Article", "name": "A < B", "summary": "<p>short</p>", "content": "long"}),
                "<h2>A &lt; B</h2><p>short</p><p><a href=\"https://b.example/1\">https://b.example/1</a></p>",
            ),
            (
                json!({"type": "Article", "name": "", "preview": {"type": "Note", "content": "<p>excerpt</p>"}, "url": "https://b.example/a?x&y"}),
                "<p>excerpt</p><p><a href=\"https://b.example/a?x&amp;y\">https://b.example/a?x&amp;y</a></p>",
            ),
            (
                json!({"type": "Article", "name": "Short", "content": "<p>all of it</p>"}),
                "<h2>Short</h2><p>all of it</p><p><a href=\"https://b.example/1\">https://b.example/1</a></p>",
            ),
            (
                json!({"type": "Article", "name": "Long", "content": "x".repeat(super::WHOLE + 1)}),
                "<h2>Long</h2><p><a href=\"https://b.example/1\">https://b.example/1</a></p>",
            ),
            (
                json!({"type": "Page", "name": "Look", "content": "<p>here</p>", "attachment": [{"type": "Link", "href": "https://c.example/"}]}),
                "<h2>Look</h2><p>here</p><p><a href=\"https://c.example/\">https://c.example/</a></p>\
                 <p><a href=\"https://b.example/1\">https://b.example/1</a></p>",
            ),
            (
                json!({"type": "Video", "name": "Film", "mediaType": "text/markdown", "content": "One <b>\ntwo\n\nthree"}),
                "<h2>Film</h2><p>One &lt;b&gt;<br>two</p><p>three</p>\
                 <p><a href=\"https://b.example/1\">https://b.example/1</a></p>",
            ),
            (
                json!({"type": "Event", "name": "Feast", "startTime": "2026-08-07T18:00:00+02:00", "endTime": "2026-08-07T20:00:00Z",
                    "location": {"type": "Place", "name": "Yard", "address": {"streetAddress": "1 Lane", "addressLocality": "Town"}}}),
                "<h2>Feast</h2><p>2026-08-07 16:00 – 2026-08-07 20:00 UTC</p><p>Yard, 1 Lane, Town</p>\
                 <p><a href=\"https://b.example/1\">https://b.example/1</a></p>",
            ),
        ] {
            let mut object = json!({"id": "https://b.example/1", "attributedTo": "https://b.example/bob"});
            object.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
            let note = note::read(&object, false).expect("readable");
            assert_eq!((note.content_html.as_str(), note.summary.as_str()), (expected, ""));
        }
    }
}
