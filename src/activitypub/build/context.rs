//! The `@context` of our documents: the terms that a document uses, and no others.

use serde_json::{Map, Value, json};

use crate::activitypub::read::CONTEXT;

/// Vocabularies beside ActivityStreams: the prefix and what it stands for.
const PREFIXES: &[(&str, &str)] = &[
    ("toot", "http://joinmastodon.org/ns#"),
    // Deliberately without www and with http: this is what everybody compares with.
    ("schema", "http://schema.org#"),
    ("ostatus", "http://ostatus.org#"),
    ("fep044f", "https://w3id.org/fep/044f#"),
    ("gts", "https://gotosocial.org/ns#"),
    ("fedibird", "http://fedibird.com/ns#"),
    ("misskey", "https://misskey-hub.net/ns#"),
    // Spelled out: JSON-LD processors would have to fetch the contexts of these two, and cannot read us when they fail.
    ("fep844e", "https://w3id.org/fep/844e#"),
    ("wf", "https://purl.archive.org/socialweb/webfinger#"),
];

/// What a term stands for, and how JSON-LD is to read its values.
const TERMS: &[(&str, &str, Shape)] = &[
    ("manuallyApprovesFollowers", "as", Shape::Plain),
    ("sensitive", "as", Shape::Plain),
    ("Hashtag", "as", Shape::Plain),
    ("Emoji", "toot", Shape::Plain),
    ("movedTo", "as", Shape::Id),
    ("alsoKnownAs", "as", Shape::Id),
    ("blurhash", "toot", Shape::Plain),
    ("discoverable", "toot", Shape::Plain),
    ("indexable", "toot", Shape::Plain),
    ("memorial", "toot", Shape::Plain),
    ("showMedia", "toot", Shape::Plain),
    ("showRepliesInMedia", "toot", Shape::Plain),
    ("showFeatured", "toot", Shape::Plain),
    ("attributionDomains", "toot", Shape::Set),
    ("suspended", "toot", Shape::Plain),
    ("featured", "toot", Shape::Id),
    ("focalPoint", "toot", Shape::List),
    ("votersCount", "toot", Shape::Plain),
    ("PropertyValue", "schema", Shape::Plain),
    ("value", "schema", Shape::Plain),
    ("conversation", "ostatus", Shape::Plain),
    ("quote", "fep044f", Shape::Id),
    ("quoteAuthorization", "fep044f", Shape::Id),
    ("QuoteRequest", "fep044f", Shape::Plain),
    ("QuoteAuthorization", "fep044f", Shape::Plain),
    ("quoteUri", "fedibird", Shape::Plain),
    ("quoteUrl", "as", Shape::Plain),
    ("_misskey_quote", "misskey", Shape::Plain),
    ("LikeRequest", "gts", Shape::Plain),
    ("ReplyRequest", "gts", Shape::Plain),
    ("AnnounceRequest", "gts", Shape::Plain),
    ("LikeAuthorization", "gts", Shape::Plain),
    ("ReplyAuthorization", "gts", Shape::Plain),
    ("AnnounceAuthorization", "gts", Shape::Plain),
    ("likeAuthorization", "gts", Shape::Id),
    ("replyAuthorization", "gts", Shape::Id),
    ("announceAuthorization", "gts", Shape::Id),
    ("approvedBy", "gts", Shape::Id),
    ("interactionPolicy", "gts", Shape::Id),
    ("canQuote", "gts", Shape::Id),
    ("automaticApproval", "gts", Shape::Id),
    ("interactingObject", "gts", Shape::Id),
    ("interactionTarget", "gts", Shape::Id),
    ("implements", "fep844e", Shape::Set),
    ("webfinger", "wf", Shape::Plain),
];

#[derive(Clone, Copy)]
enum Shape {
    Plain,
    Id,
    List,
    Set,
}

/// The document with the `@context` that it needs; contexts of embedded documents are taken off.
pub(super) fn with_context(mut document: Value) -> Value {
    let mut used = Vec::new();
    collect(&mut document, &mut used);
    let mut contexts = vec![json!(CONTEXT)];
    if used.contains(&"publicKey") {
        contexts.push(json!("https://w3id.org/security/v1"));
    }
    if used.contains(&"assertionMethod") {
        contexts
            .extend(["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"].map(|name| json!(name)));
    }
    let terms = definitions(&used);
    if !terms.is_empty() {
        contexts.push(Value::Object(terms));
    }
    let context = if contexts.len() == 1 { contexts.remove(0) } else { Value::Array(contexts) };
    if let Value::Object(object) = &mut document {
        object.insert("@context".into(), context);
    }
    document
}

fn definitions(used: &[&str]) -> Map<String, Value> {
    let mut definitions = Map::new();
    for (term, prefix, shape) in TERMS.iter().filter(|(term, ..)| used.contains(term)) {
        let name = format!("{prefix}:{term}");
        let definition = match shape {
            Shape::Plain => json!(name),
            Shape::Id => json!({"@id": name, "@type": "@id"}),
            Shape::List => json!({"@id": name, "@container": "@list"}),
            Shape::Set => json!({"@id": name, "@container": "@set"}),
        };
        definitions.insert((*term).to_owned(), definition);
        if let Some((prefix, address)) = PREFIXES.iter().find(|(known, _)| known == prefix) {
            definitions.insert((*prefix).to_owned(), json!(address));
        }
    }
    definitions
}

/// Which of the known terms appear, as properties or as types.
fn collect(value: &mut Value, used: &mut Vec<&'static str>) {
    match value {
        Value::Object(object) => {
            object.remove("@context");
            let kind = object.get("type").and_then(Value::as_str);
            let terms = TERMS.iter().map(|(term, ..)| *term).chain(["publicKey", "assertionMethod"]);
            used.extend(terms.filter(|term| object.contains_key(*term) || kind == Some(term)));
            object.values_mut().for_each(|value| collect(value, used));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| collect(value, used)),
        _ => {}
    }
}
