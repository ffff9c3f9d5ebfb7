//! What a filter is told and what it answers, in plain Rust: the host's side of the records in `plugins/wit/v0_1`.
//!
//! Deeds fill an [`Envelope`], the chain hands it to the guests, and what comes back are [`Effect`]s that never widen
//! an audience.

use crate::activitypub::audience::Visibility;
use crate::clock::Time;

/// Which way an activity travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Another server sent it to us.
    #[default]
    Inbound,
    /// Somebody here wrote it; it is not stored yet.
    Outbound,
    /// We asked another server for it.
    Fetched,
}

impl Direction {
    /// As manifests and the moderation log write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Fetched => "fetched",
        }
    }
}

/// One activity with the facts that policies ask about. Most fields may stay at their default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Envelope {
    /// Which way it travels.
    pub direction: Direction,
    /// The activity's type as on the wire: `Create`, `Announce`, …
    pub activity: String,
    /// The object's type; `None` when the object is only named by its id.
    pub object: Option<String>,
    /// Id of the object when there is one, else of the activity; empty for a local post that has none yet.
    pub id: String,
    /// Who did it.
    pub actor: Actor,
    /// `None`: the question does not arise (a Follow, a Like).
    pub visibility: Option<Visibility>,
    /// When the author says it was written.
    pub published: Option<Time>,
    /// Whether it replaces an earlier version.
    pub is_edit: bool,
    /// The post as plain text, without markup.
    pub text: String,
    /// Content warning or title, plain text.
    pub summary: Option<String>,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// Whether the media are marked sensitive.
    pub sensitive: bool,
    /// Actor ids of those mentioned.
    pub mentions: Vec<String>,
    /// How many of them live here.
    pub local_mentions: u16,
    /// How many actors or collections it is addressed to.
    pub recipients: u32,
    /// Without the `#`, as written.
    pub hashtags: Vec<String>,
    /// Hosts of the links in the text, without those of mentions and hashtags.
    pub link_hosts: Vec<String>,
    /// Custom emoji: shortcode without colons, address of the picture.
    pub emoji: Vec<(String, String)>,
    /// Media types of the attachments.
    pub attachments: Vec<String>,
    /// The post that is answered, if we know it already.
    pub reply_to: Option<Parent>,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Actor {
    /// Actor id.
    pub id: String,
    /// `user@host`, for local people too.
    pub handle: String,
    /// Host of the id.
    pub host: String,
    /// Whether it lives here.
    pub local: bool,
    /// ActivityStreams type: `Person`, `Service`, …
    pub kind: String,
    /// Plain text.
    pub display_name: String,
    /// Profile text, plain.
    pub bio: String,
    /// Whether it asks before it accepts followers.
    pub locked: bool,
    /// When we first heard of it.
    pub first_seen: Time,
    /// When its own server says it was created.
    pub created: Option<Time>,
}

/// The post that is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Parent {
    /// Object id.
    pub id: String,
    /// Actor id of its author.
    pub author: String,
    /// `user@host`.
    pub author_handle: String,
    /// Whether its author lives here.
    pub local: bool,
    /// Who may see it.
    pub visibility: Visibility,
    /// Its content warning.
    pub summary: Option<String>,
}

/// A filter's word on one activity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Verdict {
    /// Let it pass.
    #[default]
    Accept,
    /// Keep it back until a moderator looks; the reason is for people.
    Hold(String),
    /// Do not let it pass; the reason is for people.
    Reject(String),
}

/// What one filter answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// Its word.
    pub verdict: Verdict,
    /// Adds up over the chain: 50 holds, 100 rejects.
    pub score: i16,
    /// Changes it asks for.
    pub effects: Vec<Effect>,
}

/// A change that a filter asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Makes the audience smaller.
    SetVisibility(Visibility),
    /// Marks the media sensitive, and sets this content warning when there is none.
    Sensitive(Option<String>),
    /// Takes these off.
    Strip(Vec<Part>),
    /// Replaces the text; plain, to be rendered as if typed here.
    SetText(String),
    /// A note for the moderators.
    Label(String),
}

/// What can be taken off a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All attachments.
    Media,
    /// Custom emoji.
    Emoji,
    /// The link preview.
    Card,
}

impl Effect {
    /// Applies it to the envelope, for the filters that follow. `false`: it would widen the audience, says nothing new
    /// or is out of bounds, and must be forgotten.
    pub fn apply(&self, envelope: &mut Envelope) -> bool {
        match self {
            Self::SetVisibility(wanted) => {
                let Some(current) = envelope.visibility else { return false };
                let narrowed = narrow(current, *wanted);
                envelope.visibility = Some(narrowed);
                narrowed != current
            }
            Self::Sensitive(warning) => {
                envelope.sensitive = true;
                if envelope.summary.is_none() {
                    envelope.summary.clone_from(warning);
                }
                true
            }
            Self::Strip(parts) => {
                for part in parts {
                    match part {
                        Part::Media => envelope.attachments.clear(),
                        Part::Emoji => envelope.emoji.clear(),
                        Part::Card => {}
                    }
                }
                !parts.is_empty()
            }
            Self::SetText(text) => {
                let fits = text.chars().count() <= 50_000;
                if fits {
                    envelope.text.clone_from(text);
                }
                fits
            }
            Self::Label(label) => !label.is_empty(),
        }
    }
}

/// The smaller of two audiences: a filter may narrow one, never widen it.
pub fn narrow(current: Visibility, wanted: Visibility) -> Visibility {
    let breadth = |visibility| match visibility {
        Visibility::Public => 3,
        Visibility::Unlisted => 2,
        Visibility::Private => 1,
        Visibility::Direct => 0,
    };
    if breadth(wanted) < breadth(current) { wanted } else { current }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_only_shrinks() {
        use Visibility::{Direct, Private, Public, Unlisted};
        for (current, wanted, expected, kept) in [
            (Public, Unlisted, Unlisted, true),
            (Public, Direct, Direct, true),
            (Unlisted, Public, Unlisted, false),
            (Direct, Private, Direct, false),
            (Private, Private, Private, false),
        ] {
            let mut envelope = Envelope { visibility: Some(current), ..Envelope::default() };
            assert_eq!(Effect::SetVisibility(wanted).apply(&mut envelope), kept, "{current:?} to {wanted:?}");
            assert_eq!(envelope.visibility, Some(expected));
        }
        assert!(!Effect::SetVisibility(Direct).apply(&mut Envelope::default()), "a Follow has no audience");
    }

    #[test]
    fn a_content_warning_of_the_author_stays() {
        let mut envelope = Envelope { summary: Some("food".into()), ..Envelope::default() };
        assert!(Effect::Sensitive(Some("spam".into())).apply(&mut envelope));
        assert_eq!((envelope.sensitive, envelope.summary.as_deref()), (true, Some("food")));
    }
}
