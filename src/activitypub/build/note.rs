//! The documents of local posts.

use serde_json::{Value, json};

use super::context::with_context;
use super::emoji::{self, Emoji};
use crate::activitypub::ids;
use crate::activitypub::note::{Attachment, Mention};
use crate::activitypub::quote::RELATION;
use crate::clock::Time;

/// A local post, as other servers are to know it.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "named as in activitypub::note::Note, which reads it back")]
pub struct Note {
    pub id: String,
    pub url: String,
    /// The author's id.
    pub actor: String,
    /// HTML.
    pub content: String,
    pub language: Option<String>,
    /// The content warning; empty without one.
    pub summary: String,
    pub sensitive: bool,
    pub in_reply_to: Option<String>,
    pub published: Time,
    /// When it was last edited.
    pub updated: Option<Time>,
    /// Recipients, as [`crate::activitypub::audience::Visibility::address`] gives them.
    pub to: Vec<String>,
    pub cc: Vec<String>,
    /// The name of the thread. An address of http(s) is sent as `context` too.
    pub conversation: Option<String>,
    pub mentions: Vec<Mention>,
    pub hashtags: Vec<Hashtag>,
    pub emojis: Vec<Emoji>,
    pub attachments: Vec<Attachment>,
    /// Makes it a Question.
    pub poll: Option<Poll>,
    /// What it quotes.
    pub quote: Option<Quoted>,
    /// The proof that the author of what it answers allows that.
    pub reply_stamp: Option<String>,
    /// The group in which it is written: its actor id.
    pub audience: Option<String>,
    /// Who may quote it at once: the public collection, a collection or actors; empty says nothing.
    pub can_quote: Vec<String>,
}

/// What a local post quotes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quoted {
    /// The id of the quoted post.
    pub uri: String,
    /// Whether it is gone.
    pub deleted: bool,
    /// The id of the stamp that allows it.
    pub stamp: Option<String>,
}

/// The poll of a local post.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Poll {
    /// Titles and votes; `None` hides the votes.
    pub options: Vec<(String, Option<i64>)>,
    /// Whether several options may be chosen.
    pub multiple: bool,
    /// When it ends.
    pub ends: Option<Time>,
    /// Whether it ended.
    pub closed: bool,
    /// How many people voted.
    pub voters: i64,
}

/// A hashtag in a local post.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hashtag {
    /// Without `#`, as the author wrote it.
    pub name: String,
    /// Its page.
    pub href: String,
}

/// The document of a local post.
pub fn note(note: &Note) -> Value {
    with_context(document(note))
}

/// What is left of a deleted object.
pub fn tombstone(id: &str) -> Value {
    with_context(json!({"id": id, "type": "Tombstone"}))
}

/// The document without a context, to be embedded.
pub(super) fn document(note: &Note) -> Value {
    let mut document = json!({
        "id": note.id,
        "type": "Note",
        "attributedTo": note.actor,
        "url": note.url,
        "content": note.content,
        "summary": (!note.summary.is_empty()).then_some(&note.summary),
        "sensitive": note.sensitive,
        "inReplyTo": note.in_reply_to,
        "published": note.published.rfc3339(),
        "to": note.to,
        "cc": note.cc,
        "tag": mentions(note).chain(hashtags(note)).chain(note.emojis.iter().map(emoji::document)).collect::<Vec<_>>(),
        "attachment": note.attachments.iter().map(attachment).collect::<Vec<_>>(),
        "replies": ids::replies(&note.id),
    });
    if let Some(language) = &note.language {
        document["contentMap"] = json!({language: note.content});
    }
    if let Some(updated) = note.updated {
        document["updated"] = json!(updated.rfc3339());
    }
    if let Some(conversation) = &note.conversation {
        document["conversation"] = json!(conversation);
        if ids::web_address(conversation).is_some() {
            document["context"] = json!(conversation);
        }
    }
    if let Some(poll) = &note.poll {
        question(&mut document, poll);
    }
    if let Some(quote) = &note.quote {
        quotes(&mut document, quote);
    }
    if let Some(stamp) = &note.reply_stamp {
        // GoToSocial's word, and the one it used before.
        document["replyAuthorization"] = json!(stamp);
        document["approvedBy"] = json!(stamp);
    }
    if let Some(group) = &note.audience {
        document["audience"] = json!(group);
    }
    if !note.can_quote.is_empty() {
        document["interactionPolicy"] = json!({"canQuote": {"automaticApproval": note.can_quote}});
    }
    document
}

/// In every spelling that some program reads.
fn quotes(document: &mut Value, quote: &Quoted) {
    if quote.deleted {
        document["quote"] = json!({"type": "Tombstone"});
        return;
    }
    for key in ["quote", "quoteUri", "quoteUrl", "_misskey_quote"] {
        document[key] = json!(quote.uri);
    }
    if let Some(stamp) = &quote.stamp {
        document["quoteAuthorization"] = json!(stamp);
    }
    let link = json!({
        "type": "Link",
        "mediaType": "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",
        "rel": RELATION,
        "name": format!("RE: {}", quote.uri),
        "href": quote.uri,
    });
    if let Some(tags) = document["tag"].as_array_mut() {
        tags.push(link);
    }
}

fn question(document: &mut Value, poll: &Poll) {
    let option = |(title, votes): &(String, Option<i64>)| json!({"type": "Note", "name": title, "replies": {"type": "Collection", "totalItems": votes}});
    document["type"] = json!("Question");
    document[if poll.multiple { "anyOf" } else { "oneOf" }] = poll.options.iter().map(option).collect();
    document["votersCount"] = json!(poll.voters);
    if let Some(ends) = poll.ends {
        document["endTime"] = json!(ends.rfc3339());
        if poll.closed {
            document["closed"] = json!(ends.rfc3339());
        }
    }
}

fn mentions(note: &Note) -> impl Iterator<Item = Value> {
    note.mentions.iter().map(|mention| json!({"type": "Mention", "href": mention.href, "name": mention.name}))
}

fn hashtags(note: &Note) -> impl Iterator<Item = Value> {
    note.hashtags.iter().map(|tag| json!({"type": "Hashtag", "href": tag.href, "name": format!("#{}", tag.name)}))
}

fn attachment(file: &Attachment) -> Value {
    let mut document = json!({
        "type": "Document",
        "mediaType": file.media_type,
        "url": file.url,
        "name": (!file.name.is_empty()).then_some(&file.name),
    });
    let optional = [
        ("blurhash", file.blurhash.as_ref().map(|hash| json!(hash))),
        ("width", file.width.map(|pixels| json!(pixels))),
        ("height", file.height.map(|pixels| json!(pixels))),
        ("focalPoint", file.focal_point.map(|(x, y)| json!([x, y]))),
    ];
    for (key, value) in optional {
        if let Some(value) = value {
            document[key] = value;
        }
    }
    document
}
