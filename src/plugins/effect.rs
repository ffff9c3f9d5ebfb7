//! The changes a filter may ask for, and what keeps them harmless: no audience grows, nobody becomes somebody else.

use serde::{Deserialize, Serialize};

use super::envelope::{Direction, Envelope};
use super::patch;
use crate::activitypub::audience::Visibility;

/// Bytes of a text that a filter may write.
const TEXT: usize = 256 * 1024;
/// Bytes of a JSON patch.
const PATCH: usize = 64 * 1024;

/// A change that a filter asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Makes the audience smaller.
    SetVisibility(Visibility),
    /// Marks the media sensitive, and sets this content warning when there is none.
    Sensitive(Option<String>),
    /// Takes these off.
    Strip(Vec<String>),
    /// Replaces a part: `text`, `html` or `summary`.
    SetText(String, String),
    /// These people here do not get it; `followers`: those who only follow.
    DropRecipients(Vec<String>),
    /// Mentions somebody who may see it already.
    AddMention(String),
    /// Nobody is notified.
    MuteNotifications,
    /// Our copy goes after so many seconds.
    ExpireS(u32),
    /// A note for the moderators.
    Label(String),
    /// Tells the moderators.
    Report(String),
    /// Fetches the media ahead of time.
    PrefetchMedia,
    /// Changes the object's JSON.
    JsonPatch(String),
    /// An experiment.
    Extra(String, String),
}

/// One field before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Change {
    pub field: String,
    pub before: String,
    pub after: String,
}

impl Change {
    fn of(field: &str, before: impl Into<String>, after: impl Into<String>) -> Self {
        Self { field: field.into(), before: before.into(), after: after.into() }
    }
}

impl Effect {
    /// The permission it takes; `None`: it is free.
    pub fn permission(&self) -> Option<&'static str> {
        match self {
            Self::Label(_) | Self::Extra(..) => None,
            Self::Report(_) => Some("report"),
            Self::PrefetchMedia => Some("media"),
            _ => Some("rewrite"),
        }
    }

    /// Applies it to the envelope, for the filters that follow, and answers what changed. An error says why it must be
    /// forgotten: it would widen the audience or change an identity, says nothing new, or is out of bounds.
    pub fn apply(&self, envelope: &mut Envelope) -> Result<Change, &'static str> {
        match self {
            Self::SetVisibility(wanted) => {
                let current = envelope.visibility.ok_or("it is no post, so it has no visibility")?;
                let narrowed = narrow(current, *wanted);
                if narrowed == current {
                    return Err(if *wanted == current {
                        "it has that visibility already"
                    } else {
                        "it would widen the audience"
                    });
                }
                envelope.visibility = Some(narrowed);
                Ok(Change::of("visibility", current.as_str(), narrowed.as_str()))
            }
            Self::Sensitive(warning) => {
                let before = (envelope.sensitive, envelope.summary.clone());
                envelope.sensitive = true;
                if envelope.summary.is_none() {
                    envelope.summary.clone_from(warning);
                }
                let show = |(sensitive, summary): &(bool, Option<String>)| {
                    format!("{sensitive} {}", summary.as_deref().unwrap_or_default()).trim().to_owned()
                };
                Ok(Change::of("sensitive", show(&before), show(&(true, envelope.summary.clone()))))
            }
            Self::Strip(parts) => strip(parts, envelope),
            Self::SetText(which, text) => set_text(which, text, envelope),
            Self::DropRecipients(ids) if ids.is_empty() => Err("it names nobody"),
            Self::DropRecipients(ids) => Ok(Change::of("recipients", "", format!("without {}", ids.join(", ")))),
            Self::AddMention(id) => {
                let close = envelope.reply_to.iter().chain(&envelope.quote_of).any(|parent| parent.author == *id);
                if !close || envelope.visibility == Some(Visibility::Direct) {
                    return Err("it would widen the audience");
                }
                if envelope.mentions.contains(id) {
                    return Err("they are mentioned already");
                }
                envelope.mentions.push(id.clone());
                Ok(Change::of("mentions", "", id))
            }
            Self::MuteNotifications => Ok(Change::of("notifications", "on", "off")),
            Self::ExpireS(0) => Err("it would be gone at once"),
            Self::ExpireS(seconds) => Ok(Change::of("expires", "never", format!("in {seconds} s"))),
            Self::Label(label) if label.is_empty() => Err("the label is empty"),
            Self::Label(label) => Ok(Change::of("label", "", label)),
            Self::Report(comment) => Ok(Change::of("report", "", comment)),
            Self::PrefetchMedia => Ok(Change::of("media", "", "fetched ahead of time")),
            Self::JsonPatch(text) => json_patch(text, envelope),
            Self::Extra(..) => Err("this server knows no such experiment"),
        }
    }
}

