//! Quotes on the wire: which post a post quotes, who may quote it, and the stamps that prove consent.
//!
//! Five spellings are read; only FEP-044f's `quote` asks for consent, the others are older. Spec: FEP-044f,
//! https://w3id.org/fep/044f; FEP-e232, https://w3id.org/fep/e232

use serde_json::Value;

use super::audience::is_public;
use super::{ids, read};

/// What Misskey calls the relation in a Link.
pub const RELATION: &str = "https://misskey-hub.net/ns#_misskey_quote";

/// The quote in a post, as its server describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The id of the quoted post.
    pub uri: String,
    /// Whether it is spelled in none but the old ways.
    pub legacy: bool,
    /// The id of the QuoteAuthorization.
    pub stamp: Option<String>,
}

/// Who may quote a post, as its server says: ids of actors and collections, the public collection among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CanQuote {
    /// These may at once.
    pub automatic: Vec<String>,
    /// These have to ask.
    pub manual: Vec<String>,
}

/// The quote in a post, if there is one that can be followed.
pub fn of(post: &Value, development: bool) -> Option<Quote> {
    let sound = |uri: &&str| ids::valid_remote_id(uri, development).is_ok();
    let new = read::first(post, "quote").filter(|quote| read::kind(quote, &["Tombstone"]).is_none());
    let new = new.and_then(read::id_of).filter(sound);
    let old = || ["_misskey_quote", "quoteUrl", "quoteUri"].iter().find_map(|key| read::id(post, key).filter(sound));
    let uri = new.or_else(old).or_else(|| linked(post).filter(sound))?;
    Some(Quote {
        uri: uri.to_owned(),
        legacy: new.is_none(),
        stamp: read::id(post, "quoteAuthorization").filter(sound).map(str::to_owned),
    })
}

/// FEP-e232: a Link among the tags.
fn linked(post: &Value) -> Option<&str> {
    let links = read::objects(post, "tag").into_iter().filter(|tag| read::kind(tag, &["Link"]).is_some());
    let mut quotes = links.filter(|link| read::objects(link, "rel").iter().any(|rel| rel.as_str() == Some(RELATION)));
    quotes.find_map(|link| read::string(link, "href"))
}

/// Who may quote the post; `None`: it does not say. GoToSocial's older words for the two groups are read too.
pub fn policy(post: &Value) -> Option<CanQuote> {
    let policy = read::first(read::first(post, "interactionPolicy")?, "canQuote")?;
    let group = |new: &str, old: &str| {
        let mut found = read::ids(policy, new);
        found.extend(read::ids(policy, old));
        for id in &mut found {
            if is_public(id) {
                super::audience::PUBLIC.clone_into(id);
            }
        }
        found
    };
    Some(CanQuote {
        automatic: group("automaticApproval", "always"),
        manual: group("manualApproval", "approvalRequired"),
    })
}

/// A QuoteAuthorization: the author of `target` agrees that `quoting` quotes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Its own id.
    pub id: String,
    /// Who agrees.
    pub author: String,
    /// The quoting post.
    pub quoting: String,
    /// The quoted post.
    pub target: String,
}

/// Reads a QuoteAuthorization; `None`: it is none, or lies elsewhere than its author.
pub fn stamp(document: &Value) -> Option<Stamp> {
    read::kind(document, &["QuoteAuthorization"])?;
    let text = |key: &str| read::id(document, key).map(str::to_owned);
    let stamp = Stamp {
        id: text("id")?,
        author: text("attributedTo")?,
        quoting: text("interactingObject")?,
        target: text("interactionTarget")?,
    };
    (ids::same_origin(&stamp.id, &stamp.author) && ids::same_origin(&stamp.target, &stamp.author)).then_some(stamp)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r4_quotes_are_read_in_every_spelling() {
        let uri = "https://b.example/1";
        let link = |rel: Value| {
            json!({"tag": [{"type": "Mention", "href": "https://x.example/"},
            {"type": "Link", "mediaType": "application/activity+json", "rel": rel, "href": uri}]})
        };
        for (post, expected) in [
            (json!({"quote": uri}), Some(false)),
            (json!({"quote": {"type": "Note", "id": uri}}), Some(false)),
            (json!({"quote": uri, "quoteUrl": "https://c.example/2"}), Some(false)),
            (json!({"quote": {"type": "Tombstone", "id": uri}}), None),
            (json!({"_misskey_quote": uri}), Some(true)),
            (json!({"quoteUrl": uri}), Some(true)),
            (json!({"quoteUri": uri}), Some(true)),
            (link(json!(RELATION)), Some(true)),
            (link(json!(["alternate", RELATION])), Some(true)),
            (link(json!("alternate")), None),
            (json!({"quote": "1", "quoteUrl": "javascript:x"}), None),
            (json!({"quote": null}), None),
            (json!({}), None),
        ] {
            let found = of(&post, false);
            assert_eq!(found.as_ref().map(|quote| quote.legacy), expected, "{post}");
            assert!(found.is_none_or(|quote| quote.uri == uri), "{post}");
        }
    }

    #[test]
    fn r4_policies_and_stamps_are_read() {
        let post =
            json!({"interactionPolicy": {"canQuote": {"automaticApproval": "as:Public", "manualApproval": ["x"]}}});
        let expected = CanQuote { automatic: vec![super::super::audience::PUBLIC.into()], manual: vec!["x".into()] };
        assert_eq!(policy(&post), Some(expected));
        assert_eq!(policy(&json!({"interactionPolicy": {"canLike": {}}})), None);
        let good = json!({"type": "QuoteAuthorization", "id": "https://b.example/s", "attributedTo": "https://b.example/bob",
            "interactingObject": "https://a.example/1", "interactionTarget": "https://b.example/1"});
        assert!(stamp(&good).is_some());
        for (key, value) in
            [("type", "Note"), ("id", "https://c.example/s"), ("interactionTarget", "https://c.example/1")]
        {
            let mut bad = good.clone();
            bad[key] = json!(value);
            assert_eq!(stamp(&bad), None, "{key}");
        }
    }
}
