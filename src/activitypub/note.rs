//! Reading a post: a Note or Question as it is; an Article, Page, Video, Audio, Image or Event as a heading, a summary and a
//! link, since those are at home elsewhere.
//!
//! Refuses a post whose author is missing or of another origin (rule A1), and one that is too long. Lists that are too long
//! are cut (rule J12). Spec: ActivityStreams vocabulary §3.3, https://www.w3.org/TR/activitystreams-vocabulary/#object-types

use serde_json::Value;

pub use super::attachment::Attachment;
use super::attachment::{self, attachments};
use super::audience::PUBLIC;
use super::policy::{self, Rules};
use super::quote::{self, CanQuote, Quote};
use super::{ids, read, work};
use crate::clock::Time;
use crate::error::{Error, Result};

/// Kinds that carry their text in `content`.
const POSTS: &[&str] = &["Note", "Question", CHAT];
/// A message of Pleroma's chats: a letter to those in `to`, who are all named by it.
const CHAT: &str = "ChatMessage";
/// Kinds that become heading, summary and link.
const WORKS: &[&str] = &["Article", "Page", "Video", "Audio", "Image", "Event"];

/// The longest text, in bytes; longer posts are refused.
const CONTENT: usize = 150_000;
/// The longest content warning or heading, in characters.
pub(super) const SUMMARY: usize = 5_000;
/// How many tags of all kinds are looked at.
const TAGS: usize = 256;
/// How many mentions are read.
const MENTIONS: usize = 100;
/// The longest name of a custom emoji, in characters.
const SHORTCODE: usize = 2048;

/// A post, as its server describes it. HTML is not cleaned yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Its identity; the text itself is the key.
    pub id: String,
    /// Note, Question, ChatMessage, Article, Page, Video, Audio, Image or Event.
    pub kind: &'static str,
    /// Who wrote it: an id of the same origin.
    pub attributed_to: String,
    /// The text: HTML.
    pub content_html: String,
    /// The language of the text, a BCP 47 tag.
    pub language: Option<String>,
    /// The content warning: plain text, empty without one.
    pub summary: String,
    /// The name of a Note, which makes it a vote when it has no text; empty for other kinds.
    pub name: String,
    /// Whether its media are to be hidden at first.
    pub sensitive: bool,
    /// When it was published, as claimed.
    pub published: Option<Time>,
    /// When it was last edited, as claimed.
    pub updated: Option<Time>,
    /// The page for people. Shown, never believed.
    pub url: Option<String>,
    /// The id of the post that it answers.
    pub in_reply_to: Option<String>,
    /// The name of the thread.
    pub conversation: Option<String>,
    /// The collection of its replies, at the same origin.
    pub replies: Option<String>,
    /// Recipients, as [`read::recipients`] gives them.
    pub to: Vec<String>,
    /// Further recipients.
    pub cc: Vec<String>,
    /// Who is named in it.
    pub mentions: Vec<Mention>,
    /// Hashtags as written, without `#`.
    pub hashtags: Vec<String>,
    /// Custom emoji: shortcode and address of the picture.
    pub emojis: Vec<(String, String)>,
    /// Pictures, sounds and films.
    pub attachments: Vec<Attachment>,
    /// What it quotes.
    pub quote: Option<Quote>,
    /// Who may quote it.
    pub can_quote: Option<CanQuote>,
    /// Who may like, answer and boost it.
    pub rules: Option<Rules>,
    /// The id of the group in which it was written. Spec: FEP-1b12
    pub audience: Option<String>,
}

/// Someone named in a post.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mention {
    /// The id of who is meant.
    pub href: String,
    /// As written, often `@user@domain`; may be empty.
    pub name: String,
}

/// Whether the object is of a kind that [`read`] reads.
pub fn is_post(object: &Value) -> bool {
    read::kind(object, POSTS).or_else(|| read::kind(object, WORKS)).is_some()
}