fn strip(parts: &[String], envelope: &mut Envelope) -> Result<Change, &'static str> {
    let mut before = Vec::new();
    for part in parts {
        match part.as_str() {
            "media" if !envelope.attachments.is_empty() => {
                before.push(envelope.attachments.join(" "));
                envelope.attachments.clear();
            }
            "emoji" if !envelope.emoji.is_empty() => {
                before.push(envelope.emoji.iter().map(|(code, _)| format!(":{code}:")).collect::<Vec<_>>().join(" "));
                envelope.emoji.clear();
            }
            "quote" if envelope.quote_of.is_some() => {
                before.extend(envelope.quote_of.take().map(|quote| quote.id));
            }
            "card" | "poll" | "avatar" | "header" | "bio" | "fields" => before.push(part.clone()),
            "media" | "emoji" | "quote" => {}
            _ => return Err("there is no such part to strip"),
        }
    }
    if before.is_empty() {
        return Err("there is nothing to strip");
    }
    Ok(Change::of(&parts.join(" "), before.join(" "), ""))
}

fn set_text(which: &str, text: &str, envelope: &mut Envelope) -> Result<Change, &'static str> {
    if text.len() > TEXT {
        return Err("the text is larger than 256 KiB");
    }
    match which {
        "text" => {
            let before = std::mem::replace(&mut envelope.text, text.to_owned());
            if envelope.html.is_some() {
                envelope.html = Some(crate::text::render::escape(text));
            }
            Ok(Change::of("text", before, text))
        }
        "html" => {
            let clean = crate::text::clean::html(text);
            let before = std::mem::replace(&mut envelope.text, crate::text::clean::plain(&clean));
            if envelope.html.is_some() {
                envelope.html = Some(clean.clone());
            }
            Ok(Change::of("html", before, clean))
        }
        "summary" => {
            let after = Some(text.to_owned()).filter(|text| !text.is_empty());
            let before = std::mem::replace(&mut envelope.summary, after);
            Ok(Change::of("summary", before.unwrap_or_default(), text))
        }
        _ => Err("there is no such text to set"),
    }
}

fn json_patch(text: &str, envelope: &mut Envelope) -> Result<Change, &'static str> {
    if text.len() > PATCH {
        return Err("the patch is larger than 64 KiB");
    }
    if envelope.direction.is_own() || envelope.direction == Direction::Local {
        return Err("what is written here has no JSON yet");
    }
    patch::check(text)?;
    Ok(Change::of("json", "", text))
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
    use crate::plugins::envelope::Parent;

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
            assert_eq!(Effect::SetVisibility(wanted).apply(&mut envelope).is_ok(), kept, "{current:?} to {wanted:?}");
            assert_eq!(envelope.visibility, Some(expected));
        }
        assert!(Effect::SetVisibility(Direct).apply(&mut Envelope::default()).is_err(), "a Follow has no audience");
    }

    #[test]
    fn only_those_who_may_see_it_already_are_mentioned() {
        let parent = |author: &str| Parent {
            id: "https://peer.example/1".into(),
            author: author.into(),
            author_handle: "a@peer.example".into(),
            local: false,
            visibility: Visibility::Public,
            summary: None,
        };
        let mut envelope =
            Envelope { visibility: Some(Visibility::Public), reply_to: Some(parent("a")), ..Envelope::default() };
        assert!(Effect::AddMention("b".into()).apply(&mut envelope).is_err(), "a stranger");
        assert!(Effect::AddMention("a".into()).apply(&mut envelope).is_ok());
        assert!(Effect::AddMention("a".into()).apply(&mut envelope).is_err(), "once is enough");
        envelope.mentions.clear();
        envelope.visibility = Some(Visibility::Direct);
        assert!(Effect::AddMention("a".into()).apply(&mut envelope).is_err(), "a direct post stays between its people");
    }

    #[test]
    fn a_content_warning_of_the_author_stays() {
        let mut envelope = Envelope { summary: Some("food".into()), ..Envelope::default() };
        let change = Effect::Sensitive(Some("spam".into())).apply(&mut envelope).expect("applies");
        assert_eq!((envelope.sensitive, envelope.summary.as_deref()), (true, Some("food")));
        assert_eq!((change.before.as_str(), change.after.as_str()), ("false food", "true food"));
    }

    #[test]
    fn what_is_too_large_or_unknown_is_refused() {
        let mut envelope = Envelope { text: "old".into(), ..Envelope::default() };
        for (effect, fits) in [
            (Effect::SetText("text".into(), "x".repeat(TEXT)), true),
            (Effect::SetText("text".into(), "x".repeat(TEXT + 1)), false),
            (Effect::SetText("id".into(), "x".into()), false),
            (Effect::Strip(vec!["actor".into()]), false),
            (Effect::JsonPatch(format!("[{}]", " ".repeat(PATCH - 2))), true),
            (Effect::JsonPatch(format!("[{}]", " ".repeat(PATCH - 1))), false),
            (Effect::Extra("x".into(), "{}".into()), false),
        ] {
            assert_eq!(effect.apply(&mut envelope).is_ok(), fits);
        }
    }
}
