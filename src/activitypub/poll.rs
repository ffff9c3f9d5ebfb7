//! Reading polls (a Question) and the votes in ours (a Note that is nothing but the name of an option).
//!
//! Options beyond [`OPTIONS`] are cut (rule J12). Spec: FEP-9967, https://w3id.org/fep/9967

use serde_json::Value;

use super::note::Note;
use super::read;
use crate::clock::Time;

/// How many options of a remote poll are read: as many as Mastodon reads.
pub const OPTIONS: usize = 500;
/// The longest title of an option, in characters; the rest is cut.
const TITLE: usize = 500;
/// More voters than this are not believed.
const BELIEVABLE: u64 = 1 << 40;

/// A poll, as its server describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Poll {
    /// Titles (plain text) and votes (`None`: not told).
    pub options: Vec<(String, Option<u64>)>,
    /// Whether several options may be chosen.
    pub multiple: bool,
    /// When it ends or ended, as claimed.
    pub ends: Option<Time>,
    /// Whether it says that it ended, without saying when.
    pub closed: bool,
    /// How many people voted.
    pub voters: Option<u64>,
}

/// The poll of a post; `None` when it has none that can be used.
pub fn read(object: &Value) -> Option<Poll> {
    read::kind(object, &["Question"])?;
    let any = read::objects(object, "anyOf");
    let multiple = !any.is_empty();
    let options = if multiple { any } else { read::objects(object, "oneOf") };
    let options: Vec<(String, Option<u64>)> = options.into_iter().take(OPTIONS).filter_map(option).collect();
    if options.is_empty() {
        return None;
    }
    // Pleroma writes the coming end into `closed`; others write there when it really ended.
    let (end, closed) = (read::date(object, "endTime"), read::date(object, "closed"));
    Some(Poll {
        options,
        multiple,
        ends: [end, closed].into_iter().flatten().min(),
        closed: read::flag(object, "closed") == Some(true),
        voters: read::count(object, "votersCount").filter(|count| *count < BELIEVABLE),
    })
}

fn option(option: &Value) -> Option<(String, Option<u64>)> {
    let title = read::text(option, "name").or_else(|| read::text(option, "content"))?.text;
    let votes = read::first(option, "replies").and_then(|replies| read::count(replies, "totalItems"));
    Some((read::at_most(title.trim(), TITLE), votes.filter(|count| *count < BELIEVABLE)))
}

/// Whether the post is a vote: a name, a parent, and nothing to read. The parent decides whether it counts.
pub fn is_vote(note: &Note) -> bool {
    note.kind == "Note"
        && !note.name.is_empty()
        && is_blank(&note.content_html)
        && note.attachments.is_empty()
        && note.in_reply_to.is_some()
}

/// Whether there is nothing but tags: snac sends a line break as the text of a vote.
pub(super) fn is_blank(html: &str) -> bool {
    let mut inside = false;
    html.chars().all(|c| {
        let outside = !inside;
        inside = (inside || c == '<') && c != '>';
        !outside || c == '<' || c.is_whitespace()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r1_polls_of_all_kinds_are_read() {
        let option = |name: &str, votes: i64| json!({"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": votes}});
        let two = json!([option("a", 1), option("b", 2)]);
        let read_two = vec![("a".to_owned(), Some(1)), ("b".to_owned(), Some(2))];
        let at = Time(1_786_111_355_000);
        for (document, expected) in [
            (
                json!({"type": "Question", "oneOf": two, "endTime": at.rfc3339(), "votersCount": 3}),
                Some(Poll { options: read_two.clone(), ends: Some(at), voters: Some(3), ..Poll::default() }),
            ),
            (
                json!({"type": "Question", "anyOf": two, "closed": at.rfc3339()}),
                Some(Poll { options: read_two.clone(), multiple: true, ends: Some(at), ..Poll::default() }),
            ),
            (
                json!({"type": "Question", "oneOf": {"name": " a "}, "closed": true, "votersCount": -1}),
                Some(Poll { options: vec![("a".to_owned(), None)], closed: true, ..Poll::default() }),
            ),
            (json!({"type": "Question", "oneOf": [{"type": "Note"}, 5, null]}), None),
            (json!({"type": "Question"}), None),
            (json!({"type": "Note", "oneOf": two}), None),
        ] {
            assert_eq!(read(&document), expected, "{document}");
        }
        let many = json!({"type": "Question", "oneOf": vec![option("x", 0); 1000]});
        assert_eq!(read(&many).map(|poll| poll.options.len()), Some(OPTIONS));
    }

    #[test]
    fn r1_a_vote_has_a_name_and_nothing_to_read() {
        let vote = |name: &str, content: &str| {
            let note = json!({
                "id": "https://b.example/v/1", "type": "Note", "attributedTo": "https://b.example/bob", "name": name,
                "content": content, "inReplyTo": "https://a.example/1", "to": "https://a.example/alice",
            });
            is_vote(&crate::activitypub::note::read(&note, false).expect("a readable post"))
        };
        for blank in ["", "<br>", "<p> </p>\n", "<br/><br/>"] {
            assert!(vote("tea", blank), "{blank}");
        }
        for said in ["tea", "<p>tea</p>", "<br>tea", "a > b"] {
            assert!(!vote("tea", said), "{said}");
        }
        assert!(!vote("", ""));
    }
}
