//! The records of the contract and ours, to and fro.

use super::bindings::exports::nagaya::plugin::filter;
use super::bindings::nagaya::plugin::types;
use super::{ANSWER, REASON};
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::plugins::envelope::{self, Decision, Effect, Envelope, Verdict};
use crate::plugins::host::Facts;
use crate::plugins::{Failure, FailureKind};

/// Characters of a label that are kept.
const LABEL: usize = 100;
/// Effects of one decision that are looked at.
const EFFECTS: usize = 16;

/// About how many bytes the envelope takes in the guest.
pub(super) fn size(envelope: &Envelope) -> usize {
    let lists = [
        &envelope.mentions,
        &envelope.hashtags,
        &envelope.link_hosts,
        &envelope.attachments,
        &envelope.relation,
        &envelope.history,
    ];
    let texts = [&envelope.summary, &envelope.html, &envelope.raw];
    envelope.text.len()
        + texts.into_iter().flatten().map(String::len).sum::<usize>()
        + envelope.actor.bio.len()
        + envelope.follow_target.as_ref().map_or(0, |actor| actor.bio.len())
        + lists.into_iter().flatten().map(|item| item.len() + 16).sum::<usize>()
        + envelope.emoji.iter().map(|(code, url)| code.len() + url.len() + 32).sum::<usize>()
}

pub(super) fn shorten(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

impl From<&Envelope> for types::Envelope {
    fn from(given: &Envelope) -> Self {
        Self {
            direction: match given.direction {
                envelope::Direction::Inbound => types::Direction::Inbound,
                envelope::Direction::Outbound => types::Direction::Outbound,
                envelope::Direction::Local => types::Direction::Local,
                envelope::Direction::Relayed => types::Direction::Relayed,
                envelope::Direction::Fetched => types::Direction::Fetched,
            },
            activity: given.activity.clone(),
            object: given.object.clone(),
            id: given.id.clone(),
            actor: (&given.actor).into(),
            visibility: given.visibility.map_or(types::Visibility::Other, Into::into),
            published: given.published.map(milliseconds),
            is_edit: given.is_edit,
            text: given.text.clone(),
            html: given.html.clone(),
            summary: given.summary.clone(),
            language: given.language.clone(),
            sensitive: given.sensitive,
            mentions: given.mentions.clone(),
            local_mentions: given.local_mentions,
            recipients: given.recipients,
            hashtags: given.hashtags.clone(),
            link_hosts: given.link_hosts.clone(),
            emoji: given.emoji.clone(),
            attachments: given.attachments.clone(),
            reply_to: given.reply_to.as_ref().map(Into::into),
            quote_of: given.quote_of.as_ref().map(Into::into),
            follow_target: given.follow_target.as_ref().map(Into::into),
            relation: given.relation.clone(),
            history: given.history.clone(),
            raw: given.raw.clone(),
        }
    }
}

impl From<&envelope::Actor> for types::Actor {
    fn from(given: &envelope::Actor) -> Self {
        Self {
            id: given.id.clone(),
            handle: given.handle.clone(),
            host: given.host.clone(),
            local: given.local,
            kind: match given.kind.as_str() {
                "Person" => types::ActorKind::Person,
                "Service" => types::ActorKind::Service,
                "Application" => types::ActorKind::Application,
                "Group" => types::ActorKind::Group,
                "Organization" => types::ActorKind::Organization,
                _ => types::ActorKind::Other,
            },
            display_name: given.display_name.clone(),
            bio: given.bio.clone(),
            locked: given.locked,
            first_seen: milliseconds(given.first_seen),
            created: given.created.map(milliseconds),
            posts_seen: given.posts_seen,
            followers_seen: given.followers_seen,
            local_followers: given.local_followers,
            local_following: given.local_following,
            followers_url: given.followers_url.clone(),
            admin_tags: given.admin_tags.clone(),
        }
    }
}

impl From<&envelope::Parent> for types::Parent {
    fn from(given: &envelope::Parent) -> Self {
        Self {
            id: given.id.clone(),
            author: given.author.clone(),
            author_handle: given.author_handle.clone(),
            local: given.local,
            visibility: given.visibility.into(),
            summary: given.summary.clone(),
        }
    }
}

impl From<Visibility> for types::Visibility {
    fn from(given: Visibility) -> Self {
        match given {
            Visibility::Public => Self::Public,
            Visibility::Unlisted => Self::Unlisted,
            Visibility::Private => Self::Followers,
            Visibility::Direct => Self::Direct,
        }
    }
}

/// What a guest decided, cut to its bounds. An answer that is too large as a whole is a failure.
pub(super) fn decision(facts: &Facts, given: filter::Decision) -> Result<Decision, Failure> {
    let decision = Decision {
        verdict: match given.verdict {
            filter::Verdict::Accept => Verdict::Accept,
            filter::Verdict::Hold(reason) => Verdict::Hold(shorten(&reason, REASON)),
            filter::Verdict::Reject(reason) => Verdict::Reject(shorten(&reason, REASON)),
        },
        score: given.score,
        effects: given.effects.into_iter().take(EFFECTS).filter_map(effect).collect(),
    };
    if decision.effects.iter().map(weight).sum::<usize>() > ANSWER {
        let why = format!("an answer of more than {} KiB", ANSWER / 1024);
        return Err(Failure { plugin: facts.id.clone(), kind: FailureKind::Limit, why });
    }
    Ok(decision)
}

fn weight(effect: &Effect) -> usize {
    match effect {
        Effect::SetText(_, text) | Effect::JsonPatch(text) | Effect::Extra(_, text) | Effect::AddMention(text) => {
            text.len()
        }
        Effect::Strip(items) | Effect::DropRecipients(items) => items.iter().map(|item| item.len() + 16).sum(),
        _ => 16,
    }
}

fn effect(given: filter::Effect) -> Option<Effect> {
    Some(match given {
        filter::Effect::SetVisibility(wanted) => Effect::SetVisibility(match wanted {
            types::Visibility::Public => Visibility::Public,
            types::Visibility::Unlisted => Visibility::Unlisted,
            types::Visibility::Followers => Visibility::Private,
            types::Visibility::Direct => Visibility::Direct,
            types::Visibility::Other => return None,
        }),
        filter::Effect::Sensitive(warning) => Effect::Sensitive(warning.map(|warning| shorten(&warning, REASON))),
        filter::Effect::Strip(parts) => Effect::Strip(parts),
        filter::Effect::SetText((which, text)) => Effect::SetText(which, text),
        filter::Effect::DropRecipients(ids) => Effect::DropRecipients(ids),
        filter::Effect::AddMention(id) => Effect::AddMention(id),
        filter::Effect::MuteNotifications => Effect::MuteNotifications,
        filter::Effect::ExpireS(seconds) => Effect::ExpireS(seconds),
        filter::Effect::Label(label) => Effect::Label(shorten(&label, LABEL)),
        filter::Effect::Report(comment) => Effect::Report(shorten(&comment, REASON)),
        filter::Effect::PrefetchMedia => Effect::PrefetchMedia,
        filter::Effect::JsonPatch(patch) => Effect::JsonPatch(patch),
        filter::Effect::Extra((name, json)) => Effect::Extra(shorten(&name, LABEL), json),
    })
}

fn milliseconds(time: Time) -> u64 {
    u64::try_from(time.0).unwrap_or(0)
}