/// Reads a post. `development` admits http ids.
pub fn read(object: &Value, development: bool) -> Result<Note> {
    let malformed = |why: &str| Error::Malformed(format!("unusable post: {why}"));
    let post = read::kind(object, POSTS);
    let kind = post.or_else(|| read::kind(object, WORKS)).ok_or_else(|| malformed("it is of no known type"))?;
    let id = object.get("id").and_then(Value::as_str).ok_or_else(|| malformed("it has no id"))?.to_owned();
    ids::valid_remote_id(&id, development)?;
    // PeerTube names a person and a channel; the first of the post's own origin is its author.
    let attributed_to = read::ids(object, "attributedTo")
        .into_iter()
        .chain(read::ids(object, "actor").into_iter().filter(|_| kind == CHAT))
        .find(|author| ids::same_origin(author, &id))
        .ok_or_else(|| malformed("its author is missing or of another origin"))?;

    let content = read::text(object, "content");
    let language = content.or_else(|| read::text(object, "name")).or_else(|| read::text(object, "summary"));
    let content_html = if post.is_some() { work::titled(object) } else { work::html(object, &id) };
    if content_html.len() > CONTENT {
        return Err(malformed("it is too long"));
    }
    let tags: Vec<&Value> = read::objects(object, "tag").into_iter().take(TAGS).collect();
    let mut note = Note {
        kind,
        attributed_to,
        content_html,
        language: language.and_then(|text| text.language),
        summary: if post.is_some() { read::at_most(&text(object, "summary"), SUMMARY) } else { String::new() },
        name: if post.is_some() { read::at_most(&text(object, "name"), SUMMARY) } else { String::new() },
        sensitive: read::flag(object, "sensitive").unwrap_or(false) || attachment::is_sensitive(object),
        published: read::date(object, "published"),
        updated: read::date(object, "updated"),
        url: read::page(object),
        in_reply_to: read::id(object, "inReplyTo")
            .filter(|parent| ids::valid_remote_id(parent, development).is_ok())
            .map(str::to_owned),
        conversation: ["context", "conversation"]
            .iter()
            .find_map(|key| read::id(object, key))
            .filter(|name| name.len() <= ids::LONGEST)
            .map(str::to_owned),
        replies: read::id(object, "replies").filter(|replies| ids::same_origin(replies, &id)).map(str::to_owned),
        to: read::recipients(object, "to"),
        cc: read::recipients(object, "cc"),
        mentions: mentions(&tags, development),
        hashtags: hashtags(&tags),
        emojis: emojis(&tags),
        attachments: attachments(object, kind),
        quote: quote::of(object, development),
        can_quote: quote::policy(object),
        rules: policy::of(object),
        audience: read::id(object, "audience").filter(|group| ids::web_address(group).is_some()).map(str::to_owned),
        id,
    };
    if kind == CHAT {
        letter(&mut note);
    }
    Ok(note)
}

/// A letter is for those whom it is addressed to, and no one else.
fn letter(note: &mut Note) {
    note.to.append(&mut note.cc);
    note.to.retain(|id| id != PUBLIC);
    note.mentions = note.to.iter().take(MENTIONS).map(|to| Mention { href: to.clone(), name: String::new() }).collect();
}

pub(super) fn text(object: &Value, key: &str) -> String {
    read::text(object, key).map(|text| text.text).unwrap_or_default()
}

fn mentions(tags: &[&Value], development: bool) -> Vec<Mention> {
    let mut mentions: Vec<Mention> = Vec::new();
    for tag in tags.iter().filter(|tag| read::kind(tag, &["Mention"]).is_some()) {
        let Some(href) = read::string(tag, "href").or_else(|| read::string(tag, "id")) else { continue };
        let known = mentions.iter().any(|mention| mention.href == href);
        if !known && mentions.len() < MENTIONS && ids::valid_remote_id(href, development).is_ok() {
            mentions.push(Mention { href: href.to_owned(), name: read::at_most(&text(tag, "name"), 512) });
        }
    }
    mentions
}

