//! Who may see a post: Mastodon's visibility on one side, `to` and `cc` on the other.
//!
//! Spec: ActivityPub §5.6 (public addressing), and Mastodon's reading of `to`/`cc`.

use serde::{Deserialize, Serialize};

/// The public collection, in the only spelling that we send.
pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// Who may see a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everybody, and listed in public timelines.
    Public,
    /// Everybody, but not listed.
    Unlisted,
    /// The author's followers and those mentioned.
    Private,
    /// Those mentioned.
    Direct,
}

impl Visibility {
    /// As the Mastodon API and the database write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
            Self::Direct => "direct",
        }
    }

    /// Reads what [`Visibility::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "public" => Self::Public,
            "unlisted" => Self::Unlisted,
            "private" => Self::Private,
            "direct" => Self::Direct,
            _ => return None,
        })
    }

    /// Whether anybody at all may read it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Public | Self::Unlisted)
    }

    /// Infers the visibility of a received object. `followers` is the author's followers collection.
    pub fn infer(to: &[String], cc: &[String], followers: Option<&str>) -> Self {
        if to.iter().any(|id| is_public(id)) {
            Self::Public
        } else if cc.iter().any(|id| is_public(id)) {
            Self::Unlisted
        } else if followers.is_some_and(|followers| to.iter().chain(cc).any(|id| id == followers)) {
            Self::Private
        } else {
            Self::Direct
        }
    }

    /// The `to` and `cc` that say it. `mentioned` are actor ids.
    pub fn address(self, followers: &str, mentioned: &[String]) -> (Vec<String>, Vec<String>) {
        let mentioned = mentioned.iter().cloned();
        match self {
            Self::Public => (vec![PUBLIC.to_owned()], std::iter::once(followers.to_owned()).chain(mentioned).collect()),
            Self::Unlisted => {
                (vec![followers.to_owned()], std::iter::once(PUBLIC.to_owned()).chain(mentioned).collect())
            }
            Self::Private => (vec![followers.to_owned()], mentioned.collect()),
            Self::Direct => (mentioned.collect(), Vec::new()),
        }
    }
}

/// All spellings of the public collection (rule J4).
pub fn is_public(id: &str) -> bool {
    matches!(id, PUBLIC | "as:Public" | "Public")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j4_public_in_three_spellings_is_public_and_goes_out_in_one() {
        for spelling in [PUBLIC, "as:Public", "Public"] {
            assert!(is_public(spelling), "{spelling}");
            let document = serde_json::json!({"to": spelling});
            let to = super::super::read::recipients(&document, "to");
            assert_eq!(
                (to.as_slice(), Visibility::infer(&to, &[], None)),
                ([PUBLIC.to_owned()].as_slice(), Visibility::Public)
            );
        }
        for other in ["public", "as:public", "http://www.w3.org/ns/activitystreams#Public", "https://b.example/Public"]
        {
            assert!(!is_public(other), "{other}");
        }
        let (to, cc) = Visibility::Unlisted.address("https://a.example/f", &[]);
        assert_eq!((to, cc), (vec!["https://a.example/f".to_owned()], vec![PUBLIC.to_owned()]));
    }

    #[test]
    fn what_we_address_is_what_we_infer() {
        let followers = "https://a.example/users/alice/followers";
        let mentioned = ["https://b.example/users/bob".to_owned()];
        for visibility in [Visibility::Public, Visibility::Unlisted, Visibility::Private, Visibility::Direct] {
            let (to, cc) = visibility.address(followers, &mentioned);
            assert_eq!(Visibility::infer(&to, &cc, Some(followers)), visibility);
            assert!(to.iter().chain(&cc).any(|id| *id == mentioned[0]));
        }
    }
}
