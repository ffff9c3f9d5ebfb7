//! Too many recipients, unknown senders, unwanted letters.

use nagaya_plugin::words::named;
use nagaya_plugin::{Decision, Direction, Effect, Envelope, Settings, Visibility, act, clock, query};

/// Posts to a crowd are unlisted, to a larger crowd refused (Hellthread). 0 switches a limit off.
pub fn hellthread(post: &Envelope, settings: &Settings) -> Decision {
    let people = post.recipients.saturating_sub(u32::from(!post.actor.followers_url.is_empty() && to_followers(post)));
    let people = people.max(u32::try_from(post.mentions.len()).unwrap_or(u32::MAX));
    let over = |key: &str| {
        let limit = settings.number(key);
        limit > 0.0 && f64::from(people) > limit
    };
    if over("reject_above") {
        return Decision::reject(format!(
            "The post is addressed to {people} people. / {people}人に宛てられた投稿です。"
        ));
    }
    if over("unlist_above") && post.visibility == Visibility::Public {
        return Decision::accept().narrowed(Visibility::Unlisted);
    }
    Decision::accept()
}

/// Public posts usually name the followers collection among their recipients.
fn to_followers(post: &Envelope) -> bool {
    matches!(post.visibility, Visibility::Public | Visibility::Unlisted | Visibility::Followers)
}

/// Somebody whom nobody here has ever heard of calls on people (AntiMentionSpam).
pub fn stranger(post: &Envelope, settings: &Settings) -> Decision {
    let foreign = matches!(post.direction, Direction::Inbound | Direction::Relayed) && !post.actor.local;
    if !foreign || post.mentions.is_empty() || settings.text("strangers") == "accept" {
        return Decision::accept();
    }
    // Whoever is followed by one of those called on is no stranger.
    if post.relation.iter().any(|word| word.starts_with("followed-by ")) {
        return Decision::accept();
    }
    let known_ms = clock::now().saturating_sub(post.actor.first_seen);
    if known_ms >= (settings.number("stranger_s") * 1000.0) as u64 && post.actor.posts_seen > 0 {
        return Decision::accept();
    }
    act(
        settings.text("strangers"),
        settings.number("stranger_points") as i16,
        "Somebody unknown mentions people here. / 未知のアカウントからのメンションです。",
    )
}

/// People who take no direct messages, or only from those they follow (DirectMessageDisabled).
pub fn letters(post: &Envelope, settings: &Settings) -> Decision {
    if post.visibility != Visibility::Direct {
        return Decision::accept();
    }
    let (nobody, followed) = (settings.list("letters_from_nobody"), settings.list("letters_from_followed"));
    if nobody.is_empty() && followed.is_empty() {
        return Decision::accept();
    }
    let refuses = |id: &&String| {
        let Ok(Some(person)) = query::actor_by_id(id) else { return false };
        let follows_back = || post.relation.iter().any(|word| word.strip_prefix("followed-by ") == Some(id.as_str()));
        person.local
            && person.id != post.actor.id
            && (named(&person.handle, &person.id, &nobody)
                || (named(&person.handle, &person.id, &followed) && !follows_back()))
    };
    let refusing: Vec<String> = post.mentions.iter().filter(refuses).cloned().collect();
    if refusing.is_empty() { Decision::accept() } else { Decision::accept().with(Effect::DropRecipients(refusing)) }
}