fn hashtags(tags: &[&Value]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for tag in tags.iter().filter(|tag| read::kind(tag, &["Hashtag"]).is_some()) {
        let name = text(tag, "name");
        let name = name.trim_start_matches(['#', '＃']).trim();
        if !name.is_empty() && name.chars().count() <= 512 && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The custom emoji that came along with a document: shortcode and address of the picture.
pub fn emojis_of(document: &Value) -> Vec<(String, String)> {
    emojis(&read::objects(document, "tag").into_iter().take(TAGS).collect::<Vec<_>>())
}

fn emojis(tags: &[&Value]) -> Vec<(String, String)> {
    let mut emojis: Vec<(String, String)> = Vec::new();
    for tag in tags.iter().filter(|tag| read::kind(tag, &["Emoji"]).is_some()) {
        let name = text(tag, "name");
        let name = name.trim_matches(':');
        let picture = read::first(tag, "icon")
            .and_then(|icon| read::links(icon, "url").first().map(|(url, _)| (*url).to_owned()));
        let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if let (Some(picture), true) = (picture, fits && (1..=SHORTCODE).contains(&name.len()))
            && !emojis.iter().any(|(known, _)| known == name)
        {
            emojis.push((name.to_owned(), picture));
        }
    }
    emojis
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn note(change: impl FnOnce(&mut Value)) -> Result<Note> {
        let mut object = json!({"id": "https://b.example/1", "type": "Note", "attributedTo": "https://b.example/bob"});
        change(&mut object);
        super::read(&object, false)
    }

    #[test]
    fn a1_j12_a_post_has_an_id_and_an_author_of_its_origin() {
        assert!(note(|_| ()).is_ok());
        for (key, value, expected) in [
            ("id", json!(1), false),
            ("id", json!("https://c.example/1"), false),
            ("type", json!("Person"), false),
            ("type", json!(["Odd", "as:Question"]), true),
            ("attributedTo", json!(1), false), // NodeBB took this for its own user 1.
            ("attributedTo", json!(null), false),
            ("attributedTo", json!("https://c.example/bob"), false),
            ("attributedTo", json!(["https://c.example/x", {"type": "Person", "id": "https://b.example/bob"}]), true),
            ("content", json!("x".repeat(CONTENT)), true),
            ("content", json!("x".repeat(CONTENT + 1)), false),
        ] {
            assert_eq!(
                note(|object| object[key] = value.clone()).is_ok(),
                expected,
                "{key} {}",
                value.to_string().len()
            );
        }
    }

    #[test]
    fn r2_tags_are_read_by_kind() {
        let note = note(|object| {
            object["tag"] = json!([
                {"type": "Mention", "href": "https://c.example/carol", "name": "@carol@c.example"},
                {"type": "Mention", "href": "https://c.example/carol"},
                {"type": "Mention", "href": "carol"},
                {"type": "Mention"},
                {"type": "as:Hashtag", "name": "#長屋"},
                {"type": "Hashtag", "name": "長屋"},
                {"type": "Hashtag", "name": "#"},
                {"type": "Emoji", "name": ":blob:", "icon": {"type": "Image", "url": "https://b.example/blob.png"}},
                {"type": "Emoji", "name": ":x\" onload=:", "icon": {"type": "Image", "url": "https://b.example/x.png"}},
                {"type": "Emoji", "name": ":bare:"},
                "Mention", null, 5,
            ]);
        });
        let note = note.expect("readable");
        assert_eq!(
            note.mentions,
            [Mention { href: "https://c.example/carol".into(), name: "@carol@c.example".into() }]
        );
        assert_eq!(note.hashtags, ["長屋"]);
        assert_eq!(note.emojis, [("blob".to_owned(), "https://b.example/blob.png".to_owned())]);
    }

    #[test]
    fn j12_lists_are_cut() {
        let note = note(|object| {
            let mention = |number: usize| json!({"type": "Mention", "href": format!("https://c.example/{number}")});
            object["tag"] = (0..TAGS).map(mention).collect();
            object["attachment"] = json!(vec![json!({"type": "Document", "url": "https://b.example/1.png"}); 99]);
            object["to"] = (0..2000).map(|number| json!(format!("https://c.example/{number}"))).collect();
        });
        let note = note.expect("readable");
        assert_eq!((note.mentions.len(), note.attachments.len(), note.to.len()), (MENTIONS, attachment::MOST, 1000));
    }
}
