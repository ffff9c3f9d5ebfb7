//! What an author allows others to do with a post: GoToSocial's `interactionPolicy`, in its newer spelling
//! (`automaticApproval`, `manualApproval`) and its older one (`always`, `approvalRequired`).
//!
//! A part that is missing allows everybody; a part that names nobody leaves the author alone. A list that is empty and
//! one that is absent are the same (rule J11). Quotes have a part of their own: `quote.rs`.
//!
//! Spec: https://docs.gotosocial.org/en/latest/federation/interaction_controls/

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::audience::{PUBLIC, is_public};
use super::{ids, read};

/// How many addresses of one list are read.
const ADDRESSES: usize = 100;

/// What can be done with somebody's post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// A favourite or a reaction.
    Like,
    /// An answer.
    Reply,
    /// A boost.
    Announce,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Like, Self::Reply, Self::Announce];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Like => "like",
            Self::Reply => "reply",
            Self::Announce => "announce",
        }
    }

    /// Reads what [`Deed::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.as_str() == text)
    }

    /// The activity that asks for leave.
    pub fn request(self) -> &'static str {
        match self {
            Self::Like => "LikeRequest",
            Self::Reply => "ReplyRequest",
            Self::Announce => "AnnounceRequest",
        }
    }

    /// The object that proves leave.
    pub fn authorization(self) -> &'static str {
        match self {
            Self::Like => "LikeAuthorization",
            Self::Reply => "ReplyAuthorization",
            Self::Announce => "AnnounceAuthorization",
        }
    }

    /// Where the interaction names that object.
    pub fn property(self) -> &'static str {
        match self {
            Self::Like => "likeAuthorization",
            Self::Reply => "replyAuthorization",
            Self::Announce => "announceAuthorization",
        }
    }

    fn part(self) -> &'static str {
        match self {
            Self::Like => "canLike",
            Self::Reply => "canReply",
            Self::Announce => "canAnnounce",
        }
    }
}

/// Who may do one thing: ids of actors and collections, the public collection in its one spelling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Group {
    /// At once.
    pub automatic: Vec<String>,
    /// After asking.
    pub manual: Vec<String>,
    /// Whether its server understands requests: it uses the newer words. Others expect the deed itself.
    pub polite: bool,
}

/// What an author says about the three deeds; `None`: nothing, so everybody may.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "named like the deeds")]
pub struct Rules {
    pub like: Option<Group>,
    pub reply: Option<Group>,
    pub announce: Option<Group>,
}

impl Rules {
    /// What is said about this deed.
    pub fn about(&self, deed: Deed) -> Option<&Group> {
        match deed {
            Deed::Like => self.like.as_ref(),
            Deed::Reply => self.reply.as_ref(),
            Deed::Announce => self.announce.as_ref(),
        }
    }
}

/// What the author of `post` allows; `None`: they restrict none of the three.
pub fn of(post: &Value) -> Option<Rules> {
    let policy = read::first(post, "interactionPolicy").filter(|policy| policy.is_object())?;
    let group = |deed: Deed| {
        let part = read::first(policy, deed.part()).filter(|part| part.is_object())?;
        let list = |new: &str, old: &str| {
            let mut found: Vec<String> = Vec::new();
            for id in read::ids(part, new).into_iter().chain(read::ids(part, old)) {
                let id = if is_public(&id) { PUBLIC.to_owned() } else { id };
                if id.len() <= ids::LONGEST && found.len() < ADDRESSES && !found.contains(&id) {
                    found.push(id);
                }
            }
            found
        };
        Some(Group {
            automatic: list("automaticApproval", "always"),
            manual: list("manualApproval", "approvalRequired"),
            polite: ["automaticApproval", "manualApproval"].iter().any(|key| read::id(part, key).is_some()),
        })
    };
    let rules = Rules { like: group(Deed::Like), reply: group(Deed::Reply), announce: group(Deed::Announce) };
    (rules != Rules::default()).then_some(rules)
}

/// Which deed a request asks for.
pub fn requested(kind: &str) -> Option<Deed> {
    Deed::ALL.into_iter().find(|deed| deed.request() == kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r5_policies_are_read_in_both_spellings() {
        let group = |automatic: &[&str], manual: &[&str], polite| {
            let owned = |list: &[&str]| list.iter().map(|id| (*id).to_owned()).collect();
            Group { automatic: owned(automatic), manual: owned(manual), polite }
        };
        for (policy, expected) in [
            (json!({"canReply": {"automaticApproval": "as:Public"}}), Some(group(&[PUBLIC], &[], true))),
            (
                json!({"canReply": {"automaticApproval": ["https://b.example/bob"], "manualApproval": [PUBLIC]}}),
                Some(group(&["https://b.example/bob"], &[PUBLIC], true)),
            ),
            (
                json!({"canReply": {"always": "https://b.example/bob", "approvalRequired": "Public"}}),
                Some(group(&["https://b.example/bob"], &[PUBLIC], false)),
            ),
            // GoToSocial wrote both for a while.
            (
                json!({"canReply": {"always": ["https://b.example/bob"], "automaticApproval": ["https://b.example/bob"]}}),
                Some(group(&["https://b.example/bob"], &[], true)),
            ),
            (
                json!({"canReply": [{"always": [5, null, {"id": "https://b.example/bob"}]}]}),
                Some(group(&["https://b.example/bob"], &[], false)),
            ),
            (json!({"canReply": null, "canQuote": {}}), None),
            (json!("https://b.example/policy"), None),
            (json!(null), None),
        ] {
            let rules = of(&json!({"interactionPolicy": policy}));
            assert_eq!(rules.and_then(|rules| rules.reply), expected, "{policy}");
        }
    }

    #[test]
    fn j11_an_empty_list_says_what_no_list_says() {
        let read = |part: Value| of(&json!({"interactionPolicy": {"canLike": part}})).and_then(|rules| rules.like);
        for empty in [json!({}), json!({"always": []}), json!({"automaticApproval": [], "manualApproval": null})] {
            assert_eq!(read(empty.clone()), Some(Group::default()), "{empty}: nobody but the author");
        }
        let quotes = |part: Value| super::super::quote::policy(&json!({"interactionPolicy": {"canQuote": part}}));
        assert_eq!(quotes(json!({"automaticApproval": []})), quotes(json!({})));
    }

    #[test]
    fn every_deed_has_its_own_words() {
        for deed in Deed::ALL {
            assert_eq!(Deed::parse(deed.as_str()), Some(deed));
            assert_eq!(requested(deed.request()), Some(deed));
            assert!(deed.property().eq_ignore_ascii_case(deed.authorization()));
        }
        assert_eq!(requested("QuoteRequest"), None);
    }
}
